//! Reading what somebody names or sends: bounded, in any encoding of text that
//! editors write, layouts and pictures alike.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use lmd_layout::{Note, layout_from_json};
use lmd_planner::llm::plan_from_answer;
use thiserror::Error;

use crate::error::EngineError;
use crate::job::Subject;
use crate::picture::{self, MAX_PICTURE_BYTES, Noted};

/// Most bytes of a text that is read; layouts and answers are far shorter.
pub const MAX_TEXT_BYTES: usize = 1 << 20;

/// Why bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TextError {
    /// Neither UTF-8 nor UTF-16.
    #[error("it is no text: byte {at} is neither UTF-8 nor, with a byte-order mark, UTF-16")]
    Encoding {
        /// The first byte that is wrong, from 0.
        at: usize,
    },
}

/// The text of bytes: UTF-8 with or without a byte-order mark, or UTF-16 with one.
///
/// # Errors
/// [`TextError`].
pub fn text(bytes: &[u8]) -> Result<String, TextError> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest, 3),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => utf8(bytes, 0),
    }
}

/// UTF-16 behind its byte-order mark.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, TextError> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::new();
    let mut at = 2;
    for read in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let c = read.map_err(|_| TextError::Encoding { at })?;
        at += 2 * c.len_utf16();
        text.push(c);
    }
    if odd.is_empty() { Ok(text) } else { Err(TextError::Encoding { at }) }
}

fn utf8(bytes: &[u8], before: usize) -> Result<String, TextError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(TextError::Encoding { at: before + error.valid_up_to() }),
    }
}

