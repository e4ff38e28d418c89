//! InvokeAI: the metadata of a picture with regional guidance, rectangles in
//! pixels.

use serde_json::{Map, Value, json};

use super::foreign::{Foreign, on_512, text_of};
use super::format::Format;
use crate::bbox::Canvas;
use crate::draft::{Draft, DraftObject};
use crate::layout::{Layout, Object};

/// The sides that pictures have where a file does not say it.
const SIDES: [f64; 5] = [512.0, 768.0, 1024.0, 1536.0, 2048.0];

/// Metadata with one region for each object.
pub(super) fn value(layout: &Layout) -> Value {
    let Canvas { width, height } = Canvas::REFERENCE;
    let region = |(index, object): (usize, &Object)| {
        let [x, y, w, h] = object.bbox.to_xywh(Canvas::REFERENCE).map(|v| (v * 1e4).round() / 1e4);
        json!({
            "id": format!("regional_guidance:{}", index + 1),
            "name": null,
            "type": "regional_guidance",
            "isEnabled": true,
            "isLocked": false,
            "position": { "x": 0, "y": 0 },
            "opacity": 0.5,
            "objects": [{
                "id": format!("rect:{}", index + 1),
                "type": "rect",
                "rect": { "x": x, "y": y, "width": w, "height": h },
                "color": { "r": 255, "g": 255, "b": 255, "a": 1 },
            }],
            "fill": { "style": "solid", "color": { "r": 121, "g": 157, "b": 219 } },
            "positivePrompt": object.caption.as_str(),
            "negativePrompt": null,
            "referenceImages": [],
            "autoNegative": false,
        })
    };
    let regions: Vec<Value> = layout.objects().iter().enumerate().map(region).collect();
    json!({
        "positive_prompt": layout.background(),
        "negative_prompt": layout.negative(),
        "width": width,
        "height": height,
        "canvas_v2_metadata": {
            "inpaintMasks": [],
            "rasterLayers": [],
            "controlLayers": [],
            "regionalGuidance": regions,
        },
    })
}

/// The regions of a picture's metadata, of a canvas or of a list of them.
pub(super) fn read(top: &Map<String, Value>) -> Option<Foreign> {
    let holder = top.get("canvas_v2_metadata").and_then(Value::as_object).unwrap_or(top);
    let guidance = holder.get("regionalGuidance")?;
    let regions = guidance.as_array().or_else(|| guidance.get("entities").and_then(Value::as_array))?;
    let placed: Vec<(String, [f64; 4])> = regions.iter().filter_map(region).collect();
    let side = |key: &str| {
        let frame = holder.get("bbox").and_then(|bbox| bbox.get("rect")).and_then(|rect| rect.get(key));
        top.get(key).or(frame).and_then(Value::as_f64).filter(|side| *side > 0.0)
    };
    let (declared, farthest) = (side("width").zip(side("height")), farthest(&placed));
    let guessed = SIDES.into_iter().find(|side| *side >= farthest).unwrap_or(farthest);
    let (width, height) = declared.unwrap_or((guessed, guessed));
    let object = |(caption, [x, y, w, h]): &(String, [f64; 4])| DraftObject {
        caption: caption.clone(),
        xywh: [x / width, y / height, w / width, h / height].map(on_512),
    };
    let objects: Vec<DraftObject> = placed.iter().map(object).collect();
    let partial = objects.len() < regions.len();
    let draft = Draft {
        objects,
        background: text_of(top, "positive_prompt"),
        negative: text_of(top, "negative_prompt"),
    };
    Some(Foreign { guessed: declared.is_none(), ..Foreign::new(draft, Format::InvokeAi, partial) })
}

/// How far boxes go to the right and down.
fn farthest(placed: &[(String, [f64; 4])]) -> f64 {
    placed.iter().map(|(_, [x, y, w, h])| (x + w).max(y + h)).fold(1.0, f64::max)
}

/// A region's prompt and the rectangle around its rectangles. Brushes and
/// pictures are no boxes.
fn region(region: &Value) -> Option<(String, [f64; 4])> {
    let prompt = region.get("positivePrompt")?.as_str().filter(|prompt| !prompt.trim().is_empty())?;
    let number = |value: Option<&Value>, key: &str| value.and_then(|v| v.get(key)).and_then(Value::as_f64);
    let (dx, dy) = (number(region.get("position"), "x"), number(region.get("position"), "y"));
    let (dx, dy) = (dx.unwrap_or(0.0), dy.unwrap_or(0.0));
    let rects = region.get("objects")?.as_array()?.iter().filter_map(|object| {
        let rect = object.get("rect").filter(|_| object.get("type").and_then(Value::as_str) == Some("rect"));
        let side = |key: &str| number(rect, key);
        Some([side("x")? + dx, side("y")? + dy, side("width")?, side("height")?])
    });
    let around = rects.reduce(|[x, y, w, h], [u, v, s, t]| {
        let (left, top) = (x.min(u), y.min(v));
        [left, top, (x + w).max(u + s) - left, (y + h).max(v + t) - top]
    });
    Some((prompt.to_owned(), around?))
}
