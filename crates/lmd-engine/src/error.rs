//! [`EngineError`], whose [`ErrorKind`] decides exit code and HTTP status.

use std::io;
use std::path::PathBuf;

use lmd_diffusion::DiffusionError;
use lmd_layout::{JsonError, LayoutError, ParseError};
use lmd_nn::{DetectError, NnError, WeightsError};
use lmd_planner::PlanError;
use lmd_planner::cache::CacheError;
use lmd_planner::llm::LlmError;
use thiserror::Error;

use crate::config::ConfigError;
use crate::kind::ErrorKind;
use crate::notice::{Notice, folded};
use crate::output::OutputError;
use crate::picture::PictureError;
use crate::store::StoreError;

/// Why the engine could not do what it was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A request that cannot be meant.
    #[error("{0}")]
    Usage(String),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A picture has no recipe that can be read.
    #[error("cannot read the recipe of {name}: {source}")]
    Recipe {
        /// What the picture is called.
        name: String,
        /// Why.
        source: PictureError,
    },
    /// A picture's pixels cannot be read.
    #[error("cannot read the picture {name}: {source}")]
    NoPicture {
        /// What the picture is called.
        name: String,
        /// Why.
        source: PictureError,
    },
    /// A file of a benchmark's folder cannot be made or written.
    #[error("cannot write {}: {source}", path.display())]
    BenchFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A picture could not be written as PNG.
    #[error(transparent)]
    Encode(PictureError),
    /// Something that should be a layout is none.
    #[error("{name} is not a layout")]
    NoLayout {
        /// What it is called.
        name: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No layout could be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A model is missing, or the folder of models cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A model's files cannot be used.
    #[error("cannot load the model {model}")]
    Load {
        /// The model.
        model: String,
        /// Why.
        source: DiffusionError,
    },
    /// An adapter's file or a device cannot be used.
    #[error(transparent)]
    Network(#[from] NnError),
    /// A detector could not look for what was asked.
    #[error(transparent)]
    Detect(#[from] DetectError),
    /// A picture could not be drawn.
    #[error(transparent)]
    Draw(DiffusionError),
    /// More memory is needed than there is.
    #[error("{what} needs about {} MiB of memory, {} MiB are available; {}", .needed >> 20, .available >> 20, remedy(*.reducible))]
    Memory {
        /// What would be done.
        what: String,
        /// Bytes it needs, estimated.
        needed: u64,
        /// Bytes there are.
        available: u64,
        /// Whether other settings need less.
        reducible: bool,
    },
    /// No thread could be started.
    #[error(
        "cannot start a single thread to compute with: {0}; allow this user more processes (ulimit -u), or end other programs"
    )]
    Threads(String),
    /// A result could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// There were warnings, and warnings are to be errors.
    #[error("{}", told(.0))]
    Warnings(Vec<Notice>),
    /// Somebody cancelled it.
    #[error("cancelled")]
    Cancelled,
    /// A promise inside lmd was broken.
    #[error("a fault of lmd: {0}; please report it")]
    Internal(String),
}

fn remedy(reducible: bool) -> &'static str {
    if reducible {
        "draw a smaller picture (--width, --height), fewer boxes at once (draw.lmd.batch) or by `plain`, or end other programs"
    } else {
        "take a smaller model, or end other programs"
    }
}

fn told(warnings: &[Notice]) -> String {
    let all: Vec<String> = folded(warnings).into_iter().map(|(_, text)| text).collect();
    format!("{} (warnings are errors because strict is set)", all.join("; "))
}

impl EngineError {
    /// What sort of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Usage(_)
            | Self::Config(_)
            | Self::Read { .. }
            | Self::Recipe { .. }
            | Self::NoPicture { .. } => ErrorKind::Usage,
            Self::NoLayout { .. } => ErrorKind::Layout,
            Self::Plan(error) => of_planning(error),
            Self::Store(error) => error.kind(),
            Self::Load { source, .. } => of_loading(source),
            Self::Network(_) | Self::Detect(DetectError::Network(_)) => ErrorKind::Model,
            Self::Detect(_) => ErrorKind::Usage,
            Self::Draw(error) => of_drawing(error),
            Self::Memory { .. } | Self::Threads(_) => ErrorKind::Memory,
            Self::Output(error) => error.kind(),
            Self::Warnings(_) => ErrorKind::Warnings,
            Self::Cancelled => ErrorKind::Cancelled,
            Self::Encode(_) | Self::BenchFile { .. } => ErrorKind::Failed,
            Self::Internal(_) => ErrorKind::Internal,
        }
    }

    /// The kind of any error that may have one of ours among its causes, for
    /// fronts that carry several sorts of errors.
    #[must_use]
    pub fn kind_of(error: &(dyn std::error::Error + 'static)) -> Option<ErrorKind> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(known) = kind_of_one(error) {
                return Some(known);
            }
            cause = error.source();
        }
        None
    }
}