/// At most `limit` bytes of a file. What would be waited for without end is
/// refused: pipes with names, and devices that are no characters.
///
/// # Errors
/// What the system says, or that it is no file.
pub fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    refuse(&path.metadata()?, path)?;
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(unix)]
fn refuse(meta: &Metadata, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::FileTypeExt;
    let kind = meta.file_type();
    // A shell's `<(…)` is a pipe without a name, written to already.
    let nameless =
        path.starts_with("/dev/fd") || path.starts_with("/proc") || path == Path::new("/dev/stdin");
    if kind.is_fifo() && !nameless {
        let what = "it is a named pipe, which may never be written to; give a file, or `-` and a redirection";
        return Err(io::Error::new(ErrorKind::InvalidInput, what));
    }
    if kind.is_block_device() || kind.is_socket() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is a device or a socket, not a file"));
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse(_: &Metadata, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Something that was read, and what messages call it.
#[derive(Clone, Debug)]
pub struct Input {
    /// How messages call it.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether its name says that it is JSON.
    json: bool,
}

impl Input {
    /// Bytes from elsewhere than a file.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), bytes, json: false }
    }

    /// A file, a picture or a text.
    ///
    /// # Errors
    /// [`EngineError::Read`].
    pub fn file(path: &Path) -> Result<Self, EngineError> {
        let failed = |source| EngineError::Read { path: path.to_owned(), source };
        let bytes = read_bounded(path, MAX_PICTURE_BYTES as u64 + 1).map_err(failed)?;
        let json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        Ok(Self { name: path.display().to_string(), bytes, json })
    }

    /// Its text.
    ///
    /// # Errors
    /// [`EngineError::Usage`] when it is none or too long.
    pub fn text(&self) -> Result<String, EngineError> {
        let wrong = |why: String| EngineError::Usage(format!("cannot read {}: {why}", self.name));
        if self.bytes.len() > MAX_TEXT_BYTES {
            return Err(wrong(format!("it has more than {MAX_TEXT_BYTES} bytes")));
        }
        text(&self.bytes).map_err(|error| wrong(error.to_string()))
    }

    /// What it notes about itself, when it is a picture of lmd.
    ///
    /// # Errors
    /// [`EngineError::Recipe`].
    pub fn noted(&self) -> Result<Noted, EngineError> {
        picture::recipe(&self.bytes).map_err(|source| EngineError::Recipe { name: self.name.clone(), source })
    }

    /// What it shows: a layout in JSON, one in any other form we understand, or
    /// that of a picture.
    ///
    /// # Errors
    /// [`EngineError::NoLayout`], or why it cannot be read.
    pub fn subject(&self) -> Result<Subject, EngineError> {
        if picture::is_png(&self.bytes) {
            return Ok(Subject::of_recipe(&self.noted()?.recipe));
        }
        let text = self.text()?;
        let json_error = match layout_from_json(&text) {
            Ok(layout) => return Ok(Subject::layout(layout)),
            Err(error) => error,
        };
        let name = self.name.clone();
        // An answer of a language model in such a file is no layout, but those of other programs are JSON, too.
        if self.json && !is_of_another_program(&text) {
            return Err(EngineError::NoLayout { name, source: Box::new(json_error) });
        }
        match plan_from_answer("", &text) {
            Ok(plan) => Ok(Subject::read(plan)),
            Err(error) => Err(EngineError::NoLayout { name, source: Box::new(error) }),
        }
    }
}

/// Whether a text is a layout in another program's own form, told by its keys.
fn is_of_another_program(text: &str) -> bool {
    lmd_layout::parse_answer(text)
        .is_ok_and(|parsed| parsed.notes.iter().any(|note| matches!(note, Note::Foreign(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_programs_are_layouts_whatever_their_ending() {
        let gligen = r#"{"prompt":"a car on a road","phrases":["a car"],"locations":[[0.1,0.2,0.6,0.7]]}"#;
        let read = |name: &str, text: &str| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Input::file(&path).unwrap().subject()
        };
        for name in ["l.json", "l.txt"] {
            assert_eq!(read(name, gligen).unwrap().layout.objects().len(), 1);
        }
        // An answer in such a file is none of ours, and a mistake in our own form is told as one.
        assert!(read("l.json", r#"{"objects": 3}"#).is_err());
    }

    #[test]
    fn text_of_any_editor_is_read() {
        let le = |text: &str| -> Vec<u8> {
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
        };
        let be = |text: &str| -> Vec<u8> {
            [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect()
        };
        for bytes in ["猫 a".as_bytes().to_vec(), "\u{feff}猫 a".as_bytes().to_vec(), le("猫 a"), be("猫 a")]
        {
            assert_eq!(text(&bytes).unwrap(), "猫 a");
        }
        assert_eq!(text(b"ab\xff"), Err(TextError::Encoding { at: 2 }));
        assert!(text(&[0xff, 0xfe, 0x41]).is_err() && text(&[0xff, 0xfe, 0x00, 0xd8]).is_err());
        // A surrogate without its other half, and half a unit, are told where they stand.
        assert_eq!(text(&[0xff, 0xfe, 0x41, 0, 0, 0xd8, 0x41, 0]), Err(TextError::Encoding { at: 4 }));
        assert_eq!(text(&[0xff, 0xfe, 0x41, 0, 0x41]), Err(TextError::Encoding { at: 4 }));
    }

    #[cfg(unix)]
    #[test]
    fn what_would_be_waited_for_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let error = read_bounded(&path, 10).unwrap_err().to_string();
        assert!(error.contains("named pipe"), "{error}");
        assert!(Input::file(&path).is_err());
        assert_eq!(read_bounded(Path::new("/dev/zero"), 10).unwrap(), [0; 10]);
    }

    #[test]
    fn a_layout_is_read_from_whatever_holds_one() {
        let json = "\u{feff}{\"objects\": [{\"caption\": \"a cat\", \"box\": [0.1, 0.1, 0.5, 0.5]}], \"background\": \"b\"}";
        let of = |text: &str| Input::new("stdin", text.as_bytes().to_vec()).subject();
        assert_eq!(of(json).unwrap().layout.objects().len(), 1);
        let answer = "Objects: [('a cat', [51, 51, 205, 205])]\nBackground prompt: b\nNegative prompt: ";
        assert_eq!(of(answer).unwrap().layout.objects().len(), 1);
        let error = of("I cannot draw.").unwrap_err();
        assert_eq!(error.to_string(), "stdin is not a layout");
        assert!(matches!(of("\u{89}PNG"), Err(EngineError::NoLayout { .. })));
        let png = Input::new("stdin", b"\x89PNG\r\n\x1a\n".to_vec());
        assert!(matches!(png.subject(), Err(EngineError::Recipe { .. })));
    }
}
