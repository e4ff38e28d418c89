//! [`SchedulerError`]: why there is no sampler.

use thiserror::Error;

/// Why there is no sampler.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SchedulerError {
    /// A setting of `scheduler_config.json` that no sampler reproduces.
    #[error("scheduler_config.json says {setting}, which is not supported; remove it")]
    Unsupported {
        /// Key and value.
        setting: &'static str,
    },
    /// A setting of `scheduler_config.json` that this sampler does not reproduce, while others do or need not read it.
    #[error(
        "scheduler_config.json says {setting}, which this sampler does not support; remove it or choose another sampler"
    )]
    UnsupportedBySampler {
        /// Key and value.
        setting: &'static str,
    },
    /// A number of `scheduler_config.json` that makes no sense.
    #[error("{key} in scheduler_config.json must be {expected}")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// More or fewer steps than the schedule has room for.
    #[error("{steps} steps were asked for, this schedule takes 1 to {limit}")]
    Steps {
        /// Steps asked for.
        steps: usize,
        /// Most steps possible.
        limit: usize,
    },
}
