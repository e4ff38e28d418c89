//! Instructions about several objects, the whole layout or nothing by name.

use lmd_layout::{BBox, Layout, Object};

use crate::offline::OfflinePlanner;
use crate::{Conversation, Planner, Reply, Wishes};

fn planned(prompt: &str) -> Conversation {
    Conversation::start(&OfflinePlanner, prompt).unwrap().0
}

fn said(conversation: &mut Conversation, instruction: &str) -> Layout {
    match conversation.say(&OfflinePlanner, instruction) {
        Ok(plan) => plan.layout,
        Err(error) => panic!("{instruction}: {error}"),
    }
}

fn captions(layout: &Layout) -> Vec<&str> {
    layout.objects().iter().map(|object| object.caption.as_str()).collect()
}

fn bbox(layout: &Layout, caption: &str) -> BBox {
    layout.objects().iter().find(|object| object.caption.as_str() == caption).unwrap().bbox
}

fn overlaps(layout: &Layout) -> bool {
    let boxes: Vec<BBox> = layout.objects().iter().map(|object| object.bbox).collect();
    boxes.iter().enumerate().any(|(i, a)| boxes[i + 1..].iter().any(|b| a.intersection(*b) > 1e-6))
}

#[test]
fn a_move_to_the_side_ends_beyond_the_neighbour() {
    for (prompt, instruction) in [
        ("a cat to the right of a dog", "move the cat to the left"),
        ("a cat to the right of a dog", "put the cat on the far left"),
        ("a cat to the right of a dog", "move the cat to the left side"),
        ("a red ball to the right of a green cube", "move the ball to the left"),
        ("a dog, a cat and a horse", "move the horse to the far left"),
    ] {
        let mut conversation = planned(prompt);
        let after = said(&mut conversation, instruction);
        let moved = instruction.split(' ').nth(2).unwrap();
        let (moved, others): (Vec<&Object>, Vec<&Object>) =
            after.objects().iter().partition(|object| object.caption.as_str().ends_with(moved));
        let x = moved[0].bbox.center().0;
        let nearest = others.iter().map(|object| object.bbox.center().0).fold(f64::MAX, f64::min);
        assert!(x < nearest || others.len() > 1, "{instruction}: {after:?}");
        assert!(!overlaps(&after), "{instruction}: {after:?}");
    }
}

#[test]
fn undo_and_redo_go_back_and_forth() {
    let mut conversation = planned("a cat to the right of a dog");
    let first = conversation.layout().clone();
    let second = said(&mut conversation, "remove the dog");
    assert_eq!(said(&mut conversation, "undo"), first);
    assert!(conversation.say(&OfflinePlanner, "undo").unwrap_err().to_string().contains("nothing to undo"));
    assert_eq!(said(&mut conversation, "redo"), second);
    assert!(conversation.say(&OfflinePlanner, "redo").is_err());
    said(&mut conversation, "undo");
    said(&mut conversation, "make the cat black");
    assert!(
        conversation.say(&OfflinePlanner, "redo").is_err(),
        "another instruction forgets what was undone"
    );
}

#[test]
fn several_objects_are_arranged() {
    let mut conversation = planned("a cat to the right of a dog");
    let after = said(&mut conversation, "the cat and the dog should be the same size");
    let (cat, dog) = (bbox(&after, "a cat"), bbox(&after, "a dog"));
    assert!((cat.w() - dog.w()).abs() < 1e-9 && (cat.h() - dog.h()).abs() < 1e-9);
    let gap = dog.x().max(cat.x()) - dog.x_max().min(cat.x_max());
    said(&mut conversation, "make them smaller");
    let after = said(&mut conversation, "more space between the cat and the dog");
    let (cat, dog) = (bbox(&after, "a cat"), bbox(&after, "a dog"));
    assert!(cat.x() - dog.x_max() > gap, "{after:?}");
    let swapped = said(&mut conversation, "swap them");
    assert!(bbox(&swapped, "a cat").center().0 < bbox(&swapped, "a dog").center().0);
    let mirrored = said(&mut conversation, "mirror the picture");
    assert!((bbox(&mirrored, "a cat").x() - (1.0 - bbox(&swapped, "a cat").x_max())).abs() < 1e-9);
    let moved = said(&mut conversation, "move object 2 up");
    assert!(moved.objects()[1].bbox.y() < mirrored.objects()[1].bbox.y());
    assert_eq!(moved.objects()[0], mirrored.objects()[0]);
    assert_eq!(captions(&said(&mut conversation, "remove everything except the cat")), ["a cat"]);
}

#[test]
fn what_names_nothing_is_about_what_was_changed() {
    let mut conversation = planned("a small red ball");
    let before = conversation.layout().objects()[0].bbox;
    let after = said(&mut conversation, "bigger");
    assert!(after.objects()[0].bbox.area() > before.area());
    let after = said(&mut conversation, "two more");
    assert_eq!(after.objects().len(), 3);
    assert!(!overlaps(&after), "{after:?}");
    let mut conversation = planned("a big red car");
    let after = said(&mut conversation, "two more");
    assert_eq!(captions(&after), ["a big red car"; 3]);
    assert!(!overlaps(&after), "{after:?}");
    let mut conversation = planned("a cat and a dog");
    assert_eq!(captions(&said(&mut conversation, "duplicate the cat")), ["a cat", "a dog", "a cat"]);
    let after = said(&mut conversation, "give the dog a collar");
    assert_eq!(captions(&after), ["a cat", "a dog with a collar", "a cat"]);
}

