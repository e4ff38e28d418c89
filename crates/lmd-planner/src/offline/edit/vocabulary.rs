//! The words of instructions: verbs, amounts, comparatives, moods.

use crate::RelationKind;

/// Verbs an instruction may begin with. After "and" they begin a new one.
pub(super) const VERBS: [&str; 64] = [
    "hang",
    "zoom",
    "want",
    "move",
    "add",
    "remove",
    "delete",
    "make",
    "change",
    "replace",
    "turn",
    "swap",
    "put",
    "place",
    "shift",
    "bring",
    "take",
    "give",
    "enlarge",
    "shrink",
    "paint",
    "color",
    "colour",
    "erase",
    "drop",
    "set",
    "insert",
    "include",
    "push",
    "pull",
    "slide",
    "exchange",
    "switch",
    "draw",
    "exclude",
    "resize",
    "scale",
    "spread",
    "grow",
    "raise",
    "lower",
    "lift",
    "drag",
    "widen",
    "get",
    "transform",
    "convert",
    "recolor",
    "cut",
    "have",
    "duplicate",
    "copy",
    "clone",
    "mirror",
    "flip",
    "keep",
    "center",
    "centre",
    "reflect",
    "leave",
    "rename",
    "let",
    "align",
    "line",
];

/// Verbs of motion and placing that say no more than `move`.
pub(super) const MOTIONS: [&str; 33] = [
    "drive", "walk", "ride", "roll", "fly", "send", "carry", "steer", "park", "swim", "sail", "run", "throw",
    "haul", "tow", "lead", "hop", "jump", "step", "position", "relocate", "transfer", "shove", "nudge",
    "seat", "lay", "sit", "plant", "scatter", "stick", "lean", "guide", "tuck",
];

/// Further verbs that begin an instruction.
const FURTHER: [&str; 18] = [
    "show", "use", "allow", "permit", "stop", "call", "relabel", "stack", "pile", "arrange", "surround",
    "decorate", "fill", "cover", "double", "reduce", "increase", "order",
];

/// Whether an instruction may begin with the word.
pub(super) fn is_verb(word: &str) -> bool {
    VERBS.contains(&word) || MOTIONS.contains(&word) || FURTHER.contains(&word)
}

/// Words that describe the whole scene, and how they are joined to a place.
pub(super) const MOODS: [(&str, &str); 26] = [
    ("night", "at night"),
    ("nighttime", "at night"),
    ("dark", "at night"),
    ("day", "by day"),
    ("daytime", "by day"),
    ("sunset", "at sunset"),
    ("sunrise", "at sunrise"),
    ("dawn", "at dawn"),
    ("dusk", "at dusk"),
    ("evening", "in the evening"),
    ("morning", "in the morning"),
    ("noon", "at noon"),
    ("winter", "in winter"),
    ("summer", "in summer"),
    ("autumn", "in autumn"),
    ("fall", "in autumn"),
    ("spring", "in spring"),
    ("rain", "in the rain"),
    ("rainy", "in the rain"),
    ("raining", "in the rain"),
    ("snow", "in the snow"),
    ("snowy", "in the snow"),
    ("snowing", "in the snow"),
    ("foggy", "in fog"),
    ("sunny", "in the sunshine"),
    ("stormy", "in a storm"),
];

/// Words that say a noun phrase is a kind of picture.
pub(super) const STYLES: [&str; 24] = [
    "painting",
    "photo",
    "photograph",
    "sketch",
    "drawing",
    "watercolor",
    "watercolour",
    "cartoon",
    "illustration",
    "render",
    "rendering",
    "engraving",
    "etching",
    "mosaic",
    "poster",
    "collage",
    "anime",
    "comic",
    "art",
    "artwork",
    "print",
    "woodcut",
    "fresco",
    "doodle",
];

/// How strongly something is asked for: `a bit` 0.45, nothing 1, `far` 2.
pub(super) fn strength(text: &str) -> f64 {
    let has = |phrase: &str| format!(" {text} ").contains(&format!(" {phrase} "));
    if ["slightly", "a bit", "a little", "a little bit", "a tad", "a touch", "somewhat", "a tiny bit"]
        .into_iter()
        .any(has)
    {
        0.45
    } else if ["far", "a lot", "much", "way", "a great deal", "considerably", "very"].into_iter().any(has) {
        1.9
    } else {
        1.0
    }
}

