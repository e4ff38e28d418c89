//! What an answer says about its coordinates, in the text around the layout
//! or under keys of its JSON: corners, fractions, another canvas.

use super::error::{Fault, Problem, fault};
use crate::bbox::Canvas;

/// What the four numbers of a box are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// `[x, y, w, h]`.
    Size,
    /// `[x0, y0, x1, y1]`.
    Corners,
    /// `[y0, x0, y1, x1]`.
    CornersYx,
}

/// How one box is written, as far as its keys say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Convention {
    pub(super) order: Option<Order>,
    /// Coordinates are thousandths of the canvas.
    pub(super) thousandths: bool,
}

/// The declarations found so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Declared {
    /// What the four numbers of a box are.
    pub(super) order: Option<Order>,
    /// Coordinates are fractions.
    pub(super) fractions: bool,
    /// The canvas on which coordinates are pixels.
    pub(super) canvas: Option<Canvas>,
}

/// Ways to say `xyxy`, in lower case without punctuation.
const CORNERS: [&str; 6] =
    ["xyxy", "x1y1x2y2", "x0y0x1y1", "xminyminxmaxymax", "lefttoprightbottom", "xleftytopxrightybottom"];
/// Ways to say `xywh`.
const SIZES: [&str; 5] =
    ["xywh", "xywidthheight", "xleftytopwidthheight", "lefttopwidthheight", "xminyminwidthheight"];
/// Ways to say that coordinates are fractions.
const FRACTIONS: [&str; 7] =
    ["normalized", "normalised", "fraction", "[0, 1]", "[0,1]", "between 0 and 1", "from 0 to 1"];
/// Words of a line on which `1024x1024` is the canvas.
const CANVAS_WORDS: [&str; 8] =
    ["canvas", "image", "picture", "resolution", "grid", "coordinates", "pixels", "format"];
/// Sides a canvas may have.
const CANVAS_SIDES: std::ops::RangeInclusive<u32> = 16..=65_536;

impl Declared {
    /// Takes in what `text`, which stands at `at`, declares.
    pub(super) fn read(&mut self, text: &str, at: usize) -> Result<(), Fault> {
        let lower = text.to_lowercase();
        self.fractions |= FRACTIONS.iter().any(|word| lower.contains(word));
        let dense: String = lower.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        for (names, order) in [(CORNERS.as_slice(), Order::Corners), (SIZES.as_slice(), Order::Size)] {
            if names.iter().any(|name| dense.contains(name)) {
                self.set_order(order, at)?;
            }
        }
        for line in lower.lines().filter(|line| CANVAS_WORDS.iter().any(|word| line.contains(word))) {
            if let Some(canvas) = dimensions(line) {
                self.set_canvas(canvas, at)?;
            }
        }
        Ok(())
    }

    fn set_order(&mut self, order: Order, at: usize) -> Result<(), Fault> {
        if self.order.replace(order).is_some_and(|known| known != order) {
            let (first, second) = ("corners [x0, y0, x1, y1]".to_owned(), "sizes [x, y, w, h]".to_owned());
            return Err(fault(at, Problem::Contradiction { first, second }));
        }
        Ok(())
    }

    /// Declares the canvas.
    pub(super) fn set_canvas(&mut self, canvas: Canvas, at: usize) -> Result<(), Fault> {
        let name = |c: Canvas| format!("a canvas of {} by {}", c.width, c.height);
        match self.canvas.replace(canvas) {
            Some(old) if old != canvas => {
                Err(fault(at, Problem::Contradiction { first: name(old), second: name(canvas) }))
            }
            _ => Ok(()),
        }
    }
}

/// A canvas from two sides, if both are sensible.
pub(super) fn canvas(width: f64, height: f64) -> Option<Canvas> {
    let sensible =
        |side: f64| side >= f64::from(*CANVAS_SIDES.start()) && side <= f64::from(*CANVAS_SIDES.end());
    (sensible(width) && sensible(height)).then_some(Canvas::new(width, height))
}

/// The first `WIDTHxHEIGHT` in a line.
pub(super) fn dimensions(line: &str) -> Option<Canvas> {
    let mut previous: Option<(u32, usize)> = None;
    let mut at = 0;
    while let Some((start, end)) = next_digits(line, at) {
        let number = line.get(start..end)?.parse().ok();
        let times = |from: usize| {
            let between = line.get(from..start).unwrap_or_default().trim();
            matches!(between, "x" | "×" | "*" | "by")
        };
        if let (Some((width, from)), Some(height)) = (previous, number)
            && times(from)
            && let Some(found) = canvas(f64::from(width), f64::from(height))
        {
            return Some(found);
        }
        previous = number.map(|n| (n, end));
        at = end;
    }
    None
}

/// Where the next run of digits at or after `from` starts and ends.
fn next_digits(line: &str, from: usize) -> Option<(usize, usize)> {
    let start = from + line.get(from..)?.find(|c: char| c.is_ascii_digit())?;
    let rest = line.get(start..)?;
    Some((start, start + rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())))
}
