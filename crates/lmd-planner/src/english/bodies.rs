//! Parts of bodies and what is worn: what somebody does with his own hands, and who wears what.

use super::chunk::{By, Chunk};
use super::interpret::{Interpreter, Joint, Pending};
use super::links::Link;
use super::phrase::{Determiner, NounPhrase};
use super::who::Who;
use crate::lexicon::{Class, List, Tags, VerbForm, head, is_putting, is_worked, kind_of};
use crate::{RelationKind, Thing};

impl Interpreter<'_> {
    /// Whether a verb takes a part of the body with it: `shaking hands`, `raising a hand`, `resting both hands`.
    pub(super) fn moves_body_part(&self, phrase: &NounPhrase, subjects: &[usize]) -> bool {
        let both = phrase.words.first().is_some_and(|word| word.eq_ignore_ascii_case("both"));
        let one = phrase.determiner == Determiner::A && !phrase.noun.contains(' ');
        let bare = both || one || matches!(phrase.determiner, Determiner::None | Determiner::Possessive);
        let worn = phrase.determiner == Determiner::Possessive && phrase.tags().any(Tags::WORN);
        let own_part = phrase.determiner == Determiner::Possessive && phrase.tags().any(Tags::PART);
        (worn || own_part || bare && phrase.tags().any(Tags::BODY))
            && subjects.iter().any(|i| self.is_animate(*i))
    }

    /// `a boy kicks a can, hands in his pockets`: how whoever acts holds a part of himself. `true` if it was that.
    pub(super) fn holds_part_so(&mut self, phrase: &NounPhrase) -> bool {
        let lifeless = |i: &usize| !self.is_animate(*i);
        let its = phrase.words.first().is_some_and(|word| word.eq_ignore_ascii_case("its"))
            && !phrase.tags().any(Tags::ANIMATE)
            && self.mentioned.first().is_some_and(lifeless);
        let own = matches!(phrase.determiner, Determiner::None | Determiner::Possessive)
            && phrase.quantity.is_none()
            && (phrase.tags().any(Tags::BODY) || its);
        let seen = matches!((self.peek(1), self.peek(2)), (Some(Chunk::Be), Some(Chunk::Adjectives(says))) if says == &["visible"]);
        let told =
            seen || matches!(self.peek(1), Some(Chunk::Link(_) | Chunk::Verb(_) | Chunk::Adjectives(_)));
        if self.joint != Joint::Comma || !own || !told {
            return false;
        }
        let alive = |i: &usize| self.is_animate(*i);
        let acting: Vec<usize> = self.acting.iter().copied().filter(alive).collect();
        let first = self.mentioned.iter().copied().find(alive);
        let owners = if acting.is_empty() { first.into_iter().collect() } else { acting };
        let owners = if its { self.mentioned.first().copied().into_iter().collect() } else { owners };
        if owners.is_empty() {
            return false;
        }
        // "hands in his pockets", "one hand on the wheel", "only his legs are visible"
        self.at += if seen { 2 } else { 0 };
        let only = if seen { "only " } else { "" };
        let place = match (self.peek(1), self.peek(2)) {
            (Some(Chunk::Link(Link::Rel { prep, .. } | Link::Prep(prep))), Some(Chunk::Np(np))) => {
                self.at += 2;
                format!(" {prep} {}", np.text())
            }
            _ if seen => " visible".to_owned(),
            (Some(Chunk::Verb(verb)), _) if its && verb.form == VerbForm::Ing => {
                self.at += 1;
                format!(" {}", verb.attribute)
            }
            _ => String::new(),
        };
        self.add_detail(&owners, &format!("with {only}{}{place}", phrase.text()));
        self.detailed.clone_from(&owners);
        self.group = owners;
        (self.object_of, self.closed, self.joint) = (None, true, Joint::None);
        true
    }

    /// `a calendar from 1962`, `wrapping a bouquet in paper`: part of the caption. `true` if it was that.
    pub(super) fn dates(&mut self, phrase: &NounPhrase, prep: &str, subjects: &[usize]) -> bool {
        let clause = self.chunks.iter().take(self.at).rev().take_while(|chunk| **chunk != Chunk::Stop);
        let deed = clause
            .into_iter()
            .find_map(|c| if let Chunk::Verb(verb) = c { Some(&verb.attribute) } else { None });
        let wraps =
            deed.is_some_and(|does| matches!(does.as_str(), "wrapping" | "coating" | "dipping" | "covering"));
        if wraps && prep == "in" && self.detailed_by == subjects && !phrase.tags().any(Tags::PLACE) {
            self.add_detail(subjects, &format!("in {}", phrase.text()));
            self.closed = true;
            return true;
        }
        // "carving a statue out of marble"
        let stuff = phrase.is_bare() && !phrase.plural && phrase.tags().any(Tags::MODIFIER.and(Tags::STUFF));
        if prep == "out of" && stuff && self.detailed_by == subjects && !subjects.is_empty() {
            self.add_detail(subjects, &format!("out of {}", phrase.text()));
            self.closed = true;
            return true;
        }
        let year = phrase.noun.trim_end_matches('s');
        // "a child drawing on the wall" does not hang there.
        let draws = prep == "on" && phrase.noun == "wall" && deed.is_some_and(|does| is_worked(does));
        if draws && !subjects.is_empty() && subjects.iter().all(|index| self.is_animate(*index)) {
            self.add_detail(subjects, &format!("on {}", phrase.text()));
            self.group = subjects.to_vec();
            self.closed = true;
            return true;
        }
        let dated = prep == "from" && year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
        if dated && !subjects.is_empty() {
            self.add_detail(subjects, &format!("from {}", phrase.text()));
            self.group = subjects.to_vec();
            self.closed = true;
        }
        dated && !subjects.is_empty()
    }

    /// `a house on wheels`, `a hut on stilts`: part of the caption. `true` if it was that.
    pub(super) fn moves_on(&mut self, phrase: &NounPhrase, kind: RelationKind, subjects: &[usize]) -> bool {
        let part = phrase.is_bare()
            && (phrase.plural || matches!(phrase.noun.as_str(), "stilts" | "horseback"))
            && List::GoesOn.has(head(&phrase.noun));
        if !part || kind != RelationKind::On || subjects.is_empty() {
            return false;
        }
        self.add_detail(subjects, &format!("on {}", phrase.text()));
        self.group = subjects.to_vec();
        (self.object_of, self.closed) = (None, true);
        true
    }

    /// `with his head on a pillow`: the caption says where it is, besides.
    pub(super) fn where_it_is(&self, phrase: &NounPhrase) -> Option<String> {
        match (self.peek(1)?, self.peek(2)?) {
            (Chunk::Link(Link::Rel { prep, .. }), Chunk::Np(place))
                if Self::is_own_part(phrase)
                    && !prep.starts_with("out")
                    && phrase.tags().any(Tags::BODY)
                    && !place.tags().any(Tags::BODY) =>
            {
                Some(format!("{prep} {}", place.text()))
            }
            _ => None,
        }
    }

    /// `taller than a house`, and `bigger than its head`, which is a part of whom the sentence speaks and no thing.
    pub(super) fn compare_with(
        &mut self,
        phrase: &NounPhrase,
        (larger, higher, by): (bool, bool, By),
        subjects: &[usize],
    ) {
        let part = Self::is_own_part(phrase) && phrase.tags().any(Tags::BODY);
        if part && self.known(phrase).is_none() && by == By::Size && !subjects.is_empty() {
            let how = if larger { "larger" } else { "smaller" };
            self.add_detail(subjects, &format!("{how} than {}", phrase.text()));
            return (self.group, self.closed) = (subjects.to_vec(), true);
        }
        let object = self.thing_of(phrase);
        self.compare((larger, higher, by), subjects, &[object]);
    }

    /// Whether a phrase names a part of somebody spoken of: `her head`.
    pub(super) fn is_own_part(phrase: &NounPhrase) -> bool {
        // "both hands", "balancing plates on one arm"
        let counted = phrase.words.first().map(|word| word.to_lowercase());
        let counted = counted.is_some_and(|word| matches!(word.as_str(), "both" | "one"));
        let every = (phrase.determiner == Determiner::Each || counted) && phrase.tags().any(Tags::BODY);
        // Somebody's balcony is no part of him.
        let its = phrase.words.first().is_some_and(|word| word.eq_ignore_ascii_case("its"));
        let home = matches!(
            phrase.noun.as_str(),
            "balcony" | "roof" | "door" | "window" | "porch" | "chimney" | "seat"
        );
        let part = phrase.tags().any(Tags::PART) || phrase.noun == "skull";
        phrase.determiner == Determiner::Possessive && part && (its || !home) || every
    }

    /// Whom a phrase is a part of, where its own words tell.
    pub(super) fn has_part(&self, phrase: &NounPhrase, own: bool, done_to: &[usize]) -> Vec<usize> {
        // "a mailbox with its flag up"
        let its = phrase.words.first().is_some_and(|word| word.eq_ignore_ascii_case("its"));
        let alive = phrase.tags().any(Tags::ANIMATE.and(Tags::BODY))
            || self.owner.iter().any(|index| self.is_animate(*index));
        match own {
            _ if its && !alive => self.owner.clone(),
            true => self.owners_named_by(phrase, done_to),
            false => Vec::new(),
        }
    }

    /// Who wears it in `a ballerina on a stage in a white tutu`.
    pub(super) fn wearer_in(&self, kind: RelationKind) -> Option<Vec<usize>> {
        let Some(Chunk::Np(np)) = self.peek(1) else { return None };
        let alive = |list: &[usize]| list.iter().any(|i| self.is_animate(*i));
        // "posing for a selfie in a jacket"
        let subjects = self.object_of.as_ref().map(|(_, subjects)| subjects).filter(|list| alive(list));
        let subjects = subjects.unwrap_or(&self.acting);
        let worn = kind == RelationKind::Inside && np.tags().any(Tags::WORN);
        // "drops a coin in his hat"
        let puts = self.chunks.windows(2).take(self.at).rev().find_map(|two| match two {
            [Chunk::Verb(verb), what] => Some(is_putting(&verb.attribute) && matches!(what, Chunk::Np(_))),
            _ => None,
        });
        let worn = worn && puts != Some(true);
        (worn && alive(subjects) && !alive(&self.group)).then(|| subjects.clone())
    }

    /// `on a pirate's shoulder`, `in a dog's mouth`: the caption keeps the part, and what is in a mouth is held, what is on
    /// a seat is inside.
    pub(super) fn at_owned_part(
        &mut self,
        phrase: &NounPhrase,
        kind: RelationKind,
        subjects: &[usize],
    ) -> RelationKind {
        let Some(part) = phrase.owned_part() else { return kind };
        let alive = phrase.tags().any(Tags::ANIMATE);
        match (kind, head(&part)) {
            (
                RelationKind::On,
                "shoulder" | "shoulders" | "lap" | "knee" | "knees" | "arm" | "wrist" | "palm",
            ) if alive => {
                self.add_detail(subjects, &format!("on the {part}"));
                kind
            }
            (RelationKind::Inside, "lap") if alive => {
                self.add_detail(subjects, &format!("in the {part}"));
                RelationKind::On
            }
            (RelationKind::Inside, "mouth" | "beak" | "jaws") if alive => {
                self.add_detail(subjects, &format!("in the {part}"));
                RelationKind::HeldBy
            }
            // "on the back seat of a bus" is in it.
            (RelationKind::On, seat)
                if phrase.tags().any(Tags::VEHICLE) && kind_of(seat).class == Class::Seat =>
            {
                self.add_detail(subjects, &format!("on the {part}"));
                RelationKind::Inside
            }
            _ => kind,
        }
    }

    /// Whether a preposition follows a limb that somebody has: `a lion with one paw on a ball`.
    pub(super) fn follows_limb(&self) -> bool {
        let limb = matches!(self.back(1), Some(Chunk::Np(np)) if np.tags().any(Tags::BODY));
        limb && matches!(self.back(2), Some(Chunk::With | Chunk::Has))
    }

    /// `looks through binoculars at an eagle`: who looks holds them. `true` if it was that.
    pub(super) fn looks_through(&mut self, phrase: &NounPhrase, subjects: &[usize]) -> bool {
        let alive = !subjects.is_empty() && subjects.iter().all(|index| self.is_animate(*index));
        if !alive || !phrase.tags().any(Tags::HELD) || self.known(phrase).is_some() {
            return false;
        }
        let held = self.thing_of(phrase);
        self.hold(&[held], subjects);
        (self.group, self.closed) = (subjects.to_vec(), true);
        true
    }

    /// Who wears it in `a man in a suit and a woman in a dress`: the last, where one before has his own.
    pub(super) fn undressed(&self, phrase: &NounPhrase, subjects: Vec<usize>) -> Vec<usize> {
        let Some((last, others)) = subjects.split_last() else { return subjects };
        let has_own = |i: &usize| self.scene.things.get(*i).is_some_and(|thing| thing.detail.is_some());
        if others.is_empty() || phrase.plural && !others.iter().all(has_own) || !others.iter().any(has_own) {
            return subjects;
        }
        vec![*last]
    }

    /// `hanging from its end`: from it. `true` if it was that.
    pub(super) fn at_its_end(
        &mut self,
        phrase: &NounPhrase,
        kind: RelationKind,
        prep: &str,
        subjects: &[usize],
    ) -> bool {
        let end = phrase.determiner == Determiner::Possessive && List::GivesWay.has(&phrase.noun);
        if !end || Self::is_own_part(phrase) {
            return false;
        }
        // "a van with "X" on its side": where it is written.
        let written = |i: &usize| self.scene.things.get(*i).is_some_and(is_written_on);
        if let Some(bears) = self.detailed.iter().chain(subjects).copied().find(written) {
            self.add_detail(&[bears], &format!("{prep} {}", phrase.text()));
            (self.group, self.closed) = (vec![bears], true);
            return true;
        }
        self.pending = Pending::Object { kind, prep: prep.to_owned(), subjects: subjects.to_vec() };
        self.used.push(phrase.noun.clone());
        let word = phrase.words.first().map(|word| word.to_lowercase()).unwrap_or_default();
        self.pronoun(Who::owning(&word));
        true
    }

    /// `carrying a cub by the scruff of its neck`: said of whoever carries it. `true` if it was that.
    pub(super) fn seizes(&mut self, phrase: &NounPhrase, prep: &str) -> bool {
        let told = matches!(phrase.determiner, Determiner::The | Determiner::Possessive);
        let part = prep == "by" && told && (phrase.tags().any(Tags::BODY) || phrase.noun == "neck");
        if !part || self.acting.is_empty() {
            return false;
        }
        let acting = self.acting.clone();
        let verbs = self.chunks.iter().take(self.at).rev();
        let does =
            verbs.clone().find_map(|c| if let Chunk::Verb(verb) = c { Some(&verb.attribute) } else { None });
        // "dragging a bear by its ear": what is dragged is a thing of its own.
        let untold = |i: &usize| {
            self.scene
                .things
                .get(*i)
                .is_some_and(|thing| does.is_some_and(|does| !thing.phrase().contains(does.as_str())))
        };
        let deed =
            does.filter(|_| acting.iter().all(untold)).map_or(String::new(), |does| format!("{does} it "));
        self.add_detail(&acting, &format!("{deed}by {}", phrase.text()));
        (self.group, self.closed) = (acting, true);
        true
    }

    /// `writing on a blackboard`, `draws a face on a window`: whoever writes stands before it.
    pub(super) fn writes_on_board(&self) -> bool {
        let Some(Chunk::Np(np)) = self.peek(1) else { return false };
        let clause = self.chunks.iter().take(self.at).rev().take_while(|chunk| **chunk != Chunk::Stop);
        let deed = clause
            .into_iter()
            .find_map(|c| if let Chunk::Verb(verb) = c { Some(&verb.attribute) } else { None });
        let does = deed.is_some_and(|does| {
            matches!(
                does.as_str(),
                "writing" | "drawing" | "painting" | "scribbling" | "doodling" | "spraying"
            )
        });
        let board = np.noun.ends_with("board") || np.noun == "easel";
        let ground = Tags::SEAT.and(Tags::SURFACE).and(Tags::PLACE).and(Tags::SCENERY).and(Tags::VEHICLE);
        let upright = !np.tags().any(ground) && matches!(kind_of(&np.noun).class, Class::Wall | Class::Hang);
        does && (board || upright || np.tags().any(Tags::ANIMATE))
    }

    /// What goes into something: `passers-by drop coins into a hat`, and whoever pours `from one cup into another`.
    pub(super) fn goes_into(&self, prep: &str, subjects: Vec<usize>) -> Vec<usize> {
        // "passers-by drop coins into his hat": the coins go into it.
        let dropped =
            self.done_to.filter(|i| prep == "into" && !self.is_animate(*i) && !subjects.contains(i));
        let subjects = dropped.map_or(subjects, |dropped| vec![dropped]);
        // "pouring water from one cup into another": whoever pours is at both.
        let pouring = prep == "into" && !self.detailed_by.is_empty();
        let pouring = pouring && !subjects.iter().any(|index| self.is_animate(*index));
        if pouring { self.detailed_by.clone() } else { subjects }
    }
}

/// Whether the caption of a thing holds what is written on it.
fn is_written_on(thing: &Thing) -> bool {
    let said = thing.detail.as_deref().unwrap_or_default();
    said.contains('"') || ["number ", "word ", "words ", "letter "].iter().any(|kind| said.contains(kind))
}
