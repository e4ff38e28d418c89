//! The form of the data files, whatever is in them.
//!
//! A file is read line by line. Empty lines and lines that open with `#` say
//! nothing; `[name]` opens a section. What the other lines of a section mean
//! is up to its reader: words between spaces ([`words`]), or entries of the
//! form `phrase = value` ([`entries`]).

/// The lines of a file that say something, each with its section.
pub(super) fn lines(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut section = "";
    text.lines().map(str::trim).filter_map(move |line| {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(name) => {
                section = name;
                None
            }
            None => (!line.is_empty() && !line.starts_with('#')).then_some((section, line)),
        }
    })
}

/// All words of a section.
pub(super) fn words(text: &'static str, section: &str) -> impl Iterator<Item = &'static str> {
    of_section(text, section).flat_map(str::split_whitespace)
}

/// The entries of a section; the value is empty where there is none.
pub(super) fn entries(
    text: &'static str,
    section: &str,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    of_section(text, section).map(|line| line.split_once(" = ").unwrap_or((line, "")))
}

/// The lines of a section.
pub(crate) fn of_section(text: &'static str, section: &str) -> impl Iterator<Item = &'static str> {
    lines(text).filter(move |(name, _)| *name == section).map(|(_, line)| line)
}
