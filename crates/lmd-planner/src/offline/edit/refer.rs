//! Which objects an instruction names: "the left cat", "both dogs", "it".

use lmd_layout::{BBox, is_plural, singular};

use super::about::{topic, topmost, unlocked, whatever};
use super::board::Board;
use super::naming::{head_noun, is_everything, plain, without_article, without_owner};
use super::owning::whole_of;
use super::picking::{Many, Pick, pick_word, postfix_pick, quantifier};
use super::refusal::Refusal;
use super::sets::set;
use super::staging::thing_of;
use super::standing::loose;
use crate::lexicon::{List, Section, Tags, head, is_alive, kind_of, mean_the_same, noun_tags};
use crate::{RelationKind, english};

/// A reference in words, taken apart.
#[derive(Debug)]
struct Reference {
    /// Adjectives and noun, in the singular.
    words: Vec<String>,
    /// How one of several is picked.
    pick: Option<Pick>,
    /// How many are meant: `all` and plurals are everything there is.
    many: Many,
    /// Whether several are meant.
    plural: bool,
}

/// The objects `text` names, at least one.
pub(super) fn find(board: &Board, text: &str) -> Result<Vec<usize>, Refusal> {
    let text = without_owner(text.trim());
    if board.pieces.is_empty() {
        return Err("the layout has no objects yet; try \"add a cat\"".to_owned());
    }
    if let Some(found) = set(board, text, &find) {
        return found;
    }
    if is_pronoun(text) {
        return pronoun(board, text);
    }
    if let Some(owner) = whole_of(text).filter(|owner| is_pronoun(owner) && is_part(text)) {
        return pronoun(board, owner).or_else(|refusal| only_living(board).ok_or(refusal));
    }
    if text.is_empty() {
        return Ok(whatever(board));
    }
    if is_everything(text) {
        return Ok(unlocked(board));
    }
    if let Some(numbers) = numbered(text) {
        return by_number(board, &numbers);
    }
    if let Some(found) = of_its_kind(board, text) {
        return found;
    }
    if let Some(list) = listed(board, text) {
        return Ok(list);
    }
    let reference = Reference::parse(text);
    let some = reference.pick.is_some() || matches!(reference.many, Many::Some(_) | Many::All);
    // "the box" is what is called so, where there is one.
    let called = |noun: &str| candidates(board, &[noun.to_owned()]);
    let found = match (reference.words.is_empty(), text.ends_with(" box") || text.ends_with(" boxes")) {
        (true, true) if !called("box").is_empty() => called("box"),
        (true, _) if some => of_one_kind(board),
        _ => candidates(board, &reference.words),
    };
    if found.is_empty() {
        return by_relation(board, text).unwrap_or_else(|| Err(nothing(board, text)));
    }
    reference.choose(board, found, text)
}

/// `the smaller one`: of what there is more than once, else of everything.
fn of_one_kind(board: &Board) -> Vec<usize> {
    let noun = |index: usize| head_noun(&board.pieces[index].caption);
    let all = 0..board.pieces.len();
    let like = |index: usize| all.clone().filter(move |other| noun(*other) == noun(index));
    let most = all.clone().max_by_key(|index| (like(*index).count(), std::cmp::Reverse(*index)));
    match most.map(|index| like(index).collect::<Vec<usize>>()) {
        Some(found) if found.len() > 1 => found,
        _ => all.collect(),
    }
}

/// Whether the words name several things of which it is not clear which is meant.
pub(super) fn is_ambiguous(board: &Board, text: &str) -> bool {
    candidates(board, &Reference::parse(text).words).len() > 1 && find(board, text).is_err()
}

/// Whether objects are called what the words say, not only of that sort: an owl is no "birds" to be put somewhere.
pub(super) fn are_called(board: &Board, words: &str, found: &[usize]) -> bool {
    let sort = singular(words.rsplit(' ').next().unwrap_or_default());
    let known = Section::Sorts.entries().any(|(name, _)| name == sort);
    let says = |index: &usize| {
        board.pieces[*index].caption.split(' ').any(|word| singular(word).ends_with(sort.as_str()))
    };
    !known || found.iter().any(says)
}

