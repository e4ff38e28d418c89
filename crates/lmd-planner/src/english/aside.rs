//! What is said of the noun, or of the verb, just before: `in bloom`, `about to jump`, `with headphones on`.

use super::links::{Link, reads};
use super::noun_phrase::noun_phrase;
use super::parallel::{about_to, causative, led, likeness};
use super::partitive;
use super::phrase::{Determiner, NounPhrase};
use super::piece::Chunk;
use super::token::{Token, low};
use crate::lexicon::{List, Role, Tags, Verb, VerbForm, head, is_aimed, is_aimed_along, is_function, verb};

/// `using a shoe as a pillow`: what something is taken for is not there itself; but not `as a man walks by`.
fn in_the_role(tokens: &[Token], at: usize, previous: Option<&Chunk>) -> Option<(Chunk, usize)> {
    // "shaped as a bear" says so itself.
    let told = matches!(previous, Some(Chunk::Verb(verb)) if verb.attribute != "used");
    if low(tokens, at) != "as" || told || !matches!(low(tokens, at + 1), "a" | "an") {
        return None;
    }
    let (_, end) = noun_phrase(tokens, at + 1)?;
    let next = low(tokens, end);
    let clause =
        matches!(next, "is" | "are" | "has" | "have" | "as" | "who" | "that") || verb(next).is_some();
    let attribute = "as".to_owned();
    (!clause).then_some((Chunk::Verb(Verb { attribute, form: VerbForm::Ing, role: Role::Caption }), 1))
}

/// `a lady in her early sixties`
fn of_age(tokens: &[Token], at: usize) -> Option<(Chunk, usize)> {
    const DECADES: [&str; 9] = [
        "teens",
        "twenties",
        "thirties",
        "forties",
        "fifties",
        "sixties",
        "seventies",
        "eighties",
        "nineties",
    ];
    let own = low(tokens, at) == "in" && matches!(low(tokens, at + 1), "his" | "her" | "their");
    let part = usize::from(matches!(low(tokens, at + 2), "early" | "mid" | "late"));
    let length = 3 + part;
    let age = DECADES.contains(&low(tokens, at + length - 1)).then(|| tokens.get(at..at + length))??;
    let says = Verb { attribute: super::token::text_of(age), form: VerbForm::Ing, role: Role::Caption };
    own.then_some((Chunk::Verb(says), length))
}

/// What is said of the noun, or of the verb, just before: `in bloom`, `about to jump`, `from wood` after `made`.
pub(super) fn said_of(tokens: &[Token], at: usize, previous: Option<&Chunk>) -> Option<(Chunk, usize)> {
    if matches!(previous, Some(Chunk::Np(_) | Chunk::Be | Chunk::Which | Chunk::Verb(_))) {
        if let Some((adjective, length)) = partitive::postposed(tokens, at) {
            return Some((Chunk::Adjectives(vec![adjective.to_owned()]), length));
        }
        if let Some((chunk, length)) = likeness(tokens, at)
            .or_else(|| causative(tokens, at))
            .map(|(verb, length)| (Chunk::Verb(verb), length))
            .or_else(|| in_the_role(tokens, at, previous))
            .or_else(|| of_age(tokens, at))
        {
            return Some((chunk, length));
        }
    }
    // "a logo for a cafe": nobody draws the cafe.
    if low(tokens, at) == "for"
        && matches!(previous, Some(Chunk::Np(np)) if List::MadeFor.has(head(&np.noun)))
    {
        let says = Verb { attribute: "for".to_owned(), form: VerbForm::Ing, role: Role::Caption };
        return Some((Chunk::Verb(says), 1));
    }
    let doing = matches!(
        previous,
        Some(
            Chunk::Be
                | Chunk::Comma
                | Chunk::Np(_)
                | Chunk::Verb(_)
                | Chunk::Adjectives(_)
                | Chunk::Link(Link::Nowhere)
        )
    );
    if doing && let Some((verb, length)) = about_to(tokens, at, previous) {
        return Some((Chunk::Verb(verb), length));
    }
    if let Some(chunk) = stretched(tokens, at, previous) {
        return Some((chunk, 1));
    }
    // "a chair made from wood", "made out of ice"
    let made = matches!(previous, Some(Chunk::Verb(verb)) if verb.attribute == "made");
    let from = ["out of", "from", "out"].iter().find_map(|phrase| reads(tokens, at, phrase));
    from.filter(|_| made).map(|length| (Chunk::Of, length))
}

/// Whether `on` at `at` says that what stands before it is worn: `with headphones on`.
pub(super) fn is_put_on(tokens: &[Token], at: usize, previous: Option<&Chunk>) -> bool {
    let worn = matches!(previous, Some(Chunk::Np(np)) if np.tags().any(Tags::WORN));
    let ends = |next: &Token| {
        let does = verb(&next.low).is_some_and(|verb| verb.form != VerbForm::Base);
        !next.is_word() || next.low == "and" || does && noun_phrase(tokens, at + 1).is_none()
    };
    worn && low(tokens, at) == "on" && tokens.get(at + 1).is_none_or(ends)
}

