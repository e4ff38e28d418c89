//! [`Sam`]: the three networks together.

use burn::tensor::{Device, Tensor};

use super::SamConfig;
use super::decoder::MaskDecoder;
use super::image_encoder::ImageEncoder;
use super::picture::{Preprocessor, ScaledMasks};
use super::prompt::{PromptEncoder, SamPrompt};
use crate::detect::RgbView;
use crate::weights::{Checkpoint, LoadOptions, Weights, check, count_numbers, load};
use crate::{NnError, with_spinning_pool};

/// What the network is called in messages.
pub(super) const NETWORK: &str = "SAM";
/// Most points of a prompt.
const MAX_POINTS: usize = 256;
/// The positions of points and cells, and where transformers keeps a second copy of them.
const SECOND_COPY: &str = "prompt_encoder.shared_embedding.positional_embedding";
const POSITIONS: &str = "shared_image_embedding.positional_embedding";

/// Segment Anything.
#[derive(Clone, Debug)]
pub struct Sam {
    config: SamConfig,
    preprocessor: Preprocessor,
    encoder: ImageEncoder,
    prompts: PromptEncoder,
    decoder: MaskDecoder,
    /// `[1, grid, grid, C]`
    cell_positions: Tensor<4>,
    digests: Vec<(String, String)>,
    device: Device,
}

/// A picture as the image encoder sees it.
#[derive(Clone, Debug)]
pub struct SamImage {
    /// The encoded picture, `[1, grid, grid, C]`.
    pub features: Tensor<4>,
    /// Width and height of the picture.
    size: [usize; 2],
}

/// The candidates for a prompt.
#[derive(Clone, Debug)]
pub struct SamMasks {
    /// Logits, `[candidates, 4·grid, 4·grid]`, of the network's own square picture.
    pub logits: Tensor<3>,
    /// The IoU that each mask is expected to have with the thing's true mask, about 0 to 1.
    pub iou: Vec<f32>,
}

impl Sam {
    /// The same with another preparation of pictures.
    pub(super) fn with_preprocessor(self, preprocessor: Preprocessor) -> Self {
        Self { preprocessor, ..self }
    }

    /// Looks at the tensors without reading them, and tells how many bytes they take in memory.
    pub(super) fn fits(
        config: &SamConfig,
        weights: &Checkpoint,
        options: &LoadOptions,
    ) -> Result<u64, NnError> {
        let weights = with_one_copy(weights);
        check(&weights, NETWORK, &options.in_f32(), |w| Self::build(w, config, Vec::new()))?;
        Ok(count_numbers(&weights).saturating_mul(4))
    }

    /// Builds the networks from the tensors of a checkpoint, by their transformers names.
    ///
    /// # Errors
    ///
    /// When the configuration does not fit together or the tensors do not fit it.
    pub fn load(config: &SamConfig, checkpoint: &Checkpoint, options: &LoadOptions) -> Result<Self, NnError> {
        config.check()?;
        let weights = with_one_copy(checkpoint);
        let options = options.in_f32();
        check(&weights, NETWORK, &options, |w| Self::build(w, config, Vec::new()))?;
        let digests = checkpoint.digests()?;
        load(&weights, NETWORK, &options, |w| Self::build(w, config, digests.clone()))
    }

    fn build(w: &Weights, config: &SamConfig, digests: Vec<(String, String)>) -> Result<Self, NnError> {
        let prompts = PromptEncoder::load(w, config)?;
        let cell_positions = if w.is_dry_run() {
            Tensor::zeros([1; 4], w.device())
        } else {
            prompts.cells(config.vision.grid())
        };
        Ok(Self {
            config: config.clone(),
            preprocessor: Preprocessor::new(config.vision.image_size),
            encoder: ImageEncoder::load(&w.pp("vision_encoder"), &config.vision)?,
            prompts,
            decoder: MaskDecoder::load(&w.pp("mask_decoder"), &config.decoder)?,
            cell_positions,
            digests,
            device: w.device().clone(),
        })
    }

    /// The shape of this network.
    #[must_use]
    pub fn config(&self) -> &SamConfig {
        &self.config
    }

    /// How pictures are prepared for it.
    #[must_use]
    pub fn preprocessor(&self) -> &Preprocessor {
        &self.preprocessor
    }

    /// BLAKE3 digests of its weight files, by their names.
    #[must_use]
    pub fn digests(&self) -> &[(String, String)] {
        &self.digests
    }

    /// Encodes a picture of any size, once for all prompts.
    ///
    /// # Errors
    ///
    /// When the result is not finite: the weights are broken.
    pub fn encode(&self, picture: RgbView<'_>) -> Result<SamImage, NnError> {
        let pixels = self.preprocessor.tensor(picture, &self.device);
        let features = self.features(pixels)?;
        finite(&features, "image encoder of SAM")?;
        Ok(SamImage { features, size: [picture.width(), picture.height()] })
    }

