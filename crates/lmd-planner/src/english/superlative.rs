//! One of several told in one breath: `the biggest of three bears` are three bears, one of which is the biggest.

use super::noun_phrase::noun_phrase;
use super::token::Token;
use crate::lexicon::{List, comparative, is_adjective, superlative};

/// Puts the several before the one: `three bears, the biggest one`.
pub(super) fn several_first(tokens: Vec<Token>) -> Vec<Token> {
    if !tokens.iter().any(|token| token.low == "of") {
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
    let none = the == 0 && word == "none";
    if the == 0 && matches!(word, "none" | "neither") && matches!(low(at + 2), "them" | "which" | "these") {
        let is = usize::from(matches!(low(at + 3), "is" | "are"));
        let told: &[&str] = match low(at + 3 + is) {
            "wearing" | "with" | "holding" | "having" | "carrying" if is == 0 => &["without"],
            said if is_adjective(said) => &["which", "are", "not"],
            _ => return None,
        };
        let end = at + 3 + if told.len() == 1 { 1 } else { is };
        return Some((Vec::new(), told.iter().map(|word| Token::new(word)).collect(), end));
    }
    if !(best || number || none) || low(at + the + 1) != "of" {
        return None;
    }
    let mut start = at + the + 2;
    start += usize::from(matches!(low(start), "the" | "these" | "those"));
    let (phrase, end) = noun_phrase(tokens, start)?;
    let several = phrase.quantity.is_some_and(|quantity| quantity.count > 1) && !phrase.noun.is_empty();
    if none {
        // "none of the four windows is open": four windows that are not open.
        let denied: &[&str] = match low(end) {
            "is" | "are" => &["are", "not"],
            "has" | "have" | "wears" | "wear" | "holds" | "hold" | "carries" | "carry" => &["without"],
            _ => return None,
        };
        let denied = denied.iter().map(|word| Token::new(word));
        let told = tokens.get(start..end)?.iter().cloned().chain(denied).collect();
        return several.then_some((Vec::new(), told, end + 1));
    }
    let one: &[&str] = if number { &[word, "of", "them"] } else { &["the", word, "one"] };
    let one = one.iter().map(|word| Token::new(word)).collect();
    several.then_some((one, tokens.get(start..end)?.to_vec(), end))
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
