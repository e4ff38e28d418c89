//! From the detector's outputs to things: peaks of the centre map, their boxes, nouns and paints.

use super::config::{BOX_OUTPUTS, CenterNetConfig};
use crate::NnError;
use crate::detect::{intersection_over_union, without_doubles};

/// Pixels along a side of one cell.
pub(super) const CELL: usize = 8;
/// Things less likely than this are noise.
pub(super) const LOWEST_SCORE: f32 = 0.05;
/// A box that shares as much with a better one is the same thing, whatever its noun.
pub(super) const MAX_OVERLAP: f32 = 0.6;

/// A thing that is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Thing {
    /// How likely it is there, 0 to 1.
    pub(super) score: f32,
    /// Index of its noun.
    pub(super) noun: usize,
    /// Index of its paint.
    pub(super) paint: usize,
    /// Left, top, right and bottom as shares of the picture; they may lie outside.
    pub(super) corners: [f32; 4],
}

/// The things in outputs `[rows, columns, outputs]`, the best first, without doubles.
///
/// # Errors
///
/// [`NnError::NotFinite`] when the network's numbers have overflowed.
pub(super) fn things(
    values: &[f32],
    [rows, columns]: [usize; 2],
    config: &CenterNetConfig,
) -> Result<Vec<Thing>, NnError> {
    if values.iter().any(|value| !value.is_finite()) {
        return Err(NnError::NotFinite { network: "detector" });
    }
    let cells: Vec<&[f32]> = values.chunks_exact(config.outputs()).collect();
    if cells.len() != rows * columns {
        return Err(NnError::Internal("the detector's outputs have another size than its cells"));
    }
    let score = |y: usize, x: usize| sigmoid(cells[y * columns + x][0]);
    let is_peak = |y: usize, x: usize| {
        let own = score(y, x);
        let near = |y: usize, end: usize| y.saturating_sub(1)..(y + 2).min(end);
        own > LOWEST_SCORE && near(y, rows).all(|y| near(x, columns).all(|x| score(y, x) <= own))
    };
    let places = (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x)));
    let peaks = places.filter(|(y, x)| is_peak(*y, *x));
    let mut found: Vec<Thing> =
        peaks.map(|(y, x)| thing(cells[y * columns + x], [y, x], [rows, columns], config)).collect();
    found.retain(|thing| thing.corners.iter().all(|side| side.is_finite()));
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(without_doubles(found, |one, better| {
        intersection_over_union(one.corners, better.corners) >= MAX_OVERLAP
    }))
}

#[allow(clippy::cast_precision_loss)]
fn thing(cell: &[f32], [y, x]: [usize; 2], [rows, columns]: [usize; 2], config: &CenterNetConfig) -> Thing {
    let [centre, right, down, log_width, log_height] = [cell[0], cell[1], cell[2], cell[3], cell[4]];
    let (x, y) = (x as f32 + right, y as f32 + down);
    let (half_width, half_height) = (log_width.exp2() / 2.0, log_height.exp2() / 2.0);
    let (rows, columns) = (rows as f32, columns as f32);
    let paints = BOX_OUTPUTS + config.nouns.len();
    Thing {
        score: sigmoid(centre),
        noun: argmax(&cell[BOX_OUTPUTS..paints]),
        paint: argmax(&cell[paints..]),
        corners: [
            (x - half_width) / columns,
            (y - half_height) / rows,
            (x + half_width) / columns,
            (y + half_height) / rows,
        ],
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The first index of the largest value.
fn argmax(values: &[f32]) -> usize {
    values.iter().enumerate().fold((0, f32::MIN), |best, (i, v)| if *v > best.1 { (i, *v) } else { best }).0
}

#[cfg(test)]
mod tests {
    use super::super::config::tests::small;
    use super::*;

    /// A thing at a cell: place, centre logit, width and height in cells, noun, paint.
    type Shown = ([usize; 2], f32, [f32; 2], usize, usize);

    /// Outputs of a picture of 4 × 4 cells, with things at some of them.
    fn outputs(things: &[Shown]) -> Vec<f32> {
        let mut values: Vec<f32> =
            (0..16).flat_map(|_| [-9.0, 0.5, 0.5, 0.0, 0.0, 0., 0., 0., 0., 0.]).collect();
        for ([y, x], centre, [w, h], noun, paint) in things {
            let cell = &mut values[(y * 4 + x) * 10..][..10];
            cell[0] = *centre;
            (cell[3], cell[4]) = (w.log2(), h.log2());
            (cell[5 + noun], cell[7 + paint]) = (1.0, 1.0);
        }
        values
    }

    #[test]
    fn peaks_become_boxes() {
        let found = things(&outputs(&[([1, 2], 2.0, [2.0, 1.0], 1, 2)]), [4, 4], &small()).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].noun, found[0].paint, found[0].corners), (1, 2, [0.375, 0.25, 0.875, 0.5]));
        assert!((found[0].score - 0.880_797).abs() < 1e-6);
    }

    #[test]
    fn neighbours_and_doubles_of_a_better_one_are_dropped() {
        // The second is beside the first; the third is no neighbour, but nearly the same box.
        let values = outputs(&[
            ([1, 1], 1.0, [4.0, 4.0], 0, 0),
            ([1, 2], 3.0, [8.0, 8.0], 0, 0),
            ([3, 2], 2.0, [8.0, 8.0], 1, 0),
        ]);
        let found = things(&values, [4, 4], &small()).unwrap();
        assert_eq!(found.iter().map(|thing| thing.noun).collect::<Vec<_>>(), [0]);
        // Smaller boxes at the same places stay.
        let values = outputs(&[([1, 2], 3.0, [1.0, 1.0], 0, 0), ([3, 2], 4.0, [1.0, 1.0], 1, 0)]);
        let found = things(&values, [4, 4], &small()).unwrap();
        assert_eq!(found.iter().map(|thing| thing.noun).collect::<Vec<_>>(), [1, 0]);
    }

    #[test]
    fn numbers_that_overflowed_are_told_and_boxes_without_end_are_no_things() {
        let mut values = outputs(&[([1, 2], 2.0, [2.0, 1.0], 1, 2)]);
        values[6 * 10 + 3] = 1e30;
        assert!(things(&values, [4, 4], &small()).unwrap().is_empty());
        values[0] = f32::NAN;
        let told = things(&values, [4, 4], &small()).unwrap_err().to_string();
        assert!(told.contains("detector"), "{told}");
    }
}
