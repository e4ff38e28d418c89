//! What arranging, moving and resizing need of boxes.

use lmd_layout::BBox;

/// The middle of points, the origin where there are none.
pub(crate) fn mean(points: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    let (sum_x, sum_y, count) =
        points.fold((0.0, 0.0, 0.0), |(x, y, n), point| (x + point.0, y + point.1, n + 1.0));
    (sum_x / f64::max(count, 1.0), sum_y / f64::max(count, 1.0))
}

/// The area `boxes` share with `others`.
pub(crate) fn overlap(boxes: &[BBox], others: &[BBox]) -> f64 {
    let shared: f64 = boxes.iter().flat_map(|a| others.iter().map(|b| a.intersection(*b))).sum();
    // Rounding must not decide.
    (shared * 1e6).round() / 1e6
}

/// The area all pairs of boxes share.
pub(crate) fn crossings(boxes: &[BBox]) -> f64 {
    boxes.iter().enumerate().map(|(index, bbox)| overlap(&[*bbox], &boxes[..index])).sum()
}

/// The corners `[left, top, right, bottom]` of the smallest box around all
/// boxes.
pub(crate) fn corners(boxes: impl Iterator<Item = BBox>) -> [f64; 4] {
    boxes.fold([1.0, 1.0, 0.0, 0.0], |[left, top, right, bottom], bbox| {
        [left.min(bbox.x()), top.min(bbox.y()), right.max(bbox.x_max()), bottom.max(bbox.y_max())]
    })
}

/// A box of a new size whose lower edge and middle stay, slid back onto the
/// canvas where it would leave it.
pub(crate) fn feet_kept(bbox: BBox, w: f64, h: f64) -> BBox {
    let (w, h) = (w.clamp(0.02, 0.98), h.clamp(0.02, 0.98));
    let x = (bbox.center().0 - w / 2.0).clamp(0.0, 1.0 - w);
    let y = (bbox.y_max() - h).clamp(0.0, 1.0 - h);
    BBox::clamped(x, y, w, h).unwrap_or(bbox)
}

/// The distance of two boxes' centres.
pub(crate) fn distance(a: BBox, b: BBox) -> f64 {
    let ((x, y), (u, v)) = (a.center(), b.center());
    (x - u).hypot(y - v)
}
