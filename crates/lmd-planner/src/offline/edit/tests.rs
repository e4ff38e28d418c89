//! Instructions, and what must hold of the layout after them.

use lmd_layout::{BBox, Layout, Object};

use crate::offline::OfflinePlanner;
use crate::{Conversation, PlanError, Planner};

fn start(objects: &[(&str, [f64; 4])]) -> Conversation {
    let objects = objects
        .iter()
        .map(|(caption, [x, y, w, h])| Object::new(caption, BBox::new(*x, *y, *w, *h).unwrap()).unwrap())
        .collect();
    Conversation::from_layout("", Layout::new(objects, "A realistic scene", "").unwrap())
}

/// A red car, two cats (left and right) and a dog.
fn street() -> Conversation {
    start(&[
        ("a red car", [0.05, 0.5, 0.3, 0.2]),
        ("a cat", [0.4, 0.55, 0.15, 0.15]),
        ("a cat", [0.6, 0.55, 0.15, 0.15]),
        ("a dog", [0.8, 0.5, 0.18, 0.2]),
    ])
}

fn say(conversation: &Conversation, instruction: &str) -> Layout {
    match OfflinePlanner.revise(conversation, instruction) {
        Ok(plan) => plan.layout,
        Err(error) => panic!("{instruction}: {error}"),
    }
}

/// The number of objects of the first layout that are bit-identical in the
/// second.
fn kept(before: &Layout, after: &Layout) -> usize {
    before.objects().iter().filter(|object| after.objects().contains(object)).count()
}

/// Captions are compared, and all objects but `changed` must be untouched.
#[track_caller]
fn captions(instruction: &str, expected: &[&str], changed: usize) {
    let conversation = street();
    let after = say(&conversation, instruction);
    let found: Vec<&str> = after.objects().iter().map(|object| object.caption.as_str()).collect();
    assert_eq!(found, expected, "{instruction}");
    assert!(kept(conversation.layout(), &after) >= 4 - changed, "{instruction}: touched too much: {after:?}");
}

#[test]
fn captions_change_as_told_and_nothing_else_does() {
    let blue = ["a blue car", "a cat", "a cat", "a dog"];
    for instruction in [
        "make the car blue",
        "change the red car to blue",
        "paint the car blue",
        "make the car blue instead of red",
        "change the color of the car to blue",
        "change the car's colour to blue",
        "turn the car blue",
        "Please make the red car blue.",
    ] {
        captions(instruction, &blue, 1);
    }
    captions("make the car wooden", &["a wooden red car", "a cat", "a cat", "a dog"], 1);
    captions("make the dog wear a hat", &["a red car", "a cat", "a cat", "a dog wearing a hat"], 1);
    captions("make both cats black", &["a red car", "a black cat", "a black cat", "a dog"], 2);
    captions("make the left cat orange", &["a red car", "an orange cat", "a cat", "a dog"], 1);
    captions("make the second cat white", &["a red car", "a cat", "a white cat", "a dog"], 1);
    captions("make the cat on the right white", &["a red car", "a cat", "a white cat", "a dog"], 1);
    captions("replace the dog with a fox", &["a red car", "a cat", "a cat", "a fox"], 1);
    captions("turn the dog into a horse", &["a red car", "a cat", "a cat", "a horse"], 1);
    captions("change the cats to rabbits", &["a red car", "a rabbit", "a rabbit", "a dog"], 2);
    captions("make the car green and the dog brown", &["a green car", "a cat", "a cat", "a brown dog"], 2);
}

#[test]
fn removing_takes_exactly_what_is_named() {
    captions("remove the dog", &["a red car", "a cat", "a cat"], 1);
    captions("delete the red car", &["a cat", "a cat", "a dog"], 1);
    captions("get rid of the cats", &["a red car", "a dog"], 2);
    captions("remove one of the cats", &["a red car", "a cat", "a dog"], 2);
    captions("take the dog away", &["a red car", "a cat", "a cat"], 1);
    captions("remove all the cats", &["a red car", "a dog"], 2);
    captions("erase both cats and the dog", &["a red car"], 3);
    captions("remove the car; delete the dog", &["a cat", "a cat"], 2);
    captions("remove everything", &[], 4);
}

