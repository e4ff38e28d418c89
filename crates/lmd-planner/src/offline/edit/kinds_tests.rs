//! Kinds of instructions, each with relatives in other words.

use lmd_layout::{BBox, Layout, Object};

use crate::offline::OfflinePlanner;
use crate::{Conversation, Plan, Planner};

pub(super) fn conversation(objects: &[(&str, [f64; 4])], background: &str, negative: &str) -> Conversation {
    let objects = objects
        .iter()
        .map(|(caption, [x, y, w, h])| Object::new(caption, BBox::new(*x, *y, *w, *h).unwrap()).unwrap())
        .collect();
    Conversation::from_layout("", Layout::new(objects, background, negative).unwrap())
}

/// A teapot and two cups in a kitchen.
pub(super) fn kitchen() -> Conversation {
    let objects = [
        ("a red teapot", [0.08, 0.5, 0.28, 0.3]),
        ("a white cup", [0.45, 0.6, 0.16, 0.2]),
        ("a white cup", [0.72, 0.6, 0.16, 0.2]),
    ];
    conversation(&objects, "A realistic scene of a kitchen", "")
}

/// A knight and a horse on a meadow.
pub(super) fn meadow() -> Conversation {
    let objects = [("a knight", [0.1, 0.3, 0.25, 0.6]), ("a gray horse", [0.5, 0.35, 0.4, 0.5])];
    conversation(&objects, "A realistic scene of a meadow", "")
}

/// An owl on a tree and a fox beside it.
pub(super) fn forest() -> Conversation {
    let objects = [
        ("a tree", [0.35, 0.3, 0.4, 0.65]),
        ("an owl", [0.45, 0.1, 0.2, 0.25]),
        ("a fox", [0.05, 0.68, 0.2, 0.25]),
    ];
    conversation(&objects, "Watercolor of a forest", "")
}

/// A taxi, a bus and a cyclist at night.
pub(super) fn street() -> Conversation {
    let objects = [
        ("a yellow taxi", [0.05, 0.55, 0.3, 0.25]),
        ("a bus", [0.4, 0.4, 0.35, 0.4]),
        ("a cyclist", [0.8, 0.5, 0.15, 0.3]),
    ];
    conversation(&objects, "A realistic scene of a city street at night", "pedestrians")
}

#[track_caller]
pub(super) fn said(of: &Conversation, instruction: &str) -> Plan {
    OfflinePlanner.revise(of, instruction).unwrap_or_else(|error| panic!("{instruction}: {error}"))
}

#[track_caller]
pub(super) fn refused(of: &Conversation, instruction: &str) -> String {
    match OfflinePlanner.revise(of, instruction) {
        Err(error) => error.to_string(),
        Ok(plan) => panic!("{instruction}: {plan:?}"),
    }
}

pub(super) fn captions(layout: &Layout) -> Vec<&str> {
    layout.objects().iter().map(|object| object.caption.as_str()).collect()
}

pub(super) fn bbox(layout: &Layout, caption: &str) -> BBox {
    layout.objects().iter().find(|object| object.caption.as_str() == caption).unwrap().bbox
}

pub(super) fn boxes(layout: &Layout, caption: &str) -> Vec<BBox> {
    layout
        .objects()
        .iter()
        .filter(|object| object.caption.as_str() == caption)
        .map(|object| object.bbox)
        .collect()
}

#[test]
fn beside_several_is_beside_all_of_them_in_their_row() {
    for (of, instruction, moved, other, right) in [
        (kitchen(), "move the teapot to the right of the cups", "a red teapot", "a white cup", true),
        (kitchen(), "the teapot should be to the right of both cups", "a red teapot", "a white cup", true),
        (street(), "put the cyclist to the left of the taxi", "a cyclist", "a yellow taxi", false),
        (street(), "place the taxi right of the bus", "a yellow taxi", "a bus", true),
    ] {
        let plan = said(&of, instruction);
        let (new, old) = (bbox(&plan.layout, moved), bbox(of.layout(), moved));
        assert_eq!((new.y(), new.h()), (old.y(), old.h()), "{instruction}: {plan:?}");
        assert!((new.w() - old.w()).abs() < 1e-9);
        let clear = |bbox: &BBox| if right { bbox.x_max() <= new.x() } else { new.x_max() <= bbox.x() };
        assert!(boxes(&plan.layout, other).iter().all(clear), "{instruction}: {plan:?}");
        assert!(plan.warnings.iter().any(|warning| warning.contains("made room")), "{instruction}: {plan:?}");
    }
}

