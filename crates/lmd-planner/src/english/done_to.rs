//! What is done to something: the objects of verbs, and what becomes of them.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, Pending, thing_tags};
use super::names::is_persons;
use super::phrase::{Determiner, NounPhrase};
use super::places::{Setting, setting};
use crate::RelationKind;
use crate::lexicon::{
    Class, List, Role, Tags, Verb, VerbForm, exact_tags, is_filling, is_giving, is_shown, is_together,
    kind_of, needs_object, tags, verb,
};

impl Interpreter<'_> {
    pub(super) fn verb_object(
        &mut self,
        phrase: &NounPhrase,
        verb: &Verb,
        subjects: Vec<usize>,
        prep: Option<&str>,
    ) {
        self.joint = Joint::None;
        let verb = &self.filled_by_hand(verb, &subjects, prep);
        let passive = verb.form == VerbForm::Past && prep == Some("by");
        let kind = match verb.role {
            // "waving goodbye"
            _ if prep.is_none() && phrase.tags().any(Tags::SAID)
                || (verb.form != VerbForm::Past || prep != Some("with")) && self.is_new_idea(phrase) =>
            {
                return self.verb_detail(phrase, verb, &subjects, prep);
            }
            _ if prep.is_none() && self.moves_body_part(phrase, &subjects) => {
                return self.verb_detail(phrase, verb, &self.alive_of(subjects), prep);
            }
            _ if self.share(phrase, verb, &subjects) || self.gives(phrase, verb, (&subjects, prep)) => return,
            Role::Caption
                if prep.is_none() && (is_tended(phrase, verb) || self.is_shared(phrase, verb, &subjects)) =>
            {
                RelationKind::NextTo
            }
            Role::Caption | Role::Hold | Role::Neutral | Role::Close
                if prep.is_none() && self.fills(phrase, verb, &subjects) =>
            {
                return;
            }
            Role::Caption if prep == Some("with") && self.bears(phrase, verb, &subjects) => return,
            Role::Caption if prep != Some("by") => return self.verb_detail(phrase, verb, &subjects, prep),
            _ if prep.is_none() && self.is_shapeless(phrase, verb) => {
                return self.verb_detail(phrase, verb, &subjects, prep);
            }
            _ if prep == Some("of") || is_lined(phrase, verb, prep) => {
                return self.verb_detail(phrase, verb, &subjects, prep);
            }
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
            // "a king crowned by a bishop"
            Role::Topped | Role::Surrounded if is_beside(phrase, verb, prep) => RelationKind::NextTo,
            Role::Surrounded | Role::Flanked | Role::Topped => {
                return self.surrounding(phrase, verb, &subjects);
            }
            _ => phrase.beside(verb, prep),
        };
        if self.is_place_of_deed(phrase, verb) {
            self.tell_deed(verb, kind, &subjects, &[]);
            return self.places.add("in", &phrase.text());
        }
        if !passive {
            return self.fly_kite(phrase, verb, kind, &subjects);
        }
        let agent = self.thing_of(phrase);
        self.relate_agent(agent, verb, kind, &subjects);
    }

    /// Says a deed of those who do it, or to whom it is done: that two boxes are side by side does not show it.
    fn tell_deed(&mut self, verb: &Verb, kind: RelationKind, subjects: &[usize], objects: &[usize]) {
        let does = verb.attribute.as_str();
        // A train on a bridge crosses it, and somebody on a tree need not climb it.
        let carried = verb.role == Role::Mount && !subjects.iter().any(|index| self.is_animate(*index));
        if carried || is_shown(does) || kind == RelationKind::HeldBy || verb.role == Role::Neutral {
            return self.used.push(verb.attribute.clone());
        }
        // "a kid building" is a house.
        let named = exact_tags(does).any(Tags::NOUN);
        let told = match verb.form {
            VerbForm::Past => format!("being {does}"),
            _ if named => format!("busy {does}"),
            // "a dog catching" is cut off, and what it catches has a box of its own.
            _ if needs_object(verb) && !objects.is_empty() => format!("{does} {}", self.some(does, objects)),
            _ => does.to_owned(),
        };
        let says = |index: &usize| {
            let thing = self.scene.things.get(*index);
            thing.is_some_and(|thing| thing.says(|word| word == does))
        };
        let silent: Vec<usize> = subjects.iter().copied().filter(|index| !says(index)).collect();
        self.add_deed(&silent, &told);
    }

    /// Adds what things do to their captions: `chanting slogans and waving`.
    pub(super) fn add_deed(&mut self, things: &[usize], does: &str) {
        let doing = |word: &str| {
            let ing = verb(word).is_some_and(|verb| verb.form == VerbForm::Ing);
            ing && !exact_tags(word).any(Tags::NOUN)
        };
        for index in things {
            let before = self.scene.things.get(*index).and_then(|thing| thing.detail.as_deref());
            let second = before.is_some_and(|detail| detail.split(' ').any(doing));
            // "building a tower" is a deed, "building" may be a house.
            let another = |word: &str| {
                doing(word) || does.contains(' ') && verb(word).is_some_and(|verb| verb.form == VerbForm::Ing)
            };
            let joined = if second && does.split(' ').next().is_some_and(another) { "and " } else { "" };
            // "picking and throwing something"
            let some =
                does.split(' ').next_back().filter(|word| !joined.is_empty() && word.starts_with("some"));
            if let (Some(some), Some(thing)) = (some, self.scene.things.get_mut(*index))
                && let Some(first) = thing.detail.as_deref().and_then(|detail| detail.strip_suffix(some))
            {
                thing.detail = Some(first.trim_end().to_owned());
            }
            self.add_detail(&[*index], &format!("{joined}{does}"));
        }
    }

    /// `a hiker filling a bottle`: somebody alive is not what the bottle is in.
    fn filled_by_hand(&self, verb: &Verb, subjects: &[usize], prep: Option<&str>) -> Verb {
        let acts = verb.form != VerbForm::Past && prep.is_none() && verb.role == Role::Hold;
        let alive = subjects.iter().all(|index| self.is_animate(*index));
        let fills = acts && alive && is_filling(&verb.attribute);
        Verb { role: if fills { Role::Close } else { verb.role }, ..verb.clone() }
    }

    /// `a dog chases it`: what a verb is done to that was named before.
    pub(super) fn done_to_known(&mut self, verb: Verb, subjects: Vec<usize>, objects: Vec<usize>) {
        let kind = match verb.role {
            Role::Mount => RelationKind::On,
            Role::Contact => RelationKind::Touching,
            _ => RelationKind::NextTo,
        };
        self.relate_all(&subjects, kind, &objects);
        // "making it fly": it flies.
        let made = matches!(self.peek(1), Some(Chunk::Verb(next)) if next.form == VerbForm::Base);
        match () {
            () if objects.is_empty() => {}
            () if made || verb.shows_where() => self.used.push(verb.attribute),
            () => self.tell_deed(&verb, kind, &subjects, &objects),
        }
        self.group = if made && !objects.is_empty() { objects } else { subjects };
        self.closed = true;
    }

    /// By whom something is done: whoever carries it has it in his arms.
    fn relate_agent(&mut self, agent: usize, verb: &Verb, kind: RelationKind, subjects: &[usize]) {
        let holds = matches!(verb.attribute.as_str(), "held" | "carried" | "cradled");
        if holds && self.is_animate(agent) {
            self.hold(subjects, &[agent]);
            self.used.push(verb.attribute.clone());
        } else if let Some((one, other)) = self.two_joined(verb, subjects) {
            self.relate(agent, RelationKind::Between(other), one);
            self.used.push(verb.attribute.clone());
        } else {
            self.relate_all(&[agent], kind, subjects);
            self.tell_deed(verb, kind, subjects, &[]);
        }
        self.group = vec![agent];
    }

    /// `two towers joined by a bridge`: the two that it is between.
    fn two_joined(&self, verb: &Verb, subjects: &[usize]) -> Option<(usize, usize)> {
        let joined = matches!(verb.attribute.as_str(), "joined" | "connected" | "linked" | "separated");
        match subjects {
            [one, other] if joined => Some((*one, *other)),
            [pair] if joined && self.scene.things.get(*pair)?.count == 2 => Some((*pair, *pair)),
            _ => None,
        }
    }

    /// Whether what a verb is done to is all around: what somebody orbits is not.
    fn is_place_of_deed(&self, phrase: &NounPhrase, verb: &Verb) -> bool {
        let around = matches!(verb.attribute.as_str(), "orbiting" | "circling");
        let place = setting(phrase, RelationKind::Inside, "in") == Setting::Place && !around;
        place && self.known(phrase).is_none()
    }

    /// `dressed in black`: a colour alone goes into the caption.
    pub(super) fn color_detail_or_unknown(&mut self, phrase: &NounPhrase) {
        match std::mem::take(&mut self.pending) {
            Pending::Object { prep, subjects, .. } if !phrase.attributes.is_empty() => {
                let subjects = self.undressed(phrase, subjects);
                let mut says = format!("{prep} {}", phrase.text());
                // "a fox in red and black"
                while let (Some(Chunk::And), Some(Chunk::Np(np))) = (self.peek(1), self.peek(2))
                    && np.noun.is_empty()
                    && np.is_bare()
                {
                    says = format!("{says} and {}", np.text());
                    self.at += 2;
                }
                self.add_detail(&subjects, &says);
            }
            Pending::Verb { verb, subjects, prep } if !phrase.attributes.is_empty() => {
                let prep = prep.map_or(String::new(), |prep| format!("{prep} "));
                self.add_detail(&subjects, &format!("{} {prep}{}", verb.attribute, phrase.text()));
            }
            _ => self.scene.not_understood.extend(phrase.words.iter().cloned()),
        }
    }

    /// Those of `things` that are alive.
    fn alive_of(&self, things: Vec<usize>) -> Vec<usize> {
        things.into_iter().filter(|index| self.is_animate(*index)).collect()
    }

    /// `candles creating a warm atmosphere`: what has no shape is no thing.
    fn is_shapeless(&self, phrase: &NounPhrase, verb: &Verb) -> bool {
        let tags = phrase.tags();
        let shapeless = tags.any(Tags::ABSTRACT) && !tags.any(Tags::PLACE.and(Tags::MODIFIER));
        let shapeless = shapeless && !phrase.noun.contains(' ');
        shapeless && verb.form != VerbForm::Past && verb.role != Role::Hold && self.known(phrase).is_none()
    }

    /// `three kids building a sandcastle`: one thing that several are at, and not one for each of them.
    fn is_shared(&self, phrase: &NounPhrase, verb: &Verb, subjects: &[usize]) -> bool {
        let one = phrase.quantity.is_some_and(|quantity| quantity.count == 1);
        let count = |i: &usize| self.scene.things.get(*i).map_or(0, |thing| thing.count);
        is_together(&verb.attribute)
            && verb.form != VerbForm::Past
            && (phrase.determiner == Determiner::A || one)
            && !phrase.plural
            && !phrase.tags().any(Tags::PLACE.and(Tags::ABSTRACT).and(Tags::PART))
            && (verb.attribute == "sharing" || !phrase.tags().any(Tags::STUFF))
            && subjects.iter().map(count).sum::<u32>() > 1
            && subjects.iter().all(|i| self.is_animate(*i))
    }

    /// `two squirrels sharing an acorn`: it is between the two. `false` if the verb says something else.
    fn share(&mut self, phrase: &NounPhrase, verb: &Verb, subjects: &[usize]) -> bool {
        if verb.attribute != "sharing" || !self.is_shared(phrase, verb, subjects) {
            return false;
        }
        let what = self.thing_of(phrase);
        match subjects {
            several if kind_of(&phrase.noun).class == Class::Over => {
                self.relate_all(&[what], RelationKind::Above, several);
            }
            [pair] if self.scene.things.get(*pair).is_some_and(|thing| thing.count == 2) => {
                self.relate(what, RelationKind::Between(*pair), *pair);
            }
            [one, other] => self.relate(what, RelationKind::Between(*other), *one),
            _ => self.relate_all(subjects, RelationKind::NextTo, &[what]),
        }
        (self.group, self.closed) = (subjects.to_vec(), true);
        true
    }

    /// `gives a woman a laptop and a boy a book`: each has what he is given. `true` if the verb says that.
    fn gives(
        &mut self,
        phrase: &NounPhrase,
        verb: &Verb,
        (subjects, prep): (&[usize], Option<&str>),
    ) -> bool {
        let given = |first: Option<&Chunk>, second: Option<&Chunk>| match (first, second) {
            (Some(Chunk::Np(who)), Some(Chunk::Np(what))) => (who.tags().any(Tags::ANIMATE)
                && !what.noun.is_empty()
                && what.determiner != Determiner::None)
                .then(|| (who.clone(), what.clone())),
            _ => None,
        };
        // "gave the child the dog bit": a clause of its own.
        let acts = matches!(self.peek(2), Some(Chunk::Verb(_) | Chunk::Be));
        let mut pair = given(self.peek(0), self.peek(1)).filter(|_| is_giving(&verb.attribute) && !acts);
        if prep.is_some()
            || pair.is_none()
            || verb.form == VerbForm::Past
            || !phrase.tags().any(Tags::ANIMATE)
        {
            return false;
        }
        let mut gifts = Vec::new();
        while let Some((who, what)) = pair {
            let (receiver, gift) = (self.thing_of(&who), self.thing_of(&what));
            gifts.push(gift);
            self.relate_all(subjects, RelationKind::NextTo, &[receiver]);
            if what.tags().any(Tags::ANIMATE) || kind_of(&what.noun).height > 1.4 {
                self.relate(gift, RelationKind::NextTo, receiver);
            } else {
                self.hold(&[gift], &[receiver]);
            }
            self.at += 1;
            let joined = matches!(self.peek(1), Some(Chunk::And | Chunk::Comma));
            pair = given(self.peek(2), self.peek(3)).filter(|_| joined);
            self.at += if pair.is_some() { 2 } else { 0 };
        }
        self.tell_deed(verb, RelationKind::NextTo, subjects, &gifts);
        (self.group, self.object_of, self.closed) = (subjects.to_vec(), None, true);
        true
    }

    /// `licking an ice cream` stays in the caption; `licking a dog` touches somebody.
    fn is_eaten(&self, phrase: &NounPhrase, verb: &Verb, prep: Option<&str>) -> bool {
        let bites = matches!(verb.attribute.as_str(), "licking" | "biting" | "bitten" | "licked");
        bites && prep != Some("by") && !phrase.tags().any(Tags::ANIMATE) && self.known(phrase).is_none()
    }

    /// Whether things hold others by what they are: a basket, a shelf.
    fn are_containers(&self, things: &[usize]) -> bool {
        let holds = |thing: &crate::Thing| {
            let tags = thing_tags(thing);
            tags.any(Tags::CONTAINER.and(Tags::SURFACE)) && !tags.any(Tags::ANIMATE)
        };
        !things.is_empty() && things.iter().all(|index| self.scene.things.get(*index).is_some_and(holds))
    }

    /// Whether things are one and no more.
    fn are_one(&self, things: &[usize]) -> bool {
        let count = |i: &usize| self.scene.things.get(*i).map_or(0, |thing| thing.count);
        things.iter().map(count).sum::<u32>() == 1
    }

    /// The object of an active verb; what is flown from the ground is above.
    fn fly_kite(&mut self, phrase: &NounPhrase, verb: &Verb, kind: RelationKind, subjects: &[usize]) {
        const LEAVES_PLACE_TO_OBJECT: [&str; 8] =
            ["pushing", "pulling", "watching", "observing", "admiring", "examining", "catching", "picking"];
        let flown = verb.attribute == "flying" && matches!(phrase.noun.as_str(), "kite" | "drone");
        self.object_thing(phrase, kind, subjects.to_vec());
        let holds = matches!(
            verb.attribute.as_str(),
            "holding" | "carrying" | "clutching" | "gripping" | "cradling" | "brandishing"
        );
        let holds = holds || verb.attribute == "lifting" && self.are_one(subjects);
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
        // Whoever is told by a name may have hands.
        let named = |index: &usize| {
            self.scene.things.get(*index).is_some_and(|t| thing_tags(t).is_unknown() || is_persons(&t.noun))
        };
        let has = |index: &usize| self.is_animate(*index) || hand(index) || named(index);
        if let Some(part) = phrase.owned_part().filter(|part| holds && tags(part).any(Tags::BODY)) {
            return self.grasp(verb, &part, subjects);
        }
        let held = (holds || hugs) && subjects.iter().any(has);
        let objects = self.group.clone();
        if held {
            self.hold(&objects, subjects);
        }
        if flown {
            self.scene.relations.retain(|r| !(objects.contains(&r.object) && subjects.contains(&r.subject)));
            self.relate_all(&objects, RelationKind::Above, subjects);
            // A kite in the air is what flies.
            self.intransitive(verb, &objects);
        } else {
            let carried = held && holds && !matches!(verb.attribute.as_str(), "lifting" | "brandishing");
            let kind = if carried { RelationKind::HeldBy } else { kind };
            self.tell_deed(verb, kind, subjects, &objects);
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
        let subjects = self.without_the_like(&verb.attribute, subjects);
        self.add_deed(subjects, &format!("{} {prep}{}", verb.attribute, phrase.text()));
        self.group = subjects.to_vec();
        self.detailed_by = subjects.to_vec();
        self.detailed = subjects.to_vec();
        self.work_on(phrase, &verb.attribute, subjects);
    }

    /// `a man wearing boots and a woman wearing shoes`: who does it already does it to something else.
    fn without_the_like<'b>(&self, does: &str, subjects: &'b [usize]) -> &'b [usize] {
        let does_so = |index: &usize| {
            let detail = self.scene.things.get(*index).and_then(|thing| thing.detail.as_deref());
            detail.is_some_and(|detail| detail.split(' ').any(|word| word == does))
        };
        match subjects.split_last() {
            Some((last, others)) if others.iter().any(does_so) && !does_so(last) => {
                std::slice::from_ref(last)
            }
            _ => subjects,
        }
    }

    pub(super) fn surrounding(&mut self, phrase: &NounPhrase, verb: &Verb, subjects: &[usize]) {
        let role = verb.role;
        // "deer surrounding a moose": they are around it.
        if role == Role::Surrounded && verb.form != VerbForm::Past {
            self.used.push(verb.attribute.clone());
            let known = self.known(phrase).is_some();
            return self.place_against(phrase, RelationKind::Around, "around", subjects.to_vec(), known);
        }
        if role == Role::Surrounded && phrase.head_is_place() {
            return self.places.add("surrounded by", &phrase.text());
        }
        let object = self.thing_of(phrase);
        // "surrounded by colorful fish"
        let bare = phrase.determiner == Determiner::None && phrase.quantity.is_none() && !phrase.plural;
        let alike =
            List::Alike.has(&phrase.noun) || matches!(phrase.noun.as_str(), "fish" | "deer" | "sheep");
        let bare = role == Role::Surrounded && bare && alike;
        for thing in self.scene.things.get_mut(object).into_iter().filter(|_| bare) {
            (thing.count, thing.exact) = (4, false);
        }
        for subject in subjects {
            match role {
                Role::Flanked => self.relate(*subject, RelationKind::Between(object), object),
                Role::Topped => self.relate(object, RelationKind::On, *subject),
                _ => self.relate(object, RelationKind::Around, *subject),
            }
        }
        // "a cake topped with strawberries and a candle"
        if role == Role::Topped {
            (self.owner, self.contained) = (subjects.to_vec(), Some(RelationKind::On));
        }
        self.group = vec![object];
        self.object_of = None;
    }
}

