//! What is at, around and in something fits it: chairs at a table, flowers in a vase, a worm in an apple.

use super::placing_tests::boxes;

#[test]
fn chairs_and_guests_are_at_the_table() {
    for (prompt, who) in [
        ("a long table with six chairs", "chair"),
        ("four stools around a table", "stool"),
        ("a family of four sitting at a dinner table", "person"),
        ("two chairs at a round table", "chair"),
        ("a man sitting at a table", "man"),
    ] {
        let table = boxes(prompt, "table")[0];
        for one in boxes(prompt, who) {
            assert!(one.intersection(table) > 0.0, "{prompt}: {one:?} {table:?}");
            assert!(one.center().1 < table.y_max() + 0.1, "{prompt}: {one:?} {table:?}");
        }
    }
}

#[test]
fn what_is_in_a_vessel_rises_out_of_it() {
    for (prompt, thing, vessel) in [
        ("a vase with three flowers", "flower", "vase"),
        ("a straw in a glass", "straw", "glass"),
        ("five tulips in a glass vase", "tulip", "vase"),
        ("a jar of pencils next to a cup with a spoon in it", "spoon", "cup"),
    ] {
        let vessel = boxes(prompt, vessel)[0];
        for one in boxes(prompt, thing) {
            assert!(one.y() < vessel.y() + 0.03 && one.y_max() > vessel.y(), "{prompt}: {one:?} {vessel:?}");
        }
        assert!(vessel.w() < 0.6, "{prompt}: {vessel:?}");
    }
}

#[test]
fn parts_are_smaller_than_the_whole() {
    for (prompt, part, whole) in [
        ("a worm coming out of an apple", "worm", "apple"),
        ("a wine glass with a strawberry on the rim", "strawberry on the rim", "glass"),
        ("steam rising from a cup", "steam", "cup"),
        ("a tiny house on the back of a giant turtle", "house", "turtle"),
        ("melted cheese hanging from a slice of pizza", "cheese", "pizza"),
    ] {
        let (part, whole) = (boxes(prompt, part)[0], boxes(prompt, whole)[0]);
        assert!(part.area() < whole.area(), "{prompt}: {part:?} {whole:?}");
    }
    let cubes = boxes("a stack of two cubes", "cube");
    assert!(cubes.iter().all(|cube| cube.w() < 1.2 * cube.h()), "{cubes:?}");
}

#[test]
fn who_is_beside_somebody_carried_stands_beside_what_carries_him() {
    let prompt = "a nurse pushing a man in a wheelchair past a fountain";
    let (nurse, chair) = (boxes(prompt, "pushing")[0], boxes(prompt, "wheelchair")[0]);
    assert!(nurse.x_max() <= chair.x() || nurse.x() >= chair.x_max(), "{nurse:?} {chair:?}");
    let prompt = "a man standing next to luggage on a platform";
    let (man, platform) = (boxes(prompt, "man")[0], boxes(prompt, "platform")[0]);
    assert!(man.x() >= platform.x() && man.x_max() <= platform.x_max(), "{man:?} {platform:?}");
    let lap = boxes("a cat on the girl's lap", "lap")[0];
    let girl = boxes("a cat on the girl's lap", "girl")[0];
    assert!(lap.center().1 > girl.center().1, "{lap:?} {girl:?}");
}
