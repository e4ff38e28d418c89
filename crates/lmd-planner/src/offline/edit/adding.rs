//! New things: `add two birds in the sky`, `put a hat on the dog`.

use lmd_layout::{BBox, MAX_OBJECTS};

use super::board::{Board, Piece};
use super::demand;
use super::ground::grounded;
use super::new_places::{beside_size, forget_lack_of_room, on_both, settle};
use super::novelty::{as_new, described, laid_table};
use super::readable::reads_well;
use super::refusal::{EXAMPLES, Refusal};
use super::relocate::{beside_in_row, stands_beside};
use super::staging::{attach, carrier, stage_among, thing_of};
use super::standing::carriers;
use super::stepping::{STEPS, is_cramped, step_back};
use super::tabletop::on_floor;
use crate::geometry::{corners, feet_kept};
use crate::lexicon::{Kind, Tags, belongs_to_wearer, head, is_alive, is_function, kind_of, known_kind, tags};
use crate::offline::problem::Given;
use crate::offline::stage::{Staged, stage};
use crate::offline::{settling, wording};
use crate::{Region, Relation, RelationKind, Scene};

/// Adds what the words describe, in free space.
pub(super) fn add(board: &mut Board, what: &str) -> Result<(), Refusal> {
    // "brighten it up" is a deed that no rule reads.
    let mut words = what.split(' ');
    if let (Some(verb), Some("it" | "them" | "him" | "her")) = (words.next(), words.next())
        && !is_function(verb)
    {
        return Err(format!("\"{verb}\" is no instruction that is known; {EXAMPLES}"));
    }
    let what = as_new(what);
    let (mut scene, mut anchors) = described(board, &what)?;
    let lost = std::mem::take(&mut scene.not_understood);
    if scene.things.is_empty() {
        return match scene.background.take() {
            Some(place) => match place.strip_prefix("a scene ") {
                // "mountains in the background" come to what is there.
                Some(more) if more.starts_with("with ") && !board.background.is_empty() => {
                    super::scenery::join(board, more.trim_start_matches("with "));
                    Ok(())
                }
                _ => super::scenery::add_place(board, &place),
            },
            None => {
                Err(format!("\"{what}\" names nothing that could be drawn; try \"add two birds in the sky\""))
            }
        };
    }
    if !lost.is_empty() {
        board.warnings.push(format!("did not understand: \"{}\" of \"{what}\"", lost.join("\", \"")));
    }
    if let Some(table) = laid_table(board, &scene).filter(|_| anchors.is_empty()) {
        let all: Vec<usize> = (0..scene.things.len()).collect();
        attach(board, &mut scene, &all, RelationKind::On, &[table]);
        anchors.push(table);
    }
    with_room(board, &scene, &anchors)
}

/// Places new things; where they would be far too small beside what is there, all of that makes room.
fn with_room(board: &mut Board, scene: &Scene, anchors: &[usize]) -> Result<(), Refusal> {
    let first = board.pieces.len();
    let before = board.clone();
    place_new(board, scene.clone(), anchors)?;
    let cramped = |board: &Board| {
        let told = board.warnings.get(before.warnings.len()..).unwrap_or_default();
        is_cramped(board, first) || told.iter().any(|told| told.starts_with("there is no room"))
    };
    for share in STEPS {
        if !cramped(board) {
            break;
        }
        let mut next = before.clone();
        if step_back(&mut next, share)
            && place_new(&mut next, scene.clone(), anchors).is_ok()
            && !cramped(&next)
        {
            *board = next;
            break;
        }
    }
    // A moon lies behind what it surrounds.
    let surrounds = |piece: &Piece| {
        let sky = tags(head(&thing_of(piece).noun)).any(Tags::SKY);
        sky && anchors.iter().any(|anchor| board.pieces[*anchor].bbox.intersection(piece.bbox) > 0.0)
    };
    if board.pieces.len() == first + 1 && board.pieces.last().is_some_and(surrounds) {
        board.pieces.rotate_right(1);
        board.touched = vec![0];
    }
    Ok(())
}