/// Exactly one object.
pub(super) fn find_one(board: &Board, text: &str) -> Result<usize, Refusal> {
    let found = find(board, text)?;
    match found.as_slice() {
        [one] => Ok(*one),
        _ => Err(format!(
            "\"{text}\" names {} objects, one was expected; there are: {}",
            found.len(),
            board.inventory()
        )),
    }
}

fn nothing(board: &Board, text: &str) -> Refusal {
    let example = board.pieces.first().map_or("a cat", |piece| piece.caption.as_str());
    let example = without_article(example);
    format!(
        "nothing in the layout is called \"{text}\"; there are: {}. Try \"move the {example} to the left\"",
        board.inventory()
    )
}

pub(super) fn is_pronoun(text: &str) -> bool {
    matches!(
        text,
        "it" | "them"
            | "they"
            | "both"
            | "the two"
            | "both of them"
            | "the two of them"
            | "that"
            | "this"
            | "those"
            | "these"
            | "him"
            | "her"
            | "he"
            | "she"
            | "that one"
            | "this one"
    )
}

/// Whether words begin with a part of a body or of something: `the head of it`.
fn is_part(text: &str) -> bool {
    let part = text.split(" of ").next().and_then(|part| part.rsplit(' ').next()).unwrap_or_default();
    noun_tags(part).any(Tags::PART)
}

/// The one that is alive, whose head or back is meant where nothing was spoken of.
fn only_living(board: &Board) -> Option<Vec<usize>> {
    let lives = |index: &usize| is_alive(&thing_of(&board.pieces[*index]).noun);
    let living: Vec<usize> = (0..board.pieces.len()).filter(lives).collect();
    (living.len() == 1).then_some(living)
}

/// `object 2`, `#2`, `boxes 1 and 3`: the numbers that layouts are shown with.
fn numbered(text: &str) -> Option<Vec<usize>> {
    let text = text.strip_prefix("the ").unwrap_or(text);
    let names = [
        "objects ", "object ", "boxes ", "box ", "numbers ", "number ", "items ", "item ", "nr. ", "no. ",
        "nr ", "no ",
    ];
    let rest = match names.iter().find_map(|name| text.strip_prefix(name)) {
        Some(rest) => rest,
        None if text.starts_with('#') => text,
        None => return None,
    };
    let parts = rest.split([',', ' ']).filter(|part| !part.is_empty() && *part != "and");
    let number = |part: &str| {
        let part = part.trim_start_matches('#');
        part.parse().ok().or_else(|| lmd_layout::parse_number_word(part).map(|number| number as usize))
    };
    parts.map(number).collect::<Option<Vec<usize>>>().filter(|numbers| !numbers.is_empty())
}

/// `planet 2`, `the planet number 3`: counted from the left.
fn of_its_kind(board: &Board, text: &str) -> Option<Result<Vec<usize>, Refusal>> {
    let (noun, number) = text.rsplit_once([' ', '#'])?;
    let number: usize = number.trim_start_matches('#').parse().ok()?;
    let noun =
        [" number", " no.", " no", " nr."].iter().find_map(|tail| noun.strip_suffix(tail)).unwrap_or(noun);
    let mut found = candidates(board, &Reference::parse(noun.trim()).words);
    board.left_to_right(&mut found);
    let one = number.checked_sub(1).and_then(|at| found.get(at).copied());
    (!found.is_empty()).then(|| {
        one.map(|one| vec![one])
            .ok_or_else(|| format!("there are {} of \"{noun}\": {}", found.len(), board.inventory()))
    })
}

fn by_number(board: &Board, numbers: &[usize]) -> Result<Vec<usize>, Refusal> {
    let count = board.pieces.len();
    match numbers.iter().find(|number| !(1..=count).contains(*number)) {
        Some(number) => Err(format!(
            "there is no object {number}; they are numbered from 1 to {count}: {}",
            board.inventory()
        )),
        None => Ok(numbers.iter().map(|number| number - 1).collect()),
    }
}

