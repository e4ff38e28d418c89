//! After a follow-up: objects it does not touch stay exactly where they were
//! (A.9). Models nudge boxes they were told to leave alone.
//!
//! What an instruction touches is decided by its words, clause by clause
//! (clauses end at punctuation, and at *and*, *then* or *but* before a verb):
//! 1. A clause that speaks of *all*, *every*, *both*, *others* or *except*
//!    touches everything.
//! 2. An object is named when the noun of its caption (its last word before a
//!    preposition) occurs, in the singular or plural. Of several with that word, those that share the
//!    most other words of the clause are meant: "the red car".
//! 3. Objects named before the first preposition are touched; those after it
//!    are where things go ("move the cat *next to* the dog"). If none is named
//!    before, those after it are touched.
//! 4. A clause that adds something ("add", "put a hat on the cat") touches
//!    nothing. One that names nothing touches nothing if it is about the scene,
//!    and everything otherwise ("closer together").
//! 5. An instruction in another language names nothing; there only boxes that
//!    hardly changed are put back.

use lmd_layout::{Layout, LayoutError, Object, parse_number_word, plural, singular};

/// Boxes that share this much are one box, nudged.
const NUDGED: f64 = 0.9;

const PREPOSITIONS: [&str; 28] = [
    "of",
    "to",
    "into",
    "near",
    "beside",
    "behind",
    "under",
    "underneath",
    "below",
    "above",
    "over",
    "on",
    "onto",
    "in",
    "inside",
    "between",
    "around",
    "against",
    "from",
    "by",
    "than",
    "with",
    "at",
    "towards",
    "toward",
    "next",
    "beneath",
    "along",
];
const EVERYTHING: [&str; 11] =
    ["all", "every", "everything", "each", "both", "other", "others", "except", "only", "rest", "boxes"];
const ADDING: [&str; 6] = ["add", "insert", "include", "draw", "another", "also"];
const POLITE: [&str; 8] = ["please", "now", "then", "and", "but", "can", "could", "you"];
const SCENE: [&str; 10] =
    ["background", "scene", "style", "painting", "photo", "sky", "lighting", "weather", "season", "night"];
const VERBS: [&str; 29] = [
    "add", "insert", "include", "draw", "put", "place", "move", "shift", "bring", "push", "pull", "make",
    "turn", "change", "remove", "delete", "drop", "erase", "replace", "swap", "exchange", "enlarge",
    "shrink", "resize", "rename", "paint", "colour", "color", "let",
];

/// A layout in which the untouched objects are as before.
pub(super) struct Kept {
    pub(super) layout: Layout,
    /// Objects the model had left out unasked, one sentence each.
    pub(super) restored: Vec<String>,
}

/// Puts the objects of `before` that `instruction` does not touch back into
/// `after`.
pub(super) fn keep_untouched(
    before: &Layout,
    after: &Layout,
    instruction: &str,
) -> Result<Kept, LayoutError> {
    let old = before.objects();
    let touched = touched(old, instruction);
    let mut objects = after.objects().to_vec();
    let partners = partners(old, &objects);
    let mut restored = Vec::new();
    for ((object, touched), partner) in old.iter().zip(touched).zip(partners) {
        let new = partner.and_then(|at| objects.get_mut(at));
        match (touched, new) {
            (Touched::No, Some(new)) => new.bbox = object.bbox,
            (Touched::Unknown, Some(new)) if new.bbox.iou(object.bbox) >= NUDGED => new.bbox = object.bbox,
            (Touched::No, None) => {
                objects.push(object.clone());
                restored.push(format!(
                    "the model left out \"{}\", which the instruction does not mention; it was put back",
                    object.caption
                ));
            }
            _ => {}
        }
    }
    let layout = Layout::new(objects, after.background(), after.negative())?;
    Ok(Kept { layout, restored })
}

/// Whether an instruction touches an object.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Touched {
    Yes,
    No,
    /// The instruction is in a language whose words say nothing here.
    Unknown,
}

fn touched(objects: &[Object], instruction: &str) -> Vec<Touched> {
    if instruction.chars().filter(|c| c.is_alphabetic()).any(|c| !c.is_ascii()) {
        return vec![Touched::Unknown; objects.len()];
    }
    let mut touched = vec![Touched::No; objects.len()];
    for clause in clauses(instruction) {
        for (mark, hit) in touched.iter_mut().zip(touched_by(objects, &clause)) {
            if hit {
                *mark = Touched::Yes;
            }
        }
    }
    touched
}

