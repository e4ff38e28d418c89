//! On both sides: of a thing, of its owner, or of the picture; between things; and prepositions without an object.

use super::chunk::Chunk;
use super::going_on::has_room;
use super::interpret::{Interpreter, Joint, Pending, thing_tags};
use super::links::Link;
use super::of_part::is_counted_in;
use super::phrase::NounPhrase;
use super::places::{Setting, setting};
use super::who::Who;
use crate::lexicon::{Class, Tags, kind_of, known_kind};
use crate::{Arrangement, Region, Relation, RelationKind, Thing};

impl Interpreter<'_> {
    /// `on either side (of a table)`; alone it speaks of the owner.
    pub(super) fn on_both_sides(&mut self) {
        let subjects = self.link_subjects();
        // "a nightstand with a lamp on either side of a bed"
        let has =
            matches!(self.before_last(), Some(Chunk::With)) && matches!(self.previous(), Some(Chunk::Np(_)));
        let width =
            |index: usize| self.scene.things.get(index).map_or(0.0, |thing| kind_of(&thing.noun).width);
        let narrow = |np: &NounPhrase| self.owner.iter().all(|i| width(*i) < kind_of(&np.noun).width);
        let subjects = match self.peek(1) {
            Some(Chunk::Np(np)) if has && !self.owner.is_empty() && narrow(np) => {
                let owners = self.owner.clone();
                subjects.iter().for_each(|subject| self.default_relation(*subject, &owners));
                owners
            }
            _ => subjects,
        };
        if matches!(self.peek(1), Some(Chunk::Np(_) | Chunk::Pronoun(_))) {
            self.pending = Pending::BothSides { subjects };
            return;
        }
        let objects = self.resolve(Who::It, &subjects);
        for object in &objects {
            self.flank(*object, &subjects);
        }
        if objects.is_empty() {
            self.on_sides_of_picture(&subjects);
        }
    }

    /// `palm trees on both sides` of no thing: some on the left, as many on the right.
    fn on_sides_of_picture(&mut self, subjects: &[usize]) {
        for subject in subjects {
            let Some(thing) = self.scene.things.get_mut(*subject) else { continue };
            let count =
                if thing.exact && thing.count > 1 { thing.count } else { 2 * thing.count.div_ceil(2) };
            let mut right = thing.clone();
            (thing.count, right.count) = (count.div_ceil(2).max(1), (count / 2).max(1));
            self.scene.things.push(right);
            self.set_region(&[*subject], Region::Left);
            self.set_region(&[self.scene.things.len() - 1], Region::Right);
        }
        self.closed = true;
    }

    /// `a tree, a bench and a fountain in between`: of three things it is between the other two.
    pub(super) fn with_pole(&self, subject: usize, kind: RelationKind, object: usize) -> RelationKind {
        if !matches!(kind, RelationKind::Between(other) if other == usize::MAX || other == object) {
            return kind;
        }
        let single = self.scene.things.get(object).is_some_and(|thing| thing.count == 1);
        let mut others = (0..self.scene.things.len()).filter(|other| *other != subject && *other != object);
        match (single, others.next(), others.next()) {
            (true, Some(other), None) => RelationKind::Between(other),
            _ => RelationKind::Between(object),
        }
    }

    pub(super) fn both_sides(&mut self, phrase: &NounPhrase, subjects: &[usize]) {
        let object = self.thing_of(phrase);
        // "a parrot and a monkey on opposite sides of a chest": one on each.
        let single = |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing.count == 1);
        if let ([first, second], true) = (subjects, subjects.iter().all(single)) {
            self.relate(object, RelationKind::Between(*second), *first);
            self.closed = true;
            return;
        }
        self.flank(object, subjects);
    }

    pub(super) fn flank(&mut self, object: usize, subjects: &[usize]) {
        if self.flank_upon(object, subjects) {
            return;
        }
        // "a nightstand on each side" are two, and so is what is on it.
        let single = |thing: &Thing| thing.count == 1 && thing.exact;
        if let [only] = subjects
            && self.scene.things.get(*only).is_some_and(single)
        {
            let carried = |r: &&Relation| {
                r.object == *only && matches!(r.kind, RelationKind::On | RelationKind::Inside)
            };
            let carried = self.scene.relations.iter().filter(carried).map(|r| r.subject);
            for index in carried.chain([*only]).collect::<Vec<_>>() {
                let one = self.scene.things.get_mut(index).filter(|thing| single(thing));
                one.into_iter().for_each(|thing| thing.count = 2);
            }
        }
        for subject in subjects {
            // "curtains on both sides", "flower pots on both sides": one on each.
            let uncounted = |thing: &&mut Thing| !thing.exact && thing.count == 3;
            if let Some(thing) = self.scene.things.get_mut(*subject).filter(uncounted) {
                thing.count = 2;
            }
            if self.scene.things.get(*subject).is_some_and(|thing| thing.count > 1) {
                self.relate(object, RelationKind::Between(*subject), *subject);
            } else {
                self.relate(*subject, RelationKind::NextTo, object);
            }
        }
        self.closed = true;
    }

    /// Whether a verb or an adjective stands before the chunk at hand.
    pub(super) fn follows_state(&self) -> bool {
        match self.previous() {
            Some(Chunk::Verb(_) | Chunk::Adjectives(_)) => true,
            Some(Chunk::Np(np)) => np.noun.is_empty(),
            _ => false,
        }
    }

    /// A preposition without an object: `with a cherry on top`.
    pub(super) fn dangling(&mut self, kind: RelationKind, subjects: &[usize]) {
        // "a stove, a sink, and a stool in between": the stool alone.
        let between = matches!(kind, RelationKind::Between(_));
        let subjects = subjects.last().filter(|_| between).map_or(subjects, std::slice::from_ref);
        let mut owners: Vec<usize> = self.owner.iter().copied().filter(|i| !subjects.contains(i)).collect();
        // "a book, a jug, a skull with a candle on top": on the skull.
        if kind == RelationKind::On && owners.len() > 1 {
            owners.drain(..owners.len() - 1);
        }
        // "a lizard on the branch it sits on": it is on that branch.
        let named = self.at.checked_sub(3).and_then(|at| self.chunks.get(at..self.at));
        if let Some([Chunk::Np(_), Chunk::Pronoun(_), Chunk::Verb(_)]) = named
            && let Some(place) = self.mentioned.last().copied()
            && let Some(who) = self.mentioned.iter().rev().copied().find(|i| *i != place)
            && matches!(kind, RelationKind::On | RelationKind::Inside | RelationKind::Under)
        {
            let known = |r: &Relation| r.subject == who && r.object == place;
            if !self.scene.relations.iter().any(known) {
                self.relate(who, kind, place);
            }
            self.closed = true;
            return;
        }
        // "pancakes with syrup dripping and a pat of butter on top"
        let (subjects, owners) = match subjects {
            [first, last] if owners.is_empty() && self.is_atop() => {
                (std::slice::from_ref(last), vec![*first])
            }
            _ => (subjects, owners),
        };
        let objects = if owners.is_empty() { self.resolve(Who::It, subjects) } else { owners };
        if self.is_atop() {
            self.no_longer_beside(subjects, &objects);
        }
        if kind != RelationKind::NextTo && !subjects.is_empty() && !objects.is_empty() {
            self.relate_all(subjects, kind, &objects);
            self.closed = true;
        }
    }

    /// `a path from a gate to a house`: it lies between them. `true` if it was that.
    pub(super) fn reaches(&mut self, phrase: &NounPhrase, prep: &str, subjects: &[usize]) -> bool {
        let to = matches!(self.peek(1), Some(Chunk::Link(Link::Prep(prep))) if prep == "to")
            && matches!(self.peek(2), Some(Chunk::Np(_)));
        let lies = |i: &usize| {
            self.scene.things.get(*i).is_some_and(|thing| {
                let kind = kind_of(&thing.noun);
                kind.width > kind.height && !thing_tags(thing).any(Tags::ANIMATE.and(Tags::VEHICLE))
            })
        };
        let reaches = prep == "from" && to && !subjects.is_empty() && subjects.iter().all(lies);
        if reaches && setting(phrase, RelationKind::NextTo, "") == Setting::Thing {
            let first = self.thing_of(phrase);
            self.pending = Pending::SecondPole { subjects: subjects.to_vec(), first };
            self.at += 1;
            return true;
        }
        false
    }

    /// `a vase with roses on a table`: the vase is on the table.
    pub(super) fn holder_of(&mut self, kind: RelationKind, subjects: Vec<usize>) -> Vec<usize> {
        let contained = self.contained.take();
        let holder = match contained {
            Some(RelationKind::Inside | RelationKind::HeldBy) => true,
            // "a table with two chairs next to a sink"
            Some(RelationKind::On) if self.are_seats(&subjects) => true,
            Some(RelationKind::On) => kind == RelationKind::On || kind == RelationKind::Inside,
            _ => false,
        };
        // "a table with a vase on a tray": the tray bears no table.
        let width = |noun: &str| kind_of(noun).width;
        let owner = self.owner.last().and_then(|owner| self.scene.things.get(*owner));
        let small = |np: &NounPhrase| owner.is_some_and(|owner| width(&np.noun) < 0.6 * width(&owner.noun));
        let rests = matches!(kind, RelationKind::On | RelationKind::Inside);
        let known = |np: &NounPhrase| rests && known_kind(&np.noun).is_some() && !np.tags().any(Tags::PLACE);
        let of_holder = |np: &NounPhrase| {
            Self::is_own_part(np) || known(np) && small(np) || self.whole_of(np, &subjects).is_some()
        };
        let noun_follows = matches!(self.peek(1), Some(Chunk::Np(np)) if !of_holder(np));
        // "four friends with mugs around a fire": the friends are.
        let alive = |list: &[usize]| list.iter().any(|i| self.is_animate(*i));
        let around = kind == RelationKind::Around && alive(&self.owner) && !alive(&subjects);
        let holder = holder || around;
        let beside = contained == Some(RelationKind::NextTo) && noun_follows && self.joint == Joint::None;
        match self.peek(1) {
            Some(Chunk::Np(np)) if beside && !holder => return self.with_owners(kind, np, subjects),
            _ => {}
        }
        if holder && noun_follows && self.joint != Joint::And { self.owner.clone() } else { subjects }
    }

    fn are_seats(&self, things: &[usize]) -> bool {
        let seat =
            |i: &usize| self.scene.things.get(*i).is_some_and(|t| kind_of(&t.noun).class == Class::Seat);
        !things.is_empty() && things.iter().all(seat)
    }

    /// Who is placed so in `a man with a telescope on a hill`: what bears him bears him and what he has; of a desk he is
    /// no more than beside it. Where there is room for one of two, a guess is told.
    fn with_owners(&mut self, kind: RelationKind, place: &NounPhrase, subjects: Vec<usize>) -> Vec<usize> {
        use RelationKind::{Behind, InFrontOf, Inside, On, Under};
        let (Some(owner), Some(thing)) = (
            self.owner.last().and_then(|index| self.scene.things.get(*index)),
            subjects.last().and_then(|index| self.scene.things.get(*index)),
        ) else {
            return subjects;
        };
        let (whole, own, size) = (kind_of(&owner.noun), kind_of(&thing.noun), kind_of(&place.noun));
        let [lives, beside_lives] = [owner, thing].map(|thing| thing_tags(thing).any(Tags::ANIMATE));
        let ground = place.tags().any(Tags::SCENERY) && setting(place, kind, "on") == Setting::Thing;
        let table = size.class == Class::Table && size.width < 3.0;
        let stands = place.tags().any(Tags::OPEN) || ground || !table;
        let low = !thing_tags(owner).any(Tags::PERSON) && whole.height < 0.5;
        let seat = place.tags().any(Tags::SEAT);
        let bears = seat || size.width >= whole.width && (stands || low);
        let fits = match kind {
            On | Inside if lives => bears && !place.tags().any(Tags::WORN.and(Tags::BODY)),
            On => ground,
            Under => lives && size.class.is_hollow() && size.class != Class::Mount,
            InFrontOf | Behind => lives && size.width >= whole.width,
            _ => false,
        };
        if !fits {
            return subjects;
        }
        if lives
            && beside_lives
            && matches!(kind, On | Inside)
            && !seat
            && size.width < whole.width + own.width
        {
            let guess = format!("\"{}\" was taken to be {} \"{}\"", thing.noun, kind.words(), place.noun);
            self.scene.notes.push(guess);
            return subjects;
        }
        let flies = own.class == Class::Air && !beside_lives;
        if flies { self.owner.clone() } else { [self.owner.clone(), subjects].concat() }
    }

    /// Whether what is counted stands behind `of` what holds it: a box of six eggs.
    pub(super) fn counts_content(&self) -> bool {
        matches!((self.previous(), self.peek(1)), (Some(Chunk::Np(holder)), Some(Chunk::Np(np))) if is_counted_in(holder, np))
    }

    /// Opens what a box of something holds.
    pub(super) fn filled_with(&mut self) {
        self.with(false);
        self.filled = true;
    }

    /// Whether what comes next is on `it`, which is the rug under the table rather than the table.
    pub(super) fn bears_what_follows(&self, subjects: &[usize]) -> bool {
        let listed = |chunk: &&Chunk| matches!(chunk, Chunk::Np(_) | Chunk::And | Chunk::Comma);
        let rest = self.chunks.get(self.at + 1..).unwrap_or_default();
        let skipped = rest.iter().take_while(listed).count();
        let Some(Chunk::Link(Link::Rel { kind, .. })) = rest.get(skipped) else { return false };
        let bears = |index: &usize| {
            self.scene.things.get(*index).is_some_and(|thing| match kind {
                RelationKind::On => thing_tags(thing).any(Tags::SURFACE.and(Tags::SEAT)),
                // "a pot on a stove with a spoon in it", "a vase on a table, with three roses in it"
                RelationKind::Inside => {
                    let stand = matches!(crate::lexicon::head(&thing.noun), "stand" | "holder" | "bin");
                    thing_tags(thing).any(Tags::CONTAINER)
                        || kind_of(&thing.noun).class == Class::Container
                        || stand
                }
                // A boat is under the bridge over a river.
                RelationKind::Under => kind_of(&thing.noun).class.is_hollow(),
                _ => false,
            })
        };
        let it = rest.get(skipped + 1) == Some(&Chunk::Pronoun(Who::It));
        it && subjects.iter().any(bears) && !self.group.iter().any(bears)
    }

    /// `a table with a vase on a tray`: the tray is on the table, in place of the vase.
    pub(super) fn pass_on_place(&mut self, kind: RelationKind, subjects: &[usize], object: usize) {
        use RelationKind::{Inside, On};
        // "a cat on a desk on a laptop", but not "on a rug, on a bed"
        let next = matches!(self.back(2), Some(Chunk::Np(_))) && self.joint == Joint::None;
        let bearer = self.group.as_slice();
        let owners = [self.owner.as_slice(), if next { bearer } else { &[] }].concat();
        let new = !self.object_known && !owners.contains(&object) && matches!(kind, On | Inside);
        let stood = |r: &Relation| {
            subjects.contains(&r.subject) && owners.contains(&r.object) && matches!(r.kind, On | Inside)
        };
        let Some(place) = self.scene.relations.iter().find(|r| new && stood(r)).cloned() else { return };
        let size = |index: usize| self.scene.things.get(index).map_or(0.0, |t| kind_of(&t.noun).extent());
        if size(object) < size(place.object) {
            self.scene.relations.retain(|r| !stood(r));
            self.relate(object, place.kind, place.object);
        }
    }

    /// `four pots on a shelf, a cactus in each`: as many as there are of those.
    pub(super) fn for_each(&mut self, kind: RelationKind, subjects: Vec<usize>) {
        let all = self.latest_several().filter(|several| !subjects.contains(several));
        self.one_each_of(kind, subjects, all);
    }

    /// As many of `subjects` as there are of `all`, and so to them.
    pub(super) fn one_each_of(&mut self, kind: RelationKind, subjects: Vec<usize>, all: Option<usize>) {
        let count = all.and_then(|several| self.scene.things.get(several)).map(|all| (all.count, all.exact));
        if let (Some(several), Some(count)) = (all, count) {
            for index in &subjects {
                let one = self.scene.things.get_mut(*index).filter(|thing| thing.count == 1);
                one.into_iter().for_each(|thing| (thing.count, thing.exact) = count);
            }
            self.no_longer_beside(&subjects, &[several]);
            self.relate_all(&subjects, kind, &[several]);
        }
        (self.group, self.closed) = (subjects, true);
    }

    /// `a plate with a pie and a fork beside it`: only the fork is beside it.
    pub(super) fn only_last_is_beside(&mut self, kind: RelationKind, subjects: Vec<usize>) -> Vec<usize> {
        let pronoun = matches!(self.peek(1), Some(Chunk::Pronoun(_)));
        if pronoun && self.owner.is_empty() && self.mentioned.iter().all(|i| subjects.contains(i)) {
            return subjects.last().copied().into_iter().collect();
        }
        if self.lists_anew(subjects.len()) {
            return subjects;
        }
        let rests = matches!(
            kind,
            RelationKind::On | RelationKind::Inside | RelationKind::Under | RelationKind::Around
        );
        let Some((last, others)) = subjects.split_last().filter(|_| !rests && !self.owner.is_empty()) else {
            return subjects;
        };
        if others.is_empty() || !matches!(self.peek(1), Some(Chunk::Pronoun(_))) {
            return subjects;
        }
        let owners = self.owner.clone();
        for other in others {
            self.default_relation(*other, &owners);
        }
        vec![*last]
    }

    /// `a cake with candles on top, a plate and a fork beside it`: what is listed after a place is all beside it.
    fn lists_anew(&self, listed: usize) -> bool {
        let before = self.chunks.get(..self.at).unwrap_or_default();
        let Some(comma) = before.iter().rposition(|chunk| *chunk == Chunk::Comma) else { return false };
        let list = before.get(comma + 1..).unwrap_or_default();
        let named = list.iter().filter(|chunk| matches!(chunk, Chunk::Np(_))).count();
        let only = list.iter().all(|chunk| matches!(chunk, Chunk::Np(_) | Chunk::And));
        let placed = before.get(comma.saturating_sub(1));
        only && named == listed && matches!(placed, Some(Chunk::Link(_) | Chunk::Pronoun(_)))
    }

    /// What is between two things that are on a shelf is on it, too.
    fn rest_with(&mut self, subjects: &[usize], first: usize) {
        let rests = |r: &&Relation| matches!(r.kind, RelationKind::On | RelationKind::Inside);
        let of = |subject: usize, relations: &[Relation]| {
            relations.iter().filter(rests).find(|r| r.subject == subject).cloned()
        };
        let Some(place) = of(first, &self.scene.relations) else { return };
        for subject in subjects.iter().filter(|subject| **subject != place.object) {
            if of(*subject, &self.scene.relations).is_none() {
                self.relate(*subject, place.kind, place.object);
            }
        }
    }

    /// `a radio on a shelf between two candlesticks`: they are on the shelf, too, where there is room.
    fn poles_rest_with(&mut self, subjects: &[usize], poles: [usize; 2]) {
        let rests = |r: &&Relation| r.kind == RelationKind::On && subjects.contains(&r.subject);
        let Some(bearer) = self.scene.relations.iter().find(rests).map(|r| r.object) else { return };
        for pole in poles {
            let placed = self.scene.relations.iter().any(|r| r.subject == pole);
            let noun = self.scene.things.get(pole).map(|thing| thing.noun.clone());
            let (Some(noun), Some(under)) = (noun, self.scene.things.get(bearer)) else { continue };
            if !placed && pole != bearer && has_room(under, &noun) {
                self.relate(pole, RelationKind::On, bearer);
            }
        }
    }

    /// Relates things to what a pronoun means; what is between two of those rests with them.
    pub(super) fn relate_all_and_rest(&mut self, subjects: &[usize], kind: RelationKind, objects: &[usize]) {
        self.relate_all(subjects, kind, objects);
        if let (RelationKind::Between(_), Some(first)) = (kind, objects.first()) {
            self.rest_with(subjects, *first);
        }
    }

    /// `between a book on the left and a cup on the right`: on which side each of the two is.
    pub(super) fn side_of_pole(&mut self, pole: usize) {
        let region = match self.peek(1) {
            Some(Chunk::Link(Link::Region { region, .. })) => *region,
            Some(Chunk::Link(Link::RelTo { kind: RelationKind::LeftOf, .. })) => Region::Left,
            Some(Chunk::Link(Link::RelTo { kind: RelationKind::RightOf, .. })) => Region::Right,
            _ => return,
        };
        if matches!(region, Region::Left | Region::Right | Region::Top | Region::Bottom) {
            self.set_region(&[pole], region);
            self.at += 1;
        }
    }

    pub(super) fn between(&mut self, subjects: &[usize], first: usize, second: usize) {
        if subjects.is_empty() {
            self.ahead = Some((RelationKind::Between(second), vec![first]));
            self.group.clear();
            return;
        }
        // "ships between towers": so few that each of them can be.
        if first == second {
            for index in subjects.iter().chain([&first]) {
                // "a statue between two rows of trees": half of the trees on either side.
                let many = |thing: &&mut Thing| {
                    !thing.exact
                        && thing.count > 2
                        && !matches!(thing.arrangement, Some(Arrangement::Rows(_)))
                };
                let thing = self.scene.things.get_mut(*index).filter(many);
                thing.into_iter().for_each(|thing| thing.count = 2);
            }
        }
        self.relate_all(subjects, RelationKind::Between(second), &[first]);
        self.rest_with(subjects, first);
        self.poles_rest_with(subjects, [first, second]);
        self.group = subjects.to_vec();
        self.closed = true;
    }
}
