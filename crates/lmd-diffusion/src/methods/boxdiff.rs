//! BoxDiff (Xie et al. 2023, arXiv 2307.10816): the whole prompt, with one update
//! in each of the first half of the steps, by an energy of the attention of 16²
//! (section C).

use lmd_nn::{AttnKey, UNetSection};

use super::{Columns, Drawn, Job, Stage};
use crate::energy::boxdiff_energy;
use crate::observer::Observer;
use crate::{DiffusionError, Model};

/// Draws a layout.
///
/// # Errors
/// [`DiffusionError`].
pub fn draw(model: &Model, job: &Job<'_>, observer: &mut dyn Observer) -> Result<Drawn, DiffusionError> {
    let layers = layers(&model.unet.attention_keys());
    Stage::new(model, job)?.guided(&layers, Columns::All, boxdiff_energy, Some(step_size), observer)
}

/// `20 √(1 − i / 2(N − 1))` at step i of N.
fn step_size(step: usize, steps: usize) -> f64 {
    20.0 * (1.0 - 0.5 * step as f64 / steps.saturating_sub(1).max(1) as f64).sqrt()
}

/// The layers with maps of twice the coarsest side, 16² in Stable Diffusion: the last block with attention of the
/// contracting half, and the first of the expanding half.
fn layers(known: &[AttnKey]) -> Vec<AttnKey> {
    let last = known.iter().filter(|key| key.section == UNetSection::Down).map(|key| key.block).max();
    let wanted = |key: &&AttnKey| match key.section {
        UNetSection::Down => Some(key.block) == last,
        UNetSection::Up => key.block == 1,
        UNetSection::Mid => false,
    };
    known.iter().filter(wanted).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_shrink_and_layers_are_those_of_the_papers_code() {
        assert_eq!(step_size(0, 50), 20.0);
        assert!((step_size(49, 50) - 20.0 * 0.5_f64.sqrt()).abs() < 1e-12);
        assert!(step_size(0, 1).is_finite());
        let (down, up) = (AttnKey::down, AttnKey::up);
        let sd15 =
            [down(0, 0), down(1, 1), down(2, 0), down(2, 1), AttnKey::mid(), up(1, 0), up(1, 2), up(2, 0)];
        assert_eq!(layers(&sd15), [down(2, 0), down(2, 1), up(1, 0), up(1, 2)]);
    }
}
