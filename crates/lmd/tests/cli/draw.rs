//! Pictures, drawn by the bundled model in as few steps as there can be.

use std::path::Path;

use crate::Home;

const LAYOUT: &str =
    r#"{"objects": [{"caption": "a red car", "box": [0.1, 0.4, 0.5, 0.4]}], "background": "a beach"}"#;
/// So few steps that nothing can be seen.
const QUICK: [&str; 6] = ["--preset", "fast", "--steps", "2", "-W", "128"];

fn pixels(path: &Path) -> Vec<u8> {
    let decoder = png::Decoder::new(std::io::Cursor::new(std::fs::read(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

#[test]
fn prompts_are_bounded_and_cleaned() {
    let home = Home::with_layout();
    let draw = |prompt: &str| {
        home.run(&[&["draw", "l.json", "-s", "1", "-o", "a.png", "--prompt", prompt], &QUICK[..]].concat())
    };
    let told = draw(&"\u{1}x".repeat(4001)).failed(2);
    assert!(told.contains("4000 are allowed") && told.len() < 300, "{told}");
    let long = "x".repeat(4001);
    let negative = ["draw", "l.json", "-s", "1", "-o", "b.png", "--negative-prompt", &long];
    assert!(home.run(&negative).failed(2).contains("draw.negative_prompt"));
    draw("a\u{1}cat").ok();
    assert!(home.run(&["show", "a.png"]).ok().contains("a cat"));
}

#[test]
fn a_sentence_becomes_a_picture_that_tells_how() {
    let home = Home::new();
    let prompt = "a red car to the left of a dog";
    let ran = home.run(&[&["generate", prompt, "-s", "7", "--planner", "offline"], &QUICK[..]].concat());
    assert!(ran.err.contains("bundled demo model") && ran.err.contains("seed 7"), "{}", ran.err);
    assert_eq!(ran.ok(), "a-red-car-to-the-left-7.png\n");
    let shown = home.run(&["show", "a-red-car-to-the-left-7.png"]).ok();
    for part in [prompt, "a dog", "bundled on cpu f32", "lmd, 2 steps of dpm++2m", "128 x 256", "energy  "] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let json = home.run(&["show", "a-red-car-to-the-left-7.png", "--json"]).ok();
    let recipe: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(recipe["boxes"].as_array().unwrap().len(), 2);
    masks_are_laid_over(&home, "a-red-car-to-the-left-7.png");
    home.run(&["show", "a-red-car-to-the-left-7.png", "-o", "l.json"]).ok();
    assert!(home.run(&["layout", "--edit", "l.json", "remove the dog", "--json"]).ok().contains("red car"));
}

/// `lmd show --masks` writes the picture with the mask and the box of every object over it.
fn masks_are_laid_over(home: &Home, picture: &str) {
    assert_eq!(home.run(&["show", picture, "--masks", "masks.svg"]).ok(), "masks.svg\n");
    let svg = std::fs::read_to_string(home.path("masks.svg")).unwrap();
    assert_eq!(svg.matches("fill-opacity=\"0.5\"").count(), 2, "two masks");
    assert!(svg.contains("data:image/png;base64,") && svg.contains(">a dog</text>"));
    home.run(&["show", picture, "--masks", "masks.png"]).ok();
    assert_eq!(pixels(&home.path("masks.png")).len(), pixels(&home.path(picture)).len());
    assert!(
        home.run(&["show", picture, "--masks", "masks.jpg"]).failed(2).contains("must end in .png or .svg")
    );
    let plain =
        ["generate", "a dog", "-s", "7", "--method", "plain", "--planner", "offline", "-o", "plain.png"];
    home.run(&[&plain[..], &QUICK[..]].concat()).ok();
    assert!(home.run(&["show", "plain.png", "--masks", "none.png"]).failed(2).contains("`plain` makes none"));
}

#[test]
fn a_picture_is_drawn_again_to_the_byte() {
    let home = Home::new();
    let layout = home.write("l.json", LAYOUT);
    let layout = layout.to_str().unwrap();
    home.run(&[&["draw", layout, "-s", "3", "-o", "a.png"], &QUICK[..]].concat()).ok();
    home.run(&["draw", "--from", "a.png", "-o", "b.png"]).ok();
    let [a, b] = ["a.png", "b.png"].map(|name| std::fs::read(home.path(name)).unwrap());
    assert!(a == b, "the pictures differ");
    // Flags are stronger than the recipe, and a layout is all a picture gives where only that is wanted.
    home.run(&["draw", "--from", "a.png", "-s", "4", "-o", "c.png"]).ok();
    assert!(pixels(&home.path("c.png")) != pixels(&home.path("a.png")));
    home.run(&[&["draw", "a.png", "-s", "3", "-o", "d.png"], &QUICK[..]].concat()).ok();
    assert!(pixels(&home.path("d.png")) == pixels(&home.path("a.png")));
}

#[test]
fn a_picture_of_a_series_is_the_same_alone() {
    let home = Home::new();
    home.write("l.json", LAYOUT);
    let series = [&["draw", "l.json", "-s", "3", "-n", "2", "-o", "n.png"], &QUICK[..]].concat();
    assert_eq!(home.run(&series).ok(), "n-1.png\nn-2.png\n");
    home.run(&[&["draw", "l.json", "-s", "4", "-o", "four.png"], &QUICK[..]].concat()).ok();
    assert!(pixels(&home.path("n-2.png")) == pixels(&home.path("four.png")));
    assert!(pixels(&home.path("n-1.png")) != pixels(&home.path("four.png")));
}

#[test]
fn plain_and_lmd_stand_side_by_side() {
    let home = Home::new();
    home.write("l.json", LAYOUT);
    let draw = |more: &[&str]| {
        home.run(&[&["draw", "l.json", "-s", "3"], more, &QUICK[..]].concat()).ok();
    };
    draw(&["-o", "both.png", "--side-by-side"]);
    draw(&["-o", "plain.png", "--method", "plain"]);
    draw(&["-o", "lmd.png", "--no-metadata"]);
    let rows = |name, width: usize| -> Vec<Vec<u8>> {
        pixels(&home.path(name)).chunks(3 * width).map(<[u8]>::to_vec).collect()
    };
    let joined: Vec<Vec<u8>> = rows("plain.png", 128)
        .into_iter()
        .zip(rows("lmd.png", 128))
        .map(|(plain, lmd)| [plain, vec![255; 24], lmd].concat())
        .collect();
    assert!(rows("both.png", 264) == joined);
    draw(&["-o", "plus.png", "--side-by-side", "--method", "lmd_plus"]);
    assert!(rows("plus.png", 264) != joined);
    assert!(home.run(&["show", "lmd.png"]).failed(2).contains("carries no recipe"));
}

#[test]
fn every_method_draws_its_own_picture_and_again_from_it() {
    let home = Home::new();
    home.write("l.json", LAYOUT);
    let quick = ["--preset", "fast", "--steps", "3", "-W", "128"]; // with two steps grounding layers would never be on
    let mut pictures = Vec::new();
    for method in ["lmd", "lmd_plus", "gligen", "backward_guidance", "boxdiff", "multidiffusion", "plain"] {
        let [first, again] = ["", "-again"].map(|end| format!("{method}{end}.png"));
        home.run(&[&["draw", "l.json", "-s", "3", "--method", method, "-o", &first], &quick[..]].concat())
            .ok();
        home.run(&["draw", "--from", &first, "-o", &again]).ok();
        assert!(pixels(&home.path(&first)) == pixels(&home.path(&again)), "{method}");
        pictures.push(pixels(&home.path(&first)));
    }
    pictures.sort();
    pictures.dedup();
    assert_eq!(pictures.len(), 7);
}

#[test]
fn a_picture_goes_to_stdout() {
    let home = Home::new();
    home.write("l.json", LAYOUT);
    let mut command = home.lmd(&[&["draw", "l.json", "-o", "-", "-q"], &QUICK[..]].concat());
    let output = command.output().unwrap();
    assert!(output.stdout.starts_with(b"\x89PNG") && output.stderr.is_empty());
}

#[test]
fn wrong_wishes_are_told_before_anything_is_drawn() {
    let home = Home::new();
    home.write("l.json", LAYOUT);
    home.write("bad.json", "{\"objects\": 3}");
    home.write("bad.png", "no picture");
    for (args, code, part) in [
        (&["draw", "l.json", "-o", "a.jpg"][..], 2, ".png"),
        (&["draw", "l.json", "-o", "no/a.png"], 2, "no folder"),
        (&["draw", "l.json", "-o", "-", "-n", "2"], 2, "one picture"),
        (&["draw", "l.json", "--steps", "many"], 2, "many"),
        (&["draw", "l.json", "--steps", "100000"], 2, "steps"),
        (&["draw", "l.json", "-W", "100"], 2, "multiples of 64"),
        (&["draw", "l.json", "--method", "magic"], 2, "plain"),
        (&["draw", "l.json", "--method", "plain", "--side-by-side"], 2, "draws plain anyway"),
        (&["draw", "l.json", "--model", "nowhere"], 4, "bundled"),
        (&["draw", "l.json", "--model", "."], 4, "unet/config.json"),
        (&["draw", "l.json", "--lora", "no.safetensors"], 4, "no.safetensors"),
        (&["draw", "l.json", "--lora", "no.safetensors@x"], 2, "strength"),
        (&["draw", "missing.json"], 2, "missing.json"),
        (&["draw", "bad.json"], 3, "bad.json"),
        (&["draw", "--from", "bad.png"], 2, "no PNG"),
        (&["draw"], 2, "LAYOUT"),
        (&["show", "bad.png"], 2, "no PNG"),
        (&["show", "missing.png"], 2, "missing.png"),
        (&["generate", ""], 3, "prompt"),
        (&["generate", "a cat", "--model", "nowhere"], 4, "bundled"),
    ] {
        let text = home.run(args).failed(code);
        assert!(text.contains(part), "{args:?}: {text}");
        assert!(!text.contains("a cat"), "planned before it was checked: {text}");
    }
}
