//! How several things of one kind stand together: the boxes of a group,
//! relative to its own outline.

use crate::Arrangement;

/// Gap between neighbours in a group, as a share of the canvas.
const GAP: f64 = 0.03;

/// A group's outline and the top-left corners of its members inside it.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// Width and height of the whole group.
    pub(super) size: (f64, f64),
    /// Width and height of one member.
    pub(super) cell: (f64, f64),
    /// Top-left corner of every member.
    pub(super) corners: Vec<(f64, f64)>,
    /// Whether the members differ in size.
    pub(super) varied: bool,
}

/// How large the members of a group are that differ in size, again and again.
const VARIED: [f64; 4] = [1.0, 0.6, 0.8, 0.45];

/// Where a group is to fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Width it may take.
    pub(super) width: f64,
    /// Height it may take.
    pub(super) height: f64,
}

impl Shape {
    /// `count` members of size `cell`, shrunk together where they would not
    /// fit into `room`.
    pub(super) fn new(count: usize, cell: (f64, f64), arrangement: Option<Arrangement>, room: Room) -> Self {
        let build = |cell| match arrangement {
            _ if count <= 1 => rows(1, 1, cell, GAP),
            Some(Arrangement::Row) => rows(count, count, cell, GAP),
            Some(Arrangement::Column) => rows(count, 1, cell, GAP),
            Some(Arrangement::Stack) => rows(count, 1, cell, 0.0),
            Some(Arrangement::Grid) => rows(count, square_columns(count), cell, GAP),
            Some(Arrangement::Rows(lines)) => rows(count, count.div_ceil((lines as usize).max(1)), cell, GAP),
            Some(Arrangement::Circle) => ring(count, cell),
            Some(Arrangement::Diagonal) => diagonal(count, cell),
            Some(Arrangement::Pyramid) => pyramid(count, cell),
            Some(Arrangement::Vee) => vee(count, cell),
            None => rows(count, best_columns(count, cell, room), cell, GAP),
        };
        let whole = build(cell);
        let fit = fit(whole.size, room);
        // Gaps do not shrink with the members: a second look makes them fit.
        if fit < 1.0 { build(scaled(cell, fit)).squeezed(room) } else { whole }
    }

    /// Corner and size of a member; what is smaller than its cell stands at the foot of it.
    pub(super) fn member(&self, nth: usize, (x, y): (f64, f64)) -> ((f64, f64), (f64, f64)) {
        let share = if self.varied { VARIED[nth % VARIED.len()] } else { 1.0 };
        let (w, h) = (self.cell.0 * share.sqrt(), self.cell.1 * share);
        ((x + (self.cell.0 - w) / 2.0, y + self.cell.1 - h), (w, h))
    }

    /// The whole group scaled into `room`, gaps and all.
    fn squeezed(mut self, room: Room) -> Self {
        let factor = fit(self.size, room).min(1.0);
        self.size = scaled(self.size, factor);
        self.cell = scaled(self.cell, factor);
        self.corners.iter_mut().for_each(|corner| *corner = scaled(*corner, factor));
        self
    }
}

/// By which factor `size` would have to be multiplied to fill `room`.
fn fit(size: (f64, f64), room: Room) -> f64 {
    (room.width / size.0).min(room.height / size.1)
}

pub(super) fn scaled((w, h): (f64, f64), factor: f64) -> (f64, f64) {
    (w * factor, h * factor)
}

/// Columns of the most nearly square grid: 4 is 2 × 2, 6 is 3 × 2, 9 is 3 × 3.
pub(super) fn square_columns(count: usize) -> usize {
    let columns = (1..=count).find(|c| c * c >= count).unwrap_or(count);
    // 8 in three columns leaves a hole; 4 × 2 does not.
    (columns..=columns + 1).find(|c| count.is_multiple_of(*c)).unwrap_or(columns)
}

/// The number of columns with which the members stay largest; every further
/// row must pay for itself, since a single row reads best.
fn best_columns(count: usize, cell: (f64, f64), room: Room) -> usize {
    // Two or three are expected side by side.
    let further = if count <= 3 { 0.25 } else { 0.1 };
    let score = |columns: usize| {
        let lines = count.div_ceil(columns);
        let hole = if count.is_multiple_of(columns) { 0.0 } else { 0.06 };
        fit(rows(count, columns, cell, GAP).size, room).min(1.0) - further * (lines - 1) as f64 - hole
    };
    (1..=count).max_by(|a, b| score(*a).total_cmp(&score(*b))).unwrap_or(1)
}

/// A grid filled row by row; the last row is centred.
fn rows(count: usize, columns: usize, cell: (f64, f64), gap: f64) -> Shape {
    let span = |n: usize, side: f64| n as f64 * side + (n - 1) as f64 * gap;
    let lines = count.div_ceil(columns);
    let size = (span(columns, cell.0), span(lines, cell.1));
    let corner = |index: usize| {
        let (line, column) = (index / columns, index % columns);
        let in_line = columns.min(count - line * columns);
        let indent = (size.0 - span(in_line, cell.0)) / 2.0;
        (indent + column as f64 * (cell.0 + gap), line as f64 * (cell.1 + gap))
    };
    Shape { size, cell, corners: (0..count).map(corner).collect(), varied: false }
}

