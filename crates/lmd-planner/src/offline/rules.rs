//! What a scene asks of the places of its items, as alternatives of
//! linear rules: relations and regions.

use super::constraint::{
    AxisId, CLEAR, Constraint, Rule, apart, before, centres, level, near, point, within,
};
use super::holding::{at_part, fits_hands, half_in, hanging, held, in_corner};
use super::item::{Item, MOST_IN_ROW};
use super::problem::LayoutProblem;
use super::seating::{is_seated, seated};
use super::surrounding::{around, between, between_sides, held_within, ring};
use super::usual::shelters;
use crate::lexicon::{Class, is_alive};
use crate::{Arrangement, Region, Relation, RelationKind, Scene};

/// Everything `scene` asks of `problem`. Supports are noted in the problem.
pub(super) fn constraints(scene: &Scene, problem: &mut LayoutProblem) -> Vec<Constraint> {
    let mut all = Vec::new();
    // Where the sky is all there is, it reaches down to the ground.
    let all_sky = scene.background.as_deref() == Some("the sky");
    for (index, item) in problem.items.iter().enumerate() {
        if let (Some(region), None) = (item.region.filter(|r| !all_sky || *r != Region::Sky), item.fixed) {
            all.extend(region_constraint(index, region, &scene.things[item.thing].noun));
        }
    }
    let rests = |kind| matches!(kind, RelationKind::On | RelationKind::HalfIn);
    let on = scene.relations.iter().filter(|relation| rests(relation.kind));
    let resting: Vec<(usize, usize)> = on.flat_map(|relation| pairs(problem, relation)).collect();
    problem.settle_rows(&resting);
    for relation in &scene.relations {
        let says = describe(scene, relation);
        for mut constraint in relation_constraints(scene, problem, relation) {
            constraint.says.clone_from(&says);
            all.push(constraint);
        }
    }
    all.extend(problem.crossing_in_vessels());
    problem.note_larger();
    all
}

/// The items of a relation, pair by pair: each subject with an object of its own, as far as there are.
fn pairs(problem: &LayoutProblem, relation: &Relation) -> Vec<(usize, usize)> {
    let items_of = |index: usize| problem.of_thing.get(index).map(Vec::as_slice).unwrap_or_default();
    let (subjects, objects) = (items_of(relation.subject), items_of(relation.object));
    subjects.iter().copied().zip(objects.iter().copied().cycle()).collect()
}

/// A relation in words: `cat left of dog`.
fn describe(scene: &Scene, relation: &Relation) -> String {
    let name = |index: usize| scene.things.get(index).map_or("it", |thing| thing.noun.as_str());
    let (subject, object) = (name(relation.subject), name(relation.object));
    if let RelationKind::Between(other) = relation.kind {
        return format!("{subject} between {object} and {}", name(other));
    }
    format!("{subject} {} {object}", relation.kind.words().trim_start_matches("to the "))
}

