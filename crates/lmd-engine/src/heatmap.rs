//! Heat maps: where the network looked when it drew an object.

use crate::job::Picture;
use crate::stage2::{Recorded, Recording};

/// Where the network's attention to an object's words lay.
#[derive(Clone, Debug, PartialEq)]
pub struct Heatmap {
    /// The objects that the words stand for, by their places in the layout: several where they have one caption.
    pub objects: Vec<usize>,
    /// In cells.
    pub width: usize,
    /// In cells.
    pub height: usize,
    /// Row by row, from 0 to 1; the largest is 1.
    pub values: Vec<f32>,
}

/// The heat maps of a picture whose attention was recorded ([`crate::Wants::attention`]), none otherwise: attention to the
/// words of an object, averaged over the words, the recorded layers and all steps of the whole picture, as DAAM (Tang et
/// al., arXiv 2210.04885, section 2) does. Coarser layers are enlarged to the finest one's cells.
#[must_use]
pub fn heatmaps(picture: &Picture) -> Vec<Heatmap> {
    of_recording(&picture.recording)
}

fn of_recording(recording: &Recording) -> Vec<Heatmap> {
    let layers = recording.arrays.iter().filter(|(name, _)| name.starts_with("attention/overall/"));
    let layers: Vec<&Recorded> = layers.map(|(_, array)| array).collect();
    let size = layers.iter().filter_map(|array| side(array)).max_by_key(|(height, width)| height * width);
    let Some((height, width)) = size else { return Vec::new() };
    let maps = recording.phrases.iter().map(|phrase| {
        let mut values = vec![0.0; width * height];
        layers.iter().for_each(|layer| add(&mut values, (height, width), layer, &phrase.tokens));
        let largest = values.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        values.iter_mut().for_each(|value| *value /= largest);
        Heatmap { objects: phrase.objects.clone(), width, height, values }
    });
    maps.collect()
}

fn side(array: &Recorded) -> Option<(usize, usize)> {
    match *array.shape.as_slice() {
        [_, _, height, width] if height * width > 0 => Some((height, width)),
        _ => None,
    }
}

/// Adds a layer's attention to these tokens, summed over its steps, each cell as large as it is in the picture.
fn add(sums: &mut [f32], (height, width): (usize, usize), layer: &Recorded, tokens: &[usize]) {
    let (Some((rows, columns)), &[_, count, ..]) = (side(layer), layer.shape.as_slice()) else { return };
    let cells = rows * columns;
    for step in layer.values.chunks_exact(count * cells) {
        for token in tokens.iter().filter_map(|token| step.get(token * cells..(token + 1) * cells)) {
            for (row, line) in sums.chunks_exact_mut(width).enumerate() {
                let from = row * rows / height * columns;
                for (column, sum) in line.iter_mut().enumerate() {
                    *sum += token.get(from + column * columns / width).copied().unwrap_or_default();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage2::RecordedPhrase;

    #[test]
    fn attention_is_averaged_over_words_layers_and_steps() {
        let array =
            |shape: [usize; 4], values: &[f32]| Recorded { shape: shape.to_vec(), values: values.to_vec() };
        let mut recording = Recording::default();
        // Two steps, two tokens, one row of two cells.
        let fine = array([2, 2, 1, 2], &[9.0, 9.0, 0.1, 0.2, 9.0, 9.0, 0.3, 0.2]);
        let coarse = array([1, 2, 1, 1], &[9.0, 0.4]);
        recording.arrays.insert("attention/overall/up".to_owned(), fine);
        recording.arrays.insert("attention/overall/mid".to_owned(), coarse);
        recording.arrays.insert("attention/box.0/up".to_owned(), array([1, 2, 1, 1], &[7.0, 7.0]));
        let phrase = RecordedPhrase { phrase: "cat".to_owned(), objects: vec![0, 2], tokens: vec![1] };
        recording.phrases.push(phrase);
        let maps = of_recording(&recording);
        assert_eq!(maps[0].objects, [0, 2]);
        assert_eq!((maps[0].height, maps[0].width), (1, 2));
        for (value, wanted) in maps[0].values.iter().zip([1.0, 1.0]) {
            assert!((value - wanted).abs() < 1e-6, "{value}");
        }
        recording.phrases[0].tokens = vec![0, 1, 99];
        let values = of_recording(&recording).swap_remove(0).values;
        assert!((values[0] - 1.0).abs() < 1e-6 && values.len() == 2);
    }

    #[test]
    fn without_attention_there_are_none() {
        let phrases = vec![RecordedPhrase::default()];
        assert_eq!(of_recording(&Recording { phrases, ..Recording::default() }), []);
    }
}
