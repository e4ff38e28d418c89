//! What `one` stands for, in the words themselves: `a man in a grey one` borrows the coat of `a woman in a yellow coat`;
//! `one orange and the other lime` of two cups are colours and no fruit.

use super::gaps;
use super::links::{self, Link, place_word};
use super::noun_phrase::noun_phrase;
use super::numbers::quantity;
use super::phrase::Determiner;
use super::token::{Token, before_in_sentence, ends, low};
use crate::lexicon::{List, Tags, VerbForm, exact_tags, is_adjective, is_function, tags, verb};

/// The sentence with each `one` told: of several the adjectives get their `one`, and what a `one` borrows from a like
/// phrase stands in its place.
pub(super) fn told(tokens: &[Token]) -> Vec<Token> {
    let tokens = gaps::filled(with_contents(either_of_two(but_elsewhere(with_ends(counted_from_a_side(
        tokens.to_vec(),
    ))))));
    borrowed(with_ones(&placed_ones(&with_corners(but_one(with_others(tokens))))))
}

/// `one shoe on the mat, the other on the chair`: another shoe.
fn with_others(mut tokens: Vec<Token>) -> Vec<Token> {
    let named = |tokens: &[Token], at: usize| {
        let opens = at == 0 || !matches!(low(tokens, at - 1), "the" | "this" | "that" | "no");
        if low(tokens, at) != "one" || !opens {
            return None;
        }
        let (phrase, end) = noun_phrase(tokens, at)?;
        let plain = phrase.quantity.is_some() && !phrase.noun.is_empty() && !phrase.plural;
        (plain && !phrase.tags().any(Tags::GRASP.and(Tags::BODY))).then_some((phrase.noun, end))
    };
    let Some((at, (noun, end))) = (0..tokens.len()).find_map(|at| Some((at, named(&tokens, at)?))) else {
        return tokens;
    };
    let several = (0..at).any(|start| {
        quantity(&tokens, start).is_some_and(|(many, _)| many.count > 1)
            || noun_phrase(&tokens, start).is_some_and(|(phrase, _)| phrase.plural && phrase.noun == noun)
    });
    // "the other wears a green one"
    let goes_on = |next: &str| {
        !exact_tags(next).any(Tags::NOUN) && verb(next).is_some_and(|verb| verb.form == VerbForm::Third)
    };
    let other = |i: &usize| {
        low(&tokens, *i) == "the"
            && low(&tokens, *i + 1) == "other"
            && (ends(&tokens, *i + 2) || goes_on(low(&tokens, *i + 2)))
    };
    let Some(other) = (end..tokens.len()).find(other).filter(|_| !several) else { return tokens };
    let told: Vec<Token> = std::iter::once("another").chain(noun.split(' ')).map(Token::new).collect();
    tokens.splice(other..other + 2, told);
    tokens
}

/// `at one end sits a king, at the other a queen`: on the left and on the right.
fn with_ends(mut tokens: Vec<Token>) -> Vec<Token> {
    let place = |tokens: &[Token], at: usize, which: &[&str]| {
        let mut end = at + 1;
        for word in which {
            if low(tokens, end) != *word {
                return None;
            }
            end += 1;
        }
        let side = matches!(low(tokens, end), "end" | "side");
        matches!(low(tokens, at), "at" | "on").then_some((end + usize::from(side), side))
    };
    let first = (0..tokens.len()).find_map(|at| {
        let (end, side) = place(&tokens, at, &["one"])?;
        side.then_some((at, end))
    });
    let Some((first, end)) = first else { return tokens };
    let second = (end..tokens.len()).find_map(|at| {
        let (end, side) = place(&tokens, at, &["the", "other"])?;
        (side || ends(&tokens, end)).then_some((at, end))
    });
    let Some((second, second_end)) = second else { return tokens };
    let of = low(&tokens, end) == "of";
    let whole = noun_phrase(&tokens, end + 1).filter(|_| of).map_or(String::new(), |(phrase, _)| phrase.noun);
    let told = match (whole.as_str(), low(&tokens, second_end)) {
        ("", _) => "on the right".to_owned(),
        (_, "of") => "to the right".to_owned(),
        (whole, _) => format!("to the right of the {whole}"),
    };
    tokens.splice(second..second_end, told.split(' ').map(Token::new));
    let told = if of { ["to", "the", "left"] } else { ["on", "the", "left"] };
    tokens.splice(first..end, told.map(Token::new));
    tokens
}

