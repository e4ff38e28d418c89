//! What is put on somebody and worn: at the neck, before the eyes, on the feet, and as small as it is there.

use lmd_layout::{BBox, with_article};

use super::board::Board;
use super::naming::head_noun;
use super::ones::with_noun;
use super::owning::has_part;
use super::refer::find;
use super::refusal::Refusal;
use super::{adding, adjust};
use crate::lexicon::{List, Tags, belongs_to_wearer, head, is_alive, is_function, kind_of, noun_tags};
use crate::offline::wording;
use crate::{RelationKind, Thing, english};

/// Smallest sides of what is worn, as shares of the canvas.
const LEAST: (f64, f64) = (0.07, 0.05);

/// Larger parts are none of somebody alive, unless that is said.
const GROWN: f64 = 0.6;

/// Where something is worn, as shares of the wearer: its centre and its size.
#[derive(Clone, Copy)]
struct Place {
    centre: (f64, f64),
    size: (f64, f64),
}

/// Adds what the words describe; what is put on somebody is worn.
pub(super) fn add(board: &mut Board, what: &str) -> Result<(), Refusal> {
    let what = with_noun(board, what);
    let what = what.as_str();
    if let Some(each) = for_each(board, what) {
        let first = board.pieces.len();
        each.iter().try_for_each(|what| add(board, what))?;
        board.touched = (first..board.pieces.len()).collect();
        return Ok(());
    }
    if let Some(each) = apart(board, what) {
        let first = board.pieces.len();
        each.iter().try_for_each(|what| add(board, what))?;
        if board.pieces.len() > first {
            board.touched = (first..board.pieces.len()).collect();
        }
        return Ok(());
    }
    let Some((new, wearers)) = put_on(board, what) else { return adding::add(board, what) };
    let part = is_part(&new);
    if lmd_layout::is_plural(&new) || part {
        let words = if part { format!("with {}", counted(&new)) } else { format!("wearing {new}") };
        let names: Vec<String> = wearers.iter().map(|index| format!("object {}", index + 1)).collect();
        names.iter().try_for_each(|who| adjust::describe(board, who, &words))?;
        board.touched = wearers;
        return Ok(());
    }
    let (_, whom) = said_of(what);
    let round = whom.is_some_and(|(kind, _)| kind == RelationKind::Around);
    let what = &match wearers.as_slice() {
        [one] => format!("{} on object {}", said_of(what).0, one + 1),
        _ => what.to_owned(),
    };
    let first = board.pieces.len();
    adding::add(board, what)?;
    let added = board.pieces.len() - first;
    for (piece, wearer) in (first..board.pieces.len()).zip(wearers.iter().cycle()) {
        let person = noun_tags(&wearer_noun(board, *wearer)).any(Tags::PERSON);
        // A bow "around its neck" is not on its head.
        let place = if round { at_neck(person) } else { place_of(&new, person) };
        if let Some(place) = place.filter(|_| added == wearers.len()) {
            board.pieces[piece].bbox = place.on(board.pieces[*wearer].bbox);
        }
    }
    Ok(())
}

/// `a hat on each of them`, `a flower next to every cup`: the same for each of several; what is worn, for those alone who
/// can wear it.
fn for_each(board: &Board, what: &str) -> Option<Vec<String>> {
    let to = || {
        // "a hat to each of them"
        let whom = ["the ", "each", "both", "all of", "them"].into_iter().find_map(|first| {
            let (new, who) = what.split_once(&format!(" to {first}"))?;
            Some((new.to_owned(), format!("{first}{who}")))
        });
        whom.map(|(new, who)| (new, RelationKind::On, who))
    };
    let (new, kind, anchor) = english::relation_phrase(what).or_else(to)?;
    // "cushions on the chairs": one on each.
    let bare = matches!(english::noun_phrases(&new).as_slice(), [thing] if thing.count > 1 && !thing.exact);
    let spread = bare && kind == RelationKind::On && lmd_layout::is_plural(anchor.rsplit(' ').next()?);
    let each =
        ["each", "every"].iter().any(|word| anchor == *word || anchor.starts_with(&format!("{word} ")));
    let worn = english::noun_phrases(&new)
        .first()
        .is_some_and(|thing| belongs_to_wearer(head(&thing.noun)) || place_of(&thing.noun, true).is_some());
    let all =
        ["both", "all", "them"].iter().any(|word| anchor == *word || anchor.starts_with(&format!("{word} ")));
    if !(each || spread || all && worn && kind == RelationKind::On) {
        return None;
    }
    let mut found = find(board, &anchor).ok()?;
    let alive = |index: &usize| is_alive(&wearer_noun(board, *index));
    if worn && found.iter().any(alive) {
        found.retain(alive);
    }
    if spread && found.len() > 1 {
        let one = with_article(&english::noun_phrases(&new).first()?.phrase());
        return Some(found.iter().map(|index| format!("{one} on object {}", index + 1)).collect());
    }
    let start = what.strip_suffix(anchor.as_str())?;
    let single = !lmd_layout::is_plural(new.rsplit(' ').next()?);
    (found.len() > 1 && single)
        .then(|| found.iter().map(|index| format!("{start}object {}", index + 1)).collect())
}

