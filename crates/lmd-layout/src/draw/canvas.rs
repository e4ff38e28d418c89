//! The canvas of a drawing: a faint grid, the boxes and their labels.

use super::item::{DETAILED, Item};
use super::shape::{MUTED, Rect, number, text_centred, text_line};
use super::text::{elided, escaped, width};

const LABEL_HEIGHT: f64 = 26.0;
const LABEL_SIZE: f64 = 14.0;
/// Room for the number at the left of a label.
const LABEL_INDENT: f64 = 27.0;
const LABEL_PADDING: f64 = 11.0;
/// Widest label; the list shows captions in full.
const LABEL_MAX_WIDTH: f64 = 280.0;
/// Between a box's edge and a label in it.
const INSET: f64 = 7.0;

/// A caption's place on the canvas.
struct Label {
    rect: Rect,
    caption: String,
}

/// Draws the grid, then the boxes from large to small, then the labels.
pub(super) fn draw(items: &[Item<'_>], frame: Rect) -> String {
    let mut svg = backdrop(frame);
    let mut by_size: Vec<&Item<'_>> = items.iter().collect();
    by_size.sort_by(|a, b| b.rect.area().total_cmp(&a.rect.area()));
    for item in by_size {
        svg += &outline(item);
    }
    for (item, label) in items.iter().zip(place_labels(items, frame)) {
        svg += &tag(item, &label);
    }
    if items.is_empty() {
        let (x, y) = (frame.x + frame.w / 2.0, frame.y + frame.h / 2.0);
        svg += &text_centred("background only", x, y + 5.0, 16.0, 500, MUTED);
    }
    svg
}

/// The empty canvas with a line every eighth, the grid of the coarsest
/// attention map (B.4).
fn backdrop(frame: Rect) -> String {
    let mut path = String::new();
    for i in 1..8 {
        let part = f64::from(i) / 8.0;
        path += &format!("M{} {}v{}", number(frame.x + frame.w * part), number(frame.y), number(frame.h));
        path += &format!("M{} {}h{}", number(frame.x), number(frame.y + frame.h * part), number(frame.w));
    }
    let edge = frame.attributes(10.0);
    format!(
        "<rect {edge} fill=\"#F6F7F9\"/>\n<path d=\"{path}\" stroke=\"#E6E9ED\" stroke-width=\"1\"/>\n\
         <rect {edge} fill=\"none\" stroke=\"#CBD1D8\" stroke-width=\"1.5\"/>\n"
    )
}

fn outline(item: &Item<'_>) -> String {
    let colour = item.colour;
    let line =
        Rect { x: item.rect.x + 1.25, y: item.rect.y + 1.25, w: item.rect.w - 2.5, h: item.rect.h - 2.5 };
    let line = if line.w > 0.0 && line.h > 0.0 { line } else { item.rect };
    format!(
        "<g><title>{}. {}</title><rect {} fill=\"{colour}\" fill-opacity=\"0.16\" stroke=\"{colour}\" \
         stroke-width=\"2.5\"/></g>\n",
        item.number,
        escaped(item.object.caption.as_str()),
        line.attributes(8.0)
    )
}

fn tag(item: &Item<'_>, label: &Label) -> String {
    let rect = label.rect;
    let baseline = rect.y + LABEL_HEIGHT / 2.0 + LABEL_SIZE * 0.36;
    let dot = (rect.x + LABEL_HEIGHT / 2.0, rect.y + LABEL_HEIGHT / 2.0);
    let mut svg = format!(
        "<rect {} fill=\"{}\" stroke=\"#FFFFFF\" stroke-width=\"1.5\"/>\n\
         <circle cx=\"{}\" cy=\"{}\" r=\"9\" fill=\"#FFFFFF\"/>\n",
        rect.attributes(LABEL_HEIGHT / 2.0),
        item.colour,
        number(dot.0),
        number(dot.1)
    );
    svg += &text_centred(&item.number.to_string(), dot.0, dot.1 + 4.0, 11.5, 700, item.colour);
    if !label.caption.is_empty() {
        svg += &text_line(&label.caption, rect.x + LABEL_INDENT, baseline, LABEL_SIZE, 500, "#FFFFFF");
    }
    svg
}

/// Gives every object a label that hides as little as possible: first choice
/// is the top left corner of its box, then its other corners, above, below.
fn place_labels(items: &[Item<'_>], frame: Rect) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    for item in items {
        let (caption, size) = label_text(item, frame, items.len() > DETAILED);
        let hidden = |place: Rect| {
            let under = labels.iter().map(|other| 6.0 * place.shared(other.rect)).sum::<f64>();
            let smaller =
                items.iter().filter(|o| o.number != item.number && o.rect.area() < item.rect.area());
            under + smaller.map(|other| place.shared(other.rect)).sum::<f64>()
        };
        let best = places(item.rect, size, frame)
            .into_iter()
            .enumerate()
            .map(|(rank, place)| (hidden(place) + 20.0 * rank as f64, place))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let rect = best.map_or(item.rect, |(_, place)| place);
        labels.push(Label { rect, caption });
    }
    labels
}

/// What a label says and how wide it is.
fn label_text(item: &Item<'_>, frame: Rect, crowded: bool) -> (String, f64) {
    // In a crowd a label stays in its box; the list says the rest.
    let widest = if crowded { item.rect.w } else { frame.w }.min(LABEL_MAX_WIDTH);
    let room = widest - 2.0 * INSET - LABEL_INDENT - LABEL_PADDING;
    if room < 24.0 {
        return (String::new(), LABEL_HEIGHT);
    }
    let caption = elided(item.object.caption.as_str(), LABEL_SIZE, room);
    let size = LABEL_INDENT + width(&caption, LABEL_SIZE) + LABEL_PADDING;
    (caption, size)
}

/// Where a label of `size` may go, best first, always on the canvas.
fn places(rect: Rect, size: f64, frame: Rect) -> Vec<Rect> {
    let at = |x: f64, y: f64| Rect { x, y, w: size, h: LABEL_HEIGHT }.inside(frame);
    let (left, right) = (rect.x + INSET, rect.right() - INSET - size);
    let (top, low) = (rect.y + INSET, rect.bottom() - INSET - LABEL_HEIGHT);
    let (above, below) = (rect.y - LABEL_HEIGHT - 2.0, rect.bottom() + 2.0);
    let fits = size + 2.0 * INSET <= rect.w && LABEL_HEIGHT + 2.0 * INSET <= rect.h;
    let within = [at(left, top), at(right, top), at(left, low), at(right, low)];
    let without = [
        at(rect.x, above),
        at(rect.x, below),
        at(rect.right() - size, above),
        at(rect.right() - size, below),
    ];
    if fits {
        within.into_iter().chain(without).collect()
    } else {
        without.into_iter().chain(within).collect()
    }
}

/// Where the labels go, for tests.
#[cfg(test)]
pub(super) fn label_rects(items: &[Item<'_>], frame: Rect) -> Vec<Rect> {
    place_labels(items, frame).into_iter().map(|label| label.rect).collect()
}
