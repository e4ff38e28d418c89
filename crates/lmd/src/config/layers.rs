//! Settings from several places laid over one another, each remembering
//! where it came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use lmd_diffusion::{DrawConfig, Preset};
use serde::Deserialize;
use toml::{Table, Value};

use super::{Config, ConfigError};

/// Settings without a default of ours, because the model or the number of steps gives one; variables may set them.
const UNSET: [(&str, Kind); 6] = [
    ("draw.width", Kind::Whole),
    ("draw.height", Kind::Whole),
    ("draw.cfg_scale", Kind::Number),
    ("draw.negative_prompt", Kind::Text),
    ("draw.lmd.mask_from_step", Kind::Whole),
    ("draw.lmd.mask_layer", Kind::Text),
];

/// What a setting's value is, by which text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Whole,
    Number,
    Switch,
    Text,
}

impl Kind {
    /// Of a setting: that of its default. A file may have set a number to `3`, which is still no whole number.
    fn of(key: &str) -> Self {
        if let Some((_, kind)) = UNSET.iter().find(|(unset, _)| *unset == key) {
            return *kind;
        }
        match Layers::new().get(key).map(|setting| &setting.value) {
            Some(Value::Integer(_)) => Self::Whole,
            Some(Value::Float(_)) => Self::Number,
            Some(Value::Boolean(_)) => Self::Switch,
            _ => Self::Text,
        }
    }

