//! Mending: what another planner's layout breaks of the stated facts of its
//! prompt is repaired by our own solver, before anybody is asked again.
//!
//! In this order: what the prompt excludes goes ([`numbers`]), captions get
//! their attributes ([`wording`]), surplus objects go and missing ones come
//! ([`numbers`]), boxes move as little as the relations and regions need
//! ([`places`]), background and negative prompt are completed ([`wording`]).
//! What breaks nothing stays as it is, to the bit. Every change is told.

mod numbers;
mod places;
mod wording;
mod work;

use lmd_layout::Layout;

use crate::verify::PromptFacts;
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
        wording::with_attributes,
        numbers::without_surplus,
        numbers::with_missing,
        places::moved,
        wording::with_texts,
    ] {
        let before = demanded.violated_by(&work.layout).len();
        let tried = step(demanded, &work).filter(|next| demanded.violated_by(&next.layout).len() <= before);
        work = tried.unwrap_or(work);
    }
    Mended { layout: work.layout, notes: work.notes }
}

#[cfg(test)]
mod tests;