/// Places a scene's things but its last, which are the objects `anchors`.
pub(super) fn place_new(board: &mut Board, mut scene: Scene, anchors: &[usize]) -> Result<(), Refusal> {
    let fresh = scene.things.len() - anchors.len();
    if board.pieces.is_empty() {
        // As a new layout would have them.
        scene = settling::settled(&scene);
    }
    over_what_hangs_behind(&mut scene);
    if board.pieces.len() + scene.things[..fresh].iter().map(|thing| thing.count as usize).sum::<usize>()
        > MAX_OBJECTS
    {
        return Err(format!(
            "a layout holds at most {MAX_OBJECTS} objects, there are {}",
            board.pieces.len()
        ));
    }
    let on_ground = on_the_same(board, &mut scene, anchors);
    let staged = staged_among(board, &mut scene, fresh, &[anchors, on_ground.as_slice()].concat(), anchors);
    let first = board.pieces.len();
    let feet = standing_feet(board);
    let mut of_thing: Vec<(usize, usize)> = Vec::new();
    for (thing, bbox) in staged.boxes.into_iter().filter(|(thing, _)| *thing < fresh) {
        of_thing.push((thing, board.pieces.len()));
        let caption = wording::caption(&scene.things[thing]);
        let others = board.boxes();
        let bbox = match stands_freely(&scene, thing) {
            true => grounded(bbox, &others, &feet)
                .filter(|found| on_its_side(*found, &scene, thing))
                .unwrap_or_else(|| {
                    board.warnings.push(format!("there is no room on the ground for {caption}"));
                    bbox
                }),
            false => bbox,
        };
        board.put(caption, bbox);
    }
    board.touched = (first..board.pieces.len()).collect();
    let noted = board.warnings.len();
    board.warnings.extend(staged.warnings);
    if on_ground.is_none() {
        in_row(board, &scene, first, anchors);
    }
    around_feet(board, &scene, first, anchors);
    behind_all(board, &scene, first, anchors);
    out_of_vase(board, &scene, first, anchors);
    if on_floor(board, &scene, &of_thing, anchors, |board, thing| size_there(board, &scene, thing, anchors)) {
        // What was too close was put elsewhere.
        forget_lack_of_room(board, noted);
    }
    settle(board, &scene, &of_thing, anchors, noted);
    let both = on_both(&scene);
    for relation in scene.relations.iter().filter(|relation| !both && relation.object >= fresh) {
        let new = of_thing.iter().filter(|(thing, _)| *thing == relation.subject);
        let to = anchors.get(relation.object - fresh).copied();
        let all = if matches!(relation.kind, RelationKind::Between(_)) { anchors } else { to.as_slice() };
        new.for_each(|(_, index)| demand::note(board, *index, relation.kind, all));
    }
    for relation in scene.relations.iter().filter(|relation| !both && relation.object < fresh) {
        let of =
            |thing: usize| of_thing.iter().filter(move |(new, _)| *new == thing).map(|(_, index)| *index);
        let to: Vec<usize> = of(relation.object).collect();
        of(relation.subject).for_each(|index| demand::note(board, index, relation.kind, &to));
    }
    Ok(())
}

/// `on the wall behind the table` is over the table, not hidden by it.
fn over_what_hangs_behind(scene: &mut Scene) {
    let things = &scene.things;
    let hangs = |index: usize| things.get(index).is_some_and(|thing| thing.region == Some(Region::Wall));
    for relation in &mut scene.relations {
        if relation.kind == RelationKind::Behind && hangs(relation.subject) {
            relation.kind = RelationKind::Above;
        }
    }
}

