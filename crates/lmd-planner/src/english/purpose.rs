//! What something is for: `a cake for a 7-year-old` is a cake, and whom it is for need not be there.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint};
use super::phrase::{Determiner, NounPhrase};
use crate::lexicon::{List, Tags, VerbForm};

impl Interpreter<'_> {
    /// Whom or what something is for, in the caption of that. `true` if it was that.
    pub(super) fn serves(&mut self, phrase: &NounPhrase) -> bool {
        let after_for = matches!(self.previous(), Some(Chunk::For));
        // "a dog waits for its owner", "asks a policeman for directions"
        let acts = !self.acting.is_empty() && self.acting.iter().all(|index| self.is_animate(*index));
        let own = phrase.determiner == Determiner::Possessive && phrase.tags().any(Tags::ANIMATE);
        // "students posing for a photo": it is not there yet.
        let posing = |i: &usize| {
            self.scene
                .things
                .get(*i)
                .is_some_and(|t| t.attributes.iter().chain(&t.detail).any(|does| does.ends_with("posing")))
        };
        let posed = phrase.tags().any(Tags::SHOWS) && self.acting.iter().any(posing)
            || List::Viewer.has(&phrase.noun);
        if after_for && acts && (own || posed || self.is_new_idea(phrase)) && self.known(phrase).is_none() {
            let acting = self.acting.clone();
            self.deeds_behind("for", &acting);
            self.add_detail(&acting, &format!("for {}", phrase.text()));
            (self.group, self.object_of, self.closed, self.joint) = (acting, None, true, Joint::None);
            return true;
        }
        let subjects = self.group.clone();
        let bare = phrase.is_bare() && !phrase.plural;
        let lifeless = !subjects.is_empty() && subjects.iter().all(|index| !self.is_animate(*index));
        let whom = |np: &NounPhrase| np.tags().any(Tags::ANIMATE) && !np.tags().any(Tags::PLACE);
        // "eggs and flour used for a recipe"
        let used = self.before_last();
        let used = matches!(used, Some(Chunk::Verb(verb)) if verb.form == VerbForm::Past);
        let counted = phrase.noun.is_empty() && phrase.quantity.is_some();
        if !(after_for && lifeless && (bare || counted || used || whom(phrase)))
            || self.known(phrase).is_some()
        {
            let wanted = after_for && self.is_wanted_only(phrase);
            if wanted {
                self.add_detail(&subjects, &format!("for {}", phrase.text()));
                (self.object_of, self.closed, self.joint) = (None, true, Joint::None);
            }
            return wanted;
        }
        let mut says = format!("for {}", phrase.text());
        // "for a boy and a girl"
        while let (Some(Chunk::And), Some(Chunk::Np(np))) = (self.peek(1), self.peek(2)) {
            let acts = matches!(self.peek(3), Some(Chunk::Verb(_) | Chunk::Be | Chunk::With | Chunk::Has));
            if acts || !whom(np) {
                break;
            }
            says = format!("{says} and {}", np.text());
            self.at += 2;
        }
        self.add_detail(&subjects, &says);
        (self.object_of, self.closed, self.joint) = (None, true, Joint::None);
        true
    }

    /// Whether what a phrase behind `for` names need not be there: `a case for her phone`, `a bed for a nap`, but not
    /// `reaching for a jar`.
    fn is_wanted_only(&self, phrase: &NounPhrase) -> bool {
        let Some(Chunk::Np(what)) = self.before_last() else { return false };
        let says = |index: &usize| {
            self.scene.things.get(*index).is_some_and(|thing| thing.phrase().contains(&what.noun))
        };
        self.group.last().is_some_and(says) && self.known(phrase).is_none()
    }
}
