//! Finding places: a bounded, deterministic search for positions that keep
//! every constraint, overlap nowhere else, and stay as large as possible.
//!
//! At a given scale the search first chooses an alternative for each constraint,
//! then separates overlapping items pair by pair, each time in the cheapest
//! direction that contradicts nothing. If that fails the scale is lowered.

use std::cmp::Ordering;

use lmd_layout::BBox;

use super::axis::Axis;
use super::constraint::{AxisId, Constraint, Point, Rule, before, point};
use super::item::Body;
use super::problem::LayoutProblem;
use super::rows::{Row, floor_line, is_long_row, two_rows, wished_heights};
use super::rules::may_overlap;
use crate::lexicon::Class;

/// Gap kept between items that are told apart.
const GAP: f64 = 0.02;
/// Widest gap that separated items are spread to.
const WIDEST_GAP: f64 = 0.14;
/// Boxes that must cover more of the canvas than this are not worth a search.
const FULL: f64 = 0.72;
/// Boxes that share less than this of the canvas do not overlap.
const TOUCH: f64 = 1e-7;

/// More items than these are searched shortly and at fewer scales: every step costs more, and what is so crowded becomes
/// no better by it.
const CROWD: usize = 20;

/// Where everything went, and which constraints could not be met.
#[derive(Clone, Debug)]
pub(super) struct Placement {
    /// For each item, its outline's top-left corner.
    pub(super) corners: Vec<(f64, f64)>,
    /// The bodies that were placed.
    pub(super) bodies: Vec<Body>,
    /// Constraints that contradict others, by index.
    pub(super) unmet: Vec<usize>,
    /// Whether items overlap that should not.
    pub(super) crowded: bool,
}

/// How what stands on the floor is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Footing {
    /// All side by side.
    OneRow,
    /// Side by side in a back and a front row.
    TwoRows,
    /// As it comes.
    Free,
}

/// Ways to place, best first: one row on the floor reads best, then two, then
/// the best ways to relate, then any. With each: whether only the best ways
/// to relate are tried, and the smallest scale.
const FOOTINGS: [(Footing, bool, f64); 4] = [
    (Footing::OneRow, true, 0.72),
    (Footing::TwoRows, true, 0.6),
    (Footing::Free, true, 0.55),
    (Footing::Free, false, 0.2),
];

/// The scales that are tried where a relation is left out, and of how many
/// relations one is.
const COARSE: [f64; 6] = [1.0, 0.8, 0.62, 0.48, 0.36, 0.27];
const MOST_LEFT_OUT: usize = 6;

/// What is to be placed, and how.
#[derive(Clone, Copy)]
struct SearchInput<'a> {
    problem: &'a LayoutProblem,
    constraints: &'a [&'a Constraint],
    may_overlap: &'a [Vec<bool>],
}

impl Placement {
    /// The boxes of an item's members.
    pub(super) fn boxes(&self, item: usize) -> Vec<BBox> {
        let ((x, y), shape) = (self.corners[item], &self.bodies[item].shape);
        let member = |(nth, corner): (usize, &(f64, f64))| {
            let ((left, top), (w, h)) = shape.member(nth, *corner);
            BBox::clamped(x + left, y + top, w, h)
        };
        shape.corners.iter().enumerate().filter_map(member).collect()
    }
}

/// Places `problem` so that `constraints` hold.
pub(super) fn place(problem: &LayoutProblem, constraints: &[Constraint]) -> Placement {
    let (kept, unmet) = consistent(problem, constraints);
    let may = may_overlap(&problem.items, constraints);
    let asked = SearchInput { problem, constraints: &kept, may_overlap: &may };
    let largest = problem.largest_scale();
    for (footing, strong, least) in FOOTINGS {
        // One row is kept as long as the largest of it does not get small.
        let shortest = if is_long_row(problem, &kept) { 0.12 } else { 0.28 };
        let least = if footing == Footing::OneRow { least.min(problem.scale_for(shortest)) } else { least };
        let mut scale = largest;
        while scale >= least {
            let mut search = Search::new(asked, (scale, 1.0), strong, footing);
            if let Some(state) = search.run() {
                let higher = taller(asked, scale, strong, footing);
                let found = higher.unwrap_or_else(|| search.finish(&state, Vec::new(), false));
                return Placement { unmet, ..found };
            }
            scale *= if problem.items.len() > CROWD { 0.85 } else { 0.92 };
        }
    }
    if let Some(found) = without_one(asked, constraints, &unmet) {
        return found;
    }
    let mut search = Search::new(asked, (0.5, 1.0), false, Footing::Free);
    search.apart = false;
    let state = search.run().unwrap_or_else(|| State::new(&search.bodies));
    search.finish(&state, unmet, true)
}

