//! Several at once, and persons: `everything on the table`, `all but the
//! cat`, `the three of them`, `her`.

use super::board::Board;
use super::naming::is_everything;
use super::refusal::Refusal;
use super::staging::thing_of;
use super::standing::contents;
use super::vocabulary::left_out;
use crate::english::Who;
use crate::lexicon::{Tags, is_adjective, names_colour, noun_tags};

/// Where everything may be.
const PLACES: [&str; 8] =
    [" on top of ", " on ", " in ", " inside ", " from ", " off ", " upon ", " that is on "];

/// Finds the objects that words name.
pub(super) type Find<'a> = &'a dyn Fn(&Board, &str) -> Result<Vec<usize>, Refusal>;

/// What the words name, where they name a set or somebody; their parts are
/// found by `find`.
pub(super) fn set(board: &Board, text: &str, find: Find<'_>) -> Option<Result<Vec<usize>, Refusal>> {
    if let Some((all, but)) = left_out(text) {
        let found = find(board, all).and_then(|all| Ok((all, find(board, but)?)));
        return Some(found.map(|(mut all, but)| {
            all.retain(|index| !but.contains(index));
            all
        }));
    }
    if let Some(found) = of_them(board, text, find).or_else(|| first_or_last(board, text, find)) {
        return Some(found);
    }
    if let Some(found) = so_described(board, text) {
        return Some(Ok(found));
    }
    everything_at(board, text, find)
        .or_else(|| counted(board, text).map(Ok))
        .or_else(|| somebody(board, text).map(Ok))
}

/// `each of them`, `two of them`, `the others`, `everyone`: of what was changed last, and who is there.
fn of_them(board: &Board, text: &str, find: Find<'_>) -> Option<Result<Vec<usize>, Refusal>> {
    let every = [
        "each",
        "each one",
        "each of them",
        "each one of them",
        "every one of them",
        "everyone of them",
        "all of them",
        "all of these",
        "all of those",
        "any of them",
        "them all",
        "they all",
        "all of it",
    ];
    if every.contains(&text) {
        return Some(find(board, "them"));
    }
    if matches!(text, "them both" | "they both" | "both of these" | "both of those") {
        return Some(find(board, "both of them"));
    }
    let out_of = || {
        let (number, of) = text.split_once(" of ")?;
        let number = lmd_layout::parse_number_word(number)? as usize;
        matches!(of, "them" | "these" | "those").then_some(number)
    };
    // Where nothing was changed they are of what there is more than once.
    if let Some(number) = out_of().filter(|_| !board.touched.is_empty()) {
        let all = match find(board, "them") {
            Ok(all) if all.len() < number && board.pieces.len() >= number => {
                (0..board.pieces.len()).collect()
            }
            Ok(all) => all,
            Err(refusal) => return Some(Err(refusal)),
        };
        let from = all.len().saturating_sub(number);
        return Some(Ok(all.get(from..).unwrap_or_default().to_vec()));
    }
    if let Some(of) = text.strip_prefix("half of ").or_else(|| text.strip_prefix("half ")) {
        let found = find(board, of).map(|mut all| {
            board.left_to_right(&mut all);
            all.truncate(all.len().div_ceil(2));
            all
        });
        return Some(found);
    }
    let others = [
        "the others",
        "others",
        "the other ones",
        "all the others",
        "the rest",
        "everything else",
        "the other two",
    ];
    if others.contains(&text) {
        return others_of(board, text == "everything else", find);
    }
    everyone(board, text)
}

/// `the others`: of the kind last spoken of, where there are more of it, else all that was not spoken of. Where nothing
/// was spoken of, those of what there is several times of which nothing is said: of red balls and balls the balls.
fn others_of(board: &Board, all: bool, find: Find<'_>) -> Option<Result<Vec<usize>, Refusal>> {
    let noun = |index: &usize| thing_of(&board.pieces[*index]).noun;
    let rest = if board.touched.is_empty() {
        let same = find(board, "all ones").ok()?;
        let words = |index: &usize| board.pieces[*index].caption.split(' ').count();
        let fewest = same.iter().map(words).min()?;
        let one_kind = same.iter().all(|index| noun(index) == noun(&same[0]));
        let plain: Vec<usize> = same.iter().copied().filter(|index| words(index) == fewest).collect();
        if one_kind && plain.len() < same.len() { plain } else { Vec::new() }
    } else {
        let rest: Vec<usize> =
            (0..board.pieces.len()).filter(|index| !board.touched.contains(index)).collect();
        let spoken: Vec<String> = board.touched.iter().map(noun).collect();
        let alike: Vec<usize> = rest.iter().copied().filter(|index| spoken.contains(&noun(index))).collect();
        if all || alike.is_empty() { rest } else { alike }
    };
    (!rest.is_empty()).then_some(Ok(rest))
}