/// `two chairs, a cat on one and a coat on the other`: on the left one and on the right one.
fn either_of_two(mut tokens: Vec<Token>) -> Vec<Token> {
    let two = |i: usize| quantity(&tokens, i).is_some_and(|(many, _)| many.count == 2);
    let led = |i: usize| i > 0 && links::link(&tokens, i - 1).is_some_and(|(_, length)| length == 1);
    let one = (1..tokens.len()).find(|i| low(&tokens, *i) == "one" && led(*i) && ends(&tokens, *i + 1));
    let Some(one) = one.filter(|one| (0..*one).any(two)) else { return tokens };
    let other = |i: &usize| {
        low(&tokens, *i) == "the" && low(&tokens, *i + 1) == "other" && led(*i) && ends(&tokens, *i + 2)
    };
    let Some(other) = (one..tokens.len()).find(other) else { return tokens };
    tokens.splice(other..other + 2, ["the", "right", "one"].map(Token::new));
    tokens.splice(one..=one, ["the", "left", "one"].map(Token::new));
    tokens
}

/// `four boats, the second from the right`: the third one.
fn counted_from_a_side(mut tokens: Vec<Token>) -> Vec<Token> {
    const NTH: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "sixth"];
    let found = (1..tokens.len()).find_map(|at| {
        let nth =
            NTH.iter().position(|nth| *nth == low(&tokens, at)).filter(|_| low(&tokens, at - 1) == "the")?;
        let from = at + 1 + usize::from(low(&tokens, at + 1) == "one");
        let right = match (low(&tokens, from), low(&tokens, from + 1), low(&tokens, from + 2)) {
            ("from", "the", "left") => false,
            ("from", "the", "right") => true,
            _ => return None,
        };
        let many =
            (0..at).rev().find_map(|i| quantity(&tokens, i).filter(|(many, _)| many.count > 2))?.0.count;
        let nth = if right { (many as usize).checked_sub(nth + 1)? } else { nth };
        Some((at, from + 3, *NTH.get(nth)?))
    });
    if let Some((at, end, nth)) = found {
        tokens.splice(at..end, [nth, "one"].map(Token::new));
    }
    tokens
}

/// `a cup that is not on the saucer but next to it`: next to a saucer.
fn but_elsewhere(mut tokens: Vec<Token>) -> Vec<Token> {
    let place = |i: usize| links::link(&tokens, i).filter(|(link, _)| matches!(link, Link::Rel { .. }));
    let found = (1..tokens.len()).filter(|i| low(&tokens, *i) == "not").find_map(|not| {
        let (_, length) = place(not + 1)?;
        let (phrase, end) = noun_phrase(&tokens, not + 1 + length)?;
        let comma = usize::from(low(&tokens, end) == ",");
        let (_, second) = place(end + comma + 1).filter(|_| low(&tokens, end + comma) == "but")?;
        let it = end + comma + 1 + second;
        let named = matches!(low(&tokens, it), "it" | "them") && !phrase.noun.is_empty();
        named.then_some((not, not + 1 + length..end, end + comma + 1..it + 1))
    });
    let Some((not, noun, place)) = found else { return tokens };
    let noun = tokens.get(noun).unwrap_or_default().to_vec();
    let mut told = tokens.get(place.start..place.end - 1).unwrap_or_default().to_vec();
    told.extend(noun);
    tokens.splice(not..place.end, told);
    tokens
}

