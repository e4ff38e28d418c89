//! Usual places and sizes: the sky, tables, plates, what is far away.

use lmd_layout::BBox;

use super::OfflinePlanner;
use crate::Planner;

/// The boxes of the layout of `prompt` whose captions end so.
pub(super) fn boxes(prompt: &str, caption: &str) -> Vec<BBox> {
    let layout = OfflinePlanner.plan(prompt).unwrap().layout;
    let named = layout.objects().iter().filter(|object| object.caption.as_str().ends_with(caption));
    named.map(|object| object.bbox).collect()
}

#[test]
fn what_is_in_the_sky_is_small_and_high() {
    for (prompt, caption) in [
        ("a wolf howling at the moon", "moon"),
        ("a cat and three clouds", "cloud"),
        ("two clouds and a sun over a house", "sun"),
        ("a harbor with a sailboat, two seagulls and the sun", "sun"),
        ("a harbor with a sailboat, two seagulls and the sun", "seagull"),
        ("stars above a tent", "star"),
        ("a lavender field under a pink sky with three small clouds", "cloud"),
    ] {
        let found = boxes(prompt, caption);
        assert!(!found.is_empty(), "{prompt}");
        for bbox in found {
            assert!(bbox.center().1 < 0.4 && bbox.area() < 0.06, "{prompt}: {bbox:?}");
        }
    }
    assert!(boxes("a sun", "sun")[0].area() > 0.15);
    assert!(boxes("a big sun over a house", "sun")[0].area() > boxes("a sun over a house", "sun")[0].area());
    let village = "Please give me a large moon above a tiny village";
    assert!(boxes(village, "moon")[0].area() > boxes(village, "village")[0].area());
}

#[test]
fn small_things_are_on_the_table_with_the_others() {
    for (prompt, table, things) in [
        ("a desk with two monitors, a keyboard, a mouse and a plant", "desk", ["mouse", "plant"]),
        ("a desk with a laptop on it, a cup and a pen", "desk", ["cup", "pen"]),
        (
            "a nightstand with a lamp on it, an alarm clock and a glass of water",
            "nightstand",
            ["clock", "glass of water"],
        ),
    ] {
        let table = boxes(prompt, table)[0];
        for thing in things {
            let bbox = boxes(prompt, thing)[0];
            let on = bbox.y_max() > table.y() && bbox.y_max() < table.center().1;
            assert!(
                on && (table.x()..table.x_max()).contains(&bbox.center().0),
                "{prompt}: {thing} {bbox:?} {table:?}"
            );
        }
    }
    let chairs = boxes("a dining table with four chairs", "chair");
    let table = boxes("a dining table with four chairs", "table")[0];
    assert!(
        chairs.iter().all(|chair| chair.intersection(table) < 0.5 * chair.area()),
        "{chairs:?} {table:?}"
    );
}

#[test]
fn what_is_far_is_small_and_what_is_long_lies() {
    let windmill = boxes("a field of tulips with a windmill in the distance", "windmill")[0];
    assert!(windmill.w() < 0.35 && windmill.h() < 0.4, "{windmill:?}");
    for (prompt, long, flat) in [
        ("a violin lying on a sheet of music", "violin", "sheet of music"),
        ("a pencil on a notebook", "pencil", "notebook"),
        ("a spoon on a napkin", "spoon", "napkin"),
    ] {
        let (long, flat) = (boxes(prompt, long)[0], boxes(prompt, flat)[0]);
        assert!(
            long.w() > long.h() && long.intersection(flat) > 0.5 * long.area(),
            "{prompt}: {long:?} {flat:?}"
        );
    }
    let (egg, plate) = (
        boxes("a plate with a fried egg in the middle", "egg")[0],
        boxes("a plate with a fried egg in the middle", "plate")[0],
    );
    assert!(egg.h() < plate.h() && egg.intersection(plate) > 0.5 * egg.area(), "{egg:?} {plate:?}");
    let [tall, short] =
        ["tall man", "short man"].map(|name| boxes("a tall man and a short man", name)[0].h());
    assert!(tall > short && tall < 1.7 * short, "{tall} {short}");
}