/// Stages new things against `anchors`, the first `fresh` of the scene's; they must
/// read as they are meant against `meant`.
fn staged_among(
    board: &Board,
    scene: &mut Scene,
    fresh: usize,
    anchors: &[usize],
    meant: &[usize],
) -> Staged {
    let stay = || anchors.iter().map(|index| Given::Place(vec![board.pieces[*index].bbox]));
    let mut given: Vec<Given> = (0..fresh).map(|thing| size_told(board, scene, thing, anchors)).collect();
    given.extend(stay());
    let alone = (scene.clone(), given.clone());
    // What the others rest on is not in the way.
    let mut used = anchors.to_vec();
    used.extend(anchors.iter().flat_map(|index| carriers(board, *index)));
    let mut staged = stage_among(board, scene, given, &used);
    if staged.crowded || staged.unmet > 0 {
        // Any other size finds room rather than one that was told.
        scene.things.truncate(alone.0.things.len());
        let free = std::iter::repeat_n(Given::Nothing, fresh).chain(stay()).collect();
        let other = stage_among(board, scene, free, &used);
        if (other.unmet, other.crowded) < (staged.unmet, staged.crowded) {
            staged = other;
        }
    }
    let places: Vec<BBox> = meant.iter().map(|index| board.pieces[*index].bbox).collect();
    // "three biscuits on a plate in front of the cups": the plate must read so, not the biscuits.
    let to_meant = |relation: &&Relation| (fresh..fresh + meant.len()).contains(&relation.object);
    let related: Vec<(usize, RelationKind)> =
        scene.relations.iter().filter(to_meant).map(|relation| (relation.subject, relation.kind)).collect();
    let read = |staged: &Staged| {
        staged.boxes.iter().all(|(thing, bbox)| {
            let kinds = related.iter().filter(|(subject, _)| subject == thing);
            kinds.map(|(_, kind)| *kind).all(|kind| reads_well(*bbox, kind, &places))
        })
    };
    if meant.is_empty() || read(&staged) {
        return staged;
    }
    // Beside what it is placed against rather than clear of everything.
    let nearer = stage(&alone.0, &alone.1);
    if read(&nearer) {
        return nearer;
    }
    if let (Some((_, RelationKind::Between(_))), [one, other, ..]) = (related.first(), places.as_slice()) {
        let middle = (one.center().0 + other.center().0) / 2.0;
        let feet = one.y_max().max(other.y_max());
        let count = staged.boxes.iter().filter(|(thing, _)| *thing < fresh).count();
        let new = staged.boxes.iter_mut().filter(|(thing, _)| *thing < fresh);
        for (at, (_, bbox)) in new.enumerate() {
            let small = feet_kept(*bbox, 0.7 * bbox.w(), 0.7 * bbox.h());
            // Several stand side by side about the middle.
            let aside = (at as f64 - (count - 1) as f64 / 2.0) * small.w();
            *bbox = small.shifted(middle + aside - small.center().0, feet - small.y_max());
        }
    }
    staged
}

