//! Tests of the drawing as a whole.

use super::*;
use crate::bbox::BBox;
use crate::layout::Object;

fn object(caption: &str, [x, y, w, h]: [f64; 4]) -> Object {
    Object::new(caption, BBox::new(x, y, w, h).unwrap()).unwrap()
}

fn street() -> Layout {
    let objects = vec![
        object("a green car", [0.04, 0.55, 0.42, 0.3]),
        object("a blue truck", [0.52, 0.5, 0.44, 0.36]),
        object("a red air balloon", [0.16, 0.08, 0.26, 0.3]),
        object("a small bird", [0.72, 0.12, 0.09, 0.07]),
    ];
    Layout::new(objects, "a street in the mountains, late in the afternoon", "people, rain").unwrap()
}

fn titled(title: &str) -> DrawOptions {
    DrawOptions { title: title.to_owned(), ..DrawOptions::default() }
}

#[test]
fn the_drawing_is_as_it_was() {
    insta::assert_snapshot!(draw_svg(
        &street(),
        &titled("A green car and a blue truck under a balloon and a bird")
    ));
}

#[test]
fn text_cannot_become_markup() {
    let nasty =
        Layout::new(vec![object("<script>\"a\" & b</script>", [0.1, 0.1, 0.8, 0.8])], "]]> <b>", "'x'")
            .unwrap();
    let svg = draw_svg(&nasty, &titled("</svg><a href=\"x\">"));
    assert!(!svg.contains("<script") && !svg.contains("<b>") && !svg.contains("<a "), "{svg}");
    assert_eq!(svg.matches("</svg>").count(), 1);
}

#[test]
fn the_drawing_can_be_heard() {
    let svg = draw_svg(&street(), &titled("A street"));
    assert!(svg.contains("role=\"img\"") && svg.contains("<title>Layout: A street</title>"));
    assert!(
        svg.contains("a small bird; background: a street in the mountains")
            && svg.contains("left out: people")
    );
}

#[test]
fn labels_stay_on_the_canvas() {
    let frame = Rect { x: 0.0, y: 0.0, w: 640.0, h: 640.0 };
    let corner =
        [[0.0, 0.0, 0.01, 0.01], [0.99, 0.0, 0.01, 0.01], [0.0, 0.99, 0.01, 0.01], [0.99, 0.99, 0.01, 0.01]];
    let objects =
        corner.map(|xywh| object("something with a long caption that goes on and on and on", xywh)).to_vec();
    let layout = Layout::new(objects, "", "").unwrap();
    for rect in canvas::label_rects(&items(&layout, frame), frame) {
        assert!(
            rect.x >= 0.0 && rect.y >= 0.0 && rect.right() <= 640.0 && rect.bottom() <= 640.0,
            "{rect:?}"
        );
    }
}

#[test]
fn labels_avoid_each_other() {
    let frame = Rect { x: 0.0, y: 0.0, w: 640.0, h: 640.0 };
    let row = (0..4).map(|i| object("a skier", [0.1 + 0.15 * f64::from(i), 0.3, 0.2, 0.4]));
    let layout = Layout::new(row.collect(), "", "").unwrap();
    let rects = canvas::label_rects(&items(&layout, frame), frame);
    for (i, a) in rects.iter().enumerate() {
        assert!(rects[i + 1..].iter().all(|b| a.shared(*b) == 0.0), "label {} is covered", i + 1);
    }
}

#[cfg(feature = "png")]
mod png {
    use super::*;
    use resvg::tiny_skia::Pixmap;

    #[test]
    fn pixels_follow_the_canvas() {
        for (width, height) in [(512, 512), (768, 512), (96, 160)] {
            let options = DrawOptions { width, height, ..DrawOptions::default() };
            let picture = Pixmap::decode_png(&draw_png(&street(), &options).unwrap()).unwrap();
            let scale = f64::from(width) / canvas_size(&options).0;
            let left = (MARGIN * scale) as u32 + 2;
            assert!(picture.width() > width && picture.height() > height.min(160));
            let middle = picture.pixel(left + width / 4, picture.height() / 2).unwrap();
            assert_eq!(middle.alpha(), 255, "the page is opaque");
        }
    }

    /// The label's white letters exist without any font on the machine.
    #[test]
    fn letters_come_from_the_bundled_font() {
        let shown = draw_png(&street(), &titled("Words")).unwrap();
        let blank = draw_png(&street(), &titled("\u{a0}")).unwrap();
        let ink = |png: &[u8]| {
            let picture = Pixmap::decode_png(png).unwrap();
            picture.pixels().iter().take(picture.width() as usize * 60).filter(|p| p.red() < 128).count()
        };
        assert!(ink(&shown) > 100 && ink(&blank) < ink(&shown));
    }

    #[test]
    fn sizes_are_checked() {
        for (width, height) in [(0, 512), (512, 9000)] {
            let options = DrawOptions { width, height, ..DrawOptions::default() };
            assert!(matches!(draw_png(&street(), &options), Err(DrawError::Size { .. })));
        }
        let thread = DrawOptions { width: 8192, height: 1, ..DrawOptions::default() };
        assert!(draw_png(&Layout::default(), &thread).is_ok());
        let needle = DrawOptions { width: 8192, height: 8192, title: String::new() };
        assert!(draw_svg(&street(), &needle).contains("width=\""));
    }
}
