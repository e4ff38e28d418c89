//! Instructions about the sizes and the places of several, and about persons.

use super::kinds_tests::{bbox, captions, conversation, refused, said};
use super::outcome_tests::{pasture, room};
use crate::Conversation;

/// A kettle, a bowl and a bottle.
fn counter() -> Conversation {
    let objects = [
        ("a red kettle", [0.08, 0.4, 0.25, 0.35]),
        ("a white bowl", [0.42, 0.55, 0.22, 0.2]),
        ("a green bottle", [0.75, 0.35, 0.12, 0.45]),
    ];
    conversation(&objects, "A realistic scene of a kitchen", "")
}

#[test]
fn equal_sizes_are_equal_and_captions_stay() {
    for (instruction, high, wide) in [
        ("the kettle and the bowl should be equally tall", true, false),
        ("make the kettle and the bowl the same height", true, false),
        ("the kettle and the bowl should have the same height", true, false),
        ("make the kettle and the bowl as tall as each other", true, false),
        ("the kettle and the bowl should be of equal height", true, false),
        ("give the kettle and the bowl the same width", false, true),
        ("make the kettle and the bowl equally big", true, true),
        ("make all three the same size", true, true),
        ("make them the same height", true, false),
    ] {
        let plan = said(&counter(), instruction);
        assert_eq!(captions(&plan.layout), captions(counter().layout()), "{instruction}");
        let [a, b] = ["a red kettle", "a white bowl"].map(|name| bbox(&plan.layout, name));
        assert!(!high || (a.h() - b.h()).abs() < 1e-6, "{instruction}: {plan:?}");
        assert!(!wide || (a.w() - b.w()).abs() < 1e-6, "{instruction}: {plan:?}");
    }
    let plan = said(&counter(), "make the kettle the tallest");
    assert!(bbox(&plan.layout, "a red kettle").h() > 0.45, "{plan:?}");
    let plan = said(&counter(), "the bowl should be the largest");
    assert!(
        bbox(&plan.layout, "a white bowl").area() > bbox(&plan.layout, "a red kettle").area(),
        "{plan:?}"
    );
}

#[test]
fn room_between_things_in_a_row_is_sideways() {
    for instruction in ["more room between the bowl and the bottle", "separate the bowl and the bottle"] {
        let plan = said(&counter(), instruction);
        let gap = |name: [&str; 2], layout: &lmd_layout::Layout| {
            bbox(layout, name[1]).x() - bbox(layout, name[0]).x_max()
        };
        let names = ["a white bowl", "a green bottle"];
        assert!(gap(names, &plan.layout) > gap(names, counter().layout()) + 0.03, "{instruction}: {plan:?}");
        for name in names {
            assert_eq!(bbox(&plan.layout, name).y(), bbox(counter().layout(), name).y(), "{instruction}");
        }
    }
    let plan = said(&counter(), "put them in a circle");
    let heights: Vec<f64> = plan.layout.objects().iter().map(|object| object.bbox.center().1).collect();
    assert!(heights.iter().any(|y| *y < 0.3) && heights.iter().any(|y| *y > 0.6), "{plan:?}");
}

#[test]
fn several_of_one_kind_are_all_of_them() {
    for (instruction, last) in
        [("turn the sheep into goats", "a goat"), ("make both sheep black", "a black sheep")]
    {
        let plan = said(&pasture(), instruction);
        assert_eq!(captions(&plan.layout)[1..], [last, last], "{instruction}");
    }
    // Both are as small as one another.
    refused(&pasture(), "the smaller one should be bigger");
}

#[test]
fn persons_are_dressed_and_given_things() {
    let objects = [
        ("a woman", [0.1, 0.2, 0.25, 0.7]),
        ("a boy", [0.55, 0.4, 0.18, 0.5]),
        ("a dog", [0.8, 0.62, 0.16, 0.28]),
    ];
    let park = conversation(&objects, "A realistic scene of a park", "");
    for (instruction, woman, boy) in [
        ("give her a hat", "a woman with a hat", "a boy"),
        ("dress him in red", "a woman", "a boy dressed in red"),
        ("dress the woman in a blue coat", "a woman wearing a blue coat", "a boy"),
        ("the woman with glasses", "a woman with glasses", "a boy"),
    ] {
        let plan = said(&park, instruction);
        assert_eq!(captions(&plan.layout), [woman, boy, "a dog"], "{instruction}");
    }
    for (instruction, holder, held) in [
        ("give the boy a balloon", "a boy", "a balloon"),
        ("put a ball in the boy's hands", "a boy", "a ball"),
        ("put the dog in the woman's arms", "a woman", "a dog"),
    ] {
        let plan = said(&park, instruction);
        let (holder, held) = (bbox(&plan.layout, holder), bbox(&plan.layout, held));
        assert!(held.intersection(holder) > 0.3 * held.area(), "{instruction}: {plan:?}");
        assert!(held.y() > holder.y() - 0.1, "{instruction}: {plan:?}");
    }
}

