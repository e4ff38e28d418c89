//! Reading what the user names, bounded, and writing results whole or not at
//! all.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::Context;
use lmd_diffusion::Recipe;
use lmd_layout::{DrawOptions, Layout, draw_png, draw_svg, layout_from_json, write_text};
use lmd_planner::llm::plan_from_answer;
use tempfile::NamedTempFile;

use crate::exit::UsageError;
use crate::picture::{self, MAX_PICTURE_BYTES};
use crate::screen;

/// Most bytes read from a file or stdin; layouts and answers are far shorter.
const MAX_INPUT_BYTES: u64 = 1 << 20;

/// The text of a file, or of stdin for `-`.
pub(crate) fn read(path: &Path) -> Result<String, UsageError> {
    let failed = |error: io::Error| UsageError(format!("cannot read {}: {error}", path.display()));
    let source: Box<dyn Read> =
        if is_dash(path) { Box::new(io::stdin()) } else { Box::new(File::open(path).map_err(failed)?) };
    let mut text = String::new();
    source.take(MAX_INPUT_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_INPUT_BYTES {
        return Err(UsageError(format!("{} has more than {MAX_INPUT_BYTES} bytes", path.display())));
    }
    Ok(text)
}

/// A layout from a file: our JSON, or an answer in any form we understand.
pub(crate) fn read_layout(path: &Path) -> anyhow::Result<Layout> {
    let text = read(path)?;
    let strict = layout_from_json(&text);
    let Err(json_error) = strict else { return Ok(strict?) };
    if path.extension().is_some_and(|ending| ending == "json") {
        return Err(json_error).with_context(|| format!("{} is not a layout", path.display()));
    }
    let plan = plan_from_answer("", &text).with_context(|| format!("{} is not a layout", path.display()))?;
    Ok(plan.layout)
}

/// The recipe in a picture.
pub(crate) fn read_recipe(path: &Path) -> anyhow::Result<Recipe> {
    let failed = |error: io::Error| UsageError(format!("cannot read {}: {error}", path.display()));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_PICTURE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    picture::recipe(&bytes).with_context(|| format!("cannot read the recipe of {}", path.display()))
}

/// A form in which a layout is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Svg,
    Png,
    Text,
}

impl Form {
    /// The form a file's ending asks for.
    pub(crate) fn of(path: &Path) -> Result<Self, UsageError> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            Some("json") => Ok(Self::Json),
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            Some("txt") => Ok(Self::Text),
            _ if is_dash(path) => Ok(Self::Json),
            _ => Err(UsageError(format!("{} must end in .json, .svg, .png or .txt", path.display()))),
        }
    }

    /// The bytes of `layout` in this form.
    pub(crate) fn render(self, layout: &Layout) -> anyhow::Result<Vec<u8>> {
        let line = |text: String| if text.ends_with('\n') { text } else { text + "\n" };
        Ok(match self {
            Self::Json => line(serde_json::to_string_pretty(layout)?).into_bytes(),
            Self::Text => line(write_text(layout)).into_bytes(),
            Self::Svg => line(draw_svg(layout, &DrawOptions::default())).into_bytes(),
            Self::Png => draw_png(layout, &DrawOptions::default()).context("cannot draw the layout")?,
        })
    }
}

/// Writes a layout to a file and prints the file's path, or writes it to
/// stdout for `-`.
pub(crate) fn deliver(layout: &Layout, form: Form, path: &Path) -> anyhow::Result<()> {
    let bytes = form.render(layout)?;
    if is_dash(path) {
        screen::print(bytes)?;
    } else {
        write(path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
        screen::println(&path.display().to_string())?;
    }
    Ok(())
}

/// Writes beside the file's place and moves it there at once. What is not a
/// regular file (`/dev/null`, a pipe) is written to as it is.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.metadata().is_ok_and(|meta| !meta.is_file()) {
        return File::options().write(true).open(path)?.write_all(bytes);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    share(file.as_file())?;
    file.persist(path)?;
    Ok(())
}

/// Gives a temporary file, readable by its owner only, the rights of others.
#[cfg(unix)]
fn share(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn share(_: &File) -> io::Result<()> {
    Ok(())
}

/// Whether a path stands for stdin or stdout.
pub(crate) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}
