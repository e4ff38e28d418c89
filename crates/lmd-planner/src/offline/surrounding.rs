//! Several things around one.

use super::constraint::{AxisId, Constraint, Rule, apart, near, point};
use super::problem::LayoutProblem;

/// Several things around one: left and right of it first, then above and
/// below, then the corners.
pub(super) fn around(problem: &LayoutProblem, subjects: &[usize], centre: usize) -> Vec<Constraint> {
    let stands = |item: usize| problem.items[item].kind.class.stands();
    let place = |s: usize, slot: usize| -> Vec<Rule> {
        let sides: [(i8, i8); 8] = [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1)];
        // What stands around something higher, does not float over it.
        let lower = problem.items[s].kind.height < 0.7 * problem.items[centre].kind.height;
        let on_ground = stands(s) && stands(centre) && lower;
        let grounded: [(i8, i8); 5] = [(-1, 0), (1, 0), (-1, 1), (1, 1), (0, 1)];
        let (dx, dy) = if on_ground { grounded[slot % grounded.len()] } else { sides[slot % sides.len()] };
        [(AxisId::X, dx), (AxisId::Y, dy)]
            .into_iter()
            .flat_map(|(dim, side)| match side {
                -1 => vec![apart(dim, s, centre)],
                1 => vec![apart(dim, centre, s)],
                // Beside it: on the same floor.
                _ if dim == AxisId::Y && stands(s) && stands(centre) => {
                    near(dim, point(s, 1.0), point(centre, 1.0), 0.03).to_vec()
                }
                _ => near(dim, point(s, 0.5), point(centre, 0.5), 0.06).to_vec(),
            })
            .collect()
    };
    let slots = |(slot, &s): (usize, &usize)| Constraint::new(1, vec![place(s, slot), place(s, slot + 4)]);
    subjects.iter().enumerate().map(slots).collect()
}
