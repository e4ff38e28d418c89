//! All settings by key: what each holds and what it is for, read from the
//! schema of [`Config`], so that no list has to be kept beside it.

use std::sync::OnceLock;

use serde_json::Value as Json;
use toml::Value;

use super::values::Config;

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// `true` or `false`.
    Switch,
    /// A text, or one of [`Key::choices`].
    Text,
    /// A list.
    List,
    /// Settings of something else's own, by name.
    Table,
}

/// A setting that can be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its dotted name, as `llm.model`.
    pub name: String,
    /// What it holds.
    pub kind: KeyKind,
    /// The texts it may be, where these are few.
    pub choices: Vec<String>,
    /// What it is for, in one paragraph.
    pub summary: String,
}

impl Key {
    /// The variable that sets it: `LMD_LLM_MODEL` for `llm.model`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("LMD_{}", self.name.replace('.', "_").to_uppercase())
    }

    /// The value that a text means, or what was expected.
    pub(super) fn read(&self, text: &str) -> Result<Value, &'static str> {
        match self.kind {
            KeyKind::Whole => text.parse().map(Value::Integer).map_err(|_| "expected a whole number"),
            KeyKind::Number => text.parse().map(Value::Float).map_err(|_| "expected a number"),
            KeyKind::Switch => text.parse().map(Value::Boolean).map_err(|_| "expected true or false"),
            KeyKind::Text => Ok(Value::String(text.to_owned())),
            KeyKind::Table => table(text).ok_or("expected a table: { name = value }"),
            KeyKind::List => list(text).ok_or("expected a list: 3, 2, 1 or [3, 2, 1]"),
        }
    }
}

/// `{ name = value }` as TOML.
fn table(text: &str) -> Option<Value> {
    let table: toml::Table = format!("table = {text}").parse().ok()?;
    table.get("table").filter(|value| value.is_table() && table.len() == 1).cloned()
}

/// `[1, 2]` as TOML, or texts and whole numbers between commas.
fn list(text: &str) -> Option<Value> {
    if text.starts_with('[') {
        let table: toml::Table = format!("list = {text}").parse().ok()?;
        return table.get("list").filter(|_| table.len() == 1).cloned();
    }
    let entry = |part: &str| match part.trim() {
        "" => None,
        part => Some(part.parse().map_or_else(|_| Value::String(part.to_owned()), Value::Integer)),
    };
    text.split(',').map(entry).collect::<Option<Vec<_>>>().map(Value::Array)
}

/// Every setting, in the order of the configuration.
#[must_use]
pub fn keys() -> &'static [Key] {
    static KEYS: OnceLock<Vec<Key>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let schema = schemars::schema_for!(Config).to_value();
        let mut keys = Vec::new();
        collect(&schema, &schema, "", &mut keys);
        keys
    })
}

/// The setting with this name.
#[must_use]
pub fn key(name: &str) -> Option<&'static Key> {
    keys().iter().find(|key| key.name == name)
}

/// Adds the settings of an object's schema.
fn collect(whole: &Json, object: &Json, prefix: &str, keys: &mut Vec<Key>) {
    let Some(properties) = object.get("properties").and_then(Json::as_object) else { return };
    for (name, property) in properties {
        let name = format!("{prefix}{name}");
        let schema = resolved(whole, property);
        if schema.get("properties").is_some() {
            collect(whole, schema, &format!("{name}."), keys);
            continue;
        }
        let described = property.get("description").or_else(|| schema.get("description"));
        let summary = described.and_then(Json::as_str).unwrap_or_default();
        let summary = summary.split_whitespace().collect::<Vec<_>>().join(" ");
        keys.push(Key { name, kind: kind(schema), choices: choices(schema), summary });
    }
}

/// Follows a reference, and the one alternative that is not `null`.
fn resolved<'a>(whole: &'a Json, schema: &'a Json) -> &'a Json {
    if let Some(path) = schema.get("$ref").and_then(Json::as_str) {
        return whole.pointer(path.trim_start_matches('#')).map_or(schema, |found| resolved(whole, found));
    }
    let some = |of: &str| schema.get(of).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let null = |one: &Json| one.get("type").and_then(Json::as_str) == Some("null");
    match [some("anyOf"), some("allOf")].concat().len() {
        0 => schema,
        _ => some("anyOf")
            .iter()
            .chain(some("allOf"))
            .find(|one| !null(one))
            .map_or(schema, |one| resolved(whole, one)),
    }
}

fn kind(schema: &Json) -> KeyKind {
    let types = match schema.get("type") {
        Some(Json::Array(types)) => types.iter().filter_map(Json::as_str).collect(),
        Some(Json::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    let first = types.into_iter().find(|name| *name != "null");
    match first {
        Some("integer") => KeyKind::Whole,
        Some("number") => KeyKind::Number,
        Some("boolean") => KeyKind::Switch,
        Some("array") => KeyKind::List,
        Some("object") => KeyKind::Table,
        _ => KeyKind::Text,
    }
}

fn choices(schema: &Json) -> Vec<String> {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    if let Some(values) = schema.get("enum").and_then(Json::as_array) {
        return values.iter().filter_map(text).collect();
    }
    let Some(alternatives) = schema.get("oneOf").and_then(Json::as_array) else { return Vec::new() };
    alternatives
        .iter()
        .flat_map(|one| one.get("const").and_then(text).map(|c| vec![c]).unwrap_or_else(|| choices(one)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str) -> &'static Key {
        key(name).unwrap_or_else(|| panic!("{name} is no key of {:#?}", keys()))
    }

    #[test]
    fn settings_with_and_without_a_default_are_known() {
        let kinds = [
            ("planner", KeyKind::Text),
            ("threads", KeyKind::Whole),
            ("llm.max_tokens", KeyKind::Whole),
            ("llm.temperature", KeyKind::Number),
            ("llm.options", KeyKind::Table),
            ("draw.width", KeyKind::Whole),
            ("draw.cfg_scale", KeyKind::Number),
            ("draw.negative_prompt", KeyKind::Text),
            ("draw.lmd.mask_from_step", KeyKind::Whole),
            ("draw.lmd.guided_layers", KeyKind::List),
            ("draw.lmd.center_boxes", KeyKind::Switch),
            ("draw.lmd.per_box.max_iter", KeyKind::List),
        ];
        for (name, kind) in kinds {
            assert_eq!(known(name).kind, kind, "{name}");
        }
        assert!(key("llm.key").is_none() && key("draw").is_none());
        assert!(known("preset").choices.contains(&"faithful".to_owned()));
        assert_eq!(known("draw.lmd.mask_from_step").variable(), "LMD_DRAW_LMD_MASK_FROM_STEP");
        let silent: Vec<_> = keys().iter().filter(|key| key.summary.is_empty()).collect();
        assert!(silent.is_empty(), "without a summary: {silent:?}");
    }

    #[test]
    fn lists_are_read_from_text() {
        let key = known("draw.lmd.guided_layers");
        let two = Value::Array(vec!["mid.0.0".into(), "up.1.0".into()]);
        assert_eq!(key.read("mid.0.0, up.1.0").unwrap(), two);
        assert_eq!(key.read("[\"mid.0.0\", \"up.1.0\"]").unwrap(), two);
        assert_eq!(
            known("draw.lmd.per_box.max_iter").read("3,2").unwrap(),
            Value::Array(vec![3.into(), 2.into()])
        );
        assert!(key.read("a,,b").is_err() && key.read("[").is_err());
    }
}
