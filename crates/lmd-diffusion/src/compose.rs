//! Alignment of per-box results with the layout and their composition
//! (LMD, section 3.2; B.12, B.13).

use lmd_layout::{GridRect, Mask};
use serde::{Deserialize, Serialize};

use crate::DiffusionError;
use crate::mask::mask_center;
use crate::shift::shift;

/// Latents of every step of a run, on the host and in the sampler's scale: frame 0
/// is the start, frame j the result of step j − 1.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentFrames {
    /// Columns of cells.
    pub width: usize,
    /// Rows of cells.
    pub height: usize,
    /// One `[channels, height, width]` array per frame.
    pub frames: Vec<Vec<f32>>,
}

impl LatentFrames {
    /// All frames moved by whole cells; what moves in is zero.
    #[must_use]
    pub fn shifted(&self, dx: isize, dy: isize) -> Self {
        let frames = self.frames.iter().map(|frame| shift(frame, (self.width, self.height), (dx, dy), 0.0));
        Self { frames: frames.collect(), ..*self }
    }
}

/// An offset in whole cells of the coarsest grid, so that latents, masks and
/// every attention map move alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offset {
    /// To the right, in cells of the coarsest grid.
    pub x: isize,
    /// Downwards, in cells of the coarsest grid.
    pub y: isize,
    /// The coarsest grid, `(columns, rows)`; 8 × 8 for a square picture.
    pub base: (usize, usize),
}

impl Offset {
    /// From the centre of `mask` to the centre of the relative box
    /// `[x0, y0, x1, y1]`, quantised half to even (B.12). `None` for an empty
    /// mask.
    #[must_use]
    pub fn between(mask: &Mask, [x0, y0, x1, y1]: [f64; 4], base: (usize, usize)) -> Option<Self> {
        let (from_x, from_y) = mask_center(mask)?;
        let cells =
            |to: f64, from: f64, count: usize| ((to - from) * count as f64).round_ties_even() as isize;
        let (to_x, to_y) = (f64::midpoint(x0, x1), f64::midpoint(y0, y1));
        Some(Self { x: cells(to_x, from_x, base.0), y: cells(to_y, from_y, base.1), base })
    }

    /// The offset in cells of a `width` × `height` grid.
    #[must_use]
    pub fn on_grid(self, width: usize, height: usize) -> (isize, isize) {
        let scale = |cells: isize, size: usize, base: usize| cells * (size / base.max(1)) as isize;
        (scale(self.x, width, self.base.0), scale(self.y, height, self.base.1))
    }
}

/// A mask moved by whole cells; nothing moves in.
#[must_use]
pub fn shifted_mask(mask: &Mask, dx: isize, dy: isize) -> Mask {
    let cells = shift(mask.cells(), (mask.width(), mask.height()), (dx, dy), false);
    Mask::from_fn(mask.width(), mask.height(), |x, y| cells[y * mask.width() + x])
}

/// One box's aligned latents and mask.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// The latents of its run.
    pub latents: &'a LatentFrames,
    /// Where it is, on the latents' grid.
    pub mask: &'a Mask,
}

/// What the overall run starts from and is held to.
#[derive(Clone, Debug, PartialEq)]
pub struct Composition {
    /// Frame 0 is the overall run's start, frame i + 1 what the frozen cells
    /// hold after step i; zero outside the masks from frame 1 on.
    pub latents: LatentFrames,
    /// 0 for the background, k + 1 where box k is on top, row by row.
    pub owners: Vec<usize>,
    /// The cells some box owns.
    pub frozen: Mask,
}

impl Composition {
    /// The overall run's start, `[channels, height, width]`.
    #[must_use]
    pub fn start(&self) -> &[f32] {
        self.latents.frames.first().map_or(&[], Vec::as_slice)
    }
}

