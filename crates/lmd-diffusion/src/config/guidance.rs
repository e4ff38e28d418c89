//! [`GuidanceConfig`]: when and how strongly the latents are guided.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::energy::TopKConfig;

/// When and how strongly the latents are guided (B.9).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GuidanceConfig {
    /// Steps from the first that are guided. Default 30.
    pub max_index_step: usize,
    /// Most iterations at each of these steps; the last entry counts for all
    /// behind it. Default 4 ×5, 3 ×5, 2 ×10, 1 ×10.
    pub max_iter: Vec<usize>,
    /// Factor on the energy. Default 5.
    pub loss_scale: f64,
    /// Energy at and below which guidance ends, for all later steps too. Default 5.
    pub loss_threshold: f64,
    /// The energy's weights.
    pub energy: TopKConfig,
}

impl Default for GuidanceConfig {
    fn default() -> Self {
        Self {
            max_index_step: 30,
            max_iter: Self::step_by_step(&[(4, 5), (3, 5), (2, 10), (1, 10)]),
            loss_scale: 5.0,
            loss_threshold: 5.0,
            energy: TopKConfig::default(),
        }
    }
}

impl GuidanceConfig {
    /// [`Self::max_iter`] of so many iterations for so many steps, then others for others.
    pub(crate) fn step_by_step(runs: &[(usize, usize)]) -> Vec<usize> {
        runs.iter().flat_map(|(iterations, steps)| vec![*iterations; *steps]).collect()
    }

    /// Most iterations at step `index`.
    #[must_use]
    pub fn iterations(&self, index: usize) -> usize {
        match (self.max_iter.get(index), self.max_iter.last()) {
            _ if index >= self.max_index_step => 0,
            (Some(listed), _) => *listed,
            (None, Some(last)) => *last,
            // Who lists no iterations wants none.
            (None, None) => 0,
        }
    }

    /// Most iterations in all of `steps` steps. Takes no longer for many steps than for few.
    #[must_use]
    pub fn iterations_in(&self, steps: usize) -> u64 {
        // Who lists no iterations wants none.
        let Some(last) = self.max_iter.last() else { return 0 };
        let guided = steps.min(self.max_index_step);
        let listed = self.max_iter.iter().take(guided).fold(0u64, |sum, n| sum.saturating_add(*n as u64));
        let beyond = guided.saturating_sub(self.max_iter.len()) as u64;
        listed.saturating_add(beyond.saturating_mul(*last as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_papers() {
        let guidance = GuidanceConfig::default();
        assert_eq!((0..50).map(|i| guidance.iterations(i)).sum::<usize>(), 65);
        assert_eq!([0, 5, 10, 19, 20, 29, 30].map(|i| guidance.iterations(i)), [4, 3, 2, 2, 1, 1, 0]);
    }

    #[test]
    fn iterations_are_counted_without_walking_the_steps() {
        for max_iter in [vec![], vec![3], vec![4, 2, 1], vec![1; 40]] {
            let guidance = GuidanceConfig { max_index_step: 12, max_iter, ..GuidanceConfig::default() };
            for steps in [0, 1, 2, 5, 12, 13, 50] {
                let walked = (0..steps).map(|i| guidance.iterations(i) as u64).sum::<u64>();
                assert_eq!(guidance.iterations_in(steps), walked, "{guidance:?}, {steps} steps");
            }
        }
        let endless = GuidanceConfig { max_index_step: usize::MAX, ..GuidanceConfig::default() };
        assert!(endless.iterations_in(usize::MAX) > 1 << 62);
    }
}
