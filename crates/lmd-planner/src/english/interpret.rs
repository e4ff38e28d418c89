//! From chunks to a [`Scene`]: who is where, what belongs to whom.
//!
//! One pass over the chunks with the state a reader keeps in mind: the things
//! spoken of last, what a preposition waits for, whether the sentence denies.

use super::chunk::{By, Chunk};
use super::links::Link;
use super::phrase::{Determiner, NounPhrase};
use super::places::{Places, Unproved};
use crate::lexicon::{Tags, Verb, VerbForm, noun_tags};
use crate::{Arrangement, Region, RelationKind, Scene, Thing};

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
    /// What something is larger or smaller than.
    Than { larger: bool, higher: bool, by: By, subjects: Vec<usize> },
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
    pub(super) closed: bool,
    /// The subjects of the last relation, and the relation, while the group is its object.
    pub(super) object_of: Option<(RelationKind, Vec<usize>)>,
    /// What `with` belongs to.
    pub(super) owner: Vec<usize>,
    /// What `it` means when the sentence has named nothing yet.
    pub(super) focus: Vec<usize>,
    /// Things named in this sentence, in order.
    pub(super) mentioned: Vec<usize>,
    /// Things named in the sentence before.
    pub(super) earlier: Vec<usize>,
    pub(super) pending: Pending,
    pub(super) joint: Joint,
    /// Set by a negation; holds whether its first noun had an article.
    pub(super) denied: Option<Option<Determiner>>,
    /// Whether what is denied gives way to what stands before it: `tulips rather than roses`.
    pub(super) instead: bool,
    pub(super) region: Option<Region>,
    pub(super) arrangement: Option<Arrangement>,
    pub(super) ahead: Option<(RelationKind, Vec<usize>)>,
    /// Things whose caption a following `and a blue scarf` goes into.
    pub(super) detailed: Vec<usize>,
    pub(super) series: Option<(RelationKind, usize)>,
    pub(super) attribute_ahead: Vec<String>,
    /// The things that `one black and one white` takes apart.
    pub(super) divided: Option<usize>,
    /// Those parts, which a comma and a verb speak of together.
    pub(super) parts: Vec<usize>,
    /// The last preposition, until it says something.
    pub(super) unproved: Unproved,
    /// How often places were stated.
    pub(super) said: usize,
    /// The group before a clause narrowed it to its last thing.
    pub(super) narrowed: Vec<usize>,
    /// How the last thing joined the group.
    pub(super) joined_by: Joint,
    /// What a verb is done to, while it is the group.
    pub(super) done_to: Option<usize>,
    /// Whether the group was named before the preposition it is the object of.
    pub(super) object_known: bool,
    /// What the last `it` meant.
    pub(super) it: Option<usize>,
    /// Whether the group lies in or on the owner, which then stays the subject.
    pub(super) contained: Option<RelationKind>,
    /// Things whose caption says what they do to something.
    pub(super) detailed_by: Vec<usize>,
    /// Whether the last verb was hanging.
    pub(super) hung: bool,
    /// Whether what the owner has fills it.
    pub(super) filled: bool,
    /// The plural before a colon, which the things after it take the place of.
    pub(super) listed_next: Option<usize>,
    /// The first of such things, where it has taken that place: the others stand as it does.
    pub(super) listed_like: Option<usize>,
    /// Things that were picked out of several by their place, with those.
    pub(super) picks: Vec<(usize, usize, Region)>,
    /// The corner of the next thing in which something is.
    pub(super) corner: Option<Region>,
    /// Who does something to what lies on the next thing.
    pub(super) workers: Vec<usize>,
    /// Who did what the last verb of the sentence says.
    pub(super) acting: Vec<usize>,
    /// Verbs and parts of bodies that became a place of things.
    pub(super) used: Vec<String>,
}

impl<'a> Interpreter<'a> {
    pub(super) fn new(chunks: &'a [Chunk]) -> Self {
        Self { chunks, ..Self::default() }
    }

    /// Reads all chunks; gives the scene with the words that it holds as places of things.
    pub(super) fn run(mut self) -> (Scene, Vec<String>) {
        while let Some(chunk) = self.chunks.get(self.at) {
            self.chunk(chunk);
            self.at += 1;
        }
        self.end_sentence();
        self.scope_denials();
        self.share_sky();
        self.scene.background = self.all_around();
        (self.scene, self.used)
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<&'a Chunk> {
        self.chunks.get(self.at + ahead)
    }

