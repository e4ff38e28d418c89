//! Chunks: a sentence cut into noun phrases and what stands between them.

use std::sync::LazyLock;

use super::aside::{is_put_on, said_of, with_what_follows};
use super::deeds::{
    act_at_place, acted_by_one, acted_by_several, adorns, has_doer, is_acting, is_made_to, stands_as_verb,
};
use super::links::{Link, link, reads};
use super::mood::weather;
use super::negation::negation;
use super::nothing;
use super::noun_phrase::noun_phrase;
use super::numbers::bound;
use super::parallel::goes_on;
use super::partitive;
use super::past::{Doer, as_finite, is_perfect};
use super::phrase::{Determiner, NounPhrase};
use super::pictures::shown;
pub(super) use super::piece::{By, Chunk};
use super::predicative::{adjectives, adjectives_alone, as_participle, follows_is_not};
use super::token::{Token, low};
use super::who::Who;
use crate::lexicon::{
    List, Phrases, Section, Tags, Verb, VerbForm, compound, exact_tags, is_adjective, is_adverb, is_function,
    is_idea, is_participle, tags, verb,
};

/// Verbs before another one that stays as it is: `can see`.
const MODALS: [&str; 8] = ["can", "could", "will", "would", "must", "may", "might", "should"];

static JOINTS: LazyLock<Phrases<Chunk>> = LazyLock::new(|| Phrases::new(Section::Joints, joint));

/// What stands between noun phrases, by its words and its name in the lexicon.
fn joint(phrase: &str, name: &str) -> Option<Chunk> {
    Some(match name {
        "and" => Chunk::And,
        "or" => Chunk::Or,
        "of" => Chunk::Of,
        "for" => Chunk::For,
        "but" => Chunk::But,
        "with" => Chunk::With,
        "has" => Chunk::Has,
        "full" | "half full" => Chunk::Full { half: name == "half full", says: phrase.to_owned() },
        "each" => Chunk::Each,
        "which" => Chunk::Which,
        "whose" => Chunk::Whose,
        "list" => Chunk::Comma,
        "be" => Chunk::Be,
        "there" => Chunk::There,
        "it" => Chunk::Pronoun(Who::It),
        "they" => Chunk::Pronoun(Who::They),
        _ => return None,
    })
}

/// Cuts `tokens` into chunks.
pub(super) fn chunks(tokens: &[Token]) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if nothing::has_instead(tokens, at, &chunks) {
            chunks.extend([Chunk::But, Chunk::With]);
            at += 1;
            continue;
        }
        let (chunk, length) = next(tokens, at, &chunks);
        chunks.extend(chunk);
        at += length.max(1);
    }
    chunks
}

fn next(tokens: &[Token], at: usize, before: &[Chunk]) -> (Option<Chunk>, usize) {
    let Some(token) = tokens.get(at) else { return (None, 1) };
    let previous = before.last();
    if let Some((chunk, length)) = bracketed_adjectives(tokens, at, previous) {
        return (Some(chunk), length);
    }
    if token.is_lettering() {
        return (Some(Chunk::Lettering(token.text.clone())), 1);
    }
    if let Some(chunk) = sign(&token.low) {
        return (Some(chunk), 1);
    }
    if let Some((mood, length)) = weather(tokens, at) {
        return (Some(Chunk::Mood(mood)), length);
    }
    if let Some((larger, length)) = partitive::comparison(tokens, at) {
        let words = tokens.get(at..at + length).unwrap_or_default();
        let higher = words.iter().any(|token| matches!(token.low.as_str(), "higher" | "lower"));
        let by = if partitive::is_alike(tokens, at) { By::SameSize } else { By::Size };
        return (Some(Chunk::Than { larger, higher, by }), length);
    }
    // "younger than the girls": the adjective stands before it.
    let graded = at.checked_sub(1).is_some_and(|before| partitive::graded(tokens, before).is_some());
    if graded && matches!(previous, Some(Chunk::Adjectives(_))) {
        return (Some(Chunk::Than { larger: true, higher: false, by: By::Quality }), 1);
    }
    if let Some((chunk, length)) = denial(tokens, at, previous) {
        return (Some(chunk), length);
    }
    if let Some(length) = partitive::the_rest(tokens, at) {
        let words = vec!["the".to_owned(), "others".to_owned()];
        let others = NounPhrase { determiner: Determiner::The, plural: true, words, ..NounPhrase::new() };
        return (Some(Chunk::Np(others)), length);
    }
    if let Some((pick, length)) = partitive::one_of_several(tokens, at) {
        return (Some(Chunk::OneOf(pick)), length);
    }
    if let Some((quantity, length)) = partitive::so_many_of_them(tokens, at) {
        return (Some(Chunk::OfThem(quantity)), length);
    }
    if is_put_on(tokens, at, previous) {
        return (None, 1);
    }
    if let Some((chunk, length)) = shown(tokens, at, before).or_else(|| said_of(tokens, at, previous)) {
        return (Some(chunk), length);
    }
    if let Some((link, length)) = link(tokens, at).filter(|_| bound(tokens, at).is_none()) {
        return (Some(Chunk::Link(link)), length);
    }
    if let Some((chunk, length)) = fixed_word(tokens, at, previous) {
        return (chunk, length);
    }
    if leads_verb(tokens, at) && matches!(previous, Some(Chunk::Np(_))) {
        return (None, 1);
    }
    if let Some((chunk, length)) = predicate(tokens, at, before) {
        return (Some(chunk), length);
    }
    match noun_phrase(tokens, at) {
        Some((phrase, end)) => (Some(Chunk::Np(phrase)), end - at),
        None => leftover(token),
    }
}

