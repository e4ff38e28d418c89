//! Who goes on acting: `walking with a friend and enjoying a conversation` tells two deeds of whoever walks.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, thing_tags};
use super::links::Link;
use super::owning::is_building;
use super::phrase::{Determiner, NounPhrase};
use super::who::Who;
use crate::lexicon::{Class, List, Role, Tags, Verb, VerbForm, head, is_on, kind_of, noun_tags};
use crate::{RelationKind, Thing};

/// Whether what `noun` names can be beside what is on `bearer`: a lamp on a desk, a cat on a sofa.
pub(super) fn has_room(bearer: &Thing, noun: &str) -> bool {
    let (under, other, tags) = (kind_of(&bearer.noun), kind_of(noun), noun_tags(noun));
    let fixed = matches!(other.class, Class::Wall | Class::Hang | Class::Over | Class::Mount)
        || tags.any(Tags::PLACE.and(Tags::SCENERY).and(Tags::VEHICLE).and(Tags::BODY));
    let room = match under.class {
        Class::Seat => other.width < 0.7 * under.width && (tags.any(Tags::ANIMATE) || other.height < 0.35),
        // Nothing stands on a plate with what is served there.
        Class::Table | Class::Flat if under.width > 0.5 => {
            other.width < 0.6 * under.width && other.height < 0.9
        }
        _ => false,
    };
    room && !fixed
}

