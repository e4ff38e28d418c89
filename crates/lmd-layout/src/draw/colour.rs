//! Colours of objects: readable under white text, the same in every drawing.

use std::collections::BTreeMap;

/// Colours for captions that name none, far apart from their neighbours.
const PALETTE: [&str; 12] = [
    "#1C6FD1", "#C2257F", "#1F7F3B", "#B4530A", "#7B3FD0", "#0B7A82", "#C92A3A", "#6B6F00", "#4C51D0",
    "#8A5A35", "#9A3FB5", "#51606F",
];

/// Shades for captions that name a colour: a green car gets a green box.
const NAMED: [(&str, [&str; 3]); 13] = [
    ("red", ["#C92A3A", "#9F1239", "#D0402B"]),
    ("orange", ["#B4530A", "#A0522D", "#D0402B"]),
    ("yellow", ["#8A6A00", "#6B6F00", "#9A6207"]),
    ("golden", ["#8A6A00", "#9A6207", "#6B6F00"]),
    ("green", ["#1F7F3B", "#3F6212", "#0B7A5A"]),
    ("blue", ["#1C6FD1", "#1F4E8C", "#0E7490"]),
    ("purple", ["#7B3FD0", "#9A3FB5", "#5B21B6"]),
    ("pink", ["#C2257F", "#B8336A", "#9A3FB5"]),
    ("brown", ["#8A5A35", "#A0522D", "#6F4E37"]),
    ("black", ["#2B2F36", "#3B4048", "#51606F"]),
    ("white", ["#68737F", "#51606F", "#5F6B7A"]),
    ("gray", ["#5F6B7A", "#68737F", "#51606F"]),
    ("grey", ["#5F6B7A", "#68737F", "#51606F"]),
];

/// One colour per caption, in the order given. Equal captions share theirs.
/// A caption's first choice depends on itself alone, so that a drawing keeps
/// its colours when other objects come and go.
pub(super) fn assign(captions: &[&str]) -> Vec<&'static str> {
    let mut taken: BTreeMap<&str, &'static str> = BTreeMap::new();
    for caption in captions {
        if !taken.contains_key(caption) {
            let wishes = wishes(caption);
            let free = wishes.iter().find(|colour| !taken.values().any(|used| used == *colour));
            let colour = free.or(wishes.first()).copied().unwrap_or(PALETTE[0]);
            taken.insert(caption, colour);
        }
    }
    captions.iter().filter_map(|caption| taken.get(caption).copied()).collect()
}

/// The colours a caption would like, best first.
fn wishes(caption: &str) -> Vec<&'static str> {
    let lower = caption.to_lowercase();
    let named = lower
        .split(|c: char| !c.is_alphabetic())
        .find_map(|word| NAMED.iter().find(|(name, _)| *name == word))
        .map_or(&[][..], |(_, shades)| shades.as_slice());
    let start = (fnv1a(lower.as_bytes()) % PALETTE.len() as u64) as usize;
    named.iter().copied().chain(PALETTE.iter().copied().cycle().skip(start).take(PALETTE.len())).collect()
}

/// A hash that is the same on every machine and in every version.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contrast with white, by WCAG 2.
    fn contrast(colour: &str) -> f64 {
        let channel = |i: usize| {
            let v = f64::from(u8::from_str_radix(&colour[i..i + 2], 16).unwrap()) / 255.0;
            if v <= 0.03928 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        1.05 / (0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5) + 0.05)
    }

    #[test]
    fn white_text_is_readable_on_every_colour() {
        for colour in PALETTE.iter().chain(NAMED.iter().flat_map(|(_, shades)| shades)) {
            assert!(contrast(colour) >= 4.5, "{colour}: {:.2}", contrast(colour));
        }
    }

    #[test]
    fn colours_follow_captions() {
        let got = assign(&["a green car", "a blue dog", "a blue bowl", "a green car"]);
        assert_eq!(got, ["#1F7F3B", "#1C6FD1", "#1F4E8C", "#1F7F3B"]);
        assert_eq!(assign(&["a cat", "a dog"])[0], assign(&["a cat"])[0], "the cat keeps its colour");
    }

    #[test]
    fn more_captions_than_colours_still_get_one() {
        let names: Vec<String> = (0..32).map(|i| format!("thing {i}")).collect();
        let captions: Vec<&str> = names.iter().map(String::as_str).collect();
        let got = assign(&captions);
        assert_eq!(got.len(), 32);
        assert!(PALETTE.iter().all(|colour| got.contains(colour)));
    }
}
