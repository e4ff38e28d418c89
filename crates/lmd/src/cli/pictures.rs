//! The flags of `lmd bench pictures` and `lmd bench ablations`.

use std::path::PathBuf;

use clap::Args;
use lmd_engine::{Override, Registry};

use super::SelectionArgs;
use super::flag::{DEVICES, PRESETS, set};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lmd bench pictures --suite demo --limit 20
  lmd bench pictures --methods plain,lmd,lmd_plus:fast,gligen --suite paper -o paper-run
  lmd bench pictures --planners offline,llm --llm-url http://localhost:11434/v1 --llm-model qwen3
  lmd bench pictures --suite geneval --models ~/models/sd15 --detectors ~/models/owlv2-base-patch16
  lmd bench pictures --suite mine.jsonl --seeds 4
  lmd bench pictures --suite paper --answers layouts-gpt-3.5.json

A run that was ended goes on where it was when it is started again, and several may share one folder. The form of a
suite's file is in docs/suites.md. All of these flags that are lists are combined with one another.")]
pub(crate) struct BenchPicturesArgs {
    /// How pictures are drawn, separated by commas, each with a preset if wanted: lmd:fast
    #[arg(long, value_name = "METHODS", value_delimiter = ',', default_value = "plain,lmd", value_parser = method)]
    pub(crate) methods: Vec<String>,
    /// Presets of the methods that name none themselves [default: the configuration's]
    #[arg(long, value_name = "PRESETS", value_delimiter = ',', value_parser = PRESETS)]
    pub(crate) presets: Vec<String>,
    #[command(flatten)]
    pub(crate) common: PicturesCommon,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Draws the suite with LMD as it is and with one part of it left out each time, with LMD+ and with GLIGEN alone, and
prints one table: table 2 of the paper. Everything else is as in `lmd bench pictures`.")]
pub(crate) struct BenchAblationsArgs {
    /// The preset of every row [default: the configuration's]
    #[arg(long, value_name = "PRESET", value_parser = PRESETS)]
    pub(crate) preset: Option<String>,
    #[command(flatten)]
    pub(crate) common: PicturesCommon,
}

/// What both take.
#[derive(Debug, Args)]
pub(crate) struct PicturesCommon {
    /// `paper`, `demo`, `geneval`, or a file
    #[arg(long, value_name = "SUITE", default_value = "paper")]
    pub(crate) suite: String,
    /// Try so many prompts only, spread evenly over the families
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// Pictures per prompt
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) seeds: u32,
    /// Leave out prompts about things that a detector does not know
    #[arg(long)]
    pub(crate) skip_unknown: bool,
    /// The folder of all results; what it has is not made again [default: lmd-bench-SUITE]
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) looking: Looking,
    #[command(flatten)]
    pub(crate) drawing: PicturesDrawing,
}

/// Who looks at the pictures.
#[derive(Debug, Args)]
pub(crate) struct Looking {
    /// `bundled`, or folders with config.json and model.safetensors, separated by commas
    #[arg(long, value_name = "DETECTORS", value_delimiter = ',', default_value = "bundled")]
    pub(crate) detectors: Vec<String>,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
}

/// How they are planned and drawn.
#[derive(Debug, Args)]
#[command(next_help_heading = "Planning and drawing")]
pub(crate) struct PicturesDrawing {
    /// Who plans, separated by commas: auto, offline, llm [default: the configuration's]
    #[arg(long, value_name = "PLANNERS", value_delimiter = ',', value_parser = ["auto", "offline", "llm"])]
    pub(crate) planners: Vec<String>,
    /// Take the layouts from a file of answers in the form of the reference
    /// implementation's cache
    #[arg(long, value_name = "FILE", conflicts_with = "planners")]
    pub(crate) answers: Option<PathBuf>,
    /// The address of an OpenAI-compatible server [env: LMD_LLM_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) llm_url: Option<String>,
    /// The name of the language model [env: LMD_LLM_MODEL]
    #[arg(long, value_name = "NAME")]
    pub(crate) llm_model: Option<String>,
    /// `bundled`, names, folders or files of models, separated by commas [default: the configuration's]
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    pub(crate) models: Vec<String>,
    /// How masks are found, separated by commas: attention, sam [default: the configuration's]
    #[arg(long, value_name = "HOW", value_delimiter = ',', value_parser = super::draw::refiners())]
    pub(crate) masks: Vec<String>,
    /// Segment Anything's weights for masks by it: its folder, one of its authors' files as safetensors, or `bundled`
    #[arg(long, value_name = "PATH")]
    pub(crate) sam: Option<String>,
    /// Denoising steps [default: the preset's]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) steps: Option<usize>,
    /// Width in pixels, a multiple of 64 [default: the model's own]
    #[arg(short = 'W', long, value_name = "PIXELS")]
    pub(crate) width: Option<usize>,
    /// Height in pixels, a multiple of 64 [default: the model's own]
    #[arg(short = 'H', long, value_name = "PIXELS")]
    pub(crate) height: Option<usize>,
    /// Where the networks run [default: auto]
    #[arg(long, value_name = "DEVICE", value_parser = DEVICES)]
    pub(crate) device: Option<String>,
}

/// A method with or without a preset, the method by its own name.
fn method(given: &str) -> Result<String, String> {
    let (name, preset) = match given.split_once(':') {
        Some((name, preset)) => (name, Some(preset)),
        None => (given, None),
    };
    let known = Registry::shared().method(&name.to_owned().into());
    let name = known.map_err(|error| error.to_string())?.name();
    match preset {
        None => Ok(name.to_owned()),
        Some(preset) if PRESETS.contains(&preset) => Ok(format!("{name}:{preset}")),
        Some(other) => {
            Err(format!("{other:?} is no preset; write {name}:fast, {name}:balanced or {name}:faithful"))
        }
    }
}

impl PicturesDrawing {
    /// The configuration keys that are the same for all pictures.
    pub(crate) fn flags(&self) -> Vec<Override> {
        let flags = [
            set("--llm-url", "llm.url", self.llm_url.as_deref()),
            set("--llm-model", "llm.model", self.llm_model.as_deref()),
            set("--sam", "sam", self.sam.as_deref()),
            set("--device", "device", self.device.as_deref()),
            set("--steps", "draw.steps", self.steps),
            set("--width", "draw.width", self.width),
            set("--height", "draw.height", self.height),
        ];
        flags.into_iter().flatten().collect()
    }
}
