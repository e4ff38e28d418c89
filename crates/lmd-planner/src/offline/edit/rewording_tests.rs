//! One wish in many words has one effect, and what is denied, refused or so already is told.

use super::kinds_tests::{bbox, boxes, captions, conversation, refused, said};
use crate::offline::OfflinePlanner;
use crate::{Conversation, Planner};

/// A dog, a cat and a tree in a park.
fn park() -> Conversation {
    let objects = [
        ("a dog", [0.05, 0.6, 0.2, 0.25]),
        ("a cat", [0.35, 0.65, 0.2, 0.2]),
        ("a tree", [0.65, 0.2, 0.3, 0.65]),
    ];
    conversation(&objects, "A realistic scene of a park", "")
}

/// Two cups, a plate and a book on a table.
fn table() -> Conversation {
    let objects = [
        ("a table", [0.06, 0.4, 0.88, 0.55]),
        ("a cup", [0.1, 0.35, 0.12, 0.14]),
        ("a cup", [0.3, 0.35, 0.12, 0.14]),
        ("a plate", [0.5, 0.4, 0.18, 0.1]),
        ("a book", [0.74, 0.38, 0.15, 0.12]),
    ];
    conversation(&objects, "A realistic scene", "")
}

/// Every way to say it leads to one layout.
#[track_caller]
fn all_alike(of: &Conversation, plain: &str, ways: &[&str]) {
    let meant = said(of, plain).layout;
    for way in ways {
        assert_eq!(said(of, way).layout, meant, "{way}");
    }
}

#[test]
fn a_colour_is_wished_in_many_words() {
    let ways = [
        "could the dog be brown?",
        "can we make the dog brown",
        "I'd prefer the dog brown",
        "I think the dog should be brown",
        "it would be nice if the dog was brown",
        "make sure that the dog is brown",
        "the dog would look better in brown",
        "why not make the dog brown?",
        "how about making the dog brown?",
        "would you mind making the dog brown?",
        "the colour of the dog should be brown",
        "give the dog a brown colour",
        "dye the dog brown",
        "dog: brown",
        "brown dog",
        "I wish the dog was brown",
        "as for the dog, make it brown",
        "the dog needs to be brown, thanks",
    ];
    all_alike(&park(), "make the dog brown", &ways);
    all_alike(&table(), "make both cups blue", &["the cups could be blue", "I want the cups in blue"]);
    all_alike(&table(), "make the left cup bigger", &["bigger left cup"]);
}

#[test]
fn a_place_is_wished_in_many_words() {
    let ways = [
        "the dog belongs behind the cat",
        "can the dog go behind the cat?",
        "the dog behind the cat",
        "maybe put the dog behind the cat",
        "take the dog and put it behind the cat",
        "I want the dog moved behind the cat",
        "reposition the dog behind the cat",
        "the dog, put it behind the cat",
        "drop the dog behind the cat",
    ];
    all_alike(&park(), "put the dog behind the cat", &ways);
    let ways = [
        "let the dog trade places with the cat",
        "put the dog where the cat is and the cat where the dog is",
        "I want the dog and the cat swapped",
        "the dog and the cat the other way round",
    ];
    all_alike(&park(), "swap the dog and the cat", &ways);
}

#[test]
fn what_comes_and_goes_is_told_in_many_words() {
    let ways = [
        "I would love a bird",
        "let's have a bird",
        "the picture needs a bird",
        "I'm missing a bird",
        "a bird wouldn't hurt",
        "make sure there is a bird",
        "don't forget a bird",
        "add a bird to the picture",
        "there could be a bird",
    ];
    all_alike(&park(), "add a bird", &ways);
    let ways = [
        "lose the dog",
        "the dog is in the way",
        "I'd rather not have the dog",
        "the dog doesn't belong here",
        "it would look better without the dog",
        "leave the dog out",
        "I want the dog gone",
        "make the dog disappear",
        "there's no need for the dog",
    ];
    all_alike(&park(), "remove the dog", &ways);
    let ways = [
        "I'd rather have a fox than the dog",
        "substitute a fox for the dog",
        "the dog should become a fox",
        "I want the dog replaced by a fox",
        "could the dog be a fox?",
    ];
    all_alike(&park(), "replace the dog with a fox", &ways);
    let ways =
        ["there are no people", "keep people out", "it must not have any people", "people are not wanted"];
    all_alike(&park(), "no people", &ways);
    // The other cup stays, and so no cups are excluded.
    assert_eq!(said(&table(), "without the left cup").layout.negative(), "");
    assert_eq!(captions(&said(&park(), "nothing but the cat").layout), ["a cat"]);
    assert_eq!(boxes(&said(&table(), "there is one cup too many").layout, "a cup").len(), 1);
    assert_eq!(boxes(&said(&table(), "make them three").layout, "a cup").len(), 3);
}

