//! The energy of backward guidance: of all the attention a token receives, the
//! share outside its boxes (Chen et al. 2023, arXiv:2304.03373, equation 3;
//! section C).

use super::maps::{AttentionMaps, Energy, add_slope};
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
            let weight = 1.0 / shared as f64;
            for token in &object.tokens {
                let column = map.column_of(*token)?;
                for head in 0..map.heads() {
                    let cells = || map.cells_of(head, column).map(f64::from).zip(mask.cells());
                    let all: f64 = cells().map(|(a, _)| a).sum();
                    let inside: f64 = cells().filter(|(_, on)| **on).map(|(a, _)| a).sum();
                    if all <= 0.0 {
                        continue;
                    }
                    let outside = 1.0 - inside / all;
                    energy.value += weight * outside * outside;
                    for (cell, on) in mask.cells().iter().enumerate() {
                        let share = f64::from(u8::from(*on)) - inside / all;
                        let slope = -2.0 * weight * outside * share / all;
                        add_slope(gradient, map, (head, cell, column), slope as f32);
                    }
                }
            }
        }
    }
    Ok(energy)
}
