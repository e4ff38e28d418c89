//! The flags of the verbs that draw pictures.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Subcommand, ValueEnum};

use lmd_engine::{Override, Registry};

use super::flag::{DEVICES, PRESETS, set};
use super::planning::Planning;
use crate::exports::Exports;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lmd generate \"two red cars to the left of a green bottle on a beach\"
  lmd generate \"a cat on a sofa\" --preset fast -n 4 -o cat.png
  lmd generate \"…\" --model ~/models/stable-diffusion-v1-5 -W 512 -H 512
  echo \"a red ball\" | lmd generate - -o - > ball.png")]
pub(crate) struct GenerateArgs {
    /// What should be in the picture; `-` reads it from stdin
    #[arg(value_name = "PROMPT")]
    pub(crate) prompt: String,
    /// Which of the layouts that say this: 0 is the usual one, others differ from it
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) variant: u32,
    #[command(flatten)]
    pub(crate) planning: Planning,
    #[command(flatten)]
    pub(crate) drawing: Drawing,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lmd draw l.json --seed 7 -o out.png
  lmd draw l.json --side-by-side -o both.png
  lmd draw --from out.png --seed 8 -o other.png
  lmd layout \"a red ball\" --json | lmd draw - -o ball.png")]
pub(crate) struct DrawArgs {
    /// The layout: JSON or text as `lmd layout` writes it, or a picture drawn by lmd; `-` is stdin
    #[arg(value_name = "LAYOUT", required_unless_present = "from")]
    pub(crate) layout: Option<PathBuf>,
    /// Draw this picture again: its layout, settings and seed, where no flag says otherwise
    #[arg(long, value_name = "PICTURE", conflicts_with = "layout")]
    pub(crate) from: Option<PathBuf>,
    /// The sentence the layout was made from, for the method `plain`
    #[arg(short, long, value_name = "PROMPT")]
    pub(crate) prompt: Option<String>,
    #[command(flatten)]
    pub(crate) drawing: Drawing,
}

/// How pictures are drawn and where they go.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Drawing")]
pub(crate) struct Drawing {
    /// Where to write the picture, a .png; `-` is stdout [default: named after the prompt]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace files that are there already, instead of taking the next free name
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// `bundled`, a name from `lmd models list`, a diffusers folder or a .safetensors file [default: bundled]
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// How a layout becomes a picture [default: lmd]
    #[arg(long, value_name = "METHOD", value_parser = methods())]
    pub(crate) method: Option<String>,
    /// Draw with `plain` and with the method from the same seed, side by side in one picture
    #[arg(long)]
    pub(crate) side_by_side: bool,
    /// A set of settings: quick, in between, or the paper's own [default: balanced]
    #[arg(long, value_name = "PRESET", value_parser = PRESETS)]
    pub(crate) preset: Option<String>,
    /// Seed of the noise; -1 is a random one, which is told [default: -1]
    #[arg(short, long, value_name = "NUMBER", allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: Option<Seed>,
    /// How many pictures, with seeds counting up
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) count: u32,
    /// Denoising steps [default: the preset's]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) steps: Option<usize>,
    /// Strength of classifier-free guidance; 1 is none [default: the model's, else 7.5, for multidiffusion 10]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) cfg_scale: Option<f64>,
    /// What to leave out of the picture besides what the layout leaves out
    #[arg(long, value_name = "TERMS")]
    pub(crate) negative_prompt: Option<String>,
    /// The sampler [default: the preset's]
    #[arg(long, visible_alias = "sampling-method", value_name = "SAMPLER", value_parser = samplers())]
    pub(crate) sampler: Option<String>,
    /// Width in pixels, a multiple of 64 [default: the model's own]
    #[arg(short = 'W', long, value_name = "PIXELS")]
    pub(crate) width: Option<usize>,
    /// Height in pixels, a multiple of 64 [default: the model's own]
    #[arg(short = 'H', long, value_name = "PIXELS")]
    pub(crate) height: Option<usize>,
    /// How the mask of an object is found in its own picture: from attention alone or by Segment Anything
    /// [default: attention]
    #[arg(long, value_name = "HOW", value_parser = refiners())]
    pub(crate) masks: Option<String>,
    /// Segment Anything's weights: its folder, one of its authors' files as safetensors, or `bundled`; sets --masks sam
    #[arg(long, value_name = "PATH")]
    pub(crate) sam: Option<String>,
    /// Add a LoRA file, as FILE or FILE@STRENGTH; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) lora: Vec<String>,
    /// Where the networks run [default: auto]
    #[arg(long, value_name = "DEVICE", value_parser = DEVICES)]
    pub(crate) device: Option<String>,
    /// Number format of the weights; f16 and bf16 are for GPUs [default: f32]
    #[arg(long, value_name = "FORMAT", value_parser = ["f32", "f16", "bf16"])]
    pub(crate) dtype: Option<String>,
    /// Show the picture growing in the terminal
    #[arg(long, value_enum, value_name = "HOW", default_value = "auto")]
    pub(crate) preview: PreviewChoice,
    /// Write a picture that does not say how it was made
    #[arg(long)]
    pub(crate) no_metadata: bool,
    #[command(flatten)]
    pub(crate) exports: Exports,
}

