//! Deeds told one after the other of the same doer: `is holding a camera and taking photos`.

use std::sync::LazyLock;

use super::numbers::number;
use super::piece::Chunk;
use super::token::{Token, ends, low, text_of};
use crate::lexicon::{
    Phrases, Role, Section, Tags, Verb, VerbForm, is_adjective, is_function, is_known_verb, is_leading,
    is_linking, is_meaning_to, is_of_the_living, is_participle, tags,
};

/// `is holding a camera and taking photos`: a second deed of whoever does the first, not photos that are taking.
pub(super) fn goes_on(tokens: &[Token], at: usize, verb: &Verb) -> bool {
    if verb.form != VerbForm::Ing {
        return false;
    }
    let next = low(tokens, at + 1);
    // "and looking stressed"
    if is_linking(&verb.attribute) && (is_adjective(next) || is_participle(next)) {
        return true;
    }
    let object =
        matches!(next, "a" | "an" | "the" | "its" | "his" | "her" | "their") || number(next).is_some();
    if tags(low(tokens, at)).any(Tags::NOUN) {
        let plain = tokens.get(at + 1).is_none_or(|next| !next.is_word() || is_function(&next.low));
        return object || plain && is_known_verb(low(tokens, at)) && does_something(verb);
    }
    // "holding a leash and barking dogs": what anybody alive may do is said of the dogs.
    let takes = does_something(verb) || !is_known_verb(&verb.attribute);
    let of_them = tags(next).any(Tags::ANIMATE) && is_of_the_living(&verb.attribute);
    takes && !of_them
}

/// Whether a verb of the lexicon takes an object: `telling` of `telling stories`, but not `running` of `running dogs`.
pub(super) fn does_something(verb: &Verb) -> bool {
    let takes = matches!(verb.role, Role::Caption | Role::Close | Role::Contact | Role::Mount | Role::Hold);
    takes && is_known_verb(&verb.attribute)
}

/// `is about to kick a ball`, `teaching his son how to ride`, `jumps to catch a ball`: what somebody is going to do.
pub(super) fn about_to(tokens: &[Token], at: usize, previous: Option<&Chunk>) -> Option<(Verb, usize)> {
    if low(tokens, at) == "to" {
        let word = low(tokens, at + 1);
        let object = matches!(
            low(tokens, at + 2),
            "a" | "an" | "the" | "its" | "his" | "her" | "their" | "them" | "him"
        );
        // "asks the bride to smile"
        let asked = matches!(previous, Some(Chunk::Np(np)) if np.tags().any(Tags::ANIMATE));
        let asked = asked && is_known_verb(word) && ends(tokens, at + 2);
        let plain = asked || !tags(word).any(Tags::NOUN.and(Tags::ADJECTIVE)) && ends(tokens, at + 2);
        let next =
            crate::lexicon::verb(word).filter(|next| next.form == VerbForm::Base && (object || plain))?;
        return Some((Verb { form: VerbForm::Ing, ..next }, 2));
    }
    let to = matches!(low(tokens, at), "about" | "how") && low(tokens, at + 1) == "to";
    let next = crate::lexicon::verb(low(tokens, at + 2)).filter(|next| to && next.form == VerbForm::Base)?;
    Some((Verb { form: VerbForm::Ing, ..next }, 3))
}

static LIKENESSES: LazyLock<Phrases<&str>> =
    LazyLock::new(|| Phrases::new(Section::Likenesses, |_, says| Some(says)));

/// `that looks like a dragon`: a likeness is part of the caption.
pub(super) fn likeness(tokens: &[Token], at: usize) -> Option<(Verb, usize)> {
    let (says, length) = LIKENESSES.longest(|ahead| low(tokens, at + ahead))?;
    Some((Verb { attribute: (*says).to_owned(), form: VerbForm::Ing, role: Role::Caption }, length))
}

/// `having her hair cut`: what somebody lets be done, wholly a part of the caption.
pub(super) fn causative(tokens: &[Token], at: usize) -> Option<(Verb, usize)> {
    let has = matches!(low(tokens, at), "having" | "getting");
    let own = matches!(low(tokens, at + 1), "his" | "her" | "their" | "its");
    let past = |word: &str| {
        word == "cut" || crate::lexicon::verb(word).is_some_and(|verb| verb.form == VerbForm::Past)
    };
    let done = |at: &usize| past(low(tokens, *at)) && ends(tokens, at + 1);
    let end = (at + 3..at + 5).find(done).filter(|_| has && own)?;
    let what = text_of(tokens.get(at + 1..=end)?);
    let attribute = format!("{} {what}", low(tokens, at));
    Some((Verb { attribute, form: VerbForm::Ing, role: Role::Caption }, end + 1 - at))
}

/// `trying to catch a ball`: the verb after `to` is what somebody does, or means to do; with its length.
pub(super) fn led(tokens: &[Token], at: usize, verb: &Verb) -> Option<(Verb, usize)> {
    let done = is_leading(&verb.attribute);
    let meant = is_meaning_to(&verb.attribute);
    let to = low(tokens, at + 1) == "to" && verb.form != VerbForm::Past && (done || meant);
    let word = low(tokens, at + 2);
    let known = crate::lexicon::verb(word).filter(|next| next.form == VerbForm::Base);
    // "pretending to zorb": after "to" and before a noun or the end stands a verb, known or not.
    let strange = tags(word).is_unknown() && !word.is_empty() && verb.form == VerbForm::Ing;
    let next = known.clone().or_else(|| strange.then(|| verb.clone())).filter(|_| to)?;
    if done && known.is_some() {
        return Some((Verb { form: VerbForm::Ing, ..next }, 3));
    }
    let says = format!("{} to {}", verb.attribute, low(tokens, at + 2));
    Some((Verb { attribute: says, form: VerbForm::Ing, role: Role::Caption }, 3))
}

/// Whether a verb leads to what somebody else does: `making it fly`, `watching them play`.
pub(super) fn makes(doing: &str) -> bool {
    matches!(doing, "making" | "letting" | "watching" | "helping" | "seeing" | "hearing")
}
