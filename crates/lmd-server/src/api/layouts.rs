//! Layouts: plan, revise, draw as SVG.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use lmd_engine::{Engine, Planned};
use lmd_layout::{DrawOptions, Layout, Object, draw_svg};
use lmd_planner::{CheckedFact, Conversation, Source, checked_facts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::images::cleaned;
use crate::app::{App, Shared};
use crate::error::ApiError;
use crate::extract::Json;
use crate::notices::{NoticeBody, add, bodies};
use crate::order::PlannerWanted;

/// Most turns of a conversation that are read.
const MAX_TURNS: usize = 64;

/// A sentence that becomes a layout.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanRequest {
    /// What should be in the picture.
    #[schema(max_length = 4000)]
    prompt: String,
    /// Who plans.
    #[serde(default)]
    planner: PlannerWanted,
    /// Another layout of the same sentence: 0 for the usual one. A language model is asked anew; the offline planner knows
    /// one more, its mirror image, where the sentence allows it.
    #[serde(default)]
    variant: u32,
}

/// A layout and what is to be known about it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PlannedBody {
    /// The layout.
    #[schema(schema_with = crate::schema::layout)]
    pub(crate) layout: Layout,
    /// What a person should know.
    pub(crate) notices: Vec<NoticeBody>,
    /// Who planned it: `offline`, or the language model's name.
    pub(crate) planner: String,
    /// What the sentence says for certain, held against the layout.
    pub(crate) facts: Vec<FactBody>,
    /// After an instruction: the objects that are new or changed, by their place in the layout from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) changed: Option<Vec<usize>>,
}

/// Something a sentence says for certain.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct FactBody {
    /// What it says.
    pub(crate) text: String,
    /// Whether the layout shows it.
    pub(crate) holds: bool,
}

impl From<CheckedFact> for FactBody {
    fn from(fact: CheckedFact) -> Self {
        Self { text: fact.text, holds: fact.holds }
    }
}

/// An instruction that changes a layout.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviseRequest {
    /// The sentence the conversation began with; may be empty.
    #[serde(default)]
    #[schema(max_length = 4000)]
    prompt: String,
    /// The layout as it is now.
    #[schema(schema_with = crate::schema::layout)]
    layout: Layout,
    /// What to change: `move the cat to the left`.
    #[schema(max_length = 4000)]
    instruction: String,
    /// What was said before, the oldest first.
    #[serde(default)]
    #[schema(max_items = 64)]
    history: Vec<TurnBody>,
    /// Objects that keep their boxes, by their place in the layout from 0.
    #[serde(default)]
    #[schema(max_items = 32)]
    locked: Vec<usize>,
    /// Who plans.
    #[serde(default)]
    planner: PlannerWanted,
}

/// An instruction and the layout after it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TurnBody {
    /// What was said.
    instruction: String,
    /// The layout after it.
    #[schema(schema_with = crate::schema::layout)]
    layout: Layout,
}

/// A layout.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SvgRequest {
    /// The layout.
    #[schema(schema_with = crate::schema::layout)]
    layout: Layout,
}

/// Turn a sentence into a layout.
#[utoipa::path(post, path = "/api/v1/layouts", tag = "layouts", request_body = PlanRequest,
    responses((status = 200, description = "The layout", body = PlannedBody)))]
pub(crate) async fn plan(
    State(app): Shared,
    Json(request): Json<PlanRequest>,
) -> Result<Json<PlannedBody>, ApiError> {
    app.blocking(move |app| planned(app, &request)).await.map(Json)
}

