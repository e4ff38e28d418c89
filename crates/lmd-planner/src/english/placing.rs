//! Prepositions, parts of the picture and arrangements at work: who is placed
//! against whom.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, Pending, thing_tags};
use super::links::Link;
use super::phrase::{Determiner, NounPhrase};
use super::places::{Setting, is_heavenly, setting};
use super::who::Who;
use crate::lexicon::{Class, List, Tags, head, kind_of};
use crate::{Arrangement, Region, Relation, RelationKind, Size, Thing};

/// Enough for every pair of what a layout holds; keeps senseless text cheap.
const MAX_RELATIONS: usize = 512;

impl Interpreter<'_> {
    /// The subjects a link or a verb speaks of here.
    pub(super) fn current_subjects(&self) -> Vec<usize> {
        match &self.object_of {
            _ if self.joint == Joint::Comma && !self.parts.is_empty() => self.parts.clone(),
            Some((_, subjects)) if self.joint != Joint::None || self.closed => subjects.clone(),
            _ => self.group.clone(),
        }
    }

    pub(super) fn link(&mut self, link: &Link) {
        self.must_say(link);
        self.corner = None;
        self.detailed.clear();
        // "there is no one in the park" denies the people, not the park.
        if self.denied.is_some_and(|denied| denied.is_some())
            && (self.group.is_empty() || self.leaves_denial(link))
        {
            self.denied = None;
        }
        match link {
            Link::Rel { kind, prep } => self.relation(*kind, prep),
            Link::Prep(prep) => self.relation(RelationKind::NextTo, prep),
            Link::RelTo { kind, plural } => {
                let subjects = self.link_subjects();
                let who = if *plural { Who::They } else { Who::It };
                let objects = self.refer(*kind, who, &subjects);
                if objects.is_empty() && *kind == RelationKind::Inside {
                    // "a lake with an island in its middle"
                    self.set_region(&subjects, Region::Center);
                } else if subjects.is_empty() || self.noun_follows() {
                    self.ahead = Some((*kind, objects));
                    self.group.clear();
                } else {
                    self.relate_all(&subjects, *kind, &objects);
                    self.closed = true;
                }
            }
            Link::CenterOf => self.pending = Pending::Center { subjects: self.link_subjects() },
            // "a cat on the corner of a bed" takes up more than that.
            Link::CornerOf { out: false, .. } if self.group.last().is_some_and(|i| self.is_large(*i)) => {
                self.relation(RelationKind::On, "on");
            }
            Link::CornerOf { region, out } => {
                let left = matches!(region, Region::TopLeft | Region::BottomLeft);
                match out {
                    true if left => self.relation(RelationKind::LeftOf, "to"),
                    true => self.relation(RelationKind::RightOf, "to"),
                    false => self.relation(RelationKind::Inside, "in"),
                }
                self.corner = Some(*region);
            }
            Link::BothSides { .. } => self.on_both_sides(),
            Link::Region { region, to, framed } => self.region_link(*region, *to, *framed),
            Link::Arrange(arrangement) => self.arrange(*arrangement),
            Link::Lines { lines, all } => self.in_lines(*lines, *all),
            Link::Together => self.arrange(Arrangement::Row),
            Link::Facing { away } => self.face(*away),
            Link::Stacked => self.arrange(Arrangement::Stack),
            Link::Series(kind) => self.series = Some((*kind, self.scene.things.len())),
            Link::InHand => self.take_in_hand(),
            Link::Everywhere => self.spread(),
            // The sun of a child's drawing is in a corner of the picture.
            Link::Nowhere | Link::SomeCorner if self.group.len() == 1 && self.is_of_sky() => {
                let sun = self.group.last().and_then(|index| self.scene.things.get_mut(*index));
                sun.into_iter().for_each(|sun| sun.region = Some(Region::TopRight));
            }
            Link::SomeCorner => self.in_some_corner(),
            Link::Nowhere => {}
        }
        self.joint = Joint::None;
    }

    /// Whether somebody is no spider that fits into a corner.
    fn is_large(&self, index: usize) -> bool {
        self.is_animate(index)
            && self.scene.things.get(index).is_some_and(|thing| kind_of(&thing.noun).extent() > 0.6)
    }

    pub(super) fn link_subjects(&mut self) -> Vec<usize> {
        let listed = self.joint == Joint::None && self.joined_by == Joint::Comma && !self.closed;
        let mut subjects = self.current_subjects();
        // "two birds, one of which is blue, on a wire": both of them.
        if self.joint == Joint::Comma && !self.parts.is_empty() {
            subjects.extend(self.divided.filter(|rest| !self.parts.contains(rest)));
        }
        match subjects.split_last() {
            Some((last, others)) if listed && subjects == self.group => {
                let owners = self.owner.clone();
                others.iter().for_each(|other| self.default_relation(*other, &owners));
                vec![*last]
            }
            _ => subjects,
        }
    }

    /// Whether what follows the link is a new thing and not its object.
    pub(super) fn noun_follows(&self) -> bool {
        match self.peek(1) {
            Some(Chunk::Np(_) | Chunk::There) => true,
            Some(Chunk::Be | Chunk::Verb(_)) => matches!(self.peek(2), Some(Chunk::Np(_))),
            Some(Chunk::Comma) => self.group.is_empty() || self.joint != Joint::None,
            _ => false,
        }
    }

    pub(super) fn relation(&mut self, kind: RelationKind, prep: &str) {
        let kind = self.kind_after_deed(kind, prep);
        if self.stands_elsewhere() {
            return;
        }
        let subjects = self.link_subjects();
        let subjects = self.only_last_is_beside(kind, subjects);
        // "a painting on the wall behind the table": over it, not hidden by it.
        let hangs = |i: &usize| self.scene.things.get(*i).is_some_and(|t| t.region == Some(Region::Wall));
        let on_wall = matches!(self.previous(), Some(Chunk::Np(np)) if np.noun == "wall");
        let kind = match kind {
            RelationKind::Behind if on_wall && !subjects.is_empty() && subjects.iter().all(hangs) => {
                RelationKind::Above
            }
            kind => kind,
        };
        let subjects = self.holder_of(kind, subjects);
        let placed = self.placed_so(kind, prep).or_else(|| self.beside_on_surface(kind));
        let kind = placed.as_ref().map_or(kind, |(kind, _)| *kind);
        let placed = placed.map(|(_, subjects)| subjects);
        let subjects =
            placed.or_else(|| self.doer_on(kind)).or_else(|| self.wearer_in(kind)).unwrap_or(subjects);
        let object_follows = matches!(
            self.peek(1),
            Some(Chunk::Np(_) | Chunk::Pronoun(_) | Chunk::OneOf(_) | Chunk::OfThem(_))
        );
        // "a cup that has fallen over"
        // "a crowd looking on"
        let watches =
            |i: &usize| self.scene.things.get(*i).is_some_and(|t| t.phrase().ends_with(" looking on"));
        if !object_follows && (prep == "over" && self.follows_state() || subjects.iter().any(watches)) {
            return;
        }
        // "people eating outside"
        if !object_follows && prep == "outside" && self.is_outside(&subjects) {
            return;
        }
        if !object_follows {
            return self.dangling(kind, &subjects);
        }
        let turned = matches!(self.peek(2), Some(Chunk::Be | Chunk::There | Chunk::Verb(_)))
            && matches!(self.peek(3), Some(Chunk::Np(_)))
            && self.joint != Joint::None;
        // "left of it a cheese board": what is placed follows.
        let known = match self.peek(1) {
            Some(Chunk::Np(np)) => self.known(np).is_some(),
            _ => true,
        };
        let before = self.joint != Joint::None && known && matches!(self.peek(2), Some(Chunk::Np(_)));
        // "a car and, to the left of it, a motorcycle"
        let pronoun = matches!(self.peek(1), Some(Chunk::Pronoun(_)));
        let enclosed =
            pronoun && matches!((self.peek(2), self.peek(3)), (Some(Chunk::Comma), Some(Chunk::Np(_))));
        let before = before || enclosed && self.joint != Joint::None;
        // "a bridge under which a boat passes"
        let which =
            matches!((self.peek(1), self.peek(2)), (Some(Chunk::Pronoun(Who::That)), Some(Chunk::Np(_))));
        let turned = turned || before || which;
        self.pending = if subjects.is_empty() || turned {
            Pending::Ahead { kind, prep: prep.to_owned() }
        } else {
            Pending::Object { kind, prep: prep.to_owned(), subjects }
        };
    }

    /// `howling at the moon`: it is to be seen, and far above.
    fn looks_up_at(&mut self, phrase: &NounPhrase, subjects: Vec<usize>) {
        let moon = self.thing_of(phrase);
        self.set_region(&[moon], Region::Sky);
        self.group = subjects;
    }

    /// The object of a preposition: a place, a part of the picture or a thing.
    pub(super) fn object(
        &mut self,
        phrase: &NounPhrase,
        kind: RelationKind,
        prep: &str,
        subjects: Vec<usize>,
    ) {
        if self.at_its_end(phrase, kind, prep, &subjects)
            || self.known(phrase).is_none() && self.seizes(phrase, prep)
            || prep == "through" && self.looks_through(phrase, &subjects)
            || self.on_branch(phrase, kind, prep, &subjects)
            || self.dates(phrase, prep, &subjects)
            || self.moves_on(phrase, kind, &subjects)
        {
            return;
        }
        if Self::is_own_part(phrase) {
            return self.on_own_part(phrase, (kind, prep), &subjects);
        }
        if (matches!(kind, RelationKind::On | RelationKind::Inside)
            || prep.starts_with("from")
            || self.is_part_of_building(phrase, &subjects))
            && self.in_part_of_whole(phrase, prep, &subjects)
        {
            return;
        }
        let aimed = prep == "into" && kind == RelationKind::NextTo || prep == "on";
        if self.reaches(phrase, prep, &subjects) || aimed && self.speaks_into(phrase, prep, &subjects) {
            return;
        }
        let subjects = self.goes_into(prep, subjects);
        let known = self.known(phrase).filter(|i| !subjects.contains(i));
        let led = kind == RelationKind::On
            && matches!(phrase.noun.as_str(), "leash" | "lead" | "harness" | "chain" | "crutch");
        let worn = led
            || phrase.tags().any(Tags::WORN)
                && kind == RelationKind::Inside
                && !(matches!(prep, "out of" | "into") || self.is_amid(phrase, prep, &subjects));
        if worn && subjects.iter().any(|i| self.is_animate(*i)) && known.is_none() {
            let subjects = self.undressed(phrase, subjects);
            self.add_detail(&subjects, &format!("{prep} {}", phrase.text()));
            self.detailed = subjects;
            return;
        }
        let differs = prep == "in" && self.differ_by(phrase, &subjects);
        if differs || known.is_none() && self.is_amidst(phrase, (kind, prep), &subjects) {
            return;
        }
        // "pointing in three directions": what has no shape is said of whom it is about.
        let own = phrase.determiner == Determiner::Possessive && List::Used.has(head(&phrase.noun));
        let shapeless = phrase.tags().any(Tags::ABSTRACT) || self.is_new_idea(phrase) || prep == "at" && own;
        let shapeless = shapeless && setting(phrase, kind, prep) == Setting::Thing;
        if shapeless && known.is_none() && !subjects.is_empty() {
            self.add_detail(&subjects, &format!("{prep} {}", phrase.text()));
            self.group = subjects;
            self.closed = true;
            return;
        }
        if prep == "at" && is_heavenly(&phrase.noun) && known.is_none() {
            return self.looks_up_at(phrase, subjects);
        }
        if kind == RelationKind::NextTo && known.is_none() && self.lies_beside_place(phrase) {
            return self.places.add(prep, &phrase.text());
        }
        let kind = self.kind_by_words(phrase, kind, prep, &subjects);
        self.place_against(phrase, kind, prep, subjects, known.is_some());
    }

    pub(super) fn object_thing(&mut self, phrase: &NounPhrase, kind: RelationKind, subjects: Vec<usize>) {
        self.object_known = self.known(phrase).is_some();
        // "two nightstands, a lamp on each nightstand"
        let all = self.scene.things.iter().rposition(|t| t.noun == phrase.noun && t.count > 1);
        if let (Determiner::Each, Some(all)) = (phrase.determiner, all.filter(|all| !subjects.contains(all)))
        {
            return self.one_each_of(kind, subjects, Some(all));
        }
        let object = self.another_below(phrase).unwrap_or_else(|| self.thing_of(phrase));
        let mut subjects = subjects;
        // "a sofa, a table and a painting above the sofa": the painting alone.
        if let (true, Some(last)) = (self.object_known && self.owner.is_empty(), subjects.last().copied()) {
            let listed = self.mentioned.contains(&object) && subjects.len() > 1 && self.ahead.is_none();
            if listed
                && matches!(
                    kind,
                    RelationKind::Above
                        | RelationKind::Below
                        | RelationKind::On
                        | RelationKind::Under
                        | RelationKind::Behind
                )
            {
                subjects = vec![last];
            }
        }
        if let Some((_, source, _)) = self.picks.last().filter(|(part, ..)| *part == object) {
            // "two houses and a tree in front of the left house": the tree alone.
            let source = *source;
            if subjects.len() > 1 {
                subjects.retain(|index| *index != source);
            }
        }
        let several = self.scene.things.get(object).is_some_and(|thing| thing.count > 1);
        if matches!(kind, RelationKind::Between(_)) {
            self.side_of_pole(object);
            if several || !matches!(self.peek(1), Some(Chunk::And | Chunk::Comma)) {
                self.between(&subjects, object, object);
            } else {
                self.pending = Pending::SecondPole { subjects, first: object };
            }
            return;
        }
        self.belongs_to_vehicle(phrase, object);
        self.as_many_as(phrase, kind, &subjects, object);
        let kind = self.at_owned_part(phrase, kind, &subjects);
        self.pass_on_place(kind, &subjects, object);
        self.one_for_each(phrase, kind, &subjects, object);
        self.relate_all(&subjects, kind, &[object]);
        self.put_in_corner(&subjects, kind, object);
        let workers = std::mem::take(&mut self.workers);
        self.relate_all(&workers, RelationKind::Behind, &[object]);
        self.group = vec![object];
        self.object_of = Some((kind, subjects));
        self.closed = false;
    }

    /// `on the table, …`: the object before its subject.
    pub(super) fn object_ahead(&mut self, phrase: &NounPhrase, kind: RelationKind, prep: &str) {
        self.group.clear();
        if setting(phrase, kind, prep) == Setting::Thing && self.leaves_out_idea(phrase) {
            return;
        }
        let setting = if self.known(phrase).is_some() { Setting::Thing } else { setting(phrase, kind, prep) };
        match setting {
            Setting::Place => self.places.add(prep, &phrase.text()),
            // "no clouds in the sky": where what is not there is not.
            Setting::Region(_) if self.was_denied() && !matches!(self.peek(1), Some(Chunk::Colon)) => {
                self.used.push(phrase.noun.clone());
            }
            Setting::Region(region) => {
                self.region = Some(region);
                self.region_place(phrase, prep);
            }
            Setting::Ignored => {}
            Setting::Thing if matches!(kind, RelationKind::Between(_)) => {
                self.object_thing(phrase, kind, Vec::new());
            }
            Setting::Thing => {
                let object = self.thing_of(phrase);
                self.ahead = Some((kind, vec![object]));
            }
        }
    }

    pub(super) fn region_link(&mut self, region: Region, to: bool, framed: bool) {
        let subjects = self.link_subjects();
        let subjects = if region == Region::Background { self.last_of_list(subjects) } else { subjects };
        let opens = subjects.is_empty() || self.joint != Joint::None && self.noun_follows();
        if opens {
            self.region = Some(region);
            self.ahead = None;
            self.group.clear();
            self.closed = false;
            self.object_of = None;
            return;
        }
        let owners: Vec<usize> = self.owner.iter().copied().filter(|i| !subjects.contains(i)).collect();
        let owners =
            if owners.is_empty() && !framed { self.filled_before(region, &subjects) } else { owners };
        // "five trees, the tallest in the middle": of those it was taken out of.
        if let (Region::Center, [part], Some(rest)) = (region, subjects.as_slice(), self.divided)
            && !framed
            && self.parts.contains(part)
            && self.scene.things.get(*part).is_some_and(|thing| thing.count == 1)
        {
            self.stand_amid(*part, rest);
            self.closed = true;
            return;
        }
        if region == Region::Center && self.in_the_middle_of_owner(&subjects, &owners) {
            self.closed = true;
            return;
        }
        // "The apple is in the middle" of two pears.
        let other = (self.scene.things.len() == 2).then(|| (0..2).find(|i| !subjects.contains(i))).flatten();
        let pair = other.filter(|i| self.scene.things.get(*i).is_some_and(|thing| thing.count == 2));
        if let (Region::Center, [_], Some(pair)) = (region, subjects.as_slice(), pair)
            && owners.is_empty()
            && self.places.len() == 0
        {
            self.relate_all(&subjects, RelationKind::Between(pair), &[pair]);
            self.closed = true;
            return;
        }
        if !framed
            && (self.in_corner_of_owner(region, &subjects, &owners)
                || self.at_end_of_owner(region, &subjects, &owners))
        {
            self.closed = true;
            return;
        }
        let kind = match region {
            Region::Left => Some(RelationKind::LeftOf),
            Region::Right => Some(RelationKind::RightOf),
            _ => None,
        };
        match kind {
            Some(kind) if to && !owners.is_empty() => self.relate_all(&subjects, kind, &owners),
            _ => self.set_region(&subjects, region),
        }
        if region == Region::Background {
            self.scenery_behind(&subjects);
        }
        self.closed = true;
    }

    pub(super) fn set_region(&mut self, things: &[usize], region: Region) {
        for index in things {
            if let Some(thing) = self.scene.things.get_mut(*index) {
                self.said += usize::from(thing.region.is_none_or(|known| known == region));
                thing.region = thing.region.or(Some(region));
                if region == Region::Corners && thing.count == 1 {
                    thing.count = 4;
                }
            }
        }
    }

    pub(super) fn relate_all(&mut self, subjects: &[usize], kind: RelationKind, objects: &[usize]) {
        if let (RelationKind::Between(_), [first, second]) = (kind, objects) {
            for subject in subjects {
                self.relate(*subject, RelationKind::Between(*second), *first);
            }
            return;
        }
        for subject in subjects {
            for object in objects {
                self.relate(*subject, kind, *object);
            }
        }
    }

    pub(super) fn relate(&mut self, subject: usize, kind: RelationKind, object: usize) {
        self.said += usize::from(subject != object);
        let kind = self.with_pole(subject, kind, object);
        // "the number 5 on a door"
        let written = |thing: &Thing| thing.noun.starts_with("number ") || thing.noun.contains('"');
        let written = self.scene.things.get(subject).is_some_and(written);
        let kind = if written && kind == RelationKind::On { RelationKind::Inside } else { kind };
        // Nothing is covered by a window that it lies under.
        let hangs = self
            .scene
            .things
            .get(object)
            .is_some_and(|thing| matches!(kind_of(&thing.noun).class, Class::Hang | Class::Wall));
        let kind = if hangs && kind == RelationKind::Under { RelationKind::Below } else { kind };
        // A window on a tower is in its side.
        let kind = if kind == RelationKind::On && self.is_in_side(subject, object) {
            RelationKind::Inside
        } else {
            kind
        };
        // A spotlight on a singer is above.
        let shines = |thing: &Thing| {
            matches!(head(&thing.noun), "spotlight" | "searchlight" | "beam" | "sunbeam" | "ray")
        };
        let lit = kind == RelationKind::On
            && self.is_animate(object)
            && self.scene.things.get(subject).is_some_and(shines);
        let kind = if lit { RelationKind::Above } else { kind };
        // What is on a poster is shown there.
        let shows = |index: usize| {
            self.scene.things.get(index).is_some_and(|thing| thing_tags(thing).any(Tags::SHOWS))
        };
        let hung =
            self.scene.things.get(object).is_some_and(|thing| kind_of(&thing.noun).class == Class::Hang);
        let (held, bears) = (shows(subject), shows(object));
        let shown = hung && (held || bears) || held && bears || self.is_printed(subject, object);
        // "a cat on top of a painting" sits there.
        let shown = kind == RelationKind::On && shown && !self.is_atop();
        let kind = if shown { RelationKind::Inside } else { kind };
        // "an owl in front of a full moon": the moon is seen around it.
        if let (RelationKind::InFrontOf, Some(thing)) = (kind, self.scene.things.get_mut(object))
            && is_heavenly(&thing.noun)
            && thing.size.is_none()
        {
            thing.size = Some(Size::Huge);
        }
        let relation = Relation { subject, kind, object };
        if self.scene.relations.len() >= MAX_RELATIONS {
            return;
        }
        if subject != object && !self.scene.relations.contains(&relation) {
            self.scene.relations.push(relation);
        }
    }
}
