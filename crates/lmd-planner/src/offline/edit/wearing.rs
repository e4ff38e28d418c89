//! What is put on somebody and worn: at the neck, before the eyes, on the feet, and as small as it is there.

use lmd_layout::{BBox, with_article};

use super::board::Board;
use super::naming::head_noun;
use super::ones::with_noun;
use super::refer::find;
use super::refusal::Refusal;
use super::{adding, adjust};
use crate::lexicon::{List, Tags, belongs_to_wearer, head, is_alive, noun_tags};
use crate::{RelationKind, english};

/// Smallest sides of what is worn, as shares of the canvas.
const LEAST: (f64, f64) = (0.07, 0.05);

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
    let Some((new, wearers)) = put_on(board, what) else { return adding::add(board, what) };
    if lmd_layout::is_plural(&new) {
        let names: Vec<String> = wearers.iter().map(|index| format!("object {}", index + 1)).collect();
        return names.iter().try_for_each(|who| adjust::describe(board, who, &format!("wearing {new}")));
    }
    let first = board.pieces.len();
    adding::add(board, what)?;
    let added = board.pieces.len() - first;
    for (piece, wearer) in (first..board.pieces.len()).zip(wearers.iter().cycle()) {
        let place = place_of(&new, noun_tags(&wearer_noun(board, *wearer)).any(Tags::PERSON));
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
        what.split_once(" to the ").map(|(new, who)| (new.to_owned(), RelationKind::On, format!("the {who}")))
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

/// The noun of what is put on somebody alive, and on whom.
fn put_on(board: &Board, what: &str) -> Option<(String, Vec<usize>)> {
    // "add a bell to the cat"
    let to = || {
        what.split_once(" to the ").map(|(new, who)| (new.to_owned(), RelationKind::On, format!("the {who}")))
    };
    let (new, kind, who) = to().or_else(|| english::relation_phrase(what))?;
    let things = english::noun_phrases(&new);
    let [thing] = things.as_slice() else { return None };
    let wearers = find(board, &who).ok()?;
    let alive = |index: &usize| is_alive(&wearer_noun(board, *index));
    let on = matches!(kind, RelationKind::On | RelationKind::Around) && wearers.iter().all(alive);
    let several = thing.count > 1 && !thing.exact;
    let noun = if several { lmd_layout::plural(&thing.phrase()) } else { thing.phrase() };
    let worn = belongs_to_wearer(head(&thing.noun)) || place_of(&thing.noun, true).is_some();
    (on && worn && !wearers.is_empty()).then_some((noun, wearers))
}

fn wearer_noun(board: &Board, index: usize) -> String {
    board.pieces.get(index).and_then(|piece| head_noun(&piece.caption)).unwrap_or_default()
}

/// Whether a list has a noun or its last word.
fn listed(list: List, noun: &str) -> bool {
    list.has(&noun.replace(' ', "-")) || list.has(head(noun))
}

/// Where `noun` is worn; `None` where what rests on somebody is worn there, too.
fn place_of(noun: &str, person: bool) -> Option<Place> {
    let at = |y: f64, animal: f64, size: (f64, f64)| {
        Some(Place { centre: (0.5, if person { y } else { animal }), size })
    };
    match () {
        () if listed(List::OnTop, noun) && !listed(List::AtNeck, noun) => None,
        () if listed(List::AtNeck, noun) => at(0.25, 0.42, (0.36, 0.16)),
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
