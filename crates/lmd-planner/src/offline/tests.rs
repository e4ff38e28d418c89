//! Scenes of many shapes, and what must hold of their boxes.

use super::*;
use crate::{Relation, RelationKind, Thing};

/// `2 red cat@sky:row` written briefly: count, words, region, arrangement.
fn scene(things: &[&str], relations: &[(usize, RelationKind, usize)]) -> Scene {
    let things = things
        .iter()
        .map(|text| {
            let (count, phrase) = text.split_once(' ').unwrap();
            let (attributes, noun) = phrase.rsplit_once(' ').map_or(("", phrase), |pair| pair);
            Thing {
                count: count.parse().unwrap(),
                attributes: attributes.split_whitespace().map(str::to_owned).collect(),
                ..Thing::new(noun)
            }
        })
        .collect();
    let relations =
        relations.iter().map(|&(subject, kind, object)| Relation { subject, kind, object }).collect();
    Scene { things, relations, ..Scene::default() }
}

#[test]
fn what_was_said_is_drawn_and_what_contradicts_is_named() {
    let cats = scene(&["3 black cat", "1 dog"], &[(0, RelationKind::LeftOf, 1)]);
    let plan = plan_scene(&cats).unwrap();
    let captions: Vec<String> = plan.layout.objects().iter().map(|object| object.caption.to_string()).collect();
    assert_eq!(captions, ["a black cat", "a black cat", "a black cat", "a dog"]);
    let dog = plan.layout.objects()[3].bbox;
    assert!(plan.layout.objects()[..3].iter().all(|cat| cat.bbox.center().0 < dog.center().0));

    let circle = scene(&["1 cat", "1 dog"], &[(0, RelationKind::LeftOf, 1), (1, RelationKind::LeftOf, 0)]);
    let plan = plan_scene(&circle).unwrap();
    assert_eq!(plan.layout.objects().len(), 2);
    assert!(plan.warnings.iter().any(|warning| warning.contains("dog left of cat")), "{:?}", plan.warnings);
}
