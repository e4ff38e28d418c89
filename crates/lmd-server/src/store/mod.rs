//! Jobs and pictures in SQLite: what was accepted survives whatever ends the program.
//!
//! One connection behind a lock; its statements take well under a millisecond, a commit as long as the disk takes to
//! confirm it. Callers in async code go through [`crate::app::App::blocking`].

mod jobs;
mod pictures;
mod schema;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use thiserror::Error;

pub(crate) use jobs::{Finish, JobRow, Status};
pub(crate) use pictures::{PictureRow, Search};

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

/// The database.
pub(crate) struct Store {
    connection: Mutex<Connection>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database of a folder, and makes it where there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreFault> {
        Self::with(Connection::open(path)?)
    }

    fn with(connection: Connection) -> Result<Self, StoreFault> {
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        // WAL: readers do not wait; FULL: a commit is on the disk before it is told.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        schema::migrate(&connection)?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// The connection. A panic elsewhere left at most a transaction that is rolled back.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the database answers.
    pub(crate) fn is_well(&self) -> bool {
        self.connection().query_row("SELECT 1", [], |row| row.get::<_, i64>(0)).is_ok()
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A new identifier: UUIDv7, which sorts by time.
pub(crate) fn new_id() -> String {
    uuid::Uuid::now_v7().as_hyphenated().to_string()
}

#[cfg(test)]
impl Store {
    /// A database that is gone with the test.
    pub(crate) fn in_memory() -> Self {
        Self::with(Connection::open_in_memory().unwrap()).unwrap()
    }
}
