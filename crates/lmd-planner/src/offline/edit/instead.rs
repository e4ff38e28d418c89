//! What takes the place of something: `add a squirrel in its place`, `a dog
//! instead of the cat`, `four cups, not two`.

use lmd_layout::BBox;

use super::board::Board;
use super::changing::scene_complement;
use super::command::{Command, Place, first_word};
use super::moving::{into_region, relation};
use super::naming::{head_noun, without_article};
use super::refer::{find, is_pronoun};
use super::refusal::Refusal;
use super::vocabulary::{adds, moves, names_style, places};
use super::{adding, adjust, relocate, scenery};
use crate::english;
use crate::geometry::{corners, feet_kept};
use crate::lexicon::{Tags, is_alive, names_colour, noun_tags};
use crate::offline::wording;

/// Cuts what is denied off a clause: `X instead of Y`, `X, not Y`.
pub(super) fn contrast(text: &str) -> Option<(&str, &str)> {
    const AGAINST: [&str; 5] = [" instead of ", " rather than ", ", not ", " and not ", ", no longer "];
    let cut = AGAINST.iter().filter_map(|words| Some((text.find(words)?, *words))).min()?;
    let (left, right) = (text.get(..cut.0)?, text.get(cut.0 + cut.1.len()..)?);
    (!left.is_empty() && !right.is_empty()).then_some((left, right))
}

/// `no city, a desert instead`, `not a city but a desert` as `a desert instead of the city`.
pub(super) fn turned_round(text: &str) -> Option<String> {
    let said = text.strip_prefix("no ").or_else(|| text.strip_prefix("not "))?;
    let (gone, new) = said.split_once(", but ").or(said.split_once(" but ")).or(said.split_once(", "))?;
    let leads = ["rather ", "just ", "only ", "simply "];
    let just = leads.iter().find_map(|lead| new.strip_prefix(lead));
    let (new, just) = (just.unwrap_or(new), just.is_some());
    let plain = new.strip_suffix(" instead").unwrap_or(new);
    let told = just || plain != new || text.starts_with("not ") || said.contains(" but ");
    let names = |words: &str| {
        let verb = first_word(words).is_none_or(|word| moves(word) || adds(word) || places(word));
        !verb
            && words.split(' ').count() < 5
            && english::noun_phrases(words).len() < 2
            && english::relation_phrase(words).is_none()
    };
    let gone = without_article(gone);
    // "not green, brown": of what is green.
    if names_colour(gone) && names_colour(plain) {
        return Some(format!("make the {gone} one {plain}"));
    }
    let weather = noun_tags(gone).any(Tags::TIME);
    let weather = weather && scene_complement(plain).is_some();
    (told && !weather && names(gone) && names(plain)).then(|| format!("{plain} instead of the {gone}"))
}

/// What `command` is, meant instead of `other`: a number replaces a number,
/// a new thing takes the place of what is there.
pub(super) fn against(command: Command, other: &str) -> Command {
    let number = first_word(other).is_some_and(|word| lmd_layout::parse_number_word(word).is_some());
    let counts = |what: &str| {
        let last = |text: &str| text.split(' ').next_back().map(lmd_layout::singular);
        number && (!other.contains(' ') || last(other) == last(what))
    };
    match command {
        Command::Want(what) if counts(&what) => Command::Want(what),
        Command::Add(what) if counts(&what) => Command::Add(what),
        Command::Add(what) | Command::Want(what) => {
            Command::Fill { what, place: Place::Of(other.to_owned()) }
        }
        Command::Rename { who, to } if is_pronoun(&who) && !names_colour(&to) => {
            Command::Fill { what: to, place: Place::Of(other.to_owned()) }
        }
        done @ (Command::Happen { .. } | Command::Give { .. }) if other.contains(' ') => {
            Command::Instead { done: Box::new(done), gone: other.to_owned() }
        }
        other => other,
    }
}

