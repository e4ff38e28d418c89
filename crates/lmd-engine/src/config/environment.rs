//! [`Environment`]: the variables that set something.

use std::collections::BTreeMap;
use std::env;

use super::keys::{Key, keys};
use crate::common::most_alike;
use crate::notice::Notice;

/// Variables of lmd that are no settings, with what they are for. The key of
/// the language model is not a setting because it must not stand in files.
pub const OTHER_VARIABLES: [(&str, &str); 3] = [
    ("LMD_LLM_KEY", "The key of the language model's server"),
    ("OPENAI_API_KEY", "The same, for OpenAI itself and servers on this machine only"),
    ("ANTHROPIC_API_KEY", "The same, for Anthropic itself only"),
];

/// Variables that tests and scripts of this repository read.
const OF_TESTS: &str = "LMD_TEST_";

/// Likeness (Jaro-Winkler) from which a known name is offered for an unknown one.
const ALIKE: f64 = 0.8;

/// A process's variables as far as they concern lmd.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    texts: BTreeMap<String, String>,
    /// Names of variables whose value is no text.
    others: Vec<String>,
}

impl Environment {
    /// The variables of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let mut environment = Self::default();
        for (name, value) in env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            if !name.starts_with("LMD_") && !OTHER_VARIABLES.iter().any(|(known, _)| *known == name) {
                continue;
            }
            match value.into_string() {
                Ok(value) => drop(environment.texts.insert(name, value)),
                Err(_) => environment.others.push(name),
            }
        }
        environment
    }

    /// The value of a variable, trimmed; a blank one is none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// What is wrong with the names: variables that set nothing.
    pub(super) fn notices(&self) -> Vec<Notice> {
        let known: Vec<String> = keys().iter().map(Key::variable).collect();
        let names = || known.iter().map(String::as_str).chain(OTHER_VARIABLES.map(|(name, _)| name));
        let unknown = self
            .texts
            .keys()
            .filter(|name| !name.starts_with(OF_TESTS) && !names().any(|known| known == name.as_str()));
        let unknown = unknown
            .map(|name| Notice::UnknownVariable { name: name.clone(), closest: closest(name, names()) });
        let no_text = self.others.iter().map(|name| Notice::NoText { name: name.clone() });
        unknown.chain(no_text).collect()
    }
}

/// The known variable that is most like an unknown one. `LMD_STEPS` is meant
/// for `LMD_DRAW_STEPS`: the same ending counts as alike.
fn closest<'a>(unknown: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    let unknown = own(unknown);
    let end = format!("_{unknown}");
    if let Some(name) = known.clone().filter(|name| name.ends_with(&end)).min_by_key(|name| name.len()) {
        return Some(name.to_owned());
    }
    let alike = most_alike(unknown, known.clone().map(own), ALIKE)?;
    known.into_iter().find(|name| own(name) == alike).map(str::to_owned)
}

/// What a variable's name says besides that it is one of lmd.
fn own(name: &str) -> &str {
    name.strip_prefix("LMD_").unwrap_or(name)
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let texts = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { texts, others: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_set_nothing_are_told() {
        let environment: Environment = [
            ("LMD_STEPS", "3"),
            ("LMD_LLM_MODLE", "m"),
            ("LMD_QQQQ", ""),
            ("LMD_DRAW_STEPS", "3"),
            ("LMD_LLM_KEY", "k"),
            ("LMD_TEST_DATA", "d"),
        ]
        .into_iter()
        .collect();
        let told: Vec<String> = environment.notices().iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].contains("did you mean LMD_LLM_MODEL?"), "{told:?}");
        assert!(told[1].contains("LMD_QQQQ") && told[1].contains("config env"), "{told:?}");
        assert!(told[2].contains("did you mean LMD_DRAW_STEPS?"), "{told:?}");
    }

    #[test]
    fn any_name_is_compared() {
        let names = || ["OPENAI_API_KEY", "LMD_LLM_KEY"].into_iter();
        assert_eq!(closest("aéé", names()), None);
        assert_eq!(closest("AI_API_KEYS", ["XXXX_API_KEY"].into_iter()), None);
        assert_eq!(closest("LMD_OPENAI_API_KEYS", names()).as_deref(), Some("OPENAI_API_KEY"));
    }
}