/// Evenly spaced on a circle, the first at the top.
fn ring(count: usize, cell: (f64, f64)) -> Shape {
    let step = std::f64::consts::TAU / count as f64;
    // Neighbours are a chord apart; it must hold a member's diagonal.
    let radius = (cell.0.hypot(cell.1) + GAP) / (2.0 * (step / 2.0).sin());
    let corner = |index: usize| {
        let (sin, cos) = (index as f64 * step).sin_cos();
        (radius * (1.0 + sin), radius * (1.0 - cos))
    };
    Shape {
        size: (2.0 * radius + cell.0, 2.0 * radius + cell.1),
        cell,
        corners: (0..count).map(corner).collect(),
        varied: false,
    }
}

/// Rows of 1, 2, 3 and so on; where the number does not fit, the topmost row has fewer.
fn pyramid(count: usize, cell: (f64, f64)) -> Shape {
    let lines = (1..=count).find(|lines| lines * (lines + 1) / 2 >= count).unwrap_or(count);
    let (width, height) = (cell.0 + GAP / 3.0, cell.1 + GAP / 3.0);
    let mut corners = Vec::with_capacity(count);
    let mut left = count;
    // From the bottom, which is full, to the top.
    for line in (1..=lines).rev() {
        let here = line.min(left);
        let indent = (lines - here) as f64 * width / 2.0;
        corners.extend((0..here).map(|column| (indent + column as f64 * width, (line - 1) as f64 * height)));
        left -= here;
    }
    // Rows that nothing was left for are not there.
    let top = corners.iter().map(|corner| corner.1).fold(f64::INFINITY, f64::min);
    corners.iter_mut().for_each(|corner| corner.1 -= top);
    corners.reverse();
    let size = (lines as f64 * width - GAP / 3.0, lines as f64 * height - GAP / 3.0 - top);
    Shape { size, cell, corners, varied: false }
}

/// Two lines that meet at the bottom.
fn vee(count: usize, cell: (f64, f64)) -> Shape {
    let step = (0.55 * cell.0, cell.1 + GAP / 3.0);
    let deepest = count / 2;
    let corner = |index: usize| {
        // 0 is the tip, then left and right by turns.
        let level = index.div_ceil(2);
        let side = if index % 2 == 1 { -1.0 } else { 1.0 };
        let x = deepest as f64 * step.0 + side * level as f64 * step.0;
        (x, (deepest - level) as f64 * step.1)
    };
    let size = (2.0 * deepest as f64 * step.0 + cell.0, deepest as f64 * step.1 + cell.1);
    Shape { size, cell, corners: (0..count).map(corner).collect(), varied: false }
}

/// From the top left to the bottom right.
fn diagonal(count: usize, cell: (f64, f64)) -> Shape {
    let step = (cell.0 + GAP / 3.0, cell.1 + GAP / 3.0);
    let last = (count - 1) as f64;
    Shape {
        size: (last * step.0 + cell.0, last * step.1 + cell.1),
        cell,
        corners: (0..count).map(|index| (index as f64 * step.0, index as f64 * step.1)).collect(),
        varied: false,
    }
}

/// How large a thing is in a corner of what is so large: it leaves the rest of that to be seen.
pub(super) fn corner_size((w, h): (f64, f64), holder: (f64, f64)) -> (f64, f64) {
    let shrink = (0.36 * holder.0 / w).min(0.3 * holder.1 / h).min(1.0);
    (w * shrink, h * shrink)
}

/// How large a hook is beside what hangs from it, for which it is no wider.
pub(super) fn hook_size((w, h): (f64, f64), hung: (f64, f64)) -> (f64, f64) {
    (w.min((0.3 * hung.0).max(0.1)), h.min((0.25 * hung.1).max(0.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { width: 0.92, height: 0.85 };

    fn all() -> impl Iterator<Item = Option<Arrangement>> {
        use Arrangement::*;
        let shapes = [Row, Column, Grid, Stack, Circle, Diagonal, Pyramid, Vee].into_iter().map(Some);
        std::iter::once(None).chain(shapes)
    }

    #[test]
    fn members_never_overlap_and_always_fit() {
        for arrangement in all() {
            for count in 1..=20 {
                let shape = Shape::new(count, (0.4, 0.25), arrangement, ROOM);
                assert_eq!(shape.corners.len(), count);
                assert!(
                    shape.size.0 <= 0.92 + 1e-9 && shape.size.1 <= 0.85 + 1e-9,
                    "{arrangement:?} {count}"
                );
                for (i, a) in shape.corners.iter().enumerate() {
                    assert!(a.0 >= -1e-9 && a.0 + shape.cell.0 <= shape.size.0 + 1e-9);
                    assert!(a.1 >= -1e-9 && a.1 + shape.cell.1 <= shape.size.1 + 1e-9);
                    for b in &shape.corners[..i] {
                        let apart = (a.0 - b.0).abs() >= shape.cell.0 - 1e-9
                            || (a.1 - b.1).abs() >= shape.cell.1 - 1e-9;
                        assert!(apart, "{arrangement:?} {count}: {a:?} {b:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_row_has_equal_gaps_and_a_grid_is_square() {
        let row = Shape::new(4, (0.1, 0.1), Some(Arrangement::Row), ROOM);
        let gaps: Vec<f64> = row.corners.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        assert!(gaps.iter().all(|gap| (gap - gaps[0]).abs() < 1e-12));
        let lines = |count| {
            let grid = Shape::new(count, (0.1, 0.1), Some(Arrangement::Grid), ROOM);
            grid.corners.iter().filter(|corner| corner.0 < 1e-9).count()
        };
        assert_eq!((lines(4), lines(6), lines(9), lines(12)), (2, 2, 3, 3));
    }
}
