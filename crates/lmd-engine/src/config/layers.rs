//! Settings from several places laid over one another, each remembering
//! where it came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::environment::Environment;
use super::error::ConfigError;
use super::keys::{KeyKind, key, keys};
use super::values::Config;
use crate::stage2::{DrawConfig, Preset, Recipe};

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The program.
    Default,
    /// The user's file.
    User(PathBuf),
    /// The `lmd.toml` of the folder or one above it.
    Project(PathBuf),
    /// The file named by `--config`.
    Named(PathBuf),
    /// A variable of the environment.
    Variable(String),
    /// The preset that is named at the place told.
    Preset(String),
    /// The recipe of the picture that is drawn again.
    Picture(PathBuf),
    /// Said explicitly, by a flag or a request; holds how to call it.
    Explicit(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::User(path) => write!(f, "user file {}", path.display()),
            Self::Project(path) => write!(f, "project file {}", path.display()),
            Self::Named(path) => write!(f, "file {}", path.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Preset(place) => write!(f, "preset of {place}"),
            Self::Picture(path) => write!(f, "picture {}", path.display()),
            Self::Explicit(name) => f.write_str(name),
        }
    }
}

/// A setting that is said explicitly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    origin: String,
    key: String,
    value: String,
}

impl Override {
    /// `origin` is how messages call the place it was said: `flag --steps`.
    #[must_use]
    pub fn new(origin: impl Into<String>, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { origin: origin.into(), key: key.into(), value: value.into() }
    }
}

/// One setting and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its value.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// All settings by dotted key, as `llm.model`.
#[derive(Clone, Debug)]
pub struct Layers(BTreeMap<String, Setting>);

impl Layers {
    /// The defaults.
    pub(crate) fn new() -> Self {
        let mut layers = Self(BTreeMap::new());
        if let Ok(defaults) = Table::try_from(Config::default()) {
            layers.lay(&defaults, &Origin::Default);
        }
        layers
    }

    /// The settings of a configuration that was made by a program.
    pub(super) fn unnamed(config: &Config) -> Self {
        let mut layers = Self(BTreeMap::new());
        if let Ok(settings) = Table::try_from(config) {
            layers.lay_under("", &settings, &Origin::Explicit("settings".to_owned()));
        }
        layers
    }

    /// Lays a file's settings over what is there; first those of its preset.
    pub(crate) fn lay(&mut self, table: &Table, origin: &Origin) {
        if let Some(preset) = table.get("preset").filter(|_| *origin != Origin::Default) {
            self.lay_preset(preset, origin);
        }
        self.lay_under("", table, origin);
    }

    /// Lays all settings of a picture, and what its network was said to predict.
    ///
    /// # Errors
    /// As those of `lay_drawing`.
    pub(crate) fn lay_recipe(&mut self, recipe: &Recipe, picture: &Path) -> Result<(), ConfigError> {
        self.lay_drawing(&recipe.config, picture)?;
        if let Some(kind) = recipe.prediction_type {
            let origin = Origin::Picture(picture.to_owned());
            let setting = Setting { value: Value::String(kind.to_string()), origin };
            self.0.insert("prediction_type".to_owned(), setting);
        }
        Ok(())
    }

    /// Lays all settings of a picture.
    ///
    /// # Errors
    /// [`ConfigError::Recipe`] when they are none, for instance a number that no setting holds.
    fn lay_drawing(&mut self, config: &DrawConfig, picture: &Path) -> Result<(), ConfigError> {
        let settings = Table::try_from(config)
            .map_err(|error| ConfigError::Recipe { picture: picture.to_owned(), why: error.to_string() })?;
        // What a picture leaves to the model is left to the model.
        self.0.retain(|key, setting| !key.starts_with("draw.") || setting.origin == Origin::Default);
        self.lay_under("draw.", &settings, &Origin::Picture(picture.to_owned()));
        Ok(())
    }

    fn lay_preset(&mut self, name: &Value, origin: &Origin) {
        if let Ok(preset) = Preset::deserialize(name.clone()) {
            let origin = Origin::Preset(origin.to_string());
            if let Ok(settings) = Table::try_from(preset.config()) {
                self.lay_under("draw.", &settings, &origin);
            }
        }
    }

    fn lay_under(&mut self, prefix: &str, table: &Table, origin: &Origin) {
        for (key, value) in table {
            let key = format!("{prefix}{key}");
            match value {
                // A setting that holds a table is set as a whole.
                Value::Table(inner) if !is_table(&key) => self.lay_under(&format!("{key}."), inner, origin),
                value => {
                    self.0.insert(key, Setting { value: value.clone(), origin: origin.clone() });
                }
            }
        }
    }

