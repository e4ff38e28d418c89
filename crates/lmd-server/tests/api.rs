//! Layouts, what the server says of itself, and pictures drawn by the bundled model.

// Here a panic is how a test fails.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use common::{Running, layout};
use serde_json::{Value, json};

#[test]
fn sentences_become_layouts_that_keep_their_facts() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    let planned =
        server.post("/api/v1/layouts", &json!({ "prompt": "a red ball to the left of a blue cube" })).json();
    assert_eq!(planned["planner"], "offline");
    assert_eq!(planned["layout"]["objects"].as_array().unwrap().len(), 2);
    let facts = planned["facts"].as_array().unwrap();
    assert!(facts.len() >= 3 && facts.iter().all(|fact| fact["holds"] == true), "{facts:?}");
    let variant = |variant: u32| {
        let asked = json!({ "prompt": "a red ball to the left of a blue cube", "variant": variant });
        server.post("/api/v1/layouts", &asked).json()
    };
    let another = variant(1);
    assert_ne!(another["layout"], planned["layout"]);
    assert!(another["facts"].as_array().unwrap().iter().all(|fact| fact["holds"] == true), "{another}");
    let beyond = variant(100_000);
    assert_eq!(beyond["layout"], planned["layout"]);
    assert!(beyond["notices"].to_string().contains("this is the usual one"), "{beyond}");
    let empty = server.post("/api/v1/layouts", &json!({ "prompt": " " }));
    assert_eq!((empty.status, &empty.json()["error"]["param"]), (400, &json!("prompt")));
    let unset = server.post("/api/v1/layouts", &json!({ "prompt": "a cat", "planner": "llm" }));
    assert_eq!(unset.status, 422, "{}", unset.text());
}

#[test]
fn instructions_change_what_they_name_and_nothing_that_is_locked() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    let prompt = "a cat to the right of a dog";
    let first = server.post("/api/v1/layouts", &json!({ "prompt": prompt })).json()["layout"].clone();
    let moved = server.post(
        "/api/v1/layouts/revise",
        &json!({ "prompt": prompt, "layout": first, "instruction": "move the cat to the left" }),
    );
    let moved = moved.json();
    let changed = moved["changed"].as_array().unwrap();
    // What stands in the way may make room, which is told.
    let objects = moved["layout"]["objects"].as_array().unwrap();
    let cat = objects.iter().position(|object| object["caption"] == "a cat").unwrap();
    assert!(changed.contains(&json!(cat)) && objects[cat]["box"][0].as_f64().unwrap() < 0.3, "{moved}");
    let locked = json!({ "prompt": prompt, "layout": first, "instruction": "move the cat to the left", "locked": [0, 1] });
    let refused = server.post("/api/v1/layouts/revise", &locked);
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.text().contains("locked"), "{}", refused.text());
    // The dog is locked: it does not make room.
    let beside = json!({ "prompt": prompt, "layout": first, "instruction": "move the cat to the left", "locked": [1] });
    let beside = server.post("/api/v1/layouts/revise", &beside).json();
    assert_eq!(beside["layout"]["objects"][1], first["objects"][1], "{beside}");
    let further = json!({
        "prompt": prompt, "layout": moved["layout"], "instruction": "add two birds",
        "history": [{ "instruction": "move the cat to the left", "layout": moved["layout"] }],
    });
    let further = server.post("/api/v1/layouts/revise", &further).json();
    assert_eq!(further["layout"]["objects"].as_array().unwrap().len(), 4, "{further}");
    let question = json!({ "prompt": prompt, "layout": first, "instruction": "what could I add?" });
    let answered = server.post("/api/v1/layouts/revise", &question).json();
    assert_eq!((&answered["layout"], &answered["changed"]), (&first, &json!([])));
    let proposal = answered["answer"]["proposals"][0]["instruction"].clone();
    let done = json!({ "prompt": prompt, "layout": first, "instruction": proposal });
    let done = server.post("/api/v1/layouts/revise", &done).json();
    assert!(done["layout"]["objects"].as_array().unwrap().len() > 2 && done["answer"].is_null(), "{done}");
    let wrong = json!({ "layout": first, "instruction": "x", "locked": [9] });
    assert_eq!(server.post("/api/v1/layouts/revise", &wrong).status, 400);
}

