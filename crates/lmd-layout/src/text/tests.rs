//! Tests of reading answers: what is tolerated, what is rejected and why.

use super::*;
use crate::layout::{Layout, LayoutError, Object};

const PROMPTS: &str = "\nBackground prompt: A realistic scene\nNegative prompt: ";

/// The draft of an answer that must be readable.
fn draft(text: &str) -> Draft {
    parse_answer(text).unwrap_or_else(|error| panic!("{error}\n{text}")).draft
}

/// The notes of an answer that must be readable.
fn notes(text: &str) -> Vec<Note> {
    parse_answer(text).unwrap_or_else(|error| panic!("{error}\n{text}")).notes
}

/// Captions and boxes of an answer that must be readable.
fn boxes(text: &str) -> Vec<(String, [f64; 4])> {
    draft(text).objects.into_iter().map(|o| (o.caption, o.xywh)).collect()
}

fn car() -> Vec<(String, [f64; 4])> {
    vec![("a car".to_owned(), [10.0, 20.0, 30.0, 40.0])]
}

/// The error of an answer that must be rejected.
fn rejection(text: &str) -> ParseError {
    match parse_answer(text) {
        Ok(parsed) => panic!("{text} was read as {parsed:?}"),
        Err(error) => error,
    }
}

#[test]
fn the_reference_form_leaves_no_notes() {
    let text = "Objects: [('a green car', [21, 281, 211, 159]), ('a dog', [269.5, 283, 209, 160])]\n\
                Background prompt: A street\nNegative prompt: people";
    let parsed = parse_answer(text).unwrap();
    assert_eq!(parsed.notes, []);
    assert_eq!(parsed.draft.objects[1].xywh, [269.5, 283.0, 209.0, 160.0]);
    assert_eq!((parsed.draft.background.as_str(), parsed.draft.negative.as_str()), ("A street", "people"));
    // The cache form, without the first label.
    assert_eq!(parse_answer(text.strip_prefix("Objects: ").unwrap()).unwrap(), parsed);
}

#[test]
fn what_python_reads_is_read() {
    for list in [
        "[('a car', [10, 20, 30, 40])]",
        "[[\"a car\", (10, 20, 30, 40)]]",
        "('a car', [10, 20, 30, 40]),",
        "[{'name': 'a car', 'bounding_box': [10, 20, 30, 40]}]",
        "[{'bounding_box': [10, 20, 30, 40], 'name': 'a car'},]",
        "[\n  ('a car', [10, 20.0, 3e1, +40]), # the car\n]",
        "[('a ' 'car', [10, 20, 30, 4_0])]",
        "[(u'a\\x20c\\u0061r', [10, 20, 30, 40])]",
    ] {
        let text = format!("Objects: {list}{PROMPTS}");
        assert_eq!((boxes(&text), notes(&text)), (car(), vec![]), "{list}");
    }
    let two = format!("Objects: ('a car', [10, 20, 30, 40]), ('a car', [1, 2, 3, 4]){PROMPTS}");
    assert_eq!(boxes(&two).len(), 2);
}

#[test]
fn empty_lists_are_read_as_the_reference_reads_them() {
    for list in ["[]", "", " \n", "No objects", "There are No objects in this picture.", "None", "()"] {
        assert_eq!(boxes(&format!("Objects: {list}{PROMPTS}")), [], "{list}");
    }
    assert_eq!(boxes("[]\nBackground prompt: A realistic scene\nNegative prompt: backpacks"), []);
    assert_eq!(boxes("No objects\nBackground prompt: x"), []);
    let text = format!("Objects: [('a car', [10, 20, 30, 40]), ('a cat', [])]{PROMPTS}");
    assert_eq!((boxes(&text), notes(&text)), (car(), vec![Note::EmptyBoxDropped]));
}

