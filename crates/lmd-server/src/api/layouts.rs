//! Layouts: plan, revise, draw as SVG.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use lmd_engine::{Engine, EngineError, Planned};
use lmd_layout::{DrawOptions, Layout, Object, draw_svg};
use lmd_planner::{Answer, CheckedFact, Conversation, PlanError, Proposal, Source, Wishes, checked_facts};
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
    /// Another layout of the same sentence: 0 for the usual one. A language model is asked anew; the offline planner
    /// arranges the same things in another way, where the sentence allows it.
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
    /// After a question (`what could I add?`): the answer; the layout is as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<AnswerBody>,
}

/// The answer to a question about a layout.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct AnswerBody {
    /// A few sentences.
    text: String,
    /// What could be done, the best first; may be none.
    proposals: Vec<ProposalBody>,
}

/// Something that could be done with a layout.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProposalBody {
    /// The instruction that does it.
    instruction: String,
    /// Why it would be good, where there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl From<Answer> for AnswerBody {
    fn from(answer: Answer) -> Self {
        let proposal = |one: Proposal| ProposalBody { instruction: one.instruction, why: one.why };
        Self { text: answer.text, proposals: answer.proposals.into_iter().map(proposal).collect() }
    }
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
    let variant = if app.planning.asks_llm(request.planner) { 0 } else { request.variant };
    match engine.plan_variant(&said, variant) {
        Ok(planned) => body(&engine, &said, planned),
        // There are fewer: the usual one, and why.
        Err(EngineError::Plan(error @ PlanError::Variant { .. })) => {
            let mut body = body(&engine, &said, engine.plan(&said)?)?;
            body.notices.push(NoticeBody::warning(&format!("{error}; this is the usual one")));
            Ok(body)
        }
        Err(error) => Err(error.into()),
    }
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

/// What is answered about a plan.
fn body(engine: &Engine, said: &str, planned: Planned) -> Result<PlannedBody, ApiError> {
    let mut notices = bodies(engine.planner()?.1);
    add(&mut notices, bodies(&planned.notices));
    let planner = match planned.plan.source {
        Source::Llm { model, .. } => model,
        _ => "offline".to_owned(),
    };
    let layout = planned.plan.layout;
    Ok(PlannedBody { facts: facts(said, &layout), notices, planner, layout, changed: None, answer: None })
}

/// What a sentence says for certain, held against a layout.
fn facts(said: &str, layout: &Layout) -> Vec<FactBody> {
    checked_facts(said, layout).into_iter().map(FactBody::from).collect()
}

/// Change a layout by an instruction, or ask about it. Objects that it does not name keep their boxes; locked ones always do.
#[utoipa::path(post, path = "/api/v1/layouts/revise", tag = "layouts", request_body = ReviseRequest,
    responses((status = 200, description = "The layout after it, or the answer to a question", body = PlannedBody)))]
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
    let wishes = Wishes { locked: request.locked.clone(), ..Wishes::default() };
    match engine.respond(&mut conversation, &instruction, &wishes)? {
        lmd_engine::Response::Layout(planned) => {
            let body = body(&engine, "", planned)?;
            Ok(PlannedBody { changed: Some(changed(&request.layout, &body.layout)), ..body })
        }
        lmd_engine::Response::Answer(answer) => Ok(PlannedBody {
            layout: request.layout.clone(),
            notices: Vec::new(),
            planner: engine.planner()?.0.name(),
            facts: Vec::new(),
            changed: Some(Vec::new()),
            answer: Some(answer.into()),
        }),
    }
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
    fn what_was_not_there_before_is_changed() {
        let before = layout(&[("a cat", 0.1), ("a dog", 0.5), ("a cat", 0.7)]);
        let moved = layout(&[("a cat", 0.1), ("a cat", 0.7), ("a dog", 0.5)]);
        assert_eq!(changed(&before, &moved), [0_usize; 0]);
        assert_eq!(changed(&before, &layout(&[("a cat", 0.7), ("a cat", 0.2), ("a dog", 0.5)])), [1]);
    }
}
