//! The flags of `lmd detect`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lmd detect out.png
  lmd detect out.png \"a red car, a bottle\"
  lmd detect out.png \"a dog\" --threshold 0.2 --png boxes.png
  lmd detect photo.png \"a zebra, a lion\" --detector ~/models/owlvit-base-patch32 --json")]
pub(crate) struct DetectArgs {
    /// A picture as PNG; `-` is stdin
    #[arg(value_name = "PICTURE")]
    pub(crate) picture: PathBuf,
    /// What to look for, separated by commas [default: everything the detector knows]
    #[arg(value_name = "THINGS")]
    pub(crate) queries: Option<String>,
    /// `bundled`, or a folder with the detector's config.json and model.safetensors
    #[arg(long, value_name = "DETECTOR", default_value = "bundled")]
    pub(crate) detector: String,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the picture with the boxes as SVG; `-` is stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Write the picture with the boxes as PNG; `-` is stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) png: Option<PathBuf>,
    /// Replace files that are there already, instead of taking the next free name
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// Which detections count.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct SelectionArgs {
    /// The lowest score that counts, 0 to 1 [default: the detector's]
    #[arg(long, value_name = "SCORE", value_parser = share)]
    pub(crate) threshold: Option<f32>,
    /// Of boxes that share as much (intersection over union, 0 to 1) the best remains [default: the detector's]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) nms: Option<f32>,
    /// Whether only boxes of one query suppress each other [default: the detector's]
    #[arg(long, value_name = "BOOL")]
    pub(crate) class_aware_nms: Option<bool>,
}

fn share(text: &str) -> Result<f32, String> {
    let number = text.parse::<f32>().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

impl SelectionArgs {
    /// The selection of a detector, changed by what the flags say.
    pub(crate) fn over(&self, own: lmd_engine::Selection) -> lmd_engine::Selection {
        lmd_engine::Selection {
            threshold: self.threshold.unwrap_or(own.threshold),
            max_overlap: self.nms.unwrap_or(own.max_overlap),
            class_aware: self.class_aware_nms.unwrap_or(own.class_aware),
        }
    }
}