/// A relation between things as constraints on their items.
fn relation_constraints(scene: &Scene, problem: &mut LayoutProblem, relation: &Relation) -> Vec<Constraint> {
    let items_of = |index: usize| problem.of_thing.get(index).cloned().unwrap_or_default();
    let (subjects, objects) = (items_of(relation.subject), items_of(relation.object));
    let (Some(&first), true) = (objects.first(), relation.subject != relation.object) else {
        return Vec::new();
    };
    let ring = ring(scene, relation, items_of);
    match relation.kind {
        RelationKind::Between(other) => {
            let (left, right) = between_sides(&objects, &items_of(other), relation.object == other);
            let alike = relation.object == other;
            let stands = |regions: [Region; 2]| {
                let mut sides = left.iter().chain(&right);
                sides.any(|&side| problem.items[side].region.is_some_and(|region| regions.contains(&region)))
            };
            let lines = match () {
                () if stands([Region::Top, Region::Bottom]) => vec![AxisId::Y, AxisId::X],
                () if stands([Region::Left, Region::Right]) => vec![AxisId::X],
                () => vec![AxisId::X, AxisId::Y],
            };
            subjects.iter().map(|&subject| between(subject, &left, &right, alike, &lines)).collect()
        }
        RelationKind::Around if is_seated(problem, &ring, first) => seated(problem, &ring, &subjects, first),
        RelationKind::Around if ring.len() > 1 => around(problem, &ring, &subjects, first),
        RelationKind::On
        | RelationKind::Inside
        | RelationKind::Under
        | RelationKind::Around
        | RelationKind::HeldBy
        | RelationKind::HalfIn
        | RelationKind::HangsFrom => {
            let alive = scene.things.get(relation.subject).is_some_and(|thing| is_alive(&thing.noun));
            let detail = scene.things.get(relation.subject).and_then(|thing| thing.detail.as_deref());
            let spot = scene.things.get(relation.subject).and_then(|thing| thing.spot);
            let pairs = pairs(problem, relation);
            let placed = |(subject, object)| {
                let constraint = at_part(problem, (subject, object), detail, relation.kind)
                    .unwrap_or_else(|| carried(problem, subject, object, relation.kind, alive));
                in_corner(constraint, (subject, object), spot)
            };
            pairs.into_iter().map(placed).collect()
        }
        RelationKind::NextTo => {
            let sides = NextSides::new(scene, relation);
            let holder = held_within(scene, relation).and_then(|holder| items_of(holder).first().copied());
            let each = subjects.iter().enumerate();
            each.map(|(nth, &subject)| next_to(problem, subject, holder.unwrap_or(first), sides.of(nth)))
                .collect()
        }
        RelationKind::Touching => {
            let sides = NextSides::new(scene, relation);
            subjects.iter().map(|&subject| touching(problem, subject, first, sides)).collect()
        }
        kind => {
            let pairs = subjects.iter().flat_map(|&s| objects.iter().map(move |&o| (s, o)));
            if matches!(kind, RelationKind::LeftOf | RelationKind::RightOf) {
                pairs.clone().for_each(|(s, o)| problem.side_by_side(s, o));
            }
            pairs.map(|(subject, object)| ordered(problem, kind, subject, object)).collect()
        }
    }
}

/// Left, right, above, below, in front of, behind.
fn ordered(problem: &LayoutProblem, kind: RelationKind, s: usize, o: usize) -> Constraint {
    let alike = problem.items[s].kind == problem.items[o].kind;
    match kind {
        RelationKind::RightOf => sideways(o, s, alike),
        RelationKind::Above => upward(s, o),
        RelationKind::Below => upward(o, s),
        RelationKind::InFrontOf => in_depth(problem, o, s),
        RelationKind::Behind => in_depth(problem, s, o),
        _ => sideways(s, o, alike),
    }
}

/// One left of the other; two of a kind at one height.
fn sideways(left: usize, right: usize, alike: bool) -> Constraint {
    let (gap, order) = (apart(AxisId::X, left, right), centres(AxisId::X, left, right));
    let [a, b] = near(AxisId::Y, point(left, 1.0), point(right, 1.0), 0.02);
    let mut options = vec![vec![gap, order], vec![order]];
    if alike {
        options.insert(0, vec![gap, order, a, b]);
    }
    Constraint::new(options.len() - 1, options)
}

fn upward(upper: usize, lower: usize) -> Constraint {
    let apart = apart(AxisId::Y, upper, lower);
    let order = centres(AxisId::Y, upper, lower);
    let [a, b] = near(AxisId::X, point(upper, 0.5), point(lower, 0.5), 0.0);
    let [c, d] = level(AxisId::X, upper, lower);
    Constraint::new(
        2,
        vec![vec![apart, order, a, b], vec![apart, order, c, d], vec![apart, order], vec![order]],
    )
}

/// From how many times its height on something hides what is behind it: a fox behind a tree looks out.
const TALLER: f64 = 1.6;

