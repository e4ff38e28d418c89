//! Whether a word is what somebody or something does: `leaves fall`, `three women at a table laugh`, `vegetables set on a plate`.

use super::acting::PARTICLES;
use super::links::link;
use super::noun_phrase::noun_phrase;
use super::parallel::{does_something, makes};
use super::phrase::{Determiner, NounPhrase};
use super::piece::Chunk;
use super::token::{Token, low};
use super::who::Who;
use crate::lexicon::{
    Class, List, Role, Tags, Verb, VerbForm, finite_past, is_adjective, is_adorning, is_adverb, is_function,
    is_idea, kind_of, tags, third_person,
};

/// `a barista hands a cup`: a noun in the plural after one thing and before an article is what that does.
pub(super) fn acted_by_one(tokens: &[Token], at: usize, previous: Option<&Chunk>) -> Option<Verb> {
    let Some(Chunk::Np(np)) = previous else { return None };
    let one = !np.plural && np.quantity.is_none_or(|quantity| quantity.count == 1);
    let next = low(tokens, at + 1);
    let object = matches!(next, "a" | "an" | "the" | "its" | "his" | "her" | "their" | "another")
        || super::numbers::number(next).is_some()
        || np.determiner == Determiner::A
            && PARTICLES.contains(&next)
            && noun_phrase(tokens, at + 2).is_some();
    let alive = np.determiner == Determiner::A && np.tags().any(Tags::ANIMATE);
    let does = third_person(low(tokens, at)).filter(|_| one && (object || alive))?;
    // "a monk bows": what is done to nobody is said of the doer.
    let role = if object { does.role } else { Role::Action };
    Some(Verb { role, ..does })
}

/// `a hammer and a mallet pound the nails`: a word that no table knows, after several things and before an article.
pub(super) fn acted_by_several(tokens: &[Token], at: usize, before: &[Chunk]) -> Option<Verb> {
    let several = match before {
        [.., Chunk::Np(_), Chunk::And, Chunk::Np(_)] => true,
        [.., Chunk::Np(np)] => np.plural || np.quantity.is_some_and(|quantity| quantity.count > 1),
        _ => false,
    };
    let word = low(tokens, at);
    let object = matches!(low(tokens, at + 1), "a" | "an" | "the" | "its" | "his" | "her" | "their");
    let unknown = tags(word).is_unknown() && !is_adjective(word) && !is_adverb(word);
    let plain = tokens.get(at).is_some_and(|token| token.is_word() && !token.has_capital());
    if several && object && unknown && plain { crate::lexicon::base(word) } else { None }
}

/// `three women at a table laugh`: several of somebody before the place they are at.
pub(super) fn act_at_place(tokens: &[Token], at: usize, verb: &Verb, before: &[Chunk]) -> bool {
    let several = |np: &NounPhrase| np.plural || np.quantity.is_some_and(|quantity| quantity.count > 1);
    let alive = |np: &NounPhrase| np.tags().any(Tags::ANIMATE) && several(np);
    let placed = matches!(before, [.., Chunk::Np(who), Chunk::Link(_), Chunk::Np(place)] if alive(who) && !several(place));
    // "two giraffes in a yard stand together"
    let how = is_adverb(low(tokens, at + 1));
    let goes_on = !how && tokens.get(at + 1).is_some_and(|next| next.is_word() && !is_function(&next.low));
    placed && verb.form == VerbForm::Base && !goes_on && (how || !tags(low(tokens, at)).any(Tags::NOUN))
}

/// Whether the sentence has named somebody so far.
pub(super) fn has_doer(before: &[Chunk]) -> bool {
    let sentence = before.iter().rev().take_while(|chunk| !matches!(chunk, Chunk::Stop));
    let mut named = sentence.filter(|chunk| matches!(chunk, Chunk::Np(np) if np.tags().any(Tags::ANIMATE)));
    named.next().is_some()
}

/// Whether somebody is doing something in this sentence already.
pub(super) fn is_acting(before: &[Chunk]) -> bool {
    let sentence = || before.iter().rev().take_while(|chunk| !matches!(chunk, Chunk::Stop));
    let acts = sentence().any(|chunk| matches!(chunk, Chunk::Verb(first) if first.form == VerbForm::Ing));
    acts && (sentence().any(|chunk| *chunk == Chunk::Be) || has_doer(before))
}

/// `making it fly`: what somebody else does.
pub(super) fn is_made_to(before: &[Chunk], verb: &Verb) -> bool {
    let other = matches!(before, [.., Chunk::Verb(first), Chunk::Pronoun(_) | Chunk::Np(_)] if makes(&first.attribute));
    other && verb.form == VerbForm::Base
}

