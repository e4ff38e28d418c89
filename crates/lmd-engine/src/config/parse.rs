//! From a configuration file's text to its settings, with errors that name
//! the line, the key and the nearest known key.

use lmd_layout::clean_text;
use toml::Table;

use super::error::ConfigError;
use super::values::Config;

/// Longest configuration file that is read, in bytes.
pub const MAX_CONFIG_BYTES: usize = 64 * 1024;
/// Longest message quoted from the TOML reader, in characters.
const MESSAGE_CHARS: usize = 240;

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
    serde_path_to_error::deserialize::<_, Config>(reader)
        .map_err(|error| wrong(error.inner(), &error.path().to_string(), text, file))?;
    text.parse().map_err(|error| wrong(&error, "", text, file))
}

fn wrong(error: &toml::de::Error, path: &str, text: &str, file: &str) -> ConfigError {
    let message = error.message();
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or(text);
    ConfigError::Text {
        file: file.to_owned(),
        line: 1 + before.matches('\n').count(),
        key: clean_text(path.trim_matches('.')).chars().take(MESSAGE_CHARS).collect(),
        message: clean_text(message).chars().take(MESSAGE_CHARS).collect(),
        closest: closest_key(message),
    }
}

/// From "unknown field `modell`, expected one of `url`, `model`" the expected
/// word that is most like the unknown one, if any is.
fn closest_key(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = message.starts_with("unknown").then(|| quoted.next()).flatten()?;
    quoted
        .map(|known| (strsim::jaro_winkler(unknown, known), known))
        .filter(|(likeness, _)| *likeness >= 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known.to_owned())
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
    fn long_files_are_refused() {
        assert!(message(&"#".repeat(MAX_CONFIG_BYTES + 1)).contains("more than 65536 bytes"));
    }
}
