//! Loading a [`Pipeline`] from a Stable Diffusion's folder.

use std::sync::Arc;

use lmd_nn::{Autoencoder, LoadOptions, ModelFolder, NnError, Warning as LoadWarning};

use crate::DiffusionError;
use crate::config::DrawConfig;
use crate::hints::{Hints, Looks};
use crate::methods::gligen::set_beta;
use crate::network::StableDiffusionUNet;
use crate::pipeline::Pipeline;
use crate::schedule::{SchedulerConfig, VariancePreserving};
use crate::size::SIDE_STEP;
use crate::text::ClipText;

impl Pipeline {
    /// Loads all networks of a folder.
    ///
    /// # Errors
    /// When a part is missing, refused or does not fit the others.
    pub fn load(folder: &ModelFolder, options: &LoadOptions) -> Result<Self, DiffusionError> {
        let mut warnings = [folder.warnings(options.prediction_type)?, options.adapters.warnings()].concat();
        let scheduler = scheduler(folder, options)?;
        let hints = match folder.hints()? {
            Some(text) => parse_hints(&text)?,
            None => Hints::default(),
        };
        let mut digests = folder.digests(options.gligen)?;
        digests.extend(options.adapters.digests().map_err(NnError::from)?);
        let text = ClipText { tokenizer: folder.tokenizer()?, network: folder.text_encoder(options)? };
        let denoiser = StableDiffusionUNet::new(folder.unet(options)?);
        let vae = folder.autoencoder(options)?;
        check_parts(&text, &denoiser, &vae)?;
        let (tokenizer, encoder) = (text.tokenizer.vocab_size(), text.network.config().vocab_size);
        if tokenizer < encoder {
            warnings.push(LoadWarning::UnknownTokens { tokenizer, encoder });
        }
        Ok(Self {
            name: folder.name().to_owned(),
            text: Box::new(text),
            denoiser: Box::new(denoiser),
            vae,
            schedule: Arc::new(VariancePreserving::new(&scheduler)),
            scheduler,
            prediction_type: options.prediction_type,
            hints,
            digests,
            warnings,
            preview_vae: folder.tiny_vae(options)?,
            sam: None,
            device: options.device.clone(),
            precision: options.precision,
        })
    }
}

/// Reads a model's own defaults.
fn parse_hints(text: &str) -> Result<Hints, DiffusionError> {
    let bad = |reason: String| DiffusionError::Hints { reason };
    let hints: Hints = serde_json::from_str(text).map_err(|reason| bad(reason.to_string()))?;
    // Recipes hold the hints as settings, so that hints must be settings that are accepted.
    let mut config = DrawConfig {
        cfg_scale: hints.cfg_scale,
        guidance_strength: hints.guidance_strength,
        negative_prompt: hints.negative_prompt.clone(),
        ..DrawConfig::default()
    };
    if let Some(beta) = hints.gligen_beta {
        set_beta(&mut config.methods, beta);
    }
    config.check().map_err(|reason| bad(reason.to_string()))?;
    match hints.looks.as_ref().and_then(Looks::fault) {
        Some(reason) => Err(bad(reason)),
        None => Ok(hints),
    }
}

/// The scheduler's configuration of a model: its file's, else that of every Stable Diffusion with the prediction that the
/// weights tell or that is assumed; with the caller's own prediction in any case.
fn scheduler(folder: &ModelFolder, options: &LoadOptions) -> Result<SchedulerConfig, DiffusionError> {
    let bad = |reason: String| DiffusionError::SchedulerConfig { reason };
    let mut scheduler = match folder.scheduler_config()? {
        Some(text) => serde_json::from_str(&text).map_err(|reason| {
            bad(format!("scheduler/scheduler_config.json: {reason}; expected what diffusers writes"))
        })?,
        None => {
            SchedulerConfig { prediction_type: folder.prediction_type()?.0, ..SchedulerConfig::default() }
        }
    };
    if let Some(prediction_type) = options.prediction_type {
        scheduler.prediction_type = prediction_type;
    }
    scheduler.check().map_err(|reason| bad(reason.to_string()))?;
    Ok(scheduler)
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
    let limits = [
        ("tokens of a prompt", text.tokenizer.length(), encoder.max_position_embeddings),
        ("tokens of the tokenizer", text.tokenizer.vocab_size(), encoder.vocab_size),
    ];
    for (what, got, most) in limits {
        if got > most {
            return Err(DiffusionError::Parts { what, got, expected: most });
        }
    }
    let (got, coarsest) = (vae.downscale(), 1usize << (unet.levels() - 1));
    if got * coarsest > SIDE_STEP {
        return Err(DiffusionError::Parts { what: "pixels per latent", got, expected: SIDE_STEP / coarsest });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::parse_hints;

    #[test]
    fn hints_without_sense_are_refused() {
        let hints = parse_hints(r#"{"cfg_scale": 5.0, "guidance_strength": 0.4}"#).unwrap();
        assert_eq!((hints.cfg_scale, hints.guidance_strength), (Some(5.0), Some(0.4)));
        let long = format!(r#"{{"negative_prompt": "{}"}}"#, "x".repeat(2001));
        for (text, told) in [
            (r#"{"guidance_strength": 0.0}"#, "guidance_strength is 0; it must be above 0"),
            (r#"{"guidance_strength": -1}"#, "guidance_strength is -1"),
            (r#"{"gligen_beta": 1.5}"#, "gligen.beta is 1.5; it must be 0 to 1"),
            (r#"{"looks": {"shapes": {"cat": 0}}}"#, "looks.shapes.cat is 0; it must be 0.1 to 10"),
            (r#"{"looks": {"sides": [0.5, 1.2]}}"#, "looks.sides has 1.2; each must be above 0"),
            (r#"{"strength": 1}"#, "unknown field"),
            (r#"{"strength": 1}"#, "guidance_strength, gligen_beta, words and looks at most"),
            (&long, "negative_prompt is 2001; it must be at most 2000 characters"),
        ] {
            let error = parse_hints(text).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
