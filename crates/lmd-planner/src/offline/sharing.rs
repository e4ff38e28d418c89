//! Who shares the place of another: `a kettle to the right of a toaster on a counter` has both on the counter, though the
//! words put only the toaster there.

use crate::lexicon::{Class, Kind, Tags, is_alive, kind_of, noun_tags};
use crate::{Relation, RelationKind, Scene, Thing};

use super::usual::fits_table;

/// Most that a thing is larger than the one whose place it shares, where it does not stand on a table.
const ALIKE: f64 = 3.0;
/// What is wider than this in metres has room for whoever is beside what stands on it.
const ROOMY: f64 = 3.0;
/// What is alive and higher than this in metres, is not on a table by the side of what stands there.
const LAP: f64 = 0.5;

/// The scene with everything on or in what its neighbour is on or in, wherever that may be so.
pub(super) fn share(scene: &mut Scene) {
    // A chain of neighbours is as long as there are things at most.
    for _ in 0..scene.things.len().min(6) {
        let found = scene.relations.iter().find_map(|relation| shared(scene, relation));
        match found {
            // Where it stands is settled before who is beside whom.
            Some(relation) => scene.relations.insert(0, relation),
            None => return,
        }
    }
}

/// What `relation` says beside its words: where its subject, or a thing that its subject is between, stands.
fn shared(scene: &Scene, relation: &Relation) -> Option<Relation> {
    use RelationKind::{Above, Behind, Below, Between, InFrontOf, LeftOf, NextTo, RightOf, Touching};
    let Relation { subject, kind, object } = *relation;
    let pairs = match kind {
        LeftOf | RightOf | NextTo | Touching => vec![(subject, object), (object, subject)],
        Behind | InFrontOf | Above | Below => vec![(subject, object)],
        Between(other) => vec![(object, subject), (other, subject), (subject, object), (subject, other)],
        _ => return None,
    };
    let upright = matches!(kind, Above | Below);
    let in_depth = matches!(kind, Behind | InFrontOf);
    pairs.into_iter().find_map(|(free, placed)| {
        let held = scene.relations.iter().find(|r| r.subject == placed && is_place(r.kind))?;
        let swims = held.kind == RelationKind::Inside;
        let may = free != held.object
            && is_free(scene, free)
            && (!upright || swims)
            // Whoever lies in front of a cat on a sofa, lies on the floor.
            && !(in_depth && is_alive(&scene.things[free].noun))
            && joins(scene, (free, placed), held, free == object);
        may.then_some(Relation { subject: free, kind: held.kind, object: held.object })
    })
}

fn is_place(kind: RelationKind) -> bool {
    matches!(kind, RelationKind::On | RelationKind::Inside)
}

/// Whether nothing says where a thing is but its neighbours, and it carries nothing.
fn is_free(scene: &Scene, index: usize) -> bool {
    use RelationKind::{Around, HalfIn, HangsFrom, HeldBy, Inside, On, Under};
    let carried = |r: &Relation| matches!(r.kind, On | Inside | Under | HeldBy | HangsFrom | HalfIn | Around);
    // A bowl with a salad in it stands on a cloth as an empty one does.
    let vessel = fits_table(&scene.things[index].noun);
    let bears = |r: &Relation| vessel && matches!(r.kind, On | Inside | HalfIn);
    scene.things[index].region.is_none()
        && !scene
            .relations
            .iter()
            .any(|r| carried(r) && (r.subject == index || r.object == index && !bears(r)))
}

/// Whether `free` may be where its neighbour is; `backwards` where the words place the neighbour against it.
fn joins(scene: &Scene, (free, placed): (usize, usize), held: &Relation, backwards: bool) -> bool {
    let [thing, other, holder] = [free, placed, held.object].map(|index| &scene.things[index]);
    let [own, beside, bears] = [thing, other, holder].map(|thing| kind_of(&thing.noun));
    let (alive, both) = (is_alive(&thing.noun), is_alive(&thing.noun) && is_alive(&other.noun));
    let alike = thing.noun == other.noun
        || (!alive || both) && area(own) <= ALIKE * area(beside) && area(beside) <= 2.0 * ALIKE * area(own);
    let of_one_sort = [Tags::WATER, Tags::FOOD].into_iter().any(|sort| is_sort(thing, other, sort));
    let narrow = own.width * f64::from(thing.count) <= bears.width;
    // "a man next to luggage on a platform": there is room for both.
    let roomy = held.kind == RelationKind::On
        && bears.width >= ROOMY.max(own.width + beside.width)
        && bears.class != Class::Wall
        && !noun_tags(&holder.noun).any(Tags::WATER);
    match (held.kind, bears.class) {
        _ if holder.count > 1 => false,
        // Whoever pushes a boy on a swing is not on it.
        (_, Class::Seat | Class::Mount) if thing.says(|word| matches!(word, "pushing" | "pulling")) => false,
        _ if alive && roomy => true,
        _ if backwards && alive && thing.noun != other.noun => false,
        (RelationKind::Inside, Class::Container) => thing.noun == other.noun || of_one_sort && alike,
        (RelationKind::Inside, Class::Seat) => false,
        (RelationKind::Inside, _) => thing.noun == other.noun || both && alike && bears.width > own.width,
        (_, Class::Table) if alive => both && alike || own.height <= LAP && own.class.stands(),
        (_, Class::Table) => fits_table(&thing.noun),
        (_, Class::Seat) => alike && (both || thing.noun == other.noun) && own.width <= bears.width,
        _ => alike && narrow && (own.class.stands() || both),
    }
}

fn is_sort(thing: &Thing, other: &Thing, sort: Tags) -> bool {
    [thing, other].into_iter().all(|thing| noun_tags(&thing.noun).any(sort))
}

fn area(kind: Kind) -> f64 {
    kind.width * kind.height
}
