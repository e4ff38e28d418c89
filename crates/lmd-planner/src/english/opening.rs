//! Sentences that open with the place: `a beach with two dogs`.

use super::chunk::Chunk;
use super::interpret::Interpreter;
use super::links::Link;
use super::names::is_persons;
use super::phrase::{Determiner, NounPhrase};
use super::places::is_heavenly;
use super::who::Who;
use crate::RelationKind;
use crate::lexicon::{Role, Tags, VerbForm};

impl Interpreter<'_> {
    /// `the moon in the sky above a house`: a thing, as nobody says so of a place.
    fn is_in_sky(&self, phrase: &NounPhrase) -> bool {
        let sky = matches!((self.peek(1), self.peek(2)), (Some(Chunk::Link(Link::Rel { .. })), Some(Chunk::Np(np))) if np.noun.ends_with("sky"));
        sky && is_heavenly(&phrase.noun)
    }

    /// `a waterfall with a bridge above it`: what has edges and has something beside it is a thing.
    fn is_met_later(&self, phrase: &NounPhrase) -> bool {
        let rest = self.chunks.get(self.at + 1..).unwrap_or_default();
        let met = |two: &[Chunk]| {
            let kind = match two {
                [Chunk::Link(Link::Rel { kind, .. }), Chunk::Pronoun(Who::It)] => *kind,
                _ => return false,
            };
            !matches!(kind, RelationKind::On | RelationKind::Inside | RelationKind::Around)
        };
        let named = |chunk: &&Chunk| matches!(chunk, Chunk::Np(np) if !np.tags().any(Tags::PLACE));
        let at = rest.windows(2).position(met);
        let near = at.is_some_and(|at| rest.iter().take(at).filter(named).count() < 2);
        near && phrase.tags().any(Tags::BOUNDED) && phrase.tags().any(Tags::SCENERY)
    }

    /// Whether the sentence opens with the place (`a beach with two dogs`).
    pub(super) fn opens_as_place(&self, phrase: &NounPhrase) -> bool {
        let place = phrase.tags().any(Tags::PLACE.and(Tags::TIME)) || phrase.head_is_place();
        // "in the top left corner a moon"
        if self.region.is_some() || self.is_in_sky(phrase) || self.is_met_later(phrase) {
            return false;
        }
        if !self.scene.things.is_empty()
            && !phrase.noun.ends_with("background")
            && !phrase.noun.ends_with("scene")
        {
            return false;
        }
        // "terraced rice fields"
        let wide = phrase.tags().any(Tags::PLACE) && !phrase.tags().any(Tags::BOUNDED.and(Tags::INDOORS));
        let one = phrase.count().0 == 1 || phrase.head_is_place() || phrase.plural && wide;
        if !place || !one || phrase.quantity.is_some() {
            return false;
        }
        match self.peek(1) {
            None
            | Some(
                Chunk::Stop
                | Chunk::With
                | Chunk::Has
                | Chunk::Full { .. }
                | Chunk::Which
                | Chunk::Not
                | Chunk::Except
                | Chunk::Colon
                | Chunk::But,
            ) => true,
            Some(Chunk::Comma) => {
                !matches!(self.peek(2), Some(Chunk::Np(np)) if np.determiner != Determiner::None && self.ends_listing())
            }
            Some(Chunk::Link(Link::Rel { kind: RelationKind::Above, prep })) if prep == "over" => {
                let scenic = |np: &NounPhrase| {
                    let named = np.determiner == Determiner::None && np.noun.starts_with(char::is_uppercase);
                    np.tags().any(Tags::PLACE.and(Tags::SCENERY)) || named && !is_persons(&np.noun)
                };
                phrase.tags().any(Tags::TIME) && matches!(self.peek(2), Some(Chunk::Np(np)) if scenic(np))
            }
            Some(Chunk::Link(
                Link::Rel { kind: RelationKind::Inside | RelationKind::On | RelationKind::Under, .. }
                | Link::Prep(_),
            )) => {
                let named = |np: &NounPhrase| {
                    let bare = np.is_bare();
                    bare && np.noun.starts_with(char::is_uppercase) && !is_persons(&np.noun)
                };
                matches!(self.peek(2), Some(Chunk::Np(np)) if np.tags().any(Tags::TIME.and(Tags::PLACE)) || named(np))
            }
            Some(Chunk::Verb(verb)) => {
                matches!(verb.role, Role::Hold | Role::Caption) && verb.form == VerbForm::Past
            }
            _ => phrase.noun.ends_with("scene"),
        }
    }

    /// Whether a list of equals goes on (`a lake, a house and a tree`).
    pub(super) fn ends_listing(&self) -> bool {
        self.chunks.iter().skip(self.at).take(12).any(|chunk| matches!(chunk, Chunk::And))
    }
}
