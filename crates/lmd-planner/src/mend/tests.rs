//! After mending no stated fact is broken, or what is left is told; what broke
//! nothing stays to the bit.

use lmd_layout::{BBox, Layout, Object};
use proptest::prelude::*;

use super::*;
use crate::offline::OfflinePlanner;
use crate::{Planner, english};

fn layout(objects: &[(&str, [f64; 4])], background: &str, negative: &str) -> Layout {
    let object = |(caption, [x, y, w, h]): &(&str, [f64; 4])| {
        Object::new(caption, BBox::new(*x, *y, *w, *h).unwrap()).unwrap()
    };
    Layout::new(objects.iter().map(object).collect(), background, negative).unwrap()
}

/// The layout after mending; nothing may be violated then.
fn mend(prompt: &str, layout: &Layout) -> Mended {
    let facts = PromptFacts::of(prompt);
    let mended = mended(&facts, layout);
    assert_eq!(facts.violated_by(&mended.layout), [""; 0], "{prompt}: {:?}", mended.layout);
    mended
}

fn captions(mended: &Mended) -> Vec<&str> {
    mended.layout.objects().iter().map(|object| object.caption.as_str()).collect()
}

const LEFT: [f64; 4] = [0.05, 0.5, 0.3, 0.35];
const RIGHT: [f64; 4] = [0.6, 0.5, 0.3, 0.35];
const PLAIN: &str = "A realistic scene";

#[test]
fn what_a_weak_model_left_out_comes_back() {
    // What a real 1.5 B model answered.
    let answer = layout(&[("a cat", LEFT), ("a cat", RIGHT)], PLAIN, "ships");
    let done = mend("two cats on a sofa under a painting of a ship", &answer);
    assert_eq!(done.layout.negative(), "");
    assert!(
        captions(&done).contains(&"a sofa") && captions(&done).iter().any(|c| c.starts_with("a painting"))
    );
    assert_eq!(done.layout.objects()[..2], answer.objects()[..2]);
    let sofa = done.layout.objects().iter().find(|o| o.caption.as_str() == "a sofa").unwrap();
    assert!(sofa.bbox.w() > 0.2 && sofa.bbox.h() > 0.1, "{sofa:?}");
    assert_eq!(
        done.notes.iter().filter(|note| note.starts_with("repaired: added")).count(),
        2,
        "{:?}",
        done.notes
    );
}

#[test]
fn boxes_move_as_little_as_a_relation_needs() {
    let answer = layout(&[("a cat", LEFT), ("a dog", RIGHT), ("a tree", [0.4, 0.0, 0.15, 0.4])], PLAIN, "");
    let done = mend("a cat to the right of a dog, and a tree", &answer);
    assert_eq!(done.layout.objects()[2], answer.objects()[2]);
    assert!(done.notes[0].contains("moved \"a cat\""), "{:?}", done.notes);
    let near = layout(&[("a cat", [0.30, 0.1, 0.3, 0.3]), ("a dog", [0.32, 0.5, 0.3, 0.3])], PLAIN, "");
    let done = mend("a cat to the right of a dog", &near);
    let way: f64 =
        done.layout.objects().iter().zip(near.objects()).map(|(a, b)| (a.bbox.x() - b.bbox.x()).abs()).sum();
    assert!((0.05..0.1).contains(&way), "{way}");
}

#[test]
fn what_rests_on_a_moved_thing_goes_along() {
    let answer = layout(
        &[
            ("a table", [0.05, 0.5, 0.35, 0.4]),
            ("a vase", [0.15, 0.35, 0.1, 0.2]),
            ("a dog", [0.6, 0.6, 0.3, 0.3]),
        ],
        PLAIN,
        "",
    );
    let done = mend("a vase on a table, and the table is to the right of a dog", &answer);
    let [table, vase] = [done.layout.objects()[0].bbox, done.layout.objects()[1].bbox];
    assert!(
        table.intersection(vase) > 0.0 && (vase.x() - table.x() - 0.1).abs() < 1e-9,
        "{table:?} {vase:?}"
    );
}

