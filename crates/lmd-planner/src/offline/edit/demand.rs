//! What an instruction demands of the places of objects, checked on what came
//! of it: what does not hold is solved for by itself, and told where it cannot.

use lmd_layout::BBox;

use super::board::{Board, Demand};
use super::staging::thing_of;
use super::standing::{carriers, rests_on, stands};
use crate::RelationKind;
use crate::geometry::{feet_kept, overlap};
use crate::lexicon::kind_of;

/// Step of the search, as a share of the canvas.
const STEP: f64 = 0.025;
/// Feet within this are on one ground.
const LEVEL_FEET: f64 = 0.15;
/// Sizes that are tried, as shares of what it is.
const SCALES: [f64; 3] = [1.0, 0.85, 0.7];

/// Notes that the object `subject` is to stand so to `anchors`.
pub(super) fn note(board: &mut Board, subject: usize, kind: RelationKind, anchors: &[usize]) {
    let id = |index: &usize| board.pieces.get(*index).map(|piece| piece.id);
    if let Some(subject) = id(&subject) {
        let anchors = anchors.iter().filter_map(id).collect();
        board.demands.push(Demand { subject, kind, anchors });
    }
}

/// Holds every demand against the board, and meets by itself what is not met.
pub(super) fn meet(board: &mut Board) {
    for demand in std::mem::take(&mut board.demands) {
        let Some(subject) = board.index_of(demand.subject) else { continue };
        let anchors: Vec<usize> = demand.anchors.iter().filter_map(|id| board.index_of(*id)).collect();
        let places: Vec<BBox> = anchors.iter().map(|index| board.pieces[*index].bbox).collect();
        if places.is_empty() || good(board, subject, demand.kind, &anchors) {
            if demand.kind == RelationKind::Behind {
                come_out(board, subject, &anchors);
            }
            continue;
        }
        let held = reads(board.pieces[subject].bbox, demand.kind, &places);
        let found = (!board.pieces[subject].locked)
            .then(|| nearest_standing(board, subject, demand.kind, &anchors))
            .flatten();
        match found {
            Some(bbox) => {
                board.pieces[subject].bbox = bbox;
                if demand.kind == RelationKind::Behind {
                    come_out(board, subject, &anchors);
                }
            }
            None if held => {}
            None => {
                let name = |index: &usize| board.pieces[*index].caption.clone();
                let others: Vec<String> = anchors.iter().map(name).collect();
                let told = format!(
                    "there is no room for {} {} {}; it is not there",
                    name(&subject),
                    demand.kind.words(),
                    others.join(" and ")
                );
                board.warnings.push(told);
            }
        }
    }
}

/// What is behind something and hidden by it comes out at a side of it.
fn come_out(board: &mut Board, subject: usize, anchors: &[usize]) {
    /// More than this share of it must not be hidden.
    const HIDDEN: f64 = 0.6;
    /// This share of it stays behind.
    const BEHIND: f64 = 0.45;
    let ([anchor], false) = (anchors, board.pieces[subject].locked) else { return };
    let (bbox, front) = (board.pieces[subject].bbox, board.pieces[*anchor].bbox);
    if bbox.intersection(front) < HIDDEN * bbox.area() {
        return;
    }
    let shared = BEHIND * bbox.w().min(front.w());
    let left = bbox.shifted(front.x() + shared - bbox.w() - bbox.x(), 0.0);
    let right = bbox.shifted(front.x_max() - shared - bbox.x(), 0.0);
    let mut besides = vec![subject, *anchor];
    besides.extend(carriers(board, *anchor));
    let others = board.boxes_besides(&besides);
    let cost = |place: &BBox| place.intersection(front) + overlap(&[*place], &others);
    let found = [left, right].into_iter().min_by(|a, b| cost(a).total_cmp(&cost(b)));
    if let Some(place) = found.filter(|place| cost(place) < 0.8 * bbox.intersection(front)) {
        board.pieces[subject].bbox = place;
    }
}

/// Whether something stands so to others and, where all of them stand and it
/// is to be beside them, on their ground.
fn good(board: &Board, subject: usize, kind: RelationKind, anchors: &[usize]) -> bool {
    let places: Vec<BBox> = anchors.iter().map(|index| board.pieces[*index].bbox).collect();
    let feet = board.pieces[subject].bbox.y_max();
    let level = || places.iter().any(|other| (feet - other.y_max()).abs() < LEVEL_FEET);
    reads(board.pieces[subject].bbox, kind, &places)
        && (!is_beside(kind) || !all_stand(board, subject, anchors) || level())
}