#[test]
fn prompts_are_read_as_the_reference_reads_them() {
    let negative = |text: &str| draft(&format!("Objects: []\nBackground prompt: a beach{text}")).negative;
    assert_eq!(negative("\nNegative prompt: None"), "");
    assert_eq!(negative("\nNegative prompt:   cats, dogs \n"), "cats, dogs");
    assert_eq!(negative(" Negative prompt: cats"), "cats");
    assert_eq!(negative("\nNegative prompt:\ncats"), "cats");
    assert_eq!(negative(""), "");
    let multi = "Objects: []\nBackground prompt: a beach\nat night\nNegative prompt: x";
    assert_eq!(draft(multi).background, "a beach\nat night");
    // Only the text up to a second `Objects: ` counts.
    let next = "Objects: []\nBackground prompt: a\nNegative prompt: b\n\nCaption: c\nObjects: []\nBackground prompt: d";
    assert_eq!((draft(next).background.as_str(), draft(next).negative.as_str()), ("a", "b"));
}

/// Labels in other dress. `LIST` stands for the list with one car.
const LABELS: [&str; 6] = [
    "**Objects:** LIST\n**Background prompt:** a beach\n**Negative prompt:** cats",
    "**Objects**: LIST\n**Background prompt: a beach**\n**Negative prompt: cats**",
    "- Objects: LIST\n- Background prompt: a beach\n- Negative prompt: cats",
    "1. objects：LIST\n2. BACKGROUND PROMPT：a beach\n3. negative_prompt : cats",
    "### Objects:\nLIST\n\n### Background prompt:\n\na beach\n\n### Negative prompt:\n\ncats",
    "Objects:LIST\nBackground: a beach\nNegative: cats",
];

/// Text around the parts. `REST` stands for the two prompts.
const AROUND: [(&str, Note); 8] = [
    ("```\nObjects: LIST\nREST\n```", Note::CodeFenceRemoved),
    ("Objects:\n```python\nLIST\n```\nREST", Note::CodeFenceRemoved),
    ("REST\nObjects: LIST", Note::TextBefore),
    ("Sure, the objects: a car.\nObjects: LIST\nREST", Note::TextBefore),
    ("<think>Objects: [hm]</think>\nObjects: LIST\nREST", Note::ReasoningRemoved),
    ("Objects: LIST\nREST\n\nI hope this helps!", Note::TextAfter),
    ("Objects: LIST\nREST\nI hope this helps!", Note::TextAfter),
    ("Objects: LIST (one car)\nREST", Note::TextBetween),
];

/// Lists with slips.
const LISTS: [(&str, Note); 5] = [
    ("[('a car', [10, 20, 30, 40", Note::MissingBrackets),
    ("[('a car', [10, 20, 30, 40)]", Note::MissingBrackets),
    ("[('a car' [10, 20, 30, 40])]", Note::MissingComma),
    ("\n- a car: [10, 20, 30, 40]", Note::OneObjectPerLine),
    ("\n1) ('a car', [10, 20, 30, 40]),", Note::OneObjectPerLine),
];

/// One answer per deviation, each of them the same car on a beach without cats.
#[test]
fn deviations_are_tolerated_and_noted() {
    let list = "[('a car', [10, 20, 30, 40])]";
    let rest = "Background prompt: a beach\nNegative prompt: cats";
    let labels = LABELS.map(|text| (text.replace("LIST", list), None));
    let around = AROUND.map(|(text, note)| (text.replace("LIST", list).replace("REST", rest), Some(note)));
    let lists = LISTS.map(|(list, note)| (format!("Objects: {list}\n{rest}"), Some(note)));
    for (text, note) in labels.into_iter().chain(around).chain(lists) {
        assert_eq!((boxes(&text), notes(&text)), (car(), Vec::from_iter(note)), "{text}");
        let draft = draft(&text);
        assert_eq!((draft.background.as_str(), draft.negative.as_str()), ("a beach", "cats"), "{text}");
    }
    assert_eq!(boxes(&format!("Objects: {list} {}", rest.replace('\n', " "))), car());
}

#[test]
fn quotation_marks_of_many_kinds_are_read() {
    for caption in [
        "‘a car’",
        "’a car’",
        "“a car”",
        "„a car“",
        "„a car”",
        "«a car»",
        "« a car »",
        "»a car«",
        "‹a car›",
        "「a car」",
        "『a car』",
        "`a car'",
        "`a car`",
        "＇a car＇",
        "＂a car＂",
        "《a car》",
        "‚a car‘",
        "´a car´",
        "'a car'",
        "\"a car\"",
    ] {
        assert_eq!(boxes(&format!("Objects: [({caption}, [10, 20, 30, 40])]{PROMPTS}")), car(), "{caption}");
    }
    assert_eq!(boxes(&format!("Objects： 【（“a car”， ［10， 20， 30， 40］）】{PROMPTS}")), car());
    let bare = format!("Objects: [(a car, [10, 20, 30, 40])]{PROMPTS}");
    assert_eq!((boxes(&bare), notes(&bare)), (car(), vec![Note::UnquotedCaption]));
}

