//! Normalised bounding boxes and their conversion to and from pixels.
//!
//! Inside the program a box is `x, y, w, h` in [0, 1] with the origin at the
//! top left. Pixels, corners (`xyxy`) and 512-grids exist only at the borders
//! and are converted here and nowhere else.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Sums such as `0.7 + 0.3` overshoot 1 by a few ulps; anything within this
/// distance of the canvas edge counts as on it.
const EDGE_TOLERANCE: f64 = 1e-9;

/// Why four numbers do not make a [`BBox`].
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum BoxError {
    /// A coordinate is NaN or infinite.
    #[error("box coordinates must be finite numbers, got {}", numbers(.0))]
    NotFinite([f64; 4]),
    /// Width or height is zero or negative.
    #[error("a box needs a positive width and height, got {} by {}", number(*w), number(*h))]
    Empty {
        /// Width as given.
        w: f64,
        /// Height as given.
        h: f64,
    },
    /// The box leaves the canvas.
    #[error("box {} leaves the canvas; x, y, x + w and y + h must lie in [0, 1]", numbers(.0))]
    Outside([f64; 4]),
    /// Nothing that narrow or low can be drawn.
    #[error(
        "a box must be at least {} of the canvas wide and high, got {} by {}",
        BBox::MIN_SIDE, number(*w), number(*h)
    )]
    TooSmall {
        /// Width as given.
        w: f64,
        /// Height as given.
        h: f64,
    },
}

/// A number as people write it; those with very many digits in powers of ten.
fn number(value: f64) -> String {
    let plain = value == 0.0 || !value.is_finite() || (1e-6..1e9).contains(&value.abs());
    if plain { value.to_string() } else { format!("{value:.3e}") }
}

fn numbers(values: &[f64; 4]) -> String {
    let [a, b, c, d] = values.map(number);
    format!("[{a}, {b}, {c}, {d}]")
}

/// The size in pixels of a picture or grid on which coordinates are given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Canvas {
    /// Width in pixels, positive.
    pub width: f64,
    /// Height in pixels, positive.
    pub height: f64,
}

impl Canvas {
    /// The 512 × 512 canvas of the reference prompts (section A.1).
    pub const REFERENCE: Self = Self::new(512.0, 512.0);
    /// The unit canvas: coordinates are fractions already.
    pub const UNIT: Self = Self::new(1.0, 1.0);

    /// A canvas of `width` × `height` pixels.
    #[must_use]
    pub const fn new(width: f64, height: f64) -> Self {
        Self { width, height }
    }
}

/// A box inside the unit square: `0 ≤ x`, `0 ≤ y`, `w > 0`, `h > 0`,
/// `x + w ≤ 1`, `y + h ≤ 1`, all finite. Serialised as `[x, y, w, h]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 4]", into = "[f64; 4]")]
pub struct BBox {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

impl BBox {
    /// The least width and height of a box: half a pixel of the 512 canvas.
    pub const MIN_SIDE: f64 = 1e-3;

    /// The whole canvas.
    pub const FULL: Self = Self { x: 0.0, y: 0.0, w: 1.0, h: 1.0 };

    /// A box from its top-left corner and size, all in [0, 1].
    ///
    /// # Errors
    /// [`BoxError`] when a number is not finite, the box is empty or smaller
    /// than [`BBox::MIN_SIDE`], or it leaves the canvas by more than rounding.
    ///
    /// ```
    /// use lmd_layout::BBox;
    ///
    /// assert_eq!(BBox::new(0.5, 0.0, 0.25, 0.5)?.center(), (0.625, 0.25));
    /// assert!(BBox::new(0.9, 0.0, 0.2, 0.2).is_err(), "it leaves the canvas");
    /// # Ok::<(), lmd_layout::BoxError>(())
    /// ```
    pub fn new(x: f64, y: f64, w: f64, h: f64) -> Result<Self, BoxError> {
        let raw = [x, y, w, h];
        if raw.iter().any(|v| !v.is_finite()) {
            return Err(BoxError::NotFinite(raw));
        }
        if w <= 0.0 || h <= 0.0 {
            return Err(BoxError::Empty { w, h });
        }
        let outside = |low: f64, size: f64| low < -EDGE_TOLERANCE || low + size > 1.0 + EDGE_TOLERANCE;
        if outside(x, w) || outside(y, h) {
            return Err(BoxError::Outside(raw));
        }
        if w.min(h) < Self::MIN_SIDE * (1.0 - EDGE_TOLERANCE) {
            return Err(BoxError::TooSmall { w, h });
        }
        Self::clamped(x, y, w, h).ok_or(BoxError::Empty { w, h })
    }

