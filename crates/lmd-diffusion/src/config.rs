//! Every hyper-parameter of stage 2, with the defaults of section B.1.

use lmd_layout::Fidelity;
use lmd_nn::AttnKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::NoiseSource;
use crate::energy::TopKConfig;
use crate::scheduler::SamplerKind;

/// How a picture is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DrawConfig {
    /// Which method. Default `lmd`.
    pub method: Method,
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
    /// The sampler. Default DDIM.
    pub sampler: SamplerKind,
    /// Where noise comes from. Default PyTorch's CPU generator.
    pub noise: NoiseSource,
    /// Whether the reference's quirks are reproduced. Default: mended.
    pub fidelity: Fidelity,
    /// β: share of the steps in which grounding layers are on (`lmd_plus` and `gligen`), in [0, 1]. Default 0.4.
    pub grounding_beta: f64,
    /// The method's own settings.
    pub lmd: LmdConfig,
}

impl Default for DrawConfig {
    fn default() -> Self {
        Self {
            method: Method::Lmd,
            width: None,
            height: None,
            steps: 50,
            cfg_scale: None,
            negative_prompt: None,
            sampler: SamplerKind::Ddim,
            noise: NoiseSource::Mt19937,
            fidelity: Fidelity::default(),
            grounding_beta: 0.4,
            lmd: LmdConfig::default(),
        }
    }
}

impl DrawConfig {
    /// Steps in which grounding layers are on: `int(β · steps)`, β clamped to [0, 1].
    #[must_use]
    pub fn grounded_steps(&self) -> usize {
        share(self.grounding_beta, self.steps)
    }

    /// How the picture as a whole is guided by the method; `None` where it is not. The rivals' schedules, made for 50
    /// steps, take the same share of others (section C).
    #[must_use]
    pub fn overall_guidance(&self) -> Option<GuidanceConfig> {
        let fixed = |max_index_step, iterations, loss_scale, loss_threshold| GuidanceConfig {
            max_index_step,
            max_iter: vec![iterations],
            loss_scale,
            loss_threshold,
            ..GuidanceConfig::default()
        };
        match self.method {
            Method::Lmd | Method::LmdPlus => Some(self.lmd.overall.clone()),
            // Five iterations in each of the first 10 steps.
            Method::BackwardGuidance => Some(fixed(self.steps.div_ceil(5), 5, 30.0, 0.2)),
            // One in each of the first 25, whatever the energy.
            Method::Boxdiff => Some(fixed(self.steps.div_ceil(2), 1, 1.0, 0.0)),
            Method::Multidiffusion | Method::Gligen | Method::Plain => None,
        }
    }

    /// The classifier-free guidance scale with a model that recommends `hint`.
    #[must_use]
    pub fn cfg_scale_with(&self, hint: Option<f64>) -> f64 {
        let papers = if self.method == Method::Multidiffusion { 10.0 } else { 7.5 };
        self.cfg_scale.or(hint).unwrap_or(papers)
    }
}

/// The methods that can draw a layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// LLM-grounded Diffusion (arXiv 2305.13655).
    #[default]
    Lmd,
    /// LMD+: boxes are drawn alone by grounding layers instead of guidance, in their places; the whole picture has both.
    LmdPlus,
    /// MultiDiffusion (arXiv 2302.08113): every region denoised by its own prompt, put together after every step.
    Multidiffusion,
    /// Backward guidance (arXiv 2304.03373): the picture as a whole, guided by the share of attention outside the boxes.
    BackwardGuidance,
    /// BoxDiff (arXiv 2307.10816): the picture as a whole, guided by inner, outer and corner terms.
    Boxdiff,
    /// GLIGEN (arXiv 2301.07093): grounding layers alone, nothing composed, no guidance.
    Gligen,
    /// Stable Diffusion from the prompt alone; the boxes are not used.
    Plain,
}

impl Method {
    /// Whether it needs a U-Net with grounding layers.
    #[must_use]
    pub const fn grounds(self) -> bool {
        matches!(self, Self::LmdPlus | Self::Gligen)
    }
}

/// The settings of LLM-grounded Diffusion; LMD+ has no use for `per_box`, `center_boxes`, `floor_padding` and `align`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LmdConfig {
    /// Guidance of the pictures of one box each.
    pub per_box: GuidanceConfig,
    /// Guidance of the picture as a whole.
    pub overall: GuidanceConfig,
    /// Share of the steps during which the composed latents are held, in
    /// [0, 1]. Default 0.5.
    pub frozen_step_ratio: f64,
    /// λ of the attention transfer; 0 turns it off. Default 2.
    pub transfer_weight: f64,
    /// Share of each box's own noise in its start, in [0, 1]. Default 0.01, for LMD+ 0.1.
    pub fg_blending_ratio: Option<f64>,
    /// Whether boxes are drawn in the middle and moved into place. Default true.
    pub center_boxes: bool,
    /// Height below a centred box, as a share of the picture. Default 0.2.
    pub floor_padding: f64,
    /// Whether what was drawn is moved so that its mask's centre is the
    /// box's. Default true.
    pub align: bool,
    /// The share of the normalised attention above which a cell belongs to
    /// the object. Default 0.25.
    pub mask_threshold: f64,
    /// Standard deviation of the smoothing of the attention, in cells of its
    /// map. Default 1.5.
    pub mask_sigma: f64,
    /// First step whose attention counts for the mask. Default: a fifth of
    /// the steps, rounded up (10 of 50, as in the paper's code).
    pub mask_from_step: Option<usize>,
    /// Whether per-box runs take every other step once they are no longer
    /// needed step by step. Default false.
    pub fast_schedule: bool,
    /// How many boxes are drawn at once. Default 1.
    pub batch: usize,
    /// The guided cross-attention layers. Default: `mid.0.0` and all of `up.1`.
    pub guided_layers: Option<Vec<String>>,
    /// The layer the masks are read from. Default: the last of the
    /// contracting half (`down.2.1` in Stable Diffusion).
    pub mask_layer: Option<String>,
}