/// A placement without the constraints of one relation, of the latest that
/// leaves room to all others: what does not hold is told, and nothing is piled up.
fn without_one(asked: SearchInput<'_>, constraints: &[Constraint], unmet: &[usize]) -> Option<Placement> {
    // Around what is there already, whoever adds to it decides what gives way.
    let most = if asked.problem.items.iter().all(|item| item.fixed.is_none()) { MOST_LEFT_OUT } else { 0 };
    let mut relations: Vec<&str> = Vec::new();
    let told = asked.constraints.iter().rev().map(|constraint| constraint.says.as_str());
    for says in told.filter(|says| !says.is_empty()) {
        if !relations.contains(&says) {
            relations.push(says);
        }
    }
    relations.into_iter().take(most).find_map(|relation| {
        let kept: Vec<_> = asked.constraints.iter().copied().filter(|one| one.says != relation).collect();
        let may = may_overlap(&asked.problem.items, kept.iter().copied());
        let rest = SearchInput { constraints: &kept, may_overlap: &may, ..asked };
        COARSE.into_iter().find_map(|scale| {
            let mut search = Search::new(rest, (scale, 1.0), false, Footing::Free);
            let state = search.run()?;
            let left_out = (0..constraints.len()).filter(|index| constraints[*index].says == relation);
            Some(search.finish(&state, unmet.iter().copied().chain(left_out).collect(), false))
        })
    })
}

/// When the width is what keeps things small, they are drawn higher instead.
fn taller(asked: SearchInput<'_>, scale: f64, strong: bool, footing: Footing) -> Option<Placement> {
    let given = asked.problem.items.iter().any(|item| item.fixed.is_some());
    let tallest = asked.problem.bodies(scale, 1.0).iter().map(|body| body.shape.cell.1).fold(0.0, f64::max);
    let stretches = [1.45, 1.3, 1.15].into_iter().filter(|stretch| !given && stretch * tallest <= 0.42);
    stretches.into_iter().find_map(|stretch| {
        let mut search = Search::new(asked, (scale, stretch), strong, footing);
        search.run().map(|state| search.finish(&state, Vec::new(), false))
    })
}

