//! Builds a layout and draws it as SVG and PNG.
//!
//! `cargo run -p lmd-layout --features png --example draw_layout -- FOLDER`
#![allow(clippy::print_stdout)]

use std::path::PathBuf;

use lmd_layout::{BBox, DrawOptions, Layout, Object, draw_png, draw_svg};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    // Boxes are `x, y, w, h` in [0, 1], from the top left.
    let objects = vec![
        Object::new("a red car", BBox::new(0.05, 0.55, 0.4, 0.25)?)?,
        Object::new("a green bottle", BBox::new(0.7, 0.3, 0.15, 0.5)?)?,
    ];
    let layout = Layout::new(objects, "A beach", "people")?;
    let options = DrawOptions { title: "two things on a beach".to_owned(), ..DrawOptions::default() };

    for (name, bytes) in [
        ("layout.svg", draw_svg(&layout, &options).into_bytes()),
        ("layout.png", draw_png(&layout, &options)?),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, bytes)?;
        println!("{}", path.display());
    }
    Ok(())
}