/// `three jars: honey, jam and mustard`: a jar of each.
fn with_contents(mut tokens: Vec<Token>) -> Vec<Token> {
    let Some(colon) = tokens.iter().position(|token| token.low == ":") else { return tokens };
    let several = |start: usize| {
        let (phrase, _) =
            noun_phrase(&tokens, start).filter(|(phrase, end)| *end == colon && phrase.plural)?;
        phrase.tags().any(Tags::CONTAINER).then_some(phrase.noun)
    };
    let Some(holder) = (0..colon).find_map(several) else { return tokens };
    let mut starts = Vec::new();
    let mut at = colon + 1;
    loop {
        at += (0..2).take_while(|i| matches!(low(&tokens, at + i), "," | "and")).count();
        let held = noun_phrase(&tokens, at).filter(|(phrase, _)| {
            let tags = phrase.tags();
            phrase.is_bare() && tags.any(Tags::STUFF.and(Tags::FOOD)) && !tags.any(Tags::CONTAINER)
        });
        match held {
            Some((_, end)) => starts.push(std::mem::replace(&mut at, end)),
            None => break,
        }
    }
    if starts.len() > 1 && tokens.get(at).is_none_or(|next| !next.is_word()) {
        for start in starts.into_iter().rev() {
            let of = ["a"].into_iter().chain(holder.split(' ')).chain(["of"]).map(Token::new);
            tokens.splice(start..start, of.collect::<Vec<_>>());
        }
    }
    tokens
}

/// `six eggs, all but one white`: five of them white.
fn but_one(mut tokens: Vec<Token>) -> Vec<Token> {
    let reads = |tokens: &[Token], at: usize| {
        low(tokens, at) == "all" && low(tokens, at + 1) == "but" && low(tokens, at + 2) == "one"
    };
    let Some(at) = (1..tokens.len()).find(|at| reads(&tokens, *at)) else { return tokens };
    let of_them = usize::from(low(&tokens, at + 3) == "of") + usize::from(low(&tokens, at + 4) == "them");
    let said = low(&tokens, at + 3 + of_them);
    let several = (0..at).rev().find_map(|start| quantity(&tokens, start).filter(|(many, _)| many.count > 2));
    let Some((many, _)) =
        several.filter(|_| is_adjective(said) || verb(said).is_some() || said == "is" || said == "are")
    else {
        return tokens;
    };
    let rest = (many.count - 1).to_string();
    tokens.splice(at..at + 3 + of_them, [rest.as_str(), "of", "them"].map(Token::new));
    tokens
}

/// `in the upper right corner and a boat in the lower left one`: a corner, too.
fn with_corners(mut tokens: Vec<Token>) -> Vec<Token> {
    for at in 1..tokens.len() {
        let start = (0..at).rev().find(|i| place_word(low(&tokens, *i)).is_none()).unwrap_or(0);
        let placed = low(&tokens, start) == "the" && start + 1 < at || low(&tokens, at - 1) == "other";
        if low(&tokens, at) != "one" || !placed || !ends(&tokens, at + 1) {
            continue;
        }
        let said = |i: &usize| {
            let parts =
                ["corner", "half", "side", "edge", "shelf", "step", "branch", "drawer", "bunk", "rung"];
            parts.contains(&low(&tokens, *i)) && *i > 0 && {
                let word = low(&tokens, *i - 1);
                place_word(word).is_some() || word == "one"
            }
        };
        if let Some(noun) = (0..start).rev().find(said).and_then(|i| tokens.get(i)).cloned()
            && start
                .checked_sub(1)
                .is_some_and(|prep| matches!(low(&tokens, prep), "in" | "on" | "at" | "near"))
            && let Some(one) = tokens.get_mut(at)
        {
            *one = noun;
        }
    }
    tokens
}

/// `the one on the left` as `the left one`.
fn placed_ones(tokens: &[Token]) -> Vec<Token> {
    let mut told: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let reads = token.low == "one"
            && told.last().is_some_and(|the| the.low == "the")
            && matches!(low(tokens, at + 1), "on" | "at" | "in")
            && low(tokens, at + 2) == "the"
            && place_word(low(tokens, at + 3)).is_some();
        let side = usize::from(low(tokens, at + 4) == "side");
        if reads
            && low(tokens, at + 4 + side) != "of"
            && ends(tokens, at + 4 + side) | is_adjective(low(tokens, at + 4 + side))
        {
            // "the apple is the one in the middle"
            let is = told.len().checked_sub(2).and_then(|at| told.get(at)).is_some_and(|is| is.low == "is");
            if is {
                told.pop();
                at += 1;
                continue;
            }
            told.extend([tokens.get(at + 3).cloned(), Some(token.clone())].into_iter().flatten());
            at += 4 + side;
        } else {
            told.push(token.clone());
            at += 1;
        }
    }
    told
}

