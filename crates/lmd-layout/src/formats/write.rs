//! From layouts to the forms of other programs.

use serde_json::{Map, Value, json};

use super::format::Format;
use crate::bbox::{BBox, Canvas};
use crate::layout::{Layout, Object};

/// The layout as JSON in `format`.
pub(super) fn value(layout: &Layout, prompt: &str, format: Format) -> Value {
    let prompt = if prompt.is_empty() { layout.background() } else { prompt };
    match format {
        Format::Ideogram => ideogram(layout, prompt),
        Format::Qwen => list(layout, "bbox_2d", |[x0, y0, x1, y1]| [x0, y0, x1, y1]),
        Format::Gemini => list(layout, "box_2d", |[x0, y0, x1, y1]| [y0, x0, y1, x1]),
        Format::Coco => coco(layout),
        Format::Gligen => gligen(layout, prompt),
        Format::ComfyUi => comfy_ui(layout),
        Format::InvokeAi => super::invoke_ai::value(layout),
        Format::Reference => super::reference::value(layout, prompt),
        // These two are no JSON.
        Format::Yolo => super::yolo::write(layout).into(),
        Format::Regional => super::regional::write(layout).into(),
    }
}

/// Corners in thousandths, at least one apart.
fn thousandths(bbox: BBox) -> [u32; 4] {
    let of = |share: f64| (share * 1000.0).round().clamp(0.0, 1000.0) as u32;
    let (x, y) = (of(bbox.x()).min(999), of(bbox.y()).min(999));
    [x, y, of(bbox.x_max()).max(x + 1), of(bbox.y_max()).max(y + 1)]
}

/// Six digits are far finer than a pixel.
fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

fn list(layout: &Layout, key: &str, order: fn([u32; 4]) -> [u32; 4]) -> Value {
    let entry = |object: &Object| {
        let mut entry = Map::new();
        entry.insert(key.to_owned(), json!(order(thousandths(object.bbox))));
        entry.insert("label".to_owned(), json!(object.caption.as_str()));
        Value::Object(entry)
    };
    layout.objects().iter().map(entry).collect()
}

fn ideogram(layout: &Layout, prompt: &str) -> Value {
    let element = |object: &Object| {
        let [x0, y0, x1, y1] = thousandths(object.bbox);
        json!({ "type": "obj", "bbox": [y0, x0, y1, x1], "desc": object.caption.as_str() })
    };
    let elements: Vec<Value> = layout.objects().iter().map(element).collect();
    json!({
        "high_level_description": prompt,
        "compositional_deconstruction": { "background": layout.background(), "elements": elements },
    })
}

fn coco(layout: &Layout) -> Value {
    let side = Canvas::REFERENCE.width;
    let mut names: Vec<&str> = Vec::new();
    for object in layout.objects() {
        if !names.contains(&object.caption.as_str()) {
            names.push(object.caption.as_str());
        }
    }
    let annotation = |(index, object): (usize, &Object)| {
        let bbox = object.bbox.to_xywh(Canvas::REFERENCE).map(rounded);
        let category = names.iter().position(|name| *name == object.caption.as_str()).map(|at| at + 1);
        json!({
            "id": index + 1,
            "image_id": 1,
            "category_id": category,
            "bbox": bbox,
            "area": rounded(bbox[2] * bbox[3]),
            "iscrowd": 0,
        })
    };
    let annotations: Vec<Value> = layout.objects().iter().enumerate().map(annotation).collect();
    let categories: Vec<Value> =
        names.iter().enumerate().map(|(index, name)| json!({ "id": index + 1, "name": name })).collect();
    json!({
        "images": [{ "id": 1, "width": side, "height": side, "file_name": "" }],
        "annotations": annotations,
        "categories": categories,
    })
}

fn gligen(layout: &Layout, prompt: &str) -> Value {
    let corners = |object: &Object| {
        let bbox = object.bbox;
        [bbox.x(), bbox.y(), bbox.x_max(), bbox.y_max()].map(rounded)
    };
    let phrases: Vec<&str> = layout.objects().iter().map(|object| object.caption.as_str()).collect();
    let boxes: Vec<[f64; 4]> = layout.objects().iter().map(corners).collect();
    json!({
        "prompt": prompt,
        "negative_prompt": layout.negative(),
        "gligen_phrases": phrases,
        "gligen_boxes": boxes,
    })
}

/// The node that a workflow loads its text encoder with, by ComfyUI's custom, and the output it comes from.
const CLIP: (&str, u32) = ("4", 1);

/// One text and one area for each object, joined with the background's.
fn comfy_ui(layout: &Layout) -> Value {
    let mut nodes = Map::new();
    let text = |text: &str| json!({ "class_type": "CLIPTextEncode", "inputs": { "clip": [CLIP.0, CLIP.1], "text": text } });
    nodes.insert("background".to_owned(), text(layout.background()));
    nodes.insert("negative".to_owned(), text(layout.negative()));
    let mut joined = "background".to_owned();
    for (index, object) in layout.objects().iter().enumerate() {
        let (phrase, area, sum) =
            (format!("text-{}", index + 1), format!("area-{}", index + 1), format!("sum-{}", index + 1));
        nodes.insert(phrase.clone(), text(object.caption.as_str()));
        let bbox = object.bbox;
        let inputs = json!({
            "conditioning": [phrase, 0],
            "x": rounded(bbox.x()),
            "y": rounded(bbox.y()),
            "width": rounded(bbox.w()),
            "height": rounded(bbox.h()),
            "strength": 1.0,
        });
        nodes
            .insert(area.clone(), json!({ "class_type": "ConditioningSetAreaPercentage", "inputs": inputs }));
        let pair = json!({ "conditioning_1": [joined, 0], "conditioning_2": [area, 0] });
        nodes.insert(sum.clone(), json!({ "class_type": "ConditioningCombine", "inputs": pair }));
        joined = sum;
    }
    Value::Object(nodes)
}
