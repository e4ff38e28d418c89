//! [`CenterNetConfig`]: the `config.json` of the bundled world's detector, with its words.

use serde::{Deserialize, Serialize};

use crate::NnError;
use crate::config_check::{parse, require, require_sizes};

const NETWORK: &str = "detector";
/// Most nouns or paints, and most bytes of one word.
const MAX_WORDS: usize = 4096;
const MAX_WORD: usize = 64;
/// Sides in pixels that pictures may be scaled to.
const SIZES: [usize; 2] = [32, 2048];
/// The paint that is no colour: a thing as it is by nature.
const NATURAL: &str = "natural";

/// Shape and words of the detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CenterNetConfig {
    /// The nouns it tells apart, in the singular, in the order of its outputs.
    pub nouns: Vec<String>,
    /// The paints it tells apart, in the order of its outputs; "natural" is no colour.
    pub paints: Vec<String>,
    /// Channels at cells of 8, 16 and 32 pixels.
    pub widths: [usize; 3],
    /// Groups of every group normalisation.
    #[serde(default = "eight")]
    pub groups: usize,
    /// Side in pixels of the square pictures it was trained on.
    #[serde(default = "side")]
    pub size: usize,
}

fn eight() -> usize {
    8
}

fn side() -> usize {
    256
}

impl CenterNetConfig {
    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, words or widths are missing, or a size cannot be true.
    pub fn from_json(text: &str) -> Result<Self, NnError> {
        let config: Self = parse(NETWORK, text, &[])?;
        config.check()?;
        Ok(config)
    }

    /// Checks that sizes and words can be true.
    ///
    /// # Errors
    ///
    /// Names the first field that does not fit.
    pub fn check(&self) -> Result<(), NnError> {
        let [fine, middle, coarse] = self.widths;
        let sizes = [("widths", fine), ("widths", middle), ("widths", coarse), ("groups", self.groups)];
        require_sizes(NETWORK, &sizes)?;
        for width in self.widths {
            require(NETWORK, width.is_multiple_of(self.groups), || {
                format!("{width} channels cannot be split into {} groups", self.groups)
            })?;
        }
        let [smallest, largest] = SIZES;
        require(NETWORK, (smallest..=largest).contains(&self.size), || {
            format!("size is {}, expected {smallest} to {largest}", self.size)
        })?;
        for (name, words) in [("nouns", &self.nouns), ("paints", &self.paints)] {
            require(NETWORK, (1..=MAX_WORDS).contains(&words.len()), || {
                format!("{} {name}, expected 1 to {MAX_WORDS}", words.len())
            })?;
            require(NETWORK, words.iter().all(|word| is_word(word)), || {
                format!("one of the {name} is no word of 1 to {MAX_WORD} bytes in lower case")
            })?;
        }
        Ok(())
    }

    /// Whether the paint of this index is a colour.
    pub(super) fn is_colour(&self, paint: usize) -> bool {
        self.paints.get(paint).is_some_and(|word| word != NATURAL)
    }

    /// The colours among the paints.
    #[must_use]
    pub fn colours(&self) -> Vec<String> {
        self.paints.iter().filter(|word| *word != NATURAL).cloned().collect()
    }

    /// Outputs of the network per cell: centre, offset (2), size (2), nouns, paints.
    pub(super) fn outputs(&self) -> usize {
        BOX_OUTPUTS + self.nouns.len() + self.paints.len()
    }
}

/// Outputs before those of the nouns.
pub(super) const BOX_OUTPUTS: usize = 5;

fn is_word(word: &str) -> bool {
    let plain = |c: char| !c.is_control() && !c.is_uppercase();
    (1..=MAX_WORD).contains(&word.len()) && word.trim() == word && word.chars().all(plain)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A small configuration with two nouns, one of two words.
    pub(in crate::center_net) fn small() -> CenterNetConfig {
        CenterNetConfig::from_json(
            r#"{"nouns": ["car", "hot dog"], "paints": ["natural", "red", "gray"], "widths": [8, 8, 16]}"#,
        )
        .unwrap()
    }

    #[test]
    fn defaults_are_those_of_the_files_that_do_not_say() {
        assert_eq!((small().groups, small().size, small().outputs()), (8, 256, 10));
        assert_eq!(small().colours(), ["red", "gray"]);
    }

    #[test]
    fn what_cannot_be_true_is_refused() {
        let told = |from: &str, to: &str| {
            let text =
                r#"{"nouns": ["car"], "paints": ["red"], "widths": [8, 8, 16], "groups": 8, "size": 64}"#;
            assert!(text.contains(from));
            CenterNetConfig::from_json(&text.replace(from, to)).unwrap_err().to_string()
        };
        assert!(told(r#"["car"]"#, "[]").contains("0 nouns"));
        assert!(told(r#"["car"]"#, r#"[""]"#).contains("one of the nouns"));
        assert!(told(r#"["red"]"#, r#"["\u001b[31m"]"#).contains("one of the paints"));
        assert!(told("[8, 8, 16]", "[8, 8]").contains("length 3"));
        assert!(told("[8, 8, 16]", "[8, 12, 16]").contains("12 channels"));
        assert!(told("\"groups\": 8", "\"groups\": 0").contains("groups is 0"));
        assert!(told("64", "1000000000").contains("size is 1000000000"));
        assert!(told("\"nouns\"", "\"words\"").contains("nouns"));
    }
}
