//! Ways to speak that are put plainly before the sentence is cut: `has taken off his hat`, `my brother and I`, `top left a sun`.

use super::noun_phrase::noun_phrase;
use super::numbers::number;
use super::phrase::Determiner;
use super::token::{Token, low};
use crate::lexicon::{List, Tags, VerbForm, exact_tags, is_adverb, is_function, perfect, tags, verb};

/// `tokens` with what somebody has done as what he does, and whoever speaks as somebody.
pub(super) fn plainly(tokens: &[Token]) -> Vec<Token> {
    let mut plain: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = greeting(tokens);
    while let Some(token) = tokens.get(at) {
        if let Some((doing, length)) = has_done(tokens, at) {
            plain.push(Token::new(&doing));
            at += length;
        } else if let Some((place, length)) = placed_first(tokens, at) {
            plain.extend(place.split(' ').map(Token::new));
            at += length;
        } else if is_around(tokens, at) {
            plain.push(Token::new("around"));
            at += 1;
        } else if let Some(length) = getting_ready(tokens, at) {
            plain.push(Token::new("preparing"));
            at += length;
        } else if low(tokens, at) == "some" && low(tokens, at + 1) == "one" && low(tokens, at + 2) != "of" {
            plain.push(Token::new("someone"));
            at += 2;
        } else if let Some(length) = nearby(tokens, at).or_else(|| far_off(tokens, at)) {
            at += length;
        } else if let Some(length) = adds_nothing(tokens, at) {
            at += length;
        } else if let Some((words, length)) = hands_of(tokens, at) {
            plain.extend(words);
            at += length;
        } else if low(tokens, at) == "topmost" && tokens.get(at + 1).is_none_or(|next| !next.is_word()) {
            plain.extend(["top", "one"].map(Token::new));
            at += 1;
        } else if low(tokens, at) == "up" && holds_before(tokens, at) {
            at += 1;
        } else if plays_on(tokens, at) {
            plain.extend(["playing", "the"].map(Token::new));
            at += 1;
        } else if ["pixel", "art", "style"].iter().enumerate().all(|(i, word)| low(tokens, at + i) == *word) {
            // "in pixel art style"
            plain.push(Token::new("pixel-art"));
            at += 2;
        } else if on_back_of(tokens, at) {
            plain.push(token.clone());
            at += 4;
        } else if clause_begins(tokens, at) {
            plain.push(Token::new("while"));
            at += 1;
        } else if let Some((words, length)) = between_them(tokens, at) {
            plain.extend(words);
            at += length;
        } else if of_some_sort(tokens, at) {
            at += 3;
        } else if speaks(tokens, at) {
            plain.extend(["a", "person"].map(Token::new));
            at += 1;
        } else {
            plain.push(token.clone());
            at += 1;
        }
    }
    plain
}

/// `a boy getting ready to blow`, `a runner ready for a race`: he prepares, with the length; but not `a meal ready to eat`.
fn getting_ready(tokens: &[Token], at: usize) -> Option<usize> {
    let gets = matches!(low(tokens, at), "getting" | "gets" | "get");
    let length = if gets && low(tokens, at + 1) == "ready" { 2 } else { 1 };
    let before = at.checked_sub(1).map_or("", |before| low(tokens, before));
    let ready = length == 2 || low(tokens, at) == "ready" && tags(before).any(Tags::PERSON);
    (ready && matches!(low(tokens, at + length), "to" | "for")).then_some(length)
}

/// `with a cup nearby`, `with a cup near by`: what is named beside something is near it anyway. The length of it.
fn nearby(tokens: &[Token], at: usize) -> Option<usize> {
    let length = match (low(tokens, at), low(tokens, at + 1)) {
        ("nearby", _) => 1,
        ("near", "by") => 2,
        _ => return None,
    };
    let before = at.checked_sub(1).map_or("", |before| low(tokens, before));
    let with =
        tokens.iter().take(at).rev().take_while(|token| token.is_word()).any(|token| token.low == "with");
    let ends = tokens.get(at + length).is_none_or(|next| !next.is_word());
    (with && ends && tags(before).any(Tags::NOUN)).then_some(length)
}

/// `a dog a few feet in front of a van`: how far off it is, which boxes do not show, with the length.
fn far_off(tokens: &[Token], at: usize) -> Option<usize> {
    let some = match (low(tokens, at), low(tokens, at + 1)) {
        ("a", "few") => 2,
        ("a", "couple") if low(tokens, at + 2) == "of" => 3,
        ("several" | "some" | "a" | "an", _) => 1,
        (word, _) => usize::from(number(word).is_some()),
    };
    let unit = lmd_layout::singular(low(tokens, at + some));
    let measured = matches!(
        unit.as_str(),
        "foot"
            | "feet"
            | "yard"
            | "metre"
            | "meter"
            | "inch"
            | "centimetre"
            | "centimeter"
            | "mile"
            | "kilometre"
            | "kilometer"
            | "step"
            | "pace"
    );
    let next = low(tokens, at + some + 1);
    let where_to = matches!(next, "behind" | "above" | "below" | "beneath" | "beside")
        || next == "in" && low(tokens, at + some + 2) == "front"
        || next == "to"
            && low(tokens, at + some + 2) == "the"
            && matches!(low(tokens, at + some + 3), "left" | "right");
    (some > 0 && at > 0 && measured && where_to).then_some(some + 1)
}

