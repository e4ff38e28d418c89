//! Where what somebody holds is.

use super::constraint::{AxisId, Constraint, Rule, before, near, point, within};
use super::problem::LayoutProblem;
use super::usual;
use crate::lexicon::{Class, Tags, noun_tags};
use crate::{Region, RelationKind};

/// Whether somebody can hold a thing: it is no larger, or opens above a head.
pub(super) fn fits_hands(problem: &LayoutProblem, s: usize, o: usize) -> bool {
    let (item, holder) = (&problem.items[s], &problem.items[o]);
    let unknown = item.kind == crate::lexicon::Kind::UNKNOWN;
    // A hamster with a sign in its paws has a small one.
    let furniture = matches!(item.kind.class, Class::Mount | Class::Seat | Class::Table | Class::Wall);
    let small = holder.kind.extent() < 0.9 && item.kind.extent() < 1.7 && !furniture;
    // A hedgehog holds a daisy.
    item.kind.class == Class::Over || unknown || small || item.kind.extent() <= 1.25 * holder.kind.extent()
}

/// In the hands of the object: before its body; what opens above a head is
/// over it.
pub(super) fn held(problem: &mut LayoutProblem, s: usize, o: usize) -> Constraint {
    let overhead = problem.items[s].kind.class == Class::Over;
    let other_hand = problem.held_by(o) % 2 == 1;
    problem.hold(s, o, RelationKind::HeldBy);
    let aloft = item_is_aloft(problem, s);
    let (across, height, slack) = match () {
        () if overhead => (0.5, point(s, 1.0), 0.05),
        () if aloft => (0.9, point(s, 1.0), 0.06),
        () if other_hand => (0.05, point(s, 0.5), 0.04),
        () => (0.6, point(s, 0.5), 0.04),
    };
    let at = if overhead || aloft { 0.3 } else { 0.5 };
    let [a, b] = near(AxisId::X, point(s, 0.5), point(o, across), 0.05);
    let [c, d] = near(AxisId::Y, height, point(o, at), slack);
    let [e, f] = near(AxisId::X, point(s, 0.5), point(o, 0.5), 0.3);
    let [g, h] = near(AxisId::Y, height, point(o, 0.5), 0.25);
    Constraint::new(1, vec![vec![a, b, c, d], vec![e, f, g, h]]).overlapping(s, o)
}

/// At the part of a body that the caption of the subject names last: in a mouth, on a shoulder. `None` where it names
/// none.
pub(super) fn at_part(
    problem: &mut LayoutProblem,
    (s, o): (usize, usize),
    detail: Option<&str>,
    kind: RelationKind,
) -> Option<Constraint> {
    let words: Vec<&str> = detail?.split(' ').collect();
    // "on the arm stealing his glasses"
    let part = match words.as_slice() {
        ["on" | "in", _, part, ..] => part,
        [.., part] => part,
        [] => return None,
    };
    let (across, down, edge) = match (kind, *part) {
        (RelationKind::HeldBy, "mouth" | "beak" | "jaws" | "teeth") => (0.8, 0.3, 0.5),
        (RelationKind::HeldBy, "neck") => (0.5, 0.35, 0.5),
        (RelationKind::HeldBy, "face" | "eyes") => (0.5, 0.14, 0.5),
        (RelationKind::On, "shoulder") => (0.85, 0.28, 1.0),
        (RelationKind::On | RelationKind::HeldBy, "lap" | "knee" | "knees") => (0.5, 0.7, 1.0),
        (RelationKind::On | RelationKind::HeldBy, "nose" | "forehead" | "cheek") => (0.5, 0.2, 1.0),
        (RelationKind::On | RelationKind::HeldBy, "chest" | "belly" | "stomach" | "tummy") => {
            (0.5, 0.52, 1.0)
        }
        (RelationKind::On, "arm" | "wrist" | "hand" | "palm" | "finger" | "fingertip") => (0.85, 0.5, 1.0),
        _ => return None,
    };
    problem.hold(s, o, kind);
    let [a, b] = near(AxisId::X, point(s, 0.5), point(o, across), 0.03);
    let [c, d] = near(AxisId::Y, point(s, edge), point(o, down), 0.02);
    let [e, f] = near(AxisId::X, point(s, 0.5), point(o, 1.0 - across), 0.03);
    let [g, h] = near(AxisId::X, point(s, 0.5), point(o, 0.5), 0.2);
    Some(Constraint::new(2, vec![vec![a, b, c, d], vec![e, f, c, d], vec![g, h, c, d]]).overlapping(s, o))
}

