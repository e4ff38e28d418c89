//! What a scene demands of the places of its actors, as alternatives of
//! linear rules: relations and regions.

use super::cast::{Actor, Cast};
use super::sizes::Class;
use crate::{Region, Relation, RelationKind, Scene};

/// Which axis a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dim {
    /// Left to right.
    X,
    /// Top to bottom.
    Y,
}

/// A point of an actor along an axis: 0 its left or top edge, 1 the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) actor: usize,
    pub(super) at: f64,
}

/// `high - low >= gap` on an axis; `None` is the canvas's left or top edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) dim: Dim,
    pub(super) low: Option<Point>,
    pub(super) high: Option<Point>,
    pub(super) gap: f64,
}

/// Something the sentence asks for, and the ways to give it.
#[derive(Clone, Debug)]
pub(super) struct Demand {
    /// In words, for a warning.
    pub(super) says: String,
    /// The ways, best first; each a set of rules that hold together.
    pub(super) options: Vec<Vec<Rule>>,
    /// How many of them are as good as one could wish.
    pub(super) strong: usize,
    /// Two actors that may overlap because of it, the upper or nearer first.
    pub(super) overlap: Option<(usize, usize)>,
}

/// Clear distance by which centres differ where only their order is asked for.
const CLEAR: f64 = 0.05;
/// Gap between neighbours.
const GAP: f64 = 0.02;

fn point(actor: usize, at: f64) -> Option<Point> {
    Some(Point { actor, at })
}

/// `low` lies at least `gap` before `high`.
fn before(dim: Dim, low: Option<Point>, high: Option<Point>, gap: f64) -> Rule {
    Rule { dim, low, high, gap }
}

/// All of `a` lies before all of `b`.
fn apart(dim: Dim, a: usize, b: usize) -> Rule {
    before(dim, point(a, 1.0), point(b, 0.0), GAP)
}

/// The centre of `a` lies clearly before that of `b`.
fn centres(dim: Dim, a: usize, b: usize) -> Rule {
    before(dim, point(a, 0.5), point(b, 0.5), CLEAR)
}

/// Two points lie within `distance` of one another.
fn near(dim: Dim, a: Option<Point>, b: Option<Point>, distance: f64) -> [Rule; 2] {
    [before(dim, a, b, -distance), before(dim, b, a, -distance)]
}

/// `a` and `b` share a good part of their extent along an axis.
fn level(dim: Dim, a: usize, b: usize) -> [Rule; 2] {
    [before(dim, point(a, 0.0), point(b, 0.7), 0.0), before(dim, point(b, 0.3), point(a, 1.0), 0.0)]
}

/// `a` lies within `b`, `pad` of b's size from either of its edges.
fn within(dim: Dim, a: usize, b: usize, pad: f64) -> [Rule; 2] {
    [before(dim, point(b, pad), point(a, 0.0), 0.0), before(dim, point(a, 1.0), point(b, 1.0 - pad), 0.0)]
}

/// Everything `scene` demands of `cast`. Supports are noted in the cast.
pub(super) fn demands(scene: &Scene, cast: &mut Cast) -> Vec<Demand> {
    let mut all = Vec::new();
    for (index, actor) in cast.actors.iter().enumerate() {
        if let (Some(region), None) = (actor.region, actor.fixed) {
            all.extend(region_demand(index, region, &scene.things[actor.thing].noun));
        }
    }
    for relation in &scene.relations {
        let says = describe(scene, relation);
        for mut demand in relation_demands(scene, cast, relation) {
            demand.says.clone_from(&says);
            all.push(demand);
        }
    }
    all
}

/// A relation in words: `cat left of dog`.
fn describe(scene: &Scene, relation: &Relation) -> String {
    let name = |index: usize| scene.things.get(index).map_or("it", |thing| thing.noun.as_str());
    let (subject, object) = (name(relation.subject), name(relation.object));
    if let RelationKind::Between(other) = relation.kind {
        return format!("{subject} between {object} and {}", name(other));
    }
    let words = relation.kind.words().trim_start_matches("to the ");
    format!("{subject} {words} {object}")
}

