//! Room for what is new: everything there becomes smaller alike, as if whoever looks stepped back. All that holds between
//! the boxes holds afterwards.

use lmd_layout::BBox;

use super::board::Board;
use super::staging::thing_of;
use crate::lexicon::known_kind;

/// Shares of their size that what is there may become.
pub(super) const STEPS: [f64; 2] = [0.85, 0.7];
/// The height in the picture that stays where it is.
const GROUND: f64 = 0.9;

/// Makes everything that share of its size. `false`, and nothing is changed, where something is locked.
pub(super) fn step_back(board: &mut Board, share: f64) -> bool {
    if board.pieces.iter().any(|piece| piece.locked) {
        return false;
    }
    for piece in &mut board.pieces {
        let old = piece.bbox;
        let (x, y) = (0.5 + share * (old.x() - 0.5), GROUND + share * (old.y() - GROUND));
        piece.bbox = BBox::clamped(x, y, share * old.w(), share * old.h()).unwrap_or(old);
    }
    board.warnings.push("everything else is a little smaller to make room".to_owned());
    true
}

/// Whether some of the objects from `first` on is far too small beside another that stands and is about its size.
pub(super) fn is_cramped(board: &Board, first: usize) -> bool {
    /// Sizes that differ by more are not compared: a mouse beside a house is drawn larger than it is.
    const LIKE: f64 = 2.5;
    /// The least share of its size beside the other that is no matter.
    const LEAST: f64 = 0.5;
    let sizes: Vec<Option<(f64, f64)>> = board
        .pieces
        .iter()
        .map(|piece| {
            let kind = known_kind(&thing_of(piece).noun).filter(|kind| kind.class.stands())?;
            (piece.bbox.y_max() > 0.5).then(|| (kind.extent(), piece.bbox.area().sqrt()))
        })
        .collect();
    let small = |(extent, side): (f64, f64)| {
        sizes.iter().take(first).flatten().any(|(other, its)| {
            let like = (extent / other).max(other / extent) < LIKE;
            like && (side / its) / (extent / other) < LEAST
        })
    };
    sizes.iter().skip(first).flatten().any(|size| small(*size))
}
