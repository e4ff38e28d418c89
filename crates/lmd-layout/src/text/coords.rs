//! From numbers as written to boxes on the 512 canvas.

use super::declared::Declared;
use super::error::{Fault, Problem, fault};
use super::items::RawObject;
use super::note::{Note, Notes};
use super::number::Number;
use crate::bbox::Canvas;
use crate::draft::DraftObject;
use crate::layout::{Caption, LayoutError, MAX_OBJECTS};

/// Boxes whose numbers are all this small cannot be pixels: on 512 they would
/// vanish. (Fractions may leave the canvas a little.)
const LARGEST_FRACTION: f64 = 1.5;

/// Puts `objects` on the 512 canvas.
pub(super) fn place(
    objects: Vec<RawObject>,
    declared: Declared,
    notes: &mut Notes,
) -> Result<Vec<DraftObject>, Fault> {
    if let Some(extra) = objects.get(MAX_OBJECTS) {
        return Err(fault(extra.at, LayoutError::TooManyObjects(objects.len())));
    }
    let scale = scale(&objects, declared, notes)?;
    objects
        .into_iter()
        .map(|object| {
            Caption::new(&object.caption).map_err(|error| fault(object.at, error))?;
            let corners = object.corners.or(declared.corners).unwrap_or(false);
            if corners {
                notes.add(Note::Corners);
            }
            Ok(DraftObject { xywh: xywh(object.numbers, scale, corners), caption: object.caption })
        })
        .collect()
}

/// The canvas on which the plain numbers of `objects` are given.
fn scale(objects: &[RawObject], declared: Declared, notes: &mut Notes) -> Result<Canvas, Fault> {
    let is_pixel = |n: &Number| !n.percent && n.value.abs() > LARGEST_FRACTION;
    let pixels = objects.iter().find(|object| object.numbers.iter().any(is_pixel));
    if objects.iter().any(|object| object.numbers.iter().any(|n| n.percent)) {
        notes.add(Note::Percentages);
    }
    match pixels {
        Some(object) if declared.fractions => {
            let (first, second) = ("fractions".to_owned(), "pixels in this box".to_owned());
            Err(fault(object.at, Problem::Contradiction { first, second }))
        }
        Some(_) => Ok(declared.canvas.inspect(|c| note_canvas(*c, notes)).unwrap_or(Canvas::REFERENCE)),
        None => {
            if objects.iter().any(|object| object.numbers.iter().any(|n| !n.percent)) {
                notes.add(Note::Fractions);
            }
            Ok(Canvas::UNIT)
        }
    }
}

fn note_canvas(canvas: Canvas, notes: &mut Notes) {
    if canvas != Canvas::REFERENCE {
        notes.add(Note::Canvas { width: canvas.width, height: canvas.height });
    }
}

/// Four numbers on `canvas` as `[x, y, w, h]` on the 512 canvas.
fn xywh(numbers: [Number; 4], canvas: Canvas, corners: bool) -> [f64; 4] {
    let on_512 = |n: Number, side: f64| {
        // Dividing by 512 and multiplying again is exact.
        let share = if n.percent { n.value / 100.0 } else { n.value / side };
        share * Canvas::REFERENCE.width
    };
    let [x, y, w, h] = numbers;
    let (x, w) = (on_512(x, canvas.width), on_512(w, canvas.width));
    let (y, h) = (on_512(y, canvas.height), on_512(h, canvas.height));
    if corners { [x, y, w - x, h - y] } else { [x, y, w, h] }
}
