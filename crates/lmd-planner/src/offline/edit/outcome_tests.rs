//! What was asked for is so afterwards, and nothing else is.

use lmd_layout::{BBox, Layout};

use super::kinds_tests::{bbox, boxes, captions, conversation, refused, said};
use crate::Conversation;

/// A lamp, a book and a cup of tea on a table.
pub(super) fn room() -> Conversation {
    let objects = [
        ("a wooden table", [0.05, 0.5, 0.9, 0.45]),
        ("a lamp", [0.12, 0.18, 0.15, 0.38]),
        ("a book", [0.42, 0.46, 0.2, 0.1]),
        ("a cup of tea", [0.72, 0.42, 0.12, 0.14]),
    ];
    conversation(&objects, "A realistic scene of a living room", "")
}

/// A horse and two sheep.
pub(super) fn pasture() -> Conversation {
    let objects = [
        ("a brown horse", [0.05, 0.3, 0.4, 0.5]),
        ("a white sheep", [0.52, 0.55, 0.18, 0.22]),
        ("a white sheep", [0.76, 0.56, 0.18, 0.22]),
    ];
    conversation(&objects, "A realistic scene of a meadow", "")
}

/// Everything but the objects of these captions is where it was.
#[track_caller]
fn rest_is_same(before: &Layout, after: &Layout, but: &[&str], instruction: &str) {
    for object in before.objects().iter().filter(|object| !but.contains(&object.caption.as_str())) {
        assert!(after.objects().contains(object), "{instruction}: {object:?} of {after:?}");
    }
}

fn shared_width(a: BBox, b: BBox) -> f64 {
    (a.x_max().min(b.x_max()) - a.x().max(b.x())) / a.w().min(b.w())
}

#[test]
fn under_on_a_table_is_below_and_on_the_table() {
    for instruction in [
        "put the book under the lamp",
        "place the book beneath the lamp",
        "move the book below the lamp",
        "put the book underneath the lamp",
        "the book should be under the lamp",
    ] {
        let plan = said(&room(), instruction);
        let [book, lamp, table] = ["a book", "a lamp", "a wooden table"].map(|name| bbox(&plan.layout, name));
        assert!(
            book.center().1 > lamp.center().1 && shared_width(book, lamp) > 0.5,
            "{instruction}: {plan:?}"
        );
        assert!(book.y_max() > table.y() && book.y_max() < table.y_max(), "{instruction}: {plan:?}");
        rest_is_same(room().layout(), &plan.layout, &["a book"], instruction);
    }
}

#[test]
fn what_is_on_a_table_stays_on_it_and_goes_with_it() {
    for instruction in
        ["move the cup to the right", "move object 4 to the right", "push the cup far to the right"]
    {
        let plan = said(&room(), instruction);
        let (cup, old) = (bbox(&plan.layout, "a cup of tea"), bbox(room().layout(), "a cup of tea"));
        assert!(cup.x() > old.x() && cup.x_max() <= 0.95 + 1e-9, "{instruction}: {plan:?}");
    }
    let plan = said(&room(), "make the table smaller");
    let table = bbox(&plan.layout, "a wooden table");
    for name in ["a lamp", "a book", "a cup of tea"] {
        let feet = bbox(&plan.layout, name).y_max();
        assert!(feet > table.y() && feet < table.y_max(), "{name}: {plan:?}");
    }
    let plan = said(&room(), "the book should be to the left of the lamp");
    let [book, lamp] = ["a book", "a lamp"].map(|name| bbox(&plan.layout, name));
    assert!(book.x_max() < lamp.x() + 0.02 && (book.y_max() - 0.56).abs() < 0.1, "{plan:?}");
}

