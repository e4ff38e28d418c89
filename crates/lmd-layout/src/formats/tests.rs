//! Round trips, and files as other programs write them.

use proptest::prelude::*;

use super::{Format, write_format};
use crate::text::Note;
use crate::{BBox, Layout, Object, parse_answer};

fn layouts() -> impl Strategy<Value = Layout> {
    let side = |low: f64| low..1.0f64;
    let bbox = (side(0.02), side(0.02), 0.0..1.0f64, 0.0..1.0f64)
        .prop_map(|(w, h, x, y)| BBox::new(x * (1.0 - w), y * (1.0 - h), w, h).unwrap());
    let caption =
        prop_oneof![Just("a red car"), Just("a cat"), Just("a bowl of \"soup\""), Just("an old man, asleep")];
    let object = (caption, bbox).prop_map(|(caption, bbox)| Object::new(caption, bbox).unwrap());
    (proptest::collection::vec(object, 1..8), "[a-z]{1,8} [a-z]{1,8}", "[a-z]{0,8}")
        .prop_map(|(objects, background, negative)| Layout::new(objects, &background, &negative).unwrap())
}

/// How exact a format's numbers are.
fn slack(format: Format) -> f64 {
    match format {
        Format::Ideogram | Format::Qwen | Format::Gemini => 1.01e-3,
        // Whole pixels of 512.
        Format::Reference => 1.01e-3,
        _ => 1e-5,
    }
}

/// Cells of rows and columns, which is all that the Regional Prompter can say.
fn cells() -> impl Strategy<Value = Layout> {
    let row = (1u32..5, prop::collection::vec((1u32..5, any::<bool>()), 1..5));
    prop::collection::vec(row, 1..5).prop_map(|rows| {
        let total: u32 = rows.iter().map(|(height, _)| height).sum();
        let mut objects = Vec::new();
        let mut y = 0;
        for (height, columns) in rows {
            let across: u32 = columns.iter().map(|(width, _)| width).sum();
            let mut x = 0;
            for (width, full) in columns {
                let share = |n: u32, of: u32| f64::from(n) / f64::from(of);
                let (left, top) = (share(x, across), share(y, total));
                let bbox = BBox::clamped(left, top, share(width, across), share(height, total)).unwrap();
                if full {
                    objects.push(Object::new(&format!("a thing {}", objects.len()), bbox).unwrap());
                }
                x += width;
            }
            y += height;
        }
        Layout::new(objects, "a wide field", "dogs").unwrap()
    })
}

