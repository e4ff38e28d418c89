//! A picture of a layout: one SVG drawing, and PNG made from it.

mod canvas;
mod colour;
mod item;
mod overlay;
mod panel;
#[cfg(feature = "png")]
mod png;
mod shape;
#[cfg(test)]
mod tests;
mod text;

#[cfg(feature = "png")]
pub use overlay::overlay_rgba;
pub use overlay::{Mark, overlay_svg};
#[cfg(feature = "png")]
pub use png::{DrawError, draw_png};

use crate::layout::{Layout, clean_text};
use item::Item;
use panel::LIST_WIDTH;
use shape::{INK, Rect, number, text_line};

/// Length of the canvas' longer side in the drawing's own units.
const LONGER_SIDE: f64 = 640.0;
const MARGIN: f64 = 36.0;
/// Between the canvas and the list of objects.
const GAP: f64 = 32.0;
const TITLE_SIZE: f64 = 24.0;
const TITLE_LEADING: f64 = 31.0;
/// Largest picture side, in pixels.
const MAX_PIXELS: u32 = 8192;

/// How a layout is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawOptions {
    /// Width of the canvas in pixels, 1 to 8192; the list beside it adds to it.
    pub width: u32,
    /// Height of the canvas in pixels, 1 to 8192; the footer adds to it.
    pub height: u32,
    /// A line above the canvas, for instance the sentence the layout came
    /// from. Empty for none.
    pub title: String,
}

impl Default for DrawOptions {
    fn default() -> Self {
        Self { width: 512, height: 512, title: String::new() }
    }
}

/// Draws `layout` as a self-contained SVG document: every object with its
/// number and caption, a list of the objects, the background and what is
/// left out. All text is escaped.
#[must_use]
pub fn draw_svg(layout: &Layout, options: &DrawOptions) -> String {
    let (width, height) = canvas_size(options);
    let page_width = MARGIN + width + GAP + LIST_WIDTH + MARGIN;
    let title = text::wrapped(&clean_text(&options.title), TITLE_SIZE, page_width - 2.0 * MARGIN, 3);
    let top = MARGIN + if title.is_empty() { 0.0 } else { TITLE_LEADING * title.len() as f64 + 14.0 };
    let frame = Rect { x: MARGIN, y: top, w: width, h: height };
    let items = items(layout, frame);

    let list = panel::list(&items, frame.right() + GAP, top);
    let foot =
        panel::footer(layout, MARGIN, frame.bottom().max(list.bottom) + 30.0, page_width - 2.0 * MARGIN);
    let mut body = String::new();
    for (i, line) in title.iter().enumerate() {
        body +=
            &text_line(line, MARGIN - 1.0, MARGIN + 20.0 + TITLE_LEADING * i as f64, TITLE_SIZE, 700, INK);
    }
    body += &canvas::draw(&items, frame);
    body += &list.svg;
    body += &foot.svg;
    document(layout, options, page_width, foot.bottom + MARGIN, &body)
}

/// Wraps `body` in the document element, with a title and a description that
/// screen readers speak.
fn document(layout: &Layout, options: &DrawOptions, width: f64, height: f64, body: &str) -> String {
    let scale = f64::from(options.width.clamp(1, MAX_PIXELS)) / canvas_size(options).0;
    let pixels = |units: f64| (units * scale).round().max(1.0);
    let name = match clean_text(&options.title).as_str() {
        "" => "A layout".to_owned(),
        title => format!("Layout: {title}"),
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" \
         font-family=\"Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif\">\n\
         <title>{}</title>\n<desc>{}</desc>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n{body}</svg>\n",
        pixels(width),
        pixels(height),
        number(width),
        number(height),
        text::escaped(&name),
        text::escaped(&description(layout)),
    )
}

/// The layout in one sentence.
fn description(layout: &Layout) -> String {
    let names: Vec<&str> = layout.objects().iter().map(|o| o.caption.as_str()).collect();
    let things = if names.is_empty() { "No objects".to_owned() } else { names.join(", ") };
    let background = match layout.background() {
        "" => String::new(),
        background => format!("; background: {background}"),
    };
    let negative = match layout.negative() {
        "" => String::new(),
        negative => format!("; left out: {negative}"),
    };
    format!("{things}{background}{negative}")
}

/// The canvas in the drawing's units: its longer side is [`LONGER_SIDE`].
fn canvas_size(options: &DrawOptions) -> (f64, f64) {
    let side = |pixels: u32| f64::from(pixels.clamp(1, MAX_PIXELS));
    let (width, height) = (side(options.width), side(options.height));
    let scale = LONGER_SIDE / width.max(height);
    (width * scale, height * scale)
}

fn items(layout: &Layout, frame: Rect) -> Vec<Item<'_>> {
    let captions: Vec<&str> = layout.objects().iter().map(|o| o.caption.as_str()).collect();
    let colours = colour::assign(&captions);
    let numbered = layout.objects().iter().zip(colours).enumerate();
    numbered
        .map(|(i, (object, colour))| Item { number: i + 1, object, colour, rect: frame.part(object.bbox) })
        .collect()
}
