//! Words between commas that are about the picture: its style, its quality, its light.

use std::sync::LazyLock;

use super::tinting::only_describes;
use super::token::{Token, low};
use crate::lexicon::{List, Phrases, Section, Tags, exact_tags, is_adjective, tags, verb};

static MEDIA: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::new(Section::Media, |_, _| Some(())));

static ABOUT: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::new(Section::AboutPicture, |_, _| Some(())));

/// The length of a way to make pictures at `at`.
pub(super) fn made_as(tokens: &[Token], at: usize) -> Option<usize> {
    MEDIA.longest(|ahead| low(tokens, at + ahead)).map(|(_, length)| length)
}

/// Whether words without an article end in a way to make pictures, with nothing but adjectives and the like before it.
fn ends_in_medium(words: &[&Token]) -> bool {
    ends_in(&MEDIA, words)
}

/// The same for any phrases.
fn ends_in(phrases: &Phrases<()>, words: &[&Token]) -> bool {
    let word = |at: usize| words.get(at).map_or("", |token| token.low.as_str());
    let ends = |start: usize| {
        let found = phrases.longest(|ahead| word(start + ahead));
        found.is_some_and(|(_, length)| start + length == words.len())
    };
    let before = |start: usize| words.iter().take(start).all(|token| style_word(&token.low));
    (0..words.len().min(6)).any(|start| ends(start) && before(start))
}

/// Whether a word may stand before the kind of picture.
pub(super) fn style_word(low: &str) -> bool {
    let tags = exact_tags(low);
    List::StyleOpening.has(low)
        || tags.any(Tags::MODIFIER.and(Tags::ADVERB).and(Tags::STUFF)) && low != "christmas"
        || is_adjective(low)
        || is_style_word(low)
        || low.ends_with("ly")
}

/// Whether a word is about style or quality.
pub(super) fn is_style_word(low: &str) -> bool {
    List::Style.has(low) || is_format(low)
}

/// Numbers of cameras, files and screens: `85mm`, `8k`, `16-bit`, `32x32`, `f1.4`.
pub(super) fn is_format(low: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let units = ["mm", "k", "-bit", "bit", "px", "fps", "dpi"];
    units.iter().filter_map(|unit| low.strip_suffix(unit)).any(number)
        || ["f", "f/", "iso"].iter().filter_map(|sign| low.strip_prefix(sign)).any(number)
        || low.split_once('x').is_some_and(|(width, height)| number(width) && number(height))
}

/// Whether a part between commas is about the picture's quality or style.
pub(super) fn is_tag(words: &[&Token]) -> bool {
    // "3 colors"
    if let [count, what] = words
        && super::numbers::number(&count.low).is_some()
        && List::AllOver.has(&what.low)
    {
        return true;
    }
    let opens = words.first().map_or("", |token| token.low.as_str());
    let second = words.get(1).map_or("", |token| token.low.as_str());
    let taken = matches!(opens, "shot" | "taken" | "filmed") && matches!(second, "on" | "with" | "in");
    if taken || ends_in(&ABOUT, words) {
        return true;
    }
    let mood = words.len() > 1 && words.last().is_some_and(|last| List::MoodEnd.has(&last.low));
    if opens_bare(words) && (names_style(words) || ends_in_medium(words) || mood && only_describes(words)) {
        return true;
    }
    if words.is_empty()
        || matches!(
            opens,
            "a" | "an"
                | "the"
                | "two"
                | "three"
                | "one"
                | "and"
                | "with"
                | "no"
                | "without"
                | "on"
                | "it"
                | "there"
        )
    {
        return words.len() > 1 && matches!(opens, "a" | "an" | "the") && is_style(words);
    }
    if words.len() > 1 && is_style(words) {
        return true;
    }
    // "vaporcore", "tenebrism": an unknown word with the ending of a style.
    if let [only] = words
        && exact_tags(&only.low).is_unknown()
        && only.low.len() > 6
        && ["ism", "esque", "punk", "core", "wave", "istic"].iter().any(|end| only.low.ends_with(end))
    {
        return true;
    }
    let known = words.iter().filter(|token| is_style_word(&token.low)).count();
    // "kodak portra 400", "nikon d850"
    let film = |token: &Token| token.low.bytes().any(|b| b.is_ascii_digit());
    let says = |token: &Token| is_style_word(&token.low) || List::StyleFiller.has(&token.low) || film(token);
    let others = words.iter().filter(|token| !says(token)).count();
    let decisive =
        ["by", "style", "trending", "gradient"].iter().any(|key| words.iter().any(|t| t.low == *key))
            && opens != "by"
            && others < 4
            && known > 0;
    known > 0 && others == 0
        || decisive
        || opens == "by" && words.iter().skip(1).any(|t| t.is_capitalised() || known > 0)
        || opens == "by" && words.len() > 2 && words.iter().skip(1).all(|t| tags(&t.low).is_unknown())
        || opens == "ar"
        || opens == "v"
}

/// Whether a style leaves open how the picture is made (`still life`).
pub(super) fn no_kind(style: &str) -> bool {
    !style.to_lowercase().split(' ').any(|word| List::StyleEnd.has(word) || word == "photo")
}

pub(super) fn opens_bare(words: &[&Token]) -> bool {
    words.first().is_some_and(|token| {
        !matches!(token.low.as_str(), "and" | "with" | "no" | "without" | "on" | "in" | "it" | "there" | "of")
            && super::numbers::number(&token.low).is_none()
    })
}

