//! A caption in another language is translated by the model first, which small
//! models do better than planning from it; the translation is planned and
//! verified like an English caption.

use lmd_layout::without_reasoning;

use super::LlmError;
use super::chat::{ChatContext, ChatEvent, ChatModel, ChatRequest, Limits, Message};
use super::glossary::{self, Meaning};
use crate::cache::{AnswerCache, CacheKey};
use crate::{english, normalize_prompt};

/// The name of the question's wording: answers to another are not taken from
/// the cache.
const WORDING: &str = "translate-2";
/// What the question ends with.
const CUE: &str = "English:";
/// A translation longer than so many times its caption, and so many characters
/// more, is none. Chinese grows most.
const LONGEST: (usize, usize) = (8, 60);

/// A caption in English, and what a person should know of how it became that.
pub(super) struct Translated {
    pub(super) caption: String,
    pub(super) warnings: Vec<String>,
}

/// A model that translates, and the answers that are known.
pub(super) struct Translator<'a> {
    pub(super) model: &'a dyn ChatModel,
    pub(super) cache: Option<&'a AnswerCache>,
    pub(super) limits: Limits,
}

impl Translator<'_> {
    /// The caption in English: a caption in another language is translated by
    /// the model, or known from the cache. What is no translation is told, and
    /// the caption stays as it is.
    pub(super) fn in_english(
        &self,
        caption: &str,
        context: &ChatContext<'_>,
    ) -> Result<Translated, LlmError> {
        let same = |warnings| Translated { caption: caption.to_owned(), warnings };
        if !english::is_foreign(caption) {
            return Ok(same(Vec::new()));
        }
        let name = self.model.name();
        let key = CacheKey { prompt: caption, model: &name, template: WORDING, format: "line" };
        // A damaged entry is asked for again; the layout's own entry tells it.
        let known = self.cache.and_then(|cache| cache.get(&key).ok().flatten());
        let known = known.and_then(|reply| read(caption, &reply));
        let meanings = glossary::meanings(caption);
        let text = match known {
            Some(text) => Some(text),
            None => self.translated(caption, &meanings, &key, context)?,
        };
        let Some(text) = text else { return Ok(same(vec![NOT_TRANSLATED.to_owned()])) };
        context.tell(&ChatEvent::Translated { text: text.clone() });
        let lost = glossary::lost(&meanings, &text);
        let warning = |lost: &&Meaning| {
            format!(
                "the translation \"{text}\" does not name \"{}\" ({}), as the prompt seems to",
                lost.usual(),
                lost.word
            )
        };
        let warnings = lost.iter().map(warning).collect();
        Ok(Translated { caption: text, warnings })
    }

    /// The model's translation; where it lacks words whose meaning is known, it is asked once more.
    fn translated(
        &self,
        caption: &str,
        meanings: &[Meaning],
        key: &CacheKey<'_>,
        context: &ChatContext<'_>,
    ) -> Result<Option<String>, LlmError> {
        let mut messages = vec![question(caption, meanings)];
        let ask = |messages: &[Message]| -> Result<String, LlmError> {
            let request = ChatRequest::new(messages.to_vec(), self.limits).with_cue(CUE);
            Ok(self.model.complete(&request, context)?.text)
        };
        let mut reply = ask(&messages)?;
        let mut text = read(caption, &reply);
        let lost = |text: &Option<String>| glossary::lost(meanings, text.as_deref().unwrap_or_default());
        let lacks = lost(&text);
        if text.is_some() && !lacks.is_empty() {
            messages.extend([Message::assistant(reply.clone()), remark(&lacks)]);
            let again = ask(&messages)?;
            let better = read(caption, &again);
            if better.is_some() && lost(&better).len() < lacks.len() {
                (reply, text) = (again, better);
            }
        }
        if let (Some(cache), Some(_)) = (self.cache, &text) {
            // A cache that takes nothing is told with the layout.
            let _ = cache.put(key, &reply);
        }
        Ok(text)
    }
}

/// A caption in another language that the model did not translate.
const NOT_TRANSLATED: &str =
    "the model gave no English translation of the prompt, so the layout was not held against it";

/// Asks for `caption` in English, some of whose words are known.
fn question(caption: &str, meanings: &[Meaning]) -> Message {
    let known: Vec<String> = meanings.iter().map(|m| format!("{} = {}", m.word, m.usual())).collect();
    let known = if known.is_empty() { String::new() } else { format!("Words: {}\n", known.join(", ")) };
    Message::user(format!(
        "Translate the caption of a picture into English. Keep every object, number, colour, place and negation, and \
         add nothing. Write the translation on one line and nothing else.\n\nCaption: 一只狗坐在两把红色椅子中间\n\
         Words: 狗 = dog, 红色 = red, 椅子 = chair\n{CUE} a dog sitting between two red chairs\n\n\
         Caption: Ein alter Leuchtturm am Meer, keine Boote\nWords: leuchtturm = lighthouse, meer = sea, boote = boat\n\
         {CUE} an old lighthouse by the sea, no boats\n\nCaption: {caption}\n{known}{CUE}"
    ))
}

/// Asks again, after a translation that lacks some words.
fn remark(lost: &[&Meaning]) -> Message {
    let lost: Vec<String> = lost.iter().map(|m| format!("{} ({})", m.usual(), m.word)).collect();
    Message::user(format!(
        "The translation lacks: {}. Translate the whole caption again, with these words.\n{CUE}",
        lost.join(", ")
    ))
}

/// The translation in a reply: its first line, without quotes and a label.
/// `None` where that is empty, not English, or far too long.
fn read(caption: &str, reply: &str) -> Option<String> {
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
