//! Settings from outside: each must lie where it makes sense. Checking takes
//! no longer for large values than for small ones.

use std::fmt::Display;

use super::{DrawConfig, GuidanceConfig, LmdConfig};
use crate::pipeline::{LONGEST_SIDE, SIDE_STEP};
use crate::{DiffusionError, Registry};

/// Most characters of a negative prompt; the text encoder reads far fewer.
const MOST_TERMS: usize = 2000;
/// Most entries of a list of iterations or layers.
const LONGEST_LIST: usize = 1000;
/// Largest factor that is accepted.
const LARGEST: f64 = 1e6;

impl DrawConfig {
    /// Refuses settings that cannot be meant, and names that this crate's registry does not know.
    ///
    /// ```
    /// use lmd_diffusion::DrawConfig;
    ///
    /// let config = DrawConfig { steps: 0, ..DrawConfig::default() };
    /// assert_eq!(config.check().unwrap_err().to_string(), "steps is 0; it must be 1 to 1000");
    /// ```
    ///
    /// # Errors
    /// [`DiffusionError::Setting`] naming the first one, its value and what it
    /// may be; [`DiffusionError::PictureSize`], [`DiffusionError::UnknownName`], [`DiffusionError::MethodSettings`].
    pub fn check(&self) -> Result<(), DiffusionError> {
        self.check_with(Registry::shared())
    }

    /// The same with the names of another registry.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_with(&self, registry: &Registry) -> Result<(), DiffusionError> {
        registry.method(&self.method)?;
        registry.sampler(&self.sampler)?;
        registry.refiner(&self.lmd.mask_refiner)?;
        self.check_size()?;
        require((1..=1000).contains(&self.steps), "steps", self.steps, "1 to 1000")?;
        within("cfg_scale", self.cfg_scale_with(None), 0.0, 1000.0, "0 to 1000")?;
        if let Some(strength) = self.guidance_strength {
            let fine = strength > 0.0 && strength <= 1000.0;
            require(fine, "guidance_strength", strength, "above 0, at most 1000")?;
        }
        let characters = self.negative_prompt.as_ref().map_or(0, |terms| terms.chars().count());
        require(characters <= MOST_TERMS, "negative_prompt", characters, "at most 2000 characters")?;
        self.lmd.check()?;
        self.check_methods(registry)
    }

    fn check_size(&self) -> Result<(), DiffusionError> {
        let fits = |side: Option<usize>| {
            side.is_none_or(|s| s.is_multiple_of(SIDE_STEP) && (SIDE_STEP..=LONGEST_SIDE).contains(&s))
        };
        for (name, side) in [("width", self.width), ("height", self.height)] {
            if let Some(value) = side.filter(|_| !fits(side)) {
                return Err(DiffusionError::PictureSide { name, value });
            }
        }
        Ok(())
    }

    /// Every table of settings is one of a method's, and reads as such.
    fn check_methods(&self, registry: &Registry) -> Result<(), DiffusionError> {
        let known: Vec<&str> = registry.settings().map(|spec| spec.name).collect();
        if let Some(name) = self.methods.names().find(|name| !known.contains(name)) {
            return Err(DiffusionError::UnknownName {
                kind: "method with settings",
                name: lmd_layout::clean_text(name),
                known: known.join(", "),
            });
        }
        registry.settings().try_for_each(|spec| (spec.check)(&self.methods))
    }
}

impl LmdConfig {
    fn check(&self) -> Result<(), DiffusionError> {
        self.per_box.check("lmd.per_box")?;
        self.overall.check("lmd.overall")?;
        let shares = [
            ("lmd.frozen_step_ratio", self.frozen_step_ratio),
            ("lmd.floor_padding", self.floor_padding),
            ("lmd.mask_threshold", self.mask_threshold),
        ];
        let blending = self.fg_blending_ratio.map(|ratio| ("lmd.fg_blending_ratio", ratio));
        for (name, value) in shares.into_iter().chain(blending) {
            within(name, value, 0.0, 1.0, "0 to 1")?;
        }
        within("lmd.transfer_weight", self.transfer_weight, 0.0, LARGEST, "0 to 1000000")?;
        let sigma = self.mask_sigma;
        require((0.01..=64.0).contains(&sigma), "lmd.mask_sigma", sigma, "0.01 to 64 cells")?;
        if let Some(step) = self.mask_from_step {
            require(step <= 1000, "lmd.mask_from_step", step, "0 to 1000")?;
        }
        if let Some(layers) = &self.guided_layers {
            let fine = !layers.is_empty() && layers.len() <= LONGEST_LIST;
            require(fine, "lmd.guided_layers", layers.len(), "1 to 1000 names")?;
        }
        require((1..=1024).contains(&self.batch), "lmd.batch", self.batch, "1 to 1024")
    }
}

impl GuidanceConfig {
    pub(crate) fn check(&self, at: &str) -> Result<(), DiffusionError> {
        let (scale, threshold) = (self.loss_scale, self.loss_threshold);
        let positive = scale.is_finite() && scale > 0.0 && scale <= LARGEST;
        require(positive, &format!("{at}.loss_scale"), scale, "above 0, at most 1000000")?;
        within(&format!("{at}.loss_threshold"), threshold, 0.0, LARGEST, "0 to 1000000")?;
        let steps = self.max_index_step;
        require(steps <= 1_000_000, &format!("{at}.max_index_step"), steps, "0 to 1000000")?;
        let entries = self.max_iter.len();
        require(entries <= LONGEST_LIST, &format!("{at}.max_iter"), entries, "at most 1000 entries")?;
        let most = self.max_iter.iter().copied().fold(0, usize::max);
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
pub(crate) fn within(
    setting: &str,
    value: f64,
    low: f64,
    high: f64,
    allowed: &'static str,
) -> Result<(), DiffusionError> {
    require((low..=high).contains(&value), setting, value, allowed)
}

pub(crate) fn require(
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
