//! `scheduler_config.json` of a diffusers folder.

use serde::{Deserialize, Serialize};

pub use lmd_nn::PredictionType;

use crate::samplers::SchedulerError;

/// How β grows over the training steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BetaSchedule {
    /// β itself is linear.
    Linear,
    /// √β is linear: Stable Diffusion's choice (section B.2).
    ScaledLinear,
}

/// Where on the training steps the sampling steps lie (Lin et al. 2023, table 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TimestepSpacing {
    /// Multiples of `T / N`, plus the offset.
    Leading,
    /// Counted back from `T`.
    Trailing,
    /// From 0 to `T − 1` inclusive.
    Linspace,
}

/// The keys of `scheduler_config.json` that change the numbers. Others are
/// ignored; values that are not supported are refused by [`Self::check`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SchedulerConfig {
    /// Training steps `T`.
    pub num_train_timesteps: usize,
    /// First β.
    pub beta_start: f64,
    /// Last β.
    pub beta_end: f64,
    /// How β grows between the two.
    pub beta_schedule: BetaSchedule,
    /// What the network predicts.
    pub prediction_type: PredictionType,
    /// Added to every timestep under `leading` spacing.
    pub steps_offset: usize,
    /// Whether the ᾱ after the last step is 1 instead of ᾱ₀.
    pub set_alpha_to_one: bool,
    /// Step spacing; each sampler has a default of its own.
    pub timestep_spacing: Option<TimestepSpacing>,
    /// Whether x̂₀ is clamped to ±`clip_sample_range` (DDIM).
    pub clip_sample: bool,
    /// Bound of `clip_sample`.
    pub clip_sample_range: f64,
    /// PNDM: leave out the Runge–Kutta warm-up. Only `true` is supported, as
    /// in every Stable Diffusion.
    pub skip_prk_steps: bool,
    /// LCM: steps of the schedule the consistency model was distilled on.
    pub original_inference_steps: usize,
    /// LCM: factor on the timestep in the boundary condition.
    pub timestep_scaling: f64,
    /// Karras σ spacing; not supported, and of no meaning to DDIM, PNDM and LCM.
    pub use_karras_sigmas: bool,
    /// Dynamic thresholding; not supported.
    pub thresholding: bool,
    /// Zero terminal signal-to-noise ratio; not supported.
    pub rescale_betas_zero_snr: bool,
    /// β written out step by step; not supported.
    pub trained_betas: Option<Vec<f64>>,
}

impl Default for SchedulerConfig {
    /// Stable Diffusion 1.x (section B.2).
    fn default() -> Self {
        Self {
            num_train_timesteps: 1000,
            beta_start: 0.00085,
            beta_end: 0.012,
            beta_schedule: BetaSchedule::ScaledLinear,
            prediction_type: PredictionType::Epsilon,
            steps_offset: 1,
            set_alpha_to_one: false,
            timestep_spacing: None,
            clip_sample: false,
            clip_sample_range: 1.0,
            skip_prk_steps: true,
            original_inference_steps: 50,
            timestep_scaling: 10.0,
            use_karras_sigmas: false,
            thresholding: false,
            rescale_betas_zero_snr: false,
            trained_betas: None,
        }
    }
}

impl SchedulerConfig {
    /// Refuses values that no sampler of this crate reproduces; what a single one does not, it refuses when it is laid
    /// out.
    ///
    /// # Errors
    /// [`SchedulerError::Unsupported`] or [`SchedulerError::OutOfRange`],
    /// naming the key.
    pub fn check(&self) -> Result<(), SchedulerError> {
        let unsupported = [
            (self.thresholding, "thresholding = true"),
            (self.rescale_betas_zero_snr, "rescale_betas_zero_snr = true"),
            (self.trained_betas.is_some(), "trained_betas"),
        ];
        if let Some((_, setting)) = unsupported.iter().find(|(found, _)| *found) {
            return Err(SchedulerError::Unsupported { setting });
        }
        let in_range = |value: f64, low: f64, high: f64| value.is_finite() && value > low && value < high;
        let ranges = [
            ("num_train_timesteps", in_range(self.num_train_timesteps as f64, 1.0, 100_001.0), "2 to 100000"),
            ("beta_start", in_range(self.beta_start, 0.0, 1.0), "between 0 and 1"),
            ("beta_end", in_range(self.beta_end, 0.0, 1.0), "between 0 and 1"),
            ("steps_offset", self.steps_offset < self.num_train_timesteps, "below num_train_timesteps"),
            ("clip_sample_range", in_range(self.clip_sample_range, 0.0, 1e6), "positive"),
            (
                "original_inference_steps",
                (1..=self.num_train_timesteps).contains(&self.original_inference_steps),
                "1 to num_train_timesteps",
            ),
            ("timestep_scaling", in_range(self.timestep_scaling, 0.0, 1e6), "positive"),
        ];
        match ranges.iter().find(|(_, fine, _)| !fine) {
            Some((key, _, expected)) => Err(SchedulerError::OutOfRange { key, expected }),
            None => Ok(()),
        }
    }
}