#[test]
fn layouts_that_are_wrong_in_any_way_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    let check = |body: Value| server.post("/api/v1/layouts/validate", &body).json();
    assert_eq!(check(json!({ "layout": layout() }))["problems"], json!([]));
    let object = |caption: &str, bbox: [f64; 4]| json!({ "caption": caption, "box": bbox });
    let found = check(json!({ "prompt": "two cats", "layout": { "objects": [
        object("a cat", [0.1, 0.1, 0.4, 0.4]), object("a dog", [0.15, 0.15, 0.4, 0.4]),
        object("", [0.8, 0.8, 0.5, 0.1]), object("a bee", [0.6, 0.1, 0.01, 0.01]),
    ], "negative": "dogs" } }));
    let kinds: Vec<&str> =
        found["problems"].as_array().unwrap().iter().map(|p| p["kind"].as_str().unwrap()).collect();
    for kind in ["caption", "outside", "overlap", "too_small", "excluded"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    let overlap = found["problems"].as_array().unwrap().iter().find(|p| p["kind"] == "overlap").unwrap();
    assert_eq!((&overlap["objects"], &overlap["severity"]), (&json!([0, 1]), &json!("warning")));
    let facts = check(
        json!({ "prompt": "two cats", "layout": { "objects": [object("a cat", [0.1, 0.1, 0.4, 0.4])] } }),
    );
    assert_eq!((&facts["problems"][0]["kind"], &facts["facts"][0]["holds"]), (&json!("fact"), &json!(false)));
    let svg = server.post("/api/v1/layouts/svg", &json!({ "layout": layout() }));
    assert!(
        svg.text().starts_with("<svg") && svg.header("content-type") == "image/svg+xml",
        "{}",
        svg.text()
    );
}

#[test]
fn the_server_says_what_it_can_do_and_how_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    let can = server.get("/api/v1/capabilities").json();
    let names = |list: &Value| {
        list.as_array()
            .unwrap()
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(
        names(&can["methods"]).contains(&"lmd".to_owned())
            && names(&can["samplers"]).contains(&"ddim".to_owned())
    );
    assert_eq!(names(&can["presets"]), ["fast", "balanced", "faithful"]);
    assert_eq!((&can["defaults"]["method"], &can["planner"]["kind"]), (&json!("lmd"), &json!("offline")));
    let model = &can["models"][0];
    assert_eq!((&model["name"], &model["bundled"]), (&json!("bundled"), &json!(true)));
    assert_eq!(can["defaults"]["width"], model["sizes"]["width"]);
    assert_eq!(server.get("/health").json()["status"], "ok");
    assert_eq!(server.get("/ready").status, 200);
    let metrics = server.get("/metrics");
    assert!(
        metrics.text().contains("lmd_http_requests_total{route=\"/health\",method=\"GET\",status=\"200\"} 1"),
        "{}",
        metrics.text()
    );
    let answer = server.request("GET", "/health", &[("x-request-id", "mine-1")], b"");
    assert_eq!(
        (answer.header("x-request-id"), answer.header("x-content-type-options")),
        ("mine-1", "nosniff")
    );
    assert!(server.get("/").header("content-security-policy").contains("default-src 'none'"));
    let docs = server.get("/docs");
    assert!(docs.status == 200 && !docs.text().contains("http://") && !docs.text().contains("https://"));
    assert_eq!(server.request("PATCH", "/health", &[], b"x").status, 405);
}

