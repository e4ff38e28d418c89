//! Notices as answers carry them.

use lmd_engine::{Notice, NoticeKind, folded};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::scrub::scrub;

/// Something a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct NoticeBody {
    /// `note` or `warning`.
    pub(crate) kind: NoticeLevel,
    /// One sentence.
    pub(crate) message: String,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NoticeLevel {
    /// Good to know.
    Note,
    /// The result may not be what was meant.
    Warning,
}

impl NoticeBody {
    /// A warning.
    pub(crate) fn warning(message: &str) -> Self {
        Self { kind: NoticeLevel::Warning, message: scrub(message).into_owned() }
    }
}

/// Notices without paths; of many alike the first few.
pub(crate) fn bodies(notices: &[Notice]) -> Vec<NoticeBody> {
    let level = |kind| match kind {
        NoticeKind::Note => NoticeLevel::Note,
        _ => NoticeLevel::Warning,
    };
    let said = folded(notices).into_iter();
    said.map(|(kind, text)| NoticeBody { kind: level(kind), message: scrub(&text).into_owned() }).collect()
}

/// Adds notices that are not there yet.
pub(crate) fn add(to: &mut Vec<NoticeBody>, more: Vec<NoticeBody>) {
    for notice in more {
        if !to.contains(&notice) {
            to.push(notice);
        }
    }
}
