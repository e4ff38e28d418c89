//! Pictures, screens and boards that are things of the scene: what they show stands in their captions, and they are no
//! way in which the whole is drawn.

use super::noun_phrase::noun_phrase;
use super::phrase::NounPhrase;
use super::piece::Chunk;
use super::token::{Token, low};
use crate::lexicon::{Class, Role, Tags, Verb, VerbForm, exact_tags, is_alive, kind_of, tags};

/// What is done with pictures themselves before "to" or "on".
const FASTENED: [&str; 10] = [
    "pinned",
    "taped",
    "glued",
    "tacked",
    "nailed",
    "stuck",
    "fastened",
    "thumbtacked",
    "clipped",
    "propped",
];

/// What pictures do that are themselves in the scene.
const LIES: [&str; 7] = ["lies", "leans", "hangs", "rests", "covers", "decorates", "adorns"];

/// Words for what a picture does that shows something.
const SHOWN: [&str; 9] = [
    "advertises",
    "advertising",
    "showing",
    "shows",
    "displaying",
    "displays",
    "depicting",
    "depicts",
    "portraying",
];

/// Whether a picture that the sentence opens with is itself in the scene: `a portrait of a general hangs above the
/// fireplace`, `a postcard of Paris pinned to a corkboard`. Its words end before `at`.
pub(super) fn is_fastened(tokens: &[Token], at: usize) -> bool {
    let clause = (at..tokens.len()).take_while(|i| tokens.get(*i).is_some_and(Token::is_word));
    let bears = |word: &str| word == "wall" || tags(word).any(Tags::SURFACE.and(Tags::SEAT));
    let mut words = clause.clone();
    // "a photo of a soldier lies on a piano"
    let of = low(tokens, at) == "of";
    let named = of.then(|| noun_phrase(tokens, at + 1)).flatten().map(|(_, end)| low(tokens, end));
    if named.is_some_and(|verb| LIES.contains(&verb)) {
        return true;
    }
    if hangs_above(tokens, at) {
        return true;
    }
    let on_it = |i: usize| low(tokens, i) == "on" && low(tokens, i + 1) == "it";
    words.any(|i| {
        let next = low(tokens, i + 1);
        match low(tokens, i) {
            "hangs" => true,
            "hanging" | "mounted" if matches!(next, "on" | "above" | "over") => {
                clause.clone().skip_while(|j| *j <= i).any(|j| bears(low(tokens, j)))
            }
            // "a poster with a whale on it above the bed"
            "on" if on_it(i) => {
                LIES.contains(&low(tokens, i + 2))
                    || matches!(low(tokens, i + 2), "above" | "over" | "on" | "next" | "beside" | "behind")
            }
            word => {
                FASTENED.contains(&word)
                    && matches!(next, "to" | "on" | "onto" | "above" | "over" | "against")
            }
        }
    })
}

/// `a portrait of a king above a fireplace`: what stands on the ground is over no furniture, but its picture is; and what
/// cannot be fixed to a wall is on none.
fn hangs_above(tokens: &[Token], at: usize) -> bool {
    let Some((shown, end)) = noun_phrase(tokens, at + 1).filter(|_| low(tokens, at) == "of") else {
        return false;
    };
    let (of, size) = (shown.tags(), kind_of(&shown.noun));
    let place = noun_phrase(tokens, end + 1).map(|(place, _)| place);
    // A photo of a sign above a chair shows both.
    let medium = at.checked_sub(1).map_or("", |i| low(tokens, i));
    let made =
        matches!(medium, "portrait" | "painting" | "drawing" | "print" | "poster" | "tapestry" | "sketch");
    let indoors = |place: &NounPhrase| {
        place.tags().any(Tags::SEAT.and(Tags::SURFACE)) && !place.tags().any(Tags::OPEN.and(Tags::ANIMATE))
    };
    match low(tokens, end) {
        "above" | "over" => {
            made && size.class.stands() && !of.any(Tags::SKY) && place.as_ref().is_some_and(indoors)
        }
        "on" => {
            let fixed = matches!(size.class, Class::Hang | Class::Wall);
            let climbs = of.any(Tags::ANIMATE) && medium != "portrait" || of.is_unknown() || fixed;
            place.is_some_and(|place| place.noun == "wall") && !climbs
        }
        _ => false,
    }
}

/// What a picture shows, or a lamp, as a verb with its object or as an adjective of the lamp.
pub(super) fn shown(tokens: &[Token], at: usize, before: &[Chunk]) -> Option<(Chunk, usize)> {
    if is_lit(tokens, at, before.last()) {
        return Some((Chunk::Be, 1));
    }
    shows(tokens, at, before).map(|verb| (Chunk::Verb(verb), 1))
}

/// Whether a lamp shows a colour: `a traffic light showing red` is red.
fn is_lit(tokens: &[Token], at: usize, previous: Option<&Chunk>) -> bool {
    let colour = exact_tags(low(tokens, at + 1)).any(Tags::COLOUR);
    let alone = colour && noun_phrase(tokens, at + 1).is_none_or(|(np, _)| np.noun.is_empty());
    let lamp = matches!(previous, Some(Chunk::Np(np)) if !np.tags().any(Tags::ANIMATE));
    matches!(low(tokens, at), "showing" | "shows") && alone && lamp
}

/// `a screen showing a pie chart`, `a calendar on the wall shows a ship`: what it shows is said in its caption.
fn shows(tokens: &[Token], at: usize, before: &[Chunk]) -> Option<Verb> {
    let word = low(tokens, at);
    if !SHOWN.contains(&word) {
        return None;
    }
    let mut named = before.iter().rev().take_while(|chunk| !matches!(chunk, Chunk::Stop | Chunk::Comma));
    let picture = |np: &NounPhrase| np.tags().any(Tags::SHOWS) && !is_alive(&np.noun);
    let last = named.clone().find_map(|chunk| if let Chunk::Np(np) = chunk { Some(np) } else { None })?;
    let first = named.try_fold(last, |_, chunk| Some(if let Chunk::Np(np) = chunk { np } else { last }));
    let finite = word.ends_with('s');
    let of_picture = picture(last) || finite && first.is_some_and(picture);
    let (shown, _) = noun_phrase(tokens, at + 1)?;
    (of_picture && !shown.noun.is_empty()).then(|| Verb {
        attribute: if word.starts_with("advert") { "advertising" } else { "showing" }.to_owned(),
        form: VerbForm::Ing,
        role: Role::Caption,
    })
}

/// Whether words before `of` say that somebody takes a picture: what is in it is in the scene, too.
pub(super) fn is_taken(before: &str, picture: &NounPhrase, of: &NounPhrase) -> bool {
    let takes = matches!(before, "taking" | "take" | "takes" | "took" | "snapping" | "snaps" | "shooting");
    let shown = of.tags();
    let around = Tags::PLACE.and(Tags::TIME).and(Tags::STUFF).and(Tags::SCENERY).and(Tags::ABSTRACT);
    takes
        && matches!(picture.noun.as_str(), "photo" | "photograph" | "picture" | "snapshot")
        && !shown.is_unknown()
        && !shown.any(around.and(Tags::PART))
}
