//! The floor, and two rows on it for when there is no room for one: the tall things
//! at the back, the others in front of them.

use std::collections::HashSet;

use super::constraint::{AxisId, Constraint};
use super::item::{Body, Item};
use super::problem::LayoutProblem;
use crate::Region;
use crate::lexicon::Class;

/// Gap between the feet of the back row and the heads of the front row.
const GAP: f64 = 0.03;
/// The floor of the front row.
const FRONT: f64 = 0.94;

/// What stands side by side on the same floor.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The height of the floor, unless something has to stand lower.
    pub(super) floor: f64,
    pub(super) items: Vec<usize>,
}

/// The back row and the front row for what is `standing`; only one row where
/// everything belongs together.
pub(super) fn two_rows(
    problem: &LayoutProblem,
    bodies: &[Body],
    constraints: &[&Constraint],
    standing: &[usize],
) -> Vec<Row> {
    let (back, front) = divide(problem, bodies, together(constraints, standing));
    let tallest = |row: &[usize]| row.iter().map(|item| bodies[*item].shape.size.1).fold(0.0, f64::max);
    let back_floor = FRONT - tallest(&front) - GAP;
    [Row { floor: back_floor, items: back }, Row { floor: FRONT, items: front }]
        .into_iter()
        .filter(|row| !row.items.is_empty())
        .collect()
}

/// The standing items in groups of which all must be on one level.
fn together(constraints: &[&Constraint], standing: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = standing.iter().map(|item| vec![*item]).collect();
    let best = constraints.iter().filter_map(|constraint| constraint.options.first()).flatten();
    for rule in best.filter(|rule| rule.dim == AxisId::Y) {
        let (Some(low), Some(high)) = (rule.low, rule.high) else { continue };
        let of = |item: usize| groups.iter().position(|group| group.contains(&item));
        if let (Some(one), Some(other)) = (of(low.item), of(high.item))
            && one != other
        {
            let moved = groups.remove(one.max(other));
            groups[one.min(other)].extend(moved);
        }
    }
    groups
}

/// The tallest groups go to the back until that is half of the width.
fn divide(problem: &LayoutProblem, bodies: &[Body], mut groups: Vec<Vec<usize>>) -> (Vec<usize>, Vec<usize>) {
    let height = |group: &[usize]| group.iter().map(|a| problem.items[*a].kind.height).fold(0.0, f64::max);
    let width = |group: &[usize]| group.iter().map(|a| bodies[*a].shape.size.0).sum::<f64>();
    groups.sort_by(|a, b| height(b).total_cmp(&height(a)));
    let total: f64 = groups.iter().map(|group| width(group)).sum();
    let (mut back, mut front): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for group in groups {
        let fits = width(&back) + width(&group) / 2.0 <= total / 2.0;
        if fits { back.extend(group) } else { front.extend(group) }
    }
    (back, front)
}

/// Whether many things are said to stand one right of the other.
pub(super) fn is_long_row(problem: &LayoutProblem, constraints: &[&Constraint]) -> bool {
    let items: HashSet<usize> = constraints.iter().filter_map(|rule| rule.sideways()).flatten().collect();
    items.into_iter().map(|item| problem.items[item].count).sum::<usize>() > 4
}

/// The floor: something alone is centred, several stand in the lower part.
pub(super) fn floor_line(problem: &LayoutProblem, bodies: &[Body]) -> f64 {
    let standing = problem.items.iter().zip(bodies).filter(|(item, _)| item.kind.class.stands());
    let tallest = standing.map(|(_, body)| body.shape.size.1).fold(0.0, f64::max);
    if problem.items.len() == 1 {
        return (0.52 + tallest / 2.0).min(0.95);
    }
    (0.6 + tallest / 2.0).clamp(0.8, 0.9)
}

/// Where each item's top edge would be if it were alone.
pub(super) fn wished_heights(problem: &LayoutProblem, bodies: &[Body], floor: f64) -> Vec<f64> {
    let grounded = problem.items.iter().any(|item| item.kind.class.stands());
    // Where nothing stands there is nothing to fly or hang above.
    let (air, hung) = match (grounded, problem.aloft) {
        (true, _) => (0.22, 0.3),
        (false, true) => (0.32, 0.45),
        (false, false) => (0.45, 0.45),
    };
    let wish = |(item, body): (&Item, &Body)| {
        let h = body.shape.size.1;
        match (item.fixed, item.region, item.kind.class) {
            (Some(place), ..) => place.y(),
            (None, Some(Region::Top | Region::TopLeft | Region::TopRight), _) => 0.22 - h / 2.0,
            (None, Some(Region::Bottom | Region::BottomLeft | Region::BottomRight), _) => 0.93 - h,
            (None, Some(Region::Foreground), _) => 0.95 - h,
            (None, Some(Region::Background), _) => 0.6 - h,
            (None, Some(Region::Center), _) => 0.5 - h / 2.0,
            (None, _, _) if item.in_sky && problem.items.len() > 1 => 0.15 - h / 2.0,
            (None, _, Class::Air) => air - h / 2.0,
            (None, _, Class::Hang) => hung - h / 2.0,
            _ => floor - h,
        }
    };
    problem.items.iter().zip(bodies).map(wish).collect()
}