    /// The part of a box that lies on the canvas, `None` if nothing does.
    #[must_use]
    pub fn clamped(x: f64, y: f64, w: f64, h: f64) -> Option<Self> {
        let (x, w) = clamp_span(x, w)?;
        let (y, h) = clamp_span(y, h)?;
        Some(Self { x, y, w, h })
    }

    /// A box from pixels `[x, y, w, h]` on `canvas`.
    ///
    /// # Errors
    /// As [`BBox::new`].
    pub fn from_xywh([x, y, w, h]: [f64; 4], canvas: Canvas) -> Result<Self, BoxError> {
        Self::new(x / canvas.width, y / canvas.height, w / canvas.width, h / canvas.height)
    }

    /// A box from pixel corners `[x0, y0, x1, y1]` on `canvas`.
    ///
    /// # Errors
    /// As [`BBox::new`].
    pub fn from_xyxy([x0, y0, x1, y1]: [f64; 4], canvas: Canvas) -> Result<Self, BoxError> {
        Self::from_xywh([x0, y0, x1 - x0, y1 - y0], canvas)
    }

    /// `[x, y, w, h]` in pixels of `canvas`.
    #[must_use]
    pub fn to_xywh(self, canvas: Canvas) -> [f64; 4] {
        [self.x * canvas.width, self.y * canvas.height, self.w * canvas.width, self.h * canvas.height]
    }

    /// Corners `[x0, y0, x1, y1]` in pixels of `canvas`.
    #[must_use]
    pub fn to_xyxy(self, canvas: Canvas) -> [f64; 4] {
        [
            self.x * canvas.width,
            self.y * canvas.height,
            self.x_max() * canvas.width,
            self.y_max() * canvas.height,
        ]
    }

    /// Left edge.
    #[must_use]
    pub const fn x(self) -> f64 {
        self.x
    }

    /// Top edge.
    #[must_use]
    pub const fn y(self) -> f64 {
        self.y
    }

    /// Width.
    #[must_use]
    pub const fn w(self) -> f64 {
        self.w
    }

    /// Height.
    #[must_use]
    pub const fn h(self) -> f64 {
        self.h
    }

    /// Right edge, computed as `x + w` as the reference does (section A.5).
    #[must_use]
    pub fn x_max(self) -> f64 {
        self.x + self.w
    }

    /// Bottom edge, `y + h`.
    #[must_use]
    pub fn y_max(self) -> f64 {
        self.y + self.h
    }

    /// The centre `(x, y)`.
    #[must_use]
    pub fn center(self) -> (f64, f64) {
        (self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// Area as a share of the canvas, in (0, 1].
    #[must_use]
    pub fn area(self) -> f64 {
        self.w * self.h
    }

    /// The area shared with `other`.
    #[must_use]
    pub fn intersection(self, other: Self) -> f64 {
        let w = self.x_max().min(other.x_max()) - self.x.max(other.x);
        let h = self.y_max().min(other.y_max()) - self.y.max(other.y);
        w.max(0.0) * h.max(0.0)
    }

    /// Intersection over union, in [0, 1].
    #[must_use]
    pub fn iou(self, other: Self) -> f64 {
        let shared = self.intersection(other);
        shared / (self.area() + other.area() - shared)
    }

    /// The same size moved by `(dx, dy)`, stopped at the canvas edge.
    /// Movements that are not finite leave the box where it is.
    #[must_use]
    pub fn shifted(self, dx: f64, dy: f64) -> Self {
        let slide = |low: f64, size: f64, by: f64| {
            if by.is_finite() { (low + by).clamp(0.0, (1.0 - size).max(0.0)) } else { low }
        };
        Self { x: slide(self.x, self.w, dx), y: slide(self.y, self.h, dy), ..self }
    }

    /// The box as a mirror shows it: what was on the left is on the right.
    #[must_use]
    pub fn mirrored(self) -> Self {
        self.shifted(1.0 - self.x_max() - self.x, 0.0)
    }

    /// The box scaled by `factor` about its centre, cut at the canvas edge
    /// and never thinner than a thousandth of the canvas.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        let factor = if factor.is_finite() { factor.clamp(1e-3, 1e3) } else { 1.0 };
        let (cx, cy) = self.center();
        let w = (self.w * factor).max(Self::MIN_SIDE);
        let h = (self.h * factor).max(Self::MIN_SIDE);
        Self::clamped(cx - w / 2.0, cy - h / 2.0, w, h).unwrap_or(self)
    }
}

/// Cuts the span `[low, low + size]` to [0, 1].
fn clamp_span(low: f64, size: f64) -> Option<(f64, f64)> {
    if !low.is_finite() || !size.is_finite() || size <= 0.0 {
        return None;
    }
    if low >= 0.0 && low + size <= 1.0 {
        return Some((low, size));
    }
    let start = low.clamp(0.0, 1.0);
    let mut length = (low + size).min(1.0) - start;
    // `start + (1 - start)` may round up past 1.
    while start + length > 1.0 {
        length = length.next_down();
    }
    (length > 0.0).then_some((start, length))
}

impl TryFrom<[f64; 4]> for BBox {
    type Error = BoxError;