/// The words of each clause in lower case.
fn clauses(instruction: &str) -> Vec<Vec<String>> {
    let mut clauses = Vec::new();
    for part in instruction.split([',', ';', '.', '!', '?', ':']) {
        let mut clause: Vec<String> = Vec::new();
        for word in part.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
            let word = word.to_lowercase();
            let joins = clause.last().is_some_and(|w| matches!(w.as_str(), "and" | "then" | "but"));
            if joins && VERBS.contains(&word.as_str()) {
                clauses.push(std::mem::take(&mut clause));
            }
            clause.push(word);
        }
        clauses.push(clause);
    }
    clauses.retain(|clause| !clause.is_empty());
    clauses
}

/// Rules 1 to 4 for one clause.
fn touched_by(objects: &[Object], clause: &[String]) -> Vec<bool> {
    let has = |list: &[&str]| clause.iter().any(|word| list.contains(&word.as_str()));
    if has(&EVERYTHING) {
        return vec![true; objects.len()];
    }
    let end = clause.iter().position(|w| PREPOSITIONS.contains(&w.as_str())).unwrap_or(clause.len());
    let (head, tail) = clause.split_at(end);
    if adds(clause) {
        return vec![false; objects.len()];
    }
    for words in [head, tail] {
        let named = named(objects, words);
        if named.contains(&true) {
            return named;
        }
    }
    vec![!has(&SCENE); objects.len()]
}

/// Whether a clause asks for something new: "add …", "put a …".
fn adds(clause: &[String]) -> bool {
    let mut words = clause.iter().map(String::as_str).skip_while(|w| POLITE.contains(w));
    match words.next() {
        Some("put" | "place") => words
            .next()
            .is_some_and(|w| matches!(w, "a" | "an" | "some" | "another") || parse_number_word(w).is_some()),
        first => first.is_some_and(|w| ADDING.contains(&w)),
    }
}

/// Which objects `words` name (rule 2).
fn named(objects: &[Object], words: &[String]) -> Vec<bool> {
    let scores: Vec<Option<(String, usize)>> = objects.iter().map(|o| score(o, words)).collect();
    let best = |noun: &str| scores.iter().flatten().filter(|(n, _)| n == noun).map(|(_, s)| *s).max();
    scores.iter().map(|s| s.as_ref().is_some_and(|(noun, score)| best(noun) == Some(*score))).collect()
}

/// An object's noun and how many of its other words occur, if it is named.
fn score(object: &Object, words: &[String]) -> Option<(String, usize)> {
    let caption = object.caption.as_str().to_lowercase();
    let mut parts: Vec<&str> = caption.split_whitespace().take_while(|w| !PREPOSITIONS.contains(w)).collect();
    let noun = singular(parts.pop()?);
    let plural = plural(&noun);
    words.iter().any(|w| *w == noun || *w == plural).then(|| {
        let others = parts.iter().filter(|p| !matches!(**p, "a" | "an" | "the"));
        (noun, others.filter(|p| words.iter().any(|w| w == *p)).count())
    })
}