impl Interpreter<'_> {
    /// Who does a second deed: whoever does the first, or has what was named.
    pub(super) fn goes_on_acting(&self, verb: &Verb, near: &[usize]) -> Option<Vec<usize>> {
        let joined = matches!(self.previous(), Some(Chunk::And | Chunk::Comma));
        if !joined || verb.form != VerbForm::Ing {
            return None;
        }
        let acts = |index: &usize| {
            let unknown = self.scene.things.get(*index).is_some_and(|thing| thing_tags(thing).is_unknown());
            unknown || self.is_animate(*index)
        };
        // "a couple having a picnic and laughing"
        let has = self.acting.is_empty() && self.owner.iter().any(acts);
        let apart = !near.iter().any(acts) && matches!(self.previous(), Some(Chunk::And));
        if has && apart {
            return Some(self.owner.clone());
        }
        self.acting.iter().any(acts).then(|| self.acting.clone())
    }

    /// `a bicycle with a basket parked by a canal`: the bicycle is parked.
    pub(super) fn parked(&self, verb: &Verb, near: &[usize]) -> Option<Vec<usize>> {
        let vehicle = |i: &usize| self.scene.things.get(*i).is_some_and(|t| thing_tags(t).any(Tags::VEHICLE));
        let rides = |list: &[usize]| list.iter().any(vehicle);
        if !matches!(verb.attribute.as_str(), "parked" | "leaning" | "propped" | "chained" | "locked")
            || rides(near)
        {
            return None;
        }
        if rides(&self.owner) {
            return Some(self.owner.clone());
        }
        // "a bicycle with a basket full of flowers, parked against a wall"
        self.mentioned.iter().copied().find(vehicle).map(|index| vec![index])
    }

    /// `a postman with a bag opens a gate`: the postman opens it.
    pub(super) fn owner_acts(&self, verb: &Verb, near: &[usize]) -> Option<Vec<usize>> {
        let alive = |list: &[usize]| list.iter().any(|i| self.is_animate(*i));
        let finite = matches!(verb.form, VerbForm::Third | VerbForm::Base) && verb.role != Role::Neutral;
        let after = matches!(self.before_last(), Some(Chunk::With)) && self.joint == Joint::None;
        let acts = finite && after && self.object_of.is_none() && !near.is_empty();
        (acts && !alive(near) && alive(&self.owner)).then(|| self.owner.clone())
    }

    /// `a screen above the crowd shows a map`: the screen shows it.
    pub(super) fn picture_before_place(&self, verb: &Verb, near: &[usize]) -> Option<Vec<usize>> {
        let shows = |i: &usize| self.scene.things.get(*i).is_some_and(|t| thing_tags(t).any(Tags::SHOWS));
        let (_, subjects) = self.object_of.as_ref()?;
        let picture = matches!(verb.attribute.as_str(), "showing" | "advertising")
            && !near.iter().any(shows)
            && subjects.iter().any(shows);
        picture.then(|| subjects.clone())
    }

    /// Whom `another` means that has or does something: `a boy with a sword and another with a shield` are boys, and
    /// `while another films him` is somebody alive.
    pub(super) fn another_of(&self, phrase: &NounPhrase) -> Option<String> {
        let bare = phrase.determiner == Determiner::Another && phrase.attributes.is_empty();
        let meant = match (self.peek(1), self.peek(2)) {
            (Some(Chunk::With), _) => self.owner.last().copied(),
            // "a burger on a table, with another next to it"
            (Some(Chunk::Link(_)), Some(Chunk::Pronoun(Who::It))) => {
                self.object_of.as_ref().and_then(|(_, subjects)| subjects.last().copied())
            }
            (Some(Chunk::Verb(_)), Some(Chunk::Pronoun(_) | Chunk::Np(_))) => {
                self.mentioned.iter().rev().copied().find(|index| self.is_animate(*index))
            }
            _ => None,
        };
        let thing = self.scene.things.get(meant.filter(|_| bare)?)?;
        Some(thing.noun.clone())
    }

    /// Who is on it in `an old man feeding pigeons on a bench`: whoever acts,
    /// where it is something to sit or stand on.
    pub(super) fn doer_on(&self, kind: RelationKind) -> Option<Vec<usize>> {
        let Some(Chunk::Np(np)) = self.peek(1) else { return None };
        let (_, subjects) = self.object_of.as_ref()?;
        // "passing a man sleeping on a bench": he sleeps there.
        let same = !matches!(self.previous(), Some(Chunk::Verb(_)));
        let done_to = self.done_to.filter(|i| same && self.group == [*i] && kind == RelationKind::On)?;
        // "a clown juggling oranges on a unicycle"
        let ridden = kind_of(&np.noun).class == Class::Mount;
        let held =
            self.scene.relations.iter().any(|r| r.subject == done_to && r.kind == RelationKind::HeldBy);
        let borne = held
            && (np.tags().any(Tags::HOOK) || matches!(kind_of(&np.noun).class, Class::Wall | Class::Over));
        let seat = ridden || borne || np.tags().any(Tags::SEAT.and(Tags::SCENERY));
        (seat && done_to < self.scene.things.len() && subjects.iter().any(|i| self.is_animate(*i)))
            .then(|| subjects.clone())
    }

    /// Who is placed so, and how, where that is not what was named last: whoever watches something `from a bridge`, leads
    /// something `over a bridge`, eats something `under a tree`, and the cup of `a cup next to a book on a table`.
    pub(super) fn placed_so(&self, kind: RelationKind, prep: &str) -> Option<(RelationKind, Vec<usize>)> {
        let Some(Chunk::Np(np)) = self.peek(1) else { return None };
        let (size, tags) = (kind_of(&np.noun), np.tags());
        let other = Tags::ANIMATE.and(Tags::WORN).and(Tags::TIME).and(Tags::BODY).and(Tags::FOOD);
        if prep.starts_with("from") {
            let clause = self.chunks.iter().take(self.at).rev().take_while(|chunk| **chunk != Chunk::Stop);
            let does =
                clause.into_iter().find_map(|c| if let Chunk::Verb(verb) = c { Some(verb) } else { None })?;
            let bears = size.width >= 0.8 && !tags.any(other) && np.noun != "window";
            let alive = !self.acting.is_empty() && self.acting.iter().all(|index| self.is_animate(*index));
            let within = tags.any(Tags::VEHICLE) && !tags.any(Tags::WATER.and(Tags::OPEN).and(Tags::SEAT));
            let kind = match kind {
                RelationKind::NextTo | RelationKind::On if within => RelationKind::Inside,
                RelationKind::NextTo => RelationKind::On,
                kind => kind,
            };
            return (bears && alive && (is_on(&does.attribute, "from") || prep == "from behind"))
                .then(|| (kind, self.acting.clone()));
        }
        let (met, subjects) = self.object_of.as_ref().filter(|_| !self.closed)?;
        // "a cat jumping from a table onto a chair", "squirting from a bottle onto a sausage"
        let left = matches!(self.back(2), Some(Chunk::Link(Link::Rel { prep, .. } | Link::Prep(prep))) if matches!(prep.as_str(), "from" | "out of"));
        let moves = left && matches!(self.back(3), Some(Chunk::Verb(_)));
        if moves && matches!(prep, "into" | "onto" | "over") && self.joint == Joint::None {
            return Some((kind, subjects.clone()));
        }
        let both = || [subjects.clone(), self.group.clone()].concat();
        let done_to = self.done_to.is_some_and(|i| self.group == [i]);
        let alive = subjects.iter().all(|i| self.is_animate(*i));
        let bridge = matches!(prep, "over" | "across") && np.noun.ends_with("bridge");
        let small = |i: &usize| {
            let kind = self.scene.things.get(*i).map(|thing| kind_of(&thing.noun));
            kind.is_some_and(|kind| kind.height < 0.75 && kind.width < 0.8) && !self.is_animate(*i)
        };
        // "gliding down a hill on a snowboard"
        let ridden = size.class == Class::Mount || List::Ridden.has(head(&np.noun));
        let lifeless = !self.group.iter().any(|i| self.is_animate(*i));
        let table = kind == RelationKind::On && size.class == Class::Table && tags.any(Tags::SURFACE);
        match kind {
            RelationKind::On
                if ridden && *met != RelationKind::On && alive && lifeless && self.joint == Joint::None =>
            {
                Some((kind, subjects.clone()))
            }
            _ if bridge && done_to && alive => Some((RelationKind::On, both())),
            RelationKind::Under if size.class == Class::Over && done_to && alive => Some((kind, both())),
            // "a farmer milks a cow in a barn"
            RelationKind::Inside if done_to && alive && is_building(&np.thing()) => Some((kind, both())),
            _ if table
                && *met == RelationKind::NextTo
                && self.joint == Joint::None
                && both().iter().all(small) =>
            {
                Some((kind, both()))
            }
            _ => None,
        }
    }

    /// What `a laptop on a desk next to a lamp` places beside the lamp: the laptop, where the lamp can stand on the desk,
    /// too; a sofa holds two animals, but the lamp stands beside it.
    pub(super) fn beside_on_surface(&self, kind: RelationKind) -> Option<(RelationKind, Vec<usize>)> {
        use RelationKind::{Behind, Between, InFrontOf, Inside, LeftOf, NextTo, On, RightOf};
        let Some(Chunk::Np(np)) = self.peek(1) else { return None };
        let (met, subjects) = self.object_of.as_ref().filter(|_| !self.closed)?;
        let beside = matches!(kind, NextTo | LeftOf | RightOf | InFrontOf | Behind | On | Between(_));
        let new = self.joint == Joint::None && self.known(np).is_none();
        let [bearer] = self.group.as_slice() else { return None };
        let bearer = self.scene.things.get(*bearer).filter(|_| beside && new)?;
        let alive = np.tags().any(Tags::ANIMATE);
        let room = has_room(bearer, &np.noun);
        // "standing in hay next to a sheep"
        let amid = *met == Inside && thing_tags(bearer).any(Tags::STUFF) && alive;
        (*met == On && room || amid).then(|| (kind, subjects.clone()))
    }

    /// Whether `on` says at whom something is aimed: `spraying water on its calf`.
    pub(super) fn aims(&self, prep: &str, subjects: &[usize]) -> bool {
        const AIMED: [&str; 11] = [
            "spraying",
            "splashing",
            "squirting",
            "sprinkling",
            "pouring",
            "throwing",
            "blowing",
            "shining",
            "spilling",
            "dumping",
            "smearing",
        ];
        let said = |i: &usize| {
            let detail = self.scene.things.get(*i).and_then(|thing| thing.detail.as_deref());
            detail.is_some_and(|detail| detail.split(' ').any(|word| AIMED.contains(&word)))
        };
        matches!(prep, "on" | "onto" | "over" | "at" | "upon")
            && self.detailed_by == subjects
            && subjects.iter().all(said)
    }

    /// Remembers who acts, unless words are to be read. `true` where the verb says no more than how somebody is.
    pub(super) fn acts(&mut self, read: bool, verb: &Verb, subjects: &[usize]) -> bool {
        if !read && verb.form != VerbForm::Past {
            self.acting = subjects.to_vec();
        }
        self.leads_to_adjective(verb, subjects)
    }
}