    /// The encoder's features of prepared pictures: `[B, side, side, 3]` → `[B, grid, grid, C]`.
    ///
    /// # Errors
    ///
    /// When the picture has another size than the network's.
    pub fn features(&self, pixels: Tensor<4>) -> Result<Tensor<4>, NnError> {
        let side = self.config.vision.image_size;
        let [_, height, width, channels] = pixels.dims();
        if [height, width, channels] != [side, side, 3] {
            return Err(NnError::Input {
                what: "height, width and channels of SAM's picture",
                got: format!("{height}, {width}, {channels}"),
                expected: format!("{side}, {side}, 3"),
            });
        }
        Ok(with_spinning_pool(|| self.encoder.forward(pixels)))
    }

    /// The candidates for what a prompt shows; `mask` are logits of an earlier answer, `[4·grid, 4·grid]`.
    ///
    /// # Errors
    ///
    /// When the prompt has too many points or a coordinate that is no number, `mask` has another size, or the result is
    /// not finite.
    pub fn masks(
        &self,
        image: &SamImage,
        prompt: &SamPrompt,
        mask: Option<Tensor<2>>,
    ) -> Result<SamMasks, NnError> {
        let dense = self.prompts.dense(self.mask_prompt(mask)?);
        let tokens = self.prompts.tokens(&self.scaled(prompt, image.size)?);
        let picture = image.features.clone() + dense;
        let (masks, iou) =
            with_spinning_pool(|| self.decoder.forward(picture, self.cell_positions.clone(), tokens));
        finite(&masks, "mask decoder of SAM")?;
        finite(&iou, "mask decoder of SAM")?;
        // The first is for prompts without ambiguity.
        let candidates = masks.dims()[0] - 1;
        Ok(SamMasks {
            logits: masks.narrow(0, 1, candidates),
            iou: iou.narrow(0, 1, candidates).into_data().iter::<f32>().collect(),
        })
    }

    fn mask_prompt(&self, mask: Option<Tensor<2>>) -> Result<Option<Tensor<4>>, NnError> {
        let Some(mask) = mask else { return Ok(None) };
        let side = 4 * self.config.vision.grid();
        if mask.dims() != [side, side] {
            return Err(NnError::Input {
                what: "cells of a mask given to SAM",
                got: format!("{:?}", mask.dims()),
                expected: format!("[{side}, {side}]"),
            });
        }
        Ok(Some(mask.reshape([1, side, side, 1])))
    }

    /// A prompt in pixels of the network's own picture.
    #[allow(clippy::cast_precision_loss)]
    fn scaled(&self, prompt: &SamPrompt, size: [usize; 2]) -> Result<SamPrompt, NnError> {
        let wrong = |got: String, expected: String| NnError::Input {
            what: "points of a prompt of SAM",
            got,
            expected,
        };
        if prompt.points.len() > MAX_POINTS {
            return Err(wrong(prompt.points.len().to_string(), format!("at most {MAX_POINTS}")));
        }
        let seen = self.preprocessor.scaled_size(size);
        let [across, down] = [0, 1].map(|i| seen[i] as f32 / size[i] as f32);
        let scaled = SamPrompt {
            points: prompt.points.iter().map(|([x, y], inside)| ([x * across, y * down], *inside)).collect(),
            corners: prompt.corners.map(|[x0, y0, x1, y1]| [x0 * across, y0 * down, x1 * across, y1 * down]),
        };
        let all = scaled.points.iter().flat_map(|(point, _)| point).chain(scaled.corners.iter().flatten());
        match all.copied().find(|number| !number.is_finite()) {
            Some(number) => Err(wrong(number.to_string(), "finite numbers".to_owned())),
            None => Ok(scaled),
        }
    }

    /// Masks as large as their picture.
    #[must_use]
    pub fn scaled_masks(&self, image: &SamImage, masks: &SamMasks) -> ScaledMasks {
        let [_, coarse, _] = masks.logits.dims();
        let values: Vec<f32> = masks.logits.to_data().iter::<f32>().collect();
        let masks: Vec<Vec<f32>> = values.chunks(coarse * coarse).map(<[f32]>::to_vec).collect();
        let seen = self.preprocessor.scaled_size(image.size);
        ScaledMasks::new(&masks, coarse, self.config.vision.image_size, seen, image.size)
    }
}

/// The same tensors with the positions once, which transformers stores under either of two names, or under both.
fn with_one_copy(weights: &Checkpoint) -> Checkpoint {
    let both = weights.contains(POSITIONS);
    weights.renamed(|name| match name {
        SECOND_COPY if both => None,
        SECOND_COPY => Some(POSITIONS.to_owned()),
        name => Some(name.to_owned()),
    })
}

/// An error when a number is NaN or infinite.
fn finite<const D: usize>(x: &Tensor<D>, network: &'static str) -> Result<(), NnError> {
    if x.to_data().iter::<f32>().all(f32::is_finite) { Ok(()) } else { Err(NnError::NotFinite { network }) }
}

impl SamImage {
    /// Features that were encoded before, of a picture of this width and height.
    #[must_use]
    pub fn of_features(features: Tensor<4>, size: [usize; 2]) -> Self {
        Self { features, size }
    }

    /// Width and height of the picture.
    #[must_use]
    pub fn size(&self) -> [usize; 2] {
        self.size
    }
}
