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
        let on = || (0..cells.width() * cells.height()).filter(|i| cells.cells()[*i]);
        let (columns, rows) = (|| on().map(|i| i % cells.width()), || on().map(|i| i / cells.width()));
        let (Some(x0), Some(x1), Some(y0), Some(y1)) =
            (columns().min(), columns().max(), rows().min(), rows().max())
        else {
            return Ok(cells.clone());
        };
        // Twice the distances from the middle, so that all numbers are whole.
        let share = |at: usize, low: usize, high: usize| {
            let off = (2 * at).abs_diff(low + high) as f64;
            off / (high - low + 1) as f64
        };
        Ok(Mask::from_fn(cells.width(), cells.height(), |x, y| {
            cells.get(x, y) && share(x, x0, x1).hypot(share(y, y0, y1)) <= 1.0
        }))
    }
}
