//! Where things are that the sentence says nothing of, before they are placed: what swims among boats, what is in the
//! middle of others, small things on the table with the others.

use super::sharing::share;
use super::usual::{fits_table, looks_out, sticks_out};
use crate::lexicon::{Class, Tags, is_alive, kind_of, noun_tags};
use crate::{Region, Relation, RelationKind, Scene, Thing};

/// The scene with the small things that stand nowhere on the table on which
/// others of it stand.
pub(super) fn settled(scene: &Scene) -> Scene {
    let mut scene = scene.clone();
    set_afloat(&mut scene);
    set_between(&mut scene);
    set_behind_wheels(&mut scene);
    share(&mut scene);
    set_curtains(&mut scene);
    set_rising(&mut scene);
    set_holders(&mut scene);
    set_mounts(&mut scene);
    set_fed(&mut scene);
    set_before_board(&mut scene);
    set_on_table(&mut scene);
    set_at_table(&mut scene);
    let is_table = |index: &usize| {
        scene
            .things
            .get(*index)
            .is_some_and(|thing| thing.count == 1 && kind_of(&thing.noun).class == Class::Table)
    };
    let rests = |relation: &&Relation| relation.kind == RelationKind::On && is_table(&relation.object);
    let mut tables: Vec<usize> =
        scene.relations.iter().filter(rests).map(|relation| relation.object).collect();
    tables.dedup();
    let [table] = tables.as_slice() else { return scene };
    let table = *table;
    let related = |index: usize| {
        scene.relations.iter().any(|relation| {
            relation.subject == index
                || relation.object == index
                || relation.kind == RelationKind::Between(index)
        })
    };
    let small = |index: &usize| {
        let thing = &scene.things[*index];
        let fits = fits_table(&thing.noun);
        // A mouse beside a keyboard is none that runs.
        let device = thing.noun == "mouse" && scene.things.iter().any(|other| other.noun == "keyboard");
        let free = matches!(thing.region, None | Some(Region::Left | Region::Right | Region::Center));
        fits && free && (device || !is_alive(&thing.noun)) && *index != table && !related(*index)
    };
    let seats = |relation: &Relation| {
        scene
            .things
            .get(relation.subject)
            .is_some_and(|thing| thing.count > 1 && kind_of(&thing.noun).class == Class::Seat)
    };
    let around: Vec<bool> =
        scene.relations.iter().map(|relation| relation.object == table && seats(relation)).collect();
    let found: Vec<usize> = (0..scene.things.len()).filter(small).collect();
    let on = |subject| Relation { subject, kind: RelationKind::On, object: table };
    // Several chairs stand around a table.
    for (relation, around) in scene.relations.iter_mut().zip(around) {
        if around && relation.kind == RelationKind::On {
            relation.kind = RelationKind::Around;
        }
    }
    scene.relations.extend(found.into_iter().map(on));
    scene
}

/// Who is on a vehicle and on something else is on that with the vehicle; a ladder leads up to it.
fn set_mounts(scene: &mut Scene) {
    let on = |r: &Relation| r.kind == RelationKind::On;
    let carries = |index: usize| {
        let noun = &scene.things[index].noun;
        let kind = kind_of(noun);
        let ladder = crate::lexicon::head(noun) == "ladder";
        let board = noun_tags(noun).any(Tags::SURFACE) && kind.class == Class::Flat && kind.height < 0.5;
        (kind.class == Class::Mount || ladder || board).then_some(ladder)
    };
    let moved: Vec<(usize, Relation)> = scene
        .relations
        .iter()
        .enumerate()
        .filter(|(_, relation)| on(relation) && carries(relation.object).is_none())
        .filter_map(|(place, relation)| {
            let ridden = scene.relations.iter().find(|other| {
                on(other) && other.subject == relation.subject && carries(other.object).is_some()
            })?;
            let kind = match carries(ridden.object)? {
                true => RelationKind::NextTo,
                false => RelationKind::On,
            };
            Some((place, Relation { subject: ridden.object, kind, object: relation.object }))
        })
        .collect();
    for (place, relation) in moved {
        scene.relations[place] = relation;
    }
}

