//! What is put on somebody, and what alone is to stay.

use super::kinds_tests::{bbox, captions, said};
use crate::Conversation;
use crate::offline::OfflinePlanner;

fn planned(prompt: &str) -> Conversation {
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
