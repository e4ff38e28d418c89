//! Boxes on pixel, latent and attention grids, and boolean masks (section B.4).

use crate::bbox::BBox;

/// A rectangle of whole cells: columns `x0..x1`, rows `y0..y1`. It may be
/// empty: a small box vanishes on an 8 × 8 grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GridRect {
    /// First column.
    pub x0: usize,
    /// First row.
    pub y0: usize,
    /// One past the last column.
    pub x1: usize,
    /// One past the last row.
    pub y1: usize,
}

impl GridRect {
    /// `bbox` on a grid of `width` × `height` cells (B.4, `scale_proportion`).
    #[must_use]
    pub fn of(bbox: BBox, width: usize, height: usize) -> Self {
        Self::from_xyxy([bbox.x(), bbox.y(), bbox.x_max(), bbox.y_max()], width, height)
    }

    /// Relative corners `[x0, y0, x1, y1]` on a grid of `width` × `height`
    /// cells. Unlike a [`BBox`] they may lie outside [0, 1], as the centred
    /// per-object boxes of B.5 do; what is outside is cut off.
    #[must_use]
    pub fn from_xyxy([x0, y0, x1, y1]: [f64; 4], width: usize, height: usize) -> Self {
        let (x0, x1) = scale_proportion(x0, x1, width);
        let (y0, y1) = scale_proportion(y0, y1, height);
        Self { x0, y0, x1, y1 }
    }

    /// Columns covered.
    #[must_use]
    pub const fn width(self) -> usize {
        self.x1.saturating_sub(self.x0)
    }

    /// Rows covered.
    #[must_use]
    pub const fn height(self) -> usize {
        self.y1.saturating_sub(self.y0)
    }

    /// Cells covered.
    #[must_use]
    pub const fn area(self) -> usize {
        self.width() * self.height()
    }

    /// Whether no cell is covered.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.area() == 0
    }
}

/// The span `[low, high]` of the unit interval on `cells` cells: origin and
/// size are rounded separately, half to even, and the result is clamped (B.4).
fn scale_proportion(low: f64, high: f64, cells: usize) -> (usize, usize) {
    let limit = cells as f64;
    let start = (low * limit).round_ties_even();
    let end = start + ((high - low) * limit).round_ties_even();
    // The cast saturates and takes NaN to 0; the clamp keeps it on the grid.
    let cell = |v: f64| v.clamp(0.0, limit) as usize;
    (cell(start), cell(end).max(cell(start)))
}

/// A boolean grid, row by row from the top left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    width: usize,
    height: usize,
    cells: Vec<bool>,
}