/// `a coffin lined with velvet`
fn is_lined(phrase: &NounPhrase, verb: &Verb, prep: Option<&str>) -> bool {
    let past = verb.role == Role::Neutral && verb.form == VerbForm::Past;
    past && prep == Some("with") && !phrase.plural
}

/// `crowned by a bishop`, `ringing a doorbell`: near, and not on or around it.
fn is_beside(phrase: &NounPhrase, verb: &Verb, prep: Option<&str>) -> bool {
    let crowned = verb.role == Role::Topped && prep == Some("by") && phrase.tags().any(Tags::ANIMATE);
    crowned || verb.form != VerbForm::Past && verb.attribute == "ringing"
}

/// `brushing a horse`: somebody to whom it is done is there, too.
fn is_tended(phrase: &NounPhrase, verb: &Verb) -> bool {
    const TENDED: [&str; 9] = [
        "brushing",
        "washing",
        "cleaning",
        "dressing",
        "serving",
        "wiping",
        "spraying",
        "splashing",
        "squirting",
    ];
    let tended = TENDED.contains(&verb.attribute.as_str()) && verb.form != VerbForm::Past;
    tended && phrase.tags().any(Tags::ANIMATE)
}

/// Whether a thing is no larger than arms can hold, whatever it shows: a teddy bear, a pillow.
fn is_cuddly(noun: &str) -> bool {
    const SOFT: [&str; 9] =
        ["teddy", "teddy bear", "doll", "rag doll", "pillow", "cushion", "toy", "plushie", "stuffed animal"];
    SOFT.contains(&noun) || noun.starts_with("plush ") || noun.starts_with("toy ")
}
