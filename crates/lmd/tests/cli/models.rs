//! Models: listed, inspected, verified, imported.

use std::path::PathBuf;

use crate::Home;

fn assets() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets/model")
}

#[test]
fn the_bundled_model_is_listed_and_sound() {
    let home = Home::new();
    assert!(home.run(&["models", "list"]).ok().contains("bundled"));
    assert!(home.run(&["models", "info"]).ok().contains("mid.0.0"));
    assert_eq!(home.run(&["models", "verify"]).ok(), "bundled: good\n");
}

#[test]
fn an_imported_model_is_kept_found_and_watched() {
    let home = Home::new();
    let path = assets();
    let imported = home.run(&["models", "import", path.to_str().unwrap(), "--name", "mine"]).ok();
    let folder = PathBuf::from(imported.trim());
    assert!(folder.join("unet/config.json").is_file(), "{imported}");
    assert!(home.run(&["models", "list", "--json"]).ok().contains("\"mine\""));
    assert_eq!(home.run(&["models", "verify", "mine"]).ok(), "mine: good\n");
    let [ours, bundled] = ["mine", "bundled"].map(|name| home.run(&["models", "info", name]).ok());
    assert_eq!(ours.replace("mine", "bundled"), bundled);

    let again = home.run(&["models", "import", path.to_str().unwrap(), "--name", "mine"]).failed(4);
    assert!(again.contains("already"), "{again}");
    // One changed number is noticed.
    let weights = folder.join("vae/diffusion_pytorch_model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&weights, bytes).unwrap();
    let changed = home.run(&["models", "verify", "mine"]).failed(4);
    assert!(changed.contains("vae/diffusion_pytorch_model.safetensors"), "{changed}");
}

#[test]
fn a_broken_model_is_not_imported() {
    let home = Home::new();
    home.write("broken/unet/config.json", "{}");
    home.run(&["models", "import", "broken"]).failed(4);
    home.run(&["models", "import", "nowhere"]).failed(2);
    let path = assets();
    let name = home.run(&["models", "import", path.to_str().unwrap(), "--name", "../up"]).failed(4);
    assert!(name.contains("cannot name a model"), "{name}");
    assert!(!home.run(&["models", "list"]).ok().contains("broken"));
}

#[test]
fn the_bundled_model_keeps_its_name_and_place() {
    let home = Home::new();
    let path = assets();
    let told = home.run(&["models", "import", path.to_str().unwrap(), "--name", "bundled"]).failed(4);
    assert!(told.contains("part of lmd") && told.contains("--name"), "{told}");
    let told = home.run(&["models", "remove", "bundled"]).failed(4);
    assert!(told.contains("part of lmd and cannot be removed"), "{told}");
    let long = "x".repeat(255);
    let told = home.run(&["models", "import", path.to_str().unwrap(), "--name", &long]).failed(4);
    assert!(told.contains("at most 100"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_model_of_the_hubs_cache_is_copied() {
    let home = Home::new();
    home.write("models--owner--small/refs/main", "x");
    std::fs::create_dir(home.path("models--owner--small/snapshots")).unwrap();
    let assets = assets().canonicalize().unwrap();
    std::os::unix::fs::symlink(assets, home.path("models--owner--small/snapshots/x")).unwrap();
    let folder = PathBuf::from(home.run(&["models", "import", "models--owner--small"]).ok().trim());
    assert!(folder.ends_with("small") && folder.join("unet/config.json").is_file(), "{folder:?}");
    assert_eq!(home.run(&["models", "verify", "small"]).ok(), "small: good\n");
}