#[test]
fn the_other_side_is_opposite_and_level() {
    for (of, instruction, moved, anchor) in [
        (
            meadow(),
            "there should be a second knight on the other side of the horse",
            "a knight",
            "a gray horse",
        ),
        (meadow(), "put a dog on the other side of the horse", "a dog", "a gray horse"),
        (forest(), "move the fox to the other side of the tree", "a fox", "a tree"),
        (forest(), "the fox should be on the opposite side of the tree", "a fox", "a tree"),
        (forest(), "add another fox on the other side of the tree", "a fox", "a tree"),
    ] {
        let plan = said(&of, instruction);
        let new = *boxes(&plan.layout, moved).last().unwrap();
        let anchor = bbox(&plan.layout, anchor);
        assert!(new.x() >= anchor.x_max() - 0.02, "{instruction}: {plan:?}");
        assert!((new.y_max() - anchor.y_max()).abs() < 0.2, "{instruction}: {plan:?}");
    }
    assert!(bbox(&said(&street(), "move the taxi to the other side").layout, "a yellow taxi").x() > 0.6);
}

#[test]
fn nested_places_and_parts_have_sensible_sizes() {
    let plan = said(&kitchen(), "add three biscuits on a plate in front of the cups");
    let (plate, biscuits) = (bbox(&plan.layout, "a plate"), boxes(&plan.layout, "a biscuit"));
    assert_eq!(biscuits.len(), 3, "{plan:?}");
    assert!(
        biscuits.iter().all(|one| one.w() > 0.05 && one.intersection(plate) > 0.3 * one.area()),
        "{plan:?}"
    );
    assert!((0.16..0.5).contains(&plate.w()) && plate.y_max() > 0.8, "{plan:?}");
    for (of, instruction, part, whole) in [
        (kitchen(), "put a lid of gold on the teapot", "a lid of gold", "a red teapot"),
        (meadow(), "put a saddle on the horse", "a saddle", "a gray horse"),
        (forest(), "put a hat on the fox", "a hat", "a fox"),
    ] {
        let plan = said(&of, instruction);
        let (part, whole) = (bbox(&plan.layout, part), bbox(&plan.layout, whole));
        assert!(part.area() < 0.3 * whole.area() && part.w() < whole.w(), "{instruction}: {plan:?}");
        assert!((whole.x()..whole.x_max()).contains(&part.center().0), "{instruction}: {plan:?}");
    }
}

#[test]
fn a_number_says_how_many_there_are_in_all() {
    for (instruction, count) in [
        ("I would like four cups, not two", 4),
        ("make it three cups instead of two", 3),
        ("there should be three cups rather than two", 3),
        ("only one cup, please", 1),
        ("I want five cups in total", 5),
        ("reduce the cups to one", 1),
        ("set the number of cups to four", 4),
        ("double the cups", 4),
    ] {
        let plan = said(&kitchen(), instruction);
        assert_eq!(boxes(&plan.layout, "a white cup").len(), count, "{instruction}: {plan:?}");
        assert_eq!(plan.layout.objects().len(), count + 1, "{instruction}: {plan:?}");
    }
}

