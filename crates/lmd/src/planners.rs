//! Which planner is used, and what is said about it.

use lmd_planner::cache::{AnswerCache, CacheMode};
use lmd_planner::llm::LlmPlanner;
use lmd_planner::offline::OfflinePlanner;
use lmd_planner::{Plan, Planner};

use crate::config::{Loaded, Origin, PlannerChoice};
use crate::screen::Screen;

/// The planner the configuration asks for. Says on stderr which one it is
/// when the choice was left open.
pub(crate) fn choose(loaded: &Loaded, screen: &Screen) -> anyhow::Result<Box<dyn Planner>> {
    for warning in &loaded.warnings {
        screen.warning(warning);
    }
    match loaded.config.planner {
        PlannerChoice::Offline => Ok(Box::new(OfflinePlanner)),
        PlannerChoice::Llm => llm(loaded, screen),
        PlannerChoice::Auto if is_llm_set_up(loaded) => {
            screen.note(&format!("planning with {}", loaded.config.llm.model));
            llm(loaded, screen)
        }
        PlannerChoice::Auto => {
            if let Some(hint) = loaded.config.llm.lacks_model(is_addressed(loaded)) {
                screen.warning(&hint);
            }
            screen.note(
                "planning offline (English only); to connect a language model, set LMD_LLM_URL and LMD_LLM_MODEL",
            );
            Ok(Box::new(OfflinePlanner))
        }
    }
}

/// Whether a language model can be asked: it has a name, and somebody gave
/// its address or a key.
pub(crate) fn is_llm_set_up(loaded: &Loaded) -> bool {
    let llm = &loaded.config.llm;
    llm.is_set() && (is_addressed(loaded) || llm.key.is_some())
}

/// Whether somebody named a server or a kind of server.
fn is_addressed(loaded: &Loaded) -> bool {
    let set = |key| loaded.layers.get(key).is_some_and(|setting| setting.origin != Origin::Default);
    set("llm.url") || set("llm.api")
}

fn llm(loaded: &Loaded, screen: &Screen) -> anyhow::Result<Box<dyn Planner>> {
    let told = screen.clone();
    let planner = LlmPlanner::new(loaded.config.llm.clone())?;
    let planner = planner.with_observer(move |event| told.note(&event.to_string()));
    if loaded.config.cache == CacheMode::Off {
        return Ok(Box::new(planner));
    }
    match AnswerCache::open_default(loaded.config.cache) {
        Ok(cache) => Ok(Box::new(planner.with_cache(cache))),
        Err(error) => {
            screen.warning(&error.to_string());
            Ok(Box::new(planner))
        }
    }
}

/// Prints a plan's warnings.
pub(crate) fn warn(plan: &Plan, screen: &Screen) {
    for warning in &plan.warnings {
        screen.warning(warning);
    }
}
