//! Places: what gets no box because it is all around (`on a beach at sunset`).

use super::links::is_loose;
use super::names::is_persons;
use super::phrase::{Determiner, NounPhrase};
use crate::lexicon::{List, Tags, exact_tags, head, tags};
use crate::{Region, RelationKind};

/// What a noun phrase after a preposition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    Place,
    Region(Region),
    Thing,
    /// Nothing to draw (`looking at the camera`).
    Ignored,
}

/// What a preposition is to be proved by: something said of places that was not said before.
#[derive(Clone, Debug, Default)]
pub(super) struct Unproved {
    pub(super) preposition: Option<String>,
    pub(super) said: usize,
}

/// The places of a sentence in their order.
#[derive(Debug, Default)]
pub(super) struct Places {
    opening: Option<String>,
    added: Vec<(String, String)>,
    /// How often a place was named that had been named before.
    again: usize,
    /// The sky or the wall that only tells where in the picture something is.
    behind: Option<&'static str>,
}

impl NounPhrase {
    /// Whether the last word, as written, is a place (`mountains`, not `mountain`).
    pub(super) fn head_is_place(&self) -> bool {
        let last = self.words.last().map(|word| word.to_lowercase());
        last.is_some_and(|word| exact_tags(&word).any(Tags::PLACE))
    }
}

impl NounPhrase {
    /// Whether it is rain, snow or the like.
    pub(super) fn is_weather(&self) -> bool {
        self.tags().any(Tags::TIME) && self.tags().any(Tags::STUFF)
    }

    /// Whether a thing is far and wide, so that it is as much a place as what lies beside it: the sea, not a tree.
    pub(super) fn is_wide(&self) -> bool {
        self.tags().any(Tags::SCENERY) && self.head_is_place() && self.quantity.is_none()
    }
}

/// Prepositions after which an unknown name is that of a place.
const NAMED_AFTER: [&str; 16] = [
    "in",
    "at",
    "through",
    "across",
    "from",
    "to",
    "over",
    "above",
    "near",
    "outside",
    "on",
    "around",
    "off",
    "inside",
    "into",
    "throughout",
];

/// What `phrase` is after the preposition `prep`.
pub(super) fn setting(phrase: &NounPhrase, kind: RelationKind, prep: &str) -> Setting {
    use RelationKind as K;
    if let Some(region) = region(phrase, kind, prep) {
        return Setting::Region(region);
    }
    let walls = phrase.noun == "wall" && phrase.plural && matches!(prep, "along" | "against");
    let bars = phrase.noun == "bar" && phrase.plural && matches!(prep, "through" | "behind" | "between");
    if walls || bars || List::Viewer.has(&phrase.noun) && matches!(prep, "at" | "into" | "toward" | "towards")
    {
        return Setting::Ignored;
    }
    // A triangle is drawn within a square, not in the middle of a town.
    let coloured =
        phrase.attributes.iter().any(|word| exact_tags(word).any(Tags::COLOUR)) || phrase.size().is_some();
    if phrase.noun == "square" && (coloured || matches!(prep, "inside" | "within" | "inside of")) {
        return Setting::Thing;
    }
    let tags = phrase.tags();
    let counted = phrase.quantity.is_some_and(|q| q.count != 1 && q.exact);
    let place = (tags.any(Tags::PLACE) || phrase.head_is_place()) && !counted;
    let year = phrase.noun.len() == 4 && phrase.noun.bytes().all(|b| b.is_ascii_digit());
    let time = (tags.any(Tags::TIME) || year) && !counted;
    let named = phrase.capitalised
        && phrase.determiner == Determiner::None
        && (tags.is_unknown() || phrase.noun.starts_with(char::is_uppercase))
        && !is_persons(&phrase.noun)
        && NAMED_AFTER.contains(&prep);
    // A porch or a bridge has an underside; the sea and the sky are all around.
    let under = kind == K::Under && (time || tags.any(Tags::STUFF.and(Tags::SCENERY)));
    // "to the right of an island" places against it.
    let loose = is_loose(prep) || prep.contains("contrast");
    let loose = loose && !matches!(kind, K::LeftOf | K::RightOf | K::Above | K::Below);
    let within = matches!(kind, K::Inside | K::On) || under || loose;
    let backdrop =
        matches!(phrase.noun.as_str(), "background" | "backdrop") || phrase.noun.ends_with(" background");
    let scenic = tags.any(Tags::SCENIC);
    // "cats lounging in the sun" are in its light.
    let sunlit = phrase.noun == "sun" && prep == "in" && phrase.determiner == Determiner::The;
    // "during a baseball game", "coming around a curve"
    let last = head(&phrase.noun);
    let starlit = phrase.noun == "star" && phrase.plural && phrase.determiner == Determiner::The;
    let sunlit = sunlit || starlit && kind == K::Under;
    let event = prep == "during" || matches!(prep, "in" | "at") && List::Event.has(last) && !counted;
    let bend = kind == K::Around && matches!(last, "curve" | "bend" | "corner");
    match kind {
        _ if event || bend => Setting::Place,
        _ if sunlit => Setting::Place,
        _ if backdrop => Setting::Place,
        // "by candlelight"
        K::NextTo if time && prep == "by" => Setting::Place,
        _ if within && (place || time) || named => Setting::Place,
        K::InFrontOf | K::Above | K::NextTo if scenic && (prep == "against" || kind != K::NextTo) => {
            Setting::Place
        }
        // "people standing around a kitchen"
        K::Around if place && tags.any(Tags::INDOORS) => Setting::Place,
        // "a chest at the bottom of the sea"
        K::Below if prep == "at" && place && is_deep(last) => Setting::Place,
        K::Above if place && !tags.any(Tags::BOUNDED) && phrase.size().is_none() => Setting::Place,
        _ => Setting::Thing,
    }
}

