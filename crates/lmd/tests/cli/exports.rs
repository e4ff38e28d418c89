//! What is saved of a drawing besides the picture.

use std::fs;

use crate::Home;

const QUICK: [&str; 6] = ["--preset", "fast", "--steps", "2", "-W", "128"];

/// The header of a safetensors file.
fn header(bytes: &[u8]) -> serde_json::Value {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    serde_json::from_slice(&bytes[8..8 + length]).unwrap()
}

#[test]
fn steps_are_saved_and_the_picture_stays_the_same() {
    let home = Home::with_layout();
    let draw = |more: &[&str]| {
        home.run(&[&["draw", "l.json", "-s", "3"], &QUICK[..], more].concat());
    };
    draw(&["-o", "a.png"]);
    fs::create_dir(home.path("steps")).unwrap();
    let saved =
        ["--save-latents", "z.safetensors", "--save-attention", "a.safetensors", "--save-steps", "steps"];
    draw(&[&["-o", "b.png"], &saved[..]].concat());
    let read = |name: &str| fs::read(home.path(name)).unwrap();
    assert_eq!(read("a.png"), read("b.png"));

    let latents = header(&read("z.safetensors"));
    assert_eq!(latents["latents/overall"]["shape"], serde_json::json!([2, 4, 32, 16]));
    assert!(latents["latents/box.0"].is_object() && latents["attention/overall/mid.0.0"].is_null());
    let attention = header(&read("a.safetensors"));
    let tokens: serde_json::Value =
        serde_json::from_str(attention["__metadata__"]["tokens"].as_str().unwrap()).unwrap();
    let count = tokens["overall"].as_array().unwrap().len();
    let middle = &attention["attention/overall/mid.0.0"]["shape"];
    assert_eq!(*middle, serde_json::json!([2, count, 8, 4]), "{attention}");
    assert!(attention["attention/box.0/mid.0.0"].is_object());
    assert!(
        tokens["box.0"].as_array().unwrap().iter().any(|token| token.as_str().unwrap().starts_with("car"))
    );

    let mut pictures: Vec<String> = fs::read_dir(home.path("steps"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pictures.sort();
    assert!(pictures.contains(&"3-picture-step-002.png".to_owned()), "{pictures:?}");
    assert!(pictures.contains(&"3-box-1-step-001.png".to_owned()), "{pictures:?}");
}

#[test]
fn places_for_exports_are_tried_before_anything_is_drawn() {
    let home = Home::with_layout();
    for (flag, place, told) in [
        ("--save-latents", "z.npy", ".safetensors"),
        ("--save-attention", "no/such/a.safetensors", "no/such"),
        ("--save-steps", "no/such", "no/such"),
    ] {
        let ran = home.run(&[&["draw", "l.json", "-o", "a.png", flag, place], &QUICK[..]].concat()).failed(2);
        assert!(ran.contains(told), "{ran}");
        assert!(!home.path("a.png").exists());
    }
}