fn planned(app: &App, request: &PlanRequest) -> Result<PlannedBody, ApiError> {
    let said = asked(&request.prompt)?;
    let _room = app.room_to_ask(request.planner)?;
    let engine = app.planning.engine(request.planner, request.variant > 0);
    let planned = engine.plan(&said)?;
    let offline = matches!(planned.plan.source, Source::Offline);
    let mut body = body(&engine, &said, planned)?;
    if offline && request.variant % 2 == 1 {
        match mirrored(&body.layout)
            .filter(|mirror| checked_facts(&said, mirror).iter().all(|fact| fact.holds))
        {
            Some(mirror) => body = PlannedBody { facts: facts(&said, &mirror), layout: mirror, ..body },
            None => body
                .notices
                .push(NoticeBody::warning("the sentence allows no mirrored layout; this is the usual one")),
        }
    }
    Ok(body)
}

/// A sentence that says something.
fn asked(text: &str) -> Result<String, ApiError> {
    let said = cleaned("prompt", text)?;
    if said.is_empty() {
        Err(ApiError::invalid("prompt", "say what should be in the picture"))
    } else {
        Ok(said)
    }
}

/// A layout as seen in a mirror.
fn mirrored(layout: &Layout) -> Option<Layout> {
    let flipped = layout.objects().iter().map(|object| {
        let bbox = object.bbox;
        let bbox =
            lmd_layout::BBox::new((1.0 - bbox.x() - bbox.w()).max(0.0), bbox.y(), bbox.w(), bbox.h()).ok()?;
        Some(Object { caption: object.caption.clone(), bbox })
    });
    let objects: Vec<Object> = flipped.collect::<Option<_>>()?;
    Layout::new(objects, layout.background(), layout.negative()).ok()
}

/// What is answered about a plan.
fn body(engine: &Engine, said: &str, planned: Planned) -> Result<PlannedBody, ApiError> {
    let mut notices = bodies(engine.planner()?.1);
    add(&mut notices, bodies(&planned.notices));
    let planner = match planned.plan.source {
        Source::Llm { model, .. } => model,
        _ => "offline".to_owned(),
    };
    let layout = planned.plan.layout;
    Ok(PlannedBody { facts: facts(said, &layout), notices, planner, layout, changed: None })
}

/// What a sentence says for certain, held against a layout.
fn facts(said: &str, layout: &Layout) -> Vec<FactBody> {
    checked_facts(said, layout).into_iter().map(FactBody::from).collect()
}

/// Change a layout by an instruction. Objects that it does not name keep their boxes; locked ones always do.
#[utoipa::path(post, path = "/api/v1/layouts/revise", tag = "layouts", request_body = ReviseRequest,
    responses((status = 200, description = "The layout after it", body = PlannedBody)))]
pub(crate) async fn revise(
    State(app): Shared,
    Json(request): Json<ReviseRequest>,
) -> Result<Json<PlannedBody>, ApiError> {
    app.blocking(move |app| revised(app, &request)).await.map(Json)
}

fn revised(app: &App, request: &ReviseRequest) -> Result<PlannedBody, ApiError> {
    let instruction = cleaned("instruction", &request.instruction)?;
    if instruction.is_empty() {
        return Err(ApiError::invalid("instruction", "say what to change"));
    }
    let count = request.layout.objects().len();
    if let Some(wrong) = request.locked.iter().find(|index| **index >= count) {
        return Err(ApiError::invalid(
            "locked",
            &format!("there is no object {wrong}; the layout has {count}, from 0"),
        ));
    }
    let mut conversation = conversation(request)?;
    let _room = app.room_to_ask(request.planner)?;
    let engine = app.planning.engine(request.planner, false);
    let planned = engine.revise(&mut conversation, &instruction)?;
    let mut body = body(&engine, "", planned)?;
    body.layout = with_locked(&request.layout, &body.layout, &request.locked)?;
    body.changed = Some(changed(&request.layout, &body.layout));
    Ok(body)
}

