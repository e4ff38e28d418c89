//! Instructions about lines, doing, complaints, sizes by another thing and
//! compounds, each kind with relatives in other words.

use lmd_layout::BBox;

use super::kinds_tests::{bbox, boxes, captions, forest, kitchen, meadow, refused, said, street};
use crate::offline::OfflinePlanner;

#[test]
fn things_are_put_in_a_column_a_stack_or_a_row() {
    for (instruction, gap) in [
        ("can you line the cups up above each other?", 0.02),
        ("arrange the cups in a column", 0.02),
        ("the cups should stand one above the other", 0.02),
        ("stack the cups", 0.0),
        ("put the cups on top of each other", 0.0),
    ] {
        let plan = said(&kitchen(), instruction);
        let mut cups = boxes(&plan.layout, "a white cup");
        cups.sort_by(|a, b| a.y().total_cmp(&b.y()));
        assert!((cups[0].center().0 - cups[1].center().0).abs() < 1e-9, "{instruction}: {plan:?}");
        assert!((cups[1].y() - cups[0].y_max() - gap).abs() < 1e-9, "{instruction}: {plan:?}");
        assert_eq!(bbox(&plan.layout, "a red teapot"), bbox(kitchen().layout(), "a red teapot"));
    }
    let mut stacked = kitchen();
    stacked.say(&OfflinePlanner, "stack the cups").unwrap();
    for instruction in
        ["put the cups side by side", "place the cups next to each other", "arrange them in a row"]
    {
        let cups = boxes(&said(&stacked, instruction).layout, "a white cup");
        assert!((cups[0].y_max() - cups[1].y_max()).abs() < 1e-9, "{instruction}: {cups:?}");
        assert!(cups[0].intersection(cups[1]) < 1e-9, "{instruction}: {cups:?}");
    }
    assert!(refused(&kitchen(), "stack the teapot").contains("several"));
}

#[test]
fn doing_places_and_describes() {
    for instruction in [
        "let the knight ride the horse",
        "the knight should sit on the horse",
        "have the knight mount the horse",
        "the knight rides the horse",
        "the knight should be riding the horse",
    ] {
        let plan = said(&meadow(), instruction);
        let (knight, horse) = (bbox(&plan.layout, "a knight"), bbox(&plan.layout, "a gray horse"));
        assert_eq!(horse, bbox(meadow().layout(), "a gray horse"), "{instruction}");
        assert!(knight.intersection(horse) > 0.0 && knight.y() < horse.y(), "{instruction}: {plan:?}");
        assert!((horse.x()..horse.x_max()).contains(&knight.center().0), "{instruction}: {plan:?}");
    }
    for (instruction, held) in [
        ("the knight should hold a lance", "a lance"),
        ("make the knight hold a banner", "a banner"),
        ("the knight is to carry a sword", "a sword"),
        ("let the knight hold a torch", "a torch"),
    ] {
        let plan = said(&meadow(), instruction);
        let knight = bbox(&plan.layout, "a knight");
        assert_eq!(knight, bbox(meadow().layout(), "a knight"), "{instruction}");
        assert!(bbox(&plan.layout, held).intersection(knight) > 0.0, "{instruction}: {plan:?}");
    }
    for (instruction, caption) in [
        ("the fox should look at the owl", "a fox looking at an owl"),
        ("let the fox chase the owl", "a fox chasing an owl"),
        ("make the owl eat a mouse", "an owl eating a mouse"),
        ("the owl should spread its wings", "an owl spreading its wings"),
    ] {
        let plan = said(&forest(), instruction);
        assert!(captions(&plan.layout).contains(&caption), "{instruction}: {plan:?}");
        assert_eq!(plan.layout.objects().len(), 3, "{instruction}: {plan:?}");
    }
    assert!(captions(&said(&street(), "the cyclist should wave").layout).contains(&"a waving cyclist"));
    assert!(refused(&street(), "the cyclist should hug the unicorn").contains("unicorn"));
    assert!(refused(&street(), "the bus should zorb").contains("zorb"));
}

#[test]
fn what_is_kept_stays_and_what_is_dropped_goes() {
    for (of, instruction, left) in [
        (meadow(), "keep the horse but drop the knight", vec!["a gray horse"]),
        (street(), "leave the taxi as it is but remove the bus", vec!["a yellow taxi", "a cyclist"]),
        (street(), "keep the taxi and the bus but remove the cyclist", vec!["a yellow taxi", "a bus"]),
        (forest(), "remove the owl but keep the fox", vec!["a tree", "a fox"]),
        (forest(), "remove everything but keep the owl", vec!["an owl"]),
        (street(), "the cyclist must go", vec!["a yellow taxi", "a bus"]),
        (street(), "the cyclist should be removed", vec!["a yellow taxi", "a bus"]),
        (street(), "the bus may not be there", vec!["a yellow taxi", "a cyclist"]),
        (street(), "the taxi is not needed", vec!["a bus", "a cyclist"]),
    ] {
        let plan = said(&of, instruction);
        assert_eq!(captions(&plan.layout), left, "{instruction}");
        assert!(
            plan.layout.objects().iter().all(|object| of.layout().objects().contains(object)),
            "{instruction}"
        );
    }
}

