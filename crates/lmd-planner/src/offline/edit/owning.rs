//! Places told by a part of something: `on the roof of the house`, `in the
//! woman's arms`.

use crate::RelationKind;
use crate::lexicon::{Class, kind_of, known_kind};

/// In somebody's hands or arms, or on the lap, is held.
pub(super) fn held_there(anchor: &str) -> Option<RelationKind> {
    let holds =
        |word: &str| matches!(word, "lap" | "arms" | "arm" | "hands" | "hand" | "palm" | "paws" | "paw");
    let part = match anchor.split_once("'s ") {
        Some((_, part)) => part,
        None => anchor.split_once(" of ")?.0,
    };
    part.split(' ').any(holds).then_some(RelationKind::HeldBy)
}

/// What a part belongs to: `the house` of `the roof of the house`, `the dog` of
/// `the dog's head`.
pub(super) fn whole_of(anchor: &str) -> Option<&str> {
    // A part has one noun; "a plate in front of the cups" is none of the cups.
    let part = |part: &&str| part.split(' ').count() <= 2;
    anchor
        .split_once(" of ")
        .filter(|(before, _)| part(before))
        .map(|(_, whole)| whole)
        .or_else(|| anchor.split_once("'s ").map(|(whole, _)| whole))
}

/// Whether something can have such a part: a house a door, a sofa none.
pub(super) fn has_part(owner: &str, part: &str) -> bool {
    /// What has windows is as high as a room at least.
    const STOREY: f64 = 2.5;
    let (whole, kind) = (kind_of(owner), kind_of(part));
    let hung = matches!(kind.class, Class::Hang | Class::Wall);
    known_kind(owner).is_some() && kind.extent() < whole.extent() && (!hung || whole.height > STOREY)
}