    pub(super) fn chunk(&mut self, chunk: &'a Chunk) {
        match chunk {
            Chunk::Np(phrase) => self.phrase(phrase),
            Chunk::Pronoun(who) => self.pronoun(*who),
            Chunk::Link(link) => self.link(link),
            Chunk::Verb(verb) => self.verb(verb),
            Chunk::Adjectives(adjectives) => self.adjectives(adjectives),
            Chunk::Bracketed(adjectives) => {
                // What stands behind the brackets goes on about all of the group.
                let group = self.group.clone();
                self.narrow_to_last();
                self.adjectives(adjectives);
                self.group = group;
                self.narrowed.clear();
            }
            Chunk::And => self.joint = Joint::And,
            Chunk::Or => self.either(),
            Chunk::Lettering(text) => self.lettering(text),
            Chunk::Mood(mood) => {
                let (prep, place) = mood.split_once(' ').unwrap_or(("in", mood));
                self.places.add(prep, place);
            }
            Chunk::Comma if self.lists_alternatives() => {}
            Chunk::Colon if self.heads_list() => {}
            Chunk::Comma | Chunk::Colon => {
                if *chunk == Chunk::Colon {
                    self.listed_next = self.single_plural();
                    self.listed_like = self.listed_next;
                    let listed = self.listed_next.and_then(|index| self.scene.things.get(index));
                    self.used.extend(listed.map(|thing| thing.count.to_string()));
                }
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
            Chunk::Has => self.has(),
            Chunk::Full { half, says } => self.full(*half, says),
            Chunk::Each => self.with(true),
            Chunk::Except => self.except(),
            Chunk::Not => (self.denied, self.instead) = (Some(None), false),
            Chunk::Instead => (self.denied, self.instead) = (Some(None), true),
            Chunk::Which => self.narrow_to_last(),
            Chunk::Whose => self.whose(),
            Chunk::Of if self.counts_content() => self.filled_with(),
            Chunk::Be => self.main_clause(),
            Chunk::There | Chunk::Of | Chunk::For => {}
            Chunk::OneOf(pick) => self.one_of(*pick),
            Chunk::OfThem(quantity) => self.of_them(*quantity),
            Chunk::Than { larger, higher, by } => self.than(*larger, *higher, *by),
            Chunk::Unknown(word) => self.scene.not_understood.push(word.clone()),
        }
    }

    pub(super) fn end_sentence(&mut self) {
        self.tell_unproved();
        if let Some((kind, start)) = self.series.take() {
            let start = if start + 1 < self.scene.things.len() { start } else { 0 };
            // "a doll and a ball on a shelf from left to right": not the shelf.
            let bears = |index: &usize| {
                let on = |r: &crate::Relation| {
                    r.object == *index && matches!(r.kind, RelationKind::On | RelationKind::Inside)
                };
                self.scene.relations.iter().any(on)
            };
            let chain: Vec<usize> = (start..self.scene.things.len()).filter(|index| !bears(index)).collect();
            self.chain(&chain, kind);
        }
        if let Some(first) = self.mentioned.first() {
            self.focus = vec![*first];
            self.earlier = std::mem::take(&mut self.mentioned);
        }
        self.group.clear();
        self.owner.clear();
        self.detailed.clear();
        self.divided = None;
        self.parts.clear();
        self.narrowed.clear();
        (self.contained, self.done_to, self.it) = (None, None, None);
        (self.filled, self.hung) = (false, false);
        self.detailed_by.clear();
        self.workers.clear();
        self.acting.clear();
        (self.closed, self.object_of, self.denied, self.region) = (false, None, None, None);
        (self.ahead, self.pending, self.joint) = (None, Pending::Nothing, Joint::None);
        (self.arrangement, self.attribute_ahead) = (None, Vec::new());
        (self.listed_next, self.listed_like) = (None, None);
    }

    // --- noun phrases ---------------------------------------------------

    pub(super) fn phrase(&mut self, phrase: &NounPhrase) {
        if self.dresses_part(phrase) {
            return;
        }
        if self.denied.is_some() && self.deny(phrase) {
            return;
        }
        if self.is_lacking(phrase) || self.speaks_of_part(phrase) || self.is_part_so(phrase) {
            return;
        }
        if self.is_called_again(phrase) {
            return;
        }
        if self.describes_last(phrase) {
            self.joint = Joint::None;
            return;
        }
        // "a table for two"
        if phrase.noun.is_empty() && self.serves(phrase) {
            return;
        }
        self.tell_choice(phrase);
        let Some(phrase) = self.with_head(phrase) else {
            self.joint = Joint::None;
            return;
        };
        if self.takes_fabric(&phrase) {
            return;
        }
        match std::mem::take(&mut self.pending) {
            Pending::Nothing => self.fresh(&phrase),
            Pending::With { .. } if self.has_weather(&phrase) => {}
            Pending::With { each } => self.owned(&phrase, each),
            Pending::Object { kind, prep, subjects } => self.object(&phrase, kind, &prep, subjects),
            Pending::Ahead { kind, prep } => self.object_ahead(&phrase, kind, &prep),
            Pending::SecondPole { subjects, first } => {
                let second = self.thing_of(&phrase);
                self.side_of_pole(second);
                self.between(&subjects, first, second);
            }
            Pending::Center { subjects } => self.center(&phrase, subjects),
            Pending::BothSides { subjects } => self.both_sides(&phrase, &subjects),
            Pending::Than { larger, higher, by, subjects } => {
                self.compare_with(&phrase, (larger, higher, by), &subjects);
            }
            Pending::Verb { verb, subjects, prep } => {
                let said = self.said_so_far();
                self.verb_object(&phrase, &verb, subjects, prep.as_deref());
                let shown = verb.shows_where() && self.said_so_far() != said;
                self.used.extend(shown.then_some(verb.attribute));
            }
        }
        self.joint = Joint::None;
    }

    /// The chunk so many before this one.
    pub(super) fn back(&self, count: usize) -> Option<&Chunk> {
        self.at.checked_sub(count).and_then(|at| self.chunks.get(at))
    }

    pub(super) fn previous(&self) -> Option<&Chunk> {
        self.back(1)
    }

    /// The noun phrase after `and` that lends its noun.
    pub(super) fn next_head(&self, phrase: &NounPhrase) -> Option<&'a NounPhrase> {
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

    pub(super) fn apply_waiting_region(&mut self) {
        if let Some(region) = self.region.take() {
            let group = self.group.clone();
            self.set_region(&group, region);
        }
    }

    /// A noun phrase that nothing waits for.
    pub(super) fn fresh(&mut self, phrase: &NounPhrase) {
        if self.joint != Joint::None
            && !self.detailed.is_empty()
            && self.is_accessory(phrase)
            && !self.explicit_place_follows()
        {
            let owners = self.detailed.clone();
            return self.add_detail(&owners, &format!("and {}", phrase.text()));
        }
        if self.belongs_to_main(phrase) {
            return self.owned(phrase, false);
        }
        if self.is_worn_tag(phrase)
            || self.holds_part_so(phrase)
            || self.leaves_out_idea(phrase)
            || self.is_mirrored(phrase)
            || self.joins_worn(phrase)
            || self.serves(phrase)
        {
            return;
        }
        let acts = phrase.tags().any(Tags::ANIMATE) && self.link_follows() && !self.is_on_body();
        if self.joint == Joint::And && !self.detailed.is_empty() && !acts {
            self.owner.clone_from(&self.detailed);
            return self.owned(phrase, false);
        }
        self.detailed.clear();
        if phrase.tags().any(Tags::SAID) {
            let group = if self.acting.is_empty() { self.group.clone() } else { self.acting.clone() };
            return self.add_detail(&group, &phrase.text());
        }
        if self.plays_on_place(phrase) || self.is_setting(phrase) {
            return;
        }
        let listed = self.listed_with(phrase);
        // "a man with a dog and a cane"
        let beside = self.contained == Some(RelationKind::NextTo) && !self.closed && !self.link_follows();
        let holders = if beside && self.joint != Joint::None { self.owner.clone() } else { Vec::new() };
        let again = self.known(phrase).is_some()
            || self.picks_known(phrase)
            || self.several_compared(phrase).is_some();
        let index = self.thing_of(phrase);
        self.dress_waiting(index);
        if let Some(first) =
            self.listed_like.filter(|first| *first != index && self.joint != Joint::None && !again)
        {
            self.stand_like(index, first);
        }
        let and_this = self.joint == Joint::And && self.object_of.is_none() && !self.closed;
        self.join(index);
        self.join_in_sky(index);
        self.narrow_to_clause(phrase, index, again, and_this);
        self.take_along(index, &holders);
        if let Some((RelationKind::HeldBy, owner)) = listed {
            self.default_relation(index, &[owner]);
        } else if let Some((kind, owner)) = listed {
            self.relate(index, kind, owner);
            self.contained = Some(kind);
        }
        self.apply_ahead(index);
    }

    /// `the left cup is blue, the right cup is red`: a clause of its own speaks of its subject alone.
    fn narrow_to_clause(&mut self, phrase: &NounPhrase, index: usize, again: bool, and_this: bool) {
        let clause = phrase.determiner == Determiner::The && matches!(self.peek(1), Some(Chunk::Be));
        // "nine students, the teacher standing at the right", "…, the cat asleep at her feet"
        let does = match self.peek(1) {
            Some(Chunk::Verb(verb)) => verb.form == VerbForm::Ing,
            other => matches!(other, Some(Chunk::Adjectives(_))),
        };
        // "a feeder with two sparrows, a squirrel watching"
        let absolute = phrase.determiner == Determiner::A && !self.owner.is_empty();
        let told = absolute || matches!(phrase.determiner, Determiner::The | Determiner::Possessive);
        let clause = clause || does && told && self.joined_by == Joint::Comma;
        // "the knob and the plate were attached" speaks of both.
        let both = and_this && self.group.len() > 1 && self.lists_before();
        if clause && phrase.count().0 == 1 && !both
            || again && matches!(self.peek(1), Some(Chunk::Be | Chunk::Verb(_) | Chunk::Adjectives(_)))
            || self.opens_clause()
        {
            // "a man and a woman, the man is taller" speaks of the man alone.
            self.group = vec![index];
        }
    }

    /// Attributes, region and arrangement that waited for a thing.
    pub(super) fn dress_waiting(&mut self, index: usize) {
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
    pub(super) fn join(&mut self, index: usize) {
        self.contained = None;
        let open = self.joint == Joint::And && !self.closed && !self.link_follows();
        let open = open && !(self.is_animate(index) && (self.is_clause_again() || self.is_of_owner(index)));
        let pair = open && self.ends_definite_pair();
        if pair {
            self.doubt_pair(index);
        }
        let met = |kind: RelationKind| joins_objects(kind) || pair && kind == RelationKind::Under;
        let object_of = self.object_of.clone().filter(|(kind, _)| open && met(*kind));
        if let Some((kind, subjects)) = object_of {
            for subject in &subjects {
                self.relate(*subject, kind, index);
            }
            // "holding a shield and a sword"
            let held = |r: &crate::Relation| {
                r.kind == RelationKind::HeldBy
                    && self.group.contains(&r.subject)
                    && subjects.contains(&r.object)
            };
            if self.scene.relations.iter().any(held) {
                self.hold(&[index], &subjects);
            }
            self.group.push(index);
            return;
        }
        // "a child building a sandcastle, a bucket": the deed ends at the comma.
        let deed = self.joint == Joint::Comma && !self.group.is_empty() && self.detailed_by == self.group;
        // "cozy fire, stockings on the mantel, steam rising": what stands behind a list of tags is said of the last.
        let tag = self.joint == Joint::Comma
            && matches!((self.peek(0), self.peek(1)), (Some(Chunk::Np(np)), Some(Chunk::Link(Link::Rel { .. }) | Chunk::Verb(_))) if np.is_bare());
        if self.joint == Joint::None || self.closed || self.object_of.is_some() || deed || tag {
            self.group.clear();
        }
        self.joined_by = if self.group.is_empty() { Joint::None } else { self.joint };
        self.group.push(index);
        self.closed = false;
        self.object_of = None;
    }

    /// A relation whose object came first: `on the table is a lamp`.
    pub(super) fn apply_ahead(&mut self, index: usize) {
        // "Behind it, cows are grazing."
        let before = |back: usize| self.at.checked_sub(back).map(|at| self.chunks.get(at));
        let fronted = matches!(before(1), Some(Some(Chunk::Comma)))
            && matches!(before(3), Some(Some(Chunk::Link(_))))
            && matches!(before(4), None | Some(Some(Chunk::Stop)));
        let linked = self.joint != Joint::None && self.link_follows() && !fronted;
        if let Some((kind, objects)) = self.ahead.clone() {
            if linked {
                self.ahead = None;
                return;
            }
            self.relate_all(&[index], kind, &objects);
        }
    }

    pub(super) fn link_follows(&self) -> bool {
        matches!(self.peek(1), Some(Chunk::Link(_) | Chunk::Verb(_) | Chunk::Be))
    }
}

/// What a thing's noun can be.
pub(super) fn thing_tags(thing: &Thing) -> Tags {
    noun_tags(&thing.noun)
}

/// Whether `next to a and b` means next to both.
pub(super) fn joins_objects(kind: RelationKind) -> bool {
    !matches!(kind, RelationKind::On | RelationKind::Inside | RelationKind::Under)
}
