//! The table of jobs.

use lmd_layout::Layout;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fault::StoreFault;
use super::{Store, now_ms};
use crate::error::ErrorDetail;
use crate::notices::NoticeBody;
use crate::order::Order;

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// It waits.
    Queued,
    /// It is drawn.
    Generating,
    /// Its pictures are there.
    Completed,
    /// It could not be drawn.
    Failed,
    /// Somebody cancelled it.
    Cancelled,
}

impl Status {
    const ALL: [Self; 5] = [Self::Queued, Self::Generating, Self::Completed, Self::Failed, Self::Cancelled];

    /// Its name, as everywhere.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Generating => "generating",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more happens to it.
    pub(crate) const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }

    fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|status| status.name() == name).unwrap_or(Self::Failed)
    }
}

/// A job as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct JobRow {
    pub(crate) id: String,
    pub(crate) status: Status,
    pub(crate) created_at: i64,
    pub(crate) started_at: Option<i64>,
    pub(crate) finished_at: Option<i64>,
    /// The request as it came.
    pub(crate) request: serde_json::Value,
    pub(crate) order: Order,
    /// The layout, once there is one.
    pub(crate) layout: Option<Layout>,
    pub(crate) notices: Vec<NoticeBody>,
    /// The status and the error it failed with.
    pub(crate) error: Option<(u16, ErrorDetail)>,
}

/// How a job ended.
#[derive(Clone, Debug)]
pub(crate) enum Finish {
    Completed,
    Failed(u16, ErrorDetail),
    Cancelled,
}

impl Finish {
    pub(crate) const fn status(&self) -> Status {
        match self {
            Self::Completed => Status::Completed,
            Self::Failed(..) => Status::Failed,
            Self::Cancelled => Status::Cancelled,
        }
    }
}

const COLUMNS: &str =
    "id, status, created_at, started_at, finished_at, request, wanted, layout, notices, error";

impl Store {
    /// Keeps a new job. When this returns, it is on the disk.
    pub(crate) fn add_job(
        &self,
        id: &str,
        request: &serde_json::Value,
        order: &Order,
        notices: &[NoticeBody],
    ) -> Result<(), StoreFault> {
        let layout = order.layout.as_ref().map(serde_json::to_string).transpose()?;
        let sql = "INSERT INTO jobs (id, status, created_at, prompt, request, wanted, layout, notices)
                   VALUES (?1, 'queued', ?2, ?3, ?4, ?5, ?6, ?7)";
        let (wanted, notices) = (serde_json::to_string(order)?, serde_json::to_string(notices)?);
        let values = params![id, now_ms(), order.prompt, request.to_string(), wanted, layout, notices];
        self.connection().prepare(sql)?.execute(values)?;
        Ok(())
    }

    /// A job.
    pub(crate) fn job(&self, id: &str) -> Result<Option<JobRow>, StoreFault> {
        let connection = self.connection();
        let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM jobs WHERE id = ?1"))?;
        statement.query_row([id], |row| Ok(read(row))).optional()?.transpose()
    }

    /// The newest jobs first, of one status or of all.
    pub(crate) fn jobs(&self, status: Option<Status>, limit: usize) -> Result<Vec<JobRow>, StoreFault> {
        let connection = self.connection();
        let sql =
            format!("SELECT {COLUMNS} FROM jobs WHERE (?1 IS NULL OR status = ?1) ORDER BY id DESC LIMIT ?2");
        let mut statement = connection.prepare(&sql)?;
        let rows =
            statement.query_map(params![status.map(Status::name), limit as i64], |row| Ok(read(row)))?;
        rows.map(|row| row?).collect()
    }

