//! Property tests of reading and writing answers, and the benchmark's answers.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::bbox::{BBox, Canvas};
use crate::layout::{Layout, Object};

/// Valid answers that mutations start from.
const SEEDS: [&str; 4] = [
    "Objects: [('a green car', [21, 281, 211, 159]), (\"the dog's bowl\", [269, 283, 209, 160])]\n\
     Background prompt: A street\nNegative prompt: people",
    "**Objects:**\n```python\n[['“a car”', (1, 2, 3, 4)],]\n```\n**Background:** a road\n\nThat is all.",
    r#"{"objects":[{"caption":"a \u00e9clair","box":[0.1,0.2,0.3,0.4]}],"background":"b","negative":null}"#,
    "Objects：\n- a car: [10px, 20%, '30', -4e1]\n- ‘it’s’: {x: 1, y: 2, w: 3, h: 4}\nBackground: c\nNegative: d",
];

/// Whole pixels of a box inside the 512 canvas.
fn pixels() -> impl Strategy<Value = [f64; 4]> {
    // Starting at 2, as numbers that are all below that read as fractions.
    (0..510u32, 0..510u32, 0.0..=1.0f64, 0.0..=1.0f64).prop_map(|(x, y, w, h)| {
        let size = |low: u32, share: f64| 2.0 + (share * f64::from(510 - low)).floor();
        [f64::from(x), f64::from(y), size(x, w), size(y, h)]
    })
}

fn layout() -> impl Strategy<Value = Layout> {
    let object = ("\\PC{1,30}", pixels());
    let prompt = "[a-zA-Zäß'\"«»,;()\\[\\]{}:0-9 -]{0,60}";
    (prop::collection::vec(object, 0..=8), prompt, prompt).prop_map(|(objects, background, negative)| {
        let objects = objects.iter().filter_map(|(caption, xywh)| {
            Object::new(caption, BBox::from_xywh(*xywh, Canvas::REFERENCE).ok()?).ok()
        });
        Layout::new(objects.collect(), &background, &negative).unwrap()
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(layout in layout()) {
        for text in [write_text(&layout), write_cache_text(&layout)] {
            let draft = parse_answer(&text).unwrap().draft;
            prop_assert_eq!(draft.objects.len(), layout.objects().len());
            for (read, written) in draft.objects.iter().zip(layout.objects()) {
                prop_assert_eq!(&read.caption, written.caption.as_str());
                prop_assert_eq!(read.xywh, written.bbox.to_xywh(Canvas::REFERENCE));
            }
            prop_assert_eq!(&draft.background, layout.background());
            prop_assert_eq!(&draft.negative, layout.negative());
        }
    }

    #[test]
    fn prompts_with_labels_do_not_break_the_text(words in prop::collection::vec("(Objects|Background prompt|Negative prompt|a)(:|：|\\*\\*:| )", 0..6)) {
        let prompt = words.join(" ");
        let layout = Layout::new(Vec::new(), &prompt, &prompt).unwrap();
        prop_assert!(parse_answer(&write_text(&layout)).is_ok(), "{}", write_text(&layout));
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        check_places(&text);
    }

    #[test]
    fn text_made_of_marks_never_panics(text in "(\\[|\\]|\\(|\\)|\\{|\\}|'|\"|,|:|`|“|‘|’|«|\\\\|1|a|%|\n|#|Objects: |Background prompt:|```|-)*") {
        check_places(&text);
    }

    #[test]
    fn mutated_answers_never_panic(
        seed in prop::sample::select(SEEDS.to_vec()),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), any::<char>()), 1..6),
    ) {
        let mut chars: Vec<char> = seed.chars().collect();
        for (index, removes, c) in edits {
            let at = index.index(chars.len().max(1)).min(chars.len());
            if removes && at < chars.len() { chars.remove(at); } else { chars.insert(at, c); }
        }
        check_places(&chars.into_iter().collect::<String>());
    }
}

/// Reads `text`; an error must point into it.
fn check_places(text: &str) {
    if let Err(error) = parse_answer(text) {
        assert!(text.is_char_boundary(error.offset) && error.line >= 1 && error.column >= 1, "{error:?}");
    }
}

#[test]
fn seeds_are_valid_and_their_heads_never_panic() {
    for seed in SEEDS {
        assert!(parse_answer(seed).is_ok(), "{:?}\n{seed}", parse_answer(seed));
        for (at, _) in seed.char_indices() {
            check_places(&seed[..at]);
        }
    }
}

/// Texts that make a careless reader quadratic: ten times the length must not
/// take much more than ten times as long. At the limit each is read in a
/// fraction of a second even on a busy machine.
#[test]
fn hostile_texts_are_read_in_linear_time() {
    for unit in [
        "[",
        "['",
        "'",
        "' ",
        "', ",
        "(a, ",
        "Objects: ",
        "Objects: [",
        "Background prompt:",
        "{a:",
        "#\n",
        "- [",
        "\n",
        "\"\\u",
        "**",
        "1",
        "```",
        "x1",
        "1x1 image ",
        "- a: [1,2,3,4]\n",
        "[\"a\",\n",
        "{\"a\":1,",
        "[ ",
        "'a' ",
    ] {
        for prefix in ["", "Objects: [('", "Objects: ", "{\"objects\":["] {
            let count = (MAX_ANSWER_BYTES - prefix.len()) / unit.len();
            let text = format!("{prefix}{}", unit.repeat(count));
            let start = std::time::Instant::now();
            check_places(&text);
            assert!(start.elapsed().as_secs_f64() < 2.0, "{prefix}{unit}… took {:?}", start.elapsed());
        }
    }
}

/// The 400 answers of the benchmark, which are not part of the repository.
#[test]
#[ignore = "needs LMD_TEST_DATA, the folder with layouts-gpt-3.5.json"]
fn the_recorded_answers_are_read_without_notes() {
    let data = std::env::var("LMD_TEST_DATA").unwrap();
    let json = std::fs::read_to_string(std::path::Path::new(&data).join("layouts-gpt-3.5.json")).unwrap();
    let answers: BTreeMap<String, Vec<String>> = serde_json::from_str(&json).unwrap();
    let mut count = 0;
    for answer in answers.values().flatten() {
        let parsed = parse_answer(answer).unwrap_or_else(|error| panic!("{error}\n{answer}"));
        assert_eq!(parsed.notes, [], "{answer}");
        assert_eq!(parsed.draft.objects.len(), answer.matches("('").count() + answer.matches("(\"").count());
        count += 1;
    }
    assert_eq!(count, 400);
}