    /// Lays variables over it: `LMD_PLANNER`, `LMD_LLM_MAX_TOKENS` and so on.
    pub(crate) fn lay_variables(&mut self, environment: &Environment) -> Result<(), ConfigError> {
        let mut all: Vec<_> = keys().iter().collect();
        // What follows the preset changes it.
        all.sort_by_key(|key| key.name != "preset");
        for key in all {
            let name = key.variable();
            if let Some(text) = environment.get(&name) {
                self.set(&key.name, text, &Origin::Variable(name))?;
            }
        }
        Ok(())
    }

    /// Lays something explicit over it.
    pub(crate) fn lay_override(&mut self, said: &Override) -> Result<(), ConfigError> {
        self.set(&said.key, &said.value, &Origin::Explicit(said.origin.clone()))
    }

    /// Sets a key from text, read by the kind of the setting.
    fn set(&mut self, name: &str, text: &str, origin: &Origin) -> Result<(), ConfigError> {
        let wrong = |message: String| ConfigError::Value {
            origin: origin.to_string(),
            key: name.to_owned(),
            value: text.to_owned().into(),
            message,
        };
        let known = key(name).ok_or_else(|| wrong("there is no such setting".to_owned()))?;
        let value = known.read(text).map_err(|expected| wrong(expected.to_owned()))?;
        *self = self.with(name, value, origin).map_err(|e| wrong(e.message().to_owned()))?;
        Ok(())
    }

    /// These layers with one more setting, if that makes a configuration.
    fn with(&self, key: &str, value: Value, origin: &Origin) -> Result<Self, toml::de::Error> {
        let mut changed = self.clone();
        if key == "preset" {
            changed.lay_preset(&value, origin);
        }
        changed.0.insert(key.to_owned(), Setting { value, origin: origin.clone() });
        changed.config()?;
        Ok(changed)
    }

    /// The configuration these settings make.
    pub(crate) fn config(&self) -> Result<Config, toml::de::Error> {
        Config::deserialize(self.table())
    }

    fn table(&self) -> Table {
        let mut top = Table::new();
        for (key, setting) in &self.0 {
            let mut parts = key.split('.').peekable();
            let mut table = &mut top;
            while let Some(part) = parts.next() {
                if parts.peek().is_none() {
                    table.insert(part.to_owned(), setting.value.clone());
                    break;
                }
                let inner = table.entry(part).or_insert_with(|| Value::Table(Table::new()));
                let Value::Table(inner) = inner else { break };
                table = inner;
            }
        }
        top
    }

    /// A setting by its key; `None` where there is none or it has no value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.0.get(key)
    }
}

