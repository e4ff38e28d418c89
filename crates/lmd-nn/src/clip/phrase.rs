//! Where a phrase stands among the tokens of a prompt (LLM-grounded Diffusion, arXiv:2305.13655, section 4).

use lmd_layout::Fidelity;

use super::Tokenizer;
use crate::NnError;

/// Token positions of a phrase in an encoded prompt; the start token is position 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positions {
    /// All tokens of the phrase, consecutive.
    pub tokens: Vec<usize>,
    /// The token that stands for the object: the last one of its word.
    pub word: usize,
}

impl Tokenizer {
    /// The prompt with `"| "` and the phrase appended, for every phrase it does not hold yet.
    ///
    /// The reference looks for the phrase among the characters, so that it takes
    /// "cat" to be held by "cathedral"; the mended version looks among the tokens.
    ///
    /// # Errors
    ///
    /// When a text cannot be split into tokens.
    pub fn extend_prompt(
        &self,
        prompt: &str,
        phrases: &[&str],
        fidelity: Fidelity,
    ) -> Result<String, NnError> {
        let mut extended = prompt.to_owned();
        for phrase in phrases {
            let held = match fidelity {
                Fidelity::Reference => extended.contains(phrase),
                _ => find(&self.pieces(&extended)?, &self.pieces(phrase)?).is_some(),
            };
            if !held {
                extended.push_str("| ");
                extended.push_str(phrase);
            }
        }
        Ok(extended)
    }

    /// Positions of `phrase` in `prompt`, and of `word` in it.
    ///
    /// The reference joins the tokens to one string and searches that, so that a
    /// phrase may be found inside a longer token; the mended version compares
    /// token by token.
    ///
    /// # Errors
    ///
    /// When the phrase is not in the prompt, lies beyond what the encoder reads,
    /// or does not hold the word.
    pub fn locate(
        &self,
        prompt: &str,
        phrase: &str,
        word: &str,
        fidelity: Fidelity,
    ) -> Result<Positions, NnError> {
        let whole = self.pieces(prompt)?;
        let part = self.pieces(phrase)?;
        let start = match fidelity {
            Fidelity::Reference => self.find_joined(&whole, &part),
            _ => find(&whole, &part).map(|at| at + 1),
        };
        let start = start.ok_or_else(|| NnError::PhraseNotInPrompt {
            phrase: phrase.to_owned(),
            prompt: prompt.to_owned(),
        })?;
        if start + part.len() > self.length() - 1 {
            return Err(NnError::PhraseCutOff { phrase: phrase.to_owned(), limit: self.length() });
        }
        let last = self.pieces(word)?.last().copied();
        let inside = part.iter().position(|&id| Some(id) == last);
        let inside = inside
            .ok_or_else(|| NnError::WordNotInPhrase { phrase: phrase.to_owned(), word: word.to_owned() })?;
        Ok(Positions { tokens: (start..start + part.len()).collect(), word: start + inside })
    }

    /// The reference's search: spaces before the hit, in the joined tokens of start, prompt and end.
    fn find_joined(&self, whole: &[u32], part: &[u32]) -> Option<usize> {
        let prompt = [&[self.start_token()], whole, &[self.end_token()]].concat();
        let (prompt, phrase) = (self.join(&prompt), self.join(part));
        if phrase.is_empty() {
            return None;
        }
        let mut before = prompt[..prompt.find(&phrase)?].chars();
        before.next_back(); // the reference takes the last character to be a space
        Some(before.filter(|&c| c == ' ').count() + 1)
    }

    fn join(&self, ids: &[u32]) -> String {
        let tokens = ids.iter().map(|&id| self.token(id).unwrap_or_default());
        tokens.collect::<Vec<_>>().join(" ")
    }
}

/// Where `part` first stands in `whole`, token by token.
fn find(whole: &[u32], part: &[u32]) -> Option<usize> {
    if part.is_empty() {
        return None;
    }
    whole.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const BOTH: [Fidelity; 2] = [Fidelity::Reference, Fidelity::Corrected];

    fn tokenizer() -> Tokenizer {
        Tokenizer::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tokenizer")).unwrap()
    }

    #[test]
    fn a_phrase_is_found_after_the_start_token() {
        for fidelity in BOTH {
            let found = tokenizer().locate("the gray cat on a table", "a table", "table", fidelity).unwrap();
            assert_eq!((found.tokens, found.word), (vec![5, 6], 6));
        }
    }

    #[test]
    fn the_word_is_its_last_token() {
        for fidelity in BOTH {
            let found = tokenizer().locate("two gray cats", "gray cats", "cats", fidelity).unwrap();
            assert!(found.tokens.len() > 2, "cats is no token of this vocabulary");
            assert_eq!(Some(&found.word), found.tokens.last());
        }
    }

    #[test]
    fn a_missing_phrase_is_appended_once() {
        for fidelity in BOTH {
            let extended =
                tokenizer().extend_prompt("a dog", &["a cat", "a cat", "a dog"], fidelity).unwrap();
            assert_eq!(extended, "a dog| a cat");
        }
    }

    #[test]
    fn the_reference_takes_part_of_a_word_for_the_phrase() {
        let extend = |fidelity| tokenizer().extend_prompt("a cathedral", &["cat"], fidelity).unwrap();
        assert_eq!(extend(Fidelity::Reference), "a cathedral");
        assert_eq!(extend(Fidelity::Corrected), "a cathedral| cat");
    }

    /// The joined string has `t</w>` first at the end of `cat</w>`.
    #[test]
    fn the_reference_finds_a_phrase_inside_a_longer_token() {
        let word = |fidelity| tokenizer().locate("a cat dog t", "t", "t", fidelity).unwrap().word;
        assert_eq!(word(Fidelity::Reference), 3);
        assert_eq!(word(Fidelity::Corrected), 4);
    }

    #[test]
    fn what_cannot_be_found_is_said() {
        let long = format!("{} a table", "the cat ".repeat(40));
        for fidelity in BOTH {
            let locate =
                |prompt: &str, phrase: &str, word: &str| tokenizer().locate(prompt, phrase, word, fidelity);
            assert!(matches!(locate("a dog", "a cat", "cat"), Err(NnError::PhraseNotInPrompt { .. })));
            assert!(matches!(locate("a dog", "", "cat"), Err(NnError::PhraseNotInPrompt { .. })));
            assert!(matches!(locate("a dog", "a dog", "cat"), Err(NnError::WordNotInPhrase { .. })));
            assert!(matches!(locate(&long, "a table", "table"), Err(NnError::PhraseCutOff { .. })));
        }
    }
}