#[test]
fn what_swims_is_in_the_water_with_the_boats() {
    for (prompt, swimmer, boat) in [
        ("a whale and a rowing boat on the ocean", "whale", "boat"),
        ("a shark and a sailboat on the sea", "shark", "sailboat"),
        ("a kayak, two dolphins and a seagull", "dolphin", "kayak"),
        ("a boat and three fish", "fish", "boat"),
    ] {
        let boat = boxes(prompt, boat)[0];
        for bbox in boxes(prompt, swimmer) {
            assert!(bbox.y_max() > boat.center().1, "{prompt}: {bbox:?} {boat:?}");
        }
    }
    let (whale, boat) = ("a whale and a rowing boat on the ocean", "a whale above a boat");
    assert!(boxes(whale, "whale")[0].area() > boxes(whale, "boat")[0].area());
    assert!(boxes(boat, "whale")[0].y_max() < boxes(boat, "boat")[0].center().1);
    assert!(boxes("a kayak, two dolphins and a seagull", "seagull")[0].center().1 < 0.4);
}

#[test]
fn many_neighbours_have_room() {
    for prompt in [
        "a dog, a cat, a horse, a cow and a pig next to a well",
        "a lamp, a plant, a bin and a bicycle beside a door",
        "five cars in front of a bank, two bicycles next to the bank, a lamp post next to the bank, and a tree next to the bank",
    ] {
        let plan = OfflinePlanner.plan(prompt).unwrap();
        assert!(plan.warnings.is_empty(), "{prompt}: {:?}", plan.warnings);
        for object in plan.layout.objects() {
            let bbox = object.bbox;
            assert!(bbox.w().min(bbox.h()) > 0.1, "{prompt}: {} {bbox:?}", object.caption.as_str());
        }
    }
}

#[test]
fn nothing_is_piled_up() {
    for prompt in [
        "six identical houses along a canal, the fourth one painted pink",
        "two owls on the upper branch and one on the lower branch of a dead tree",
    ] {
        let plan = OfflinePlanner.plan(prompt).unwrap();
        let repeats = plan.warnings.iter().find(|warning| warning.contains("repeats"));
        assert!(repeats.is_none(), "{prompt}: {:?}", plan.warnings);
    }
}

#[test]
fn the_middle_of_a_row_stands_in_it() {
    for prompt in [
        "There is a lamp on the left and a plant on the right. In the middle stands a sofa.",
        "a barrel on the left, a crate on the right and a bench in the middle",
    ] {
        let layout = OfflinePlanner.plan(prompt).unwrap().layout;
        let feet: Vec<f64> = layout.objects().iter().map(|object| object.bbox.y_max()).collect();
        assert!(feet.iter().all(|foot| (foot - feet[0]).abs() < 0.05), "{prompt}: {feet:?}");
    }
}

#[test]
fn things_of_one_kind_are_of_one_size_unless_they_differ() {
    for (prompt, caption) in
        [("two chairs, one with a cat on it", "chair"), ("two boxes, one holding a puppy", "box")]
    {
        let sides = boxes(prompt, caption);
        assert!((sides[0].area() - sides[1].area()).abs() < 1e-3, "{prompt}: {sides:?}");
    }
    for (prompt, caption) in
        [("three candles of different heights", "candle"), ("four boxes in various sizes", "box")]
    {
        let mut heights: Vec<f64> = boxes(prompt, caption).iter().map(|bbox| bbox.h()).collect();
        heights.sort_by(f64::total_cmp);
        assert!(heights.windows(2).all(|pair| pair[1] > 1.1 * pair[0]), "{prompt}: {heights:?}");
    }
}