/// `comic book style`, `renaissance painting`: up to four words before a kind
/// of picture, none of them an article or a preposition.
pub(super) fn names_style(words: &[&Token]) -> bool {
    let Some((last, others)) = words.split_last() else { return false };
    let plain = |token: &&Token| !exact_tags(&token.low).any(Tags::FUNCTION);
    let filmed = |token: &Token| matches!(token.low.as_str(), "movie" | "film" | "anime" | "tv" | "cinema");
    let still = last.low == "still" && others.last().is_some_and(|token| filmed(token));
    (List::StyleEnd.has(&last.low) || still) && (1..=4).contains(&others.len()) && others.iter().all(plain)
}

/// `high fashion portrait`, `wedding photo` before anything else is told.
pub(super) fn opens_as_picture(words: &[&Token]) -> bool {
    let Some((last, others)) = words.split_last() else { return false };
    let plain = |token: &&Token| !exact_tags(&token.low).any(Tags::FUNCTION.and(Tags::ANIMATE));
    let kind = List::Medium.has(&last.low) && !List::PlainMedium.has(&last.low);
    kind && opens_bare(words) && (1..=4).contains(&others.len()) && others.iter().all(plain)
}

/// Whether a part names a kind of picture.
pub(super) fn is_style(words: &[&Token]) -> bool {
    if names_style(words) || ends_in_medium(words) {
        return true;
    }
    let words = words.split(|token| token.low == "by").next().unwrap_or_default();
    let last = words.last().map_or("", |token| token.low.as_str());
    let all = words.iter().all(|token| style_word(&token.low) || List::Medium.has(&token.low));
    (List::Medium.has(last) || last == "style") && all && words.len() > 1
        || words.len() == 1
            && matches!(
                last,
                "watercolor"
                    | "watercolour"
                    | "anime"
                    | "cartoon"
                    | "sketch"
                    | "ukiyo-e"
                    | "sticker"
                    | "clipart"
            )
}

/// `warm light from the windows`, `sun rays through the leaves`: what light does to all of a picture.
pub(super) fn is_light(words: &[&Token]) -> bool {
    let low: Vec<&str> = words.iter().map(|token| token.low.as_str()).collect();
    let describes = |word: &&&str| style_word(word) || List::StyleFiller.has(word) || is_adjective(word);
    let light = |word: &&str| List::LightOf.has(word);
    let bare = low.iter().take_while(|word| describes(word) && !light(word)).count();
    let lights = low.iter().skip(bare).take_while(|word| light(word)).count();
    if low.get(bare + lights..) == Some(&["of", "light"]) && lights > 0 {
        return true;
    }
    // "golden sunbeams"
    let beams = |word: &&str| word.ends_with("beams") || word.ends_with("rays");
    if lights == 1 && bare + 1 == low.len() && low.last().is_some_and(beams) {
        return true;
    }
    // "rain on the windows", but "snow falling" and "mist in the valley" are places.
    let weather = low
        .get(bare)
        .is_some_and(|word| matches!(*word, "rain" | "snow" | "mist" | "fog" | "haze" | "snowflakes"));
    let goes = |word: &&str| match weather {
        true => matches!(*word, "on" | "against"),
        false => List::LightGoes.has(word),
    };
    lights > 0
        && opens_bare(words)
        && !matches!(low.first(), Some(&"a" | &"an" | &"the"))
        && low.get(bare + lights).is_some_and(goes)
}

/// Whether a part is about the picture, where others are.
pub(super) fn is_among_tags(words: &[&Token]) -> bool {
    let kind = matches!(words, [only] if List::Medium.has(&only.low) && !List::PlainMedium.has(&only.low));
    !is_tag(words) && (kind || is_unknown_name(words) || is_tag_among_tags(words))
}

/// `fine lines`, `cream paper`, `orthographic camera`: where other parts are about the picture, these are, too.
fn is_tag_among_tags(words: &[&Token]) -> bool {
    // "gold lines on black"
    let on = words.iter().position(|token| token.low == "on").unwrap_or(words.len());
    let (words, ground) = words.split_at(on);
    let colours = |token: &&Token| exact_tags(&token.low).any(Tags::COLOUR) || List::TagEnd.has(&token.low);
    if !ground.iter().skip(1).all(colours) {
        return false;
    }
    // "muted greens"
    let shades = |low: &str| {
        let one = lmd_layout::singular(low);
        one != low && exact_tags(&one).any(Tags::COLOUR) && !exact_tags(&one).any(Tags::NOUN)
    };
    let ends = words.last().is_some_and(|last| List::TagEnd.has(&last.low) || shades(&last.low));
    let does = words.first().is_some_and(|first| verb(&first.low).is_some());
    words.len() > 1 && ends && opens_bare(words) && only_describes(words) && !does
}

/// Two or three words that no table knows: among words about style they name who made it (`ralph mcquarrie`).
fn is_unknown_name(words: &[&Token]) -> bool {
    let unknown = |token: &&Token| {
        let low = token.low.as_str();
        tags(low).is_unknown()
            && verb(low).is_none()
            && !is_adjective(low)
            && low.bytes().all(|b| b.is_ascii_lowercase())
    };
    matches!(words.len(), 2 | 3) && words.iter().all(unknown)
}