#[test]
fn a_table_is_cleared() {
    for instruction in [
        "nothing on the table anymore",
        "clear the table",
        "take everything off the table",
        "empty the table",
        "the table should be empty",
        "remove everything from the table",
        "there should be nothing on the table",
        "nothing should be on the table any more",
        "delete everything on the table",
    ] {
        let plan = said(&room(), instruction);
        assert_eq!(captions(&plan.layout), ["a wooden table"], "{instruction}");
    }
    for instruction in [
        "only the lamp stays on the table",
        "only the lamp should stay on the table",
        "leave only the lamp on the table",
        "take everything off the table except the lamp",
        "there should be nothing on the table but the lamp",
        "nothing but the lamp should be on the table",
    ] {
        let plan = said(&room(), instruction);
        assert_eq!(captions(&plan.layout), ["a wooden table", "a lamp"], "{instruction}");
    }
    assert!(refused(&pasture(), "remove everything on the horse").contains("nothing is on"));
}

#[test]
fn those_that_are_there_are_no_new_ones() {
    for (instruction, new) in [
        ("add a dog running behind the sheep", "a running dog"),
        ("put a bird above the sheep", "a bird"),
        ("add a dog between the sheep", "a dog"),
        ("put a lamb in front of the sheep", "a lamb"),
    ] {
        let plan = said(&pasture(), instruction);
        let old = pasture();
        rest_is_same(old.layout(), &plan.layout, &[], instruction);
        assert_eq!(captions(&plan.layout)[3..], [new], "{instruction}");
    }
    let two = [("a cup", [0.1, 0.5, 0.2, 0.3]), ("a cup", [0.6, 0.5, 0.2, 0.3])];
    let why = refused(&conversation(&two, "", ""), "add a spoon next to the cup");
    assert!(why.contains("2 of \"cup\""), "{why}");
}

#[test]
fn more_of_a_kind_is_like_it_but_for_what_is_said() {
    for (instruction, caption) in [
        ("one more sheep, a black one", "a black sheep"),
        ("another sheep but black", "a black sheep"),
        ("one more sheep, this time a black one", "a black sheep"),
        ("add another sheep, but make it black", "a black sheep"),
        ("a third sheep, black", "a black sheep"),
        ("another sheep", "a white sheep"),
        ("a third sheep please", "a white sheep"),
    ] {
        let plan = said(&pasture(), instruction);
        rest_is_same(pasture().layout(), &plan.layout, &[], instruction);
        assert_eq!(captions(&plan.layout)[3..], [caption], "{instruction}");
        let (new, old) = (plan.layout.objects()[3].bbox, boxes(pasture().layout(), "a white sheep")[0]);
        assert!((new.area() / old.area()).ln().abs() < 0.8, "{instruction}: {plan:?}");
    }
}

#[test]
fn what_a_caption_mentions_is_changed_in_it() {
    let objects = [("a woman in a red hat", [0.1, 0.2, 0.25, 0.7]), ("a cup of tea", [0.6, 0.5, 0.2, 0.3])];
    for (instruction, woman, cup) in [
        ("remove her hat", "a woman", "a cup of tea"),
        ("take off the hat", "a woman", "a cup of tea"),
        ("without the hat", "a woman", "a cup of tea"),
        ("make her hat blue", "a woman in a blue hat", "a cup of tea"),
        ("change the hat to a cap", "a woman in a cap", "a cup of tea"),
        ("change the tea to coffee", "a woman in a red hat", "a cup of coffee"),
        ("turn the tea into coffee", "a woman in a red hat", "a cup of coffee"),
        ("coffee instead of tea", "a woman in a red hat", "a cup of coffee"),
        ("empty the cup", "a woman in a red hat", "an empty cup"),
    ] {
        let plan = said(&conversation(&objects, "", ""), instruction);
        assert_eq!(captions(&plan.layout), [woman, cup], "{instruction}");
        let now: Vec<BBox> = plan.layout.objects().iter().map(|object| object.bbox).collect();
        assert_eq!(now, objects.map(|(_, [x, y, w, h])| BBox::new(x, y, w, h).unwrap()), "{instruction}");
    }
}

