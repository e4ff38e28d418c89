//! [`Notice`]: what a person should know besides the result, as data.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Good to know.
    Note,
    /// The result may not be as wanted.
    Warning,
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
            _ => NoticeKind::Warning,
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
            Self::PlansOffline => f.write_str(
                "planning offline (English only); to connect a language model, set LMD_LLM_URL and LMD_LLM_MODEL",
            ),
            Self::PlansWith { model } => write!(f, "planning with {model}"),
            Self::DemoModel { native_size } => write!(
                f,
                "drawing with the bundled demo model, made for {native_size} x {native_size}; for real pictures give --model a Stable Diffusion 1.x or 2.x (a diffusers folder or a .safetensors file)"
            ),
            Self::Taken { path } => {
                let path = path.display();
                write!(f, "{path} is there already and is kept; the result gets the next free name (--overwrite replaces it)")
            }
            Self::Plan { warning }
            | Self::Layout { warning }
            | Self::Model { warning }
            | Self::Drawing { warning } => f.write_str(warning),
            Self::OtherModel { recipe, now } => write!(
                f,
                "the picture was drawn with the model {recipe}, this one is drawn with {now}: it will be another picture; give --model"
            ),
            Self::FewerThreads { wanted, started } => {
                write!(f, "only {started} of {wanted} threads could be started; drawing is slower")
            }
            Self::Tight { needed, available } => {
                let (needed, available) = (needed >> 20, available >> 20);
                write!(f, "memory may run out: up to {needed} MiB are needed, {available} MiB are available")
            }
            _ => self.about_settings(f),
        }
    }
}

impl Notice {
    /// What is wrong with settings, files and variables.
    fn about_settings(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyHeldBack { url, file } => {
                let file = file.display();
                write!(
                    f,
                    "the key is not sent to {url}, an address that {file} sets; set LMD_LLM_URL to send it there"
                )
            }
            Self::AddressWithoutModel { url } => write!(
                f,
                "the language model at {url} is not asked, because no model is named; set LMD_LLM_MODEL (or --llm-model)"
            ),
            Self::UnknownVariable { name, closest: Some(known) } => {
                write!(f, "the variable {name} sets nothing; did you mean {known}?")
            }
            Self::UnknownVariable { name, closest: None } => {
                write!(f, "the variable {name} sets nothing; `lmd config env` lists those that do")
            }
            Self::NoText { name } => write!(f, "the variable {name} is no text and sets nothing"),
            Self::UnreadableConfig { file, why } => {
                write!(f, "the configuration {} is not used, it cannot be read: {why}", file.display())
            }
            Self::NoCache { why } => write!(f, "answers are not kept: {why}"),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
