//! The energy of backward guidance: of all the attention a token receives, the
//! share outside its boxes (Chen et al. 2023, arXiv:2304.03373, equation 3;
//! section C).

use lmd_layout::Mask;

use super::maps::{AttentionMap, AttentionMaps, Energy, add_slope};
use super::top_k::GuidedObject;
use crate::DiffusionError;

/// `1/(objects · maps) Σ_maps Σ_o 1/|V| Σ_{v∈V} mean_heads (1 − Σ A_v⊙M / Σ A_v)²`,
/// in 0 to 1.
///
/// # Errors
/// [`DiffusionError::MissingToken`] when a token's column is not in the maps.
pub fn ratio_energy(maps: &AttentionMaps, objects: &[GuidedObject]) -> Result<Energy, DiffusionError> {
    let mut energy = Energy::zero(maps);
    for (key, map) in maps {
        let Some(gradient) = energy.gradient.get_mut(key) else { continue };
        for object in objects {
            let mask = map.mask(&object.boxes);
            let shared = objects.len() * maps.len() * object.tokens.len() * map.heads();
            for token in &object.tokens {
                let column = map.column_of(*token)?;
                let heads = (0..map.heads())
                    .map(|head| outside(map, &mask, (head, column), gradient, 1.0 / shared as f64));
                energy.value += heads.sum::<f64>();
            }
        }
    }
    Ok(energy)
}

/// `weight (1 − Σ A⊙M / Σ A)²` of one head's column; its slope is added to the gradient.
fn outside(
    map: &AttentionMap,
    mask: &Mask,
    (head, column): (usize, usize),
    gradient: &mut [f32],
    weight: f64,
) -> f64 {
    let cells = || map.cells_of(head, column).map(f64::from).zip(mask.cells());
    let all: f64 = cells().map(|(a, _)| a).sum();
    if all <= 0.0 {
        return 0.0;
    }
    let inside = cells().filter(|(_, on)| **on).map(|(a, _)| a).sum::<f64>() / all;
    for (cell, on) in mask.cells().iter().enumerate() {
        let slope = -2.0 * weight * (1.0 - inside) * (f64::from(u8::from(*on)) - inside) / all;
        add_slope(gradient, map, (head, cell, column), slope as f32);
    }
    weight * (1.0 - inside) * (1.0 - inside)
}
