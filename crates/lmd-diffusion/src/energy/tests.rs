//! Energies against finite differences and against hand-computed cases.

use crate::network::LayerId;

use super::*;
use crate::NoiseSource;

const SIDE: usize = 6;
const HEADS: usize = 3;

/// Positive random maps for tokens 2, 4 and 5 on a 6 × 6 and a 3 × 3 grid.
fn random_maps(seed: u64) -> AttentionMaps {
    let map = |seed, side: usize| {
        let noise = NoiseSource::Mt19937.randn(seed, HEADS * side * side * 3);
        let values = noise.iter().map(|v| (v * 0.7).exp() * 0.1).collect();
        AttentionMap::new(HEADS, (side, side), vec![2, 4, 5], values).unwrap()
    };
    [(LayerId(0), map(seed, SIDE / 2)), (LayerId(1), map(seed + 1, SIDE))].into()
}

fn objects() -> Vec<GuidedObject> {
    vec![
        GuidedObject { boxes: vec![[0.1, 0.1, 0.6, 0.7]], tokens: vec![2, 4], word: 4 },
        GuidedObject { boxes: vec![[0.5, 0.4, 1.0, 1.0], [0.0, 0.6, 0.3, 0.9]], tokens: vec![5], word: 5 },
    ]
}

fn references(seed: u64) -> Vec<Vec<AttentionMaps>> {
    let one = |seed, word| -> AttentionMaps {
        random_maps(seed).into_iter().map(|(key, map)| (key, map.token(word).unwrap())).collect()
    };
    vec![vec![one(seed, 4)], vec![one(seed + 7, 5), one(seed + 9, 5)]]
}

/// The directional derivative of `energy` along a random direction against
/// central differences.
fn assert_gradient(energy: impl Fn(&AttentionMaps) -> Energy) {
    assert_gradient_at(&random_maps(1), energy);
}

fn assert_gradient_at(maps: &AttentionMaps, energy: impl Fn(&AttentionMaps) -> Energy) {
    let analytic = energy(maps);
    for seed in 0..5 {
        let mut slope = 0.0;
        let direction: Vec<(LayerId, Vec<f32>)> = maps
            .iter()
            .map(|(key, map)| (*key, NoiseSource::Mt19937.randn(100 + seed, map.values().len())))
            .collect();
        for (key, d) in &direction {
            slope += d.iter().zip(&analytic.gradient[key]).map(|(d, g)| f64::from(d * g)).sum::<f64>();
        }
        let at = |step: f32| {
            let moved = direction.iter().map(|(key, d)| {
                let map = &maps[key];
                let values = map.values().iter().zip(d).map(|(v, d)| v + step * d).collect();
                let size = (map.width(), map.height());
                (*key, AttentionMap::new(map.heads(), size, map.tokens().to_vec(), values).unwrap())
            });
            energy(&moved.collect()).value
        };
        let step = 2e-5;
        let numeric = (at(step) - at(-step)) / (2.0 * f64::from(step));
        assert!((numeric - slope).abs() <= 2e-3 * slope.abs().max(0.1), "{numeric} against {slope}");
    }
}

#[test]
fn top_k_gradient_is_the_slope() {
    assert_gradient(|maps| top_k_energy(maps, &objects(), &TopKConfig::default()).unwrap());
}

#[test]
fn ratio_gradient_is_the_slope() {
    assert_gradient(|maps| ratio_energy(maps, &objects()).unwrap());
}

/// Maps of one size with all of seven tokens.
fn whole_maps(seed: u64) -> AttentionMaps {
    let map = |seed| {
        let noise = NoiseSource::Mt19937.randn(seed, HEADS * SIDE * SIDE * 7);
        let values = noise.iter().map(|v| (v * 0.7).exp() * 0.02).collect();
        AttentionMap::new(HEADS, (SIDE, SIDE), (0..7).collect(), values).unwrap()
    };
    [(LayerId(0), map(seed)), (LayerId(1), map(seed + 1))].into()
}

#[test]
fn boxdiff_gradient_is_the_slope() {
    assert_gradient_at(&whole_maps(1), |maps| {
        boxdiff_energy(maps, &objects(), &BoxdiffEnergy::default()).unwrap()
    });
}

