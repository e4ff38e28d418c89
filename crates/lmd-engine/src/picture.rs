//! Pictures as PNG with the recipe that made them: a chunk `lmd` (JSON) that
//! draws the picture again, and a chunk `parameters` that other programs read.

use std::io::Cursor;

use base64::Engine as _;
use png::{BitDepth, ColorType, Decoder, DecodingError, Encoder, EncodingError, Limits};
use serde_json::Value;
use thiserror::Error;

use crate::common::shortened;
use crate::infotext::infotext;
use crate::stage2::{RECIPE_VERSION, Recipe, Rgb, Timings};

/// The keyword of the recipe's chunk.
const RECIPE: &str = "lmd";
/// The keyword other programs look for.
const PARAMETERS: &str = "parameters";
/// Most bytes of one text chunk that are read, unpacked.
const MAX_TEXT_BYTES: usize = 1 << 20;
/// Most characters of another program's text that a message quotes.
const QUOTED: usize = 400;
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
    /// A packed text chunk that cannot be unpacked.
    #[error("the chunk \"{0}\" is damaged: it cannot be unpacked")]
    Packed(&'static str),
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

/// What a picture notes about itself.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Noted {
    /// What made it.
    pub recipe: Recipe,
    /// Whether the plain picture of the same seed stands on its left.
    pub side_by_side: bool,
}

impl Noted {
    /// A picture that stands alone.
    #[must_use]
    pub fn new(recipe: Recipe) -> Self {
        Self { recipe, side_by_side: false }
    }

    /// As JSON; without the timings, so that the same picture gives the same text.
    fn to_json(&self) -> Result<Value, PictureError> {
        let recipe = Recipe { timings: Timings::default(), ..self.recipe.clone() };
        let mut value =
            serde_json::to_value(&recipe).map_err(|error| PictureError::Recipe(error.to_string()))?;
        if let (true, Value::Object(entries)) = (self.side_by_side, &mut value) {
            entries.insert(SIDE_BY_SIDE.to_owned(), Value::Bool(true));
        }
        Ok(value)
    }

    fn from_json(mut value: Value) -> Result<Self, PictureError> {
        let bad = |why: String| PictureError::Recipe(quoted(&why));
        match value.get("version").and_then(Value::as_u64) {
            Some(version) if version == u64::from(RECIPE_VERSION) => {}
            Some(found) => return Err(PictureError::Version { found }),
            None => return Err(bad("it names no version".to_owned())),
        }
        let side_by_side = match value.as_object_mut().and_then(|entries| entries.remove(SIDE_BY_SIDE)) {
            None => false,
            Some(Value::Bool(both)) => both,
            Some(_) => return Err(bad(format!("{SIDE_BY_SIDE}: expected true or false"))),
        };
        let recipe: Recipe =
            serde_path_to_error::deserialize(value).map_err(|error| bad(error.to_string()))?;
        Ok(Self { recipe, side_by_side })
    }
}

/// The entry of a recipe that says that two pictures stand side by side.
const SIDE_BY_SIDE: &str = "side_by_side";

/// A picture as PNG, with what is noted about it unless that shall be nothing.
/// The same picture gives the same bytes.
///
/// # Errors
/// [`PictureError::Encode`].
pub fn encode(picture: &Rgb, noted: Option<&Noted>) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, side(picture.width)?, side(picture.height)?);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    if let Some(noted) = noted {
        let text = infotext(&noted.recipe);
        // Programs that do not know iTXt read tEXt, which is Latin-1.
        if text.chars().all(|c| u32::from(c) < 256) {
            encoder.add_text_chunk(PARAMETERS.to_owned(), text)?;
        } else {
            encoder.add_itxt_chunk(PARAMETERS.to_owned(), text)?;
        }
        encoder.add_itxt_chunk(RECIPE.to_owned(), chunk(noted)?)?;
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// A PNG as an address that carries it, for SVG and HTML.
#[must_use]
pub fn data_address(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(png))
}

/// The recipe's chunk. One that would be too long to be read again goes without what was measured on the way; the
/// picture is drawn again without it.
fn chunk(noted: &Noted) -> Result<String, PictureError> {
    let whole = noted.to_json()?.to_string();
    if whole.len() <= MAX_TEXT_BYTES {
        return Ok(whole);
    }
    let recipe = Recipe { boxes: Vec::new(), energies: Vec::new(), ..noted.recipe.clone() };
    Ok(Noted { recipe, ..noted.clone() }.to_json()?.to_string())
}