    fn try_from([x, y, w, h]: [f64; 4]) -> Result<Self, BoxError> {
        Self::new(x, y, w, h)
    }
}

impl From<BBox> for [f64; 4] {
    fn from(b: BBox) -> Self {
        [b.x, b.y, b.w, b.h]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rejections_name_the_numbers() {
        assert!(matches!(BBox::new(f64::NAN, 0.0, 1.0, 1.0), Err(BoxError::NotFinite(_))));
        assert!(matches!(BBox::new(0.1, 0.1, 0.0, 0.5), Err(BoxError::Empty { .. })));
        let message = BBox::new(0.8, 0.1, 0.3, 0.5).unwrap_err().to_string();
        assert!(message.contains("[0.8, 0.1, 0.3, 0.5]"), "{message}");
        assert!(matches!(BBox::new(0.5, 0.5, 1e-300, 0.5), Err(BoxError::TooSmall { .. })));
        assert!(BBox::new(0.5, 0.5, BBox::MIN_SIDE, 0.5).is_ok());
        for wrong in [[1e308, 0.1, 0.2, 0.2], [0.5, 0.5, 1e-300, 0.5], [0.5, 0.5, -1e300, 0.5]] {
            let message = BBox::try_from(wrong).unwrap_err().to_string();
            assert!(message.len() < 120, "{message}");
        }
    }

    #[test]
    fn rounding_at_the_edge_is_forgiven() {
        let b = BBox::new(0.9, 0.7, 0.1 + 1e-12, 0.3).unwrap();
        assert!(b.x_max() <= 1.0 && b.y_max() <= 1.0);
    }

    proptest! {
        #[test]
        fn whatever_is_built_is_valid(x in -2.0..2.0f64, y in -2.0..2.0f64, w in -1.0..3.0f64, h in -1.0..3.0f64) {
            for b in [BBox::new(x, y, w, h).ok(), BBox::clamped(x, y, w, h)].into_iter().flatten() {
                prop_assert!(b.x() >= 0.0 && b.y() >= 0.0 && b.w() > 0.0 && b.h() > 0.0);
                prop_assert!(b.x_max() <= 1.0 && b.y_max() <= 1.0);
            }
        }

        #[test]
        fn pixels_round_trip(x in 0.0..0.5f64, y in 0.0..0.5f64, w in 0.01..0.5f64, h in 0.01..0.5f64, side in 8.0..2048.0f64) {
            let b = BBox::new(x, y, w, h).unwrap();
            let canvas = Canvas::new(side, side * 0.75);
            let xywh = BBox::from_xywh(b.to_xywh(canvas), canvas).unwrap();
            let xyxy = BBox::from_xyxy(b.to_xyxy(canvas), canvas).unwrap();
            for other in [xywh, xyxy] {
                prop_assert!((b.x() - other.x()).abs() < 1e-9 && (b.h() - other.h()).abs() < 1e-9);
            }
        }

        #[test]
        fn shifting_keeps_size_and_canvas(dx in -2.0..2.0f64, dy in -2.0..2.0f64) {
            let b = BBox::new(0.2, 0.3, 0.4, 0.25).unwrap().shifted(dx, dy);
            prop_assert!(BBox::new(b.x(), b.y(), b.w(), b.h()).is_ok());
            prop_assert!((b.w() - 0.4).abs() < 1e-12);
        }
    }
}