/// The front one is lower and covers a part of the back one.
fn in_depth(problem: &LayoutProblem, back: usize, front: usize) -> Constraint {
    let lower = before(AxisId::Y, point(back, 0.5), point(front, 0.5), CLEAR);
    let feet = before(AxisId::Y, point(back, 1.0), point(front, 1.0), 0.04);
    let [a, b] = level(AxisId::X, back, front);
    let peeks = before(AxisId::Y, point(back, 0.6), point(front, 0.0), 0.0);
    let touches = before(AxisId::Y, point(front, 0.0), point(back, 1.0), 0.0);
    // What is wider is seen on both sides: a car behind a man stands on the ground, too.
    let near_by = before(AxisId::Y, point(front, 1.0), point(back, 1.0), -0.2);
    let [seen, hides] = [back, front].map(|item| problem.items[item].usual_width());
    let stands = [back, front].iter().all(|item| problem.stands_on_floor(*item));
    let lives = is_alive(&problem.items[back].noun);
    let first = if stands && seen > 1.3 * hides && !lives { near_by } else { peeks };
    let mut options = vec![
        vec![lower, feet, a, b, first, touches],
        vec![lower, feet, a, b, touches],
        vec![lower, feet, a, b],
        vec![lower],
    ];
    let [low, high] = [back, front].map(|item| problem.items[item].kind);
    let aside = stands
        && high.class != Class::Wall
        && high.height > TALLER * low.height
        && seen < hides
        && high.height >= 0.9;
    if aside {
        for edge in [1.0, 0.0] {
            let x = near(AxisId::X, point(back, 0.5), point(front, edge), 0.02);
            options.insert(0, [x.as_slice(), &[feet, near_by]].concat());
        }
    }
    Constraint::new(if aside { 3 } else { 2 }, options).overlapping(front, back)
}

/// On, inside, under or (as one thing) around another.
fn carried(problem: &mut LayoutProblem, s: usize, o: usize, kind: RelationKind, alive: bool) -> Constraint {
    // Birds on a wire sit in one row.
    if kind == RelationKind::On && problem.items[o].is_thin() && (2..=10).contains(&problem.items[s].count) {
        let row = &mut problem.items[s].arrangement;
        *row = row.or(Some(Arrangement::Row));
    }
    match kind {
        // A cat sits on top of a fence, a spider on its side.
        RelationKind::On if problem.items[o].kind.class == Class::Wall && alive && !is_small(problem, s) => {
            problem.hold(s, o, kind);
            on(s, o, 0.06)
        }
        RelationKind::On if problem.items[o].kind.class == Class::Wall => {
            problem.hold(s, o, RelationKind::Inside);
            on_wall(s, o)
        }
        // Rows on a tray lie within it.
        RelationKind::On if problem.items[s].in_rows() && problem.items[o].kind.class == Class::Flat => {
            problem.hold(s, o, RelationKind::Inside);
            inside(s, o)
        }
        RelationKind::On if problem.items[s].in_rows() || problem.items[s].count > MOST_IN_ROW => {
            problem.hold(s, o, kind);
            on_in_rows(problem, s, o)
        }
        RelationKind::HangsFrom => hanging(problem, s, o),
        RelationKind::HalfIn => half_in(problem, s, o),
        RelationKind::On => {
            problem.hold(s, o, kind);
            on(s, o, problem.ride(s, o))
        }
        RelationKind::Under => under(problem, s, o),
        // What is too large for hands stands beside.
        RelationKind::HeldBy if fits_hands(problem, s, o) => held(problem, s, o),
        RelationKind::HeldBy => next_to(problem, s, o, NextSides { left_first: false, earlier: 0 }),
        RelationKind::Around => {
            problem.hold(o, s, RelationKind::Inside);
            inside(o, s)
        }
        _ => {
            problem.hold(s, o, RelationKind::Inside);
            inside(s, o)
        }
    }
}

