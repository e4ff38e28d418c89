//! The ways to rearrange boxes, and the order in which they are tried.

use lmd_layout::BBox;

use crate::geometry::corners;

/// Boxes that share this part of the smaller one belong together.
const TOGETHER: f64 = 0.02;
/// Edges of a stack this near to one another touch.
const CONTACT: f64 = 0.012;
/// Most groups of one row whose orders are tried.
const MOST_PERMUTED: usize = 5;

/// One way to rearrange.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Move {
    /// Left becomes right.
    Mirror,
    /// The groups of one row stand in another order, with even gaps.
    Order(Vec<usize>),
    /// One group stands at another left edge.
    Hop { group: usize, x: f64 },
    /// One group is nearer or further away: larger and lower, or smaller and
    /// higher.
    Depth { group: usize, scale: f64, rise: f64 },
    /// Everything is scaled about the middle of its feet.
    Scale(f64),
    /// Everything goes sideways.
    Shift(f64),
}

/// Boxes that overlap, as groups of indices, from left to right.
pub(super) fn groups(boxes: &[BBox]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, bbox) in boxes.iter().enumerate() {
        let touches = |other: &usize| {
            let other = boxes[*other];
            bbox.intersection(other) > TOGETHER * bbox.area().min(other.area())
                || stacked(*bbox, other)
                || stacked(other, *bbox)
        };
        let (joined, apart): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group: &Vec<usize>| group.iter().any(touches));
        groups = apart;
        let mut one: Vec<usize> = joined.into_iter().flatten().collect();
        one.push(index);
        groups.push(one);
    }
    groups.sort_by(|a, b| outline(boxes, a).x().total_cmp(&outline(boxes, b).x()));
    groups
}

/// Whether a box lies on another and does not reach into it.
fn stacked(upper: BBox, lower: BBox) -> bool {
    let shared = upper.x_max().min(lower.x_max()) - upper.x().max(lower.x());
    (upper.y_max() - lower.y()).abs() < CONTACT && shared > 0.5 * upper.w().min(lower.w())
}

/// The smallest box around a group.
fn outline(boxes: &[BBox], group: &[usize]) -> BBox {
    let [left, top, right, bottom] = corners(group.iter().map(|index| boxes[*index]));
    BBox::clamped(left, top, right - left, bottom - top).unwrap_or(boxes[group[0]])
}

/// Every way that is tried, the plainest first. Locked groups are moved by
/// none of them but the ways that move everything, which are left out then.
pub(super) fn candidates(
    boxes: &[BBox],
    groups: &[Vec<usize>],
    locked: &[bool],
) -> impl Iterator<Item = Vec<Move>> {
    let free: Vec<usize> = (0..groups.len()).filter(|group| !locked[*group]).collect();
    let all_free = free.len() == groups.len();
    let orders = if all_free { orders(boxes, groups) } else { Vec::new() };
    let hops: Vec<Move> = free
        .iter()
        .flat_map(|group| {
            (0..10).map(move |step| Move::Hop { group: *group, x: 0.03 + f64::from(step) * 0.1 })
        })
        .collect();
    let depths: Vec<Move> = free
        .iter()
        .flat_map(|group| {
            [(0.78, 0.1), (1.2, -0.03), (0.65, 0.16)].map(|(scale, rise)| Move::Depth {
                group: *group,
                scale,
                rise,
            })
        })
        .collect();
    let whole =
        [Move::Scale(0.8), Move::Shift(-0.12), Move::Shift(0.12), Move::Scale(1.2), Move::Scale(0.66)];
    let whole: Vec<Move> = if all_free { whole.to_vec() } else { Vec::new() };
    let mirror: Vec<Move> = if all_free { vec![Move::Mirror] } else { Vec::new() };
    // One group by itself looks different at another place, not as large as it was.
    let single = match groups.len() {
        1 => [&mirror, &hops, &orders, &depths, &whole],
        _ => [&mirror, &orders, &depths, &whole, &hops],
    };
    let singles: Vec<Vec<Move>> = single.into_iter().flatten().map(|one| vec![one.clone()]).collect();
    let first: Vec<Move> = [&mirror[..], &orders].concat();
    let second: Vec<Move> = [&depths[..], &whole, &hops].concat();
    let lists = [(first, second.clone()), (depths, second.clone()), (hops.clone(), hops), (whole, second)];
    singles.into_iter().chain(lists.into_iter().flat_map(|(first, second)| pairs(first, second)))
}

