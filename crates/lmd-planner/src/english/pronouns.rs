//! Pronouns, and whose part `his shoulder` is.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, Pending, thing_tags};
use super::links::Link;
use super::owning::is_building;
use super::phrase::{Determiner, NounPhrase};
use super::spots::rests_on_body;
use super::who::Who;
use crate::lexicon::{Class, Role, Tags, VerbForm, head, is_of_the_living, kind_of};
use crate::{Relation, RelationKind, Size, Thing};

impl Interpreter<'_> {
    pub(super) fn pronoun(&mut self, who: Who) {
        match std::mem::take(&mut self.pending) {
            Pending::Object { kind, subjects, .. } if who == Who::Each => self.for_each(kind, subjects),
            Pending::Object { kind, prep, subjects } => {
                // "a bucket hanging from it"
                let hangs = prep == "from" && self.hung;
                let kind = if hangs { RelationKind::HangsFrom } else { kind };
                let except = [subjects.clone(), self.borne_by(&subjects, who)].concat();
                let objects = last_two_between(kind, self.refer(kind, who, &except));
                // "a sheet of paper sticking out of it"
                let whole = objects.first().and_then(|index| self.scene.things.get(*index));
                let kind =
                    whole.and_then(|whole| self.halfway(whole, kind, &prep, &subjects)).unwrap_or(kind);
                self.no_longer_only_beside(kind, &prep, &subjects, &objects);
                let kind = if kind == RelationKind::On && self.bears_picture(&subjects, &objects) {
                    self.show_in_middle(&subjects, &objects);
                    RelationKind::Inside
                } else {
                    kind
                };
                self.relate_all_and_rest(&subjects, kind, &objects);
                // "a bowl with a spoon in it on a table": the bowl is on the table.
                let of_owner =
                    !objects.is_empty() && objects.iter().all(|object| self.owner.contains(object));
                let held = matches!(kind, RelationKind::Inside | RelationKind::On);
                // "a postcard with a mill on it lies on a mat": the postcard lies there.
                let acts = matches!(self.peek(1), Some(Chunk::Verb(verb)) if verb.form == VerbForm::Third)
                    || self.stands_next() && !subjects.iter().any(|index| self.is_animate(*index));
                let on = of_owner && held && (acts || self.at_noun_place());
                self.group = if on { objects } else { subjects };
                self.closed = true;
            }
            Pending::Ahead { kind, .. } => {
                let objects = self.refer(kind, who, &[]);
                // "On it are a teapot and two cups." goes on about the table.
                if self.mentioned.is_empty() {
                    self.mentioned.extend_from_slice(&objects);
                }
                self.ahead = Some((kind, objects));
                self.group.clear();
            }
            Pending::BothSides { subjects } => {
                for object in self.resolve(who, &subjects) {
                    self.flank(object, &subjects);
                }
            }
            Pending::Nothing => {
                self.group = self.resolve(who, &[]);
                // "They" again and again names nothing new.
                if !self.mentioned.ends_with(&self.group) {
                    self.mentioned.extend(self.group.iter().copied());
                }
                self.object_of = None;
                self.closed = true;
            }
            Pending::Verb { verb, subjects, .. } => {
                let objects = self.resolve(who, &subjects);
                self.done_to_known(verb, subjects, objects);
            }
            Pending::Than { larger, higher, by, subjects } => {
                let objects = self.resolve(who, &subjects);
                self.compare((larger, higher, by), &subjects, &objects);
            }
            _ => {}
        }
        self.joint = Joint::None;
    }

    /// What hangs from things or lies on them: `an apple on a branch above them` is not above itself.
    fn borne_by(&self, things: &[usize], who: Who) -> Vec<usize> {
        let borne = |r: &&Relation| {
            let on = r.kind == RelationKind::On && who == Who::They;
            (on || r.kind == RelationKind::HangsFrom) && things.contains(&r.object)
        };
        self.scene.relations.iter().filter(borne).map(|r| r.subject).collect()
    }

    /// Whether a preposition with a noun comes next.
    fn at_noun_place(&self) -> bool {
        matches!((self.peek(1), self.peek(2)), (Some(Chunk::Link(_)), Some(Chunk::Np(_))))
    }

    /// What `it` or `them` means here.
    pub(super) fn resolve(&self, who: Who, except: &[usize]) -> Vec<usize> {
        let free = |i: &usize| !except.contains(i);
        if who == Who::That {
            return self.mentioned.iter().rev().copied().find(free).into_iter().collect();
        }
        if who == Who::They {
            return self.several_meant(&free);
        }
        let fit = |i: &usize| self.scene.things.get(*i).map_or(0, |thing| who.fit(thing));
        // "It" is one thing where there is one.
        let one = |i: &usize| {
            self.scene.things.get(*i).is_some_and(|thing| thing.count == 1) && !self.comes_out(*i)
        };
        let nearest = |fits: &dyn Fn(&usize) -> bool| {
            let owner = self.owner.iter().rev().copied().find(fits);
            let here = self.mentioned.iter().rev().copied().find(fits);
            owner.or(here).or(self.focus.iter().copied().find(fits))
        };
        let all = (0..self.scene.things.len()).rev();
        // Somebody named sentences ago is "her" before a branch just named is.
        let anywhere = |least: u8| all.clone().find(|i| who != Who::It && free(i) && fit(i) >= least);
        let of_fit = |least: u8| {
            let fits = |i: &usize| free(i) && fit(i) >= least;
            nearest(&|i| fits(i) && one(i)).or_else(|| nearest(&fits)).or_else(|| anywhere(least))
        };
        let best = match who {
            Who::It => {
                let near = nearest(&|i| free(i) && one(i)).or_else(|| nearest(&free));
                near.and_then(|near| self.no_person(near, &free, &one))
            }
            _ => of_fit(3).or_else(|| of_fit(2)).or_else(|| of_fit(1)),
        };
        let near = nearest(&|i| free(i) && one(i)).or_else(|| nearest(&free));
        best.or(near).into_iter().collect()
    }

    /// What `it` means where the nearest is a person: a thing of this sentence or the one before, an animal where the
    /// verb says what only somebody alive does.
    fn no_person(
        &self,
        near: usize,
        free: &dyn Fn(&usize) -> bool,
        one: &dyn Fn(&usize) -> bool,
    ) -> Option<usize> {
        let is =
            |i: &usize, tag: Tags| self.scene.things.get(*i).is_some_and(|thing| thing_tags(thing).any(tag));
        if !is(&near, Tags::PERSON) {
            return None;
        }
        let thing = |i: &usize| free(i) && one(i) && !is(i, Tags::PERSON);
        let does = (1..3)
            .find_map(|ahead| if let Some(Chunk::Verb(verb)) = self.peek(ahead) { Some(verb) } else { None });
        let acts = does.is_some_and(|verb| is_of_the_living(&verb.attribute) || verb.role == Role::Caption);
        let named = || self.mentioned.iter().chain(&self.earlier).copied();
        let animal = named().find(|i| acts && thing(i) && is(i, Tags::ANIMATE));
        animal.or_else(|| named().find(thing))
    }

    fn several_meant(&self, free: &dyn Fn(&usize) -> bool) -> Vec<usize> {
        let several = |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing.count > 1);
        if let Some(one) = self.mentioned.iter().rev().copied().find(|i| free(i) && several(i)) {
            return vec![one];
        }
        let mut here: Vec<usize> = Vec::new();
        for index in self.mentioned.iter().copied().filter(free) {
            if !here.contains(&index) {
                here.push(index);
            }
        }
        if here.len() > 1 {
            return here;
        }
        // "Two bicycles lean against a wall. Both have baskets."
        if let Some(one) = self.focus.iter().copied().find(|i| here.is_empty() && free(i) && several(i)) {
            return vec![one];
        }
        (0..self.scene.things.len()).filter(free).collect()
    }

    /// The words that come next where they say on which part of whom a thing is: `with a newspaper over her head`.
    pub(super) fn part_place(&self) -> Option<(String, NounPhrase)> {
        match (self.peek(1)?, self.peek(2)?) {
            (Chunk::Link(Link::Rel { prep, .. } | Link::Prep(prep)), Chunk::Np(part))
                if Self::is_own_part(part) =>
            {
                Some((prep.clone(), part.clone()))
            }
            _ => None,
        }
    }

    /// Whose part it is, by the word before it.
    pub(super) fn owners_named_by(&self, part: &NounPhrase, subjects: &[usize]) -> Vec<usize> {
        let word = part.words.first().map(|word| word.to_lowercase()).unwrap_or_default();
        let who = Who::owning(&word);
        // "A parrot sits by a cage. Its door is open.": nobody alive has doors.
        let built =
            part.tags().any(Tags::PART) && !part.tags().any(Tags::BODY.and(Tags::WORN).and(Tags::GRASP));
        let has = |index: &usize| {
            let thing =
                self.scene.things.get(*index).filter(|thing| !subjects.contains(index) && thing.count == 1);
            thing.is_some_and(|thing| {
                let tags = thing_tags(thing);
                let hollow =
                    tags.any(Tags::CONTAINER.and(Tags::VEHICLE).and(Tags::SEAT)) || is_building(thing);
                let tree = head(&thing.noun) == "tree";
                if part.noun == "branch" { tree } else { hollow && !tags.any(Tags::ANIMATE) }
            })
        };
        let named = self.mentioned.iter().chain(&self.earlier).copied();
        match named.rev().find(has).filter(|_| built && who == Who::It) {
            Some(whole) => vec![whole],
            None => self.owners_of_part(who, subjects),
        }
    }

    /// On, over or at a part of somebody: against the whole of him.
    pub(super) fn on_own_part(
        &mut self,
        phrase: &NounPhrase,
        (kind, prep): (RelationKind, &str),
        subjects: &[usize],
    ) {
        let owners = self.owners_named_by(phrase, subjects);
        let owners = if prep == "to" && phrase.noun == "foot" { Vec::new() } else { owners };
        // "a cat lying on its back"
        let alive = |list: &[usize]| list.iter().any(|i| self.is_animate(*i));
        let lifeless = !owners.is_empty() && !alive(&owners);
        if alive(subjects) && lifeless && phrase.tags().any(Tags::BODY) || owners.is_empty() {
            self.deeds_behind(prep, subjects);
            self.add_detail(subjects, &format!("{prep} {}", phrase.text()));
            self.group = subjects.to_vec();
            self.closed = true;
            return;
        }
        // "a parrot on each shoulder" are two.
        if phrase.determiner == Determiner::Each && !owners.is_empty() {
            for subject in subjects {
                let one = self.scene.things.get_mut(*subject).filter(|thing| thing.count == 1);
                one.into_iter().for_each(|thing| thing.count = 2);
            }
        }
        let kind = if lifeless { self.at_lifeless(kind, prep, subjects) } else { kind };
        let within = matches!(
            kind,
            RelationKind::On | RelationKind::Inside | RelationKind::NextTo | RelationKind::Under
        );
        let slung = is_slung(phrase, kind);
        // "carrying a toddler on her back", "a scarf around his neck"
        let person =
            |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing_tags(thing).any(Tags::PERSON));
        let on_back = kind == RelationKind::On && phrase.noun == "back" && owners.iter().all(person);
        let at_neck = kind == RelationKind::Around && phrase.noun == "neck";
        let slung = slung || on_back || at_neck;
        let held =
            phrase.tags().any(Tags::GRASP) && within || slung || matches!(kind, RelationKind::Between(_));
        if held {
            self.hold(subjects, &owners);
        } else {
            let at_feet = matches!(phrase.noun.as_str(), "foot" | "feet" | "paw" | "hoof" | "ankle");
            let kind = if at_feet && kind == RelationKind::NextTo { RelationKind::InFrontOf } else { kind };
            let kind = if self.hung && kind == RelationKind::NextTo { RelationKind::HangsFrom } else { kind };
            self.scene.relations.retain(|r| {
                !((r.kind == RelationKind::Inside || r.kind == RelationKind::On && self.hung)
                    && subjects.contains(&r.subject)
                    && owners.contains(&r.object))
            });
            self.no_longer_beside(subjects, &owners);
            self.relate_all(subjects, kind, &owners);
        }
        // In a mouth or on one shoulder it is not where hands or a head would be.
        let at_head = matches!(phrase.noun.as_str(), "mouth" | "beak" | "jaws" | "teeth" | "jaw") && held;

        let on_one = phrase.noun == "shoulder"
            && !phrase.plural
            && phrase.determiner != Determiner::Each
            && kind == RelationKind::On
            && !held;
        let at_face = slung && matches!(phrase.noun.as_str(), "face" | "eye");
        if at_head || rests_on_body(phrase, prep, held, lifeless) || on_one || at_neck || at_face {
            self.add_detail(subjects, &format!("{prep} {}", phrase.text()));
        }
        self.used.extend((!owners.is_empty()).then(|| phrase.noun.clone()));
        // "a squirrel with a nut in its paws on a log": the squirrel is on the log.
        if !owners.is_empty() && owners.iter().all(|owner| self.owner.contains(owner)) {
            self.group = owners;
            self.object_of = None;
        }
        self.closed = true;
    }

    /// `a candle on every table`: several tables with a candle each; `a box under every window` of a house: on that.
    pub(super) fn one_for_each(
        &mut self,
        phrase: &NounPhrase,
        kind: RelationKind,
        subjects: &[usize],
        object: usize,
    ) {
        use RelationKind::{Above, Below, Inside, On, Under};
        let every =
            phrase.determiner == Determiner::Each && matches!(kind, On | Inside | Below | Under | Above);
        let single = |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing.count == 1);
        // "a cat on each of three steps"
        let all = phrase.quantity.filter(|quantity| quantity.count > 1);
        if !every || self.object_known || !(all.is_some() || single(&object)) || !subjects.iter().all(single)
        {
            return;
        }
        let many = all.map_or((3, false), |all| (all.count, all.exact));
        for index in subjects.iter().chain([&object]) {
            let thing = self.scene.things.get_mut(*index);
            thing.into_iter().for_each(|thing| (thing.count, thing.exact) = many);
        }
        let owners: Vec<usize> = self.owner.iter().copied().filter(|i| !subjects.contains(i)).collect();
        if phrase.tags().any(Tags::PART) || matches!(kind_of(&phrase.noun).class, Class::Hang | Class::Wall) {
            self.no_longer_beside(subjects, &owners);
            for part in subjects.iter().chain([&object]) {
                self.relate_all(&[*part], Inside, &owners);
            }
        }
    }

    /// Whether it is smoke or the like that comes out of something.
    pub(super) fn rises(&self, prep: &str, subjects: &[usize]) -> bool {
        let stuff =
            |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing_tags(thing).any(Tags::STUFF));
        (prep.starts_with("from") || prep == "out of")
            && !self.hung
            && !subjects.is_empty()
            && subjects.iter().all(stuff)
    }

    /// `a koala hugging its baby`: a small koala; `ducklings with their mother`: a mother duck.
    pub(super) fn young_of_animal(&self, phrase: &NounPhrase) -> Option<Thing> {
        const NO_COWS: [&str; 9] = [
            "elephant",
            "whale",
            "giraffe",
            "hippo",
            "hippopotamus",
            "rhino",
            "rhinoceros",
            "dolphin",
            "camel",
        ];
        let noun = phrase.noun.as_str();
        let young = matches!(noun, "baby" | "child" | "young" | "offspring" | "calf");
        let grown = matches!(noun, "mother" | "father" | "mom" | "mum" | "mama" | "dad" | "parent");
        if phrase.determiner != Determiner::Possessive || !(young || grown) {
            return None;
        }
        let word = phrase.words.first().map(|word| word.to_lowercase()).unwrap_or_default();
        let owners = self.owners_of_part(Who::owning(&word), &[]);
        let parent = self.scene.things.get(*owners.first()?)?;
        let tags = crate::lexicon::noun_tags(&parent.noun);
        let animal = tags.any(Tags::ANIMAL) && !tags.any(Tags::PERSON);
        let kin = match parent.noun.as_str() {
            _ if !grown => None,
            other => Some(grown_name(other)),
        };
        let other_calf = noun == "calf" && !NO_COWS.contains(&head(&parent.noun));
        (animal && !other_calf).then(|| {
            let mut thing = phrase.thing();
            if let Some(kin) = kin {
                thing.attributes.push(phrase.noun.clone());
                kin.clone_into(&mut thing.noun);
                return thing;
            }
            thing.noun.clone_from(&parent.noun);
            thing.attributes.push("baby".to_owned());
            thing.size = Some(Size::Small);
            thing
        })
    }

    /// `a cup in one hand`: somebody named before holds it.
    pub(super) fn take_in_hand(&mut self) {
        let subjects = self.link_subjects();
        let lifeless = subjects.iter().all(|i| !self.is_animate(*i));
        let holders = self.owners_of_part(Who::They, &subjects);
        let holders: Vec<usize> = holders.into_iter().filter(|i| self.is_animate(*i)).take(1).collect();
        if lifeless && !holders.is_empty() {
            self.hold(&subjects, &holders);
            self.closed = true;
        }
    }

    /// Whose part it is: somebody alive who fits the word, before any thing.
    fn owners_of_part(&self, who: Who, subjects: &[usize]) -> Vec<usize> {
        let lifeless: Vec<usize> = (0..self.scene.things.len()).filter(|i| !self.is_animate(*i)).collect();
        let except = [subjects, &lifeless].concat();
        let who = if who == Who::They && self.several_alive(&except) < 2 { Who::It } else { who };
        let alive = self.resolve(who, &except);
        let mut alive: Vec<usize> = alive.into_iter().filter(|i| !except.contains(i)).collect();
        if alive.is_empty() {
            alive = self.resolve(if who == Who::They { Who::They } else { Who::It }, subjects);
            // "an armchair by a window, a cat on its seat": the sentence is about the armchair.
            let beside = |r: &&Relation| {
                let near =
                    matches!(r.kind, RelationKind::NextTo | RelationKind::InFrontOf | RelationKind::Behind);
                near && alive == [r.object]
                    && self.mentioned.first() == Some(&r.subject)
                    && !subjects.contains(&r.subject)
            };
            if let Some(first) = self.scene.relations.iter().find(beside).map(|r| r.subject) {
                alive = vec![first];
            }
        }
        alive
    }

    /// How many kinds of somebody the sentences have named so far.
    fn several_alive(&self, except: &[usize]) -> usize {
        let several = |i: &usize| self.scene.things.get(*i).map_or(0, |thing| thing.count as usize);
        (0..self.scene.things.len()).filter(|i| !except.contains(i)).map(|i| several(&i)).sum()
    }

    /// What a pronoun after a preposition means: `it` stays what it was, and
    /// beside what rests on a desk means beside that thing, not the desk.
    pub(super) fn refer(&mut self, kind: RelationKind, who: Who, subjects: &[usize]) -> Vec<usize> {
        let objects = self.resolve(who, subjects);
        let it = who == Who::It && !self.owner.iter().any(|i| objects == [*i]);
        let (true, [near]) = (it, objects.as_slice()) else {
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
}

/// What a young animal is called when it is grown: `duckling` becomes `duck`.
fn grown_name(noun: &str) -> &str {
    match noun {
        "duckling" => "duck",
        "puppy" | "pup" => "dog",
        "kitten" => "cat",
        "chick" => "hen",
        "foal" => "horse",
        "lamb" => "sheep",
        "calf" => "cow",
        "piglet" => "pig",
        "fawn" => "deer",
        "gosling" => "goose",
        "cygnet" => "swan",
        "cub" => "bear",
        "lion cub" => "lion",
        "joey" => "kangaroo",
        other => other
            .strip_prefix("baby ")
            .or(other.strip_suffix(" cub"))
            .or(other.strip_suffix(" chick"))
            .unwrap_or(other),
    }
}

/// `a bag over her shoulder`, `a towel over his face`, but not `a lamp over her head`.
fn is_slung(part: &NounPhrase, kind: RelationKind) -> bool {
    let on = matches!(part.noun.as_str(), "shoulder" | "arm" | "back" | "neck" | "face" | "eye" | "mouth");
    on && kind == RelationKind::Above
}

/// `a shelf with a jug on the left, a pan on the right and a bowl between them`: of all that are meant those named last.
fn last_two_between(kind: RelationKind, mut objects: Vec<usize>) -> Vec<usize> {
    if matches!(kind, RelationKind::Between(_)) && objects.len() > 2 {
        objects.drain(..objects.len() - 2);
    }
    objects
}