/// `without`, `except for`, and the `not` of `a coat not black`.
fn denial(tokens: &[Token], at: usize, previous: Option<&Chunk>) -> Option<(Chunk, usize)> {
    if reads(tokens, at, "except that").is_some() {
        return None;
    }
    if let Some(length) = reads(tokens, at, "except for").or(reads(tokens, at, "except")) {
        return Some((Chunk::Except, length));
    }
    let instead = ["instead of", "rather than", "in place of"];
    if let Some(length) = instead.iter().find_map(|phrase| reads(tokens, at, phrase)) {
        return Some((Chunk::Instead, length));
    }
    let after_noun = matches!(previous, Some(Chunk::Np(_)));
    let of_noun = low(tokens, at) == "not" && after_noun && follows_is_not(tokens, at + 1);
    // "under the chair, not on it"
    let elsewhere = low(tokens, at) == "not"
        && matches!(previous, Some(Chunk::Comma | Chunk::But | Chunk::And | Chunk::Np(_)))
        && matches!(link(tokens, at + 1), Some((Link::Rel { .. }, _)));
    negation(tokens, at).or((of_noun || elsewhere).then_some(1)).map(|length| (Chunk::Not, length))
}

/// `a cat (orange)`: adjectives in brackets speak of the noun before them.
fn bracketed_adjectives(tokens: &[Token], at: usize, previous: Option<&Chunk>) -> Option<(Chunk, usize)> {
    if tokens.get(at)?.text != "(" || !matches!(previous, Some(Chunk::Np(_))) {
        return None;
    }
    let length = tokens.iter().skip(at + 1).position(|token| token.text == ")")?;
    let inner = tokens.get(at + 1..at + 1 + length)?;
    let words: Vec<String> =
        inner.iter().filter(|token| token.is_word() && token.low != "and").map(|t| t.low.clone()).collect();
    let says = |word: &String| is_adjective(word) || exact_tags(word).any(Tags::MODIFIER);
    // "a lamp (brass)"
    let made = words.len() == 1
        && words.iter().all(|word| exact_tags(word).any(Tags::STUFF.and(Tags::ABSTRACT)) && says(word));
    let plain = made || words.iter().any(|word| is_adjective(word)) && words.iter().all(says);
    plain.then_some((Chunk::Bracketed(words), length + 2))
}

fn sign(low: &str) -> Option<Chunk> {
    match low {
        "," => Some(Chunk::Comma),
        ":" => Some(Chunk::Colon),
        "." => Some(Chunk::Stop),
        _ => None,
    }
}

