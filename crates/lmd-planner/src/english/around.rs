//! What is all around: a phrase that is no thing by where it stands, a bare place after a comma, the sky where
//! everything is in it.

use lmd_layout::{plural, with_article};

use super::chunk::Chunk;
use super::interpret::{Interpreter, Joint, thing_tags};
use super::links::Link;
use super::phrase::{Determiner, NounPhrase};
use super::places::{Setting, is_heavenly, setting};
use crate::lexicon::{Class, Tags, head, kind_of, tags};
use crate::{Region, RelationKind, Thing};

impl Interpreter<'_> {
    /// `on a beach near the ocean`: what lies beside a place is as far around.
    pub(super) fn lies_beside_place(&self, phrase: &NounPhrase) -> bool {
        let place = |np: &NounPhrase| np.tags().any(Tags::PLACE) && self.places.ends_with(&np.text());
        phrase.is_wide() && matches!(self.before_last(), Some(Chunk::Np(np)) if place(np))
    }

    /// How things stand to the object of a preposition, by the preposition and by what was said of them.
    pub(super) fn kind_by_words(
        &mut self,
        phrase: &NounPhrase,
        kind: RelationKind,
        prep: &str,
        subjects: &[usize],
    ) -> RelationKind {
        // "a dog with its head out of the window"
        if prep == "out of" && matches!(self.before_last(), Some(Chunk::Np(np)) if Self::is_own_part(np)) {
            self.add_detail(subjects, "out");
        }
        let kind = self.touching(phrase, kind, prep, subjects);
        // Whoever pours milk into a cup is beside it.
        let pours = matches!(prep, "into" | "out of") && !subjects.is_empty() && self.detailed_by == subjects;
        let ground = Tags::SCENERY.and(Tags::SEAT).and(Tags::PLACE);
        let pours = pours || !phrase.tags().any(ground) && self.aims(prep, subjects);
        let passes = setting(phrase, kind, prep) == Setting::Thing && self.passes_around(kind, subjects);
        match () {
            () if self.looks_up_to(phrase, subjects) => RelationKind::Below,
            () if kind != RelationKind::HalfIn && pours || passes => RelationKind::NextTo,
            () => kind,
        }
    }

    /// Whether one who moves is on his way around something, which he cannot be all around: a bird around a tree.
    fn passes_around(&self, kind: RelationKind, subjects: &[usize]) -> bool {
        const WOUND: [&str; 8] =
            ["wrapped", "wrapping", "coiled", "coiling", "curled", "curling", "wound", "twisted"];
        let ([one], RelationKind::Around) = (subjects, kind) else { return false };
        let wound = |thing: &Thing| thing.says(|word| WOUND.contains(&word));
        let moves = |thing: &Thing| thing_tags(thing).any(Tags::ANIMATE.and(Tags::VEHICLE));
        self.scene.things.get(*one).is_some_and(|thing| thing.count == 1 && moves(thing) && !wound(thing))
    }

    /// `looking up at a kite`: it is above; but what stands on the ground and is taller stands beside.
    fn looks_up_to(&self, phrase: &NounPhrase, subjects: &[usize]) -> bool {
        let up = |thing: &Thing| thing.phrase().ends_with(" up at something");
        let things = subjects.iter().filter_map(|index| self.scene.things.get(*index));
        let object = kind_of(&phrase.noun);
        let above = |thing: &Thing| object.class == Class::Air || object.height < kind_of(&thing.noun).height;
        !subjects.is_empty() && things.into_iter().all(|thing| up(thing) && above(thing))
    }

    /// A phrase that is no thing by where it stands: a place, or words that nobody knows. `true` if it was that.
    pub(super) fn is_setting(&mut self, phrase: &NounPhrase) -> bool {
        if Self::is_gibberish(phrase) {
            self.scene.not_understood.extend(phrase.words.iter().cloned());
            return true;
        }
        if self.is_place_so(phrase) || self.is_behind_all(phrase) {
            return true;
        }
        // "in the corner of a dark hallway"
        if matches!(self.previous(), Some(Chunk::Of)) && phrase.tags().any(Tags::PLACE) {
            self.places.add("in", &phrase.text());
            return true;
        }
        // "an octopus playing the drums underwater"
        let bare = phrase.is_bare() && phrase.attributes.is_empty();
        let adverb = matches!(
            phrase.noun.as_str(),
            "underwater" | "outdoors" | "indoors" | "downtown" | "upstairs" | "backstage"
        );
        if bare && adverb && !self.scene.things.is_empty() && self.joint == Joint::None {
            self.places.add("", &phrase.text());
        } else if self.opens_as_place(phrase) {
            self.places.open(&phrase.text());
        } else if self.trailing_place(phrase) {
            self.trail(phrase);
        } else {
            return false;
        }
        true
    }

    /// `The hall is empty.`, `The street is wet.`: the place is all around, and so it is. `true` if it was that.
    fn is_place_so(&mut self, phrase: &NounPhrase) -> bool {
        let place = phrase.tags().any(Tags::PLACE) && !phrase.tags().any(Tags::BOUNDED.and(Tags::SURFACE));
        let told = phrase.determiner == Determiner::The && phrase.quantity.is_none() && !phrase.plural;
        let (Some(Chunk::Be), Some(Chunk::Adjectives(says))) = (self.peek(1), self.peek(2)) else {
            return false;
        };
        let ends = !matches!(self.peek(3), Some(Chunk::Link(_) | Chunk::Than { .. }));
        // "The sky is pink and the sea is calm."
        let clause = self.before_last();
        let joined = self.joint != Joint::None;
        let free = !joined || matches!(clause, Some(Chunk::Adjectives(_) | Chunk::Verb(_)));
        let free = free && self.region.is_none() && self.known(phrase).is_none();
        if !(place && told && ends && free) {
            return false;
        }
        let named = phrase.words.get(1..).unwrap_or_default().join(" ");
        let text = format!("the {} {named}", says.join(" "));
        if self.places.len() == 0 {
            self.places.open(&text);
        } else {
            let sky = phrase.noun.ends_with("sky");
            let prep = if joined { "with" } else { "in" };
            self.places.add(if sky { "under" } else { prep }, &text);
        }
        self.at += 2;
        self.joint = Joint::None;
        self.group.clear();
        true
    }

    /// `people eating outside` are there, `a cat looking outside` is not. `true` if it was said.
    pub(super) fn is_outside(&mut self, subjects: &[usize]) -> bool {
        let looks = match self.previous() {
            Some(Chunk::Verb(verb)) => {
                matches!(verb.attribute.as_str(), "looking" | "peering" | "gazing" | "staring" | "going")
            }
            Some(Chunk::Np(_)) => false,
            _ => return false,
        };
        if subjects.is_empty() || !looks && !self.owner.is_empty() {
            return false;
        }
        if looks {
            self.add_detail(subjects, "outside");
        } else {
            self.places.add("", "outside");
        }
        self.closed = true;
        true
    }

    /// `a cat on a windowsill with snow outside`, `a window with rain falling outside`. `true` if it was that.
    fn is_weather_outside(&mut self, phrase: &NounPhrase) -> bool {
        let kinds =
            ["snow", "rain", "storm", "fog", "thunderstorm", "snowstorm", "blizzard", "hail", "lightning"];
        let falls = match self.peek(1) {
            Some(Chunk::Verb(verb)) => format!(" {}", verb.attribute),
            _ => String::new(),
        };
        let at = 1 + usize::from(!falls.is_empty());
        let outside = matches!(self.peek(at), Some(Chunk::Link(Link::Rel { prep, .. })) if prep == "outside")
            && !matches!(self.peek(at + 1), Some(Chunk::Np(_) | Chunk::Pronoun(_)));
        if !outside || phrase.plural || !kinds.contains(&head(&phrase.noun)) {
            return false;
        }
        self.places.add("with", &format!("{}{falls} outside", phrase.text()));
        self.at += at;
        self.group.clone_from(&self.owner);
        true
    }

    /// `a windowsill with rain outside`: the weather is all around, whoever has it. `true` if it was that.
    pub(super) fn has_weather(&mut self, phrase: &NounPhrase) -> bool {
        let weather = phrase.is_bare() && phrase.is_weather();
        if self.is_weather_outside(phrase) {
            return true;
        }
        let outside = matches!(self.peek(1), Some(Chunk::Link(Link::Rel { prep, .. })) if prep == "outside")
            && !matches!(self.peek(2), Some(Chunk::Np(_) | Chunk::Pronoun(_)));
        // "with mist over the water"
        let over = match (self.peek(1), self.peek(2)) {
            (Some(Chunk::Link(Link::Rel { prep, .. })), Some(Chunk::Np(np))) => {
                let wide = np.tags().any(Tags::PLACE.and(Tags::SCENERY).and(Tags::STUFF));
                (wide && np.determiner == Determiner::The).then(|| format!(" {prep} {}", np.text()))
            }
            _ => None,
        };
        if let Some(over) = over.filter(|_| weather && self.places.len() > 0) {
            self.places.add("with", &format!("{}{over}", phrase.text()));
            self.at += 2;
            self.group.clone_from(&self.owner);
            return true;
        }
        let ends = matches!(self.peek(1), None | Some(Chunk::Stop | Chunk::Comma | Chunk::And));
        if !weather || !(outside || ends) {
            return false;
        }
        self.places.add("with", &format!("{}{}", phrase.text(), if outside { " outside" } else { "" }));
        self.at += usize::from(outside);
        self.group.clone_from(&self.owner);
        true
    }

    /// Whether what the sentence speaks of is in the sky wherever one looks from.
    pub(super) fn is_of_sky(&self) -> bool {
        let last = self.group.last().and_then(|index| self.scene.things.get(*index));
        last.is_some_and(|thing| is_heavenly(&thing.noun))
    }

    /// `mountains in the background` belong to the background's text.
    pub(super) fn scenery_behind(&mut self, subjects: &[usize]) {
        let last = self.scene.things.len().saturating_sub(1);
        let scenery = |thing: &Thing| {
            let tags = thing_tags(thing);
            !thing.exact && tags.any(Tags::SCENERY) || thing.count == 1 && is_all_around(tags)
        };
        let related = self.scene.relations.iter().any(|r| r.subject == last || r.object == last);
        if related || subjects != [last] || !self.scene.things.last().is_some_and(scenery) {
            return;
        }
        let written = match self.previous() {
            Some(Chunk::Np(phrase)) => Some(phrase.text()),
            _ => None,
        };
        if let Some(thing) = self.scene.things.pop() {
            let named =
                |phrase: String| if thing.count == 1 { with_article(&phrase) } else { plural(&phrase) };
            let phrase = written.unwrap_or_else(|| named(thing.phrase()));
            self.places.add("with", &format!("{phrase} in the background"));
        }
        self.mentioned.retain(|i| *i != last);
        self.group.clone_from(&self.owner);
    }

    /// `in the background a blurred garden`: a place or land that nobody counts there is all around. `true` if it was that.
    fn is_behind_all(&mut self, phrase: &NounPhrase) -> bool {
        let tags = phrase.tags();
        let land = tags.any(Tags::SCENERY) && !phrase.count().1;
        if self.region != Some(Region::Background) || !(is_all_around(tags) && phrase.count().0 == 1 || land)
        {
            return false;
        }
        self.region = None;
        self.places.add("with", &format!("{} in the background", phrase.text()));
        true
    }

    /// Three and more bare words that no table knows.
    fn is_gibberish(phrase: &NounPhrase) -> bool {
        let unknown = |word: &String| tags(&word.to_lowercase()).is_unknown();
        let bare = phrase.is_bare();
        bare && phrase.words.len() > 2 && phrase.words.iter().all(unknown)
    }

    /// A bare place after a comma: `two friends talking, busy cafe` are in a busy cafe.
    pub(super) fn trail(&mut self, phrase: &NounPhrase) {
        let tags = phrase.tags();
        let around = tags.any(Tags::TIME.and(Tags::SKY)) || phrase.noun.ends_with("sky") || phrase.plural;
        if around || !tags.any(Tags::PLACE) {
            // "a street, rainy night"
            let when = phrase.is_bare()
                && matches!(
                    head(&phrase.noun),
                    "night"
                        | "morning"
                        | "evening"
                        | "afternoon"
                        | "day"
                        | "dawn"
                        | "dusk"
                        | "twilight"
                        | "winter"
                        | "summer"
                        | "autumn"
                        | "spring"
                );
            return self.places.add(if when { "," } else { "with" }, &phrase.text());
        }
        let uncounted = tags.any(Tags::UNCOUNTED.and(Tags::ABSTRACT).and(Tags::STUFF)) || phrase.capitalised;
        let text = if uncounted { phrase.text() } else { with_article(&phrase.text()) };
        self.places.add(if self.places.len() == 0 { "in" } else { "with" }, &text);
    }

    /// `a red balloon above a blue balloon in the sky`: both are there.
    pub(super) fn share_sky(&mut self) {
        use RelationKind::{Above, Below, LeftOf, NextTo, RightOf};
        for _ in 0..self.scene.things.len().min(6) {
            let things = &self.scene.things;
            let is_beside = |kind| matches!(kind, Above | Below | LeftOf | RightOf | NextTo);
            let in_sky = |index: usize| things.get(index).is_some_and(|t| t.region == Some(Region::Sky));
            let flies = |index: usize| {
                let free = self.scene.relations.iter().all(|r| r.subject != index || is_beside(r.kind));
                free && things
                    .get(index)
                    .is_some_and(|t| t.region.is_none() && kind_of(&t.noun).class == Class::Air)
            };
            let found = self
                .scene
                .relations
                .iter()
                .find(|r| is_beside(r.kind) && in_sky(r.object) && flies(r.subject));
            let Some(subject) = found.map(|r| r.subject) else { return };
            self.set_region(&[subject], Region::Sky);
        }
    }

    /// What is all around: the places, or the sky or the wall where everything is in or on it.
    pub(super) fn all_around(&self) -> Option<String> {
        let things = &self.scene.things;
        let all =
            |region: Region| !things.is_empty() && things.iter().all(|thing| thing.region == Some(region));
        let named = |noun: &str| self.places.text().is_none().then(|| noun.to_owned());
        match () {
            () if all(Region::Sky) => named("the sky"),
            () if all(Region::Wall) => named("a wall"),
            () => None,
        }
        .or_else(|| self.places.background())
    }
}

/// Whether words are of a place without edges, which is no thing in the background but is the background.
fn is_all_around(tags: Tags) -> bool {
    tags.any(Tags::PLACE) && !tags.any(Tags::BOUNDED.and(Tags::SURFACE))
}
