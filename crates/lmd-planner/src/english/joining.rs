//! Hyphens that writers leave out: a `snow covered street` is a snow-covered one, no street that snow covered.

use super::numbers::number;
use super::token::{Token, low};
use crate::lexicon::{List, Tags, VerbForm, exact_tags, is_adjective, is_adverb, is_participle, tags};

/// Little words that go with participles before nouns.
const ADDED: [&str; 6] = ["in", "on", "up", "out", "off", "down"];

/// Makes one word of a noun and the participle that it belongs to, before the noun that both describe.
pub(super) fn hyphenated(tokens: Vec<Token>) -> Vec<Token> {
    if !tokens.iter().any(|token| {
        List::Joined.has(&token.low) || token.low == "half" || ADDED.contains(&token.low.as_str())
    }) {
        return tokens;
    }
    let mut joined = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let words = if belongs(&tokens, at) { 2 } else { with_particle(&tokens, at) };
        let words = tokens.get(at..at + words).filter(|words| words.len() > 1);
        match words {
            Some(words) => {
                let parts: Vec<&str> = words.iter().map(|token| token.text.as_str()).collect();
                joined.push(Token::new(&parts.join("-")));
                at += words.len();
            }
            None => {
                joined.push(token.clone());
                at += 1;
            }
        }
    }
    joined
}

fn belongs(tokens: &[Token], at: usize) -> bool {
    let (Some(noun), Some(participle)) = (tokens.get(at), tokens.get(at + 1)) else {
        return false;
    };
    // "half buried", but "half the plates" and "half full"
    if noun.low == "half" && is_participle(&participle.low) {
        return true;
    }
    let own = exact_tags(&noun.low);
    let one = own.any(Tags::NOUN)
        && !own.any(Tags::FUNCTION.and(Tags::ADVERB).and(Tags::ADJECTIVE).and(Tags::COLOUR));
    // "a cat shaped clock", but "a man painted walls".
    let acts = own.any(Tags::ANIMATE)
        && !matches!(participle.low.as_str(), "shaped" | "themed" | "colored" | "coloured");
    noun.is_word() && one && !acts && List::Joined.has(&participle.low) && names_thing(tokens, at + 2)
}

/// How many words say how a thing is in `a run down building`, `a fenced in yard`, `a cut in half sandwich`: none for
/// `two parked in the yard`, `a sandwich cut in half`.
fn with_particle(tokens: &[Token], at: usize) -> usize {
    let word = |at: usize| low(tokens, at);
    let before = at.checked_sub(1).map_or("", word);
    let opens = matches!(before, "a" | "an" | "the" | "his" | "her" | "its" | "their" | "very")
        || is_adjective(before)
        || number(before).is_some();
    let own = exact_tags(word(at));
    let past = crate::lexicon::verb(word(at)).is_some_and(|verb| verb.form == VerbForm::Past);
    let does =
        past || matches!(word(at), "stand" | "walk" | "pull" | "fold" | "pop" | "close" | "run" | "cut");
    let kept = own.any(Tags::FUNCTION.and(Tags::COLOUR).and(Tags::SAID));
    let length = match word(at + 1) {
        "in" if word(at + 2) == "half" => 3,
        added if ADDED.contains(&added) => 2,
        _ => return 0,
    };
    // "the one painted in oil": after `in` and `on` stands what holds it, unless they belong to the participle.
    let holds = matches!(word(at + 1), "in" | "on") && length == 2;
    let held =
        holds && !matches!(word(at), "fenced" | "logged" | "walled" | "walk" | "roped" | "closed" | "caved");
    let named = tokens.get(at + length).is_some_and(|next| tags(&next.low).any(Tags::NOUN));
    if opens && does && !kept && !held && named { length } else { 0 }
}

/// Whether a noun stands at `at`, with adjectives before it: not `blue` of `a door painted blue`.
fn names_thing(tokens: &[Token], at: usize) -> bool {
    let mut words = tokens.iter().skip(at).skip_while(|token| is_adjective(&token.low));
    words.next().is_some_and(|token| {
        let own = exact_tags(&token.low);
        let noun = tags(&token.low).any(Tags::NOUN) || own.is_unknown() && !is_adverb(&token.low);
        token.is_word() && noun && !own.any(Tags::FUNCTION.and(Tags::ADVERB)) && number(&token.low).is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::super::token::tokenize;
    use super::*;

    fn joined(text: &str) -> String {
        let words: Vec<String> = hyphenated(tokenize(text)).into_iter().map(|token| token.text).collect();
        words.join(" ")
    }

    #[test]
    fn a_noun_and_its_participle_are_one_word() {
        assert_eq!(joined("a snow covered street"), "a snow-covered street");
        assert_eq!(
            joined("a hand painted vase and a cat shaped clock"),
            "a hand-painted vase and a cat-shaped clock"
        );
        assert_eq!(joined("a tree lined old road"), "a tree-lined old road");
        assert_eq!(joined("a run down house in a fenced in yard"), "a run-down house in a fenced-in yard");
        assert_eq!(joined("a cut in half sandwich"), "a cut-in-half sandwich");
    }

    #[test]
    fn what_is_done_stays() {
        for text in [
            "a cake covered with cream",
            "a hill covered in snow",
            "the lamp covered the table",
            "a man painted walls",
            "a door painted orange",
            "a wall painted sky blue and a chair",
            "a red colored car",
            "a sandwich cut in half",
            "the stand on the left",
            "two parked in the yard",
            "a run on sand",
        ] {
            assert_eq!(joined(text), text);
        }
    }
}
