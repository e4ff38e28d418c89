//! What is all around: a bare place after a comma, the sky where everything is in it.

use super::interpret::Interpreter;
use super::phrase::NounPhrase;
use crate::Region;
use crate::lexicon::Tags;

impl Interpreter<'_> {
    /// A bare place after a comma: `two friends talking, busy cafe` are in a busy cafe.
    pub(super) fn trail(&mut self, phrase: &NounPhrase) {
        let tags = phrase.tags();
        let around = tags.any(Tags::TIME.and(Tags::SKY)) || phrase.noun.ends_with("sky") || phrase.plural;
        if around || !tags.any(Tags::PLACE) {
            return self.places.add("with", &phrase.text());
        }
        let uncounted = tags.any(Tags::UNCOUNTED.and(Tags::ABSTRACT).and(Tags::STUFF)) || phrase.capitalised;
        let text = if uncounted { phrase.text() } else { lmd_layout::with_article(&phrase.text()) };
        self.places.add(if self.places.len() == 0 { "in" } else { "with" }, &text);
    }

    /// Whether everything is in the sky, so that the sky is all around.
    pub(super) fn is_all_sky(&self) -> bool {
        let things = &self.scene.things;
        !things.is_empty() && things.iter().all(|thing| thing.region == Some(Region::Sky))
    }
}