/// `add a squirrel in its place`, `put a dog instead`, `move the fox where the
/// owl was`.
pub(super) fn in_place(text: &str) -> Option<Command> {
    let (verb, rest) = text.split_once(' ')?;
    let adds = adds(verb) || places(verb) || matches!(verb, "want" | "have" | "set" | "show" | "use" | "get");
    let moves = moves(verb);
    if !adds && !moves {
        return None;
    }
    let (what, place) = place_of(rest)?;
    let instead = rest.ends_with(" instead");
    let there = rest.ends_with(" there");
    // "put the owl on the fox instead" says where by itself.
    let placed = relation(what).is_some() || into_region(what).is_some();
    let known =
        first_word(what).is_some_and(|word| matches!(word, "the" | "it" | "them" | "everything" | "this"));
    if ((instead || there) && placed) || (instead && (moves || known)) {
        return None;
    }
    (!what.is_empty()).then(|| Command::Fill { what: what.to_owned(), place })
}

/// The words before a phrase that names a place somebody has or had.
fn place_of(text: &str) -> Option<(&str, Place)> {
    const SPOTS: [&str; 5] = ["place", "spot", "position", "stead", "location"];
    for tail in [" there instead", " instead", " there"] {
        if let Some(what) = text.strip_suffix(tail) {
            return Some((what, Place::Vacated));
        }
    }
    for joint in [" in place of ", " in the place of ", " at the place of ", " in lieu of "] {
        if let Some((what, who)) = text.split_once(joint) {
            return Some((what, Place::Of(who.to_owned())));
        }
    }
    if let Some((what, clause)) = text.split_once(" where ") {
        let gone =
            [" is", " are", " was", " were", " stood", " sat", " has been", " had been", " used to be"];
        let who = gone.iter().find_map(|verb| clause.strip_suffix(verb))?;
        let place = if matches!(who, "it" | "they" | "he" | "she") {
            Place::Vacated
        } else {
            Place::Of(who.to_owned())
        };
        return Some((what, place));
    }
    let (before, spot) = text.rsplit_once(' ')?;
    if !SPOTS.contains(&spot) {
        return None;
    }
    let cut =
        [" in ", " at ", " on ", " into ", " to "].iter().filter_map(|word| before.rfind(word)).max()?;
    let owner = before.get(cut..)?.trim_start().split_once(' ')?.1;
    let place = match owner.strip_suffix("'s").or_else(|| owner.strip_suffix('\'')) {
        Some(who) => Place::Of(who.to_owned()),
        None if matches!(owner, "its" | "their" | "his" | "her" | "the same" | "that" | "the" | "this") => {
            Place::Vacated
        }
        None => return None,
    };
    Some((before.get(..cut)?, place))
}

/// Exchanges places; "swap apples for pears" turns what is there into what is not.
pub(super) fn trade(board: &mut Board, one: &str, other: &str) -> Result<(), Refusal> {
    let new = lmd_layout::is_plural(other) && !other.starts_with("the ") && find(board, other).is_err();
    if new && find(board, one).is_ok() {
        adjust::rename(board, one, other)
    } else {
        relocate::swap(board, one, other)
    }
}

/// What is to be instead of something that is not there: `stone bridge, not wood` is about the bridge, else it is new.
fn without(board: &mut Board, what: &str, gone: &str) -> Result<(), Refusal> {
    if let Some(noun) = head_noun(what).filter(|noun| find(board, noun).is_ok_and(|all| all.len() == 1)) {
        return adjust::rename(board, &noun, what);
    }
    board.warnings.push(format!("\"{gone}\" is not there to be replaced"));
    adding::add(board, what)
}

