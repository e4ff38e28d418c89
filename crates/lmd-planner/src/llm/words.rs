//! Other people's words made fit to show: cleaned, cut, and without the key.

use lmd_layout::clean_text;
use secrecy::{ExposeSecret, SecretString};

/// Shorter keys are place-holders such as `none` or `EMPTY`; taking those out
/// of a text would garble it and hide nothing.
const SHORTEST_SECRET: usize = 8;

/// `text` on one clean line of at most `limit` characters.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    // Cleaning never lengthens, so a bounded prefix is enough to clean.
    let head: String = text.chars().take(limit.saturating_mul(4)).collect();
    let clean = clean_text(&head);
    if clean.chars().count() <= limit && head.len() == text.len() {
        return clean;
    }
    let mut cut: String = clean.chars().take(limit.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// `text` with every occurrence of the key replaced.
pub(super) fn redact(text: &str, key: Option<&SecretString>) -> String {
    match key.map(ExposeSecret::expose_secret) {
        Some(key) if key.len() >= SHORTEST_SECRET => text.replace(key, "[key]"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_and_cleaned() {
        assert_eq!(shorten("a\u{1b}[31m red\ncar", 40), "a [31m red car");
        let cut = shorten(&"word ".repeat(100), 20);
        assert!(cut.chars().count() <= 20 && cut.ends_with('…'), "{cut}");
    }

    #[test]
    fn keys_are_replaced_but_place_holders_are_not() {
        let key = SecretString::from("sk-0123456789");
        assert_eq!(redact("bad key sk-0123456789!", Some(&key)), "bad key [key]!");
        assert_eq!(redact("none of it", Some(&SecretString::from("none"))), "none of it");
    }
}