/// A relation between things as demands on their actors.
fn relation_demands(scene: &Scene, cast: &mut Cast, relation: &Relation) -> Vec<Demand> {
    let actors_of = |index: usize| cast.of_thing.get(index).cloned().unwrap_or_default();
    let (subjects, objects) = (actors_of(relation.subject), actors_of(relation.object));
    let (Some(&first), true) = (objects.first(), relation.subject != relation.object) else {
        return Vec::new();
    };
    match relation.kind {
        RelationKind::Between(other) => {
            let (left, right) = between_sides(&objects, &actors_of(other), relation.object == other);
            subjects.iter().map(|&subject| between(subject, &left, &right)).collect()
        }
        RelationKind::Around if subjects.len() > 1 => around(cast, &subjects, first),
        RelationKind::On | RelationKind::Inside | RelationKind::Under | RelationKind::Around => {
            let pairs = subjects.iter().zip(objects.iter().cycle());
            pairs.map(|(&subject, &object)| carried(cast, subject, object, relation.kind)).collect()
        }
        RelationKind::NextTo => {
            let sides = NextSides::new(scene, relation);
            subjects.iter().map(|&subject| next_to(cast, subject, first, sides)).collect()
        }
        kind => {
            let pairs = subjects.iter().flat_map(|&s| objects.iter().map(move |&o| (s, o)));
            pairs.map(|(subject, object)| ordered(kind, subject, object)).collect()
        }
    }
}

impl Demand {
    fn new(strong: usize, options: Vec<Vec<Rule>>) -> Self {
        Self { says: String::new(), options, strong, overlap: None }
    }

    fn overlapping(mut self, upper: usize, lower: usize) -> Self {
        self.overlap = Some((upper, lower));
        self
    }
}

/// Left, right, above, below, in front of, behind.
fn ordered(kind: RelationKind, s: usize, o: usize) -> Demand {
    match kind {
        RelationKind::RightOf => sideways(o, s),
        RelationKind::Above => upward(s, o),
        RelationKind::Below => upward(o, s),
        RelationKind::InFrontOf => in_depth(o, s),
        RelationKind::Behind => in_depth(s, o),
        _ => sideways(s, o),
    }
}

fn sideways(left: usize, right: usize) -> Demand {
    Demand::new(
        1,
        vec![
            vec![apart(Dim::X, left, right), centres(Dim::X, left, right)],
            vec![centres(Dim::X, left, right)],
        ],
    )
}

fn upward(upper: usize, lower: usize) -> Demand {
    let apart = apart(Dim::Y, upper, lower);
    let order = centres(Dim::Y, upper, lower);
    let [a, b] = near(Dim::X, point(upper, 0.5), point(lower, 0.5), 0.0);
    let [c, d] = level(Dim::X, upper, lower);
    Demand::new(2, vec![vec![apart, order, a, b], vec![apart, order, c, d], vec![apart, order], vec![order]])
}

/// The front one is lower and covers a part of the back one.
fn in_depth(back: usize, front: usize) -> Demand {
    let lower = before(Dim::Y, point(back, 0.5), point(front, 0.5), CLEAR);
    let feet = before(Dim::Y, point(back, 1.0), point(front, 1.0), 0.04);
    let [a, b] = level(Dim::X, back, front);
    let peeks = before(Dim::Y, point(back, 0.6), point(front, 0.0), 0.0);
    let touches = before(Dim::Y, point(front, 0.0), point(back, 1.0), 0.0);
    Demand::new(
        2,
        vec![
            vec![lower, feet, a, b, peeks, touches],
            vec![lower, feet, a, b, touches],
            vec![lower, feet, a, b],
            vec![lower],
        ],
    )
    .overlapping(front, back)
}

/// On, inside, under or (as one thing) around another.
fn carried(cast: &mut Cast, s: usize, o: usize, kind: RelationKind) -> Demand {
    match kind {
        RelationKind::On if cast.actors[o].kind.class == Class::Wall => on_wall(s, o),
        RelationKind::On => {
            cast.hold(s, o, kind);
            on(s, o, cast.actors[o].ride())
        }
        RelationKind::Under => under(cast, s, o),
        RelationKind::Around => {
            cast.hold(o, s, RelationKind::Inside);
            inside(o, s)
        }
        _ => {
            cast.hold(s, o, RelationKind::Inside);
            inside(s, o)
        }
    }
}

/// The subject's feet at `ride` of the object's height, and over it in x.
fn on(s: usize, o: usize, ride: f64) -> Demand {
    let [a, b] = near(Dim::Y, point(s, 1.0), point(o, ride), 0.0);
    let [c, d] = within(Dim::X, s, o, 0.02);
    let e = before(Dim::X, point(o, 0.25), point(s, 0.5), 0.0);
    let f = before(Dim::X, point(s, 0.5), point(o, 0.75), 0.0);
    let higher = before(Dim::Y, point(s, 0.5), point(o, 0.5), 0.01);
    Demand::new(1, vec![vec![a, b, c, d, higher], vec![a, b, c, d], vec![a, b, e, f]]).overlapping(s, o)
}

/// A picture on a wall hangs within its upper part.
fn on_wall(s: usize, o: usize) -> Demand {
    let [a, b] = within(Dim::X, s, o, 0.02);
    let top = before(Dim::Y, point(o, 0.05), point(s, 0.0), 0.0);
    let bottom = before(Dim::Y, point(s, 1.0), point(o, 0.5), 0.0);
    let loose = before(Dim::Y, point(s, 1.0), point(o, 0.95), 0.0);
    Demand::new(1, vec![vec![a, b, top, bottom], vec![a, b, top, loose]]).overlapping(s, o)
}

