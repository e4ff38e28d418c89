//! The words of a layout: captions and the negative prompt.

use lmd_layout::{plural, with_article};

use crate::{Scene, Thing, english};

/// Substances and scenery that are not counted: no article.
const UNCOUNTED: [&str; 26] = [
    "grass",
    "water",
    "snow",
    "fire",
    "smoke",
    "sand",
    "rain",
    "fog",
    "mist",
    "ice",
    "bread",
    "rice",
    "milk",
    "juice",
    "furniture",
    "luggage",
    "food",
    "fruit",
    "hay",
    "mud",
    "lava",
    "lightning",
    "traffic",
    "bamboo",
    "coral",
    "pasta",
];

/// The caption of one instance: `a red car`, `grass`.
pub(crate) fn caption(thing: &Thing) -> String {
    if UNCOUNTED.contains(&thing.noun.as_str()) {
        return thing.phrase();
    }
    // The article is that of the noun, whatever follows it; a name has none.
    let named = Thing { detail: None, ..thing.clone() }.phrase();
    let best = thing.attributes.iter().any(|attribute| english::is_superlative(attribute));
    let named = match () {
        () if thing.noun.starts_with(char::is_uppercase) => named,
        () if best => format!("the {named}"),
        () => with_article(&named),
    };
    thing.detail.as_ref().map_or_else(|| named.clone(), |detail| format!("{named} {detail}"))
}

/// The negative prompt: what must be absent, in the plural, without repeats.
pub(crate) fn negative(scene: &Scene) -> String {
    let mut words: Vec<String> = Vec::new();
    for noun in &scene.absent {
        let word = if UNCOUNTED.contains(&noun.as_str()) { noun.clone() } else { plural(noun) };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", ")
}

/// Warnings about what of a sentence was not taken in.
pub(super) fn not_understood(scene: &Scene) -> Option<String> {
    let words: Vec<String> = scene.not_understood.iter().map(|word| format!("\"{word}\"")).collect();
    (!words.is_empty()).then(|| format!("did not understand: {}", words.join(", ")))
}

/// A warning about what was taken for a thing by a guess.
pub(super) fn guesses(scene: &Scene) -> Option<String> {
    let words: Vec<String> = scene.guesses.iter().map(|word| format!("\"{word}\"")).collect();
    (!words.is_empty()).then(|| format!("took {} for a thing, which may be wrong", words.join(", ")))
}
