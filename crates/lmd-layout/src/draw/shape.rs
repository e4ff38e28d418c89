//! Rectangles, numbers and lines of text as SVG.

use super::text::escaped;
use crate::bbox::BBox;

/// Colour of text.
pub(super) const INK: &str = "#1B1F24";
/// Colour of small print; 5.7 to 1 on white.
pub(super) const MUTED: &str = "#5F6873";

/// A rectangle on the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
}

impl Rect {
    pub(super) fn right(self) -> f64 {
        self.x + self.w
    }

    pub(super) fn bottom(self) -> f64 {
        self.y + self.h
    }

    pub(super) fn area(self) -> f64 {
        self.w * self.h
    }

    /// Where `bbox` is when this rectangle is the canvas.
    pub(super) fn part(self, bbox: BBox) -> Self {
        Self {
            x: self.x + bbox.x() * self.w,
            y: self.y + bbox.y() * self.h,
            w: bbox.w() * self.w,
            h: bbox.h() * self.h,
        }
    }

    /// The area shared with `other`.
    pub(super) fn shared(self, other: Self) -> f64 {
        let w = self.right().min(other.right()) - self.x.max(other.x);
        let h = self.bottom().min(other.bottom()) - self.y.max(other.y);
        w.max(0.0) * h.max(0.0)
    }

    /// Moved as little as needed to lie in `frame`.
    pub(super) fn inside(self, frame: Self) -> Self {
        let slide = |low: f64, from: f64, to: f64| low.min(to).max(from);
        Self {
            x: slide(self.x, frame.x, frame.right() - self.w),
            y: slide(self.y, frame.y, frame.bottom() - self.h),
            ..self
        }
    }

    /// `x`, `y`, `width`, `height` and corner radius as attributes.
    pub(super) fn attributes(self, radius: f64) -> String {
        let radius = radius.min(self.w / 2.0).min(self.h / 2.0);
        format!(
            "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"",
            number(self.x),
            number(self.y),
            number(self.w),
            number(self.h),
            number(radius)
        )
    }
}

/// A coordinate with at most two decimals.
pub(super) fn number(value: f64) -> String {
    format!("{}", (value * 100.0).round() / 100.0 + 0.0)
}

/// One line of text, its baseline starting at (`x`, `y`).
pub(super) fn text_line(text: &str, x: f64, y: f64, size: f64, weight: u16, colour: &str) -> String {
    format!(
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\" font-weight=\"{weight}\" fill=\"{colour}\">{}</text>\n",
        number(x),
        number(y),
        number(size),
        escaped(text)
    )
}

/// One line of text around the point (`x`, `y`) of its baseline.
pub(super) fn text_centred(text: &str, x: f64, y: f64, size: f64, weight: u16, colour: &str) -> String {
    text_line(text, x, y, size, weight, colour).replacen("<text ", "<text text-anchor=\"middle\" ", 1)
}
