//! A caption in another language is translated by the model first, which small
//! models do better than planning from it; the translation is planned and
//! verified like an English caption.

use lmd_layout::without_reasoning;

use super::chat::Message;
use crate::{english, normalize_prompt};

/// The name of the question's wording: answers to another are not taken from
/// the cache.
pub(super) const WORDING: &str = "translate-1";
/// What the question ends with.
pub(super) const CUE: &str = "English:";
/// A translation longer than so many times its caption, and so many characters
/// more, is none. Chinese grows most.
const LONGEST: (usize, usize) = (8, 60);

/// Asks for `caption` in English.
pub(super) fn question(caption: &str) -> Message {
    Message::user(format!(
        "Translate the caption of a picture into English. Keep every object, number, colour, place and negation, and \
         add nothing. Write the translation on one line and nothing else.\n\nCaption: 一只狗坐在两把红色椅子中间\n\
         {CUE} a dog sitting between two red chairs\n\nCaption: Ein alter Leuchtturm am Meer, keine Boote\n\
         {CUE} an old lighthouse by the sea, no boats\n\nCaption: {caption}\n{CUE}"
    ))
}

/// The translation in a reply: its first line, without quotes and a label.
/// `None` where that is empty, not English, or far too long.
pub(super) fn read(caption: &str, reply: &str) -> Option<String> {
    let lines = without_reasoning(reply).lines().map(|line| line.trim().trim_matches(['*', '`', '#', ' ']));
    let line = lines.filter(|line| !line.is_empty()).find(|line| !line.ends_with(':'))?;
    let labelled =
        |label: &&str| line.get(..label.len()).is_some_and(|start| start.eq_ignore_ascii_case(label));
    let label = ["English:", "Translation:", "Caption:", "English translation:"].into_iter().find(labelled);
    let text = line.get(label.map_or(0, str::len)..)?.trim_matches(['*', ' ']);
    let text = text.trim_matches(['"', '\'', '“', '”', '「', '」', ' ']);
    let text = normalize_prompt(text).ok()?;
    let (length, most) = (text.chars().count(), LONGEST.0 * caption.chars().count() + LONGEST.1);
    let says = text.chars().any(char::is_alphabetic) && length <= most;
    (says && !english::is_foreign(&text)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTION: &str = "Eine Katze auf einem Sofa";

    #[test]
    fn the_translation_is_found_in_a_reply() {
        for reply in [
            "a cat on a sofa",
            "A cat on a sofa.",
            "\"a cat on a sofa\"",
            "English: a cat on a sofa\n\nI hope this helps!",
            "**Translation:** a cat on a sofa",
            "<think>Katze is cat.</think>\nHere is the translation:\na cat on a sofa",
        ] {
            assert_eq!(read(CAPTION, reply).unwrap().to_lowercase(), "a cat on a sofa", "{reply}");
        }
    }

    #[test]
    fn what_is_no_translation_is_not_taken() {
        let long = "a cat ".repeat(200);
        for reply in ["", "  \n", "...", "Eine Katze auf einem Sofa", "一只猫", long.as_str()] {
            assert_eq!(read(CAPTION, reply), None, "{reply}");
        }
    }
}
