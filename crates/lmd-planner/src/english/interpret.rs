//! From chunks to a [`Scene`]: who is where, what belongs to whom.
//!
//! One pass over the chunks with the state a reader keeps in mind: the things
//! spoken of last, what a preposition waits for, whether the sentence denies.

use super::chunk::Chunk;
use super::lexicon::Tags;
use super::links::Link;
use super::noun_phrase::{Determiner, NounPhrase};
use super::places::{Places, Setting, setting};
use super::verbs::{Form, Role, Verb};
use crate::{Arrangement, Region, Relation, RelationKind, Scene, Thing};

/// What the next noun phrase is for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Pending {
    #[default]
    Nothing,
    /// The object of a preposition whose subjects are known.
    Object { kind: RelationKind, prep: String, subjects: Vec<usize> },
    /// The object of a preposition whose subjects come after it.
    Ahead { kind: RelationKind, prep: String },
    /// The second pole of `between a and b`.
    SecondPole { subjects: Vec<usize>, first: usize },
    /// In the middle of it.
    Center { subjects: Vec<usize> },
    /// On both sides of it.
    BothSides { subjects: Vec<usize> },
    /// What an owner has.
    With { each: bool },
    /// The object of a verb.
    Verb { verb: Verb, subjects: Vec<usize>, prep: Option<String> },
}

/// How a noun phrase hangs on to what stands before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Joint {
    #[default]
    None,
    Comma,
    And,
}

#[derive(Debug, Default)]
pub(super) struct Interpreter<'a> {
    pub(super) chunks: &'a [Chunk],
    pub(super) at: usize,
    pub(super) scene: Scene,
    pub(super) places: Places,
    /// The things spoken of last.
    pub(super) group: Vec<usize>,
    /// Whether a following `and` starts a new group.
    closed: bool,
    /// The subjects of the last relation, and the relation, while the group
    /// is its object.
    object_of: Option<(RelationKind, Vec<usize>)>,
    /// What `with` belongs to.
    pub(super) owner: Vec<usize>,
    /// What `it` means when the sentence has named nothing yet.
    focus: Vec<usize>,
    /// Things named in this sentence, in order.
    mentioned: Vec<usize>,
    pub(super) pending: Pending,
    pub(super) joint: Joint,
    /// Set by a negation; holds whether its first noun had an article.
    denied: Option<Option<Determiner>>,
    region: Option<Region>,
    arrangement: Option<Arrangement>,
    ahead: Option<(RelationKind, Vec<usize>)>,
    /// Things whose caption a following `and a blue scarf` goes into.
    detailed: Vec<usize>,
    series: Option<(RelationKind, usize)>,
    attribute_ahead: Vec<String>,
}

impl<'a> Interpreter<'a> {
    pub(super) fn new(chunks: &'a [Chunk]) -> Self {
        Self { chunks, ..Self::default() }
    }

    /// Reads all chunks.
    pub(super) fn run(mut self) -> Scene {
        while let Some(chunk) = self.chunks.get(self.at) {
            self.chunk(chunk);
            self.at += 1;
        }
        self.end_sentence();
        self.scene.background = self.places.text();
        self.scene
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<&'a Chunk> {
        self.chunks.get(self.at + ahead)
    }

    fn chunk(&mut self, chunk: &'a Chunk) {
        match chunk {
            Chunk::Np(phrase) => self.phrase(phrase),
            Chunk::Pronoun { plural } => self.pronoun(*plural),
            Chunk::Link(link) => self.link(link),
            Chunk::Verb(verb) => self.verb(verb),
            Chunk::Adjectives(adjectives) => self.adjectives(adjectives),
            Chunk::And | Chunk::Or => self.joint = Joint::And,
            Chunk::Comma => {
                self.joint = if self.joint == Joint::And { Joint::And } else { Joint::Comma };
                self.close_denial_unless_listed();
            }
            Chunk::But => {
                self.denied = None;
                self.joint = Joint::And;
                self.closed = true;
            }
            Chunk::Stop => self.end_sentence(),
            Chunk::With => self.with(false),
            Chunk::Each => self.with(true),
            Chunk::Not => self.denied = Some(None),
            Chunk::Be | Chunk::There | Chunk::Which | Chunk::Of => {}
            Chunk::Unknown(word) => self.scene.not_understood.push(word.clone()),
        }
    }

