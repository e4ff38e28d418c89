//! Boxes with labels to be laid over a picture: what a detector found, or what a layout asks for.

use super::MAX_PIXELS;
use super::colour;
#[cfg(feature = "png")]
use super::png::{DrawError, check_size, rendered};
use super::shape::number;
use super::text::{elided, escaped, width};
use crate::layout::clean_text;

/// Most boxes that are drawn.
const MOST: usize = 1000;

/// Most rows and columns of a mask that are shaded.
const MAX_CELLS: usize = 1024;

/// A box with its label, and perhaps its mask.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mark {
    /// What stands at its upper edge.
    pub label: String,
    /// Left, top, right and bottom as shares of the picture; what lies outside is cut.
    pub corners: [f64; 4],
    /// Its mask, one string of `.` and `#` per row of cells, the rows of one length; shaded in the colour of the box. Empty for
    /// none.
    pub mask: Vec<String>,
}

/// Draws boxes as an SVG document of `size` pixels (width, height; 1 to 8192 each). `picture` is the address of a picture
/// below them, for instance a `data:` address; without one the ground is transparent.
#[must_use]
pub fn overlay_svg(marks: &[Mark], size: (u32, u32), picture: Option<&str>) -> String {
    let side = |pixels: u32| f64::from(pixels.clamp(1, MAX_PIXELS));
    let (w, h) = (side(size.0), side(size.1));
    let labels: Vec<String> = marks.iter().take(MOST).map(|mark| clean_text(&mark.label)).collect();
    // The colour belongs to the name and not to the number behind it.
    let names: Vec<&str> =
        labels.iter().map(|label| label.trim_end_matches(|c: char| !c.is_alphabetic())).collect();
    let colours = colour::assign(&names);
    let below = picture.map_or(String::new(), |address| {
        format!("<image href=\"{}\" width=\"{}\" height=\"{}\"/>\n", escaped(address), number(w), number(h))
    });
    let shades: String =
        marks.iter().zip(&colours).map(|(mark, colour)| shaded(&mark.mask, colour, (w, h))).collect();
    let boxes: String = marks
        .iter()
        .zip(&labels)
        .zip(colours)
        .map(|((mark, label), colour)| one(mark, label, colour, (w, h)))
        .collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" \
         font-family=\"Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif\">\n<title>{2}</title>\n{below}{shades}{boxes}</svg>\n",
        number(w),
        number(h),
        escaped(&if labels.is_empty() { "No boxes".to_owned() } else { labels.join(", ") }),
    )
}

/// The cells of a mask, a rectangle for each run of a row.
fn shaded(mask: &[String], colour: &str, (w, h): (f64, f64)) -> String {
    let rows = mask.len().min(MAX_CELLS);
    let mut runs = String::new();
    for (row, cells) in mask.iter().take(rows).enumerate() {
        let columns = cells.len().clamp(1, MAX_CELLS);
        let (top, bottom) = (edge(row, rows, h), edge(row + 1, rows, h));
        let mut at = 0;
        for run in cells.as_bytes().get(..columns).unwrap_or_default().chunk_by(|a, b| a == b) {
            let (left, right) = (edge(at, columns, w), edge(at + run.len(), columns, w));
            at += run.len();
            if run.first() == Some(&b'#') {
                let (x, y) = (number(left), number(top));
                runs += &format!("M{x} {y}H{}V{}H{x}Z", number(right), number(bottom));
            }
        }
    }
    if runs.is_empty() {
        runs
    } else {
        format!("<path d=\"{runs}\" fill=\"{colour}\" fill-opacity=\"0.5\"/>\n")
    }
}

/// Where cell `index` of `count` begins on a side of this length.
fn edge(index: usize, count: usize, length: f64) -> f64 {
    length * index as f64 / count as f64
}

fn one(mark: &Mark, label: &str, colour: &str, (w, h): (f64, f64)) -> String {
    let unit = w.min(h);
    let (line, size) = ((unit / 160.0).max(1.5), (unit / 20.0).clamp(9.0, 40.0));
    let [left, top, right, bottom] =
        mark.corners.map(|part| if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 });
    let (x, y, box_w, box_h) = (left * w, top * h, (right - left).max(0.0) * w, (bottom - top).max(0.0) * h);
    let text = elided(label, size, w);
    let (room, tall) = (width(&text, size) + 0.6 * size, 1.35 * size);
    // Above the box where there is room, else inside; never outside of the picture.
    let label_y = if y >= tall { y - tall } else { y };
    let label_x = x.min(w - room).max(0.0);
    format!(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{}\"/>\n\
         <rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{colour}\"/>\n\
         <text x=\"{}\" y=\"{}\" font-size=\"{}\" font-weight=\"500\" fill=\"#FFFFFF\">{}</text>\n",
        number(x),
        number(y),
        number(box_w),
        number(box_h),
        number(line),
        number(label_x),
        number(label_y),
        number(room),
        number(tall),
        number(label_x + 0.3 * size),
        number(label_y + size),
        number(size),
        escaped(&text),
    )
}

/// The same boxes as pixels, without a picture below: four bytes each (red, green, blue, how much they cover), the colours
/// not multiplied by it.
///
/// # Errors
/// [`DrawError`] when there are no or too many pixels.
#[cfg(feature = "png")]
pub fn overlay_rgba(marks: &[Mark], size: (u32, u32)) -> Result<Vec<u8>, DrawError> {
    check_size(size)?;
    Ok(rendered(&overlay_svg(marks, size, None))?.take_demultiplied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(label: &str, corners: [f64; 4]) -> Mark {
        Mark { label: label.to_owned(), corners, mask: vec![] }
    }

    #[test]
    fn boxes_are_where_they_were_found_and_labels_inside() {
        let svg = overlay_svg(&[mark("red car 0.93", [0.5, 0.0, 1.2, 0.5])], (200, 100), None);
        assert!(svg.contains("<rect x=\"100\" y=\"0\" width=\"100\" height=\"50\" fill=\"none\""), "{svg}");
        assert!(svg.contains(">red car 0.93</text>") && !svg.contains("<image"), "{svg}");
    }

    #[test]
    fn text_and_addresses_are_escaped() {
        let svg = overlay_svg(&[mark("<b>\"", [f64::NAN; 4])], (10, 10), Some("data:\"/>"));
        assert!(
            !svg.contains("<b>") && svg.contains("&lt;b&gt;") && svg.contains("href=\"data:&quot;/&gt;\""),
            "{svg}"
        );
    }

    #[test]
    fn masks_are_shaded_by_runs() {
        let masked =
            Mark { mask: vec!["..##".to_owned(), "#.#.".to_owned()], ..mark("cat", [0.0, 0.0, 1.0, 1.0]) };
        let svg = overlay_svg(&[masked], (40, 20), None);
        assert!(svg.contains("d=\"M20 0H40V10H20ZM0 10H10V20H0ZM20 10H30V20H20Z\""), "{svg}");
        assert!(!overlay_svg(&[mark("cat", [0.0; 4])], (40, 20), None).contains("<path"));
    }

    #[cfg(feature = "png")]
    #[test]
    fn pixels_are_covered_where_the_lines_are() {
        let pixels = overlay_rgba(&[mark("", [0.25, 0.25, 0.75, 0.75])], (64, 64)).unwrap();
        let cover = |x: usize, y: usize| pixels[(y * 64 + x) * 4 + 3];
        assert_eq!(pixels.len(), 64 * 64 * 4);
        assert!(cover(32, 48) > 100 && cover(32, 32) == 0 && cover(2, 60) == 0);
        assert!(overlay_rgba(&[], (0, 5)).is_err());
    }
}