/// What is to be left or right of something stands in its row, where the
/// others can make room for it; where they cannot, that is told.
fn in_row(board: &mut Board, scene: &Scene, first: usize, anchors: &[usize]) {
    let relation = scene.relations.first().map(|relation| (relation.subject, relation.kind));
    let Some((thing, kind @ (RelationKind::LeftOf | RelationKind::RightOf))) = relation else { return };
    let places: Vec<BBox> = anchors.iter().map(|index| board.pieces[*index].bbox).collect();
    let caption = wording::caption(&scene.things[thing]);
    let misplaced = |board: &Board| {
        let mut new = board.pieces[first..].iter().filter(|piece| piece.caption == caption);
        new.any(|piece| !stands_beside(piece.bbox, kind, &places))
    };
    let opposite = if kind == RelationKind::LeftOf { RelationKind::RightOf } else { RelationKind::LeftOf };
    if scene.relations.iter().any(|other| other.kind == opposite) {
        let new = &board.pieces[first..];
        if ![kind, opposite]
            .iter()
            .all(|kind| new.iter().any(|piece| stands_beside(piece.bbox, *kind, &places)))
        {
            board
                .warnings
                .push(format!("there is no room for {caption} on both sides, move something away first"));
        }
        return;
    }
    if !kind_of(&scene.things[thing].noun).class.stands() || !misplaced(board) {
        return;
    }
    if board.pieces.len() == first + 1 {
        // Among what makes room it is as large as its like.
        let found = board.pieces[first].bbox;
        let like = (0..first).find(|index| thing_of(&board.pieces[*index]).noun == scene.things[thing].noun);
        if let Some(like) = like.map(|index| board.pieces[index].bbox) {
            board.pieces[first].bbox = feet_kept(found, like.w(), like.h());
        }
        if beside_in_row(board, first, kind, anchors) {
            return;
        }
        board.pieces[first].bbox = found;
    }
    if board.pieces.len() > first + 1 || !beside_in_row(board, first, kind, anchors) {
        board
            .warnings
            .push(format!("there is no room {} that for {caption}, move something away first", kind.words()));
    }
}

/// A size for a new thing, where what is there already tells it: that of its
/// like, that of a part beside its whole, that of a plate beside cups.
fn size_told(board: &Board, scene: &Scene, thing: usize, anchors: &[usize]) -> Given {
    let new = &scene.things[thing];
    if new.count != 1 || new.size.is_some() {
        return Given::Nothing;
    }
    let alike = |index: &usize| thing_of(&board.pieces[*index]).noun == new.noun;
    if let Some(like) = (0..board.pieces.len()).find(alike) {
        let bbox = board.pieces[like].bbox;
        return Given::Size(bbox.w(), bbox.h());
    }
    let Some(anchor) = anchors.first().map(|anchor| &board.pieces[*anchor]) else { return Given::Nothing };
    let bbox = anchor.bbox;
    let to_anchor = |relation: &&Relation| {
        relation.subject == thing && relation.object >= scene.things.len() - anchors.len()
    };
    let rests = |relation: &Relation| matches!(relation.kind, RelationKind::On | RelationKind::Inside);
    let on = scene.relations.iter().filter(to_anchor).any(rests);
    let holds = scene.relations.iter().any(|relation| relation.object == thing && rests(relation));
    let kind = kind_of(&new.noun);
    match () {
        () if holds && known_kind(&new.noun).is_some() => {
            let ratio = (kind.width / kind_of(&thing_of(anchor).noun).width).sqrt();
            let held = scene.relations.iter().filter(|relation| relation.object == thing && rests(relation));
            let held: u32 =
                held.filter_map(|relation| scene.things.get(relation.subject)).map(|one| one.count).sum();
            let w = (ratio * bbox.w()).max(0.11 * f64::from(held)).clamp(0.18, 0.5);
            Given::Size(w, w / kind.aspect())
        }
        () if known_kind(&new.noun).is_some()
            && scene.relations.iter().filter(to_anchor).any(|relation| is_near(relation.kind)) =>
        {
            beside_size(anchor, &kind)
        }
        () if on && belongs_to_wearer(&new.noun) => Given::Size(0.5 * bbox.w(), 0.28 * bbox.h()),
        // Of an unknown thing all that is known is that it rests there.
        () if on && known_kind(&new.noun).is_none() => Given::Size(0.45 * bbox.w(), 0.4 * bbox.h()),
        () => Given::Nothing,
    }
}

/// Whether a relation says that something is on the ground near something.
fn is_near(kind: RelationKind) -> bool {
    matches!(
        kind,
        RelationKind::NextTo
            | RelationKind::LeftOf
            | RelationKind::RightOf
            | RelationKind::InFrontOf
            | RelationKind::Behind
    )
}

