//! Masks by Segment Anything and detectors of any text, with the small random networks of lmd-nn's golden files.

use std::path::Path;

use super::{Home, copy_owl, json, nn_data};

/// So few steps that nothing can be seen.
const QUICK: [&str; 10] = ["draw", "l.json", "--preset", "fast", "--steps", "2", "-W", "128", "-s", "1"];

fn draw<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&QUICK[..], more].concat()
}

#[test]
fn masks_by_sam_are_in_the_recipe() {
    let home = Home::with_layout();
    let sam = nn_data("sam").canonicalize().unwrap();
    let sam = sam.to_str().unwrap();
    home.run(&draw(&["--sam", sam, "-o", "sam.png"])).ok();
    home.run(&draw(&["-o", "attention.png"])).ok();
    home.run(&draw(&["--sam", sam, "--masks", "attention", "-o", "neither.png"])).ok();
    for picture in ["sam", "attention", "neither"] {
        let recipe = home.run(&["show", &format!("{picture}.png"), "--json"]).ok();
        home.write(&format!("{picture}.json"), &recipe);
    }
    let [sam_made, attention, neither] =
        ["sam", "attention", "neither"].map(|name| json(&home.path(&format!("{name}.json"))));
    assert_eq!(sam_made["config"]["lmd"]["mask_refiner"], "sam");
    assert!(sam_made["weights"].to_string().contains("sam/model.safetensors"));
    assert!(sam_made["boxes"] != attention["boxes"], "the masks are the same");
    assert_eq!(neither["boxes"], attention["boxes"]);
    // Drawn again, the weights have to be named again; else the bundled ones are taken, and that is told.
    let other = home.run(&["draw", "--from", "sam.png", "-o", "other.png"]);
    assert!(other.err.contains("other weights of Segment Anything"), "{}", other.err);
    other.ok();
    home.run(&["draw", "--from", "sam.png", "--sam", sam, "-o", "again.png"]).ok();
    let [first, again] = ["sam.png", "again.png"].map(|name| std::fs::read(home.path(name)).unwrap());
    assert!(first == again, "drawn again, it is another picture");
}

#[test]
fn the_bundled_model_brings_its_own_segmenter() {
    let home = Home::with_layout();
    home.run(&draw(&["--masks", "sam", "-o", "own.png"])).ok();
    home.run(&draw(&["--sam", "bundled", "-o", "named.png"])).ok();
    home.run(&draw(&["-o", "attention.png"])).ok();
    let [own, named, attention] =
        ["own", "named", "attention"].map(|name| std::fs::read(home.path(&format!("{name}.png"))).unwrap());
    assert!(own == named && own != attention);
    let recipe = home.run(&["show", "own.png", "--json"]).ok();
    assert!(recipe.contains("sam/model.safetensors"), "{recipe}");
    // Its masks are made again from the recipe alone.
    let again = home.run(&["draw", "--from", "own.png", "-o", "again.png"]);
    assert!(!again.err.contains("other weights"), "{}", again.err);
    again.ok();
    assert!(std::fs::read(home.path("again.png")).unwrap() == own);
}

#[test]
fn sams_weights_are_looked_at_before_anything_is_drawn() {
    let home = Home::with_layout();
    let told = |more: &[&str], code| home.run(&draw(more)).failed(code);
    let sd = nn_data("sd1");
    assert!(told(&["--masks", "sam", "--model", sd.to_str().unwrap()], 2).contains("--sam PATH"));
    assert!(told(&["--sam", "nowhere"], 2).contains("there is no nowhere"));
    home.write("sam_vit_b.pth", "PK");
    let pickle = told(&["--sam", "sam_vit_b.pth"], 4);
    assert!(pickle.contains("is a pickle") && pickle.contains("sam_vit_b.safetensors"), "{pickle}");
    let unet = nn_data("sd1/unet/diffusion_pytorch_model.safetensors");
    assert!(told(&["--sam", unet.to_str().unwrap()], 4).contains("image_encoder"));
    let owl = nn_data("owlvit");
    assert!(told(&["--sam", owl.to_str().unwrap()], 4).contains("only \"sam\" is supported"));
    assert!(!home.path("a-red-car-1.png").exists());
    // Methods without masks have no use for it.
    home.run(&draw(&["--masks", "sam", "--method", "plain", "-o", "plain.png"])).ok();
}

#[test]
fn owl_looks_for_any_text() {
    let home = Home::new();
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/scenes/1.png");
    let picture = picture.to_str().unwrap();
    for kind in ["owlvit", "owlv2"] {
        copy_owl(&home, kind);
        let look =
            ["detect", picture, "a gray cat, two dogs", "--detector", kind, "--threshold", "0", "--json"];
        let seen: serde_json::Value = serde_json::from_str(&home.run(&look).ok()).unwrap();
        let seen = seen["detections"].as_array().unwrap();
        assert!(!seen.is_empty(), "{kind}");
        assert!(
            seen.iter().all(|one| one["label"] == "a gray cat" || one["label"] == "two dogs"),
            "{kind}: {seen:?}"
        );
        let long = "cat ".repeat(40);
        let told = home.run(&["detect", picture, &long, "--detector", kind]).failed(2);
        assert!(told.contains("at most 14 are read"), "{told}");
        std::fs::remove_file(home.path(kind).join("model.safetensors")).unwrap();
        assert!(home.run(&look).failed(4).contains("expected model.safetensors"));
    }
}
