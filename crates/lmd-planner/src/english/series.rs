//! Members of several told one after the other: `three gnomes, one with a lamp, another with a rake, the third asleep` is
//! told as one, one and one; and what is told once for all of them (`one holding a cup, the other a jug`) for each.

use super::links::reads;
use super::noun_phrase::noun_phrase;
use super::numbers::quantity;
use super::partitive::Pick;
use super::token::{Token, before_in_sentence, low};
use crate::lexicon::{Tags, VerbForm, is_adjective, is_function, tags, verb};

/// The sentence with each member told alike.
pub(super) fn alike(mut tokens: Vec<Token>) -> Vec<Token> {
    let mut at = 1;
    while at < tokens.len() {
        // "nothing on the table except a candle"
        let length = ["except for", "except"].iter().find_map(|phrase| reads(&tokens, at, phrase));
        if let Some(length) =
            length.filter(|_| before_in_sentence(&tokens, at).any(|i| low(&tokens, i) == "nothing"))
        {
            tokens.splice(at..at + length, [Token::new("but")]);
        } else if let Some((end, told)) =
            member(&tokens, at).or_else(|| somebody(&tokens, at)).or_else(|| nth(&tokens, at))
        {
            let length = told.len();
            tokens.splice(at..end, told);
            at += length;
        } else {
            at += 1;
        }
    }
    tokens
}

/// Whether the word at `at` says what somebody does or has.
fn tells(tokens: &[Token], at: usize) -> bool {
    low(tokens, at) == "with" || verb(low(tokens, at)).is_some_and(|verb| verb.form == VerbForm::Ing)
}

fn is_article(word: &str) -> bool {
    matches!(word, "a" | "an")
}

/// Whether a member of a list may begin at `at`.
fn opens(tokens: &[Token], at: usize) -> bool {
    at.checked_sub(1).is_some_and(|before| matches!(low(tokens, before), "," | ":" | "and" | "while"))
}

/// Another member at `at` after a first `one`: the index after its words, and the words that tell it.
fn member(tokens: &[Token], at: usize) -> Option<(usize, Vec<Token>)> {
    let nth = |word: &str| matches!(word, "other" | "second" | "third" | "fourth" | "fifth" | "last");
    let length = match low(tokens, at) {
        "another" | "one" => 1,
        "the" | "a" if nth(low(tokens, at + 1)) => 2,
        _ => return None,
    };
    let end = at + length + usize::from(low(tokens, at + length) == "one");
    let first = before_in_sentence(tokens, at)
        .find(|i| low(tokens, *i) == "one" && opens(tokens, *i) && low(tokens, *i + 1) != "of")
        .filter(|_| opens(tokens, at))?;
    before_in_sentence(tokens, first)
        .find(|i| quantity(tokens, *i).is_some_and(|(many, _)| many.count > 1))?;
    let one = Token::new("one");
    if tells(tokens, end) {
        return (low(tokens, at) != "one").then(|| (end, vec![one]));
    }
    let told = tells(tokens, first + 1) && is_article(low(tokens, first + 2));
    let gap = told && is_article(low(tokens, end));
    gap.then(|| Some((end, vec![one, tokens.get(first + 1)?.clone()])))?
}

/// `a man holding an umbrella and an old woman a bag`: she holds it.
fn somebody(tokens: &[Token], at: usize) -> Option<(usize, Vec<Token>)> {
    let who = |at: usize| {
        let led = matches!(low(tokens, at), "a" | "an" | "the");
        let phrase = led.then(|| noun_phrase(tokens, at)).flatten();
        phrase.filter(|(np, _)| np.tags().any(Tags::ANIMATE)).map(|(_, end)| end)
    };
    let end = who(at).filter(|end| opens(tokens, at) && is_article(low(tokens, *end)))?;
    let does = before_in_sentence(tokens, at)
        .find(|i| tells(tokens, *i) && low(tokens, *i) != "with")
        .filter(|i| {
            is_article(low(tokens, i + 1)) && (i.saturating_sub(6)..*i).any(|start| who(start) == Some(*i))
        })?;
    Some((end, [tokens.get(at..end)?, tokens.get(does..=does)?].concat()))
}

/// `five penguins … the second penguin`: the second one of them.
fn nth(tokens: &[Token], at: usize) -> Option<(usize, Vec<Token>)> {
    let (ordinal, noun) = (low(tokens, at + 1), low(tokens, at + 2));
    let told = low(tokens, at) == "the" && matches!(Pick::of(ordinal), Some(Pick::Nth(_) | Pick::Last));
    let several = |i: usize| low(tokens, i) == lmd_layout::plural(noun);
    let ends = tokens.get(at + 3).is_none_or(|next| {
        let next = next.low.as_str();
        is_function(next)
            || is_adjective(next)
            || verb(next).is_some()
            || !next.starts_with(char::is_alphanumeric)
    });
    (told && ends && tags(noun).any(Tags::NOUN) && (0..at).any(several))
        .then(|| (at + 3, ["the", ordinal, "one"].map(Token::new).to_vec()))
}

#[cfg(test)]
mod tests {
    use super::super::token::tokenize;
    use super::*;

    fn reads(text: &str) -> String {
        alike(tokenize(text)).into_iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_member_of_several_is_told_alike() {
        for (text, told) in [
            ("two boys , one holding a ball and the other a bat", "one holding a ball and one holding a bat"),
            (
                "three elves , one with a bow , another a drum , the third a flute",
                "one with a bow , one with a drum , one with a flute",
            ),
            (
                "two men , one asleep on a cot , one eating and the last reading",
                "one asleep on a cot , one eating and one reading",
            ),
            ("a man holding an umbrella and an old woman a bag", "and an old woman holding a bag"),
            ("four cups , the third cup red", "the third one red"),
            ("nothing on a table except for a cup", "on a table but a cup"),
        ] {
            assert!(reads(text).ends_with(told), "{text}: {}", reads(text));
        }
        for text in
            ["a waiter handing a lady a cup", "two cups , one red , the other blue", "another dog and a cat"]
        {
            assert_eq!(reads(text), text);
        }
    }
}
