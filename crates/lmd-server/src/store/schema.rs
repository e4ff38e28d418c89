//! The tables, and how older ones become these.

use rusqlite::Connection;

use super::StoreFault;

/// The version of the tables.
const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    prompt TEXT NOT NULL,
    request TEXT NOT NULL,
    wanted TEXT NOT NULL,
    layout TEXT,
    notices TEXT NOT NULL DEFAULT '[]',
    error TEXT
) STRICT;
CREATE INDEX jobs_by_status ON jobs (status, id);
CREATE TABLE pictures (
    id TEXT PRIMARY KEY,
    job TEXT NOT NULL,
    place INTEGER NOT NULL,
    prompt TEXT NOT NULL,
    seed TEXT NOT NULL,
    method TEXT NOT NULL,
    model TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (job, place)
) STRICT;
";

/// Brings the tables to this version.
pub(super) fn migrate(connection: &Connection) -> Result<(), StoreFault> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        0 => {
            let made = format!("BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;");
            Ok(connection.execute_batch(&made)?)
        }
        VERSION => Ok(()),
        found => Err(StoreFault::Version { found, known: VERSION }),
    }
}