#[test]
fn it_is_excluded_by_its_name() {
    let after = say(&street(), "move the dog up, exclude it");
    let found: Vec<&str> = after.objects().iter().map(|object| object.caption.as_str()).collect();
    assert_eq!((found, after.negative()), (vec!["a red car", "a cat", "a cat"], "dogs"));
}

#[test]
fn adding_keeps_all_boxes_and_finds_room() {
    for (instruction, added) in [
        ("add a bird", 1),
        ("add two birds in the sky", 2),
        ("add another dog", 1),
        ("add three more apples", 3),
        ("put a hat on the dog", 1),
        ("add a tree on the left", 1),
        ("add a bench next to the dog", 1),
        ("two more birds", 2),
        ("add a bird and a butterfly", 2),
    ] {
        let conversation = street();
        let after = say(&conversation, instruction);
        assert_eq!(after.objects().len(), 4 + added, "{instruction}: {after:?}");
        assert_eq!(&after.objects()[..4], conversation.layout().objects(), "{instruction}");
    }
    let after = say(&street(), "add a bird above the car");
    assert!(after.objects()[4].bbox.center().1 < after.objects()[0].bbox.y());
    let after = say(&street(), "add a ball to the right of the car");
    assert!(after.objects()[4].bbox.center().0 > after.objects()[0].bbox.center().0);
    let after = say(&street(), "add two birds in the sky");
    assert!(after.objects()[4..].iter().all(|bird| bird.bbox.center().1 < 0.45));
}

/// After `instruction`, object `index` must satisfy `holds` (old box, new
/// box), and the three others must be as they were.
#[track_caller]
fn moved(instruction: &str, index: usize, holds: fn(BBox, BBox) -> bool) {
    let conversation = street();
    let after = say(&conversation, instruction);
    let (old, new) = (conversation.layout().objects()[index].bbox, after.objects()[index].bbox);
    assert!(holds(old, new), "{instruction}: {old:?} became {new:?}");
    assert_eq!(kept(conversation.layout(), &after), 3, "{instruction}");
}

/// The gap between the cats is narrower than the dog: they step aside, and the dog keeps its size and stands at their height.
#[test]
fn what_something_is_moved_between_makes_room_for_it() {
    let before = street();
    let after = say(&before, "move the dog between the cats");
    let [car, left, right, dog] = [0, 1, 2, 3].map(|index| after.objects()[index].bbox);
    assert_eq!(car, before.layout().objects()[0].bbox);
    assert!(left.x_max() <= dog.x() && dog.x_max() <= right.x(), "{after:?}");
    assert_eq!((dog.w(), dog.h()), (0.18, 0.2));
    assert!(dog.y_max() > left.y() && dog.y() < left.y_max());
    assert_eq!([left.y(), left.w(), right.y(), right.w()], [0.55, 0.15, 0.55, 0.15]);
}

/// There is no room left of the car: everything in its row goes aside, and that is told.
#[test]
fn what_something_is_moved_beside_makes_room_for_it() {
    let plan = OfflinePlanner.revise(&street(), "place the dog to the left of the car").unwrap();
    let [car, _, _, dog] = [0, 1, 2, 3].map(|index| plan.layout.objects()[index].bbox);
    assert!(dog.x_max() <= car.x() && (dog.w(), dog.h(), dog.y()) == (0.18, 0.2, 0.5), "{:?}", plan.layout);
    assert!(plan.warnings.contains(&"a red car made room for a dog".to_owned()), "{:?}", plan.warnings);
}

#[test]
fn moves_go_where_they_are_told() {
    moved("move the dog a bit to the left", 3, |old, new| new.x() < old.x() && new.y() == old.y());
    moved("move the car a bit to the right", 0, |old, new| new.x() > old.x());
    moved("move the car up a bit", 0, |old, new| new.y() < old.y() && old.y() - new.y() < 0.15);
    moved("move the dog far down", 3, |old, new| new.y() > old.y());
    moved("shift the left cat slightly up", 1, |old, new| new.y() < old.y());
    moved("move the car to the top left corner", 0, |_, new| new.center().0 < 0.4 && new.center().1 < 0.3);
    moved("put the dog in the center", 3, |_, new| (new.center().0 - 0.5).abs() < 0.11);
    moved("move the dog to the top", 3, |_, new| new.center().1 < 0.35);
    moved("move the car to the bottom right", 0, |_, new| new.center().0 > 0.55 && new.center().1 > 0.6);
    moved("raise the dog", 3, |old, new| new.y() < old.y());
    moved("move the dog above the car", 3, |_, new| new.y_max() <= 0.5);
    moved("move the dog onto the car", 3, |_, new| (0.5..0.6).contains(&new.y_max()) && new.x() < 0.35);
    moved("bring the dog closer to the car", 3, |old, new| new.x() < old.x());
}

