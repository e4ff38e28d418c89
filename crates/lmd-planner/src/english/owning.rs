//! Parts of things at work: what is said of them (`with its trunk raised`), whose they are (`whose eyes are blue`, `the
//! basket` of a bicycle), and that one of them is missing.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, Pending, thing_tags};
use super::links::{Link, place_word};
use super::numbers::Quantity;
use super::phrase::{Determiner, NounPhrase};
use crate::lexicon::{Class, Tags, Verb, VerbForm, exact_tags, head, is_worked, kind_of};
use crate::{Region, RelationKind};

impl Interpreter<'_> {
    /// `with its trunk raised`, `with eyes closed`: said of the part just named, in the caption of whose it is. `true` if
    /// it was taken so.
    pub(super) fn said_of_part(&mut self, says: &str) -> bool {
        let part = |np: &NounPhrase| {
            np.determiner == Determiner::Possessive
                || np.tags().any(Tags::PART) && np.determiner != Determiner::The
        };
        let after = matches!(self.previous(), Some(Chunk::Np(np)) if part(np));
        if !after || self.detailed.is_empty() || self.denied.is_some() {
            return false;
        }
        let things = self.detailed.clone();
        let place = self.part_place().or_else(|| self.tied_in(says));
        self.at += if place.is_some() { 2 } else { 0 };
        let place = place.map_or_else(String::new, |(prep, part)| format!(" {prep} {}", part.text()));
        // "her hands hovering over it"
        if let (Some(Chunk::Link(_)), Some(Chunk::Pronoun(_))) = (self.peek(1), self.peek(2)) {
            self.at += 2;
        }
        self.add_detail(&things, &format!("{says}{place}"));
        true
    }

    /// `hair tied in a bun`: what it is tied in is no thing of its own.
    fn tied_in(&self, says: &str) -> Option<(String, NounPhrase)> {
        const SHAPED: [&str; 8] =
            ["tied", "braided", "pulled", "gathered", "styled", "twisted", "put", "arranged"];
        match (self.peek(1)?, self.peek(2)?) {
            (Chunk::Link(Link::Rel { kind: RelationKind::Inside, prep }), Chunk::Np(np))
                if SHAPED.contains(&says) =>
            {
                Some((prep.clone(), np.clone()))
            }
            _ => None,
        }
    }

    /// Whether `with` and a noun stand `ahead`.
    fn is_done_with(&self, ahead: usize) -> bool {
        matches!((self.peek(ahead), self.peek(ahead + 1)), (Some(Chunk::With), Some(Chunk::Np(_))))
    }

    /// `whose shield is decorated with a lion`: all of it is said of the shield.
    fn done_with(&mut self, np: &NounPhrase) {
        let done = match self.peek(3) {
            Some(Chunk::Verb(verb)) => verb.attribute.clone(),
            Some(Chunk::Adjectives(adjectives)) => adjectives.join(" "),
            _ => return,
        };
        let Some(Chunk::Np(by)) = self.peek(5) else { return };
        let part = if np.plural { np.text() } else { lmd_layout::with_article(&np.text()) };
        let owners: Vec<usize> = self.group.last().copied().into_iter().collect();
        self.add_detail(&owners, &format!("with {part} {done} with {}", by.text()));
        self.at += 5;
        (self.group, self.joint) = (owners, Joint::None);
    }

    /// `a cat whose eyes are blue`: a cat with blue eyes. Else it is what somebody has.
    pub(super) fn whose(&mut self) {
        self.narrow_to_last();
        let says = match (self.peek(1), self.peek(2), self.peek(3)) {
            (Some(Chunk::Np(np)), Some(Chunk::Be), Some(said)) if !np.tags().any(Tags::ANIMATE) => match said
            {
                // "whose cloak is embroidered with a dragon"
                Chunk::Adjectives(_) if self.is_done_with(4) => return self.done_with(np),
                Chunk::Adjectives(adjectives) => Some((np, adjectives.join(" "))),
                Chunk::Verb(_) if self.is_done_with(4) => return self.done_with(np),
                Chunk::Verb(verb) if !matches!(self.peek(4), Some(Chunk::Np(_) | Chunk::Link(_))) => {
                    Some((np, verb.attribute.clone()))
                }
                _ => None,
            },
            _ => None,
        };
        let Some((np, says)) = says else { return self.with(false) };
        let part = format!("{says} {}", np.text());
        let bare = np.plural || np.tags().any(Tags::STUFF);
        let part = if bare { part } else { lmd_layout::with_article(&part) };
        let owners: Vec<usize> = self.group.last().copied().into_iter().collect();
        self.add_detail(&owners, &format!("with {part}"));
        self.at += 3;
        self.group = owners;
        self.joint = Joint::None;
    }

    /// `Its flag is up.`, `The saddle is red.`: said of what has the part, in its caption. `true` if it was that.
    pub(super) fn is_part_so(&mut self, phrase: &NounPhrase) -> bool {
        let says = match (self.peek(1), self.peek(2), self.peek(3)) {
            (Some(Chunk::Be), Some(Chunk::Adjectives(adjectives)), _) => adjectives.join(" "),
            (
                Some(Chunk::Be),
                Some(Chunk::Verb(verb)),
                None | Some(Chunk::Stop | Chunk::Comma | Chunk::And),
            ) if verb.form == VerbForm::Past => verb.attribute.clone(),
            (
                Some(Chunk::Be),
                Some(Chunk::Link(Link::Prep(up))),
                None | Some(Chunk::Stop | Chunk::Comma | Chunk::And),
            ) => up.clone(),
            (Some(Chunk::Verb(verb)), ..)
                if verb.form == VerbForm::Third && phrase.tags().any(Tags::PART) =>
            {
                return self.is_part_doing(phrase, verb);
            }
            _ => return false,
        };
        let seen = says == "visible";
        if self.pending != Pending::Nothing || self.denied.is_some() || phrase.noun.is_empty() || seen {
            return false;
        }
        let owners = if phrase.determiner == Determiner::Possessive {
            let owners = self.owners_named_by(phrase, &[]);
            let its = phrase.words.first().is_some_and(|word| word.eq_ignore_ascii_case("its"));
            let lifeless =
                its && !owners.iter().any(|i| self.is_animate(*i)) && !phrase.tags().any(Tags::ANIMATE);
            let own = lifeless || phrase.tags().any(Tags::PART.and(Tags::WORN));
            owners.into_iter().filter(|_| own).collect()
        } else {
            self.dress_detail(phrase, &says)
        };
        if owners.is_empty() {
            return false;
        }
        if phrase.determiner == Determiner::Possessive {
            let part = phrase.words.get(1..).unwrap_or_default().join(" ");
            let after = exact_tags(&says).any(Tags::FUNCTION.and(Tags::ADVERB));
            let stuff =
                phrase.plural || phrase.tags().any(Tags::STUFF.and(Tags::UNCOUNTED)) || phrase.noun == "hair";
            let part = match (after, stuff) {
                (true, _) => format!("{} {says}", phrase.text().to_lowercase()),
                (_, true) => format!("{says} {part}"),
                _ => lmd_layout::with_article(&format!("{says} {part}")),
            };
            self.add_detail(&owners, &format!("with {part}"));
        }
        self.at += 2;
        self.group = owners;
        (self.object_of, self.closed, self.joint) = (None, true, Joint::None);
        true
    }

    /// `Its door hangs by one hinge.`: what a part of something lifeless does is said in the caption of that.
    fn is_part_doing(&mut self, phrase: &NounPhrase, verb: &Verb) -> bool {
        let its = phrase.words.first().is_some_and(|word| word.eq_ignore_ascii_case("its"));
        let owners = self.owners_named_by(phrase, &[]);
        let alive = owners.iter().any(|index| self.is_animate(*index));
        if !its || alive || owners.is_empty() || self.pending != Pending::Nothing || self.denied.is_some() {
            return false;
        }
        self.at += 1;
        let place = match (self.peek(1), self.peek(2)) {
            (Some(Chunk::Link(Link::Rel { prep, .. } | Link::Prep(prep))), Some(Chunk::Np(np))) => {
                self.at += 2;
                format!(" {prep} {}", np.text())
            }
            _ => String::new(),
        };
        let says = format!("with {} {}{place}", phrase.text().to_lowercase(), verb.attribute);
        self.add_detail(&owners, &says);
        self.group = owners;
        (self.object_of, self.closed, self.joint) = (None, true, Joint::None);
        true
    }

    /// Puts adjectives before the part in the caption that names it; gives the thing with that caption.
    fn dress_detail(&mut self, phrase: &NounPhrase, says: &str) -> Vec<usize> {
        if phrase.determiner != Determiner::The || self.known(phrase).is_some() || !phrase.is_plain() {
            return Vec::new();
        }
        let written = phrase.words.last().map(|word| word.to_lowercase()).unwrap_or_default();
        let names = |detail: &String| detail.split(' ').any(|word| word == written);
        let worn = self.scene.things.iter().rposition(|thing| thing.detail.as_ref().is_some_and(names));
        let Some(detail) = worn.and_then(|index| self.scene.things.get_mut(index)?.detail.as_mut()) else {
            return Vec::new();
        };
        let dressed = format!("{says} {written}");
        let article = lmd_layout::with_article(&dressed);
        *detail = ["a", "an"]
            .iter()
            .map(|old| (format!("{old} {written}"), &article))
            .find(|(old, _)| format!(" {detail} ").contains(&format!(" {old} ")))
            .map_or_else(|| detail.replace(&written, &dressed), |(old, new)| detail.replace(&old, new));
        self.said += 1;
        worn.into_iter().collect()
    }

    /// `a cake with seven candles and a slice missing`: what is not there has no box. `true` if it was that.
    pub(super) fn is_lacking(&mut self, phrase: &NounPhrase) -> bool {
        let listed = self.pending == Pending::Nothing && self.joint != Joint::None && !self.owner.is_empty();
        let had = matches!(self.pending, Pending::With { .. }) || listed;
        if !had || self.owner.is_empty() {
            return false;
        }
        let gone = |word: &str| matches!(word, "missing" | "gone" | "lacking" | "absent");
        let object = matches!(self.peek(2), Some(Chunk::Np(_)));
        let after = match self.peek(1) {
            Some(Chunk::Verb(verb)) if verb.form == VerbForm::Ing && !object => Some(verb.attribute.clone()),
            Some(Chunk::Adjectives(adjectives)) => Some(adjectives.join(" ")),
            _ => None,
        };
        let after = after.filter(|after| gone(after));
        if after.is_none() && !phrase.attributes.iter().any(|word| gone(word)) {
            return false;
        }
        let owners = self.owner.clone();
        self.at += usize::from(after.is_some());
        let after = after.map_or_else(String::new, |after| format!(" {after}"));
        self.add_detail(&owners, &format!("with {}{after}", phrase.text()));
        (self.pending, self.joint) = (Pending::Nothing, Joint::None);
        self.group = owners;
        true
    }

    /// `a pizza cut into eight slices, one slice has mushrooms`: one of what the caption of the last thing names. `true` if
    /// it was that.
    pub(super) fn speaks_of_part(&mut self, phrase: &NounPhrase) -> bool {
        let one = phrase.quantity.is_some_and(|quantity| quantity.count == 1) && !phrase.noun.is_empty();
        let apart = matches!(self.peek(1), Some(Chunk::Link(_)));
        if !one || apart || self.joint == Joint::None || self.pending != Pending::Nothing {
            return false;
        }
        let Some(index) = self.mentioned.last().copied() else { return false };
        let plural = lmd_layout::plural(&phrase.noun);
        let names = |detail: &str| detail.split(' ').any(|word| word == plural);
        let whole = self.scene.things.get(index).and_then(|thing| thing.detail.as_deref());
        if !whole.is_some_and(names) {
            return false;
        }
        let mut says = format!(", {}", phrase.text());
        let skipped = match (self.peek(1), self.peek(2)) {
            (Some(Chunk::With | Chunk::Has), Some(Chunk::Np(np))) => {
                says = format!("{says} with {}", np.text());
                2
            }
            (Some(Chunk::Be), Some(Chunk::Adjectives(adjectives))) => {
                says = format!("{says} {}", adjectives.join(" "));
                2
            }
            (Some(Chunk::Be), Some(Chunk::Verb(verb))) => {
                says = format!("{says} {}", verb.attribute);
                2
            }
            (Some(Chunk::Verb(verb)), _) if verb.form != VerbForm::Base => {
                says = format!("{says} {}", verb.attribute);
                1
            }
            _ => 0,
        };
        self.add_detail(&[index], &says);
        if let Some(thing) = self.scene.things.get_mut(index) {
            thing.detail = thing.detail.take().map(|detail| detail.replace(" ,", ","));
        }
        self.at += skipped;
        self.joint = Joint::None;
        true
    }

    /// `a cake cut into six slices, one of which is gone`: said of what the caption of the last thing names.
    pub(super) fn of_parts(&mut self, quantity: Quantity) {
        let says = match (self.peek(1), self.peek(2)) {
            (Some(Chunk::Be), Some(Chunk::Adjectives(adjectives))) => adjectives.join(" "),
            (Some(Chunk::Be), Some(Chunk::Verb(verb))) => verb.attribute.clone(),
            _ => return,
        };
        let Some(index) = self.mentioned.last().copied() else { return };
        if self.scene.things.get(index).is_some_and(|thing| thing.detail.is_some()) {
            let count = lmd_layout::number_in_words(quantity.count);
            self.add_detail(&[index], &format!("with {count} of them {says}"));
            self.at += 2;
        }
    }

    /// The thing named before whose part `the basket` is: a part or a vessel that the sentence takes for known.
    pub(super) fn whole_of(&self, phrase: &NounPhrase, subjects: &[usize]) -> Option<usize> {
        let definite = phrase.determiner == Determiner::The && self.known(phrase).is_none();
        // "the top shelf" of a bookshelf
        let storey = |index: &usize| {
            let ends = |thing: &crate::Thing| {
                let furniture =
                    ["bookcase", "cupboard", "cabinet", "rack", "dresser", "closet", "wardrobe", "fridge"];
                let shelved = phrase.noun == "shelf" && furniture.contains(&head(&thing.noun));
                let stepped = phrase.noun == "step" && thing.noun.contains("stair");
                let part = thing.noun.len() > phrase.noun.len() && thing.noun.ends_with(&phrase.noun);
                part || shelved || stepped
            };
            !subjects.contains(index) && self.scene.things.get(*index).is_some_and(ends)
        };
        if let Some(whole) = (0..self.scene.things.len())
            .rev()
            .find(storey)
            .filter(|_| definite && Self::storey_of(phrase).is_some())
        {
            return Some(whole);
        }
        let own = phrase.tags().any(Tags::PART.and(Tags::CONTAINER));
        if !own || !definite {
            return None;
        }
        let size = kind_of(&phrase.noun);
        let bears = |index: &usize| {
            !subjects.contains(index)
                && self.scene.things.get(*index).is_some_and(|thing| {
                    let large = kind_of(&thing.noun);
                    let larger = large.height * large.width > size.height * size.width;
                    let tags = thing_tags(thing);
                    let screen =
                        phrase.noun == "screen" && tags.any(Tags::SHOWS) && large.class == Class::Stand;
                    let built = phrase.tags().any(Tags::PART) && is_building(thing);
                    let sill = phrase.noun == "sill" && head(&thing.noun) == "window";
                    let roof = phrase.noun == "roof" && tags.any(Tags::VEHICLE);
                    tags.any(Tags::VEHICLE.and(Tags::SURFACE).and(Tags::CONTAINER)) && (larger || roof)
                        || screen
                        || built
                        || sill
                })
        };
        let mentioned = self.mentioned.iter().rev().copied().find(bears);
        mentioned.or_else(|| (0..self.scene.things.len()).rev().find(bears))
    }

    /// Whether a phrase names a part of a building that was named before: the door of a barn.
    pub(super) fn is_part_of_building(&self, phrase: &NounPhrase, subjects: &[usize]) -> bool {
        let whole = self.whole_of(phrase, subjects).and_then(|index| self.scene.things.get(index));
        whole.is_some_and(is_building)
    }

    /// Which of several parts that lie one over another: `the top shelf`.
    fn storey_of(phrase: &NounPhrase) -> Option<Region> {
        let region = place_word(phrase.attributes.first()?)?;
        matches!(region, Region::Top | Region::Center | Region::Bottom).then_some(region)
    }

    /// `flowers in the basket` of a bicycle named before lie on it. `true` if it was that.
    pub(super) fn in_part_of_whole(&mut self, phrase: &NounPhrase, prep: &str, subjects: &[usize]) -> bool {
        let Some(whole) = self.whole_of(phrase, subjects) else { return false };
        let Some(thing) = self.scene.things.get(whole) else { return false };
        let (tags, class) = (thing_tags(thing), kind_of(&thing.noun).class);
        let storey = Self::storey_of(phrase);
        if phrase.noun == "sill" {
            let sill = self.thing_of(phrase);
            self.relate(sill, RelationKind::Below, whole);
            self.relate_all(subjects, RelationKind::On, &[sill]);
        } else if !tags.any(Tags::VEHICLE) && !phrase.tags().any(Tags::PART) && storey.is_none() {
            // The bowl on a table is a thing itself.
            let bowl = self.thing_of(phrase);
            self.relate(bowl, RelationKind::On, whole);
            self.relate_all(subjects, RelationKind::Inside, &[bowl]);
        } else {
            let closed = tags.any(Tags::VEHICLE) && class != Class::Mount && phrase.noun != "roof"
                || tags.any(Tags::SHOWS)
                || is_building(thing) && !phrase.tags().any(Tags::SURFACE)
                || storey.is_some_and(|storey| storey != Region::Top);
            let before = matches!(
                prep,
                "by" | "near" | "next to" | "beside" | "at" | "in front of" | "before" | "outside"
            );
            let kind = match () {
                () if self.rises(prep, subjects) => RelationKind::Above,
                // "smoke above the chimney"
                () if matches!(prep, "above" | "over" | "high above")
                    && matches!(phrase.noun.as_str(), "chimney" | "roof" | "spire" | "mast") =>
                {
                    RelationKind::Above
                }
                () if before => RelationKind::InFrontOf,
                () if self.hung && prep.starts_with("from") => RelationKind::HangsFrom,
                () if closed => RelationKind::Inside,
                () => RelationKind::On,
            };
            self.no_longer_beside(subjects, &[whole]);
            let stood = |r: &crate::Relation| subjects.contains(&r.subject) && r.object == whole;
            self.scene
                .relations
                .retain(|r| !(stood(r) && matches!(r.kind, RelationKind::On | RelationKind::Inside)));
            self.relate_all(subjects, kind, &[whole]);
            self.add_detail(subjects, &format!("{prep} {}", phrase.text()));
        }
        self.group = subjects.to_vec();
        (self.object_of, self.closed) = (None, true);
        true
    }

    /// `a chef slicing tomatoes on a board`: the tomatoes are there, too, and lie on the board.
    pub(super) fn work_on(&mut self, phrase: &NounPhrase, doing: &str, workers: &[usize]) {
        let place = match (self.peek(1), self.peek(2)) {
            (
                Some(Chunk::Link(Link::Rel { kind: RelationKind::On | RelationKind::Inside, .. })),
                Some(Chunk::Np(np)),
            ) => np,
            _ => return,
        };
        let tags = place.tags();
        let bears = tags.any(Tags::SURFACE.and(Tags::CONTAINER));
        let other = tags.any(
            Tags::SEAT
                .and(Tags::PLACE)
                .and(Tags::SCENERY)
                .and(Tags::ANIMATE)
                .and(Tags::VEHICLE)
                .and(Tags::WORN),
        );
        let stuff = phrase.tags().any(Tags::WORN.and(Tags::PART));
        if !is_worked(doing) || !bears || other || stuff || !workers.iter().any(|i| self.is_animate(*i)) {
            return;
        }
        let object = self.thing_of(phrase);
        self.group = vec![object];
        self.detailed.clear();
        self.workers = workers.to_vec();
    }
}

/// Whether a thing is as large as a house and has windows, a roof and a chimney.
pub(super) fn is_building(thing: &crate::Thing) -> bool {
    let (tags, kind) = (thing_tags(thing), kind_of(&thing.noun));
    let other = Tags::ANIMATE.and(Tags::PLACE).and(Tags::SCENERY).and(Tags::VEHICLE).and(Tags::BODY);
    // A diner that is drawn is no place all around.
    let house =
        tags.any(Tags::PLACE) && !tags.any(Tags::SCENERY) && (tags.any(Tags::BOUNDED) || kind.width <= 10.0);
    let built = head(&thing.noun) == "building" || house || !tags.any(other);
    kind.class == Class::Stand && kind.height >= 4.0 && kind.width >= 4.0 && built
}