#[test]
fn boxdiff_is_what_was_reckoned_by_hand() {
    // One token has all the attention of every place: inside 1 − 1, outside 1; the largest values are 1 in every line, and
    // within a cell of the edges of columns 2 to 3 the box does not cover columns 1 and 4: 2 / 6; of rows alike.
    let values = (0..36).flat_map(|_| [0.0, 0.0, 1.0, 0.0]).collect();
    let map = AttentionMap::new(1, (6, 6), (0..4).collect(), values).unwrap();
    let maps = AttentionMaps::from([(LayerId(1), map)]);
    let side = [2.0 / 6.0, 4.0 / 6.0];
    let object =
        |word| GuidedObject { boxes: vec![[side[0], side[0], side[1], side[1]]], tokens: vec![word], word };
    let energy = |word| boxdiff_energy(&maps, &[object(word)], &BoxdiffEnergy::default());
    // A fifth of four cells is none, so there is no inner term.
    assert!((energy(2).unwrap().value - (1.0 + 4.0 / 6.0)).abs() < 1e-9);
    // A token that is not looked at is missing in the box's two columns and rows.
    assert!((energy(1).unwrap().value - 4.0 / 6.0).abs() < 1e-9);
    assert!(energy(3).is_err() && energy(0).is_err(), "the first and the last token are not counted");
    assert!(
        boxdiff_energy(&random_maps(1), &[object(4)], &BoxdiffEnergy::default()).is_err(),
        "maps of several sizes"
    );
}

#[test]
fn transfer_gradient_is_the_slope() {
    assert_gradient(|maps| transfer_energy(maps, &objects(), &references(40), 2.0).unwrap());
}

#[test]
fn a_perfect_map_has_no_energy() {
    let mut values = vec![0.0; 16];
    [5, 6, 9, 10].into_iter().for_each(|cell: usize| values[cell] = 1.0);
    let map = AttentionMap::new(1, (4, 4), vec![3], values).unwrap();
    let maps = AttentionMaps::from([(LayerId(0), map)]);
    let object = GuidedObject { boxes: vec![[0.25, 0.25, 0.75, 0.75]], tokens: vec![3], word: 3 };
    let energy = |boxes: Vec<[f64; 4]>| {
        let object = GuidedObject { boxes, ..object.clone() };
        top_k_energy(&maps, &[object], &TopKConfig::default()).unwrap().value
    };
    assert_eq!(energy(object.boxes.clone()), 0.0);
    // Two columns to the right no cell of the box is hot and two cells
    // (a fifth of twelve) outside are: ω_f · 1 + ω_b · 1.
    assert_eq!(energy(vec![[0.75, 0.25, 1.0, 0.75]]), 5.0);
    // All attention is in the box, or half of it, or none.
    let ratio = |x0, x1| {
        let object = GuidedObject { boxes: vec![[x0, 0.25, x1, 0.75]], ..object.clone() };
        ratio_energy(&maps, &[object]).unwrap().value
    };
    assert_eq!([ratio(0.25, 0.75), ratio(0.25, 0.5), ratio(0.75, 1.0)], [0.0, 0.25, 1.0]);
    // A box that vanishes on the grid: the inside term is constant.
    assert_eq!(energy(vec![[0.5, 0.5, 0.5, 0.5]]), 1.0 + 4.0);
}

#[test]
fn a_map_equal_to_its_reference_transfers_nothing() {
    let maps = random_maps(3);
    let own =
        |word| -> AttentionMaps { maps.iter().map(|(key, map)| (*key, map.token(word).unwrap())).collect() };
    let references = vec![vec![own(4)], vec![own(5), own(5)]];
    let energy = transfer_energy(&maps, &objects(), &references, 2.0).unwrap();
    assert!(energy.value.abs() < 1e-12);
    assert!(energy.gradient.values().flatten().all(|g| *g == 0.0));
}

#[test]
fn shifting_moves_cells_and_zeros_come_in() {
    let values: Vec<f32> = (0..9).map(|v| v as f32 + 1.0).collect();
    let map = AttentionMap::new(1, (3, 3), vec![0], values).unwrap();
    assert_eq!(map.shifted(1, -1).values(), [0., 4., 5., 0., 7., 8., 0., 0., 0.]);
    assert_eq!(map.shifted(-3, 0).values(), [0.0; 9]);
    assert_eq!(map.shifted(0, 0), map);
    let several = (1..9).map(|v| v as f32).collect();
    let map = AttentionMap::new(2, (2, 1), vec![3, 5], several).unwrap();
    assert_eq!(map.shifted(1, 0).values(), [0., 0., 1., 2., 0., 0., 5., 6.]);
    assert_eq!(map.shifted(0, 1).values(), [0.0; 8]);
}

#[test]
fn missing_columns_and_sizes_are_named() {
    let object = GuidedObject { boxes: vec![[0.0, 0.0, 1.0, 1.0]], tokens: vec![9], word: 9 };
    let error = top_k_energy(&random_maps(1), &[object], &TopKConfig::default()).unwrap_err();
    assert!(error.to_string().contains("token 9"), "{error}");
    assert!(AttentionMap::new(1, (2, 2), vec![0], vec![0.0; 3]).is_err());
}
