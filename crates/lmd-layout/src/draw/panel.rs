//! The list of objects beside the canvas and the footer below it.

use super::item::{DETAILED, Item};
use super::shape::{INK, MUTED, number, text_centred, text_line};
use super::text::wrapped;
use crate::bbox::Canvas;
use crate::layout::Layout;

/// Width of the list, which the page makes room for.
pub(super) const LIST_WIDTH: f64 = 268.0;
const CHIP: f64 = 24.0;
const CAPTION_SIZE: f64 = 15.5;
const LEADING: f64 = 20.0;
const FOOTER_SIZE: f64 = 16.0;

/// Part of a drawing and where it ends.
pub(super) struct Panel {
    pub(super) svg: String,
    pub(super) bottom: f64,
}

/// The objects with number, colour and caption, one below the other.
pub(super) fn list(items: &[Item<'_>], x: f64, top: f64) -> Panel {
    let heading = match items.len() {
        0 => "NO OBJECTS".to_owned(),
        1 => "1 OBJECT".to_owned(),
        n => format!("{n} OBJECTS"),
    };
    let mut svg = small_print(&heading, x, top + 11.0);
    let mut y = top + 32.0;
    for item in items {
        let row = entry(item, x, y, items.len() <= DETAILED);
        svg += &row.svg;
        y = row.bottom;
    }
    Panel { svg, bottom: y }
}

fn entry(item: &Item<'_>, x: f64, y: f64, detailed: bool) -> Panel {
    let centre = (x + CHIP / 2.0, y + CHIP / 2.0);
    let mut svg = format!(
        "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"/>\n",
        number(centre.0),
        number(centre.1),
        number(CHIP / 2.0),
        item.colour
    );
    svg += &text_centred(&item.number.to_string(), centre.0, centre.1 + 4.5, 12.5, 700, "#FFFFFF");
    let indent = x + CHIP + 12.0;
    let lines = wrapped(
        item.object.caption.as_str(),
        CAPTION_SIZE,
        LIST_WIDTH - CHIP - 12.0,
        if detailed { 2 } else { 1 },
    );
    let mut baseline = y + CHIP / 2.0 + 5.5;
    for line in &lines {
        svg += &text_line(line, indent, baseline, CAPTION_SIZE, 500, INK);
        baseline += LEADING;
    }
    if detailed {
        svg += &text_line(&whereabouts(item), indent, baseline - 1.0, 12.5, 500, MUTED);
        baseline += LEADING;
    }
    Panel { svg, bottom: baseline + if detailed { -3.0 } else { -9.0 } }
}

/// Size and place of an object in percent of the canvas.
fn whereabouts(item: &Item<'_>) -> String {
    let [x, y, w, h] = item.object.bbox.to_xywh(Canvas::new(100.0, 100.0)).map(f64::round);
    format!("{w} \u{d7} {h} % at {x}, {y}")
}

/// Background and what is left out; nothing for what the layout does not say.
pub(super) fn footer(layout: &Layout, x: f64, top: f64, room: f64) -> Panel {
    let mut panel = Panel { svg: String::new(), bottom: top };
    for (heading, text) in [("BACKGROUND", layout.background()), ("LEFT OUT", layout.negative())] {
        if !text.is_empty() {
            panel.svg += &small_print(heading, x, panel.bottom + 11.0);
            let lines = wrapped(text, FOOTER_SIZE, room, 4);
            for (i, line) in lines.iter().enumerate() {
                panel.svg +=
                    &text_line(line, x, panel.bottom + 36.0 + 22.0 * i as f64, FOOTER_SIZE, 500, INK);
            }
            panel.bottom += 36.0 + 22.0 * lines.len() as f64;
        }
    }
    // The gap below the last paragraph, or above the empty footer, is the margin's.
    panel.bottom -= if panel.svg.is_empty() { 30.0 } else { 16.0 };
    panel
}

fn small_print(text: &str, x: f64, y: f64) -> String {
    text_line(text, x, y, 12.0, 700, MUTED).replacen("<text ", "<text letter-spacing=\"0.9\" ", 1)
}