#[test]
fn counts_are_made_right_in_both_directions() {
    let three = layout(&[("a dog", LEFT), ("a dog", RIGHT), ("a dog", [0.62, 0.52, 0.3, 0.35])], PLAIN, "");
    let done = mend("two dogs", &three);
    assert_eq!(done.layout.objects(), &three.objects()[..2], "the one that covers another goes");
    let done = mend("four dogs", &three);
    assert_eq!(captions(&done), ["a dog"; 4]);
    assert_eq!(done.layout.objects()[..3], three.objects()[..3]);
}

#[test]
fn what_is_excluded_goes_and_the_negative_prompt_says_so() {
    let answer = layout(&[("a street", LEFT), ("a car", RIGHT)], "A city with cars", "");
    let done = mend("a street without cars", &answer);
    assert_eq!(
        (captions(&done), done.layout.negative(), done.layout.background()),
        (vec!["a street"], "cars", "A city")
    );
}

#[test]
fn attributes_are_written_into_captions() {
    let answer =
        layout(&[("a car", LEFT), ("a sports car", RIGHT), ("a blue bus", [0.4, 0.1, 0.2, 0.2])], PLAIN, "");
    let done = mend("two red cars and a green bus", &answer);
    assert_eq!(captions(&done), ["a red car", "a red sports car", "a green bus"]);
    let apples = layout(&[("an apple", LEFT), ("an apple", RIGHT)], PLAIN, "");
    let done = mend("a red apple to the right of a green apple", &apples);
    assert_eq!(captions(&done), ["a green apple", "a red apple"], "no box has to move: {:?}", done.notes);
}

#[test]
fn a_background_loses_what_has_a_box() {
    let objects = [("a red car", LEFT), ("a green bottle", RIGHT), ("a green bottle", [0.6, 0.1, 0.3, 0.35])];
    let prompt = "a red car to the left of two green bottles on a beach";
    let done = mend(prompt, &layout(&objects, "A beach with a red car and palm trees", ""));
    assert_eq!(done.layout.background(), "A beach with palm trees");
    let done = mend(prompt, &layout(&objects, "A red car on a beach", ""));
    assert_eq!(done.layout.background(), "A realistic scene of a beach");
    let kitchen = layout(&[("a cat", LEFT), ("a kitchen counter", RIGHT)], "A kitchen counter", "");
    assert_eq!(mend("a cat in front of a kitchen counter", &kitchen).layout.objects().len(), 2);
}

#[test]
fn a_style_that_was_dropped_comes_back_into_every_prompt() {
    let styled = |prompt: &str, background: &str| {
        let done = mend(prompt, &layout(&[("a fox", LEFT), ("a hen", RIGHT)], background, ""));
        let prompts = lmd_layout::convert_spec(&done.layout, lmd_layout::Fidelity::default()).per_box;
        assert!(prompts.iter().all(|one| one.prompt.starts_with(done.layout.background())), "{prompts:?}");
        done.layout.background().to_owned()
    };
    let prompt = "a watercolor painting of a fox and a hen in a forest, cinematic lighting";
    let wanted = "A watercolor painting of a forest, cinematic lighting";
    assert_eq!(styled(prompt, "A realistic scene of a forest"), wanted);
    assert_eq!(styled(prompt, "A forest"), wanted);
    assert_eq!(styled(prompt, wanted), wanted);
    assert_eq!(styled("pixel art of a fox and a hen", "A realistic scene"), "Pixel art of a scene");
    assert_eq!(styled("a fox and a hen", "A photo of a yard"), "A photo of a yard");
}

#[test]
fn what_cannot_be_repaired_is_left_to_the_warning() {
    let facts = PromptFacts::of("a cat to the left of a dog, the dog is to the left of the cat");
    let answer = layout(&[("a cat", LEFT), ("a dog", RIGHT)], PLAIN, "");
    let done = mended(&facts, &answer);
    assert_eq!(done.layout, answer);
    assert_eq!(facts.violated_by(&done.layout).len(), 1);
}