    /// The value written as `text`, or what was expected.
    fn read(self, text: &str) -> Result<Value, &'static str> {
        match self {
            Self::Whole => text.parse().map(Value::Integer).map_err(|_| "expected a whole number"),
            Self::Number => text.parse().map(Value::Float).map_err(|_| "expected a number"),
            Self::Switch => text.parse().map(Value::Boolean).map_err(|_| "expected true or false"),
            Self::Text => Ok(Value::String(text.to_owned())),
        }
    }
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Default,
    /// The user's file.
    User(PathBuf),
    /// The `lmd.toml` of the folder or one above it.
    Project(PathBuf),
    /// The file named by `--config`.
    Named(PathBuf),
    Variable(String),
    /// The preset that is named at the place told.
    Preset(String),
    /// The recipe of the picture that is drawn again.
    Picture(PathBuf),
    Flag(&'static str),
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
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// A setting made by a flag.
#[derive(Clone, Debug)]
pub(crate) struct Flag {
    name: &'static str,
    key: &'static str,
    value: String,
}

impl Flag {
    pub(crate) fn new(name: &'static str, key: &'static str, value: impl Into<String>) -> Self {
        Self { name, key, value: value.into() }
    }
}

/// One setting and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// All settings by dotted key, as `llm.model`.
#[derive(Clone, Debug)]
pub(crate) struct Layers(BTreeMap<String, Setting>);

impl Layers {
    /// The defaults.
    pub(crate) fn new() -> Self {
        let mut layers = Self(BTreeMap::new());
        if let Ok(defaults) = Table::try_from(Config::default()) {
            layers.lay(&defaults, &Origin::Default);
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

    /// Lays all settings of a picture.
    pub(crate) fn lay_drawing(&mut self, config: &DrawConfig, origin: &Origin) {
        // What a picture leaves to the model is left to the model.
        self.0.retain(|key, setting| !key.starts_with("draw.") || setting.origin == Origin::Default);
        if let Ok(settings) = Table::try_from(config) {
            self.lay_under("draw.", &settings, origin);
        }
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
                Value::Table(inner) => self.lay_under(&format!("{key}."), inner, origin),
                value => {
                    self.0.insert(key, Setting { value: value.clone(), origin: origin.clone() });
                }
            }
        }
    }

    /// Lays variables over it: `LMD_PLANNER`, `LMD_LLM_MAX_TOKENS` and so on.
    pub(crate) fn lay_variables(
        &mut self,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), ConfigError> {
        let mut keys: Vec<String> = self.0.keys().cloned().collect();
        keys.extend(UNSET.iter().map(|(key, _)| (*key).to_owned()).filter(|key| !self.0.contains_key(key)));
        // What follows the preset changes it.
        keys.sort_by_key(|key| key != "preset");
        for key in keys {
            let name = format!("LMD_{}", key.replace('.', "_").to_uppercase());
            if let Some(text) = lookup(&name).filter(|text| !text.trim().is_empty()) {
                self.set(&key, text.trim(), &Origin::Variable(name))?;
            }
        }
        Ok(())
    }

    /// Lays a flag over it.
    pub(crate) fn lay_flag(&mut self, flag: &Flag) -> Result<(), ConfigError> {
        self.set(flag.key, &flag.value, &Origin::Flag(flag.name))
    }

    /// Sets `key` from text, read by the kind of the setting.
    fn set(&mut self, key: &str, text: &str, origin: &Origin) -> Result<(), ConfigError> {
        let wrong = |message: String| ConfigError::Value {
            origin: origin.to_string(),
            key: key.to_owned(),
            value: lmd_layout::clean_text(text),
            message,
        };
        let value = Kind::of(key).read(text).map_err(|expected| wrong(expected.to_owned()))?;
        *self = self.with(key, value, origin).map_err(|e| wrong(e.message().to_owned()))?;
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

    pub(crate) fn get(&self, key: &str) -> Option<&Setting> {
        self.0.get(key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.0.iter().map(|(key, setting)| (key.as_str(), setting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_layers_win_and_are_remembered() {
        let mut layers = Layers::new();
        let file: Table = "[llm]\nmodel = \"a\"\ntemperature = 1\n".parse().unwrap();
        layers.lay(&file, &Origin::User(PathBuf::from("u.toml")));
        layers.lay_variables(&|name| (name == "LMD_LLM_MAX_TOKENS").then(|| "77".to_owned())).unwrap();
        layers.lay_flag(&Flag::new("--llm-model", "llm.model", "b")).unwrap();
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
        layers.lay_flag(&Flag::new("--preset", "preset", "fast")).unwrap();
        layers.lay_flag(&Flag::new("--width", "draw.width", "128")).unwrap();
        let config = layers.config().unwrap().draw;
        assert_eq!((config.steps, config.cfg_scale, config.width), (16, Some(3.0), Some(128)));
        assert!(layers.lay_flag(&Flag::new("--width", "draw.width", "wide")).is_err());
        layers.lay_flag(&Flag::new("--negative-prompt", "draw.negative_prompt", "7")).unwrap();
        assert_eq!(layers.config().unwrap().draw.negative_prompt.as_deref(), Some("7"));

        let picture = DrawConfig { steps: 7, ..DrawConfig::default() };
        layers.lay_drawing(&picture, &Origin::Picture(PathBuf::from("p.png")));
        assert_eq!(layers.config().unwrap().draw, picture);
    }

    #[test]
    fn wrong_variables_are_named() {
        let wrong = |name: &'static str, value: &'static str| {
            let mut layers = Layers::new();
            layers.lay_variables(&|n| (n == name).then(|| value.to_owned())).unwrap_err().to_string()
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
        layers.lay_flag(&Flag::new("--cfg-scale", "draw.cfg_scale", "4.5")).unwrap();
        let variables = [("LMD_LLM_TEMPERATURE", "0.5"), ("LMD_DRAW_LMD_MASK_FROM_STEP", "7")];
        let lookup = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        layers.lay_variables(&lookup).unwrap();
        let config = layers.config().unwrap();
        assert_eq!((config.draw.cfg_scale, config.llm.temperature), (Some(4.5), 0.5));
        assert_eq!(config.draw.lmd.mask_from_step, Some(7));
    }

    #[test]
    fn variables_set_what_has_no_default() {
        let mut layers = Layers::new();
        let set = |name: &str| match name {
            "LMD_DRAW_WIDTH" => Some("320".to_owned()),
            "LMD_DRAW_CFG_SCALE" => Some("4".to_owned()),
            "LMD_DRAW_NEGATIVE_PROMPT" => Some("fog".to_owned()),
            _ => None,
        };
        layers.lay_variables(&set).unwrap();
        let draw = layers.config().unwrap().draw;
        assert_eq!((draw.width, draw.height, draw.cfg_scale), (Some(320), None, Some(4.0)));
        assert_eq!(draw.negative_prompt.as_deref(), Some("fog"));
    }
}
