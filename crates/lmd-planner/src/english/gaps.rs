//! Verbs that are told once for two: `one twin wears a blue dress, the other a green one`, `the left one showing code and the
//! right one a map`.

use super::links::place_word;
use super::token::{Token, before_in_sentence, ends, low};
use crate::lexicon::{List, Tags, VerbForm, is_adjective, tags, verb};

/// `tokens` with each verb that is left out where it belongs.
pub(super) fn filled(mut tokens: Vec<Token>) -> Vec<Token> {
    for find in [of_ones, of_sides] {
        // From the last, so that the places of the others stay.
        for (at, does) in find(&tokens).into_iter().rev() {
            tokens.insert(at, does);
        }
    }
    tokens
}

/// `one twin wears a blue dress, the other a green one`: the verb is told once for both.
fn of_ones(tokens: &[Token]) -> Vec<(usize, Token)> {
    let gap = |one: usize| {
        let article = (0..one).rev().find(|i| !is_adjective(low(tokens, *i)))?;
        let led = article + 1 < one && matches!(low(tokens, article), "a" | "an");
        let who = article.checked_sub(1).map(|i| low(tokens, i)).filter(|_| led && ends(tokens, one + 1))?;
        let named = matches!(who, "other" | "second" | "third")
            || tags(who).any(Tags::ANIMATE) && verb(who).is_none();
        let sentence = before_in_sentence(tokens, article);
        let does = |i: &usize| {
            let does = low(tokens, *i);
            let finite =
                matches!(does, "has" | "with") || verb(does).is_some_and(|verb| verb.form != VerbForm::Base);
            finite && matches!(low(tokens, *i + 1), "a" | "an")
        };
        Some((article, sentence.filter(|_| named).find_map(|i| does(&i).then(|| tokens.get(i).cloned()))??))
    };
    let ones = (0..tokens.len()).filter(|i| low(tokens, *i) == "one");
    ones.filter_map(gap).collect()
}

/// `the left one showing code and the right one a map`: it shows a map.
fn of_sides(tokens: &[Token]) -> Vec<(usize, Token)> {
    let picks = |word: &str| word == "other" || place_word(word).is_some() || List::Ordinal.has(word);
    // Where the words that pick one before `at` begin: "the right one", "the other".
    let picked = |at: usize| {
        let one = usize::from(at > 0 && low(tokens, at - 1) == "one");
        let the = at.checked_sub(2 + one)?;
        (low(tokens, the) == "the" && picks(low(tokens, the + 1))).then_some(the)
    };
    let gap = |at: usize| {
        let the = picked(at).filter(|the| *the > 0 && matches!(low(tokens, at), "a" | "an"))?;
        let joined = matches!(low(tokens, the - 1), "and" | ",");
        let does = |i: &usize| {
            let does = low(tokens, *i);
            let says = matches!(does, "has" | "with" | "is")
                || verb(does).is_some_and(|verb| matches!(verb.form, VerbForm::Ing | VerbForm::Third));
            says && picked(*i).is_some()
        };
        let does = before_in_sentence(tokens, the).find(does).filter(|_| joined)?;
        Some((at, tokens.get(does)?.clone()))
    };
    (2..tokens.len()).filter_map(gap).collect()
}
