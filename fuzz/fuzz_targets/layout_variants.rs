//! The ways language models write one layout (section A.3): a layout made of the input, written in every such way, is
//! read as the same captions and boxes.
//!
//! This is no reader of other programs' files; where such readers exist, they get targets of their own.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lmd_layout::parse_answer;

/// A caption and its box on the canvas of 512.
type Item = (String, [u16; 4]);

/// A way to write a list of captioned boxes.
type Writer = fn(&[Item]) -> String;

fuzz_target!(|bytes: &[u8]| {
    let items: Vec<Item> = bytes.chunks(8).take(32).filter(|chunk| chunk.len() == 8).map(item).collect();
    if items.is_empty() {
        return;
    }
    for (name, write) in WAYS {
        let text = format!("{}\nBackground prompt: A street\nNegative prompt: people", write(&items));
        let read = parse_answer(&text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        let found: Vec<Item> =
            read.draft.objects.iter().map(|o| (o.caption.clone(), o.xywh.map(|v| v as u16))).collect();
        assert_eq!(found, items, "{name}\n{text}");
        assert_eq!((read.draft.background.as_str(), read.draft.negative.as_str()), ("A street", "people"), "{name}");
    }
});

/// Four bytes of caption from the words models use, four of box.
fn item(bytes: &[u8]) -> Item {
    const ARTICLES: [&str; 4] = ["a", "the", "one", "an old"];
    const COLOURS: [&str; 8] = ["red", "blue", "pale", "two-toned", "wooden", "bluish", "tiny", "shiny"];
    const NOUNS: [&str; 8] = ["car", "dog", "bottle", "cat's bed", "traffic light", "T-shirt", "box (open)", "10-speed bike"];
    let pick = |words: &[&'static str], byte: u8| words[usize::from(byte) % words.len()];
    let number = usize::from(bytes[3]) % 4;
    let suffix = if number == 0 { String::new() } else { format!(" with {number} legs") };
    let caption = format!("{} {} {}{suffix}", pick(&ARTICLES, bytes[0]), pick(&COLOURS, bytes[1]), pick(&NOUNS, bytes[2]));
    let [x, y, w, h] = [bytes[4], bytes[5], bytes[6], bytes[7]].map(u16::from);
    // At least 2 wide: boxes within 0 to 1 are read as shares of the canvas.
    (caption, [x, y, w + 2, h + 2])
}

fn list(items: &[Item], one: impl Fn(&str, [u16; 4]) -> String, between: &str) -> String {
    items.iter().map(|(caption, place)| one(caption, *place)).collect::<Vec<_>>().join(between)
}

/// In double quotes, as JSON and as Python read them.
fn quoted(caption: &str) -> String {
    format!("\"{caption}\"")
}

const WAYS: [(&str, Writer); 7] = [
    ("tuples", |items| format!("Objects: [{}]", list(items, |c, [x, y, w, h]| format!("({}, [{x}, {y}, {w}, {h}])", quoted(c)), ", "))),
    ("lists", |items| format!("Objects: [{}]", list(items, |c, [x, y, w, h]| format!("[{}, [{x}, {y}, {w}, {h}]]", quoted(c)), ", "))),
    ("dictionaries", |items| {
        let one = |c: &str, [x, y, w, h]: [u16; 4]| format!("{{\"name\": {}, \"bounding_box\": [{x}, {y}, {w}, {h}]}}", quoted(c));
        format!("Objects: [{}]", list(items, one, ", "))
    }),
    ("code fence", |items| {
        format!("Sure!\n```python\nObjects: [{}]\n```", list(items, |c, [x, y, w, h]| format!("({}, [{x}, {y}, {w}, {h}])", quoted(c)), ",\n "))
    }),
    ("numbers in quotes", |items| {
        format!("Objects: [{}]", list(items, |c, [x, y, w, h]| format!("({}, [\"{x}\", \"{y}\", \"{w}\", \"{h}\"])", quoted(c)), ", "))
    }),
    ("bold label", |items| format!("**Objects:** [{}]", list(items, |c, [x, y, w, h]| format!("({}, [{x}, {y}, {w}, {h}])", quoted(c)), ", "))),
    ("missing bracket", |items| format!("Objects: [{}", list(items, |c, [x, y, w, h]| format!("({}, [{x}, {y}, {w}, {h}])", quoted(c)), ", "))),
];