/// Takes the words about strength out of `text`.
pub(super) fn without_strength(text: &str) -> String {
    const PHRASES: [&str; 16] = [
        "a little bit",
        "a tiny bit",
        "a great deal",
        "a little",
        "a bit",
        "a lot",
        "a tad",
        "a touch",
        "slightly",
        "somewhat",
        "much",
        "far",
        "way",
        "considerably",
        "more",
        "further",
    ];
    let mut padded = format!(" {text} ");
    for phrase in PHRASES {
        padded = padded.replace(&format!(" {phrase} "), " ");
    }
    padded.trim().to_owned()
}

/// A direction word as a step in x and y.
pub(super) fn direction(word: &str) -> Option<(f64, f64)> {
    Some(match word {
        "left" | "leftward" | "leftwards" => (-1.0, 0.0),
        "right" | "rightward" | "rightwards" => (1.0, 0.0),
        "up" | "upward" | "upwards" | "higher" => (0.0, -1.0),
        "down" | "downward" | "downwards" | "lower" => (0.0, 1.0),
        _ => return None,
    })
}

/// A comparative of size as factors of width and height.
pub(super) fn comparative(words: &str) -> Option<(f64, f64)> {
    let root2 = std::f64::consts::SQRT_2;
    let power = strength(words);
    let core = without_strength(words);
    let grown = |factor: f64| 1.0 + (factor - 1.0) * power;
    let shrunk = |factor: f64| f64::powf(factor, power);
    Some(match core.as_str() {
        "bigger" | "larger" | "big" | "large" | "grow" | "greater" => (grown(1.3), grown(1.3)),
        "huge" | "enormous" | "giant" => (1.7, 1.7),
        "smaller" | "small" | "little" | "littler" => (shrunk(0.75), shrunk(0.75)),
        "tiny" => (0.5, 0.5),
        "taller" | "tall" | "higher" => (1.0, grown(1.35)),
        "shorter" | "short" => (1.0, shrunk(0.72)),
        "wider" | "wide" | "broader" | "longer" => (grown(1.35), 1.0),
        "narrower" | "narrow" | "thinner" | "slimmer" => (shrunk(0.72), 1.0),
        "twice as big" | "twice as large" | "double the size" | "twice the size" | "two times bigger"
        | "twice bigger" | "double size" | "double" => (root2, root2),
        "three times as big" | "three times as large" | "three times bigger" | "triple the size" => {
            (f64::sqrt(3.0), f64::sqrt(3.0))
        }
        "half as big" | "half the size" | "half as large" | "half size" | "half its size" => {
            (1.0 / root2, 1.0 / root2)
        }
        "twice as tall" | "twice as high" => (1.0, 2.0),
        "twice as wide" | "twice as long" => (2.0, 1.0),
        "half as tall" | "half as high" => (1.0, 0.5),
        "half as wide" | "half as long" => (0.5, 1.0),
        _ => return None,
    })
}

/// The words of a relation that stand in instructions but hardly in captions.
pub(super) fn relation_of(word: &str) -> Option<RelationKind> {
    match word {
        "onto" | "on" | "atop" => Some(RelationKind::On),
        "into" | "inside" | "in" => Some(RelationKind::Inside),
        _ => None,
    }
}

/// The words of [`MOODS`] that a place ends with.
pub(super) fn mood_of(place: &str) -> Option<&'static str> {
    MOODS.iter().map(|(_, phrase)| *phrase).find(|phrase| place.ends_with(phrase))
}

/// Whether the words name a time of day, a season, weather, or what is one.
pub(super) fn is_time(words: &str) -> bool {
    let words = words.strip_prefix("the ").unwrap_or(words);
    let words = words.split(" from ").next().unwrap_or(words);
    MOODS.iter().any(|(mood, _)| *mood == words)
        || matches!(
            words,
            "season"
                | "weather"
                | "time"
                | "time of day"
                | "time of year"
                | "light"
                | "lighting"
                | "daylight"
                | "atmosphere"
                | "mood"
        )
}

/// A place without the words [`MOODS`] put behind it.
pub(super) fn without_mood(place: &str) -> String {
    let mood = MOODS.iter().find_map(|(_, phrase)| place.strip_suffix(phrase));
    mood.unwrap_or(place).trim().to_owned()
}
