//! What something is for: `a cake for a 7-year-old` is a cake, and whom it is for need not be there.

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint};
use super::phrase::NounPhrase;
use crate::lexicon::Tags;

impl Interpreter<'_> {
    /// Whom or what something is for, in the caption of that. `true` if it was that.
    pub(super) fn serves(&mut self, phrase: &NounPhrase) -> bool {
        let subjects = self.group.clone();
        let bare = phrase.is_bare() && !phrase.plural;
        let lifeless = !subjects.is_empty() && subjects.iter().all(|index| !self.is_animate(*index));
        let whom = |np: &NounPhrase| np.tags().any(Tags::ANIMATE) && !np.tags().any(Tags::PLACE);
        let after_for = matches!(self.previous(), Some(Chunk::For));
        let counted = phrase.noun.is_empty() && phrase.quantity.is_some();
        if !(after_for && lifeless && (bare || counted || whom(phrase))) || self.known(phrase).is_some() {
            return false;
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
}
