//! What stands behind `of` in a noun phrase, and which of the two is drawn.

use super::links::place_word;
use super::noun_phrase::Reader;
use super::phrase::{Determiner, NounPhrase};
use super::pictures::is_taken;
use crate::lexicon::{List, Tags, is_idea};

/// Whether things of several heights differ in what boxes show.
pub(super) fn is_measure(noun: &str) -> bool {
    matches!(noun, "height" | "size" | "length" | "width")
}

impl Reader<'_> {
    /// `the rough bark of the tree`: the tree, with rough bark.
    fn give_way_as_part(&mut self, whole: NounPhrase) {
        let mut part = std::mem::replace(&mut self.phrase, whole);
        let named = [part.attributes.as_slice(), std::slice::from_ref(&part.noun)].concat().join(" ");
        self.phrase.part = Some(named).filter(|_| !part.plural);
        // "on the left shoulder of a scarecrow" says where.
        part.attributes
            .retain(|word| place_word(word).is_none() && !matches!(word.as_str(), "back" | "front" | "rear"));
        if !part.attributes.is_empty() && self.phrase.detail.is_none() {
            let plural = if part.plural { lmd_layout::plural(&part.noun) } else { part.noun };
            self.phrase.detail = Some(format!("with {} {plural}", part.attributes.join(" ")));
        }
    }

    /// `half a lemon`, `half of an apple`: a half lemon.
    pub(super) fn fraction(&mut self) {
        let of = usize::from(self.low(1) == "of");
        if self.low(0) == "half" && matches!(self.low(1 + of), "a" | "an" | "the") {
            self.phrase.attributes.push("half".to_owned());
            self.phrase.words.push("half".to_owned());
            self.at += 1 + of;
        }
    }

    /// `of soup`: kept as the phrase's detail; `the edge of` gives way to what
    /// it is the edge of.
    pub(super) fn of_part(&mut self, depth: u32) {
        if self.low(0) != "of" || self.phrase.noun.is_empty() || depth > 2 {
            return;
        }
        let inner =
            Reader { tokens: self.tokens, start: self.at + 1, at: self.at + 1, phrase: NounPhrase::new() }
                .read(depth + 1);
        let Some((inner, end)) = inner else { return };
        if is_counted_in(&self.phrase, &inner) {
            return;
        }
        if is_taken(self.before(), &self.phrase, &inner) {
            return;
        }
        if inner.noun.is_empty() {
            // "a field of lavender": a plant that is a colour, too.
            let bare = inner.is_bare() && !inner.anaphor;
            if let (true, [colour]) = (bare, inner.attributes.as_slice()) {
                self.phrase.detail = Some(format!("of {colour}"));
                self.at = end;
            }
            return;
        }
        // "the handlebars of a bike" are drawn with the bike.
        let counted = inner.determiner == Determiner::A || !inner.tags().any(Tags::STUFF);
        let whole = inner.determiner != Determiner::None && counted;
        let both = self.phrase.determiner == Determiner::The
            && matches!(inner.determiner, Determiner::The | Determiner::Possessive);
        let looks = both && List::LookOf.has(&self.phrase.noun);
        // "a tattoo of a rose" shows one.
        let whole = whole && self.phrase.noun != "tattoo";
        // "on the roof of a car", but "on a branch of a tree"
        let of_whole = !self.phrase.tags().any(Tags::SURFACE)
            || self.phrase.determiner == Determiner::The && !self.phrase.tags().any(Tags::HOOK);
        if whole && self.phrase.tags().any(Tags::PART) && of_whole {
            self.give_way_as_part(inner);
        } else if both && is_idea(&self.phrase.noun) && !is_idea(&inner.noun) {
            self.phrase = inner;
        } else if self.phrase.plural && is_measure(&inner.noun) && inner.determiner == Determiner::The {
            // "two pears of the same size": as they are drawn.
        } else if inner.difference().is_some_and(is_measure) && self.phrase.plural {
            self.phrase.varied = true;
        } else if looks || List::GivesWay.has(&self.phrase.noun) {
            let mut attributes = std::mem::take(&mut self.phrase.attributes);
            let part = std::mem::replace(&mut self.phrase, inner).noun;
            // "on the far shore of a lake" says where.
            let far =
                attributes.iter().position(|word| matches!(word.as_str(), "far" | "opposite" | "other"));
            let far = far.filter(|_| matches!(part.as_str(), "shore" | "side" | "bank" | "end" | "edge"));
            let far = far.map_or_else(String::new, |at| format!("{} ", attributes.remove(at)));
            self.phrase.part = Some(format!("{far}{part}"));
            self.phrase.attributes.splice(0..0, attributes);
        } else {
            self.phrase.detail = Some(format!("of {}", inner.text()));
        }
        self.at = end;
    }
}

/// `a box of six eggs`, `a plate of four cookies`: each of them is drawn within it.
pub(super) fn is_counted_in(holder: &NounPhrase, inner: &NounPhrase) -> bool {
    let counted = inner.quantity.is_some_and(|quantity| quantity.exact && quantity.count > 1);
    let tags = holder.tags();
    let holds = tags.any(Tags::CONTAINER) || tags.any(Tags::SURFACE) && !inner.tags().any(Tags::ANIMATE);
    let other = tags.any(Tags::VEHICLE.and(Tags::PART).and(Tags::SEAT).and(Tags::PLACE));
    let shapeless = inner.tags().any(Tags::STUFF) || is_idea(&inner.noun) || List::Unit.has(&inner.noun);
    counted && holds && !other && !holder.plural && holder.quantity.is_none() && !shapeless
}