/// The size of a new thing on a table: that of its like, else as told.
fn size_there(board: &Board, scene: &Scene, thing: usize, anchors: &[usize]) -> Option<(f64, f64)> {
    let mut one =
        Scene { things: scene.things.clone(), relations: scene.relations.clone(), ..Scene::default() };
    one.things[thing].count = 1;
    match size_told(board, &one, thing, anchors) {
        Given::Size(w, h) => Some((w, h)),
        _ => None,
    }
}

/// Small things around something that stands are on the ground about its feet.
fn around_feet(board: &mut Board, scene: &Scene, first: usize, anchors: &[usize]) {
    let kind = scene.relations.first().map(|relation| relation.kind);
    let ([anchor], Some(RelationKind::Around)) = (anchors, kind) else { return };
    let centre = board.pieces[*anchor].bbox;
    let count = board.pieces.len() - first;
    // Stones around a fire are smaller than the fire.
    let whole = kind_of(&thing_of(&board.pieces[*anchor]).noun);
    for piece in &mut board.pieces[first..] {
        let share = (0.28 * centre.area() / piece.bbox.area()).sqrt();
        if share < 1.0 && kind_of(&thing_of(piece).noun).extent() < whole.extent() {
            piece.bbox = feet_kept(piece.bbox, share * piece.bbox.w(), share * piece.bbox.h());
        }
    }
    let low = |piece: &Piece| {
        piece.bbox.area() < 0.3 * centre.area() && kind_of(&thing_of(piece).noun).class.stands()
    };
    if centre.y_max() < 0.55 || count < 2 || !board.pieces[first..].iter().all(low) {
        return;
    }
    for (at, piece) in board.pieces[first..].iter_mut().enumerate() {
        // From the left side over the front to the right side.
        let angle = std::f64::consts::PI * at as f64 / (count - 1) as f64;
        let (x, w, h) = (centre.center().0, piece.bbox.w(), piece.bbox.h());
        let reach = ((centre.w() + w) / 2.0).min(x - w / 2.0).min(1.0 - x - w / 2.0).max(0.1);
        let left = (x - reach * angle.cos() - w / 2.0).clamp(0.0, 1.0 - w);
        let feet = (centre.y_max() - 0.03 + 0.07 * angle.sin()).min(0.99);
        piece.bbox = BBox::clamped(left, feet - h, w, h).unwrap_or(piece.bbox);
    }
}

/// Something wide behind several reaches from the first of them to the last.
fn behind_all(board: &mut Board, scene: &Scene, first: usize, anchors: &[usize]) {
    /// A fence is so many times as wide as high.
    const WIDE: f64 = 1.4;
    let behind = scene.relations.first().is_some_and(|relation| relation.kind == RelationKind::Behind);
    let boxes: Vec<BBox> = anchors.iter().map(|anchor| board.pieces[*anchor].bbox).collect();
    if behind {
        around_as_disc(board, first, anchors);
    }
    let [piece] = &mut board.pieces[first..] else { return };
    if !behind || anchors.len() < 2 || piece.bbox.w() < WIDE * piece.bbox.h() {
        return;
    }
    let [left, _, right, _] = corners(boxes.iter().copied());
    let (x, right) = ((left - 0.02).max(0.0), (right + 0.02).min(1.0));
    piece.bbox = BBox::clamped(x, piece.bbox.y(), right - x, piece.bbox.h()).unwrap_or(piece.bbox);
}

/// The moon behind somebody is seen around him.
fn around_as_disc(board: &mut Board, first: usize, anchors: &[usize]) {
    /// How much larger than what is before it the disc is.
    const LARGER: f64 = 1.25;
    let ([anchor], [piece]) = (anchors, &board.pieces[first..]) else { return };
    if !tags(head(&thing_of(piece).noun)).any(Tags::SKY) {
        return;
    }
    let body = board.pieces[*anchor].bbox;
    let side = (LARGER * body.w().max(body.h())).min(0.9);
    let (x, y) = body.center();
    let disc = BBox::clamped(
        (x - side / 2.0).clamp(0.0, 1.0 - side),
        (y - side / 2.0).clamp(0.0, 1.0 - side),
        side,
        side,
    );
    board.pieces[first].bbox = disc.unwrap_or(piece.bbox);
}

