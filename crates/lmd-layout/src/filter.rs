//! From a [`Draft`] to a [`Layout`] as the reference filters and rescales
//! boxes (section A.5, `filter_boxes`).

use std::fmt;

use crate::bbox::{BBox, Canvas};
use crate::draft::{Draft, DraftObject};
use crate::fidelity::Fidelity;
use crate::layout::{Layout, LayoutError, MAX_OBJECTS, Object};

/// Side of the canvas on which drafts are written, in pixels.
const SIDE: f64 = Canvas::REFERENCE.width;

/// How [`filter_boxes`] works. The defaults are the paper's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FilterOptions {
    /// Enlarge (or shrink) the layout to fill the canvas. A box outside the
    /// canvas switches this on for its whole layout.
    pub scale: bool,
    /// Whether slips of the reference in the vertical offset are reproduced.
    pub fidelity: Fidelity,
    /// Drop boxes that cover the whole canvas or begin beyond it.
    pub ignore_background: bool,
    /// The largest enlargement.
    pub max_scale: f64,
}

impl Default for FilterOptions {
    fn default() -> Self {
        Self { scale: false, fidelity: Fidelity::Corrected, ignore_background: true, max_scale: 3.0 }
    }
}

/// Why a box was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// A coordinate is not a finite number.
    NotFinite,
    /// Width or height is not positive.
    Empty,
    /// It covers the canvas or lies beyond it, so it is background.
    Background,
    /// Nothing of it is left on the canvas after rounding to pixels.
    Vanished,
    /// Its caption has no visible characters.
    NoCaption,
    /// The layout is full.
    TooMany,
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFinite => "its coordinates are not finite numbers",
            Self::Empty => "its box has no area",
            Self::Background => "its box covers the whole canvas or lies beyond it",
            Self::Vanished => "nothing of its box is left on the canvas",
            Self::NoCaption => "its caption is empty",
            Self::TooMany => "a layout holds no more objects",
        })
    }
}

/// A box that was left out, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropped {
    /// Its caption as written.
    pub caption: String,
    /// Why it was left out.
    pub reason: DropReason,
}

/// What [`filter_boxes`] made of a draft.
#[derive(Clone, Debug, PartialEq)]
pub struct Filtered {
    /// The boxes that were kept, on whole pixels of the 512 canvas.
    pub layout: Layout,
    /// The boxes that were not.
    pub dropped: Vec<Dropped>,
    /// Whether the layout was rescaled to fit or fill the canvas.
    pub rescaled: bool,
}

/// Filters, rescales where needed, and rounds half to even to whole pixels.
///
/// Where the separate rounding of origin and size puts an edge past the
/// canvas, the edge is clamped: a [`BBox`] never leaves the canvas. Under
/// [`Fidelity::Reference`] the vertical slips of A.5 may push a box further
/// out; it is clamped too, as the reference does when it rasterises.
///
/// # Errors
/// [`LayoutError`] when a caption or a prompt is longer than a layout allows.
pub fn filter_boxes(draft: &Draft, options: &FilterOptions) -> Result<Filtered, LayoutError> {
    let mut dropped = Vec::new();
    let mut kept = Vec::new();
    for object in &draft.objects {
        match reason_to_drop(object.xywh, options) {
            Some(reason) => dropped.push(Dropped { caption: object.caption.clone(), reason }),
            None => kept.push(object.clone()),
        }
    }
    let rescaled = options.scale || kept.iter().any(|o| leaves_canvas(o.xywh));
    if rescaled && !rescale(&mut kept, options) {
        kept.clear();
    }
    let mut objects = Vec::new();
    for object in &kept {
        match finish(object, objects.len())? {
            Ok(done) => objects.push(done),
            Err(reason) => dropped.push(Dropped { caption: object.caption.clone(), reason }),
        }
    }
    let layout = Layout::new(objects, &draft.background, &draft.negative)?;
    Ok(Filtered { layout, dropped, rescaled: rescaled && !kept.is_empty() })
}

fn reason_to_drop(xywh: [f64; 4], options: &FilterOptions) -> Option<DropReason> {
    let [x, y, w, h] = xywh;
    if xywh.iter().any(|v| !v.is_finite()) {
        Some(DropReason::NotFinite)
    } else if w <= 0.0 || h <= 0.0 {
        Some(DropReason::Empty)
    } else if options.ignore_background && ((w >= SIDE && h >= SIDE) || x > SIDE || y > SIDE) {
        Some(DropReason::Background)
    } else {
        None
    }
}