/// `two chairs, one wooden and one plastic` as `one wooden one and one plastic one`: what the one is made of or what
/// colour it has is no thing of its own.
fn with_ones(tokens: &[Token]) -> Vec<Token> {
    let mut ones = made_of(tokens);
    let mut firsts = Vec::new();
    for at in 1..tokens.len() {
        if !is_colour_noun(low(tokens, at)) || !ends(tokens, at + 1) || ones.contains(&at) {
            continue;
        }
        let before = at.checked_sub(2).map_or("", |before| low(tokens, before));
        let (one, ordinal) = match low(tokens, at - 1) {
            "one" => (matches!(before, "," | ":" | "and" | "is"), false),
            "other" | "another" => (true, false),
            word => (false, before == "the" && List::Ordinal.has(word)),
        };
        if (one || ordinal) && of_several(tokens, at - 1) {
            ones.extend(one.then_some(at));
            firsts.extend(ordinal.then_some(at));
        }
    }
    let mut told = Vec::with_capacity(tokens.len() + ones.len() + firsts.len());
    for (at, token) in tokens.iter().enumerate() {
        told.extend(firsts.contains(&at).then(|| Token::new("one")));
        told.push(token.clone());
        told.extend(ones.contains(&at).then(|| Token::new("one")));
    }
    told
}

/// The words of a row of `one wooden`, `one plastic` of which one at least is a material.
fn made_of(tokens: &[Token]) -> Vec<usize> {
    let made = |i: usize| List::Material.has(low(tokens, i));
    let each = |i: usize| {
        low(tokens, i) == "one" && (made(i + 1) || is_adjective(low(tokens, i + 1))) && ends(tokens, i + 2)
    };
    let joined = |i: usize| {
        [(",", ""), ("and", ""), (",", "and")].into_iter().find_map(|(first, second)| {
            let length = 1 + usize::from(!second.is_empty());
            let reads = low(tokens, i) == first && (second.is_empty() || low(tokens, i + 1) == second);
            (reads && each(i + length)).then_some(i + length)
        })
    };
    let mut ones = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let behind = at > 0 && matches!(low(tokens, at - 1), "," | ":");
        let mut run = Vec::new();
        let mut next = (behind && each(at)).then_some(at);
        while let Some(one) = next {
            run.push(one + 1);
            next = joined(one + 2);
        }
        at = run.last().map_or(at, |last| *last) + 1;
        let named = |i: usize| exact_tags(low(tokens, i)).any(Tags::NOUN);
        if run.len() > 1 && run.iter().any(|word| made(*word) || named(*word)) {
            ones.append(&mut run);
        }
    }
    ones
}

/// Whether a word names a colour and a thing: `orange`, `peach`, `silver`.
fn is_colour_noun(word: &str) -> bool {
    let own = exact_tags(word);
    own.any(Tags::COLOUR) && own.any(Tags::NOUN)
}

/// Whether the things named last before `at` in a number above one are of a kind that colours tell apart: cups, but not
/// fruits.
fn of_several(tokens: &[Token], at: usize) -> bool {
    let several = |start: usize| {
        quantity(tokens, start).filter(|(quantity, _)| quantity.count > 1)?;
        let (phrase, end) = noun_phrase(tokens, start)?;
        (end <= at && !phrase.noun.is_empty()).then(|| phrase.tags())
    };
    (0..at).rev().find_map(several).is_some_and(|tags| !tags.any(Tags::FOOD.and(Tags::COLOUR)))
}

/// `a man who wears a grey one` after `a woman who wears a yellow coat`: a grey coat.
fn borrowed(mut tokens: Vec<Token>) -> Vec<Token> {
    let mut at = 0;
    while at < tokens.len() {
        if let Some(noun) = lent(&tokens, at) {
            let words: Vec<Token> = noun.split(' ').map(Token::new).collect();
            let length = words.len();
            tokens.splice(at..=at, words);
            at += length;
        } else {
            at += 1;
        }
    }
    tokens
}

