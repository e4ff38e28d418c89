//! The attention-transfer energy: in the overall run each box's word should
//! be attended to as it was when the box was drawn alone (LMD, section 3.2,
//! equation 2; B.8).

use std::borrow::Borrow;

use lmd_layout::Mask;

use super::maps::{AttentionMap, AttentionMaps, Energy, add_slope};
use super::top_k::GuidedObject;
use crate::DiffusionError;

/// Keeps a normaliser away from zero.
const EPSILON: f64 = 1e-5;

/// `λ/(#objects · #maps) Σ_o 1/#boxes_o Σ_b Σ_maps mean_h Σ_u |a − r|`.
///
/// `references[o][b]` holds the maps of box b of object o, one column each,
/// already aligned. Layers without a reference add nothing.
///
/// # Errors
/// [`DiffusionError::MissingToken`] when a word's column was not kept,
/// [`DiffusionError::Shape`] when a reference has another size.
pub fn transfer_energy<M: Borrow<AttentionMaps>>(
    maps: &AttentionMaps,
    objects: &[GuidedObject],
    references: &[Vec<M>],
    weight: f64,
) -> Result<Energy, DiffusionError> {
    let mut energy = Energy::zero(maps);
    let scale = weight / (objects.len() * maps.len()).max(1) as f64;
    for (object, per_box) in objects.iter().zip(references) {
        let share = scale / object.boxes.len().max(1) as f64;
        for (corners, reference) in object.boxes.iter().zip(per_box) {
            for (key, map) in maps {
                let (Some(reference), Some(gradient)) =
                    (reference.borrow().get(key), energy.gradient.get_mut(key))
                else {
                    continue;
                };
                let pair = Pair::new(map, reference, object.word)?;
                let mask = map.mask(std::slice::from_ref(corners));
                energy.value += share * pair.distance(&mask, share, gradient);
            }
        }
    }
    Ok(energy)
}

/// A map's word column beside its reference.
struct Pair<'a> {
    map: &'a AttentionMap,
    column: usize,
    reference: &'a AttentionMap,
}

impl<'a> Pair<'a> {
    fn new(map: &'a AttentionMap, reference: &'a AttentionMap, word: usize) -> Result<Self, DiffusionError> {
        let (expected, got) = (map.heads() * map.cells(), reference.values().len());
        if expected != got {
            return Err(DiffusionError::Shape { what: "reference attention map", expected, got });
        }
        Ok(Self { map, column: map.column_of(word)?, reference })
    }

    /// `mean_h Σ_u |a − r|`, both masked and normalised per head; its
    /// gradient, times `weight`, is added to `gradient`.
    fn distance(&self, mask: &Mask, weight: f64, gradient: &mut [f32]) -> f64 {
        let heads = self.map.heads();
        let mut sum = 0.0;
        for head in 0..heads {
            let (a, total) = normalised(self.map.cells_of(head, self.column), mask);
            let (r, _) = normalised(self.reference.cells_of(head, 0), mask);
            let signs: Vec<f64> = a.iter().zip(&r).map(|(a, r)| sign(a - r)).collect();
            sum += a.iter().zip(&r).map(|(a, r)| (a - r).abs()).sum::<f64>();
            // a_u = A_u / S, so dΣ|a − r|/dA_w = (s_w − Σ_u s_u a_u) / S.
            let pull: f64 = signs.iter().zip(&a).map(|(s, a)| s * a).sum();
            for (cell, s) in
                signs.iter().enumerate().filter(|(cell, _)| mask.cells().get(*cell) == Some(&true))
            {
                let slope = weight * (s - pull) / (total * heads as f64);
                add_slope(gradient, self.map, (head, cell, self.column), slope as f32);
            }
        }
        sum / heads as f64
    }
}

/// `A ⊙ M / (Σ A ⊙ M + ε)` and the denominator.
fn normalised(cells: impl Iterator<Item = f32>, mask: &Mask) -> (Vec<f64>, f64) {
    let masked: Vec<f64> =
        cells.zip(mask.cells()).map(|(a, on)| if *on { f64::from(a) } else { 0.0 }).collect();
    let total = masked.iter().sum::<f64>() + EPSILON;
    (masked.into_iter().map(|a| a / total).collect(), total)
}

/// The sign, 0 at 0 as PyTorch's |·| has it.
fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}