/// `a teacher writing on a board`, `a bunny painting eggs`, `on the curb writing on a pad`.
fn does_though_noun(next: Option<&Token>, previous: Option<&Chunk>, has_doer: bool) -> bool {
    let (Some(next), Some(Chunk::Np(np))) = (next, previous) else { return false };
    let flat = has_doer && kind_of(&np.noun).class == Class::Flat;
    let person = np.determiner == Determiner::A && np.tags().any(Tags::PERSON);
    let several = tags(&next.low).any(Tags::NOUN) && lmd_layout::is_plural(&next.low);
    let placed = (person || flat) && matches!(next.low.as_str(), "on" | "at" | "in");
    let own = matches!(next.low.as_str(), "a" | "an" | "the" | "his" | "her" | "its" | "their");
    placed || np.tags().any(Tags::ANIMATE) && several || own
}

/// Whether a word that may be a verb, and often a noun, is one where it stands: `leaves fall`, but not `a water fall`.
pub(super) fn stands_as_verb(
    tokens: &[Token],
    at: usize,
    verb: &Verb,
    previous: Option<&Chunk>,
    (joined, has_doer): (bool, bool),
) -> bool {
    let next = tokens.get(at + 1);
    let noun_follows = next.is_some_and(|next| {
        next.is_word()
            && !is_function(&next.low)
            && !next.low.ends_with("ly")
            && super::numbers::number(&next.low).is_none()
    });
    let placed = matches!(previous, Some(Chunk::Np(_))) && link(tokens, at + 1).is_some();
    if placed && low(tokens, at) == "set" {
        return true;
    }
    let looks = List::LookOf.has(&lmd_layout::singular(low(tokens, at)));
    let is_noun = looks || tags(low(tokens, at)).any(Tags::NOUN);
    match verb.form {
        VerbForm::Ing if matches!(previous, Some(Chunk::Np(np)) if np.tags().any(Tags::SKY)) => !noun_follows,
        VerbForm::Ing if is_noun && matches!(previous, Some(Chunk::Np(_))) => {
            does_though_noun(next, previous, has_doer)
        }
        VerbForm::Ing if joined => {
            let comma = matches!(previous, Some(Chunk::Comma));
            !is_noun && (!noun_follows || comma && does_something(verb) && has_doer)
        }
        VerbForm::Ing | VerbForm::Past if matches!(previous, Some(Chunk::Be | Chunk::Which)) => {
            !is_noun || !noun_follows
        }
        // "tossing flaming torches": the torches are.
        VerbForm::Ing | VerbForm::Past => {
            let taken = matches!(previous, Some(Chunk::Verb(first)) if does_something(first));
            !(is_noun || (joined || taken) && noun_follows)
        }
        // "there are presents"
        VerbForm::Third if is_noun && matches!(previous, Some(Chunk::Be)) => false,
        // "the man is taller and stands on the left"
        VerbForm::Third if joined && verb.role == Role::Posture => !is_noun || link(tokens, at + 1).is_some(),
        // "mixing drinks"
        VerbForm::Third
            if (is_noun || is_idea(low(tokens, at)))
                && matches!(previous, Some(Chunk::Verb(verb)) if !verb.attribute.starts_with("in ")) =>
        {
            false
        }
        VerbForm::Third => {
            let object = next.is_some_and(|next| {
                matches!(next.low.as_str(), "a" | "an" | "the" | "his" | "her" | "its" | "their")
            });
            !joined || !is_noun || object
        }
        VerbForm::Base => {
            let several =
                |np: &NounPhrase| np.plural || np.quantity.is_some() || List::Collective.has(&np.noun);
            // "fireworks explode"
            let several = |np: &NounPhrase| several(np) || np.is_bare() && lmd_layout::is_plural(&np.noun);
            let plural = matches!(previous, Some(Chunk::Np(np)) if several(np))
                || matches!(previous, Some(Chunk::Pronoun(Who::They) | Chunk::Which));
            // "man ride horse"
            let bare = !is_noun
                && matches!(previous, Some(Chunk::Np(np)) if np.is_bare() && np.tags().any(Tags::ANIMATE));
            (plural || bare) && !joined
        }
    }
}

/// Whether who does it is in the air.
pub(super) fn is_airborne(verb: &Verb) -> bool {
    matches!(verb.attribute.as_str(), "flying" | "soaring" | "hovering")
}

/// Whether a participle says what something is adorned with: covered, decorated.
pub(super) fn adorns(participle: &str) -> bool {
    finite_past(participle).is_some_and(|verb| is_adorning(&verb.attribute))
}