#[test]
fn what_boxes_cannot_say_is_refused_by_name() {
    for instruction in
        ["tilt the lamp", "rotate the book by 45 degrees", "turn the cup upside down", "let the lamp lean"]
    {
        assert!(refused(&room(), instruction).contains("turned or tilted"), "{instruction}");
    }
}

#[test]
fn several_moods_colours_of_two_words_and_corners_are_read() {
    let street = conversation(
        &[("a red bicycle", [0.1, 0.5, 0.35, 0.3]), ("a yellow taxi", [0.5, 0.45, 0.4, 0.3])],
        "A realistic scene of a street",
        "",
    );
    for (instruction, background) in [
        ("make it night and raining", "A realistic scene of a street at night in the rain"),
        ("make it a winter scene with snow", "A realistic scene of a street in winter in the snow"),
        ("make it a rainy night", "A realistic scene of a street at night in the rain"),
        ("make it a sunny day", "A realistic scene of a street in the sunshine"),
    ] {
        let plan = said(&street, instruction);
        assert_eq!(plan.layout.background(), background, "{instruction}");
        assert_eq!(plan.layout.objects(), street.layout().objects());
    }
    for (instruction, captions_then) in [
        ("paint the taxi dark green", ["a red bicycle", "a dark green taxi"]),
        ("make the bicycle light blue", ["a light blue bicycle", "a yellow taxi"]),
        ("replace the yellow taxi with a black one", ["a red bicycle", "a black taxi"]),
    ] {
        assert_eq!(captions(&said(&street, instruction).layout), captions_then, "{instruction}");
    }
    let plan = said(&street, "no taxi please, and no bicycle either");
    assert_eq!((plan.layout.objects().len(), plan.layout.negative()), (0, "taxis, bicycles"));
    for instruction in [
        "put the bicycle in the far right corner at the bottom",
        "put the bicycle at the bottom on the right",
    ] {
        let (x, y) = bbox(&said(&street, instruction).layout, "a red bicycle").center();
        assert!(x > 0.55 && y > 0.6, "{instruction}: {x} {y}");
    }
}

#[test]
fn places_are_no_attributes_and_each_gets_its_own() {
    let objects = [
        ("a woman", [0.1, 0.2, 0.25, 0.7]),
        ("a boy", [0.55, 0.4, 0.18, 0.5]),
        ("a dog", [0.8, 0.62, 0.16, 0.28]),
    ];
    let park = conversation(&objects, "A realistic scene of a park", "");
    let apart =
        |layout: &lmd_layout::Layout| bbox(layout, "a dog").center().0 - bbox(layout, "a boy").center().0;
    for (instruction, nearer) in [
        ("the dog should be closer to the boy", true),
        ("the boy should be nearer to the dog", true),
        ("the boy should be further away from the dog", false),
    ] {
        let plan = said(&park, instruction);
        assert_eq!(captions(&plan.layout), ["a woman", "a boy", "a dog"], "{instruction}");
        assert_eq!(apart(&plan.layout) < apart(park.layout()), nearer, "{instruction}: {plan:?}");
    }
    let plan = said(&park, "put the dog at the woman's feet");
    let [dog, woman] = ["a dog", "a woman"].map(|name| bbox(&plan.layout, name));
    assert!(dog.center().1 > woman.center().1 && dog.intersection(woman) > 0.0, "{plan:?}");
    let plan = said(&park, "put a bench behind the woman and the boy");
    assert!(bbox(&plan.layout, "a bench").y_max() > 0.5, "{plan:?}");
    for (instruction, then) in [
        (
            "the lamp should be red and the book blue",
            vec!["a wooden table", "a red lamp", "a blue book", "a cup of tea"],
        ),
        ("what if the lamp was green", vec!["a wooden table", "a green lamp", "a book", "a cup of tea"]),
        (
            "a few more books",
            vec!["a wooden table", "a lamp", "a book", "a cup of tea", "a book", "a book", "a book"],
        ),
        ("get the lamp away", vec!["a wooden table", "a book", "a cup of tea"]),
        ("leave out the lamp", vec!["a wooden table", "a book", "a cup of tea"]),
        ("only the lamp", vec!["a lamp"]),
        (
            "make the cup of tea a glass of wine",
            vec!["a wooden table", "a lamp", "a book", "a glass of wine"],
        ),
    ] {
        assert_eq!(captions(&said(&room(), instruction).layout), then, "{instruction}");
    }
}
