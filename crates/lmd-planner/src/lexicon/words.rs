//! What a word can be, whatever part of speech; and the lists of words.
//! Unknown words work by syntax; the tables decide where syntax alone cannot
//! (`an orange` and `an orange bowl`, `on a table` and `on a beach`).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::kind::Size;
use super::tags::Tags;
use super::{nouns, source};

pub(super) const WORDS: &str = include_str!("words.txt");
pub(super) const STYLE: &str = include_str!("style.txt");
const REAL: &str = include_str!("real_words.txt");

/// The list of `words.txt` whose lines are groups of nouns.
pub(super) const SAME: &str = "same";

/// The lists of `words.txt` whose words are one part of speech.
pub(super) const PARTS_OF_SPEECH: [(&str, Tags); 10] = [
    ("colour", Tags::COLOUR),
    ("shade", Tags::SHADE),
    ("adjective", Tags::ADJECTIVE),
    ("size tiny", Tags::ADJECTIVE),
    ("size small", Tags::ADJECTIVE),
    ("size large", Tags::ADJECTIVE),
    ("size huge", Tags::ADJECTIVE),
    ("adverb", Tags::ADVERB),
    ("function", Tags::FUNCTION),
    ("filler", Tags::FILLER),
];

const SIZES: [(&str, Size); 4] = [
    ("size tiny", Size::Tiny),
    ("size small", Size::Small),
    ("size large", Size::Large),
    ("size huge", Size::Huge),
];

/// The other lists of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum List {
    /// Kinds of picture.
    Medium,
    /// Kinds of picture that say nothing of the style.
    PlainMedium,
    /// Words that end the name of a style.
    StyleEnd,
    RunOn,
    AllOver,
    /// Words about style and quality.
    Style,
    /// Words that may stand among those.
    StyleFiller,
    /// Words that may stand before the kind of picture.
    StyleOpening,
    /// Words that end a part about light, colours or mood.
    MoodEnd,
    /// Words about quality alone.
    Quality,
    /// What goes on, in or at which everything is.
    Event,
    /// What somebody is on who moves.
    Ridden,
    /// Signs that are pictures where they are on something.
    Symbol,
    /// Further words that open a list of tags.
    Opening,
    /// Names of the picture.
    Frame,
    /// Who looks at the picture, and with what.
    Viewer,
    /// Words by which sellers of pictures say what a file is.
    Stock,
    /// Those of them that are about nothing else.
    StockSure,
    /// What nobody can draw by itself: a quality, a feeling, a deed, a time.
    Idea,
    /// Nouns that give way to what they are a part of.
    GivesWay,
    UpperStorey,
    LowerStorey,
    /// How something looks or feels, which gives way to it.
    LookOf,
    /// In what letters are written.
    Writing,
    /// What is made for something that is not to be seen.
    MadeFor,
    /// What somebody is "on" who uses it.
    Used,
    /// What a place is made of.
    Fabric,
    /// Things that come in twos.
    Pairs,
    /// What shows what it has: the stars of a flag.
    Printed,
    /// What is written so in the plural, too.
    Alike,
    /// What is played in music.
    Instrument,
    /// What somebody has who eats or drinks.
    Meal,
    /// Participles that a noun before them belongs to.
    Joined,
    /// Nouns for a part of the picture.
    Region,
    PlayOfLight,
    NamedAlone,
    /// Words of phrases about several things or about having.
    Grammar,
    /// Parts of which one has several.
    Several,
    InRing,
    Strewn,
    OfBuilding,
    Trimming,
    Collective,
    NoThing,
    LightOf,
    TagEnd,
    LightGoes,
    /// Whom `she` may mean, and `he` may not.
    Female,
    /// Whom `he` may mean, and `she` may not.
    Male,
    /// First names of women.
    FemaleName,
    /// First names of men.
    MaleName,
    /// Words that tell which of several is meant.
    Ordinal,
    /// Words for the older of several.
    Elder,
    /// Lifeless things that look as if they did something.
    Figure,
    /// Words after which a square is a way to stand together.
    Laid,
    /// What something is made of.
    Material,
    /// What persons with it hold, compounds with a hyphen.
    InHand,
    /// What persons with it have on their backs.
    OnBack,
    /// What is worn at the neck.
    AtNeck,
    /// What is worn before the eyes.
    AtEyes,
    /// What is worn at a wrist or on a hand.
    AtHand,
    /// What is worn on the feet.
    AtFeet,
    /// What is worn on the head or the back.
    OnTop,
    /// What is measured in.
    Unit,
    /// Dimensions that a measure may lead to.
    Dimension,
    /// Verbs of instructions.
    Imperative,
    /// Verbs of motion and placing that say no more than `move`.
    Motion,
    /// Verbs of instructions that take things out.
    Removing,
    /// Verbs of instructions that do so with a word such as `away`.
    Taking,
    /// Words that say so with another verb.
    Away,
    /// Words for all that there is, with hyphens.
    All,
    /// Further verbs of instructions.
    RareImperative,
    /// Nouns that are said of places and amounts.
    About,
    /// What an instruction says of sizes, places and sets, which captions do not repeat.
    Shown,
    /// What keeps its shape where it is stacked.
    Solid,
    /// What is under whom it carries along, as a part of him: wheels, skis.
    GoesOn,
    /// What something hangs by.
    Line,
    /// Vessels over the rim of which looks whoever is in them.
    OpenVessel,
    /// What rises out of the vessel that it is in.
    SticksOut,
    /// Real words, unknown otherwise, that a slip would turn into known ones.
    Real,
}