fn kind_of_one(error: &(dyn std::error::Error + 'static)) -> Option<ErrorKind> {
    if let Some(error) = error.downcast_ref::<EngineError>() {
        Some(error.kind())
    } else if error.is::<ConfigError>() || error.is::<PictureError>() {
        Some(ErrorKind::Usage)
    } else if let Some(error) = error.downcast_ref::<StoreError>() {
        Some(error.kind())
    } else if let Some(error) = error.downcast_ref::<OutputError>() {
        Some(error.kind())
    } else if error.is::<NnError>() || error.is::<WeightsError>() {
        Some(ErrorKind::Model)
    } else if let Some(error) = error.downcast_ref::<DiffusionError>() {
        Some(of_drawing(error))
    } else if let Some(error) = error.downcast_ref::<PlanError>() {
        Some(of_planning(error))
    } else if let Some(error) = error.downcast_ref::<LlmError>() {
        Some(of_asking(error))
    } else if error.is::<CacheError>() || is_no_layout(error) {
        Some(ErrorKind::Layout)
    } else {
        None
    }
}

fn is_no_layout(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<ParseError>() || error.is::<JsonError>() || error.is::<LayoutError>()
}

fn of_planning(error: &PlanError) -> ErrorKind {
    match error {
        PlanError::Llm(error) => of_asking(error),
        _ => ErrorKind::Layout,
    }
}

fn of_asking(error: &LlmError) -> ErrorKind {
    match error {
        LlmError::Internal { .. } => ErrorKind::Internal,
        LlmError::Config { .. } | LlmError::BadAnswer { .. } | LlmError::CutOff { .. } => ErrorKind::Layout,
        _ => ErrorKind::Upstream,
    }
}

/// While a model is loaded, whatever is wrong is wrong with the model.
fn of_loading(error: &DiffusionError) -> ErrorKind {
    match error {
        DiffusionError::Cancelled => ErrorKind::Cancelled,
        _ => ErrorKind::Model,
    }
}

fn of_drawing(error: &DiffusionError) -> ErrorKind {
    match error {
        DiffusionError::Cancelled => ErrorKind::Cancelled,
        DiffusionError::Internal { .. } => ErrorKind::Internal,
        DiffusionError::Nn(_)
        | DiffusionError::Parts { .. }
        | DiffusionError::SchedulerConfig { .. }
        | DiffusionError::NoGligenLayers
        | DiffusionError::NotFinite { .. }
        | DiffusionError::Hints { .. } => ErrorKind::Model,
        DiffusionError::PictureSize { .. }
        | DiffusionError::PictureSide { .. }
        | DiffusionError::UnknownName { .. }
        | DiffusionError::UnknownLayer { .. }
        | DiffusionError::MethodSettings { .. }
        | DiffusionError::Setting { .. }
        | DiffusionError::Scheduler(_) => ErrorKind::Usage,
        _ => ErrorKind::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_code_and_a_status() {
        for kind in ErrorKind::ALL {
            assert!(kind.exit_code() > 0, "{kind:?}");
            assert!((400..600).contains(&kind.http_status()), "{kind:?}");
        }
        assert_eq!((ErrorKind::Memory.exit_code(), ErrorKind::Memory.http_status()), (5, 507));
    }

    #[test]
    fn causes_decide_the_kind() {
        let empty = EngineError::from(PlanError::EmptyPrompt);
        assert_eq!(empty.kind(), ErrorKind::Layout);
        let broken = EngineError::Load { model: "m".to_owned(), source: DiffusionError::NoMaskLayer };
        assert_eq!(broken.kind(), ErrorKind::Model);
        assert_eq!(EngineError::Draw(DiffusionError::Cancelled).kind(), ErrorKind::Cancelled);
        assert_eq!(EngineError::kind_of(&PlanError::EmptyPrompt), Some(ErrorKind::Layout));
        assert_eq!(EngineError::kind_of(&io::Error::from(io::ErrorKind::NotFound)), None);
    }
}
