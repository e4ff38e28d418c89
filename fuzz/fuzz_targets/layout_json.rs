//! Layouts in JSON: reading never panics, what is read is valid, and it is
//! read again as written, both strictly and as a model's answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lmd_layout::{layout_from_json, parse_answer};

fuzz_target!(|text: &str| {
    match layout_from_json(text) {
        Ok(layout) => {
            let written = serde_json::to_string(&layout).expect("a layout can be written");
            assert_eq!(layout_from_json(&written).as_ref(), Ok(&layout), "{written}");
            let answer = parse_answer(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
            assert_eq!(answer.draft.objects.len(), layout.objects().len(), "{written}");
            for (read, object) in answer.draft.objects.iter().zip(layout.objects()) {
                assert_eq!(read.caption, object.caption.as_str(), "{written}");
                assert_eq!(read.xywh, <[f64; 4]>::from(object.bbox).map(|v| v * 512.0), "{written}");
            }
        }
        Err(error) => assert!(error.to_string().len() < 3_000),
    }
});