proptest! {
    #[test]
    fn every_format_is_read_as_it_was_written(layout in layouts()) {
        for format in Format::ALL.into_iter().filter(|format| *format != Format::Regional) {
            let text = write_format(&layout, "", format);
            let parsed = parse_answer(&text).unwrap_or_else(|error| panic!("{format:?}: {error}\n{text}"));
            prop_assert_eq!(parsed.draft.objects.len(), layout.objects().len(), "{:?}: {}", format, text);
            let mut left: Vec<_> = parsed.draft.objects.iter().collect();
            for object in layout.objects() {
                let near = |xywh: [f64; 4]| {
                    let bbox = object.bbox;
                    let own = [bbox.x(), bbox.y(), bbox.w(), bbox.h()];
                    own.iter().zip(xywh).all(|(a, b)| (a - b / 512.0).abs() < 2.0 * slack(format))
                };
                let at = left.iter().position(|read| read.caption == object.caption.as_str() && near(read.xywh));
                prop_assert!(at.is_some(), "{:?}: {:?} is not in {:?}", format, object, left);
                left.swap_remove(at.unwrap_or_default());
            }
            if matches!(
                format,
                Format::Ideogram | Format::Gligen | Format::ComfyUi | Format::InvokeAi | Format::Reference
            ) {
                prop_assert_eq!(&parsed.draft.background, layout.background(), "{:?}", format);
            }
            if matches!(format, Format::Gligen | Format::ComfyUi | Format::InvokeAi | Format::Reference) {
                prop_assert_eq!(&parsed.draft.negative, layout.negative(), "{:?}", format);
            }
        }
    }

    #[test]
    fn rows_and_columns_come_back(layout in cells()) {
        prop_assume!(!layout.objects().is_empty());
        let text = write_format(&layout, "", Format::Regional);
        prop_assume!(text.contains("ADDCOL") || text.contains("ADDROW"));
        let draft = parse_answer(&text).unwrap().draft;
        prop_assert_eq!(draft.objects.len(), layout.objects().len(), "{}", text);
        for (read, object) in draft.objects.iter().zip(layout.objects()) {
            prop_assert_eq!(read.caption.as_str(), object.caption.as_str());
            let near = |share: f64, pixels: f64| (share - pixels / 512.0).abs() < 4e-3;
            let [x, y, w, h] = read.xywh;
            let bbox = object.bbox;
            prop_assert!(near(bbox.x(), x) && near(bbox.y(), y) && near(bbox.w(), w) && near(bbox.h(), h), "{}", text);
        }
        prop_assert_eq!((draft.background.as_str(), draft.negative.as_str()), ("a wide field", "dogs"));
    }

    #[test]
    fn any_boxes_lie_in_the_cell_of_their_text(layout in layouts()) {
        let text = write_format(&layout, "", Format::Regional);
        prop_assume!(text.contains("ADDCOL") || text.contains("ADDROW"));
        let draft = parse_answer(&text).unwrap().draft;
        for object in layout.objects() {
            let (x, y) = object.bbox.center();
            let holds = |xywh: [f64; 4]| {
                let [left, top, w, h] = xywh.map(|pixels| pixels / 512.0);
                (left - 4e-3..left + w + 4e-3).contains(&x) && (top - 4e-3..top + h + 4e-3).contains(&y)
            };
            let said = |caption: &str| caption.contains(object.caption.as_str());
            prop_assert!(draft.objects.iter().any(|cell| said(&cell.caption) && holds(cell.xywh)), "{}", text);
        }
    }

    #[test]
    fn any_divided_text_is_read_without_panic(text in r#"[ a-z,;:0-9."\n-]{0,60}(ADDCOL|ADDROW|names:|RP Ratios:)[ a-z,;:0-9."\n-]{0,60}"#) {
        let _ = parse_answer(&text);
    }

    #[test]
    fn any_json_is_read_without_panic(text in r#"\{"(images|annotations|phrases|locations|gligen_boxes|regionalGuidance|1)":[\[\]{}0-9",:a-z_. -]{0,80}\}"#) {
        let _ = parse_answer(&text);
    }
}

fn first(text: &str) -> (String, [f64; 4], Vec<Note>) {
    let parsed = parse_answer(text).unwrap();
    let object = &parsed.draft.objects[0];
    let shares = object.xywh.map(|pixels| (pixels / 512.0 * 1e4).round() / 1e4);
    (object.caption.clone(), shares, parsed.notes)
}

#[test]
fn files_of_other_programs_are_read() {
    let coco = r#"{"info":{},"images":[{"id":9,"width":640,"height":480,"file_name":"9.jpg"}],"annotations":[{"id":1,"image_id":9,"category_id":3,"bbox":[64,96,320,240],"area":76800,"iscrowd":0,"segmentation":[]}],"categories":[{"id":3,"name":"car","supercategory":"vehicle"}]}"#;
    let (caption, shares, notes) = first(coco);
    assert_eq!((caption.as_str(), shares), ("car", [0.1, 0.2, 0.5, 0.5]));
    assert_eq!(notes, [Note::Foreign(Format::Coco)]);
    let gligen = r#"{"prompt":"a car on a road","phrases":["a car"],"locations":[[0.1,0.2,0.6,0.7]]}"#;
    assert_eq!(first(gligen).1, [0.1, 0.2, 0.5, 0.5]);
    let comfy = r#"{"6":{"class_type":"CLIPTextEncode","inputs":{"text":"a car","clip":["4",1]}},"7":{"class_type":"ConditioningSetAreaPercentage","inputs":{"conditioning":["6",0],"width":0.5,"height":0.5,"x":0.1,"y":0.2,"strength":1.0}}}"#;
    assert_eq!(first(comfy).1, [0.1, 0.2, 0.5, 0.5]);
}