/// Lays the pieces on the background noise, the largest mask first, so that
/// smaller things end on top (B.13).
///
/// # Errors
/// [`DiffusionError::Shape`] when frames or masks differ in size.
pub fn compose(background: &LatentFrames, pieces: &[Piece<'_>]) -> Result<Composition, DiffusionError> {
    let (width, height) = (background.width, background.height);
    let empty = DiffusionError::Shape { what: "frames of the background", expected: 1, got: 0 };
    let start = background.frames.first().cloned().ok_or(empty)?;
    check_sizes(start.len(), width * height, pieces)?;
    let count = pieces.iter().map(|piece| piece.latents.frames.len()).min();
    let mut frames = vec![vec![0.0; start.len()]; count.map_or(1, |count| count.max(1))];
    frames[0] = start;
    let mut owners = vec![0; width * height];
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    order.sort_by_key(|k| std::cmp::Reverse(pieces[*k].mask.area()));
    // First the initial noise around each mask, which carries what the box
    // was started from; then everything inside the masks.
    for k in &order {
        let surroundings = bounding_box(pieces[*k].mask);
        copy_inside(&mut frames[..1], pieces[*k].latents, &surroundings);
    }
    for k in order {
        let mask = pieces[k].mask;
        copy_inside(&mut frames, pieces[k].latents, mask);
        owners.iter_mut().zip(mask.cells()).filter(|(_, on)| **on).for_each(|(owner, _)| *owner = k + 1);
    }
    let frozen = Mask::from_fn(width, height, |x, y| owners[y * width + x] != 0);
    Ok(Composition { latents: LatentFrames { width, height, frames }, owners, frozen })
}

/// Every frame as large as the background's, every mask as large as the grid.
fn check_sizes(values: usize, cells: usize, pieces: &[Piece<'_>]) -> Result<(), DiffusionError> {
    for piece in pieces {
        let got = piece.mask.cells().len();
        if got != cells {
            return Err(DiffusionError::Shape { what: "box mask", expected: cells, got });
        }
        if let Some(frame) = piece.latents.frames.iter().find(|frame| frame.len() != values) {
            return Err(DiffusionError::Shape { what: "box latents", expected: values, got: frame.len() });
        }
    }
    Ok(())
}

/// Copies the cells on `mask`, all channels, frame by frame.
fn copy_inside(frames: &mut [Vec<f32>], source: &LatentFrames, mask: &Mask) {
    let cells = mask.cells();
    for (frame, from) in frames.iter_mut().zip(&source.frames) {
        for (i, (to, from)) in frame.iter_mut().zip(from).enumerate() {
            if cells[i % cells.len()] {
                *to = *from;
            }
        }
    }
}

/// The bounding box of a mask, one cell larger on each side, cut at the edges.
fn bounding_box(mask: &Mask) -> Mask {
    let mut around = Mask::new(mask.width(), mask.height());
    if let Some(GridRect { x0, y0, x1, y1 }) = mask.bounds() {
        around.fill(GridRect { x0: x0.saturating_sub(1), y0: y0.saturating_sub(1), x1: x1 + 1, y1: y1 + 1 });
    }
    around
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(value: f32, count: usize) -> LatentFrames {
        LatentFrames { width: 4, height: 4, frames: vec![vec![value; 32]; count] }
    }

    #[test]
    fn smaller_masks_end_on_top() {
        let (small, large) =
            (Mask::from_fn(4, 4, |x, y| x == 1 && y == 1), Mask::from_fn(4, 4, |x, _| x < 2));
        let (one, two) = (frames(1.0, 3), frames(2.0, 3));
        let pieces = [Piece { latents: &one, mask: &small }, Piece { latents: &two, mask: &large }];
        let out = compose(&frames(9.0, 1), &pieces).unwrap();
        assert_eq!(out.owners[..4], [2, 2, 0, 0]);
        assert_eq!(out.owners[5], 1);
        assert_eq!(out.frozen.area(), 8);
        // Frame 0: the large mask's box reaches column 2, then the small one's
        // covers its 3 × 3 surroundings, then the masks themselves.
        assert_eq!(out.latents.frames[0][..4], [2.0, 2.0, 1.0, 9.0]);
        assert_eq!(out.latents.frames[0][12..16], [2.0, 2.0, 2.0, 9.0]);
        assert_eq!(out.latents.frames[1][4..8], [2.0, 1.0, 0.0, 0.0]);
        assert_eq!(out.latents.frames[2][16 + 4..16 + 8], [2.0, 1.0, 0.0, 0.0], "the second channel too");
    }

    #[test]
    fn nothing_to_compose_leaves_the_background() {
        let out = compose(&frames(3.0, 1), &[]).unwrap();
        assert_eq!((out.latents.frames.len(), out.frozen.area()), (1, 0));
        assert_eq!(out.latents, frames(3.0, 1));
    }

    #[test]
    fn offsets_are_quantised_half_to_even() {
        let mask = Mask::from_fn(64, 64, |x, y| x < 32 && y < 32);
        // The centre is at 15.5/64; a box centred at 0.5 is 2.06 eighths away.
        let offset = Offset::between(&mask, [0.25, 0.4, 0.75, 0.6], (8, 8)).unwrap();
        assert_eq!((offset.x, offset.y), (2, 2));
        assert_eq!(offset.on_grid(64, 64), (16, 16));
        assert_eq!(offset.on_grid(8, 16), (2, 4));
        assert_eq!(Offset::between(&Mask::new(4, 4), [0.0; 4], (8, 8)), None);
    }

    #[test]
    fn sizes_are_checked() {
        let (mask, latents) = (Mask::new(3, 3), frames(0.0, 2));
        let piece = Piece { latents: &latents, mask: &mask };
        assert!(compose(&frames(0.0, 1), &[piece]).unwrap_err().to_string().contains("box mask"));
    }

    #[test]
    fn masks_move_with_their_latents() {
        let mask = Mask::from_fn(4, 4, |x, y| (x, y) == (1, 2));
        assert!(shifted_mask(&mask, 2, -1).get(3, 1));
        assert_eq!(shifted_mask(&mask, 3, 0).area(), 0);
        let mut latents = frames(0.0, 1);
        latents.frames[0][16 + 9] = 5.0;
        assert_eq!(latents.shifted(2, -1).frames[0][16 + 7], 5.0);
    }
}