#[test]
fn the_scene_is_wished_in_many_words() {
    let ways = [
        "it's night",
        "it should take place at night",
        "maybe at night",
        "let night fall",
        "I'd rather have it at night",
        "it is night now",
    ];
    all_alike(&park(), "make it night", &ways);
    let ways = ["it's raining", "let it rain", "add some rain", "it starts to rain", "could it rain?"];
    all_alike(&park(), "make it rainy", &ways);
    let ways = [
        "the background should be a beach",
        "on a beach",
        "they should be on a beach",
        "use a beach as background",
    ];
    all_alike(&park(), "change the background to a beach", &ways);
    // The weather leaves the time of day.
    let evening =
        conversation(&[("a boat", [0.2, 0.5, 0.4, 0.3])], "A realistic scene of a lake at sunset", "");
    let plan = said(&evening, "it's raining and the boat is wet");
    assert_eq!(plan.layout.background(), "A realistic scene of a lake at sunset in the rain");
    assert_eq!(captions(&plan.layout), ["a wet boat"]);
}

#[test]
fn what_is_denied_of_something_is_excluded() {
    let objects = [("a lit candle", [0.1, 0.5, 0.1, 0.3]), ("a man with a hat", [0.5, 0.2, 0.2, 0.7])];
    let room = conversation(&objects, "", "");
    let plan = said(&room, "the candle must not be lit");
    assert_eq!(captions(&plan.layout), ["a candle", "a man with a hat"]);
    assert_eq!(plan.layout.negative(), "lit candles");
    let plan = said(&room, "the man shouldn't wear a hat");
    assert_eq!((captions(&plan.layout)[1], plan.layout.negative()), ("a man", "hats"));
    refused(&room, "the man must not be looking at the candle");
}

#[test]
fn what_is_so_already_or_doubtful_is_told() {
    let plan = OfflinePlanner.revise(&table(), "align the cups at the bottom").unwrap();
    assert!(plan.warnings.iter().any(|note| note.contains("already")), "{plan:?}");
    assert_eq!(plan.layout, *table().layout());
    let told = refused(&table(), "the bigger cup should be red");
    assert!(told.contains("equally large"), "{told}");
    let plan = said(&park(), "there is a different animal beside the cat");
    assert!(plan.warnings.iter().any(|note| note.contains("different")), "{plan:?}");
}

#[test]
fn what_is_new_stands_where_it_belongs() {
    let plan = said(&table(), "add a candle");
    let (candle, under) = (bbox(&plan.layout, "a candle"), bbox(&plan.layout, "a table"));
    assert!(candle.y_max() > under.y() - 0.03 && candle.y_max() < under.y() + 0.4, "{plan:?}");
    let vase = conversation(&[("a vase", [0.4, 0.4, 0.2, 0.4])], "", "");
    let plan = said(&vase, "put three tulips in the vase");
    let tulips = boxes(&plan.layout, "a tulip");
    assert!(tulips.len() == 3 && tulips.iter().all(|tulip| tulip.y() < 0.4 && tulip.h() > 0.2), "{plan:?}");
    assert!(tulips.windows(2).all(|pair| pair[0].intersection(pair[1]) == 0.0), "{plan:?}");
    let chairs = [("a chair", [0.1, 0.4, 0.2, 0.4]), ("a chair", [0.6, 0.4, 0.2, 0.4])];
    let plan = said(&conversation(&chairs, "", ""), "add cushions to the chairs");
    assert_eq!(boxes(&plan.layout, "a cushion").len(), 2, "{plan:?}");
}

#[test]
fn what_a_caption_says_behind_its_noun_is_kept_or_goes_alone() {
    let bench = conversation(&[("a man reading a newspaper", [0.4, 0.2, 0.2, 0.6])], "", "");
    for (instruction, caption) in
        [("turn the man into a woman", "a woman reading a newspaper"), ("drop the newspaper", "a man")]
    {
        assert_eq!(captions(&said(&bench, instruction).layout), [caption], "{instruction}");
    }
    let plan = said(&table(), "one cup should be red, the other one blue");
    assert_eq!(captions(&plan.layout)[1..3], ["a red cup", "a blue cup"]);
    let told = said(&park(), "turn the dog on").warnings;
    assert!(told.is_empty(), "{told:?}");
}