/// The methods of the registry.
fn methods() -> PossibleValuesParser {
    let methods = Registry::shared().methods();
    let values = methods.map(|m| PossibleValue::new(m.name()).help(m.summary()).aliases(m.aliases()));
    PossibleValuesParser::from(values.collect::<Vec<_>>())
}

/// The samplers of the registry.
fn samplers() -> PossibleValuesParser {
    PossibleValuesParser::from(Registry::shared().samplers().map(|sampler| sampler.name).collect::<Vec<_>>())
}

/// The mask refiners of the registry.
pub(super) fn refiners() -> PossibleValuesParser {
    let refiners = Registry::shared().refiners();
    let values = refiners.map(|refiner| PossibleValue::new(refiner.name()).help(refiner.summary()));
    PossibleValuesParser::from(values.collect::<Vec<_>>())
}

/// A method's name as settings write it, where the given name may be an alias.
fn method(given: &str) -> String {
    match Registry::shared().method(&given.to_owned().into()) {
        Ok(method) => method.name().to_owned(),
        // Whatever is wrong with the name is said where the settings are checked.
        Err(_) => given.to_owned(),
    }
}

/// The seed of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seed {
    /// Nobody chooses it.
    Random,
    /// This one.
    Fixed(u64),
}

fn seed(text: &str) -> Result<Seed, String> {
    match text {
        "-1" => Ok(Seed::Random),
        text => text.parse().map(Seed::Fixed).map_err(|_| {
            "expected a whole number from 0 to 18446744073709551615, or -1 for a random one".to_owned()
        }),
    }
}

/// How an unfinished picture is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PreviewChoice {
    /// In coloured blocks where the terminal can
    #[default]
    Auto,
    /// In coloured blocks
    Blocks,
    /// Not at all
    None,
}

impl Drawing {
    /// The configuration keys these flags set. The preset is first, because
    /// what follows changes it.
    pub(crate) fn flags(&self) -> Vec<Override> {
        let flags = [
            set("--preset", "preset", self.preset.as_deref()),
            set("--model", "model", self.model.as_deref()),
            set("--device", "device", self.device.as_deref()),
            set("--dtype", "dtype", self.dtype.as_deref()),
            set("--method", "draw.method", self.method.as_deref().map(method)),
            set("--sam", "sam", self.sam.as_deref()),
            set("--sam", "draw.lmd.mask_refiner", self.sam.as_ref().map(|_| "sam")),
            set("--masks", "draw.lmd.mask_refiner", self.masks.as_deref()),
            set("--negative-prompt", "draw.negative_prompt", self.negative_prompt.as_deref()),
            set("--sampler", "draw.sampler", self.sampler.as_deref()),
            set("--steps", "draw.steps", self.steps),
            set("--width", "draw.width", self.width),
            set("--height", "draw.height", self.height),
            set("--cfg-scale", "draw.cfg_scale", self.cfg_scale),
        ];
        flags.into_iter().flatten().collect()
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lmd show out.png
  lmd show out.png --json
  lmd show out.png -o layout.json")]
pub(crate) struct ShowArgs {
    /// A picture drawn by lmd
    #[arg(value_name = "PICTURE")]
    pub(crate) picture: PathBuf,
    /// Print the whole recipe as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the layout to a file; its ending says how: .json, .svg, .png or .txt
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write the picture with the masks and boxes of its objects over it, a .png or .svg file
    #[arg(long, value_name = "FILE")]
    pub(crate) masks: Option<PathBuf>,
    /// Replace a file that is there already, instead of taking the next free name
    #[arg(long)]
    pub(crate) overwrite: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    pub(crate) what: ModelsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Print the models there are
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print what a model is made of
    Info {
        /// `bundled`, a name from `lmd models list`, a diffusers folder or a .safetensors file
        #[arg(value_name = "MODEL", default_value = "bundled")]
        model: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Load every network of a model and compare its digests with those noted when it was imported
    Verify {
        /// `bundled`, a name from `lmd models list`, a diffusers folder or a .safetensors file
        #[arg(value_name = "MODEL", default_value = "bundled")]
        model: String,
    },
    /// Copy a model to where lmd keeps its models, after checking it
    Import {
        /// A diffusers folder or a .safetensors file
        #[arg(value_name = "PATH")]
        path: PathBuf,
        /// What to call it [default: the name of the folder or file]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
    },
    /// Remove a model that was imported
    Remove {
        /// A name from `lmd models list`
        #[arg(value_name = "NAME")]
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use lmd_engine::Config;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_names_the_defaults_that_there_are() {
        let defaults = serde_json::to_value(Config::default()).unwrap();
        let command = Cli::command();
        let generate = command.find_subcommand("generate").unwrap();
        let keys = ["planner", "model", "method", "preset", "device", "dtype"];
        for name in keys {
            let default = if name == "method" { &defaults["draw"][name] } else { &defaults[name] };
            let help = generate.get_arguments().find(|arg| arg.get_id() == name).unwrap().get_help().unwrap();
            let told = format!("[default: {}]", default.as_str().unwrap());
            assert!(help.to_string().ends_with(&told), "{name}: {help} lacks {told}");
        }
    }

    #[test]
    fn seeds_and_methods_have_the_names_of_other_programs() {
        assert_eq!(seed("-1"), Ok(Seed::Random));
        assert_eq!(seed("7"), Ok(Seed::Fixed(7)));
        assert!(seed("-2").is_err() && seed("x").is_err());
        assert_eq!(method("lmd+"), "lmd_plus");
    }
}
