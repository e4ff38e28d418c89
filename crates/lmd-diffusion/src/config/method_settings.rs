//! [`MethodSettings`]: a table of settings for every method that has some.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::DiffusionError;

/// The settings of one method, a plain struct.
///
/// ```
/// use lmd_diffusion::DiffusionError;
/// use lmd_diffusion::config::Settings;
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// /// Read from `[draw.toy]` of a configuration file.
/// #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
/// #[serde(default, deny_unknown_fields)]
/// struct ToyConfig {
///     count: usize,
/// }
///
/// impl Settings for ToyConfig {
///     const NAME: &'static str = "toy";
///
///     fn check(&self) -> Result<(), DiffusionError> {
///         Ok(())
///     }
/// }
/// ```
pub trait Settings: Default + Serialize + DeserializeOwned + JsonSchema {
    /// The name of their table: that of the method.
    const NAME: &'static str;

    /// Refuses values that cannot be meant, in bounded time.
    ///
    /// # Errors
    /// [`DiffusionError::Setting`], naming the setting with its table.
    fn check(&self) -> Result<(), DiffusionError>;
}

/// What the registry knows of a method's settings.
#[derive(Clone, Copy, Debug)]
pub struct SettingsSpec {
    /// The name of their table.
    pub name: &'static str,
    /// The defaults.
    pub defaults: fn() -> Map<String, Value>,
    /// Reads and checks a table.
    pub check: fn(&MethodSettings) -> Result<(), DiffusionError>,
    /// Their JSON schema.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

impl SettingsSpec {
    /// Of settings of a type.
    #[must_use]
    pub fn of<S: Settings>() -> Self {
        Self {
            name: S::NAME,
            defaults: defaults::<S>,
            check: |settings| settings.get::<S>()?.check(),
            schema: |generator| S::json_schema(generator),
        }
    }
}

fn defaults<S: Settings>() -> Map<String, Value> {
    match serde_json::to_value(S::default()) {
        Ok(Value::Object(table)) => without_nulls(table),
        other => {
            debug_assert!(false, "{} is a struct with named fields, not {other:?}", S::NAME);
            Map::new()
        }
    }
}

/// TOML has no null: what is not set is left away.
fn without_nulls(table: Map<String, Value>) -> Map<String, Value> {
    table.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// The tables of settings of methods, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MethodSettings(BTreeMap<String, Map<String, Value>>);

impl MethodSettings {
    /// The defaults of some tables.
    pub(crate) fn defaults_of(tables: impl Iterator<Item = SettingsSpec>) -> Self {
        Self(tables.map(|spec| (spec.name.to_owned(), (spec.defaults)())).collect())
    }

    /// The settings of one method, or their defaults where none are set.
    ///
    /// # Errors
    /// [`DiffusionError::MethodSettings`] when they hold unknown names or values of another kind.
    pub fn get<S: Settings>(&self) -> Result<S, DiffusionError> {
        let Some(table) = self.0.get(S::NAME) else { return Ok(S::default()) };
        serde_json::from_value(Value::Object(table.clone())).map_err(|error| {
            let reason = lmd_layout::clean_text(&error.to_string());
            DiffusionError::MethodSettings { method: S::NAME.to_owned(), reason }
        })
    }

    /// Lays some settings of a method over those there are.
    pub fn lay(&mut self, method: &str, settings: Map<String, Value>) {
        self.0.entry(method.to_owned()).or_default().extend(without_nulls(settings));
    }

    /// The names of the tables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
