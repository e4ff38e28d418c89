//! Schemas that come from elsewhere than the types of this crate.

use utoipa::openapi::{RefOr, Schema};

/// The published schema of layouts, for fields that hold one.
pub(crate) fn layout() -> RefOr<Schema> {
    let mut schema = lmd_layout::layout_schema();
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("$schema");
    }
    // A schema that the document cannot hold is any object.
    serde_json::from_value(schema).unwrap_or_else(|_| Schema::default().into())
}