/// `no wasabi please`, `a hiker for scale`: words at the end of a part that say nothing of the picture, with the length.
fn adds_nothing(tokens: &[Token], at: usize) -> Option<usize> {
    let length = match (low(tokens, at), low(tokens, at + 1), low(tokens, at + 2)) {
        ("please" | "thanks", ..) => 1,
        ("for", "scale" | "comparison", _) => 2,
        ("for", "size", "comparison") => 3,
        _ => return None,
    };
    let after = at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(Token::is_word);
    let ends = tokens.get(at + length).is_none_or(|next| !next.is_word());
    (after && ends).then_some(length)
}

/// `the hands of an old man`: an old man's hands, as a picture shows them alone.
fn hands_of(tokens: &[Token], at: usize) -> Option<(Vec<Token>, usize)> {
    let start = at + usize::from(low(tokens, at) == "the");
    let part = tokens.get(start).filter(|part| {
        matches!(part.low.as_str(), "hand" | "hands" | "feet" | "foot" | "paw" | "paws" | "fingers")
    })?;
    let first = at == 0 || matches!(low(tokens, at - 1), "of" | ",");
    let whose = matches!(low(tokens, start + 1), "of").then_some(start + 2)?;
    let (phrase, end) = noun_phrase(tokens, whose).filter(|_| first)?;
    let plain = !phrase.plural && phrase.determiner == Determiner::A && phrase.tags().any(Tags::ANIMATE);
    let owner = tokens.get(whose..end).filter(|_| plain)?;
    let owned = owner.iter().cloned().chain([Token::new("'s"), part.clone()]);
    Some((owned.collect(), end - at))
}

/// Whether the `up` at `at` adds nothing to holding something: `holding up a sign`.
fn holds_before(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| low(tokens, before));
    let object =
        matches!(low(tokens, at + 1), "a" | "an" | "the" | "his" | "her" | "its" | "their" | "two" | "three");
    matches!(before, "holding" | "holds" | "hold" | "lifting" | "lifts" | "raising") && object
}

/// `one on saxophone, a woman on drums`: they play it.
fn plays_on(tokens: &[Token], at: usize) -> bool {
    let instrument = lmd_layout::singular(low(tokens, at + 1));
    let before = at.checked_sub(1).map_or("", |before| low(tokens, before));
    low(tokens, at) == "on"
        && List::Instrument.has(&instrument)
        && (before == "one" || tags(before).any(Tags::ANIMATE))
        && tokens.get(at + 2).is_none_or(|next| !tags(&next.low).any(Tags::NOUN))
}

/// `on the back of a hippo`: on it.
fn on_back_of(tokens: &[Token], at: usize) -> bool {
    let words = ["on", "the", "back", "of"];
    words.iter().enumerate().all(|(i, word)| low(tokens, at + i) == *word)
        && noun_phrase(tokens, at + 4).is_some_and(|(phrase, _)| phrase.tags().any(Tags::ANIMATE))
}

/// `a crowd cheering as a runner crosses the line`: a clause of its own.
fn clause_begins(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| low(tokens, before));
    let told = matches!(
        before,
        "" | "dressed" | "known" | "such" | "disguised" | "used" | "as" | "so" | "same" | "just" | "costumed"
    );
    if low(tokens, at) != "as" || told {
        return false;
    }
    noun_phrase(tokens, at + 1).is_some_and(|(phrase, end)| {
        let third = verb(low(tokens, end)).is_some_and(|verb| verb.form == VerbForm::Third);
        let base = verb(low(tokens, end)).is_some_and(|verb| verb.form == VerbForm::Base);
        phrase.determiner != Determiner::None && !phrase.plural && third || phrase.plural && base
    })
}

/// `on the left a church, on the right a school, and a tree between them`: where it is comes first, as for the others.
fn between_them(tokens: &[Token], at: usize) -> Option<(Vec<Token>, usize)> {
    let fronted =
        low(tokens, 0) == "on" && low(tokens, 1) == "the" && matches!(low(tokens, 2), "left" | "right");
    let lead = usize::from(low(tokens, at) == ",")
        + usize::from(low(tokens, at + usize::from(low(tokens, at) == ",")) == "and");
    let (_, end) = noun_phrase(tokens, at + lead).filter(|_| fronted && lead > 0)?;
    let them = low(tokens, end) == "between" && matches!(low(tokens, end + 1), "them");
    let ends = tokens.get(end + 2).is_none_or(|next| !next.is_word());
    let thing = tokens.get(at + lead..end).filter(|_| them && ends)?;
    let words = [",", "between", "them"].map(Token::new).into_iter().chain(thing.iter().cloned());
    Some((words.collect(), end + 2 - at))
}