fn inside(s: usize, o: usize) -> Demand {
    let rules = |pad: f64| -> Vec<Rule> { [within(Dim::X, s, o, pad), within(Dim::Y, s, o, pad)].concat() };
    Demand::new(1, vec![rules(0.05), rules(0.0)]).overlapping(s, o)
}

/// Beneath something hollow: between its legs. Beneath anything else: below.
fn under(cast: &mut Cast, s: usize, o: usize) -> Demand {
    let (actor, holder) = (&cast.actors[s], &cast.actors[o]);
    if actor.kind.class == Class::Flat {
        cast.hold(o, s, RelationKind::On);
        return on(o, s, Class::Flat.ride());
    }
    let fits = actor.kind.height < 0.9 * holder.kind.height && holder.region.is_none();
    if !(holder.kind.class.is_hollow() && fits) {
        return upward(o, s);
    }
    cast.hold(s, o, RelationKind::Under);
    let [a, b] = within(Dim::X, s, o, 0.02);
    let [c, d] = near(Dim::Y, point(s, 1.0), point(o, 1.0), 0.02);
    let head = before(Dim::Y, point(o, 0.35), point(s, 0.0), 0.0);
    let lower = centres(Dim::Y, o, s);
    Demand::new(1, vec![vec![a, b, c, d, head, lower], vec![a, b, c, d, lower], vec![lower]])
        .overlapping(s, o)
}

/// On which side a neighbour goes first.
#[derive(Clone, Copy)]
struct NextSides {
    left_first: bool,
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
        Self { left_first: (relation.subject < relation.object) == (earlier % 2 == 0) }
    }
}

fn next_to(cast: &Cast, s: usize, o: usize, sides: NextSides) -> Demand {
    let feet = cast.actors[s].kind.class.stands() && cast.actors[o].kind.class.stands();
    let aloft = |actor: usize| matches!(cast.actors[actor].region, Some(Region::Sky | Region::Wall));
    match (aloft(s), aloft(o)) {
        // Clouds in the sky cannot be level with the hill they belong to.
        (true, false) => return upward(s, o),
        (false, true) => return upward(o, s),
        _ => {}
    }
    let beside = |left: usize, right: usize, aligned: bool, reach: f64| -> Vec<Rule> {
        let mut rules = vec![apart(Dim::X, left, right)];
        rules.push(before(Dim::X, point(right, 0.0), point(left, 1.0), -reach));
        rules.extend(level(Dim::Y, s, o));
        if aligned {
            rules.extend(near(Dim::Y, point(s, 1.0), point(o, 1.0), 0.03));
        }
        rules
    };
    let pair = if sides.left_first { [(s, o), (o, s)] } else { [(o, s), (s, o)] };
    let mut options = Vec::new();
    for (aligned, reach) in [(feet, 0.04), (false, 0.04), (false, 0.12)] {
        options.extend(pair.iter().map(|(left, right)| beside(*left, *right, aligned, reach)));
    }
    Demand::new(4, options)
}

/// The things on either side of what stands between.
fn between_sides(objects: &[usize], others: &[usize], same: bool) -> (Vec<usize>, Vec<usize>) {
    if same {
        let half = objects.len().div_ceil(2);
        (objects[..half].to_vec(), objects[half..].to_vec())
    } else {
        (objects.to_vec(), others.to_vec())
    }
}

fn between(s: usize, left: &[usize], right: &[usize]) -> Demand {
    let order = |dim: Dim, low: &[usize], high: &[usize], strict: bool| -> Vec<Rule> {
        let rule = if strict { apart } else { centres };
        let lows = low.iter().map(|&a| rule(dim, a, s));
        let mut rules: Vec<Rule> = lows.chain(high.iter().map(|&b| rule(dim, s, b))).collect();
        if strict {
            let cross = if dim == Dim::X { Dim::Y } else { Dim::X };
            rules.extend(low.iter().chain(high).flat_map(|&side| level(cross, s, side)));
        }
        rules
    };
    Demand::new(
        3,
        vec![
            order(Dim::X, left, right, true),
            order(Dim::X, right, left, true),
            order(Dim::Y, left, right, true),
            order(Dim::X, left, right, false),
            order(Dim::X, right, left, false),
            order(Dim::Y, left, right, false),
            order(Dim::Y, right, left, false),
        ],
    )
}

