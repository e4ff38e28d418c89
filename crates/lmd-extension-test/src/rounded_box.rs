//! A mask refiner: the ellipse inside the box an object was drawn in, wherever its attention lies.

use lmd_diffusion::DiffusionError;
use lmd_diffusion::refiners::{MaskEvidence, MaskRefiner};
use lmd_layout::Mask;

/// Its entry.
#[derive(Clone, Copy, Debug)]
pub struct RoundedBox;

impl MaskRefiner for RoundedBox {
    fn name(&self) -> &'static str {
        "rounded_box"
    }

    fn summary(&self) -> &'static str {
        "The ellipse inside the box, a refiner from outside"
    }

    fn refine(&self, evidence: &MaskEvidence<'_>) -> Result<Mask, DiffusionError> {
        let cells = evidence.drawn_box;
        let Some(bounds) = cells.bounds() else { return Ok(cells.clone()) };
        // Twice the distances of a cell's middle from the middle of `low..end`, so that all numbers are whole.
        let share = |at: usize, low: usize, end: usize| {
            let off = (2 * at + 1).abs_diff(low + end) as f64;
            off / (end - low) as f64
        };
        Ok(Mask::from_fn(cells.width(), cells.height(), |x, y| {
            cells.get(x, y) && share(x, bounds.x0, bounds.x1).hypot(share(y, bounds.y0, bounds.y1)) <= 1.0
        }))
    }
}