    fn end_sentence(&mut self) {
        if let Some((kind, start)) = self.series.take() {
            let start = if start + 1 < self.scene.things.len() { start } else { 0 };
            let chain: Vec<usize> = (start..self.scene.things.len()).collect();
            self.chain(&chain, kind);
        }
        if let Some(first) = self.mentioned.first() {
            self.focus = vec![*first];
        }
        self.mentioned.clear();
        self.group.clear();
        self.owner.clear();
        self.detailed.clear();
        (self.closed, self.object_of, self.denied, self.region) = (false, None, None, None);
        (self.ahead, self.pending, self.joint) = (None, Pending::Nothing, Joint::None);
        (self.arrangement, self.attribute_ahead) = (None, Vec::new());
    }

    // --- noun phrases ---------------------------------------------------

    fn phrase(&mut self, phrase: &NounPhrase) {
        if self.denied.is_some() && self.deny(phrase) {
            return;
        }
        let Some(phrase) = self.with_head(phrase) else { return };
        match std::mem::take(&mut self.pending) {
            Pending::Nothing => self.fresh(&phrase),
            Pending::With { each } => self.owned(&phrase, each),
            Pending::Object { kind, prep, subjects } => self.object(&phrase, kind, &prep, subjects),
            Pending::Ahead { kind, prep } => self.object_ahead(&phrase, kind, &prep),
            Pending::SecondPole { subjects, first } => {
                let second = self.thing_of(&phrase);
                self.between(&subjects, first, second);
            }
            Pending::Center { subjects } => self.center(&phrase, subjects),
            Pending::BothSides { subjects } => self.both_sides(&phrase, &subjects),
            Pending::Verb { verb, subjects, prep } => {
                self.verb_object(&phrase, &verb, subjects, prep.as_deref())
            }
        }
        self.joint = Joint::None;
    }

    /// Takes a denied noun; `false` when the denial has ended before it.
    fn deny(&mut self, phrase: &NounPhrase) -> bool {
        if self.joint == Joint::And && matches!(self.previous(), Some(Chunk::And)) {
            let first = self.denied.flatten();
            let other_article = first.is_some() && first != Some(phrase.determiner);
            if phrase.quantity.is_some() || other_article {
                self.denied = None;
                self.closed = true;
                return false;
            }
        }
        self.denied = Some(Some(phrase.determiner));
        if phrase.noun.is_empty() {
            return true;
        }
        let mut thing = phrase.thing();
        if matches!(thing.noun.as_str(), "one" | "body" | "nobody") {
            thing.noun = "person".to_owned();
        }
        let name = thing.phrase();
        if !self.scene.absent.contains(&name) {
            self.scene.absent.push(name);
        }
        self.joint = Joint::None;
        self.pending = Pending::Nothing;
        true
    }

    /// A comma ends a denial unless a bare noun goes on with the list.
    fn close_denial_unless_listed(&mut self) {
        let listed = match (self.peek(1), self.peek(2)) {
            (Some(Chunk::Np(np)), after) => {
                np.determiner == Determiner::None
                    && np.quantity.is_none()
                    && !matches!(after, Some(Chunk::Link(_) | Chunk::Verb(_)))
            }
            (Some(Chunk::Or | Chunk::And), _) => true,
            _ => false,
        };
        if self.denied.is_some() && !listed {
            self.denied = None;
            self.closed = true;
        }
    }

    fn previous(&self) -> Option<&Chunk> {
        self.at.checked_sub(1).and_then(|i| self.chunks.get(i))
    }

    /// A phrase with its noun: `a red` borrows it from `and a blue car`, `the
    /// other` from what was named before.
    fn with_head(&mut self, phrase: &NounPhrase) -> Option<NounPhrase> {
        if !phrase.noun.is_empty() {
            return Some(phrase.clone());
        }
        let mut phrase = phrase.clone();
        if let Some(next) = self.next_head(&phrase) {
            phrase.noun.clone_from(&next.noun);
            phrase.plural = phrase.quantity.is_some_and(|q| q.count != 1);
            return Some(phrase);
        }
        let source = self.group.last().or(self.mentioned.last()).or(self.focus.last()).copied();
        let Some(original) = source.and_then(|i| self.scene.things.get(i)).cloned() else {
            self.color_detail_or_unknown(&phrase);
            return None;
        };
        if matches!(self.pending, Pending::Object { .. } | Pending::Verb { .. }) {
            self.color_detail_or_unknown(&phrase);
            return None;
        }
        phrase.noun.clone_from(&original.noun);
        if original.count > 1 {
            self.split(&phrase, source.unwrap_or_default());
            return None;
        }
        Some(phrase)
    }

