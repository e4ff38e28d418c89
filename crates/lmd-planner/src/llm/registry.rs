//! The one list of chat models. A further one is a file of its own and a line
//! in [`BUILT_IN`]; from outside the crate it is added by [`register`].

use std::sync::{PoisonError, RwLock};

use super::entry::ChatModelEntry;
use super::{LlmError, anthropic, ollama, openai};

/// Every chat model of this crate.
const BUILT_IN: [ChatModelEntry; 3] = [openai::ENTRY, anthropic::ENTRY, ollama::ENTRY];

static REGISTERED: RwLock<Vec<ChatModelEntry>> = RwLock::new(Vec::new());

/// Every chat model there is, those of this crate first.
///
/// ```
/// let names: Vec<_> = lmd_planner::llm::chat_models().iter().map(|entry| entry.name).collect();
/// assert!(names.starts_with(&["openai", "anthropic", "ollama"]));
/// ```
#[must_use]
pub fn chat_models() -> Vec<ChatModelEntry> {
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    BUILT_IN.iter().chain(registered.iter()).copied().collect()
}

/// Adds a chat model, so that `llm.api` may name it.
///
/// # Errors
/// [`LlmError::Config`] when its name is taken already.
pub fn register(entry: ChatModelEntry) -> Result<(), LlmError> {
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    if BUILT_IN.iter().chain(registered.iter()).any(|known| known.name == entry.name) {
        let why = format!("a chat model named \"{}\" is registered already", entry.name);
        return Err(LlmError::Config { setting: "api", why });
    }
    registered.push(entry);
    Ok(())
}

/// The chat model called `name`.
///
/// # Errors
/// [`LlmError::Config`] lists the names there are.
pub fn chat_model(name: &str) -> Result<ChatModelEntry, LlmError> {
    let all = chat_models();
    let found = all.iter().find(|entry| entry.name == name.trim()).copied();
    found.ok_or_else(|| {
        let names = all.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", ");
        let name = super::words::shorten(name, 40);
        LlmError::Config { setting: "api", why: format!("there is no \"{name}\"; expected one of {names}") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llm::LlmConfig;

    #[test]
    fn every_entry_opens_and_names_are_unique() {
        for entry in BUILT_IN {
            let config =
                LlmConfig { api: entry.name.to_owned(), model: "m".to_owned(), ..LlmConfig::default() };
            assert_eq!((entry.open)(&config).unwrap().name(), "m");
            assert!(!entry.summary.is_empty());
            assert!(register(entry).unwrap_err().to_string().contains(entry.name));
        }
        let error = chat_model("opnai").unwrap_err().to_string();
        assert!(error.contains("opnai") && error.contains("openai, anthropic, ollama"), "{error}");
    }
}