#[test]
fn quotation_marks_inside_captions_stay() {
    for (written, caption, noted) in [
        ("'the dog's bowl'", "the dog's bowl", true),
        ("'the dogs' bowl'", "the dogs' bowl", true),
        ("‘the dog’s bowl’", "the dog’s bowl", true),
        ("'a sign saying 'stop', large'", "a sign saying 'stop', large", true),
        (r#""a 12" ruler""#, "a 12\" ruler", true),
        (r"'the dog\'s bowl'", "the dog's bowl", false),
        (r#""the dog's bowl""#, "the dog's bowl", false),
        (r"'a back\\slash'", r"a back\slash", false),
        (r"'caf\u00e9 \ud83d\ude00'", "café 😀", false),
        ("'Objects: [x], Background prompt: y'", "Objects: [x], Background prompt: y", false),
    ] {
        let text = format!("Objects: [({written}, [10, 20, 30, 40])]{PROMPTS}");
        assert_eq!(boxes(&text)[0].0, caption, "{written}");
        assert_eq!(notes(&text).contains(&Note::UnescapedQuote), noted, "{written}");
    }
}

#[test]
fn coordinates_are_converted_as_declared() {
    let full = |numbers: &str, header: &str| {
        let text = format!("{header}\nObjects: [('a car', {numbers})]{PROMPTS}");
        (boxes(&text)[0].1, notes(&text))
    };
    let expected = [128.0, 64.0, 256.0, 128.0];
    for (numbers, header, note) in [
        ("[128, 64, 384, 192]", "format: xyxy", Some(Note::Corners)),
        ("[128, 64, 384, 192]", "Boxes are [x_min, y_min, x_max, y_max]:", Some(Note::Corners)),
        ("[0.25, 0.125, 0.5, 0.25]", "normalized coordinates", Some(Note::Fractions)),
        ("[0.25, 0.125, 0.5, 0.25]", "", Some(Note::Fractions)),
        ("[0.25, 0.125, 0.75, 0.375]", "[left, top, right, bottom], normalised", Some(Note::Fractions)),
        (
            "[256, 128, 512, 256]",
            "On a 1024x1024 canvas:",
            Some(Note::Canvas { width: 1024.0, height: 1024.0 }),
        ),
        (
            "[192, 64, 384, 128]",
            "image of 768 × 512 pixels",
            Some(Note::Canvas { width: 768.0, height: 512.0 }),
        ),
        ("['128', '64px', \"256\", 128 px]", "", Some(Note::NumbersAsText)),
        ("[25%, 12.5%, 50 %, '25%']", "", Some(Note::Percentages)),
        ("{'x': 128, 'y': 64, 'width': 256, 'height': 128}", "", None),
        ("{'x1': 128, 'y1': 64, 'x2': 384, 'y2': 192}", "", Some(Note::Corners)),
        ("[128, 64, 256, 128]", "On a 512x512 canvas, [x, y, width, height]:", Some(Note::TextBefore)),
    ] {
        let (xywh, noted) = full(numbers, header);
        assert_eq!(xywh, expected, "{header} {numbers}");
        assert!(note.is_none_or(|note| noted.contains(&note)), "{header} {numbers}: {noted:?}");
    }
    // The caption is not a declaration.
    let captioned = format!("Caption: a 1024x1024 image\nObjects: [('a car', [10, 20, 30, 40])]{PROMPTS}");
    assert_eq!(boxes(&captioned), car());
}

#[test]
fn json_is_read_in_several_shapes() {
    let prompts = r#""background": "a beach", "negative": "cats""#;
    for json in [
        format!(r#"{{"objects":[{{"caption":"a car","box":[10,20,30,40]}}],{prompts}}}"#),
        format!(r#"Here it is: {{"objects":[{{"label":"a car","bbox":[10,20,30,40]}}],{prompts}}} Enjoy!"#),
        format!("```json\n{{\n  \"objects\": [[\"a car\", [10, 20, 30, 40]]],\n  {prompts},\n}}\n```"),
        r#"{"Objects":[{"phrase":"a car","bounding_box":[10,20,30,40]}],"background_prompt":"a beach","Negative prompt":"cats"}"#.into(),
        format!(r#"{{"layout":{{"objects":[{{"name":"a car","x":10,"y":20,"width":30,"height":40}}],{prompts}}}}}"#),
        format!(r#"{{"objects":{{"a car":[10,20,30,40]}},{prompts}}}"#),
        format!(r#"{{"objects":[{{"a car":[10,20,30,40]}}],{prompts}}}"#),
        format!(r#"{{"objects":[{{"caption":"a car","box":[10,20,40,60]}}],"format":"xyxy",{prompts}}}"#),
        format!(r#"{{"objects":[{{"caption":"a car","box":[20,40,60,80]}}],"canvas":[1024,1024],{prompts}}}"#),
        format!(r#"{{"objects":[{{"caption":"a car","box":[20,40,60,80]}}],"width":1024,"height":1024,{prompts}}}"#),
        "{\n  objects: [{caption: 'a car', box: [10, 20, 30, 40]}],\n  background: 'a beach',\n  negative: ['cats']\n}".into(),
        format!(r#"{{"objects":[{{"caption":"a car","box":[10,20,30,40]}}],{prompts}"#),
    ] {
        let draft = draft(&json);
        assert_eq!(boxes(&json), car(), "{json}");
        assert_eq!((draft.background.as_str(), draft.negative.as_str()), ("a beach", "cats"), "{json}");
        assert!(notes(&json).contains(&Note::Json));
    }
    for list in [r#"[{"caption":"a car","box":[10,20,30,40]}]"#, r#"[["a car",[10,20,30,40]]]"#] {
        assert_eq!(boxes(list), car());
        assert!(notes(list).contains(&Note::BackgroundMissing));
    }
}

#[test]
fn our_own_json_is_fractional() {
    let bbox = crate::BBox::new(0.25, 0.0, 0.5, 1.0).unwrap();
    let layout = Layout::new(vec![Object::new("a car", bbox).unwrap()], "a beach", "").unwrap();
    let draft = draft(&serde_json::to_string(&layout).unwrap());
    assert_eq!(draft.objects[0].xywh, [128.0, 0.0, 256.0, 512.0]);
}

#[test]
fn rejections_say_where_and_why() {
    for (text, line, column, message) in [
        ("  ", 1, 1, "the text is empty"),
        ("I cannot help with that.", 1, 1, "no layout found in `I cannot help with that.`"),
        ("Objects: [('a car', [1, 2, 3])]\nBackground prompt: x", 1, 21, "3 numbers, expected 4"),
        (
            "Objects: [('a car', [1, 2, x, 4])]\nBackground prompt: x",
            1,
            28,
            "found `x`, expected a finite number",
        ),
        ("Objects: [('a car', [1, 2, 3, nan])]\nBackground prompt: x", 1, 31, "found `nan`"),
        ("Objects: [('a car', [1, 2, 3, 1e999])]\nBackground prompt: x", 1, 31, "found `1e999"),
        ("Objects: [\n ('a car, [1, 2, 3, 4])]\nBackground prompt: x", 2, 3, "mark ' is not closed"),
        ("Objects: [('a car', [1, 2, 3, 4]), ...]\nBackground prompt: x", 1, 36, "complete list"),
        (
            "Objects: [('a car', [512-1, 2, 3, 4])]\nBackground prompt: x",
            1,
            25,
            "expected `,` or a closing bracket",
        ),
        ("Objects: [('a car', [1, 2, 3, 4])]", 1, 35, "`Background prompt:` is missing"),
        ("[('a car', [1, 2, 3, 4])]", 1, 26, "`Background prompt:` is missing"),
        ("Objects: []\nBackground prompt: a\nBackground prompt: b", 3, 1, "a second `Background prompt:`"),
        (
            "Objects: []\nBackground prompt: a\nNegative prompt: b\nNegative prompt: c",
            4,
            1,
            "a second `Negative",
        ),
        (r#"{"objects":[{"caption":"a car","box":[1,2,3,4]}"#, 1, 48, "stops in the middle"),
        (r#"{"objects":[{"caption":"a car","box":[1,2"#, 1, 42, "stops in the middle"),
        (r#"{"background":"a"}"#, 1, 1, "expected the key \"objects\""),
        (r#"{"objects":[],"background":"a","background_prompt":"b"}"#, 1, 52, "a second `background`"),
        ("Objects: [('', [1, 2, 3, 4])]\nBackground prompt: x", 1, 11, "caption is empty"),
        ("Objects: a car and a dog\nBackground prompt: x", 1, 10, "expected a list that starts with `[`"),
        (
            "format: xyxy, not [x, y, width, height]\nObjects: [('a', [1, 2, 3, 4])]\nBackground prompt: x",
            1,
            1,
            "declares corners",
        ),
        ("normalized\nObjects: [('a', [100, 2, 3, 4])]\nBackground prompt: x", 2, 11, "declares fractions"),
    ] {
        let error = rejection(text);
        assert!(error.to_string().contains(message), "{text}\n{error}");
        assert_eq!((error.line, error.column), (line, column), "{text}\n{error}");
    }
}

#[test]
fn limits_hold() {
    let many =
        |count: usize| format!("Objects: [{}]{PROMPTS}", "('a car', [10, 20, 30, 40]), ".repeat(count));
    assert_eq!(boxes(&many(32)).len(), 32);
    assert_eq!(rejection(&many(33)).problem, Problem::Limit(LayoutError::TooManyObjects(33)));
    let caption = |chars: usize| format!("Objects: [('{}', [10, 20, 30, 40])]{PROMPTS}", "ä".repeat(chars));
    assert_eq!(boxes(&caption(200)).len(), 1);
    assert!(matches!(
        rejection(&caption(201)).problem,
        Problem::Limit(LayoutError::TooLong { chars: 201, .. })
    ));
    assert!(matches!(rejection(&"[".repeat(17)).problem, Problem::TooDeep));
    let long = format!("Objects: []{PROMPTS}{}", "x".repeat(MAX_ANSWER_BYTES));
    assert!(matches!(rejection(&long).problem, Problem::TooLong { .. }));
    assert!(matches!(rejection(&long[..9000]).problem, Problem::Limit(LayoutError::TooLong { .. })));
}

/// Found by fuzzing: words of other programs' forms inside the reference's own.
#[test]
fn what_prompts_speak_of_is_no_other_form() {
    for words in ["a poster that says ADDCOL here", "ADDROW", "0 0.5 0.5 0.1 0.1"] {
        let object = Object::new(words, crate::BBox::FULL).unwrap();
        let with_object = Layout::new(vec![object], words, "ADDCOL").unwrap();
        let without = Layout::new(Vec::new(), words, "ADDROW").unwrap();
        for layout in [with_object, without] {
            for text in [write_text(&layout), write_cache_text(&layout)] {
                let read = parse_answer(&text).unwrap().draft;
                assert_eq!(read.objects.len(), layout.objects().len(), "{text}");
                assert_eq!(
                    (read.background.as_str(), read.negative.as_str()),
                    (words, layout.negative()),
                    "{text}"
                );
            }
        }
    }
}

/// Found by fuzzing: what stands before the end of thoughts is left out.
#[test]
fn marks_of_thoughts_in_a_caption_read_as_text() {
    for caption in ["<think>a cat</think> on a mat", "a sign that says </s>", "[/THINK] of a dog", "<|end|>"]
    {
        let object = Object::new(caption, crate::BBox::FULL).unwrap();
        let layout = Layout::new(vec![object], "a <</think> beach", "blurry </s>").unwrap();
        let text = write_text(&layout);
        let read = parse_answer(&text).unwrap().draft;
        assert_eq!(read.objects[0].caption, caption, "{text}");
        assert_eq!(
            (read.background.as_str(), read.negative.as_str()),
            ("a /think> beach", "blurry /s>"),
            "{text}"
        );
    }
}

/// Found by fuzzing: behind the colon taken away another one waited.
#[test]
fn no_label_is_left_in_a_written_prompt() {
    for background in
        ["a sign that says Objects: : One", "Objects ：： x Negative prompt:::", "objects:objects::"]
    {
        let layout = Layout::new(Vec::new(), background, "").unwrap();
        let text = write_text(&layout);
        let read = parse_answer(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert!(read.draft.objects.is_empty() && read.draft.negative.is_empty(), "{text}");
    }
}

/// Found by fuzzing: behind a code fence in a prompt the answer went on, and what stood there declared fractions.
#[test]
fn code_fences_in_prompts_and_captions_are_text() {
    let caption = "a screen that says ```` normalized ```";
    let object = Object::new(caption, crate::BBox::FULL).unwrap();
    let layout = Layout::new(vec![object], "a ```room", "a ````` 1024x1024 image, normalized boxes").unwrap();
    for text in [write_text(&layout), write_cache_text(&layout)] {
        let read = parse_answer(&text).unwrap_or_else(|error| panic!("{error}\n{text}")).draft;
        assert_eq!(read.objects[0].caption, caption, "{text}");
        assert_eq!(read.objects[0].xywh, [0.0, 0.0, 512.0, 512.0], "{text}");
        assert_eq!(read.background, "a ``room", "{text}");
        assert_eq!(read.negative, "a `` 1024x1024 image, normalized boxes", "{text}");
    }
}

/// Found by fuzzing: a caption may speak of labels.
#[test]
fn captions_that_hold_labels_read_as_written() {
    for caption in
        ["a sign: objects: [{", "Objects:: two", "a note “negative prompt：” on a door", "boxes: 'a' \"b\""]
    {
        let object = Object::new(caption, crate::BBox::FULL).unwrap();
        let layout = Layout::new(vec![object], "a room", "").unwrap();
        let text = write_text(&layout);
        let read = parse_answer(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(read.draft.objects[0].caption, caption, "{text}");
    }
}

/// The boxes an answer's objects get, rounded to whole pixels.
fn rounded(answer: &str) -> Vec<[f64; 4]> {
    let parsed = parse_answer(answer).unwrap();
    parsed.draft.objects.iter().map(|object| object.xywh.map(f64::round)).collect()
}

#[test]
fn boxes_of_vision_models_and_captions_of_ideogram_are_read() {
    let car = [26.0, 256.0, 205.0, 179.0];
    let qwen = r#"[{"bbox_2d": [50, 500, 450, 850], "label": "a red car"}]"#;
    let gemini = r#"[{"box_2d": [500, 50, 850, 450], "label": "a red car"}]"#;
    let ideogram = r#"{"high_level_description":"x","compositional_deconstruction":{"background":"a beach","elements":[{"type":"obj","bbox":[500,50,850,450],"desc":"a red car"}]}}"#;
    let wrapped =
        r#"[{"objects":[{"caption":"a red car","box":[0.05,0.5,0.4,0.35]}],"background":"a beach"}]"#;
    for answer in [qwen, gemini, ideogram, wrapped] {
        assert_eq!(rounded(answer), [car], "{answer}");
    }
    assert_eq!(parse_answer(ideogram).unwrap().draft.background, "a beach");
}

#[test]
fn undeclared_scales_and_corners_are_guessed_by_what_fits_and_told() {
    let guessed = |answer: &str| parse_answer(answer).unwrap().notes.contains(&Note::Guessed);
    let thousandths = r#"{"objects":[{"caption":"a","box":[50,500,400,350]},{"caption":"b","box":[600,400,200,500]}],"background":"","negative":""}"#;
    assert_eq!(rounded(thousandths), [[26.0, 256.0, 205.0, 179.0], [307.0, 205.0, 102.0, 256.0]]);
    let corners = "[('a', [26, 256, 480, 435]), ('b', [307, 205, 500, 461])]\nBackground prompt: x";
    assert_eq!(rounded(corners), [[26.0, 256.0, 454.0, 179.0], [307.0, 205.0, 193.0, 256.0]]);
    assert!(guessed(thousandths) && guessed(corners));
    // A box that leaves the canvas a little is rescaled with its layout (A.5).
    let overhang = "[('a', [100, 200, 200, 330]), ('b', [320, 100, 200, 300])]\nBackground prompt: x";
    assert_eq!(rounded(overhang)[0], [100.0, 200.0, 200.0, 330.0]);
    let declared = "Boxes as [x, y, width, height]:\n[('a', [26, 256, 480, 435])]\nBackground prompt: x";
    assert_eq!(rounded(declared)[0], [26.0, 256.0, 480.0, 435.0]);
    assert!(!guessed(overhang) && !guessed(declared));
}