/// `everyone`: the persons, else the animals.
fn everyone(board: &Board, text: &str) -> Option<Result<Vec<usize>, Refusal>> {
    matches!(text, "everyone" | "everybody" | "all people" | "all the people").then(|| {
        let of = |sort: Tags| -> Vec<usize> {
            let is = |index: &usize| noun_tags(&thing_of(&board.pieces[*index]).noun).any(sort);
            (0..board.pieces.len()).filter(is).collect()
        };
        let animals = if text.starts_with("every") { of(Tags::ANIMAL) } else { Vec::new() };
        let found = [of(Tags::PERSON), animals].into_iter().find(|found| !found.is_empty());
        found.ok_or_else(|| format!("nobody is there; there are: {}", board.inventory()))
    })
}

/// `everything blue`, `whatever is wooden`, `the blue things`: what captions say so of.
fn so_described(board: &Board, text: &str) -> Option<Vec<usize>> {
    let leads = [
        "everything that is ",
        "everything which is ",
        "anything that is ",
        "anything ",
        "whatever is ",
        "what is ",
        "everything ",
    ];
    let tails = [" things", " objects", " ones", " thing"];
    let said = leads.iter().find_map(|lead| text.strip_prefix(lead)).or_else(|| {
        let bare = text.strip_prefix("all the ").or_else(|| text.strip_prefix("all ")).unwrap_or(text);
        let bare = bare.strip_prefix("the ").unwrap_or(bare);
        tails.iter().find_map(|tail| bare.strip_suffix(tail)).filter(|_| !text.ends_with("ones"))
    })?;
    let known = |word: &str| is_adjective(word) || names_colour(word);
    let says = |index: &usize| {
        let caption = board.pieces[*index].caption.to_lowercase();
        said.split(' ').all(|word| caption.split(' ').any(|have| have == word))
    };
    let found: Vec<usize> = (0..board.pieces.len()).filter(says).collect();
    (said.split(' ').all(known) && !found.is_empty()).then_some(found)
}

/// `the last two`, `the first three trees`: so many from one side.
fn first_or_last(board: &Board, text: &str, find: Find<'_>) -> Option<Result<Vec<usize>, Refusal>> {
    let (last, rest) = match (text.strip_prefix("the last "), text.strip_prefix("the first ")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return None,
    };
    let (number, what) = rest.split_once(' ').unwrap_or((rest, ""));
    let number = lmd_layout::parse_number_word(number)? as usize;
    let what = if what.is_empty() || what == "ones" { "ones".to_owned() } else { what.to_owned() };
    let mut all = find(board, &format!("all {what}")).ok().filter(|all| all.len() >= number)?;
    board.left_to_right(&mut all);
    let from = if last { all.len() - number } else { 0 };
    Some(Ok(all[from..from + number].to_vec()))
}

/// `everything on the table`, `all things in the bowl`.
fn everything_at(board: &Board, text: &str, find: Find<'_>) -> Option<Result<Vec<usize>, Refusal>> {
    let (all, anchor) = PLACES.iter().find_map(|place| text.split_once(place))?;
    if !is_everything(all) && !matches!(all, "all the things" | "the stuff" | "all that is" | "whatever is") {
        return None;
    }
    let anchors = match find(board, anchor) {
        Ok(anchors) => anchors,
        Err(refusal) => return Some(Err(refusal)),
    };
    let found: Vec<usize> = anchors.iter().flat_map(|anchor| contents(board, *anchor)).collect();
    if found.is_empty() {
        let name = &board.pieces[*anchors.first()?].caption;
        return Some(Err(format!("nothing is on or in {name}; there are: {}", board.inventory())));
    }
    Some(Ok(found))
}

/// `all three`, `the two of them`: those changed last if they are that many,
/// else all.
fn counted(board: &Board, text: &str) -> Option<Vec<usize>> {
    let text = text.strip_suffix(" of them").unwrap_or(text);
    let number = text.strip_prefix("all ").or_else(|| text.strip_prefix("the "))?;
    let number = number.strip_prefix("the ").unwrap_or(number);
    let number = lmd_layout::parse_number_word(number)? as usize;
    match (board.touched.len(), board.pieces.len()) {
        (touched, _) if touched == number => Some(board.touched.clone()),
        (_, all) if all == number => Some((0..all).collect()),
        _ => None,
    }
}

/// `her`, `him`: the only person who may be meant.
fn somebody(board: &Board, text: &str) -> Option<Vec<usize>> {
    let who = Who::of(text).filter(|who| matches!(who, Who::He | Who::She))?;
    let people = |least: u8| -> Vec<usize> {
        let fits = |index: &usize| {
            let thing = thing_of(&board.pieces[*index]);
            noun_tags(&thing.noun).any(Tags::PERSON) && who.fit(&thing) >= least
        };
        (0..board.pieces.len()).filter(fits).collect()
    };
    [3, 2].into_iter().map(people).find(|found| found.len() == 1)
}