fn fixed_word(tokens: &[Token], at: usize, previous: Option<&Chunk>) -> Option<(Option<Chunk>, usize)> {
    // "helps a man back to his feet"
    if low(tokens, at) == "back" && low(tokens, at + 1) == "to" && matches!(previous, Some(Chunk::Np(_))) {
        return Some((None, 1));
    }
    // "a duchess fans herself"
    let own = matches!(low(tokens, at), "himself" | "herself" | "itself" | "themselves");
    if let (Some(Chunk::Verb(_)), true) = (previous, own) {
        return Some((None, 1));
    }
    // "two boxers hit each other"
    let each = reads(tokens, at, "each other").or_else(|| reads(tokens, at, "one another"));
    if let (Some(Chunk::Verb(_) | Chunk::Link(_)), Some(length)) = (previous, each) {
        return Some((None, length));
    }
    let joined = matches!(previous, Some(Chunk::But | Chunk::And | Chunk::Comma));
    let said = || nothing::said(tokens, at, joined);
    if let Some(length) = nothing::left_over(tokens, at, previous).or_else(said) {
        return Some((None, length));
    }
    // "ripe for picking": what it is for is not to be seen.
    if let (Some(Chunk::Adjectives(_) | Chunk::Verb(_)), "for") = (previous, low(tokens, at))
        && verb(low(tokens, at + 1)).is_some_and(|verb| verb.form == VerbForm::Ing)
        && noun_phrase(tokens, at + 2).is_none()
    {
        return Some((None, 2));
    }
    // "chasing a ball and having fun": whoever chases it.
    let goes_on = matches!(previous, Some(Chunk::And | Chunk::Comma));
    // "a family having dinner"
    let what = at + 1 + usize::from(matches!(low(tokens, at + 1), "a" | "their"));
    let deed = matches!(low(tokens, at), "having" | "showing") && goes_on
        || low(tokens, at) == "having" && List::Meal.has(low(tokens, what));
    if is_perfect(tokens, at) {
        return Some((None, 1));
    }
    let after_preposition = matches!(previous, Some(Chunk::Link(Link::Rel { .. })));
    let whom = after_preposition && low(tokens, at) == "which";
    let joint = JOINTS.longest(|ahead| low(tokens, at + ahead)).filter(|_| !deed && !whom);
    if let Some((chunk, length)) = joint.filter(|(_, length)| !is_upon(tokens, at, *length)) {
        return Some((Some(chunk.clone()), length));
    }
    let chunk = match low(tokens, at) {
        // "a cat sits between the two"
        _ if matches!(previous, Some(Chunk::Link(_))) && partitive::the_two(tokens, at) => {
            return Some((Some(Chunk::Pronoun(Who::They)), 2));
        }
        "which" | "whom" if after_preposition => Chunk::Pronoun(Who::That),
        "that" if after_preposition && tokens.get(at + 1).is_none_or(|next| !next.is_word()) => {
            Chunk::Pronoun(Who::That)
        }
        // "a cactus in each", "with a cake on each of them"
        "each" if after_preposition && reads(tokens, at + 1, "of them").is_some() => {
            return Some((Some(Chunk::Pronoun(Who::Each)), 3));
        }
        "each" if after_preposition && low(tokens, at + 1) == "one" => {
            return Some((Some(Chunk::Pronoun(Who::Each)), 2));
        }
        "each" if after_preposition && tokens.get(at + 1).is_none_or(|next| !next.is_word()) => {
            Chunk::Pronoun(Who::Each)
        }
        // "a sign in the distance that says …"
        "that" if matches!(previous, Some(Chunk::Np(_) | Chunk::Link(Link::Region { .. }))) => Chunk::Which,
        word => Chunk::Pronoun(Who::of(word).filter(|_| pronoun_stands(tokens, at))?),
    };
    Some((Some(chunk), 1))
}

/// Whether the word at `at` stands alone (`under her`, not `her hat`).
fn pronoun_stands(tokens: &[Token], at: usize) -> bool {
    let Some(token) = tokens.get(at) else { return false };
    if !matches!(token.low.as_str(), "her" | "this" | "these" | "both") {
        return true;
    }
    let Some(next) = tokens.get(at + 1).filter(|next| next.is_word()) else { return true };
    // "her rocking chair", "her sleeping baby", "her broken arm"
    let ahead: Vec<&str> = tokens.iter().skip(at + 1).take(4).map(|token| token.low.as_str()).collect();
    let own = ahead.get(1).map(|noun| tags(noun)).unwrap_or_default();
    let done = verb(&next.low).is_some_and(|verb| verb.form == VerbForm::Past);
    let belongs = compound(&ahead) > 1 || own.any(Tags::ANIMATE) || done && own.any(Tags::NOUN);
    is_function(&next.low) || is_participle(&next.low) && !(token.low == "her" && belongs)
}

