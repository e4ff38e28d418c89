//! Settings from outside: each must lie where it makes sense. Checking takes
//! no longer for large values than for small ones.

use std::fmt::Display;

use lmd_layout::MAX_OBJECTS;

use super::{GuidanceConfig, LmdConfig, ObjectSettings};
use crate::DiffusionError;
use crate::settings::MOST_TERMS;

/// Most entries of a list of iterations or layers.
const LONGEST_LIST: usize = 1000;
/// Largest factor that is accepted.
const LARGEST: f64 = 1e6;

impl LmdConfig {
    pub(crate) fn check(&self) -> Result<(), DiffusionError> {
        self.per_box.check("lmd.per_box")?;
        self.overall.check("lmd.overall")?;
        let shares = [
            ("lmd.frozen_step_ratio", self.frozen_step_ratio),
            ("lmd.floor_padding", self.floor_padding),
            ("lmd.mask_threshold", self.mask_threshold),
            ("lmd.mask_confidence", self.mask_confidence),
            ("lmd.mask_overlap", self.mask_overlap),
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
        require((1..=1024).contains(&self.batch), "lmd.batch", self.batch, "1 to 1024")?;
        check_objects(&self.objects)
    }
}

/// Settings of single objects: of objects that a layout can have, each once, and such that can be written into a picture.
fn check_objects(objects: &[ObjectSettings]) -> Result<(), DiffusionError> {
    for (at, one) in objects.iter().enumerate() {
        require(one.object < MAX_OBJECTS, "lmd.objects.object", one.object, "0 to 31, counted from 0")?;
        let twice = objects.iter().take(at).any(|other| other.object == one.object);
        require(!twice, "lmd.objects.object", one.object, "named once")?;
        let seed = one.seed.unwrap_or_default();
        require(i64::try_from(seed).is_ok(), "lmd.objects.seed", seed, "at most 9223372036854775807")?;
        let characters = one.negative.as_ref().map_or(0, |terms| terms.chars().count());
        require(characters <= MOST_TERMS, "lmd.objects.negative", characters, "at most 2000 characters")?;
    }
    Ok(())
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
