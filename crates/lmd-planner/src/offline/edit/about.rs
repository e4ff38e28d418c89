//! What an instruction is about that names nothing: `bigger`, `two more`, `make it red`.

use super::board::Board;
use super::standing::rests_on;

/// What an instruction without a name is about: what was changed last, else what the others are there for, else everything.
pub(super) fn whatever(board: &Board) -> Vec<usize> {
    if !board.touched.is_empty() {
        return board.touched.clone();
    }
    let about = topic(board);
    match topmost(board).as_slice() {
        _ if !about.is_empty() => about,
        [one] => vec![*one],
        _ => unlocked(board),
    }
}

/// What the prompt is about, as far as it is there.
pub(super) fn topic(board: &Board) -> Vec<usize> {
    board.topic.iter().filter_map(|id| board.index_of(*id)).collect()
}

/// All objects but the locked ones; all where nothing else is left.
pub(super) fn unlocked(board: &Board) -> Vec<usize> {
    let free: Vec<usize> = (0..board.pieces.len()).filter(|index| !board.pieces[*index].locked).collect();
    if free.is_empty() { (0..board.pieces.len()).collect() } else { free }
}

/// Those that nothing lies, stands or is on, in or before.
pub(super) fn topmost(board: &Board) -> Vec<usize> {
    let beneath = |under: &usize| {
        let lower = board.pieces[*under].bbox;
        (0..board.pieces.len()).any(|index| {
            let piece = &board.pieces[index];
            let ((x, y), feet) = (piece.bbox.center(), piece.bbox.y_max());
            let across = (lower.x()..lower.x_max()).contains(&x);
            let (smaller, later) = (piece.bbox.area() < lower.area(), index > *under);
            let top = lower.y() - 0.02..lower.y_max();
            let within = smaller && later && (lower.y()..lower.y_max()).contains(&y);
            let on = piece.bbox.y() < lower.y() && top.contains(&feet) && (smaller || later);
            rests_on(board, index) == Some(*under) || across && (within || on)
        })
    };
    (0..board.pieces.len()).filter(|index| !beneath(index)).collect()
}
