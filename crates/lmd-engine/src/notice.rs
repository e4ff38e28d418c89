//! [`Notice`]: what a person should know besides the result, as data.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use lmd_nn::PredictionType;
use serde::Serialize;

/// How many notices of one wording are told one by one.
const TOLD: usize = 5;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Good to know.
    Note,
    /// The result may not be as wanted.
    Warning,
}

/// A word that a model never learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnknownWord {
    /// The word, in lower case.
    pub word: String,
    /// Things the model knows that are most like it, the likest first; empty where nothing is known of the word.
    pub near: Vec<String>,
}

/// Something a person should know. [`fmt::Display`] says it in one sentence;
/// texts from outside in it may hold any character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Notice {
    /// Layouts are planned offline because no language model is set up.
    PlansOffline,
    /// Layouts are planned by a language model.
    PlansWith {
        /// The model.
        model: String,
    },
    /// The bundled demonstration model draws.
    DemoModel {
        /// Side in pixels of the pictures it was trained on, where known.
        native_size: usize,
    },
    /// A file has the name of a result already and is kept: the result gets the next free name.
    Taken {
        /// The name.
        path: PathBuf,
    },
    /// The language model's key is not sent to an address a project's file sets.
    KeyHeldBack {
        /// The address.
        url: String,
        /// The file.
        file: PathBuf,
    },
    /// An address of a language model is set but no model's name.
    AddressWithoutModel {
        /// The address.
        url: String,
    },
    /// A variable `LMD_…` that sets nothing.
    UnknownVariable {
        /// Its name.
        name: String,
        /// The known name most like it, if any is.
        closest: Option<String>,
    },
    /// A variable whose value is no text.
    NoText {
        /// Its name.
        name: String,
    },
    /// A configuration file that is looked for without being named could not be read.
    UnreadableConfig {
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Answers of language models cannot be kept.
    NoCache {
        /// Why.
        why: String,
    },
    /// A planner's warning about its layout.
    Plan {
        /// One sentence.
        warning: String,
    },
    /// A doubt about a layout that is drawn.
    Layout {
        /// One sentence.
        warning: String,
    },
    /// A picture is drawn again with other weights than those that drew it.
    OtherModel {
        /// The model of the recipe.
        recipe: String,
        /// The model that draws now.
        now: String,
    },
    /// A picture is drawn again with other weights of Segment Anything than those that made its masks.
    OtherSegmenter,
    /// A picture is drawn again with a network that is said to predict something else, or whose files now decide.
    OtherPrediction {
        /// What was said when the picture was drawn.
        recipe: Option<PredictionType>,
        /// What is said now.
        now: Option<PredictionType>,
    },
    /// Fewer threads could be started than were asked for.
    FewerThreads {
        /// Wanted.
        wanted: usize,
        /// Started.
        started: usize,
    },
    /// Something in or beside a model's files that may matter.
    Model {
        /// One sentence.
        warning: String,
    },
    /// Memory may run out.
    Tight {
        /// Bytes needed, estimated from above.
        needed: u64,
        /// Bytes there are.
        available: u64,
    },
    /// Words of a layout that the model never learned, so that it cannot draw them.
    UnknownWords {
        /// The model.
        model: String,
        /// The words.
        words: Vec<UnknownWord>,
    },
    /// A doubt about settings, a model or a picture that the drawing itself had.
    Drawing {
        /// One sentence.
        warning: String,
    },
}

impl Notice {
    /// How much it matters.
    #[must_use]
    pub fn kind(&self) -> NoticeKind {
        match self {
            Self::PlansOffline | Self::PlansWith { .. } | Self::DemoModel { .. } => NoticeKind::Note,
            Self::Taken { .. }
            | Self::KeyHeldBack { .. }
            | Self::AddressWithoutModel { .. }
            | Self::UnknownVariable { .. }
            | Self::NoText { .. }
            | Self::UnreadableConfig { .. }
            | Self::NoCache { .. }
            | Self::Plan { .. }
            | Self::Layout { .. }
            | Self::OtherModel { .. }
            | Self::OtherSegmenter
            | Self::OtherPrediction { .. }
            | Self::FewerThreads { .. }
            | Self::Model { .. }
            | Self::Tight { .. }
            | Self::UnknownWords { .. }
            | Self::Drawing { .. } => NoticeKind::Warning,
        }
    }

    /// Whether it is a warning.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.kind() == NoticeKind::Warning
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PlansOffline => f.write_str(PLANS_OFFLINE),
            Self::PlansWith { model } => write!(f, "planning with {model}"),
            Self::DemoModel { native_size } => demo_model(*native_size, f),
            Self::Taken { path } => taken(path, f),
            Self::KeyHeldBack { url, file } => held_back(url, file, f),
            Self::AddressWithoutModel { url } => without_model(url, f),
            Self::UnknownVariable { name, closest } => unknown_variable(name, closest.as_deref(), f),
            Self::NoText { name } => write!(f, "the variable {name} is no text and sets nothing"),
            Self::UnreadableConfig { file, why } => {
                write!(f, "the configuration {} is not used, it cannot be read: {why}", file.display())
            }
            Self::NoCache { why } => write!(f, "answers are not kept: {why}"),
            Self::Plan { warning }
            | Self::Layout { warning }
            | Self::Model { warning }
            | Self::Drawing { warning } => f.write_str(warning),
            Self::UnknownWords { model, words } => unknown_words(model, words, f),
            Self::OtherModel { recipe, now } => other_model(recipe, now, f),
            Self::OtherSegmenter => f.write_str(
                "other weights of Segment Anything made the picture's masks: it will be another picture; give --sam",
            ),
            Self::OtherPrediction { recipe, now } => other_prediction(*recipe, *now, f),
            Self::FewerThreads { wanted, started } => {
                write!(f, "only {started} of {wanted} threads could be started; drawing is slower")
            }
            Self::Tight { needed, available } => {
                let (needed, available) = (needed >> 20, available >> 20);
                write!(f, "memory may run out: up to {needed} MiB are needed, {available} MiB are available")
            }
        }
    }
}

