//! What is done only in part, or by a guess, is told; what is right has no note.

use super::kinds_tests::{bbox, boxes, captions, conversation, refused, said};
use crate::Conversation;
use crate::offline::OfflinePlanner;

/// A layout of a sentence, and what became of instructions about it.
#[track_caller]
fn after(prompt: &str, instructions: &[&str]) -> Conversation {
    let (mut talk, _) = Conversation::start(&OfflinePlanner, prompt).unwrap();
    for instruction in instructions {
        let plan = said(&talk, instruction);
        talk.remember(instruction, plan.layout);
    }
    talk
}

#[test]
fn the_others_are_those_of_the_kind() {
    let branch = after("five balls on a branch, two of them red", &["make the others green"]);
    let all = captions(branch.layout());
    assert_eq!(all.iter().filter(|caption| **caption == "a green ball").count(), 3, "{all:?}");
    assert!(all.contains(&"a branch"), "{all:?}");
    let cats = after("three cats and a sofa", &["make one of the cats black and the others ginger"]);
    assert!(captions(cats.layout()).contains(&"a sofa"));
    refused(&after("a zebra, a giraffe and a lion", &[]), "remove the other one");
}

#[test]
fn fewer_and_once_more_without_a_noun() {
    let apples = after("four apples on a table", &["one fewer"]);
    assert_eq!(captions(apples.layout()).len(), 4, "{:?}", captions(apples.layout()));
    refused(&after("two cats", &[]), "a bit more");
    let bench = after("a tree and a bench", &["move the bench closer to the tree", "a bit further away"]);
    assert_eq!(captions(bench.layout()).len(), 2, "{:?}", captions(bench.layout()));
    assert!(bbox(bench.layout(), "a bench").x() > bbox(bench.previous().unwrap(), "a bench").x());
}

#[test]
fn one_stands_for_what_went_or_was_spoken_of() {
    let cats =
        after("an orange cat and a grey cat", &["delete the grey cat", "add a white one in its place"]);
    assert_eq!(captions(cats.layout()), ["an orange cat", "a white cat"]);
    let king = after("a chess board with a king and a queen", &["delete the king", "put it back"]);
    assert!(captions(king.layout()).contains(&"a king"));
}

#[test]
fn it_is_what_lies_on_the_other() {
    let cut = after("a sandwich on a plate", &["cut it in half"]);
    assert!(captions(cut.layout()).contains(&"a sandwich cut in half"));
    let owl = after("an owl on a post", &["put a crown on its head"]);
    assert_eq!(captions(owl.layout()).len(), 3, "{:?}", captions(owl.layout()));
    refused(&after("a cat and a dog", &[]), "make it bigger");
}

#[test]
fn parts_of_the_picture_and_sides_hold_for_what_is_new() {
    let street = after("an empty street", &["add a taxi on the left and a bus on the right"]);
    assert!(bbox(street.layout(), "a taxi").center().0 < 0.5);
    assert!(bbox(street.layout(), "a bus").center().0 > 0.5);
    let ladder = after("a tree house", &["add a ladder on the right"]);
    assert!(bbox(ladder.layout(), "a ladder").center().0 > 0.5);
    let statue = after("a statue in a park", &["put two benches on either side of it"]);
    let sides: Vec<f64> = boxes(statue.layout(), "a bench").iter().map(|bbox| bbox.center().0).collect();
    assert!(sides.iter().any(|x| *x < 0.31) && sides.iter().any(|x| *x > 0.69), "{sides:?}");
}

#[test]
fn what_is_held_instead_takes_the_place() {
    let robot = after("a robot holding a flower", &["the robot should hold a hammer instead"]);
    assert_eq!(captions(robot.layout()), ["a robot", "a hammer"]);
}

#[test]
fn a_stack_is_arranged_at_another_place() {
    let (mut talk, _) = Conversation::start(&OfflinePlanner, "a stack of three books").unwrap();
    let other = talk.respond(&OfflinePlanner, "another layout", &crate::Wishes::default()).unwrap();
    let crate::Reply::Layout(plan) = other else { panic!("{other:?}") };
    let books = boxes(&plan.layout, "a book");
    assert!(books.iter().all(|book| (book.x() - books[0].x()).abs() < 0.01), "{books:?}");
    assert!((books[0].w() - 0.54).abs() < 0.02, "{books:?}");
}

#[test]
fn side_effects_are_told_and_right_ones_have_no_note() {
    let told = |talk: &Conversation, instruction: &str, part: &str| {
        let plan = said(talk, instruction);
        assert!(plan.warnings.iter().any(|note| note.contains(part)), "{instruction}: {plan:?}");
    };
    let objects = [("a truck", [0.03, 0.4, 0.5, 0.4]), ("a bicycle", [0.55, 0.5, 0.35, 0.3])];
    let road = conversation(&objects, "A realistic scene of a road", "");
    told(&road, "move the bicycle 40% to the left", "cover");
    told(&road, "no roads", "still speaks of");
    let table = conversation(&[("a table with bread", [0.1, 0.4, 0.5, 0.4])], "A realistic scene", "");
    told(&table, "move the bread to the right", "no box of its own");
    for (prompt, instruction) in [
        ("a knight with a dragon", "add a castle behind them"),
        ("a fisherman in a boat", "add a fishing rod in his hands"),
        ("a tea set on a tray", "make the tea set gold"),
        ("a mirror on a wall", "hang a picture next to it"),
        ("a hat and a cane", "make the cane vanish"),
    ] {
        let plan = said(&after(prompt, &[]), instruction);
        assert_eq!(plan.warnings, [""; 0], "{prompt}: {instruction}");
    }
}
