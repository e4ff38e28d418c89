//! What a colon opens: a plural told one by one, a place or a vessel with what is in it, a heading.

use super::chunk::Chunk;
use super::interpret::{Interpreter, thing_tags};
use crate::lexicon::Tags;

impl Interpreter<'_> {
    /// The one plural spoken of last, if as many things as it counts follow
    /// one by one: `three dogs: a poodle, a corgi and a husky`.
    pub(super) fn single_plural(&self) -> Option<usize> {
        // "four fruits on a table: an apple, …" lists the fruits.
        let named = match &self.object_of {
            Some((_, subjects)) if subjects.len() == 1 => subjects,
            _ => &self.group,
        };
        let [index] = named.as_slice() else { return None };
        let count = self.scene.things.get(*index)?.count as usize;
        let list = self.chunks.iter().skip(self.at + 1);
        let list = list.take_while(|c| matches!(c, Chunk::Np(_) | Chunk::And | Chunk::Comma));
        let named =
            list.filter(|c| matches!(c, Chunk::Np(np) if !np.noun.is_empty() && np.count().0 == 1)).count();
        (count > 1 && named == count).then_some(*index)
    }

    /// `a picnic: a blanket, a basket`: what is before the colon holds what is
    /// listed after it, or is the scene of it. `true` if it was so.
    pub(super) fn heads_list(&mut self) -> bool {
        if self.takes_heading_away() {
            return true;
        }
        let [index] = self.group.as_slice() else { return false };
        let index = *index;
        let last = index + 1 == self.scene.things.len() && self.scene.relations.is_empty();
        let named = self.chunks.iter().skip(self.at + 1);
        let named = named.take_while(|c| matches!(c, Chunk::Np(_) | Chunk::And | Chunk::Comma));
        let named = named.filter(|c| matches!(c, Chunk::Np(np) if !np.noun.is_empty())).count();
        let after_noun = matches!(self.previous(), Some(Chunk::Np(_)));
        let Some(thing) = self.scene.things.get(index).filter(|thing| thing.count == 1) else { return false };
        let tags = thing_tags(thing);
        if named < 2 || !last || !after_noun || tags.any(Tags::ANIMATE) && !tags.any(Tags::PLACE) {
            return false;
        }
        if tags.any(Tags::SURFACE.and(Tags::CONTAINER)) {
            self.with(false);
            return true;
        }
        if let Some(thing) = self.scene.things.pop() {
            self.places.open(&lmd_layout::with_article(&thing.phrase()));
        }
        self.mentioned.retain(|i| *i != index);
        self.group.clear();
        true
    }

    /// `ingredients: three tomatoes and an onion`: a bare plural that opens the sentence names what is listed after it.
    fn takes_heading_away(&mut self) -> bool {
        let [heading] = self.scene.things.as_slice() else { return false };
        let bare = matches!(self.chunks.first(), Some(Chunk::Np(np)) if np.is_bare() && np.plural);
        let list = self.chunks.iter().skip(2);
        let list = list.take_while(|c| matches!(c, Chunk::Np(_) | Chunk::And | Chunk::Comma));
        let named = list.filter(|c| matches!(c, Chunk::Np(np) if !np.noun.is_empty())).count();
        if self.at != 1 || !bare || named < 2 || self.single_plural().is_some() {
            return false;
        }
        self.scene.kinds.push(heading.noun.clone());
        self.scene.things.clear();
        self.mentioned.clear();
        self.group.clear();
        true
    }
}
