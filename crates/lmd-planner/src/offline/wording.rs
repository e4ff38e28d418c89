//! The words of a layout: captions and the negative prompt.

use lmd_layout::{plural, with_article};

use crate::lexicon::{Tags, exact_tags, head, superlative};
use crate::scene::capitalised;
use crate::{Scene, Thing};

/// Whether a noun takes neither article nor plural (`grass`).
fn is_uncounted(noun: &str) -> bool {
    let own = exact_tags(noun);
    // "ski equipment" takes no article either.
    let own = if own.is_unknown() { exact_tags(head(noun)) } else { own };
    own.any(Tags::UNCOUNTED)
}

/// The caption of one instance: `a red car`, `grass`.
pub(crate) fn caption(thing: &Thing) -> String {
    if is_uncounted(&thing.noun) {
        // "batman" is somebody's name.
        let named = exact_tags(&thing.noun).any(Tags::PERSON);
        let words = thing.noun.split(' ').map(capitalised).collect::<Vec<_>>().join(" ");
        return Thing { noun: if named { words } else { thing.noun.clone() }, ..thing.clone() }.phrase();
    }
    // The article is that of the noun, whatever follows it; a name has none.
    let named = Thing { detail: None, ..thing.clone() }.phrase();
    let best = thing.attributes.iter().any(|attribute| superlative(attribute).is_some());
    let named = match () {
        () if thing.noun.starts_with(char::is_uppercase) => named,
        // "the word "START""
        () if (best || thing.noun.contains('"')) && !named.starts_with("the ") => format!("the {named}"),
        () => with_article(&named),
    };
    thing.detail.as_ref().map_or_else(|| named.clone(), |detail| format!("{named} {detail}"))
}

/// The caption of a thing of `scene`, with names as the sentence writes them.
pub(super) fn caption_in(scene: &Scene, thing: usize) -> String {
    let Some(thing) = scene.things.get(thing) else { return String::new() };
    scene.names.iter().fold(caption(thing), |caption, name| named(thing, &caption, name))
}

/// The caption of a thing with `name` in it as it is written.
fn named(thing: &Thing, caption: &str, name: &str) -> String {
    let (the, bare) = (name.strip_prefix("the "), name.strip_prefix("a "));
    let name = the.or(bare).unwrap_or(name);
    let low = name.to_lowercase();
    let one = low.strip_suffix('s').zip(name.strip_suffix('s'));
    let forms = [(low.replace(' ', "-"), name), (low.clone(), name)];
    let forms = forms.into_iter().chain(one.map(|(low, name)| (low.to_owned(), name)));
    let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut forms = forms.filter_map(|(low, name)| {
        let at = caption.to_ascii_lowercase().find(&low)?;
        let (before, after) = (caption.get(..at)?, caption.get(at + low.len()..)?);
        let whole = !inside(before.chars().next_back()) && !inside(after.chars().next());
        let article =
            ["a ", "an "].into_iter().find(|article| before.starts_with(article)).unwrap_or_default();
        let between = before.get(article.len()..).unwrap_or_default();
        // "an R2-D2 figure": the letters are spoken one by one.
        let opens =
            (!article.is_empty() && between.is_empty()).then(|| with_article(&format!("{name}{after}")));
        let opens = opens.filter(|told| told.starts_with("a"));
        let alone = thing.count == 1 && bare.is_none() && low.ends_with(&thing.noun.to_lowercase());
        let told = match () {
            // "Hokusai's wave"
            () if after.starts_with("'s") && between.is_empty() => format!("{name}{after}"),
            // "the sinking Titanic", but not "a painting of the Titanic"
            () if the.is_some() && thing.count == 1 && is_head(between, after) => {
                format!("the {between}{name}{after}")
            }
            // "Stonehenge", "Big Ben"
            () if alone && the.is_none() && between.is_empty() => format!("{name}{after}"),
            () => opens.unwrap_or_else(|| format!("{before}{name}{after}")),
        };
        whole.then_some(told)
    });
    forms.next().unwrap_or_else(|| caption.to_owned())
}

/// Whether what stands before a name in its caption only describes it.
fn is_head(before: &str, after: &str) -> bool {
    let describes = |word: &str| !exact_tags(word).any(Tags::FUNCTION.and(Tags::NOUN));
    before.split_whitespace().all(describes) && !after.starts_with("'s")
}

/// The negative prompt: what must be absent, in the plural, without repeats.
pub(crate) fn negative(scene: &Scene) -> String {
    let mut words: Vec<String> = Vec::new();
    for noun in &scene.absent {
        let word = if is_uncounted(noun) { noun.clone() } else { plural(noun) };
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
