//! [`Item`]: an object as a drawing shows it.

use super::shape::Rect;
use crate::layout::Object;

/// Up to this many objects are labelled in full and listed with their places.
pub(super) const DETAILED: usize = 11;

/// An object with what a drawing adds to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    /// Counted from 1 in the layout's order.
    pub(super) number: usize,
    pub(super) object: &'a Object,
    pub(super) colour: &'static str,
    /// Its box on the page.
    pub(super) rect: Rect,
}