#[test]
fn sizes_change_as_told() {
    moved("make the dog bigger", 3, |old, new| new.area() > old.area());
    moved("make the dog much bigger", 3, |old, new| new.area() > 1.5 * old.area());
    moved("make the dog twice as big", 3, |old, new| (new.area() / old.area() - 2.0).abs() < 0.1);
    moved("make the car a bit smaller", 0, |old, new| {
        new.area() < old.area() && new.area() > 0.6 * old.area()
    });
    moved("shrink the car", 0, |old, new| new.area() < old.area());
    moved("enlarge the left cat", 1, |old, new| new.area() > old.area());
    moved("make the dog taller", 3, |old, new| new.h() > old.h() && (new.w() - old.w()).abs() < 1e-9);
    moved("make the right cat wider", 2, |old, new| new.w() > old.w() && (new.h() - old.h()).abs() < 1e-9);
}

#[test]
fn several_objects_gather_spread_swap_and_grow() {
    let gap = |layout: &Layout| layout.objects()[2].bbox.x() - layout.objects()[1].bbox.x_max();
    let now = gap(street().layout());
    assert!(gap(&say(&street(), "move the cats closer together")) < now);
    let pair = start(&[("a cat", [0.3, 0.5, 0.15, 0.2]), ("a dog", [0.6, 0.5, 0.15, 0.2])]);
    let distance = |layout: &Layout| layout.objects()[1].bbox.x() - layout.objects()[0].bbox.x();
    assert!(distance(&say(&pair, "move them further apart")) > 0.31);
    assert!(distance(&say(&pair, "closer together")) < 0.29);
    assert!(distance(&say(&pair, "spread them out")) > 0.31);
    let swapped = say(&pair, "swap the cat and the dog");
    assert!(distance(&swapped) < 0.0);
    let grown = say(&pair, "make the boxes bigger");
    assert!(grown.objects().iter().all(|object| object.bbox.w() > 0.16));
}

#[test]
fn the_scene_itself_changes() {
    for (instruction, background, negative) in [
        ("change the background to a beach", "A realistic scene of a beach", ""),
        ("put it on a beach", "A realistic scene of a beach", ""),
        ("make it night", "A realistic scene at night", ""),
        ("make it an oil painting", "An oil painting of a scene", ""),
        ("no people", "A realistic scene", "people"),
        ("without clouds", "A realistic scene", "clouds"),
    ] {
        let conversation = street();
        let after = say(&conversation, instruction);
        assert_eq!((after.background(), after.negative()), (background, negative), "{instruction}");
        assert_eq!(after.objects(), conversation.layout().objects(), "{instruction}");
    }
    assert_eq!(say(&street(), "no dogs").objects().len(), 3);
}

#[test]
fn it_is_what_was_touched_last_and_undo_goes_back() {
    let mut conversation = street();
    conversation.say(&OfflinePlanner, "move the dog up").unwrap();
    let plan = conversation.say(&OfflinePlanner, "make it yellow").unwrap();
    assert_eq!(plan.layout.objects()[3].caption.as_str(), "a yellow dog");
    let plan = conversation.say(&OfflinePlanner, "undo").unwrap();
    assert_eq!(plan.layout.objects()[3].caption.as_str(), "a dog");
    let both = conversation.say(&OfflinePlanner, "add a ball then make it blue").unwrap();
    assert_eq!(both.layout.objects()[4].caption.as_str(), "a blue ball");
}

