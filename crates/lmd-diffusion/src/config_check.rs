//! Settings from outside: each must lie where it makes sense.

use std::fmt::Display;

use crate::DiffusionError;
use crate::config::{DrawConfig, GuidanceConfig, LmdConfig};

/// Sides of a picture in pixels.
const SIDES: std::ops::RangeInclusive<usize> = 64..=4096;
/// Most characters of a negative prompt; the text encoder reads far fewer.
const MOST_TERMS: usize = 2000;
/// Largest factor believed.
const LARGEST: f64 = 1e6;

impl DrawConfig {
    /// Refuses settings that cannot be meant.
    ///
    /// # Errors
    /// [`DiffusionError::Setting`] naming the first one, its value and what it
    /// may be; [`DiffusionError::PictureSize`].
    pub fn check(&self) -> Result<(), DiffusionError> {
        let fits = |side: Option<usize>| side.is_none_or(|s| s.is_multiple_of(64) && SIDES.contains(&s));
        if !fits(self.width) || !fits(self.height) {
            let side = |side: Option<usize>| side.unwrap_or(*SIDES.start());
            return Err(DiffusionError::PictureSize { width: side(self.width), height: side(self.height) });
        }
        require((1..=1000).contains(&self.steps), "steps", self.steps, "1 to 1000")?;
        within("cfg_scale", self.cfg_scale_with(None), 0.0, 1000.0, "0 to 1000")?;
        let characters = self.negative_prompt.as_ref().map_or(0, |terms| terms.chars().count());
        require(characters <= MOST_TERMS, "negative_prompt", characters, "at most 2000 characters")?;
        within("grounding_beta", self.grounding_beta, 0.0, 1.0, "0 to 1")?;
        self.lmd.check()
    }
}

impl LmdConfig {
    fn check(&self) -> Result<(), DiffusionError> {
        self.per_box.check("lmd.per_box")?;
        self.overall.check("lmd.overall")?;
        let shares = [
            ("lmd.frozen_step_ratio", self.frozen_step_ratio),
            ("lmd.fg_blending_ratio", self.fg_blending_ratio.unwrap_or_default()),
            ("lmd.floor_padding", self.floor_padding),
            ("lmd.mask_threshold", self.mask_threshold),
        ];
        for (name, value) in shares {
            within(name, value, 0.0, 1.0, "0 to 1")?;
        }
        within("lmd.transfer_weight", self.transfer_weight, 0.0, LARGEST, "0 to 1000000")?;
        let sigma = self.mask_sigma;
        require((0.01..=64.0).contains(&sigma), "lmd.mask_sigma", sigma, "0.01 to 64 cells")?;
        require((1..=1024).contains(&self.batch), "lmd.batch", self.batch, "1 to 1024")
    }
}

impl GuidanceConfig {
    fn check(&self, at: &str) -> Result<(), DiffusionError> {
        let (scale, threshold) = (self.loss_scale, self.loss_threshold);
        let positive = scale.is_finite() && scale > 0.0 && scale <= LARGEST;
        require(positive, &format!("{at}.loss_scale"), scale, "above 0, at most 1000000")?;
        within(&format!("{at}.loss_threshold"), threshold, 0.0, LARGEST, "0 to 1000000")?;
        let most = self.max_iter.iter().copied().max().unwrap_or(0);
        require(most <= 1000, &format!("{at}.max_iter"), most, "at most 1000 iterations a step")?;
        let energy = &self.energy;
        for (name, share) in [("fg_top_p", energy.fg_top_p), ("bg_top_p", energy.bg_top_p)] {
            let fine = share > 0.0 && share <= 1.0;
            require(fine, &format!("{at}.energy.{name}"), share, "above 0, at most 1")?;
        }
        for (name, weight) in [("fg_weight", energy.fg_weight), ("bg_weight", energy.bg_weight)] {
            within(&format!("{at}.energy.{name}"), f64::from(weight), 0.0, LARGEST, "0 to 1000000")?;
        }
        Ok(())
    }
}

/// An error unless `low <= value <= high`; a NaN is nowhere.
fn within(
    setting: &str,
    value: f64,
    low: f64,
    high: f64,
    allowed: &'static str,
) -> Result<(), DiffusionError> {
    require((low..=high).contains(&value), setting, value, allowed)
}

fn require(
    fine: bool,
    setting: &str,
    value: impl Display,
    allowed: &'static str,
) -> Result<(), DiffusionError> {
    if fine {
        return Ok(());
    }
    Err(DiffusionError::Setting { setting: setting.to_owned(), value: value.to_string(), allowed })
}