fn leaves_canvas([x, y, w, h]: [f64; 4]) -> bool {
    x < 0.0 || y < 0.0 || x + w > SIDE || y + h > SIDE
}

/// Scales all boxes by one factor so that they fit the canvas, starting at
/// its left edge and moved down or up as far as needed. False when their
/// extent is not a usable number.
fn rescale(objects: &mut [DraftObject], options: &FilterOptions) -> bool {
    let fold = |start: f64, pick: fn(f64, f64) -> f64, of: fn([f64; 4]) -> f64| {
        objects.iter().map(|o| of(o.xywh)).fold(start, pick)
    };
    let left = fold(f64::INFINITY, f64::min, |[x, ..]| x);
    let right = fold(f64::NEG_INFINITY, f64::max, |[x, _, w, _]| x + w);
    let top = fold(f64::INFINITY, f64::min, |[_, y, ..]| y);
    let bottom = fold(f64::NEG_INFINITY, f64::max, |[_, y, _, h]| y + h);
    let s = (SIDE / (right - left)).min(SIDE / (bottom - top)).min(options.max_scale);
    if !s.is_finite() || s <= 0.0 {
        return objects.is_empty();
    }
    let offset = vertical_offset(top * s, bottom * s, options.fidelity);
    for object in objects {
        let [x, y, w, h] = object.xywh;
        let (y, h) = cut_top(y * s + offset, h * s, options.fidelity);
        object.xywh = [(x - left) * s, y, w * s, h];
    }
    true
}

/// How far down the scaled boxes move to lie between 0 and 512. The
/// reference forgets the offset already taken when it checks the bottom edge.
fn vertical_offset(top: f64, bottom: f64, fidelity: Fidelity) -> f64 {
    let down = (-top).max(0.0);
    let forgotten = if fidelity == Fidelity::Reference { 0.0 } else { down };
    if bottom + down >= SIDE { down - (bottom + forgotten - SIDE) } else { down }
}

/// Cuts what is above the canvas. The reference adds it to the height instead.
fn cut_top(y: f64, h: f64, fidelity: Fidelity) -> (f64, f64) {
    match fidelity {
        _ if y >= 0.0 => (y, h),
        Fidelity::Reference => (0.0, h - y),
        Fidelity::Corrected => (0.0, h + y),
    }
}

