//! [`Model`]: the networks of one Stable Diffusion, loaded.

use burn::tensor::{Tensor, TensorData};
use lmd_nn::{
    Autoencoder, AutoencoderTiny, ClipTextEncoder, Device, GligenBox, LoadOptions, ModelFolder, Precision,
    TextContext, Tokenizer, UNet, Warning,
};

use serde::Deserialize;

use crate::config::DrawConfig;
use crate::scheduler::SchedulerConfig;
use crate::{DiffusionError, Latents};

/// The sides of a picture are multiples of so many pixels.
const SMALLEST: usize = 64;

/// A Stable Diffusion ready to draw.
#[derive(Debug)]
pub struct Model {
    /// The folder's or the file's name.
    pub name: String,
    /// Text to tokens.
    pub tokenizer: Tokenizer,
    /// Tokens to embeddings.
    pub text_encoder: ClipTextEncoder,
    /// The denoising network.
    pub unet: UNet,
    /// Latents to pixels.
    pub vae: Autoencoder,
    /// The folder's scheduler configuration.
    pub scheduler: SchedulerConfig,
    /// What the model's makers recommend.
    pub hints: Hints,
    /// Digests of the weight files, by their paths in the folder; adapters'
    /// with their strengths.
    pub digests: Vec<(String, String)>,
    /// What the files left open or hold that is not read.
    pub warnings: Vec<Warning>,
    /// The small decoder for previews, where the folder has one.
    pub(crate) preview_vae: Option<AutoencoderTiny>,
    device: Device,
    precision: Precision,
}

/// A model's own defaults, from `lmd.json` in its folder.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hints {
    /// In place of the paper's terms, which a model may not understand.
    pub negative_prompt: Option<String>,
    /// In place of the paper's 7.5, in 0 to 1000.
    pub cfg_scale: Option<f64>,
    /// How long a step of guidance is, as a multiple of what the settings say (1), above 0 and at most 1000. Latents that
    /// are smaller than Stable Diffusion's, or attention that answers more readily, want shorter steps.
    pub guidance_strength: Option<f64>,
}

impl Hints {
    fn parse(text: &str) -> Result<Self, DiffusionError> {
        let bad = |reason: String| DiffusionError::Hints { reason };
        let hints: Self = serde_json::from_str(text).map_err(|reason| bad(reason.to_string()))?;
        let cfg_scale = DrawConfig { cfg_scale: hints.cfg_scale, ..DrawConfig::default() };
        cfg_scale.check().map_err(|reason| bad(reason.to_string()))?;
        match hints.guidance_strength {
            Some(strength) if !(strength > 0.0 && strength <= 1000.0) => {
                Err(bad(format!("guidance_strength is {strength}, expected above 0 and at most 1000")))
            }
            _ => Ok(hints),
        }
    }
}

/// An 8-bit picture, row by row, three bytes per pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rgb {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `width * height * 3` bytes.
    pub pixels: Vec<u8>,
}

impl Rgb {
    /// A picture `[1, 3, height, width]` in −1 to 1: x/2 + 0.5, clamped, times
    /// 255, rounded (B.10).
    pub(crate) fn of(picture: Tensor<4>) -> Self {
        let [_, _, height, width] = picture.dims();
        let bytes = (picture.div_scalar(2.0) + 0.5).clamp(0.0, 1.0).mul_scalar(255.0);
        let values = host(bytes.permute([0, 2, 3, 1]));
        let pixels = values.into_iter().map(|v| v.round_ties_even() as u8).collect();
        Self { width, height, pixels }
    }
}

impl Model {
    /// Loads all networks of a folder.
    ///
    /// # Errors
    /// When a part is missing, refused or does not fit the others.
    pub fn load(folder: &ModelFolder, options: &LoadOptions) -> Result<Self, DiffusionError> {
        let mut warnings = [folder.warnings(), options.adapters.warnings()].concat();
        let scheduler = scheduler(folder, options, &mut warnings)?;
        let hints = match folder.hints()? {
            Some(text) => Hints::parse(&text)?,
            None => Hints::default(),
        };
        let mut digests = folder.digests(options.gligen)?;
        digests.extend(options.adapters.digests().map_err(lmd_nn::NnError::from)?);
        let mut model = Self {
            name: folder.name().to_owned(),
            tokenizer: folder.tokenizer()?,
            text_encoder: folder.text_encoder(options)?,
            unet: folder.unet(options)?,
            vae: folder.autoencoder(options)?,
            scheduler,
            hints,
            digests,
            warnings,
            preview_vae: folder.tiny_vae(options)?,
            device: options.device.clone(),
            precision: options.precision,
        };
        model.check_parts()?;
        let (tokenizer, encoder) = (model.tokenizer.vocab_size(), model.text_encoder.config().vocab_size);
        if tokenizer < encoder {
            model.warnings.push(Warning::UnknownTokens { tokenizer, encoder });
        }
        Ok(model)
    }

