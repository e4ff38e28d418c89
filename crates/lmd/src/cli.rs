//! The command line's grammar. Flags are defined here and nowhere else.

mod detect;
mod draw;
mod flag;
mod pictures;
mod planning;
mod serve;

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use detect::{DetectArgs, SelectionArgs};
pub(crate) use draw::{
    DrawArgs, Drawing, GenerateArgs, ModelsArgs, ModelsCommand, PreviewChoice, Seed, ShowArgs,
};
pub(crate) use pictures::{BenchAblationsArgs, BenchPicturesArgs, PicturesCommon, PicturesDrawing};
pub(crate) use planning::{Planning, local_llm};
pub(crate) use serve::ServeArgs;

/// Examples and codes below the command's own help.
const EXAMPLES: &str = "\
Examples:
  lmd generate \"two red cars to the left of a green bottle on a beach\"
  lmd layout \"a cat to the right of a dog\" -o l.json
  lmd draw l.json --seed 7 -o out.png
  lmd show out.png

Exit codes:
  0 done, 1 failed, 2 usage, 3 no layout, 4 model, 5 memory, 6 warnings with --strict,
  101 a fault of lmd, 130 interrupted

Files that are there already are kept: results get the next free name (out-2.png), unless
--overwrite is given. Files that were read are never overwritten.";

/// LLM-grounded diffusion: pictures that obey a layout a language model wrote
#[derive(Debug, Parser)]
#[command(name = "lmd", version, max_term_width = 100, arg_required_else_help = true, args_override_self = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every verb takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true, display_order = 900)]
    pub(crate) quiet: bool,
    /// Treat warnings as errors: end with exit code 6 instead of going on
    #[arg(long, global = true, display_order = 901)]
    pub(crate) strict: bool,
    /// Read this file instead of searching for lmd.toml
    #[arg(long, global = true, value_name = "FILE", display_order = 902)]
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
    /// Serve layouts and pictures over HTTP, and a page that shows and changes them
    Serve(Box<ServeArgs>),
    /// Talk about a layout: a sentence, then one instruction after another
    Chat(Box<ChatArgs>),
    /// Find things in a picture
    Detect(DetectArgs),
    /// List, inspect, verify, import and remove models
    Models(ModelsArgs),
    /// Measure how good layouts and pictures are
    Bench(BenchArgs),
    /// Show the configuration in effect
    Config(ConfigArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Check this installation: configuration, language model, cache
    Doctor(DoctorArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lmd layout \"a cat to the right of a dog\"
  lmd layout \"two red cars on a beach\" --json > l.json
  lmd layout --edit l.json \"move the first car to the left\" -o l2.json
  lmd layout --edit picture.png \"what could I add?\"
  lmd layout \"a cat and two dogs\" --variant 2
  lmd layout \"a cat and two dogs\" --format coco
  lmd layout \"一只猫在狗的右边\" --llm-url http://localhost:11434/v1 --llm-model qwen3
  lmd layout \"…\" --print-prompt; lmd layout \"…\" --from-answer answer.txt")]
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
    /// Write the form of another program, to --output or stdout
    #[arg(long, value_name = "FORMAT", value_parser = formats(), conflicts_with_all = ["json", "text"])]
    pub(crate) format: Option<String>,
    /// Write a drawing as SVG; `-` is stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Write a drawing as PNG; `-` is stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) png: Option<PathBuf>,
    /// Write the layout to a file; its ending says how: .json, .svg, .png or .txt
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace files that are there already, instead of taking the next free name
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Which of the layouts that say this: 0 is the usual one, others differ from it
    #[arg(long, value_name = "NUMBER", default_value_t = 0, conflicts_with_all = ["from_answer", "print_prompt", "schema"])]
    pub(crate) variant: u32,
    /// With --edit: keep these objects as they are, by their numbers
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', requires = "edit")]
    pub(crate) lock: Vec<usize>,
    /// Change this layout (JSON, text or a picture of lmd) instead of making a new one
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

/// The formats of other programs.
fn formats() -> PossibleValuesParser {
    let value = |format: lmd_layout::Format| PossibleValue::new(format.name()).help(format.summary());
    PossibleValuesParser::from(lmd_layout::Format::ALL.map(value).to_vec())
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lmd chat \"a cat to the right of a dog\"
  lmd chat --layout picture.png
  lmd chat \"a red car on a street\" --preset fast    then /draw")]
pub(crate) struct ChatArgs {
    /// What should be in the picture
    #[arg(value_name = "PROMPT")]
    pub(crate) prompt: Option<String>,
    /// Start from this layout: JSON, text or a picture of lmd
    #[arg(long, value_name = "FILE")]
    pub(crate) layout: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) planning: Planning,
    #[command(flatten)]
    pub(crate) drawing: Drawing,
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
    /// Pictures: drawn, looked at by a detector, and judged
    Pictures(Box<BenchPicturesArgs>),
    /// Pictures of LMD with one part left out each time
    Ablations(Box<BenchAblationsArgs>),
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
#[command(after_help = "\
Settings are laid over one another in this order, later ones winning:
  1. the program's own
  2. the user's lmd.toml: ~/.config/lmd/lmd.toml ($XDG_CONFIG_HOME/lmd/lmd.toml;
     on Windows %APPDATA%\\lmd\\lmd.toml)
  3. the project's lmd.toml: the nearest one from the working folder upwards
     (--config FILE reads that file alone instead of 2 and 3)
  4. variables: LMD_DRAW_STEPS for draw.steps; `lmd config env` lists them all
  5. for `draw --from`: the settings of the picture
  6. flags
A preset sets the keys below draw at the place where it is named. Below the user's data folder
(~/.local/share, $XDG_DATA_HOME) lie imported models (lmd/models; models_dir, LMD_MODELS_DIR), below the
cache folder (~/.cache, $XDG_CACHE_HOME) answers of language models (lmd/answers).")]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) what: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting as TOML; those without a value as comments
    Show {
        /// Say where each setting comes from
        #[arg(long)]
        origin: bool,
    },
    /// Print every variable that sets something, and what
    Env,
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
    /// Load this language model in a GGUF file and say how fast it is and how much memory it takes
    #[arg(long, value_name = "FILE.gguf")]
    pub(crate) llm: Option<String>,
    /// Remove what imports and drawings that were killed left behind (none may be running)
    #[arg(long)]
    pub(crate) clean: bool,
}