/// Rounds a box to whole pixels and takes the full stop off its caption.
fn finish(object: &DraftObject, count: usize) -> Result<Result<Object, DropReason>, LayoutError> {
    if count >= MAX_OBJECTS {
        return Ok(Err(DropReason::TooMany));
    }
    let [x, y, w, h] = object.xywh.map(|v| v.round_ties_even() / SIDE);
    let Some(bbox) = BBox::clamped(x, y, w, h) else {
        return Ok(Err(DropReason::Vanished));
    };
    match Object::new(object.caption.trim().trim_end_matches('.'), bbox) {
        Err(LayoutError::EmptyCaption) => Ok(Err(DropReason::NoCaption)),
        Err(error) => Err(error),
        Ok(done) => Ok(Ok(done)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn draft(boxes: &[[f64; 4]]) -> Draft {
        let object =
            |(i, xywh): (usize, &[f64; 4])| DraftObject { caption: format!("a thing {i}."), xywh: *xywh };
        Draft { objects: boxes.iter().enumerate().map(object).collect(), ..Draft::default() }
    }

    fn pixels(filtered: &Filtered) -> Vec<[f64; 4]> {
        filtered.layout.objects().iter().map(|o| o.bbox.to_xywh(Canvas::REFERENCE)).collect()
    }

    fn filter(boxes: &[[f64; 4]], options: &FilterOptions) -> Filtered {
        filter_boxes(&draft(boxes), options).unwrap()
    }

    #[test]
    fn inside_layouts_are_only_rounded_half_to_even() {
        let done = filter(&[[10.5, 11.5, 100.4, 20.]], &FilterOptions::default());
        assert_eq!(pixels(&done), [[10., 12., 100., 20.]]);
        assert_eq!(done.layout.objects()[0].caption.as_str(), "a thing 0");
        assert!(!done.rescaled && done.dropped.is_empty());
    }

    #[test]
    fn what_is_not_an_object_is_dropped_and_told() {
        let boxes = [
            [0., 0., 512., 512.],
            [600., 0., 5., 5.],
            [5., 5., 0., 9.],
            [f64::NAN, 0., 1., 1.],
            [1., 1., 0.4, 9.],
        ];
        let done = filter(&boxes, &FilterOptions::default());
        let reasons: Vec<_> = done.dropped.iter().map(|d| d.reason).collect();
        use DropReason::{Background, Empty, NotFinite, Vanished};
        assert_eq!(reasons, [Background, Background, Empty, NotFinite, Vanished]);
        assert!(done.layout.objects().is_empty());
    }

    #[test]
    fn one_box_outside_rescales_its_neighbours() {
        let done = filter(&[[100., 100., 100., 100.], [400., 200., 200., 100.]], &FilterOptions::default());
        assert!(done.rescaled);
        // s = 512/500 = 1.024, x from the left edge, y scaled from the top.
        assert_eq!(pixels(&done), [[0., 102., 102., 102.], [307., 205., 205., 102.]]);
    }

    #[test]
    fn scaling_enlarges_at_most_threefold() {
        let options = FilterOptions { scale: true, ..FilterOptions::default() };
        let done = filter(&[[300., 300., 50., 40.]], &options);
        // y: 340·3 = 1020 is past the bottom by 508, so the box moves up.
        assert_eq!(pixels(&done), [[0., 392., 150., 120.]]);
    }

    #[test]
    fn the_vertical_slip_is_kept_for_the_reference_only() {
        let boxes = [[0., -20., 100., 100.], [100., 420., 100., 100.]];
        let mended = filter(&boxes, &FilterOptions::default());
        assert_eq!(pixels(&mended), [[0., 0., 95., 95.], [95., 417., 95., 95.]]);
        let reference = FilterOptions { fidelity: Fidelity::Reference, ..FilterOptions::default() };
        // The offset counts twice: 19 px lower, and the lower box is clamped.
        assert_eq!(pixels(&filter(&boxes, &reference)), [[0., 19., 95., 95.], [95., 436., 95., 76.]]);
        assert_eq!(cut_top(-3.0, 10.0, Fidelity::Reference), (0.0, 13.0));
        assert_eq!(cut_top(-3.0, 10.0, Fidelity::Corrected), (0.0, 7.0));
    }

    #[test]
    fn a_pixel_past_the_edge_is_clamped() {
        // 3.5 + 508.5 = 512 fits, yet rounds to 4 + 508; 1.6 + 509.6 rounds to 2 + 510.
        let done = filter(&[[3.5, 0., 508.5, 10.], [1.6, 0.6, 509.6, 510.9]], &FilterOptions::default());
        assert_eq!(pixels(&done), [[4., 0., 508., 10.], [2., 1., 510., 511.]]);
        // 0.7 + 511.3 = 512, rounded 1 + 511; 1.7 + 510.6 would be 2 + 511 = 513.
        let outside = DraftObject { caption: "a line".to_owned(), xywh: [1.7, 0., 510.6, 10.] };
        let b = finish(&outside, 0).unwrap().unwrap().bbox;
        assert_eq!(b.to_xywh(Canvas::REFERENCE), [2., 0., 510., 10.]);
    }

    #[test]
    fn a_full_layout_says_so() {
        let done = filter(&[[10., 10., 20., 20.]; 34], &FilterOptions::default());
        assert_eq!(done.layout.objects().len(), MAX_OBJECTS);
        assert!(done.dropped.iter().all(|d| d.reason == DropReason::TooMany));
    }

    proptest! {
        #[test]
        fn anything_becomes_a_layout(boxes in prop::collection::vec(prop::array::uniform4(-2000.0..2000.0f64), 0..8), scale: bool, keep: bool) {
            let options = FilterOptions { scale, ignore_background: keep, ..FilterOptions::default() };
            for fidelity in [Fidelity::Corrected, Fidelity::Reference] {
                let done = filter(&boxes, &FilterOptions { fidelity, ..options });
                prop_assert_eq!(done.layout.objects().len() + done.dropped.len(), boxes.len());
            }
        }
    }
}