    /// Parts of different models do not fit each other.
    fn check_parts(&self) -> Result<(), DiffusionError> {
        let (text, unet) = (self.text_encoder.config(), self.unet.config());
        let pairs = [
            ("width of the text embeddings", text.hidden_size, unet.cross_attention_dim),
            ("channels of the autoencoder's latents", self.vae.latent_channels(), unet.in_channels),
            ("channels of the U-Net's prediction", unet.out_channels, unet.in_channels),
        ];
        for (what, got, expected) in pairs {
            if got != expected {
                return Err(DiffusionError::Parts { what, got, expected });
            }
        }
        let limits = [
            ("tokens of a prompt", self.tokenizer.length(), text.max_position_embeddings),
            ("tokens of the tokenizer", self.tokenizer.vocab_size(), text.vocab_size),
        ];
        for (what, got, most) in limits {
            if got > most {
                return Err(DiffusionError::Parts { what, got, expected: most });
            }
        }
        let (got, coarsest) = (self.vae.downscale(), 1usize << (unet.levels() - 1));
        if got * coarsest > SMALLEST {
            return Err(DiffusionError::Parts {
                what: "pixels per latent",
                got,
                expected: SMALLEST / coarsest,
            });
        }
        Ok(())
    }

    /// Where the networks live.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The kind of device and the number format, for instance `cpu f32`.
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
        let fits = |side: usize| side.is_multiple_of(SMALLEST) && (SMALLEST..=4096).contains(&side);
        if !fits(width) || !fits(height) {
            return Err(DiffusionError::PictureSize { width, height });
        }
        let factor = self.vae.downscale();
        Ok((width / factor, height / factor))
    }

    /// The side in pixels of the square picture the U-Net was trained on.
    #[must_use]
    pub fn native_size(&self) -> usize {
        self.unet.config().sample_size.unwrap_or(64) * self.vae.downscale()
    }

    /// The prompts as the U-Net's cross-attention reads them.
    ///
    /// # Errors
    /// When a prompt cannot be encoded.
    pub fn text_context(&self, prompts: &[&str]) -> Result<TextContext, DiffusionError> {
        let ids: Result<Vec<_>, _> =
            prompts.iter().map(|prompt| Ok(self.tokenizer.encode(prompt)?.ids)).collect();
        let embeddings = self.text_encoder.forward(&ids.map_err(|e: lmd_nn::NnError| e)?)?;
        Ok(self.unet.text_context(&embeddings.last_hidden)?)
    }

    /// Phrases in boxes `[x0, y0, x1, y1]` (each in 0 to 1) as the U-Net's grounding layers take them: with the embedding
    /// of their end token.
    ///
    /// # Errors
    /// When a phrase cannot be encoded.
    pub fn grounded_phrases(&self, boxes: &[(&str, [f64; 4])]) -> Result<Vec<GligenBox>, DiffusionError> {
        if boxes.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Result<Vec<_>, lmd_nn::NnError> =
            boxes.iter().map(|(phrase, _)| Ok(self.tokenizer.encode(phrase)?.ids)).collect();
        let pooled = self.text_encoder.forward(&ids?)?.pooled;
        let width = pooled.dims()[1];
        let embeddings = host(pooled);
        let rows = boxes.iter().zip(embeddings.chunks(width));
        Ok(rows.map(|((_, corners), row)| GligenBox { corners: *corners, embedding: row.to_vec() }).collect())
    }

    /// Pixels from the latents of one picture, `[1, channels, h, w]`.
    ///
    /// # Errors
    /// When the latents do not fit the autoencoder.
    pub fn decode(&self, latents: Latents) -> Result<Rgb, DiffusionError> {
        Ok(Rgb::of(self.vae.decode(latents.div_scalar(self.vae.scaling_factor()))?))
    }

    /// A tensor on this model's device from `[1, channels, height, width]`
    /// host values.
    #[must_use]
    pub fn latents(&self, values: Vec<f32>, (width, height): (usize, usize)) -> Latents {
        let channels = values.len() / (width * height).max(1);
        Tensor::from_data(TensorData::new(values, [1, channels, height, width]), &self.device)
    }
}

/// The scheduler's configuration of a model: its file's, else that of every Stable Diffusion with the prediction that the
/// weights tell or that is assumed; with the caller's own prediction in any case.
fn scheduler(
    folder: &ModelFolder,
    options: &LoadOptions,
    warnings: &mut Vec<Warning>,
) -> Result<SchedulerConfig, DiffusionError> {
    let bad = |reason: String| DiffusionError::SchedulerConfig { reason };
    let mut scheduler = match folder.scheduler_config()? {
        Some(text) => serde_json::from_str(&text).map_err(|reason| bad(reason.to_string()))?,
        None => {
            let (prediction_type, warning) = folder.prediction_type()?;
            warnings.extend(warning.filter(|_| options.prediction_type.is_none()));
            SchedulerConfig { prediction_type, ..SchedulerConfig::default() }
        }
    };
    if let Some(prediction_type) = options.prediction_type {
        scheduler.prediction_type = prediction_type;
    }
    scheduler.check().map_err(|reason| bad(reason.to_string()))?;
    Ok(scheduler)
}

/// A tensor's values on the host, in f32.
pub(crate) fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

#[cfg(test)]
mod tests {
    use super::Hints;

    #[test]
    fn hints_without_sense_are_refused() {
        let hints = Hints::parse(r#"{"cfg_scale": 5.0, "guidance_strength": 0.4}"#).unwrap();
        assert_eq!((hints.cfg_scale, hints.guidance_strength), (Some(5.0), Some(0.4)));
        for (text, told) in [
            (r#"{"guidance_strength": 0.0}"#, "guidance_strength is 0, expected above 0"),
            (r#"{"guidance_strength": -1}"#, "guidance_strength is -1"),
            (r#"{"strength": 1}"#, "unknown field"),
        ] {
            let error = Hints::parse(text).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
