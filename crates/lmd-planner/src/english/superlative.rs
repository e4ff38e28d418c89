//! One of several told in one breath: `the biggest of three bears` are three bears, one of which is the biggest.

use super::noun_phrase::noun_phrase;
use super::token::Token;
use crate::lexicon::{Tags, exact_tags, is_adjective, superlative};

/// Nouns that say what something is made of.
const MATERIALS: [&str; 20] = [
    "plastic",
    "metal",
    "glass",
    "leather",
    "wood",
    "stone",
    "brick",
    "steel",
    "iron",
    "bronze",
    "brass",
    "copper",
    "ceramic",
    "porcelain",
    "wicker",
    "bamboo",
    "marble",
    "concrete",
    "cardboard",
    "paper",
];

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
                turned.push(Token::new(","));
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
    let compared = the == 1 && word.ends_with("er") && crate::lexicon::size(word).is_some();
    let best = superlative(word).is_some() || compared;
    let number = the == 0 && matches!(word, "one" | "two" | "three");
    if !(best || number) || low(at + the + 1) != "of" {
        return None;
    }
    let mut start = at + the + 2;
    start += usize::from(matches!(low(start), "the" | "these" | "those"));
    let (phrase, end) = noun_phrase(tokens, start)?;
    let several = phrase.quantity.is_some_and(|quantity| quantity.count > 1) && !phrase.noun.is_empty();
    let one: &[&str] = if number { &[word, "of", "them"] } else { &["the", word, "one"] };
    let one = one.iter().map(|word| Token::new(word)).collect();
    several.then_some((one, tokens.get(start..end)?.to_vec(), end))
}

/// `two chairs, one wooden and one plastic` as `one wooden one and one plastic one`: what the one is made of is no thing
/// of its own.
pub(super) fn with_ones(tokens: &[Token]) -> Vec<Token> {
    let low = |i: usize| tokens.get(i).map_or("", |token| token.low.as_str());
    let ends = |i: usize| {
        tokens.get(i).is_none_or(|next| !next.is_word() || exact_tags(&next.low).any(Tags::FUNCTION))
    };
    // "one blue and the other orange": a colour that is a fruit, too.
    let fruit = |i: usize| exact_tags(low(i)).any(Tags::COLOUR) && exact_tags(low(i)).any(Tags::NOUN);
    let made = |i: usize| MATERIALS.contains(&low(i)) || fruit(i);
    // The word that describes the one, or the other.
    let each = |i: usize| {
        let other = low(i) == "the" && low(i + 1) == "other";
        let word = if other { i + 2 } else { i + 1 };
        let says = (low(i) == "one" || other) && (made(word) || is_adjective(low(word))) && ends(word + 1);
        says.then_some(word)
    };
    let joined = |i: usize| {
        [(",", ""), ("and", ""), (",", "and")].into_iter().find_map(|(first, second)| {
            let length = 1 + usize::from(!second.is_empty());
            let reads = low(i) == first && (second.is_empty() || low(i + 1) == second);
            each(i + length).filter(|_| reads)
        })
    };
    let mut ones = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let behind = at > 0 && matches!(low(at - 1), "," | ":");
        let mut run = Vec::new();
        let mut next = each(at).filter(|_| behind);
        while let Some(word) = next {
            run.push(word);
            next = joined(word + 1);
        }
        at = run.last().map_or(at, |last| *last) + 1;
        if run.len() > 1 && run.iter().any(|word| made(*word)) {
            ones.append(&mut run);
        }
    }
    let mut told = Vec::with_capacity(tokens.len() + ones.len());
    for (i, token) in tokens.iter().enumerate() {
        told.push(token.clone());
        if ones.contains(&i) {
            told.push(Token::new("one"));
        }
    }
    told
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
