//! What a caption shows, compared with the words of a fact.

use lmd_layout::{Layout, Object, singular};

/// Words after which a caption speaks of something else than its noun.
const ENDS_HEAD: [&str; 24] = [
    "with", "of", "wearing", "holding", "carrying", "in", "on", "at", "that", "who", "which", "from", "for",
    "to", "by", "under", "over", "behind", "near", "above", "below", "inside", "beside", "between",
];

/// Words of a fact, the last one a noun. Each word may have alternatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words(Vec<Vec<String>>);

impl Words {
    /// Reads `red car` or `kid/child`.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let words: Vec<Vec<String>> =
            text.split_whitespace().map(|word| word.split('/').map(str::to_lowercase).collect()).collect();
        if words.is_empty() { Err("a noun is missing".to_owned()) } else { Ok(Self(words)) }
    }

    /// Whether a caption's own noun is this one, with these attributes.
    pub(super) fn shown_by(&self, object: &Object) -> bool {
        let Some((noun, attributes)) = self.0.split_last() else { return false };
        let words = words_of(object.caption.as_str());
        let head = head(&words);
        let ends_here = |at: usize| head.get(at + 1).is_none_or(|next| stands_behind(next));
        let Some(at) = (0..head.len()).rev().find(|&at| is_one_of(&head[at], noun) && ends_here(at)) else {
            return false;
        };
        in_order(attributes, &head[..at])
    }

    /// The objects of `layout` that show this.
    pub(super) fn objects<'a>(&self, layout: &'a Layout) -> Vec<&'a Object> {
        layout.objects().iter().filter(|object| self.shown_by(object)).collect()
    }

    /// Whether every word occurs in `text`, in any order.
    pub(super) fn all_in(&self, text: &str) -> bool {
        let words = words_of(text);
        self.0.iter().all(|wanted| words.iter().any(|word| is_one_of(word, wanted)))
    }

    /// Whether the noun occurs in `text`.
    pub(super) fn noun_in(&self, text: &str) -> bool {
        let words = words_of(text);
        self.0.last().is_some_and(|noun| words.iter().any(|word| is_one_of(word, noun)))
    }
}

impl std::fmt::Display for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<String> = self.0.iter().map(|alternatives| alternatives.join("/")).collect();
        f.write_str(&words.join(" "))
    }
}

fn words_of(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The words up to where the caption turns to something else. A pair of
/// shoes is shoes.
fn head(words: &[String]) -> &[String] {
    let start = match words.iter().position(|word| word == "pair") {
        Some(at) if words.get(at + 1).is_some_and(|word| word == "of") => at + 2,
        _ => 0,
    };
    let rest = &words[start..];
    let end = rest.iter().skip(1).position(|word| ENDS_HEAD.contains(&word.as_str()));
    &rest[..end.map_or(rest.len(), |at| at + 1)]
}

/// "a dog running", "a car parked" and "a basket full of kittens" still show a dog, a car and a basket.
fn stands_behind(word: &str) -> bool {
    word == "full" || word.ends_with("ing") || (word.len() >= 5 && word.ends_with("ed"))
}

fn is_one_of(word: &str, alternatives: &[String]) -> bool {
    alternatives.iter().any(|wanted| word == wanted || singular(word) == *wanted)
}

fn in_order(wanted: &[Vec<String>], words: &[String]) -> bool {
    let mut words = words.iter();
    wanted.iter().all(|alternatives| words.any(|word| is_one_of(word, alternatives)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lmd_layout::BBox;

    fn shows(caption: &str, words: &str) -> bool {
        Words::read(words).unwrap().shown_by(&Object::new(caption, BBox::FULL).unwrap())
    }

    #[test]
    fn the_noun_of_a_caption_counts() {
        assert!(shows("a small red car", "red car"));
        assert!(shows("a cat with a red hat", "cat"));
        assert!(!shows("a cat with a red hat", "hat"));
        assert!(!shows("a cat bed", "cat"));
        assert!(shows("a black and white cow", "cow"));
        assert!(shows("a dog running on grass", "dog"));
        assert!(shows("a pair of shoes", "shoe"));
        assert!(shows("a basket full of kittens", "basket") && !shows("a basket full of kittens", "kitten"));
        assert!(!shows("a blue car", "red car"));
        assert!(shows("an orange", "orange"));
        assert!(!shows("an orange cat", "orange"));
    }

    #[test]
    fn plurals_and_alternatives_match() {
        assert!(shows("two wooden chairs", "chair"));
        assert!(shows("a child", "kid/child"));
        assert!(Words::read("oil painting").unwrap().all_in("An oil painting of a sea"));
        assert!(!Words::read("oil painting").unwrap().all_in("A painting of a sea"));
    }
}