/// The subject's feet at `ride` of the object's height, and over it in x.
fn on(s: usize, o: usize, ride: f64) -> Constraint {
    let [a, b] = near(AxisId::Y, point(s, 1.0), point(o, ride), 0.0);
    let [c, d] = within(AxisId::X, s, o, 0.02);
    let e = before(AxisId::X, point(o, 0.25), point(s, 0.5), 0.0);
    let f = before(AxisId::X, point(s, 0.5), point(o, 0.75), 0.0);
    let higher = before(AxisId::Y, point(s, 0.5), point(o, 0.5), 0.01);
    // Of two that stand one behind the other, each is a little off.
    let [g, h] = near(AxisId::Y, point(s, 1.0), point(o, ride), 0.05);
    let options = vec![
        vec![a, b, c, d, higher],
        vec![a, b, c, d],
        vec![a, b, e, f],
        vec![c, d, g, h],
        vec![e, f, g, h],
    ];
    Constraint::new(1, options).overlapping(s, o)
}

/// Whether somebody is so small as to sit on the side of a wall.
fn is_small(problem: &LayoutProblem, item: usize) -> bool {
    problem.items[item].kind.height <= 0.15
}

/// Many things on one holder: the feet of every row on it.
fn on_in_rows(problem: &LayoutProblem, s: usize, o: usize) -> Constraint {
    let lines = problem.items[s].lines();
    let [a, b] = within(AxisId::X, s, o, 0.02);
    let first = before(AxisId::Y, point(o, 0.0), point(s, 1.0 / lines as f64), 0.0);
    let last = before(AxisId::Y, point(s, 1.0), point(o, 0.9), 0.0);
    let mut one_row = on(s, o, problem.items[o].support_height());
    one_row.options.insert(0, vec![a, b, first, last]);
    one_row.strong += 1;
    one_row
}

/// A picture on a wall hangs within its upper part.
fn on_wall(s: usize, o: usize) -> Constraint {
    let [a, b] = within(AxisId::X, s, o, 0.02);
    let top = before(AxisId::Y, point(o, 0.05), point(s, 0.0), 0.0);
    let bottom = before(AxisId::Y, point(s, 1.0), point(o, 0.5), 0.0);
    let loose = before(AxisId::Y, point(s, 1.0), point(o, 0.95), 0.0);
    Constraint::new(1, vec![vec![a, b, top, bottom], vec![a, b, top, loose]]).overlapping(s, o)
}

fn inside(s: usize, o: usize) -> Constraint {
    let rules =
        |pad: f64| -> Vec<Rule> { [within(AxisId::X, s, o, pad), within(AxisId::Y, s, o, pad)].concat() };
    Constraint::new(1, vec![rules(0.05), rules(0.0)]).overlapping(s, o)
}

/// Beneath something hollow: between its legs. Beneath anything else: below.
fn under(problem: &mut LayoutProblem, s: usize, o: usize) -> Constraint {
    let (item, holder) = (&problem.items[s], &problem.items[o]);
    if item.kind.class == Class::Flat {
        // A tree does not stand on the blanket under it.
        if holder.kind.class == Class::Over {
            return in_depth(problem, o, s);
        }
        problem.hold(o, s, RelationKind::On);
        return on(o, s, Class::Flat.support_height());
    }
    let fits = item.kind.height < 0.9 * holder.kind.height && holder.region.is_none();
    let shelters = is_alive(&item.noun) && shelters(&holder.noun);
    if !(holder.kind.class.is_hollow() && fits || shelters) {
        return upward(o, s);
    }
    problem.hold(s, o, RelationKind::Under);
    let [a, b] = within(AxisId::X, s, o, 0.02);
    let [c, d] = near(AxisId::Y, point(s, 1.0), point(o, 1.0), 0.02);
    let head = before(AxisId::Y, point(o, 0.35), point(s, 0.0), 0.0);
    let lower = centres(AxisId::Y, o, s);
    Constraint::new(1, vec![vec![a, b, c, d, head, lower], vec![a, b, c, d, lower], vec![lower]])
        .overlapping(s, o)
}

/// The farthest a neighbour among several is from what it is next to (a fact of a layout allows 0.25).
const CROWD: f64 = 0.24;

/// On which side a neighbour goes first.
#[derive(Clone, Copy)]
struct NextSides {
    left_first: bool,
    /// How many neighbours the thing has before this one.
    earlier: usize,
}