#[test]
fn what_goes_leaves_its_place_to_what_comes() {
    let owl = bbox(forest().layout(), "an owl");
    for instruction in [
        "remove the owl and add a raven in its place",
        "take the owl away and place a raven in the same spot",
        "delete the owl and put a raven there",
        "in place of the owl put a raven",
        "in the owl's place put a raven",
        "instead of the owl, add a raven",
        "put a raven where the owl is",
        "the owl may not be there, put a raven instead",
        "the owl should disappear, add a raven instead",
        "a raven, not an owl",
    ] {
        let plan = said(&forest(), instruction);
        assert!(!captions(&plan.layout).contains(&"an owl"), "{instruction}: {plan:?}");
        assert_eq!(bbox(&plan.layout, "a raven").center().0, owl.center().0, "{instruction}: {plan:?}");
        assert_eq!(plan.layout.objects().len(), 3, "{instruction}: {plan:?}");
    }
    assert!(refused(&forest(), "add a squirrel instead").contains("instead of what"));
    let mut turns = forest();
    turns.say(&OfflinePlanner, "remove the owl").unwrap();
    assert_eq!(bbox(&said(&turns, "add a raven in its place").layout, "a raven"), owl);
    assert_eq!(bbox(&said(&turns, "move the fox there").layout, "a fox").center().0, owl.center().0);
}

#[test]
fn another_name_leaves_the_box() {
    for instruction in [
        "rename the knight to a jouster",
        "call the knight a jouster",
        "relabel the knight as a jouster",
        "change the caption of the knight to a jouster",
        "rename the knight to jouster",
    ] {
        let plan = said(&meadow(), instruction);
        assert_eq!(captions(&plan.layout), ["a jouster", "a gray horse"], "{instruction}");
        assert_eq!(bbox(&plan.layout, "a jouster"), bbox(meadow().layout(), "a knight"), "{instruction}");
    }
}

#[test]
fn styles_places_and_times_replace_one_another() {
    for (of, instruction, background) in [
        (forest(), "make it an oil painting instead of a watercolor", "An oil painting of a forest"),
        (forest(), "I want a pencil drawing instead of a watercolor", "A pencil drawing of a forest"),
        (forest(), "a photo, not a watercolor", "A photo of a forest"),
        (forest(), "turn it into a cartoon rather than a watercolor", "A cartoon of a forest"),
        (kitchen(), "the kitchen should be a library instead", "A realistic scene of a library"),
        (kitchen(), "replace the kitchen with a beach", "A realistic scene of a beach"),
        (forest(), "swap the forest for a desert", "Watercolor of a desert"),
        (street(), "make the street a canal", "A realistic scene of a canal at night"),
        (meadow(), "a castle courtyard instead of the meadow", "A realistic scene of a castle courtyard"),
        (forest(), "turn night into day", "Watercolor of a forest by day"),
        (meadow(), "change the season to winter", "A realistic scene of a meadow in winter"),
        (meadow(), "let it be night", "A realistic scene of a meadow at night"),
        (meadow(), "add clouds", "A realistic scene of a meadow with clouds"),
    ] {
        let plan = said(&of, instruction);
        assert_eq!(plan.layout.background(), background, "{instruction}");
        assert_eq!(plan.layout.objects(), of.layout().objects(), "{instruction}");
    }
}

#[test]
fn what_hangs_on_the_wall_behind_something_is_above_it() {
    let room = conversation(
        &[
            ("a wooden table", [0.15, 0.56, 0.7, 0.38]),
            ("a lamp", [0.2, 0.26, 0.14, 0.31]),
            ("a vase with flowers", [0.4, 0.31, 0.13, 0.26]),
        ],
        "A photo of a living room",
        "",
    );
    for (instruction, new) in [
        ("add a painting on the wall behind the table", "a painting"),
        ("put a clock on the wall behind the table", "a clock"),
        ("hang a mirror on the wall behind the table", "a mirror"),
    ] {
        let plan = said(&room, instruction);
        let (new, table) = (bbox(&plan.layout, new), bbox(&plan.layout, "a wooden table"));
        assert!(new.y_max() <= table.y() + 0.02 && new.center().1 < 0.5, "{instruction}: {plan:?}");
    }
}

#[test]
fn who_gets_larger_or_smaller_needs_no_verb() {
    for (instruction, factor) in [
        ("everything slightly smaller please", 0.9),
        ("everything smaller", 0.8),
        ("the bus a bit smaller", 0.95),
    ] {
        let plan = said(&street(), instruction);
        let area = |layout: &Layout| bbox(layout, "a bus").area();
        assert!(area(&plan.layout) < factor * area(street().layout()), "{instruction}: {plan:?}");
    }
}

