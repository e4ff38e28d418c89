//! Finding places: a bounded, deterministic search for positions that keep
//! every demand, overlap nowhere else, and stay as large as possible.
//!
//! At a given scale the search first chooses an alternative for each demand,
//! then separates overlapping actors pair by pair, each time in the cheapest
//! direction that contradicts nothing. If that fails the scale is lowered.

use lmd_layout::BBox;

use super::axis::Axis;
use super::cast::{Actor, Body, Cast};
use super::rules::{Demand, Dim, Point, Rule, may_overlap};
use super::sizes::Class;
use crate::Region;

/// Gap kept between actors that are told apart.
const GAP: f64 = 0.02;
/// Widest gap that separated actors are spread to.
const WIDEST_GAP: f64 = 0.14;
/// Boxes that share less than this of the canvas do not overlap.
const TOUCH: f64 = 1e-7;

/// Where everything went, and which demands could not be met.
#[derive(Clone, Debug)]
pub(super) struct Placement {
    /// For each actor, its outline's top-left corner.
    pub(super) corners: Vec<(f64, f64)>,
    /// The bodies that were placed.
    pub(super) bodies: Vec<Body>,
    /// Demands that contradict others, by index.
    pub(super) unmet: Vec<usize>,
    /// Whether actors overlap that should not.
    pub(super) crowded: bool,
}

impl Placement {
    /// The boxes of an actor's members.
    pub(super) fn boxes(&self, actor: usize) -> Vec<BBox> {
        let ((x, y), shape) = (self.corners[actor], &self.bodies[actor].shape);
        let member =
            |corner: &(f64, f64)| BBox::clamped(x + corner.0, y + corner.1, shape.cell.0, shape.cell.1);
        shape.corners.iter().filter_map(member).collect()
    }
}

/// Places `cast` so that `demands` hold.
pub(super) fn place(cast: &Cast, demands: &[Demand]) -> Placement {
    let (kept, unmet) = consistent(cast, demands);
    let may = may_overlap(&cast.actors, demands);
    // One row on the floor reads best, then the best ways to relate, then any.
    for (strong, one_floor, least) in [(true, true, 0.72), (true, false, 0.55), (false, false, 0.2)] {
        let mut scale = 1.0;
        while scale >= least {
            let mut search = Search::new(cast, &kept, &may, scale, strong);
            search.one_floor = one_floor;
            if let Some(state) = search.run() {
                return search.finish(&state, unmet, false);
            }
            scale *= 0.92;
        }
    }
    let mut search = Search::new(cast, &kept, &may, 0.5, false);
    search.apart = false;
    let state = search.run().unwrap_or_else(|| State::new(&search.bodies));
    search.finish(&state, unmet, true)
}

/// The demands that can hold together when everything is very small, and the
/// indices of those that contradict an earlier one.
fn consistent<'a>(cast: &Cast, demands: &'a [Demand]) -> (Vec<&'a Demand>, Vec<usize>) {
    let bodies = cast.bodies(0.2);
    let mut state = State::new(&bodies);
    let (mut kept, mut unmet) = (Vec::new(), Vec::new());
    for (index, demand) in demands.iter().enumerate() {
        // The weakest way leaves most room to the others.
        let found = demand.options.iter().rev().find_map(|option| state.with_all(option, &bodies));
        match found {
            Some(next) => {
                state = next;
                kept.push(demand);
            }
            None => unmet.push(index),
        }
    }
    (kept, unmet)
}

/// The rules chosen so far on both axes.
#[derive(Clone, Debug)]
struct State {
    x: Axis,
    y: Axis,
    /// Pairs told apart by the search: axis, first, second.
    told_apart: Vec<(Dim, usize, usize)>,
    /// The rules that came from demands.
    demanded: Vec<Rule>,
}

