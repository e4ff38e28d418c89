//! Mending layouts: every change is small, told, and the same each time.

use std::fmt;

use crate::bbox::{BBox, Canvas};
use crate::check::{ObjectName, is_same_box, overlaps_heavily, shared_part};
use crate::draft::Draft;
use crate::layout::{Layout, LayoutError, MAX_OBJECTS, Object, clean_text};

/// A box at least this wide and high keeps a cell on the 8 × 8 grid (B.4)
/// wherever it stands: more than half a cell.
const SMALLEST_SIDE: f64 = 0.08;
/// Left between boxes that are moved apart.
const CLEARANCE: f64 = 0.01;

/// One thing [`repair_draft`] or [`repair_layout`] did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// The object had no caption, no usable box, or no room in the layout.
    Dropped(ObjectName),
    /// The object repeated an earlier one.
    Merged {
        /// The repetition that was dropped.
        object: ObjectName,
        /// The object that stays.
        kept: ObjectName,
    },
    /// The box was moved, and cut if it was too large, to lie on the canvas.
    PulledInside(ObjectName),
    /// The box was enlarged so that the attention maps see it.
    Grown(ObjectName),
    /// The object was moved off another.
    MovedApart {
        /// The object that moved.
        object: ObjectName,
        /// The object it lay on.
        from: ObjectName,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped(object) => {
                write!(f, "dropped {object}: it has no caption, no usable box or no room")
            }
            Self::Merged { object, kept } => write!(f, "dropped {object}: it repeats {kept}"),
            Self::PulledInside(object) => write!(f, "moved {object} onto the canvas"),
            Self::Grown(object) => write!(f, "enlarged {object}: it was too small to be seen"),
            Self::MovedApart { object, from } => write!(f, "moved {object} off {from}"),
        }
    }
}

/// A mended layout and what was done to it, in that order. Numbers in the
/// changes count the objects as they were before.
#[derive(Clone, Debug, PartialEq)]
pub struct Repaired {
    /// The layout.
    pub layout: Layout,
    /// What was changed; empty when nothing had to be.
    pub changes: Vec<Change>,
}

/// An object under repair.
struct Piece {
    name: ObjectName,
    bbox: BBox,
}

/// Makes a layout of `draft`: unusable objects and repetitions are dropped,
/// boxes pulled inside and enlarged, heavy overlaps moved apart as far as
/// there is room. Unlike the reference's filter (A.5) it moves only the boxes
/// that need it.
///
/// # Errors
/// [`LayoutError`] when a caption or a prompt is longer than a layout allows.
pub fn repair_draft(draft: &Draft) -> Result<Repaired, LayoutError> {
    let mut changes = Vec::new();
    let mut pieces = Vec::new();
    for (i, object) in draft.objects.iter().enumerate() {
        let name = ObjectName { number: i + 1, caption: clean_text(&object.caption) };
        match pulled_inside(object.xywh) {
            Some((bbox, moved)) if !name.caption.is_empty() => {
                if moved {
                    changes.push(Change::PulledInside(name.clone()));
                }
                pieces.push(Piece { name, bbox });
            }
            _ => changes.push(Change::Dropped(name)),
        }
    }
    finish(pieces, changes, &draft.background, &draft.negative)
}

/// Mends `layout` as [`repair_draft`] does.
///
/// # Errors
/// None in practice: the parts come from a layout.
pub fn repair_layout(layout: &Layout) -> Result<Repaired, LayoutError> {
    let piece = |(i, object): (usize, &Object)| Piece {
        name: ObjectName { number: i + 1, caption: object.caption.as_str().to_owned() },
        bbox: object.bbox,
    };
    let pieces = layout.objects().iter().enumerate().map(piece).collect();
    finish(pieces, Vec::new(), layout.background(), layout.negative())
}

