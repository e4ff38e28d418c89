//! Parts of a plural and comparisons at work: `the left one`, `five of them`,
//! `bigger than the tree`.

use super::chunk::{By, Chunk};
use super::interpret::{Interpreter, Joint, Pending, thing_tags};
use super::links::Link;
use super::numbers::Quantity;
use super::partitive::Pick;
use super::phrase::{Determiner, NounPhrase};
use crate::lexicon::{Class, Kind, List, Tags, compares, is_of_the_living, kind_of, names_colour};
use crate::{Region, RelationKind, Size, Thing};

impl Interpreter<'_> {
    /// `1girl, red dress`: a bare thing to wear in a list belongs to the one
    /// person before it. `true` if it was that.
    pub(super) fn is_worn_tag(&mut self, phrase: &NounPhrase) -> bool {
        let bare = phrase.is_bare();
        let worn = phrase.tags().any(Tags::WORN);
        let wears = |one: &Thing| {
            let tags = thing_tags(one);
            tags.any(Tags::PERSON) || worn && tags.any(Tags::ANIMATE)
        };
        let alone =
            self.scene.things.iter().skip(1).all(|other| worn && !thing_tags(other).any(Tags::ANIMATE));
        let person = alone && self.scene.things.first().is_some_and(wears);
        let part = phrase.tags().any(Tags::PART);
        let listed =
            self.joint == Joint::Comma && bare && person && phrase.tags().any(Tags::WORN.and(Tags::PART));
        if listed {
            let bare = phrase.plural || phrase.tags().any(Tags::STUFF);
            let text = if bare { phrase.text() } else { lmd_layout::with_article(&phrase.text()) };
            let has = if part { "with" } else { "wearing" };
            self.add_detail(&[0], &format!("{has} {text}"));
            self.group = vec![0];
        }
        listed
    }

    /// The latest thing of which there are several.
    pub(super) fn latest_several(&self) -> Option<usize> {
        let several = |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing.count > 1);
        self.divided.or_else(|| {
            let here = || self.mentioned.iter().rev().chain(&self.focus).copied().filter(several);
            // "three flags on poles, the leftmost is blue": one of the three.
            let exact = |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing.exact);
            let here = here().find(exact).or_else(|| here().next());
            here.or_else(|| (0..self.scene.things.len()).rev().find(several))
        })
    }

    /// A phrase with its noun: `a red` borrows it from `and a blue car`, `the
    /// other` from what was named before.
    pub(super) fn with_head(&mut self, phrase: &NounPhrase) -> Option<NounPhrase> {
        if !phrase.noun.is_empty() {
            // "two mugs, one of which has a handle, on a tray": the handle changes nothing.
            let dressed = matches!(self.pending, Pending::Object { .. }) && phrase.tags().any(Tags::WORN);
            // "two birds, one on a fence and one flying"
            let goes_on = matches!((self.peek(1), self.peek(2)), (Some(Chunk::And | Chunk::Comma), Some(Chunk::Np(np))) if np.noun.is_empty());
            let dressed = dressed || goes_on && matches!(self.pending, Pending::Object { .. });
            if !(dressed || matches!(self.pending, Pending::With { .. } | Pending::Verb { .. })) {
                self.divided = None;
                self.parts.clear();
            }
            return Some(phrase.clone());
        }
        // "the walls of their new flat": whatever stands there is no noun to the lexicon.
        if phrase.determiner == Determiner::Possessive {
            self.pending = Pending::Nothing;
            self.scene.not_understood.extend(phrase.words.iter().skip(1).cloned());
            return None;
        }
        if self.says_best(phrase) || self.picks_by_ordinal(phrase) || self.names_the_others(phrase) {
            return None;
        }
        let mut phrase = phrase.clone();
        phrase.attributes.retain(|attribute| !List::Ordinal.has(attribute) && attribute != "other");
        if let Some(lent) = self.best_of_several(&phrase).or_else(|| self.lent_head(&phrase)) {
            return Some(lent);
        }
        let one = |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing.count == 1);
        let named = self.group.last().or(self.mentioned.last()).or(self.focus.last()).copied();
        // "4 cupcakes on a tray: one pink": the part is one of the several.
        // "five kids on a sled, the biggest in front"
        let definite = phrase.determiner == Determiner::The;
        let compared = definite && phrase.attributes.iter().any(|attribute| compares(attribute));
        let alone = phrase.attributes.is_empty() && !phrase.anaphor;
        // "two books on a shelf, the blue one thicker"
        let one_of = definite && phrase.anaphor;
        let parts = (phrase.quantity.is_some() || alone || compared || one_of) && !self.pending_object();
        let source = named.filter(|i| !(parts && one(i))).or_else(|| self.latest_several()).or(named);
        let Some(original) = source.and_then(|i| self.scene.things.get(i)).cloned() else {
            self.color_detail_or_unknown(&phrase);
            return None;
        };
        if matches!(self.pending, Pending::Object { .. } | Pending::Verb { .. }) {
            self.color_detail_or_unknown(&phrase);
            return None;
        }
        // "a cow to the left of a barn and three more to the right of it": three more cows.
        // "a ball under a car, another one on the roof": another ball.
        let one_more = phrase.words.iter().any(|word| word.eq_ignore_ascii_case("one"));
        if let Some(noun) = self.another_of(&phrase) {
            phrase.noun = noun;
            return Some(phrase);
        }
        let more = phrase.determiner == Determiner::Another && (phrase.quantity.is_some() || one_more);
        if let (true, Some((_, subjects))) = (more, &self.object_of)
            && let Some(thing) = subjects.last().and_then(|index| self.scene.things.get(*index))
        {
            phrase.noun.clone_from(&thing.noun);
            phrase.plural = phrase.quantity.is_some_and(|quantity| quantity.count > 1);
            return Some(phrase);
        }
        phrase.noun.clone_from(&original.noun);
        if self.is_further(&phrase) {
            return Some(phrase);
        }
        self.part_of(phrase, source.unwrap_or_default(), original.count > 1)
    }

    /// A phrase that borrowed its noun from `source`: one of several, or another of the kind.
    fn part_of(&mut self, phrase: NounPhrase, source: usize, several: bool) -> Option<NounPhrase> {
        if matches!(self.peek(1), Some(Chunk::Link(Link::Region { region: Region::Corners, .. }))) {
            return None;
        }
        // "two lamps, one on each side of a bed"
        if several && matches!(self.peek(1), Some(Chunk::Link(Link::BothSides { .. }))) {
            self.group = vec![source];
            return None;
        }
        match self.divided.filter(|_| !self.pending_object()).or(several.then_some(source)) {
            Some(source) => self.split_off(&phrase, source),
            None => return Some(phrase),
        }
        None
    }

    /// A phrase with the noun of another: of what was called so, of the last thing, of the phrase that follows.
    fn lent_head(&self, phrase: &NounPhrase) -> Option<NounPhrase> {
        let mut phrase = phrase.clone();
        // "steam rises from the red one": whatever was called red.
        let called = |thing: &&Thing| phrase.attributes.iter().all(|word| thing.attributes.contains(word));
        if phrase.anaphor
            && phrase.determiner == Determiner::The
            && !phrase.attributes.is_empty()
            && let Some(thing) = self.scene.things.iter().rfind(called)
        {
            phrase.noun.clone_from(&thing.noun);
            return Some(phrase);
        }
        // "two green apples and three red ones" are five.
        let another = phrase.determiner == Determiner::A && !phrase.attributes.is_empty();
        let several = phrase.quantity.is_some_and(|quantity| quantity.count > 1);
        let more = self.joint == Joint::And && (several || another && self.divided.is_none());
        // "pouring it from one flask into another"
        let next = phrase.determiner == Determiner::Another && phrase.attributes.is_empty();
        if (phrase.anaphor || next && phrase.quantity.is_none() && self.pending_object())
            && (self.pending_object() || more)
            && let Some(noun) = self.coloured_noun(&phrase).or_else(|| self.last_noun())
        {
            phrase.noun = noun;
            return Some(phrase);
        }
        // "the man in black, the woman in red": the colours are what they wear.
        let clause = matches!((self.peek(1), self.peek(2)), (Some(Chunk::Comma), Some(Chunk::Np(np))) if np.determiner == Determiner::The);
        let within = matches!(&self.pending, Pending::Object { prep, .. } if prep == "in");
        // "a tall tree, a short one and a hammock": a tree.
        let named = clause && within && phrase.is_bare() || phrase.anaphor && !self.scene.things.is_empty();
        if let Some(next) = self.next_head(&phrase).filter(|_| !named) {
            phrase.noun.clone_from(&next.noun);
            phrase.plural = phrase.quantity.is_some_and(|q| q.count != 1);
            return Some(phrase);
        }
        None
    }

    /// `the others`, `the rest` of several of which some were picked or
    /// described: adjectives that follow are theirs. `true` if it was that.
    fn names_the_others(&mut self, phrase: &NounPhrase) -> bool {
        let says = |word: &String| {
            let low = word.to_lowercase();
            low == "others"
                || low == "rest"
                || low == "remaining"
                || low == "other" && phrase.quantity.is_some_and(|q| q.count > 1)
        };
        let picked = self.picks.last().map(|(_, source, _)| *source);
        let left = self.divided.or(picked);
        // "the left one red and the other blue"
        let other = phrase.other && self.divided.is_none();
        let named = other || phrase.words.iter().any(says);
        let Some(left) = left.filter(|_| !self.pending_object() && named) else {
            return false;
        };
        let same = |index: &usize| {
            let thing =
                |index: usize| self.scene.things.get(index).map(|thing| (&thing.noun, &thing.attributes));
            *index == left
                || thing(*index) == thing(left) && !self.picks.iter().any(|(part, ..)| part == index)
        };
        self.group = (0..self.scene.things.len()).filter(same).collect();
        // "the central one larger than the others"
        if let Pending::Than { larger, higher, by, subjects } = std::mem::take(&mut self.pending) {
            let others = self.group.clone();
            self.compare((larger, higher, by), &subjects, &others);
        }
        self.closed = true;
        self.object_of = None;
        let attributes: Vec<String> =
            phrase.attributes.iter().filter(|attribute| *attribute != "remaining").cloned().collect();
        if !attributes.is_empty() {
            self.adjectives(&attributes);
        }
        self.apply_waiting_region();
        true
    }

    /// The noun of the thing named last.
    fn last_noun(&self) -> Option<String> {
        // "a cat on a fridge while a black one looks up": a black cat.
        let acts = matches!(self.peek(1), Some(Chunk::Verb(verb)) if is_of_the_living(&verb.attribute));
        let subject = self.object_of.as_ref().and_then(|(_, subjects)| subjects.last().copied());
        if let Some(thing) = subject.filter(|_| acts).and_then(|index| self.scene.things.get(index)) {
            return Some(thing.noun.clone());
        }
        let last = self.group.last().or(self.mentioned.last()).or(self.focus.last())?;
        self.scene.things.get(*last).map(|thing| thing.noun.clone())
    }

    /// The noun of what has a colour, where the thing named last has none: `a green bottle in a crate and a brown one`.
    fn coloured_noun(&self, phrase: &NounPhrase) -> Option<String> {
        let coloured = |words: &[String]| words.iter().any(|word| names_colour(word));
        let things = |index: &usize| self.scene.things.get(*index);
        let last = self.mentioned.last().and_then(things)?;
        if !coloured(&phrase.attributes) || coloured(&last.attributes) || self.mentioned.len() != 2 {
            return None;
        }
        self.mentioned
            .iter()
            .filter_map(things)
            .rfind(|thing| coloured(&thing.attributes))
            .map(|t| t.noun.clone())
    }

    fn pending_object(&self) -> bool {
        matches!(self.pending, Pending::Object { .. } | Pending::Verb { .. })
    }

    /// `two cats, one black and one white`: takes some of the things apart.
    pub(super) fn split(&mut self, phrase: &NounPhrase, source: usize) {
        let Some(original) = self.scene.things.get_mut(source) else { return };
        let rest = matches!(phrase.determiner, Determiner::The)
            || phrase.words.iter().any(|w| w.to_lowercase().starts_with("other"));
        let count = phrase.quantity.map_or(1, |q| q.count.max(1));
        // "a diver jumps, the others watching": nobody has told of others.
        if original.count <= 1 && phrase.words.last().is_some_and(|word| word.eq_ignore_ascii_case("others"))
        {
            self.scene.not_understood.push("others".to_owned());
            self.group.clear();
            return;
        }
        if count >= original.count || (rest && original.count <= 1) {
            original.attributes.splice(0..0, phrase.attributes.iter().cloned());
            self.group = vec![source];
            self.divided = None;
        } else {
            self.divided = Some(source);
            let mut part = original.clone();
            original.count -= count;
            part.count = count;
            part.attributes.splice(0..0, phrase.attributes.iter().cloned());
            part.size = phrase.size().or(part.size);
            self.scene.things.push(part);
            let last = self.scene.things.len() - 1;
            self.group = vec![last];
            self.stand_like(last, source);
            // "between two glasses, one of which has fallen over"
            let two = self.scene.things.get(source).is_some_and(|thing| thing.count == 1) && count == 1;
            let within = |r: &&mut crate::Relation| {
                r.object == source && r.kind == RelationKind::Between(source) && r.subject != last
            };
            for relation in self.scene.relations.iter_mut().filter(within).filter(|_| two) {
                relation.kind = RelationKind::Between(last);
            }
        }
        self.parts.extend_from_slice(&self.group);
        let group = self.group.clone();
        self.place_by_distance(&phrase.attributes, &group);
        self.closed = true;
        self.object_of = None;
        self.apply_waiting_region();
    }

    pub(super) fn one_of(&mut self, pick: Pick) {
        let Some(source) = self.picked_from(pick).or_else(|| self.counterpart(pick)) else { return };
        let pending = std::mem::take(&mut self.pending);
        let stacked = self.scene.things.get(source).is_some_and(|thing| thing.arrangement.is_some());
        if let (true, Pending::Object { kind, subjects, .. }) = (stacked, &pending) {
            // What lies on the top one lies on the whole stack.
            return self.relate_all(subjects, *kind, &[source]);
        }
        let group = vec![match pick {
            Pick::At(Region::Center) => self.pick_middle(source),
            Pick::At(region) => self.pick(source, region),
            Pick::Nth(nth) => self.pick_nth(source, nth),
            Pick::Last => self.pick(source, Region::Right),
        }];
        self.group.clone_from(&group);
        if !matches!(pick, Pick::At(_)) {
            (self.closed, self.object_of) = (true, None);
            self.parts.extend_from_slice(&group);
            // Beside what the others are beside is one of them alone.
            let beside = |r: &crate::Relation| r.kind == RelationKind::NextTo && group == [r.subject];
            self.scene.relations.retain(|r| source == r.subject || !beside(r));
        }
        match pending {
            Pending::Object { kind, subjects, .. } => {
                self.relate_all(&subjects, kind, &group);
                (self.group, self.closed) = (subjects, true);
            }
            // "on the left one a steak"
            Pending::Ahead { kind, .. } => {
                self.ahead = Some((kind, group));
                self.group.clear();
            }
            // "the left one taller than the right one"
            Pending::Than { larger, higher, by, subjects } => {
                self.compare((larger, higher, by), &subjects, &group);
            }
            _ => {}
        }
        self.joint = Joint::None;
    }

    pub(super) fn of_them(&mut self, quantity: Quantity) {
        let Some(source) = self.latest_several() else { return self.of_parts(quantity) };
        if let Pending::Object { kind, subjects, .. } = std::mem::take(&mut self.pending) {
            // "a frog on one of them"
            let objects: Vec<usize> =
                [source].into_iter().filter(|index| !subjects.contains(index)).collect();
            self.relate_all(&subjects, kind, &objects);
            self.group = subjects;
            self.closed = true;
            return;
        }
        let Some(thing) = self.scene.things.get_mut(source) else { return };
        // "children are playing; one of them hides": the others are there, too.
        if thing.exact || quantity.exact && quantity.count < thing.count {
            let phrase = NounPhrase { quantity: Some(quantity), ..NounPhrase::new() };
            return self.split(&phrase, source);
        }
        thing.count = quantity.count.max(1);
        thing.exact = quantity.exact;
        thing.arrangement = thing.arrangement.or(quantity.arrangement);
        self.group = vec![source];
        self.joint = Joint::None;
    }

    /// `a cake with candles and balloons in the background`: only the balloons.
    pub(super) fn last_of_list(&mut self, subjects: Vec<usize>) -> Vec<usize> {
        let Some((last, others)) = subjects.split_last().filter(|_| !self.owner.is_empty()) else {
            return subjects;
        };
        let owners = self.owner.clone();
        for other in others {
            self.default_relation(*other, &owners);
        }
        vec![*last]
    }

    /// `a desk with a lamp, a book and a pen`: all of them are on the desk, but
    /// not the chair.
    pub(super) fn listed_with(&self, phrase: &NounPhrase) -> Option<(RelationKind, usize)> {
        let kind = self.contained.filter(|kind| *kind != RelationKind::NextTo)?;
        let listed = self.joint != Joint::None && !self.closed && !self.link_follows();
        let ends = self.chunks.iter().skip(self.at.saturating_sub(1)).take(12);
        let ends = ends.take_while(|c| matches!(c, Chunk::And | Chunk::Comma | Chunk::Np(_) | Chunk::Of));
        let ends = ends.filter(|chunk| matches!(chunk, Chunk::And)).count() > 0;
        // The king and the queen of a chess board stand on it alike.
        let like =
            self.group.last().is_some_and(|last| self.is_animate(*last)) && phrase.tags().any(Tags::PERSON);
        let apart = if like { Tags::PLACE } else { Tags::PLACE.and(Tags::SCENERY).and(Tags::PERSON) };
        let owner = self.owner.last().copied()?;
        let holder = self.scene.things.get(owner).map_or(Kind::UNKNOWN, |thing| kind_of(&thing.noun));
        let size = kind_of(&phrase.noun);
        // A lamp is small enough for a desk, a chair or a horse is not.
        let tags = phrase.tags();
        let large = !like
            && tags.any(Tags::SURFACE.and(Tags::ANIMATE))
            && (size.height > 0.6 || size.width > holder.width);
        (listed && ends && !tags.any(apart) && !large).then_some((kind, owner))
    }

    /// `old lighthouse on a cliff, stormy sky`: a bare place after a comma.
    pub(super) fn trailing_place(&self, phrase: &NounPhrase) -> bool {
        let bare = phrase.is_bare();
        let ends = |ahead: usize| matches!(self.peek(ahead), None | Some(Chunk::Comma | Chunk::Stop));
        let outside =
            phrase.tags().any(Tags::TIME) && matches!(self.peek(1), Some(Chunk::Link(Link::Rel { .. })));
        // "desert at sunset"
        let hour = matches!(self.peek(2), Some(Chunk::Np(np)) if np.tags().any(Tags::TIME));
        let timed =
            hour && matches!(self.peek(1), Some(Chunk::Link(Link::Rel { .. } | Link::Prep(_)))) && ends(3);
        let ends = ends(1) || outside && ends(2) || timed;
        let place =
            phrase.tags().any(Tags::TIME) || phrase.noun.ends_with("sky") || phrase.tags().any(Tags::PLACE);
        let scene = !self.scene.things.is_empty() || self.places.len() > 0;
        // "neon signs and rain"
        let weather = self.joint == Joint::And && phrase.is_weather();
        let follows =
            (self.joint == Joint::Comma || weather) && scene && (!phrase.plural || phrase.head_is_place());
        bare && ends && place && follows && !self.ends_listing()
    }

    /// The parts of a plural stand where the whole stood.
    pub(super) fn stand_like(&mut self, part: usize, whole: usize) {
        let relations: Vec<_> = self.scene.relations.iter().filter(|r| r.subject == whole).cloned().collect();
        for relation in relations {
            match relation.kind {
                RelationKind::Between(_) => {}
                kind => self.relate(part, kind, relation.object),
            }
        }
    }

    pub(super) fn than(&mut self, larger: bool, higher: bool, by: By) {
        self.pending = Pending::Than { larger, higher, by, subjects: self.current_subjects() };
    }

    /// One thing is larger than the other: both sizes say so.
    pub(super) fn compare(
        &mut self,
        (larger, higher, by): (bool, bool, By),
        subjects: &[usize],
        objects: &[usize],
    ) {
        // A man as tall as a door: both are so by what they are. A cat as big as a house is not.
        let height = |i: &usize| self.scene.things.get(*i).map_or(1.0, |thing| kind_of(&thing.noun).height);
        let near = |a: f64, b: f64| a <= b * 1.6 && b <= a * 1.6;
        let by_kind = subjects.iter().all(|one| objects.iter().all(|other| near(height(one), height(other))));
        if by == By::Quality || by == By::SameSize && by_kind {
            self.group = objects.to_vec();
            (self.object_of, self.closed) = (None, false);
            return;
        }
        // What is in the air is higher by its place.
        let hangs = |noun: &str| matches!(kind_of(noun).class, Class::Air | Class::Hang | Class::Wall);
        let aloft = |i: &usize| {
            self.scene
                .things
                .get(*i)
                .is_some_and(|thing| thing.region == Some(Region::Sky) || hangs(&thing.noun))
        };
        if higher && subjects.iter().chain(objects).any(aloft) {
            let kind = if larger { RelationKind::Above } else { RelationKind::Below };
            self.relate_all(subjects, kind, objects);
            self.group = objects.to_vec();
            (self.object_of, self.closed) = (None, true);
            return;
        }
        let (first, second) = if larger { (Size::Huge, Size::Tiny) } else { (Size::Tiny, Size::Huge) };
        for (things, size) in [(subjects, first), (objects, second)] {
            for index in things {
                if let Some(thing) = self.scene.things.get_mut(*index) {
                    thing.size = Some(size);
                }
            }
        }
        self.group = objects.to_vec();
        self.object_of = None;
        self.closed = false;
    }
}
