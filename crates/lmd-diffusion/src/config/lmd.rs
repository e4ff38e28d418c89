//! [`LmdConfig`]: the settings of LLM-grounded Diffusion.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{GuidanceConfig, Name, share};
use crate::DiffusionError;
use crate::network::{self, DenoisingNetwork, LayerId};

/// The settings of LLM-grounded Diffusion; LMD+ has no use for `center_boxes`, `floor_padding` and `align`.
/// Methods that guide the same layers (backward guidance) read `guided_layers` here as well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LmdConfig {
    /// Guidance of the pictures of one box each.
    pub per_box: GuidanceConfig,
    /// Whether the pictures of one box each are guided by `per_box`. Default: true; for LMD+ false, as in the paper's
    /// settings (B.1), where GLIGEN layers alone place the box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guide_boxes: Option<bool>,
    /// Guidance of the picture as a whole.
    pub overall: GuidanceConfig,
    /// Share of the steps during which the composed latents are held, in
    /// [0, 1]. Default 0.5.
    pub frozen_step_ratio: f64,
    /// λ of the attention transfer; 0 turns it off. Default 2.
    pub transfer_weight: f64,
    /// Share of each box's own noise in its start, in [0, 1]. Default 0.01, for LMD+ 0.1; 1 for an object with a seed of
    /// its own.
    pub fg_blending_ratio: Option<f64>,
    /// Whether boxes are drawn in the middle and moved into place. Default true.
    pub center_boxes: bool,
    /// Height below a centred box, as a share of the picture. Default 0.2.
    pub floor_padding: f64,
    /// Whether what was drawn is moved so that its mask's centre is the
    /// box's. Default true.
    pub align: bool,
    /// How a box's attention becomes its mask. Default `attention`.
    pub mask_refiner: Name,
    /// The share of the normalised attention above which a cell belongs to
    /// the object. Default 0.25.
    pub mask_threshold: f64,
    /// Standard deviation of the smoothing of the attention, in cells of its
    /// map. Default 1.5.
    pub mask_sigma: f64,
    /// First step whose attention counts for the mask. Default: a fifth of
    /// the steps, rounded up (10 of 50, as in the paper's code).
    pub mask_from_step: Option<usize>,
    /// The mask refiner `sam`: the IoU with the true mask that a mask should be expected to have, in [0, 1]. Default
    /// 0.85.
    pub mask_confidence: f64,
    /// The mask refiner `sam`: the IoU that a mask should have with the attention above `mask_threshold`, or with the
    /// box (LMD+), in [0, 1]. Default 0.25.
    pub mask_overlap: f64,
    /// Whether per-box runs take every other step once they are no longer
    /// needed step by step. Default false.
    pub fast_schedule: bool,
    /// How many boxes are drawn at once. Default 1.
    pub batch: usize,
    /// What holds for single objects: another seed, further terms that its own picture leaves out. Default: nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ObjectSettings>,
    /// Whether all but the objects with seeds of their own is held to the picture that is drawn without these seeds, which
    /// is drawn first. Default true.
    pub hold_rest: bool,
    /// The guided cross-attention layers. Default: `mid.0.0` and all of `up.1`.
    pub guided_layers: Option<Vec<String>>,
    /// The layer the masks are read from. Default: the last of the
    /// contracting half (`down.2.1` in Stable Diffusion).
    pub mask_layer: Option<String>,
}

/// What holds for the picture of one object alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectSettings {
    /// Index into the layout's objects, from 0.
    pub object: usize,
    /// Seed of its own noise, at most 2⁶³ − 1. Default: by the picture's seed and the box's place in the order of drawing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// What its own picture leaves out, before the terms that all boxes leave out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negative: Option<String>,
}

impl Default for LmdConfig {
    fn default() -> Self {
        Self {
            per_box: GuidanceConfig::default(),
            guide_boxes: None,
            overall: GuidanceConfig::default(),
            frozen_step_ratio: 0.5,
            transfer_weight: 2.0,
            fg_blending_ratio: None,
            center_boxes: true,
            floor_padding: 0.2,
            align: true,
            mask_refiner: Name::of("attention"),
            mask_threshold: 0.25,
            mask_sigma: 1.5,
            mask_from_step: None,
            mask_confidence: 0.85,
            mask_overlap: 0.25,
            fast_schedule: false,
            batch: 1,
            objects: Vec::new(),
            hold_rest: true,
            guided_layers: None,
            mask_layer: None,
        }
    }
}

impl LmdConfig {
    /// `int(ratio · steps)`, the ratio clamped to [0, 1].
    #[must_use]
    pub fn frozen_steps(&self, steps: usize) -> usize {
        share(self.frozen_step_ratio, steps)
    }

    /// Whether the pictures of one box each are guided, by LMD or by LMD+.
    #[must_use]
    pub fn guides_boxes(&self, plus: bool) -> bool {
        match self.guide_boxes {
            Some(guides) => guides,
            None => !plus,
        }
    }

    /// What holds for an object of the layout.
    #[must_use]
    pub fn object(&self, index: usize) -> Option<&ObjectSettings> {
        self.objects.iter().find(|settings| settings.object == index)
    }

    /// Whether an object of the layout has a seed of its own.
    #[must_use]
    pub fn names_seed(&self, index: usize) -> bool {
        self.object(index).is_some_and(|settings| settings.seed.is_some())
    }

    /// The same settings, but that no object has a seed of its own.
    #[must_use]
    pub fn without_seeds(&self) -> Self {
        let mut settings = self.clone();
        settings.objects.iter_mut().for_each(|object| object.seed = None);
        settings
    }

    /// The first step whose attention counts for masks; always before the last.
    #[must_use]
    pub fn mask_start(&self, steps: usize) -> usize {
        let start = match self.mask_from_step {
            Some(step) => step,
            None => steps.div_ceil(5),
        };
        start.min(steps.saturating_sub(1))
    }

    /// The guided layers of a network.
    ///
    /// # Errors
    /// When a configured name is none of a layer.
    pub fn guided_layers(&self, network: &dyn DenoisingNetwork) -> Result<Vec<LayerId>, DiffusionError> {
        match &self.guided_layers {
            Some(names) => names.iter().map(|name| network.layer_named(name)).collect(),
            None => Ok(network::guided_layers(network.layers())),
        }
    }

    /// The layer of a network that masks are read from.
    ///
    /// # Errors
    /// When the configured name is none of a layer, or the network has no layer to read masks from.
    pub fn mask_layer(&self, network: &dyn DenoisingNetwork) -> Result<LayerId, DiffusionError> {
        match &self.mask_layer {
            Some(name) => network.layer_named(name),
            None => network::mask_layer(network.layers()).ok_or(DiffusionError::NoMaskLayer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_papers() {
        let lmd = LmdConfig::default();
        assert_eq!(
            (lmd.frozen_steps(50), lmd.mask_start(50), lmd.mask_start(10), lmd.mask_start(1)),
            (25, 10, 2, 0)
        );
    }
}
