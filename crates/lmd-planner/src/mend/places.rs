//! Where things are: boxes that break a stated relation or region move, as
//! little as possible, and what rests on them goes along.

use lmd_layout::BBox;

use super::work::Work;
use crate::facts::{Fact, name};
use crate::geometry::{crossings, distance};
use crate::verify::PromptFacts;
use crate::{Region, RelationKind};

/// By how much centres differ after a move.
const CLEAR: f64 = 0.05;
/// Gap left to what is moved past.
const GAP: f64 = 0.02;
/// Most moves of one layout.
const MOST_MOVES: usize = 24;
/// Most boxes of one name that are tried.
const MOST_TRIED: usize = 8;

/// With boxes moved until no relation and no region is broken, or no move
/// helps.
pub(super) fn moved(demanded: &PromptFacts, work: &Work) -> Option<Work> {
    let before = work.boxes();
    let mut now = work.clone();
    for _ in 0..MOST_MOVES {
        let Some(next) = best_move(demanded, &now) else { break };
        now.layout = next;
    }
    let broken: Vec<String> = demanded
        .broken_by(&work.layout)
        .filter(|fact| matches!(fact, Fact::Relation { .. } | Fact::Region { .. }) && fact.holds(&now.layout))
        .map(ToString::to_string)
        .collect();
    let moved = now.objects().iter().zip(before).filter(|(object, old)| object.bbox != *old);
    let moved: Vec<String> = moved.map(|(object, _)| format!("\"{}\"", object.caption)).collect();
    if !moved.is_empty() {
        now.notes.push(format!("repaired: moved {}, since {}", moved.join(" and "), broken.join(", and ")));
    }
    Some(now)
}

/// The layout after the move that leaves least broken, then adds least
/// overlap, then is shortest; `None` where none helps.
fn best_move(demanded: &PromptFacts, work: &Work) -> Option<lmd_layout::Layout> {
    let now = demanded.violated_by(&work.layout).len();
    let boxes = work.boxes();
    let carried = Carried::new(demanded, work);
    let facts: Vec<&Fact> = demanded.broken_by(&work.layout).collect();
    let tries = facts.into_iter().flat_map(|fact| shifts(work, &boxes, fact));
    let scored = tries.filter_map(|shifts| {
        let mut tried = boxes.clone();
        for Shift { index, dx, dy } in shifts {
            for rider in carried.with(index) {
                let bbox = tried.get_mut(rider)?;
                *bbox = bbox.shifted(dx, dy);
            }
        }
        let layout = work.placed(&tried)?;
        let broken = demanded.violated_by(&layout).len();
        let covered = (1e3 * crossings(&tried)).round() / 1e3;
        let way: f64 = boxes.iter().zip(&tried).map(|(old, new)| distance(*old, *new)).sum();
        (broken < now).then_some((broken, covered, way, layout))
    });
    let best = scored.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)));
    best.map(|(.., layout)| layout)
}

/// One box moved so far.
#[derive(Clone, Copy, Debug)]
struct Shift {
    index: usize,
    dx: f64,
    dy: f64,
}

/// Ways to mend one fact: each a set of boxes moved together.
fn shifts(work: &Work, boxes: &[BBox], fact: &Fact) -> Vec<Vec<Shift>> {
    let few = |phrase: &String| work.named(phrase).into_iter().take(MOST_TRIED).collect::<Vec<usize>>();
    let at = |index: usize| boxes.get(index).copied();
    match fact {
        Fact::Region { phrase, region } => {
            let one = |index: usize| Some(into_region(index, at(index)?, *region));
            few(phrase).into_iter().filter_map(one).flatten().map(|shift| vec![shift]).collect()
        }
        Fact::Relation { subject, kind, object, other } => {
            let mut all = Vec::new();
            for s in few(subject) {
                for o in few(object).into_iter().filter(|o| *o != s) {
                    let (Some(a), Some(b)) = (at(s), at(o)) else { continue };
                    match (kind, other) {
                        (RelationKind::Between(_), Some(other)) => {
                            let others = few(other).into_iter().filter(|p| *p != s && *p != o);
                            all.extend(
                                others.filter_map(|p| Some(between((s, a), (o, b), (p, at(p)?)))).flatten(),
                            );
                        }
                        (RelationKind::LeftOf, _) => all.extend(ordered((s, a), (o, b), true)),
                        (RelationKind::RightOf, _) => all.extend(ordered((o, b), (s, a), true)),
                        (RelationKind::Above, _) => all.extend(ordered((s, a), (o, b), false)),
                        (RelationKind::Below, _) => all.extend(ordered((o, b), (s, a), false)),
                        _ => {}
                    }
                }
            }
            all
        }
        _ => Vec::new(),
    }
}

