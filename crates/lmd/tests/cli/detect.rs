//! `lmd detect`.

use std::path::{Path, PathBuf};

use super::{Home, copy_owl, json};

fn scenes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/scenes")
}

fn corners(value: &serde_json::Value) -> Vec<f64> {
    value["corners_px"].as_array().unwrap().iter().map(|side| side.as_f64().unwrap()).collect()
}

fn overlap(a: &[f64], b: &[f64]) -> f64 {
    let area = |c: &[f64]| (c[2] - c[0]).max(0.0) * (c[3] - c[1]).max(0.0);
    let shared = area(&[a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    shared / (area(a) + area(b) - shared)
}

/// Composed scenes (`bench/parity/detector.py --golden 4`): the bundled detector sees the very things that are on them.
#[test]
fn the_things_of_composed_scenes_are_found() {
    let home = Home::new();
    for scene in json(&scenes().join("scenes.json")).as_array().unwrap() {
        let picture = scenes().join(scene["picture"].as_str().unwrap());
        let out = home.run(&["detect", picture.to_str().unwrap(), "--json"]).ok();
        let seen: serde_json::Value = serde_json::from_str(&out).unwrap();
        let seen = seen["detections"].as_array().unwrap();
        let things = scene["things"].as_array().unwrap();
        assert_eq!(seen.len(), things.len(), "{picture:?}: {out}");
        for thing in things {
            let found = seen.iter().find(|one| overlap(&corners(one), &corners(thing)) > 0.5).unwrap();
            assert_eq!(found["label"], thing["label"], "{picture:?}");
        }
        // What Python saw, to a pixel.
        for theirs in scene["python"].as_array().unwrap() {
            let near = |one: &&serde_json::Value| {
                one["label"] == theirs["label"]
                    && corners(one).iter().zip(corners(theirs)).all(|(a, b)| (a - b).abs() < 1.0)
            };
            assert!(
                seen.iter().any(|one| near(&one)),
                "{picture:?}: {theirs} is not in {out}; see bench/parity/detector.py"
            );
        }
    }
}

#[test]
fn queries_choose_and_boxes_are_drawn() {
    let home = Home::new();
    let listed = json(&scenes().join("scenes.json"));
    let shown = |number: usize| -> Vec<&str> {
        let things = listed[number]["things"].as_array().unwrap();
        things.iter().map(|thing| thing["label"].as_str().unwrap()).collect()
    };
    // A thing of one picture, and one of another whose noun the first does not show.
    let noun = |label: &str| label.rsplit(' ').next().unwrap().to_owned();
    let (here, label) = (shown(1), shown(1)[0]);
    let shown_here = |other: &&str| here.iter().any(|label| noun(label) == noun(other));
    let elsewhere = [0, 2, 3].into_iter().flat_map(shown).find(|other| !shown_here(other)).unwrap();
    let picture = scenes().join("1.png");
    let picture = picture.to_str().unwrap();
    let table = home.run(&["detect", picture, &format!("a {label}, a {elsewhere}")]).ok();
    assert!(table.contains(label) && !table.contains(elsewhere), "{table}");
    assert!(home.run(&["detect", picture, elsewhere]).ok().contains("nothing was found"));
    assert!(home.run(&["detect", picture, "--threshold", "1"]).ok().contains("nothing was found"));
    let out = home.run(&["detect", picture, "--svg", "boxes.svg", "--png", "boxes.png"]).ok();
    assert!(out.contains("boxes.svg") && out.contains(label), "{out}");
    let svg = std::fs::read_to_string(home.path("boxes.svg")).unwrap();
    assert!(
        svg.contains(&format!(">{label} 0.")) && svg.contains("data:image/png;base64,"),
        "no label or no picture"
    );
    let drawn = std::fs::read(home.path("boxes.png")).unwrap();
    assert!(drawn.starts_with(b"\x89PNG") && drawn != std::fs::read(picture).unwrap());
}

/// A small random OWL-ViT finds nothing that is there, but it is opened, asked and answers in any words.
#[test]
fn other_detectors_are_opened_by_what_their_configuration_says() {
    let home = Home::new();
    let picture = scenes().join("1.png");
    copy_owl(&home, "owlvit");
    let picture = picture.to_str().unwrap();
    let args = [
        "detect",
        picture,
        "a zebra, a lion",
        "--json",
        "--threshold",
        "0",
        "--nms",
        "1",
        "--detector",
        "owlvit",
    ];
    let seen: serde_json::Value = serde_json::from_str(&home.run(&args).ok()).unwrap();
    let seen = seen["detections"].as_array().unwrap();
    assert!(
        !seen.is_empty()
            && seen.iter().all(|one| ["a zebra", "a lion"].contains(&one["query"].as_str().unwrap()))
    );
    let told = home.run(&["detect", picture, "--detector", "owlvit"]).failed(2);
    assert!(told.contains("any words"), "{told}");
}

#[test]
fn what_cannot_be_looked_for_is_told() {
    let home = Home::new();
    let picture = scenes().join("1.png");
    let picture = picture.to_str().unwrap();
    let told = home.run(&["detect", picture, "a zebra"]).failed(2);
    assert!(told.contains("\"a zebra\"") && told.contains("backpack"), "{told}");
    home.run(&["detect", picture, " , "]).failed(2);
    home.run(&["detect", picture, "--threshold", "2"]).failed(2);
    home.run(&["detect", picture, "--json", "--svg", "-"]).failed(2);
    home.run(&["detect", "missing.png"]).failed(2);
    assert!(home.run(&["detect", picture, "--detector", "nowhere"]).failed(2).contains("no folder nowhere"));
    home.write("text.png", "no picture");
    assert!(home.run(&["detect", "text.png"]).failed(2).contains("no PNG"));
    // A folder that is none of a detector is a matter of the model.
    home.write("folder/config.json", "{\"model_type\": \"bert\"}");
    assert!(home.run(&["detect", picture, "--detector", "folder"]).failed(4).contains("center_net"));
}
