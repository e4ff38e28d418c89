//! What [`DrawConfig`] needs the registry for: its defaults, how it is read, and whether it can be meant.

mod raw;

use lmd_layout::Fidelity;

pub(crate) use raw::RawDrawConfig;

use crate::config::{DrawConfig, LmdConfig, MethodSettings, Name, require, within};
use crate::registry::unknown;
use crate::size::fits;
use crate::{DiffusionError, Method, NoiseSource, Registry};

/// Most characters of a negative prompt; the text encoder reads far fewer.
pub(crate) const MOST_TERMS: usize = 2000;

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
    /// The classifier-free guidance scale: that of the settings, of a model that recommends `hint`, or of the method,
    /// which is the one that the settings name.
    #[must_use]
    pub fn cfg_scale_with(&self, hint: Option<f64>, method: &dyn Method) -> f64 {
        match self.cfg_scale.or(hint) {
            Some(scale) => scale,
            None => method.cfg_scale(),
        }
    }

    /// The same where no model is known, as of a recipe that is shown; the method is one of this crate's registry.
    #[must_use]
    pub fn cfg_scale_without_model(&self) -> f64 {
        match (Registry::shared().method(&self.method), self.cfg_scale) {
            (Ok(method), _) => self.cfg_scale_with(None, method),
            // An unknown method is refused by `check`.
            (Err(_), Some(scale)) => scale,
            (Err(_), None) => 7.5,
        }
    }

    /// Refuses settings that cannot be meant, and names that this crate's registry does not know.
    ///
    /// ```
    /// use lmd_diffusion::DrawConfig;
    ///
    /// let config = DrawConfig { steps: 0, ..DrawConfig::default() };
    /// assert_eq!(config.check().unwrap_err().to_string(), "steps is 0; it must be 1 to 1000");
    /// ```
    ///
    /// # Errors
    /// [`DiffusionError::Setting`] naming the first one, its value and what it
    /// may be; [`DiffusionError::PictureSide`], [`DiffusionError::UnknownName`], [`DiffusionError::MethodSettings`].
    pub fn check(&self) -> Result<(), DiffusionError> {
        self.check_with(Registry::shared())
    }

    /// The same with the names of another registry.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_with(&self, registry: &Registry) -> Result<(), DiffusionError> {
        let method = registry.method(&self.method)?;
        registry.sampler(&self.sampler)?;
        registry.refiner(&self.lmd.mask_refiner)?;
        self.check_size()?;
        require((1..=1000).contains(&self.steps), "steps", self.steps, "1 to 1000")?;
        within("cfg_scale", self.cfg_scale_with(None, method), 0.0, 1000.0, "0 to 1000")?;
        if let Some(strength) = self.guidance_strength {
            let fine = strength > 0.0 && strength <= 1000.0;
            require(fine, "guidance_strength", strength, "above 0, at most 1000")?;
        }
        let characters = self.negative_prompt.as_ref().map_or(0, |terms| terms.chars().count());
        require(characters <= MOST_TERMS, "negative_prompt", characters, "at most 2000 characters")?;
        self.lmd.check()?;
        self.check_methods(registry)
    }

    fn check_size(&self) -> Result<(), DiffusionError> {
        for (name, side) in [("width", self.width), ("height", self.height)] {
            if let Some(value) = side.filter(|side| !fits(*side)) {
                return Err(DiffusionError::PictureSide { name, value });
            }
        }
        Ok(())
    }

    /// Every table of settings is one of a method's, and reads as such.
    fn check_methods(&self, registry: &Registry) -> Result<(), DiffusionError> {
        let known: Vec<&str> = registry.settings().map(|spec| spec.name).collect();
        if let Some(name) = self.methods.names().find(|name| !known.contains(name)) {
            return Err(unknown("method with settings", &Name::from(name.to_owned()), known.into_iter()));
        }
        registry.settings().try_for_each(|spec| (spec.check)(&self.methods))
    }
}

impl MethodSettings {
    /// The defaults of all methods of a registry.
    #[must_use]
    pub fn defaults(registry: &Registry) -> Self {
        Self::defaults_of(registry.settings())
    }
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
}