fn finish(
    pieces: Vec<Piece>,
    mut changes: Vec<Change>,
    background: &str,
    negative: &str,
) -> Result<Repaired, LayoutError> {
    let mut pieces = merge(pieces, &mut changes);
    for surplus in pieces.drain(MAX_OBJECTS.min(pieces.len())..) {
        changes.push(Change::Dropped(surplus.name));
    }
    for piece in &mut pieces {
        let grown = grown(piece.bbox);
        if grown != piece.bbox {
            piece.bbox = grown;
            changes.push(Change::Grown(piece.name.clone()));
        }
    }
    move_apart(&mut pieces, &mut changes);
    let objects: Result<Vec<Object>, LayoutError> =
        pieces.iter().map(|piece| Object::new(&piece.name.caption, piece.bbox)).collect();
    Ok(Repaired { layout: Layout::new(objects?, background, negative)?, changes })
}

/// The box on the canvas, and whether it had to be moved or cut.
fn pulled_inside(xywh: [f64; 4]) -> Option<(BBox, bool)> {
    if let Ok(bbox) = BBox::from_xywh(xywh, Canvas::REFERENCE) {
        return Some((bbox, false));
    }
    let [x, y, w, h] = xywh;
    let Canvas { width, height } = Canvas::REFERENCE;
    let (w, h) = ((w / width).min(1.0), (h / height).min(1.0));
    let into = |low: f64, size: f64| low.min(1.0 - size).max(0.0);
    BBox::new(into(x / width, w), into(y / height, h), w, h).ok().map(|bbox| (bbox, true))
}

/// Drops repetitions: same caption, nearly the same box.
fn merge(pieces: Vec<Piece>, changes: &mut Vec<Change>) -> Vec<Piece> {
    let mut kept: Vec<Piece> = Vec::new();
    for piece in pieces {
        let same = |k: &&Piece| k.name.caption == piece.name.caption && is_same_box(k.bbox, piece.bbox);
        match kept.iter().find(same) {
            Some(first) => changes.push(Change::Merged { object: piece.name, kept: first.name.clone() }),
            None => kept.push(piece),
        }
    }
    kept
}

/// The box enlarged about its centre to the smallest side that is seen.
fn grown(bbox: BBox) -> BBox {
    let (w, h) = (bbox.w().max(SMALLEST_SIDE), bbox.h().max(SMALLEST_SIDE));
    if w <= bbox.w() && h <= bbox.h() {
        return bbox;
    }
    let (cx, cy) = bbox.center();
    let into = |centre: f64, size: f64| (centre - size / 2.0).min(1.0 - size).max(0.0);
    BBox::new(into(cx, w), into(cy, h), w, h).unwrap_or(bbox)
}

