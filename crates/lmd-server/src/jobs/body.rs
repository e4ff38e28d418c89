//! Jobs as answers and events carry them.

use lmd_layout::Layout;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::events::Event;
use crate::error::ErrorDetail;
use crate::notices::NoticeBody;
use crate::store::{JobRow, PictureRow, Status};

/// A job.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct JobBody {
    /// Its identifier.
    pub(crate) id: String,
    /// How far it is.
    pub(crate) status: Status,
    /// Its place in the line, from 1, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) queue_position: Option<usize>,
    /// When it was accepted, in milliseconds since 1970.
    pub(crate) created_at: i64,
    /// When its drawing began, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) started_at: Option<i64>,
    /// When it ended, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) finished_at: Option<i64>,
    /// The sentence; may be empty.
    pub(crate) prompt: String,
    /// The layout, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::schema::layout)]
    pub(crate) layout: Option<Layout>,
    /// The first picture's seed. Up to 2^64 - 1: as `seed_text` without rounding.
    pub(crate) seed: u64,
    /// The seed as text, for languages whose numbers are no longer exact beyond 2^53.
    pub(crate) seed_text: String,
    /// The request as it came.
    #[schema(value_type = Object)]
    pub(crate) request: serde_json::Value,
    /// How far the drawing is, while it is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) progress: Option<ProgressBody>,
    /// The pictures that are there.
    pub(crate) pictures: Vec<JobPicture>,
    /// What a person should know.
    pub(crate) notices: Vec<NoticeBody>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorDetail>,
    /// The command that draws the first picture, once there is a layout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command_line: Option<String>,
}

/// A picture of a job.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct JobPicture {
    /// Its identifier.
    pub(crate) id: String,
    /// Where it is.
    pub(crate) url: String,
    /// Where its thumbnail is.
    pub(crate) thumb_url: String,
    /// Its seed.
    pub(crate) seed: u64,
    /// The seed as text.
    pub(crate) seed_text: String,
    /// The method that drew it; `plain` for the one to compare with.
    pub(crate) method: String,
    /// In pixels.
    pub(crate) width: usize,
    /// In pixels.
    pub(crate) height: usize,
}

/// The part of a drawing that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartName {
    /// Boxes, drawn alone.
    Object,
    /// The picture as a whole.
    Whole,
}

/// How far a drawing is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProgressBody {
    /// Work done on this picture, in units of `total`.
    pub(crate) step: u64,
    /// All work of this picture; guidance may end earlier.
    pub(crate) total: u64,
    /// What is drawn now.
    pub(crate) part: PartName,
    /// The denoising step of this part, from 0.
    pub(crate) part_step: usize,
    /// Denoising steps of this part.
    pub(crate) part_steps: usize,
    /// The first object that is drawn, by its place in the layout from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) object: Option<usize>,
    /// All objects that are drawn at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) objects: Option<Vec<usize>>,
    /// The last energy: how far attention is from the boxes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) energy: Option<f64>,
    /// Seconds that are left for this picture, estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) eta_s: Option<f64>,
    /// Which picture of the job, from 0.
    pub(crate) picture: usize,
    /// How many pictures the job has.
    pub(crate) pictures: usize,
}

/// An unfinished picture.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PreviewBody {
    /// `data:image/png;base64,…`
    pub(crate) image: String,
    /// The object that it shows, by its place in the layout, where a box is drawn alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) object: Option<usize>,
    /// Which picture of the job, from 0.
    pub(crate) picture: usize,
}

/// The layout of a job, once it is planned.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct LayoutEvent {
    /// The layout.
    #[schema(schema_with = crate::schema::layout)]
    pub(crate) layout: Layout,
    /// What a person should know.
    pub(crate) notices: Vec<NoticeBody>,
}

impl PreviewBody {
    /// The PNG of an event of this kind, in Base64.
    pub(crate) fn base64_of(event: &Event) -> Option<String> {
        let preview: Self = serde_json::from_str(&event.data).ok()?;
        preview.image.split_once(',').map(|(_, data)| data.to_owned())
    }
}

impl JobPicture {
    /// A picture of the gallery.
    pub(crate) fn of(row: &PictureRow) -> Self {
        Self {
            url: format!("/api/v1/pictures/{}", row.id),
            thumb_url: format!("/api/v1/pictures/{}/thumb", row.id),
            id: row.id.clone(),
            seed: row.seed,
            seed_text: row.seed.to_string(),
            method: row.method.clone(),
            width: row.width,
            height: row.height,
        }
    }
}

impl JobBody {
    /// A job with its pictures, as it is kept.
    pub(crate) fn of(row: JobRow, pictures: &[PictureRow]) -> Self {
        let layout = row.layout.or_else(|| row.order.layout.clone());
        Self {
            command_line: layout.as_ref().map(|layout| row.order.command_line(layout)),
            id: row.id,
            status: row.status,
            queue_position: None,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            prompt: row.order.prompt,
            layout,
            seed: row.order.seed,
            seed_text: row.order.seed.to_string(),
            request: row.request,
            progress: None,
            pictures: pictures.iter().map(JobPicture::of).collect(),
            notices: row.notices,
            error: row.error.map(|(_, detail)| detail),
        }
    }
}