fn pairs(first: Vec<Move>, second: Vec<Move>) -> impl Iterator<Item = Vec<Move>> {
    first.into_iter().flat_map(move |a| {
        let others: Vec<Move> = second.iter().filter(|b| **b != a).cloned().collect();
        others.into_iter().map(move |b| vec![a.clone(), b])
    })
}

/// Other orders of the groups that stand in one row; those of the largest row.
fn orders(boxes: &[BBox], groups: &[Vec<usize>]) -> Vec<Move> {
    let level = |a: BBox, b: BBox| a.y_max().min(b.y_max()) > a.y().max(b.y());
    let row_of = |seed: usize| -> Vec<usize> {
        let of_seed = outline(boxes, &groups[seed]);
        (0..groups.len()).filter(|other| level(of_seed, outline(boxes, &groups[*other]))).collect()
    };
    let largest = (0..groups.len()).map(row_of).max_by_key(Vec::len).unwrap_or_default();
    if !(2..=MOST_PERMUTED).contains(&largest.len()) {
        return Vec::new();
    }
    let mut all = Vec::new();
    permute(&largest, &mut Vec::new(), &mut all);
    all.into_iter().filter(|order| *order != largest).map(Move::Order).collect()
}

fn permute(left: &[usize], taken: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
    if left.is_empty() {
        all.push(taken.clone());
    }
    for (at, one) in left.iter().enumerate() {
        let rest: Vec<usize> =
            left.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, x)| *x).collect();
        taken.push(*one);
        permute(&rest, taken, all);
        taken.pop();
    }
}

impl Move {
    /// The boxes after this move. What would leave the picture is pushed back.
    pub(super) fn apply(&self, boxes: &[BBox], groups: &[Vec<usize>]) -> Vec<BBox> {
        let mut moved = boxes.to_vec();
        match self {
            Self::Mirror => {
                moved.iter_mut().for_each(|bbox| *bbox = bbox.mirrored());
            }
            Self::Order(order) => {
                let outlines: Vec<BBox> = order.iter().map(|group| outline(boxes, &groups[*group])).collect();
                let left = outlines.iter().map(|bbox| bbox.x()).fold(1.0, f64::min);
                let right = outlines.iter().map(|bbox| bbox.x_max()).fold(0.0, f64::max);
                let width: f64 = outlines.iter().map(|bbox| bbox.w()).sum();
                let gap = (right - left - width) / (order.len().max(2) - 1) as f64;
                let mut x = left;
                for (group, bbox) in order.iter().zip(&outlines) {
                    let dx = x - bbox.x();
                    groups[*group].iter().for_each(|index| moved[*index] = boxes[*index].shifted(dx, 0.0));
                    x += bbox.w() + gap;
                }
            }
            Self::Hop { group, x } => {
                let dx = x - outline(boxes, &groups[*group]).x();
                shift(&mut moved, &groups[*group], dx);
            }
            Self::Depth { group, scale, rise } => {
                let around = outline(boxes, &groups[*group]);
                let feet = (around.center().0, around.y_max());
                scale_about(&mut moved, &groups[*group], feet, *scale, *rise);
            }
            Self::Scale(scale) => {
                let all: Vec<usize> = (0..boxes.len()).collect();
                let around = outline(boxes, &all);
                scale_about(&mut moved, &all, (around.center().0, around.y_max()), *scale, 0.0);
            }
            Self::Shift(dx) => {
                let all: Vec<usize> = (0..boxes.len()).collect();
                shift(&mut moved, &all, *dx);
            }
        }
        moved
    }
}

/// Shifts some boxes sideways as one, no further than the picture's edge.
fn shift(boxes: &mut [BBox], some: &[usize], dx: f64) {
    let around = outline(boxes, some);
    let dx = dx.clamp(-around.x(), (1.0 - around.x_max()).max(-around.x()));
    some.iter().for_each(|index| boxes[*index] = boxes[*index].shifted(dx, 0.0));
}

/// Scales some boxes about a point and raises them; as they are where they
/// would leave the picture.
fn scale_about(boxes: &mut [BBox], some: &[usize], (x, y): (f64, f64), scale: f64, rise: f64) {
    let scaled: Option<Vec<BBox>> = some
        .iter()
        .map(|index| {
            let bbox = boxes[*index];
            let (left, top) = (x + (bbox.x() - x) * scale, y - rise + (bbox.y() - y) * scale);
            BBox::new(left, top, bbox.w() * scale, bbox.h() * scale).ok()
        })
        .collect();
    for (index, bbox) in some.iter().zip(scaled.into_iter().flatten()) {
        boxes[*index] = bbox;
    }
}