#[test]
fn what_is_new_on_a_table_is_on_it_and_as_large_as_its_like() {
    let objects = [
        ("a wooden table", [0.05, 0.55, 0.9, 0.42]),
        ("a blue plate", [0.4, 0.52, 0.26, 0.12]),
        ("a red apple", [0.15, 0.48, 0.1, 0.12]),
        ("a white cup", [0.75, 0.46, 0.12, 0.16]),
    ];
    let table = conversation(&objects, "a kitchen", "");
    let top = bbox(table.layout(), "a wooden table");
    for (instruction, new) in [
        ("add two more cups", "a white cup"),
        ("one more cup", "a white cup"),
        ("add a spoon next to the cup", "a spoon"),
        ("add a knife right of the plate", "a knife"),
        ("put another apple on the table", "an apple"),
        ("add three pens on the table", "a pen"),
        ("add three apples on the plate", "an apple"),
    ] {
        let plan = said(&table, instruction);
        rest_is_same(table.layout(), &plan.layout, &[], instruction);
        let all = &plan.layout.objects()[4..];
        assert!(
            !all.is_empty() && all.iter().all(|object| object.caption.as_str() == new),
            "{instruction}: {plan:?}"
        );
        for object in all {
            let (feet, x) = (object.bbox.y_max(), object.bbox.center().0);
            let on = feet > top.y() - 0.03 && feet < top.center().1 + 0.08 && x > top.x() && x < top.x_max();
            assert!(on && object.bbox.area() < 0.04, "{instruction}: {plan:?}");
            assert!((object.bbox.area() - all[0].bbox.area()).abs() < 0.01, "{instruction}: {plan:?}");
        }
    }
    let plan = said(&table, "move the cup to the left of the apple");
    let [cup, apple] = ["a white cup", "a red apple"].map(|name| bbox(&plan.layout, name));
    assert!(cup.x_max() <= apple.x() && (cup.y_max() - 0.62).abs() < 0.05, "{plan:?}");
}

#[test]
fn an_edit_moves_nothing_else() {
    let objects = [
        ("a yellow bus", [0.52, 0.38, 0.42, 0.34]),
        ("a red car", [0.08, 0.58, 0.32, 0.2]),
        ("a man in a grey coat", [0.42, 0.48, 0.1, 0.4]),
    ];
    let street = conversation(&objects, "a city street", "");
    for instruction in
        ["move the car to the right", "move the car a bit to the right", "the car further right please"]
    {
        let Ok(plan) = crate::Planner::revise(&crate::offline::OfflinePlanner, &street, instruction) else {
            continue;
        };
        rest_is_same(street.layout(), &plan.layout, &["a red car"], instruction);
    }
    let sofa = [
        ("a grey sofa", [0.12, 0.5, 0.55, 0.35]),
        ("a floor lamp", [0.74, 0.25, 0.14, 0.62]),
        ("a white cat", [0.28, 0.42, 0.2, 0.18]),
    ];
    let living = conversation(&sofa, "a living room", "");
    let plan = said(&living, "move the lamp all the way to the left");
    let [sofa, cat] = ["a grey sofa", "a white cat"].map(|name| bbox(&plan.layout, name));
    assert!(cat.center().0 < sofa.center().0 && cat.intersection(sofa) > 0.0, "{plan:?}");
    let plan = said(&living, "duplicate the cat");
    let cats = boxes(&plan.layout, "a white cat");
    assert!(cats[1].area() > 0.8 * cats[0].area() && cats[1].y_max() < 0.7, "{plan:?}");
}

#[test]
fn what_was_not_heard_is_told_and_nothing_else() {
    let heard =
        |instruction: &str| super::heard::unheard(instruction, pasture().layout(), pasture().layout());
    assert_eq!(heard("add a purple dragon"), ["purple", "dragon"]);
    for instruction in [
        "make both sheep white",
        "put them in a row",
        "move the horse a bit to the left",
        "a second sheep",
        "give the horse another name",
    ] {
        assert!(heard(instruction).is_empty(), "{instruction}: {:?}", heard(instruction));
        if let Ok(plan) = crate::Planner::revise(&crate::offline::OfflinePlanner, &pasture(), instruction) {
            assert!(
                !plan.warnings.iter().any(|note| note.contains("nothing came")),
                "{instruction}: {plan:?}"
            );
        }
    }
}
