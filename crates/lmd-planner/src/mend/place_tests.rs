//! The place around the things, and the solver's layout where mending does not help.

use lmd_layout::{BBox, Layout, Object};

use super::*;
use crate::Planner;
use crate::offline::OfflinePlanner;

fn layout(objects: &[(&str, [f64; 4])], background: &str) -> Layout {
    let object = |(caption, [x, y, w, h]): &(&str, [f64; 4])| {
        Object::new(caption, BBox::new(*x, *y, *w, *h).unwrap()).unwrap()
    };
    Layout::new(objects.iter().map(object).collect(), background, "").unwrap()
}

const LEFT: [f64; 4] = [0.05, 0.5, 0.3, 0.35];
const RIGHT: [f64; 4] = [0.6, 0.5, 0.3, 0.35];

#[test]
fn the_place_of_a_prompt_is_the_background_and_no_box() {
    let facts = PromptFacts::of("a red barn on the left in a snowy field");
    let answer =
        layout(&[("a red barn", LEFT), ("a snowy field", [0.1, 0.1, 0.8, 0.8])], "A realistic scene");
    let done = mended(&facts, &answer);
    assert_eq!(done.layout.objects().len(), 1, "{done:?}");
    assert!(done.layout.background().contains("snowy field"), "{done:?}");
    assert_eq!(done.notes.len(), 2, "{done:?}");
    assert_eq!(shortfalls(&facts, &done.layout), [""; 0]);
    // A background of the model's own keeps its words.
    let done = mended(&facts, &layout(&[("a red barn", LEFT)], "A photo at dusk"));
    assert_eq!(done.layout.background(), "A photo at dusk, a snowy field");
    // What has the place's name and is a thing of the prompt stays.
    let facts = PromptFacts::of("a toy barn to the left of a model of a barn");
    let answer =
        layout(&[("a toy barn", LEFT), ("a model of a barn", [0.4, 0.1, 0.6, 0.8])], "A realistic scene");
    assert_eq!(mended(&facts, &answer).layout.objects().len(), 2);
}

#[test]
fn a_layout_that_cannot_be_mended_gives_way_to_the_solvers_own() {
    for (prompt, answer) in [
        ("a fox behind a bush", layout(&[("a fox", LEFT), ("a bush", RIGHT)], "A realistic scene")),
        (
            "some mushrooms on a fallen log",
            layout(&[("a mushroom", LEFT), ("a fallen log", LEFT)], "A realistic scene"),
        ),
        (
            "two cats on a sofa",
            layout(&[("a cat", LEFT), ("a cat", LEFT), ("a sofa", RIGHT)], "A realistic scene"),
        ),
    ] {
        let facts = PromptFacts::of(prompt);
        let mended = mended(&facts, &answer).layout;
        assert_ne!(shortfalls(&facts, &mended), [""; 0], "{prompt}");
        let done = instead(&facts, &mended).unwrap();
        assert_eq!(done.layout, OfflinePlanner.plan(prompt).unwrap().layout, "{prompt}");
        assert!(done.notes[0].starts_with("repaired: the layout is the offline planner's"), "{done:?}");
    }
}

#[test]
fn what_is_right_or_was_not_understood_is_the_models() {
    let right =
        layout(&[("a fox", [0.3, 0.3, 0.3, 0.3]), ("a bush", [0.3, 0.4, 0.3, 0.4])], "A realistic scene");
    assert_eq!(instead(&PromptFacts::of("a fox behind a bush"), &right), None);
    let wrong = layout(&[("a fox", LEFT), ("a bush", RIGHT)], "A realistic scene");
    for prompt in ["a fox behind a bush blorfing quizzically", "狐狸在灌木丛后面", ""] {
        assert_eq!(instead(&PromptFacts::of(prompt), &wrong), None, "{prompt}");
    }
}

#[test]
fn the_solvers_own_layouts_lack_nothing() {
    for prompt in [
        "two cats on a sofa under a painting of a ship",
        "a library with a ghost between two bookshelves",
        "an empty parking lot, no cars, no people",
        "a tiny mouse in the bottom left, a giant cheese in the middle",
        "workers digging a hole next to an excavator",
        "a basket with apples on a wooden table in a kitchen",
    ] {
        let plan = OfflinePlanner.plan(prompt).unwrap();
        assert_eq!(
            shortfalls(&PromptFacts::of(prompt), &plan.layout),
            [""; 0],
            "{prompt}: {:?}",
            plan.layout
        );
    }
}
