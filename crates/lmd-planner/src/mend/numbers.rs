//! How many there are: what the prompt excludes and what there are too many of
//! goes, what is missing comes.

use lmd_layout::{MAX_OBJECTS, Object};

use super::work::Work;
use crate::facts::{Fact, excluded, found, name};
use crate::geometry::overlap;
use crate::offline::problem::Given;
use crate::offline::stage::stage;
use crate::offline::wording;
use crate::verify::PromptFacts;
use crate::{Relation, RelationKind, Scene, Thing};

/// Without the objects that the prompt excludes.
pub(super) fn without_excluded(demanded: &PromptFacts, work: &Work) -> Option<Work> {
    let mut work = work.clone();
    let phrases: Vec<String> = demanded
        .broken_by(&work.layout)
        .filter_map(|fact| if let Fact::Absent { phrase } = fact { Some(phrase.clone()) } else { None })
        .collect();
    for phrase in phrases {
        while let Some(gone) = excluded(&work.layout, &phrase).last().map(|object| (*object).clone()) {
            let index = work.objects().iter().position(|object| *object == gone)?;
            work = without(&work, index, "which the prompt excludes")?;
        }
    }
    Some(work)
}

/// Without those of which there are too many: of several the one whose absence
/// breaks least, then the one that covers others most, then the last.
pub(super) fn without_surplus(demanded: &PromptFacts, work: &Work) -> Option<Work> {
    let mut work = work.clone();
    for _ in 0..MAX_OBJECTS {
        let too_many = demanded.broken_by(&work.layout).find_map(|fact| match fact {
            Fact::Count { phrase, exactly } if found(&work.layout, phrase).len() > *exactly as usize => {
                Some((phrase.clone(), fact.to_string()))
            }
            _ => None,
        });
        let Some((phrase, why)) = too_many else { break };
        let covered = |index: usize| {
            let others: Vec<_> =
                work.boxes().iter().enumerate().filter(|(i, _)| *i != index).map(|(_, b)| *b).collect();
            work.boxes().get(index).map_or(0.0, |bbox| overlap(&[*bbox], &others) / bbox.area())
        };
        let tries = work.named(&phrase).into_iter().rev().filter_map(|index| {
            let next = without(&work, index, &format!("since {why}"))?;
            Some((demanded.violated_by(&next.layout).len(), -covered(index), next))
        });
        let best = tries.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        work = best?.2;
    }
    Some(work)
}

fn without(work: &Work, index: usize, why: &str) -> Option<Work> {
    let mut objects = work.objects().to_vec();
    let gone = (index < objects.len()).then(|| objects.remove(index))?;
    work.with_objects(objects, format!("repaired: left out \"{}\", {why}", gone.caption)).ok()
}

/// With what is missing, where the solver finds room beside what is there.
pub(super) fn with_missing(demanded: &PromptFacts, work: &Work) -> Option<Work> {
    let missing = missing(demanded, work);
    if missing.is_empty() {
        return Some(work.clone());
    }
    let (scene, given) = stand_in(demanded.scene(), work, &missing);
    let staged = stage(&scene, &given);
    let mut work = work.clone();
    for (thing, bbox) in staged.boxes.into_iter().filter(|(thing, _)| *thing < missing.len()) {
        let caption = wording::caption(&missing.get(thing)?.1);
        let mut objects = work.objects().to_vec();
        objects.push(Object::new(&caption, bbox).ok()?);
        work = work
            .with_objects(objects, format!("repaired: added \"{caption}\", which the prompt asks for"))
            .ok()?;
    }
    if staged.crowded {
        work.notes.push("there was little room for what was added: some boxes overlap".to_owned());
    }
    Some(work)
}

/// Which things of the prompt are missing, with their index there, each as
/// often as it is missing.
fn missing(demanded: &PromptFacts, work: &Work) -> Vec<(usize, Thing)> {
    let scene = demanded.scene();
    let mut missing: Vec<(usize, Thing)> = Vec::new();
    let wanted = demanded.broken_by(&work.layout).flat_map(|fact| match fact {
        Fact::Count { phrase, exactly } => vec![(phrase, *exactly as usize)],
        Fact::Present { phrase } | Fact::Region { phrase, .. } => vec![(phrase, 1)],
        Fact::Relation { subject, object, other, .. } => {
            [Some(subject), Some(object), other.as_ref()].into_iter().flatten().map(|p| (p, 1)).collect()
        }
        _ => Vec::new(),
    });
    for (phrase, wanted) in wanted {
        let Some(index) = scene.things.iter().position(|thing| name(thing) == *phrase) else { continue };
        // A red car that is added is one of the cars, too.
        let added = missing.iter().filter(|(_, thing)| crate::facts::matches_phrase(&name(thing), phrase));
        let added: usize = added.map(|(_, thing)| thing.count as usize).sum();
        let there = found(&work.layout, phrase).len() + added;
        if let (Some(thing), true) = (scene.things.get(index), there < wanted) {
            let count = u32::try_from(wanted - there).unwrap_or(1);
            missing.push((index, Thing { count, ..thing.clone() }));
        }
    }
    missing
}

/// A scene of what is missing and of what is there, and what is given about its
/// things: those that are missing come first, then one thing per object.
fn stand_in(scene: &Scene, work: &Work, missing: &[(usize, Thing)]) -> (Scene, Vec<Given>) {
    let mut things: Vec<Thing> = missing.iter().map(|(_, thing)| thing.clone()).collect();
    let mut given = vec![Given::Nothing; things.len()];
    for object in work.objects() {
        things.push(Thing::new(&lmd_layout::head_noun(object.caption.as_str())));
        given.push(Given::Place(vec![object.bbox]));
    }
    // A thing of the prompt by its index in the new scene: itself if some of it
    // is missing, else the first object that shows it.
    let new_index = |old: usize| -> Option<usize> {
        let phrase = name(scene.things.get(old)?);
        let there = work.named(&phrase).first().map(|index| missing.len() + index);
        missing.iter().position(|(index, _)| *index == old).or(there)
    };
    let relations = scene.relations.iter().filter_map(|relation| {
        let (subject, object) = (new_index(relation.subject)?, new_index(relation.object)?);
        let kind = match relation.kind {
            RelationKind::Between(other) => RelationKind::Between(new_index(other)?),
            kind => kind,
        };
        let is_new = subject < missing.len() || object < missing.len();
        (is_new && subject != object).then_some(Relation { subject, kind, object })
    });
    let relations = relations.collect();
    (Scene { things, relations, background: scene.background.clone(), ..Scene::default() }, given)
}