/// What is long and put into something narrow sticks out of it, side by side: flowers in a vase.
fn out_of_vase(board: &mut Board, scene: &Scene, first: usize, anchors: &[usize]) {
    /// Flowers stand so far above and below the edge of a vase, as shares of its height.
    const STALK: (f64, f64) = (0.55, 0.35);
    let within = |kind| matches!(kind, RelationKind::Inside | RelationKind::HalfIn);
    let inside = scene.relations.iter().all(|relation| within(relation.kind));
    let ([anchor], true) = (anchors, inside) else { return };
    let vase = board.pieces[*anchor].bbox;
    let narrow = kind_of(&thing_of(&board.pieces[*anchor]).noun);
    let new = &mut board.pieces[first..];
    let long = |piece: &Piece| {
        let noun = thing_of(piece).noun;
        // Milk in a fridge does not.
        let long = |kind: Kind| kind.height > kind.width.max(0.5 * narrow.height);
        known_kind(&noun).is_some_and(long) && !is_alive(&noun)
    };
    if scene.relations.is_empty() || narrow.height < narrow.width || !new.iter().all(long) {
        return;
    }
    let width = vase.w() / new.len() as f64;
    let top = (vase.y() - STALK.0 * vase.h()).max(0.0);
    let height = vase.y() + STALK.1 * vase.h() - top;
    for (at, piece) in new.iter_mut().enumerate() {
        let place = BBox::clamped(vase.x() + width * at as f64, top, width, height);
        piece.bbox = place.unwrap_or(piece.bbox);
    }
}

/// The lower edges of what stands on the ground.
fn standing_feet(board: &Board) -> Vec<f64> {
    let stands = |piece: &&Piece| kind_of(&thing_of(piece).noun).class.stands();
    board.pieces.iter().filter(stands).map(|piece| piece.bbox.y_max()).filter(|feet| *feet > 0.5).collect()
}

/// Whether a box is on the side where its thing is to be.
fn on_its_side(bbox: BBox, scene: &Scene, thing: usize) -> bool {
    match scene.things[thing].region {
        Some(Region::Left) => bbox.center().0 < 0.5,
        Some(Region::Right) => bbox.center().0 > 0.5,
        _ => true,
    }
}

/// Whether a new thing stands, and the words leave open where.
fn stands_freely(scene: &Scene, thing: usize) -> bool {
    let related = scene.relations.iter().any(|relation| relation.subject == thing);
    let what = &scene.things[thing];
    matches!(what.region, None | Some(Region::Left | Region::Right))
        && !related
        && kind_of(&what.noun).class.stands()
}

/// Puts what is new beside something that rests on a table on that table, too.
fn on_the_same(board: &Board, scene: &mut Scene, anchors: &[usize]) -> Option<usize> {
    let sideways = |relation: &&Relation| {
        matches!(relation.kind, RelationKind::NextTo | RelationKind::LeftOf | RelationKind::RightOf)
    };
    let carrier = carrier(board, *anchors.first()?).filter(|carrier| !anchors.contains(carrier))?;
    let fresh = scene.things.len() - anchors.len();
    let to_anchor = scene.relations.iter().filter(sideways).filter(|relation| relation.object >= fresh);
    let mut beside: Vec<usize> = to_anchor.map(|relation| relation.subject).collect();
    beside.dedup();
    if beside.is_empty() {
        return None;
    }
    scene.things.push(thing_of(&board.pieces[carrier]));
    let object = scene.things.len() - 1;
    scene.relations.extend(beside.into_iter().map(|subject| Relation {
        subject,
        kind: RelationKind::On,
        object,
    }));
    Some(carrier)
}
