//! Where on or in something things are that words place at a part of it: at both ends of a table or a sofa, on a branch of
//! a tree that was named before.

use super::chunk::Chunk;
use super::interpret::{Interpreter, thing_tags};
use super::links::Link;
use super::phrase::{Determiner, NounPhrase};
use crate::lexicon::{Class, Role, Tags, head, kind_of};
use crate::{Region, RelationKind, Thing};

impl Interpreter<'_> {
    /// `candles at both ends of a table` stand on it; `a tray with a teapot and cups on both sides` bears both, the cups
    /// beside the teapot. `true` if it was of that kind.
    pub(super) fn flank_upon(&mut self, object: usize, subjects: &[usize]) -> bool {
        let Some(bears) = self.scene.things.get(object).filter(|bears| bears.count == 1) else {
            return false;
        };
        let (tags, size) = (thing_tags(bears), kind_of(&bears.noun));
        let table = tags.any(Tags::SURFACE)
            && !tags.any(Tags::FOOD.and(Tags::SEAT))
            && matches!(size.class, Class::Table | Class::Flat);
        let small = |index: &usize| {
            self.scene.things.get(*index).is_some_and(|thing| {
                let own = kind_of(&thing.noun);
                let stays = !thing_tags(thing).any(Tags::ANIMATE) && own.class != Class::Seat;
                stays && own.height <= 0.75 && own.width <= size.width
            })
        };
        if let [middle, sides @ ..] = subjects
            && !sides.is_empty()
        {
            let (middle, sides) = (*middle, sides.to_vec());
            // "a table with a chessboard and two chairs on either side"
            if table && small(&middle) && !sides.iter().any(small) {
                self.no_longer_beside(&[middle], &[object]);
                self.relate_all(&[middle], RelationKind::On, &[object]);
                self.flank(object, &sides);
                return true;
            }
            if !table || !subjects.iter().all(small) {
                return false;
            }
            self.no_longer_beside(subjects, &[object]);
            self.relate_all(&[middle], RelationKind::On, &[object]);
            self.flank(middle, &sides);
            self.relate_all(&sides, RelationKind::On, &[object]);
            return true;
        }
        let ends = [self.back(1), self.peek(0)].contains(&Some(&Chunk::Link(Link::BothSides { ends: true })));
        // "two cats on opposite ends of a sofa" sit on it.
        let seat = ends && size.class == Class::Seat;
        let [only] = subjects else { return false };
        let few = |thing: &Thing| !thing.exact || thing.count <= 2;
        let laid = size.class == Class::Table && table && small(only) && (ends || size.height < 0.9);
        if !(laid || seat) || !self.scene.things.get(*only).is_some_and(few) {
            return false;
        }
        self.no_longer_beside(subjects, &[object]);
        let Some(thing) = self.scene.things.get_mut(*only) else { return false };
        (thing.count, thing.spot) = (1, Some(Region::Left));
        let other = Thing { spot: Some(Region::Right), ..thing.clone() };
        self.scene.things.push(other);
        self.relate_all(&[*only, self.scene.things.len() - 1], RelationKind::On, &[object]);
        self.closed = true;
        true
    }

    /// `a tree with an owl on a branch`: in the crown of that tree. `true` if it was that.
    pub(super) fn on_branch(
        &mut self,
        phrase: &NounPhrase,
        kind: RelationKind,
        prep: &str,
        subjects: &[usize],
    ) -> bool {
        let branch = matches!(head(&phrase.noun), "branch" | "twig" | "bough") && phrase.detail.is_none();
        let rests = matches!(kind, RelationKind::On | RelationKind::HangsFrom);
        let counted = phrase.determiner == Determiner::Each || self.known(phrase).is_some();
        let crown = |index: &usize| {
            let tree = |thing: &Thing| {
                kind_of(&thing.noun).class == Class::Over && head(&thing.noun).ends_with("tree")
            };
            !subjects.contains(index) && self.scene.things.get(*index).is_some_and(tree)
        };
        let tree = self.mentioned.iter().rev().copied().find(crown);
        let Some(tree) = tree.filter(|_| branch && rests && !counted && !subjects.is_empty()) else {
            return false;
        };
        self.no_longer_beside(subjects, &[tree]);
        self.relate_all(subjects, RelationKind::Inside, &[tree]);
        for index in subjects {
            self.scene.things.get_mut(*index).into_iter().for_each(|thing| thing.spot = Some(Region::Top));
        }
        self.add_detail(subjects, &format!("{prep} {}", phrase.text()));
        (self.group, self.object_of, self.closed) = (subjects.to_vec(), None, true);
        true
    }

    /// How things are at what has the part: within the pages of a book, over what has the chimney.
    pub(super) fn at_lifeless(&self, kind: RelationKind, prep: &str, subjects: &[usize]) -> RelationKind {
        let roof = matches!(self.peek(0), Some(Chunk::Np(np)) if matches!(np.noun.as_str(), "roof" | "top" | "hood"));
        match kind {
            // "a truck with a mattress strapped to its roof"
            _ if prep == "to" && roof => RelationKind::On,
            RelationKind::Between(_) => RelationKind::Inside,
            _ if self.rises(prep, subjects) => RelationKind::Above,
            kind => kind,
        }
    }

    /// Whether a posture with a place comes next: `sitting on a counter`.
    pub(super) fn stands_next(&self) -> bool {
        let still = matches!(self.peek(1), Some(Chunk::Verb(verb)) if verb.role == Role::Posture);
        still && matches!(self.peek(2), Some(Chunk::Link(_)))
    }

    /// Whether no place follows by which what an owner has is elsewhere than in its caption.
    pub(super) fn stays_with_owner(&self, phrase: &NounPhrase) -> bool {
        let rises = phrase.tags().any(Tags::STUFF) && matches!(self.peek(1), Some(Chunk::Verb(_)));
        rises || self.side_of_part(phrase) || !self.explicit_place_follows()
    }

    /// `a coat rack with three hats`: they hang from it.
    pub(super) fn hangs_up(&self, rack: &str, index: usize) -> bool {
        let rack = [
            "coat rack",
            "hat rack",
            "coat stand",
            "hat stand",
            "clothes rack",
            "clothesline",
            "clothes line",
            "washing line",
        ]
        .contains(&rack);
        rack && self
            .scene
            .things
            .get(index)
            .is_some_and(|thing| thing_tags(thing).any(Tags::WORN.and(Tags::HELD)))
    }

    /// Whether what shines on the next thing is a lamp that stands beside it.
    pub(super) fn stands_apart(&self) -> bool {
        let lamp = |i: &usize| {
            self.scene.things.get(*i).is_some_and(|t| matches!(head(&t.noun), "lamp" | "lantern"))
        };
        let lit =
            matches!(self.peek(1), Some(Chunk::Np(np)) if !np.tags().any(Tags::PLACE.and(Tags::ANIMATE)));
        lit && !self.group.is_empty() && self.group.iter().all(lamp)
    }
}

/// Whether something is on a part of somebody that is not at his top, which its caption keeps: on his lap, on her nose.
pub(super) fn rests_on_body(part: &NounPhrase, prep: &str, held: bool, lifeless: bool) -> bool {
    let lap = matches!(part.noun.as_str(), "lap" | "knee") && held;
    let body = ["chest", "belly", "stomach", "tummy", "nose", "forehead", "cheek"];
    let front = body.contains(&part.noun.as_str()) && !lifeless;
    (lap || front) && matches!(prep, "on" | "in")
}
