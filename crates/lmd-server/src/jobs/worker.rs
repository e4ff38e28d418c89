//! The threads that draw. A panic ends one job and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lmd_engine::{EngineError, ErrorKind, Seeds, Subject};

use super::body::LayoutEvent;
use super::events::EventKind;
use super::line::Live;
use super::watch::Watch;
use crate::app::App;
use crate::error::ApiError;
use crate::notices::{NoticeBody, add, bodies};
use crate::order::Shot;
use crate::painter::Commission;
use crate::store::{Finish, JobRow, PictureRow, StoreFault, now_ms};

/// Why a job did not end well.
#[derive(Debug)]
enum Stop {
    /// The engine says so.
    Engine(EngineError),
    /// The database or the disk says so.
    Server(String),
}

impl From<EngineError> for Stop {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<StoreFault> for Stop {
    fn from(error: StoreFault) -> Self {
        Self::Server(error.to_string())
    }
}

/// Draws one job after another until the server ends.
pub(crate) fn work(app: &Arc<App>) {
    while let Some((id, live)) = app.line.take() {
        let begun = Instant::now();
        // What a job leaves half done is in the database and on the disk, which transactions and renames keep whole.
        let ended = catch_unwind(AssertUnwindSafe(|| draw(app, &id, &live)));
        let ended = ended.unwrap_or_else(|panic| {
            app.painter.recover();
            app.metrics.panics.inc();
            tracing::error!(job = %id, "a job panicked: {}", crate::scrub::scrub(panic_text(&*panic)));
            Err(Box::new((
                Stop::Engine(EngineError::Internal("the drawing panicked".to_owned())),
                Vec::new(),
            )))
        });
        finish(app, &id, &live, ended, begun.elapsed());
    }
}

/// What a panic says.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

/// What came of a job, with what a person should know of it.
type Ended = Result<Vec<NoticeBody>, Box<(Stop, Vec<NoticeBody>)>>;

/// Notes how a job ended and tells those who listen.
fn finish(app: &App, id: &str, live: &Live, ended: Ended, took: Duration) {
    let (finish, notices) = match ended.map_err(|stopped| *stopped) {
        Ok(notices) => (Finish::Completed, notices),
        Err((Stop::Engine(error), notices)) if error.kind() == ErrorKind::Cancelled => {
            if app.line.is_ending() && !live.unwanted.is_cancelled() {
                // The server ends: the job stays as it is and is drawn again when the server starts.
                tracing::info!(job = %id, "put back into the queue, since the server ends");
                app.line.done(id);
                return;
            }
            (Finish::Cancelled, notices)
        }
        Err((stop, notices)) => {
            let error = match stop {
                Stop::Engine(error) => ApiError::from(&error),
                Stop::Server(why) => ApiError::internal(&why),
            };
            (Finish::Failed(error.status().as_u16(), error.detail().clone()), notices)
        }
    };
    app.metrics.job_over(finish.status(), took);
    tracing::info!(job = %id, status = finish.status().name(), seconds = took.as_secs_f64(), "job over");
    if let Err(error) = app.store.finish_job(id, &finish, &notices) {
        tracing::error!(job = %id, %error, "the end of a job could not be kept");
    }
    // Who hears of the end finds nothing being drawn any more.
    app.line.done(id);
    match (&finish, app.job_body(id)) {
        (Finish::Completed, Ok(Some(body))) => live.events.tell(EventKind::Completed, &body),
        (Finish::Failed(_, detail), _) => {
            live.events.tell(EventKind::Failed, &serde_json::json!({ "error": detail }));
        }
        (Finish::Cancelled, _) => live.events.tell(EventKind::Cancelled, &serde_json::json!({})),
        (Finish::Completed, _) => live.events.tell(EventKind::Completed, &serde_json::json!({ "id": id })),
    }
}

/// Draws the pictures of a job that are not there yet.
fn draw(app: &App, id: &str, live: &Live) -> Ended {
    let mut notices = Vec::new();
    match draw_into(app, id, live, &mut notices) {
        Ok(()) => Ok(notices),
        Err(stop) => Err(Box::new((stop, notices))),
    }
}

fn draw_into(app: &App, id: &str, live: &Live, notices: &mut Vec<NoticeBody>) -> Result<(), Stop> {
    let row = app
        .store
        .job(id)?
        .ok_or_else(|| Stop::Server("an accepted job is not in the database".to_owned()))?;
    app.store.start_job(id)?;
    notices.clone_from(&row.notices);
    if live.cancel.is_cancelled() {
        return Err(EngineError::Cancelled.into());
    }
    let subject = subject(app, &row, notices)?;
    app.store.note_layout(id, &subject.layout, notices)?;
    live.events
        .tell(EventKind::Layout, &LayoutEvent { layout: subject.layout.clone(), notices: notices.clone() });
    let there = app.store.pictures_of(id)?;
    let shots = &row.order.shots;
    for (place, shot) in shots.iter().enumerate() {
        if there.iter().any(|picture| picture.place == place) {
            continue;
        }
        add(notices, shoot(app, &row, &subject, (place, shot), live)?);
    }
    Ok(())
}

/// What a job shows: the layout of the request, the one planned before, or one planned now.
fn subject(app: &App, row: &JobRow, notices: &mut Vec<NoticeBody>) -> Result<Subject, Stop> {
    let order = &row.order;
    if let Some(layout) = order.layout.as_ref().or(row.layout.as_ref()) {
        add(notices, bodies(&lmd_engine::Engine::layout_doubts(layout)));
        return Ok(Subject::layout(layout.clone()).with_prompt(&order.prompt)?);
    }
    let engine = app.planning.engine(order.planner, false);
    add(notices, bodies(engine.planner()?.1));
    let planned = engine.plan(&order.prompt)?;
    add(notices, bodies(&planned.notices));
    // As it will be after a restart, when only the layout and the prompt are known.
    Ok(Subject::layout(planned.plan.layout).with_prompt(&order.prompt)?)
}

/// Draws one picture, keeps it, and puts it into the gallery.
fn shoot(
    app: &App,
    row: &JobRow,
    subject: &Subject,
    (place, shot): (usize, &Shot),
    live: &Live,
) -> Result<Vec<NoticeBody>, Stop> {
    let order = &row.order;
    let config = order.config_of(shot);
    let every = order.preview.then(|| Duration::from_millis(app.options.preview_ms));
    let scene = lmd_layout::convert_spec(&subject.layout, config.fidelity);
    let drawn_order = scene.per_box.iter().map(|one| one.object).collect();
    let pictures = (place, order.shots.len());
    let mut watch = Watch::new(Arc::clone(&live.events), pictures, every, drawn_order);
    let adapters = crate::loras::adapters(&app.options, &order.loras);
    let what = Commission {
        model: &order.model,
        config: &config,
        subject,
        seeds: Seeds::of(shot.seed),
        adapters: &adapters,
        heatmaps: order.heatmaps,
    };
    let painting = app.painter.paint(&what, &live.cancel, &mut |glance| {
        watch.look(glance);
        // Making a preview takes time, in which somebody may have cancelled the job.
        live.cancel.flow()
    })?;
    let failed = |error: std::io::Error| Stop::Server(format!("a picture could not be written: {error}"));
    if order.heatmaps {
        let json = crate::api::overlays::kept(&painting.heatmaps).map_err(std::io::Error::other);
        app.pictures.write_heatmaps(&shot.id, &json.map_err(failed)?).map_err(failed)?;
    }
    app.pictures.write(&shot.id, &painting.png, &painting.pixels).map_err(failed)?;
    app.store.add_picture(&PictureRow {
        id: shot.id.clone(),
        job: row.id.clone(),
        place,
        prompt: order.prompt.clone(),
        seed: shot.seed,
        method: config.method.as_str().to_owned(),
        model: order.model.clone(),
        width: painting.pixels.width,
        height: painting.pixels.height,
        bytes: painting.png.len() as u64,
        created_at: now_ms(),
    })?;
    app.metrics.pictures.inc();
    Ok(bodies(&painting.notices))
}