#[test]
fn copies_are_of_one_size_and_lie_where_the_others_do() {
    let mut conversation = planned("three apples on a plate");
    let after = said(&mut conversation, "one more");
    let plate = bbox(&after, "a plate");
    let apples = || after.objects().iter().filter(|object| object.caption.as_str() == "an apple");
    assert_eq!(apples().count(), 4);
    assert!(apples().all(|apple| apple.bbox.intersection(plate) > 0.9 * apple.bbox.area()), "{after:?}");
    let after = said(&mut planned("a penguin on the ice"), "duplicate the penguin");
    let [one, other] = after.objects() else { panic!("{after:?}") };
    assert!((one.bbox.area() - other.bbox.area()).abs() < 1e-6, "{after:?}");
}

#[test]
fn what_takes_the_place_of_something_is_not_forbidden() {
    let mut conversation = planned("a rocket over a city");
    let after = said(&mut conversation, "no city, a desert instead");
    assert_eq!((after.background(), after.negative()), ("A realistic scene of a desert", ""));
    for instruction in ["no dog, a rabbit instead", "no dog but a rabbit", "not a dog, but a rabbit"] {
        let after = said(&mut planned("a cat and a dog"), instruction);
        assert_eq!((captions(&after), after.negative()), (vec!["a cat", "a rabbit"], ""), "{instruction}");
    }
}

#[test]
fn locked_objects_stay() {
    let conversation = planned("a cat, a dog and a bird");
    let before = conversation.layout();
    let locked = |said: &str, index: usize| {
        OfflinePlanner.respond(&conversation, said, &Wishes { locked: vec![index], ..Wishes::default() })
    };
    for said in
        ["make everything smaller", "mirror everything", "another layout", "add a tree", "remove the bird"]
    {
        match locked(said, 1) {
            Ok(Reply::Layout(plan)) => {
                assert!(plan.layout.objects().contains(&before.objects()[1]), "{said}: {plan:?}");
                assert_ne!(plan.layout, *before, "{said}");
            }
            other => panic!("{said}: {other:?}"),
        }
    }
    let refused = locked("move the dog up", 1).unwrap_err().to_string();
    assert!(refused.contains("locked"), "{refused}");
}

#[test]
fn comparisons_and_lines_are_kept() {
    let mut conversation = planned("a boy and a girl in a park");
    let after = said(&mut conversation, "the girl should be taller than the boy");
    assert_eq!(captions(&after), ["a boy", "a girl"]);
    assert!(bbox(&after, "a girl").h() > 1.2 * bbox(&after, "a boy").h(), "{after:?}");
    let after = said(&mut conversation, "make the girl smaller than the boy");
    assert!(bbox(&after, "a girl").area() < 0.9 * bbox(&after, "a boy").area(), "{after:?}");
    said(&mut conversation, "move the girl up");
    let after = said(&mut conversation, "align the boy and the girl");
    assert!((bbox(&after, "a girl").y_max() - bbox(&after, "a boy").y_max()).abs() < 1e-9);
    let after = said(&mut conversation, "make the boy red and a bit bigger");
    assert_eq!(captions(&after), ["a red boy", "a girl"]);
}

#[test]
fn what_is_added_stands_on_the_ground() {
    let mut conversation = planned("a boy and a girl in a park");
    let after = said(&mut conversation, "add a dog");
    assert!(bbox(&after, "a dog").y_max() > 0.7 && !overlaps(&after), "{after:?}");
    let after = said(&mut conversation, "how about a cat?");
    assert!(bbox(&after, "a cat").y_max() > 0.7 && !overlaps(&after), "{after:?}");
}

#[test]
fn everything_is_spread_out() {
    let width = |layout: &Layout| bbox(layout, "a horse").center().0 - bbox(layout, "a dog").center().0;
    for instruction in
        ["spread everything out more", "spread everything further apart", "spread them out a bit"]
    {
        let objects = [("a dog", [0.3, 0.6, 0.15, 0.2]), ("a horse", [0.55, 0.5, 0.2, 0.3])]
            .map(|(caption, [x, y, w, h])| Object::new(caption, BBox::new(x, y, w, h).unwrap()).unwrap());
        let before = Layout::new(objects.to_vec(), "A meadow", "").unwrap();
        let after = said(&mut Conversation::from_layout("", before.clone()), instruction);
        assert!(width(&after).abs() > width(&before).abs() + 0.03, "{instruction}: {after:?}");
    }
}

#[test]
fn what_is_denied_before_but_is_not_made() {
    for instruction in [
        "make the dog not black but white",
        "the dog should not be black but white",
        "the dog should be not black but white",
    ] {
        let after = said(&mut planned("a black dog and a horse"), instruction);
        assert_eq!(captions(&after), ["a white dog", "a horse"], "{instruction}");
    }
}

#[test]
fn several_are_put_on_one_new_thing() {
    for (prompt, instruction, new) in [
        ("three red apples in a kitchen", "put them on a wooden table", "a wooden table"),
        ("two white cups and a teapot", "put them on a table", "a table"),
        ("three red apples in a kitchen", "put the apples on a shelf", "a shelf"),
    ] {
        let after = said(&mut planned(prompt), instruction);
        let table = bbox(&after, new);
        assert_eq!(after.objects().len(), 4, "{instruction}");
        for object in after.objects().iter().filter(|object| object.caption.as_str() != new) {
            let (x, feet) = (object.bbox.center().0, object.bbox.y_max());
            let on = (table.x()..table.x_max()).contains(&x) && (table.y()..table.center().1).contains(&feet);
            assert!(on, "{instruction}: {after:?}");
        }
    }
}
