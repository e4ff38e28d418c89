//! What rests on something goes with it, whatever moves it; what is new finds room at its size.

use super::kinds_tests::{bbox, boxes, said};
use super::wearing_tests::planned;

#[test]
fn what_rests_on_something_goes_with_it() {
    for (prompt, instruction, rider, under) in [
        ("a mermaid on a rock", "move the rock to the left", "a mermaid", "a rock"),
        ("a man on a horse", "move the horse to the left", "a man", "a horse"),
        ("a red ball on top of a blue cube", "make the cube larger", "a red ball", "a blue cube"),
        ("a frog on a lily pad", "more lily pads", "a frog", "a lily pad"),
        (
            "a lighthouse on a cliff",
            "add a small boat to the left of the lighthouse",
            "a lighthouse",
            "a cliff",
        ),
    ] {
        let before = planned(prompt);
        let after = said(&before, instruction).layout;
        let (top, held) = (bbox(&after, rider), bbox(&after, under));
        assert_ne!(held, bbox(before.layout(), under), "{instruction}: {after:?}");
        assert!((held.x()..held.x_max()).contains(&top.center().0), "{instruction}: {after:?}");
        let feet = held.y() - 0.03..held.y() + 0.85 * held.h();
        assert!(feet.contains(&top.y_max()), "{instruction}: {after:?}");
    }
    let vase = said(&planned("a vase with flowers on a table"), "put the vase on the floor").layout;
    let holder = bbox(&vase, "a vase");
    assert!(boxes(&vase, "a flower").iter().all(|flower| flower.intersection(holder) > 0.0), "{vase:?}");
    let swing = said(&planned("a tree with a swing"), "move the tree to the left").layout;
    let (tree, swing) = (bbox(&swing, "a tree"), bbox(&swing, "a swing"));
    assert!(swing.intersection(tree) > 0.9 * swing.area(), "{swing:?} {tree:?}");
}

#[test]
fn what_is_new_is_as_large_as_its_like() {
    let stop = planned("a bus at a bus stop with two people waiting");
    let plan = said(&stop, "add one more person");
    let (new, like) = (bbox(&plan.layout, "a person"), bbox(&plan.layout, "a person waiting"));
    assert!(new.h() > 0.8 * like.h() && (new.y_max() - like.y_max()).abs() < 0.1, "{plan:?}");
    assert!(plan.warnings.iter().any(|note| note.starts_with("everything else")), "{plan:?}");
    let plan = said(&planned("a girl holding a balloon"), "give her three balloons instead");
    let held = boxes(&plan.layout, "a balloon");
    assert!(held.len() == 3 && held.windows(2).all(|pair| pair[0].h() == pair[1].h()), "{plan:?}");
    let plan = said(&planned("a hot air balloon over a valley"), "add two more balloons");
    assert_eq!(boxes(&plan.layout, "a hot air balloon").len(), 3, "{plan:?}");
}

#[test]
fn who_and_what_is_meant() {
    let goat =
        said(&planned("a goat on a rock and a wolf below"), "make the goat bigger, not the wolf").layout;
    assert!(!boxes(&goat, "a wolf").is_empty() && goat.negative().is_empty(), "{goat:?}");
    let bats = said(&planned("a vampire in a castle with three bats"), "all but one bat should go").layout;
    let left = [boxes(&bats, "a bat").len(), boxes(&bats, "a vampire").len(), boxes(&bats, "a castle").len()];
    assert_eq!(left, [1, 1, 1], "{bats:?}");
    let pig = said(&planned("a hamster in a wheel"), "no, I meant a guinea pig").layout;
    assert_eq!(boxes(&pig, "a guinea pig").len(), 1, "{pig:?}");
    let desk = said(
        &planned("a typewriter and a lamp on a desk"),
        "put the typewriter on the other side of the lamp",
    );
    let (one, other) = (bbox(&desk.layout, "a typewriter"), bbox(&desk.layout, "a lamp"));
    assert!(one.x() >= other.x_max() - 0.01, "{desk:?}");
    let hats = said(&planned("a dog and a cat"), "add a hat to each of them").layout;
    assert_eq!(boxes(&hats, "a hat").len(), 2, "{hats:?}");
    let moon = said(&planned("a witch in a forest"), "add a full moon behind the witch").layout;
    let (disc, body) = (bbox(&moon, "a full moon"), bbox(&moon, "a witch"));
    assert!(disc.intersection(body) > 0.7 * body.area(), "{moon:?}");
    let behind = said(&planned("a tiger and a lion"), "put the tiger behind the lion").layout;
    let (tiger, lion) = (bbox(&behind, "a tiger"), bbox(&behind, "a lion"));
    let shared = tiger.intersection(lion);
    assert!(shared > 0.0 && shared < 0.6 * tiger.area(), "{behind:?}");
}
