//! Which planner is used, and what is said about it.

use std::sync::Arc;

use lmd_planner::cache::{AnswerCache, CacheMode};
use lmd_planner::llm::{ChatEvent, LlmConfig, LlmError, LlmPlanner};
use lmd_planner::offline::OfflinePlanner;
use lmd_planner::{PlanError, Planner};

use crate::config::{Config, PlannerChoice};
use crate::error::EngineError;
use crate::notice::Notice;

/// A planner, and what a person should know about the choice.
pub(crate) type Choice = (Box<dyn Planner>, Vec<Notice>);

/// Is told what goes on while a language model is asked.
pub(crate) type Events = Arc<dyn Fn(&ChatEvent) + Send + Sync>;

/// The planner that the configuration asks for.
pub(crate) fn choose(config: &Config, events: Option<&Events>) -> Result<Choice, EngineError> {
    match config.planner {
        PlannerChoice::Offline => Ok((Box::new(OfflinePlanner), Vec::new())),
        PlannerChoice::Llm => llm(config, events, Vec::new()),
        PlannerChoice::Auto if is_llm_set_up(config) => {
            llm(config, events, vec![Notice::PlansWith { model: config.llm.model.clone() }])
        }
        PlannerChoice::Auto if has_address(&config.llm) => {
            let lost = Notice::AddressWithoutModel { url: config.llm.address().to_owned() };
            Ok((Box::new(OfflinePlanner), vec![lost]))
        }
        PlannerChoice::Auto => Ok((Box::new(OfflinePlanner), vec![Notice::PlansOffline])),
    }
}

/// Whether a language model can be asked: it has a name, and somebody gave
/// its address or a key.
#[must_use]
pub fn is_llm_set_up(config: &Config) -> bool {
    config.llm.is_set() && (has_address(&config.llm) || config.llm.key.is_some())
}

/// Whether every further question to a planner would fail in the same way.
#[must_use]
pub fn is_hopeless(error: &PlanError) -> bool {
    matches!(
        error,
        PlanError::Llm(
            LlmError::Config { .. }
                | LlmError::Unreachable { .. }
                | LlmError::Unauthorized { .. }
                | LlmError::NotFound { .. }
                | LlmError::InsufficientQuota { .. }
        )
    )
}

/// Whether somebody named a server or a kind of server.
fn has_address(llm: &LlmConfig) -> bool {
    let usual = LlmConfig::default();
    llm.url != usual.url || llm.api != usual.api
}

fn llm(config: &Config, events: Option<&Events>, mut notices: Vec<Notice>) -> Result<Choice, EngineError> {
    let mut planner = LlmPlanner::new(config.llm.clone()).map_err(PlanError::from)?;
    if let Some(events) = events.cloned() {
        planner = planner.with_observer(move |event| events(event));
    }
    if config.cache == CacheMode::Off {
        return Ok((Box::new(planner), notices));
    }
    match AnswerCache::open_default(config.cache) {
        Ok(cache) => Ok((Box::new(planner.with_cache(cache)), notices)),
        Err(error) => {
            notices.push(Notice::NoCache { why: error.to_string() });
            Ok((Box::new(planner), notices))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmd_planner::llm::OPENAI_URL;

    fn chosen(url: &str, model: &str) -> (String, Vec<Notice>) {
        let llm = LlmConfig { url: url.to_owned(), model: model.to_owned(), ..LlmConfig::default() };
        let (planner, notices) =
            choose(&Config { llm, cache: CacheMode::Off, ..Config::default() }, None).unwrap();
        (planner.name(), notices)
    }

    #[test]
    fn the_choice_and_what_it_lacks_are_told() {
        assert_eq!(chosen(OPENAI_URL, ""), ("offline".to_owned(), vec![Notice::PlansOffline]));
        // A name alone, without an address or a key, asks nobody.
        assert_eq!(chosen(OPENAI_URL, "m").0, "offline");
        let (name, notices) = chosen("http://localhost:1", "m");
        assert!(name.contains('m') && notices == [Notice::PlansWith { model: "m".to_owned() }]);
        let (name, notices) = chosen("http://localhost:1", "");
        assert!(name == "offline" && notices[0].is_warning(), "{notices:?}");
    }
}
