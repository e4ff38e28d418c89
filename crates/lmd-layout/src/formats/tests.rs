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
        _ => 1e-5,
    }
}

proptest! {
    #[test]
    fn every_format_is_read_as_it_was_written(layout in layouts()) {
        for format in Format::ALL {
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
            if matches!(format, Format::Ideogram | Format::Gligen | Format::ComfyUi) {
                prop_assert_eq!(&parsed.draft.background, layout.background(), "{:?}", format);
            }
            if matches!(format, Format::Gligen | Format::ComfyUi) {
                prop_assert_eq!(&parsed.draft.negative, layout.negative(), "{:?}", format);
            }
        }
    }

    #[test]
    fn any_json_is_read_without_panic(text in r#"\{"(images|annotations|phrases|locations|gligen_boxes|1)":[\[\]{}0-9",:a-z_. -]{0,80}\}"#) {
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
