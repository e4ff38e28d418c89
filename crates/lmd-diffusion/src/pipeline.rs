//! [`Pipeline`]: text encoder, denoising network and autoencoder of one model, with its noise schedule.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};
use lmd_nn::{Autoencoder, AutoencoderTiny, Device, Precision, PredictionType, Sam};

use crate::hints::Hints;
use crate::latents::host;
use crate::network::{BoxPhrase, Conditioning, DenoisingNetwork};
use crate::picture::Rgb;
use crate::schedule::{NoiseSchedule, SchedulerConfig};
use crate::size::fits;
use crate::text::TextEncoder;
use crate::{DiffusionError, Latents};

/// A diffusion model ready to draw.
#[derive(Debug)]
pub struct Pipeline {
    /// The folder's or the file's name.
    pub name: String,
    /// Prompts to embeddings.
    pub text: Box<dyn TextEncoder>,
    /// The denoising network.
    pub denoiser: Box<dyn DenoisingNetwork>,
    /// Latents to pixels.
    pub vae: Autoencoder,
    /// The noise schedule the network was trained on.
    pub schedule: Arc<dyn NoiseSchedule>,
    /// The folder's scheduler configuration: how samplers space their steps.
    pub scheduler: SchedulerConfig,
    /// What the caller said the network predicts, in place of what the files say.
    pub prediction_type: Option<PredictionType>,
    /// What the model's makers recommend.
    pub hints: Hints,
    /// Digests of the weight files, by their paths in the folder; adapters'
    /// with their strengths.
    pub digests: Vec<(String, String)>,
    /// What the files left open or hold that is not read.
    pub warnings: Vec<lmd_nn::Warning>,
    /// The small decoder for previews, where the folder has one.
    pub preview_vae: Option<AutoencoderTiny>,
    /// Segment Anything, for the mask refiner `sam`.
    pub sam: Option<Sam>,
    /// Where the networks run.
    pub device: Device,
    /// The number format of their weights.
    pub precision: Precision,
}

/// What the names of Segment Anything's files begin with in a recipe.
pub const SAM_FILES: &str = "sam/";

impl Pipeline {
    /// The same with Segment Anything for masks, whose digests recipes then hold as well.
    #[must_use]
    pub fn with_sam(mut self, sam: Sam) -> Self {
        let digests =
            sam.digests().iter().map(|(file, digest)| (format!("{SAM_FILES}{file}"), digest.clone()));
        self.digests.extend(digests);
        Self { sam: Some(sam), ..self }
    }

    /// The kind of device and the number format of the weights.
    #[must_use]
    pub fn device_name(&self) -> String {
        format!("{} {}", lmd_nn::device_name(&self.device), self.precision)
    }

    /// The latents' grid `(columns, rows)` of a picture.
    ///
    /// # Errors
    /// [`DiffusionError::PictureSize`] unless both sides are multiples of 64
    /// between 64 and 4096: every guided map needs whole cells.
    pub fn latent_size(&self, width: usize, height: usize) -> Result<(usize, usize), DiffusionError> {
        if !fits(width) || !fits(height) {
            return Err(DiffusionError::PictureSize { width, height });
        }
        let factor = self.vae.downscale();
        Ok((width / factor, height / factor))
    }

    /// The side in pixels of the square picture the network was trained on.
    #[must_use]
    pub fn native_size(&self) -> usize {
        self.denoiser.native_side() * self.vae.downscale()
    }

    /// The prompts as the network's cross-attention reads them.
    ///
    /// # Errors
    /// When a prompt cannot be encoded.
    pub fn encode(&self, prompts: &[&str]) -> Result<Conditioning, DiffusionError> {
        self.denoiser.encode(&self.text.encode(prompts)?)
    }

    /// Phrases in boxes `[x0, y0, x1, y1]` (each in 0 to 1) as the network's GLIGEN layers take them: with the embedding
    /// of their end token.
    ///
    /// # Errors
    /// When a phrase cannot be encoded.
    pub fn box_phrases(&self, boxes: &[(&str, [f64; 4])]) -> Result<Vec<BoxPhrase>, DiffusionError> {
        if boxes.is_empty() {
            return Ok(Vec::new());
        }
        let phrases: Vec<&str> = boxes.iter().map(|(phrase, _)| *phrase).collect();
        let pooled = self.text.encode(&phrases)?.pooled;
        let width = pooled.dims()[1];
        let embeddings = host(pooled);
        let rows = boxes.iter().zip(embeddings.chunks(width));
        Ok(rows.map(|((_, corners), row)| BoxPhrase { corners: *corners, embedding: row.to_vec() }).collect())
    }

    /// Pixels from the latents of one picture, `[1, channels, h, w]`.
    ///
    /// # Errors
    /// When the latents do not fit the autoencoder, or a pixel is not a number.
    pub fn decode(&self, latents: Latents) -> Result<Rgb, DiffusionError> {
        Rgb::of(self.vae.decode(latents.div_scalar(self.vae.scaling_factor()))?)
    }

    /// A tensor on this pipeline's device from `[1, channels, height, width]`
    /// host values.
    #[must_use]
    pub fn latents(&self, values: Vec<f32>, (width, height): (usize, usize)) -> Latents {
        let channels = values.len() / (width * height).max(1);
        Tensor::from_data(TensorData::new(values, [1, channels, height, width]), &self.device)
    }
}
