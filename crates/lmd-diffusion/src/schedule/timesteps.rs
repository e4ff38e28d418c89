//! Which training steps the sampling steps lie on.

use super::TimestepSpacing;

/// The timesteps of `steps` sampling steps over `total` training steps, descending (Lin et al. 2023,
/// arXiv 2305.08891, table 2). Positions under `linspace` stay fractional.
#[must_use]
pub fn spaced_timesteps(total: usize, steps: usize, spacing: TimestepSpacing, offset: usize) -> Vec<f64> {
    let (t, n) = (total as f64, steps as f64);
    let mut timesteps: Vec<f64> = match spacing {
        TimestepSpacing::Leading => (0..steps).map(|i| (i * (total / steps) + offset) as f64).collect(),
        TimestepSpacing::Linspace if steps == 1 => vec![0.0],
        TimestepSpacing::Linspace => (0..steps).map(|i| i as f64 * (t - 1.0) / (n - 1.0)).collect(),
        TimestepSpacing::Trailing => {
            (0..steps).rev().map(|i| (t - i as f64 * t / n).round_ties_even() - 1.0).collect()
        }
    };
    timesteps.reverse();
    timesteps
}