#[test]
fn complaints_are_wishes() {
    for (instruction, caption, holds) in [
        (
            "the fox is too small, enlarge it",
            "a fox",
            (|old, new| new.area() > 1.2 * old.area()) as fn(BBox, BBox) -> bool,
        ),
        ("the fox is too small", "a fox", |old, new| new.area() > 1.2 * old.area()),
        ("the fox is hard to see, make it bigger", "a fox", |old, new| new.area() > 1.2 * old.area()),
        ("the owl is much too big", "an owl", |old, new| new.area() < 0.6 * old.area()),
        ("the owl is not big enough", "an owl", |old, new| new.area() > 1.2 * old.area()),
        ("the owl is too high", "an owl", |old, new| new.y() > old.y()),
        ("the fox is too far left", "a fox", |old, new| new.x() > old.x()),
        ("the fox looks too wide", "a fox", |old, new| new.w() < old.w() && new.h() == old.h()),
    ] {
        let plan = said(&forest(), instruction);
        let (old, new) = (bbox(forest().layout(), caption), bbox(&plan.layout, caption));
        assert!(holds(old, new), "{instruction}: {old:?} became {new:?}");
    }
}

#[test]
fn bare_plurals_are_new_and_stand_on_the_ground() {
    for (instruction, caption) in [
        ("put mushrooms around the tree", "a mushroom"),
        ("surround the tree with stones", "a stone"),
        ("put flowers around the tree", "a flower"),
    ] {
        let plan = said(&forest(), instruction);
        let new = boxes(&plan.layout, caption);
        let tree = bbox(&plan.layout, "a tree");
        assert_eq!(new.len(), 3, "{instruction}: {plan:?}");
        assert!(new.iter().all(|one| one.y_max() > 0.8), "{instruction}: {plan:?}");
        assert!(new.iter().any(|one| one.center().0 < tree.x() + 0.1), "{instruction}: {plan:?}");
        assert!(new.iter().any(|one| one.center().0 > tree.x_max() - 0.1), "{instruction}: {plan:?}");
    }
    assert_eq!(boxes(&said(&forest(), "put birds in the sky").layout, "a bird").len(), 3);
    assert_eq!(boxes(&said(&forest(), "put a squirrel").layout, "a squirrel").len(), 1);
    assert!(refused(&forest(), "put the unicorn next to the tree").contains("the unicorn"));
}

#[test]
fn what_was_excluded_is_allowed_again() {
    for instruction in [
        "allow pedestrians again",
        "pedestrians may be there again",
        "stop excluding pedestrians",
        "pedestrians are allowed again",
        "don't exclude pedestrians anymore",
        "remove pedestrians from the negative prompt",
    ] {
        let plan = said(&street(), instruction);
        assert_eq!(plan.layout.negative(), "", "{instruction}");
        assert_eq!(plan.layout.objects(), street().layout().objects(), "{instruction}");
    }
    assert!(refused(&street(), "allow dogs").contains("\"dog\" is not excluded"));
}

#[test]
fn verbs_of_motion_move() {
    for instruction in [
        "drive the taxi to the far right",
        "push the taxi all the way to the right",
        "let the taxi drive to the far right",
        "the taxi should roll to the far right",
        "send the taxi to the right edge",
        "bring the taxi as far right as possible",
    ] {
        let plan = said(&street(), instruction);
        let taxi = bbox(&plan.layout, "a yellow taxi");
        assert!(taxi.x_max() > 0.94 && taxi.w() == 0.3, "{instruction}: {plan:?}");
        assert!(
            plan.layout.objects().iter().all(|object| object.bbox.x_max() <= taxi.x_max()),
            "{instruction}"
        );
    }
    let plan = said(&street(), "park the taxi a bit to the right");
    assert!(bbox(&plan.layout, "a yellow taxi").x() > 0.05, "{plan:?}");
}

#[test]
fn sizes_are_told_by_other_things() {
    let bus = |instruction: &str| bbox(&said(&street(), instruction).layout, "a bus");
    let old = bbox(street().layout(), "a bus");
    let tall = bus("make the bus as tall as the picture");
    assert_eq!((tall.y(), tall.h(), tall.w()), (0.0, 1.0, old.w()));
    let wide = bus("the bus should be as wide as the picture");
    assert_eq!((wide.x(), wide.w(), wide.h()), (0.0, 1.0, old.h()));
    assert!((bus("make the bus the same height as the taxi").h() - 0.25).abs() < 1e-9);
    assert!((bus("make the bus twice as tall as the taxi").h() - 0.5).abs() < 1e-9);
    assert!((bus("the bus should be half as big as the taxi").area() - 0.5 * 0.3 * 0.25).abs() < 1e-6);
    assert_eq!(bus("make the bus fill the picture").area(), 1.0);
}

#[test]
fn what_can_be_done_is_done_and_the_rest_is_told() {
    let plan = said(&street(), "turn day into night and add street lamps");
    assert_eq!(boxes(&plan.layout, "a street lamp").len(), 3, "{plan:?}");
    assert!(plan.layout.background().ends_with("at night"));
    for (instruction, told) in [
        ("remove the unicorn and paint the bus red", "the unicorn"),
        ("paint the bus red and remove the third cyclist", "the third cyclist"),
        ("the bus should zorb, then paint the bus red", "zorb"),
    ] {
        let plan = said(&street(), instruction);
        assert!(captions(&plan.layout).contains(&"a red bus"), "{instruction}: {plan:?}");
        let note = plan.warnings.iter().find(|warning| warning.starts_with("left out")).cloned();
        assert!(note.is_some_and(|note| note.contains(told)), "{instruction}: {plan:?}");
    }
    let guessed = said(&street(), "make the bus zorb").warnings;
    assert!(guessed.iter().any(|warning| warning.contains("zorb")), "{guessed:?}");
    assert!(said(&street(), "make the bus wooden").warnings.is_empty());
    assert!(refused(&street(), "remove the unicorn and move the dragon up").contains("unicorn"));
    assert!(refused(&street(), "without the bus it is which").contains("no name of a thing"));
}
