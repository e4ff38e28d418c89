//! A drawing as PNG. Text is set in the bundled font, so that the picture is
//! the same on every machine; other scripts use what the machine has.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};
use thiserror::Error;

use super::{DrawOptions, MAX_PIXELS, draw_svg};
use crate::layout::Layout;

const MEDIUM: &[u8] = include_bytes!("../../assets/Inter-Medium.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/Inter-Bold.ttf");

/// Why a drawing could not be turned into pixels.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DrawError {
    /// The canvas has no or too many pixels.
    #[error("a canvas of {width} by {height} pixels cannot be drawn; each side must be 1 to {MAX_PIXELS}")]
    Size {
        /// Width asked for.
        width: u32,
        /// Height asked for.
        height: u32,
    },
    /// The drawing would be larger than can be held.
    #[error("the drawing would be {width} by {height} pixels; choose a smaller or less oblong canvas")]
    TooLarge {
        /// Width of the whole drawing.
        width: u32,
        /// Height of the whole drawing.
        height: u32,
    },
    /// The drawing is not understood by the renderer.
    #[error("the drawing could not be rendered: {0}")]
    Render(#[from] resvg::usvg::Error),
    /// The pixels could not be written as PNG.
    #[error("the drawing could not be encoded as PNG: {0}")]
    Encode(String),
}

/// Draws `layout` (see [`draw_svg`]) as PNG.
///
/// # Errors
/// [`DrawError`] when the canvas has no pixels or the drawing too many.
pub fn draw_png(layout: &Layout, options: &DrawOptions) -> Result<Vec<u8>, DrawError> {
    check_size((options.width, options.height))?;
    let pixmap = rendered(&draw_svg(layout, options))?;
    pixmap.encode_png().map_err(|error| DrawError::Encode(error.to_string()))
}

/// Whether a canvas of `width` by `height` pixels can be drawn.
pub(super) fn check_size((width, height): (u32, u32)) -> Result<(), DrawError> {
    let sides = 1..=MAX_PIXELS;
    let fits = sides.contains(&width) && sides.contains(&height);
    if fits { Ok(()) } else { Err(DrawError::Size { width, height }) }
}

/// A drawing as pixels, as large as it says.
pub(super) fn rendered(svg: &str) -> Result<Pixmap, DrawError> {
    let tree = Tree::from_str(svg, &renderer(svg))?;
    let (width, height) = (tree.size().width().round() as u32, tree.size().height().round() as u32);
    // Four such pictures are the largest canvas with its margins.
    let most = u64::from(MAX_PIXELS) * u64::from(MAX_PIXELS) * 4;
    let pixmap = (u64::from(width) * u64::from(height) <= most).then(|| Pixmap::new(width, height)).flatten();
    let mut pixmap = pixmap.ok_or(DrawError::TooLarge { width, height })?;
    resvg::render(&tree, Transform::identity(), &mut pixmap.as_mut());
    Ok(pixmap)
}

/// The renderer's options. The machine's fonts are searched only when the
/// text needs them, for that takes a while.
fn renderer(svg: &str) -> Options<'static> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_source(fontdb::Source::Binary(Arc::new(MEDIUM)));
    fonts.load_font_source(fontdb::Source::Binary(Arc::new(BOLD)));
    if svg.chars().any(|c| !is_bundled(c)) {
        fonts.load_system_fonts();
    }
    Options { font_family: "Inter".to_owned(), fontdb: Arc::new(fonts), ..Options::default() }
}

/// Whether the bundled font has `c`, roughly: Latin, Greek, Cyrillic and
/// punctuation.
fn is_bundled(c: char) -> bool {
    matches!(u32::from(c), 0..=0x52f | 0x1e00..=0x1eff | 0x2010..=0x2044 | 0x20ac | 0x2122 | 0x2190..=0x2193)
}
