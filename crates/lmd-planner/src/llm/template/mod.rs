//! What the model is told: an instruction, seven worked examples, and the
//! open question (A.1). Wording and examples are our own; they stand beside
//! this file as text. The examples are written in the text grammar once; the
//! JSON form is made from them.

use std::sync::LazyLock;

use lmd_layout::{Layout, filter_boxes, parse_answer, write_text};
use serde::Serialize;

/// The form of answer a model is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerForm {
    /// The text grammar of A.3 on the 512 canvas.
    Text,
    /// JSON by schema, in fractions of the canvas.
    Json,
}

/// What the question in the text grammar ends with. No blank follows it: base
/// models continue badly after one.
pub(super) const CUE: &str = "Objects:";
/// What the question in JSON ends with.
const JSON_CUE: &str = "Layout:";

const INSTRUCTION: &str = include_str!("instruction.txt");
const CANVAS_TEXT: &str = include_str!("canvas_text.txt");
const CANVAS_JSON: &str = include_str!("canvas_json.txt");
const EXAMPLES: &str = include_str!("examples.txt");
const CHANGE: &str = include_str!("change.txt");
const COMPLAINT: &str = include_str!("complaint.txt");

/// Everything before the question, in both forms.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    let instruction = INSTRUCTION.replace("{canvas}", CANVAS_TEXT.trim());
    format!("{}\n\n{}", instruction.trim(), EXAMPLES.trim())
});
static JSON: LazyLock<String> = LazyLock::new(|| {
    let instruction = INSTRUCTION.replace("{canvas}", CANVAS_JSON.trim());
    let examples = examples().map(|e| {
        let answer = e.layout.as_ref().map(|layout| write(layout, AnswerForm::Json)).unwrap_or_default();
        format!("Caption: {}\n{JSON_CUE} {answer}", e.caption)
    });
    format!("{}\n\n{}", instruction.trim(), examples.collect::<Vec<_>>().join("\n\n"))
});

/// The name of this wording: it changes with every letter of it, so that
/// answers to another wording are not taken from the cache.
#[must_use]
pub fn template_id() -> &'static str {
    static ID: LazyLock<String> = LazyLock::new(|| {
        let all = [TEXT.as_str(), JSON.as_str(), CHANGE, COMPLAINT].join("\u{0}");
        let hash = blake3::hash(all.as_bytes()).to_hex();
        format!("lmd-1-{}", hash.get(..8).unwrap_or_default())
    });
    &ID
}

/// The instruction, the examples, and the question about `caption`.
pub(super) fn opening(caption: &str, form: AnswerForm) -> String {
    match form {
        AnswerForm::Text => format!("{}\n\nCaption: {caption}\n{CUE}", *TEXT),
        AnswerForm::Json => format!("{}\n\nCaption: {caption}\n{JSON_CUE}", *JSON),
    }
}

/// Asks for the complete layout after a change (A.9).
pub(super) fn change(instruction: &str) -> String {
    CHANGE.trim().replace("{instruction}", instruction)
}

/// Says what is wrong with an answer and asks for another.
pub(super) fn complaint(faults: &[String]) -> String {
    let list: String = faults.iter().map(|fault| format!("\n- {fault}")).collect();
    COMPLAINT.trim().replace("{faults}", list.trim_start())
}

/// A layout as the model would have written it.
pub(super) fn write(layout: &Layout, form: AnswerForm) -> String {
    match form {
        AnswerForm::Text => write_text(layout).trim_end().to_owned(),
        AnswerForm::Json => serde_json::to_string(&Wire::from(layout)).unwrap_or_default(),
    }
}

/// The JSON form with its keys in the order of the schema and coordinates
/// short enough to copy.
#[derive(Serialize)]
struct Wire<'a> {
    objects: Vec<WireObject<'a>>,
    background: &'a str,
    negative: &'a str,
}

#[derive(Serialize)]
struct WireObject<'a> {
    caption: &'a str,
    #[serde(rename = "box")]
    coordinates: [f64; 4],
}

