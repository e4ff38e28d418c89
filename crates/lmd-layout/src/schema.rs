//! The published JSON Schema of layouts, and the narrower one that servers
//! which generate by schema take.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::bbox::BBox;
use crate::layout::{Caption, Layout, MAX_CAPTION_CHARS};

/// Keywords that OpenAI's strict mode and servers like it refuse.
const REFUSED_IN_STRICT_MODE: [&str; 7] =
    ["$schema", "title", "default", "format", "minLength", "maxLength", "pattern"];

impl JsonSchema for BBox {
    fn schema_name() -> Cow<'static, str> {
        "Box".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "[x, y, width, height] as fractions of the canvas, origin at the top left",
            "type": "array",
            "items": { "type": "number", "minimum": 0, "maximum": 1 },
            "minItems": 4,
            "maxItems": 4,
        })
    }
}

impl JsonSchema for Caption {
    fn schema_name() -> Cow<'static, str> {
        "Caption".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX_CAPTION_CHARS })
    }
}

/// The JSON Schema (draft 2020-12) of what [`crate::layout_from_json`] reads.
/// What a schema cannot say is checked on reading: a box must not be empty nor
/// leave the canvas.
#[must_use]
pub fn layout_schema() -> Value {
    generate(SchemaSettings::draft2020_12())
}

/// The schema to generate by: every key is required, nothing else is allowed,
/// no references, and no keyword that strict mode refuses.
#[must_use]
pub fn layout_schema_strict() -> Value {
    generate(SchemaSettings::draft2020_12().with_transform(RecursiveTransform(narrow)))
}

fn generate(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<Layout>().to_value()
}

/// Makes one schema fit strict mode.
fn narrow(schema: &mut Schema) {
    for keyword in REFUSED_IN_STRICT_MODE {
        schema.remove(keyword);
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        // In the order in which they are to be generated: a caption, then its box.
        let names: Vec<Value> = properties.keys().map(|name| Value::from(name.as_str())).collect();
        schema.insert("required".to_owned(), names.into());
        schema.insert("additionalProperties".to_owned(), false.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_published_schema_has_the_limits() {
        let schema = layout_schema();
        assert_eq!(schema["required"], json!(["objects"]));
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(schema["properties"]["objects"]["maxItems"], 32);
        assert_eq!(schema["properties"]["background"]["maxLength"], 2000);
        let object = &schema["properties"]["objects"]["items"];
        assert_eq!(object["required"], json!(["caption", "box"]));
        assert_eq!(object["additionalProperties"], json!(false));
        assert_eq!(object["properties"]["caption"]["maxLength"], 200);
        let bbox = &object["properties"]["box"];
        assert_eq!((&bbox["minItems"], &bbox["maxItems"]), (&json!(4), &json!(4)));
        assert_eq!(bbox["items"], json!({ "type": "number", "minimum": 0, "maximum": 1 }));
    }

    #[test]
    fn the_strict_schema_meets_strict_mode() {
        let schema = layout_schema_strict();
        assert_eq!(schema["required"], json!(["objects", "background", "negative"]));
        let object = &schema["properties"]["objects"]["items"];
        assert_eq!(object["required"], json!(["caption", "box"]));
        // Servers generate keys in the order of the properties.
        assert_eq!(object["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["caption", "box"]);
        let text = schema.to_string();
        for keyword in REFUSED_IN_STRICT_MODE.iter().chain(&["$ref", "$defs"]) {
            assert!(!text.contains(&format!("\"{keyword}\":")), "{keyword} in {text}");
        }
        assert_eq!(schema["additionalProperties"], json!(false));
    }
}
