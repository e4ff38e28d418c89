//! [`AttnKey`]: the name of one cross-attention layer of the U-Net.
//!
//! LLM-grounded Diffusion (arXiv:2305.13655) guides by the maps `mid.0.0`,
//! `up.1.0`, `up.1.1` and `up.1.2`, and takes its masks from `down.2.1`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::NnError;

/// The part of the U-Net a layer belongs to, in the order of execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UNetSection {
    /// The contracting path.
    Down,
    /// The bottleneck.
    Mid,
    /// The expanding path.
    Up,
}

impl UNetSection {
    /// The upstream word: `down`, `mid` or `up`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Mid => "mid",
            Self::Up => "up",
        }
    }
}

/// One cross-attention layer: section, block within the section, layer within the block.
///
/// Written `up.1.2`. The networks of this family have one transformer per
/// layer, so the fourth index of other notations (`up.1.2.0`) is always 0; it
/// is accepted when read. The order of keys is the order of execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttnKey {
    /// Contracting path, bottleneck or expanding path.
    pub section: UNetSection,
    /// Block within the section, counted from 0 in the order of execution.
    pub block: usize,
    /// Layer within the block, counted from 0.
    pub layer: usize,
}

impl AttnKey {
    /// A layer of the contracting path.
    #[must_use]
    pub const fn down(block: usize, layer: usize) -> Self {
        Self { section: UNetSection::Down, block, layer }
    }

    /// The layer of the bottleneck.
    #[must_use]
    pub const fn mid() -> Self {
        Self { section: UNetSection::Mid, block: 0, layer: 0 }
    }

    /// A layer of the expanding path.
    #[must_use]
    pub const fn up(block: usize, layer: usize) -> Self {
        Self { section: UNetSection::Up, block, layer }
    }
}

impl fmt::Display for AttnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.section.name(), self.block, self.layer)
    }
}

impl FromStr for AttnKey {
    type Err = NnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| NnError::AttnKey(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<AttnKey> {
    let mut parts = text.split('.');
    let section = match parts.next()? {
        "down" => UNetSection::Down,
        "mid" => UNetSection::Mid,
        "up" => UNetSection::Up,
        _ => return None,
    };
    let block = parts.next()?.parse().ok()?;
    let layer = parts.next()?.parse().ok()?;
    let transformer: usize = parts.next().unwrap_or("0").parse().ok()?;
    (transformer == 0 && parts.next().is_none()).then_some(AttnKey { section, block, layer })
}

impl TryFrom<String> for AttnKey {
    type Error = NnError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AttnKey> for String {
    fn from(key: AttnKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for key in [AttnKey::down(2, 1), AttnKey::mid(), AttnKey::up(1, 2)] {
            assert_eq!(key.to_string().parse::<AttnKey>().unwrap(), key);
        }
        assert_eq!("up.1.2.0".parse::<AttnKey>().unwrap(), AttnKey::up(1, 2));
    }

    #[test]
    fn other_words_are_refused() {
        for text in ["", "up", "up.1", "left.0.0", "up.1.2.1", "up.1.2.0.0", "up.-1.0"] {
            assert!(text.parse::<AttnKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_order_is_the_order_of_execution() {
        assert!(AttnKey::down(2, 1) < AttnKey::mid());
        assert!(AttnKey::mid() < AttnKey::up(1, 0));
    }
}