/// The conversation so far. Its last layout is the one of the request, which somebody may have moved boxes in since.
fn conversation(request: &ReviseRequest) -> Result<Conversation, ApiError> {
    if request.history.len() > MAX_TURNS {
        return Err(ApiError::invalid(
            "history",
            &format!("at most {MAX_TURNS} turns are read; leave the oldest out"),
        ));
    }
    let said = cleaned("prompt", &request.prompt)?;
    if request.history.is_empty() {
        return Ok(Conversation::from_layout(&said, request.layout.clone()));
    }
    let mut turns = request.history.clone();
    if let Some(last) = turns.last_mut() {
        last.layout = request.layout.clone();
    }
    let first = request.history.first().map(|turn| &turn.layout);
    let told = serde_json::json!({ "prompt": said, "first": first, "turns": turns });
    serde_json::from_value(told).map_err(|error| ApiError::internal(&error))
}

/// The layout after an instruction, with locked objects where they were; those that are gone are put back.
fn with_locked(before: &Layout, after: &Layout, locked: &[usize]) -> Result<Layout, ApiError> {
    let mut objects = after.objects().to_vec();
    let mut taken = vec![false; objects.len()];
    for object in locked.iter().filter_map(|index| before.objects().get(*index)) {
        let candidates =
            || objects.iter().enumerate().filter(|(at, _)| !taken.get(*at).copied().unwrap_or(true));
        let same = candidates().find(|(_, now)| *now == object);
        let found =
            same.or_else(|| candidates().find(|(_, now)| now.caption == object.caption)).map(|(at, _)| at);
        match found.and_then(|at| Some((objects.get_mut(at)?, taken.get_mut(at)?))) {
            Some((now, taken)) => {
                now.bbox = object.bbox;
                *taken = true;
            }
            None => {
                objects.push(object.clone());
                taken.push(true);
            }
        }
    }
    Layout::new(objects, after.background(), after.negative()).map_err(|error| {
        ApiError::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "no_layout", &error.to_string())
    })
}

/// The objects of a layout that were not in the one before.
fn changed(before: &Layout, after: &Layout) -> Vec<usize> {
    let mut old = before.objects().to_vec();
    let is_new = |(at, object): (usize, &Object)| match old.iter().position(|known| known == object) {
        Some(known) => {
            old.swap_remove(known);
            None
        }
        None => Some(at),
    };
    after.objects().iter().enumerate().filter_map(is_new).collect()
}

/// Draw a layout as SVG.
#[utoipa::path(post, path = "/api/v1/layouts/svg", tag = "layouts", request_body = SvgRequest,
    responses((status = 200, description = "The drawing", content_type = "image/svg+xml", body = String)))]
pub(crate) async fn svg(Json(request): Json<SvgRequest>) -> Response {
    let drawing = draw_svg(&request.layout, &DrawOptions::default());
    ([(header::CONTENT_TYPE, "image/svg+xml")], drawing).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(objects: &[(&str, f64)]) -> Layout {
        let object = |(caption, x): &(&str, f64)| {
            Object::new(caption, lmd_layout::BBox::new(*x, 0.2, 0.2, 0.2).unwrap()).unwrap()
        };
        Layout::new(objects.iter().map(object).collect(), "", "").unwrap()
    }

    #[test]
    fn locked_objects_keep_their_boxes_and_come_back() {
        let before = layout(&[("a cat", 0.1), ("a dog", 0.5), ("a cat", 0.7)]);
        let after = layout(&[("a cat", 0.3), ("a cat", 0.7)]);
        let kept = with_locked(&before, &after, &[2, 0, 1]).unwrap();
        assert_eq!(kept, layout(&[("a cat", 0.1), ("a cat", 0.7), ("a dog", 0.5)]));
        assert_eq!(changed(&before, &kept), [0_usize; 0]);
        assert_eq!(changed(&before, &layout(&[("a cat", 0.7), ("a cat", 0.2), ("a dog", 0.5)])), [1]);
    }

    #[test]
    fn mirrors_swap_left_and_right() {
        let mirror = mirrored(&layout(&[("a cat", 0.1)])).unwrap();
        assert!((mirror.objects()[0].bbox.x() - 0.7).abs() < 1e-9);
    }
}
