//! Reading what the user names, and writing layouts in any form.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use lmd_engine::input::Input;
use lmd_engine::output::{Outputs, numbered};
use lmd_engine::picture::MAX_PICTURE_BYTES;
use lmd_engine::{EngineError, Rgb};
use lmd_layout::{DrawOptions, Format, Layout, draw_png, draw_svg, write_format, write_text};

use crate::screen::{self, Screen};

/// A file, or stdin for `-`.
pub(crate) fn open(path: &Path) -> anyhow::Result<Input> {
    if !is_dash(path) {
        return Input::file(path).map_err(|error| with_advice(error, path));
    }
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(MAX_PICTURE_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| EngineError::Usage(format!("cannot read stdin: {error}")))?;
    Ok(Input::new("stdin", bytes))
}

/// The pixels of a picture's file.
pub(crate) fn pixels(input: &Input) -> Result<Rgb, EngineError> {
    lmd_engine::decode(&input.bytes)
        .map_err(|source| EngineError::NoPicture { name: input.name.clone(), source })
}

/// A sentence where a file belongs is an easy mistake.
fn with_advice(error: EngineError, path: &Path) -> anyhow::Error {
    let sentence = path.extension().is_none() && path.as_os_str().as_encoded_bytes().contains(&b' ');
    if sentence && !path.exists() {
        return EngineError::Usage(format!(
            "there is no file {}; to draw a sentence, use `lmd generate`",
            path.display()
        ))
        .into();
    }
    error.into()
}

/// The text of a file, or of stdin for `-`.
pub(crate) fn read(path: &Path) -> anyhow::Result<String> {
    Ok(open(path)?.text()?)
}

/// A layout from a file: our JSON, an answer in any form we understand, or a
/// picture of ours.
pub(crate) fn read_layout(path: &Path, screen: &Screen) -> anyhow::Result<Layout> {
    let subject = open(path)?.subject()?;
    screen.tell(&subject.notices)?;
    Ok(subject.layout)
}

/// A form in which a layout is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Svg,
    Png,
    Text,
    /// The form of another program.
    Foreign(Format),
}

impl Form {
    /// The form a file's ending asks for.
    pub(crate) fn of(path: &Path) -> Result<Self, EngineError> {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        match ending.as_deref() {
            Some("json") => Ok(Self::Json),
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            Some("txt") => Ok(Self::Text),
            _ if is_dash(path) => Ok(Self::Json),
            _ => Err(EngineError::Usage(format!("{} must end in .json, .svg, .png or .txt", path.display()))),
        }
    }

    /// The bytes of `layout` in this form.
    pub(crate) fn render(self, layout: &Layout) -> anyhow::Result<Vec<u8>> {
        let line = |text: String| if text.ends_with('\n') { text } else { text + "\n" };
        Ok(match self {
            Self::Json => line(screen::json(layout)?).into_bytes(),
            Self::Text => line(write_text(layout)).into_bytes(),
            Self::Foreign(format) => write_format(layout, "", format).into_bytes(),
            Self::Svg => line(draw_svg(layout, &DrawOptions::default())).into_bytes(),
            Self::Png => draw_png(layout, &DrawOptions::default()).context("cannot draw the layout")?,
        })
    }
}

/// A place for a layout, with the form that its ending asks for.
pub(crate) fn target(path: &Path) -> Result<(&Path, Form), EngineError> {
    Ok((path, Form::of(path)?))
}

/// Writes a layout to a file and prints the file's path, or writes it to
/// stdout for `-`.
pub(crate) fn deliver(layout: &Layout, form: Form, path: &Path, outputs: &Outputs) -> anyhow::Result<()> {
    put(path, &form.render(layout)?, outputs)
}

/// Writes a file and prints its path, or writes to stdout for `-`.
pub(crate) fn put(path: &Path, bytes: &[u8], outputs: &Outputs) -> anyhow::Result<()> {
    if is_dash(path) { Ok(screen::print(bytes)?) } else { write(path, bytes, outputs) }
}

/// Writes a file and prints its path.
pub(crate) fn write(path: &Path, bytes: &[u8], outputs: &Outputs) -> anyhow::Result<()> {
    Ok(screen::print_path(&outputs.write(path, bytes)?)?)
}

/// Tries a place before anything is done that will be written there.
pub(crate) fn try_place(path: &Path, outputs: &Outputs, screen: &Screen) -> anyhow::Result<()> {
    if !is_dash(path) {
        let taken: Vec<_> = outputs.try_place(path)?.into_iter().collect();
        screen.tell(&taken)?;
    }
    Ok(())
}

/// How many results go to stdout; one at most may. `printed` is one that is printed without naming a file.
pub(crate) fn on_stdout<'a>(
    paths: impl IntoIterator<Item = &'a Path>,
    printed: bool,
) -> Result<usize, EngineError> {
    let count = paths.into_iter().filter(|path| is_dash(path)).count() + usize::from(printed);
    if count > 1 {
        return Err(EngineError::Usage("stdout takes one thing; give the others file names".to_owned()));
    }
    Ok(count)
}

/// `-o out.png` names the first of several pictures `out-1.png`; one alone has the name itself.
pub(crate) fn of_several(path: &Path, count: u32, index: u32) -> PathBuf {
    if count == 1 { path.to_owned() } else { numbered(path, index + 1) }
}

/// Whether a path stands for stdin or stdout.
pub(crate) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}