/// What "it" means, or the only object.
fn pronoun(board: &Board, text: &str) -> Result<Vec<usize>, Refusal> {
    let of_two = matches!(text, "both" | "the two" | "both of them" | "the two of them");
    let several = of_two || matches!(text, "them" | "they" | "those" | "these");
    let lone = several && board.touched.len() == 1 && board.pieces.len() == 2;
    let alike = of_one_kind(board);
    // The balloons over a house are "them", the cups beside a teapot are not alone so.
    let extent = |index: &usize| kind_of(&thing_of(&board.pieces[*index]).noun).extent();
    let small = alike.first().map_or(0.0, extent);
    let apart = |index: usize| alike.contains(&index) || extent(&index) > 4.0 * small;
    let all_apart = (0..board.pieces.len()).all(apart);
    if several && !of_two && board.touched.is_empty() && alike.len() > 1 && all_apart {
        return Ok(alike);
    }
    if of_two && board.pieces.len() == 2 || lone || several && !of_two && board.touched.is_empty() {
        // "replace them" of what stands on a desk: not the desk.
        let all: Vec<usize> = (0..board.pieces.len()).collect();
        let standing = loose(board, all.clone());
        return Ok(if standing.len() > 1 && standing.len() + 1 == all.len() { standing } else { all });
    }
    // "both" of what stands on something: not that.
    let standing = loose(board, (0..board.pieces.len()).collect());
    if of_two && board.touched.len() != 2 && standing.len() == 2 {
        return Ok(standing);
    }
    // "both" of two sailors and a parrot
    if of_two && board.touched.len() != 2 && alike.len() == 2 {
        return Ok(alike);
    }
    // "both" of a boy, a girl and what they eat
    let lives = |index: &usize| is_alive(&thing_of(&board.pieces[*index]).noun);
    let living: Vec<usize> = (0..board.pieces.len()).filter(lives).collect();
    if of_two && board.touched.len() != 2 && living.len() == 2 {
        return Ok(living);
    }
    // "his shirt" is no crowd's.
    let crowd = |index: &usize| List::Collective.has(head(&thing_of(&board.pieces[*index]).noun));
    let single: Vec<usize> = living.iter().copied().filter(|index| !crowd(index)).collect();
    let of_one = matches!(text, "his" | "her" | "him" | "he" | "she");
    if of_one && !board.touched.is_empty() && board.touched.iter().all(crowd) && single.len() == 1 {
        return Ok(single);
    }
    match (board.touched.is_empty(), board.pieces.len()) {
        (false, _) => Ok(board.touched.clone()),
        (true, 1) => Ok(vec![0]),
        // "a sandwich on a plate": what the other is there for.
        _ if !several && !of_two && board.touched.is_empty() && topmost(board).len() == 1 => {
            Ok(topmost(board))
        }
        _ if board.touched.is_empty() && !of_two && topic(board).len() == 1 => Ok(topic(board)),
        _ => Err(format!("it is not clear what \"{text}\" is; name one of: {}", board.inventory())),
    }
}

/// `the cat and the dog`: every part on its own.
fn listed(board: &Board, text: &str) -> Option<Vec<usize>> {
    let parts: Vec<&str> = text.split(" and ").flat_map(|part| part.split(", ")).collect();
    if parts.len() < 2 {
        return None;
    }
    let mut all = Vec::new();
    for part in parts {
        for index in find(board, part).ok()? {
            if !all.contains(&index) {
                all.push(index);
            }
        }
    }
    Some(all)
}

/// `the cat on the table`: of those that match, the one nearest to that.
fn by_relation(board: &Board, text: &str) -> Option<Result<Vec<usize>, Refusal>> {
    let (who, kind, anchor) = english::relation_phrase(text)?;
    if who.is_empty() {
        return None;
    }
    let mut many = Reference::parse(&who);
    let found = candidates(board, &many.words);
    if found.is_empty() {
        return None;
    }
    let anchor = match find(board, &anchor) {
        Ok(anchor) => board.pieces[*anchor.first()?].bbox,
        Err(refusal) => return Some(Err(refusal)),
    };
    if many.many == Many::One && many.pick.is_none() {
        let best = found.into_iter().min_by(|a, b| {
            let cost = |index: &usize| off_relation(board.pieces[*index].bbox, kind, anchor);
            cost(a).total_cmp(&cost(b))
        })?;
        return Some(Ok(vec![best]));
    }
    many.words.clear();
    Some(many.choose(board, found, text))
}

