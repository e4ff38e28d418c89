//! Parts of a plural and comparisons: `the left one`, `five of them`, `bigger
//! than the tree`.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, Pending};
use super::lexicon::{Tags, exact_tags};
use super::links::reads;
use super::numbers::{Quantity, quantity};
use super::phrase::NounPhrase;
use super::token::Token;
use crate::{Region, Relation, RelationKind, Size};

/// `the left one`, `the other top one`, `the second one`: one of several.
pub(super) fn one_of_several(tokens: &[Token], at: usize) -> Option<(Chunk, usize)> {
    let word = |i: usize| tokens.get(at + i).map_or("", |token| token.low.as_str());
    let first = usize::from(word(0) == "the");
    let region = match word(first) {
        "left" | "leftmost" => Some(Region::Left),
        "right" | "rightmost" => Some(Region::Right),
        "top" | "upper" | "topmost" | "uppermost" => Some(Region::Top),
        "bottom" | "lower" | "lowest" | "bottommost" => Some(Region::Bottom),
        "middle" | "center" | "centre" | "central" => Some(Region::Center),
        "first" | "second" | "third" | "fourth" | "last" => None,
        _ => return None,
    };
    (word(first + 1) == "one").then_some((Chunk::OneOf(region), first + 2))
}

/// `five of them`, `two of which`.
pub(super) fn so_many_of_them(tokens: &[Token], at: usize) -> Option<(Chunk, usize)> {
    let whole = matches!(tokens.get(at)?.low.as_str(), "both" | "all");
    let (quantity, length) = quantity(tokens, at).filter(|_| !whole)?;
    let end = ["of them", "of these", "of which"].iter().find_map(|of| reads(tokens, at + length, of))?;
    Some((Chunk::OfThem(quantity), length + end))
}

/// `much bigger than`, `twice the size of`, `as tall as`.
pub(super) fn comparison(tokens: &[Token], at: usize) -> Option<(Chunk, usize)> {
    let word = |i: usize| tokens.get(at + i).map_or("", |token| token.low.as_str());
    let mut i = 0;
    while matches!(
        word(i),
        "much" | "far" | "slightly" | "way" | "even" | "twice" | "times" | "almost" | "half" | "nearly"
    ) || i == 0 && word(1) == "times"
    {
        i += 1;
    }
    if let Some(length) = reads(tokens, at + i, "the size of") {
        return Some((Chunk::Than { larger: i == 0 || word(i - 1) != "half" }, i + length));
    }
    if word(i) == "as" && word(i + 2) == "as" {
        let larger = matches!(word(i + 1), "big" | "large" | "tall" | "high" | "huge" | "long");
        let smaller = matches!(word(i + 1), "small" | "tiny" | "little" | "short");
        return (larger || smaller).then_some((Chunk::Than { larger }, i + 3));
    }
    let larger = match word(i) {
        "bigger" | "larger" | "taller" | "higher" | "longer" | "wider" | "heavier" | "greater" => true,
        "smaller" | "shorter" | "tinier" | "thinner" | "lower" | "littler" => false,
        _ => return None,
    };
    (word(i + 1) == "than").then_some((Chunk::Than { larger }, i + 2))
}

