//! Sentences and what they are read as: `tests/english/sentences.txt`, `kinds.txt`, `deeds.txt`, `belongings.txt`, `spaces.txt`,
//! `places.txt`, `spots.txt` and `captions.txt` (of public prompt sets).

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use lmd_planner::{PlanError, Scene, english};
use proptest::prelude::*;

/// One line per thing, relation and remark; a `~` marks a guessed count.
fn render(scene: &Scene) -> String {
    let mut text = String::new();
    for thing in &scene.things {
        let sure = if thing.exact { "" } else { "~" };
        let _ = write!(text, "  {}{sure} {}", thing.count, thing.phrase());
        let _ = thing.size.map(|size| write!(text, " <{size:?}>"));
        let _ = thing.region.map(|region| write!(text, " @{region:?}"));
        let _ = thing.spot.map(|spot| write!(text, " in @{spot:?}"));
        let _ = thing.arrangement.map(|arrangement| write!(text, " #{arrangement:?}"));
        text.push('\n');
    }
    for relation in &scene.relations {
        let name = |i: usize| scene.things[i].phrase();
        let _ =
            writeln!(text, "  [{}] {:?} [{}]", name(relation.subject), relation.kind, name(relation.object));
    }
    for (label, words) in [("not", &scene.absent), ("tags", &scene.tags), ("unclear", &scene.not_understood)]
    {
        if !words.is_empty() {
            let _ = writeln!(text, "  {label}: {}", words.join("; "));
        }
    }
    let _ = writeln!(text, "  = {}", scene.background_text());
    text
}

