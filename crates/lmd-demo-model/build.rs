//! Where the model's files lie: in this package, where a link leads to them, or
//! beside it in the repository, where links cannot be made.

use std::env;
use std::path::Path;

fn main() {
    let package = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let (own, beside) = (Path::new(&package).join("model"), Path::new(&package).join("../../assets/model"));
    let folder = if own.join("unet").is_dir() { own } else { beside };
    println!("cargo::rustc-env=LMD_DEMO_MODEL={}", folder.display());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", folder.display());
}
