//! Pronouns, verbs and adjectives that speak of things named before.

use super::chunk::Chunk;
use super::coming::is_poured;
use super::deeds::{adorns, is_airborne};
use super::having::is_person;
use super::interpret::{Interpreter, Joint, Pending};
use super::links::Link;
use super::phrase::{Determiner, NounPhrase};
use super::places::{Setting, setting};
use super::who::Who;
use crate::lexicon::{
    Role, Tags, Verb, VerbForm, exact_tags, is_adorning, is_aimed, is_aimed_along, is_doing,
    is_of_the_living, is_told_behind, size,
};
use crate::{Arrangement, Region, RelationKind};

/// Adjectives that never stand before a noun.
const BEHIND: [&str; 8] = ["asleep", "awake", "afloat", "adrift", "ablaze", "aglow", "ajar", "aloft"];

impl Interpreter<'_> {
    /// `a hedgehog, cute, …`: a bare adjective after a comma speaks of the one
    /// thing before it. `true` if this was one.
    pub(super) fn describes_last(&mut self, phrase: &NounPhrase) -> bool {
        let bare =
            phrase.noun.is_empty() && phrase.is_bare() && !phrase.anaphor && !phrase.attributes.is_empty();
        // "a suitcase, brown and worn, next to a bag"
        let (pair, length): (&[String], usize) = match (self.peek(1), self.peek(2)) {
            (Some(Chunk::And), Some(Chunk::Adjectives(second))) => (second, 2),
            (Some(Chunk::And), Some(Chunk::Np(second))) if second.noun.is_empty() => (&second.attributes, 2),
            (Some(Chunk::And), Some(Chunk::Verb(verb))) => (std::slice::from_ref(&verb.attribute), 2),
            _ => (&[], 0),
        };
        let ends = matches!(self.peek(1 + length), None | Some(Chunk::Comma | Chunk::Stop | Chunk::Link(_)));
        let last = self.group.last().and_then(|index| self.scene.things.get_mut(*index));
        match last.filter(|thing| thing.count == 1 && bare && ends && self.joint == Joint::Comma) {
            Some(thing) => {
                self.at += length;
                // "an octopus, purple and teal" has both colours at once.
                let colour = |one: &String| exact_tags(one).any(Tags::COLOUR);
                let said: Vec<String> = match (phrase.attributes.as_slice(), pair) {
                    ([one], [other]) if colour(one) && colour(other) => vec![format!("{one} and {other}")],
                    (own, pair) => own.iter().chain(pair).cloned().collect(),
                };
                let new: Vec<String> =
                    said.into_iter().filter(|one| !thing.attributes.contains(one)).collect();
                thing.attributes.extend(new);
                true
            }
            None => false,
        }
    }

    /// Who does it before a place: `a monkey on a man's shoulder steals his hat`.
    fn doer_before_place(&self, verb: &Verb) -> Option<Vec<usize>> {
        let (_, subjects) = self.object_of.as_ref()?;
        let finite = verb.form == VerbForm::Third && verb.role != Role::Neutral;
        // "a girl on her father's shoulders pointing at fireworks"
        let body = |word: &String| exact_tags(&lmd_layout::singular(&word.to_lowercase())).any(Tags::BODY);
        let carried = matches!(self.previous(), Some(Chunk::Np(np)) if np.words.last().is_some_and(body));
        let finite = finite || carried && verb.form == VerbForm::Ing;
        let after = matches!(self.previous(), Some(Chunk::Np(_))) && self.joint == Joint::None;
        let alive = subjects.iter().all(|index| self.is_animate(*index));
        (finite && after && alive).then(|| subjects.clone())
    }

    /// Who does it: `a cat on a sill looking out` speaks of the cat.
    fn doers(&self, verb: &Verb) -> Vec<usize> {
        // "a crocodile with its mouth open and a bird cleaning its teeth": the bird cleans.
        let described = |i: &usize| {
            let detail = self.scene.things.get(*i).and_then(|thing| thing.detail.as_deref());
            detail.is_some_and(|says| {
                ["with its ", "with his ", "with her "].iter().any(|w| says.starts_with(w))
            })
        };
        let one = |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing.count == 1);
        let near = self.current_subjects();
        let near = match near.as_slice() {
            [first, last] if verb.form == VerbForm::Ing && described(first) && !described(last) => {
                vec![*last]
            }
            // "a skeleton and children pointing at it"
            [first, last] if verb.form == VerbForm::Ing && one(first) && self.at_it_follows() => vec![*last],
            _ => near,
        };
        let near = self.who_can(verb, near);
        self.told_doers(verb, &near).unwrap_or_else(|| self.likely_doers(verb, near))
    }

    /// Whether the verb is followed by a preposition and `it`.
    fn at_it_follows(&self) -> bool {
        let placed = matches!(self.peek(1), Some(Chunk::Link(Link::Rel { .. } | Link::Prep(_))));
        placed && matches!(self.peek(2), Some(Chunk::Pronoun(Who::It)))
    }

    /// Who does it, where the words before the verb say so.
    fn told_doers(&self, verb: &Verb, near: &[usize]) -> Option<Vec<usize>> {
        // "a swan with three cygnets following": they follow.
        let trails = matches!(verb.attribute.as_str(), "following" | "trailing") && self.joint == Joint::None;
        let alone = !matches!(self.peek(1), Some(Chunk::Np(_) | Chunk::Pronoun(_)));
        if trails && alone && !self.group.is_empty() && !self.owner.is_empty() {
            return Some(self.group.clone());
        }
        if let Some(same) = self.goes_on_acting(verb, near) {
            return Some(same);
        }
        // "a girl who chased a butterfly fell": the girl falls.
        if let (Some((_, subjects)), true) =
            (&self.object_of, verb.form == VerbForm::Third && self.ends_clause())
        {
            return Some(subjects.clone());
        }
        let bearer = self
            .doer_before_place(verb)
            .or_else(|| self.parked(verb, near))
            .or_else(|| self.owner_acts(verb, near).or_else(|| self.seated_holder(verb, near)))
            .or_else(|| self.picture_before_place(verb, near));
        // "a kite that looks like a dragon", "a ball that is balancing on a turtle"
        let which = match self.previous() {
            Some(Chunk::Be) => matches!(self.before_last(), Some(Chunk::Which)),
            previous => verb.role == Role::Caption && matches!(previous, Some(Chunk::Which)),
        };
        let bearer = bearer.or_else(|| (which && !self.closed).then(|| near.to_vec()));
        // "a flag shaped like a star"
        let shaped = verb.attribute.starts_with("shaped");
        bearer.or_else(|| match (self.previous(), self.mentioned.last()) {
            (Some(Chunk::Np(np)), Some(last)) if shaped => {
                (self.scene.things.get(*last)?.noun == np.noun).then(|| vec![*last])
            }
            _ => None,
        })
    }

    /// Who does it by what is alive and what the verb asks for.
    fn likely_doers(&self, verb: &Verb, near: Vec<usize>) -> Vec<usize> {
        let alive = |list: &[usize]| list.iter().any(|i| self.is_animate(*i));
        let acts = (matches!(verb.role, Role::Action | Role::Posture)
            || verb.role == Role::Close && !matches!(self.peek(1), Some(Chunk::Np(_))))
            && !matches!(self.previous(), Some(Chunk::Which));
        let finite = matches!(verb.form, VerbForm::Third | VerbForm::Base);
        // "children with a kite flying above them": the kite flies.
        let beyond = matches!(self.peek(1), Some(Chunk::Link(_)));
        if is_airborne(verb)
            && beyond
            && self.joint == Joint::None
            && !near.is_empty()
            && near.iter().all(|index| self.flies(*index))
        {
            return near;
        }
        match &self.object_of {
            // "a woman holding an umbrella walks": the woman walks.
            Some((_, subjects)) if acts && finite && !alive(&near) && alive(subjects) => subjects.clone(),
            // "a window, a cat looking out": the cat looks.
            // "a cat with a ball and a dog playing"
            _ if (acts || verb.role == Role::Caption)
                && (is_of_the_living(&verb.attribute) || verb.attribute == "wearing")
                && alive(&near) =>
            {
                near.into_iter().filter(|i| self.is_animate(*i)).collect()
            }
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
        // "a tornado made of tigers crashing into a tower"
        let made = |i: &usize| {
            let detail = self.scene.things.get(*i).and_then(|thing| thing.detail.as_deref());
            detail.is_some_and(|detail| detail.starts_with("made of"))
        };
        if alive
            || !detail
            || self.detailed.iter().any(made)
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

    /// `knitting a scarf that reaches to the floor`: said of the scarf, in the caption. `true` if it was that.
    fn of_detail(&mut self, verb: &Verb) -> bool {
        let lifeless = matches!(self.before_last(), Some(Chunk::Np(np)) if !np.tags().any(Tags::ANIMATE));
        let deed = !self.detailed_by.is_empty() && self.detailed_by == self.group;
        let goes_on = matches!(self.peek(1), Some(Chunk::Np(_)));
        let which = matches!(self.previous(), Some(Chunk::Which)) && lifeless && deed && !goes_on;
        if !which || verb.role != Role::Action || is_of_the_living(&verb.attribute) {
            return false;
        }
        let group = self.group.clone();
        self.add_detail(&group, &verb.attribute);
        self.joint = Joint::None;
        true
    }

    pub(super) fn verb(&mut self, verb: &Verb) {
        self.end_denial(verb);
        self.hung =
            matches!(verb.attribute.as_str(), "hanging" | "dangling" | "hung" | "suspended" | "swinging");
        let object = matches!(self.peek(1), Some(Chunk::Np(np)) if !Self::is_own_part(np));
        let spread = verb.form == VerbForm::Base;
        let says = if spread { plain_form(&verb.attribute) } else { &verb.attribute };
        let own = matches!(self.previous(), Some(Chunk::Np(np)) if Self::is_own_part(np));
        let of_own = own
            && (verb.role != Role::Posture || verb.attribute == "hanging")
            && !is_of_the_living(&verb.attribute);
        let done = (verb.form == VerbForm::Past || spread || of_own) && !object;
        if done && self.said_of_part(says) || self.said_of_detail(verb) || self.of_detail(verb) {
            return;
        }
        self.detailed.clear();
        self.widen_to_alike(verb);
        // "holding a sign reading "Free Hugs"": the sign says so.
        let read = matches!(self.peek(1), Some(Chunk::Lettering(_)));
        let subjects = if read { self.current_subjects() } else { self.doers(verb) };
        self.joint = Joint::None;
        let placed = self.ahead.is_some() || self.region.is_some();
        if subjects.is_empty() && placed && matches!(self.peek(1), Some(Chunk::Np(_))) {
            // "and under it sleeps a spaniel"
            if verb.form == VerbForm::Third && verb.role == Role::Action {
                self.attribute_ahead.push(verb.attribute.clone());
            }
            return;
        }
        if subjects.is_empty() {
            self.nobody_does(verb);
            return;
        }
        self.group.clone_from(&subjects);
        if self.acts(read, verb, &subjects) || self.awaits(verb, &subjects) {
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
            // "a table covered by a cloth"
            Some(Chunk::Link(Link::Rel { prep, .. })) if prep == "by" && adorns(&verb.attribute) => {
                Some("with")
            }
            Some(Chunk::Of) => Some("of"),
            // "rehearsing for a big show"
            Some(Chunk::For)
                if !passive && matches!(self.peek(2), Some(Chunk::Np(np)) if self.is_new_idea(np)) =>
            {
                Some("for")
            }
            Some(Chunk::Link(Link::Rel { prep, .. })) if passive && self.leads_to_agent(verb, prep) => {
                Some(prep.as_str())
            }
            _ => return self.intransitive(verb, &subjects),
        };
        self.at += usize::from(prep.is_some());
        self.pending = Pending::Verb { verb: verb.clone(), subjects, prep: prep.map(str::to_owned) };
    }

    /// `nobody is swimming`: told by what must not be there.
    fn nobody_does(&mut self, verb: &Verb) {
        // "nobody is riding the horse": the horse is there.
        let of_known = matches!(self.peek(1), Some(Chunk::Np(np)) if np.determiner == Determiner::The);
        self.denied.take_if(|_| of_known && !self.scene.absent.is_empty());
        let told = !self.scene.absent.is_empty() || is_adorning(&verb.attribute) && self.places.len() > 0;
        self.used.extend(told.then(|| verb.attribute.clone()));
    }

    /// Whether a preposition after a participle tells by whom, or into what, something was done.
    fn leads_to_agent(&self, verb: &Verb, prep: &str) -> bool {
        // What is parked by a canal is not parked by it.
        let agent = |np: &NounPhrase| np.tags().any(Tags::ANIMATE.and(Tags::VEHICLE));
        let by_agent = verb.role != Role::Action || matches!(self.peek(2), Some(Chunk::Np(np)) if agent(np));
        let bound =
            prep == "by" && by_agent || matches!(prep, "in" | "into" | "on") && verb.role == Role::Caption;
        // "a ship carved out of ice"
        let stuff = |np: &NounPhrase| np.tags().any(Tags::STUFF.and(Tags::MODIFIER)) && np.is_bare();
        let material = prep == "out of" && matches!(self.peek(2), Some(Chunk::Np(np)) if stuff(np));
        let bound = bound || material && verb.role == Role::Caption;
        // "a face drawn on it": where it is drawn is a place.
        let on_it = prep != "by" && matches!(self.peek(2), Some(Chunk::Pronoun(_)));
        bound && !on_it && !is_poured(verb) && !matches!(verb.role, Role::Neutral | Role::Posture)
    }

    /// Whether what is denied just before is worn by or part of somebody.
    pub(super) fn lacks_clothes(&self) -> bool {
        let Some(Chunk::Np(np)) = self.previous() else { return false };
        np.tags().any(Tags::WORN.and(Tags::PART)) && self.group.iter().any(|i| self.is_animate(*i))
    }

    /// `looking at the camera`, `leaning against something`: a deed and at what it is done, which may have a box.
    fn aimed(&self, verb: &Verb) -> String {
        let does = &verb.attribute;
        if is_poured(verb) {
            return format!("being {does}");
        }
        // "looking up at a bird"
        let little = does.rsplit(' ').next().filter(|_| does.contains(' '));
        let skip =
            usize::from(matches!(self.peek(1), Some(Chunk::Link(Link::Prep(word))) if little == Some(word)));
        let (prep, kind) = match self.peek(1 + skip) {
            Some(Chunk::Link(Link::Rel { prep, kind })) => (prep.as_str(), *kind),
            Some(Chunk::Link(Link::Prep(prep))) => (prep.as_str(), RelationKind::NextTo),
            Some(Chunk::For) => ("for", RelationKind::NextTo),
            _ => return does.clone(),
        };
        let Some(Chunk::Np(np)) = self.peek(2 + skip).filter(|_| is_aimed(does, prep)) else {
            return does.clone();
        };
        match setting(np, kind, prep) {
            _ if np.noun.is_empty() || verb.form == VerbForm::Past => does.clone(),
            Setting::Ignored => format!("{does} {prep} the {}", np.noun),
            Setting::Place | Setting::Region(_) => format!("{does} {prep} {}", np.text()),
            Setting::Thing if np.tags().any(Tags::PERSON) => format!("{does} {prep} someone"),
            Setting::Thing => format!("{does} {prep} something"),
        }
    }

    /// A verb without an object becomes an attribute where it says something.
    pub(super) fn intransitive(&mut self, verb: &Verb, subjects: &[usize]) {
        if is_airborne(verb) && !matches!(self.peek(1), Some(Chunk::Link(_))) {
            self.set_region(subjects, Region::Sky);
        }
        // "holding onto a branch" is told by the place.
        if verb.attribute == "holding" && matches!(self.peek(1), Some(Chunk::Link(_))) {
            self.used.push(verb.attribute.clone());
        }
        // "pretending to fly"
        if verb.attribute.contains(' ') && verb.role == Role::Caption {
            return self.add_deed(subjects, &verb.attribute);
        }
        // "the word "START" written on a wall": it is nothing but writing.
        let writing = |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing.noun.contains('"'));
        let written = matches!(verb.attribute.as_str(), "written" | "spelled" | "inscribed");
        if matches!(verb.attribute.as_str(), "used" | "viewed") || written && subjects.iter().all(writing) {
            return self.used.push(verb.attribute.clone());
        }
        if verb.attribute == "stacked" && subjects.len() > 1 {
            return self.chain(subjects, RelationKind::On);
        }
        let active = verb.form != VerbForm::Past;
        let (does, proved) = (self.aimed(verb), self.said);
        for index in subjects {
            let animate = self.is_animate(*index);
            let Some(thing) = self.scene.things.get_mut(*index) else { continue };
            if verb.attribute == "stacked" && thing.count > 1 {
                thing.arrangement = Some(Arrangement::Stack);
            }
            let says = is_told(verb, animate);
            if !says || thing.says(|word| word == does.as_str()) {
                continue;
            }
            // "a cat and a dog looking at each other": each at something.
            let does = match does.strip_suffix("each other") {
                Some(aim) if is_person(thing) => format!("{aim}someone"),
                Some(aim) => format!("{aim}something"),
                None => does.clone(),
            };
            // "a sitting woman smoking", "a cat looking up"
            let second = thing.attributes.iter().any(|attribute| is_doing(attribute));
            // "a lying puppy wearing sunglasses", not "a puppy wearing sunglasses and lying"
            let free = thing.detail.is_none() || is_aimed_along(&does) || does.contains(' ');
            let behind = active && is_told_behind(&does) && free;
            if active && second || behind || does.starts_with("being ") {
                self.add_deed(&[*index], &does);
            } else {
                thing.attributes.insert(0, does);
            }
        }
        // What somebody does tells no place.
        self.said = proved;
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
        // "wearing a coat which is too big"
        let which = self.before_last();
        let of_detail = matches!((which, self.previous()), (Some(Chunk::Which), Some(Chunk::Be)));
        if deed && of_detail && self.denied.is_none() {
            let group = self.group.clone();
            return self.add_detail(&group, &format!("which is {}", adjectives.join(" ")));
        }
        let subjects = if self.joint == Joint::None { self.group.clone() } else { self.current_subjects() };
        if self.denied.is_none() && self.is_higher(adjectives, &subjects) {
            return;
        }
        self.place_by_distance(adjectives, &subjects);
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
                    // "a tiny dragon asleep", not "an asleep dragon"
                    if BEHIND.contains(&adjective.as_str()) && thing.detail.is_none() {
                        thing.detail = Some(adjective.clone());
                    } else if !thing.attributes.contains(adjective) {
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

/// A verb as it looks without its ending: `spread`, `visible`.
fn plain_form(attribute: &str) -> &str {
    if attribute == "visibling" { "visible" } else { attribute.trim_end_matches("ing") }
}

/// Whether what a verb says of its subject is worth a word in the caption.
fn is_told(verb: &Verb, animate: bool) -> bool {
    const EMPTY: [&str; 9] =
        ["holding", "taking", "having", "doing", "making", "using", "made", "taken", "used"];
    match verb.role {
        role if role.is_place() => false,
        Role::Posture => animate || verb.leans(),
        _ => !EMPTY.contains(&verb.attribute.as_str()),
    }
}