/// The constraints that can hold together when everything is very small, and the
/// indices of those that contradict an earlier one.
fn consistent<'a>(
    problem: &LayoutProblem,
    constraints: &'a [Constraint],
) -> (Vec<&'a Constraint>, Vec<usize>) {
    let bodies = problem.bodies(0.2, 1.0);
    let mut state = State::new(&bodies);
    let (mut kept, mut unmet) = (Vec::new(), Vec::new());
    for (index, constraint) in constraints.iter().enumerate() {
        // The weakest way leaves most room to the others.
        let found = constraint.options.iter().rev().find_map(|option| state.with_all(option, &bodies));
        match found {
            Some(next) => {
                state = next;
                kept.push(constraint);
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
    separated: Vec<(AxisId, usize, usize)>,
}

impl State {
    fn new(bodies: &[Body]) -> Self {
        let spans = |side: fn(&Body) -> f64| -> Vec<(f64, f64)> {
            bodies.iter().map(|body| (side(body), body.margin)).collect()
        };
        Self {
            x: Axis::new(&spans(|body| body.shape.size.0)),
            y: Axis::new(&spans(|body| body.shape.size.1)),
            separated: Vec::new(),
        }
    }

    /// This state with all of `rules`, `None` if they contradict it.
    fn with_all(&self, rules: &[Rule], bodies: &[Body]) -> Option<Self> {
        // What contradicts this state alone needs no copy of it.
        if !rules.iter().all(|rule| self.admits(rule, bodies)) {
            return None;
        }
        let mut next = self.clone();
        rules.iter().all(|rule| next.add(rule, bodies)).then_some(next)
    }

    /// Whether `rule` contradicts nothing.
    fn admits(&self, rule: &Rule, bodies: &[Body]) -> bool {
        let axis = if rule.dim == AxisId::X { &self.x } else { &self.y };
        axis.admits(rule.high.map(|p| p.item), rule.low.map(|p| p.item), limit(rule, bodies))
    }

    fn add(&mut self, rule: &Rule, bodies: &[Body]) -> bool {
        let axis = if rule.dim == AxisId::X { &mut self.x } else { &mut self.y };
        axis.limit(rule.high.map(|p| p.item), rule.low.map(|p| p.item), limit(rule, bodies))
    }

    /// This state with `first` before `second` on an axis.
    fn separated(&self, dim: AxisId, first: usize, second: usize, gap: f64, bodies: &[Body]) -> Option<Self> {
        let mut next = self.with_all(&[separation(dim, first, second, gap)], bodies)?;
        next.separated.push((dim, first, second));
        Some(next)
    }
}

/// A rule as a bound on corners: high - low >= gap, so
/// low_corner - high_corner <= offsets - gap.
fn limit(rule: &Rule, bodies: &[Body]) -> f64 {
    let offset = |point: Option<Point>| {
        point.map_or(0.0, |point| {
            let size = bodies[point.item].shape.size;
            point.at * if rule.dim == AxisId::X { size.0 } else { size.1 }
        })
    };
    offset(rule.high) - offset(rule.low) - rule.gap
}

fn separation(dim: AxisId, first: usize, second: usize, gap: f64) -> Rule {
    before(dim, point(first, 1.0), point(second, 0.0), gap)
}

/// One search at one scale.
struct Search<'a> {
    asked: SearchInput<'a>,
    bodies: Vec<Body>,
    /// Only the best alternatives are tried.
    strong: bool,
    /// Whether what stands in a row must stand side by side.
    side_by_side: bool,
    /// Whether overlaps are removed.
    apart: bool,
    /// Steps left.
    budget: usize,
    /// In which order heights are settled, and the heights wished for.
    order: Vec<usize>,
    wishes: Vec<f64>,
    /// The rows on the floor, back to front.
    rows: Vec<Row>,
}

impl<'a> Search<'a> {
    fn new(asked: SearchInput<'a>, (scale, stretch): (f64, f64), strong: bool, footing: Footing) -> Self {
        let problem = asked.problem;
        let bodies = problem.bodies(scale, stretch);
        let floor = floor_line(problem, &bodies);
        let wishes = wished_heights(problem, &bodies, floor);
        let standing: Vec<usize> = (0..bodies.len()).filter(|item| problem.stands_on_floor(*item)).collect();
        let rows = match footing {
            Footing::TwoRows => two_rows(problem, &bodies, asked.constraints, &standing),
            _ => vec![Row { floor, items: standing }],
        };
        let mut order: Vec<usize> = (0..bodies.len()).collect();
        order.sort_by(|a, b| bodies[*b].shape.size.1.total_cmp(&bodies[*a].shape.size.1));
        order.sort_by_key(|item| {
            let item = &problem.items[*item];
            (item.fixed.is_none(), !item.kind.class.stands())
        });
        let budget = if bodies.len() > CROWD { 200 } else { 80 + bodies.len() * bodies.len() };
        let side_by_side = footing != Footing::Free;
        Self { asked, bodies, strong, side_by_side, apart: true, budget, order, wishes, rows }
    }

    /// The first state in which everything holds.
    fn run(&mut self) -> Option<State> {
        let cramped = self.side_by_side && !self.rows.iter().all(|row| self.has_width(row));
        if cramped || (self.apart && self.area() > FULL) {
            return None;
        }
        let mut state = State::new(&self.bodies);
        for (index, item) in self.asked.problem.items.iter().enumerate() {
            if let Some(place) = item.fixed {
                let at = point(index, 0.0);
                for (dim, value) in [(AxisId::X, place.x()), (AxisId::Y, place.y())] {
                    state.add(&before(dim, None, at, value), &self.bodies);
                    state.add(&before(dim, at, None, -value), &self.bodies);
                }
            }
        }
        self.step(&state, 0)
    }

    /// The area of what may overlap nothing.
    fn area(&self) -> f64 {
        let alone = self.asked.may_overlap.iter().zip(&self.bodies).filter(|(may, _)| !may.contains(&true));
        alone.map(|(_, body)| body.shape.size.0 * body.shape.size.1).sum()
    }

    /// Whether a row can stand side by side at all: cheaper than to try.
    fn has_width(&self, row: &Row) -> bool {
        let widths: f64 = row.items.iter().map(|item| self.bodies[*item].shape.size.0 + GAP).sum();
        let covers = |a: &usize| row.items.iter().any(|b| a != b && self.asked.may_overlap[*a][*b]);
        widths - GAP <= 0.945 || row.items.iter().any(covers)
    }

    /// Chooses a way for constraint `next` and all after it, then separates.
    fn step(&mut self, state: &State, next: usize) -> Option<State> {
        self.budget = self.budget.checked_sub(1)?;
        let Some(constraint) = self.asked.constraints.get(next) else {
            return if self.apart { self.separate(state) } else { Some(state.clone()) };
        };
        let options = if self.strong { constraint.strong } else { constraint.options.len() };
        for option in &constraint.options[..options.min(constraint.options.len())] {
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

    /// The wished heights once everything in a row stands on one floor: as low
    /// as the lowest of them has to go.
    fn wishes_on_floor(&self, state: &State) -> Vec<f64> {
        let height = |item: usize| self.bodies[item].shape.size.1;
        let feet = |item: &usize| state.y.range(*item).0 + height(*item);
        let mut wishes = self.wishes.clone();
        for row in &self.rows {
            let floor = row.items.iter().map(feet).fold(row.floor, f64::max);
            row.items.iter().for_each(|item| wishes[*item] = floor - height(*item));
        }
        wishes
    }

    /// The pair that shares most, of several such pairs the first.
    fn worst_overlap(&self, corners: &[(f64, f64)]) -> Option<(usize, usize)> {
        let (mut most, mut worst) = (TOUCH, None);
        for a in 0..corners.len() {
            for b in a + 1..corners.len() {
                if !self.asked.may_overlap[a][b] {
                    let shared = self.shared(corners, (a, b));
                    if shared > most {
                        (most, worst) = (shared, Some((a, b)));
                    }
                }
            }
        }
        worst
    }

    /// The area two items share.
    fn shared(&self, corners: &[(f64, f64)], (a, b): (usize, usize)) -> f64 {
        let (p, q) = (corners[a], corners[b]);
        let (s, t) = (self.bodies[a].shape.size, self.bodies[b].shape.size);
        let w = (p.0 + s.0).min(q.0 + t.0) - p.0.max(q.0);
        let h = (p.1 + s.1).min(q.1 + t.1) - p.1.max(q.1);
        w.max(0.0) * h.max(0.0)
    }

    /// The four ways to tell two items apart, with what each costs: how far
    /// they have to move, and how odd it looks.
    fn ways_apart(&self, a: usize, b: usize, corners: &[(f64, f64)]) -> Vec<(f64, AxisId, usize, usize)> {
        let x = |first: usize, second: usize| {
            corners[first].0 + self.bodies[first].shape.size.0 - corners[second].0
        };
        let y = |first: usize, second: usize| {
            corners[first].1 + self.bodies[first].shape.size.1 - corners[second].1
        };
        let class = |item: usize| self.asked.problem.items[item].kind.class;
        let (class_a, class_b) = (class(a), class(b));
        let row = |item: usize| self.rows.iter().position(|row| row.items.contains(&item));
        let (row_a, row_b) = (row(a), row(b));
        let same_floor = (row_a.is_some() && row_b.is_some()) || !(class_a.stands() || class_b.stands());
        let upright = |upper: Class, lower: Class| {
            if same_floor {
                0.5
            } else if upper.stands() && !lower.stands() {
                0.8
            } else {
                -0.2
            }
        };
        let sideways = vec![(x(a, b), AxisId::X, a, b), (x(b, a) + 0.01, AxisId::X, b, a)];
        if let (true, Some(row_a), Some(row_b)) = (self.side_by_side, row_a, row_b) {
            return match row_a.cmp(&row_b) {
                Ordering::Equal => sideways,
                Ordering::Less => vec![(0.0, AxisId::Y, a, b)],
                Ordering::Greater => vec![(0.0, AxisId::Y, b, a)],
            };
        }
        let upright = [
            (y(a, b) + upright(class_a, class_b), AxisId::Y, a, b),
            (y(b, a) + upright(class_b, class_a), AxisId::Y, b, a),
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
        for &(dim, first, second) in &state.separated {
            let gap = if dim == AxisId::X { gap } else { gap.min(0.06) };
            if !wider.add(&separation(dim, first, second, gap), &self.bodies) {
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
