//! Which language a prompt is in, as far as needed to say that the offline
//! planner does not read it.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::lexicon::{Tags, exact_tags};
use super::token::Token;
use crate::PlanError;

/// Little words of other languages that English does not have.
const MARKERS: [(&str, &str); 9] = [
    (
        "German",
        "ein eine einen einem einer der die das und mit ohne auf unter neben zwei drei vier fünf ist sind im vor hinter über zwischen links rechts katze hund roter rote rotes bild kein keine",
    ),
    (
        "French",
        "au aux d l un une le la les des du et avec sans sur sous dans deux trois quatre cinq est sont au aux devant derrière entre gauche droite chat chien près",
    ),
    (
        "Spanish",
        "un una unos unas el la los las y con sin sobre bajo en dos tres cuatro cinco es son del al junto detrás entre izquierda derecha gato perro encima debajo",
    ),
    (
        "Italian",
        "un uno una il lo la gli le e con senza su sotto due tre quattro cinque è sono del della nel nella accanto dietro tra sinistra destra gatto cane di che",
    ),
    (
        "Portuguese",
        "um uma o os as e com sem sobre dois duas três quatro cinco é são do da no na ao lado atrás entre esquerda direita gato cachorro em",
    ),
    (
        "Dutch",
        "een de het en met zonder op onder naast twee drie vier vijf is zijn in voor achter tussen links rechts kat hond rode van",
    ),
    ("Polish", "i z na pod dwa trzy jest są obok bez kot pies czerwony w"),
    ("Swedish", "en ett och med utan på under två tre fyra är bredvid bakom katt hund röd i den det"),
    ("Turkish", "bir ve ile üzerinde iki üç kedi köpek kırmızı altında yanında sağda solda"),
];

/// [`MARKERS`], each word found at once.
static MARKED: LazyLock<Vec<(&str, HashSet<&str>)>> =
    LazyLock::new(|| MARKERS.iter().map(|(name, words)| (*name, words.split(' ').collect())).collect());

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
    let english = words.iter().filter(|word| is_english(word)).count();
    let Some((language, seen)) = likeliest(&words) else { return Ok(()) };
    if seen.len() > english && (seen.len() > 1 || words.len() < 4) {
        let seen = seen.iter().take(3).map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        return Err(PlanError::NeedsLlm {
            why: format!("the prompt looks {language} ({seen}), and the offline planner reads English only"),
        });
    }
    Ok(())
}

/// Whether the English tables know a word.
fn is_english(word: &str) -> bool {
    exact_tags(word) != Tags::default() || super::lexicon::tags(word) != Tags::default()
}

/// The language most marker words speak for, with those words.
fn likeliest<'a>(words: &[&'a str]) -> Option<(&'static str, Vec<&'a str>)> {
    let seen = MARKED.iter().map(|(language, markers)| {
        let found: Vec<&str> = words.iter().copied().filter(|word| markers.contains(word)).collect();
        (*language, found)
    });
    seen.max_by_key(|(_, found)| found.len()).filter(|(_, found)| !found.is_empty())
}

fn script(c: char) -> Option<&'static str> {
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