impl NextSides {
    /// Reading order: `a cat next to a dog` has the cat on the left; the
    /// second neighbour of the same thing goes to the other side.
    fn new(scene: &Scene, relation: &Relation) -> Self {
        let earlier = scene
            .relations
            .iter()
            .take_while(|other| *other != relation)
            .filter(|other| other.kind == RelationKind::NextTo && other.object == relation.object)
            .count();
        Self { left_first: (relation.subject < relation.object) == (earlier % 2 == 0), earlier }
    }

    /// The sides of the `nth` of several that are neighbours by one relation.
    fn of(self, nth: usize) -> Self {
        Self { left_first: self.left_first == nth.is_multiple_of(2), earlier: self.earlier + nth }
    }
}

fn next_to(problem: &LayoutProblem, s: usize, o: usize, sides: NextSides) -> Constraint {
    let feet = problem.items[s].kind.class.stands() && problem.items[o].kind.class.stands();
    let aloft = |item: usize| matches!(problem.items[item].region, Some(Region::Sky | Region::Wall));
    match (aloft(s), aloft(o)) {
        // Clouds in the sky cannot be level with the hill they belong to.
        (true, false) => return upward(s, o),
        (false, true) => return upward(o, s),
        _ => {}
    }
    let beside = |left: usize, right: usize, aligned: bool, reach: f64| -> Vec<Rule> {
        let mut rules = vec![apart(AxisId::X, left, right)];
        rules.push(before(AxisId::X, point(right, 0.0), point(left, 1.0), -reach));
        rules.extend(level(AxisId::Y, s, o));
        if aligned {
            rules.extend(near(AxisId::Y, point(s, 1.0), point(o, 1.0), 0.03));
        }
        rules
    };
    let pair = if sides.left_first { [(s, o), (o, s)] } else { [(o, s), (s, o)] };
    let mut options = Vec::new();
    // There are two places beside a thing: from the third neighbour on, others may be in between.
    let (close, far) = if sides.earlier < 2 { (0.04, 0.12) } else { (CROWD, CROWD) };
    for (aligned, reach) in [(feet, close), (false, close), (false, far)] {
        options.extend(pair.iter().map(|(left, right)| beside(*left, *right, aligned, reach)));
    }
    Constraint::new(4, options)
}

/// Side by side, each over the other's edge.
fn touching(problem: &LayoutProblem, s: usize, o: usize, sides: NextSides) -> Constraint {
    let feet = problem.items[s].kind.class.stands() && problem.items[o].kind.class.stands();
    let beside = |left: usize, right: usize, share: f64| -> Vec<Rule> {
        let mut rules = vec![
            before(AxisId::X, point(right, share), point(left, 1.0), 0.0),
            before(AxisId::X, point(left, 1.0), point(right, 0.4), 0.0),
        ];
        rules.extend(level(AxisId::Y, s, o));
        if feet {
            rules.extend(near(AxisId::Y, point(s, 1.0), point(o, 1.0), 0.03));
        }
        rules
    };
    let pair = if sides.left_first { [(s, o), (o, s)] } else { [(o, s), (s, o)] };
    let shares = [0.15, 0.02];
    let options = shares.iter().flat_map(|share| pair.map(|(left, right)| beside(left, right, *share)));
    Constraint::new(4, options.collect()).overlapping(s, o)
}