impl State {
    fn new(bodies: &[Body]) -> Self {
        let spans = |side: fn(&Body) -> f64| -> Vec<(f64, f64)> {
            bodies.iter().map(|body| (side(body), body.margin)).collect()
        };
        Self {
            x: Axis::new(&spans(|body| body.shape.size.0)),
            y: Axis::new(&spans(|body| body.shape.size.1)),
            told_apart: Vec::new(),
            demanded: Vec::new(),
        }
    }

    /// This state with all of `rules`, `None` if they contradict it.
    fn with_all(&self, rules: &[Rule], bodies: &[Body]) -> Option<Self> {
        let mut next = self.clone();
        for rule in rules {
            if !next.add(*rule, bodies) {
                return None;
            }
        }
        next.demanded.extend_from_slice(rules);
        Some(next)
    }

    fn add(&mut self, rule: Rule, bodies: &[Body]) -> bool {
        let offset = |point: Option<Point>| {
            point.map_or(0.0, |point| {
                let size = bodies[point.actor].shape.size;
                point.at * if rule.dim == Dim::X { size.0 } else { size.1 }
            })
        };
        // high - low >= gap, so low_corner - high_corner <= offsets - gap.
        let limit = offset(rule.high) - offset(rule.low) - rule.gap;
        let axis = if rule.dim == Dim::X { &mut self.x } else { &mut self.y };
        axis.limit(rule.high.map(|p| p.actor), rule.low.map(|p| p.actor), limit)
    }

    /// This state with `first` before `second` on an axis.
    fn separated(&self, dim: Dim, first: usize, second: usize, gap: f64, bodies: &[Body]) -> Option<Self> {
        let rule = separation(dim, first, second, gap);
        let mut next = self.clone();
        next.add(rule, bodies).then(|| {
            next.told_apart.push((dim, first, second));
            next
        })
    }
}

fn separation(dim: Dim, first: usize, second: usize, gap: f64) -> Rule {
    Rule {
        dim,
        low: Some(Point { actor: first, at: 1.0 }),
        high: Some(Point { actor: second, at: 0.0 }),
        gap,
    }
}

/// One search at one scale.
struct Search<'a> {
    cast: &'a Cast,
    demands: &'a [&'a Demand],
    may_overlap: &'a [Vec<bool>],
    bodies: Vec<Body>,
    /// Only the best alternatives are tried.
    strong: bool,
    /// Whether what stands on the floor must stand side by side.
    one_floor: bool,
    /// Whether overlaps are removed.
    apart: bool,
    /// Steps left.
    budget: usize,
    /// In which order heights are settled, and the heights wished for.
    order: Vec<usize>,
    wishes: Vec<f64>,
    /// The height of the floor, and what stands on it.
    floor: f64,
    on_floor: Vec<usize>,
}