/// For each old object the index of the new one it became: same caption, and
/// among several the one that shares most of the box, then the nearest.
fn partners(old: &[Object], new: &[Object]) -> Vec<Option<usize>> {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (i, a) in old.iter().enumerate() {
        for (j, b) in new.iter().enumerate().filter(|(_, b)| same_caption(a, b)) {
            let ((ax, ay), (bx, by)) = (a.bbox.center(), b.bbox.center());
            pairs.push(((ax - bx).hypot(ay - by) - a.bbox.iou(b.bbox), i, j));
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut partner = vec![None; old.len()];
    for (_, i, j) in pairs {
        let taken = partner.contains(&Some(j));
        if let Some(slot @ None) = partner.get_mut(i)
            && !taken
        {
            *slot = Some(j);
        }
    }
    partner
}

fn same_caption(a: &Object, b: &Object) -> bool {
    a.caption.as_str().eq_ignore_ascii_case(b.caption.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmd_layout::BBox;

    fn scene(captions: &[&str]) -> Vec<Object> {
        let at = |i: usize| BBox::new(0.1 * i as f64, 0.3, 0.1, 0.2).unwrap();
        captions.iter().enumerate().map(|(i, c)| Object::new(c, at(i)).unwrap()).collect()
    }

    /// The captions an instruction touches in a fixed scene.
    fn touches(instruction: &str) -> Vec<&'static str> {
        let captions = ["a black cat", "a dog", "a red car", "a blue car", "a bird", "a bird"];
        let marks = touched(&scene(&captions), instruction);
        captions.iter().zip(marks).filter(|(_, m)| *m == Touched::Yes).map(|(c, _)| *c).collect()
    }

    #[test]
    fn words_decide_what_is_touched() {
        assert_eq!(touches("move the cat to the right"), ["a black cat"]);
        assert_eq!(touches("Move the cat next to the dog."), ["a black cat"]);
        assert_eq!(touches("make the red car bigger"), ["a red car"]);
        assert_eq!(touches("make the cars smaller"), ["a red car", "a blue car"]);
        assert_eq!(touches("remove the dog and move the cat up"), ["a black cat", "a dog"]);
        assert_eq!(touches("swap the cat and the dog"), ["a black cat", "a dog"]);
        assert_eq!(touches("put the cat on the blue car"), ["a black cat"]);
        assert_eq!(touches("to the left of the dog, put the cat"), ["a black cat", "a dog"]);
        assert_eq!(touches("move both birds up").len(), 6);
        assert_eq!(touches("move the birds up"), ["a bird", "a bird"]);
    }

    #[test]
    fn additions_and_the_scene_touch_nothing() {
        assert!(touches("add two birds in the sky").is_empty());
        assert!(touches("add a hat above the dog").is_empty());
        assert!(touches("please put two hats on the dog").is_empty());
        assert!(touches("make it an oil painting").is_empty());
        assert!(touches("change the background to a beach").is_empty());
    }

    #[test]
    fn what_names_nothing_else_touches_everything() {
        for instruction in
            ["closer together", "bigger boxes", "make everything smaller", "spread out more evenly"]
        {
            assert_eq!(touches(instruction).len(), 6, "{instruction}");
        }
    }

    fn layout(objects: Vec<Object>) -> Layout {
        Layout::new(objects, "a yard", "").unwrap()
    }

    fn moved(object: &Object, dx: f64) -> Object {
        Object { bbox: object.bbox.shifted(dx, 0.0), ..object.clone() }
    }

    #[test]
    fn nudged_boxes_go_back_and_lost_objects_return() {
        let before = scene(&["a cat", "a dog", "a tree"]);
        let after = layout(vec![moved(&before[0], 0.5), moved(&before[1], 0.01)]);
        let kept = keep_untouched(&layout(before.clone()), &after, "move the cat to the right").unwrap();
        let boxes: Vec<f64> = kept.layout.objects().iter().map(|o| o.bbox.x()).collect();
        assert_eq!(boxes, [0.5, before[1].bbox.x(), before[2].bbox.x()]);
        assert_eq!(kept.restored.len(), 1);
        assert!(kept.restored[0].contains("a tree"), "{:?}", kept.restored);
    }

    #[test]
    fn twins_are_told_apart_by_their_places() {
        let before = scene(&["a bird", "a bird", "a dog"]);
        let mut after = vec![moved(&before[1], 0.004), moved(&before[0], 0.004), moved(&before[2], 0.3)];
        after.push(Object::new("a bird", BBox::new(0.8, 0.0, 0.1, 0.1).unwrap()).unwrap());
        let kept =
            keep_untouched(&layout(before.clone()), &layout(after), "move the dog to the right").unwrap();
        let boxes: Vec<f64> = kept.layout.objects().iter().map(|o| o.bbox.x()).collect();
        assert_eq!(boxes[..2], [before[1].bbox.x(), before[0].bbox.x()]);
        assert_eq!(kept.layout.objects().len(), 4);
    }

    #[test]
    fn in_other_languages_only_nudges_are_undone() {
        let before = scene(&["a cat", "a dog"]);
        let after = layout(vec![moved(&before[0], 0.5), moved(&before[1], 0.004)]);
        let kept = keep_untouched(&layout(before.clone()), &after, "把猫移到右边").unwrap();
        let boxes: Vec<f64> = kept.layout.objects().iter().map(|o| o.bbox.x()).collect();
        assert_eq!(boxes, [0.5, before[1].bbox.x()]);
    }
}
