//! What can be laid over a picture: masks and heat maps.

// The macro of utoipa writes the paths of parameters whole.
#![allow(unused_qualifications)]

use axum::extract::State;
use lmd_engine::Heatmap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::gallery::noted;
use crate::app::Shared;
use crate::error::ApiError;
use crate::extract::{Id, Json};

/// What can be laid over a picture.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Overlays {
    /// The mask of each box's object, as the composition used it.
    masks: Vec<MaskBody>,
    /// Where the network looked for each object: its attention to the object's words, where the request had `heatmaps`.
    /// Objects of one caption share a map.
    heatmaps: Vec<MaskBody>,
}

/// A mask or a heat map.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct MaskBody {
    /// The object, by its place in the layout from 0.
    object: usize,
    /// `data:image/png;base64,…`: white, and the more transparent, the less it is the object.
    url: String,
    /// In cells.
    width: usize,
    /// In cells.
    height: usize,
}

/// What can be laid over a picture: the masks of its boxes, and heat maps.
#[utoipa::path(get, path = "/api/v1/pictures/{id}/overlays", tag = "pictures", params(("id" = String, Path, description = "The picture's identifier")),
    responses((status = 200, description = "The overlays; empty where the method makes none", body = Overlays)))]
pub(crate) async fn show(State(app): Shared, Id(id): Id) -> Result<Json<Overlays>, ApiError> {
    let read = app.blocking(move |app| {
        let (_, noted) = noted(app, &id)?;
        let masks = noted.recipe.boxes.iter().filter_map(|trace| mask(trace.object, &trace.mask)).collect();
        let kept = app.pictures.read_heatmaps(&id).map_err(|error| ApiError::internal(&error))?;
        let heatmaps = kept.map(|json| serde_json::from_slice(&json)).transpose();
        let heatmaps = heatmaps.map_err(|error| ApiError::internal(&error))?.unwrap_or_default();
        Ok(Overlays { masks, heatmaps })
    });
    read.await.map(Json)
}

/// Rows of `.` and `#` as a picture of one pixel per cell.
fn mask(object: usize, rows: &[String]) -> Option<MaskBody> {
    let cells = rows.iter().flat_map(|row| row.bytes()).map(|cell| if cell == b'#' { 255 } else { 0 });
    body(object, (rows.first()?.len(), rows.len()), cells)
}

/// Heat maps as they are kept beside their picture: one for each object.
pub(crate) fn kept(heatmaps: &[Heatmap]) -> serde_json::Result<Vec<u8>> {
    let bodies = heatmaps.iter().flat_map(|map| {
        let cells = || map.values.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8);
        map.objects.iter().filter_map(move |object| body(*object, (map.width, map.height), cells()))
    });
    serde_json::to_vec(&bodies.collect::<Vec<_>>())
}

/// White cells of these opacities as a picture of one pixel per cell.
fn body(object: usize, (width, height): (usize, usize), cells: impl Iterator<Item = u8>) -> Option<MaskBody> {
    let cells: Vec<u8> = cells.flat_map(|opacity| [255, 255, 255, opacity]).collect();
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&cells).ok()?;
    writer.finish().ok()?;
    Some(MaskBody { object, url: lmd_engine::picture::data_address(&png), width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_one_caption_have_one_heat_map() {
        let map = Heatmap { objects: vec![2, 0], width: 2, height: 1, values: vec![0.0, 1.0] };
        let kept = kept(&[map]).unwrap();
        let bodies: Vec<MaskBody> = serde_json::from_slice(&kept).unwrap();
        assert_eq!(bodies.iter().map(|body| body.object).collect::<Vec<_>>(), [2, 0]);
        assert_eq!(bodies[0].url, bodies[1].url);
        assert_eq!((bodies[0].width, bodies[0].height), (2, 1));
    }
}
