//! A free spot for something on the ground or on a table, near to where it
//! would best be, at its size if there is room.

use lmd_layout::BBox;

use crate::geometry::overlap;

/// Step sideways and in depth, as shares of the canvas.
const STEP: (f64, f64) = (0.01, 0.03);
/// Sizes that are tried, as shares of what it is.
pub(super) const SCALES: [f64; 7] = [1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7];
/// How far down its own height things on a table may stand.
const DEPTH: f64 = 0.55;

/// What a spot must be.
pub(super) struct Wish<'a> {
    /// The box as it would be if it were free.
    pub(super) like: BBox,
    /// What it must stand on.
    pub(super) floor: Option<BBox>,
    /// What it must not cover.
    pub(super) others: &'a [BBox],
    /// The sizes that are tried, best first.
    pub(super) scales: &'a [f64],
    /// Whether it may go up and down from where it is wished.
    pub(super) any_depth: bool,
}

/// The nearest free spot that `fits`.
pub(super) fn spot(wish: &Wish<'_>, fits: impl Fn(BBox) -> bool) -> Option<BBox> {
    let like = wish.like;
    let (x, feet) = (like.center().0, like.y_max());
    let (left, right) = wish.floor.map_or((0.005, 0.995), |floor| (floor.x(), floor.x_max()));
    let (top, bottom) = match wish.floor {
        Some(floor) => (floor.y() + 0.01, floor.y() + DEPTH * floor.h()),
        None => (feet - 0.12, 0.98),
    };
    let mut best: Option<(f64, BBox)> = None;
    for scale in wish.scales {
        let scale = *scale;
        let (w, h) = (scale * like.w(), scale * like.h());
        let floors =
            (0..=((bottom - top).max(0.0) / STEP.1) as i32).map(|step| top + f64::from(step) * STEP.1);
        let floors = std::iter::once(feet).chain(floors.filter(|_| wish.any_depth));
        for floor in floors.filter(|floor| (top - 0.03..=bottom + 0.03).contains(floor)) {
            let columns = (0..=((right - left - w).max(-1.0) / STEP.0).floor() as i32)
                .map(|column| left + f64::from(column) * STEP.0);
            for column in columns {
                let Ok(bbox) = BBox::new(column, floor - h, w, h) else { continue };
                let away = (bbox.center().0 - x).abs() + 2.0 * (floor - feet).abs();
                let cost = away + 2.0 * (1.0 - scale);
                let better = best.is_none_or(|(known, _)| cost < known);
                if better && overlap(&[bbox], wish.others) == 0.0 && fits(bbox) {
                    best = Some((cost, bbox));
                }
            }
        }
    }
    best.map(|(_, bbox)| bbox)
}
