//! The box energy: a token should be attended to inside its boxes and not
//! outside (LMD, section 3.2, equation 1; B.7).

use lmd_layout::Mask;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::maps::{AttentionMap, AttentionMaps, Energy, add_slope};
use crate::DiffusionError;

/// Weights and shares of the box energy; defaults are those of B.1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TopKConfig {
    /// Share of the cells inside that are averaged, in (0, 1]. Default 0.2.
    pub fg_top_p: f32,
    /// Share of the cells outside that are averaged, in (0, 1]. Default 0.2.
    pub bg_top_p: f32,
    /// Weight of the term inside, ω_f. Default 1.
    pub fg_weight: f32,
    /// Weight of the term outside, ω_b. Default 4.
    pub bg_weight: f32,
}

impl Default for TopKConfig {
    fn default() -> Self {
        Self { fg_top_p: 0.2, bg_top_p: 0.2, fg_weight: 1.0, bg_weight: 4.0 }
    }
}

/// One object of the energy: identical things are one object whose boxes unite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuidedObject {
    /// Relative corners `[x0, y0, x1, y1]` of its boxes.
    pub boxes: Vec<[f64; 4]>,
    /// Positions of its phrase's tokens, V_o.
    pub tokens: Vec<usize>,
    /// Position of the token that stands for its noun.
    pub word: usize,
}

/// Equation of B.7, with its gradient:
/// `1/(#objects · #maps) Σ_maps Σ_o 1/|V_o| Σ_v Σ_heads ℓ(o, v)`.
///
/// # Errors
/// [`DiffusionError::MissingToken`] when a phrase's column was not kept.
pub fn top_k_energy(
    maps: &AttentionMaps,
    objects: &[GuidedObject],
    config: &TopKConfig,
) -> Result<Energy, DiffusionError> {
    let mut energy = Energy::zero(maps);
    let scale = 1.0 / (objects.len() * maps.len()).max(1) as f64;
    for (key, map) in maps {
        let Some(gradient) = energy.gradient.get_mut(key) else { continue };
        for object in objects {
            let mask = map.mask(&object.boxes);
            let weight = scale / object.tokens.len().max(1) as f64;
            for token in &object.tokens {
                let column = map.column_of(*token)?;
                energy.value += weight * column_energy(map, column, &mask, config, weight, gradient);
            }
        }
    }
    Ok(energy)
}

/// ℓ(o, v), heads summed (not averaged); its gradient, times `weight`, is
/// added to `gradient`.
fn column_energy(
    map: &AttentionMap,
    column: usize,
    mask: &Mask,
    config: &TopKConfig,
    weight: f64,
    gradient: &mut [f32],
) -> f64 {
    let area = mask.area();
    let inside = Term { mask, on: true, k: top_count(area, config.fg_top_p), weight: config.fg_weight };
    let outside =
        Term { mask, on: false, k: top_count(map.cells() - area, config.bg_top_p), weight: config.bg_weight };
    let mut sum = 0.0;
    for head in 0..map.heads() {
        let cells: Vec<f32> = map.cells_of(head, column).collect();
        let mut slope = |cell, slope: f64| {
            add_slope(gradient, map, (head, cell, column), (slope * weight) as f32);
        };
        sum += f64::from(inside.weight) - inside.top_mean(&cells, |cell, s| slope(cell, -s));
        sum += outside.top_mean(&cells, slope);
    }
    sum
}

/// `max(1, ⌊p · area⌋)`, in f32 as the reference computes it.
fn top_count(area: usize, share: f32) -> usize {
    ((area as f32 * share) as usize).max(1)
}

/// One side of the energy: the cells on or off the mask.
struct Term<'a> {
    mask: &'a Mask,
    on: bool,
    k: usize,
    weight: f32,
}

impl Term<'_> {
    /// `weight · mean top-k of A ⊙ M` over the whole map, zeros included; the
    /// slope of every chosen cell on this side of the mask is reported.
    fn top_mean(&self, cells: &[f32], mut slope: impl FnMut(usize, f64)) -> f64 {
        let side = self.mask.cells().iter().map(|on| *on == self.on);
        let mut chosen: Vec<(usize, f32)> =
            side.zip(cells).enumerate().filter(|(_, (on, _))| *on).map(|(i, (_, a))| (i, *a)).collect();
        let k = self.k.min(cells.len());
        if k < chosen.len() {
            chosen.select_nth_unstable_by(k - 1, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            chosen.truncate(k);
        }
        let share = f64::from(self.weight) / k.max(1) as f64;
        chosen.iter().for_each(|(cell, _)| slope(*cell, share));
        share * chosen.iter().map(|(_, a)| f64::from(*a)).sum::<f64>()
    }
}
