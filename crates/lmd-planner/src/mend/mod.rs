//! Mending: what another planner's layout breaks of the stated facts of its
//! prompt is repaired by our own solver, before anybody is asked again.
//!
//! In this order: what the prompt excludes goes ([`numbers`]), captions get
//! their attributes ([`wording`]), surplus objects go and missing ones come
//! ([`numbers`]), boxes move as little as the relations and regions need
//! ([`places`]), the prompt's place becomes the background ([`setting`]),
//! background and negative prompt are completed ([`wording`]). What is lacking
//! even then ([`shortfall`]) brings the solver's own layout, where it is whole.
//! What breaks nothing stays as it is, to the bit. Every change is told.

mod numbers;
mod places;
mod setting;
mod shortfall;
mod wording;
mod work;

use lmd_layout::Layout;

use crate::offline::plan_scene;
use crate::verify::PromptFacts;
pub(crate) use shortfall::shortfalls;
use work::Work;

/// A layout after mending, and what was done to it, one sentence each.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mended {
    pub(crate) layout: Layout,
    pub(crate) notes: Vec<String>,
}

/// Repairs what `layout` breaks of `demanded`. What cannot be repaired stays
/// as it is; whoever calls verifies again.
pub(crate) fn mended(demanded: &PromptFacts, layout: &Layout) -> Mended {
    let mut work = Work { layout: layout.clone(), notes: Vec::new() };
    for step in [
        numbers::without_excluded,
        setting::without_place,
        wording::with_attributes,
        numbers::without_surplus,
        numbers::with_missing,
        places::moved,
        setting::with_place,
        wording::with_texts,
    ] {
        let before = demanded.violated_by(&work.layout).len();
        let tried = step(demanded, &work).filter(|next| demanded.violated_by(&next.layout).len() <= before);
        work = tried.unwrap_or(work);
    }
    Mended { layout: work.layout, notes: work.notes }
}

/// The solver's own layout of a prompt that was understood wholly, where
/// `layout` lacks something of it that mending did not bring and the solver's
/// does not; with a sentence that tells it.
pub(crate) fn instead(demanded: &PromptFacts, layout: &Layout) -> Option<Mended> {
    let scene = demanded.scene();
    let lacking = shortfalls(demanded, layout).into_iter().next().filter(|_| shortfall::is_whole(scene))?;
    let own = plan_scene(scene).ok()?;
    let whole = shortfalls(demanded, &own.layout).is_empty();
    whole.then(|| Mended {
        layout: own.layout,
        notes: [
            vec![format!("repaired: the layout is the offline planner's, since in the model's {lacking}")],
            own.warnings,
        ]
        .concat(),
    })
}

#[cfg(test)]
mod place_tests;
#[cfg(test)]
mod tests;