/// `a motorcycle of some sort`: nobody says of which.
fn of_some_sort(tokens: &[Token], at: usize) -> bool {
    let sort = matches!(low(tokens, at + 2), "sort" | "kind" | "type");
    low(tokens, at) == "of" && low(tokens, at + 1) == "some" && sort && low(tokens, at + 3) != "of"
}

/// `children dance round it`, as the British say; but not `a round table`.
fn is_around(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| low(tokens, before));
    let led = !before.is_empty() && !is_function(before) && !is_adverb(before);
    let object = matches!(
        low(tokens, at + 1),
        "a" | "an" | "the" | "it" | "him" | "her" | "them" | "his" | "its" | "their"
    );
    low(tokens, at) == "round" && led && object
}

/// A prompt about somebody whom it does not name: `he is playing the guitar and she is singing` has a man and a woman.
pub(super) fn persons(tokens: &[Token]) -> Vec<Token> {
    // "Tom", whom no table knows, is somebody, too.
    let somebody = |token: &Token| {
        let tags = tags(&token.low);
        tags.any(Tags::ANIMATE) || tags.is_unknown() && token.is_capitalised()
    };
    let named = |at: usize| tokens.iter().take(at).any(somebody);
    let person = |(at, token): (usize, &Token)| {
        let who = match token.low.as_str() {
            "he" => "man",
            "she" => "woman",
            _ => return vec![token.clone()],
        };
        let first = tokens.iter().take(at).all(|before| before.low != token.low);
        if first && !named(at) { ["a", who].map(Token::new).to_vec() } else { vec![token.clone()] }
    };
    tokens.iter().enumerate().flat_map(person).collect()
}

/// How many words and signs greet before anything is asked for: `Hey, could I get …`.
fn greeting(tokens: &[Token]) -> usize {
    let greets = matches!(low(tokens, 0), "hey" | "hi" | "hello" | "ok" | "okay" | "well" | "so" | "yo");
    let parted = matches!(low(tokens, 1), "," | "!" | ".") && tokens.len() > 2;
    if greets && parted { 2 } else { 0 }
}

/// `has just caught a fish`: catching, with the length; but not `has painted nails`.
fn has_done(tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let has = matches!(low(tokens, at), "has" | "have" | "had" | "having");
    let adverb = |i: &usize| is_adverb(low(tokens, *i)) || low(tokens, *i) == "already";
    let end = (at + 1..tokens.len()).find(|i| !adverb(i)).filter(|_| has)?;
    let doing = perfect(low(tokens, end))?;
    let next = tokens.get(end + 1);
    let ends = next.is_none_or(|next| {
        let asleep = matches!(next.low.as_str(), "asleep" | "awake" | "open");
        !next.is_word() || is_function(&next.low) && next.low != "and" || asleep
    });
    (ends && !matches!(doing.as_str(), "losing" | "getting")).then_some((doing, end + 1 - at))
}

/// `top left a sun, bottom right: a snowman`, `left a cat, right a dog`: where it is, with the words and signs that say so.
fn placed_first(tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    let opens = before.is_none_or(|token| !token.is_word());
    let side = |at: usize| matches!(low(tokens, at), "left" | "right");
    let (place, words) = match low(tokens, at) {
        "top" | "upper" | "bottom" | "lower" if side(at + 1) => {
            (format!("in the {} {} corner", low(tokens, at), low(tokens, at + 1)), 2)
        }
        // "left a note" is no place, "left a cat, right a dog" is two.
        "left" | "right"
            if ["left", "right"].iter().all(|word| tokens.iter().any(|token| token.low == *word)) =>
        {
            (format!("on the {}", low(tokens, at)), 1)
        }
        _ => return None,
    };
    let signs = usize::from(matches!(low(tokens, at + words), ":"));
    let next = low(tokens, at + words + signs);
    let named = matches!(next, "a" | "an" | "the") || number(next).is_some();
    (opens && named).then_some((place, words + signs))
}

/// `my brother and I are …`, `me and my dog`: whoever speaks is somebody.
fn speaks(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |before| low(tokens, before));
    let named = at.checked_sub(2).is_some_and(|noun| exact_tags(low(tokens, noun)).any(Tags::NOUN));
    match low(tokens, at) {
        "i" | "me" if before == "and" && named => !matches!(low(tokens, at + 1), "want" | "would" | "need"),
        "me" => {
            low(tokens, at + 1) == "and"
                && matches!(low(tokens, at + 2), "my" | "a" | "the")
                && before.is_empty()
        }
        _ => false,
    }
}
