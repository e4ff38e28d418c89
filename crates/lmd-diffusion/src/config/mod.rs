//! Every hyper-parameter of stage 2, with the defaults of docs/method.md, B.1.

mod check;
mod guidance;
mod lmd;
mod method_settings;
mod name;
mod raw;

use lmd_layout::Fidelity;
use serde::{Deserialize, Serialize};

pub(crate) use check::{require, within};
pub use guidance::GuidanceConfig;
pub use lmd::LmdConfig;
pub use method_settings::{MethodSettings, Settings, SettingsSpec};
pub use name::Name;

use crate::{DiffusionError, NoiseSource, Registry};

/// How a picture is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "raw::RawDrawConfig")]
pub struct DrawConfig {
    /// Which method. Default `lmd`.
    pub method: Name,
    /// Width in pixels, a multiple of 64. Default: the model's own size.
    pub width: Option<usize>,
    /// Height in pixels, a multiple of 64. Default: the model's own size.
    pub height: Option<usize>,
    /// Denoising steps, at least 1. Default 50.
    pub steps: usize,
    /// Classifier-free guidance scale; 1 is none. Default: the model's
    /// (`lmd.json` in its folder), else the paper's 7.5 (MultiDiffusion's 10).
    pub cfg_scale: Option<f64>,
    /// Terms after the layout's own negative prompt. Default: the model's
    /// (`lmd.json` in its folder), else the paper's (B.1).
    pub negative_prompt: Option<String>,
    /// Factor on every step of guidance, above 0. Default: the model's (`lmd.json` in its folder), else 1.
    pub guidance_strength: Option<f64>,
    /// The sampler. Default `ddim`.
    pub sampler: Name,
    /// Where noise comes from. Default PyTorch's CPU generator.
    pub noise: NoiseSource,
    /// Whether the reference's quirks are reproduced. Default: mended.
    pub fidelity: Fidelity,
    /// The settings of LMD and LMD+.
    pub lmd: LmdConfig,
    /// The settings of the other methods, each a table under the method's name.
    #[serde(flatten)]
    pub methods: MethodSettings,
}

impl Default for DrawConfig {
    fn default() -> Self {
        Self {
            method: Name::of("lmd"),
            width: None,
            height: None,
            steps: 50,
            cfg_scale: None,
            negative_prompt: None,
            guidance_strength: None,
            sampler: Name::of("ddim"),
            noise: NoiseSource::Mt19937,
            fidelity: Fidelity::default(),
            lmd: LmdConfig::default(),
            methods: MethodSettings::defaults(Registry::shared()),
        }
    }
}

impl DrawConfig {
    /// Settings of one method, or their defaults where none are set.
    ///
    /// ```
    /// use lmd_diffusion::DrawConfig;
    /// use lmd_diffusion::methods::boxdiff::BoxdiffConfig;
    ///
    /// let config: DrawConfig = serde_json::from_str(r#"{"boxdiff": {"step_size": 10.0}}"#)?;
    /// let boxdiff: BoxdiffConfig = config.settings()?;
    /// assert_eq!((boxdiff.step_size, boxdiff.guided_share), (10.0, 0.5));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When they hold unknown names or wrong values.
    pub fn settings<S: Settings>(&self) -> Result<S, DiffusionError> {
        self.methods.get()
    }

    /// The classifier-free guidance scale with a model that recommends `hint`.
    #[must_use]
    pub fn cfg_scale_with(&self, hint: Option<f64>) -> f64 {
        match self.cfg_scale.or(hint) {
            Some(scale) => scale,
            // An unknown method is refused by `check`.
            None => Registry::shared().method(&self.method).map_or(7.5, |method| method.cfg_scale()),
        }
    }
}

/// `int(ratio · count)`, the ratio clamped to [0, 1].
pub(crate) fn share(ratio: f64, count: usize) -> usize {
    (ratio.clamp(0.0, 1.0) * count as f64) as usize
}

/// The least whole number that is at least `ratio · count`, the ratio clamped to [0, 1]. What rounding alone puts above
/// a whole number stays at it.
pub(crate) fn share_rounded_up(ratio: f64, count: usize) -> usize {
    (ratio.clamp(0.0, 1.0) * count as f64 - 1e-9).ceil().max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_settings_are_refused() {
        assert!(serde_json::from_str::<DrawConfig>(r#"{"lmd":{"treshold":1}}"#).is_err());
        let error = serde_json::from_str::<DrawConfig>(r#"{"stepz":1}"#).unwrap_err().to_string();
        assert!(error.starts_with("unknown field `stepz`, expected one of `method`, `width`"), "{error}");
        let config: DrawConfig = serde_json::from_str(r#"{"steps":20,"sampler":"dpm++2m"}"#).unwrap();
        assert_eq!((config.steps, config.lmd), (20, LmdConfig::default()));
        let config: DrawConfig = serde_json::from_str(r#"{"boxdif":{"step_size":1}}"#).unwrap();
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains("boxdif") && error.contains("boxdiff"), "{error}");
        let config: DrawConfig = serde_json::from_str(r#"{"boxdiff":{"step":1}}"#).unwrap();
        let error = config.check().unwrap_err().to_string();
        assert!(error.contains("boxdiff") && error.contains("unknown field `step`"), "{error}");
    }

    #[test]
    fn settings_are_read_as_they_are_written() {
        let config: DrawConfig =
            serde_json::from_str(r#"{"gligen":{"beta":0.7},"toy":{"count":3}}"#).unwrap();
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<DrawConfig>(&text).unwrap(), config);
        assert!(text.contains(r#""boxdiff":{"#), "defaults stand in recipes: {text}");
    }

    #[test]
    fn the_schedule_of_grounding_layers_is_read_under_its_old_name() {
        let old: DrawConfig = serde_json::from_str(r#"{"grounding_beta": 0.3}"#).unwrap();
        let new: DrawConfig = serde_json::from_str(r#"{"gligen": {"beta": 0.3}}"#).unwrap();
        assert_eq!(old, new);
    }

    #[test]
    fn shares_are_what_they_were_as_whole_numbers() {
        for steps in 1..=1000 {
            assert_eq!(share_rounded_up(0.2, steps), steps.div_ceil(5));
            assert_eq!(share_rounded_up(0.5, steps), steps.div_ceil(2));
            assert_eq!(share(0.4, steps), 2 * steps / 5, "{steps}");
        }
    }
}
