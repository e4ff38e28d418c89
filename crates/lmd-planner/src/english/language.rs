//! Which language a prompt is in, as far as needed to say that the offline
//! planner does not read it.

use super::token::Token;
use crate::PlanError;
use crate::lexicon::{likeliest_language, tags};

/// An error when the prompt is in a language the parser does not read.
pub(super) fn check(tokens: &[Token]) -> Result<(), PlanError> {
    // `au-dessus` and `d'un` are told by their parts.
    let words = tokens.iter().filter(|token| token.is_word()).flat_map(|token| token.low.split(['-', '\'']));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let letters: Vec<char> =
        words.iter().flat_map(|word| word.chars()).filter(|c| c.is_alphabetic()).collect();
    let foreign = letters.iter().filter(|c| script(**c).is_some()).count();
    if foreign * 3 > letters.len() {
        let script = letters.iter().find_map(|c| script(*c)).unwrap_or("another script");
        let sample: String =
            words.iter().take(4).copied().collect::<Vec<_>>().join(" ").chars().take(30).collect();
        return Err(PlanError::NeedsLlm {
            why: format!(
                "the prompt is written in {script} (\"{sample}\"), and the offline planner reads English only"
            ),
        });
    }
    let english = words.iter().filter(|word| !tags(word).is_unknown()).count();
    let Some((language, seen)) = likeliest_language(&words) else { return Ok(()) };
    if seen.len() > english && (seen.len() > 1 || words.len() < 4) {
        let seen = seen.iter().take(3).map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        return Err(PlanError::NeedsLlm {
            why: format!("the prompt looks {language} ({seen}), and the offline planner reads English only"),
        });
    }
    Ok(())
}

/// What a letter outside Latin script is called.
pub(crate) fn script(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{0370}'..='\u{03ff}' => "Greek letters",
        '\u{0400}'..='\u{052f}' => "Cyrillic letters",
        '\u{0530}'..='\u{058f}' => "Armenian letters",
        '\u{0590}'..='\u{05ff}' => "Hebrew letters",
        '\u{0600}'..='\u{06ff}' | '\u{0750}'..='\u{077f}' => "Arabic letters",
        '\u{0900}'..='\u{0dff}' => "an Indian script",
        '\u{0e00}'..='\u{0eff}' => "Thai or Lao letters",
        '\u{3040}'..='\u{30ff}' => "Japanese",
        '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{2ffff}' => "Chinese characters",
        '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' => "Korean",
        _ => return None,
    })
}
