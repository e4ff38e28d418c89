//! How the command ends: exit codes and the last message.

use std::io::{self, ErrorKind as IoErrorKind};
use std::process::ExitCode;

use lmd_engine::{EngineError, ErrorKind};

use crate::screen::{self, Screen};

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
    /// There is not enough memory, or no thread can be started.
    Memory = 5,
    /// There were warnings, and `--strict` makes them errors.
    Warnings = 6,
    /// A fault of lmd itself.
    Fault = 101,
    /// The user interrupted it.
    Interrupted = 130,
}

impl Exit {
    const ALL: [Self; 9] = [
        Self::Ok,
        Self::Failed,
        Self::Usage,
        Self::Layout,
        Self::Model,
        Self::Memory,
        Self::Warnings,
        Self::Fault,
        Self::Interrupted,
    ];
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        let code = kind.exit_code();
        Self::ALL.into_iter().find(|exit| *exit as u8 == code).unwrap_or(Self::Failed)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Prints what clap has to say, which may be help.
pub(crate) fn of_clap(error: &clap::Error) -> Exit {
    let text = error.render().to_string();
    let short = screen::short_numbers(&text);
    if short == text {
        // Nothing can be said when printing fails.
        let _ = error.print();
    } else {
        screen::say(&screen::clean(&short));
    }
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
    if let Some(io) = cause.downcast_ref::<io::Error>() {
        // Whoever read our output has read enough.
        (io.kind() == IoErrorKind::BrokenPipe).then_some(Exit::Ok)
    } else {
        EngineError::kind_of(cause).map(Exit::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;
    use lmd_planner::PlanError;

    #[test]
    fn causes_decide_the_code() {
        let plan = Err::<(), _>(PlanError::EmptyPrompt).context("while planning").unwrap_err();
        assert_eq!(of_error(&plan), Exit::Layout);
        assert_eq!(of_error(&EngineError::Usage("x".to_owned()).into()), Exit::Usage);
        assert_eq!(of_error(&io::Error::from(IoErrorKind::BrokenPipe).into()), Exit::Ok);
        assert_eq!(of_error(&io::Error::from(IoErrorKind::NotFound).into()), Exit::Failed);
        assert_eq!(of_error(&EngineError::Cancelled.into()), Exit::Interrupted);
    }

    #[test]
    fn every_kind_of_error_has_its_code() {
        for kind in ErrorKind::ALL {
            assert_eq!(Exit::from(kind) as u8, kind.exit_code(), "{kind:?}");
        }
    }
}