/// How far a box is from standing in a relation to another.
fn off_relation(bbox: BBox, kind: RelationKind, anchor: BBox) -> f64 {
    let ((x, y), (ax, ay)) = (bbox.center(), anchor.center());
    let wrong_side = match kind {
        RelationKind::LeftOf => x >= ax,
        RelationKind::RightOf => x <= ax,
        RelationKind::Above | RelationKind::On | RelationKind::Behind => y >= ay,
        RelationKind::Below | RelationKind::Under | RelationKind::InFrontOf => y <= ay,
        _ => false,
    };
    (x - ax).hypot(y - ay) + f64::from(u8::from(wrong_side)) * 2.0
}

impl Reference {
    fn parse(text: &str) -> Self {
        let lower = text.to_lowercase().replace("'s", "");
        let (mut rest, mut pick) = postfix_pick(lower.trim());
        let (many, after) = quantifier(rest);
        rest = after;
        let mut words = Vec::new();
        for word in rest.split_whitespace().filter(|word| !is_filler(word)) {
            match pick_word(word) {
                Some(found) => pick = pick.or(Some(found)),
                None => words.push(word.to_owned()),
            }
        }
        // "the sheep" and "the red ones" are all of them.
        let ones = rest == "ones" || rest.ends_with(" ones");
        let plural = ones
            || words.last().is_some_and(|noun| {
                is_plural(noun) || lmd_layout::plural(noun) == **noun || noun_tags(noun).any(Tags::UNCOUNTED)
            });
        let many = if plural && many == Many::One && pick.is_none() { Many::All } else { many };
        if let Some(noun) = words.last_mut() {
            *noun = singular(noun);
        }
        Self { words, pick, many, plural }
    }

    /// Picks what is meant from all objects that match.
    fn choose(&self, board: &Board, mut found: Vec<usize>, text: &str) -> Result<Vec<usize>, Refusal> {
        board.left_to_right(&mut found);
        // "the second one" of a fridge, a stove and a sink is the stove, wherever it stands.
        let noun = |index: &usize| head_noun(&board.pieces[*index].caption);
        let mixed = board.touched.windows(2).any(|pair| noun(&pair[0]) != noun(&pair[1]));
        if mixed && self.words.is_empty() && matches!(self.pick, Some(Pick::Nth(_) | Pick::Last)) {
            found.clone_from(&board.touched);
        }
        if let Some(pick) = self.pick {
            if let Some(tied) = pick.tied(board, &found) {
                return Err(format!(
                    "of \"{text}\" {tied} are equally large; say \"the left\" or \"the right\" one"
                ));
            }
            if let Some(several) = pick.in_depth(board, &found).filter(|_| self.plural) {
                return Ok(several);
            }
            if let Some(several) = pick.several(&found).filter(|several| self.plural && !several.is_empty()) {
                return Ok(several);
            }
            let unchanged = found.iter().filter(|index| !board.touched.contains(index));
            if pick == Pick::Other && unchanged.count() > 1 {
                return Err(ambiguous(found.len(), &self.words));
            }
            return pick.of(board, &found).map(|one| vec![one]).ok_or_else(|| {
                format!(
                    "there are only {} for \"{text}\"; the layout has: {}",
                    found.len(),
                    board.inventory()
                )
            });
        }
        match self.many {
            Many::All => Ok(found),
            Many::Some(count) if count <= found.len() => Ok(found.split_off(found.len() - count)),
            Many::Some(count) => {
                Err(format!("\"{text}\" asks for {count}, there are {}: {}", found.len(), board.inventory()))
            }
            Many::One if found.len() == 1 => Ok(found),
            Many::One => {
                let known: Vec<usize> =
                    found.iter().copied().filter(|index| board.touched.contains(index)).collect();
                if known.len() == 1 { Ok(known) } else { Err(ambiguous(found.len(), &self.words)) }
            }
        }
    }
}

