//! [`Work`]: a layout while it is mended, with what was done to it.

use lmd_layout::{BBox, Layout, LayoutError, Object};

/// A layout while it is mended.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub(super) layout: Layout,
    pub(super) notes: Vec<String>,
}

impl Work {
    pub(super) fn objects(&self) -> &[Object] {
        self.layout.objects()
    }

    pub(super) fn boxes(&self) -> Vec<BBox> {
        self.objects().iter().map(|object| object.bbox).collect()
    }

    /// The indices of the objects that name `phrase`.
    pub(super) fn named(&self, phrase: &str) -> Vec<usize> {
        let named = |object: &Object| crate::facts::matches_phrase(object.caption.as_str(), phrase);
        (0..self.objects().len()).filter(|index| self.objects().get(*index).is_some_and(named)).collect()
    }

    /// The same with other objects and one more note.
    pub(super) fn with_objects(&self, objects: Vec<Object>, note: String) -> Result<Self, LayoutError> {
        let layout = Layout::new(objects, self.layout.background(), self.layout.negative())?;
        Ok(Self { layout, notes: [self.notes.as_slice(), &[note]].concat() })
    }

    /// The same objects in other boxes. `None` where no layout comes of it.
    pub(super) fn placed(&self, boxes: &[BBox]) -> Option<Layout> {
        let objects = self.objects().iter().zip(boxes);
        let objects = objects.map(|(object, bbox)| Object { bbox: *bbox, ..object.clone() }).collect();
        Layout::new(objects, self.layout.background(), self.layout.negative()).ok()
    }
}
