//! `lmd detect`: finds things in a picture.

use lmd_engine::output::Outputs;
use lmd_engine::{Detection, EngineError, Rgb, Settings, mark, read_queries};
use lmd_layout::Mark;
use serde_json::{Value, json};

use crate::cli::DetectArgs;
use crate::exit::Exit;
use crate::screen::{self, Screen};
use crate::{files, laid_over, session};

pub(crate) fn run(args: &DetectArgs, settings: &Settings, screen: &Screen) -> anyhow::Result<Exit> {
    let targets: Vec<_> = [&args.svg, &args.png].into_iter().flatten().collect();
    let on_stdout = files::on_stdout(targets.iter().map(|path| path.as_path()), args.json)?;
    let outputs = Outputs::new(args.overwrite).having_read([&args.picture]);
    targets.iter().try_for_each(|path| files::try_place(path, &outputs, screen))?;
    let picture = files::pixels(&files::open(&args.picture)?)?;
    let engine = session::engine(settings, screen)?;
    let detector = engine.detector(&args.detector)?;
    let queries = match &args.queries {
        Some(text) => read_queries(text)?,
        None => detector.vocabulary().map(|known| known.nouns.clone()).ok_or_else(|| {
            EngineError::Usage(
                "this detector reads any words; name what to look for, as in \"a car, a dog\"".to_owned(),
            )
        })?,
    };
    let texts: Vec<&str> = queries.iter().map(String::as_str).collect();
    let found = args.selection.over(detector.selection()).of(&detector.detect(&picture, &texts)?);
    let marks: Vec<Mark> = found.iter().map(mark).collect();
    if let Some(path) = &args.svg {
        files::put(path, laid_over::svg(&picture, &marks)?.as_bytes(), &outputs)?;
    }
    if let Some(path) = &args.png {
        files::put(path, &laid_over::png(&picture, &marks)?, &outputs)?;
    }
    if args.json {
        let all: Vec<Value> = found.iter().map(|one| as_json(one, &queries, &picture)).collect();
        screen::print_json(&json!({ "detector": detector.name(), "detections": all }))?;
    } else if on_stdout == 0 {
        screen::println(&table(&found, &queries, &picture))?;
    }
    Ok(Exit::Ok)
}

/// Left, top, right and bottom in pixels.
fn in_pixels(found: &Detection, picture: &Rgb) -> [f64; 4] {
    let (width, height) = (picture.width as f64, picture.height as f64);
    let [left, top, right, bottom] = found.corners.map(f64::from);
    [left * width, top * height, right * width, bottom * height]
}

fn as_json(found: &Detection, queries: &[String], picture: &Rgb) -> Value {
    json!({
        "query": queries.get(found.query),
        "label": found.label,
        "score": found.score,
        "corners": found.corners,
        "corners_px": in_pixels(found, picture),
    })
}

fn table(found: &[Detection], queries: &[String], picture: &Rgb) -> String {
    if found.is_empty() {
        return "nothing was found".to_owned();
    }
    let widest = found.iter().map(|one| one.label.chars().count()).max().unwrap_or(0).max(5);
    let mut lines = vec![format!(
        "{:<widest$}  {:>5} {:>6} {:>6} {:>6} {:>6}  query",
        "label", "score", "left", "top", "right", "bottom"
    )];
    for one in found {
        let [left, top, right, bottom] = in_pixels(one, picture);
        let query = queries.get(one.query).map_or("", String::as_str);
        lines.push(format!(
            "{:<widest$}  {:>5.2} {left:>6.0} {top:>6.0} {right:>6.0} {bottom:>6.0}  {query}",
            one.label, one.score
        ));
    }
    lines.join("\n")
}
