//! What somebody or something has: a part of its caption (`a cat with a hat`)
//! or a thing near, on or in it (`a table with two apples`).

use super::belonging::is_plant;
use super::chunk::Chunk;
use super::fabric::is_fabric;
use super::interpret::{Interpreter, Joint, Pending, thing_tags};
use super::links::Link;
use super::owning::is_building;
use super::phrase::{Determiner, NounPhrase, without_something};
use super::places::{Setting, is_heavenly, setting};
use super::who::Who;
use crate::lexicon::{Class, List, Tags, VerbForm, head, is_idea, kind_of};
use crate::{Region, Relation, RelationKind, Thing};

impl Interpreter<'_> {
    pub(super) fn with(&mut self, each: bool) {
        if self.denied.is_some() && self.joint == Joint::And {
            self.denied = None;
        }
        if self.joint == Joint::None || self.owner.is_empty() {
            // "a nightstand next to the bed with a lamp": the bed is old news, and so is a wall.
            self.owner = match &self.object_of {
                Some((_, subjects)) if !self.closed && self.speaks_of_wall() => subjects.clone(),
                // "a cabin next to a lake, with smoke coming out of the chimney"
                Some((_, subjects))
                    if (self.joint == Joint::Comma || self.speaks_of_land())
                        && self.part_or_stuff_follows() =>
                {
                    subjects.clone()
                }
                Some((_, subjects))
                    if !self.closed && (self.object_known || self.bears_what_follows(subjects)) =>
                {
                    subjects.clone()
                }
                // "a hiker on a hill with a rucksack"
                Some((_, subjects)) if !self.closed && self.goes_with_somebody(subjects) => subjects.clone(),
                _ if self.closed => self.current_subjects(),
                _ => self.group.clone(),
            };
        }
        // "two people at a table, each with a plate": the people have them.
        if each && self.owner.iter().all(|index| self.scene.things.get(*index).is_some_and(|t| t.count == 1))
        {
            self.owner = self.latest_several().map_or_else(|| self.owner.clone(), |several| vec![several]);
        }
        self.pending = Pending::With { each };
    }

    /// `the table that stands by the window has a plant on it`: the table has it, not the window.
    pub(super) fn has(&mut self) {
        let clause = self.chunks.iter().take(self.at).rev();
        let clause = clause.take_while(|c| !matches!(c, Chunk::Stop | Chunk::And | Chunk::Comma));
        let clauses = clause.filter(|c| matches!(c, Chunk::Which)).count();
        // "a jug on a sill has three tulips in it"
        let relative = clauses == 1 || clauses == 0 && matches!(self.before_last(), Some(Chunk::Link(_)));
        let subjects = self.object_of.as_ref().map(|(_, subjects)| subjects.clone());
        if let Some(subjects) = subjects.filter(|_| relative && matches!(self.previous(), Some(Chunk::Np(_))))
        {
            self.group = subjects;
            (self.object_of, self.joint) = (None, Joint::None);
        }
        self.with(false);
    }

    /// Whether a part of something or stuff comes next.
    fn part_or_stuff_follows(&self) -> bool {
        let of_it = matches!(self.peek(2), Some(Chunk::Link(_)));
        let own = matches!(self.peek(4), Some(Chunk::Np(part)) if Self::is_own_part(part));
        let rises = own
            && matches!((self.peek(1), self.peek(2)), (Some(Chunk::Np(np)), Some(Chunk::Verb(_))) if np.tags().any(Tags::STUFF));
        rises
            || matches!(self.peek(1), Some(Chunk::Np(np)) if Self::is_own_part(np) && self.speaks_of_land())
            || self.joint == Joint::Comma
                && matches!(self.peek(1), Some(Chunk::Np(np)) if !of_it && np.tags().any(Tags::PART.and(Tags::STUFF).and(Tags::WORN)))
    }

    /// Whether the thing spoken of last is land or water, which has no parts of a house.
    fn speaks_of_land(&self) -> bool {
        let last = self.group.last().and_then(|index| self.scene.things.get(*index));
        last.is_some_and(|thing| thing_tags(thing).any(Tags::PLACE.and(Tags::SCENERY)))
    }

    /// Whether what comes next is worn or carried, by one of `subjects` rather than by what they are at.
    fn goes_with_somebody(&self, subjects: &[usize]) -> bool {
        let alive = |list: &[usize]| list.iter().any(|index| self.is_animate(*index));
        let Some(Chunk::Np(np)) = self.peek(1) else { return false };
        let carried = List::InHand.has(&np.noun.replace(' ', "-")) || List::OnBack.has(&np.noun);
        (carried || np.tags().any(Tags::WORN)) && alive(subjects) && !alive(&self.group)
    }

    /// Whether the thing spoken of last is a wall or a fence.
    fn speaks_of_wall(&self) -> bool {
        let last = self.group.last().and_then(|index| self.scene.things.get(*index));
        last.and_then(|thing| thing.noun.rsplit(' ').next())
            .is_some_and(|noun| matches!(noun, "wall" | "fence"))
    }

    pub(super) fn is_animate(&self, index: usize) -> bool {
        self.scene.things.get(index).is_some_and(|thing| thing_tags(thing).any(Tags::ANIMATE))
    }

    /// Whether a phrase names what is worn by or part of the things that
    /// details go to.
    pub(super) fn is_accessory(&self, phrase: &NounPhrase) -> bool {
        let owners = if self.detailed.is_empty() { &self.owner } else { &self.detailed };
        // "a statue wearing glasses, a shirt and a jacket"
        let wears = |i: &usize| {
            let detail = self.scene.things.get(*i).and_then(|thing| thing.detail.as_deref());
            detail.is_some_and(|detail| detail.contains("wearing "))
        };
        let animate = owners.iter().any(|i| self.is_animate(*i) || wears(i));
        let tags = phrase.tags();
        let stuff = phrase.is_bare() && !phrase.plural;
        let shapeless = tags.any(Tags::STUFF) || tags.is_unknown() || is_idea(&phrase.noun);
        let stuff = stuff && !owners.is_empty() && shapeless;
        // "a man with glasses" wears them.
        let spectacles = phrase.words.last().is_some_and(|word| word.eq_ignore_ascii_case("glasses"));
        let on_back = owners.iter().any(|i| self.scene.things.get(*i).is_some_and(is_person))
            && List::OnBack.has(&phrase.noun);
        // "a house with white walls"
        let built = is_fabric(phrase) && !phrase.noun.ends_with("background");
        let built = built && !owners.is_empty() && !animate && phrase.determiner == Determiner::None;
        // "a pattern with foxes and mushrooms"
        let prints = |i: &usize| self.scene.things.get(*i).is_some_and(|t| List::Printed.has(head(&t.noun)));
        let printed = !owners.is_empty() && owners.iter().all(prints) && !phrase.tags().any(Tags::PERSON);
        let lettered = ["letter ", "number ", "word "].iter().any(|kind| phrase.noun.starts_with(kind));
        let lettered = lettered && !owners.is_empty() && !animate;
        // "a castle with four towers"
        let bridge = |thing: &Thing| thing.noun.ends_with("bridge");
        let houses = |i: &usize| self.scene.things.get(*i).is_some_and(|t| is_building(t) || bridge(t));
        let raised = List::OfBuilding.has(&phrase.noun) && !owners.is_empty() && owners.iter().all(houses);
        let trims = List::Trimming.has(head(&phrase.noun)) && !animate && !owners.is_empty();
        tags.any(Tags::PART)
            || self.is_topping(phrase, owners)
            || raised
            || trims
            || lettered
            || printed
            || stuff
            || built
            || on_back
            || (animate && (tags.any(Tags::WORN) || spectacles))
    }

    /// `with a cane and a backpack`: what is worn goes into the caption, whatever it is named with. `true` if it was that.
    pub(super) fn joins_worn(&mut self, phrase: &NounPhrase) -> bool {
        let ends = !matches!(
            self.peek(1),
            Some(Chunk::With | Chunk::Has | Chunk::Which | Chunk::Be | Chunk::Verb(_) | Chunk::Link(_))
        );
        // "with a kite and a backpack on a hill", but "and a hat on a table"
        let ends = ends
            || match (self.peek(1), self.peek(2)) {
                (Some(Chunk::Link(Link::Rel { .. } | Link::Prep(_))), Some(Chunk::Np(np))) => {
                    kind_of(&np.noun).class != Class::Table
                }
                _ => false,
            };
        let listed = self.joint != Joint::None && !self.closed && self.detailed.is_empty();
        let worn = phrase.tags().any(Tags::WORN) || self.is_on_back(phrase);
        let own = |index: &usize| {
            let last = self.group.last();
            self.is_animate(*index)
                && self.scene.relations.iter().any(|r| Some(&r.subject) == last && r.object == *index)
        };
        let owners: Vec<usize> = self.owner.iter().copied().filter(own).collect();
        if !(listed && ends && worn) || owners.is_empty() || phrase.determiner == Determiner::The {
            return false;
        }
        self.joint = Joint::None;
        self.accessory(phrase, owners);
        true
    }

    /// Whether a phrase names what persons carry on their backs, and the owner is one.
    fn is_on_back(&self, phrase: &NounPhrase) -> bool {
        self.owner.iter().any(|i| self.scene.things.get(*i).is_some_and(is_person))
            && List::OnBack.has(&phrase.noun)
    }

    /// What an owner has: part of its caption, or a thing near, on or in it.
    pub(super) fn owned(&mut self, phrase: &NounPhrase, each: bool) {
        self.joint = Joint::None;
        self.contained = None;
        let owners = self.owner.clone();
        let filled = std::mem::take(&mut self.filled);
        self.detailed.clear();
        let both =
            phrase.words.first().is_some_and(|word| matches!(word.to_lowercase().as_str(), "both" | "one"));
        let own = Self::is_own_part(phrase) && (both || phrase.quantity.is_none());
        // "an eagle catching a fish with its talons"
        let said = matches!(self.peek(1), Some(Chunk::Adjectives(_) | Chunk::Verb(_)));
        let tool = phrase.tags().any(Tags::GRASP) && !said;
        let done_to: Vec<usize> = self.done_to.into_iter().filter(|_| tool).collect();
        let whose = self.has_part(phrase, own, &done_to);
        if !whose.is_empty() {
            return self.accessory(phrase, whose);
        }
        // "with flowers in her hair"
        let in_hair =
            self.part_place().filter(|(_, part)| part.noun == "hair" && !phrase.tags().any(Tags::ANIMATE));
        if let (Some(_), false) = (in_hair, owners.is_empty()) {
            return self.accessory(phrase, owners);
        }
        // "four mugs, each with a different colour of handle"
        let differs = each && phrase.attributes.iter().any(|word| word == "different");
        if !owners.is_empty() && (differs || self.is_accessory(phrase)) && self.stays_with_owner(phrase) {
            let last: Vec<usize> =
                if phrase.plural || each { owners } else { owners.last().copied().into_iter().collect() };
            return self.accessory(phrase, last);
        }
        if owners.is_empty()
            && setting(phrase, RelationKind::Inside, "in") == Setting::Place
            && (phrase.determiner == Determiner::None || self.is_only_place(phrase))
            && !phrase.plural
        {
            self.places.add("with", &phrase.text());
            return;
        }
        if self.owned_place(phrase, &owners) || self.owned_idea(phrase, &owners) {
            return;
        }
        let index = self.thing_of(phrase);
        self.arm_each(index, &owners);
        let copies: u32 =
            owners.iter().filter_map(|i| self.scene.things.get(*i)).map(|thing| thing.count).sum();
        if let (true, Some(thing)) = (each, self.scene.things.get_mut(index)) {
            thing.count = thing.count.saturating_mul(copies.max(1));
        }
        self.group.clear();
        self.closed = false;
        self.object_of = None;
        self.group.push(index);
        self.dress_waiting(index);
        if !self.explicit_place_follows() && self.part_place().is_none() {
            self.default_relation(index, &owners);
            self.fill(index, &owners, filled);
        }
    }

    /// `with a scarf around its neck`: part of the caption of whom the words about the part speak, if there are any.
    pub(super) fn accessory(&mut self, phrase: &NounPhrase, owners: Vec<usize>) {
        let place = self.part_place().filter(|(_, part)| !part.tags().any(Tags::GRASP));
        let place = place.or_else(|| self.place_at(&owners)).or_else(|| self.part_of_picture(phrase));
        let wearers =
            place.as_ref().map(|(_, part)| self.owners_named_by(part, &[])).filter(|found| !found.is_empty());
        let owners = wearers.unwrap_or(owners);
        match place {
            Some((prep, part)) => {
                self.at += 2;
                self.add_detail(&owners, &format!("with {} {prep} {}", phrase.text(), part.text()));
            }
            None => {
                let way = self.way_after();
                self.at += usize::from(way.is_some());
                let way = way.or_else(|| self.where_it_is(phrase)).or_else(|| self.turned_to(phrase));
                let way = way.map_or_else(String::new, |way| format!(" {way}"));
                self.add_detail(&owners, &format!("with {}{way}", phrase.text()));
            }
        }
        // "a boy asleep at a desk with his head on books": it is his head that is there.
        let own = phrase.tags().any(Tags::BODY) && owners.iter().any(|index| self.is_animate(*index));
        self.group.clone_from(if own { &owners } else { &self.owner });
        self.detailed = owners;
    }

    /// The words that come next where they name a part of an owner: `antlers above the door` of a cabin.
    fn place_at(&self, owners: &[usize]) -> Option<(String, NounPhrase)> {
        match (self.peek(1)?, self.peek(2)?) {
            (Chunk::Link(Link::Rel { prep, .. } | Link::Prep(prep)), Chunk::Np(part)) => {
                let whole = self.whole_of(part, &[])?;
                owners.contains(&whole).then(|| (prep.clone(), part.clone()))
            }
            _ => None,
        }
    }

    /// Whether a region, `on it` or `on top` after the list says where it is.
    pub(super) fn explicit_place_follows(&self) -> bool {
        // "a man with a suitcase gets off": what he does places nothing.
        let listed = |chunk: &&Chunk| match chunk {
            Chunk::Verb(verb) => !matches!(verb.form, VerbForm::Third | VerbForm::Base),
            Chunk::Np(_) | Chunk::And | Chunk::Or | Chunk::Comma | Chunk::Adjectives(_) => true,
            _ => false,
        };
        let own_clause = |three: &[Chunk]| matches!(three, [Chunk::Comma, Chunk::Np(np), Chunk::Verb(_)] if np.determiner != Determiner::None || np.plural && np.tags().any(Tags::ANIMATE));
        let rest = self.chunks.get(self.at + 1..).unwrap_or_default();
        let ends = rest.windows(3).position(own_clause).unwrap_or(rest.len());
        let skipped = rest.iter().take(ends).take_while(listed).count();
        // "loaded with hay, a dog sitting on top": the dog is on top.
        if skipped == ends && ends < rest.len() {
            return false;
        }
        match self.peek(skipped + 1) {
            Some(Chunk::Link(Link::Rel { .. } | Link::Prep(_))) => {
                // "a bench with a dog under the bench"
                let own = |np: &NounPhrase| self.known(np).is_some_and(|index| self.owner.contains(&index));
                // "a boat with the mast down"
                let way = skipped == 0 && self.way_after().is_some();
                // "a bench with a dog lying at her feet"
                let lies =
                    skipped == 1 && matches!(self.peek(1), Some(Chunk::Verb(_) | Chunk::Adjectives(_)));
                let elsewhere = matches!(self.peek(skipped + 2), Some(Chunk::Np(np)) if !(own(np) || lies && Self::is_own_part(np) && np.tags().any(Tags::BODY)));
                !(way || elsewhere)
            }
            Some(Chunk::Link(Link::RelTo { .. } | Link::Region { .. } | Link::BothSides { .. })) => true,
            _ => false,
        }
    }

    /// Where a thing is that somebody or something has.
    pub(super) fn default_relation(&mut self, index: usize, owners: &[usize]) {
        if self.belongs_to_sky(index, owners) {
            return self.set_region(&[index], Region::Sky);
        }
        let Some(owner) = self.holder(index, owners) else { return };
        let Some(thing) = self.scene.things.get(owner) else { return };
        let tags = thing_tags(thing);
        let animate = tags.any(Tags::ANIMATE);
        let kind = match () {
            () if self.hangs_up(&thing.noun, index) => RelationKind::HangsFrom,
            () if tags.any(Tags::CONTAINER) && !animate => RelationKind::Inside,
            () if tags.any(Tags::SURFACE) && !animate => RelationKind::On,
            () if is_plant(&thing.noun) && !self.is_animate(index) => RelationKind::Inside,
            () if self.is_printed(index, owner) => RelationKind::Inside,
            () if tags.any(Tags::PERSON) && self.is_held_up(index) => RelationKind::HeldBy,
            // "a wall with three portraits"
            () if self.hangs_on_wall(index, owner) => RelationKind::On,
            () if tags.any(Tags::PLACE) => return,
            () if self.is_shown_on(index, owner) => RelationKind::Inside,
            () if !animate && self.hangs_on(index, owner) => RelationKind::Inside,
            () => RelationKind::NextTo,
        };
        self.relate(index, kind, owner);
        self.contained = Some(kind);
        self.object_of = None;
    }

    /// Whether something that hangs is on a wall that has it.
    fn hangs_on_wall(&self, index: usize, owner: usize) -> bool {
        let class = |index: usize| self.scene.things.get(index).map(|thing| kind_of(&thing.noun).class);
        class(index) == Some(Class::Hang) && class(owner) == Some(Class::Wall)
    }

    /// Whether something that hangs is on what has it: a clock on a tower.
    fn hangs_on(&self, index: usize, owner: usize) -> bool {
        let kind = |index: usize| self.scene.things.get(index).map(|thing| kind_of(&thing.noun));
        let (Some(hung), Some(bears)) = (kind(index), kind(owner)) else { return false };
        hung.class == Class::Hang && bears.class == Class::Stand && bears.height > 3.0 * hung.height
    }

    /// Whether what a picture or a board has is on it: a poster's ship, but not the teacher of a blackboard.
    fn is_shown_on(&self, index: usize, owner: usize) -> bool {
        let Some(bears) = self.scene.things.get(owner) else { return false };
        let shows = |thing: &Thing| thing_tags(thing).any(Tags::SHOWS);
        // "a map on a wall with a globe on the desk": the globe stands elsewhere.
        let elsewhere = matches!((self.peek(1), self.peek(2)), (Some(Chunk::Link(_)), Some(Chunk::Np(np))) if np.determiner == Determiner::The || kind_of(&np.noun).class == Class::Table);
        match kind_of(&bears.noun).class {
            _ if elsewhere => false,
            // "a calendar with a picture of a kitten"
            _ if shows(bears) && self.scene.things.get(index).is_some_and(shows) => true,
            Class::Hang => shows(bears),
            Class::Wall => shows(bears) && !self.is_animate(index),
            _ => false,
        }
    }

    /// `three clouds and a sun`: what belongs to the sky joins what is there.
    pub(super) fn join_in_sky(&mut self, index: usize) {
        let aloft = |i: &usize| self.scene.things.get(*i).is_some_and(|t| t.region == Some(Region::Sky));
        let over_place = self.joint == Joint::And && self.group.len() == 1 && self.places.text().is_some();
        let joins = over_place || self.group.len() > 1 && self.group.iter().any(aloft);
        if joins && self.belongs_to_sky(index, &[]) {
            self.set_region(&[index], Region::Sky);
        }
    }

    /// Whether a thing is in the sky whatever it is named with: `a house with a
    /// cloud`.
    fn belongs_to_sky(&self, index: usize, owners: &[usize]) -> bool {
        let bears_it = |owner: &Thing| {
            !thing_tags(owner).any(Tags::OPEN)
                && thing_tags(owner).any(Tags::CONTAINER.and(Tags::SURFACE).and(Tags::WORN))
        };
        let noun = self.scene.things.get(index).map(|thing| thing.noun.as_str());
        let owner = owners.last().and_then(|owner| self.scene.things.get(*owner));
        noun.is_some_and(is_heavenly) && !owner.is_some_and(bears_it)
    }

    /// What is held by persons who have something else beside them.
    pub(super) fn take_along(&mut self, index: usize, holders: &[usize]) {
        let person = |i: &usize| self.scene.things.get(*i).is_some_and(is_person);
        if self.is_held_up(index) && holders.last().is_some_and(person) {
            self.default_relation(index, holders);
        }
    }

    /// Whether whoever has it holds it: `a man with an umbrella`.
    fn is_held_up(&self, index: usize) -> bool {
        // "a vampire with a glass of blood"
        let drinks = |noun: &str| {
            noun.starts_with("glass of ") || noun.starts_with("cup of ") || noun.starts_with("mug of ")
        };
        self.scene
            .things
            .get(index)
            .is_some_and(|thing| List::InHand.has(&thing.noun.replace(' ', "-")) || drinks(&thing.phrase()))
    }

    /// `licking its owner's face with affection`: whoever licks has it. `true` if it was of that kind.
    fn owned_idea(&mut self, phrase: &NounPhrase, owners: &[usize]) -> bool {
        if owners.is_empty() || !self.is_new_idea(phrase) {
            return false;
        }
        let acting = self.acting.clone();
        self.accessory(phrase, if acting.is_empty() { owners.to_vec() } else { acting });
        true
    }

    /// `half full of` is said of the owner.
    pub(super) fn half_full(&mut self, half: bool) {
        for index in self.owner.clone().into_iter().filter(|_| half) {
            let thing = self.scene.things.get_mut(index);
            thing.into_iter().for_each(|thing| thing.attributes.insert(0, "half-full".to_owned()));
        }
    }

    /// `a truck full of apples`: they are in it, not beside it.
    fn fill(&mut self, index: usize, owners: &[usize], filled: bool) {
        // "a plate of four cookies next to a cup": the plate is.
        if filled && self.contained == Some(RelationKind::On) {
            self.contained = Some(RelationKind::Inside);
        }
        let beside =
            |r: &Relation| r.subject == index && owners.contains(&r.object) && r.kind == RelationKind::NextTo;
        for relation in self.scene.relations.iter_mut().filter(|relation| filled && beside(relation)) {
            relation.kind = RelationKind::Inside;
            self.contained = Some(RelationKind::Inside);
        }
    }

    /// `two knights with swords`: one for each of them.
    fn arm_each(&mut self, index: usize, owners: &[usize]) {
        // "both have baskets"
        let of_all = self.before_last() == Some(&Chunk::Pronoun(Who::They));
        let held = self.is_held_up(index) || of_all;
        let persons = |i: &usize| {
            self.scene
                .things
                .get(*i)
                .filter(|thing| of_all || thing_tags(thing).any(Tags::PERSON))
                .map(|thing| thing.count)
        };
        let count: u32 = owners.iter().filter_map(persons).sum();
        let guessed = self.scene.things.get_mut(index).filter(|thing| held && !thing.exact && count > 0);
        guessed.into_iter().for_each(|thing| thing.count = count);
    }

    /// Puts things into the hands or arms of those who have them; that they are
    /// beside them is no longer said.
    pub(super) fn hold(&mut self, things: &[usize], holders: &[usize]) {
        self.no_longer_beside(things, holders);
        self.relate_all(things, RelationKind::HeldBy, holders);
    }

    pub(super) fn no_longer_beside(&mut self, things: &[usize], holders: &[usize]) {
        let beside = |relation: &Relation| {
            let pair = |a: usize, b: usize| things.contains(&a) && holders.contains(&b);
            matches!(relation.kind, RelationKind::NextTo | RelationKind::HeldBy)
                && (pair(relation.subject, relation.object) || pair(relation.object, relation.subject))
        };
        self.scene.relations.retain(|relation| !beside(relation));
    }

    pub(super) fn add_detail(&mut self, things: &[usize], text: &str) {
        self.said += 1;
        for index in things {
            if let Some(thing) = self.scene.things.get_mut(*index) {
                let text =
                    if thing.detail.is_none() { text.strip_prefix("and ").unwrap_or(text) } else { text };
                thing.detail = Some(match thing.detail.take() {
                    Some(detail) => format!("{} {text}", without_something(&detail, text)),
                    None => text.to_owned(),
                });
            }
        }
    }
}

pub(super) fn is_person(thing: &Thing) -> bool {
    thing_tags(thing).any(Tags::PERSON)
}