/// Whether a place has a bottom on which things lie.
pub(super) fn is_deep(noun: &str) -> bool {
    matches!(noun, "sea" | "ocean" | "lake" | "pool" | "pond" | "river" | "well" | "canyon" | "valley")
}

/// Whether a thing is in the sky wherever it is looked at from.
pub(super) fn is_heavenly(noun: &str) -> bool {
    tags(head(noun)).any(Tags::SKY)
}

/// The part of the picture that sky, floor and wall stand for.
fn region(phrase: &NounPhrase, kind: RelationKind, prep: &str) -> Option<Region> {
    let inside = kind == RelationKind::Inside || is_loose(prep);
    let on = kind == RelationKind::On;
    let written = phrase.words.last().map(|word| word.to_lowercase()).unwrap_or_default();
    match (phrase.noun.as_str(), written.as_str()) {
        ("sky" | "air" | "heaven" | "night sky", _) if inside => Some(Region::Sky),
        (_, "skies" | "heavens" | "clouds") if inside => Some(Region::Sky),
        ("floor" | "ground", _) if on || inside => Some(Region::Ground),
        ("wall", _) if on || prep == "from" => Some(Region::Wall),
        ("ceiling", _) if on || prep == "from" => Some(Region::Top),
        ("horizon", _) => Some(Region::Background),
        ("foreground", _) => Some(Region::Foreground),
        ("background" | "distance", _) if inside && phrase.attributes.is_empty() => Some(Region::Background),
        _ => None,
    }
}

impl Places {
    /// The place a sentence opens with.
    pub(super) fn open(&mut self, text: &str) {
        if self.opening.is_none() {
            // It stands within a sentence now.
            let article = ["A ", "An ", "The "].iter().find(|article| text.starts_with(**article));
            let rest = article.and_then(|article| text.strip_prefix(*article));
            let first = text.split(' ').next().unwrap_or_default();
            let word = first.to_lowercase();
            let second = text.split(' ').nth(1).is_some_and(|next| next.starts_with(char::is_uppercase));
            let named = second || tags(&word).is_unknown() || first.chars().skip(1).any(char::is_uppercase);
            let text = match (article, rest) {
                (Some(article), Some(rest)) => format!("{}{rest}", article.to_lowercase()),
                _ if named => text.to_owned(),
                _ => format!("{word}{}", text.get(first.len()..).unwrap_or_default()),
            };
            self.opening = Some(text);
        } else {
            self.add("with", text);
        }
    }

