//! How several boxes of one kind stand together.

use lmd_layout::BBox;

/// An arrangement of several things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrangement {
    Row,
    Column,
    Stack,
    Grid,
}

impl Arrangement {
    pub(super) fn read(name: &str) -> Option<Self> {
        match name {
            "row" => Some(Self::Row),
            "column" => Some(Self::Column),
            "stack" => Some(Self::Stack),
            "grid" => Some(Self::Grid),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Row => "row",
            Self::Column => "column",
            Self::Stack => "stack",
            Self::Grid => "grid",
        }
    }

    /// Whether `boxes`, two or more, stand so.
    pub(super) fn holds(self, boxes: &[BBox]) -> bool {
        let centers: Vec<(f64, f64)> = boxes.iter().map(|b| b.center()).collect();
        let xs: Vec<f64> = centers.iter().map(|c| c.0).collect();
        let ys: Vec<f64> = centers.iter().map(|c| c.1).collect();
        let width = least(boxes.iter().map(|b| b.w()));
        let height = least(boxes.iter().map(|b| b.h()));
        boxes.len() >= 2
            && match self {
                Self::Row => levels(&ys, height) == 1 && levels(&xs, width) == boxes.len(),
                Self::Column | Self::Stack => levels(&xs, width) == 1 && levels(&ys, height) == boxes.len(),
                Self::Grid => is_grid(levels(&xs, width), levels(&ys, height), boxes.len()),
            }
    }
}

/// At least two lines each way, and no more than the last one left unfilled.
fn is_grid(columns: usize, rows: usize, count: usize) -> bool {
    columns >= 2 && rows >= 2 && columns * rows >= count && (rows - 1) * columns < count
}

/// On how many different lines the values lie: two values less than half a
/// `size` apart lie on the same one.
fn levels(values: &[f64], size: f64) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    1 + sorted.windows(2).filter(|pair| pair[1] - pair[0] > 0.5 * size).count()
}

fn least(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f64, y: f64) -> BBox {
        BBox::new(x, y, 0.1, 0.1).unwrap()
    }

    #[test]
    fn rows_columns_and_grids_differ() {
        let row = [at(0.1, 0.5), at(0.3, 0.52), at(0.5, 0.5)];
        let column = [at(0.1, 0.1), at(0.1, 0.3), at(0.12, 0.5)];
        let grid = [at(0.1, 0.1), at(0.3, 0.1), at(0.1, 0.3), at(0.3, 0.3)];
        let holds = |boxes: &[BBox]| {
            [Arrangement::Row, Arrangement::Column, Arrangement::Grid].map(|a| a.holds(boxes))
        };
        assert_eq!(holds(&row), [true, false, false]);
        assert_eq!(holds(&column), [false, true, false]);
        assert_eq!(holds(&grid), [false, false, true]);
        assert_eq!(holds(&row[..1]), [false, false, false]);
    }
}
