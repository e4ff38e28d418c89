//! The offline planner: from a [`Scene`] to boxes without a language model.
//!
//! A sentence becomes a scene (the English parser), the scene's things become
//! items with sizes, its relations become linear rules, and a bounded search
//! places the items so that the rules hold.

mod axis;
mod checking;
mod constraint;
pub(crate) mod edit;
mod halves;
mod holding;
mod item;
mod likeness;
mod place;
pub(crate) mod problem;
mod proportion;
mod rows;
mod rules;
mod seating;
mod settling;
mod shape;
mod sharing;
pub(crate) mod stage;
mod surrounding;
mod usual;
pub(crate) mod wording;

pub use likeness::likest;

use lmd_layout::{Layout, LayoutError, MAX_OBJECTS, Object, Warning, check_layout};

use crate::facts::facts_of;
use crate::{Conversation, Plan, PlanError, Planner, Scene, Source, english, normalize_prompt};
use stage::stage;

/// Plans English sentences without a language model, in microseconds, and the
/// same way every time.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfflinePlanner;

impl Planner for OfflinePlanner {
    fn name(&self) -> String {
        "offline".to_owned()
    }

    fn plan(&self, prompt: &str) -> Result<Plan, PlanError> {
        plan_scene(&english::parse(&normalize_prompt(prompt)?)?).map_err(of_prompt)
    }

    fn revise(&self, conversation: &Conversation, instruction: &str) -> Result<Plan, PlanError> {
        edit::revise(conversation, instruction, &[])
    }

    fn revise_around(
        &self,
        conversation: &Conversation,
        instruction: &str,
        locked: &[usize],
    ) -> Result<Plan, PlanError> {
        edit::revise(conversation, instruction, locked)
    }
}

/// A caption that is too long, told to somebody who gave a prompt.
fn of_prompt(error: PlanError) -> PlanError {
    match error {
        PlanError::Layout(LayoutError::TooLong { what: "caption", chars, limit }) => {
            PlanError::ThingTooLong { chars, limit }
        }
        other => other,
    }
}

/// The layout of a scene.
///
/// # Errors
/// [`PlanError::NeedsLlm`] when the scene says nothing at all;
/// [`PlanError::Layout`] when a caption or the background is too long.
pub fn plan_scene(scene: &Scene) -> Result<Plan, PlanError> {
    let (scene, mut warnings) = bounded(scene);
    warnings.extend(wording::not_understood(&scene));
    warnings.extend(wording::guesses(&scene));
    warnings.extend(scene.notes.iter().cloned());
    if is_blank(&scene) {
        let why = warnings.pop().unwrap_or_else(|| "nothing to draw was understood".to_owned());
        return Err(PlanError::NeedsLlm { why });
    }
    let settled = settling::settled(&scene);
    let staged = halves::staged(&settled).unwrap_or_else(|| stage(&settled, &[]));
    let told = staged.crowded || staged.unmet > 0;
    warnings.extend(staged.warnings);
    let objects = staged
        .boxes
        .iter()
        .map(|(thing, bbox)| Object::new(&wording::caption_in(&scene, *thing), *bbox))
        .collect::<Result<Vec<_>, _>>()?;
    let layout = Layout::new(objects, &scene.background_prompt(), &wording::negative(&scene))?;
    let doubts = doubts(&scene, &layout, staged.crowded);
    // What was left out is told, and what is told by its names is not told again.
    let unseen = if told { Vec::new() } else { checking::unseen(&settled, &staged.boxes) };
    warnings.extend(unseen.into_iter().filter(|note| !doubts.contains(note)));
    warnings.extend(doubts);
    Ok(Plan { layout, warnings, source: Source::Offline })
}

/// What the layout does not show although the scene says it for certain, and
/// what is likely to spoil the picture.
fn doubts(scene: &Scene, layout: &Layout, crowded: bool) -> Vec<String> {
    let unseen = facts_of(scene).into_iter().filter_map(|fact| fact.violation(layout));
    let spoils = check_layout(layout).into_iter().filter(|warning| match warning {
        // Overlaps that nobody asked for are known, and so is that it is crowded.
        Warning::Overlap { .. } => false,
        Warning::Crowded { .. } => !crowded,
        _ => true,
    });
    unseen.chain(spoils.map(|warning| warning.to_string())).collect()
}

/// Whether the sentence said nothing that a layout could show.
fn is_blank(scene: &Scene) -> bool {
    scene.things.is_empty() && scene.absent.is_empty() && scene.background.is_none() && scene.style.is_none()
}

/// The scene with at most [`MAX_OBJECTS`] instances; what is left out is said.
fn bounded(scene: &Scene) -> (Scene, Vec<String>) {
    let mut scene = scene.clone();
    let mut warnings = Vec::new();
    let mut left = MAX_OBJECTS;
    for thing in &mut scene.things {
        let wanted = thing.count.max(1) as usize;
        let drawn = wanted.min(left);
        if drawn < wanted {
            warnings.push(format!(
                "a layout holds at most {MAX_OBJECTS} objects: drew {drawn} of {wanted} {}",
                lmd_layout::plural(&thing.noun)
            ));
        }
        thing.count = u32::try_from(drawn).unwrap_or(0);
        left -= drawn;
    }
    drop_missing(&mut scene);
    (scene, warnings)
}

/// Removes things that were left out altogether, and what relates to them.
fn drop_missing(scene: &mut Scene) {
    let kept: Vec<Option<usize>> = scene
        .things
        .iter()
        .scan(0, |next, thing| {
            let index = (thing.count > 0).then_some(*next);
            *next += usize::from(thing.count > 0);
            Some(index)
        })
        .collect();
    let new_index = |old: usize| kept.get(old).copied().flatten();
    scene.relations = scene
        .relations
        .iter()
        .filter_map(|relation| {
            let mut relation = relation.clone();
            relation.subject = new_index(relation.subject)?;
            relation.object = new_index(relation.object)?;
            if let crate::RelationKind::Between(other) = &mut relation.kind {
                *other = new_index(*other)?;
            }
            Some(relation)
        })
        .collect();
    scene.things.retain(|thing| thing.count > 0);
}

#[cfg(test)]
mod fitting_tests;
#[cfg(test)]
mod placing_tests;
#[cfg(test)]
mod sharing_tests;
#[cfg(test)]
mod tests;
