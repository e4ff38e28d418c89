//! Several things around one, and one between others.

use super::constraint::{AxisId, Constraint, Rule, apart, centres, level, near, point};
use super::problem::LayoutProblem;
use crate::{Relation, RelationKind, Scene};

/// Several things around one: left and right of it first, then above and below, then the corners. The places of
/// `subjects`, which are among all that are in the `ring`.
pub(super) fn around(
    problem: &LayoutProblem,
    ring: &[usize],
    subjects: &[usize],
    centre: usize,
) -> Vec<Constraint> {
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
    ring.iter().enumerate().filter(|(_, item)| subjects.contains(item)).map(slots).collect()
}

/// What holds the object of `relation` and not its subject: whoever pushes a man in a wheelchair stands beside that.
pub(super) fn held_within(scene: &Scene, relation: &Relation) -> Option<usize> {
    let holds = |other: &&Relation| {
        other.subject == relation.object
            && other.kind == RelationKind::Inside
            && other.object != relation.subject
    };
    let holder = scene.relations.iter().find(holds)?.object;
    let placed = |other: &Relation| {
        other.subject == relation.subject
            && (other.object == holder || !matches!(other.kind, RelationKind::NextTo))
    };
    (scene.things.get(holder)?.count == 1 && !scene.relations.iter().any(placed)).then_some(holder)
}

/// All that stand around what `relation` is about: of five dogs around a table two may be of another thing than the rest.
pub(super) fn ring(scene: &Scene, relation: &Relation, items_of: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
    if relation.kind != RelationKind::Around {
        return Vec::new();
    }
    let noun = |index: usize| scene.things.get(index).map(|thing| &thing.noun);
    let same = |other: &&Relation| {
        let alike = noun(other.subject) == noun(relation.subject);
        other.kind == relation.kind && other.object == relation.object && alike
    };
    scene.relations.iter().filter(same).flat_map(|other| items_of(other.subject)).collect()
}

/// The things on either side of what stands between.
pub(super) fn between_sides(objects: &[usize], others: &[usize], same: bool) -> (Vec<usize>, Vec<usize>) {
    if same {
        let half = objects.len().div_ceil(2);
        (objects[..half].to_vec(), objects[half..].to_vec())
    } else {
        (objects.to_vec(), others.to_vec())
    }
}

/// Between things of one kind it stands in a row with them; between two kinds
/// it may lie in a column, too, and does so where one of them is at the top or
/// at the bottom: along which axis of `lines`, best first.
pub(super) fn between(
    s: usize,
    left: &[usize],
    right: &[usize],
    alike: bool,
    lines: &[AxisId],
) -> Constraint {
    let order = |dim: AxisId, low: &[usize], high: &[usize], strict: bool| -> Vec<Rule> {
        let rule = if strict { apart } else { centres };
        let lows = low.iter().map(|&a| rule(dim, a, s));
        let mut rules: Vec<Rule> = lows.chain(high.iter().map(|&b| rule(dim, s, b))).collect();
        if strict {
            let cross = if dim == AxisId::X { AxisId::Y } else { AxisId::X };
            rules.extend(low.iter().chain(high).flat_map(|&side| level(cross, s, side)));
        }
        rules
    };
    let ways = |strict| {
        lines
            .iter()
            .flat_map(move |dim| [(left, right), (right, left)].map(|(a, b)| order(*dim, a, b, strict)))
    };
    let strong = 2 * lines.len() - usize::from(lines.len() > 1);
    let strict: Vec<_> = ways(true).take(strong).collect();
    Constraint::new(if alike { 2 } else { strong }, strict.into_iter().chain(ways(false)).collect())
}
