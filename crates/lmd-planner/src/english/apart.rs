//! What each of several has for itself, told as so many: `three puppies, each in its own basket` lie in three baskets,
//! `a torch in each hand` are two torches; `three balloons: red, blue and green` have a colour each.

use lmd_layout::{number_in_words, plural};

use super::links::link;
use super::noun_phrase::noun_phrase;
use super::numbers::quantity;
use super::token::{Token, low};
use crate::lexicon::{Tags, VerbForm, exact_tags, head, verb};

/// The sentence with each `each` told.
pub(super) fn told(tokens: Vec<Token>) -> Vec<Token> {
    let tokens = coloured(tokens);
    if !tokens.iter().any(|token| token.low == "each") {
        return tokens;
    }
    with_theirs(placed(in_hands(tokens)))
}

/// `three balloons: red, blue and green`: one of each colour.
fn coloured(mut tokens: Vec<Token>) -> Vec<Token> {
    let colour = |i: usize| exact_tags(low(&tokens, i)).any(Tags::COLOUR);
    let found = (1..tokens.len()).filter(|at| matches!(low(&tokens, *at), ":" | ",")).find_map(|at| {
        let mut colours = Vec::new();
        let mut next = at + 1;
        while colour(next) {
            colours.push(next);
            let comma = usize::from(low(&tokens, next + 1) == ",");
            let and = usize::from(low(&tokens, next + 1 + comma) == "and");
            next += 1;
            if comma + and == 0 {
                break;
            }
            next += comma + and;
        }
        // Every comma of a long list would be asked for a number before it.
        if colours.len() < 2 {
            return None;
        }
        let counted = (0..at).rev().any(|i| {
            let all = quantity(&tokens, i)
                .is_some_and(|(many, _)| many.exact && many.count as usize == colours.len());
            all && noun_phrase(&tokens, i).is_some_and(|(phrase, end)| phrase.plural && end <= at)
        });
        let ends = next >= tokens.len()
            || !tokens.get(next).is_some_and(Token::is_word)
            || link(&tokens, next).is_some();
        (counted && ends).then_some(colours)
    });
    // "one orange one" is no fruit.
    for at in found.into_iter().flatten().rev() {
        tokens.insert(at + 1, Token::new("one"));
        tokens.insert(at, Token::new("one"));
    }
    tokens
}

/// `a torch in each hand`: two torches.
fn in_hands(mut tokens: Vec<Token>) -> Vec<Token> {
    let hands = |at: &usize| {
        low(&tokens, *at) == "in"
            && low(&tokens, at + 1) == "each"
            && matches!(low(&tokens, at + 2), "hand" | "paw" | "arm")
    };
    let Some(hands) = (0..tokens.len()).find(hands) else { return tokens };
    let before = (0..hands).find_map(|start| {
        let article = matches!(low(&tokens, start), "a" | "an" | "one");
        let (phrase, end) = noun_phrase(&tokens, start).filter(|_| article)?;
        (end == hands)
            .then(|| so_many(tokens.get(start + 1..end).unwrap_or_default(), &phrase.noun, 2))
            .map(|told| (start, told))
    });
    if let Some((start, told)) = before {
        tokens.splice(start..hands, told);
    }
    tokens
}

/// `each has a plate`, `each holding a cup`: each with that; `each wearing a hat` is said of all.
fn with_theirs(mut tokens: Vec<Token>) -> Vec<Token> {
    let mut at = 1;
    while at + 1 < tokens.len() {
        let next = low(&tokens, at + 1);
        let each = low(&tokens, at) == "each";
        if each && matches!(next, "has" | "have" | "having" | "holds" | "holding" | "carrying" | "carries") {
            tokens.splice(at + 1..at + 2, [Token::new("with")]);
            // "two people and each has a plate"
            if low(&tokens, at - 1) == "and" {
                tokens.splice(at - 1..at, [Token::new(",")]);
            }
        } else if each && verb(next).is_some_and(|verb| verb.form == VerbForm::Ing) {
            tokens.remove(at);
        }
        at += 1;
    }
    tokens
}

/// `three puppies, each in its own basket`: in three baskets.
fn placed(mut tokens: Vec<Token>) -> Vec<Token> {
    let found = (1..tokens.len()).find_map(|at| {
        // "three monks each sitting on a mat"
        let does = verb(low(&tokens, at + 1)).is_some_and(|verb| verb.form == VerbForm::Ing);
        let article = at + 2 + usize::from(does);
        let whose = matches!(low(&tokens, article), "its" | "his" | "her" | "their");
        let own = whose && low(&tokens, article + 1) == "own";
        let preposition =
            matches!(low(&tokens, article - 1), "in" | "on" | "under" | "inside" | "behind" | "at");
        let one = own || matches!(low(&tokens, article), "a" | "an");
        if low(&tokens, at) != "each" || !preposition || !one {
            return None;
        }
        let (phrase, end) = noun_phrase(&tokens, article)?;
        let many = (0..at)
            .rev()
            .find_map(|i| quantity(&tokens, i))
            .filter(|(many, _)| many.exact && many.count > 1)?;
        let named = article + 1 + usize::from(own);
        let told = so_many(tokens.get(named..end).unwrap_or_default(), &phrase.noun, many.0.count);
        Some((at, article, end, told))
    });
    if let Some((at, article, end, told)) = found {
        let comma = low(&tokens, at - 1) == ",";
        tokens.splice(article..end, told);
        tokens.drain(at - usize::from(comma)..=at);
    }
    tokens
}

/// A noun phrase without its article as one of so many.
fn so_many(words: &[Token], noun: &str, count: u32) -> Vec<Token> {
    let last = words.iter().rposition(|word| word.low == head(noun));
    let told = words
        .iter()
        .enumerate()
        .map(|(at, word)| if Some(at) == last { Token::new(&plural(&word.text)) } else { word.clone() });
    std::iter::once(Token::new(&number_in_words(count))).chain(told).collect()
}
