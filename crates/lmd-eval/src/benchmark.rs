//! The benchmark of LMD (arXiv 2305.13655, section 4.1; A.7): 400 prompts in
//! four families, generated exactly as the reference does.

use std::fmt;

use rand_mt::Mt;
use serde::{Deserialize, Serialize};

/// What every prompt of the benchmark begins with.
const PREFIX: &str = "A realistic photo of a scene";

/// The ten classes. Their order decides what the generator draws.
pub const CLASSES: [&str; 10] =
    ["backpack", "book", "bottle", "bowl", "car", "cat", "chair", "cup", "dog", "laptop"];

/// The eleven colours, in the order of the generator.
pub const COLOURS: [&str; 11] =
    ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "gray"];

const NUMBERS: [&str; 5] = ["one", "two", "three", "four", "five"];
const SIDES: [(&str, &str); 4] = [("left", "right"), ("right", "left"), ("top", "bottom"), ("bottom", "top")];

/// A family of the benchmark: what its prompts try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// `… without cats`.
    Negation,
    /// `… with three cats`.
    Numeracy,
    /// `… with a red cat and a blue dog`.
    Attribution,
    /// `… with a cat on the left and a dog on the right`.
    Spatial,
}

impl Family {
    /// The four families in the benchmark's order.
    pub const ALL: [Self; 4] = [Self::Negation, Self::Numeracy, Self::Attribution, Self::Spatial];

    /// Its name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Negation => "negation",
            Self::Numeracy => "numeracy",
            Self::Attribution => "attribution",
            Self::Spatial => "spatial",
        }
    }

    /// Its prompts, in order.
    fn prompts(self) -> Vec<String> {
        match self {
            Self::Negation => negation(),
            Self::Numeracy => numeracy(),
            Self::Attribution => (0..100).map(attribution).collect(),
            Self::Spatial => (0..25).flat_map(spatial).collect(),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One prompt of the benchmark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prompt {
    /// What it tries.
    pub family: Family,
    /// Its text.
    pub text: String,
}

/// The 400 prompts: negation, numeracy, attribution, spatial, 100 each. Of
/// them 250 are distinct.
#[must_use]
pub fn prompts() -> Vec<Prompt> {
    let of = |family: Family| family.prompts().into_iter().map(move |text| Prompt { family, text });
    Family::ALL.into_iter().flat_map(of).collect()
}

fn negation() -> Vec<String> {
    CLASSES.iter().flat_map(|class| vec![format!("{PREFIX} without {class}s"); 10]).collect()
}

fn numeracy() -> Vec<String> {
    let mut prompts = Vec::with_capacity(100);
    for number in NUMBERS {
        let ending = if number == "one" { "" } else { "s" };
        for class in CLASSES {
            prompts.extend(vec![format!("{PREFIX} with {number} {class}{ending}"); 2]);
        }
    }
    prompts
}

fn attribution(seed: u32) -> String {
    let mut generator = Mt::new(seed);
    let [c1, c2] = draw_two(&mut generator, &COLOURS).map(with_article);
    let [o1, o2] = draw_two(&mut generator, &CLASSES);
    format!("{PREFIX} with {c1} {o1} and {c2} {o2}")
}

fn spatial(seed: u32) -> Vec<String> {
    let mut generator = Mt::new(seed);
    let mut prompt = |(l1, l2): (&str, &str)| {
        let [o1, o2] = draw_two(&mut generator, &CLASSES).map(with_article);
        format!("{PREFIX} with {o1} on the {l1} and {o2} on the {l2}")
    };
    SIDES.into_iter().map(&mut prompt).collect()
}

/// A word with its article, chosen by the first letter as the reference does.
pub(crate) fn with_article(word: &str) -> String {
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {word}", if vowel { "an" } else { "a" })
}

/// NumPy's legacy `choice(items, 2, replace=False)`: a whole Fisher-Yates
/// shuffle from the end, of which the first two are taken.
fn draw_two<'a>(generator: &mut Mt, items: &[&'a str]) -> [&'a str; 2] {
    let mut order = items.to_vec();
    for k in (1..order.len()).rev() {
        order.swap(k, at_most(generator, k));
    }
    [order[0], order[1]]
}

/// A number in `0..=limit`, as NumPy's legacy generator draws it: 32-bit
/// outputs cut to the bits of `limit`, repeated until one fits.
fn at_most(generator: &mut Mt, limit: usize) -> usize {
    let mask = limit.next_power_of_two() * 2 - 1;
    let mask = if limit.is_power_of_two() { mask } else { mask >> 1 };
    loop {
        let drawn = generator.next_u32() as usize & mask;
        if drawn <= limit {
            return drawn;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};
    use std::collections::BTreeSet;

    #[test]
    fn the_whole_list_is_the_reference_list() {
        let texts: Vec<String> = prompts().into_iter().map(|p| p.text).collect();
        assert_eq!(texts.len(), 400);
        assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), 250);
        let hash: String =
            Sha256::digest(texts.join("\n")).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, "05333f912cfba8603f153d53593f8524172627f28baaae462ae05235058eec9b");
    }

    #[test]
    fn the_first_drawn_prompts_are_the_golden_ones() {
        assert_eq!(attribution(0), format!("{PREFIX} with a blue dog and a white bowl"));
        assert_eq!(spatial(0)[0], format!("{PREFIX} with a bottle on the left and a dog on the right"));
    }

    #[test]
    fn every_family_has_a_hundred() {
        let all = prompts();
        for family in Family::ALL {
            assert_eq!(all.iter().filter(|p| p.family == family).count(), 100, "{family}");
        }
    }
}