/// Moves boxes that overlap heavily off each other, one pair at a time. A
/// move is made only if it lessens the overlap of all, so this ends.
fn move_apart(pieces: &mut [Piece], changes: &mut Vec<Change>) {
    for _ in 0..2 * pieces.len() {
        let Some((moving, still, to)) = best_move(pieces) else {
            return;
        };
        let from = pieces[still].name.clone();
        pieces[moving].bbox = to;
        let change = Change::MovedApart { object: pieces[moving].name.clone(), from };
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
}

/// For the first pair that overlaps heavily and can be helped: which piece to
/// move off which, and where to.
fn best_move(pieces: &[Piece]) -> Option<(usize, usize, BBox)> {
    let pairs = (0..pieces.len()).flat_map(|i| (i + 1..pieces.len()).map(move |j| (i, j)));
    let heavy = pairs.filter(|(i, j)| overlaps_heavily(pieces[*i].bbox, pieces[*j].bbox));
    for (i, j) in heavy {
        let (small, large) = if pieces[i].bbox.area() < pieces[j].bbox.area() { (i, j) } else { (j, i) };
        let now = conflict(pieces, small, pieces[small].bbox);
        let tries = sidesteps(pieces[small].bbox, pieces[large].bbox);
        let scored = tries.into_iter().map(|to| (conflict(pieces, small, to), to));
        let best = scored.min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((score, to)) = best
            && score < now - 1e-6
        {
            return Some((small, large, to));
        }
    }
    None
}

/// How badly piece `moving` would lie at `to`: its overlap with the others,
/// nested ones aside, plus a little for the way there.
fn conflict(pieces: &[Piece], moving: usize, to: BBox) -> f64 {
    let (x, y) = pieces[moving].bbox.center();
    let way = (to.center().0 - x).hypot(to.center().1 - y);
    let others = pieces.iter().enumerate().filter(|(i, _)| *i != moving);
    let overlap: f64 = others.map(|(_, other)| shared_part(to, other.bbox)).sum();
    overlap + 0.1 * way
}

/// `bbox` moved to the left, right, top and bottom of `other`, as far as the
/// canvas allows.
fn sidesteps(bbox: BBox, other: BBox) -> [BBox; 4] {
    [
        bbox.shifted(other.x() - CLEARANCE - bbox.x_max(), 0.0),
        bbox.shifted(other.x_max() + CLEARANCE - bbox.x(), 0.0),
        bbox.shifted(0.0, other.y() - CLEARANCE - bbox.y_max()),
        bbox.shifted(0.0, other.y_max() + CLEARANCE - bbox.y()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Warning, check_layout};
    use crate::draft::DraftObject;
    use proptest::prelude::*;

    fn draft(objects: &[(&str, [f64; 4])]) -> Draft {
        let object =
            |(caption, xywh): &(&str, [f64; 4])| DraftObject { caption: (*caption).to_owned(), xywh: *xywh };
        Draft { objects: objects.iter().map(object).collect(), ..Draft::default() }
    }

    fn told(repaired: &Repaired) -> Vec<String> {
        repaired.changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_good_layout_is_left_alone() {
        let fine = draft(&[("a table", [60., 200., 400., 250.]), ("an apple", [100., 250., 80., 80.])]);
        let done = repair_draft(&fine).unwrap();
        assert!(done.changes.is_empty());
        assert_eq!(done.layout.objects()[1].bbox.to_xywh(Canvas::REFERENCE), [100., 250., 80., 80.]);
        assert_eq!(repair_layout(&done.layout).unwrap(), done);
    }

    #[test]
    fn every_change_is_told() {
        let done = repair_draft(&draft(&[
            ("a cat", [412., 100., 200., 100.]),
            ("a bee", [20., 20., 10., 10.]),
            ("a ghost", [0., 0., 0., 9.]),
            ("a cat", [312., 100., 200., 100.]),
        ]))
        .unwrap();
        assert_eq!(
            told(&done),
            [
                "moved \"a cat\" (object 1) onto the canvas",
                "dropped \"a ghost\" (object 3): it has no caption, no usable box or no room",
                "dropped \"a cat\" (object 4): it repeats \"a cat\" (object 1)",
                "enlarged \"a bee\" (object 2): it was too small to be seen",
            ]
        );
        assert_eq!(done.layout.objects()[0].bbox.to_xywh(Canvas::REFERENCE), [312., 100., 200., 100.]);
    }

    #[test]
    fn heavy_overlaps_move_apart() {
        let done =
            repair_draft(&draft(&[("a cat", [100., 150., 160., 160.]), ("a dog", [140., 160., 150., 150.])]))
                .unwrap();
        assert_eq!(told(&done), ["moved \"a dog\" (object 2) off \"a cat\" (object 1)"]);
        let [cat, dog] = [done.layout.objects()[0].bbox, done.layout.objects()[1].bbox];
        assert_eq!(cat.intersection(dog), 0.0);
        assert!(check_layout(&done.layout).is_empty());
    }

    proptest! {
        #[test]
        fn repaired_layouts_are_seen_and_settled(boxes in prop::collection::vec(prop::array::uniform4(-300.0..800.0f64), 0..7)) {
            let objects: Vec<(&str, [f64; 4])> = boxes.iter().map(|b| ("a thing", *b)).collect();
            let done = repair_draft(&draft(&objects)).unwrap();
            let small = |w: &Warning| matches!(w, Warning::TooSmall { .. } | Warning::Outside { .. });
            prop_assert!(!check_layout(&done.layout).iter().any(small));
            prop_assert_eq!(repair_draft(&draft(&objects)).unwrap(), done);
        }
    }
}
