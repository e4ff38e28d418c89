//! Which thing a word belongs to where neither an article nor a preposition tells: parts after a comma, what comes out of
//! something, and how a deed changes what a preposition says.

use super::chunk::Chunk;
use super::coming::doing_of;
use super::interpret::{Interpreter, Joint, thing_tags};
use super::links::Link;
use super::owning::is_building;
use super::phrase::{Determiner, NounPhrase};
use super::places::{Setting, setting};
use crate::lexicon::{Class, List, Tags, Verb, head, is_at, is_growing, is_hitting, is_on, kind_of, tags};
use crate::{Region, Relation, RelationKind, Thing};

impl Interpreter<'_> {
    /// How things are after a deed where that tells it and the preposition does not: chewing on a slipper, fighting over
    /// a ball, leaning into a fountain.
    pub(super) fn kind_after_deed(&self, kind: RelationKind, prep: &str) -> RelationKind {
        // "a lion with one paw on a ball"
        let touches = prep == "on" && self.follows_limb();
        if !touches && prep == "on" && self.writes_on_board() {
            return RelationKind::NextTo;
        }
        let Some(Chunk::Verb(verb)) = self.previous() else {
            return if touches { RelationKind::Touching } else { kind };
        };
        let comes = prep.starts_with("from") || prep == "out of";
        let hangs = matches!(verb.attribute.as_str(), "hanging" | "dangling" | "swinging" | "suspended");
        if hangs
            && prep == "by"
            && matches!(self.peek(1), Some(Chunk::Np(np)) if List::Line.has(head(&np.noun)))
        {
            return RelationKind::HangsFrom;
        }
        match self.peek(1) {
            // "a bag hanging on the back of a chair"
            Some(Chunk::Np(np))
                if hangs
                    && (matches!(prep, "on" | "from" | "off" | "at")
                        || prep == "over" && np.part.is_some())
                    && kind_of(&np.noun).class == Class::Seat =>
            {
                return RelationKind::HangsFrom;
            }
            // "a towel draped over a chair"
            Some(Chunk::Np(np))
                if matches!(
                    verb.attribute.as_str(),
                    "draped" | "slung" | "thrown" | "flung" | "hung" | "folded" | "spread" | "laid"
                ) && matches!(prep, "over" | "across")
                    && !np.tags().any(Tags::ANIMATE) =>
            {
                let seat = kind_of(&np.noun).class == Class::Seat && verb.attribute != "spread";
                return if seat { RelationKind::HangsFrom } else { RelationKind::On };
            }
            // "a horse looking over a fence" stands behind it.
            Some(Chunk::Np(np))
                if prep == "over"
                    && kind_of(&np.noun).class == Class::Wall
                    && matches!(
                        verb.attribute.as_str(),
                        "looking" | "peeking" | "peering" | "leaning" | "gazing" | "staring"
                    ) =>
            {
                return RelationKind::Behind;
            }
            _ => {}
        }
        // "peeking out" is what somebody does who peeks.
        match verb.attribute.split(' ').next().unwrap_or_default() {
            does if is_on(does, prep) && prep != "from" => RelationKind::On,
            _ if touches => RelationKind::Touching,
            // "a lamp shining on a book"
            "shining" | "beaming" if matches!(prep, "on" | "onto" | "upon") && self.stands_apart() => {
                RelationKind::NextTo
            }
            does if comes && is_growing(does) && !self.grows_within() => RelationKind::On,
            // "an owl peeking out from the branches"
            "peeking" | "peering" | "hiding" if comes && kind == RelationKind::NextTo => RelationKind::Behind,
            // "trees seen through a window"
            "seen" | "viewed" | "visible" if prep == "through" => RelationKind::Inside,
            _ if is_hitting(&doing_of(verb), prep) => RelationKind::Touching,
            does if !is_at(does, prep) => kind,
            _ if prep == "on" => RelationKind::Touching,
            _ => RelationKind::NextTo,
        }
    }

    /// `a scooter with a basket on the back`, `a truck with a dog in the back`: it is on what has it. `true` if it was that.
    pub(super) fn at_end_of_owner(&mut self, region: Region, subjects: &[usize], owners: &[usize]) -> bool {
        let end = matches!(region, Region::Background | Region::Foreground);
        let bears = |index: &usize| {
            let thing = self.scene.things.get(*index);
            let bearing = Tags::VEHICLE.and(Tags::WORN).and(Tags::HELD).and(Tags::ANIMATE).and(Tags::SHOWS);
            thing.is_some_and(|thing| thing.count == 1 && thing_tags(thing).any(bearing))
        };
        let size = |index: &usize| self.scene.things.get(*index).map_or(0.0, |t| kind_of(&t.noun).extent());
        let smaller = |owner: &usize| subjects.iter().all(|subject| size(subject) < size(owner));
        let borne = end && owners.len() == 1 && owners.iter().all(|owner| bears(owner) && smaller(owner));
        if borne {
            self.no_longer_beside(subjects, owners);
            // "a man in a canoe with a dog at the front"
            let within = |r: &Relation| r.kind == RelationKind::Inside && owners.contains(&r.object);
            let boarded = self.scene.relations.iter().any(within);
            let kind = if boarded { RelationKind::Inside } else { RelationKind::On };
            self.relate_all(subjects, kind, owners);
        }
        borne || self.on_face_of_owner(region, subjects, owners)
    }

    /// `a chest with a lock on the front`, `a chair with a coat on the back`: at that side of what has it. `true` if it was
    /// that.
    fn on_face_of_owner(&mut self, region: Region, subjects: &[usize], owners: &[usize]) -> bool {
        let (side, [owner]) = (region == Region::Foreground, owners) else { return false };
        let size = |index: usize| self.scene.things.get(index).map(|thing| kind_of(&thing.noun));
        let Some(whole) = size(*owner).filter(|_| side || region == Region::Background) else { return false };
        let other = Tags::ANIMATE.and(Tags::PLACE).and(Tags::SCENERY);
        let plain = |i: &usize| {
            self.scene.things.get(*i).is_some_and(|t| !thing_tags(t).any(other) && t.region.is_none())
        };
        let area = |kind: crate::lexicon::Kind| kind.width * kind.height;
        let seat = whole.class == Class::Seat;
        let small =
            |i: &usize| size(*i).is_some_and(|own| area(own) < if seat { 1.5 } else { 0.3 } * area(whole));
        if subjects.is_empty() || !subjects.iter().chain(owners).all(plain) || !subjects.iter().all(small) {
            return false;
        }
        self.no_longer_beside(subjects, owners);
        let kind = if seat && !side { RelationKind::HangsFrom } else { RelationKind::Inside };
        self.relate_all(subjects, kind, owners);
        self.add_detail(subjects, if side { "on the front" } else { "on the back" });
        true
    }

    /// Whether what something grows from holds it: a pot, but not a car.
    fn grows_within(&self) -> bool {
        let holds = |tags: Tags| tags.any(Tags::CONTAINER) && !tags.any(Tags::VEHICLE);
        match self.peek(1) {
            Some(Chunk::Np(np)) => holds(np.tags()),
            _ => self.owner.iter().any(|i| self.scene.things.get(*i).is_some_and(|t| holds(thing_tags(t)))),
        }
    }

    /// `a clock with a cat's face on it`: there is no cat.
    pub(super) fn is_part_of_other(phrase: &NounPhrase) -> bool {
        let last = phrase.words.last().map(|word| word.to_lowercase()).unwrap_or_default();
        last != phrase.noun
            && !phrase.plural
            && phrase.tags().any(Tags::ANIMATE)
            && tags(&last).any(Tags::BODY.and(Tags::PART))
    }

    /// `waiting for a train`: what is waited for is not there yet. `true` if it was that.
    pub(super) fn awaits(&mut self, verb: &Verb, subjects: &[usize]) -> bool {
        let (Some(Chunk::For), Some(Chunk::Np(what))) = (self.peek(1), self.peek(2)) else { return false };
        if verb.attribute != "waiting" || self.known(what).is_some() || what.noun.is_empty() {
            return false;
        }
        self.add_detail(subjects, &format!("waiting for {}", what.text()));
        self.at += 2;
        // "for the storm to pass"
        if let Some(Chunk::Verb(next)) = self.peek(1) {
            self.used.push(next.attribute.clone());
            self.at += 1;
        }
        (self.object_of, self.closed) = (None, true);
        true
    }

    /// `two people on surfboards`: as many of those as there are people.
    pub(super) fn as_many_as(
        &mut self,
        phrase: &NounPhrase,
        kind: RelationKind,
        subjects: &[usize],
        object: usize,
    ) {
        let open = phrase.plural && phrase.quantity.is_none() && !self.object_known;
        let ([subject], true, RelationKind::On) = (subjects, open, kind) else { return };
        let count =
            self.scene.things.get(*subject).filter(|t| t.exact && (2..5).contains(&t.count)).map(|t| t.count);
        if let (Some(count), Some(thing)) = (count, self.scene.things.get_mut(object).filter(|t| !t.exact)) {
            thing.count = count;
        }
    }

    /// What an owner has that is one of its own kind, or a part of somebody who is not there. `true` if it was that.
    pub(super) fn owned_otherwise(&mut self, phrase: &NounPhrase, owners: &[usize]) -> bool {
        // "two dogs in a field with one dog holding a disc": one of the two.
        let fewer = |t: &Thing| t.exact && phrase.quantity.is_some_and(|q| q.exact && q.count < t.count);
        let same = |i: &usize| self.scene.things.get(*i).is_some_and(|t| t.noun == phrase.noun && fewer(t));
        if let (true, [owner], Some(quantity)) = (phrase.attributes.is_empty(), owners, phrase.quantity)
            && same(owner)
        {
            self.of_them(quantity);
            return true;
        }
        if !Self::is_part_of_other(phrase) || owners.is_empty() {
            return false;
        }
        let there = matches!((self.peek(1), self.peek(2)), (Some(Chunk::Link(_)), Some(Chunk::Pronoun(_))));
        self.at += if there { 2 } else { 0 };
        self.accessory(phrase, owners.to_vec());
        true
    }

    /// `a room with a view of the sea`, `with a garden`: all around. `true` if it was.
    pub(super) fn owned_place(&mut self, phrase: &NounPhrase, owners: &[usize]) -> bool {
        if self.owned_otherwise(phrase, owners) || self.is_switched(phrase, owners) {
            return true;
        }
        if self.is_porch(phrase, owners) {
            self.accessory(phrase, owners.to_vec());
            return true;
        }
        // "a ship in a storm with huge waves"
        let waves = phrase.noun == "wave" && phrase.plural && phrase.quantity.is_none();
        if waves && matches!(self.peek(1), None | Some(Chunk::Stop | Chunk::Comma | Chunk::And)) {
            self.group.clone_from(&self.owner);
            self.places.add("with", &phrase.text());
            return true;
        }
        let plain = phrase.determiner == Determiner::A && phrase.tags().any(Tags::PLACE);
        // "a turtle with a forest growing on its shell"
        let grows = matches!(self.peek(1), Some(Chunk::Verb(_)))
            && matches!(self.peek(3), Some(Chunk::Np(part)) if Self::is_own_part(part));
        if !plain || grows || matches!(self.peek(1), Some(Chunk::Link(_))) || owners.is_empty() {
            return false;
        }
        self.group.clone_from(&self.owner);
        self.places.add("with", &phrase.text());
        true
    }

    /// Who has it: an umbrella is a person's before it is a dog's.
    pub(super) fn holder(&self, index: usize, owners: &[usize]) -> Option<usize> {
        let last = owners.last().copied()?;
        let tool = self.scene.things.get(index).is_some_and(|thing| thing_tags(thing).any(Tags::HELD));
        let is = |tag: Tags| {
            move |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing_tags(thing).any(tag))
        };
        if !tool || is(Tags::PERSON)(&last) || !is(Tags::ANIMATE)(&last) {
            return Some(last);
        }
        self.mentioned.iter().copied().find(is(Tags::PERSON)).or(Some(last))
    }

    /// `a lady sitting on a bench on the side of a street holding an umbrella`: the bench holds nothing.
    pub(super) fn seated_holder(&self, verb: &Verb, near: &[usize]) -> Option<Vec<usize>> {
        let holds = matches!(verb.attribute.as_str(), "holding" | "carrying" | "wearing" | "reading");
        let seat = |i: &usize| self.scene.things.get(*i).is_some_and(|t| thing_tags(t).any(Tags::SEAT));
        let seated = self.joint == Joint::None && !near.is_empty() && near.iter().all(seat);
        let acts = self.acting.iter().any(|index| self.is_animate(*index));
        (holds && seated && acts && self.object_of.is_none()).then(|| self.acting.clone())
    }

    /// `a house with a porch`: part of it, and no place around it.
    pub(super) fn is_porch(&self, phrase: &NounPhrase, owners: &[usize]) -> bool {
        let built = |i: &usize| self.scene.things.get(*i).is_some_and(is_building);
        let porch = matches!(head(&phrase.noun), "porch" | "veranda" | "terrace" | "patio" | "deck");
        porch && owners.last().is_some_and(built) && !matches!(self.peek(1), Some(Chunk::Link(_)))
    }

    /// `a bicycle against a wall, basket full of flowers`: a noun without an article before what is said of it is of the
    /// thing that the sentence is about, which becomes the owner. `true` if it is so.
    pub(super) fn belongs_to_main(&mut self, phrase: &NounPhrase) -> bool {
        let other = Tags::ANIMATE.and(Tags::PLACE).and(Tags::STUFF).and(Tags::SKY).and(Tags::SCENERY);
        let tags = phrase.tags();
        let part = tags.any(Tags::PART) || tags.any(Tags::CONTAINER) && !phrase.plural;
        let said = match self.peek(1) {
            Some(Chunk::Full { .. }) => true,
            Some(Chunk::Adjectives(_)) => tags.any(Tags::PART),
            _ => false,
        };
        let main = self.mentioned.first().copied().filter(|main| !self.is_animate(*main));
        let own = self.joint == Joint::Comma
            && matches!(phrase.determiner, Determiner::None | Determiner::The)
            && phrase.quantity.is_none()
            && self.known(phrase).is_none()
            && part
            && said
            && !tags.any(other.and(Tags::BODY));
        let Some(main) = main.filter(|_| own && !self.is_list_of_tags()) else { return false };
        self.owner = vec![main];
        (self.group, self.object_of, self.closed) = (vec![main], None, false);
        true
    }

    /// Whether the sentence lists nouns without articles before this one.
    pub(super) fn is_list_of_tags(&self) -> bool {
        let bare = |chunk: &&Chunk| matches!(chunk, Chunk::Np(np) if np.is_bare());
        self.chunks.iter().take(self.at).filter(bare).count() > 0
    }

    /// The word that comes next and says how a part is held: `with the mast down`, `with her arms up in the air`.
    pub(super) fn way_after(&self) -> Option<String> {
        match (self.peek(1)?, self.peek(2)) {
            (
                Chunk::Link(Link::Rel { prep, .. } | Link::Prep(prep)),
                None | Some(Chunk::Stop | Chunk::Comma | Chunk::And),
            ) => matches!(prep.as_str(), "down" | "up" | "off" | "out" | "over").then(|| prep.clone()),
            (Chunk::Link(Link::Region { region: Region::Ground, .. }), _) => {
                Some("near the ground".to_owned())
            }
            (
                Chunk::Link(Link::Region {
                    region: region @ (Region::Left | Region::Right),
                    framed: false,
                    ..
                }),
                _,
            ) => Some(crate::facts::region_words(*region).to_owned()),
            _ => None,
        }
    }

    /// Whether a side of the owner follows its part: `a mug with the handle on the left`.
    pub(super) fn side_of_part(&self, phrase: &NounPhrase) -> bool {
        let side = matches!(
            self.peek(1),
            Some(Chunk::Link(Link::Region { region: Region::Left | Region::Right, framed: false, .. }))
        );
        let own = phrase.tags().any(Tags::PART) && !phrase.plural;
        side && own && !self.owner.iter().any(|index| self.is_animate(*index))
    }

    /// `a bench with its back to the sea`: which way a part of the owner is turned; the place is read next.
    pub(super) fn turned_to(&self, part: &NounPhrase) -> Option<String> {
        let turned =
            Self::is_own_part(part) && matches!(part.noun.as_str(), "back" | "face" | "front" | "side");
        match (self.peek(1)?, self.peek(2)?) {
            (Chunk::Link(Link::Prep(prep) | Link::Rel { prep, .. }), Chunk::Np(place))
                if turned && matches!(prep.as_str(), "to" | "toward" | "towards") =>
            {
                Some(format!("{prep} {}", place.text()))
            }
            _ => None,
        }
    }

    /// `a bedroom with the light on`: said of the owner or of the place. `true` if it was that.
    fn is_switched(&mut self, phrase: &NounPhrase, owners: &[usize]) -> bool {
        let device = matches!(
            head(&phrase.noun),
            "light" | "lamp" | "tv" | "television" | "headlight" | "radio" | "fan"
        );
        let state = match (self.peek(1), self.peek(2)) {
            (
                Some(Chunk::Link(Link::Rel { prep, .. } | Link::Prep(prep))),
                None | Some(Chunk::Stop | Chunk::Comma | Chunk::And),
            ) if matches!(prep.as_str(), "on" | "off") => prep.clone(),
            _ => return false,
        };
        let alive = owners.iter().any(|index| self.is_animate(*index));
        if !device || alive || phrase.determiner != Determiner::The {
            return false;
        }
        let text = format!("{} {state}", phrase.text());
        self.at += 1;
        if owners.is_empty() {
            self.places.add("with", &text);
        } else {
            self.add_detail(owners, &format!("with {text}"));
        }
        self.group.clone_from(&self.owner);
        true
    }

    /// The words that come next where a part of a body is at the ground, the sky or the like: `its head near the ground`.
    pub(super) fn part_of_picture(&self, part: &NounPhrase) -> Option<(String, NounPhrase)> {
        match (self.peek(1)?, self.peek(2)?) {
            (Chunk::Link(Link::Rel { prep, .. } | Link::Prep(prep)), Chunk::Np(np)) => {
                let trunk =
                    prep == "against" && np.tags().any(Tags::PART) && np.determiner == Determiner::The;
                let ground = (List::Region.has(&np.noun) || trunk) && part.tags().any(Tags::BODY);
                (ground && np.determiner != Determiner::A).then(|| (prep.clone(), np.clone()))
            }
            _ => None,
        }
    }

    /// `singing into a microphone`: whoever does has it at hand. `true` if it was that.
    pub(super) fn speaks_into(&mut self, phrase: &NounPhrase, prep: &str, subjects: &[usize]) -> bool {
        // "talking on the phone"
        let called = matches!(
            head(&phrase.noun),
            "phone" | "telephone" | "cellphone" | "smartphone" | "mobile" | "radio"
        );
        let says = match self.before_last() {
            Some(Chunk::Verb(verb)) if called && prep == "on" => Some(verb.attribute.clone()),
            _ => None,
        };
        if let Some(says) = says.filter(|_| subjects.iter().any(|index| self.is_animate(*index))) {
            // "a talking woman wearing a scarf on the phone": she talks on the phone.
            let mut told = format!("on {}", phrase.text());
            for index in subjects {
                let Some(thing) = self.scene.things.get_mut(*index) else { continue };
                if thing.attributes.contains(&says) {
                    thing.attributes.retain(|word| *word != says);
                    let joint = if thing.detail.is_some() { "and " } else { "" };
                    told = format!("{joint}{says} on {}", phrase.text());
                }
            }
            self.add_detail(subjects, &told);
            (self.group, self.object_of, self.closed) = (subjects.to_vec(), None, true);
            return true;
        }
        if prep == "on" {
            return false;
        }
        let tool = List::InHand.has(&phrase.noun)
            || List::Used.has(&phrase.noun) && kind_of(&phrase.noun).height < 0.3;
        let looks = setting(phrase, RelationKind::NextTo, "into") == Setting::Ignored;
        if !tool || looks || subjects.is_empty() || self.known(phrase).is_some() {
            return false;
        }
        let tool = self.thing_of(phrase);
        self.hold(&[tool], subjects);
        (self.group, self.object_of, self.closed) = (subjects.to_vec(), None, true);
        true
    }

    /// `melting on the toast and the cheese.`: it is drawn on the first of the two alone.
    pub(super) fn doubt_pair(&mut self, index: usize) {
        use RelationKind::{HalfIn, Inside, On};
        let on = matches!(self.object_of, Some((On | Inside | HalfIn, _)));
        let pair =
            self.group.last().and_then(|i| self.scene.things.get(*i)).zip(self.scene.things.get(index));
        if let Some((first, second)) = pair.filter(|_| on) {
            let (first, second) = (first.phrase(), second.phrase());
            let note = format!(
                "\"{second}\" is drawn beside \"{first}\", although both may be meant to bear the same"
            );
            self.scene.notes.push(note);
        }
    }

    /// `rolling under the book and the shelf.`: two of equal rank at the end of a sentence, and not a thing of its own.
    pub(super) fn ends_definite_pair(&self) -> bool {
        let the =
            |chunk: Option<&Chunk>| matches!(chunk, Some(Chunk::Np(np)) if np.determiner == Determiner::The);
        let pair = the(self.peek(0)) && the(self.back(2)) && matches!(self.back(3), Some(Chunk::Link(_)));
        pair && self.back(1) == Some(&Chunk::And) && matches!(self.peek(1), None | Some(Chunk::Stop))
    }

    /// Whether it is smoke or the like that comes out of something, which then stays what is spoken of.
    pub(super) fn comes_out(&self, index: usize) -> bool {
        let stuff = self.scene.things.get(index).is_some_and(|thing| thing_tags(thing).any(Tags::STUFF));
        let out = |r: &Relation| {
            let whole =
                self.scene.things.get(r.object).is_some_and(|whole| !thing_tags(whole).any(Tags::PERSON));
            r.subject == index && whole && self.mentioned.contains(&r.object)
        };
        stuff && self.scene.relations.iter().any(out)
    }
}

/// Whether flowers and fruit that it has are within its outline.
pub(super) fn is_plant(noun: &str) -> bool {
    noun.ends_with("tree") || matches!(head(noun), "plant" | "bush" | "shrub" | "vine" | "cactus" | "hedge")
}