const PLANS_OFFLINE: &str =
    "planning offline (English only); to connect a language model, set LMD_LLM_URL and LMD_LLM_MODEL";

fn demo_model(native_size: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "drawing with the bundled demo model, made for {native_size} x {native_size}; for real pictures give --model a Stable Diffusion 1.x or 2.x (a diffusers folder or a .safetensors file)"
    )
}

fn taken(path: &Path, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let path = path.display();
    write!(
        f,
        "{path} is there already and is kept; the result gets the next free name (--overwrite replaces it)"
    )
}

fn held_back(url: &str, file: &Path, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let file = file.display();
    write!(f, "the key is not sent to {url}, an address that {file} sets; set LMD_LLM_URL to send it there")
}

fn without_model(url: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "the language model at {url} is not asked, because no model is named; set LMD_LLM_MODEL (or --llm-model)"
    )
}

fn unknown_variable(name: &str, closest: Option<&str>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match closest {
        Some(known) => write!(f, "the variable {name} sets nothing; did you mean {known}?"),
        None => write!(f, "the variable {name} sets nothing; `lmd config env` lists those that do"),
    }
}

fn other_model(recipe: &str, now: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(
        f,
        "the picture was drawn with the model {recipe}, this one is drawn with {now}: it will be another picture; give --model"
    )
}

fn other_prediction(
    recipe: Option<PredictionType>,
    now: Option<PredictionType>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let said =
        |kind: Option<PredictionType>| kind.map_or("what its files say".to_owned(), |kind| kind.to_string());
    write!(
        f,
        "the picture was drawn with prediction_type {}, this one is drawn with {}: it may be another picture; set          prediction_type in lmd.toml as it was",
        said(recipe),
        said(now)
    )
}

fn unknown_words(model: &str, words: &[UnknownWord], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let list: Vec<String> = words
        .iter()
        .map(|unknown| match unknown.near.as_slice() {
            [] => format!("\"{}\"", unknown.word),
            near => format!("\"{}\" (near it: {})", unknown.word, near.join(", ")),
        })
        .collect();
    write!(
        f,
        "the model {model} never learned {} and cannot draw it; `lmd models info {model}` lists what it knows",
        list.join(", ")
    )
}

/// What notices say, each with how much it matters, in their order. Of those that say the same of other numbers and
/// names, the first five are told and the others counted.
#[must_use]
pub fn folded(notices: &[Notice]) -> Vec<(NoticeKind, String)> {
    let said: Vec<(NoticeKind, String)> = notices.iter().map(|one| (one.kind(), one.to_string())).collect();
    let mut counts: BTreeMap<(NoticeKind, String), usize> = BTreeMap::new();
    for (kind, text) in &said {
        *counts.entry((*kind, wording(text))).or_default() += 1;
    }
    let mut told: BTreeMap<(NoticeKind, String), usize> = BTreeMap::new();
    let mut folded = Vec::new();
    for (kind, text) in said {
        let key = (kind, wording(&text));
        let all = counts.get(&key).copied().unwrap_or_default();
        let before = told.entry(key).or_default();
        *before += 1;
        // One more is no longer than that there is one more.
        if *before <= TOLD || all == TOLD + 1 {
            folded.push((kind, text));
        } else if *before == TOLD + 1 {
            folded.push((kind, format!("… and {} more like it", all - TOLD)));
        }
    }
    folded
}

/// A sentence without its numbers and what it quotes.
fn wording(text: &str) -> String {
    let unquoted: Vec<&str> = text.split('"').step_by(2).collect();
    unquoted.join("\"").chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_of_one_wording_are_counted() {
        let of = |count: usize| {
            let warn = |number| Notice::Plan { warning: format!("drew {number} of 3 \"cats {number}\"") };
            let mut all: Vec<Notice> = (0..count).map(warn).collect();
            all.insert(1, Notice::PlansOffline);
            folded(&all).into_iter().map(|(_, text)| text).collect::<Vec<_>>()
        };
        assert_eq!((of(5).len(), of(6).len(), of(7).len(), of(643).len()), (6, 7, 7, 7));
        let told = of(643);
        assert!(told[0].starts_with("drew 0") && told[1].starts_with("planning"), "{told:?}");
        assert_eq!(told[6], "… and 638 more like it");
    }

    #[test]
    fn notes_and_warnings_are_told_from_one_another() {
        assert_eq!(Notice::PlansOffline.kind(), NoticeKind::Note);
        let warning = Notice::UnknownVariable {
            name: "LMD_STEPS".to_owned(),
            closest: Some("LMD_DRAW_STEPS".to_owned()),
        };
        assert!(warning.is_warning());
        assert!(warning.to_string().ends_with("did you mean LMD_DRAW_STEPS?"), "{warning}");
        let json = serde_json::to_value(&warning).unwrap();
        assert_eq!((&json["notice"], &json["name"]), (&"unknown_variable".into(), &"LMD_STEPS".into()));
    }
}
