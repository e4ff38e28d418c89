//! Layouts as JSON, strictly: the form that [`crate::layout_schema`] publishes.
//!
//! ```json
//! {"objects":[{"caption":"a green car","box":[0.1,0.5,0.3,0.25]}],"background":"a road","negative":""}
//! ```
//!
//! What language models write instead is read by [`crate::parse_answer`].

use thiserror::Error;

use crate::layout::{Layout, clean_text};

/// Longest JSON text that is read, in bytes.
pub const MAX_JSON_BYTES: usize = 64 * 1024;
/// Longest message quoted from the JSON reader, in characters.
const MESSAGE_CHARS: usize = 240;

/// Why a text is not a layout in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The text is longer than is read.
    #[error("the JSON has {0} bytes, at most {MAX_JSON_BYTES} are read; a layout is much shorter")]
    TooLong(usize),
    /// It is not JSON, or not a layout.
    #[error("{}at {path}: {message}; `lmd layout --schema` prints what is expected", place(*line, *column))]
    Invalid {
        /// Line, starting at 1; 0 where the text has none.
        line: usize,
        /// Column in bytes, starting at 1; 0 where the text has none.
        column: usize,
        /// Which value, for instance `objects[1].box`.
        path: String,
        /// What was found and what was expected.
        message: String,
    },
}

/// Where in the text something is, in front of a message; nothing where the
/// text as a whole is meant.
fn place(line: usize, column: usize) -> String {
    if line == 0 { String::new() } else { format!("line {line}, column {column}, ") }
}

/// Reads a layout from JSON as [`crate::layout_schema`] describes it, with or
/// without a byte-order mark. Unknown keys, boxes outside the canvas and texts
/// over their limits are errors.
///
/// ```
/// let text = r#"{"objects":[{"caption":"a cat","box":[0.1,0.5,0.3,0.25]}],"background":"a road"}"#;
/// let layout = lmd_layout::layout_from_json(text)?;
/// assert_eq!((layout.objects().len(), layout.background()), (1, "a road"));
/// # Ok::<(), lmd_layout::JsonError>(())
/// ```
///
/// # Errors
/// [`JsonError`], with the place and the path of what is wrong.
pub fn layout_from_json(text: &str) -> Result<Layout, JsonError> {
    if text.len() > MAX_JSON_BYTES {
        return Err(JsonError::TooLong(text.len()));
    }
    let mut reader = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    let layout = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = match error.path().to_string() {
            root if matches!(root.as_str(), "." | "?") => "the top".to_owned(),
            path => path,
        };
        invalid(error.inner(), &path)
    })?;
    reader.end().map_err(|error| invalid(&error, "the end"))?;
    Ok(layout)
}

fn invalid(error: &serde_json::Error, path: &str) -> JsonError {
    let text = error.to_string();
    // The place is told once, in front.
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let message = match message {
        "expected value" => "no JSON stands here",
        "number out of range" => "a number is too large",
        message => message,
    };
    let message = clean_text(message).chars().take(MESSAGE_CHARS).collect();
    let path = clean_text(path).chars().take(MESSAGE_CHARS).collect();
    JsonError::Invalid { line: error.line(), column: error.column(), path, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bbox::BBox;
    use crate::layout::Object;
    use proptest::prelude::*;

    #[test]
    fn errors_name_the_place_and_the_path() {
        for (text, path, message) in [
            (
                r#"{"objects":[{"caption":"a","box":[0,0,1]}]}"#,
                "objects[0].box",
                "expected an array of length 4",
            ),
            (r#"{"objects":[{"caption":"a","box":[0.5,0,1,1]}]}"#, "objects[0].box", "leaves the canvas"),
            (r#"{"objects":[{"caption":"a","box":[0,0,"1",1]}]}"#, "objects[0].box[2]", "expected f64"),
            (r#"{"objects":[{"caption":" ","box":[0,0,1,1]}]}"#, "objects[0].caption", "caption is empty"),
            (
                r#"{"objects":[{"caption":"a","bbox":[0,0,1,1]}]}"#,
                "objects[0].bbox",
                "expected `caption` or `box`",
            ),
            (r#"{"objects":[]"#, "the top", "EOF"),
            (r#"{"objects":[]} and"#, "the end", "trailing characters"),
            (r"{}", "the top", "missing field `objects`"),
        ] {
            let error = layout_from_json(text).unwrap_err();
            let JsonError::Invalid { path: found, message: said, line, .. } = &error else {
                panic!("{error}")
            };
            assert_eq!((found.as_str(), *line), (path, 1), "{text}: {error}");
            assert!(said.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn messages_are_for_people() {
        let good = r#"{"objects":[{"caption":"a","box":[0,0,1,1]}]}"#;
        assert!(layout_from_json(&format!("\u{feff}{good}")).is_ok());
        let object = r#"{"caption":"a","box":[0,0,1,1]}"#;
        let many = format!(r#"{{"objects":[{}]}}"#, vec![object; 33].join(","));
        let many = layout_from_json(&many).unwrap_err().to_string();
        assert!(many.starts_with("at the top: a layout holds at most 32 objects"), "{many}");
        for (text, expected) in [
            ("7", "expected a layout with `objects`"),
            (r#"{"objects":[7]}"#, "expected an object with `caption` and `box`"),
            ("a cat", "no JSON stands here"),
            (r#"{"objects":[{"caption":"a","box":[0,0,1e400,1]}]}"#, "too large"),
        ] {
            let said = layout_from_json(text).unwrap_err().to_string();
            assert!(said.contains(expected) && !said.contains("struct"), "{said}");
        }
        let long = format!(r#"{{"objects":[{{"caption":"a","box":[0,0,1{},1]}}]}}"#, "0".repeat(308));
        assert!(layout_from_json(&long).unwrap_err().to_string().len() < 240);
    }

    #[test]
    fn size_and_depth_are_bounded() {
        assert_eq!(layout_from_json(&" ".repeat(70_000)), Err(JsonError::TooLong(70_000)));
        assert!(layout_from_json(&"[".repeat(60_000)).is_err());
        let deep = format!(r#"{{"objects":{}"#, "[".repeat(60_000));
        assert!(layout_from_json(&deep).is_err());
    }

    /// Found by the property test below when the JSON reader rounded.
    #[test]
    fn every_digit_survives() {
        let text = r#"{"objects":[{"caption":"a","box":[0.41167753760382547,0.25,0.5,0.01]}]}"#;
        assert_eq!(layout_from_json(text).unwrap().objects()[0].bbox.x(), 0.411_677_537_603_825_47);
    }

    proptest! {
        #[test]
        fn layouts_round_trip(x in 0.0..0.5f64, h in 0.01..0.5f64, caption in "\\PC{1,40}", negative in "\\PC{0,40}") {
            let bbox = BBox::new(x, 0.25, 0.5, h).unwrap();
            let objects = Object::new(&caption, bbox).into_iter().collect();
            let layout = Layout::new(objects, "a \"quoted\" \\ place", &negative).unwrap();
            prop_assert_eq!(layout_from_json(&serde_json::to_string(&layout).unwrap()), Ok(layout));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "\\PC{0,200}") {
            let _ = layout_from_json(&text);
        }
    }
}