/// `give the cow a bell`: what an animal is given to wear. `None` where it is not that.
pub(super) fn given(board: &mut Board, who: &str, what: &str) -> Option<Result<(), Refusal>> {
    let worn = english::noun_phrases(what).first().is_some_and(|thing| listed(List::AtNeck, &thing.noun));
    worn.then(|| add(board, &format!("{what} on {who}")))
}

/// `a scarf and a hat to the snowman`: one after another, where one of them is worn or a part.
fn apart(board: &Board, what: &str) -> Option<Vec<String>> {
    let (new, whom) = said_of(what);
    let things = english::noun_phrases(&new);
    let list = |word: &str| matches!(word, "a" | "an" | "and" | "some" | "the") || !is_function(word);
    let plain = new.split(' ').all(list) && things.iter().all(|thing| thing.detail.is_none());
    if things.len() < 2 || !plain || !things.iter().any(belongs) {
        return None;
    }
    let wearers = wearers(board, &things, whom.as_ref().map(|(_, who)| who.as_str()))?;
    let on: Vec<String> = wearers.iter().map(|index| format!("object {}", index + 1)).collect();
    // Whom the words mean is known before the first of them is there.
    let tail = [" of him", " of her", " of it"]
        .iter()
        .fold(what.get(new.len()..)?.to_owned(), |tail, whom| tail.replace(whom, &format!(" of {}", on[0])));
    let one = |thing: &Thing| {
        let phrase = wording::caption(thing);
        let many = if thing.count > 1 && thing.exact { format!("{} ", thing.count) } else { String::new() };
        match belongs(thing) {
            true => on.iter().map(|who| format!("{many}{phrase} on {who}")).collect(),
            false => vec![format!("{many}{phrase}{tail}")],
        }
    };
    Some(things.iter().flat_map(one).collect())
}

/// What is new, and how to whom it is put: `a bell to the cat`, `a hat on her`, `a hat`.
fn said_of(what: &str) -> (String, Option<(RelationKind, String)>) {
    let to = what.split_once(" to ").map(|(new, who)| (new.to_owned(), RelationKind::On, who.to_owned()));
    match to.or_else(|| english::relation_phrase(what)) {
        Some((new, kind, who)) => (new, Some((kind, who))),
        None => (what.to_owned(), None),
    }
}

/// Whether a thing is worn or a part of another.
fn belongs(thing: &Thing) -> bool {
    belongs_to_wearer(head(&thing.noun)) || place_of(&thing.noun, true).is_some()
}

