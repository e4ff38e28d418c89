//! From a configuration file's text to its settings, with errors that name
//! the line, the key and the nearest known key.

use lmd_layout::clean_text;
use toml::Table;

use super::error::ConfigError;
use super::values::Config;
use crate::common::{most_alike, shortened};
use crate::stage2::{DiffusionError, DrawConfig, MethodSettings, Registry, SettingsSpec};

/// Longest configuration file that is read, in bytes.
pub const MAX_CONFIG_BYTES: usize = 64 * 1024;
/// Longest message quoted from the TOML reader, in characters.
const MESSAGE_CHARS: usize = 240;
/// Likeness (Jaro-Winkler) from which a known key is offered for an unknown one.
const ALIKE: f64 = 0.7;

/// Checks a configuration file's text and gives the settings it names. `file`
/// is what errors call it.
///
/// # Errors
/// [`ConfigError::TooLarge`], [`ConfigError::Text`].
pub fn parse(text: &str, file: &str) -> Result<Table, ConfigError> {
    if text.len() > MAX_CONFIG_BYTES {
        return Err(ConfigError::TooLarge { file: file.to_owned(), limit: MAX_CONFIG_BYTES });
    }
    let reader = toml::Deserializer::parse(text).map_err(|error| wrong(&error, "", text, file))?;
    let config = serde_path_to_error::deserialize::<_, Config>(reader)
        .map_err(|error| wrong(error.inner(), &error.path().to_string(), text, file))?;
    check_methods(&config.draw, text, file)?;
    text.parse().map_err(|error| wrong(&error, "", text, file))
}

/// The tables of methods are read by the methods: names they do not know and values of another kind.
fn check_methods(draw: &DrawConfig, text: &str, file: &str) -> Result<(), ConfigError> {
    for spec in Registry::shared().settings() {
        let Err(DiffusionError::MethodSettings { reason, .. }) = (spec.check)(&draw.methods) else {
            continue;
        };
        let (name, start) = culprit(spec, draw, text).unwrap_or_default();
        let path = format!("draw.{}.{name}", spec.name);
        return Err(wrong_at(start, &reason, &path, text, file));
    }
    Ok(())
}

/// The setting that a method does not read, and where it stands in a file's text.
fn culprit(spec: SettingsSpec, draw: &DrawConfig, text: &str) -> Option<(String, usize)> {
    let set = serde_json::to_value(&draw.methods).ok()?;
    let read = toml::de::DeTable::parse(text).ok()?;
    let tables = read.get_ref().get("draw")?.get_ref().get(spec.name)?.get_ref().as_table()?;
    set.get(spec.name)?.as_object()?.iter().find_map(|(name, value)| {
        let mut alone = MethodSettings::default();
        alone.lay(spec.name, [(name.clone(), value.clone())].into_iter().collect());
        let refused = matches!((spec.check)(&alone), Err(DiffusionError::MethodSettings { .. }));
        let key = tables.keys().find(|key| *key.get_ref() == name.as_str());
        key.filter(|_| refused).map(|key| (name.clone(), key.span().start))
    })
}

fn wrong(error: &toml::de::Error, path: &str, text: &str, file: &str) -> ConfigError {
    wrong_at(error.span().map_or(0, |span| span.start), error.message(), path, text, file)
}

/// What is wrong at a byte of a file's text.
fn wrong_at(start: usize, message: &str, path: &str, text: &str, file: &str) -> ConfigError {
    let before = text.get(..start).unwrap_or(text);
    ConfigError::Text {
        file: file.to_owned(),
        line: 1 + before.matches('\n').count(),
        key: shortened(&clean_text(path.trim_matches('.')), MESSAGE_CHARS),
        message: shortened(&clean_text(message), MESSAGE_CHARS),
        closest: closest_key(message),
    }
}

/// From "unknown field `modell`, expected one of `url`, `model`" the expected
/// word that is most like the unknown one, if any is.
fn closest_key(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = message.starts_with("unknown").then(|| quoted.next()).flatten()?;
    most_alike(unknown, quoted, ALIKE).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_with_a_line_it_has(
            text in "((planner|cache|llm|url|model|max_tokens|[a-z]{1,4}|\\[|\\]|=|\"|'|\\.|[0-9]{1,3}|true|nan|-| |\n|#|\\{|\\}|,|é){0,24})"
        ) {
            match parse(&text, "f") {
                Ok(settings) => prop_assert!(parse(&settings.to_string(), "f").is_ok(), "{}", settings),
                Err(ConfigError::Text { line, .. }) => {
                    prop_assert!(line >= 1 && line <= text.matches('\n').count() + 1);
                }
                Err(error) => prop_assert!(false, "{}", error),
            }
        }
    }

    fn message(text: &str) -> String {
        parse(text, "lmd.toml").unwrap_err().to_string()
    }

    #[test]
    fn good_files_give_their_settings() {
        let table = parse("planner = \"llm\"\n[llm]\nmodel = \"m\"\ntemperature = 0.5\n", "f").unwrap();
        assert_eq!(table["llm"]["model"].as_str(), Some("m"));
        assert!(parse("", "f").unwrap().is_empty());
    }

    #[test]
    fn unknown_keys_are_named_with_the_nearest_one() {
        let text = message("planner = \"llm\"\n\n[llm]\nmodell = \"m\"\n");
        assert!(text.starts_with("lmd.toml:4: `llm"), "{text}");
        assert!(text.ends_with("did you mean `model`?"), "{text}");
        let text = message("plannr = \"llm\"\n");
        assert!(text.starts_with("lmd.toml:1: ") && text.ends_with("did you mean `planner`?"), "{text}");
        let text = message("planner = \"ofline\"\n");
        assert!(text.contains("`planner`: ") && text.ends_with("did you mean `offline`?"), "{text}");
    }

    #[test]
    fn wrong_values_are_named() {
        let text = message("# c\n[llm]\nmax_tokens = \"many\"\n");
        assert!(text.starts_with("lmd.toml:3: `llm.max_tokens`: invalid type"), "{text}");
        assert!(message("[llm]\nmax_tokens = -1\n").contains("llm.max_tokens"));
        assert!(message("[llm\n").starts_with("lmd.toml:1: "));
        assert!(message("[llm]\nkey = \"sk\"\n").contains("unknown field `key`"));
    }

    #[test]
    fn settings_of_any_method_are_named() {
        let text = message("# c\n[draw.gligen]\n# d\nbeta = \"x\"\n");
        assert!(text.starts_with("lmd.toml:4: `draw.gligen.beta`: invalid type"), "{text}");
        let text = message("draw = { steps = 3 }\n[draw.gligen]\nbeta = 1\n");
        assert!(text.starts_with("lmd.toml:"), "{text}");
        let text = message("[draw]\nsteps = 3\nboxdiff = { top_p = 0.2,\n top_q = 0.3 }\n");
        assert!(text.starts_with("lmd.toml:4: `draw.boxdiff.top_q`: unknown field"), "{text}");
        assert!(text.ends_with("did you mean `top_p`?"), "{text}");
    }

    #[test]
    fn long_files_are_refused() {
        assert!(message(&"#".repeat(MAX_CONFIG_BYTES + 1)).contains("more than 65536 bytes"));
    }
}
