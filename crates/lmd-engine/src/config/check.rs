//! Every setting lies where it makes sense; the message names what was
//! written and where.

use lmd_planner::llm::{LlmConfig, LlmError};

use super::error::ConfigError;
use super::layers::{Layers, Origin};
use super::values::Config;
use crate::local_llm;
use crate::stage2::{DiffusionError, DrawConfig};
use crate::threads::MOST_THREADS;

/// Refuses a configuration that cannot be meant.
pub(super) fn check(config: &Config, layers: &Layers) -> Result<(), ConfigError> {
    check_drawing(&config.draw, layers)?;
    check_llm(&config.llm, layers)?;
    if config.threads > MOST_THREADS {
        return Err(wrong(layers, "threads", config.threads.to_string(), format!("at most {MOST_THREADS}")));
    }
    if let Some((key, value, expected)) = config.serve.wrong_number() {
        return Err(wrong(layers, key, value.to_string(), expected));
    }
    if config.model.trim().is_empty() {
        let expected = "`bundled`, the name of an imported model, a folder or a .safetensors file";
        return Err(wrong(layers, "model", String::new(), expected.to_owned()));
    }
    Ok(())
}

fn check_drawing(draw: &DrawConfig, layers: &Layers) -> Result<(), ConfigError> {
    let setting = |setting: &str, value, expected| wrong(layers, &format!("draw.{setting}"), value, expected);
    draw.check().map_err(|error| match error {
        DiffusionError::PictureSide { name, value } => {
            let expected = "both sides must be multiples of 64 from 64 to 4096";
            setting(name, value.to_string(), expected.to_owned())
        }
        DiffusionError::Setting { setting: name, value, allowed } => {
            setting(&name, value, format!("it must be {allowed}"))
        }
        DiffusionError::UnknownName { kind: kind @ ("method" | "sampler"), name, known } => {
            setting(kind, name, format!("expected one of {known}"))
        }
        other => ConfigError::Other(other.to_string()),
    })
}

/// The ranges of the language model's settings. That a model is named is
/// checked when one is to be asked.
fn check_llm(llm: &LlmConfig, layers: &Layers) -> Result<(), ConfigError> {
    local_llm::join();
    let named = if llm.is_set() { llm.model.clone() } else { "unnamed".to_owned() };
    match (LlmConfig { model: named, ..llm.clone() }).validate() {
        Err(LlmError::Config { setting, why }) => {
            let key = format!("llm.{setting}");
            let value = layers.get(&key).map(|set| set.value.to_string()).unwrap_or_default();
            Err(wrong(layers, &key, value, why))
        }
        Err(other) => Err(ConfigError::Other(other.to_string())),
        Ok(()) => Ok(()),
    }
}

fn wrong(layers: &Layers, key: &str, value: String, expected: String) -> ConfigError {
    let origin = layers.get(key).map_or(Origin::Default, |setting| setting.origin.clone());
    ConfigError::Setting { origin: origin.to_string(), key: key.to_owned(), value: value.into(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Override;

    fn refused(key: &str, value: &str) -> String {
        let mut layers = Layers::new();
        layers.lay_override(&Override::new("flag --x", key, value)).unwrap();
        check(&layers.config().unwrap(), &layers).unwrap_err().to_string()
    }

    #[test]
    fn wrong_settings_are_told_as_they_were_written() {
        let told = refused("draw.width", "520");
        assert_eq!(told, "flag --x: draw.width is 520; both sides must be multiples of 64 from 64 to 4096");
        assert!(refused("draw.steps", "0").starts_with("flag --x: draw.steps is 0; "));
        assert!(refused("draw.cfg_scale", "nan").contains("draw.cfg_scale is NaN"));
        assert!(refused("draw.lmd.frozen_step_ratio", "5").contains("0 to 1"));
        assert!(refused("llm.temperature", "9").contains("llm.temperature is 9"));
        assert!(refused("llm.url", "ftp://x").contains("llm.url"));
        assert!(refused("threads", "100000").contains("at most"));
        let told = refused("draw.negative_prompt", &"x".repeat(2001));
        assert!(told.contains("2000 characters") && told.len() < 300, "{told}");
        assert!(refused("model", " ").contains("bundled"));
    }

    #[test]
    fn the_defaults_are_fine() {
        let layers = Layers::new();
        check(&layers.config().unwrap(), &layers).unwrap();
    }
}