/// The smallest picture that the bundled model draws, with the engine.
#[test]
fn a_real_picture_carries_its_recipe_and_is_drawn_again_to_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Running::real(dir.path(), "shutdown_s = 0");
    let request = json!({ "layout": layout(), "prompt": "a red ball", "preset": "fast", "steps": 2, "width": 64, "height": 64, "seed": 3 });
    let job = server.wait(&server.draw(&request), &["completed", "failed"]);
    assert_eq!(job["status"], "completed", "{job}");
    let url = job["pictures"][0]["url"].as_str().unwrap();
    let png = server.get(url).bytes;
    let recipe = server.get(&format!("{url}/recipe")).json();
    assert_eq!(
        (&recipe["recipe"]["prompt"], &recipe["recipe"]["seeds"]["background"]),
        (&json!("a red ball"), &json!(3))
    );
    assert!(recipe["command_line"].as_str().unwrap().contains("--steps 2"), "{recipe}");
    let overlays = server.get(&format!("{url}/overlays")).json();
    assert_eq!(overlays["masks"][0]["object"], 0, "{overlays}");
    assert_eq!(overlays["heatmaps"], json!([]));
    let seen = server.request("POST", "/api/v1/inspect", &[("content-type", "image/png")], &png).json();
    assert_eq!((&seen["kind"], &seen["layout"], &seen["seed"]), (&json!("lmd"), &layout(), &json!("3")));
    assert_eq!((&seen["settings"]["steps"], &seen["settings"]["width"]), (&json!(2), &json!(64)));

    // Heat maps are kept where they are wanted, and change nothing.
    let mut looked = request.clone();
    looked["heatmaps"] = json!(true);
    let job = server.wait(&server.draw(&looked), &["completed", "failed"]);
    let url = job["pictures"][0]["url"].as_str().unwrap();
    assert_eq!(server.get(url).bytes, png);
    let overlays = server.get(&format!("{url}/overlays")).json();
    assert_eq!(overlays["heatmaps"][0]["object"], 0, "{overlays}");
    assert!(overlays["heatmaps"][0]["url"].as_str().unwrap().starts_with("data:image/png;base64,"));
    assert_eq!(server.delete(url).status, 204);

    // One object's seed of its own is in the recipe, and makes another picture.
    let mut other = request.clone();
    other["object_seeds"] = json!({ "0": 99 });
    let job = server.wait(&server.draw(&other), &["completed", "failed"]);
    let url = job["pictures"][0]["url"].as_str().unwrap();
    let recipe = server.get(&format!("{url}/recipe")).json();
    assert_eq!(recipe["recipe"]["boxes"][0]["seed"], 99, "{recipe}");
    let line = recipe["command_line"].as_str().unwrap();
    assert!(line.contains("LMD_DRAW_LMD_OBJECTS='[{ object = 0, seed = 99 }]'"), "{line}");
    let again = server.get(url).bytes;
    let seen = server.request("POST", "/api/v1/inspect", &[("content-type", "image/png")], &again).json();
    assert_eq!(seen["settings"]["object_seeds"]["0"], "99", "{seen}");
    assert_ne!(server.get(url).bytes, png);
    other["object_seeds"] = json!({ "1": 99 });
    assert_eq!(server.post("/api/v1/images", &other).status, 400);

    // Interrupted by the end of the server, it is drawn again to the same bytes.
    let mut more = request;
    more["n"] = json!(4);
    let id = server.draw(&more);
    server.wait(&id, &["generating", "completed"]);
    server.end();
    let server = Running::real(dir.path(), "");
    let job = server.wait(&id, &["completed", "failed"]);
    assert_eq!(job["pictures"].as_array().unwrap().len(), 4, "{job}");
    assert_eq!(server.get(job["pictures"][0]["url"].as_str().unwrap()).bytes, png);
}