/// Below what it hangs from, touching it: within a crown, at a pole, from the lower edge of a branch.
pub(super) fn hanging(problem: &mut LayoutProblem, s: usize, o: usize) -> Constraint {
    problem.hold(s, o, RelationKind::HangsFrom);
    let class = problem.items[o].kind.class;
    let below = matches!(class, Class::Flat | Class::Hang | Class::Air) || class == Class::Table;
    let (at, slack) = match () {
        () if below => (0.9, 0.0),
        () if class == Class::Over => (0.5, 0.03),
        () if class == Class::Seat => (0.12, 0.02),
        () => (0.3, 0.05),
    };
    let [a, b] = near(AxisId::Y, point(s, 0.0), point(o, at), slack);
    let [c, d] = within(AxisId::X, s, o, 0.05);
    let [e, f] = near(AxisId::X, point(s, 0.5), point(o, 0.5), 0.05);
    Constraint::new(2, vec![vec![a, b, c, d], vec![a, b, e, f], vec![a, b]]).overlapping(s, o)
}

/// Over the upper part of what it comes out of or goes into, with its lower edge within that.
pub(super) fn half_in(problem: &mut LayoutProblem, s: usize, o: usize) -> Constraint {
    problem.hold(s, o, RelationKind::HalfIn);
    // Steam begins at the rim.
    let item = &problem.items[s];
    let rises = item.kind.class == Class::Air && noun_tags(&item.noun).any(Tags::STUFF);
    let at = if rises {
        0.1
    } else if problem.sticks_out((s, o)) {
        0.22
    } else {
        0.35
    };
    // Somebody in a boat is to be seen from the waist up.
    let [a, b] = if usual::looks_out(&item.noun, &problem.items[o].noun) {
        near(AxisId::Y, point(s, 0.45), point(o, 0.0), 0.03)
    } else {
        near(AxisId::Y, point(s, 1.0), point(o, at), 0.03)
    };
    let [c, d] = within(AxisId::X, s, o, 0.02);
    let [e, f] = if problem.sticks_out((s, o)) {
        [
            before(AxisId::X, point(o, 0.3), point(s, 0.5), 0.0),
            before(AxisId::X, point(s, 0.5), point(o, 0.7), 0.0),
        ]
    } else {
        near(AxisId::X, point(s, 0.5), point(o, 0.5), 0.1)
    };
    let rises = before(AxisId::Y, point(s, 0.0), point(o, 0.0), 0.02);
    let reaches = [
        before(AxisId::Y, point(o, 0.0), point(s, 1.0), 0.0),
        before(AxisId::Y, point(s, 1.0), point(o, 0.6), 0.0),
    ];
    let options = vec![
        vec![a, b, c, d, e, f, rises],
        vec![a, b, e, f, rises],
        vec![a, b, e, f],
        vec![reaches[0], reaches[1], e, f],
        vec![
            a,
            b,
            before(AxisId::X, point(o, 0.3), point(s, 0.5), 0.0),
            before(AxisId::X, point(s, 0.5), point(o, 0.7), 0.0),
        ],
    ];
    Constraint::new(2, options).overlapping(s, o)
}

/// The same constraint for what is in a part of what holds it.
pub(super) fn in_corner(
    mut constraint: Constraint,
    (s, o): (usize, usize),
    spot: Option<Region>,
) -> Constraint {
    let left = || before(AxisId::X, point(s, 0.5), point(o, 0.3), 0.0);
    let right = || before(AxisId::X, point(o, 0.7), point(s, 0.5), 0.0);
    let upper = || before(AxisId::Y, point(s, 0.5), point(o, 0.28), 0.0);
    let lower = || before(AxisId::Y, point(o, 0.72), point(s, 0.5), 0.0);
    let rules: Vec<Rule> = match spot {
        Some(Region::Left) => vec![left()],
        Some(Region::Right) => vec![right()],
        Some(Region::Top) => vec![upper()],
        Some(Region::Bottom) => vec![before(AxisId::Y, point(o, 0.6), point(s, 0.5), 0.0)],
        Some(Region::Center) => [AxisId::X, AxisId::Y]
            .into_iter()
            .flat_map(|axis| near(axis, point(s, 0.5), point(o, 0.5), 0.03))
            .collect(),
        Some(Region::TopLeft) => vec![upper(), left()],
        Some(Region::TopRight) => vec![upper(), right()],
        Some(Region::BottomLeft) => vec![lower(), left()],
        Some(Region::BottomRight) => vec![lower(), right()],
        _ => return constraint,
    };
    constraint.options.iter_mut().for_each(|option| option.extend(rules.iter().copied()));
    constraint
}

/// Whether an item floats by itself: a balloon.
fn item_is_aloft(problem: &LayoutProblem, item: usize) -> bool {
    let kind = problem.items[item].kind;
    // A bird or a seashell lies in the hand.
    kind.class == Class::Air && kind.height > 0.3
}