impl List {
    /// Each list with its file and its name there.
    pub(super) const ALL: [(Self, &'static str, &'static str); 80] = [
        (Self::Ridden, WORDS, "ridden"),
        (Self::Event, WORDS, "event"),
        (Self::Symbol, WORDS, "symbol"),
        (Self::Medium, STYLE, "medium"),
        (Self::PlainMedium, STYLE, "plain medium"),
        (Self::StyleEnd, STYLE, "style end"),
        (Self::RunOn, STYLE, "run on"),
        (Self::AllOver, STYLE, "all over"),
        (Self::Style, STYLE, "style"),
        (Self::StyleFiller, STYLE, "style filler"),
        (Self::StyleOpening, STYLE, "style opening"),
        (Self::MoodEnd, STYLE, "mood end"),
        (Self::Quality, STYLE, "quality"),
        (Self::Opening, STYLE, "opening"),
        (Self::Frame, STYLE, "frame"),
        (Self::Viewer, STYLE, "viewer"),
        (Self::Stock, STYLE, "stock"),
        (Self::StockSure, STYLE, "stock sure"),
        (Self::Idea, WORDS, "idea"),
        (Self::GivesWay, WORDS, "gives way"),
        (Self::UpperStorey, WORDS, "upper storey"),
        (Self::LowerStorey, WORDS, "lower storey"),
        (Self::LookOf, WORDS, "look of"),
        (Self::Writing, WORDS, "writing"),
        (Self::MadeFor, WORDS, "made for"),
        (Self::Used, WORDS, "used"),
        (Self::Fabric, WORDS, "fabric"),
        (Self::Pairs, WORDS, "pairs"),
        (Self::Printed, WORDS, "printed"),
        (Self::Alike, WORDS, "alike"),
        (Self::Instrument, WORDS, "instruments"),
        (Self::Meal, WORDS, "meal"),
        (Self::Joined, WORDS, "joined"),
        (Self::Region, WORDS, "region"),
        (Self::PlayOfLight, WORDS, "play of light"),
        (Self::NamedAlone, WORDS, "named alone"),
        (Self::Grammar, WORDS, "grammar"),
        (Self::Several, WORDS, "several"),
        (Self::InRing, WORDS, "in ring"),
        (Self::Strewn, WORDS, "strewn"),
        (Self::OfBuilding, WORDS, "of building"),
        (Self::Trimming, WORDS, "trimming"),
        (Self::Collective, WORDS, "collective"),
        (Self::NoThing, WORDS, "no thing"),
        (Self::LightOf, STYLE, "light of"),
        (Self::TagEnd, STYLE, "tag end"),
        (Self::LightGoes, STYLE, "light goes"),
        (Self::Female, WORDS, "female"),
        (Self::Male, WORDS, "male"),
        (Self::FemaleName, WORDS, "female name"),
        (Self::MaleName, WORDS, "male name"),
        (Self::Ordinal, WORDS, "ordinal"),
        (Self::Elder, WORDS, "elder"),
        (Self::Figure, WORDS, "figure"),
        (Self::Material, WORDS, "material"),
        (Self::Laid, WORDS, "laid"),
        (Self::InHand, WORDS, "in hand"),
        (Self::OnBack, WORDS, "on back"),
        (Self::AtNeck, WORDS, "at neck"),
        (Self::AtEyes, WORDS, "at eyes"),
        (Self::AtHand, WORDS, "at hand"),
        (Self::AtFeet, WORDS, "at feet"),
        (Self::OnTop, WORDS, "on top"),
        (Self::Unit, WORDS, "unit"),
        (Self::Dimension, WORDS, "dimension"),
        (Self::Imperative, WORDS, "imperative"),
        (Self::Motion, WORDS, "motion"),
        (Self::Removing, WORDS, "removing"),
        (Self::Taking, WORDS, "taking"),
        (Self::Away, WORDS, "away"),
        (Self::All, WORDS, "all"),
        (Self::RareImperative, WORDS, "rare imperative"),
        (Self::About, WORDS, "about"),
        (Self::Shown, WORDS, "shown"),
        (Self::Solid, WORDS, "solid"),
        (Self::GoesOn, WORDS, "goes on"),
        (Self::Line, WORDS, "line"),
        (Self::OpenVessel, WORDS, "open"),
        (Self::SticksOut, WORDS, "sticks out"),
        (Self::Real, REAL, ""),
    ];

