//! Words about the picture at the end of a caption that goes on to them without a comma.

use super::about_picture::{is_format, is_style_word};
use super::token::Token;
use crate::lexicon::{List, Tags, VerbForm, exact_tags, is_adjective, is_function, verb};

/// Where words about the picture begin that no comma parts from the rest: `a cat on a sofa digital art 4k`.
pub(super) fn run_on(part: &[Token], from: usize) -> usize {
    let word = |token: &Token| {
        let says =
            is_style_word(&token.low) || List::Medium.has(&token.low) || List::StyleFiller.has(&token.low);
        says && !exact_tags(&token.low).any(Tags::FUNCTION)
    };
    let end = part.iter().rposition(Token::is_word).map_or(0, |last| last + 1);
    let tags = part.iter().take(end).rev().take_while(|token| word(token)).count();
    let deed = |token: &Token| verb(&token.low).is_some_and(|verb| verb.form == VerbForm::Ing);
    let after_noun = |at: usize| {
        part.get(at - 1).is_some_and(|before| {
            before.is_word() && !is_function(&before.low) && !is_adjective(&before.low) && !deed(before)
        })
    };
    let sure = |at: usize| {
        let run = part.get(at..end).unwrap_or_default();
        run.iter().any(|token| List::RunOn.has(&token.low) || is_format(&token.low))
            || run.len() > 1 && run.last().is_some_and(|last| List::StyleEnd.has(&last.low))
    };
    let opens = |at: usize| after_noun(at) && !part.get(at).is_some_and(deed) && sure(at);
    (end - tags..end).filter(|at| *at > from).find(|at| opens(*at)).unwrap_or(part.len())
}