/// Whether a setting holds a table.
fn is_table(name: &str) -> bool {
    key(name).is_some_and(|key| key.kind == KeyKind::Table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_layers_win_and_are_remembered() {
        let mut layers = Layers::new();
        let file: Table = "[llm]\nmodel = \"a\"\ntemperature = 1\n".parse().unwrap();
        layers.lay(&file, &Origin::User(PathBuf::from("u.toml")));
        layers.lay_variables(&[("LMD_LLM_MAX_TOKENS", "77")].into_iter().collect()).unwrap();
        layers.lay_override(&Override::new("flag --llm-model", "llm.model", "b")).unwrap();
        let config = layers.config().unwrap();
        assert_eq!((config.llm.model.as_str(), config.llm.max_tokens), ("b", 77));
        assert_eq!(layers.get("llm.model").unwrap().origin.to_string(), "flag --llm-model");
        assert_eq!(layers.get("llm.max_tokens").unwrap().origin.to_string(), "variable LMD_LLM_MAX_TOKENS");
        assert_eq!(layers.get("llm.url").unwrap().origin, Origin::Default);
    }

    #[test]
    fn a_preset_yields_to_what_is_as_strong_or_stronger() {
        let mut layers = Layers::new();
        let steps = |layers: &Layers| layers.config().unwrap().draw.steps;
        assert_eq!(steps(&layers), 20);
        let file: Table = "preset = \"faithful\"\n[draw]\ncfg_scale = 3.0\n".parse().unwrap();
        layers.lay(&file, &Origin::User(PathBuf::from("u.toml")));
        assert_eq!((steps(&layers), layers.config().unwrap().draw.cfg_scale), (50, Some(3.0)));
        assert_eq!(layers.get("draw.steps").unwrap().origin.to_string(), "preset of user file u.toml");
        layers.lay_override(&Override::new("flag --preset", "preset", "fast")).unwrap();
        layers.lay_override(&Override::new("flag --width", "draw.width", "128")).unwrap();
        let config = layers.config().unwrap().draw;
        assert_eq!((config.steps, config.cfg_scale, config.width), (16, Some(3.0), Some(128)));
        assert!(layers.lay_override(&Override::new("flag --width", "draw.width", "wide")).is_err());
        layers.lay_override(&Override::new("flag --negative-prompt", "draw.negative_prompt", "7")).unwrap();
        assert_eq!(layers.config().unwrap().draw.negative_prompt.as_deref(), Some("7"));

        let picture = DrawConfig { steps: 7, ..DrawConfig::default() };
        layers.lay_drawing(&picture, Path::new("p.png")).unwrap();
        assert_eq!(layers.config().unwrap().draw, picture);
    }

    #[test]
    fn a_table_is_set_as_a_whole() {
        let mut layers = Layers::new();
        let file: Table = "[llm.options]\ntop_k = 3\nseed = 1\n".parse().unwrap();
        layers.lay(&file, &Origin::User(PathBuf::from("u.toml")));
        let shown = |layers: &Layers| layers.get("llm.options").map(|set| set.value.to_string());
        assert_eq!(shown(&layers).unwrap(), "{ seed = 1, top_k = 3 }");
        layers.lay_variables(&[("LMD_LLM_OPTIONS", "{ top_k = 7 }")].into_iter().collect()).unwrap();
        assert_eq!(shown(&layers).unwrap(), "{ top_k = 7 }");
        let options = layers.config().unwrap().llm.options;
        assert_eq!((options.len(), &options["top_k"]), (1, &7.into()));
    }

    #[test]
    fn wrong_variables_are_named() {
        let wrong = |name: &'static str, value: &'static str| {
            let mut layers = Layers::new();
            layers.lay_variables(&[(name, value)].into_iter().collect()).unwrap_err().to_string()
        };
        let text = wrong("LMD_LLM_MAX_TOKENS", "many");
        assert!(text.contains("LMD_LLM_MAX_TOKENS") && text.contains("whole number"), "{text}");
        assert!(wrong("LMD_PLANNER", "me").contains("auto"));
        let text = wrong("LMD_DRAW_WIDTH", "wide");
        assert!(text.contains("LMD_DRAW_WIDTH") && text.contains("whole number"), "{text}");
    }

    #[test]
    fn a_number_written_whole_in_a_file_stays_a_number() {
        let mut layers = Layers::new();
        let file = "[llm]\ntemperature = 1\n[draw]\ncfg_scale = 3\n[draw.lmd]\nmask_from_step = 3\n";
        let file: Table = file.parse().unwrap();
        layers.lay(&file, &Origin::User(PathBuf::from("u.toml")));
        layers.lay_override(&Override::new("flag --cfg-scale", "draw.cfg_scale", "4.5")).unwrap();
        let variables = [("LMD_LLM_TEMPERATURE", "0.5"), ("LMD_DRAW_LMD_MASK_FROM_STEP", "7")];
        layers.lay_variables(&variables.into_iter().collect()).unwrap();
        let config = layers.config().unwrap();
        assert_eq!((config.draw.cfg_scale, config.llm.temperature), (Some(4.5), 0.5));
        assert_eq!(config.draw.lmd.mask_from_step, Some(7));
    }

    #[test]
    fn variables_set_what_has_no_default() {
        let mut layers = Layers::new();
        let set = [
            ("LMD_DRAW_WIDTH", "320"),
            ("LMD_DRAW_CFG_SCALE", "4"),
            ("LMD_DRAW_NEGATIVE_PROMPT", "fog"),
            ("LMD_DRAW_LMD_GUIDED_LAYERS", "mid.0.0,up.1.0"),
        ];
        layers.lay_variables(&set.into_iter().collect()).unwrap();
        let draw = layers.config().unwrap().draw;
        assert_eq!((draw.width, draw.height, draw.cfg_scale), (Some(320), None, Some(4.0)));
        assert_eq!(draw.negative_prompt.as_deref(), Some("fog"));
        assert_eq!(draw.lmd.guided_layers.unwrap(), ["mid.0.0", "up.1.0"]);
    }

    #[test]
    fn a_recipe_whose_numbers_no_setting_holds_is_refused() {
        let mut layers = Layers::new();
        let picture = DrawConfig { width: Some(1 << 63), ..DrawConfig::default() };
        let error = layers.lay_drawing(&picture, Path::new("p.png")).unwrap_err().to_string();
        assert!(error.contains("p.png"), "{error}");
    }
}
