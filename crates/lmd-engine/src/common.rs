//! Small things that several files of the engine need.

use std::io::{self, ErrorKind};

/// Whether there is no such file: none, or a folder on the way that is no folder.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// The first characters of a text, for a message, with an ellipsis where some are missing.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The known name that is most like an unknown one, if its likeness (Jaro-Winkler) is at least `least`.
pub(crate) fn most_alike<'a>(
    unknown: &str,
    known: impl Iterator<Item = &'a str>,
    least: f64,
) -> Option<&'a str> {
    known
        .map(|name| (strsim::jaro_winkler(unknown, name), name))
        .filter(|(likeness, _)| *likeness >= least)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!((shortened("猫猫猫", 2), shortened("猫猫", 2)), ("猫猫…".to_owned(), "猫猫".to_owned()));
    }

    #[test]
    fn only_what_is_alike_is_offered() {
        let known = ["model", "url"];
        assert_eq!(most_alike("modell", known.into_iter(), 0.7), Some("model"));
        assert_eq!(most_alike("xyz", known.into_iter(), 0.7), None);
    }
}
