//! What is put on somebody, and what alone is to stay.

use super::kinds_tests::{bbox, captions, said};
use crate::offline::OfflinePlanner;
use crate::{Conversation, Reply, Wishes};

pub(super) fn planned(prompt: &str) -> Conversation {
    Conversation::start(&OfflinePlanner, prompt).unwrap().0
}

#[test]
fn what_is_worn_is_small_and_at_its_part_of_the_body() {
    for (prompt, instruction, wearer, worn) in [
        ("a cat on a sofa", "put a bow tie on the cat", "a cat", "a bow tie"),
        ("a dog on a rug", "add a red collar to the dog", "a dog", "a red collar"),
        ("a man on a bench", "put a scarf on him", "a man", "a scarf"),
        ("a cow in a field", "give the cow a bell", "a cow", "a bell"),
        ("a woman next to a car", "put a necklace on the woman", "a woman", "a necklace"),
        ("a man on a bench", "put a watch on the man", "a man", "a watch"),
    ] {
        let layout = said(&planned(prompt), instruction).layout;
        let (who, what) = (bbox(&layout, wearer), bbox(&layout, worn));
        assert!(who.intersection(what) > 0.95 * what.area(), "{instruction}: {layout:?}");
        assert!(what.area() < 0.15 * who.area(), "{instruction}: {layout:?}");
        assert!(what.center().1 < who.y() + 0.6 * who.h(), "{instruction}: {layout:?}");
    }
}

#[test]
fn pairs_are_worn_in_the_caption_and_other_things_lie_on_somebody() {
    let boots = said(&planned("a girl and a boy"), "put boots on the girl").layout;
    assert_eq!(captions(&boots), ["a girl wearing boots", "a boy"]);
    for (prompt, instruction, new) in [
        ("a cat on a sofa", "put a ball on the cat", "a ball"),
        ("a table with a vase", "put a hat on the table", "a hat"),
    ] {
        let layout = said(&planned(prompt), instruction).layout;
        assert!(captions(&layout).contains(&new), "{instruction}: {layout:?}");
    }
}

#[test]
fn what_alone_is_to_stay_is_kept_whatever_the_verb() {
    for instruction in [
        "clear everything away except for the sofa",
        "take everything away except the sofa",
        "throw everything out but the sofa",
        "everything goes except the sofa",
        "tidy everything up apart from the sofa",
        "clear it all away save the sofa",
        "get rid of all of it but the sofa",
        "everything should go except the sofa",
    ] {
        let layout = said(&planned("a sofa, a cat and a lamp"), instruction).layout;
        assert_eq!(captions(&layout), ["a sofa"], "{instruction}");
    }
    let layout = said(&planned("a sofa, a cat and a lamp"), "clear the lamp away").layout;
    assert_eq!(captions(&layout), ["a sofa", "a cat"]);
    for instruction in ["move everything except the sofa to the left", "make everything red except the sofa"]
    {
        let said = planned("a sofa, a cat and a lamp").say(&OfflinePlanner, instruction);
        assert!(said.is_err() || said.is_ok_and(|plan| plan.layout.objects().len() == 3), "{instruction}");
    }
}

/// The captions after instructions said one after another, and what it says behind the first.
fn after_all(prompt: &str, instructions: &[&str]) -> (Vec<String>, String) {
    let mut talk = planned(prompt);
    for instruction in instructions {
        let reply = talk.respond(&OfflinePlanner, instruction, &Wishes::default());
        assert!(matches!(reply, Ok(Reply::Layout(_))), "{prompt}: {instruction}: {reply:?}");
    }
    (captions(talk.layout()).iter().map(ToString::to_string).collect(), talk.layout().background().to_owned())
}

#[test]
fn what_is_added_to_somebody_or_is_a_part_belongs_to_them() {
    for (prompt, instructions, then) in [
        (
            "a snowman in a garden",
            vec!["add a scarf and a top hat to the snowman"],
            vec!["a snowman", "a scarf", "a top hat"],
        ),
        (
            "a man and a woman",
            vec!["add a hat and sunglasses to the woman"],
            vec!["a man", "a woman wearing sunglasses", "a hat"],
        ),
        (
            "a man in a park",
            vec!["add a hat", "add glasses", "add a beard"],
            vec!["a man wearing glasses with a beard", "a hat"],
        ),
        (
            "a house",
            vec!["add a chimney", "add a door", "make it a brick house"],
            vec!["a brick house with a chimney and a door"],
        ),
        ("a cat on a sofa", vec!["add a window"], vec!["a sofa", "a cat", "a window"]),
        ("a llama", vec!["give it sunglasses", "make them pink"], vec!["a llama with pink sunglasses"]),
        ("a fox", vec!["give it a pair of glasses", "remove the glasses"], vec!["a fox"]),
        (
            "a rabbit wearing a waistcoat",
            vec!["take off the waistcoat", "put on a raincoat"],
            vec!["a rabbit", "a raincoat"],
        ),
    ] {
        assert_eq!(after_all(prompt, &instructions).0, then, "{prompt}: {instructions:?}");
    }
    for (prompt, instruction, wearer, worn) in [
        ("a snowman in a garden", "add a red scarf and a top hat to the snowman", "a snowman", "a red scarf"),
        ("a brown dog on a rug", "put a bow tie on it", "a brown dog", "a bow tie"),
        ("a pirate", "add an eye patch and a parrot on his shoulder", "a pirate", "an eye patch"),
        ("a man and a woman", "add a hat and sunglasses to the woman", "a woman wearing sunglasses", "a hat"),
        ("a man with a guitar on a stage", "replace the guitar with a trumpet", "a man", "a trumpet"),
        ("a king on a throne", "add a crown", "a king", "a crown"),
        ("a barn", "add a rooster on the roof", "a barn", "a rooster"),
    ] {
        let layout = said(&planned(prompt), instruction).layout;
        let (who, what) = (bbox(&layout, wearer), bbox(&layout, worn));
        assert!(who.intersection(what) > 0.2 * what.area(), "{instruction}: {layout:?}");
    }
}