#[test]
fn sentences_are_read_as_people_mean_them() {
    let mut wrong = String::new();
    let files = [
        include_str!("english/sentences.txt"),
        include_str!("english/kinds.txt"),
        include_str!("english/deeds.txt"),
        include_str!("english/belongings.txt"),
        include_str!("english/captions.txt"),
        include_str!("english/spaces.txt"),
        include_str!("english/places.txt"),
        include_str!("english/spots.txt"),
    ];
    let blocks: Vec<&str> = files.iter().flat_map(|file| file.split("\n\n")).collect();
    assert!(blocks.len() >= 400, "only {} sentences", blocks.len());
    for block in blocks {
        let (sentence, expected) = block.trim_end().split_once('\n').unwrap();
        let got = english::parse(sentence).map_or_else(|e| format!("  error: {e}\n"), |scene| render(&scene));
        if got.trim_end() != expected {
            let _ = writeln!(wrong, "{sentence}\nexpected\n{expected}\ngot\n{got}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_several_do_to_one_thing_is_told() {
    for (sentence, says) in [
        ("four men stitching a sail", Some("each of the 4 is drawn stitching a sail of its own")),
        ("two women frying an egg in a kitchen", None),
        ("two women mixing a drink in a bar", Some("each of the 2 is drawn mixing a drink of its own")),
        ("three girls wearing a hat", None),
        ("a man lifting a piano", None),
    ] {
        let notes = english::parse(sentence).unwrap().notes;
        let found = notes.iter().find(|note| note.contains("of its own"));
        assert_eq!(found.is_some(), says.is_some(), "{sentence}: {notes:?}");
        assert!(
            found.is_none_or(|note| says.is_some_and(|says| note.ends_with(says))),
            "{sentence}: {notes:?}"
        );
    }
}

#[test]
fn what_may_bear_the_same_is_told() {
    for (sentence, told) in [
        ("The butter melted on the pancake and the toast.", true),
        ("The ball rolled under the sofa and the chair.", false),
        ("a cat on a sofa and a dog", false),
    ] {
        let notes = english::parse(sentence).unwrap().notes;
        assert_eq!(notes.iter().any(|note| note.contains("to bear the same")), told, "{sentence}: {notes:?}");
    }
}

#[test]
fn other_languages_are_named() {
    let seen = |prompt: &str| match english::parse(prompt) {
        Err(PlanError::NeedsLlm { why }) => why,
        other => format!("{other:?}"),
    };
    assert!(seen("eine rote Katze auf einem Tisch").contains("German"));
    assert!(seen("un chat sur une table").contains("French"));
    assert!(seen("un gato con sombrero en la playa").contains("Spanish"));
    assert!(seen("一只猫坐在桌子上").contains("Chinese"));
    assert!(seen("кошка на столе").contains("Cyrillic"));
    assert!(
        seen("猫がテーブルの上に座っている").contains("Japanese") || seen("猫がいる").contains("Chinese")
    );
}

#[test]
fn what_is_chosen_left_out_or_odd_is_told() {
    let notes = |prompt: &str| {
        let scene = english::parse(prompt).unwrap();
        [scene.notes, scene.not_understood].concat().join("; ")
    };
    for (prompt, told) in [
        ("a wolf or a bear in the woods", "\"a wolf\" or \"a bear\""),
        ("a red or blue car", "\"red\" or \"blue\""),
        ("a castle on a hill --ar 16:9", "--ar 16:9"),
        ("a samurai, [blurry]", "[blurry]"),
        ("a pirate without a hat and a parrot with a hat", "\"hat\""),
        ("a bouquet of six roses", "six roses"),
        ("a house at 5 Main Street", "5 Main Street"),
        ("a cat and a dog, black and white respectively", "respectively"),
        ("maybe a dog next to a tree", "maybe"),
        ("a prince on a hourse", "\"horse\" or \"house\""),
        ("a cat, a dog and an eye", "\"eye\" is drawn as a thing of its own"),
        ("all the cups are blue except one, which is green, five cups on a shelf", "two colours"),
        // Nothing joins the last thing to what stands before it.
        ("a robot that is a lamp", "\"a lamp\" is drawn as a thing of its own"),
        ("a child with legs like a table", "\"a table\" is drawn as a thing of its own"),
        ("a courier who has forgotten his parcel", "\"his parcel\" is drawn as a thing of its own"),
        // Readings that grammar does not allow, or that say nothing.
        ("a man with a horse on a cart", "\"horse\" was taken to be on \"cart\""),
        ("a dog on a leash next to a dog that is", "a clause ends before it says anything"),
        ("a gardener waters, prunes and weeds the roses", "\"weeds the roses\" was read as two things"),
        ("a man and a woman mixing a drink", "each drawn mixing a drink of their own"),
    ] {
        assert!(notes(prompt).contains(told), "{prompt}: {}", notes(prompt));
    }
    for prompt in [
        "three goldfish in a bowl",
        "a black and white cat on a gold throne",
        "a sign that says \"Fresh Bread\" above a door",
        "neither cats nor dogs, only a rabbit",
        "three or four dragons",
        "a plate with nothing on it",
        "a kitchen with cabinets a sink and a stove",
        "a girl reading as a bus passes",
        "On the shelf is a jug.",
        "a pyramid of ten cans",
        "a koala hugging a tree trunk",
        "a fireplace with a candle on either side",
        "a plate with half a lemon",
        "a neon sign reading \"OPEN\" in a window",
        "two chefs, neither wearing a hat",
        "a mother is taller than her son is",
        "the older brother next to a seedling",
        "a bride and groom cutting a cake",
        "northern lights over a pair of skis",
        "a father carrying his son on his shoulders",
        "a boy with a dog on a rock",
        "a kitchen with a wooden island and three bar stools",
    ] {
        assert_eq!(notes(prompt), "", "{prompt}");
    }
}

#[test]
fn nothing_is_demanded_of_what_was_chosen() {
    let scene = english::parse("a wolf or a bear to the left of a tree").unwrap();
    let facts: Vec<String> = lmd_planner::facts::facts_of(&scene).iter().map(ToString::to_string).collect();
    assert_eq!(facts, ["there should be exactly one tree"]);
}

#[test]
fn too_many_of_a_kind_is_said() {
    let error = english::parse("twenty-five cats").unwrap_err().to_string();
    assert!(error.contains("25") && error.contains("at most 20"), "{error}");
    assert!(english::parse("twenty cats").is_ok());
    // The product is larger than any count.
    let error = english::parse("cupcakes in three rows of 1431655766").unwrap_err().to_string();
    assert!(error.contains("at most 20"), "{error}");
}

#[test]
fn the_longest_prompts_take_no_time() {
    for part in [
        "a ",
        "a cat and ",
        "cats, ",
        "next to ",
        "a red and ",
        "of a ",
        "with a cat ",
        "one ",
        "in a ",
        "and , ",
        "x-y's ",
        "with one ",
        "cat ",
        "very ",
        "running ",
        "x",
    ] {
        let prompt = part.repeat(3_990 / part.len());
        let start = Instant::now();
        let _ = english::parse(&prompt);
        assert!(start.elapsed() < Duration::from_secs(2), "{part:?} took {:?}", start.elapsed());
    }
}

#[test]
fn they_again_and_again_names_nothing_new() {
    let start = Instant::now();
    let scene = english::parse(&format!("a cat and a dog , {}", "they , ".repeat(550))).unwrap();
    assert_eq!(scene.things.len(), 2);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

/// Words that stress the rules, in any order.
fn word() -> impl Strategy<Value = String> {
    let words = "a the two cat cats red blue and or , . with without no of on in next to left right its it them one other \
        between each row corner is are there sitting riding wearing which not pair dozen beach sky 's - :";
    let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
    prop_oneof![9 => proptest::sample::select(words), 1 => "\\PC{1,8}"]
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,300}") {
        let _ = english::parse(&text);
        let _ = english::noun_phrases(&text);
    }

    #[test]
    fn any_order_of_words_gives_a_sound_scene(words in proptest::collection::vec(word(), 1..60)) {
        if let Ok(scene) = english::parse(&words.join(" ")) {
            let n = scene.things.len();
            prop_assert!(scene.things.iter().all(|t| (1..=20).contains(&t.count) && !t.noun.is_empty()));
            prop_assert!(scene.relations.iter().all(|r| r.subject < n && r.object < n && r.subject != r.object));
            for relation in &scene.relations {
                if let lmd_planner::RelationKind::Between(other) = relation.kind {
                    prop_assert!(other < n);
                }
            }
            let _ = lmd_planner::facts::facts_of(&scene);
        }
    }
}
