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

use lmd_layout::{BBox, Layout, LayoutError, Object};

use crate::verify::PromptFacts;

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

/// A layout while it is mended.
#[derive(Clone, Debug)]
struct Work {
    layout: Layout,
    notes: Vec<String>,
}

impl Work {
    fn objects(&self) -> &[Object] {
        self.layout.objects()
    }

    fn boxes(&self) -> Vec<BBox> {
        self.objects().iter().map(|object| object.bbox).collect()
    }

    /// The indices of the objects that name `phrase`.
    fn named(&self, phrase: &str) -> Vec<usize> {
        let named = |object: &Object| crate::facts::matches_phrase(object.caption.as_str(), phrase);
        (0..self.objects().len()).filter(|index| self.objects().get(*index).is_some_and(named)).collect()
    }

    /// The same with other objects and one more note.
    fn with_objects(&self, objects: Vec<Object>, note: String) -> Result<Self, LayoutError> {
        let layout = Layout::new(objects, self.layout.background(), self.layout.negative())?;
        Ok(Self { layout, notes: [self.notes.as_slice(), &[note]].concat() })
    }

    /// The same objects in other boxes. `None` where no layout comes of it.
    fn placed(&self, boxes: &[BBox]) -> Option<Layout> {
        let objects = self.objects().iter().zip(boxes);
        let objects = objects.map(|(object, bbox)| Object { bbox: *bbox, ..object.clone() }).collect();
        Layout::new(objects, self.layout.background(), self.layout.negative()).ok()
    }
}

#[cfg(test)]
mod tests;