/// Whether the captions are those, in any order.
fn comes_to(rows: &[(&str, &[&str], &[&str])]) {
    for (prompt, instructions, then) in rows {
        let mut now = after_all(prompt, instructions).0;
        let mut then: Vec<String> = then.iter().map(ToString::to_string).collect();
        now.sort();
        then.sort();
        assert_eq!(now, then, "{prompt}: {instructions:?}");
    }
}

#[test]
fn an_instruction_without_a_name_is_about_what_the_prompt_is_about() {
    comes_to(&[
        ("a penguin on an ice floe", &["two more"], &["an ice floe", "a penguin", "a penguin", "a penguin"]),
        ("a red car in front of a house", &["in blue"], &["a house", "a blue car"]),
        ("a tiger behind a bush", &["make it white"], &["a white tiger", "a bush"]),
        ("three ducks on a pond", &["same but with four"], &["a duck", "a duck", "a duck", "a duck"]),
        ("a red ball, a blue cube and a red book", &["get rid of anything red"], &["a blue cube"]),
        (
            "a kitchen",
            &["add a fridge, a stove and a sink", "remove the second one"],
            &["a fridge", "a sink"],
        ),
        ("a cup of coffee on a saucer", &["turn it into tea"], &["a saucer", "a cup of tea"]),
        ("a plate with a steak", &["change the steak to fish"], &["a plate", "a fish"]),
        (
            "a tree and a bench",
            &["put a bird on the bench", "and another on the tree"],
            &["a tree", "a bench", "a bird", "a bird"],
        ),
        (
            "a boy and a girl",
            &["give the girl a balloon and the boy a kite"],
            &["a boy", "a girl", "a balloon", "a kite"],
        ),
        ("a dog and a ball", &["hide the ball behind the dog"], &["a dog", "a ball"]),
    ]);
    let left = said(&planned("a turtle on a beach"), "on the left").layout;
    assert!(bbox(&left, "a turtle").center().0 < 0.4, "{left:?}");
    let near = planned("a lamp on a desk");
    let then = said(&near, "closer").layout;
    assert!(bbox(&then, "a lamp").area() > 1.2 * bbox(near.layout(), "a lamp").area(), "{then:?}");
}

#[test]
fn what_is_said_in_few_words_is_done_to_what_is_meant() {
    comes_to(&[
        ("a heron in a marsh", &["three more", "remove two"], &["a heron", "a heron"]),
        (
            "two pigeons on a fountain",
            &["one less", "another two"],
            &["a fountain", "a pigeon", "a pigeon", "a pigeon"],
        ),
        ("a golden retriever on a lawn", &["change the breed to a poodle"], &["a poodle"]),
        ("a toy train on a carpet", &["no, a toy plane"], &["a carpet", "a toy plane"]),
        (
            "a wizard and a witch",
            &["give each of them a wand", "make the witch's wand purple"],
            &["a wizard", "a witch", "a wand", "a purple wand"],
        ),
        (
            "a baker in a bakery",
            &["with a big moustache", "holding a baguette"],
            &["a baker with a big moustache", "a baguette"],
        ),
        ("a stormy sea with a sailboat", &["remove the boat"], &[]),
        ("a barn", &["make it older"], &["an old barn"]),
        ("an anime girl in a city", &["not anime"], &["a girl"]),
        (
            "a red tulip, a white rose and a red poppy in a vase",
            &["nothing red"],
            &["a vase", "a white rose"],
        ),
        (
            "a man with a guitar on a stage",
            &["replace the guitar with a trumpet"],
            &["a man", "a stage", "a trumpet"],
        ),
        ("a sailor with a pipe", &["remove the pipe", "give it back to him"], &["a sailor", "a pipe"]),
        (
            "a nurse in a hospital",
            &["make her wear a mask and hold a clipboard"],
            &["a nurse wearing a mask", "a clipboard"],
        ),
    ]);
}

#[test]
fn a_style_goes_and_a_season_leaves_no_other_behind() {
    for (prompt, instructions, then) in [
        ("a watercolor of a swan on a lake", vec!["not as a watercolor"], "A realistic scene of a lake"),
        ("a city skyline", vec!["black and white", "in colour again"], "A realistic scene of a city skyline"),
        ("a photo of a lighthouse", vec!["as a cartoon", "back to a photo"], "A photo of a scene"),
        ("a snowy village", vec!["make it summer"], "A realistic scene of a village in summer"),
        (
            "a rainy street with a taxi",
            vec!["make it sunny"],
            "A realistic scene of a street in the sunshine",
        ),
        (
            "a forest path",
            vec!["add fog, two deer and a stream"],
            "A realistic scene of a forest path with fog and a stream",
        ),
    ] {
        assert_eq!(after_all(prompt, &instructions).1, then, "{prompt}: {instructions:?}");
    }
}
