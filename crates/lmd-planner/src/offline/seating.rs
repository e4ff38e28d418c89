//! Who and what stands around a table: at its ends first, then behind it and before it, each over its edge.

use super::constraint::{AxisId, Constraint, Rule, before, near, point};
use super::problem::LayoutProblem;
use crate::RelationKind;
use crate::lexicon::Class;

/// From how many on some stand before the table, which they hide.
const BEFORE: usize = 6;
/// Most that stand around a table so that each can be seen.
const MOST: usize = 10;

/// Whether a ring is one of chairs or guests around a table.
pub(super) fn is_seated(problem: &LayoutProblem, ring: &[usize], centre: usize) -> bool {
    let seated = |item: &usize| {
        let class = problem.items[*item].kind.class;
        class.stands() && !matches!(class, Class::Flat | Class::Table | Class::Over)
    };
    let lone = ring.iter().all(|item| problem.items[*item].count == 1);
    let table = problem.items[centre].kind.class == Class::Table && problem.items[centre].fixed.is_none();
    lone && table && (2..=MOST).contains(&ring.len()) && ring.iter().all(seated)
}

/// The places of `subjects`, which are among all that are in the `ring`.
pub(super) fn seated(
    problem: &mut LayoutProblem,
    ring: &[usize],
    subjects: &[usize],
    table: usize,
) -> Vec<Constraint> {
    let rest = ring.len() - 2;
    let front = if ring.len() < BEFORE { 0 } else { rest / 2 };
    let behind = |slot: usize| slot - 2 < rest - front;
    let place = |(slot, &s): (usize, &usize)| match slot {
        0 => at_end(s, table, true),
        1 => at_end(s, table, false),
        _ if behind(slot) => in_row(s, table, (slot - 2, rest - front), true),
        _ => in_row(s, table, (slot - 2 - (rest - front), front), false),
    };
    let places = ring.iter().enumerate().filter(|(_, item)| subjects.contains(item)).map(place).collect();
    // The table is as wide as either row; each row stands for itself, and not on the floor of others.
    for (slot, item) in ring.iter().enumerate().filter(|(slot, item)| *slot > 1 && subjects.contains(item)) {
        problem.hold(*item, table, if behind(slot) { RelationKind::Behind } else { RelationKind::InFrontOf });
    }
    places
}

/// At the left or the right end, a little over its edge, with the feet where those of the table are.
fn at_end(s: usize, table: usize, left: bool) -> Constraint {
    let (low, high) = if left { (s, table) } else { (table, s) };
    let over = |share: f64, most: f64| -> Vec<Rule> {
        let x = [
            before(AxisId::X, point(high, share), point(low, 1.0), 0.0),
            before(AxisId::X, point(low, 1.0), point(high, most), 0.0),
        ];
        [x, near(AxisId::Y, point(s, 1.0), point(table, 1.0), 0.03)].concat()
    };
    Constraint::new(1, vec![over(0.02, 0.2), over(0.0, 0.4)]).overlapping(s, table)
}

/// The one at place `nth` of a row behind the table, which hides its feet, or of one before it.
fn in_row(s: usize, table: usize, (nth, all): (usize, usize), behind: bool) -> Constraint {
    let at = (nth as f64 + 0.5) / all as f64;
    let rules = |slack: f64| -> Vec<Rule> {
        let x = near(AxisId::X, point(s, 0.5), point(table, at), slack);
        let y = if behind {
            near(AxisId::Y, point(s, 1.0), point(table, 0.6), 0.02)
        } else {
            near(AxisId::Y, point(s, 0.0), point(table, 0.5), 0.02)
        };
        [x, y].concat()
    };
    let (upper, lower) = if behind { (table, s) } else { (s, table) };
    Constraint::new(1, vec![rules(0.03), rules(0.1)]).overlapping(upper, lower)
}