#[test]
fn yolo_is_read_with_names_in_any_way() {
    for names in [
        "names:\n  0: dog\n  1: car",
        "path: data\nnc: 2\nnames: ['dog', 'car']",
        "names: {0: dog, 1: car}",
        "names:\n- dog\n- car",
        "dog\ncar",
    ] {
        let (caption, shares, notes) = first(&format!("{names}\n1 0.35 0.45 0.5 0.5\n"));
        assert_eq!((caption.as_str(), shares), ("car", [0.1, 0.2, 0.5, 0.5]), "{names}");
        assert_eq!(notes, [Note::Foreign(Format::Yolo)]);
    }
    assert!(first("dog\n0 0.3 0.3 0.2 0.2\n7 0.5 0.5 0.2 0.2").2.contains(&Note::PartlyRead));
    assert!(parse_answer("0 0.35 0.45 0.5 0.5").is_err(), "numbers without names say nothing");
}

#[test]
fn regions_of_a_canvas_are_read() {
    let region = r#"{"type":"regional_guidance","position":{"x":100,"y":0},"objects":[{"type":"rect","rect":{"x":0,"y":200,"width":500,"height":250}},{"type":"rect","rect":{"x":0,"y":450,"width":500,"height":250}}],"positivePrompt":"a car","negativePrompt":null}"#;
    let canvas = format!(
        r#"{{"regionalGuidance":{{"entities":[{region}]}},"bbox":{{"rect":{{"x":0,"y":0,"width":1000,"height":1000}}}}}}"#
    );
    let (caption, shares, notes) = first(&canvas);
    assert_eq!((caption.as_str(), shares), ("a car", [0.1, 0.2, 0.5, 0.5]));
    assert_eq!(notes, [Note::Foreign(Format::InvokeAi)]);
    let (_, shares, notes) = first(&format!(r#"{{"regionalGuidance":[{region}]}}"#));
    assert_eq!(shares[2], 0.651, "500 of 768");
    assert!(notes.contains(&Note::Undeclared));
}

#[test]
fn divided_prompts_are_read_with_and_without_ratios() {
    let two = "a wide field ADDCOMM\na cat ADDCOL\na dog";
    let (caption, shares, notes) = first(two);
    assert_eq!((caption.as_str(), shares), ("a cat", [0.0, 0.0, 0.5, 1.0]));
    assert!(notes.contains(&Note::Undeclared));
    let stated = format!(
        "{two}\nNegative prompt: rain\nSteps: 20, RP Active: True, RP Ratios: \"1,3\", RP Use Base: False"
    );
    let parsed = parse_answer(&stated).unwrap();
    assert_eq!(parsed.draft.objects[1].xywh, [128.0, 0.0, 384.0, 512.0]);
    assert!(!parsed.notes.contains(&Note::Undeclared));
}

#[test]
fn the_first_answer_of_a_cache_is_read() {
    let cache = r#"{"a car": ["[('a car', [51, 102, 256, 256])]\nBackground prompt: a road\nNegative prompt: dogs"], "a cat": ["[]"]}"#;
    let parsed = parse_answer(cache).unwrap();
    assert_eq!((parsed.draft.background.as_str(), parsed.draft.negative.as_str()), ("a road", "dogs"));
    assert_eq!(parsed.notes, [Note::Foreign(Format::Reference), Note::PartlyRead]);
}

#[test]
fn what_is_left_out_is_told() {
    let two = r#"{"images":[{"id":1,"width":100,"height":100},{"id":2,"width":100,"height":100}],"annotations":[{"image_id":1,"category_id":1,"bbox":[10,10,50,50]},{"image_id":2,"category_id":1,"bbox":[10,10,50,50]}],"categories":[{"id":1,"name":"cat"}]}"#;
    assert!(first(two).2.contains(&Note::PartlyRead));
    let uneven = r#"{"phrases":["a car","a cat"],"locations":[[0.1,0.2,0.6,0.7]]}"#;
    assert!(first(uneven).2.contains(&Note::PartlyRead));
}

#[test]
fn names_lead_back() {
    for format in Format::ALL {
        assert_eq!(Format::of_name(format.name()), Some(format));
        assert!(!format.summary().is_empty());
    }
    assert_eq!(Format::of_name("zorb"), None);
}
