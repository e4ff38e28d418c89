//! Sides of somebody: `on the dog's right side` is `to the right of the dog`.

use super::token::Token;

/// Most words between the preposition and the `'s`.
const MAX_OWNER: usize = 5;

/// The same with sides that belong to somebody written as sides of him.
pub(super) fn of_their_owners(mut tokens: Vec<Token>) -> Vec<Token> {
    let mut at = 0;
    while at < tokens.len() {
        // "twice its size" is "twice the size of it".
        let low = |index: usize| tokens.get(index).map_or("", |token: &Token| token.low.as_str());
        let many = matches!(low(at), "twice" | "half" | "times");
        if many && matches!(low(at + 1), "its" | "his" | "her" | "their") && low(at + 2) == "size" {
            tokens.splice(at + 1..at + 3, ["the", "size", "of", "it"].map(Token::new));
            at += 5;
            continue;
        }
        if let Some((owner, side, end)) = owned_side(&tokens, at) {
            let of = ["to", "the", side, "of"].map(Token::new);
            let plain: Vec<Token> = of.into_iter().chain(owner).collect();
            let length = plain.len();
            tokens.splice(at..end, plain);
            at += length;
        } else {
            at += 1;
        }
    }
    tokens
}

/// Whose side begins at `at`, which, and where it ends. The dog's left ear is no side of the dog.
fn owned_side(tokens: &[Token], at: usize) -> Option<(Vec<Token>, &'static str, usize)> {
    let low = |index: usize| tokens.get(index).map(|token| token.low.as_str());
    if !matches!(low(at)?, "on" | "to" | "at" | "in") {
        return None;
    }
    let owner = tokens.get(at + 1..)?.iter().take(MAX_OWNER);
    let owner: Vec<Token> = owner.take_while(|token| token.is_word()).cloned().collect();
    let after = at + 1 + owner.len();
    let is_owner = low(after) == Some("'s") && !owner.is_empty();
    let side = match low(after + 1).filter(|_| is_owner)? {
        "left" | "left-hand" => "left",
        "right" | "right-hand" => "right",
        _ => return None,
    };
    let named = low(after + 2) == Some("hand") && low(after + 3) == Some("side");
    let end = after + 2 + if named { 2 } else { usize::from(low(after + 2) == Some("side")) };
    let is_part =
        end == after + 2 && tokens.get(end).is_some_and(|next| next.is_word() && !goes_on(&next.low));
    (!is_part).then_some((owner, side, end))
}

/// Whether a word after a side begins something new.
fn goes_on(word: &str) -> bool {
    matches!(
        word,
        "is" | "are"
            | "and"
            | "there"
            | "with"
            | "on"
            | "in"
            | "stands"
            | "sits"
            | "lies"
            | "we"
            | "a"
            | "an"
            | "the"
    )
}

#[cfg(test)]
mod tests {
    use super::super::token::tokenize;
    use super::*;

    fn words(text: &str) -> Vec<String> {
        of_their_owners(tokenize(text)).into_iter().map(|token| token.low).collect()
    }

    #[test]
    fn a_side_of_somebody_is_a_side_of_him() {
        assert_eq!(words("a cat on the dog's right side"), words("a cat to the right of the dog"));
        assert_eq!(
            words("To my old dog's left there is a cat"),
            words("to the left of my old dog there is a cat")
        );
        assert_eq!(words("on the dog's left ear")[2..], ["dog", "'s", "left", "ear"]);
    }
}