    /// The jobs that are not over, oldest first: at the start of the program all of them wait.
    pub(crate) fn requeue(&self) -> Result<Vec<String>, StoreFault> {
        let connection = self.connection();
        connection.execute(
            "UPDATE jobs SET status = 'queued', started_at = NULL WHERE status = 'generating'",
            [],
        )?;
        let mut statement = connection.prepare("SELECT id FROM jobs WHERE status = 'queued' ORDER BY id")?;
        let ids = statement.query_map([], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Notes that a job is drawn now.
    pub(crate) fn start_job(&self, id: &str) -> Result<(), StoreFault> {
        let sql =
            "UPDATE jobs SET status = 'generating', started_at = ?2 WHERE id = ?1 AND status = 'queued'";
        self.connection().prepare(sql)?.execute(params![id, now_ms()])?;
        Ok(())
    }

    /// Notes what was planned for a job, so that it is not planned again.
    pub(crate) fn note_layout(
        &self,
        id: &str,
        layout: &Layout,
        notices: &[NoticeBody],
    ) -> Result<(), StoreFault> {
        let sql = "UPDATE jobs SET layout = ?2, notices = ?3 WHERE id = ?1";
        let values = params![id, serde_json::to_string(layout)?, serde_json::to_string(notices)?];
        self.connection().prepare(sql)?.execute(values)?;
        Ok(())
    }

    /// Notes how a job ended. Says whether it had not ended before.
    pub(crate) fn finish_job(
        &self,
        id: &str,
        finish: &Finish,
        notices: &[NoticeBody],
    ) -> Result<bool, StoreFault> {
        let error = match finish {
            Finish::Failed(status, detail) => Some(serde_json::to_string(&(status, detail))?),
            _ => None,
        };
        let sql = "UPDATE jobs SET status = ?2, finished_at = ?3, error = ?4, notices = ?5
                   WHERE id = ?1 AND status IN ('queued', 'generating')";
        let values = params![id, finish.status().name(), now_ms(), error, serde_json::to_string(notices)?];
        Ok(self.connection().prepare(sql)?.execute(values)? == 1)
    }

    /// Removes finished jobs without pictures that ended before a moment.
    pub(crate) fn forget_jobs(&self, before: i64) -> Result<usize, StoreFault> {
        let sql = "DELETE FROM jobs WHERE finished_at < ?1 AND NOT EXISTS (SELECT 1 FROM pictures WHERE job = jobs.id)";
        Ok(self.connection().execute(sql, [before])?)
    }
}

fn read(row: &Row<'_>) -> Result<JobRow, StoreFault> {
    let text = |at: usize| row.get::<_, Option<String>>(at);
    Ok(JobRow {
        id: row.get(0)?,
        status: Status::of(&row.get::<_, String>(1)?),
        created_at: row.get(2)?,
        started_at: row.get(3)?,
        finished_at: row.get(4)?,
        request: serde_json::from_str(&row.get::<_, String>(5)?)?,
        order: serde_json::from_str(&row.get::<_, String>(6)?)?,
        layout: text(7)?.map(|json| serde_json::from_str(&json)).transpose()?,
        notices: serde_json::from_str(&row.get::<_, String>(8)?)?,
        error: text(9)?.map(|json| serde_json::from_str(&json)).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::new_id;
    use lmd_engine::{DrawConfig, Preset};

    fn order() -> Order {
        Order {
            prompt: "a cat".to_owned(),
            layout: None,
            planner: crate::order::PlannerWanted::Auto,
            model: "bundled".to_owned(),
            preset: Preset::Balanced,
            draw: DrawConfig::default(),
            seed: u64::MAX,
            shots: Vec::new(),
            preview: false,
            loras: Vec::new(),
            heatmaps: false,
        }
    }

    #[test]
    fn jobs_are_kept_as_they_were_accepted_and_end_once() {
        let store = Store::in_memory();
        let ids = [new_id(), new_id()];
        for id in &ids {
            store.add_job(id, &serde_json::json!({ "prompt": "a cat" }), &order(), &[]).unwrap();
        }
        let kept = store.job(&ids[0]).unwrap().unwrap();
        assert_eq!((kept.order, kept.status), (order(), Status::Queued));
        store.start_job(&ids[0]).unwrap();
        assert_eq!(store.jobs(Some(Status::Generating), 9).unwrap().len(), 1);
        // The program ends and starts again: both wait, in their order.
        assert_eq!(store.requeue().unwrap(), ids);
        assert!(store.finish_job(&ids[0], &Finish::Completed, &[]).unwrap());
        assert!(!store.finish_job(&ids[0], &Finish::Cancelled, &[]).unwrap());
        assert_eq!(store.requeue().unwrap(), ids[1..]);
        assert_eq!(store.forget_jobs(i64::MAX).unwrap(), 1, "the one that is over");
        assert!(store.job(&ids[0]).unwrap().is_none());
    }
}
