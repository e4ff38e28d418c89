//! What is taken from the picture of one box: its mask, its latents and its attention, in place (B.11, B.12).

use lmd_layout::Mask;

use crate::DiffusionError;
use crate::compose::{LatentFrames, Offset, shifted_mask};
use crate::config::LmdConfig;
use crate::denoise::{InnerTrace, Trace};
use crate::energy::{AttentionMap, AttentionMaps};
use crate::mask::TokenMap;
use crate::network::LayerId;
use crate::phrase_tokens::BoxPhraseTokens;
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
    /// What lies between the steps of its run; [`draw_traced`](super::lmd::draw_traced) keeps it.
    pub inner: InnerTrace,
}

/// How an object comes to its place.
pub(super) enum Placing {
    /// It stays where it was drawn.
    AsDrawn,
    /// It is moved so that its mask's centre is the centre of this box `[x0, y0, x1, y1]`.
    Moved([f64; 4]),
    /// It was drawn in its box; the box's cells are its mask where its attention lies outside.
    Within,
}

/// A box that was drawn alone.
pub(super) struct DrawnBox<'a> {
    pub(super) trace: Trace,
    pub(super) phrase: &'a BoxPhraseTokens,
    /// The seed of its own noise.
    pub(super) seed: u64,
    /// The box it was drawn in, on the latents' grid.
    pub(super) cells: &'a Mask,
    /// The layer whose attention the mask is read from.
    pub(super) mask_layer: LayerId,
}

/// Masks what a box drew, by `refine` from its word's attention, and moves it into place.
///
/// # Errors
/// [`DiffusionError::EmptyMask`] when there is no mask.
pub(super) fn cut_out(
    drawn: DrawnBox<'_>,
    config: &LmdConfig,
    placing: &Placing,
    refine: impl FnOnce(&TokenMap) -> Result<Mask, DiffusionError>,
) -> Result<CutOut, DiffusionError> {
    let DrawnBox { trace, phrase, seed, cells, mask_layer } = drawn;
    let (width, height) = (trace.frames.width, trace.frames.height);
    let empty = || DiffusionError::EmptyMask { caption: phrase.prompt.clone() };
    let start = config.mask_start(trace.kept.len());
    let maps = trace.kept.iter().skip(start).filter_map(|maps| maps.get(&mask_layer));
    let refined = refine(&TokenMap::mean(maps).ok_or_else(empty)?)?;
    check_grid(&refined, (width, height))?;
    let mask = match placing {
        Placing::Within => inside(&refined, cells),
        Placing::AsDrawn | Placing::Moved(_) => refined,
    };
    if mask.area() == 0 {
        return Err(empty());
    }
    let invariant = "a box whose mask was read has maps in every step";
    let base = coarsest_grid(&trace).ok_or(DiffusionError::Internal { invariant })?;
    let offset = match placing {
        Placing::Moved(place) => Offset::between(&mask, *place, base).ok_or_else(empty)?,
        Placing::AsDrawn | Placing::Within => Offset { x: 0, y: 0, base },
    };
    let (dx, dy) = offset.on_grid(width, height);
    Ok(CutOut {
        object: phrase.object,
        seed,
        offset,
        mask: shifted_mask(&mask, dx, dy),
        latents: trace.frames.shifted(dx, dy),
        drawn_mask: mask,
        attention: trace.kept.iter().map(|maps| shifted_maps(maps, offset)).collect(),
        drawn: trace.frames,
        energies: trace.energies,
        inner: trace.inner,
    })
}

/// A refiner's mask lies on the latents' grid.
fn check_grid(mask: &Mask, (width, height): (usize, usize)) -> Result<(), DiffusionError> {
    let sides = [
        ("a row of the mask refiner's mask", width, mask.width()),
        ("a column of the mask refiner's mask", height, mask.height()),
    ];
    match sides.into_iter().find(|(_, expected, got)| expected != got) {
        Some((what, expected, got)) => Err(DiffusionError::Shape { what, expected, got }),
        None => Ok(()),
    }
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
fn coarsest_grid(trace: &Trace) -> Option<(usize, usize)> {
    let maps = trace.kept.first().into_iter().flat_map(AttentionMaps::values);
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

    #[test]
    fn masks_of_the_same_area_and_another_shape_are_told_apart() {
        check_grid(&Mask::new(4, 2), (4, 2)).unwrap();
        let error = |grid| check_grid(&Mask::new(4, 2), grid).unwrap_err().to_string();
        assert_eq!(error((2, 4)), "a row of the mask refiner's mask should hold 2 values, it holds 4");
        assert_eq!(error((4, 8)), "a column of the mask refiner's mask should hold 8 values, it holds 2");
    }
}