/// `with its tongue out`, `with his arms up`: said of the part, where nothing follows that it could lead.
fn stretched(tokens: &[Token], at: usize, previous: Option<&Chunk>) -> Option<Chunk> {
    let word = low(tokens, at);
    let part = |np: &NounPhrase| np.determiner == Determiner::Possessive && !np.tags().any(Tags::ANIMATE);
    let after = matches!(previous, Some(Chunk::Np(np)) if part(np))
        && matches!(word, "out" | "up" | "down" | "apart");
    let next = tokens.get(at + 1);
    let ends = next.is_none_or(|next| {
        let does = verb(&next.low).is_some_and(|verb| verb.form == VerbForm::Third);
        !next.is_word() || does && super::links::link(tokens, at + 2).is_some()
    });
    let switched = matches!(previous, Some(Chunk::Np(np)) if part(np))
        && matches!(word, "on" | "off" | "open" | "shut")
        && ends;
    let leads = !switched
        && next.is_some_and(|next| {
            next.low == "of"
                || next.is_word() && !is_function(&next.low)
                || matches!(next.low.as_str(), "a" | "an" | "the")
        });
    ((after || switched) && !leads).then(|| Chunk::Adjectives(vec![word.to_owned()]))
}

/// A verb with what it leads to (`trying to catch`), what is put on (`putting on`) or where to (`looking up`), and its
/// length.
pub(super) fn with_what_follows(tokens: &[Token], at: usize, verb: Verb) -> (Verb, usize) {
    led(tokens, at, &verb)
        .or_else(|| dresses(tokens, at, &verb))
        .unwrap_or_else(|| with_direction(tokens, at, verb))
}

/// `looking up`: a verb and where to, which the caption keeps, with its length; what says where to is read again, as it
/// may lead to a place.
fn with_direction(tokens: &[Token], at: usize, verb: Verb) -> (Verb, usize) {
    const WHERE: [&str; 15] = [
        "up", "down", "out", "away", "back", "over", "by", "around", "along", "ahead", "forward", "sideways",
        "off", "on", "upwards",
    ];
    let next = low(tokens, at + 1);
    let acts = verb.form != VerbForm::Past && matches!(verb.role, Role::Action | Role::Posture);
    let each = reads(tokens, at + 2, "each other").or_else(|| reads(tokens, at + 2, "one another"));
    let little = WHERE.contains(&next)
        && !matches!(low(tokens, at + 2), "of" | "and")
        && reads(tokens, at + 1, "back to back").is_none()
        && noun_phrase(tokens, at + 2).is_none();
    let ends = tokens.get(at + 2).is_none_or(|token| !token.is_word() || is_function(&token.low));
    let some = matches!(next, "something" | "someone" | "somebody") && ends && verb.form != VerbForm::Past;
    let attribute = match () {
        // "a boy eating something"
        () if some => return (Verb { attribute: format!("{} {next}", verb.attribute), ..verb }, 2),
        () if !acts => return (verb, 1),
        () if each.is_some() && is_aimed(&verb.attribute, next) => {
            format!("{} {next} each other", verb.attribute)
        }
        () if little && (is_aimed_along(&verb.attribute) || next == "back") => {
            format!("{} {next}", verb.attribute)
        }
        () => return (verb, 1),
    };
    // "back" would be read as an adjective.
    (Verb { attribute, ..verb }, 1 + usize::from(next == "back"))
}

/// `taking off his helmet`, `puts on her shoes`, `blows out a candle`: the little word belongs to the verb.
fn dresses(tokens: &[Token], at: usize, verb: &Verb) -> Option<(Verb, usize)> {
    // "knocking over a glass" does not place it.
    if matches!(verb.attribute.as_str(), "knocking" | "tipping") && low(tokens, at + 1) == "over" {
        let verb = Verb { attribute: format!("{} over", verb.attribute), role: Role::Close, ..verb.clone() };
        return noun_phrase(tokens, at + 2).map(|_| (verb, 2));
    }
    let little = Some(low(tokens, at + 1)).filter(|word| matches!(*word, "on" | "off" | "out" | "up"))?;
    let handles = matches!(
        verb.attribute.as_str(),
        "taking"
            | "putting"
            | "pulling"
            | "trying"
            | "slipping"
            | "kicking"
            | "tearing"
            | "throwing"
            | "tying"
    );
    let worn = |np: &NounPhrase| np.tags().any(Tags::WORN) && np.determiner != Determiner::The;
    let what = noun_phrase(tokens, at + 2);
    let dressed = handles && matches!(little, "on" | "off") && what.as_ref().is_some_and(|(np, _)| worn(np));
    // "dressed up in a suit"
    let up = verb.attribute == "dressed" && little == "up" && low(tokens, at + 2) == "in";
    if up && noun_phrase(tokens, at + 3).is_some() {
        return Some((verb.clone(), 2));
    }
    // "blowing out candles"
    let dressed = dressed || verb.role == Role::Caption && matches!(little, "out" | "up") && what.is_some();
    let attribute = format!("{} {little}", verb.attribute);
    dressed.then_some((Verb { attribute, role: Role::Caption, ..verb.clone() }, 2))
}
