//! What nobody can draw by itself (`beauty`, `a long walk`): it stays in the caption of whoever does or has it, and
//! stands nowhere as a thing.

use super::chunk::Chunk;
use super::having::is_person;
use super::interpret::Interpreter;
use super::phrase::NounPhrase;
use crate::RelationKind;
use crate::lexicon::{List, Tags, Verb, VerbForm, head, is_idea, is_linking, noun_tags, tells_gift};

impl Interpreter<'_> {
    /// Whether a phrase names nothing that can be drawn and nothing named before.
    pub(super) fn is_new_idea(&self, phrase: &NounPhrase) -> bool {
        // "…, a creature of stealth and beauty" tells more of what was named before the comma.
        let of_idea =
            phrase.detail.as_deref().is_some_and(|detail| detail.starts_with("of ") && is_idea(head(detail)));
        let tells_more = of_idea
            && matches!(self.previous(), Some(Chunk::Comma))
            && !List::Medium.has(head(&phrase.noun))
            && !self.scene.things.is_empty();
        (is_idea(&phrase.noun) || tells_more) && phrase.quantity.is_none() && self.known(phrase).is_none()
    }

    /// Tells what cannot be drawn and belongs to nobody. `true` if this was it.
    pub(super) fn leaves_out_idea(&mut self, phrase: &NounPhrase) -> bool {
        let said = self.chunks.iter().filter(|chunk| **chunk != Chunk::For).count();
        let alone = self.scene.things.is_empty() && said < 3;
        if alone || !self.is_new_idea(phrase) {
            return false;
        }
        // "wind blowing through the grass": nothing else blows, but something else is painted in gold.
        if matches!(self.peek(1), Some(Chunk::Verb(verb)) if verb.form != VerbForm::Past) {
            self.group.clear();
            self.acting.clear();
        }
        self.scene.notes.push(format!("\"{}\" cannot be drawn as a thing and was left out", phrase.text()));
        true
    }

    /// `feeling tired`, `looking stressed`: said behind the noun. `true` if the verb was taken so.
    pub(super) fn leads_to_adjective(&mut self, verb: &Verb, subjects: &[usize]) -> bool {
        if !matches!(verb.form, VerbForm::Ing | VerbForm::Third)
            || !is_linking(&verb.attribute)
            || subjects.is_empty()
        {
            return false;
        }
        let says = match self.peek(1) {
            Some(Chunk::Adjectives(adjectives)) => adjectives.join(" and "),
            Some(Chunk::Verb(state)) if state.form == VerbForm::Past => state.attribute.clone(),
            _ => return false,
        };
        self.at += 1;
        self.add_deed(subjects, &format!("{} {says}", verb.attribute));
        true
    }

    /// `a mother holding her child's hand` holds no child.
    pub(super) fn grasp(&mut self, verb: &Verb, part: &str, subjects: &[usize]) {
        let whose = self.some(&verb.attribute, &self.group);
        // "a newborn's hand holding her dad's finger": nobody is to be seen whole.
        let hand = |i: &usize| self.scene.things.get(*i).is_some_and(|t| noun_tags(&t.noun).any(Tags::BODY));
        let last = self.group.last().copied();
        if !subjects.is_empty() && subjects.iter().all(hand) && last == self.scene.things.len().checked_sub(1)
        {
            let whole = self.scene.things.pop();
            self.used.extend(whole.map(|thing| thing.noun));
            self.scene.relations.retain(|r| Some(r.subject) != last && Some(r.object) != last);
            self.group = subjects.to_vec();
            self.add_deed(subjects, &format!("{} {whose}'s {part}", verb.attribute));
            return;
        }
        self.add_deed(subjects, &format!("{} {whose}'s {part}", verb.attribute));
        self.relate_all(subjects, RelationKind::NextTo, &self.group.clone());
    }

    /// What stands for things that a caption may not name.
    pub(super) fn some(&self, does: &str, things: &[usize]) -> &'static str {
        let somebody = |index: &usize| self.scene.things.get(*index).is_some_and(is_person);
        if !things.is_empty() && things.iter().all(somebody) && !tells_gift(does) {
            "someone"
        } else {
            "something"
        }
    }
}