fn side(length: usize) -> Result<u32, PictureError> {
    u32::try_from(length).map_err(|_| PictureError::TooLarge)
}

/// Whether bytes begin as a PNG does.
#[must_use]
pub fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
}

/// What a PNG notes about itself.
///
/// # Errors
/// [`PictureError`]: the bytes may be anything.
pub fn recipe(bytes: &[u8]) -> Result<Noted, PictureError> {
    let reader = decoder(bytes, 4 * MAX_TEXT_BYTES)?.read_info()?;
    let Some(json) = text(reader.info(), RECIPE)? else {
        let parameters = text(reader.info(), PARAMETERS)?.map(|text| quoted(&text));
        return Err(PictureError::NoRecipe { parameters });
    };
    let value =
        serde_json::from_str(&json).map_err(|error| PictureError::Recipe(quoted(&error.to_string())))?;
    Noted::from_json(value)
}

/// What other programs, or we for them, noted about a PNG: its chunk `parameters`, at most 1 MiB.
///
/// # Errors
/// [`PictureError`]: the bytes may be anything.
pub fn parameters(bytes: &[u8]) -> Result<Option<String>, PictureError> {
    let reader = decoder(bytes, 4 * MAX_TEXT_BYTES)?.read_info()?;
    text(reader.info(), PARAMETERS)
}

/// A PNG of a bounded length, of which at most `most` bytes are unpacked.
pub(crate) fn decoder(bytes: &[u8], most: usize) -> Result<Decoder<Cursor<&[u8]>>, PictureError> {
    if bytes.len() > MAX_PICTURE_BYTES {
        return Err(PictureError::TooLarge);
    }
    Ok(Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: most }))
}

/// The beginning of a text from a picture, for a message.
fn quoted(text: &str) -> String {
    shortened(&lmd_layout::clean_text(text), QUOTED)
}

/// The text of the first chunk with this keyword, of any of the three kinds.
fn text(info: &png::Info<'_>, keyword: &'static str) -> Result<Option<String>, PictureError> {
    let bounded = |text: String| {
        if text.len() > MAX_TEXT_BYTES { Err(PictureError::TextTooLarge(keyword)) } else { Ok(text) }
    };
    if let Some(chunk) = info.utf8_text.iter().find(|chunk| chunk.keyword == keyword) {
        let mut chunk = chunk.clone();
        let unpacked = chunk.decompress_text_with_limit(MAX_TEXT_BYTES);
        unpacked.map_err(|error| unpacking(&error, keyword))?;
        return bounded(chunk.get_text()?).map(Some);
    }
    if let Some(chunk) = info.compressed_latin1_text.iter().find(|chunk| chunk.keyword == keyword) {
        let mut chunk = chunk.clone();
        let unpacked = chunk.decompress_text_with_limit(MAX_TEXT_BYTES);
        unpacked.map_err(|error| unpacking(&error, keyword))?;
        return bounded(chunk.get_text()?).map(Some);
    }
    let plain = info.uncompressed_latin1_text.iter().find(|chunk| chunk.keyword == keyword);
    plain.map(|chunk| bounded(chunk.text.clone())).transpose()
}

/// A chunk that is damaged is not one that is too long.
fn unpacking(error: &DecodingError, keyword: &'static str) -> PictureError {
    match error {
        DecodingError::LimitsExceeded => PictureError::TextTooLarge(keyword),
        // The crate keeps its reason private but says it.
        error if error.to_string().to_lowercase().contains("decompression space") => {
            PictureError::TextTooLarge(keyword)
        }
        _ => PictureError::Packed(keyword),
    }
}

/// Pixels between two pictures that stand side by side.
const GAP: usize = 8;

/// The right one of two pictures of one size that stand side by side: the one that was drawn with the recipe's method.
#[must_use]
pub fn right_picture(both: &Rgb) -> Rgb {
    let width = both.width.saturating_sub(GAP) / 2;
    let rows = both.pixels.chunks(3 * both.width.max(1));
    let pixels = rows.flat_map(|row| row.iter().skip(3 * (both.width - width)).copied()).collect();
    Rgb { width, pixels, ..*both }
}

