//! Every hyper-parameter of stage 2, with the defaults of docs/method.md, B.1.

mod check;
mod guidance;
mod lmd;
mod method_settings;
mod name;
mod share;

use lmd_layout::Fidelity;
use serde::{Deserialize, Serialize};

pub(crate) use check::{require, within};
pub use guidance::GuidanceConfig;
pub use lmd::{LmdConfig, ObjectSettings};
pub use method_settings::{MethodSettings, Settings, SettingsSpec};
pub use name::Name;
pub(crate) use share::{share, share_rounded_up};

use crate::{DiffusionError, NoiseSource};

/// How a picture is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "crate::settings::RawDrawConfig")]
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

/// The names of the settings above in a file, in their order; tables of methods have other names.
pub(crate) const FIELDS: [&str; 11] = [
    "method",
    "width",
    "height",
    "steps",
    "cfg_scale",
    "negative_prompt",
    "guidance_strength",
    "sampler",
    "noise",
    "fidelity",
    "lmd",
];
/// What version 0.1.0 called `gligen.beta`; no table has this name, either.
pub(crate) const OLD_BETA: &str = "grounding_beta";

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
}
