//! Pictures as PNG with the recipe that made them: a chunk `lmd` (JSON) that
//! draws the picture again, and a chunk `parameters` that other programs read.

use std::io::Cursor;

use lmd_diffusion::recipe::RECIPE_VERSION;
use lmd_diffusion::{Recipe, Rgb};
use png::{BitDepth, ColorType, Decoder, DecodingError, Encoder, EncodingError, Limits};
use thiserror::Error;

use crate::infotext::infotext;

/// The keyword of the recipe's chunk.
const RECIPE: &str = "lmd";
/// The keyword other programs look for.
const PARAMETERS: &str = "parameters";
/// Most bytes of one text chunk that are read, unpacked.
const MAX_TEXT_BYTES: usize = 1 << 20;
/// Most bytes of a picture that is read.
pub const MAX_PICTURE_BYTES: usize = 32 << 20;

/// Why there is no recipe in a picture.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PictureError {
    /// Not a PNG, or a damaged one.
    #[error("this is no PNG that can be read: {0}")]
    Png(#[from] DecodingError),
    /// A file longer than is read.
    #[error("the picture has more than {MAX_PICTURE_BYTES} bytes; pictures of lmd are shorter")]
    TooLarge,
    /// A text chunk longer than is read.
    #[error("the chunk \"{0}\" has more than {MAX_TEXT_BYTES} bytes; recipes are shorter")]
    TextTooLarge(&'static str),
    /// No recipe. Holds what other programs wrote about the picture.
    #[error("the picture carries no recipe of lmd{}", parameters.as_ref().map_or(String::new(), |text| format!("; another program noted: {text}")))]
    NoRecipe {
        /// The chunk `parameters`, cleaned.
        parameters: Option<String>,
    },
    /// A recipe that cannot be understood.
    #[error("the picture's recipe cannot be read: {0}")]
    Recipe(String),
    /// A recipe of a later version.
    #[error("the picture's recipe has version {found}, this program reads {RECIPE_VERSION}; use a newer lmd")]
    Version {
        /// Its version.
        found: u64,
    },
    /// The picture could not be written as PNG.
    #[error("cannot write the picture as PNG: {0}")]
    Encode(#[from] EncodingError),
}

/// A picture as PNG, with its recipe unless there shall be none.
///
/// # Errors
/// [`PictureError::Encode`].
pub fn encode(picture: &Rgb, recipe: Option<&Recipe>) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, side(picture.width)?, side(picture.height)?);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    if let Some(recipe) = recipe {
        let text = infotext(recipe);
        // Programs that do not know iTXt read tEXt, which is Latin-1.
        if text.chars().all(|c| u32::from(c) < 256) {
            encoder.add_text_chunk(PARAMETERS.to_owned(), text)?;
        } else {
            encoder.add_itxt_chunk(PARAMETERS.to_owned(), text)?;
        }
        let json = serde_json::to_string(recipe).map_err(|error| PictureError::Recipe(error.to_string()))?;
        encoder.add_itxt_chunk(RECIPE.to_owned(), json)?;
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.pixels)?;
    writer.finish()?;
    Ok(bytes)
}

fn side(length: usize) -> Result<u32, PictureError> {
    u32::try_from(length).map_err(|_| PictureError::TooLarge)
}

/// The recipe in a PNG.
///
/// # Errors
/// [`PictureError`]: the bytes may be anything.
pub fn recipe(bytes: &[u8]) -> Result<Recipe, PictureError> {
    if bytes.len() > MAX_PICTURE_BYTES {
        return Err(PictureError::TooLarge);
    }
    let limits = Limits { bytes: 4 * MAX_TEXT_BYTES };
    let reader = Decoder::new_with_limits(Cursor::new(bytes), limits).read_info()?;
    let Some(json) = text(reader.info(), RECIPE)? else {
        let parameters = text(reader.info(), PARAMETERS)?.map(|text| lmd_layout::clean_text(&text));
        return Err(PictureError::NoRecipe { parameters });
    };
    let value: serde_json::Value =
        serde_json::from_str(&json).map_err(|error| PictureError::Recipe(error.to_string()))?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(version) if version == u64::from(RECIPE_VERSION) => {}
        Some(found) => return Err(PictureError::Version { found }),
        None => return Err(PictureError::Recipe("it names no version".to_owned())),
    }
    serde_path_to_error::deserialize(value).map_err(|error| PictureError::Recipe(error.to_string()))
}

/// The text of the first chunk with this keyword, of any of the three kinds.
fn text(info: &png::Info<'_>, keyword: &'static str) -> Result<Option<String>, PictureError> {
    let bounded = |text: String| {
        if text.len() > MAX_TEXT_BYTES { Err(PictureError::TextTooLarge(keyword)) } else { Ok(text) }
    };
    if let Some(chunk) = info.utf8_text.iter().find(|chunk| chunk.keyword == keyword) {
        let mut chunk = chunk.clone();
        chunk.decompress_text_with_limit(MAX_TEXT_BYTES).map_err(|_| PictureError::TextTooLarge(keyword))?;
        return bounded(chunk.get_text()?).map(Some);
    }
    if let Some(chunk) = info.compressed_latin1_text.iter().find(|chunk| chunk.keyword == keyword) {
        let mut chunk = chunk.clone();
        chunk.decompress_text_with_limit(MAX_TEXT_BYTES).map_err(|_| PictureError::TextTooLarge(keyword))?;
        return bounded(chunk.get_text()?).map(Some);
    }
    let plain = info.uncompressed_latin1_text.iter().find(|chunk| chunk.keyword == keyword);
    plain.map(|chunk| bounded(chunk.text.clone())).transpose()
}

/// Two pictures of the same height side by side, white between them.
pub(crate) fn side_by_side(left: &Rgb, right: &Rgb) -> Rgb {
    const GAP: usize = 8;
    let rows = left.pixels.chunks(3 * left.width.max(1)).zip(right.pixels.chunks(3 * right.width.max(1)));
    let pixels = rows.flat_map(|(l, r)| [l, &[255; 3 * GAP], r].concat()).collect();
    Rgb { width: left.width + GAP + right.width, height: left.height.min(right.height), pixels }
}
