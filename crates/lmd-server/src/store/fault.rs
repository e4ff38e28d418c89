//! [`StoreFault`]: why the database could not be used.

use thiserror::Error;

/// Why the database could not be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum StoreFault {
    /// SQLite refused.
    #[error("the database of jobs and pictures: {0}")]
    Sql(#[from] rusqlite::Error),
    /// What was kept cannot be read.
    #[error("a kept job cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// It was written by a later version.
    #[error(
        "the database has version {found}, this program reads {known}; use a newer lmd or another --data-dir"
    )]
    Version {
        /// Its version.
        found: i64,
        /// What this program reads.
        known: i64,
    },
}