/// What swims, among boats: they lie on the water, and it does not fly over them.
pub(super) fn set_afloat(scene: &mut Scene) {
    let boats = scene.things.iter().any(|thing| {
        noun_tags(&thing.noun).any(Tags::WATER)
            && kind_of(&thing.noun).class.stands()
            && thing.region != Some(Region::Sky)
    });
    use RelationKind::{Above, Behind, Below, InFrontOf, LeftOf, NextTo, RightOf, Under};
    // A whale that leaps over a boat is in the air.
    let level = |kind| matches!(kind, NextTo | LeftOf | RightOf | Behind | InFrontOf);
    let free = |index: usize| {
        scene.relations.iter().all(|r| {
            let lower =
                r.subject == index && matches!(r.kind, Below | Under) || r.object == index && r.kind == Above;
            lower || level(r.kind) || r.subject != index && r.object != index
        })
    };
    let swims = |thing: &Thing| {
        let tags = noun_tags(&thing.noun);
        tags.any(Tags::WATER) && tags.any(Tags::ANIMAL) && kind_of(&thing.noun).class == Class::Air
    };
    let afloat: Vec<bool> = (0..scene.things.len()).map(|index| boats && free(index)).collect();
    for (thing, afloat) in scene.things.iter_mut().zip(afloat) {
        if afloat && thing.region.is_none() && swims(thing) {
            thing.region = Some(Region::Ground);
        }
    }
}

/// Somebody at a blackboard stands before it.
fn set_before_board(scene: &mut Scene) {
    let things = &scene.things;
    for relation in &mut scene.relations {
        let board = &things[relation.object].noun;
        let shows = noun_tags(board).any(Tags::SHOWS) && kind_of(board).class == Class::Wall;
        if relation.kind == RelationKind::NextTo && shows && is_alive(&things[relation.subject].noun) {
            relation.kind = RelationKind::InFrontOf;
        }
    }
}

/// Birds that somebody feeds are on the ground.
fn set_fed(scene: &mut Scene) {
    let fed: Vec<usize> = scene
        .relations
        .iter()
        .filter(|relation| relation.kind == RelationKind::NextTo)
        .filter(|relation| {
            let feeds = scene.things.get(relation.subject).and_then(|thing| thing.detail.as_deref());
            feeds.is_some_and(|detail| detail.split(' ').any(|word| word == "feeding"))
        })
        .map(|relation| relation.object)
        .collect();
    for index in fed {
        let thing = &mut scene.things[index];
        if thing.region.is_none() && kind_of(&thing.noun).class == Class::Air {
            thing.region = Some(Region::Ground);
        }
    }
}

/// What is in the middle, where others stand on the left and on the right: between those.
fn set_between(scene: &mut Scene) {
    let stands = |region: Region| {
        scene.things.iter().position(|thing| {
            thing.region == Some(region) && kind_of(&thing.noun).class.stands() && thing.count == 1
        })
    };
    let middle = stands(Region::Center)
        .filter(|index| !scene.relations.iter().any(|relation| relation.subject == *index));
    let (Some(left), Some(right), Some(middle)) = (stands(Region::Left), stands(Region::Right), middle)
    else {
        return;
    };
    scene.things[middle].region = None;
    scene.relations.push(Relation { subject: middle, kind: RelationKind::Between(right), object: left });
}

/// Curtains hang on both sides of their window, wherever else the sentence puts them with others.
fn set_curtains(scene: &mut Scene) {
    let things = &mut scene.things;
    let named = |noun: &str| matches!(crate::lexicon::head(noun), "curtain" | "drape" | "shutter");
    let at_window = |r: &&Relation| {
        let window =
            things.get(r.object).is_some_and(|thing| thing.noun.ends_with("window") && thing.count == 1);
        r.kind == RelationKind::NextTo
            && window
            && things.get(r.subject).is_some_and(|thing| named(&thing.noun))
    };
    let Some(found) = scene.relations.iter().find(at_window).cloned() else { return };
    let Some(curtain) = things.get_mut(found.subject).filter(|thing| !thing.exact || thing.count == 2) else {
        return;
    };
    (curtain.count, curtain.region) = (2, None);
    scene.relations.retain(|r| r.subject != found.subject);
    let kind = RelationKind::Between(found.subject);
    scene.relations.push(Relation { subject: found.object, kind, object: found.subject });
}

/// `a cup with three pens on a desk`: what holds the pens is on the desk.
fn set_holders(scene: &mut Scene) {
    use RelationKind::{HalfIn, Inside, On};
    let placed = |index: usize| {
        scene.relations.iter().any(|r| r.subject == index && matches!(r.kind, On | Inside | HalfIn))
    };
    let holder = |r: &Relation| {
        let held = scene.relations.iter().find(|other| {
            let within = matches!(other.kind, Inside | HalfIn);
            within && other.subject == r.subject && other.object != r.object
        })?;
        let fits = scene.things.get(held.object).is_some_and(|thing| fits_table(&thing.noun));
        (r.kind == On && fits && !placed(held.object)).then_some(held.object)
    };
    let moved: Vec<Option<usize>> = scene.relations.iter().map(holder).collect();
    for (relation, holder) in scene.relations.iter_mut().zip(moved) {
        relation.subject = holder.unwrap_or(relation.subject);
    }
}

