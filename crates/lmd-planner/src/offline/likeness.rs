//! Which things are like one another: by size, class and what they are.

use crate::lexicon::{Tags, kind_of, known_kind, tags};

/// Those of `known` that are most like the thing `noun` (singular), the likest first: of its class (it stands, flies,
/// carries), alive like it, of about its size. None for a noun of which nothing is known.
///
/// ```
/// let known = ["car", "cat", "dog", "house", "tree"];
/// assert_eq!(lmd_planner::offline::likest("horse", &known, 2), ["dog", "cat"]);
/// ```
#[must_use]
pub fn likest<'a>(noun: &str, known: &[&'a str], most: usize) -> Vec<&'a str> {
    let Some(kind) = known_kind(noun) else { return Vec::new() };
    let distance = |other: &str| {
        let other_kind = kind_of(other);
        let class = f64::from(u8::from(kind.class != other_kind.class));
        let size = (kind.height / other_kind.height).ln().abs() + (kind.width / other_kind.width).ln().abs();
        let traits = u32::try_from(unlikeness(noun, other)).map_or(f64::INFINITY, f64::from);
        4.0 * traits + class + size
    };
    let mut ranked: Vec<(f64, &str)> = known.iter().map(|other| (distance(other), *other)).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    ranked.into_iter().take(most).map(|(_, other)| other).collect()
}

/// How many traits (alive, a person, worn, a part and the like) only one of two things has.
fn unlikeness(one: &str, other: &str) -> usize {
    const TRAITS: [Tags; 6] =
        [Tags::ANIMATE, Tags::PERSON, Tags::WORN, Tags::PART, Tags::PLACE, Tags::SCENERY];
    let (one, other) = (tags(one), tags(other));
    TRAITS.iter().filter(|has| one.any(**has) != other.any(**has)).count()
}