    /// Whether the list has `word` (lower case).
    pub(crate) fn has(self, word: &str) -> bool {
        LISTS.get(&self).is_some_and(|words| words.contains(word))
    }
}

static LISTS: LazyLock<HashMap<List, HashSet<&'static str>>> = LazyLock::new(|| {
    List::ALL.iter().map(|(list, text, name)| (*list, source::words(text, name).collect())).collect()
});

static TAGGED: LazyLock<HashMap<&'static str, Tags>> = LazyLock::new(|| {
    let mut tagged: HashMap<&str, Tags> = nouns::all().collect();
    for (name, tag) in PARTS_OF_SPEECH {
        for word in source::words(WORDS, name) {
            let entry = tagged.entry(word).or_default();
            *entry = entry.and(tag);
        }
    }
    tagged
});

static OF_SIZE: LazyLock<HashMap<&'static str, Size>> = LazyLock::new(|| {
    let of = |(name, size): (&'static str, Size)| source::words(WORDS, name).map(move |word| (word, size));
    SIZES.into_iter().flat_map(of).collect()
});

/// All words that have tags.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    TAGGED.keys().copied()
}

/// What `word` (lower case) can be; a plural counts as its singular.
pub(crate) fn tags(word: &str) -> Tags {
    let own = exact_tags(word);
    if !own.is_unknown() {
        return own;
    }
    if is_hour(word) {
        return Tags::TIME;
    }
    let singular = lmd_layout::singular(word);
    let of_singular = exact_tags(&singular);
    if singular != word && of_singular.any(Tags::NOUN) { of_singular } else { own }
}

/// A time of day in figures: `3am`, `7:30pm`.
fn is_hour(word: &str) -> bool {
    let hour = word.strip_suffix("am").or_else(|| word.strip_suffix("pm"));
    let figures = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    hour.is_some_and(|hour| hour.split(':').count() < 3 && hour.split(':').all(figures))
}

/// As [`tags`], for the word as it stands.
pub(crate) fn exact_tags(word: &str) -> Tags {
    TAGGED.get(word).copied().unwrap_or_else(|| nouns::exact_tags(word))
}

/// What a noun phrase without its article (names with their capitals) can be:
/// as a whole, else its last word.
pub(crate) fn noun_tags(noun: &str) -> Tags {
    let whole = exact_tags(noun);
    match () {
        () if !whole.is_unknown() => whole,
        () if noun.starts_with(char::is_uppercase) => name_tags(&noun.to_lowercase()),
        () => tags(head(noun)),
    }
}

/// A name that the lexicon does not know is somebody's, unless its first or its last word says what it is (`Mount
/// Fuji`, `Eiffel Tower`).
fn name_tags(name: &str) -> Tags {
    let of_last = tags(head(name));
    match name.split(' ').next() {
        Some("mount" | "mt.") => Tags::NOUN.and(Tags::SCENERY),
        Some("lake") => exact_tags("lake"),
        _ if !of_last.is_unknown() => of_last,
        _ => Tags::NOUN.and(Tags::ANIMATE).and(Tags::PERSON),
    }
}

/// The last word of a noun.
pub(crate) fn head(noun: &str) -> &str {
    noun.rsplit(' ').next().unwrap_or(noun)
}

/// Whether a caption may have one of two nouns for the other.
pub(crate) fn mean_the_same(one: &str, other: &str) -> bool {
    static GROUPS: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
        let groups = source::entries(WORDS, SAME).enumerate();
        groups.flat_map(|(at, (group, _))| group.split(' ').map(move |noun| (noun, at))).collect()
    });
    GROUPS.get(one).is_some_and(|group| GROUPS.get(other) == Some(group))
}

/// Whether `word` ends a noun phrase.
pub(crate) fn is_function(word: &str) -> bool {
    exact_tags(word).any(Tags::FUNCTION)
}

/// Whether `word` is a colour or an adjective, or looks like one.
pub(crate) fn is_adjective(word: &str) -> bool {
    let tags = exact_tags(word);
    tags.any(Tags::COLOUR.and(Tags::ADJECTIVE).and(Tags::SHADE))
        || tags.is_unknown()
            && (looks_adjectival(word)
                || superlative(word).or_else(|| comparative(word)).is_some()
                || is_denied_adjective(word))
}

