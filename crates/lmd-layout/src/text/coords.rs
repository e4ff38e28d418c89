//! From numbers as written to boxes on the 512 canvas.

use super::declared::{Convention, Declared, Order};
use super::error::{Fault, Problem, fault};
use super::items::RawObject;
use super::note::{Note, Notes};
use super::number::Number;
use super::object::THOUSANDTHS;
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
    let undeclared = declared.canvas.is_none() && declared.order.is_none() && scale == Canvas::REFERENCE;
    let guess = if undeclared { guessed(&objects, notes) } else { None };
    let (scale, usual) = guess.unwrap_or((scale, declared.order.unwrap_or(Order::Size)));
    objects
        .into_iter()
        .map(|object| {
            Caption::new(&object.caption).map_err(|error| fault(object.at, error))?;
            let order = object.convention.order.unwrap_or(usual);
            if order != Order::Size {
                notes.add(Note::Corners);
            }
            let scale = if object.convention.thousandths { THOUSANDTHS } else { scale };
            Ok(DraftObject { xywh: xywh(object.numbers, scale, order), caption: object.caption })
        })
        .collect()
}

/// How far beyond the canvas boxes may reach before they are taken for boxes
/// of another kind, as a share of its side. A box that leaves the canvas a
/// little makes the method rescale its layout (A.5).
const OVERHANG: f64 = 0.25;

/// The first way to read boxes in which all lie on the canvas, where as sizes
/// on 512 by 512 some clearly do not. Most models that ignore the canvas they
/// were told write corners, or thousandths as vision models do.
fn guessed(objects: &[RawObject], notes: &mut Notes) -> Option<(Canvas, Order)> {
    let plain = |object: &RawObject| {
        object.convention == Convention::default() && object.numbers.iter().all(|n| !n.percent)
    };
    if objects.is_empty() || !objects.iter().all(plain) {
        return None;
    }
    let fits = |canvas: Canvas, order: Order, overhang: f64| {
        let side = Canvas::REFERENCE.width;
        objects.iter().all(|object| {
            let [x, y, w, h] = xywh(object.numbers, canvas, order);
            let inside = |low: f64, size: f64| {
                size > 0.0 && low >= -overhang * side && low + size <= (1.0 + overhang) * side
            };
            inside(x, w) && inside(y, h)
        })
    };
    if fits(Canvas::REFERENCE, Order::Size, OVERHANG) {
        return None;
    }
    let ways = [
        (Canvas::REFERENCE, Order::Corners),
        (THOUSANDTHS, Order::Size),
        (THOUSANDTHS, Order::Corners),
        (Canvas::new(1024.0, 1024.0), Order::Size),
        (Canvas::new(1024.0, 1024.0), Order::Corners),
    ];
    let way = ways.into_iter().find(|(canvas, order)| fits(*canvas, *order, 0.0))?;
    notes.add(Note::Guessed);
    note_canvas(way.0, notes);
    Some(way)
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
fn xywh(numbers: [Number; 4], canvas: Canvas, order: Order) -> [f64; 4] {
    let on_512 = |n: Number, side: f64| {
        // Dividing by 512 and multiplying again is exact.
        let share = if n.percent { n.value / 100.0 } else { n.value / side };
        share * Canvas::REFERENCE.width
    };
    let [a, b, c, d] = numbers;
    let [x, y, w, h] = if order == Order::CornersYx { [b, a, d, c] } else { [a, b, c, d] };
    let (x, w) = (on_512(x, canvas.width), on_512(w, canvas.width));
    let (y, h) = (on_512(y, canvas.height), on_512(h, canvas.height));
    if order == Order::Size { [x, y, w, h] } else { [x, y, w - x, h - y] }
}
