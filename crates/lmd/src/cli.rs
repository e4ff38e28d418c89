//! The command line's grammar. Flags are defined here and nowhere else.

mod draw;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Flag;
pub(crate) use draw::{DrawArgs, Drawing, GenerateArgs, ModelsArgs, ModelsCommand, PreviewChoice, ShowArgs};

/// LLM-grounded diffusion: pictures that obey a layout a language model wrote
#[derive(Debug, Parser)]
#[command(name = "lmd", version, max_term_width = 100, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every verb takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Read this file instead of searching for lmd.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Turn a sentence into a picture: plan a layout, then draw it
    Generate(Box<GenerateArgs>),
    /// Draw a layout
    Draw(Box<DrawArgs>),
    /// Show what made a picture: its layout, its settings, how it went
    Show(ShowArgs),
    /// Turn a sentence into a layout: captioned boxes on a background
    Layout(Box<LayoutArgs>),
    /// Talk about a layout: a sentence, then one instruction after another
    Chat(ChatArgs),
    /// List, inspect, verify and import models
    Models(ModelsArgs),
    /// Measure how good layouts are
    Bench(BenchArgs),
    /// Show the configuration in effect
    Config(ConfigArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Check this installation: configuration, language model, cache
    Doctor(DoctorArgs),
}

/// How a layout is planned.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Planning {
    /// Who plans: a language model, the offline planner, or whichever is set up
    #[arg(long, value_enum, value_name = "PLANNER")]
    pub(crate) planner: Option<PlannerChoice>,
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
    pub(crate) fn flags(&self) -> Vec<Flag> {
        let text = |flag, key, value: &Option<String>| Some(Flag::new(flag, key, value.clone()?));
        let planner = self.planner.map(|choice| choice.name().to_owned());
        let cache = match (self.no_cache, self.refresh_cache) {
            (true, _) => Some(Flag::new("--no-cache", "cache", "off")),
            (_, true) => Some(Flag::new("--refresh-cache", "cache", "refresh")),
            _ => None,
        };
        [
            text("--planner", "planner", &planner),
            text("--llm-url", "llm.url", &self.llm_url),
            text("--llm-model", "llm.model", &self.llm_model),
            cache,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Who plans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlannerChoice {
    /// A language model when one is set up, the offline planner otherwise
    #[default]
    Auto,
    /// The offline planner: English sentences, no network
    Offline,
    /// The language model
    Llm,
}

impl PlannerChoice {
    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Offline => "offline",
            Self::Llm => "llm",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct LayoutArgs {
    /// What should be in the picture, or with --edit what to change; `-` reads it from stdin
    #[arg(value_name = "PROMPT", required_unless_present_any = ["schema", "from_answer"])]
    pub(crate) prompt: Option<String>,
    /// Print JSON
    #[arg(long, conflicts_with = "text")]
    pub(crate) json: bool,
    /// Print the text form of the reference implementation
    #[arg(long)]
    pub(crate) text: bool,
    /// Write a drawing as SVG; `-` is stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Write a drawing as PNG; `-` is stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) png: Option<PathBuf>,
    /// Write the layout to a file; its ending says how: .json, .svg, .png or .txt
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Change this layout instead of making a new one
    #[arg(long, value_name = "LAYOUT", conflicts_with_all = ["from_answer", "print_prompt", "schema"])]
    pub(crate) edit: Option<PathBuf>,
    /// Read what a language model answered from a file, `-` is stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["print_prompt", "schema"])]
    pub(crate) from_answer: Option<PathBuf>,
    /// Print what a language model would be asked, and stop
    #[arg(long, conflicts_with = "schema")]
    pub(crate) print_prompt: bool,
    /// Print the JSON Schema of layouts, and stop
    #[arg(long)]
    pub(crate) schema: bool,
    #[command(flatten)]
    pub(crate) planning: Planning,
}

#[derive(Debug, Args)]
pub(crate) struct ChatArgs {
    /// What should be in the picture
    #[arg(value_name = "PROMPT")]
    pub(crate) prompt: Option<String>,
    /// Start from this layout
    #[arg(long, value_name = "FILE")]
    pub(crate) layout: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) planning: Planning,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    pub(crate) what: BenchCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// The 400 prompts of the paper: negation, numeracy, attribution, spatial
    Layouts(BenchLayoutsArgs),
    /// Sentences in free wording with facts to check
    Sentences(BenchSentencesArgs),
}

#[derive(Debug, Args)]
pub(crate) struct BenchLayoutsArgs {
    /// Take the layouts from a file of answers in the form of the reference
    /// implementation's cache
    #[arg(long, value_name = "FILE", conflicts_with_all = ["planner", "sentences"])]
    pub(crate) answers: Option<PathBuf>,
    /// Also try the sentences in free wording
    #[arg(long)]
    pub(crate) sentences: bool,
    #[command(flatten)]
    pub(crate) common: BenchCommon,
}

#[derive(Debug, Args)]
pub(crate) struct BenchSentencesArgs {
    /// Which half of them
    #[arg(long, value_enum, default_value = "all")]
    pub(crate) set: SentenceSet,
    #[command(flatten)]
    pub(crate) common: BenchCommon,
}

#[derive(Debug, Args)]
pub(crate) struct BenchCommon {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Exit with 1 when a rate is lower than this, in percent
    #[arg(long, value_name = "PERCENT")]
    pub(crate) fail_under: Option<f64>,
    #[command(flatten)]
    pub(crate) planning: Planning,
}

impl BenchArgs {
    pub(crate) fn planning(&self) -> &Planning {
        match &self.what {
            BenchCommand::Layouts(args) => &args.common.planning,
            BenchCommand::Sentences(args) => &args.common.planning,
        }
    }
}

/// Which half of the sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SentenceSet {
    All,
    /// Planners may be improved on these
    Dev,
    /// Nobody improves a planner on these
    HeldOut,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) what: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting as TOML
    Show {
        /// Say where each setting comes from
        #[arg(long)]
        origin: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