#[test]
fn what_is_alone_in_a_wide_place_is_small() {
    for (prompt, caption) in [
        ("a wheat field under a stormy sky with a single black bird", "bird"),
        ("a lone tree in a field", "tree"),
        ("a tiny boat on the sea", "boat"),
        ("mountain valley at dusk, solitary hiker", "hiker"),
    ] {
        assert!(boxes(prompt, caption)[0].area() < 0.14, "{prompt}");
    }
    assert!(boxes("a tree in a field", "tree")[0].area() > 0.2);
}

#[test]
fn places_against_a_corner_are_outside_of_it() {
    for prompt in ["a kite to the upper right of a house", "a ball to the lower left of a bench"] {
        let layout = OfflinePlanner.plan(prompt).unwrap().layout;
        let (one, other) = (layout.objects()[0].bbox, layout.objects()[1].bbox);
        assert!(one.x_max() <= other.x() || other.x_max() <= one.x(), "{prompt}: {one:?} {other:?}");
        assert!(one.y_max() <= other.y() || other.y_max() <= one.y(), "{prompt}: {one:?} {other:?}");
    }
    let plate = boxes("a plate with a fish in the center and a lemon slice on the left side", "plate")[0];
    let slice = boxes("a plate with a fish in the center and a lemon slice on the left side", "slice")[0];
    assert!(slice.x() > plate.x() && slice.x_max() < plate.center().0, "{plate:?} {slice:?}");
}

#[test]
fn what_is_larger_in_life_is_no_smaller() {
    for (prompt, larger, smaller) in [
        ("an owl and a mouse", "owl", "mouse"),
        (
            "There is an owl at the top. There is a mouse at the bottom. Between them is a branch.",
            "owl",
            "mouse",
        ),
        ("a boy with a basket with two apples in it", "boy", "basket"),
        ("white flowers in a vase beside a window", "window", "vase"),
        ("an eagle and a mouse in a field", "eagle", "mouse"),
        ("a tent and three matches", "tent", "match"),
    ] {
        let (a, b) = (boxes(prompt, larger), boxes(prompt, smaller));
        assert!(!a.is_empty() && !b.is_empty(), "{prompt}");
        for small in b {
            assert!(a[0].area() >= small.area(), "{prompt}: {a:?} {small:?}");
        }
    }
    // Who says so may have it.
    let huge = "a huge mouse beside a tiny elephant";
    assert!(boxes(huge, "mouse")[0].area() > boxes(huge, "elephant")[0].area());
}

#[test]
fn what_is_on_a_wall_or_a_door_is_within_it() {
    for (prompt, holder, thing) in [
        ("a yellow wall with two framed sketches", "wall", "sketch"),
        ("a blue wall with a large painting on it", "wall", "painting"),
        ("a silver knocker on a green door", "door", "knocker"),
        ("a black fridge with three magnets on it", "fridge", "magnet"),
    ] {
        let plan = OfflinePlanner.plan(prompt).unwrap();
        let left_out: Vec<&String> = plan.warnings.iter().filter(|note| note.contains("left out")).collect();
        assert_eq!(left_out, Vec::<&String>::new(), "{prompt}");
        let outer = boxes(prompt, holder)[0];
        for bbox in boxes(prompt, thing) {
            assert!(outer.intersection(bbox) > 0.95 * bbox.area(), "{prompt}: {bbox:?} {outer:?}");
        }
    }
    let fridge = boxes("a black fridge with three magnets on it", "fridge")[0];
    assert!(fridge.h() > 1.5 * fridge.w(), "{fridge:?}");
}

#[test]
fn several_leave_room_for_what_is_beside_them() {
    for (prompt, left, right) in [
        ("five green peppers to the right of two red onions", "onion", "pepper"),
        ("a yellow boat to the left of two blue boats", "yellow boat", "blue boat"),
        ("six cups to the left of a teapot", "cup", "teapot"),
    ] {
        let (a, b) = (boxes(prompt, left), boxes(prompt, right));
        assert!(a.iter().all(|a| b.iter().all(|b| a.x_max() <= b.x())), "{prompt}: {a:?} {b:?}");
    }
}

