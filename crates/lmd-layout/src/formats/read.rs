//! From the forms of other programs to drafts: those that are told apart by
//! keys that no answer has. The lists of vision models and Ideogram's captions
//! are read with the answers.

use serde_json::{Map, Value};

use super::foreign::{Foreign, on_512, text_of};
use super::format::Format;
use crate::draft::{Draft, DraftObject};

/// Reads `text` if it is in one of the forms that are no JSON.
pub(crate) fn foreign_text(text: &str) -> Option<Foreign> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('{') {
        return None;
    }
    super::regional::read(text).or_else(|| super::yolo::read(text))
}

/// Reads `text` if it is in one of the forms that are JSON.
pub(crate) fn foreign_json(text: &str) -> Option<Foreign> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if !text.starts_with('{') {
        return None;
    }
    let Value::Object(top) = serde_json::from_str(text).ok()? else { return None };
    let forms = [coco, gligen, comfy_ui, super::invoke_ai::read];
    forms.into_iter().find_map(|form| form(&top))
}

fn numbers(value: &Value) -> Option<[f64; 4]> {
    let list: Vec<f64> = value.as_array()?.iter().map(Value::as_f64).collect::<Option<_>>()?;
    list.try_into().ok()
}

/// The boxes of the first picture of a COCO file.
fn coco(top: &Map<String, Value>) -> Option<Foreign> {
    let images = top.get("images")?.as_array()?;
    let annotations = top.get("annotations")?.as_array()?;
    let categories = top.get("categories")?.as_array()?;
    let image = images.first()?;
    let side = |key: &str| image.get(key).and_then(Value::as_f64).filter(|side| *side > 0.0);
    let (width, height) = (side("width")?, side("height")?);
    let name = |id: &Value| {
        let category = categories.iter().find(|category| category.get("id") == Some(id))?;
        category.get("name").and_then(Value::as_str)
    };
    let of_image = annotations.iter().filter(|annotation| annotation.get("image_id") == image.get("id"));
    let object = |annotation: &Value| {
        let [x, y, w, h] = numbers(annotation.get("bbox")?)?;
        let caption = name(annotation.get("category_id")?)?.to_owned();
        let xywh = [on_512(x / width), on_512(y / height), on_512(w / width), on_512(h / height)];
        Some(DraftObject { caption, xywh })
    };
    let objects: Vec<DraftObject> = of_image.filter_map(object).collect();
    let partial = images.len() > 1 || objects.len() < annotations.len();
    let draft = Draft { objects, background: String::new(), negative: String::new() };
    Some(Foreign::new(draft, Format::Coco, partial))
}

/// The arguments of GLIGEN's pipelines, by the names of diffusers or of the
/// authors' demonstration.
fn gligen(top: &Map<String, Value>) -> Option<Foreign> {
    let boxes = top.get("gligen_boxes").or_else(|| top.get("locations"))?.as_array()?;
    let phrases = top.get("gligen_phrases").or_else(|| top.get("phrases"))?.as_array()?;
    let object = |(phrase, corners): (&Value, &Value)| {
        let [x0, y0, x1, y1] = numbers(corners)?;
        let xywh = [on_512(x0), on_512(y0), on_512(x1 - x0), on_512(y1 - y0)];
        Some(DraftObject { caption: phrase.as_str()?.to_owned(), xywh })
    };
    let objects: Vec<DraftObject> = phrases.iter().zip(boxes).filter_map(object).collect();
    let partial = objects.len() < phrases.len().max(boxes.len());
    let draft =
        Draft { objects, background: text_of(top, "prompt"), negative: text_of(top, "negative_prompt") };
    Some(Foreign::new(draft, Format::Gligen, partial))
}

/// The areas of a ComfyUI workflow that are given as shares of the picture.
fn comfy_ui(top: &Map<String, Value>) -> Option<Foreign> {
    let class = |node: &Value, name: &str| node.get("class_type").and_then(Value::as_str) == Some(name);
    let areas: Vec<&Value> =
        top.values().filter(|node| class(node, "ConditioningSetAreaPercentage")).collect();
    let texts = |key: &str| {
        let node = top.get(key).filter(|node| class(node, "CLIPTextEncode"))?;
        node.get("inputs")?.get("text")?.as_str()
    };
    if areas.is_empty() && texts("background").is_none() {
        return None;
    }
    let object = |node: &&Value| {
        let inputs = node.get("inputs")?;
        let number = |key: &str| inputs.get(key).and_then(Value::as_f64);
        let source = inputs.get("conditioning")?.get(0)?.as_str()?;
        let xywh = [number("x")?, number("y")?, number("width")?, number("height")?].map(on_512);
        Some(DraftObject { caption: texts(source)?.to_owned(), xywh })
    };
    let objects: Vec<DraftObject> = areas.iter().filter_map(object).collect();
    let partial = objects.len() < areas.len();
    let of = |key: &str| texts(key).unwrap_or_default().to_owned();
    let draft = Draft { objects, background: of("background"), negative: of("negative") };
    Some(Foreign::new(draft, Format::ComfyUi, partial))
}
