//! Every word is accounted for: what a sentence says and the scene does not
//! hold is found here, whatever rule lost it.
//!
//! A word is accounted for when it (or its singular, or the form a verb takes
//! in captions) stands in a thing, the background, the style, a tag or what
//! must be absent; when it is part of a phrase that says where or how many; or
//! when it carries nothing by itself (articles, wishes, adverbs of degree).

use std::collections::{HashMap, HashSet};

use lmd_layout::singular;

use super::numbers::{number, quantity};
use super::token::{Token, low};
use super::{links, mood, negation, nothing, partitive};
use crate::Scene;
use crate::lexicon::{
    List, Role, Tags, Verb, base, exact_tags, finite_past, is_leading, tags, third_person, verb,
};

/// Words on which the meaning of others hangs: where no rule took them up, the rest is in doubt.
const HINGES: [&str; 15] = [
    "increasing",
    "decreasing",
    "than",
    "instead",
    "if",
    "unless",
    "whether",
    "respectively",
    "alternating",
    "alternately",
    "versa",
    "maybe",
    "perhaps",
    "possibly",
    "unlike",
];

/// The words of `tokens` that the scene does not hold, as they were written.
pub(super) fn unaccounted(tokens: &[Token], scene: &Scene, placing: &[String]) -> Vec<String> {
    let held = Held::of(scene, placing);
    // Each word is looked up once, however often it occurs.
    let mut known: HashSet<&str> = HashSet::new();
    let words = tokens.iter().filter(|token| token.is_word() && known.insert(&token.low));
    let lost: HashSet<&str> =
        words.map(|token| token.low.as_str()).filter(|low| !held.accounts_for(low)).collect();
    if lost.is_empty() { Vec::new() } else { outside_phrases(tokens, &held, &lost) }
}

/// Those of `words` that stand outside every phrase about place and number.
fn outside_phrases(tokens: &[Token], held: &Held, words: &HashSet<&str>) -> Vec<String> {
    let mut lost: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if let Some(length) = phrase_length(tokens, at, held) {
            at += length.max(1);
            continue;
        }
        // "the handlebars of a bike", "a pirate's shoulder" are drawn with the whole.
        let of_whole = low(tokens, at + 1) == "of" || at > 0 && low(tokens, at - 1) == "'s";
        let every = at > 0 && matches!(low(tokens, at - 1), "each" | "every");
        let with_whole = of_whole && !every && tags(&token.low).any(Tags::PART);
        if words.contains(token.low.as_str()) && !with_whole && !lost.contains(&token.text) {
            lost.push(token.text.clone());
        }
        at += 1;
    }
    lost
}

/// The length of a phrase at `at` that says where, how many, or that
/// something is absent.
fn phrase_length(tokens: &[Token], at: usize, held: &Held) -> Option<usize> {
    let negation = negation::negation(tokens, at);
    let place = links::link(tokens, at).map(|(_, length)| length);
    let manner = partitive::postposed(tokens, at).map(|(_, length)| length);
    let comparison = partitive::comparison(tokens, at).map(|(_, length)| length);
    // "helps a man back to his feet"
    let back = (low(tokens, at) == "back" && low(tokens, at + 1) == "to").then_some(1);
    let graded = partitive::graded(tokens, at).or(back);
    let part = partitive::one_of_several(tokens, at).map(|(_, length)| length);
    let count = quantity(tokens, at)
        .filter(|(quantity, _)| !quantity.exact || held.counts.contains(&quantity.count.max(1)))
        .map(|(_, length)| length);
    let nothing = nothing::said(tokens, at, true);
    let two = partitive::the_two(tokens, at).then_some(2);
    let weather = mood::weather(tokens, at).map(|(_, length)| length);
    [negation, place, manner, comparison, graded, part, count, two, nothing, weather]
        .into_iter()
        .flatten()
        .max()
}

/// Everything a scene holds.
struct Held {
    words: HashSet<String>,
    counts: HashSet<u32>,
    has_regions: bool,
    /// Whether some are said to differ in size.
    varied: bool,
    /// Whether a caption says so behind its noun: `with alternating stripes`.
    alternating: bool,
}

impl Held {
    fn of(scene: &Scene, placing: &[String]) -> Self {
        let mut words = HashSet::new();
        let mut take = |text: &str| {
            for word in text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '-')) {
                let word = word.to_lowercase();
                words.extend(word.split(['-', '\'']).map(str::to_owned));
                words.insert(singular(&word));
                words.insert(word);
            }
        };
        for thing in &scene.things {
            take(&thing.phrase());
        }
        let texts = [&scene.absent, &scene.tags, &scene.not_understood, &scene.kinds, &scene.notes];
        texts.into_iter().flatten().chain(placing).for_each(|text| take(text));
        scene.background.iter().chain(&scene.style).for_each(|text| take(text));
        let mut of_kind: HashMap<&str, u32> = HashMap::new();
        let mut all = 0_u32;
        for thing in &scene.things {
            let sum = of_kind.entry(&thing.noun).or_default();
            *sum = sum.saturating_add(thing.count);
            all = all.saturating_add(thing.count);
        }
        let counts = scene.things.iter().map(|thing| thing.count).chain(of_kind.into_values());
        Self {
            // How many a list told one by one is counted by what it lists.
            counts: counts.chain([all, 1]).chain(placing.iter().filter_map(|word| number(word))).collect(),
            words,
            varied: scene.things.iter().any(|thing| thing.varied),
            alternating: scene
                .things
                .iter()
                .filter_map(|thing| thing.detail.as_deref())
                .any(|detail| detail.contains("alternating")),
            has_regions: scene.things.iter().any(|thing| thing.region.is_some()),
        }
    }

    fn accounts_for(&self, low: &str) -> bool {
        // "Dr." is held without its full stop.
        let low = low.trim_end_matches('.');
        if HINGES.contains(&low) {
            return low == "alternating" && self.alternating;
        }
        let own = exact_tags(low);
        let degree = own.any(Tags::ADVERB) && !own.any(Tags::ADJECTIVE);
        if own.any(Tags::FUNCTION.and(Tags::FILLER)) || degree || low.ends_with("ly") {
            return true;
        }
        let one = singular(low);
        if self.varied && super::of_part::is_measure(&one) {
            return true;
        }
        let listed = List::Viewer.has(low)
            || matches!(low, "picture" | "image" | "photo")
            || List::GivesWay.has(&one)
            || List::LookOf.has(&one)
            || List::Grammar.has(low)
            || List::Grammar.has(&one)
            || self.has_regions && (List::Region.has(low) || List::Region.has(&one));
        if listed || self.holds(low) || number(low).is_some_and(|n| self.counts.contains(&n)) {
            return true;
        }
        if third_person(low).is_some_and(|verb| self.holds(&verb.attribute)) {
            return true;
        }
        // "trying to catch": what is done says it.
        if verb(low).is_some_and(|verb| is_leading(&verb.attribute)) {
            return true;
        }
        // That something is there, or stands, its box says.
        let shown = |verb: &Verb| matches!(verb.role, Role::Neutral | Role::Posture) && !verb.leans();
        let said = |verb: Verb| shown(&verb) || self.holds(&verb.attribute);
        verb(low).or_else(|| base(low)).is_some_and(said) || finite_past(low).is_some_and(said)
    }

    fn holds(&self, word: &str) -> bool {
        self.words.contains(word)
            || self.words.contains(&singular(word))
            || word.contains([' ', '-']) && word.split([' ', '-']).all(|part| self.words.contains(part))
    }
}
