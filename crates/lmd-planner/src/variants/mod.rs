//! Other layouts of the same sentence: `--variant 2`, "another layout".
//!
//! Whoever planned it, a layout is rearranged as a whole: what rests on, lies
//! in or stands before something moves with it. A rearrangement counts when it
//! keeps every fact of the sentence that the layout keeps, covers nothing that
//! was free, and differs visibly from those before it.

mod moves;

use lmd_layout::{BBox, Layout, Object};

use crate::facts::found;
use crate::geometry::{crossings, distance};
use crate::verify::PromptFacts;
use crate::{PlanError, RelationKind, english};
use moves::{Move, candidates};

/// Two layouts differ visibly when some box moved this far or its side
/// changed by this factor.
const SHIFT: f64 = 0.08;
const GROWTH: f64 = 1.15;
/// Neighbours may drift apart by this much.
const DRIFT: f64 = 0.06;
/// Shortest side of a box.
const SHORTEST: f64 = 0.05;
/// Most rearrangements that are tried.
const MOST_TRIED: usize = 4_000;

/// The `number`-th other layout of `prompt`, counted from 1. Objects whose
/// index is in `locked` stay.
///
/// # Errors
/// [`PlanError::Variant`] when there are fewer.
pub(crate) fn variant(
    layout: &Layout,
    prompt: &str,
    locked: &[usize],
    number: u32,
) -> Result<Layout, PlanError> {
    let bounds = Bounds::new(layout, prompt, locked);
    let mut accepted = vec![bounds.boxes.clone()];
    let groups = moves::groups(&bounds.boxes);
    for candidate in candidates(&bounds.boxes, &groups, &locked_groups(&groups, locked)).take(MOST_TRIED) {
        let boxes =
            candidate.iter().fold(bounds.boxes.clone(), |boxes, one| Move::apply(one, &boxes, &groups));
        let is_new = accepted.iter().all(|known| bounds.differ(known, &boxes));
        if !is_new || !bounds.allow(&boxes) {
            continue;
        }
        if accepted.len() == number as usize {
            return bounds.layout(&boxes).ok_or_else(|| too_few(accepted.len() - 1));
        }
        accepted.push(boxes);
    }
    Err(too_few(accepted.len() - 1))
}

fn locked_groups(groups: &[Vec<usize>], locked: &[usize]) -> Vec<bool> {
    groups.iter().map(|group| group.iter().any(|index| locked.contains(index))).collect()
}

/// What a rearrangement must keep.
struct Bounds<'a> {
    layout: &'a Layout,
    boxes: Vec<BBox>,
    facts: PromptFacts,
    broken: usize,
    shared: f64,
    neighbours: Vec<(usize, usize)>,
    locked: &'a [usize],
}

impl<'a> Bounds<'a> {
    fn new(layout: &'a Layout, prompt: &str, locked: &'a [usize]) -> Self {
        let boxes: Vec<BBox> = layout.objects().iter().map(|object| object.bbox).collect();
        let facts = PromptFacts::of(prompt);
        let broken = facts.violated_by(layout).len();
        Self {
            layout,
            shared: crossings(&boxes),
            neighbours: neighbours(layout, prompt),
            boxes,
            facts,
            broken,
            locked,
        }
    }

    fn layout(&self, boxes: &[BBox]) -> Option<Layout> {
        let objects = self.layout.objects().iter().zip(boxes);
        let objects = objects.map(|(object, bbox)| Object::new(object.caption.as_str(), *bbox));
        let objects = objects.collect::<Result<Vec<_>, _>>().ok()?;
        Layout::new(objects, self.layout.background(), self.layout.negative()).ok()
    }

    /// Whether boxes keep everything.
    fn allow(&self, boxes: &[BBox]) -> bool {
        let stays = |index: &usize| boxes.get(*index) == self.boxes.get(*index);
        let large = boxes
            .iter()
            .zip(&self.boxes)
            .all(|(new, old)| new.w() >= SHORTEST.min(old.w()) && new.h() >= SHORTEST.min(old.h()));
        let close = self
            .neighbours
            .iter()
            .all(|(a, b)| gap(boxes[*a], boxes[*b]) <= gap(self.boxes[*a], self.boxes[*b]).max(0.0) + DRIFT);
        self.locked.iter().all(stays)
            && large
            && close
            && crossings(boxes) <= self.shared + 1e-6
            && self.layout(boxes).is_some_and(|layout| self.facts.violated_by(&layout).len() <= self.broken)
    }

    /// Whether two arrangements look different: objects of one caption may
    /// stand for one another.
    fn differ(&self, a: &[BBox], b: &[BBox]) -> bool {
        let sorted = |boxes: &[BBox]| {
            let captions = self.layout.objects().iter().map(|object| object.caption.as_str());
            let mut all: Vec<(&str, BBox)> = captions.zip(boxes.iter().copied()).collect();
            all.sort_by(|(c, p), (d, q)| {
                c.cmp(d).then(p.x().total_cmp(&q.x())).then(p.y().total_cmp(&q.y()))
            });
            all
        };
        sorted(a).iter().zip(sorted(b)).any(|((_, p), (_, q))| {
            let grown = (p.w() / q.w()).max(q.w() / p.w());
            distance(*p, q) >= SHIFT || grown >= GROWTH
        })
    }
}

/// The clear distance of two boxes sideways, below 0 where they overlap in x.
fn gap(a: BBox, b: BBox) -> f64 {
    (a.x().max(b.x())) - a.x_max().min(b.x_max())
}

/// Objects that the sentence wants beside one another.
fn neighbours(layout: &Layout, prompt: &str) -> Vec<(usize, usize)> {
    let Ok(scene) = english::parse(prompt) else { return Vec::new() };
    let index = |object: &Object| layout.objects().iter().position(|other| std::ptr::eq(other, object));
    let of = |thing: usize| -> Vec<usize> {
        let phrase = scene.things.get(thing).map(|thing| thing.phrase()).unwrap_or_default();
        found(layout, &phrase).into_iter().filter_map(index).collect()
    };
    let near = scene.relations.iter().filter(|relation| {
        matches!(
            relation.kind,
            RelationKind::NextTo | RelationKind::Around | RelationKind::InFrontOf | RelationKind::Behind
        )
    });
    let pairs = near.flat_map(|relation| {
        let objects = of(relation.object);
        of(relation.subject).into_iter().flat_map(move |a| objects.clone().into_iter().map(move |b| (a, b)))
    });
    pairs.filter(|(a, b)| a != b).collect()
}

/// How many other layouts there are, as a reason for having no more.
fn too_few(there_are: usize) -> PlanError {
    let why = match there_are {
        0 => "there is no other layout that keeps what the sentence says".to_owned(),
        1 => "there is only one other layout that keeps what the sentence says".to_owned(),
        count => format!("there are only {count} other layouts that keep what the sentence says"),
    };
    PlanError::Variant { why }
}

#[cfg(test)]
mod tests;
