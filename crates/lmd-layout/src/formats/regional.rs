//! The Regional Prompter of A1111's web UI: a prompt whose parts are joined by
//! `ADDCOL` and `ADDROW`, and ratios for rows and columns.
//!
//! Rows and columns are no boxes: of a layout the cells are kept that its
//! objects stand in. A layout that is such cells comes back as it was.

use super::foreign::Foreign;
use super::format::Format;
use crate::bbox::Canvas;
use crate::draft::{Draft, DraftObject};
use crate::layout::{Layout, Object};

/// Most rows, and columns of a row, that are read.
const MOST: usize = 32;
/// Ratios are written so fine.
const PARTS: f64 = 1000.0;

/// A stretch along an axis with the objects in it.
struct Band<'a> {
    from: f64,
    to: f64,
    objects: Vec<&'a Object>,
}

/// Prompt, negative prompt and settings, as the web UI shows them.
pub(super) fn write(layout: &Layout) -> String {
    let all: Vec<&Object> = layout.objects().iter().collect();
    let rows = bands(all, |object| (object.bbox.y(), object.bbox.y_max()));
    let (mut prompts, mut ratios) = (Vec::new(), Vec::new());
    for row in rows {
        let columns = bands(row.objects, |object| (object.bbox.x(), object.bbox.x_max()));
        let names = |band: &Band<'_>| {
            let names: Vec<String> =
                band.objects.iter().map(|object| plain(object.caption.as_str())).collect();
            names.join(", ")
        };
        prompts.push(columns.iter().map(names).collect::<Vec<_>>().join(" ADDCOL\n"));
        let share = |from: f64, to: f64| ((to - from) * PARTS).round().max(1.0).to_string();
        let mut line = vec![share(row.from, row.to)];
        line.extend(columns.iter().map(|column| share(column.from, column.to)));
        ratios.push(line.join(","));
    }
    format!(
        "{} ADDCOMM\n{}\nNegative prompt: {}\nRP Active: True, RP Divide mode: Matrix, RP Matrix submode: Rows, \
         RP Ratios: \"{}\", RP Use Base: False, RP Use Common: True\n",
        plain(layout.background()),
        prompts.join(" ADDROW\n"),
        plain(layout.negative()),
        ratios.join(";"),
    )
}

/// A text in which no word divides the prompt.
fn plain(text: &str) -> String {
    text.split_whitespace().filter(|word| !KEYS.contains(word)).collect::<Vec<_>>().join(" ")
}

/// The words that divide a prompt.
const KEYS: [&str; 6] = ["ADDCOMM", "ADDBASE", "ADDCOL", "ADDROW", "BREAK", "AND"];

/// Cuts the picture along an axis where no object lies; empty stretches stay
/// bands of their own. Without a cut there is one band.
fn bands<'a>(mut objects: Vec<&'a Object>, span: fn(&Object) -> (f64, f64)) -> Vec<Band<'a>> {
    objects.sort_by(|a, b| span(a).0.total_cmp(&span(b).0));
    let fine = 0.5 / PARTS;
    let mut bands: Vec<Band<'a>> = Vec::new();
    let mut end = 0.0;
    for object in objects {
        let (from, to) = span(object);
        match bands.last_mut() {
            Some(band) if from < end - fine => {
                band.objects.push(object);
                band.to = band.to.max(to);
            }
            _ => {
                if from > end + fine {
                    bands.push(Band { from: end, to: from, objects: Vec::new() });
                }
                bands.push(Band { from: from.max(end), to, objects: vec![object] });
            }
        }
        end = f64::max(end, to);
    }
    if end < 1.0 - fine {
        bands.push(Band { from: end, to: 1.0, objects: Vec::new() });
    }
    bands
}

/// Reads a divided prompt; `None` for a text without `ADDCOL` and `ADDROW`.
pub(super) fn read(text: &str) -> Option<Foreign> {
    let divides = |word: &str| text.split_whitespace().any(|other| other == word);
    if !(divides("ADDCOL") || divides("ADDROW")) {
        return None;
    }
    let (prompt, settings) = text.split_once("\nNegative prompt:").unwrap_or((text, ""));
    let (prompt, settings) = match settings.is_empty() {
        true => prompt.split_once("\nRP ").unwrap_or((prompt, "")),
        false => (prompt, settings),
    };
    let (common, body) = match prompt.rsplit_once("ADDCOMM").or_else(|| prompt.rsplit_once("ADDBASE")) {
        Some((common, body)) => (common.replace("ADDBASE", ", "), body),
        None => (String::new(), prompt),
    };
    let rows: Vec<Vec<&str>> =
        body.split("ADDROW").take(MOST).map(|row| row.split("ADDCOL").take(MOST).collect()).collect();
    let ratios = settings.split_once("RP Ratios:").map(|(_, ratios)| ratios.trim_start());
    let stated = ratios.and_then(|ratios| stated_ratios(ratios, &rows));
    let guessed = stated.is_none();
    let ratios = stated.unwrap_or_else(|| rows.iter().map(|row| (1.0, vec![1.0; row.len()])).collect());
    let negative = settings.split("\nRP ").next().unwrap_or_default().split("RP Active").next();
    let draft = Draft {
        objects: cells(&rows, &ratios),
        background: common.split_whitespace().collect::<Vec<_>>().join(" "),
        negative: negative.unwrap_or_default().trim().to_owned(),
    };
    Some(Foreign { guessed, ..Foreign::new(draft, Format::Regional, false) })
}

/// `1,2,1;2,1`: for each row its height, then the widths of its columns. With
/// one row the widths alone may stand there.
fn stated_ratios(text: &str, rows: &[Vec<&str>]) -> Option<Vec<(f64, Vec<f64>)>> {
    let text = match text.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => text.split([' ', '\n']).next()?.trim_end_matches(','),
    };
    let lines: Vec<Vec<f64>> = text
        .split(';')
        .map(|line| line.split(',').map(|number| number.trim().parse::<f64>().ok()).collect())
        .collect::<Option<_>>()?;
    let positive = lines.iter().flatten().all(|number| *number > 0.0 && number.is_finite());
    if let (true, [line], [row]) = (positive, lines.as_slice(), rows)
        && line.len() == row.len()
    {
        return Some(vec![(1.0, line.clone())]);
    }
    let fits = lines.len() == rows.len()
        && lines
            .iter()
            .zip(rows)
            .all(|(line, row)| line.len() == row.len() + 1 || line.len() == 1 && row.len() == 1);
    let split = |line: &Vec<f64>| {
        let (height, widths) = line.split_first()?;
        Some((*height, if widths.is_empty() { vec![1.0] } else { widths.to_vec() }))
    };
    if positive && fits { lines.iter().map(split).collect() } else { None }
}

/// The cells that have a text.
fn cells(rows: &[Vec<&str>], ratios: &[(f64, Vec<f64>)]) -> Vec<DraftObject> {
    let Canvas { width, height } = Canvas::REFERENCE;
    let total: f64 = ratios.iter().map(|(height, _)| height).sum();
    let mut objects = Vec::new();
    let mut y = 0.0;
    for (row, (share, widths)) in rows.iter().zip(ratios) {
        let h = share / total * height;
        let across: f64 = widths.iter().sum();
        let mut x = 0.0;
        for (text, ratio) in row.iter().zip(widths) {
            let w = ratio / across * width;
            let caption = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let caption = caption.trim_matches([',', ' ']).to_owned();
            if !caption.is_empty() {
                objects.push(DraftObject { caption, xywh: [x, y, w, h] });
            }
            x += w;
        }
        y += h;
    }
    objects
}
