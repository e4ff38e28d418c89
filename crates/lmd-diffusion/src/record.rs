//! [`Recorder`]: the latents and the attention of every step, for research.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::Serialize;

use crate::energy::AttentionMap;
use crate::latents::host;
use crate::network::GuidableLayer;
use crate::observer::{Observer, Phase, Progress, Wants};

/// One array that grows by a step at a time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// Its shape; the first axis is the step.
    pub shape: Vec<usize>,
    /// Its values, the last index fastest.
    pub values: Vec<f32>,
}

impl Recorded {
    fn push(&mut self, shape: &[usize], values: impl IntoIterator<Item = f32>) {
        let steps = self.shape.first().map_or(1, |steps| steps + 1);
        self.shape = [&[steps], shape].concat();
        self.values.extend(values);
    }
}

/// Arrays by name.
///
/// | name | shape | what |
/// |---|---|---|
/// | `latents/overall`, `latents/box.K` | `[steps, channels, h, w]` | the latents after every step |
/// | `attention/overall/LAYER`, `attention/box.K/LAYER` | `[steps, tokens, h, w]` | the prompt's attention, averaged over heads |
///
/// Boxes are counted from 0 in the order in which they are drawn, which is that of [`crate::Recipe::boxes`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// The arrays by name.
    pub arrays: BTreeMap<String, Recorded>,
    /// The tokens of the prompts of `overall` and `box.K`, in the order of the arrays' axis.
    pub tokens: BTreeMap<String, Vec<String>>,
    /// Where the objects stand in the prompt of `overall`.
    pub phrases: Vec<RecordedPhrase>,
}

/// A phrase of the whole picture's prompt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RecordedPhrase {
    /// Its words.
    pub phrase: String,
    /// The layout's objects that it stands for, by their places in the layout.
    pub objects: Vec<usize>,
    /// Its tokens, by their places in the prompt.
    pub tokens: Vec<usize>,
}

/// An observer that keeps what it is shown and asks another whether to go on.
pub(crate) struct Recorder<'a> {
    observer: &'a mut dyn Observer,
    wants: Wants,
    layers: &'a [GuidableLayer],
    recording: Recording,
}

impl<'a> Recorder<'a> {
    /// Keeps what is wanted of drawing with a network of these layers.
    pub(crate) fn new(observer: &'a mut dyn Observer, wants: Wants, layers: &'a [GuidableLayer]) -> Self {
        Self { observer, wants, layers, recording: Recording::default() }
    }

    /// What was kept.
    pub(crate) fn finish(self) -> Recording {
        self.recording
    }

    fn keep(&mut self, progress: &Progress<'_>) {
        let name = |picture: usize| match progress.phase {
            Phase::Boxes { first, .. } => format!("box.{}", first + picture),
            Phase::Overall => "overall".to_owned(),
        };
        if let Some(latents) = progress.latents {
            let [count, channels, height, width] = latents.dims();
            let values = host(latents.clone());
            let pictures = values.chunks(values.len() / count.max(1));
            for (k, picture) in pictures.enumerate().take(count) {
                let array = self.recording.arrays.entry(format!("latents/{}", name(k))).or_default();
                array.push(&[channels, height, width], picture.iter().copied());
            }
        }
        for (k, maps) in progress.attention.into_iter().flatten().enumerate() {
            for (id, map) in maps {
                let Some(layer) = self.layers.get(id.0) else { continue };
                let name = format!("attention/{}/{}", name(k), layer.name);
                let array = self.recording.arrays.entry(name).or_default();
                array.push(&[map.tokens().len(), map.height(), map.width()], mean_of_heads(map));
            }
        }
    }
}

impl Observer for Recorder<'_> {
    fn observe(&mut self, progress: &Progress<'_>) -> ControlFlow<()> {
        self.keep(progress);
        self.observer.observe(progress)
    }

    fn wants(&self) -> Wants {
        self.wants
    }
}

/// A layer's attention averaged over its heads, `[tokens, cells]`.
fn mean_of_heads(map: &AttentionMap) -> Vec<f32> {
    let (heads, cells) = (map.heads(), map.cells());
    let mut sums = vec![0.0; map.tokens().len() * cells];
    for (column, sums) in sums.chunks_mut(cells.max(1)).enumerate() {
        for head in 0..heads {
            sums.iter_mut()
                .zip(map.cells_of(head, column))
                .for_each(|(sum, value)| *sum += value / heads as f32);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_grow_by_a_step() {
        let mut array = Recorded::default();
        array.push(&[2], [1.0, 2.0]);
        array.push(&[2], [3.0, 4.0]);
        assert_eq!(array, Recorded { shape: vec![2, 2], values: vec![1.0, 2.0, 3.0, 4.0] });
    }

    #[test]
    fn heads_are_averaged_token_by_token() {
        // Two heads, two cells, two tokens.
        let values = vec![1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0];
        let map = AttentionMap::new(2, (2, 1), vec![0, 1], values).unwrap();
        assert_eq!(mean_of_heads(&map), [2.0, 3.0, 20.0, 30.0]);
    }
}