/// Who is to have things: whom the words name, else who was spoken of last, else the only one there who could.
fn wearers(board: &Board, things: &[Thing], who: Option<&str>) -> Option<Vec<usize>> {
    let parts = things.iter().all(|thing| is_part(&thing.noun));
    let may = |index: &usize| {
        let owner = wearer_noun(board, *index);
        is_alive(&owner) || parts && things.iter().all(|thing| has_part(&owner, &thing.noun))
    };
    if let Some(who) = who {
        return find(board, who).ok().filter(|found| !found.is_empty() && found.iter().all(may));
    }
    let lives = |index: &usize| is_alive(&wearer_noun(board, *index));
    let grown = things.iter().all(|thing| kind_of(&thing.noun).extent() < GROWN);
    let all: Vec<usize> = (0..board.pieces.len()).filter(may).collect();
    let living: Vec<usize> = all.iter().copied().filter(lives).collect();
    let spoken: Vec<usize> = living.iter().copied().filter(|index| board.touched.contains(index)).collect();
    match (spoken.as_slice(), living.as_slice(), all.as_slice()) {
        ([one], ..) | (_, [one], _) if !parts || grown => Some(vec![*one]),
        (_, [], [one]) => Some(vec![*one]),
        _ => None,
    }
}

/// Whether a noun is a part of something that nobody can put on.
fn is_part(noun: &str) -> bool {
    let tags = noun_tags(head(noun));
    tags.any(Tags::PART) && !tags.any(Tags::WORN)
}

/// A noun with its article, if it takes one.
fn counted(noun: &str) -> String {
    if lmd_layout::is_plural(noun) { noun.to_owned() } else { with_article(noun) }
}

/// The noun of what is put on somebody who wears it or on what it is a part of, and on whom.
fn put_on(board: &Board, what: &str) -> Option<(String, Vec<usize>)> {
    let (new, whom) = said_of(what);
    let things = english::noun_phrases(&new);
    let [thing] = things.as_slice() else { return None };
    let on = whom.as_ref().is_none_or(|(kind, _)| matches!(kind, RelationKind::On | RelationKind::Around));
    let worn = belongs(thing) || thing.count > 1 && noun_tags(head(&new)).any(Tags::WORN);
    if !on || !worn || whom.is_none() && thing.region.is_some() {
        return None;
    }
    let several = thing.count > 1 && !thing.exact;
    let noun = match several {
        // "glasses" are worn, "a glass" is not.
        true if noun_tags(head(&new)).any(Tags::WORN) => new,
        true => lmd_layout::plural(&thing.phrase()),
        false => thing.phrase(),
    };
    Some((noun, wearers(board, &things, whom.as_ref().map(|(_, who)| who.as_str()))?))
}

fn wearer_noun(board: &Board, index: usize) -> String {
    board.pieces.get(index).and_then(|piece| head_noun(&piece.caption)).unwrap_or_default()
}

/// Whether a list has a noun or its last word.
fn listed(list: List, noun: &str) -> bool {
    list.has(&noun.replace(' ', "-")) || list.has(head(noun))
}

/// Where something is that is tied around a neck.
fn at_neck(person: bool) -> Option<Place> {
    Some(Place { centre: (0.5, if person { 0.25 } else { 0.42 }), size: (0.36, 0.16) })
}

/// Where `noun` is worn; `None` where what rests on somebody is worn there, too.
fn place_of(noun: &str, person: bool) -> Option<Place> {
    let at = |y, animal, size| Some(Place { centre: (0.5, if person { y } else { animal }), size });
    match () {
        () if listed(List::OnTop, noun) && !listed(List::AtNeck, noun) => None,
        () if listed(List::AtNeck, noun) => at_neck(person),
        () if listed(List::AtEyes, noun) => at(0.11, 0.22, (0.36, 0.1)),
        () if listed(List::AtFeet, noun) => at(0.93, 0.92, (0.6, 0.13)),
        () if listed(List::OnBack, noun) => at(0.35, 0.25, (0.6, 0.35)),
        () if listed(List::AtHand, noun) => Some(Place { centre: (0.78, 0.55), size: (0.2, 0.1) }),
        () if noun_tags(noun).any(Tags::WORN) => at(0.45, 0.5, (0.72, 0.4)),
        () => None,
    }
}

impl Place {
    /// The box of it on a wearer.
    fn on(self, wearer: BBox) -> BBox {
        let (w, h) = ((self.size.0 * wearer.w()).max(LEAST.0), (self.size.1 * wearer.h()).max(LEAST.1));
        let x = wearer.x() + self.centre.0 * wearer.w() - w / 2.0;
        let y = wearer.y() + self.centre.1 * wearer.h() - h / 2.0;
        BBox::clamped(x, y, w, h).unwrap_or(wearer)
    }
}
