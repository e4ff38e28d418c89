//! Loading a [`Pipeline`] from a Stable Diffusion's folder, and [`Hints`].

use std::sync::Arc;

use lmd_nn::{Autoencoder, LoadOptions, ModelFolder};
use serde::Deserialize;

use crate::DiffusionError;
use crate::config::DrawConfig;
use crate::network::StableDiffusionUNet;
use crate::pipeline::{Pipeline, SIDE_STEP};
use crate::schedule::{SchedulerConfig, VariancePreserving};
use crate::text::ClipText;

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
        match hints.guidance_strength {
            Some(strength) if !(strength > 0.0 && strength <= 1000.0) => {
                Err(bad(format!("guidance_strength is {strength}, expected above 0 and at most 1000")))
            }
            _ => Ok(hints),
        }
    }
}

impl Pipeline {
    /// Loads all networks of a folder.
    ///
    /// # Errors
    /// When a part is missing, refused or does not fit the others.
    pub fn load(folder: &ModelFolder, options: &LoadOptions) -> Result<Self, DiffusionError> {
        let scheduler = match folder.scheduler_config()? {
            Some(text) => serde_json::from_str(&text)
                .map_err(|reason| DiffusionError::SchedulerConfig { reason: reason.to_string() })?,
            None => SchedulerConfig::default(),
        };
        scheduler.check()?;
        let hints = match folder.hints()? {
            Some(text) => Hints::parse(&text)?,
            None => Hints::default(),
        };
        DrawConfig { cfg_scale: hints.cfg_scale, ..DrawConfig::default() }.check()?;
        let mut digests = folder.digests(options.gligen)?;
        digests.extend(options.adapters.digests());
        let text = ClipText { tokenizer: folder.tokenizer()?, network: folder.text_encoder(options)? };
        let denoiser = StableDiffusionUNet::new(folder.unet(options)?);
        let vae = folder.autoencoder(options)?;
        check_parts(&text, &denoiser, &vae)?;
        Ok(Self {
            name: folder.name().to_owned(),
            text: Box::new(text),
            denoiser: Box::new(denoiser),
            vae,
            schedule: Arc::new(VariancePreserving::new(&scheduler)),
            scheduler,
            hints,
            digests,
            preview_vae: folder.tiny_vae(options)?,
            device: options.device.clone(),
            precision: options.precision,
        })
    }
}

/// Parts of different models do not fit each other.
fn check_parts(text: &ClipText, unet: &StableDiffusionUNet, vae: &Autoencoder) -> Result<(), DiffusionError> {
    let (encoder, unet) = (text.network.config(), unet.unet().config());
    let pairs = [
        ("width of the text embeddings", encoder.hidden_size, unet.cross_attention_dim),
        ("channels of the autoencoder's latents", vae.latent_channels(), unet.in_channels),
        ("channels of the U-Net's prediction", unet.out_channels, unet.in_channels),
    ];
    for (what, got, expected) in pairs {
        if got != expected {
            return Err(DiffusionError::Parts { what, got, expected });
        }
    }
    let (got, most) = (text.tokenizer.length(), encoder.max_position_embeddings);
    if got > most {
        return Err(DiffusionError::Parts { what: "tokens of a prompt", got, expected: most });
    }
    let (got, coarsest) = (vae.downscale(), 1usize << (unet.levels() - 1));
    if got * coarsest > SIDE_STEP {
        return Err(DiffusionError::Parts { what: "pixels per latent", got, expected: SIDE_STEP / coarsest });
    }
    Ok(())
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