/// The noun that the `one` or `ones` at `at` borrows: that of the last phrase after the same preposition or verb.
fn lent(tokens: &[Token], at: usize) -> Option<String> {
    let ones = match low(tokens, at) {
        "one" if at > 0 => false,
        "ones" if at > 0 => true,
        _ => return None,
    };
    if !ones && low(tokens, at + 1) != "of" && ends(tokens, at + 1) && has_something(low(tokens, at - 1)) {
        return lent_whole(tokens, at);
    }
    let start = (0..at).rev().find(|i| !(is_adjective(low(tokens, *i)) || low(tokens, *i) == "and"))?;
    let leads = start + 1 < at && low(tokens, start + 1) != "and";
    let article = match low(tokens, start) {
        "a" | "an" | "another" => true,
        // "the smaller one" is one of several.
        "the" | "one" | "this" | "that" => return None,
        _ => false,
    };
    let governor = if article { start.checked_sub(1)? } else { start };
    if !leads || !(article || ones) {
        return None;
    }
    let same = |i: usize| alike(low(tokens, i), low(tokens, governor));
    let sentence = before_in_sentence(tokens, governor);
    let noun =
        sentence.filter(|i| same(*i)).find_map(|i| noun_phrase(tokens, i + 1).map(|(phrase, _)| phrase.noun));
    let noun = noun.filter(|noun| !noun.is_empty())?;
    Some(if ones { lmd_layout::plural(&noun) } else { noun })
}

/// Whether what somebody has, or does something to, follows a word.
fn has_something(word: &str) -> bool {
    matches!(word, "with" | "without" | "has" | "have" | "no")
        || verb(word).is_some_and(|verb| verb.form != VerbForm::Base)
}

/// `a man without a hat next to a woman with one`: a hat, what somebody before has or lacks.
fn lent_whole(tokens: &[Token], at: usize) -> Option<String> {
    let sentence = before_in_sentence(tokens, at - 1);
    let object = |i: usize| {
        // Another "one" names nothing to be lent.
        let borrows = low(tokens, i + 1) == "one" && ends(tokens, i + 2);
        let has = has_something(low(tokens, i)) && !borrows;
        let (phrase, _) = has.then(|| noun_phrase(tokens, i + 1)).flatten()?;
        let one = phrase.determiner == Determiner::A || low(tokens, i) == "no";
        (one && !phrase.plural && !phrase.noun.is_empty()).then_some(phrase.noun)
    };
    sentence.into_iter().find_map(object).map(|noun| lmd_layout::with_article(&noun))
}

/// Whether two words lead to what they are about in the same way: one preposition, or forms of one verb.
fn alike(one: &str, other: &str) -> bool {
    if let (Some(one), Some(other)) = (verb(one), verb(other)) {
        return one.attribute == other.attribute;
    }
    one == other
        && is_function(one)
        && !matches!(one, "and" | "or" | "but" | "the" | "is" | "are")
        && tags(one).any(Tags::FUNCTION)
}

#[cfg(test)]
mod tests {
    use super::super::token::tokenize;
    use super::*;

    fn reads(text: &str) -> String {
        told(&tokenize(text)).into_iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_one_borrows_from_the_phrase_that_is_led_alike() {
        for (text, told) in [
            ("a woman who wears a yellow coat and a man who is wearing a grey one", "a grey coat"),
            ("a man in a black suit next to a man in a white one", "in a white suit"),
            ("a man wearing black boots and a woman wearing white ones", "wearing white boots"),
            ("one twin wears a blue dress , the other a green one", "another twin wears a green dress"),
            ("a boy holds a red kite and a girl a blue one", "a girl holds a blue kite"),
            ("a man without a hat next to a woman with one", "a woman with a hat"),
            ("a monkey peels a banana while another steals one", "another steals a banana"),
        ] {
            assert!(reads(text).ends_with(told), "{text}: {}", reads(text));
        }
        for text in [
            "a red car and a blue one",
            "two cups , the smaller one on a tray",
            "one of them in red",
            "two ladders and a man holding one",
        ] {
            assert_eq!(reads(text), text);
        }
    }

    #[test]
    fn colours_of_several_are_no_fruit() {
        assert_eq!(
            reads("two cups, one peach and the other lime"),
            "two cups , one peach one and the other lime one"
        );
        assert_eq!(reads("two doors, the first orange"), "two doors , the first one orange");
        for text in ["two apples , one orange and one banana", "a cup , one orange and a plate"] {
            assert_eq!(reads(text), text);
        }
    }
}
