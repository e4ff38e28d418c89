//! Boxes and masks laid over a picture.

use anyhow::Context;
use lmd_engine::Rgb;
use lmd_engine::picture::{self, encode};
use lmd_layout::{Mark, overlay_rgba, overlay_svg};

fn size(picture: &Rgb) -> anyhow::Result<(u32, u32)> {
    Ok((u32::try_from(picture.width)?, u32::try_from(picture.height)?))
}

/// The picture with the marks over it, a document that holds both.
pub(crate) fn svg(picture: &Rgb, marks: &[Mark]) -> anyhow::Result<String> {
    let address = picture::data_address(&encode(picture, None)?);
    Ok(overlay_svg(marks, size(picture)?, Some(&address)))
}

/// The picture with the marks over it, as a PNG file.
pub(crate) fn png(picture: &Rgb, marks: &[Mark]) -> anyhow::Result<Vec<u8>> {
    let boxes = overlay_rgba(marks, size(picture)?).context("cannot draw the boxes")?;
    let blend = |below: u8, over: u8, cover: u8| {
        let cover = u32::from(cover);
        // Between 0 and 255 by construction.
        u8::try_from((u32::from(over) * cover + u32::from(below) * (255 - cover) + 127) / 255)
            .unwrap_or(u8::MAX)
    };
    let pixels = picture.pixels.as_chunks::<3>().0.iter().zip(boxes.as_chunks::<4>().0);
    let pixels = pixels.flat_map(|(below, [r, g, b, cover])| {
        let [red, green, blue] = *below;
        [blend(red, *r, *cover), blend(green, *g, *cover), blend(blue, *b, *cover)]
    });
    Ok(encode(&Rgb { pixels: pixels.collect(), ..*picture }, None)?)
}
