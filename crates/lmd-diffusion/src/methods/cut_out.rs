//! What is taken from the picture of one box: its mask, its latents and its attention, in place (B.11, B.12).

use lmd_layout::Mask;
use lmd_nn::AttnKey;

use crate::DiffusionError;
use crate::compose::{LatentFrames, Offset, shifted_mask};
use crate::config::LmdConfig;
use crate::denoise::Outcome;
use crate::energy::{AttentionMap, AttentionMaps};
use crate::grounding::BoxGrounding;
use crate::mask::TokenMap;
use crate::recipe::BoxTrace;

/// One box, drawn, masked and moved into place.
#[derive(Clone, Debug)]
pub struct CutOut {
    /// Index into the layout's objects.
    pub object: usize,
    /// The seed of its own noise.
    pub seed: u64,
    /// How far it was moved.
    pub offset: Offset,
    /// Its mask where it was drawn.
    pub drawn_mask: Mask,
    /// Its latents of every step where it was drawn.
    pub drawn: LatentFrames,
    /// Its mask in its place.
    pub mask: Mask,
    /// Its latents of every step in their place.
    pub latents: LatentFrames,
    /// Its word's attention in the kept layers at every step, in place.
    pub attention: Vec<AttentionMaps>,
    /// The energies of its guidance.
    pub energies: Vec<crate::StepEnergies>,
}

/// How a thing comes to its place.
pub(super) enum Placing {
    /// It stays where it was drawn.
    AsDrawn,
    /// It is moved so that its mask's centre is the centre of this box `[x0, y0, x1, y1]`.
    Moved([f64; 4]),
    /// It was drawn in these cells of the latents' grid; they are its mask where its attention lies outside.
    Within(Mask),
}

/// Masks what a box drew by its word's attention in `layer` and moves it into place.
///
/// # Errors
/// [`DiffusionError::EmptyMask`] when the attention leaves no mask.
pub(super) fn cut_out(
    outcome: Outcome,
    b: &BoxGrounding,
    seed: u64,
    layer: AttnKey,
    config: &LmdConfig,
    placing: &Placing,
) -> Result<CutOut, DiffusionError> {
    let (width, height) = (outcome.frames.width, outcome.frames.height);
    let empty = || DiffusionError::EmptyMask { caption: b.prompt.clone() };
    let start = config.mask_start(outcome.kept.len());
    let maps = outcome.kept.iter().skip(start).filter_map(|maps| maps.get(&layer));
    let map = TokenMap::mean(maps).ok_or_else(empty)?;
    let seen = map.smoothed(config.mask_sigma).normalised().above(config.mask_threshold, width, height);
    let mask = match placing {
        Placing::Within(cells) => inside(&seen, cells),
        Placing::AsDrawn | Placing::Moved(_) => seen,
    };
    if mask.area() == 0 {
        return Err(empty());
    }
    let base = coarsest_grid(&outcome).unwrap_or((width, height));
    let offset = match placing {
        Placing::Moved(place) => Offset::between(&mask, *place, base).ok_or_else(empty)?,
        Placing::AsDrawn | Placing::Within(_) => Offset { x: 0, y: 0, base },
    };
    let (dx, dy) = offset.on_grid(width, height);
    Ok(CutOut {
        object: b.object,
        seed,
        offset,
        mask: shifted_mask(&mask, dx, dy),
        latents: outcome.frames.shifted(dx, dy),
        drawn_mask: mask,
        drawn: outcome.frames,
        attention: outcome.kept.iter().map(|maps| shifted_maps(maps, offset)).collect(),
        energies: outcome.energies,
    })
}

impl CutOut {
    pub(super) fn trace(&self) -> BoxTrace {
        let row = |y| (0..self.mask.width()).map(|x| if self.mask.get(x, y) { '#' } else { '.' }).collect();
        let mask = (0..self.mask.height()).map(row).collect();
        let energies = self.energies.clone();
        BoxTrace { object: self.object, seed: self.seed, offset: self.offset, mask, energies }
    }
}

/// The cells of a mask that are in `cells`, or these where there are none.
fn inside(mask: &Mask, cells: &Mask) -> Mask {
    let both = Mask::from_fn(cells.width(), cells.height(), |x, y| mask.get(x, y) && cells.get(x, y));
    if both.area() == 0 { cells.clone() } else { both }
}

/// The smallest grid among the kept maps: 8 × 8 for a square picture.
fn coarsest_grid(outcome: &Outcome) -> Option<(usize, usize)> {
    let maps = outcome.kept.first().into_iter().flat_map(AttentionMaps::values);
    maps.map(|map| (map.width(), map.height())).min()
}

/// Every map moved by an offset.
fn shifted_maps(maps: &AttentionMaps, offset: Offset) -> AttentionMaps {
    let moved = |map: &AttentionMap| {
        let (dx, dy) = offset.on_grid(map.width(), map.height());
        map.shifted(dx, dy)
    };
    maps.iter().map(|(key, map)| (*key, moved(map))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_in_its_place_keeps_to_its_box() {
        let cells = Mask::from_fn(4, 2, |x, _| x < 2);
        let across = Mask::from_fn(4, 2, |_, y| y == 0);
        assert_eq!(inside(&across, &cells), Mask::from_fn(4, 2, |x, y| x < 2 && y == 0));
        let outside = Mask::from_fn(4, 2, |x, _| x == 3);
        assert_eq!(inside(&outside, &cells), cells);
    }
}
