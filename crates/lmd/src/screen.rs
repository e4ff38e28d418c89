//! What goes to stdout and what to stderr, and whether in colour.

use std::env;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

/// The terminal, or what stands in its place.
#[derive(Clone, Debug)]
pub(crate) struct Screen {
    quiet: bool,
    colour_out: bool,
    colour_err: bool,
}

impl Screen {
    /// The screen of this process.
    pub(crate) fn new(quiet: bool) -> Self {
        let wanted = env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            && env::var_os("TERM").is_none_or(|v| v != "dumb");
        Self {
            quiet,
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

    /// Says something that is neither a result nor a warning.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    /// Says that something may not be as wanted.
    pub(crate) fn warning(&self, text: &str) {
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
        format!("{style}{label}:{style:#} {text}")
    }
}

/// Prints a result, exactly these bytes.
pub(crate) fn print(bytes: impl AsRef<[u8]>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes.as_ref())?;
    out.flush()
}

/// Prints a result that ends with its line.
pub(crate) fn println(text: &str) -> io::Result<()> {
    print(format!("{text}\n"))
}

fn say(text: &str) {
    // There is nowhere to say that stderr is gone.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
