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
    /// What it is about, for pages that say it in words of their own: `plans_offline`, `demo_model`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
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
        Self { kind: NoticeLevel::Warning, message: scrub(message).into_owned(), code: None }
    }
}

/// Notices without paths; of many alike the first few.
pub(crate) fn bodies(notices: &[Notice]) -> Vec<NoticeBody> {
    let level = |kind| match kind {
        NoticeKind::Note => NoticeLevel::Note,
        _ => NoticeLevel::Warning,
    };
    let said = folded(notices).into_iter();
    said.map(|(kind, text)| {
        let code = notices.iter().filter(|notice| notice.to_string() == text).find_map(code);
        NoticeBody { kind: level(kind), message: scrub(&text).into_owned(), code: code.map(str::to_owned) }
    })
    .collect()
}

/// The name of a notice whose sentence speaks of the command line.
const fn code(notice: &Notice) -> Option<&'static str> {
    match notice {
        Notice::PlansOffline => Some("plans_offline"),
        Notice::DemoModel { .. } => Some("demo_model"),
        _ => None,
    }
}

/// Adds notices that are not there yet.
pub(crate) fn add(to: &mut Vec<NoticeBody>, more: Vec<NoticeBody>) {
    for notice in more {
        if !to.contains(&notice) {
            to.push(notice);
        }
    }
}
