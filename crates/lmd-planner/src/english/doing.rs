//! Pronouns, verbs and adjectives that speak of things named before.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, Pending};
use super::links::Link;
use super::phrase::{Determiner, NounPhrase};
use super::places::{Setting, setting};
use crate::lexicon::{Role, Tags, Verb, VerbForm, exact_tags, is_known_verb, is_of_the_living, size};
use crate::{Arrangement, Region, RelationKind};

impl Interpreter<'_> {
    /// `a hedgehog, cute, …`: a bare adjective after a comma speaks of the one
    /// thing before it. `true` if this was one.
    pub(super) fn describes_last(&mut self, phrase: &NounPhrase) -> bool {
        let bare = phrase.noun.is_empty()
            && phrase.determiner == Determiner::None
            && phrase.quantity.is_none()
            && !phrase.anaphor
            && !phrase.attributes.is_empty();
        // "a suitcase, brown and worn, next to a bag"
        let (pair, length): (&[String], usize) = match (self.peek(1), self.peek(2)) {
            (Some(Chunk::And), Some(Chunk::Adjectives(second))) => (second, 2),
            (Some(Chunk::And), Some(Chunk::Np(second))) if second.noun.is_empty() => (&second.attributes, 2),
            (Some(Chunk::And), Some(Chunk::Verb(verb))) => (std::slice::from_ref(&verb.attribute), 2),
            _ => (&[], 0),
        };
        let ends = matches!(self.peek(1 + length), None | Some(Chunk::Comma | Chunk::Stop));
        let last = self.group.last().and_then(|index| self.scene.things.get_mut(*index));
        match last.filter(|thing| thing.count == 1 && bare && ends && self.joint == Joint::Comma) {
            Some(thing) => {
                self.at += length;
                let said = phrase.attributes.iter().chain(pair);
                let new = said.filter(|one| !thing.attributes.contains(one));
                let new: Vec<String> = new.cloned().collect();
                thing.attributes.extend(new);
                true
            }
            None => false,
        }
    }

    /// Who does it: `a cat on a sill looking out` speaks of the cat.
    fn doers(&self, verb: &Verb) -> Vec<usize> {
        let near = self.current_subjects();
        if let Some(same) = self.goes_on_acting(verb, &near) {
            return same;
        }
        // "a bicycle with a basket parked by a canal"
        let rides = |list: &[usize]| {
            let vehicle = |i: &usize| {
                self.scene.things.get(*i).is_some_and(|t| super::interpret::thing_tags(t).any(Tags::VEHICLE))
            };
            list.iter().any(vehicle)
        };
        if verb.attribute == "parked" && !rides(&near) && rides(&self.owner) {
            return self.owner.clone();
        }
        // "a kite that looks like a dragon"
        if verb.role == Role::Caption && matches!(self.previous(), Some(Chunk::Which)) {
            return near;
        }
        let alive = |list: &[usize]| list.iter().any(|i| self.is_animate(*i));
        let acts = (matches!(verb.role, Role::Action | Role::Posture)
            || verb.role == Role::Close && !matches!(self.peek(1), Some(Chunk::Np(_))))
            && !matches!(self.previous(), Some(Chunk::Which));
        match &self.object_of {
            // "a woman holding an umbrella walks": the woman walks.
            Some((_, subjects))
                if acts && verb.form == VerbForm::Third && !alive(&near) && alive(subjects) =>
            {
                subjects.clone()
            }
            // "a window, a cat looking out": the cat looks.
            None if acts && verb.form == VerbForm::Ing && self.joined_by == Joint::Comma && alive(&near) => {
                near.into_iter().filter(|i| self.is_animate(*i)).collect()
            }
            Some((_, subjects))
                if verb.form == VerbForm::Ing
                    && verb.role != Role::Neutral
                    && verb.attribute != "hanging" =>
            {
                let alive = |list: &[usize]| list.iter().any(|i| self.is_animate(*i));
                if !alive(&near) && alive(subjects) { subjects.clone() } else { near }
            }
            // "llamas with confetti falling around them"
            _ if verb.form == VerbForm::Ing
                && verb.role == Role::Action
                && !is_of_the_living(&verb.attribute) =>
            {
                near
            }
            _ if verb.form == VerbForm::Ing && verb.role != Role::Neutral && self.joint == Joint::None => {
                let alive = |list: &[usize]| list.iter().any(|i| self.is_animate(*i));
                if !near.is_empty() && !alive(&near) && alive(&self.owner) {
                    self.owner.clone()
                } else {
                    near
                }
            }
            _ => near,
        }
    }

    /// `a mug with steam rising from it`: the steam rises. `true` if the verb
    /// was taken so.
    fn said_of_detail(&mut self, verb: &Verb) -> bool {
        let falls = verb.role == Role::Action && !is_of_the_living(&verb.attribute);
        let stuff = matches!(self.previous(), Some(Chunk::Np(np)) if np.tags().any(Tags::STUFF));
        let alive = !(falls && stuff) && self.detailed.iter().any(|index| self.is_animate(*index));
        let detail = matches!(self.previous(), Some(Chunk::Np(_))) && !self.detailed.is_empty();
        if alive
            || !detail
            || verb.form != VerbForm::Ing
            || verb.role == Role::Posture
            || matches!(self.peek(1), Some(Chunk::Np(_)))
        {
            return false;
        }
        let things = self.detailed.clone();
        self.add_detail(&things, &verb.attribute);
        match (self.peek(1), self.peek(2)) {
            (Some(Chunk::Link(_)), Some(Chunk::Pronoun(_))) => self.at += 2,
            // "smoke coming out of the chimney"
            (Some(Chunk::Link(Link::Rel { prep, .. } | Link::Prep(prep))), Some(Chunk::Np(np)))
                if np.tags().any(Tags::PART) && self.known(np).is_none() =>
            {
                self.at += 2;
                self.add_detail(&things, &format!("{prep} {}", np.text()));
            }
            _ => {}
        }
        true
    }

    pub(super) fn verb(&mut self, verb: &Verb) {
        // "a boy without shoes kicking a ball" denies the shoes alone.
        if verb.form == VerbForm::Ing && !self.group.is_empty() && self.lacks_clothes() {
            self.denied = None;
        }
        self.hung =
            matches!(verb.attribute.as_str(), "hanging" | "dangling" | "hung" | "suspended" | "swinging");
        let object = matches!(self.peek(1), Some(Chunk::Np(np)) if !Self::is_own_part(np));
        let spread = verb.form == VerbForm::Base;
        let says = if spread { verb.attribute.trim_end_matches("ing") } else { &verb.attribute };
        let own = matches!(self.previous(), Some(Chunk::Np(np)) if Self::is_own_part(np));
        let of_own = own
            && (verb.role != Role::Posture || verb.attribute == "hanging")
            && !is_of_the_living(&verb.attribute);
        let done = (verb.form == VerbForm::Past || spread || of_own) && !object;
        if done && self.said_of_part(says) || self.said_of_detail(verb) {
            return;
        }
        self.detailed.clear();
        self.widen_to_alike(verb);
        // "holding a sign reading "Free Hugs"": the sign says so.
        let read = matches!(self.peek(1), Some(Chunk::Lettering(_)));
        let subjects = if read { self.current_subjects() } else { self.doers(verb) };
        self.joint = Joint::None;
        if subjects.is_empty() {
            // "nobody is swimming" is told by what must not be there.
            let denied = !self.scene.absent.is_empty();
            self.used.extend(denied.then(|| verb.attribute.clone()));
            return;
        }
        self.group.clone_from(&subjects);
        if self.acts(read, verb, &subjects) {
            return;
        }
        let passive = verb.form == VerbForm::Past;
        let prep = match self.peek(1) {
            Some(Chunk::Np(np))
                if !np.noun.is_empty() || np.determiner != Determiner::None || verb.role == Role::Caption =>
            {
                None
            }
            Some(Chunk::Lettering(_)) => None,
            Some(Chunk::Pronoun(_)) if verb.role != Role::Action => None,
            Some(Chunk::With) if passive => Some("with"),
            Some(Chunk::Of) => Some("of"),
            Some(Chunk::Link(Link::Rel { prep, .. }))
                if passive && verb.role != Role::Neutral && verb.role != Role::Posture =>
            {
                // What is parked by a canal is not parked by it.
                let agent = |np: &NounPhrase| np.tags().any(Tags::ANIMATE.and(Tags::VEHICLE));
                let by_agent =
                    verb.role != Role::Action || matches!(self.peek(2), Some(Chunk::Np(np)) if agent(np));
                let bound = prep == "by" && by_agent
                    || matches!(prep.as_str(), "in" | "into") && verb.role == Role::Caption
                    || prep == "on" && verb.role == Role::Caption;
                // "a face drawn on it": where it is drawn is a place.
                let on_it = prep != "by" && matches!(self.peek(2), Some(Chunk::Pronoun(_)));
                if !bound || on_it {
                    return self.intransitive(verb, &subjects);
                }
                Some(prep.as_str())
            }
            _ => return self.intransitive(verb, &subjects),
        };
        self.at += usize::from(prep.is_some());
        self.pending = Pending::Verb { verb: verb.clone(), subjects, prep: prep.map(str::to_owned) };
    }

    /// Whether what is denied just before is worn by or part of somebody.
    fn lacks_clothes(&self) -> bool {
        let Some(Chunk::Np(np)) = self.previous() else { return false };
        np.tags().any(Tags::WORN.and(Tags::PART)) && self.group.iter().any(|i| self.is_animate(*i))
    }

    /// A verb without an object becomes an attribute where it says something.
    pub(super) fn intransitive(&mut self, verb: &Verb, subjects: &[usize]) {
        let airborne = matches!(verb.attribute.as_str(), "flying" | "soaring" | "hovering");
        if airborne && !matches!(self.peek(1), Some(Chunk::Link(_))) {
            self.set_region(subjects, Region::Sky);
        }
        // "holding onto a branch" is told by the place.
        if verb.attribute == "holding" && matches!(self.peek(1), Some(Chunk::Link(_))) {
            self.used.push(verb.attribute.clone());
        }
        // "pretending to fly"
        if verb.attribute.contains(' ') && verb.role == Role::Caption {
            return self.add_detail(subjects, &verb.attribute);
        }
        if verb.attribute == "stacked" && subjects.len() > 1 {
            return self.chain(subjects, RelationKind::On);
        }
        for index in subjects {
            let animate = self.is_animate(*index);
            let Some(thing) = self.scene.things.get_mut(*index) else { continue };
            if verb.attribute == "stacked" && thing.count > 1 {
                thing.arrangement = Some(Arrangement::Stack);
            }
            let says = match verb.role {
                Role::Neutral | Role::Hold | Role::Surrounded | Role::Flanked | Role::Topped => false,
                Role::Posture => animate,
                _ => !matches!(
                    verb.attribute.as_str(),
                    "holding" | "taking" | "having" | "doing" | "making" | "using" | "made" | "taken"
                ),
            };
            if says && !thing.attributes.contains(&verb.attribute) {
                thing.attributes.insert(0, verb.attribute.clone());
            }
        }
    }

    pub(super) fn verb_object(
        &mut self,
        phrase: &NounPhrase,
        verb: &Verb,
        subjects: Vec<usize>,
        prep: Option<&str>,
    ) {
        self.joint = Joint::None;
        let passive = verb.form == VerbForm::Past && prep == Some("by");
        let kind = match verb.role {
            _ if (verb.form != VerbForm::Past || prep.is_none()) && self.is_new_idea(phrase) => {
                return self.verb_detail(phrase, verb, &subjects, prep);
            }
            _ if prep.is_none() && self.moves_body_part(phrase, &subjects) => {
                return self.verb_detail(phrase, verb, &subjects, prep);
            }
            Role::Caption if prep.is_none() && self.is_shared(phrase, verb, &subjects) => {
                self.add_detail(&subjects, &verb.attribute);
                RelationKind::NextTo
            }
            Role::Caption if prep != Some("by") => return self.verb_detail(phrase, verb, &subjects, prep),
            _ if prep == Some("of") => return self.verb_detail(phrase, verb, &subjects, prep),
            Role::Mount => RelationKind::On,
            Role::Contact if self.is_eaten(phrase, verb, prep) => {
                return self.verb_detail(phrase, verb, &subjects, prep);
            }
            Role::Contact => RelationKind::Touching,
            // "a basket holds apples"
            _ if verb.attribute == "holding" && prep.is_none() && self.are_containers(&subjects) => {
                self.owner = subjects;
                return self.owned(phrase, false);
            }
            Role::Hold => {
                self.owner = subjects;
                return self.owned(phrase, false);
            }
            Role::Surrounded | Role::Flanked | Role::Topped => {
                return self.surrounding(phrase, verb.role, &subjects);
            }
            _ => RelationKind::NextTo,
        };
        if setting(phrase, RelationKind::Inside, "in") == Setting::Place && self.known(phrase).is_none() {
            return self.places.add("in", &phrase.text());
        }
        if !passive {
            self.fly_kite(phrase, verb, kind, &subjects);
            return;
        }
        let agent = self.thing_of(phrase);
        self.relate_all(&[agent], kind, &subjects);
        self.group = vec![agent];
    }

    /// `three kids building a sandcastle`: one thing that several are at, and not one for each of them.
    fn is_shared(&self, phrase: &NounPhrase, verb: &Verb, subjects: &[usize]) -> bool {
        const SHARED: [&str; 6] = ["building", "decorating", "assembling", "washing", "making", "painting"];
        let count = |i: &usize| self.scene.things.get(*i).map_or(0, |thing| thing.count);
        SHARED.contains(&verb.attribute.as_str())
            && verb.form == VerbForm::Ing
            && phrase.determiner == Determiner::A
            && !phrase.plural
            && !phrase.tags().any(Tags::PLACE.and(Tags::ABSTRACT).and(Tags::PART).and(Tags::STUFF))
            && subjects.iter().map(count).sum::<u32>() > 1
            && subjects.iter().all(|i| self.is_animate(*i))
    }

    /// `licking an ice cream` stays in the caption; `licking a dog` touches somebody.
    fn is_eaten(&self, phrase: &NounPhrase, verb: &Verb, prep: Option<&str>) -> bool {
        let bites = matches!(verb.attribute.as_str(), "licking" | "biting" | "bitten" | "licked");
        bites && prep != Some("by") && !phrase.tags().any(Tags::ANIMATE) && self.known(phrase).is_none()
    }

    /// Whether things hold others by what they are: a basket, a shelf.
    fn are_containers(&self, things: &[usize]) -> bool {
        let holds = |thing: &crate::Thing| {
            let tags = super::interpret::thing_tags(thing);
            tags.any(Tags::CONTAINER.and(Tags::SURFACE)) && !tags.any(Tags::ANIMATE)
        };
        !things.is_empty() && things.iter().all(|index| self.scene.things.get(*index).is_some_and(holds))
    }

    /// The object of an active verb; what is flown from the ground is above.
    fn fly_kite(&mut self, phrase: &NounPhrase, verb: &Verb, kind: RelationKind, subjects: &[usize]) {
        const LEAVES_PLACE_TO_OBJECT: [&str; 8] =
            ["pushing", "pulling", "watching", "observing", "admiring", "examining", "catching", "picking"];
        let flown = verb.attribute == "flying" && matches!(phrase.noun.as_str(), "kite" | "drone");
        self.object_thing(phrase, kind, subjects.to_vec());
        let holds =
            matches!(verb.attribute.as_str(), "holding" | "carrying" | "clutching" | "gripping" | "cradling");
        let hand = |index: &usize| {
            let noun = self.scene.things.get(*index).map_or("", |thing| thing.noun.as_str());
            matches!(
                noun.rsplit(' ').next(),
                Some(
                    "hand"
                        | "hands"
                        | "arm"
                        | "paw"
                        | "claw"
                        | "fist"
                        | "beak"
                        | "statue"
                        | "sculpture"
                        | "doll"
                        | "figurine"
                        | "mannequin"
                        | "gnome"
                )
            )
        };
        // "a boy hugging a teddy bear" has it in his arms.
        let hugs = verb.role == Role::Contact && is_cuddly(&phrase.noun);
        if hugs {
            let hugged = self.group.clone();
            let met = |r: &crate::Relation| hugged.contains(&r.object) && subjects.contains(&r.subject);
            self.scene.relations.retain(|r| !met(r));
        }
        if (holds || hugs) && subjects.iter().any(|index| self.is_animate(*index) || hand(index)) {
            let held = self.group.clone();
            self.hold(&held, subjects);
        }
        // What somebody does whom no table knows is said of them.
        let strange = !is_known_verb(&verb.attribute) || verb.role == Role::Contact;
        if matches!(verb.form, VerbForm::Ing | VerbForm::Third) && strange && verb.role != Role::Neutral {
            for index in subjects {
                let thing = self
                    .scene
                    .things
                    .get_mut(*index)
                    .filter(|thing| !thing.attributes.contains(&verb.attribute));
                thing.into_iter().for_each(|thing| thing.attributes.insert(0, verb.attribute.clone()));
            }
        }
        if flown {
            let objects = self.group.clone();
            self.scene.relations.retain(|r| !(objects.contains(&r.object) && subjects.contains(&r.subject)));
            self.relate_all(&objects, RelationKind::Above, subjects);
        }
        let acts = !LEAVES_PLACE_TO_OBJECT.contains(&verb.attribute.as_str());
        self.done_to = self.group.last().copied().filter(|_| acts);
    }

    pub(super) fn verb_detail(
        &mut self,
        phrase: &NounPhrase,
        verb: &Verb,
        subjects: &[usize],
        prep: Option<&str>,
    ) {
        let prep = prep.map_or(String::new(), |prep| format!("{prep} "));
        self.add_detail(subjects, &format!("{} {prep}{}", verb.attribute, phrase.text()));
        self.group = subjects.to_vec();
        self.detailed_by = subjects.to_vec();
        self.detailed = subjects.to_vec();
        self.work_on(phrase, &verb.attribute, subjects);
    }

    pub(super) fn surrounding(&mut self, phrase: &NounPhrase, role: Role, subjects: &[usize]) {
        if role == Role::Surrounded && phrase.head_is_place() {
            return self.places.add("surrounded by", &phrase.text());
        }
        let object = self.thing_of(phrase);
        for subject in subjects {
            match role {
                Role::Flanked => self.relate(*subject, RelationKind::Between(object), object),
                Role::Topped => self.relate(object, RelationKind::On, *subject),
                _ => self.relate(object, RelationKind::Around, *subject),
            }
        }
        self.group = vec![object];
        self.object_of = None;
    }

    pub(super) fn adjectives(&mut self, adjectives: &[String]) {
        if self.said_of_part(&adjectives.join(" ")) {
            return;
        }
        // "painting a wall blue"
        let deed = self.detailed_by == self.group && self.detailed == self.group && !self.group.is_empty();
        if deed && matches!(self.previous(), Some(Chunk::Np(_))) && self.denied.is_none() {
            let group = self.group.clone();
            return self.add_detail(&group, &adjectives.join(" "));
        }
        let subjects = if self.joint == Joint::None { self.group.clone() } else { self.current_subjects() };
        if self.denied.take_if(|denied| denied.is_none()).is_some() {
            // "a horse that is not brown" forbids a brown one.
            for noun in
                subjects.iter().filter_map(|i| self.scene.things.get(*i)).map(|thing| thing.noun.clone())
            {
                let forbidden = format!("{} {noun}", adjectives.join(" "));
                if !self.scene.absent.contains(&forbidden) {
                    self.scene.absent.push(forbidden);
                }
            }
            return;
        }
        if self.denied.is_some() {
            return;
        }
        for index in subjects {
            if let Some(thing) = self.scene.things.get_mut(index) {
                for adjective in adjectives {
                    thing.size = thing.size.or_else(|| adjective.split(' ').find_map(size));
                    if !thing.attributes.contains(adjective) {
                        // "a cherry tree in bloom": what it is made of stays beside the noun.
                        let material = |word: &String| exact_tags(word).any(Tags::MODIFIER);
                        let at = thing.attributes.iter().position(material).unwrap_or(thing.attributes.len());
                        thing.attributes.insert(at, adjective.clone());
                    }
                }
            }
        }
    }
}

/// Whether a thing is no larger than arms can hold, whatever it shows: a teddy bear, a pillow.
fn is_cuddly(noun: &str) -> bool {
    const SOFT: [&str; 9] =
        ["teddy", "teddy bear", "doll", "rag doll", "pillow", "cushion", "toy", "plushie", "stuffed animal"];
    SOFT.contains(&noun) || noun.starts_with("plush ") || noun.starts_with("toy ")
}
