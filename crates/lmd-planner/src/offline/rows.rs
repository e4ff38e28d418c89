//! Two rows on the floor, for when there is no room for one: the tall things
//! at the back, the others in front of them.

use std::collections::HashSet;

use super::constraint::{AxisId, Constraint};
use super::problem::{Body, LayoutProblem};

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
