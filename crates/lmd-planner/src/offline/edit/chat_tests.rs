//! Instructions as people type them after they have seen a picture.

use super::kinds_tests::captions;
use crate::offline::OfflinePlanner;
use crate::{Conversation, Plan, PlanError, Reply, Wishes};

/// What comes of a prompt and of what is said about it in turn.
fn told(prompt: &str, said: &[&str]) -> Result<Plan, PlanError> {
    let (mut talk, mut plan) = Conversation::start(&OfflinePlanner, prompt).unwrap();
    for said in said {
        match talk.respond(&OfflinePlanner, said, &Wishes::default())? {
            Reply::Layout(next) => plan = next,
            Reply::Answer(answer) => panic!("{said}: {answer:?}"),
        }
    }
    Ok(plan)
}

/// Captions in the order of the alphabet, and the background.
fn shown(prompt: &str, said: &str) -> (String, String) {
    let plan = told(prompt, &[said]).unwrap_or_else(|error| panic!("{prompt}: {said}: {error}"));
    let mut all = captions(&plan.layout);
    all.sort();
    (all.join(", "), plan.layout.background().to_owned())
}

#[test]
fn captions_come_as_they_are_asked_for() {
    for (prompt, said, right) in [
        ("a butterfly on a flower", "bluer", "a blue butterfly, a flower"),
        ("a green bottle next to a glass", "not green, brown", "a brown bottle, a glass"),
        ("a house with a red roof", "blue roof not red", "a house with a blue roof"),
        ("a girl in a yellow raincoat", "swap yellow for purple", "a girl in a purple raincoat"),
        (
            "three balloons",
            "make one red, one blue and one yellow",
            "a blue balloon, a red balloon, a yellow balloon",
        ),
        ("two parrots on a perch", "one is red, the other is blue", "a blue parrot, a perch, a red parrot"),
        ("a boy flying a kite", "make him smile \u{1F600}", "a flying kite, a smiling boy"),
        (
            "a teacher in front of a blackboard",
            "write \"hello\" on the board",
            "a blackboard saying hello, a teacher",
        ),
        ("a horse in a field", "turn it around so it faces left", "a horse facing left"),
        ("a monkey with a banana", "the monkey should eat it", "a banana, a monkey eating the banana"),
        ("a robot", "give it 4 arms", "a robot with 4 arms"),
        (
            "a fire truck in front of a building",
            "the building should be on fire",
            "a burning building, a fire truck",
        ),
        ("an old man with a dog", "he's too old, make him younger", "a dog, a young man"),
        ("a tree with apples", "swap apples for pears", "a pear, a pear, a pear, a tree"),
        ("a street with parked cars", "nobody wants cars, get them out", ""),
        ("a beach with umbrellas", "make half of them blue", "a blue umbrella, a blue umbrella, an umbrella"),
        ("a penguin on an iceberg", "he looks lonely, give him a friend", "a penguin, a penguin, an iceberg"),
        ("a glass vase", "can we make the vase out of clay", "a clay vase"),
        ("a lion", "the lion's mane should be darker", "a lion with a dark mane"),
        ("a waitress", "make her older with grey hair", "an old waitress with grey hair"),
        ("a queen and a knight", "the knight should kneel before the queen", "a kneeling knight, a queen"),
        (
            "a couple under an umbrella",
            "one umbrella is not enough, add another",
            "a couple, an umbrella, an umbrella",
        ),
        ("an old bus", "paint flowers on it", "an old bus with painted flowers"),
        ("a bridge over a river", "stone bridge, not wood", "a river, a stone bridge"),
        ("a puppy in a basket", "now with three of them", "a basket, a puppy, a puppy, a puppy"),
    ] {
        assert_eq!(shown(prompt, said).0, right, "{prompt}: {said}");
    }
}

#[test]
fn the_background_changes_and_things_stay() {
    for (prompt, said, right) in [
        ("a snowy field with a wolf", "no snow, sand instead", "A realistic scene of a field of sand"),
        ("a fox in the snow", "snow -> leaves", "A realistic scene of leaves"),
        ("a pirate ship at sea", "stormier pls", "A realistic scene of a sea in a storm"),
        (
            "a deer in a forest",
            "it's too dark, brighten it up",
            "A realistic scene of a forest in bright light",
        ),
        (
            "a cottage in a field of lavender",
            "could it be sunflowers instead of lavender?",
            "A realistic scene of a field of sunflowers",
        ),
        (
            "a fox on a road through a forest",
            "make the forest bigger",
            "A realistic scene of a road in a large forest",
        ),
        ("a canoe on a lake", "now from above", "A scene seen from above of a lake"),
        ("a man in the rain", "stop the rain", "A realistic scene"),
    ] {
        let (captions, background) = shown(prompt, said);
        assert_eq!(background, right, "{prompt}: {said}");
        assert!(!captions.is_empty(), "{prompt}: {said}");
    }
}

#[test]
fn what_is_meant_is_found() {
    for (prompt, said) in [
        (
            "a couple dancing on a beach with some people in the background",
            "get rid of the people in the back",
        ),
        ("a bench and a tree in a meadow", "move it over there by the tree"),
        (
            "a bowl of fruit, an apple, an orange and a grape on a table",
            "arrange the fruit in a row from small to large",
        ),
        ("a girl with a balloon", "the persons hand should hold a flower too"),
        ("a cat, a dog and a rabbit in a row", "put the rabbit first"),
        ("a car in front of a house", "shouldn't the car be behind the house?"),
        ("a bird on a wire", "way more birds"),
        ("a kitten in a box", "take it out and put it beside the box"),
        ("a soldier on a horse", "get him off the horse, he should stand next to it"),
        ("a pineapple, a banana and a mango", "the banana in front of the other two"),
        ("a cup of tea on a tray", "add a cookie next to it"),
        ("a garden gnome next to a pond", "a bit more to the left with the gnome"),
        ("a dog on a beach", "don't move the dog, just add a ball to its right"),
    ] {
        let plan = told(prompt, &[said]).unwrap_or_else(|error| panic!("{prompt}: {said}: {error}"));
        assert!(!plan.layout.objects().is_empty(), "{prompt}: {said}");
        assert!(!plan.warnings.iter().any(|note| note.contains("left out")), "{prompt}: {said}: {plan:?}");
    }
    let soldier =
        told("a soldier on a horse", &["get him off the horse, he should stand next to it"]).unwrap();
    assert_eq!(captions(&soldier.layout), ["a horse", "a soldier"]);
}

#[test]
fn what_cannot_be_read_is_refused() {
    for (prompt, said) in [
        ("a dog in a garden", "\u{1F436} -> \u{1F431}"),
        ("a dog in a garden", "replace the dog with \u{1F431}"),
        ("a fox and a hen", "zorben it up"),
    ] {
        assert!(told(prompt, &[said]).is_err(), "{prompt}: {said}");
    }
}
