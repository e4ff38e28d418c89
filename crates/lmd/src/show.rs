//! A layout in the terminal: a table for people and a picture of its boxes.

use anstyle::{AnsiColor, Style};
use lmd_layout::{BBox, Canvas, Layout};
use unicode_width::UnicodeWidthStr;

/// The picture's size in characters; they are about twice as high as wide.
const COLUMNS: usize = 48;
const ROWS: usize = 20;

/// The colours of boxes, in turn.
const COLOURS: [AnsiColor; 6] = [
    AnsiColor::Red,
    AnsiColor::Blue,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Yellow,
    AnsiColor::Cyan,
];

fn style(index: usize, colour: bool) -> Style {
    if colour { Style::new().fg_color(Some(COLOURS[index % COLOURS.len()].into())) } else { Style::new() }
}

/// The objects as aligned columns in percent of the picture, then the
/// background and what to leave out.
pub(crate) fn table(layout: &Layout, colour: bool) -> String {
    let widest = layout.objects().iter().map(|o| o.caption.as_str().width()).max().unwrap_or(0).max(7);
    let row = |[x, y, w, h]: [String; 4]| format!("{x:>6}{y:>7}{w:>8}{h:>9}");
    let header = row(["left", "top", "width", "height"].map(str::to_owned));
    let mut lines = vec![format!(" #  {:<widest$}{header}", "caption")];
    for (index, object) in layout.objects().iter().enumerate() {
        let style = style(index, colour);
        let caption = object.caption.as_str();
        let gap = " ".repeat(widest - caption.width().min(widest));
        let numbers = row(object.bbox.to_xywh(Canvas::new(100.0, 100.0)).map(|part| format!("{part:.0} %")));
        lines.push(format!("{style}{:>2}{style:#}  {caption}{gap}{numbers}", index + 1));
    }
    if layout.objects().is_empty() {
        lines = vec!["no objects".to_owned()];
    }
    lines.push(format!("background  {}", layout.background()));
    if !layout.negative().is_empty() {
        lines.push(format!("without     {}", layout.negative()));
    }
    lines.join("\n")
}

/// A size for people.
pub(crate) fn bytes(count: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let (unit, name) = units.into_iter().find(|(unit, _)| count >= *unit).unwrap_or((1, "B"));
    if unit == 1 { format!("{count} B") } else { format!("{:.1} {name}", count as f64 / unit as f64) }
}

/// A character of the picture and the object it belongs to.
#[derive(Clone, Copy)]
struct Cell {
    symbol: char,
    object: Option<usize>,
}

/// The picture: every box as a frame with its number, later ones in front.
pub(crate) fn picture(layout: &Layout, colour: bool) -> String {
    let mut cells = vec![vec![Cell { symbol: ' ', object: None }; COLUMNS]; ROWS];
    for (index, object) in layout.objects().iter().enumerate() {
        draw_box(&mut cells, object.bbox, index);
    }
    let edge = "─".repeat(COLUMNS);
    let mut lines = vec![format!("┌{edge}┐")];
    lines.extend(cells.iter().map(|row| format!("│{}│", paint(row, colour))));
    lines.push(format!("└{edge}┘"));
    lines.join("\n")
}

fn draw_box(cells: &mut [Vec<Cell>], bbox: BBox, index: usize) {
    let [x0, y0, x1, y1] = bbox.to_xyxy(Canvas::new(COLUMNS as f64, ROWS as f64));
    let (left, right) = span(x0, x1, COLUMNS);
    let (top, bottom) = span(y0, y1, ROWS);
    let mut put = |x: usize, y: usize, symbol| {
        if let Some(cell) = cells.get_mut(y).and_then(|row| row.get_mut(x)) {
            *cell = Cell { symbol, object: Some(index) };
        }
    };
    for x in left..=right {
        put(x, top, '─');
        put(x, bottom, '─');
    }
    for y in top..=bottom {
        put(left, y, '│');
        put(right, y, '│');
    }
    for (x, y, symbol) in [(left, top, '┌'), (right, top, '┐'), (left, bottom, '└'), (right, bottom, '┘')]
    {
        put(x, y, symbol);
    }
    for (offset, digit) in (index + 1).to_string().chars().enumerate() {
        put(left + 1 + offset, top, digit);
    }
}

/// The first and last character a box covers, at least two.
fn span(low: f64, high: f64, length: usize) -> (usize, usize) {
    let first = (low.round() as usize).min(length - 2);
    let last = (high.round() as usize).saturating_sub(1).clamp(first + 1, length - 1);
    (first, last)
}

/// A row as text, coloured where neighbours belong to the same box.
fn paint(row: &[Cell], colour: bool) -> String {
    let mut text = String::new();
    for run in row.chunk_by(|a, b| a.object == b.object) {
        let style = run[0].object.map_or(Style::new(), |index| style(index, colour));
        let symbols: String = run.iter().map(|cell| cell.symbol).collect();
        text.push_str(&format!("{style}{symbols}{style:#}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmd_layout::Object;

    fn layout() -> Layout {
        let object =
            |caption, [x, y, w, h]: [f64; 4]| Object::new(caption, BBox::new(x, y, w, h).unwrap()).unwrap();
        let objects = vec![
            object("a red car", [0.0, 0.5, 0.5, 0.5]),
            object("eine Katze 猫", [0.99, 0.99, 0.01, 0.01]),
        ];
        Layout::new(objects, "A street", "trees").unwrap()
    }

    #[test]
    fn the_table_is_aligned() {
        let text = table(&layout(), false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1], " 1  a red car       0 %   50 %    50 %     50 %");
        assert_eq!(lines[0].width(), lines[1].width());
        assert_eq!(lines[1].width(), lines[2].width());
        assert!(text.ends_with("background  A street\nwithout     trees"));
        assert!(table(&layout(), true).contains("\u{1b}["));
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!([0, 1023, 1536, 16 << 20].map(bytes), ["0 B", "1023 B", "1.5 KiB", "16.0 MiB"]);
    }

    #[test]
    fn the_picture_keeps_its_frame() {
        let text = picture(&layout(), false);
        assert_eq!(text.lines().count(), ROWS + 2);
        assert!(text.lines().all(|line| line.width() == COLUMNS + 2), "{text}");
        assert!(text.lines().nth(ROWS / 2 + 1).unwrap().starts_with("│┌1──"), "{text}");
        assert_eq!(table(&Layout::default(), false), "no objects\nbackground  ");
    }
}