/// The first box before the second, sideways or upright: one of them moves
/// past the other, or just far enough, or both change places.
fn ordered((s, a): (usize, BBox), (o, b): (usize, BBox), sideways: bool) -> Vec<Vec<Shift>> {
    let shift = |index: usize, by: f64| match sideways {
        true => Shift { index, dx: by, dy: 0.0 },
        false => Shift { index, dx: 0.0, dy: by },
    };
    let span = |bbox: BBox| if sideways { (bbox.x(), bbox.x_max()) } else { (bbox.y(), bbox.y_max()) };
    let middle = |bbox: BBox| (span(bbox).0 + span(bbox).1) / 2.0;
    let past = span(a).1 + GAP - span(b).0;
    let clear = middle(a) + CLEAR - middle(b);
    let mut ways = Vec::new();
    for by in [past, clear].into_iter().filter(|by| *by > 0.0) {
        ways.push(vec![shift(s, -by)]);
        ways.push(vec![shift(o, by)]);
        ways.push(vec![shift(s, -by / 2.0), shift(o, by / 2.0)]);
        // What one of them cannot go for the edge of the picture, the other does.
        let room = span(a).0.min(by);
        ways.push(vec![shift(s, -room), shift(o, by - room)]);
        let room = (1.0 - span(b).1).min(by);
        ways.push(vec![shift(s, room - by), shift(o, room)]);
    }
    ways.push(swapped((s, a), (o, b)));
    ways
}

/// Both change places: their middles sideways, their feet in height.
fn swapped((s, a): (usize, BBox), (o, b): (usize, BBox)) -> Vec<Shift> {
    let (dx, dy) = (b.center().0 - a.center().0, b.y_max() - a.y_max());
    let (over, under) = (b.center().1 - a.center().1, a.center().1 - b.center().1);
    // Of one height their feet change places, else their middles.
    let dy = if dy.abs() < CLEAR { dy } else { over };
    let back = if dy == over { under } else { -dy };
    vec![Shift { index: s, dx, dy }, Shift { index: o, dx: -dx, dy: back }]
}

/// The first box between the others.
fn between((s, a): (usize, BBox), (o, b): (usize, BBox), (p, c): (usize, BBox)) -> Vec<Vec<Shift>> {
    let (x, y) = a.center();
    let middle = ((b.center().0 + c.center().0) / 2.0, (b.center().1 + c.center().1) / 2.0);
    let mut ways = vec![
        vec![Shift { index: s, dx: middle.0 - x, dy: 0.0 }],
        vec![Shift { index: s, dx: middle.0 - x, dy: middle.1 - y }],
        swapped((s, a), (o, b)),
        swapped((s, a), (p, c)),
    ];
    // The poles go aside where there is no room between them.
    let (left, right) = if b.center().0 <= c.center().0 { ((o, b), (p, c)) } else { ((p, c), (o, b)) };
    let (low, high) = (a.x() - GAP - left.1.x_max(), a.x_max() + GAP - right.1.x());
    ways.push(vec![
        Shift { index: left.0, dx: low.min(0.0), dy: 0.0 },
        Shift { index: right.0, dx: high.max(0.0), dy: 0.0 },
    ]);
    ways
}

/// Ways into a part of the picture: as near as can be, and further in.
fn into_region(index: usize, bbox: BBox, region: Region) -> Vec<Shift> {
    let (x, y) = bbox.center();
    let low = |at: f64, most: f64| (most - at).min(0.0);
    let high = |at: f64, least: f64| (least - at).max(0.0);
    let depth = |inset: f64| {
        let (first, second) = (0.5 - inset, 0.5 + inset);
        match region {
            Region::Left => (low(x, first), 0.0),
            Region::Right => (high(x, second), 0.0),
            Region::Top => (0.0, low(y, first)),
            Region::Bottom => (0.0, high(y, second)),
            Region::Center => ((0.25 + inset - x).max(0.0) + (0.75 - inset - x).min(0.0), 0.0),
            Region::TopLeft => (low(x, first), low(y, first)),
            Region::TopRight => (high(x, second), low(y, first)),
            Region::BottomLeft => (low(x, first), high(y, second)),
            Region::BottomRight => (high(x, second), high(y, second)),
            _ => (0.0, 0.0),
        }
    };
    let ways = [0.06, 0.12, 0.18, 0.24].map(depth);
    ways.into_iter().map(|(dx, dy)| Shift { index, dx, dy }).collect()
}

/// What lies on, in or in the hands of what.
struct Carried(Vec<(usize, usize)>);

impl Carried {
    fn new(demanded: &PromptFacts, work: &Work) -> Self {
        let scene = demanded.scene();
        let boxes = work.boxes();
        let named =
            |thing: usize| scene.things.get(thing).map(|thing| work.named(&name(thing))).unwrap_or_default();
        let touch = |a: usize, b: usize| match (boxes.get(a), boxes.get(b)) {
            (Some(one), Some(other)) => a != b && one.intersection(*other) > 0.0,
            _ => false,
        };
        let carries = |kind| matches!(kind, RelationKind::On | RelationKind::Inside | RelationKind::HeldBy);
        let pairs = scene.relations.iter().filter(|relation| carries(relation.kind)).flat_map(|relation| {
            let (riders, carriers) = (named(relation.subject), named(relation.object));
            riders.into_iter().flat_map(move |rider| carriers.clone().into_iter().map(move |on| (rider, on)))
        });
        Self(pairs.filter(|(rider, on)| touch(*rider, *on)).collect())
    }

    /// A box and everything on it.
    fn with(&self, index: usize) -> Vec<usize> {
        let mut all = vec![index];
        let mut next = 0;
        while let Some(&carrier) = all.get(next) {
            let riders = self.0.iter().filter(|(_, on)| *on == carrier).map(|(rider, _)| *rider);
            let new: Vec<usize> = riders.filter(|rider| !all.contains(rider)).collect();
            all.extend(new);
            next += 1;
        }
        all
    }
}