/// Several things around one: left and right of it first, then above and
/// below, then the corners.
fn around(cast: &Cast, subjects: &[usize], centre: usize) -> Vec<Demand> {
    let stands = |actor: usize| cast.actors[actor].kind.class.stands();
    let place = |s: usize, slot: usize| -> Vec<Rule> {
        let sides: [(i8, i8); 8] = [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1)];
        let (dx, dy) = sides[slot % sides.len()];
        [(Dim::X, dx), (Dim::Y, dy)]
            .into_iter()
            .flat_map(|(dim, side)| match side {
                -1 => vec![apart(dim, s, centre)],
                1 => vec![apart(dim, centre, s)],
                // Beside it: on the same floor.
                _ if dim == Dim::Y && stands(s) && stands(centre) => {
                    near(dim, point(s, 1.0), point(centre, 1.0), 0.03).to_vec()
                }
                _ => near(dim, point(s, 0.5), point(centre, 0.5), 0.06).to_vec(),
            })
            .collect()
    };
    let slots = |(slot, &s): (usize, &usize)| Demand::new(1, vec![place(s, slot), place(s, slot + 4)]);
    subjects.iter().enumerate().map(slots).collect()
}

/// Where a region keeps an actor: centres within part of the canvas.
fn region_demand(actor: usize, region: Region, noun: &str) -> Option<Demand> {
    let low = |dim, most: f64| before(dim, point(actor, 0.5), None, -most);
    let high = |dim, least: f64| before(dim, None, point(actor, 0.5), least);
    let feet = |least: f64| before(Dim::Y, None, point(actor, 1.0), least);
    let (x, y) = (Dim::X, Dim::Y);
    let corner = |a: Rule, b: Rule| vec![vec![a, b]];
    let options = match region {
        Region::Left => vec![vec![low(x, 0.36)], vec![low(x, 0.46)]],
        Region::Right => vec![vec![high(x, 0.64)], vec![high(x, 0.54)]],
        Region::Top => vec![vec![low(y, 0.34)], vec![low(y, 0.46)]],
        Region::Bottom => vec![vec![high(y, 0.66)], vec![high(y, 0.54)]],
        Region::Center => vec![centre_rules(actor, 0.04), centre_rules(actor, 0.12)],
        Region::TopLeft => corner(low(x, 0.34), low(y, 0.34)),
        Region::TopRight => corner(high(x, 0.66), low(y, 0.34)),
        Region::BottomLeft => corner(low(x, 0.34), high(y, 0.66)),
        Region::BottomRight => corner(high(x, 0.66), high(y, 0.66)),
        Region::Sky | Region::Wall => vec![vec![low(y, 0.4)], vec![low(y, 0.48)]],
        Region::Ground => vec![vec![feet(0.7), high(y, 0.52)], vec![high(y, 0.52)]],
        Region::Foreground => vec![vec![feet(0.85)], vec![high(y, 0.52)]],
        Region::Background => vec![vec![before(y, point(actor, 1.0), None, -0.7)], vec![]],
        Region::Corners => return None,
    };
    let mut demand = Demand::new(1, options);
    demand.says = format!("{noun} {}", region_words(region));
    Some(demand)
}

fn centre_rules(actor: usize, slack: f64) -> Vec<Rule> {
    [Dim::X, Dim::Y]
        .into_iter()
        .flat_map(|dim| {
            [
                before(dim, None, point(actor, 0.5), 0.5 - slack),
                before(dim, point(actor, 0.5), None, -(0.5 + slack)),
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

/// Which pairs of actors may overlap: those a demand brings together, what
/// stands on or in something with everything beneath that, and things that
/// were there before.
pub(super) fn may_overlap(actors: &[Actor], demands: &[Demand]) -> Vec<Vec<bool>> {
    let n = actors.len();
    let mut rests = vec![vec![false; n]; n];
    for (upper, lower) in demands.iter().filter_map(|demand| demand.overlap) {
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
    let both_fixed = |a: usize, b: usize| actors[a].fixed.is_some() && actors[b].fixed.is_some();
    (0..n).map(|a| (0..n).map(|b| rests[a][b] || rests[b][a] || both_fixed(a, b)).collect()).collect()
}

/// The actors in the order in which they are drawn: as they were mentioned,
/// but what lies beneath or behind something comes before it.
pub(super) fn back_to_front(actors: usize, demands: &[Demand]) -> Vec<usize> {
    let mut order = Vec::with_capacity(actors);
    let mut placed = vec![false; actors];
    while order.len() < actors {
        let waits = |actor: usize| {
            demands
                .iter()
                .filter_map(|demand| demand.overlap)
                .any(|(upper, lower)| upper == actor && lower != actor && !placed[lower])
        };
        let open = |actor: &usize| !placed[*actor];
        // Things that rest on one another in a circle come as mentioned.
        let next = (0..actors).filter(open).find(|actor| !waits(*actor)).or_else(|| (0..actors).find(open));
        let Some(next) = next else { break };
        placed[next] = true;
        order.push(next);
    }
    order
}