/// Two pictures of the same height side by side, white between them.
pub(crate) fn side_by_side(left: &Rgb, right: &Rgb) -> Rgb {
    let rows = left.pixels.chunks(3 * left.width.max(1)).zip(right.pixels.chunks(3 * right.width.max(1)));
    let pixels = rows.flat_map(|(l, r)| [l, &[255; 3 * GAP], r].concat()).collect();
    Rgb { width: left.width + GAP + right.width, height: left.height.min(right.height), pixels }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage2::{DrawConfig, Seeds};
    use lmd_diffusion::StepEnergies;
    use lmd_layout::{BBox, Layout, Object};

    fn example() -> Recipe {
        let object = Object::new("a cat, \"orange\"", BBox::new(0.1, 0.1, 0.5, 0.5).unwrap()).unwrap();
        Recipe {
            version: RECIPE_VERSION,
            program: "lmd test".to_owned(),
            model: "a, model".to_owned(),
            prediction_type: None,
            device: "cpu f32".to_owned(),
            planner: None,
            prompt: "a cat\non a mat".to_owned(),
            layout: Layout::new(vec![object], "a mat", "dogs").unwrap(),
            config: DrawConfig::default(),
            seeds: Seeds::of(42),
            size: (64, 64),
            encoded_prompt: "a mat with a cat".to_owned(),
            encoded_negative: "dogs, blur".to_owned(),
            weights: vec![("unet/x".to_owned(), "0123456789abcdef".to_owned())],
            boxes: Vec::new(),
            energies: Vec::new(),
            timings: Timings { text: 1.5, ..Timings::default() },
        }
    }

    fn picture() -> Rgb {
        Rgb { width: 3, height: 2, pixels: (0..18).collect() }
    }

    /// A PNG with this text under the keyword of recipes.
    fn with_text(text: &str, packed: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 1, 1);
        if packed {
            encoder.add_ztxt_chunk(RECIPE.to_owned(), text.to_owned()).unwrap();
        } else {
            encoder.add_itxt_chunk(RECIPE.to_owned(), text.to_owned()).unwrap();
        }
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[0]).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn refused(bytes: &[u8]) -> String {
        recipe(bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_was_written_is_read_back_without_its_timings() {
        let bytes = encode(&picture(), Some(&Noted::new(example()))).unwrap();
        let read = recipe(&bytes).unwrap();
        assert_eq!(read, Noted::new(Recipe { timings: Timings::default(), ..example() }));
        let both = Noted { side_by_side: true, ..read };
        assert_eq!(recipe(&encode(&picture(), Some(&both)).unwrap()).unwrap(), both);
        assert!(refused(&encode(&picture(), None).unwrap()).contains("carries no recipe"));
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        let long = StepEnergies { energies: vec![0.123_456_789; 200_000], ..StepEnergies::default() };
        let written = Noted::new(Recipe { energies: vec![long], ..example() });
        let read = recipe(&encode(&picture(), Some(&written)).unwrap()).unwrap();
        assert_eq!(read.recipe, Recipe { timings: Timings::default(), ..example() });
    }

    #[test]
    fn other_programs_find_their_parameters() {
        let bytes = encode(&picture(), Some(&Noted::new(example()))).unwrap();
        let reader = Decoder::new(Cursor::new(&bytes)).read_info().unwrap();
        let text = text(reader.info(), PARAMETERS).unwrap().unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["a cat on a mat", "Negative prompt: dogs, blur"]);
        assert!(
            lines[2].starts_with(
                "Steps: 50, Sampler: DDIM, CFG scale: 7.5, Seed: 42, Size: 64x64, Model hash: 0123456789, Model: \"a, model\", LMD layout hash: "
            ),
            "{}",
            lines[2]
        );
        assert!(lines[2].ends_with(", Version: lmd test"), "{}", lines[2]);
        let foreign = Recipe { prompt: "猫".to_owned(), ..example() };
        assert_eq!(
            recipe(&encode(&picture(), Some(&Noted::new(foreign))).unwrap()).unwrap().recipe.prompt,
            "猫"
        );
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert!(refused(b"").contains("no PNG"));
        assert!(refused(b"GIF89a........").contains("no PNG"));
        assert!(refused(&vec![0; MAX_PICTURE_BYTES + 1]).contains("more than"));
    }

    #[test]
    fn pictures_cut_short_are_refused_wherever_they_end() {
        let bytes = encode(&picture(), Some(&Noted::new(example()))).unwrap();
        let pixels = bytes.windows(4).position(|w| w == b"IDAT").unwrap();
        for end in (0..pixels).step_by(7) {
            assert!(recipe(&bytes[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn a_damaged_recipe_is_refused() {
        let mut bytes = encode(&picture(), Some(&Noted::new(example()))).unwrap();
        let at = bytes.windows(9).position(|w| w == b"\"version\"").unwrap();
        bytes[at + 1] = b'X';
        assert!(recipe(&bytes).is_err());
    }

    #[test]
    fn long_texts_are_refused() {
        let long = " ".repeat(MAX_TEXT_BYTES + 1);
        assert!(refused(&with_text(&long, false)).contains("more than 1048576 bytes"));
        // A megabyte of blanks packs into little: a bomb.
        let bomb = with_text(&" ".repeat(16 * MAX_TEXT_BYTES), true);
        assert!(bomb.len() < 128 * 1024, "{}", bomb.len());
        assert!(refused(&bomb).contains("more than 1048576 bytes"));
    }

    #[test]
    fn a_damaged_packing_is_told_as_such() {
        let mut bytes = with_text(&"recipe ".repeat(100), true);
        let chunk = bytes.windows(4).position(|w| w == b"zTXt").unwrap();
        let length = u32::from_be_bytes(bytes[chunk - 4..chunk].try_into().unwrap()) as usize;
        // Keyword, zero, method, then the packed text; the checksum is made right again.
        bytes[chunk + 4 + RECIPE.len() + 2 + 6] ^= 0xff;
        let sum = crc(&bytes[chunk..chunk + 4 + length]);
        bytes[chunk + 4 + length..chunk + 8 + length].copy_from_slice(&sum.to_be_bytes());
        let told = refused(&bytes);
        assert!(told.contains("damaged"), "{told}");
    }

    /// The checksum of a PNG's chunks.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |sum, byte| {
            (0..8)
                .fold(sum ^ u32::from(*byte), |s, _| if s & 1 == 1 { (s >> 1) ^ 0xedb8_8320 } else { s >> 1 })
        })
    }

    #[test]
    fn recipes_of_other_versions_are_named() {
        assert!(refused(&with_text("{\"version\": 99}", false)).contains("version 99"));
        assert!(refused(&with_text("{}", false)).contains("no version"));
        assert!(refused(&with_text("[1", false)).contains("cannot be read"));
    }

    #[test]
    fn hostile_layouts_in_recipes_are_refused() {
        let json = serde_json::to_string(&example()).unwrap();
        let long = format!("\"{}\"", "x".repeat(100_000));
        let long_entry = format!("{long}:1,\"version\"");
        for (good, bad) in [
            ("0.5", "1e999"),
            ("0.5", "-0.5"),
            ("\"a mat\"", "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]"),
            ("\"seeds\"", "\"sedes\""),
            ("\"steps\":50", "\"steps\":-1"),
            ("\"lmd\":{", "\"lmd\":{\"unknown\":1,"),
            ("\"version\"", "\"unknown\":1,\"version\""),
            ("\"version\"", "\"side_by_side\":1,\"version\""),
            ("\"version\"", &long_entry),
            ("[64,64]", &long),
        ] {
            let changed = json.replacen(good, bad, 1);
            assert_ne!(changed, json, "{good}");
            let told = refused(&with_text(&changed, false));
            assert!(told.contains("cannot be read") && told.len() < 1000, "{bad}: {told}");
        }
        assert!(recipe(&with_text(&json, false)).is_ok());
        assert!(recipe(&with_text(&"[".repeat(100_000), false)).is_err());
    }

    proptest::proptest! {
        /// Damage that keeps the chunks' checksums right, so that it reaches the recipe's reader.
        #[test]
        fn any_damage_to_a_recipe_is_read_or_refused(
            at in 0_usize..2000, cut in 0_usize..40, put in "[\\[\\]{}\"a-z0-9:,.\\\\-]{0,12}",
        ) {
            let json: Vec<char> = serde_json::to_string(&example()).unwrap().chars().collect();
            let (start, end) = (at.min(json.len()), (at + cut).min(json.len()));
            let damaged: String =
                json[..start].iter().copied().chain(put.chars()).chain(json[end..].iter().copied()).collect();
            if let Err(error) = recipe(&with_text(&damaged, false)) {
                proptest::prop_assert!(error.to_string().len() < 4000);
            }
        }
    }

    #[test]
    fn side_by_side_keeps_both() {
        let both = side_by_side(&picture(), &picture());
        assert_eq!((both.width, both.height, both.pixels.len()), (14, 2, 84));
        assert_eq!(both.pixels[..9], picture().pixels[..9]);
        assert_eq!(both.pixels[9 + 24..18 + 24], picture().pixels[..9]);
        assert_eq!(right_picture(&both), picture());
    }
}