fn ambiguous(count: usize, words: &[String]) -> Refusal {
    let noun = words.join(" ");
    if noun.is_empty() {
        return format!("there are {count} that could be meant; name one");
    }
    format!(
        "there are {count} of \"{noun}\"; say which: \"the left {noun}\", \"the second {noun}\", \"one of the {}\" or \"all {}\"",
        lmd_layout::plural(&noun),
        lmd_layout::plural(&noun)
    )
}

fn is_filler(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "that"
            | "this"
            | "these"
            | "those"
            | "a"
            | "an"
            | "one"
            | "ones"
            | "my"
            | "box"
            | "boxes"
            | "its"
            | "remaining"
            | "new"
            | "existing"
            | "their"
    )
}

/// The objects whose captions have all of `words`; those with the same head
/// noun go before those that only mention it.
fn candidates(board: &Board, words: &[String]) -> Vec<usize> {
    let Some(noun) = words.last() else { return Vec::new() };
    let holds = |caption: &str| {
        let caption: Vec<String> = caption.to_lowercase().split_whitespace().map(plain).collect();
        words.iter().all(|word| caption.iter().any(|have| have == word || singular(have) == *word))
    };
    let all: Vec<usize> =
        (0..board.pieces.len()).filter(|index| holds(&board.pieces[*index].caption)).collect();
    let head_is = |index: &usize| {
        head_noun(&board.pieces[*index].caption).is_some_and(|head| head.ends_with(noun.as_str()))
    };
    let exact: Vec<usize> = all.iter().copied().filter(head_is).collect();
    let sort = || of_a_kind(board, noun).into_iter().filter(|_| words.len() == 1);
    match (exact.is_empty(), all.is_empty()) {
        // "the toys" where there are a toy train and a doll
        (false, _) if sort().count() > exact.len() => sort().collect(),
        (false, _) => exact,
        // "the fruit" of an apple, an orange and a bowl of fruit
        (true, false) if sort().count() > 1 => sort().collect(),
        (true, false) => all,
        (true, true) => {
            let mut found = [of_a_sort(board, words), of_like_name(board, words)].concat();
            found.sort_unstable();
            found.dedup();
            found
        }
    }
}

/// `the boat` where there is a sailboat, `the bike` where there is a bicycle.
fn of_like_name(board: &Board, words: &[String]) -> Vec<usize> {
    let [word] = words else { return Vec::new() };
    let like = |index: &usize| {
        head_noun(&board.pieces[*index].caption).is_some_and(|noun| {
            mean_the_same(&noun, word)
                || noun.len() > word.len()
                    && noun
                        .strip_suffix(word.as_str())
                        .is_some_and(|rest| word.len() > 3 || word.len() == 3 && english::knows(rest))
        })
    };
    (0..board.pieces.len()).filter(like).collect()
}

/// `the fruits`, `the toys`: objects of the kinds that a word names.
fn of_a_kind(board: &Board, word: &str) -> Vec<usize> {
    let Some((_, kinds)) = Section::Sorts.entries().find(|(sort, _)| *sort == word) else {
        return Vec::new();
    };
    let of = |index: &usize| {
        head_noun(&board.pieces[*index].caption).is_some_and(|noun| {
            noun == word || kinds.split(' ').any(|kind| kind == noun || noun.rsplit(' ').next() == Some(kind))
        })
    };
    (0..board.pieces.len()).filter(of).collect()
}

/// `the person`, `the animals`: objects whose head noun is of that sort.
fn of_a_sort(board: &Board, words: &[String]) -> Vec<usize> {
    let [word] = words else { return Vec::new() };
    let sort = match word.as_str() {
        "person" | "people" | "human" => Tags::PERSON,
        "animal" | "pet" => Tags::ANIMAL,
        "vehicle" => Tags::VEHICLE,
        "food" => Tags::FOOD,
        _ => return of_a_kind(board, word),
    };
    let fits = |index: &usize| {
        head_noun(&board.pieces[*index].caption).is_some_and(|noun| noun_tags(&noun).any(sort))
    };
    (0..board.pieces.len()).filter(fits).collect()
}