impl<'a> From<&'a Layout> for Wire<'a> {
    fn from(layout: &'a Layout) -> Self {
        let objects = layout.objects().iter().map(|object| WireObject {
            caption: object.caption.as_str(),
            coordinates: <[f64; 4]>::from(object.bbox).map(|v| (v * 1000.0).floor().max(1.0) / 1000.0),
        });
        Self { objects: objects.collect(), background: layout.background(), negative: layout.negative() }
    }
}

/// A worked example.
struct Example {
    caption: &'static str,
    layout: Option<Layout>,
}

/// The worked examples as they stand in the file; tests see to it that every
/// one of them is a layout.
fn examples() -> impl Iterator<Item = Example> {
    EXAMPLES.trim().split("\n\n").filter_map(|block| {
        let (caption, answer) = block.strip_prefix("Caption: ")?.split_once('\n')?;
        let draft = parse_answer(answer).ok()?.draft;
        let layout = filter_boxes(&draft, &lmd_layout::FilterOptions::default()).ok().map(|f| f.layout);
        Some(Example { caption, layout })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_read_without_a_complaint() {
        assert_eq!(examples().count(), 7);
        for block in EXAMPLES.trim().split("\n\n") {
            let (_, answer) = block.split_once('\n').unwrap();
            let parsed = parse_answer(answer).unwrap();
            assert_eq!(parsed.notes, [], "{block}");
            let filtered = filter_boxes(&parsed.draft, &lmd_layout::FilterOptions::default()).unwrap();
            assert!(filtered.dropped.is_empty() && !filtered.rescaled, "{block}");
            assert_eq!(write_text(&filtered.layout).trim_end(), answer, "{block}");
        }
    }

    #[test]
    fn boxes_overlap_only_where_one_lies_in_the_other() {
        for example in examples() {
            let layout = example.layout.unwrap();
            for (i, a) in layout.objects().iter().enumerate() {
                for b in &layout.objects()[i + 1..] {
                    let shared = a.bbox.intersection(b.bbox);
                    let nested = shared >= a.bbox.area().min(b.bbox.area()) - 1e-9;
                    assert!(shared == 0.0 || nested, "{}: {} and {}", example.caption, a.caption, b.caption);
                }
            }
        }
    }

    #[test]
    fn the_examples_do_what_their_captions_say() {
        let mut facts = 0;
        for example in examples() {
            let layout = example.layout.unwrap();
            let Ok(scene) = crate::english::parse(example.caption) else {
                assert!(
                    example.caption.starts_with('湖'),
                    "only one caption is not English: {}",
                    example.caption
                );
                continue;
            };
            assert_eq!(scene.not_understood, [""; 0], "{}", example.caption);
            facts += crate::facts::facts_of(&scene).len();
            let violated = crate::verify::PromptFacts::of(example.caption).violated_by(&layout);
            assert_eq!(violated, [""; 0], "{}", example.caption);
        }
        assert!(facts >= 18, "{facts}");
    }

    #[test]
    fn the_json_examples_are_the_same_layouts() {
        for example in examples() {
            let layout = example.layout.unwrap();
            let json = write(&layout, AnswerForm::Json);
            let read: Layout = serde_json::from_str(&json).unwrap();
            assert_eq!(read.background(), layout.background());
            assert_eq!(read.negative(), layout.negative());
            for (a, b) in read.objects().iter().zip(layout.objects()) {
                assert_eq!(a.caption, b.caption);
                assert!(a.bbox.iou(b.bbox) > 0.95, "{json}");
            }
            assert!(JSON.contains(&json));
        }
    }

    #[test]
    fn the_question_comes_last_without_a_blank() {
        assert!(opening("a cat", AnswerForm::Text).ends_with("\n\nCaption: a cat\nObjects:"));
        assert!(opening("a cat", AnswerForm::Json).ends_with("\n\nCaption: a cat\nLayout:"));
        assert!(TEXT.contains("A realistic scene") && !TEXT.contains('{'));
        assert!(!JSON.contains("{canvas}") && !JSON.contains("512"));
    }
}
