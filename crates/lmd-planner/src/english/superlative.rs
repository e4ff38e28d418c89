//! One of several told in one breath: `the biggest of three bears` are three bears, one of which is the biggest.

use super::links::place_word;
use super::noun_phrase::noun_phrase;
use super::token::Token;
use crate::lexicon::{List, comparative, is_adjective, superlative};

/// Puts the several before the one: `three bears, the biggest one`.
pub(super) fn several_first(tokens: Vec<Token>) -> Vec<Token> {
    if !tokens.iter().any(|token| matches!(token.low.as_str(), "of" | "neither")) {
        return tokens;
    }
    let mut turned: Vec<Token> = Vec::with_capacity(tokens.len() + 2);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match one_of(&tokens, at) {
            Some((one, several, end)) => {
                turned.extend(several);
                turned.extend((!one.is_empty()).then(|| Token::new(",")));
                turned.extend(one);
                at = end;
            }
            None => {
                turned.push(token.clone());
                at += 1;
            }
        }
    }
    turned
}

/// The one and the several of a phrase at `at`, with the index after it.
fn one_of(tokens: &[Token], at: usize) -> Option<(Vec<Token>, Vec<Token>, usize)> {
    let low = |i: usize| tokens.get(i).map_or("", |token| token.low.as_str());
    let the = usize::from(low(at) == "the");
    let word = low(at + the);
    let sized = word.ends_with("er") && crate::lexicon::size(word).is_some();
    let compared = the == 1 && (sized || comparative(word).is_some() || List::Elder.has(word));
    let best = superlative(word).is_some() || compared;
    let number = the == 0 && matches!(word, "one" | "two" | "three");
    if let Some(denied) = denied_of(tokens, at) {
        return Some(denied);
    }
    // "the middle one of three vases"
    let one = usize::from(low(at + the + 1) == "one");
    let picked = the == 1 && one == 1 && (place_word(word).is_some() || List::Ordinal.has(word));
    if !(best || number || picked) || low(at + the + 1 + one) != "of" {
        return None;
    }
    let mut start = at + the + 2 + one;
    start += usize::from(matches!(low(start), "the" | "these" | "those"));
    let (phrase, end) = noun_phrase(tokens, start)?;
    let several = phrase.quantity.is_some_and(|quantity| quantity.count > 1) && !phrase.noun.is_empty();
    let one: &[&str] = if number { &[word, "of", "them"] } else { &["the", word, "one"] };
    let one = one.iter().map(|word| Token::new(word)).collect();
    several.then_some((one, tokens.get(start..end)?.to_vec(), end))
}

/// How what is said of several is denied of them: `are not`, or `without` what they would have.
fn denial_of(verb: &str) -> Option<&'static [&'static str]> {
    match verb {
        "is" | "are" => Some(&["are", "not"]),
        "has" | "have" | "wears" | "wear" | "holds" | "hold" | "carries" | "carry" | "wearing"
        | "holding" | "with" => Some(&["without"]),
        _ => None,
    }
}

/// `none of the four windows is open`, `neither of them black`, `neither the lamp nor the candle is lit`: what is there
/// and what is not true of it.
fn denied_of(tokens: &[Token], at: usize) -> Option<(Vec<Token>, Vec<Token>, usize)> {
    let low = |i: usize| tokens.get(i).map_or("", |token| token.low.as_str());
    let words = |words: &[&str]| words.iter().map(|word| Token::new(word)).collect::<Vec<_>>();
    let (none, neither) = (low(at) == "none", low(at) == "neither");
    if neither && low(at + 1) == "the" {
        let (_, nor) = noun_phrase(tokens, at + 1)?;
        let (_, end) = noun_phrase(tokens, nor + 1).filter(|_| low(nor) == "nor" && low(nor + 1) == "the")?;
        let denied = denial_of(low(end))?;
        let named = [tokens.get(at + 1..nor)?, &words(&["and"]), tokens.get(nor + 1..end)?].concat();
        return Some((Vec::new(), [named, words(denied)].concat(), end + 1));
    }
    if !(none || neither) || low(at + 1) != "of" {
        return None;
    }
    if matches!(low(at + 2), "them" | "which" | "these") {
        let is = usize::from(matches!(low(at + 3), "is" | "are"));
        if is_adjective(low(at + 3 + is)) {
            return Some((Vec::new(), words(&["which", "are", "not"]), at + 3 + is));
        }
        let denied = denial_of(low(at + 3)).filter(|_| is == 0)?;
        return Some((Vec::new(), words(denied), at + 4));
    }
    let start = at + 2 + usize::from(matches!(low(at + 2), "the" | "these" | "those"));
    let (phrase, end) = noun_phrase(tokens, start)?;
    let several = phrase.quantity.is_some_and(|quantity| quantity.count > 1) && !phrase.noun.is_empty();
    let denied = denial_of(low(end)).filter(|_| several)?;
    Some((Vec::new(), [tokens.get(start..end)?.to_vec(), words(denied)].concat(), end + 1))
}

#[cfg(test)]
mod tests {
    use super::super::token::tokenize;
    use super::*;

    fn turned(text: &str) -> String {
        let words: Vec<String> = several_first(tokenize(text)).into_iter().map(|token| token.text).collect();
        words.join(" ")
    }

    #[test]
    fn the_several_come_before_the_one() {
        assert_eq!(turned("the biggest of three bears sits"), "three bears , the biggest one sits");
        assert_eq!(turned("one of the two cats is black"), "two cats , one of them is black");
    }

    #[test]
    fn other_phrases_stay() {
        for text in ["a bowl of three apples", "the edge of two cliffs", "the forest of trees", "one of them"]
        {
            assert_eq!(turned(text), text);
        }
    }
}