/// `unhappy`: an adjective that denies another one.
fn is_denied_adjective(word: &str) -> bool {
    word.strip_prefix("un").is_some_and(|rest| exact_tags(rest).any(Tags::ADJECTIVE) && rest.len() > 3)
}

/// Whether `word` is an adverb, or looks like one.
pub(crate) fn is_adverb(word: &str) -> bool {
    let tags = exact_tags(word);
    tags.any(Tags::ADVERB) || word.ends_with("ly") && word.len() > 4 && !tags.any(Tags::NOUN)
}

/// Whether an unknown word has the shape of an adjective.
fn looks_adjectival(word: &str) -> bool {
    const ENDINGS: [&str; 10] = ["ous", "ful", "less", "ish", "ive", "able", "ible", "ical", "esque", "like"];
    const JOINED: [&str; 5] = ["-colored", "-coloured", "-shaped", "-style", "-sized"];
    let ends = || ENDINGS.iter().chain(&JOINED).any(|end| word.ends_with(end));
    if let Some((first, last)) = word.split_once('-') {
        return exact_tags(last).any(Tags::COLOUR)
            || exact_tags(first).any(Tags::COLOUR.and(Tags::SHADE).and(Tags::ADJECTIVE))
            || ends()
            || last.ends_with("ed")
            || last.ends_with("-old")
            || last.ends_with("-olds")
            || last.ends_with("ing")
            || first.parse::<u32>().is_ok();
    }
    word.len() > 5 && ends()
        || word.len() > 2 && word.ends_with('s') && word.starts_with(|c: char| c.is_ascii_digit())
}

/// The adjective that a word is the superlative of: `big` of `biggest`.
pub(crate) fn superlative(word: &str) -> Option<String> {
    graded(word, "est")
}

/// The adjective that a word is the comparative of: `big` of `bigger`.
pub(crate) fn comparative(word: &str) -> Option<String> {
    graded(word, "er")
}

/// Whether a word compares: `older`, `the oldest`.
pub(crate) fn compares(word: &str) -> bool {
    comparative(word).is_some() || superlative(word).is_some()
}

/// The adjective that `word` is with `ending`.
fn graded(word: &str, ending: &str) -> Option<String> {
    let stem = word.strip_suffix(ending).filter(|stem| stem.len() > 2 || ending == "er" && stem.len() > 1)?;
    let letters: Vec<char> = stem.chars().collect();
    let single = match letters.as_slice() {
        [first @ .., a, b] if a == b => first.iter().chain([a]).collect(),
        _ => String::new(),
    };
    let soft = stem.strip_suffix('i').map_or_else(String::new, |stem| format!("{stem}y"));
    let forms = [stem.to_owned(), format!("{stem}e"), single, soft];
    forms.into_iter().find(|form| exact_tags(form).any(Tags::ADJECTIVE.and(Tags::COLOUR).and(Tags::SHADE)))
}

/// Whether nobody can draw what `noun` names by itself (`beauty`, `a long walk`).
pub(crate) fn is_idea(noun: &str) -> bool {
    const ENDINGS: [&str; 4] = ["ness", "ity", "ism", "logy"];
    let last = head(noun);
    let one = lmd_layout::singular(last);
    let listed = |word: &str| List::Idea.has(word);
    let shaped =
        || tags(last).is_unknown() && last.len() > 6 && ENDINGS.iter().any(|end| last.ends_with(end));
    let compound = noun.contains(' ') && !exact_tags(noun).is_unknown();
    !compound && (listed(noun) || listed(last) || listed(&one) || shaped())
}

/// Whether `noun` is a person or an animal.
pub(crate) fn is_alive(noun: &str) -> bool {
    tags(noun).any(Tags::ANIMATE)
}

/// Whether `noun` is worn by somebody or a part of something, and drawn with
/// its owner.
pub(crate) fn belongs_to_wearer(noun: &str) -> bool {
    tags(noun).any(Tags::WORN.and(Tags::PART))
}

/// Whether `word` is a colour.
pub(crate) fn names_colour(word: &str) -> bool {
    exact_tags(word).any(Tags::COLOUR)
}

/// Whether `word` is a colour or a shade of one.
pub(crate) fn is_colour(word: &str) -> bool {
    exact_tags(word).any(Tags::COLOUR.and(Tags::SHADE))
}

/// The size a word states.
pub(crate) fn size(word: &str) -> Option<Size> {
    OF_SIZE.get(word).copied().or_else(|| match superlative(word)?.as_str() {
        "big" | "large" | "tall" => Some(Size::Huge),
        "small" | "little" | "short" | "tiny" => Some(Size::Tiny),
        _ => None,
    })
}
