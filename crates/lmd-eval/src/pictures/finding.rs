//! What was found in a picture, and what is made of it.

/// A thing that a detector found, after its selection.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which question it answers, by its index.
    pub question: usize,
    /// How sure the detector is.
    pub score: f32,
    /// Left, top, right and bottom in pixels, or in any unit that is the same along both axes.
    pub corners: [f32; 4],
}

impl Finding {
    pub(super) fn center(&self) -> [f32; 2] {
        let [left, top, right, bottom] = self.corners;
        [(left + right) / 2.0, (top + bottom) / 2.0]
    }

    pub(super) fn size(&self) -> [f32; 2] {
        let [left, top, right, bottom] = self.corners;
        [right - left, bottom - top]
    }
}

/// Whether a picture is right, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it shows what its prompt says.
    pub right: bool,
    /// What is wrong, for people; nothing where it is right.
    pub reasons: Vec<String>,
}

impl Verdict {
    /// Right where nothing is wrong.
    #[must_use]
    pub fn of(reasons: Vec<String>) -> Self {
        Self { right: reasons.is_empty(), reasons }
    }
}