#[test]
fn what_cannot_be_done_is_said_with_what_there_is() {
    for (instruction, part) in [
        ("move the elephant to the left", "2 × a cat"),
        ("move the cat to the left", "there are 2 of \"cat\""),
        ("remove three cats", "asks for 3"),
        ("dance with me", "try for instance"),
        ("make it blue", "it is not clear"),
        ("remove the fifth cat", "only 2"),
    ] {
        match OfflinePlanner.revise(&street(), instruction) {
            Err(PlanError::Instruction { why, .. }) => assert!(why.contains(part), "{instruction}: {why}"),
            other => panic!("{instruction}: {other:?}"),
        }
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;
    use crate::offline::plan_scene;
    use crate::{Scene, Thing};

    const NOUNS: [&str; 8] = ["cat", "car", "tree", "bird", "table", "house", "lamp", "ball"];
    /// Instructions that name one thing, `#`; what else they bring is new.
    const EDITS: [&str; 14] = [
        "move the # to the left",
        "move the # to the right",
        "move the # up",
        "move the # down a bit",
        "put the # in the top right corner",
        "put the # in the center",
        "make the # bigger",
        "make the # much smaller",
        "make the # taller",
        "make the # purple",
        "remove the #",
        "replace the # with a fox",
        "add a zebra next to the #",
        "add two kites above the #",
    ];

    fn bits(bbox: BBox) -> [u64; 4] {
        [bbox.x(), bbox.y(), bbox.w(), bbox.h()].map(f64::to_bits)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// What an instruction does not name stays where it is, to the bit.
        #[test]
        fn what_is_not_named_is_not_touched(
            start in 0usize..8,
            counts in proptest::collection::vec(1u32..4, 2..6),
            named in 0usize..6,
            edit in 0usize..14,
        ) {
            let noun = |index: usize| NOUNS[(start + index) % NOUNS.len()];
            let things = counts.iter().enumerate().map(|(index, count)| Thing { count: *count, ..Thing::new(noun(index)) });
            let scene = Scene { things: things.collect(), ..Scene::default() };
            let before = plan_scene(&scene).unwrap().layout;
            let named = noun(named % counts.len());
            let instruction = EDITS[edit].replace('#', named);
            let conversation = Conversation::from_layout("", before.clone());
            let Ok(plan) = OfflinePlanner.revise(&conversation, &instruction) else { return Ok(()) };
            let after: Vec<_> = plan.layout.objects().iter().map(|o| (o.caption.as_str(), bits(o.bbox))).collect();
            let untouched = before.objects().iter().filter(|o| !o.caption.as_str().ends_with(named));
            for object in untouched {
                let same = (object.caption.as_str(), bits(object.bbox));
                if plan.warnings.iter().any(|warning| warning.contains("made room")) {
                    continue;
                }
                // Or everything becomes smaller alike, which is told.
                let alike = |o: &Object, share: f64| {
                    let feet = 0.9 + share * (object.bbox.y_max() - 0.9);
                    (o.bbox.w() - share * object.bbox.w()).abs() < 1e-6 && (o.bbox.y_max() - feet).abs() < 1e-6
                };
                let stepped = plan.warnings.iter().any(|warning| warning.starts_with("everything else"));
                if stepped && plan.layout.objects().iter().any(|o| alike(o, 0.85) || alike(o, 0.7)) {
                    continue;
                }
                // What is on a table goes with it, as large as it was.
                let on = |o: &Object| {
                    let wide = object.bbox.x() < o.bbox.x_max() && o.bbox.x() < object.bbox.x_max();
                    let rests = (o.bbox.y() - object.bbox.y_max()).abs() < 0.03;
                    o.bbox.intersection(object.bbox) > 0.0 || (wide && rests)
                };
                let on_it = named == "table"
                    && before.objects().iter().any(|o| o.caption.as_str() == "a table" && on(o));
                let went_along = |o: &&Object| {
                    o.caption == object.caption && (o.bbox.area() - object.bbox.area()).abs() < 1e-9
                };
                if on_it && plan.layout.objects().iter().any(|o| went_along(&o)) {
                    continue;
                }
                prop_assert!(after.contains(&same), "{instruction}: {object:?} became one of {after:?}");
            }
        }
    }

    #[test]
    fn every_edit_of_the_property_is_understood() {
        for edit in EDITS {
            let instruction = edit.replace('#', "dog");
            assert!(OfflinePlanner.revise(&street(), &instruction).is_ok(), "{instruction}");
        }
    }
}