/// What is in a vessel and longer than that is deep rises out of it.
pub(super) fn set_rising(scene: &mut Scene) {
    let things = &scene.things;
    for relation in &mut scene.relations {
        let [subject, object] = [relation.subject, relation.object].map(|index| &things[index]);
        let within = relation.kind == RelationKind::Inside && subject.spot.is_none();
        let lies = subject
            .says(|word| matches!(word, "sleeping" | "lying" | "napping" | "asleep" | "hiding" | "curled"));
        let looks = looks_out(&subject.noun, &object.noun) && !lies;
        if within && (looks || sticks_out(&subject.noun, &object.noun)) {
            relation.kind = RelationKind::HalfIn;
        }
    }
}

/// What is small and lies around a table, is on it: plates, but not chairs.
fn set_on_table(scene: &mut Scene) {
    let things = &scene.things;
    let rests = |r: &&Relation| matches!(r.kind, RelationKind::On | RelationKind::Inside);
    let placed: Vec<usize> = scene.relations.iter().filter(rests).map(|r| r.subject).collect();
    for relation in &mut scene.relations {
        let [subject, object] = [relation.subject, relation.object].map(|index| &things[index].noun);
        let small = fits_table(subject) && !is_alive(subject) && kind_of(subject).class != Class::Seat;
        let bears = kind_of(object).class == Class::Table
            && noun_tags(object).any(Tags::SURFACE)
            && !noun_tags(object).any(Tags::SEAT.and(Tags::SCENERY));
        if relation.kind == RelationKind::Around && small && bears {
            relation.kind = RelationKind::On;
        }
        // "sitting at a table in front of a sandwich", "a desk next to a keyboard": that is on the table.
        let laid = fits_table(object) && !is_alive(object);
        let table = kind_of(subject).class == Class::Table
            && noun_tags(subject).any(Tags::SURFACE)
            && !noun_tags(subject).any(Tags::FOOD.and(Tags::SEAT));
        let by = matches!(relation.kind, RelationKind::InFrontOf | RelationKind::NextTo);
        if by && laid && table && !placed.contains(&relation.object) {
            *relation =
                Relation { subject: relation.object, kind: RelationKind::On, object: relation.subject };
        }
    }
}

/// Several who sit, eat or play at a table are around it, and so are its chairs; one who does is over its edge.
fn set_at_table(scene: &mut Scene) {
    const AT_TABLE: [&str; 8] =
        ["sitting", "seated", "playing", "eating", "dining", "gathered", "gathering", "drinking"];
    let things = &scene.things;
    for relation in &mut scene.relations {
        let (who, table) = (&things[relation.subject], &things[relation.object]);
        let sits = who.says(|word| AT_TABLE.contains(&word));
        let table = kind_of(&table.noun).class == Class::Table && table.count == 1;
        let chairs = kind_of(&who.noun).class == Class::Seat && kind_of(&who.noun).width < 0.8;
        let at = is_alive(&who.noun) && sits || chairs && who.count > 1;
        if relation.kind == RelationKind::NextTo && at && table {
            let one = who.count == 1;
            relation.kind = if one { RelationKind::Touching } else { RelationKind::Around };
        }
    }
}

/// Whoever pushes or pulls somebody in a wheelchair is beside that, and not in it.
fn set_behind_wheels(scene: &mut Scene) {
    let moves = |index: usize| {
        scene.things[index].says(|word| matches!(word, "pushing" | "pulling" | "wheeling" | "dragging"))
    };
    let inside = |index: usize| {
        let held = |r: &&Relation| r.kind == RelationKind::Inside && r.subject == index;
        scene.relations.iter().find(held).map(|r| r.object)
    };
    let beside = |relation: &Relation| {
        let free = relation.kind == RelationKind::NextTo && inside(relation.subject).is_none();
        inside(relation.object).filter(|_| free && moves(relation.subject))
    };
    let vehicles: Vec<Option<usize>> = scene.relations.iter().map(beside).collect();
    for (relation, vehicle) in scene.relations.iter_mut().zip(vehicles) {
        relation.object = vehicle.unwrap_or(relation.object);
    }
}