impl Default for LmdConfig {
    fn default() -> Self {
        Self {
            per_box: GuidanceConfig::default(),
            overall: GuidanceConfig::default(),
            frozen_step_ratio: 0.5,
            transfer_weight: 2.0,
            fg_blending_ratio: None,
            center_boxes: true,
            floor_padding: 0.2,
            align: true,
            mask_threshold: 0.25,
            mask_sigma: 1.5,
            mask_from_step: None,
            fast_schedule: false,
            batch: 1,
            guided_layers: None,
            mask_layer: None,
        }
    }
}

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
    /// Energy at and below which guidance ends for good. Default 5.
    pub loss_threshold: f64,
    /// The energy's weights.
    pub energy: TopKConfig,
}

impl Default for GuidanceConfig {
    fn default() -> Self {
        let max_iter = [(4, 5), (3, 5), (2, 10), (1, 10)];
        Self {
            max_index_step: 30,
            max_iter: max_iter.iter().flat_map(|(iterations, steps)| vec![*iterations; *steps]).collect(),
            loss_scale: 5.0,
            loss_threshold: 5.0,
            energy: TopKConfig::default(),
        }
    }
}

impl GuidanceConfig {
    /// Most iterations at step `index`.
    #[must_use]
    pub fn iterations(&self, index: usize) -> usize {
        if index >= self.max_index_step {
            return 0;
        }
        self.max_iter.get(index).or(self.max_iter.last()).copied().unwrap_or(0)
    }
}

impl LmdConfig {
    /// `int(ratio · steps)`, the ratio clamped to [0, 1].
    #[must_use]
    pub fn frozen_steps(&self, steps: usize) -> usize {
        share(self.frozen_step_ratio, steps)
    }

    /// The first step whose attention counts for masks; always before the last.
    #[must_use]
    pub fn mask_start(&self, steps: usize) -> usize {
        self.mask_from_step.unwrap_or(steps.div_ceil(5)).min(steps.saturating_sub(1))
    }

    /// The guided layers and the mask's layer of a network with the
    /// cross-attention layers `known`.
    ///
    /// # Errors
    /// When a configured name is none of a layer.
    pub fn layers(&self, known: &[AttnKey]) -> Result<(Vec<AttnKey>, Option<AttnKey>), lmd_nn::NnError> {
        let guided = match &self.guided_layers {
            Some(names) => names.iter().map(|name| name.parse()).collect::<Result<_, _>>()?,
            None => known.iter().copied().filter(|key| is_guided(*key)).collect(),
        };
        let mask = match &self.mask_layer {
            Some(name) => Some(name.parse()?),
            None => known.iter().copied().filter(|key| key.section == lmd_nn::UNetSection::Down).max(),
        };
        Ok((guided, mask))
    }
}

/// `int(ratio · steps)`, the ratio clamped to [0, 1].
fn share(ratio: f64, steps: usize) -> usize {
    (ratio.clamp(0.0, 1.0) * steps as f64) as usize
}

/// `mid.0.0` and all of `up.1` (B.1).
fn is_guided(key: AttnKey) -> bool {
    key == AttnKey::mid() || (key.section == lmd_nn::UNetSection::Up && key.block == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_papers() {
        let guidance = GuidanceConfig::default();
        assert_eq!((0..50).map(|i| guidance.iterations(i)).sum::<usize>(), 65);
        assert_eq!([0, 5, 10, 19, 20, 29, 30].map(|i| guidance.iterations(i)), [4, 3, 2, 2, 1, 1, 0]);
        let lmd = LmdConfig::default();
        assert_eq!(
            (lmd.frozen_steps(50), lmd.mask_start(50), lmd.mask_start(10), lmd.mask_start(1)),
            (25, 10, 2, 0)
        );
    }

    #[test]
    fn layers_are_found_in_any_network() {
        let (down, up) = (AttnKey::down, AttnKey::up);
        let sd15 =
            [down(0, 0), down(1, 1), down(2, 1), AttnKey::mid(), up(1, 0), up(1, 1), up(1, 2), up(2, 0)];
        let (guided, mask) = LmdConfig::default().layers(&sd15).unwrap();
        assert_eq!(guided, [AttnKey::mid(), up(1, 0), up(1, 1), up(1, 2)]);
        assert_eq!(mask, Some(down(2, 1)));
        let named = LmdConfig { guided_layers: Some(vec!["left.1".to_owned()]), ..LmdConfig::default() };
        assert!(named.layers(&sd15).is_err());
    }

    #[test]
    fn unknown_settings_are_refused() {
        assert!(serde_json::from_str::<DrawConfig>(r#"{"lmd":{"treshold":1}}"#).is_err());
        let config: DrawConfig = serde_json::from_str(r#"{"steps":20,"sampler":"dpm++2m"}"#).unwrap();
        assert_eq!((config.steps, config.lmd), (20, LmdConfig::default()));
    }
}