#[test]
fn many_on_a_table_are_on_it_row_by_row() {
    for prompt in
        ["four bottles and four glasses on a table", "a pizza, three bottles and three glasses on a table"]
    {
        let plan = OfflinePlanner.plan(prompt).unwrap();
        assert_eq!(plan.warnings, Vec::<String>::new(), "{prompt}");
        let table = boxes(prompt, "table")[0];
        for bbox in boxes(prompt, "bottle").into_iter().chain(boxes(prompt, "glass")) {
            let feet = table.y() - 0.06..table.y_max();
            assert!(feet.contains(&bbox.y_max()), "{prompt}: {bbox:?}");
        }
    }
}

#[test]
fn a_place_in_the_background_is_the_background() {
    for (prompt, said) in [
        ("a horse running with the sea in the background", "with the sea in the background"),
        ("a dog beside a bench, a city in the background", "with a city in the background"),
        (
            "a girl with the Manhattan skyline in the background",
            "with the Manhattan skyline in the background",
        ),
    ] {
        let layout = OfflinePlanner.plan(prompt).unwrap().layout;
        assert!(layout.background().contains(said), "{prompt}: {}", layout.background());
    }
    assert_eq!(boxes("a knight, a castle in the background", "castle").len(), 1);
}

#[test]
fn who_is_between_two_is_so_where_their_sides_are_said() {
    for (prompt, left, middle, right) in [
        (
            "a cup of tea between a book on the left and a pair of glasses on the right",
            "book",
            "cup of tea",
            "pair of glasses",
        ),
        (
            "a candle between a skull to its left and an hourglass to its right",
            "skull",
            "candle",
            "hourglass",
        ),
        ("a cat between a dog on the left and a bird on the right", "dog", "cat", "bird"),
    ] {
        let plan = OfflinePlanner.plan(prompt).unwrap();
        assert_eq!(plan.warnings, Vec::<String>::new(), "{prompt}");
        let [a, b, c] = [left, middle, right].map(|caption| boxes(prompt, caption)[0].center().0);
        assert!(a < b && b < c, "{prompt}");
    }
    let branch = "There is an owl at the top. There is a mouse at the bottom. Between them is a branch.";
    let [owl, branch, mouse] = ["owl", "branch", "mouse"].map(|caption| boxes(branch, caption)[0].center().1);
    assert!(owl < branch && branch < mouse);
}

#[test]
fn small_hands_hold_flowers_and_who_pushes_is_behind_the_wheels() {
    let (hedgehog, daisy) =
        (boxes("a hedgehog holding a daisy", "hedgehog"), boxes("a hedgehog holding a daisy", "daisy"));
    assert!(hedgehog[0].intersection(daisy[0]) > 0.5 * daisy[0].area(), "{hedgehog:?} {daisy:?}");
    // A bench larger than a mouse is beside it, and that is told.
    let warnings = OfflinePlanner.plan("a mouse carrying a bench").unwrap().warnings;
    assert_eq!(warnings, ["the bench should be held by the mouse, in the layout it is not"]);
    let prompt = "a nurse pushing a boy in a wheelchair";
    let (nurse, chair) = (boxes(prompt, "nurse pushing"), boxes(prompt, "wheelchair"));
    assert!(nurse[0].intersection(chair[0]) < 0.2 * nurse[0].area(), "{nurse:?} {chair:?}");
}

#[test]
fn what_small_animals_hold_is_small() {
    for (prompt, holder, thing) in [
        ("a hamster holding a sign", "hamster", "sign"),
        ("a gecko holding a flag", "gecko", "flag"),
        ("a squirrel holding a longbow", "squirrel", "longbow"),
    ] {
        let (holder, thing) = (boxes(prompt, holder)[0], boxes(prompt, thing)[0]);
        assert!(thing.intersection(holder) > 0.3 * thing.area(), "{prompt}: {thing:?} {holder:?}");
    }
}
