//! Answers in the text grammar (section A.3): reading never panics, keeps its
//! limits, and what is read and valid is read again as written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lmd_layout::{
    BBox, Canvas, Layout, MAX_OBJECTS, Note, Object, ParseError, Parsed, parse_answer, write_cache_text, write_text,
};

fuzz_target!(|text: &str| match parse_answer(text) {
    Ok(parsed) => check_parsed(&parsed),
    Err(error) => check_error(text, &error),
});

fn check_parsed(parsed: &Parsed) {
    let draft = &parsed.draft;
    assert!(draft.objects.len() <= MAX_OBJECTS);
    assert!(draft.objects.iter().all(|object| object.xywh.iter().all(|v| v.is_finite())));
    let objects: Vec<Object> = draft
        .objects
        .iter()
        .filter_map(|object| {
            let bbox = BBox::from_xywh(object.xywh, Canvas::REFERENCE).ok()?;
            Some(Object::new(&object.caption, bbox).expect("captions were checked"))
        })
        .collect();
    let layout = Layout::new(objects, &draft.background, &draft.negative).expect("limits were checked");
    check_round_trip(&layout);
}

/// What is written has no labels inside prompts, so that it reads as written.
fn check_round_trip(layout: &Layout) {
    let text = write_text(layout);
    let again = parse_answer(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(again.draft.objects.len(), layout.objects().len(), "{text}");
    for (read, written) in again.draft.objects.iter().zip(layout.objects()) {
        assert_eq!(read.caption, written.caption.as_str(), "{text}");
    }
    let cached = parse_answer(&write_cache_text(layout)).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(cached.draft, again.draft, "{text}");
    if !again.notes.contains(&Note::NegativeIsNone) {
        let (read, written) = (&again.draft, prompts(layout.background(), layout.negative()));
        assert_eq!(prompts(&read.background, &read.negative), written, "{text}");
    }
}

/// Both prompts as they are written; blanks in a row count as one.
fn prompts(background: &str, negative: &str) -> String {
    let layout = Layout::new(Vec::new(), background, negative).expect("limits were checked");
    write_text(&layout).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn check_error(text: &str, error: &ParseError) {
    assert!(error.offset <= text.len() && text.is_char_boundary(error.offset), "{error:?}");
    assert!(error.line >= 1 && error.column >= 1);
    assert!(error.to_string().len() < 1_000);
}
