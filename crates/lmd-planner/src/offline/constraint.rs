//! [`Constraint`]: alternatives of linear rules between points of items.

/// Which axis a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AxisId {
    /// Left to right.
    X,
    /// Top to bottom.
    Y,
}

/// A point of an item along an axis: 0 its left or top edge, 1 the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) item: usize,
    pub(super) at: f64,
}

/// `high - low >= gap` on an axis; `None` is the canvas's left or top edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) dim: AxisId,
    pub(super) low: Option<Point>,
    pub(super) high: Option<Point>,
    pub(super) gap: f64,
}

/// Something the sentence asks for, and the ways to give it.
#[derive(Clone, Debug)]
pub(super) struct Constraint {
    /// In words, for a warning.
    pub(super) says: String,
    /// The ways, best first; each a set of rules that hold together.
    pub(super) options: Vec<Vec<Rule>>,
    /// How many of them are as good as one could wish.
    pub(super) strong: usize,
    /// Two items that may overlap because of it, the upper or nearer first.
    pub(super) overlap: Option<(usize, usize)>,
}

impl Constraint {
    /// The left and the right item, where that is what it asks for.
    pub(super) fn sideways(&self) -> Option<[usize; 2]> {
        let order = |rules: &Vec<Rule>| {
            rules
                .iter()
                .find(|rule| rule.dim == AxisId::X)
                .and_then(|rule| Some([rule.low?.item, rule.high?.item]))
        };
        let first = self.options.first().and_then(order)?;
        self.options.iter().all(|rules| order(rules) == Some(first)).then_some(first)
    }
}

/// Clear distance by which centres differ where only their order is asked for.
pub(super) const CLEAR: f64 = 0.05;
/// Gap between neighbours.
const GAP: f64 = 0.02;

pub(super) fn point(item: usize, at: f64) -> Option<Point> {
    Some(Point { item, at })
}

/// `low` lies at least `gap` before `high`.
pub(super) fn before(dim: AxisId, low: Option<Point>, high: Option<Point>, gap: f64) -> Rule {
    Rule { dim, low, high, gap }
}

/// All of `a` lies before all of `b`.
pub(super) fn apart(dim: AxisId, a: usize, b: usize) -> Rule {
    before(dim, point(a, 1.0), point(b, 0.0), GAP)
}

/// The centre of `a` lies clearly before that of `b`.
pub(super) fn centres(dim: AxisId, a: usize, b: usize) -> Rule {
    before(dim, point(a, 0.5), point(b, 0.5), CLEAR)
}

/// Two points lie within `distance` of one another.
pub(super) fn near(dim: AxisId, a: Option<Point>, b: Option<Point>, distance: f64) -> [Rule; 2] {
    [before(dim, a, b, -distance), before(dim, b, a, -distance)]
}

/// `a` and `b` share a good part of their extent along an axis.
pub(super) fn level(dim: AxisId, a: usize, b: usize) -> [Rule; 2] {
    [before(dim, point(a, 0.0), point(b, 0.7), 0.0), before(dim, point(b, 0.3), point(a, 1.0), 0.0)]
}

/// `a` lies within `b`, `pad` of b's size from either of its edges.
pub(super) fn within(dim: AxisId, a: usize, b: usize, pad: f64) -> [Rule; 2] {
    [before(dim, point(b, pad), point(a, 0.0), 0.0), before(dim, point(a, 1.0), point(b, 1.0 - pad), 0.0)]
}

impl Constraint {
    pub(super) fn new(strong: usize, options: Vec<Vec<Rule>>) -> Self {
        Self { says: String::new(), options, strong, overlap: None }
    }

    pub(super) fn overlapping(mut self, upper: usize, lower: usize) -> Self {
        self.overlap = Some((upper, lower));
        self
    }
}
