//! Difference constraints on one axis, kept closed as they are added.
//!
//! Every rule of a layout ("the cat's right edge at least 0.02 left of the
//! dog's left edge") is a bound on the difference of two positions. The set
//! is kept transitively closed (an incremental Floyd-Warshall step per rule),
//! so that a contradiction shows at once, and every position's range is exact.

/// Sums of many bounds drift by rounding; a contradiction is more than this.
const SLACK: f64 = 1e-9;

/// The positions of `n` bodies on one axis, and the bounds between them.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    /// Bodies plus one: node 0 is the canvas origin.
    nodes: usize,
    /// `bound[i * nodes + j]` is the largest allowed `x_j - x_i`.
    bound: Vec<f64>,
}

impl Axis {
    /// Bodies given as `(size, margin)`: each is kept that far inside the unit
    /// canvas, as far as its size allows.
    pub(super) fn new(bodies: &[(f64, f64)]) -> Self {
        let nodes = bodies.len() + 1;
        let mut axis = Self { nodes, bound: vec![f64::INFINITY; nodes * nodes] };
        for (body, &(size, margin)) in bodies.iter().enumerate() {
            let margin = margin.min((1.0 - size) / 2.0).max(0.0);
            axis.bound[body + 1] = (1.0 - margin - size).max(0.0);
            axis.bound[(body + 1) * nodes] = -margin;
        }
        for node in 0..nodes {
            axis.bound[node * nodes + node] = 0.0;
        }
        axis.close();
        axis
    }

    /// Makes the bounds through the origin explicit.
    fn close(&mut self) {
        for i in 1..self.nodes {
            for j in (1..self.nodes).filter(|j| *j != i) {
                self.bound[i * self.nodes + j] = self.bound[i * self.nodes] + self.bound[j];
            }
        }
    }

    /// Whether `x_to - x_from <= limit` contradicts nothing that holds already.
    pub(super) fn admits(&self, from: Option<usize>, to: Option<usize>, limit: f64) -> bool {
        self.get(node(to), node(from)) + limit >= -SLACK
    }

    /// Adds `x_to - x_from <= limit`; `None` is the canvas origin. Returns
    /// `false` and changes nothing when that contradicts what holds already.
    pub(super) fn limit(&mut self, from: Option<usize>, to: Option<usize>, limit: f64) -> bool {
        if !self.admits(from, to, limit) {
            return false;
        }
        let (from, to) = (node(from), node(to));
        if limit >= self.get(from, to) {
            return true;
        }
        // Rounding must not leave a cycle that is negative by an ulp.
        let limit = limit.max(-self.get(to, from));
        for i in 0..self.nodes {
            let reach = self.get(i, from) + limit;
            for j in 0..self.nodes {
                let through = reach + self.get(to, j);
                if through < self.get(i, j) {
                    self.bound[i * self.nodes + j] = through;
                }
            }
        }
        true
    }

    /// The lowest and highest position `body` can take.
    pub(super) fn range(&self, body: usize) -> (f64, f64) {
        (-self.get(body + 1, 0), self.get(0, body + 1))
    }

    /// Positions that keep every bound and are as near to the wishes as the
    /// bodies before them in `order` allow.
    pub(super) fn settle(&self, order: &[usize], wishes: &[f64]) -> Vec<f64> {
        let mut ranges: Vec<(f64, f64)> = (0..self.nodes - 1).map(|body| self.range(body)).collect();
        for &body in order {
            let (low, high) = ranges[body];
            let place = wishes[body].min(high).max(low);
            for (other, range) in ranges.iter_mut().enumerate() {
                range.0 = range.0.max(place - self.get(other + 1, body + 1));
                range.1 = range.1.min(place + self.get(body + 1, other + 1));
            }
            ranges[body] = (place, place);
        }
        ranges.into_iter().map(|(place, _)| place).collect()
    }

    /// The middle between the lowest and the highest positions of all bodies
    /// at once: it keeps every bound (both extremes do, and bounds are convex)
    /// and is balanced about the canvas.
    pub(super) fn middle(&self) -> Vec<f64> {
        (0..self.nodes - 1).map(|body| self.range(body)).map(|(low, high)| (low + high) / 2.0).collect()
    }

    fn get(&self, from: usize, to: usize) -> f64 {
        self.bound[from * self.nodes + to]
    }
}

/// The node of a body, or of the canvas origin.
fn node(body: Option<usize>) -> usize {
    body.map_or(0, |body| body + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_chain_is_ranged_and_a_cycle_is_refused() {
        let mut axis = Axis::new(&[(0.2, 0.0); 3]);
        assert!(axis.limit(Some(1), Some(0), -0.25)); // 0 at least 0.25 left of 1
        assert!(axis.limit(Some(2), Some(1), -0.25));
        let (low, high) = axis.range(2);
        assert!((low - 0.5).abs() < 1e-12 && (high - 0.8).abs() < 1e-12);
        let before = axis.clone();
        assert!(!axis.limit(Some(0), Some(2), -0.1));
        assert_eq!(axis.bound, before.bound);
    }

    proptest! {
        /// Whatever was accepted is kept by every way to choose positions.
        #[test]
        fn fixing_keeps_every_accepted_rule(
            rules in proptest::collection::vec((0usize..6, 0usize..6, -0.4..0.4f64), 0..30),
            wishes in proptest::collection::vec(-0.5..1.5f64, 6),
        ) {
            let mut axis = Axis::new(&[(0.1, 0.02); 6]);
            let kept: Vec<_> = rules.into_iter()
                .filter(|(a, b, limit)| a != b && axis.limit(Some(*a), Some(*b), *limit)).collect();
            for at in [axis.settle(&[3, 1, 0, 2, 5, 4], &wishes), axis.middle()] {
                for (a, b, limit) in &kept {
                    prop_assert!(at[*b] - at[*a] <= limit + 1e-6, "{a} {b} {limit} {at:?}");
                }
                prop_assert!(at.iter().all(|x| (0.02 - 1e-6..=0.88 + 1e-6).contains(x)));
            }
        }
    }
}
