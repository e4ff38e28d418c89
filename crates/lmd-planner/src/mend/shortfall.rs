//! What a layout lacks of a prompt that the English parser understood wholly,
//! beyond the facts that boxes prove: plurals, places of things on and behind
//! one another, the place around them. Nobody is asked again for these; where
//! mending does not help, the solver's own layout takes the model's place.

use lmd_layout::{BBox, Layout};

use crate::facts::{found, name, stands_so};
use crate::verify::{PromptFacts, words};
use crate::{RelationKind, Scene, Thing};

/// How far two edges may be apart and still touch, as a share of the picture.
const SLACK: f64 = 0.04;

/// What `layout` lacks, one sentence each: every stated fact that it breaks,
/// and for a prompt that was understood wholly what else it says.
pub(crate) fn shortfalls(demanded: &PromptFacts, layout: &Layout) -> Vec<String> {
    let mut lacking = demanded.violated_by(layout);
    let scene = demanded.scene();
    if is_whole(scene) {
        lacking.extend(scene.things.iter().filter_map(|thing| too_few(thing, layout)));
        lacking.extend(scene.things.iter().filter_map(|thing| elsewhere(thing, layout)));
        lacking.extend(apart(scene, layout));
        lacking.extend(lost_place(scene, layout).map(|place| format!("the background should be {place}")));
    }
    lacking
}

/// Whether nothing of the prompt was guessed or left over.
pub(crate) fn is_whole(scene: &Scene) -> bool {
    let said = scene.not_understood.is_empty() && scene.guesses.is_empty() && scene.notes.is_empty();
    said && !(scene.things.is_empty() && scene.background.is_none() && scene.absent.is_empty())
}

/// A plural without a number is two at least.
fn too_few(thing: &Thing, layout: &Layout) -> Option<String> {
    let phrase = name(thing);
    let there = found(layout, &phrase).len();
    (!thing.exact && thing.count > 1 && there < 2)
        .then(|| format!("there should be several of \"{phrase}\", the layout has {there}"))
}

/// All of a thing belong into its part of the picture.
fn elsewhere(thing: &Thing, layout: &Layout) -> Option<String> {
    let (phrase, region) = (name(thing), thing.region?);
    let outside = found(layout, &phrase).into_iter().find(|object| !region.holds(object.bbox))?;
    Some(format!("\"{}\" is not where the prompt says", outside.caption))
}

/// Relations that not all subjects of the layout have to one of the objects.
fn apart(scene: &Scene, layout: &Layout) -> Vec<String> {
    let broken = scene.relations.iter().filter_map(|relation| {
        let (subject, object) =
            (name(scene.things.get(relation.subject)?), name(scene.things.get(relation.object)?));
        let (subjects, objects) = (found(layout, &subject), found(layout, &object));
        let so = |s: BBox| objects.iter().any(|o| o.bbox != s && stands(s, relation.kind, o.bbox));
        // Of several side by side one is beside the other thing.
        let holds = match relation.kind {
            RelationKind::NextTo | RelationKind::Touching => subjects.iter().any(|s| so(s.bbox)),
            _ => !subjects.is_empty() && subjects.iter().all(|s| so(s.bbox)),
        };
        (!holds && subject != object)
            .then(|| format!("the {subject} should be {} the {object}", relation.kind.words()))
    });
    broken.collect()
}

/// Whether one box stands so to another, as far as boxes tell.
fn stands(a: BBox, kind: RelationKind, b: BBox) -> bool {
    let ((ax, ay), (_, by)) = (a.center(), b.center());
    let beside = |a: BBox, b: BBox| a.x().max(b.x()) < a.x_max().min(b.x_max());
    let within = a.intersection(b) >= 0.85 * a.area() && a.area() < b.area();
    let further = match kind {
        RelationKind::Above => a.y_max() <= by + SLACK,
        RelationKind::Below => a.y() >= by - SLACK,
        RelationKind::On => {
            let over = ax >= b.x() - SLACK && ax <= b.x_max() + SLACK;
            let rests = a.y_max() >= b.y() - SLACK && a.y_max() <= b.y() + 0.75 * b.h() + SLACK;
            over && ((rests && ay < by) || within)
        }
        RelationKind::Under => ay > by && beside(a, b),
        RelationKind::Inside => within,
        RelationKind::InFrontOf => a.y_max() > b.y_max() && beside(a, b),
        RelationKind::Behind => a.y_max() < b.y_max() && beside(a, b),
        RelationKind::HeldBy => a.intersection(b) > 0.0,
        RelationKind::NextTo | RelationKind::Touching => a.x().max(b.x()) - a.x_max().min(b.x_max()) <= 0.25,
        RelationKind::HalfIn => a.intersection(b) > 0.0 && ay < by,
        RelationKind::HangsFrom => {
            let from = b.y() - SLACK..=b.y_max() + SLACK;
            beside(a, b) && from.contains(&a.y()) && a.y_max() > b.y()
        }
        // Which side of the other's middle it is on says all of these, or boxes do not tell.
        RelationKind::LeftOf | RelationKind::RightOf | RelationKind::Between(_) | RelationKind::Around => {
            true
        }
    };
    further && stands_so(a, kind, b)
}

/// The prompt's place that neither the background nor a caption names.
pub(super) fn lost_place<'a>(scene: &'a Scene, layout: &Layout) -> Option<&'a str> {
    let texts = layout.objects().iter().map(|object| object.caption.as_str()).chain([layout.background()]);
    let shown: Vec<String> = texts.flat_map(words).collect();
    scene.background.as_deref().filter(|place| content(place).any(|word| !shown.contains(&word)))
}

/// The words of a place that say what it is.
pub(super) fn content(place: &str) -> impl Iterator<Item = String> {
    const SMALL: [&str; 13] =
        ["a", "an", "the", "of", "in", "at", "on", "by", "with", "and", "scene", "its", "during"];
    words(place).into_iter().filter(|word| !SMALL.contains(&word.as_str()))
}
