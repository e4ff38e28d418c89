//! Hyphens that writers leave out: a `snow covered street` is a snow-covered one, no street that snow covered.

use super::numbers::number;
use super::token::Token;
use crate::lexicon::{List, Tags, exact_tags, is_adjective, is_adverb, is_participle, tags};

/// Makes one word of a noun and the participle that it belongs to, before the noun that both describe.
pub(super) fn hyphenated(tokens: Vec<Token>) -> Vec<Token> {
    if !tokens.iter().any(|token| List::Joined.has(&token.low) || token.low == "half") {
        return tokens;
    }
    let mut joined = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match tokens.get(at + 1).filter(|_| belongs(&tokens, at)) {
            Some(participle) => {
                joined.push(Token::new(&format!("{}-{}", token.text, participle.text)));
                at += 2;
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
        ] {
            assert_eq!(joined(text), text);
        }
    }
}
