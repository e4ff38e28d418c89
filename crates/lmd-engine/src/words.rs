//! What a small model cannot draw: the words of a layout that it never learned.

use std::collections::HashSet;

use lmd_layout::{Layout, singular};
use lmd_planner::english::content_words;
use lmd_planner::offline::likest;

use crate::notice::{Notice, UnknownWord};
use crate::stage2::Words;

/// How many known things are named beside an unknown one.
const NAMED: usize = 3;

/// The words of a layout's captions and background that `words` lacks, each once, in their order. Words of the
/// background may be things, too; captions of things may not be surroundings.
pub(crate) fn unknown(words: &Words, layout: &Layout) -> Vec<UnknownWord> {
    let things: HashSet<String> =
        [&words.nouns, &words.colours, &words.others].into_iter().flat_map(|list| parts(list)).collect();
    let places: HashSet<String> = parts(&words.backgrounds).collect();
    let known = |set: &HashSet<String>, word: &str| set.contains(word) || set.contains(&singular(word));
    let mut told = HashSet::new();
    let of_things = layout.objects().iter().flat_map(|object| content_words(object.caption.as_str()));
    let of_things = of_things.filter(|word| !known(&things, word));
    let of_place = content_words(layout.background()).into_iter();
    let of_place = of_place.filter(|word| !known(&places, word) && !known(&things, word));
    let nouns: Vec<&str> = words.nouns.iter().map(String::as_str).collect();
    let near = |word: &str| likest(&singular(word), &nouns, NAMED).into_iter().map(str::to_owned).collect();
    let unknown = of_things.chain(of_place).filter(|word| told.insert(word.clone()));
    unknown.map(|word| UnknownWord { near: near(&word), word }).collect()
}

/// What a person should know about them, if there are any.
pub(crate) fn notice(model: &str, words: &Words, layout: &Layout) -> Option<Notice> {
    let unknown = unknown(words, layout);
    (!unknown.is_empty()).then(|| Notice::UnknownWords { model: model.to_owned(), words: unknown })
}

/// The single words of phrases.
fn parts(phrases: &[String]) -> impl Iterator<Item = String> {
    phrases.iter().flat_map(|phrase| phrase.split_whitespace().map(str::to_lowercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Words {
        let list = |words: &str| words.split(',').map(str::to_owned).collect();
        Words {
            nouns: list("car,dog,cat,bottle"),
            colours: list("red"),
            backgrounds: list("a wooden table,a beach"),
            others: list("photo"),
        }
    }

    fn told(captions: &[&str], background: &str) -> Vec<(String, String)> {
        let objects: Vec<String> = captions
            .iter()
            .enumerate()
            .map(|(at, caption)| format!(r#"{{"caption":"{caption}","box":[0.{at},0.1,0.2,0.2]}}"#))
            .collect();
        let text = format!(r#"{{"objects":[{}],"background":"{background}"}}"#, objects.join(","));
        let layout = lmd_layout::layout_from_json(&text).unwrap();
        unknown(&small(), &layout).into_iter().map(|word| (word.word, word.near.join(" "))).collect()
    }

    #[test]
    fn words_that_were_learned_are_not_told() {
        assert_eq!(told(&["two red cars", "a big dog"], "a photo of a beach"), []);
        assert_eq!(told(&["a bottle"], "a dog on a wooden table"), []);
    }

    #[test]
    fn other_words_are_told_once_with_what_is_like_them() {
        let told = told(&["a horse", "a horse", "a blue car"], "a harbour");
        let words: Vec<&str> = told.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["horse", "blue", "harbour"]);
        assert!(told[0].1.starts_with("dog cat"), "{told:?}");
        assert_eq!(told[1].1, "");
    }

    #[test]
    fn a_surrounding_is_no_thing() {
        assert_eq!(told(&["a table"], "a beach")[0].0, "table");
    }
}