/// Verbs and adjectives that say something of what stands before them.
fn predicate(tokens: &[Token], at: usize, before: &[Chunk]) -> Option<(Chunk, usize)> {
    let previous = before.last();
    let after_noun = matches!(
        previous,
        Some(
            Chunk::Np(_)
                | Chunk::Pronoun(_)
                | Chunk::Which
                | Chunk::Be
                | Chunk::Verb(_)
                | Chunk::Link(_)
                | Chunk::Adjectives(_)
                | Chunk::OneOf(_)
                | Chunk::OfThem(_)
                | Chunk::Lettering(_)
        )
    );
    let joined = matches!(previous, Some(Chunk::And | Chunk::Or | Chunk::Comma | Chunk::But));
    let after_preposition = matches!(previous, Some(Chunk::Link(Link::Rel { .. } | Link::Prep(_))));
    let may_be_verb = after_noun && !after_preposition || joined;
    // "wearing reading glasses"
    let ahead: Vec<&str> = (0..3).map(|ahead| low(tokens, at + ahead)).collect();
    let single = compound(&ahead) < 2 || matches!(previous, Some(Chunk::Np(_)));
    let verb = verb(low(tokens, at)).filter(|_| single).map(|verb| as_participle(tokens, at, verb));
    // "so that a bird can pick its teeth"
    let may = at.checked_sub(1).is_some_and(|may| MODALS.contains(&low(tokens, may)));
    let verb = verb.map(|verb| match verb.form {
        VerbForm::Base if may => Verb { form: VerbForm::Third, ..verb },
        _ => as_finite(tokens, at, verb, doer(before)),
    });
    // "a man and a woman stand": two of them.
    let coordinated = matches!(before, [.., Chunk::Np(_), Chunk::And, Chunk::Np(_)]);
    let verb = verb.filter(|verb| {
        coordinated && verb.form == VerbForm::Base
            || act_at_place(tokens, at, verb, before)
            || is_made_to(before, verb)
            || joined && is_acting(before) && goes_on(tokens, at, verb)
            || stands_as_verb(tokens, at, verb, previous, (joined, has_doer(before)))
    });
    let verb = verb.or_else(|| acted_by_one(tokens, at, previous));
    let verb = verb.or_else(|| acted_by_several(tokens, at, before));
    if let Some(verb) = verb.filter(|_| may_be_verb) {
        let (verb, length) = with_what_follows(tokens, at, verb);
        return Some((Chunk::Verb(verb), length));
    }
    let predicative =
        matches!(previous, Some(Chunk::Be | Chunk::Which | Chunk::Verb(_) | Chunk::Adjectives(_)));
    let after_np = matches!(previous, Some(Chunk::Np(_) | Chunk::Lettering(_)));
    // "the left one orange"
    let coloured = matches!(previous, Some(Chunk::OneOf(_) | Chunk::OfThem(_)))
        && exact_tags(low(tokens, at)).any(Tags::COLOUR.and(Tags::ADJECTIVE))
        && adjectives_alone(tokens, at);
    let denied_complement = matches!(previous, Some(Chunk::Not)) && follows_is_not(tokens, at);
    if predicative || after_np || denied_complement || coloured {
        // "stacking wooden blocks"
        let thing = |(_, length): &(Vec<String>, usize)| {
            let next = low(tokens, at + length);
            let strange = tags(next).is_unknown() && next.starts_with(char::is_alphabetic);
            let noun = tags(next).any(Tags::NOUN) || is_idea(next) || strange && !is_participle(next);
            noun && !is_adverb(next) && !is_function(next) && !is_adjective(next)
        };
        return adjectives(tokens, at)
            .filter(|found| !(matches!(previous, Some(Chunk::Verb(_))) && thing(found)))
            .map(|(found, length)| (Chunk::Adjectives(found), length));
    }
    None
}

/// What the chunks before a verb say of who does it.
fn doer(before: &[Chunk]) -> Doer<'_> {
    let sentence = || before.iter().rev().take_while(|chunk| !matches!(chunk, Chunk::Stop));
    let phrase = || sentence().find_map(|chunk| if let Chunk::Np(np) = chunk { Some(np) } else { None });
    let verb = || sentence().find_map(|chunk| if let Chunk::Verb(verb) = chunk { Some(verb) } else { None });
    match before.last() {
        // "a man in a suit walked"
        Some(Chunk::Np(np)) => Doer::Phrase(np, has_doer(before)),
        Some(Chunk::Pronoun(_)) => Doer::Pronoun,
        Some(Chunk::Which) => Doer::Before(phrase()),
        // "a cat sat and purred"
        Some(Chunk::And | Chunk::Comma) if verb().is_some_and(|verb| verb.form == VerbForm::Third) => {
            Doer::Before(phrase())
        }
        _ => Doer::Nobody,
    }
}

/// Whether an adverb stands before what somebody does: `a nurse always smiles`.
fn leads_verb(tokens: &[Token], at: usize) -> bool {
    let third = verb(low(tokens, at + 1)).is_some_and(|verb| verb.form == VerbForm::Third);
    third && exact_tags(low(tokens, at)).any(Tags::ADVERB)
}

fn leftover(token: &Token) -> (Option<Chunk>, usize) {
    let known = exact_tags(&token.low).any(Tags::FILLER.and(Tags::FUNCTION).and(Tags::ADVERB))
        || token.low.ends_with("ly");
    ((!known).then(|| Chunk::Unknown(token.text.clone())), 1)
}

/// Whether the participle at `at` leads, with its preposition, to a thing of its own: `a table covered with a cloth`, but
/// not `a street lined with trees`.
fn is_upon(tokens: &[Token], at: usize, length: usize) -> bool {
    let counted = |(phrase, _): (NounPhrase, usize)| {
        phrase.determiner != Determiner::None || phrase.quantity.is_some_and(|quantity| quantity.exact)
    };
    adorns(low(tokens, at)) && noun_phrase(tokens, at + length).is_some_and(counted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_joint_of_the_lexicon_is_understood() {
        assert_eq!(JOINTS.len(), Section::Joints.entries().count());
    }
}