#[test]
fn one_more_is_one_of_what_there_are_several() {
    let farm = conversation(
        &[
            ("a sheep", [0.05, 0.6, 0.15, 0.2]),
            ("a sheep", [0.25, 0.6, 0.15, 0.2]),
            ("a barn", [0.6, 0.4, 0.35, 0.4]),
        ],
        "A realistic scene",
        "",
    );
    for instruction in ["one more", "another one", "another"] {
        let plan = said(&farm, instruction);
        assert_eq!(captions(&plan.layout), ["a sheep", "a sheep", "a barn", "a sheep"], "{instruction}");
    }
    assert!(refused(&street(), "one more").contains("say of what"));
}

#[test]
fn what_is_kept_and_the_rest_that_goes_are_one_wish() {
    for instruction in [
        "keep only the bus, delete the rest",
        "keep the bus and remove the others",
        "only keep the bus, get rid of everything else",
    ] {
        let plan = said(&street(), instruction);
        assert_eq!(captions(&plan.layout), ["a bus"], "{instruction}");
        assert_eq!(plan.warnings, [""; 0], "{instruction}");
    }
}

#[test]
fn deeds_states_and_numbers_of_them_name_nothing_new() {
    let farm = conversation(
        &[
            ("a sheep", [0.05, 0.6, 0.15, 0.2]),
            ("a sheep", [0.25, 0.6, 0.15, 0.2]),
            ("a barn", [0.6, 0.4, 0.35, 0.4]),
        ],
        "A realistic scene",
        "",
    );
    let told: [(&str, &[&str]); 7] = [
        ("add a third sheep", &["a sheep", "a sheep", "a barn", "a sheep"]),
        ("make the last sheep jump", &["a sheep", "a jumping sheep", "a barn"]),
        ("open the barn", &["a sheep", "a sheep", "an open barn"]),
        ("make two of them black", &["a black sheep", "a black sheep", "a barn"]),
        ("remove the first two sheep", &["a barn"]),
        ("put the moon in the upper left corner", &["a sheep", "a sheep", "a barn", "a moon"]),
        ("no wait, remove the barn", &["a sheep", "a sheep"]),
    ];
    for (instruction, left) in told {
        assert_eq!(captions(&said(&farm, instruction).layout), left, "{instruction}");
    }
}

#[test]
fn what_is_in_something_goes_aside_with_it() {
    let planner = &OfflinePlanner;
    let (talk, _) = Conversation::start(planner, "a vase with three tulips on a windowsill").unwrap();
    let plan = said(&talk, "put a cat to the left of the vase");
    let vase = bbox(&plan.layout, "a vase");
    let tulips = boxes(&plan.layout, "a tulip");
    assert!(bbox(&plan.layout, "a cat").center().0 < vase.x(), "{plan:?}");
    for (i, tulip) in tulips.iter().enumerate() {
        let stem = (vase.y()..vase.center().1).contains(&tulip.y_max());
        assert!(stem && tulip.intersection(vase) > 0.2 * tulip.area(), "{plan:?}");
        assert!(tulips[..i].iter().all(|other| other.intersection(*tulip) < 1e-6), "{plan:?}");
    }
}

#[test]
fn what_is_said_behind_a_place_is_of_what_is_new() {
    for (instruction, caption) in [
        ("add a rider behind it, wearing a black suit", "a rider wearing a black suit"),
        ("add a rider behind it in a black suit", "a rider in a black suit"),
        ("add a rider behind the horse, wearing a black suit", "a rider wearing a black suit"),
        ("add a dog next to the horse, sleeping", "a sleeping dog"),
    ] {
        let mut talk = meadow();
        let layout = said(&talk, "make the horse brown").layout;
        talk.remember("make the horse brown", layout);
        let plan = said(&talk, instruction);
        assert_eq!(captions(&plan.layout), ["a knight", "a brown horse", caption], "{instruction}");
        let [horse, new] = [1, 2].map(|at| plan.layout.objects()[at].bbox);
        let apart = (new.center().0 - horse.center().0).abs();
        assert!(apart < 0.5 * (new.w() + horse.w()) + 0.1, "{instruction}: {new:?}");
    }
}