/// A LoRA file of rank 1 for one layer of the bundled model, as kohya's scripts write it.
fn lora() -> Vec<u8> {
    let name = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_q";
    let header = json!({
        format!("{name}.lora_down.weight"): { "dtype": "F32", "shape": [1, 256], "data_offsets": [0, 1024] },
        format!("{name}.lora_up.weight"): { "dtype": "F32", "shape": [256, 1], "data_offsets": [1024, 2048] },
    });
    let header = header.to_string();
    let weights = (0..512).flat_map(|place| (if place % 3 == 0 { 0.5_f32 } else { -0.25 }).to_le_bytes());
    [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat().into_iter().chain(weights).collect()
}

#[test]
fn adapters_of_the_servers_folder_change_the_picture() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("loras");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("ink.safetensors"), lora()).unwrap();
    std::fs::write(folder.join("torn.safetensors"), "{").unwrap();
    let server = Running::real(dir.path(), &format!("lora_dir = {:?}", folder.display().to_string()));
    assert_eq!(server.get("/api/v1/capabilities").json()["loras"], json!(["ink", "torn"]));
    let request =
        json!({ "layout": layout(), "method": "plain", "steps": 2, "width": 64, "height": 64, "seed": 3 });
    let with = |loras: &Value| {
        let mut request = request.clone();
        request["loras"] = loras.clone();
        request
    };
    let drawn = |loras: &Value| {
        let job = server.wait(&server.draw(&with(loras)), &["completed", "failed"]);
        assert_eq!(job["status"], "completed", "{job}");
        let url = job["pictures"][0]["url"].as_str().unwrap();
        let line = server.get(&format!("{url}/recipe")).json()["command_line"].as_str().unwrap().to_owned();
        (server.get(url).bytes, line)
    };
    let (plain, _) = drawn(&json!([]));
    let (changed, line) = drawn(&json!([{ "name": "ink", "strength": 0.5 }]));
    assert_ne!(plain, changed);
    assert!(line.contains("--lora 'ink.safetensors@0.5'"), "{line}");
    let wrong = [
        (json!([{ "name": "torn" }]), 500),
        (json!([{ "name": "../ink" }]), 400),
        (json!([{ "name": "ink", "strength": 9 }]), 400),
    ];
    for (loras, status) in wrong {
        let answer = server.post("/api/v1/images", &with(&loras));
        assert_eq!(answer.status, status, "{loras}: {}", answer.text());
        assert!(!answer.text().contains(&dir.path().display().to_string()), "{}", answer.text());
    }
}

#[test]
fn pictures_of_other_programs_are_read_and_what_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(dir.path(), "");
    let inspect =
        |bytes: &[u8]| server.request("POST", "/api/v1/inspect", &[("content-type", "image/png")], bytes);
    let text = "a cat\nNegative prompt: dogs\nSteps: 20, Sampler: DDIM, CFG scale: 7, Seed: 42, Size: 512x768, Model: sd15";
    let seen = inspect(&with_text("parameters", text)).json();
    assert_eq!(
        (&seen["kind"], &seen["prompt"], &seen["negative"]),
        (&json!("a1111"), &json!("a cat"), &json!("dogs"))
    );
    assert_eq!(
        (&seen["seed"], &seen["settings"]["sampler"], &seen["settings"]["height"]),
        (&json!("42"), &json!("ddim"), &json!(768))
    );
    assert_eq!(inspect(&with_text("other", "x")).json()["error"]["code"], "no_recipe");
    assert_eq!(inspect(b"GIF89a").json()["error"]["code"], "no_picture");
    // A megabyte of blanks packs into little: a bomb.
    assert_eq!(inspect(&bomb()).status, 422);
}

fn with_text(key: &str, text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.add_text_chunk(key.to_owned(), text.to_owned()).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0]).unwrap();
    writer.finish().unwrap();
    bytes
}

fn bomb() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.add_ztxt_chunk("lmd".to_owned(), " ".repeat(16 << 20)).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0]).unwrap();
    writer.finish().unwrap();
    bytes
}
