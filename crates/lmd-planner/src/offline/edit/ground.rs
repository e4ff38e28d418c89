//! What is added and stands must not float: where the usual search finds no
//! room on the ground, a smaller box does, or the front.

use lmd_layout::BBox;

use crate::geometry::overlap;

/// How far above the others' feet something stands at most.
const FLOATS: f64 = 0.15;
/// The lowest place for feet.
const FRONT: f64 = 0.97;

/// `bbox` if it stands about where the others do, else a free place on the
/// ground; `None` if there is none. `others` are all other boxes, `feet` the
/// lower edges of those that stand.
pub(super) fn grounded(bbox: BBox, others: &[BBox], feet: &[f64]) -> Option<BBox> {
    let lowest = feet.iter().copied().fold(f64::NAN, f64::max);
    let highest = feet.iter().copied().fold(f64::NAN, f64::min);
    if feet.is_empty() || bbox.y_max() >= highest - FLOATS {
        return Some(bbox);
    }
    for scale in [1.0, 0.85, 0.7, 0.58, 0.48] {
        let (w, h) = (bbox.w() * scale, bbox.h() * scale);
        let floors = (0..).map(|step| lowest + f64::from(step) * 0.02).take_while(|floor| *floor <= FRONT);
        for floor in std::iter::once(highest).chain(floors) {
            let columns = (0..=48).map(|column| f64::from(column) * 0.02);
            let free = columns.filter_map(|x| BBox::new(x, floor - h, w, h).ok());
            let nearest = |place: &BBox| (place.center().0 - bbox.center().0).abs();
            let free = free.filter(|place| overlap(&[*place], others) == 0.0);
            if let Some(place) = free.min_by(|a, b| nearest(a).total_cmp(&nearest(b))) {
                return Some(place);
            }
        }
    }
    None
}
