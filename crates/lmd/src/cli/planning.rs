//! The flags of the verbs that plan layouts.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use lmd_engine::Override;

use super::flag::set;

/// How a layout is planned.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Planning")]
pub(crate) struct Planning {
    /// Who plans: a language model, the offline planner, or whichever is set up [default: auto]
    #[arg(long, value_name = "PLANNER", value_parser = planners())]
    pub(crate) planner: Option<String>,
    /// A language model in a GGUF file, run in the process (feature local-llm)
    #[arg(long, value_name = "FILE.gguf", conflicts_with_all = ["llm_url", "llm_model"])]
    pub(crate) llm: Option<String>,
    /// The address of an OpenAI-compatible server [env: LMD_LLM_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) llm_url: Option<String>,
    /// The name of the language model [env: LMD_LLM_MODEL]
    #[arg(long, value_name = "NAME")]
    pub(crate) llm_model: Option<String>,
    /// Neither read nor write the cache of answers
    #[arg(long, conflicts_with = "refresh_cache")]
    pub(crate) no_cache: bool,
    /// Ask again and replace the cached answer
    #[arg(long)]
    pub(crate) refresh_cache: bool,
}

impl Planning {
    /// The configuration keys these flags set.
    pub(crate) fn flags(&self) -> Vec<Override> {
        let cache = match (self.no_cache, self.refresh_cache) {
            (true, _) => Some(Override::new("flag --no-cache", "cache", "off")),
            (_, true) => Some(Override::new("flag --refresh-cache", "cache", "refresh")),
            _ => None,
        };
        [
            set("--planner", "planner", self.planner.as_deref()),
            set("--llm-url", "llm.url", self.llm_url.as_deref()),
            set("--llm-model", "llm.model", self.llm_model.as_deref()),
            cache,
        ]
        .into_iter()
        .flatten()
        .chain(local_llm(self.llm.as_deref()))
        .collect()
    }
}

/// What `--llm FILE.gguf` sets.
pub(crate) fn local_llm(file: Option<&str>) -> Vec<Override> {
    let api = set("--llm", "llm.api", file.map(|_| "gguf"));
    api.into_iter().chain(set("--llm", "llm.model", file)).collect()
}

/// The choices of `lmd_engine::PlannerChoice`.
fn planners() -> PossibleValuesParser {
    PossibleValuesParser::from([
        PossibleValue::new("auto").help("A language model when one is set up, the offline planner otherwise"),
        PossibleValue::new("offline").help("The offline planner: English sentences, no network"),
        PossibleValue::new("llm").help("The language model"),
    ])
}
