//! What goes to stdout and what to stderr, whether in colour, and how text
//! from outside is made harmless on its way to a terminal.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use lmd_engine::{EngineError, Notice, NoticeKind, folded};
use serde::Serialize;

/// Most digits of a number that are shown.
const MOST_DIGITS: usize = 80;

/// The terminal, or what stands in its place.
#[derive(Clone, Debug)]
pub(crate) struct Screen {
    quiet: bool,
    strict: bool,
    colour_out: bool,
    colour_err: bool,
}

impl Screen {
    /// The screen of this process. `quiet`: nothing but errors on stderr;
    /// `strict`: warnings are errors.
    pub(crate) fn new(quiet: bool, strict: bool) -> Self {
        let wanted = env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            && env::var_os("TERM").is_none_or(|v| v != "dumb");
        Self {
            quiet,
            strict,
            colour_out: wanted && io::stdout().is_terminal(),
            colour_err: wanted && io::stderr().is_terminal(),
        }
    }

    /// Whether results are shown in colour.
    pub(crate) fn has_colour(&self) -> bool {
        self.colour_out
    }

    /// Whether a bar may move on stderr.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Whether the terminal says that it shows any colour.
    pub(crate) fn has_true_colour(&self) -> bool {
        let colours = env::var("COLORTERM").unwrap_or_default();
        self.colour_err && matches!(colours.as_str(), "truecolor" | "24bit")
    }

    /// Says what a person should know.
    ///
    /// # Errors
    /// [`EngineError::Warnings`] where there are some and they are to be errors.
    pub(crate) fn tell(&self, notices: &[Notice]) -> Result<(), EngineError> {
        if self.strict && notices.iter().any(Notice::is_warning) {
            let warnings = notices.iter().filter(|notice| notice.is_warning()).cloned().collect();
            return Err(EngineError::Warnings(warnings));
        }
        for (kind, text) in folded(notices) {
            match kind {
                NoticeKind::Note => self.note(&text),
                NoticeKind::Warning => self.warning(&text),
            }
        }
        Ok(())
    }

    /// Says something that is neither a result nor a warning.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            say(&clean(text));
        }
    }

    fn warning(&self, text: &str) {
        if !self.quiet {
            say(&self.label("warning", AnsiColor::Yellow, text));
        }
    }

    /// Says what could be done.
    pub(crate) fn hint(&self, text: &str) {
        if !self.quiet {
            say(&self.label("hint", AnsiColor::Cyan, text));
        }
    }

    /// Says what went wrong, with every cause that adds something.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        let mut text = error.to_string();
        let mut last = text.clone();
        for cause in error.chain().skip(1) {
            let cause = cause.to_string();
            // Transparent errors and those that quote their cause say it already.
            if !last.contains(&cause) {
                text.push_str(&format!("\n  because: {cause}"));
            }
            last = cause;
        }
        say(&self.label("error", AnsiColor::Red, &text));
    }

    fn label(&self, label: &str, colour: AnsiColor, text: &str) -> String {
        let style =
            if self.colour_err { Style::new().bold().fg_color(Some(colour.into())) } else { Style::new() };
        format!("{style}{label}:{style:#} {}", clean(&short_numbers(text)))
    }
}

/// Prints a result, exactly these bytes: a file, or text that was cleaned.
pub(crate) fn print(bytes: impl AsRef<[u8]>) -> io::Result<()> {
    let failed = |error: io::Error| io::Error::new(error.kind(), format!("cannot write to stdout: {error}"));
    to_stdout(bytes.as_ref()).map_err(failed)
}

/// Writes to stdout. The standard library takes a stdout that cannot be written to for one that takes everything.
#[cfg(unix)]
fn to_stdout(mut bytes: &[u8]) -> io::Result<()> {
    let _one_at_a_time = io::stdout().lock();
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn to_stdout(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Prints a text for people, which ends with its line. Whatever in it is not
/// meant to be seen is shown by its number.
pub(crate) fn println(text: &str) -> io::Result<()> {
    print(format!("{}\n", clean(text)))
}

/// Prints the path of a file that was written: for a program as it is, for a
/// terminal cleaned.
pub(crate) fn print_path(path: &Path) -> io::Result<()> {
    if io::stdout().is_terminal() {
        return println(&path.display().to_string());
    }
    print([path.as_os_str().as_encoded_bytes(), b"\n"].concat())
}

/// Prints a value as JSON, without characters that a terminal would obey.
pub(crate) fn print_json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    Ok(print(json(value)? + "\n")?)
}

/// A value as JSON; control and invisible characters are escaped.
pub(crate) fn json<T: Serialize>(value: &T) -> serde_json::Result<String> {
    let text = serde_json::to_string_pretty(value)?;
    // Outside of texts JSON has none of them but line breaks.
    Ok(replaced(&text, |c| {
        let mut units = [0; 2];
        c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    })
    .into_owned())
}

/// Text from outside made harmless: control characters but line breaks and
/// tabs, and characters that hide or reorder others, are shown by their numbers.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    replaced(text, |c| c.escape_unicode().to_string())
}

fn replaced(text: &str, by: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_hidden(c) { by(c) } else { c.to_string() }).collect())
}

/// Controls (C0, DEL, C1) but line breaks and tabs, characters that separate lines, and those that nobody sees.
fn is_hidden(c: char) -> bool {
    let control = c.is_control() && !matches!(c, '\n' | '\t');
    control || matches!(c, '\u{2028}' | '\u{2029}') || lmd_layout::is_invisible(c)
}

/// A text in which numbers of very many digits are shortened.
pub(crate) fn short_numbers(text: &str) -> Cow<'_, str> {
    let mut digits = 0;
    let mut short = String::new();
    for c in text.chars() {
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        match digits.cmp(&(MOST_DIGITS + 1)) {
            Ordering::Less => short.push(c),
            Ordering::Equal => short.push('…'),
            Ordering::Greater => {}
        }
    }
    if short == text { Cow::Borrowed(text) } else { Cow::Owned(short) }
}

pub(crate) fn say(text: &str) {
    // There is nowhere to say that stderr is gone.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_commands_the_terminal() {
        assert_eq!(clean("a\u{1b}]0;own\u{7}b\n"), "a\\u{1b}]0;own\\u{7}b\n");
        assert_eq!(clean("a\u{202e}b\u{9b}c\u{e0041}"), "a\\u{202e}b\\u{9b}c\\u{e0041}");
        assert_eq!(clean("猫 é\tok"), "猫 é\tok");
        assert_eq!(json(&"a\u{202e}\u{9b}\u{e0041}é").unwrap(), "\"a\\u202e\\u009b\\udb40\\udc41é\"");
        let back: String = serde_json::from_str(&json(&"a\u{202e}\u{e0041}é").unwrap()).unwrap();
        assert_eq!(back, "a\u{202e}\u{e0041}é");
    }

    #[test]
    fn numbers_of_many_digits_are_shortened() {
        let many = short_numbers(&format!("a {} b 12", "9".repeat(309))).into_owned();
        assert_eq!(many, format!("a {}… b 12", "9".repeat(80)));
        assert!(matches!(short_numbers("12 and 34"), Cow::Borrowed(_)));
    }

    #[test]
    fn warnings_are_errors_where_they_shall_be() {
        let warning = [Notice::AddressWithoutModel { url: "u".to_owned() }];
        assert!(Screen::new(true, false).tell(&warning).is_ok());
        let error = Screen::new(true, true).tell(&warning).unwrap_err();
        assert_eq!(error.kind().exit_code(), 6);
        assert!(Screen::new(true, true).tell(&[Notice::PlansOffline]).is_ok());
    }
}
