//! `POST /api/v1/layouts/validate`: what is wrong or doubtful about a layout, by the library's own checks.

use axum::http::StatusCode;
use lmd_layout::{
    Canvas, Caption, Draft, DraftObject, Layout, LayoutError, MAX_OBJECTS, ObjectName, Warning, check_draft,
    clean_text,
};
use lmd_planner::checked_facts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::images::cleaned;
use super::layouts::FactBody;
use crate::error::ApiError;
use crate::extract::Json;

/// A layout that may be wrong in any way.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValidateRequest {
    /// The sentence it is for: what it says for certain is checked, too.
    #[serde(default)]
    #[schema(max_length = 4000)]
    prompt: Option<String>,
    /// The layout.
    layout: LooseLayout,
}

/// A layout before it is checked.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LooseLayout {
    /// At most 100 are looked at.
    objects: Vec<LooseObject>,
    #[serde(default)]
    background: String,
    #[serde(default)]
    negative: String,
}

/// A captioned box before it is checked.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LooseObject {
    caption: String,
    /// `[x, y, w, h]` as fractions of the canvas; may leave it.
    #[serde(rename = "box")]
    #[schema(value_type = Vec<f64>, min_items = 4, max_items = 4)]
    bbox: [f64; 4],
}

/// What is wrong or doubtful.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Problems {
    /// Errors keep the layout from being drawn, warnings are likely to spoil the picture.
    problems: Vec<Problem>,
    /// What the sentence says for certain, held against the layout.
    facts: Vec<FactBody>,
}

/// Something wrong or doubtful.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Problem {
    /// `overlap`, `outside`, `too_small`, `duplicate`, `crowded`, `excluded`, `in_background`, `no_box`, `caption`, `too_long`,
    /// `too_many` or `fact`.
    kind: String,
    severity: Severity,
    /// The objects it is about, from 0; none where it is about the whole.
    objects: Vec<usize>,
    /// One sentence.
    message: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Severity {
    /// It cannot be drawn so.
    Error,
    /// It can be drawn.
    Warning,
}

/// Most objects that are looked at: comparing pairs takes time.
const MOST: usize = 100;

/// Check a layout, and what a sentence says against it.
#[utoipa::path(post, path = "/api/v1/layouts/validate", tag = "layouts", request_body = ValidateRequest,
    responses((status = 200, description = "What was found", body = Problems)))]
pub(crate) async fn validate(Json(request): Json<ValidateRequest>) -> Result<Json<Problems>, ApiError> {
    let loose = request.layout;
    if loose.objects.len() > MOST {
        let told = format!("{} objects are more than the {MOST} that are looked at", loose.objects.len());
        return Err(
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many", &told).about("layout.objects")
        );
    }
    let said = cleaned("prompt", request.prompt.as_deref().unwrap_or_default())?;
    let mut problems = limits(&loose);
    problems.extend(check_draft(&draft(&loose)).iter().map(Problem::of));
    let mut facts = Vec::new();
    if let Some(layout) = checked(&loose).filter(|_| !said.is_empty()) {
        for fact in checked_facts(&said, &layout) {
            if let Some(message) = fact.violation.clone() {
                problems.push(Problem::new("fact", Severity::Warning, Vec::new(), message));
            }
            facts.push(FactBody::from(fact));
        }
    }
    Ok(Json(Problems { problems, facts }))
}

/// The layout, where it is one.
fn checked(loose: &LooseLayout) -> Option<Layout> {
    let object = |object: &LooseObject| {
        let [x, y, w, h] = object.bbox;
        // What leaves the canvas is told already; facts are held against the part that is on it.
        lmd_layout::Object::new(&object.caption, lmd_layout::BBox::clamped(x, y, w, h)?).ok()
    };
    let objects: Vec<_> = loose.objects.iter().map(object).collect::<Option<_>>()?;
    Layout::new(objects, &loose.background, &loose.negative).ok()
}

/// The layout in the form that checks read, on their canvas.
fn draft(loose: &LooseLayout) -> Draft {
    let Canvas { width, height } = Canvas::REFERENCE;
    let object = |object: &LooseObject| {
        let [x, y, w, h] = object.bbox;
        DraftObject {
            caption: clean_text(&object.caption),
            xywh: [x * width, y * height, w * width, h * height],
        }
    };
    Draft {
        objects: loose.objects.iter().map(object).collect(),
        background: clean_text(&loose.background),
        negative: clean_text(&loose.negative),
    }
}

/// What no layout may have.
fn limits(loose: &LooseLayout) -> Vec<Problem> {
    let count = loose.objects.len();
    let crowd = (count > MAX_OBJECTS).then_some(LayoutError::TooManyObjects(count));
    let captions = loose.objects.iter().enumerate().filter_map(|(index, object)| {
        Caption::new(&object.caption).err().map(|error| Problem::refused(&error, Some(index)))
    });
    // One text at a time, since a layout tells only the first that is too long.
    let texts = [(loose.background.as_str(), ""), ("", loose.negative.as_str())];
    let texts = texts.map(|(background, negative)| Layout::new(Vec::new(), background, negative).err());
    let whole = |error: LayoutError| Problem::refused(&error, None);
    crowd.into_iter().map(whole).chain(captions).chain(texts.into_iter().flatten().map(whole)).collect()
}

impl Problem {
    fn new(kind: &str, severity: Severity, objects: Vec<usize>, message: String) -> Self {
        Self { kind: kind.to_owned(), severity, objects, message }
    }

    /// Why there is no such layout; `object` is the one it is about, from 0.
    fn refused(error: &LayoutError, object: Option<usize>) -> Self {
        let kind = match error {
            LayoutError::EmptyCaption => "caption",
            LayoutError::TooLong { .. } => "too_long",
            LayoutError::TooManyObjects(_) => "too_many",
            _ => "other",
        };
        let message = match object {
            Some(index) => format!("object {}: {error}", index + 1),
            None => error.to_string(),
        };
        Self::new(kind, Severity::Error, object.into_iter().collect(), message)
    }

    fn of(warning: &Warning) -> Self {
        let index = |name: &ObjectName| name.number.saturating_sub(1);
        let (kind, severity, objects) = match warning {
            Warning::NoBox(object) => ("no_box", Severity::Error, vec![index(object)]),
            Warning::Outside { object, .. } => ("outside", Severity::Error, vec![index(object)]),
            Warning::TooSmall { object, .. } => ("too_small", Severity::Warning, vec![index(object)]),
            Warning::Overlap { first, second, .. } => {
                ("overlap", Severity::Warning, vec![index(first), index(second)])
            }
            Warning::Duplicate { first, second } => {
                ("duplicate", Severity::Warning, vec![index(first), index(second)])
            }
            Warning::Crowded { .. } => ("crowded", Severity::Warning, Vec::new()),
            Warning::InBackground { object, .. } => ("in_background", Severity::Warning, vec![index(object)]),
            Warning::ExcludedObject { object, .. } => ("excluded", Severity::Warning, vec![index(object)]),
            Warning::ExcludedInBackground { .. } => ("excluded", Severity::Warning, Vec::new()),
            _ => ("other", Severity::Warning, Vec::new()),
        };
        Self::new(kind, severity, objects, warning.to_string())
    }
}