/// Puts what the words describe where something was or is.
pub(super) fn fill(board: &mut Board, what: &str, place: &Place) -> Result<(), Refusal> {
    let moved = first_word(what).is_some_and(|word| matches!(word, "the" | "it" | "them" | "him" | "her"));
    let free: Vec<BBox> = match place {
        Place::Vacated => board.vacated.iter().map(|(_, bbox)| *bbox).collect(),
        Place::Of(who) => match find(board, who) {
            Ok(_) if moved => {
                return Err(format!("{who} is there; remove it first, or say \"swap {what} and {who}\""));
            }
            Ok(_) => return adjust::rename(board, who, what),
            Err(_) if names_style(who) => return scenery::style(board, what),
            Err(_) if scenery::is_replaced(board, &format!("the {}", without_article(who))) => {
                return scenery::replace_place(board, who, what);
            }
            Err(refusal) => match left_by(board, who) {
                gone if !gone.is_empty() => gone,
                _ if moved => return Err(refusal),
                _ => return without(board, what, who),
            },
        },
    };
    if free.is_empty() {
        return Err(format!(
            "say instead of what, as in \"{what} instead of …\"; there are: {}",
            board.inventory()
        ));
    }
    if moved {
        let subjects = find(board, what)?;
        for (index, bbox) in subjects.iter().zip(free.iter().cycle()) {
            let old = board.pieces[*index].bbox;
            let shift = (bbox.center().0 - old.center().0, bbox.y_max() - old.y_max());
            board.pieces[*index].bbox = old.shifted(shift.0, shift.1);
        }
        board.touched = subjects;
        return Ok(());
    }
    let things = english::noun_phrases(what);
    let [thing] = things.as_slice() else {
        return Err(format!("say one kind of thing that is to stand there, not \"{what}\""));
    };
    let caption = wording::caption(thing);
    let count = if thing.exact { thing.count as usize } else { free.len() };
    let first = board.pieces.len();
    let boxes = match free.as_slice() {
        several if count == 1 && several.len() > 1 => vec![in_the_middle(several)],
        several => several.iter().copied().take(count).collect(),
    };
    for bbox in boxes {
        let bbox = adjust::shaped_like(bbox, &thing.noun);
        board.put(caption.clone(), bbox);
    }
    let missing = count.saturating_sub(board.pieces.len() - first);
    if missing > 0 {
        adding::add(board, &format!("{missing} {}", lmd_layout::plural(&thing.phrase())))?;
    }
    board.touched = (first..board.pieces.len()).collect();
    Ok(())
}

/// The ids of what those hold who are to hold something else.
pub(super) fn held_before(board: &Board, done: &Command, gone: &str) -> Vec<usize> {
    let Command::Happen { who, doing } = done else { return Vec::new() };
    if !gone.is_empty() || !doing.starts_with("holding ") {
        return Vec::new();
    }
    let subjects = find(board, who).unwrap_or_default();
    let holds = |who: &usize, index: &usize| {
        let (bbox, piece) = (board.pieces[*who].bbox, &board.pieces[*index]);
        let alive = head_noun(&piece.caption).is_some_and(|noun| is_alive(&noun));
        let small = piece.bbox.area() < 0.5 * bbox.area();
        who != index && small && !alive && piece.bbox.intersection(bbox) > 0.5 * piece.bbox.area()
    };
    let held = |index: &usize| subjects.iter().any(|who| holds(who, index));
    (0..board.pieces.len()).filter(held).map(|index| board.pieces[index].id).collect()
}

/// What something was done instead of goes: what the words name, else what was held before.
pub(super) fn let_go(board: &mut Board, gone: &str, held: &[usize]) -> Result<(), Refusal> {
    if !gone.is_empty() {
        return if find(board, gone).is_ok() { adjust::remove(board, gone) } else { Ok(()) };
    }
    let touched: Vec<usize> = board.touched.iter().map(|index| board.pieces[*index].id).collect();
    let going: Vec<usize> = held.iter().filter_map(|id| board.index_of(*id)).collect();
    if going.is_empty() {
        board.warnings.push("instead of what is not clear: nothing went away".to_owned());
    } else {
        board.remove(&going);
        board.touched = touched.iter().filter_map(|id| board.index_of(*id)).collect();
    }
    Ok(())
}

/// The boxes that things of this name left.
fn left_by(board: &Board, who: &str) -> Vec<BBox> {
    let Some(noun) = head_noun(who) else { return Vec::new() };
    let of_name = |(caption, _): &&(String, BBox)| head_noun(caption).is_some_and(|known| known == noun);
    board.vacated.iter().filter(of_name).map(|(_, bbox)| *bbox).collect()
}

/// A box of the usual size of several, where their middle stands.
fn in_the_middle(several: &[BBox]) -> BBox {
    let [left, _, right, bottom] = corners(several.iter().copied());
    let first = several[0];
    let middle = f64::midpoint(left, right) - first.center().0;
    feet_kept(first.shifted(middle, bottom - first.y_max()), first.w(), first.h())
}
