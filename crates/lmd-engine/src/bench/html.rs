//! The report as one HTML file: the tables, and every picture with its layout, what was found, and the verdict.

use std::collections::BTreeMap;
use std::io::{self, Write};

use lmd_eval::pictures::{Cell, FamilyScore, PictureReport, Sample, Score};
use lmd_eval::suites::Suite;
use lmd_layout::{Canvas, Layout, Mark, overlay_svg};

use super::folder::{BenchFolder, Kind};
use super::run::{BenchOutcome, Shown};
use crate::detectors::mark;
use crate::picture::data_address;

const HEAD: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>\
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem;color:#1b1f24;background:#fff}\
table{border-collapse:collapse;margin:1rem 0}th,td{border:1px solid #c9d1d9;padding:.3rem .6rem;text-align:right}\
th:first-child,td:first-child{text-align:left}.row{display:flex;flex-wrap:wrap;gap:1rem}\
figure{margin:0;width:16rem}figure svg{width:100%;height:auto;border:3px solid #1f7f3b;box-sizing:border-box}\
figure.wrong svg{border-color:#c92a3a;border-style:dashed}figure.layout svg{border:1px solid #5f6873;background:#f3f5f7}\
figcaption{font-size:.875rem}h3{margin:1.5rem 0 .3rem;font-size:1rem}</style>\n";

/// Writes the report of a benchmark.
///
/// # Errors
/// What the system says while writing.
pub fn write_html(
    to: &mut dyn Write,
    suite: &Suite,
    outcome: &BenchOutcome,
    folder: &BenchFolder,
) -> io::Result<()> {
    let report = &outcome.report;
    let title = format!("lmd bench pictures: {}", suite.head.name);
    write!(
        to,
        "{HEAD}<title>{0}</title></head><body>\n<h1>{0}</h1>\n<p>{1}</p>\n",
        escaped(&title),
        escaped(&about(suite, report))
    )?;
    table(to, report, "Pictures", |family| family.pictures, |score| score.pictures)?;
    table(to, report, "Layouts", |family| family.layouts, |score| score.layouts)?;
    let mut places: BTreeMap<(usize, u64), Vec<(&Sample, &Shown)>> = BTreeMap::new();
    for (sample, shown) in report.samples.iter().zip(&outcome.shown) {
        places.entry((sample.prompt, sample.seed)).or_default().push((sample, shown));
    }
    for ((prompt, seed), here) in places {
        let Some(task) = suite.tasks.get(prompt) else { continue };
        writeln!(
            to,
            "<h3>{} <small>({}, prompt {prompt}, seed {seed})</small></h3><div class=\"row\">",
            escaped(&task.prompt),
            escaped(&task.tag)
        )?;
        let mut layouts: Vec<&Layout> = Vec::new();
        for layout in here.iter().filter_map(|(_, shown)| shown.layout.as_ref()) {
            if !layouts.contains(&layout) {
                layouts.push(layout);
                writeln!(
                    to,
                    "<figure class=\"layout\">{}<figcaption>layout</figcaption></figure>",
                    layout_svg(layout)
                )?;
            }
        }
        for (sample, shown) in here {
            figure(to, report, sample, shown, folder)?;
        }
        writeln!(to, "</div>")?;
    }
    writeln!(to, "</body></html>")
}

fn about(suite: &Suite, report: &PictureReport) -> String {
    let mut looks: Vec<String> = Vec::new();
    for score in &report.scores {
        let column = &score.column;
        let aware = if column.class_aware_nms { "of one query" } else { "of any query" };
        let look = format!(
            "{} from a score of {} on, of boxes {aware} that share {} the best",
            column.detector, column.threshold, column.nms
        );
        if !looks.contains(&look) {
            looks.push(look);
        }
    }
    format!(
        "{} ({}; {}). {} prompts, seeds each: {}. Detectors: {}.",
        suite.head.title,
        suite.head.source,
        suite.head.licence,
        report.prompts,
        report.seeds,
        looks.join("; ")
    )
}

fn table(
    to: &mut dyn Write,
    report: &PictureReport,
    what: &str,
    of_family: impl Fn(&FamilyScore) -> Cell,
    overall: impl Fn(&Score) -> Cell,
) -> io::Result<()> {
    writeln!(to, "<h2>{what} that are right, in percent (95 % interval)</h2><table><tr><th></th>")?;
    if let Some(first) = report.scores.first() {
        for family in &first.families {
            write!(to, "<th scope=\"col\">{}</th>", escaped(&family.family))?;
        }
        write!(to, "<th scope=\"col\">overall</th>")?;
    }
    for score in &report.scores {
        write!(to, "</tr><tr><th scope=\"row\">{}</th>", escaped(&score.column.name))?;
        for family in &score.families {
            write!(to, "<td>{}</td>", of_family(family))?;
        }
        write!(to, "<td>{}</td>", overall(score))?;
    }
    writeln!(to, "</tr></table>")
}

fn figure(
    to: &mut dyn Write,
    report: &PictureReport,
    sample: &Sample,
    shown: &Shown,
    folder: &BenchFolder,
) -> io::Result<()> {
    let name = report.scores.get(sample.column).map_or("", |score| score.column.name.as_str());
    let verdict = if sample.right { "right" } else { "wrong" };
    let reasons =
        if sample.reasons.is_empty() { String::new() } else { format!(": {}", sample.reasons.join("; ")) };
    let marks: Vec<Mark> = shown.detections.iter().map(mark).collect();
    let size = shown.size.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let picture = folder.bytes(Kind::Picture, &shown.key).map(|png| data_address(&png));
    writeln!(
        to,
        "<figure class=\"{verdict}\">{}<figcaption><b>{}</b>: {verdict}{}</figcaption></figure>",
        overlay_svg(&marks, (size[0], size[1]), picture.as_deref()),
        escaped(name),
        escaped(&reasons)
    )
}

fn layout_svg(layout: &Layout) -> String {
    let mark = |object: &lmd_layout::Object| Mark {
        label: object.caption.as_str().to_owned(),
        corners: object.bbox.to_xyxy(Canvas::new(1.0, 1.0)),
        ..Mark::default()
    };
    overlay_svg(&layout.objects().iter().map(mark).collect::<Vec<_>>(), (256, 256), None)
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
