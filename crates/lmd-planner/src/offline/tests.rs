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
    let captions: Vec<String> =
        plan.layout.objects().iter().map(|object| object.caption.to_string()).collect();
    assert_eq!(captions, ["a black cat", "a black cat", "a black cat", "a dog"]);
    let dog = plan.layout.objects()[3].bbox;
    assert!(plan.layout.objects()[..3].iter().all(|cat| cat.bbox.center().0 < dog.center().0));

    let circle = scene(&["1 cat", "1 dog"], &[(0, RelationKind::LeftOf, 1), (1, RelationKind::LeftOf, 0)]);
    let plan = plan_scene(&circle).unwrap();
    assert_eq!(plan.layout.objects().len(), 2);
    assert!(plan.warnings.iter().any(|warning| warning.contains("dog left of cat")), "{:?}", plan.warnings);
}

/// What a relation means for two boxes, as a person would check it.
fn stands(kind: RelationKind, s: BBox, o: BBox) -> bool {
    let ((sx, sy), (ox, oy)) = (s.center(), o.center());
    match kind {
        RelationKind::LeftOf => sx < ox,
        RelationKind::RightOf => sx > ox,
        RelationKind::Above | RelationKind::Behind => sy < oy,
        RelationKind::Below | RelationKind::InFrontOf | RelationKind::Under => sy > oy,
        RelationKind::On => {
            (o.y()..=o.y() + 0.55 * o.h()).contains(&s.y_max()) && (o.x()..=o.x_max()).contains(&sx)
        }
        RelationKind::Inside => (s.intersection(o) - s.area()).abs() < 1e-9,
        RelationKind::NextTo => (s.x() - o.x_max()).max(o.x() - s.x_max()) < 0.16,
        RelationKind::Between(_) | RelationKind::Around => true,
    }
}

#[test]
fn every_relation_holds_for_things_of_every_class() {
    use RelationKind::*;
    let nouns = ["cat", "table", "house", "bird", "bowl", "mat", "zorb", "tree", "lamp", "horse"];
    for kind in [LeftOf, RightOf, Above, Below, On, Inside, Under, NextTo, InFrontOf, Behind] {
        for (s, subject) in nouns.iter().enumerate() {
            for object in nouns.iter().skip(s + 1).chain(&nouns[..s]) {
                let asked = scene(&[&format!("1 {subject}"), &format!("1 {object}")], &[(0, kind, 1)]);
                let plan = plan_scene(&asked).unwrap();
                let find = |noun: &str| {
                    plan.layout.objects().iter().find(|o| o.caption.as_str().ends_with(noun)).unwrap().bbox
                };
                let (s, o) = (find(subject), find(object));
                assert!(stands(kind, s, o), "{subject} {kind:?} {object}: {s:?} {o:?}");
                assert!(plan.warnings.is_empty(), "{subject} {kind:?} {object}: {:?}", plan.warnings);
                assert!(s.w().min(s.h()).min(o.w()).min(o.h()) > 0.08, "{subject} {kind:?} {object}");
            }
        }
    }
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    const NOUNS: [&str; 14] = [
        "cat", "dog", "car", "tree", "bird", "table", "chair", "house", "cup", "ball", "sun", "zorb", "mat",
        "man",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// Any acyclic chain of side relations holds, and nothing overlaps.
        #[test]
        fn acyclic_scenes_are_solved(
            picks in proptest::collection::vec((0usize..14, any::<bool>()), 1..9),
        ) {
            let things: Vec<String> =
                picks.iter().enumerate().map(|(index, (noun, _))| format!("1 no{index} {}", NOUNS[*noun])).collect();
            let texts: Vec<&str> = things.iter().map(String::as_str).collect();
            let relations: Vec<_> = (1..picks.len())
                .filter(|index| picks[*index].1)
                .map(|index| (index, RelationKind::RightOf, index - 1))
                .collect();
            let plan = plan_scene(&scene(&texts, &relations)).unwrap();
            let objects = plan.layout.objects();
            prop_assert_eq!(objects.len(), picks.len());
            for (s, _, o) in relations {
                prop_assert!(objects[s].bbox.center().0 > objects[o].bbox.center().0);
            }
            if plan.warnings.is_empty() {
                for (index, a) in objects.iter().enumerate() {
                    for b in &objects[..index] {
                        prop_assert!(a.bbox.intersection(b.bbox) < 1e-6, "{:?} {:?}", a, b);
                    }
                }
            }
        }

        /// Any number of anything is drawn, each once, on the canvas.
        #[test]
        fn counts_are_exact(counts in proptest::collection::vec((0usize..14, 1u32..8), 1..5)) {
            let things: Vec<String> = counts.iter().map(|(noun, count)| format!("{count} {}", NOUNS[*noun])).collect();
            let texts: Vec<&str> = things.iter().map(String::as_str).collect();
            let plan = plan_scene(&scene(&texts, &[])).unwrap();
            let wanted: u32 = counts.iter().map(|(_, count)| count).sum();
            prop_assert_eq!(plan.layout.objects().len(), wanted as usize);
        }
    }
}