impl Interpreter<'_> {
    /// The latest thing of which there are several.
    pub(super) fn latest_several(&self) -> Option<usize> {
        let several = |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing.count > 1);
        self.divided.or_else(|| {
            let here = self.mentioned.iter().rev().chain(&self.focus).copied().find(several);
            here.or_else(|| (0..self.scene.things.len()).rev().find(several))
        })
    }

    pub(super) fn one_of(&mut self, region: Option<Region>) {
        let Some(source) = self.latest_several() else { return };
        let pending = std::mem::take(&mut self.pending);
        let stacked = self.scene.things.get(source).is_some_and(|thing| thing.arrangement.is_some());
        if let (true, Pending::Object { kind, subjects, .. }) = (stacked, &pending) {
            // What lies on the top one lies on the whole stack.
            return self.relate_all(subjects, *kind, &[source]);
        }
        self.split(&NounPhrase::new(), source);
        let group = self.group.clone();
        if let Some(region) = region {
            self.set_region(&group, region);
        }
        if let Pending::Object { kind, subjects, .. } = pending {
            self.relate_all(&subjects, kind, &group);
            self.group = subjects;
        }
        self.joint = Joint::None;
    }

    pub(super) fn of_them(&mut self, quantity: Quantity) {
        let Some(source) = self.latest_several() else { return };
        let Some(thing) = self.scene.things.get_mut(source) else { return };
        if thing.exact {
            let phrase = NounPhrase { quantity: Some(quantity), ..NounPhrase::new() };
            return self.split(&phrase, source);
        }
        thing.count = quantity.count.max(1);
        thing.exact = quantity.exact;
        thing.arrangement = thing.arrangement.or(quantity.arrangement);
        self.group = vec![source];
        self.joint = Joint::None;
    }

    /// What a pronoun after a preposition means: `it` stays what it was, and
    /// beside what rests on a desk means beside that thing, not the desk.
    pub(super) fn refer(&mut self, kind: RelationKind, plural: bool, subjects: &[usize]) -> Vec<usize> {
        let objects = self.resolve(plural, subjects);
        let (false, [near]) = (plural || self.owner.iter().any(|i| objects == [*i]), objects.as_slice())
        else {
            return objects;
        };
        let beside = !matches!(
            kind,
            RelationKind::On | RelationKind::Under | RelationKind::Inside | RelationKind::Above
        );
        let free = |i: usize| !subjects.contains(&i) && self.mentioned.contains(&i);
        let of_near = |r: &&Relation| r.subject == *near && self.it == Some(r.object) && free(r.object);
        let on_near =
            |r: &&Relation| beside && r.object == *near && r.kind == RelationKind::On && free(r.subject);
        let same = self.scene.relations.iter().find(of_near).map(|r| r.object);
        let carried = self.scene.relations.iter().find(on_near).map(|r| r.subject);
        let meant = same.or(carried).unwrap_or(*near);
        self.it = Some(meant);
        vec![meant]
    }

    /// The parts of a plural stand where the whole stood.
    pub(super) fn stand_like(&mut self, part: usize, whole: usize) {
        let relations: Vec<_> = self.scene.relations.iter().filter(|r| r.subject == whole).cloned().collect();
        for relation in relations {
            if !matches!(relation.kind, RelationKind::Around | RelationKind::Between(_)) {
                self.relate(part, relation.kind, relation.object);
            }
        }
    }

    pub(super) fn than(&mut self, larger: bool) {
        self.pending = Pending::Than { larger, subjects: self.current_subjects() };
    }

    /// One thing is larger than the other: both sizes say so.
    pub(super) fn compare(&mut self, larger: bool, subjects: &[usize], objects: &[usize]) {
        let (first, second) = if larger { (Size::Huge, Size::Tiny) } else { (Size::Tiny, Size::Huge) };
        for (things, size) in [(subjects, first), (objects, second)] {
            for index in things {
                if let Some(thing) = self.scene.things.get_mut(*index) {
                    thing.size = Some(size);
                }
            }
        }
        self.group = objects.to_vec();
        self.object_of = None;
        self.closed = false;
    }

    /// Whether a verb takes a part of the body with it: `shaking hands`.
    pub(super) fn moves_body_part(&self, phrase: &NounPhrase, subjects: &[usize]) -> bool {
        const BODY: [&str; 17] = [
            "hand", "arm", "leg", "foot", "head", "eye", "tongue", "tail", "wing", "wings", "ear", "finger",
            "fist", "paw", "hair", "tooth", "shoulder",
        ];
        let bare = matches!(
            phrase.determiner,
            super::phrase::Determiner::None | super::phrase::Determiner::Possessive
        );
        bare && BODY.contains(&phrase.noun.as_str()) && subjects.iter().any(|i| self.is_animate(*i))
    }

    /// Who is on it in `an old man feeding pigeons on a bench`: whoever acts,
    /// where it is something to sit or stand on.
    pub(super) fn doer_on(&self, kind: RelationKind) -> Option<Vec<usize>> {
        let Some(Chunk::Np(np)) = self.peek(1) else { return None };
        let (_, subjects) = self.object_of.as_ref()?;
        let done_to = self.done_to.filter(|i| self.group == [*i] && kind == RelationKind::On)?;
        let last = np.noun.rsplit(' ').next().unwrap_or_default();
        let seat = matches!(
            last,
            "bench"
                | "chair"
                | "sofa"
                | "couch"
                | "armchair"
                | "stool"
                | "bed"
                | "rock"
                | "log"
                | "roof"
                | "rooftop"
                | "balcony"
        ) || exact_tags(last).any(Tags::SCENERY);
        (seat && done_to < self.scene.things.len() && subjects.iter().any(|i| self.is_animate(*i)))
            .then(|| subjects.clone())
    }
}