impl<'a> Search<'a> {
    fn new(
        cast: &'a Cast,
        demands: &'a [&'a Demand],
        may_overlap: &'a [Vec<bool>],
        scale: f64,
        strong: bool,
    ) -> Self {
        let bodies = cast.bodies(scale);
        let floor = floor_line(cast, &bodies);
        let wishes = wished_heights(cast, &bodies, floor);
        let on_floor = (0..bodies.len()).filter(|actor| cast.stands_on_floor(*actor)).collect();
        let mut order: Vec<usize> = (0..bodies.len()).collect();
        order.sort_by(|a, b| bodies[*b].shape.size.1.total_cmp(&bodies[*a].shape.size.1));
        order.sort_by_key(|actor| {
            let actor = &cast.actors[*actor];
            (actor.fixed.is_none(), !actor.kind.class.stands())
        });
        let budget = 200 + 6 * bodies.len() * bodies.len();
        Self {
            cast,
            demands,
            may_overlap,
            bodies,
            strong,
            one_floor: false,
            apart: true,
            budget,
            order,
            wishes,
            floor,
            on_floor,
        }
    }

    /// The first state in which everything holds.
    fn run(&mut self) -> Option<State> {
        let mut state = State::new(&self.bodies);
        for (index, actor) in self.cast.actors.iter().enumerate() {
            if let Some(place) = actor.fixed {
                let at = Some(Point { actor: index, at: 0.0 });
                for (dim, value) in [(Dim::X, place.x()), (Dim::Y, place.y())] {
                    state.add(Rule { dim, low: None, high: at, gap: value }, &self.bodies);
                    state.add(Rule { dim, low: at, high: None, gap: -value }, &self.bodies);
                }
            }
        }
        self.step(&state, 0)
    }

    /// Chooses a way for demand `next` and all after it, then separates.
    fn step(&mut self, state: &State, next: usize) -> Option<State> {
        self.budget = self.budget.checked_sub(1)?;
        let Some(demand) = self.demands.get(next) else {
            return if self.apart { self.separate(state) } else { Some(state.clone()) };
        };
        let options = if self.strong { demand.strong } else { demand.options.len() };
        for option in &demand.options[..options.min(demand.options.len())] {
            let found = state.with_all(option, &self.bodies).and_then(|state| self.step(&state, next + 1));
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Tells the worst overlapping pair apart, and so on until none is left.
    fn separate(&mut self, state: &State) -> Option<State> {
        self.budget = self.budget.checked_sub(1)?;
        let corners = self.positions(state);
        let Some((a, b)) = self.worst_overlap(&corners) else { return Some(state.clone()) };
        let mut ways = self.ways_apart(a, b, &corners);
        ways.sort_by(|one, other| one.0.total_cmp(&other.0));
        for (_, dim, first, second) in ways {
            let next = state.separated(dim, first, second, GAP, &self.bodies);
            if let Some(done) = next.and_then(|next| self.separate(&next)) {
                return Some(done);
            }
        }
        None
    }

    /// Balanced in x; in y as near to the floor, the sky or the wall as can be.
    fn positions(&self, state: &State) -> Vec<(f64, f64)> {
        let xs = state.x.middle();
        let ys = state.y.settle(&self.order, &self.wishes_on_floor(state));
        xs.into_iter().zip(ys).collect()
    }

    /// The wished heights once everything that stands stands on one floor: as
    /// low as the lowest of them has to go.
    fn wishes_on_floor(&self, state: &State) -> Vec<f64> {
        let height = |actor: usize| self.bodies[actor].shape.size.1;
        let feet = |actor: &usize| state.y.range(*actor).0 + height(*actor);
        let floor = self.on_floor.iter().map(feet).fold(self.floor, f64::max);
        let mut wishes = self.wishes.clone();
        self.on_floor.iter().for_each(|actor| wishes[*actor] = floor - height(*actor));
        wishes
    }

    fn worst_overlap(&self, corners: &[(f64, f64)]) -> Option<(usize, usize)> {
        let pairs = (0..corners.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        pairs
            .filter(|(a, b)| !self.may_overlap[*a][*b])
            .map(|pair| (self.shared(corners, pair), pair))
            .filter(|(shared, _)| *shared > TOUCH)
            .max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(&one.1)))
            .map(|(_, pair)| pair)
    }

    /// The area two actors share.
    fn shared(&self, corners: &[(f64, f64)], (a, b): (usize, usize)) -> f64 {
        let (p, q) = (corners[a], corners[b]);
        let (s, t) = (self.bodies[a].shape.size, self.bodies[b].shape.size);
        let w = (p.0 + s.0).min(q.0 + t.0) - p.0.max(q.0);
        let h = (p.1 + s.1).min(q.1 + t.1) - p.1.max(q.1);
        w.max(0.0) * h.max(0.0)
    }

    /// The four ways to tell two actors apart, with what each costs: how far
    /// they have to move, and how odd it looks.
    fn ways_apart(&self, a: usize, b: usize, corners: &[(f64, f64)]) -> Vec<(f64, Dim, usize, usize)> {
        let x = |first: usize, second: usize| {
            corners[first].0 + self.bodies[first].shape.size.0 - corners[second].0
        };
        let y = |first: usize, second: usize| {
            corners[first].1 + self.bodies[first].shape.size.1 - corners[second].1
        };
        let (class_a, class_b) = (self.cast.actors[a].kind.class, self.cast.actors[b].kind.class);
        let on_floor = |actor: usize| self.on_floor.contains(&actor);
        let same_floor = (on_floor(a) && on_floor(b)) || !(class_a.stands() || class_b.stands());
        let upright = |upper: Class, lower: Class| {
            if same_floor {
                0.5
            } else if upper.stands() && !lower.stands() {
                0.8
            } else {
                -0.2
            }
        };
        let sideways = vec![(x(a, b), Dim::X, a, b), (x(b, a) + 0.01, Dim::X, b, a)];
        if self.one_floor && on_floor(a) && on_floor(b) {
            return sideways;
        }
        let upright = [
            (y(a, b) + upright(class_a, class_b), Dim::Y, a, b),
            (y(b, a) + upright(class_b, class_a), Dim::Y, b, a),
        ];
        sideways.into_iter().chain(upright).collect()
    }

    /// Spreads what was told apart as widely and evenly as there is room.
    fn spread(&self, state: &State) -> Vec<(f64, f64)> {
        let (mut low, mut high) = (GAP, WIDEST_GAP);
        let mut best = self.positions(state);
        for _ in 0..6 {
            let gap = (low + high) / 2.0;
            match self.with_gap(state, gap) {
                Some(corners) => {
                    best = corners;
                    low = gap;
                }
                None => high = gap,
            }
        }
        best
    }

    /// The same decisions with a wider gap; `None` if that does not fit.
    fn with_gap(&self, state: &State, gap: f64) -> Option<Vec<(f64, f64)>> {
        let mut wider = state.clone();
        for &(dim, first, second) in &state.told_apart {
            let gap = if dim == Dim::X { gap } else { gap.min(0.06) };
            if !wider.add(separation(dim, first, second, gap), &self.bodies) {
                return None;
            }
        }
        let corners = self.positions(&wider);
        self.worst_overlap(&corners).is_none().then_some(corners)
    }

    fn finish(&self, state: &State, unmet: Vec<usize>, crowded: bool) -> Placement {
        let corners = if crowded { self.positions(state) } else { self.spread(state) };
        Placement { corners, bodies: self.bodies.clone(), unmet, crowded }
    }
}