/// Where a region keeps an item: centres within part of the canvas.
fn region_constraint(item: usize, region: Region, noun: &str) -> Option<Constraint> {
    let low = |dim, most: f64| before(dim, point(item, 0.5), None, -most);
    let high = |dim, least: f64| before(dim, None, point(item, 0.5), least);
    let feet = |least: f64| before(AxisId::Y, None, point(item, 1.0), least);
    let (x, y) = (AxisId::X, AxisId::Y);
    let corner = |a: Rule, b: Rule| vec![vec![a, b]];
    let options = match region {
        Region::Left => vec![vec![low(x, 0.36)], vec![low(x, 0.46)]],
        Region::Right => vec![vec![high(x, 0.64)], vec![high(x, 0.54)]],
        Region::Top => vec![vec![low(y, 0.34)], vec![low(y, 0.46)]],
        Region::Bottom => vec![vec![high(y, 0.66)], vec![high(y, 0.54)]],
        Region::Center => vec![centre_rules(item, 0.04), centre_rules(item, 0.12)],
        Region::TopLeft => corner(low(x, 0.34), low(y, 0.34)),
        Region::TopRight => corner(high(x, 0.66), low(y, 0.34)),
        Region::BottomLeft => corner(low(x, 0.34), high(y, 0.66)),
        Region::BottomRight => corner(high(x, 0.66), high(y, 0.66)),
        Region::Sky | Region::Wall => vec![vec![low(y, 0.4)], vec![low(y, 0.48)]],
        Region::Ground => vec![vec![feet(0.7), high(y, 0.52)], vec![high(y, 0.52)]],
        Region::Foreground => vec![vec![feet(0.85)], vec![high(y, 0.52)]],
        Region::Background => vec![vec![before(y, point(item, 1.0), None, -0.7)], vec![]],
        Region::Corners => return None,
    };
    let mut constraint = Constraint::new(1, options);
    constraint.says = format!("{noun} {}", region_words(region));
    Some(constraint)
}

fn centre_rules(item: usize, slack: f64) -> Vec<Rule> {
    [AxisId::X, AxisId::Y]
        .into_iter()
        .flat_map(|dim| {
            [
                before(dim, None, point(item, 0.5), 0.5 - slack),
                before(dim, point(item, 0.5), None, -(0.5 + slack)),
            ]
        })
        .collect()
}

fn region_words(region: Region) -> &'static str {
    match region {
        Region::Left => "on the left",
        Region::Right => "on the right",
        Region::Top => "at the top",
        Region::Bottom => "at the bottom",
        Region::Center => "in the centre",
        Region::TopLeft => "in the top left corner",
        Region::TopRight => "in the top right corner",
        Region::BottomLeft => "in the bottom left corner",
        Region::BottomRight => "in the bottom right corner",
        Region::Corners => "in the corners",
        Region::Sky => "in the sky",
        Region::Wall => "on the wall",
        Region::Ground => "on the ground",
        Region::Foreground => "in the foreground",
        Region::Background => "in the background",
    }
}

/// Which pairs of items may overlap: those a constraint brings together, what
/// stands on or in something with everything beneath that, and things that
/// were there before.
pub(super) fn may_overlap<'a>(
    items: &[Item],
    constraints: impl IntoIterator<Item = &'a Constraint>,
) -> Vec<Vec<bool>> {
    let n = items.len();
    let mut rests = vec![vec![false; n]; n];
    for (upper, lower) in constraints.into_iter().filter_map(|constraint| constraint.overlap) {
        rests[upper][lower] = true;
    }
    for via in 0..n {
        for upper in (0..n).filter(|upper| *upper != via) {
            if rests[upper][via] {
                let through = rests[via].clone();
                rests[upper].iter_mut().zip(through).for_each(|(known, more)| *known |= more);
            }
        }
    }
    let both_fixed = |a: usize, b: usize| items[a].fixed.is_some() && items[b].fixed.is_some();
    (0..n).map(|a| (0..n).map(|b| rests[a][b] || rests[b][a] || both_fixed(a, b)).collect()).collect()
}

/// The items in the order in which they are drawn: as they were mentioned,
/// but what lies beneath or behind something comes before it.
pub(super) fn back_to_front(items: usize, constraints: &[Constraint]) -> Vec<usize> {
    let mut order = Vec::with_capacity(items);
    let mut placed = vec![false; items];
    while order.len() < items {
        let waits = |item: usize| {
            constraints
                .iter()
                .filter_map(|constraint| constraint.overlap)
                .any(|(upper, lower)| upper == item && lower != item && !placed[lower])
        };
        let open = |item: &usize| !placed[*item];
        // Things that rest on one another in a circle come as mentioned.
        let next = (0..items).filter(open).find(|item| !waits(*item)).or_else(|| (0..items).find(open));
        let Some(next) = next else { break };
        placed[next] = true;
        order.push(next);
    }
    order
}