/// Found by the property below: the background must not stand for one of two dogs.
#[test]
fn too_many_are_too_many_beside_a_background_that_names_them() {
    const SMALL: [f64; 4] = [0.0, 0.0, 0.08, 0.08];
    let answer = layout(&[("a dog", SMALL), ("a dog", SMALL)], "A beach with a dog", "cats");
    let done = mend("a cat on the left and a dog on the right", &answer);
    assert_eq!(captions(&done).iter().filter(|caption| **caption == "a dog").count(), 1, "{done:?}");
}

/// Sentences with many kinds of facts, all of which can be met.
const SENTENCES: [&str; 12] = [
    "a cat to the left of a dog",
    "a red car to the right of two green bottles",
    "three apples in a bowl on a table",
    "a bird above a house and a dog below the bird",
    "a cat on the left and a dog on the right",
    "a lamp between a chair and a sofa",
    "five white ducks on a lake without boats",
    "a black horse and a brown horse, no people",
    "a clock at the top and a vase at the bottom",
    "an oil painting of a fox to the left of a stone well",
    "a bear in the middle, a tree on the left, a river",
    "a boy holding a red balloon next to a girl",
];
const CAPTIONS: [&str; 16] = [
    "a cat",
    "a dog",
    "a red car",
    "a car",
    "a green bottle",
    "an apple",
    "a bowl",
    "a bird",
    "a house",
    "a lamp",
    "a chair",
    "a duck",
    "a black horse",
    "a horse",
    "a boat",
    "a person",
];

fn any_box() -> impl Strategy<Value = BBox> {
    (0.0..0.8f64, 0.0..0.8f64, 0.08..0.6f64, 0.08..0.6f64)
        .prop_map(|(x, y, w, h)| BBox::new(x, y, w.min(1.0 - x), h.min(1.0 - y)).unwrap())
}

fn any_layout() -> impl Strategy<Value = Layout> {
    let object =
        (prop::sample::select(&CAPTIONS[..]), any_box()).prop_map(|(c, b)| Object::new(c, b).unwrap());
    let texts = (
        prop::sample::select(vec![PLAIN, "A beach with a dog", "A lake", ""]),
        prop::sample::select(vec!["", "cats", "boats, blurry"]),
    );
    (prop::collection::vec(object, 0..7), texts)
        .prop_map(|(objects, (background, negative))| Layout::new(objects, background, negative).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn after_mending_every_stated_fact_holds(sentence in prop::sample::select(&SENTENCES[..]), answer in any_layout()) {
        let facts = PromptFacts::of(sentence);
        let done = mended(&facts, &answer);
        let left = facts.violated_by(&done.layout);
        prop_assert!(left.is_empty(), "{}: {:?}\n{:?}\n{:?}", sentence, left, answer, done.layout);
        prop_assert_eq!(mended(&facts, &done.layout).layout, done.layout, "mending once is enough");
    }

    #[test]
    fn what_breaks_nothing_does_not_move(sentence in prop::sample::select(&SENTENCES[..]), extra in any_box()) {
        let mut plan = OfflinePlanner.plan(sentence).unwrap().layout;
        let facts = PromptFacts::of(sentence);
        prop_assert_eq!(mended(&facts, &plan), Mended { layout: plan.clone(), notes: Vec::new() });
        // A bystander no fact is about stays whatever else is repaired.
        let other = Object::new("a zeppelin", extra).unwrap();
        let mut objects = plan.objects().to_vec();
        objects.remove(0);
        objects.push(other.clone());
        plan = Layout::new(objects, plan.background(), plan.negative()).unwrap();
        let done = mended(&facts, &plan);
        prop_assert!(done.layout.objects().contains(&other));
    }

    #[test]
    fn prompts_that_are_not_understood_change_nothing(answer in any_layout()) {
        let facts = PromptFacts::of("一只猫在狗的右边");
        prop_assert!(english::is_foreign("一只猫在狗的右边"));
        let kept = mended(&facts, &answer).layout;
        prop_assert_eq!(kept.objects(), answer.objects());
    }
}
