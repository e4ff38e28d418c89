//! Places told by a part of something: `on the roof of the house`, `in the
//! woman's arms`.

use crate::RelationKind;

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