/// The floor that puts what stands on it a little below the middle.
fn floor_line(cast: &Cast, bodies: &[Body]) -> f64 {
    let standing = cast.actors.iter().zip(bodies).filter(|(actor, _)| actor.kind.class.stands());
    let tallest = standing.map(|(_, body)| body.shape.size.1).fold(0.0, f64::max);
    let above = cast.actors.iter().any(|actor| !actor.kind.class.stands());
    let lowest = if above { 0.8 } else { 0.66 };
    (0.56 + tallest / 2.0).clamp(lowest, 0.92)
}

/// Where each actor's top edge would be if it were alone.
fn wished_heights(cast: &Cast, bodies: &[Body], floor: f64) -> Vec<f64> {
    let wish = |(actor, body): (&Actor, &Body)| {
        let h = body.shape.size.1;
        match (actor.fixed, actor.region, actor.kind.class) {
            (Some(place), ..) => place.y(),
            (None, Some(Region::Top | Region::TopLeft | Region::TopRight), _) => 0.22 - h / 2.0,
            (None, Some(Region::Bottom | Region::BottomLeft | Region::BottomRight), _) => 0.93 - h,
            (None, Some(Region::Foreground), _) => 0.95 - h,
            (None, Some(Region::Background), _) => 0.6 - h,
            (None, Some(Region::Center), _) => 0.5 - h / 2.0,
            (None, _, Class::Air) => 0.22 - h / 2.0,
            (None, _, Class::Hang) => 0.3 - h / 2.0,
            _ => floor - h,
        }
    };
    cast.actors.iter().zip(bodies).map(wish).collect()
}
