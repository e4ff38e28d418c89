//! The pixels of a PNG that anybody made.

use png::{ColorType, Transformations};

use crate::picture::{PictureError, decoder};
use crate::stage2::Rgb;

/// Most bytes that a picture may take unpacked: 8192 by 8192 pixels of four bytes.
const MAX_UNPACKED: usize = 4 << 26;

/// The pixels of a PNG of any colour type, without its transparency.
///
/// # Errors
/// [`PictureError`]: the bytes may be anything.
pub fn decode(bytes: &[u8]) -> Result<Rgb, PictureError> {
    let mut decoder = decoder(bytes, MAX_UNPACKED)?;
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;
    let size = reader.output_buffer_size().filter(|size| *size <= MAX_UNPACKED);
    let mut unpacked = vec![0; size.ok_or(PictureError::TooLarge)?];
    let frame = reader.next_frame(&mut unpacked)?;
    unpacked.truncate(frame.buffer_size());
    let pixels = match frame.color_type {
        ColorType::Rgb => unpacked,
        ColorType::Rgba => unpacked.as_chunks::<4>().0.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).collect(),
        ColorType::GrayscaleAlpha => {
            unpacked.as_chunks::<2>().0.iter().flat_map(|[grey, _]| [*grey; 3]).collect()
        }
        // Palettes are unpacked by then.
        ColorType::Grayscale | ColorType::Indexed => unpacked.iter().flat_map(|grey| [*grey; 3]).collect(),
    };
    Ok(Rgb { width: frame.width as usize, height: frame.height as usize, pixels })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::encode;
    use png::{BitDepth, Encoder};

    #[test]
    fn what_was_written_is_read_back() {
        let picture = Rgb { width: 3, height: 2, pixels: (0..18).collect() };
        assert_eq!(decode(&encode(&picture, None).unwrap()).unwrap(), picture);
    }

    #[test]
    fn every_colour_type_becomes_red_green_and_blue() {
        let written = |colour: ColorType, depth: BitDepth, data: &[u8]| {
            let mut bytes = Vec::new();
            let mut encoder = Encoder::new(&mut bytes, 1, 1);
            encoder.set_color(colour);
            encoder.set_depth(depth);
            if colour == ColorType::Indexed {
                encoder.set_palette(vec![9, 8, 7, 1, 2, 3]);
            }
            let mut writer = encoder.write_header().unwrap();
            writer.write_image_data(data).unwrap();
            writer.finish().unwrap();
            decode(&bytes).unwrap().pixels
        };
        assert_eq!(written(ColorType::Grayscale, BitDepth::Eight, &[7]), [7, 7, 7]);
        assert_eq!(written(ColorType::GrayscaleAlpha, BitDepth::Eight, &[7, 1]), [7, 7, 7]);
        assert_eq!(written(ColorType::Rgba, BitDepth::Eight, &[1, 2, 3, 4]), [1, 2, 3]);
        assert_eq!(written(ColorType::Rgb, BitDepth::Sixteen, &[1, 0, 2, 0, 3, 0]), [1, 2, 3]);
        assert_eq!(written(ColorType::Indexed, BitDepth::Eight, &[1]), [1, 2, 3]);
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for bytes in [&b""[..], b"GIF89a........", &[0; 100]] {
            assert!(decode(bytes).unwrap_err().to_string().contains("no PNG"));
        }
        let whole = encode(&Rgb { width: 30, height: 20, pixels: vec![5; 1800] }, None).unwrap();
        for end in (0..whole.len() - 12).step_by(3) {
            assert!(decode(&whole[..end]).is_err(), "{end}");
        }
    }
}
