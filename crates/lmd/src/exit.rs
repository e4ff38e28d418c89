//! How the command ends: exit codes and the last message.

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use lmd_diffusion::DiffusionError;
use lmd_layout::{JsonError, LayoutError, ParseError};
use lmd_nn::{NnError, WeightsError};
use lmd_planner::PlanError;
use lmd_planner::cache::CacheError;
use lmd_planner::llm::LlmError;
use thiserror::Error;

use crate::config::ConfigError;
use crate::models::ModelError;
use crate::picture::PictureError;
use crate::screen::Screen;

/// The exit codes. They are part of the interface and do not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything went well.
    Ok = 0,
    /// The work could not be done for a reason without a code of its own.
    Failed = 1,
    /// The command line, the configuration or an input file is wrong.
    Usage = 2,
    /// There is no layout: the planner or the language model failed.
    Layout = 3,
    /// A model or its weights are missing or broken.
    Model = 4,
    /// There is not enough memory.
    Memory = 5,
    /// The user interrupted it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What the user gave is wrong.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

/// The user pressed Ctrl-C.
#[derive(Debug, Error)]
#[error("interrupted")]
pub(crate) struct Interrupted;

/// Prints what clap has to say, which may be help.
pub(crate) fn of_clap(error: &clap::Error) -> Exit {
    // Nothing can be said when printing fails.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Ok }
}

/// Prints `error` with its causes and returns its exit code.
pub(crate) fn report(screen: &Screen, error: &anyhow::Error) -> Exit {
    let exit = of_error(error);
    if !matches!(exit, Exit::Ok | Exit::Interrupted) {
        screen.error(error);
    }
    exit
}

fn of_error(error: &anyhow::Error) -> Exit {
    error.chain().find_map(of_cause).unwrap_or(Exit::Failed)
}

fn of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if cause.is::<Interrupted>() {
        Some(Exit::Interrupted)
    } else if cause.is::<UsageError>() || cause.is::<ConfigError>() || cause.is::<PictureError>() {
        Some(Exit::Usage)
    } else if cause.is::<ModelError>() || cause.is::<NnError>() || cause.is::<WeightsError>() {
        Some(Exit::Model)
    } else if let Some(error) = cause.downcast_ref::<DiffusionError>() {
        Some(of_drawing(error))
    } else if cause.is::<PlanError>()
        || cause.is::<LlmError>()
        || cause.is::<CacheError>()
        || cause.is::<ParseError>()
        || cause.is::<JsonError>()
        || cause.is::<LayoutError>()
    {
        Some(Exit::Layout)
    } else {
        let io = cause.downcast_ref::<io::Error>()?;
        // Whoever read our output has read enough.
        (io.kind() == ErrorKind::BrokenPipe).then_some(Exit::Ok)
    }
}

fn of_drawing(error: &DiffusionError) -> Exit {
    match error {
        DiffusionError::Cancelled => Exit::Interrupted,
        DiffusionError::Nn(_)
        | DiffusionError::Parts { .. }
        | DiffusionError::SchedulerConfig { .. }
        | DiffusionError::NoGligenLayers
        | DiffusionError::NotFinite { .. }
        | DiffusionError::Hints { .. } => Exit::Model,
        DiffusionError::PictureSize { .. }
        | DiffusionError::PictureSide { .. }
        | DiffusionError::UnknownName { .. }
        | DiffusionError::UnknownLayer { .. }
        | DiffusionError::MethodSettings { .. }
        | DiffusionError::Setting { .. }
        | DiffusionError::Scheduler(_) => Exit::Usage,
        _ => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn causes_decide_the_code() {
        let plan = Err::<(), _>(PlanError::EmptyPrompt).context("while planning").unwrap_err();
        assert_eq!(of_error(&plan), Exit::Layout);
        assert_eq!(of_error(&UsageError("x".to_owned()).into()), Exit::Usage);
        assert_eq!(of_error(&io::Error::from(ErrorKind::BrokenPipe).into()), Exit::Ok);
        assert_eq!(of_error(&io::Error::from(ErrorKind::NotFound).into()), Exit::Failed);
        assert_eq!(of_error(&Interrupted.into()), Exit::Interrupted);
    }
}