    pub(super) fn add(&mut self, prep: &str, text: &str) {
        let word = text.rsplit(' ').next().unwrap_or_default();
        let prep = match prep {
            // "looking out at the rain"
            "at" if matches!(word, "rain" | "snow" | "storm" | "thunderstorm" | "fog" | "mist") => "in",
            "through" | "to" | "into" | "inside" | "during" | "within" | "out of" => "in",
            "across" | "along" | "down" | "up" | "onto" | "off" => "on",
            "past" => "by",
            // "watching from the shore"
            "from" if matches!(word, "shore" | "bank" | "beach" | "pier" | "bridge" | "riverbank") => "on",
            other if other.contains("contrast") => "against",
            "up in" | "high up in" => "in",
            other => other,
        };
        let place = (prep.to_owned(), text.to_owned());
        // "in a lake with mountains reflected in the water": the water is the lake's.
        let water = |(_, known): &(String, String)| tags(head(known)).any(Tags::WATER);
        let again = text == "the water" && self.added.iter().any(water);
        // "tied to a dock, a heron standing on the dock"
        let own = text.strip_prefix("the ");
        let plain = |known: &str| known.split_once(' ').map(|(_, noun)| noun.to_owned());
        let named =
            |(_, known): &(String, String)| own.is_some_and(|own| plain(known).as_deref() == Some(own));
        if again || self.added.iter().any(named) {
            self.again += 1;
        } else if !self.added.contains(&place) {
            self.added.push(place);
        }
    }

    /// Notes the sky or a wall: it is to be seen where no other place is named.
    pub(super) fn is_behind(&mut self, noun: &str) {
        self.behind = match noun {
            "sky" => Some("a scene under the sky"),
            "wall" => Some("a scene with a wall"),
            _ => return,
        };
    }

    /// All places in one phrase, or what is behind all.
    pub(super) fn background(&self) -> Option<String> {
        self.text().or_else(|| self.behind.map(str::to_owned))
    }

    /// How many there are.
    pub(super) fn again(&self) -> usize {
        self.again
    }

    pub(super) fn len(&self) -> usize {
        self.added.len() + usize::from(self.opening.is_some())
    }

    /// The last word of the last place.
    pub(super) fn last_word(&self) -> Option<&str> {
        self.added.last().map(|(_, text)| text.as_str()).or(self.opening.as_deref()).map(head)
    }

    /// Whether `text` is the last place.
    pub(super) fn ends_with(&self, text: &str) -> bool {
        self.added.last().is_some_and(|(_, last)| last == text)
    }

    /// Whether a place holds `word`.
    pub(super) fn say(&self, word: &str) -> bool {
        let texts = self.opening.iter().chain(self.added.iter().map(|(_, text)| text));
        texts.into_iter().any(|text| text.split(' ').any(|w| w == word))
    }

    /// All places in one phrase: `a beach at sunset`, `a scene at night`.
    pub(super) fn text(&self) -> Option<String> {
        let mut added = self.added.iter();
        let mut text =
            match (&self.opening, self.added.iter().position(|(prep, text)| stands_alone(prep, text))) {
                (Some(opening), _) => opening.clone(),
                (None, Some(first)) => {
                    let text = self.added.get(first).map(|(_, text)| text.clone()).unwrap_or_default();
                    let rest =
                        self.added.iter().enumerate().filter(|(i, _)| *i != first).map(|(_, place)| place);
                    return Some(rest.fold(text, |text, (prep, place)| joined(&text, prep, place)));
                }
                (None, None) => {
                    let (prep, place) = added.next()?;
                    joined("a scene", prep, place)
                }
            };
        for (prep, place) in added {
            text = joined(&text, prep, place);
        }
        Some(text)
    }
}

/// A place behind a text; some have no preposition (`underwater`).
fn joined(text: &str, prep: &str, place: &str) -> String {
    match prep {
        "" => format!("{text} {place}"),
        "," => format!("{text}, {place}"),
        _ => format!("{text} {prep} {place}"),
    }
}

/// Whether a place reads well without its preposition.
fn stands_alone(prep: &str, text: &str) -> bool {
    let last = head(text).to_lowercase();
    let whole = exact_tags(&text.to_lowercase());
    let tags = if whole.is_unknown() { exact_tags(&last) } else { whole };
    let stuff = tags.any(Tags::STUFF.and(Tags::TIME))
        || matches!(
            last.as_str(),
            "background"
                | "backdrop"
                | "outside"
                | "indoors"
                | "outdoors"
                | "underwater"
                | "downtown"
                | "upstairs"
                | "sky"
                | "sun"
        );
    !stuff && !matches!(prep, "with" | "against" | "under")
}