    /// The noun phrase after `and` that lends its noun.
    fn next_head(&self, phrase: &NounPhrase) -> Option<&'a NounPhrase> {
        if phrase.attributes.is_empty() && phrase.quantity.is_none() {
            return None;
        }
        let mut ahead = 1;
        while ahead < 12 {
            match self.peek(ahead)? {
                Chunk::And | Chunk::Or | Chunk::Comma => {}
                Chunk::Np(np) if np.noun.is_empty() => {}
                Chunk::Np(np) => return Some(np),
                _ => return None,
            }
            ahead += 1;
        }
        None
    }

    /// `dressed in black`: a colour alone goes into the caption.
    fn color_detail_or_unknown(&mut self, phrase: &NounPhrase) {
        match std::mem::take(&mut self.pending) {
            Pending::Object { prep, subjects, .. } if !phrase.attributes.is_empty() => {
                self.add_detail(&subjects, &format!("{prep} {}", phrase.text()));
            }
            Pending::Verb { verb, subjects, prep } if !phrase.attributes.is_empty() => {
                let prep = prep.map_or(String::new(), |prep| format!("{prep} "));
                self.add_detail(&subjects, &format!("{} {prep}{}", verb.attribute, phrase.text()));
            }
            _ => self.scene.not_understood.extend(phrase.words.iter().cloned()),
        }
    }

    /// `two cats, one black and one white`: takes some of the things apart.
    fn split(&mut self, phrase: &NounPhrase, source: usize) {
        let Some(original) = self.scene.things.get_mut(source) else { return };
        let rest = matches!(phrase.determiner, Determiner::The)
            || phrase.words.iter().any(|w| w.to_lowercase().starts_with("other"));
        let count = phrase.quantity.map_or(1, |q| q.count);
        if count >= original.count || (rest && original.count <= 1) {
            original.attributes.splice(0..0, phrase.attributes.iter().cloned());
            self.group = vec![source];
        } else {
            let mut part = original.clone();
            original.count -= count;
            part.count = count;
            part.attributes.splice(0..0, phrase.attributes.iter().cloned());
            self.scene.things.push(part);
            self.group = vec![self.scene.things.len() - 1];
        }
        self.closed = true;
        self.object_of = None;
        self.apply_waiting_region();
    }

    fn apply_waiting_region(&mut self) {
        if let Some(region) = self.region.take() {
            let group = self.group.clone();
            self.set_region(&group, region);
        }
    }

    /// The thing a phrase names: one named before, or a new one.
    pub(super) fn thing_of(&mut self, phrase: &NounPhrase) -> usize {
        let known = self.known(phrase);
        let index = known.unwrap_or_else(|| {
            self.scene.things.push(phrase.thing());
            self.scene.things.len() - 1
        });
        self.mentioned.push(index);
        index
    }

    /// The thing named before that `the cat` means.
    fn known(&self, phrase: &NounPhrase) -> Option<usize> {
        if phrase.determiner != Determiner::The {
            return None;
        }
        let same = |thing: &Thing| {
            let head = |noun: &str| noun.rsplit(' ').next().unwrap_or_default().to_owned();
            (thing.noun == phrase.noun || head(&thing.noun) == phrase.noun)
                && phrase.attributes.iter().all(|a| thing.attributes.contains(a))
                && phrase.quantity.is_none_or(|q| q.count == thing.count)
        };
        self.scene.things.iter().rposition(same)
    }

    /// A noun phrase that nothing waits for.
    fn fresh(&mut self, phrase: &NounPhrase) {
        if self.joint != Joint::None
            && !self.detailed.is_empty()
            && self.is_accessory(phrase)
            && !self.link_follows()
        {
            let owners = self.detailed.clone();
            return self.add_detail(&owners, &format!("and {}", phrase.text()));
        }
        self.detailed.clear();
        if self.opens_as_place(phrase) {
            self.places.open(&phrase.text());
            return;
        }
        let index = self.thing_of(phrase);
        self.dress_waiting(index);
        self.join(index);
        self.apply_ahead(index);
    }

    /// Attributes, region and arrangement that waited for a thing.
    fn dress_waiting(&mut self, index: usize) {
        if let Some(region) = self.region {
            self.set_region(&[index], region);
            if !matches!(self.peek(1), Some(Chunk::And)) {
                self.region = None;
            }
        }
        let arrangement = self.arrangement.take();
        let attributes = std::mem::take(&mut self.attribute_ahead);
        if let Some(thing) = self.scene.things.get_mut(index) {
            thing.arrangement = thing.arrangement.or(arrangement);
            thing.attributes.splice(0..0, attributes);
        }
    }

    /// Puts a new thing into the group, or starts another group.
    fn join(&mut self, index: usize) {
        if self.joint == Joint::And && !self.link_follows() {
            if let Some((kind, subjects)) = self.object_of.clone() {
                if joins_objects(kind) && !self.closed {
                    for subject in subjects {
                        self.relate(subject, kind, index);
                    }
                    self.group.push(index);
                    return;
                }
            }
        }
        if self.joint == Joint::None || self.closed || self.object_of.is_some() {
            self.group.clear();
        }
        self.group.push(index);
        self.closed = false;
        self.object_of = None;
    }

    /// A relation whose object came first: `on the table is a lamp`.
    fn apply_ahead(&mut self, index: usize) {
        let linked = self.joint != Joint::None && self.link_follows();
        if let Some((kind, objects)) = self.ahead.clone() {
            if linked {
                self.ahead = None;
                return;
            }
            for object in objects {
                self.relate(index, kind, object);
            }
        }
    }

    fn link_follows(&self) -> bool {
        matches!(self.peek(1), Some(Chunk::Link(_) | Chunk::Verb(_)))
    }

    /// Whether the sentence opens with the place (`a beach with two dogs`).
    fn opens_as_place(&self, phrase: &NounPhrase) -> bool {
        let place = phrase.tags().any(Tags::PLACE.and(Tags::TIME)) || phrase.head_is_place();
        if !self.scene.things.is_empty()
            && !(phrase.noun.ends_with("background") || phrase.noun.ends_with("scene"))
        {
            return false;
        }
        if !place || phrase.count().0 != 1 && !phrase.head_is_place() || phrase.quantity.is_some() {
            return false;
        }
        match self.peek(1) {
            None | Some(Chunk::Stop | Chunk::With | Chunk::Which | Chunk::Not) => true,
            Some(Chunk::Comma) => {
                !matches!(self.peek(2), Some(Chunk::Np(np)) if np.determiner != Determiner::None && self.ends_listing())
            }
            Some(Chunk::Link(
                Link::Rel { kind: RelationKind::Inside | RelationKind::On | RelationKind::Under, .. }
                | Link::Prep(_),
            )) => {
                matches!(self.peek(2), Some(Chunk::Np(np)) if np.tags().any(Tags::TIME.and(Tags::PLACE)))
            }
            Some(Chunk::Verb(verb)) => {
                matches!(verb.role, Role::Hold | Role::Caption) && verb.form == Form::Past
            }
            _ => phrase.noun.ends_with("scene"),
        }
    }

    /// Whether a list of equals goes on (`a lake, a house and a tree`).
    fn ends_listing(&self) -> bool {
        self.chunks.iter().skip(self.at).take(12).any(|chunk| matches!(chunk, Chunk::And))
    }

    // --- having ---------------------------------------------------------

    fn with(&mut self, each: bool) {
        if self.denied.is_some() && self.joint == Joint::And {
            self.denied = None;
        }
        if self.joint == Joint::None || self.owner.is_empty() {
            self.owner = if self.closed { self.current_subjects() } else { self.group.clone() };
        }
        self.pending = Pending::With { each };
    }

    pub(super) fn is_animate(&self, index: usize) -> bool {
        self.scene.things.get(index).is_some_and(|thing| thing_tags(thing).any(Tags::ANIMATE))
    }

    /// Whether a phrase names what is worn by or part of the things that
    /// details go to.
    fn is_accessory(&self, phrase: &NounPhrase) -> bool {
        let owners = if self.detailed.is_empty() { &self.owner } else { &self.detailed };
        let animate = owners.iter().any(|i| self.is_animate(*i));
        let tags = phrase.tags();
        tags.any(Tags::PART) || (animate && tags.any(Tags::WORN)) || (animate && tags.any(Tags::MASS))
    }

    /// What an owner has: part of its caption, or a thing near, on or in it.
    fn owned(&mut self, phrase: &NounPhrase, each: bool) {
        self.joint = Joint::None;
        let owners = self.owner.clone();
        self.detailed.clear();
        if !owners.is_empty() && self.is_accessory(phrase) && !self.explicit_place_follows() {
            let last: Vec<usize> =
                if phrase.plural || each { owners } else { owners.last().copied().into_iter().collect() };
            self.add_detail(&last, &format!("with {}", phrase.text()));
            self.detailed = last;
            self.group = self.owner.clone();
            return;
        }
        if owners.is_empty()
            && setting(phrase, RelationKind::Inside, "in") == Setting::Place
            && phrase.determiner == Determiner::None
            && !phrase.plural
        {
            self.places.add("with", &phrase.text());
            return;
        }
        let index = self.thing_of(phrase);
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
        if !self.explicit_place_follows() {
            self.default_relation(index, &owners);
        }
    }

    /// Whether a region, `on it` or `on top` after the list says where it is.
    fn explicit_place_follows(&self) -> bool {
        let listed = |chunk: &&Chunk| {
            matches!(
                chunk,
                Chunk::Np(_) | Chunk::And | Chunk::Or | Chunk::Comma | Chunk::Verb(_) | Chunk::Adjectives(_)
            )
        };
        let skipped = self.chunks.iter().skip(self.at + 1).take_while(listed).count();
        match self.peek(skipped + 1) {
            Some(Chunk::Link(Link::Rel { .. })) => !matches!(self.peek(skipped + 2), Some(Chunk::Np(_))),
            Some(Chunk::Link(Link::RelTo { .. } | Link::Region { .. })) => true,
            _ => false,
        }
    }

    /// Where a thing is that somebody or something has.
    fn default_relation(&mut self, index: usize, owners: &[usize]) {
        let Some(owner) = owners.last().copied() else { return };
        let Some(thing) = self.scene.things.get(owner) else { return };
        let tags = thing_tags(thing);
        let animate = tags.any(Tags::ANIMATE);
        let kind = match () {
            () if tags.any(Tags::CONTAINER) && !animate => RelationKind::Inside,
            () if tags.any(Tags::SURFACE) && !animate => RelationKind::On,
            () if thing.noun.ends_with("tree") => RelationKind::Inside,
            () if tags.any(Tags::PLACE) => return,
            () => RelationKind::NextTo,
        };
        self.relate(index, kind, owner);
        self.object_of = None;
    }

    pub(super) fn add_detail(&mut self, things: &[usize], text: &str) {
        for index in things {
            if let Some(thing) = self.scene.things.get_mut(*index) {
                let text =
                    if thing.detail.is_none() { text.strip_prefix("and ").unwrap_or(text) } else { text };
                thing.detail = Some(match thing.detail.take() {
                    Some(detail) => format!("{detail} {text}"),
                    None => text.to_owned(),
                });
            }
        }
    }

    // --- places and relations --------------------------------------------

    /// The subjects a link or a verb speaks of here.
    pub(super) fn current_subjects(&self) -> Vec<usize> {
        match &self.object_of {
            Some((_, subjects)) if self.joint != Joint::None || self.closed => subjects.clone(),
            _ => self.group.clone(),
        }
    }

    fn link(&mut self, link: &Link) {
        self.detailed.clear();
        match link {
            Link::Rel { kind, prep } => self.relation(*kind, prep),
            Link::Prep(prep) => self.relation(RelationKind::NextTo, prep),
            Link::RelTo { kind, plural } => {
                let subjects = self.link_subjects();
                let objects = self.resolve(*plural, &subjects);
                if subjects.is_empty() || self.noun_follows() {
                    self.ahead = Some((*kind, objects));
                    self.group.clear();
                } else {
                    self.relate_all(&subjects, *kind, &objects);
                    self.closed = true;
                }
            }
            Link::CenterOf => self.pending = Pending::Center { subjects: self.link_subjects() },
            Link::BothSides => self.pending = Pending::BothSides { subjects: self.link_subjects() },
            Link::Region { region, to } => self.region_link(*region, *to),
            Link::Arrange(arrangement) => self.arrange(*arrangement),
            Link::Together => self.arrange(Arrangement::Row),
            Link::Stacked => self.arrange(Arrangement::Stack),
            Link::Series(kind) => self.series = Some((*kind, self.scene.things.len())),
            Link::Nowhere => {}
        }
        self.joint = Joint::None;
    }

    fn link_subjects(&self) -> Vec<usize> {
        let list = self.joint == Joint::Comma && self.group.len() > 2;
        let subjects = self.current_subjects();
        if list { subjects.last().copied().into_iter().collect() } else { subjects }
    }

    /// Whether what follows the link is a new thing and not its object.
    fn noun_follows(&self) -> bool {
        match self.peek(1) {
            Some(Chunk::Np(_) | Chunk::There) => true,
            Some(Chunk::Be | Chunk::Verb(_)) => matches!(self.peek(2), Some(Chunk::Np(_))),
            Some(Chunk::Comma) => self.group.is_empty() || self.joint != Joint::None,
            _ => false,
        }
    }

    fn relation(&mut self, kind: RelationKind, prep: &str) {
        let subjects = self.link_subjects();
        let object_follows = matches!(self.peek(1), Some(Chunk::Np(_) | Chunk::Pronoun { .. }));
        if !object_follows {
            return self.dangling(kind, &subjects);
        }
        let turned = matches!(self.peek(2), Some(Chunk::Be | Chunk::There | Chunk::Verb(_)))
            && matches!(self.peek(3), Some(Chunk::Np(_)))
            && self.joint != Joint::None;
        self.pending = if subjects.is_empty() || turned {
            Pending::Ahead { kind, prep: prep.to_owned() }
        } else {
            Pending::Object { kind, prep: prep.to_owned(), subjects }
        };
    }

    /// A preposition without an object: `with a cherry on top`.
    fn dangling(&mut self, kind: RelationKind, subjects: &[usize]) {
        let owners: Vec<usize> = self.owner.iter().copied().filter(|i| !subjects.contains(i)).collect();
        let objects = if owners.is_empty() { self.resolve(false, subjects) } else { owners };
        if kind != RelationKind::NextTo && !subjects.is_empty() && !objects.is_empty() {
            self.relate_all(subjects, kind, &objects);
            self.closed = true;
        }
    }

    /// The object of a preposition: a place, a part of the picture or a thing.
    fn object(&mut self, phrase: &NounPhrase, kind: RelationKind, prep: &str, subjects: Vec<usize>) {
        let known = self.known(phrase).filter(|i| !subjects.contains(i));
        let worn = phrase.tags().any(Tags::WORN) && kind == RelationKind::Inside;
        if worn && subjects.iter().any(|i| self.is_animate(*i)) && known.is_none() {
            self.add_detail(&subjects, &format!("{prep} {}", phrase.text()));
            self.detailed = subjects;
            return;
        }
        let setting = if known.is_some() { Setting::Thing } else { setting(phrase, kind, prep) };
        match setting {
            Setting::Place => self.places.add(prep, &phrase.text()),
            Setting::Region(region) => {
                self.set_region(&subjects, region);
                self.region_place(phrase, prep);
            }
            Setting::Ignored => {}
            Setting::Thing => return self.object_thing(phrase, kind, subjects),
        }
        self.group = subjects;
        self.object_of = None;
        self.closed = true;
    }

    /// A sky or floor with adjectives is worth keeping as a place.
    fn region_place(&mut self, phrase: &NounPhrase, prep: &str) {
        if !phrase.attributes.is_empty() {
            self.places.add(prep, &phrase.text());
        }
    }

    fn object_thing(&mut self, phrase: &NounPhrase, kind: RelationKind, subjects: Vec<usize>) {
        let object = self.thing_of(phrase);
        let several = self.scene.things.get(object).is_some_and(|thing| thing.count > 1);
        if matches!(kind, RelationKind::Between(_)) {
            if several || !matches!(self.peek(1), Some(Chunk::And | Chunk::Comma)) {
                self.between(&subjects, object, object);
            } else {
                self.pending = Pending::SecondPole { subjects, first: object };
            }
            return;
        }
        self.relate_all(&subjects, kind, &[object]);
        self.group = vec![object];
        self.object_of = Some((kind, subjects));
        self.closed = false;
    }

    fn between(&mut self, subjects: &[usize], first: usize, second: usize) {
        if subjects.is_empty() {
            self.ahead = Some((RelationKind::Between(second), vec![first]));
            self.group.clear();
            return;
        }
        self.relate_all(subjects, RelationKind::Between(second), &[first]);
        self.group = subjects.to_vec();
        self.closed = true;
    }

    /// `on the table, …`: the object before its subject.
    fn object_ahead(&mut self, phrase: &NounPhrase, kind: RelationKind, prep: &str) {
        self.group.clear();
        let setting = if self.known(phrase).is_some() { Setting::Thing } else { setting(phrase, kind, prep) };
        match setting {
            Setting::Place => self.places.add(prep, &phrase.text()),
            Setting::Region(region) => {
                self.region = Some(region);
                self.region_place(phrase, prep);
            }
            Setting::Ignored => {}
            Setting::Thing if matches!(kind, RelationKind::Between(_)) => {
                self.object_thing(phrase, kind, Vec::new())
            }
            Setting::Thing => {
                let object = self.thing_of(phrase);
                self.ahead = Some((kind, vec![object]));
            }
        }
    }

    fn center(&mut self, phrase: &NounPhrase, subjects: Vec<usize>) {
        let kind = RelationKind::Inside;
        if self.known(phrase).is_none() && setting(phrase, kind, "in") == Setting::Place {
            self.set_region(&subjects, Region::Center);
            self.region = subjects.is_empty().then_some(Region::Center);
            self.places.add("in", &phrase.text());
            return;
        }
        let surface = phrase.tags().any(Tags::SURFACE);
        let kind = match () {
            () if surface => RelationKind::On,
            () if phrase.count().0 > 1 => RelationKind::Between(0),
            () => kind,
        };
        if subjects.is_empty() {
            self.object_ahead(phrase, kind, "in")
        } else {
            self.object_thing(phrase, kind, subjects)
        }
    }

    fn both_sides(&mut self, phrase: &NounPhrase, subjects: &[usize]) {
        let object = self.thing_of(phrase);
        for subject in subjects {
            if self.scene.things.get(*subject).is_some_and(|thing| thing.count > 1) {
                self.relate(object, RelationKind::Between(*subject), *subject);
            } else {
                self.relate(*subject, RelationKind::NextTo, object);
            }
        }
        self.closed = true;
    }

    fn region_link(&mut self, region: Region, to: bool) {
        let subjects = self.link_subjects();
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
        let kind = match region {
            Region::Left => Some(RelationKind::LeftOf),
            Region::Right => Some(RelationKind::RightOf),
            _ => None,
        };
        match kind {
            Some(kind) if to && !owners.is_empty() => self.relate_all(&subjects, kind, &owners),
            _ => self.set_region(&subjects, region),
        }
        self.closed = true;
    }

    fn set_region(&mut self, things: &[usize], region: Region) {
        for index in things {
            if let Some(thing) = self.scene.things.get_mut(*index) {
                thing.region = thing.region.or(Some(region));
            }
        }
    }

    fn arrange(&mut self, arrangement: Arrangement) {
        let group = self.current_subjects();
        match group.as_slice() {
            [] => self.arrangement = Some(arrangement),
            [one] => {
                if let Some(thing) = self.scene.things.get_mut(*one).filter(|thing| thing.count > 1) {
                    thing.arrangement = Some(arrangement);
                }
            }
            several => {
                let kind = match arrangement {
                    Arrangement::Stack | Arrangement::Column => RelationKind::Above,
                    _ => RelationKind::NextTo,
                };
                self.chain(several, kind);
            }
        }
        self.closed = true;
    }

    fn chain(&mut self, things: &[usize], kind: RelationKind) {
        for pair in things.windows(2) {
            if let [first, second] = pair {
                self.relate(*first, kind, *second);
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
        let kind = if kind == RelationKind::Between(0) { RelationKind::Between(object) } else { kind };
        let relation = Relation { subject, kind, object };
        if subject != object && !self.scene.relations.contains(&relation) {
            self.scene.relations.push(relation);
        }
    }

    // --- pronouns, verbs, adjectives ---------------------------------------

    fn pronoun(&mut self, plural: bool) {
        match std::mem::take(&mut self.pending) {
            Pending::Object { kind, subjects, .. } => {
                let objects = self.resolve(plural, &subjects);
                self.relate_all(&subjects, kind, &objects);
                self.group = subjects;
                self.closed = true;
            }
            Pending::Ahead { kind, .. } => {
                let objects = self.resolve(plural, &[]);
                self.ahead = Some((kind, objects));
                self.group.clear();
            }
            Pending::BothSides { subjects } => {
                let objects = self.resolve(plural, &subjects);
                self.relate_all(&subjects, RelationKind::NextTo, &objects);
                self.closed = true;
            }
            Pending::Nothing => {
                self.group = self.resolve(plural, &[]);
                self.mentioned.extend(self.group.iter().copied());
                self.object_of = None;
                self.closed = true;
            }
            _ => {}
        }
        self.joint = Joint::None;
    }

    /// What `it` or `them` means here.
    fn resolve(&self, plural: bool, except: &[usize]) -> Vec<usize> {
        let free = |i: &usize| !except.contains(i);
        if plural {
            let several = |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing.count > 1);
            if let Some(one) = self.mentioned.iter().rev().copied().find(|i| free(i) && several(i)) {
                return vec![one];
            }
            let all = |list: &[usize]| -> Vec<usize> { list.iter().copied().filter(free).collect() };
            let here = all(&self.mentioned);
            if here.len() > 1 {
                return here;
            }
            let first = self.scene.things.iter().enumerate().map(|(i, _)| i).filter(free);
            return first.collect();
        }
        let owner = self.owner.iter().rev().copied().find(free);
        let here = self.mentioned.iter().rev().copied().find(free);
        let before = self.focus.iter().copied().find(free);
        owner.or(here).or(before).into_iter().collect()
    }

    fn verb(&mut self, verb: &Verb) {
        self.detailed.clear();
        let subjects = self.current_subjects();
        self.joint = Joint::None;
        if subjects.is_empty() {
            return;
        }
        self.group.clone_from(&subjects);
        let passive = verb.form == Form::Past;
        let prep = match self.peek(1) {
            Some(Chunk::Np(np))
                if !np.noun.is_empty() || np.determiner != Determiner::None || verb.role == Role::Caption =>
            {
                None
            }
            Some(Chunk::With) if passive => Some("with"),
            Some(Chunk::Of) => Some("of"),
            Some(Chunk::Link(Link::Rel { prep, .. }))
                if passive && verb.role != Role::Neutral && verb.role != Role::Posture =>
            {
                let bound = prep == "by"
                    || prep == "in" && verb.role == Role::Caption
                    || prep == "on" && verb.role == Role::Caption;
                if !bound {
                    return self.intransitive(verb, &subjects);
                }
                Some(prep.as_str())
            }
            _ => return self.intransitive(verb, &subjects),
        };
        self.at += usize::from(prep.is_some());
        self.pending = Pending::Verb { verb: verb.clone(), subjects, prep: prep.map(str::to_owned) };
    }

    /// A verb without an object becomes an attribute where it says something.
    fn intransitive(&mut self, verb: &Verb, subjects: &[usize]) {
        let airborne = matches!(verb.attribute.as_str(), "flying" | "soaring" | "hovering");
        if airborne && !matches!(self.peek(1), Some(Chunk::Link(_))) {
            self.set_region(subjects, Region::Sky);
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
                _ => true,
            };
            if says && !thing.attributes.contains(&verb.attribute) {
                thing.attributes.push(verb.attribute.clone());
            }
        }
    }

    fn verb_object(&mut self, phrase: &NounPhrase, verb: &Verb, subjects: Vec<usize>, prep: Option<&str>) {
        self.joint = Joint::None;
        let passive = verb.form == Form::Past && prep == Some("by");
        let kind = match verb.role {
            Role::Caption if prep != Some("by") => return self.verb_detail(phrase, verb, subjects, prep),
            _ if prep == Some("of") => return self.verb_detail(phrase, verb, subjects, prep),
            Role::Mount => RelationKind::On,
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
            return self.object_thing(phrase, kind, subjects);
        }
        let agent = self.thing_of(phrase);
        self.relate_all(&[agent], kind, &subjects);
        self.group = vec![agent];
    }

    fn verb_detail(&mut self, phrase: &NounPhrase, verb: &Verb, subjects: Vec<usize>, prep: Option<&str>) {
        let prep = prep.map_or(String::new(), |prep| format!("{prep} "));
        self.add_detail(&subjects, &format!("{} {prep}{}", verb.attribute, phrase.text()));
        self.group.clone_from(&subjects);
        self.detailed = subjects;
    }

    fn surrounding(&mut self, phrase: &NounPhrase, role: Role, subjects: &[usize]) {
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

    fn adjectives(&mut self, adjectives: &[String]) {
        let subjects = if self.joint == Joint::None { self.group.clone() } else { self.current_subjects() };
        if self.denied.is_some() {
            return;
        }
        for index in subjects {
            if let Some(thing) = self.scene.things.get_mut(index) {
                for adjective in adjectives {
                    thing.size = thing.size.or_else(|| adjective.split(' ').find_map(super::lexicon::size));
                    if !thing.attributes.contains(adjective) {
                        thing.attributes.push(adjective.clone());
                    }
                }
            }
        }
    }
}

/// What a thing's noun can be.
pub(super) fn thing_tags(thing: &Thing) -> Tags {
    super::lexicon::tags(thing.noun.rsplit(' ').next().unwrap_or_default())
}

/// Whether `next to a and b` means next to both.
fn joins_objects(kind: RelationKind) -> bool {
    !matches!(kind, RelationKind::On | RelationKind::Inside | RelationKind::Under)
}