impl Mask {
    /// A mask of `width` × `height` cells, all off.
    #[must_use]
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, cells: vec![false; width * height] }
    }

    /// A mask whose cell in column `x`, row `y` is `on(x, y)`.
    #[must_use]
    pub fn from_fn(width: usize, height: usize, mut on: impl FnMut(usize, usize) -> bool) -> Self {
        let cells = (0..width * height).map(|i| on(i % width, i / width)).collect();
        Self { width, height, cells }
    }

    /// The union of `boxes`, each rasterised by B.4.
    #[must_use]
    pub fn of_boxes(boxes: &[BBox], width: usize, height: usize) -> Self {
        Self::of_rects(boxes.iter().map(|bbox| GridRect::of(*bbox, width, height)), width, height)
    }

    /// The union of boxes by their relative corners `[x0, y0, x1, y1]`, each rasterised by B.4. They may lie outside
    /// [0, 1]; what is outside is cut off.
    #[must_use]
    pub fn of_corners(boxes: &[[f64; 4]], width: usize, height: usize) -> Self {
        let rects = boxes.iter().map(|corners| GridRect::from_xyxy(*corners, width, height));
        Self::of_rects(rects, width, height)
    }

    fn of_rects(rects: impl Iterator<Item = GridRect>, width: usize, height: usize) -> Self {
        let mut mask = Self::new(width, height);
        rects.for_each(|rect| mask.fill(rect));
        mask
    }

    /// Turns the cells of `rect` on; what lies off the grid is ignored.
    pub fn fill(&mut self, rect: GridRect) {
        let columns = rect.x0.min(self.width)..rect.x1.min(self.width);
        for y in rect.y0..rect.y1.min(self.height) {
            let row = y * self.width;
            if let Some(cells) = self.cells.get_mut(row + columns.start..row + columns.end) {
                cells.fill(true);
            }
        }
    }

    /// The cells that are on in either mask, `None` if their sizes differ.
    #[must_use]
    pub fn union(&self, other: &Self) -> Option<Self> {
        if (self.width, self.height) != (other.width, other.height) {
            return None;
        }
        let cells = self.cells.iter().zip(&other.cells).map(|(a, b)| *a || *b).collect();
        Some(Self { cells, ..*self })
    }

    /// Columns.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.height
    }

    /// All cells, row by row; `width * height` of them.
    #[must_use]
    pub fn cells(&self) -> &[bool] {
        &self.cells
    }

    /// Whether the cell in column `x`, row `y` is on; off the grid nothing is.
    #[must_use]
    pub fn get(&self, x: usize, y: usize) -> bool {
        x < self.width && self.cells.get(y * self.width + x).copied().unwrap_or(false)
    }

    /// How many cells are on.
    #[must_use]
    pub fn area(&self) -> usize {
        self.cells.iter().filter(|on| **on).count()
    }

    /// The smallest rectangle that covers all cells that are on; `None` where none is.
    #[must_use]
    pub fn bounds(&self) -> Option<GridRect> {
        let on = self.cells.iter().enumerate().filter(|(_, on)| **on).map(|(i, _)| i);
        on.map(|i| (i % self.width, i / self.width)).fold(None, |bounds: Option<GridRect>, (x, y)| {
            let cell = GridRect { x0: x, y0: y, x1: x + 1, y1: y + 1 };
            Some(bounds.map_or(cell, |so_far| GridRect {
                x0: so_far.x0.min(cell.x0),
                y0: so_far.y0.min(cell.y0),
                x1: so_far.x1.max(cell.x1),
                y1: so_far.y1.max(cell.y1),
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bbox::Canvas;
    use proptest::prelude::*;

    fn rect([x0, y0, x1, y1]: [usize; 4]) -> GridRect {
        GridRect { x0, y0, x1, y1 }
    }

    /// Golden vectors K.3: boxes on the 512 canvas at 8², 16² and 64².
    #[test]
    fn golden_grids() {
        let cases = [
            ([202., 120., 110., 110.], [3, 2, 5, 4], [6, 4, 9, 7], [25, 15, 39, 29]),
            ([62., 190., 80., 150.], [1, 3, 2, 5], [2, 6, 4, 11], [8, 24, 18, 43]),
            ([74., 177., 183., 235.], [1, 3, 4, 7], [2, 6, 8, 13], [9, 22, 32, 51]),
        ];
        for (xywh, at8, at16, at64) in cases {
            let b = BBox::from_xywh(xywh, Canvas::REFERENCE).unwrap();
            assert_eq!(GridRect::of(b, 8, 8), rect(at8));
            assert_eq!(GridRect::of(b, 16, 16), rect(at16));
            assert_eq!(GridRect::of(b, 64, 64), rect(at64));
        }
    }

    #[test]
    fn small_boxes_vanish_and_outside_is_cut() {
        let tiny = BBox::from_xywh([100., 100., 32., 32.], Canvas::REFERENCE).unwrap();
        assert!(GridRect::of(tiny, 8, 8).is_empty(), "0.5 rounds to the even 0");
        assert_eq!(GridRect::of(tiny, 16, 16).area(), 1);
        assert_eq!(GridRect::from_xyxy([0.25, -0.1, 0.75, 0.8], 64, 64), rect([16, 0, 48, 52]));
        assert!(GridRect::from_xyxy([f64::NAN, 0., 1., 1.], 8, 8).is_empty());
    }

    #[test]
    fn masks_unite() {
        let (left, right) = (rect([0, 0, 2, 4]), rect([1, 0, 9, 2]));
        let (mut a, mut b) = (Mask::new(4, 4), Mask::new(4, 4));
        a.fill(left);
        b.fill(right);
        let both = a.union(&b).unwrap();
        assert_eq!((a.area(), b.area(), both.area()), (8, 6, 12));
        assert!(both.get(3, 1) && !both.get(3, 2) && !both.get(4, 1));
        assert_eq!(a.union(&Mask::new(3, 4)), None);
    }

    #[test]
    fn masks_of_corners_are_cut_off_and_bounded() {
        let mask = Mask::of_corners(&[[0.25, -0.5, 0.5, 0.25], [0.5, 0.5, 0.75, 1.5]], 8, 8);
        assert_eq!(mask.area(), 2 * 2 + 2 * 4);
        assert_eq!(mask.bounds(), Some(rect([2, 0, 6, 8])));
        let one = Mask::from_fn(5, 3, |x, y| (x, y) == (4, 1));
        assert_eq!(one.bounds(), Some(rect([4, 1, 5, 2])));
        assert_eq!((Mask::new(3, 3).bounds(), Mask::new(0, 0).bounds()), (None, None));
    }

    proptest! {
        #[test]
        fn rectangles_stay_on_any_grid(x0 in -9.0..9.0f64, y0 in -9.0..9.0f64, x1 in -9.0..9.0f64, y1 in -9.0..9.0f64, w in 0usize..700, h in 1usize..700) {
            let r = GridRect::from_xyxy([x0, y0, x1, y1], w, h);
            prop_assert!(r.x0 <= r.x1 && r.x1 <= w && r.y0 <= r.y1 && r.y1 <= h);
        }

        #[test]
        fn a_box_covers_its_mask(x in 0.0..0.5f64, y in 0.0..0.5f64, w in 0.01..0.5f64, h in 0.01..0.5f64, side in 1usize..96) {
            let b = BBox::new(x, y, w, h).unwrap();
            let r = GridRect::of(b, side, side);
            prop_assert_eq!(Mask::of_boxes(&[b, b], side, side).area(), r.area());
            prop_assert!((r.width() as f64 - w * side as f64).abs() <= 1.5);
        }
    }
}
