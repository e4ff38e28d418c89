//! Every word is accounted for: what a sentence says and the scene does not
//! hold is found here, whatever rule lost it.
//!
//! A word is accounted for when it (or its singular, or the form a verb takes
//! in captions) stands in a thing, the background, the style, a tag or what
//! must be absent; when it is part of a phrase that says where or how many; or
//! when it carries nothing by itself (articles, wishes, adverbs of degree).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use lmd_layout::singular;

use super::lexicon::{Tags, exact_tags, tags};
use super::noun_phrase::GIVES_WAY;
use super::numbers::{number, quantity};
use super::token::Token;
use super::verbs::{Role, third_person, verb};
use super::{links, negation, partitive};
use crate::Scene;

/// Words of the picture's frame: who looks at it and with what.
const FRAME: [&str; 6] = ["camera", "viewer", "lens", "picture", "image", "photo"];
/// Words on which the meaning of others hangs: where no rule took them up, the rest is in doubt.
const HINGES: [&str; 14] = [
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
    "otherwise",
    "unlike",
];
/// Nouns that stand for a part of the picture ([`crate::Region`]).
const REGIONS: [&str; 14] = [
    "sky",
    "air",
    "heaven",
    "heavens",
    "skies",
    "clouds",
    "floor",
    "ground",
    "wall",
    "ceiling",
    "foreground",
    "background",
    "distance",
    "backdrop",
];
/// Words that belong to phrases about several things or about having.
const GRAMMAR: &str = "pair couple each other others one ones single same different another size twice times half \
    featuring featured containing including depicting showing shows holds features depicts consisting following followed \
    accompanied together filled full packed such latter free devoid empty lacking lacks avoid exclude excluding sign \
    first second third fourth last left right top bottom leftmost rightmost upper lower middle center centre opposite \
    rest row line column grid circle stacked stack pile tower pyramid triangle formation ring group set tall as long";

static GRAMMAR_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| GRAMMAR.split_whitespace().collect());

/// The words of `tokens` that the scene does not hold, as they were written.
pub(super) fn unaccounted(tokens: &[Token], scene: &Scene) -> Vec<String> {
    let held = Held::of(scene);
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
        if words.contains(token.low.as_str()) && !lost.contains(&token.text) {
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
    let part = partitive::one_of_several(tokens, at).map(|(_, length)| length);
    let count = quantity(tokens, at)
        .filter(|(quantity, _)| !quantity.exact || held.counts.contains(&quantity.count.max(1)))
        .map(|(_, length)| length);
    [negation, place, manner, comparison, part, count].into_iter().flatten().max()
}

/// Everything a scene holds.
struct Held {
    words: HashSet<String>,
    counts: HashSet<u32>,
    has_relations: bool,
    has_regions: bool,
    has_place: bool,
}

impl Held {
    fn of(scene: &Scene) -> Self {
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
        texts.into_iter().flatten().for_each(|text| take(text));
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
            counts: counts.chain([all, 1]).collect(),
            words,
            has_relations: !scene.relations.is_empty(),
            has_regions: scene.things.iter().any(|thing| thing.region.is_some()),
            has_place: scene.background.is_some(),
        }
    }

    fn accounts_for(&self, low: &str) -> bool {
        // "Dr." is held without its full stop.
        let low = low.trim_end_matches('.');
        if HINGES.contains(&low) {
            return false;
        }
        let own = exact_tags(low);
        if own.any(Tags::FUNCTION.and(Tags::FILLER).and(Tags::ADVERB)) || low.ends_with("ly") {
            return true;
        }
        let listed = FRAME.contains(&low)
            || GIVES_WAY.contains(&singular(low).as_str())
            || GRAMMAR_WORDS.contains(low)
            || GRAMMAR_WORDS.contains(singular(low).as_str())
            || self.has_regions && (REGIONS.contains(&low) || REGIONS.contains(&singular(low).as_str()));
        if listed || self.holds(low) || number(low).is_some_and(|n| self.counts.contains(&n)) {
            return true;
        }
        // A part of a thing is drawn with the whole.
        if tags(low).any(Tags::PART) && !self.words.is_empty() {
            return true;
        }
        if third_person(low).is_some_and(|verb| self.holds(&verb.attribute)) {
            return true;
        }
        verb(low).is_some_and(|verb| self.holds(&verb.attribute) || self.becomes_relation(verb.role))
    }

    fn holds(&self, word: &str) -> bool {
        self.words.contains(word)
            || self.words.contains(&singular(word))
            || word.contains([' ', '-']) && word.split([' ', '-']).all(|part| self.words.contains(part))
    }

    /// Whether a verb of this kind says where things are rather than what
    /// they look like.
    fn becomes_relation(&self, role: Role) -> bool {
        match role {
            Role::Neutral | Role::Posture => true,
            Role::Caption | Role::Action => false,
            _ => self.has_relations || self.has_regions || self.has_place,
        }
    }
}
