//! What captions and references name.

use crate::english;

/// The head noun of a caption.
pub(super) fn head_noun(caption: &str) -> Option<String> {
    let parsed = english::noun_phrases(caption).into_iter().next().map(|thing| thing.noun);
    parsed.or_else(|| caption.split_whitespace().last().map(plain))
}

/// A word without punctuation, lower case.
pub(super) fn plain(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// A caption without its article.
pub(crate) fn without_article(caption: &str) -> &str {
    ["a ", "an ", "the ", "A ", "An ", "The "]
        .iter()
        .find_map(|article| caption.strip_prefix(article))
        .unwrap_or(caption)
}

/// `her hat` as `hat`.
pub(super) fn without_owner(text: &str) -> &str {
    ["her ", "his ", "their ", "its "].iter().find_map(|owner| text.strip_prefix(owner)).unwrap_or(text)
}

/// Whether the words mean all objects.
pub(super) fn is_everything(text: &str) -> bool {
    let text = text.strip_prefix("all of ").or_else(|| text.strip_prefix("all ")).unwrap_or(text);
    let text = text.strip_prefix("the ").unwrap_or(text);
    matches!(
        text,
        "everything"
            | "all"
            | "boxes"
            | "objects"
            | "things"
            | "all boxes"
            | "all objects"
            | "items"
            | "elements"
            | "it all"
            | "of it"
            | "whole thing"
            | "lot"
    )
}