/// Whether a box stands so to others, and is left or right of them rather than before or behind them.
fn reads(bbox: BBox, kind: RelationKind, anchors: &[BBox]) -> bool {
    /// The part of the width of the narrower that two neighbours share at most.
    const SHARED: f64 = 0.6;
    /// The part of something held, or of a smaller holder, that both share at least.
    const HELD: f64 = 0.1;
    if kind == RelationKind::HeldBy {
        return anchors.iter().any(|other| bbox.intersection(*other) > HELD * bbox.area().min(other.area()));
    }
    let sideways = matches!(kind, RelationKind::LeftOf | RelationKind::RightOf);
    let shared = |other: &BBox| bbox.x_max().min(other.x_max()) - bbox.x().max(other.x());
    let beside = |other: &BBox| shared(other) <= SHARED * bbox.w().min(other.w());
    stands(bbox, kind, anchors) && (!sideways || anchors.iter().all(beside))
}

/// Whether a relation says that something is on one ground with something, at its side.
pub(super) fn is_beside(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::NextTo | RelationKind::LeftOf | RelationKind::RightOf)
}

/// Whether some things stand rather than fly or hang.
fn all_stand(board: &Board, subject: usize, anchors: &[usize]) -> bool {
    let stands = |index: &usize| kind_of(&thing_of(&board.pieces[*index]).noun).class.stands();
    anchors.iter().chain([&subject]).all(stands)
}

/// The place nearest to where something is at which it stands so to the
/// anchors and covers little else; on what it or they rest on, if they do.
pub(super) fn nearest_standing(
    board: &Board,
    subject: usize,
    kind: RelationKind,
    anchors: &[usize],
) -> Option<BBox> {
    let old = board.pieces[subject].bbox;
    let places: Vec<BBox> = anchors.iter().map(|index| board.pieces[*index].bbox).collect();
    let first = *places.first()?;
    let mut beneath = carriers(board, subject);
    beneath.extend(anchors.iter().flat_map(|index| carriers(board, *index)));
    let besides: Vec<usize> = [&[subject], anchors, beneath.as_slice()].concat();
    let others = board.boxes_besides(&besides);
    let floor = rests_on(board, subject)
        .or_else(|| anchors.first().and_then(|index| rests_on(board, *index)))
        .filter(|floor| !anchors.contains(floor))
        .map(|floor| board.pieces[floor].bbox);
    let beside = is_beside(kind);
    let on_ground = beside && all_stand(board, subject, anchors);
    let hollow =
        anchors.first().is_some_and(|index| kind_of(&thing_of(&board.pieces[*index]).noun).class.is_hollow());
    let support = anchors
        .first()
        .map_or(0.1, |index| kind_of(&thing_of(&board.pieces[*index]).noun).class.support_height());
    let covering = if beside && hollow && on_ground {
        1.0
    } else if beside {
        3.0
    } else if kind == RelationKind::Under && !hollow {
        1.0
    } else {
        0.3
    };
    let cost = |bbox: BBox| {
        let away = (bbox.center().0 - old.center().0).hypot(bbox.center().1 - old.center().1);
        let apart = (bbox.center().0 - first.center().0).hypot(bbox.center().1 - first.center().1);
        let covered = overlap(&[bbox], &others) / bbox.area();
        let anchored = overlap(&[bbox], &places) / bbox.area();
        let off = floor.map_or(0.0, |floor| {
            let out = (floor.x() - bbox.x()).max(0.0) + (bbox.x_max() - floor.x_max()).max(0.0);
            let feet = bbox.y_max();
            out + (floor.y() - feet).max(0.0) + (feet - floor.y() - 0.5 * floor.h()).max(0.0)
        });
        let off = off + if on_ground { 2.0 * (bbox.y_max() - first.y_max()).abs() } else { 0.0 };
        let off = off
            + if kind == RelationKind::On {
                (bbox.y_max() - first.y() - support * first.h()).abs()
            } else {
                0.0
            };
        let back =
            if kind == RelationKind::Behind { (first.y_max() - 0.06 - bbox.y_max()).abs() } else { 0.0 };
        let across = back + if beside { 0.0 } else { (bbox.center().0 - first.center().0).abs() };
        3.0 * covered + covering * anchored + 1.5 * across + 8.0 * off + 0.4 * away + 0.8 * apart
    };
    let tried = |scale: f64| {
        let small = feet_kept(old, scale * old.w(), scale * old.h());
        let steps = |room: f64| (0..=(room / STEP).floor() as i32).map(|step| f64::from(step) * STEP);
        let all = steps(1.0 - small.w()).flat_map(|x| steps(1.0 - small.h()).map(move |y| (x, y)));
        let placed = all.map(|(x, y)| small.shifted(x - small.x(), y - small.y()));
        let good = placed.filter(|bbox| reads(*bbox, kind, &places));
        let best = good.map(|bbox| (cost(bbox), bbox)).min_by(|a, b| a.0.total_cmp(&b.0));
        best.map(|(cost, bbox)| (cost + 0.6 * (1.0 - scale), bbox))
    };
    let found = SCALES.into_iter().filter_map(tried).min_by(|a, b| a.0.total_cmp(&b.0));
    found.map(|(_, bbox)| bbox).filter(|bbox| overlap(&[*bbox], &others) <= 0.5 * bbox.area())
}
