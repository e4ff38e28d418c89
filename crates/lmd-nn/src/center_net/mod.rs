//! The detector of the bundled world: a small convolutional network in the manner of CenterNet (Objects as Points,
//! arXiv:1904.07850). For each cell of 8×8 pixels it says how likely a thing is centred there, which noun, which colour,
//! and its box. Nouns and colours come with the weights.
//!
//! ```text
//! pixels ─ unshuffle 4 ─ stem ─ fine ─┬─ down1 ─ middle ─┬─ down2 ─ coarse ─ up2 ┐
//!                                     │                  └──────────── merge ────┘
//!                                     └─ side ─ last ─────────────────── up1 ┘ ─ norm ─ head
//! ```

mod config;
mod decode;
mod network;
mod pixels;
mod words;

use burn::tensor::Device;

pub use config::CenterNetConfig;
use decode::Thing;
use network::Network;
use words::Query;

use crate::NnError;
use crate::detect::{DetectError, Detection, Detector, RgbView, Selection, Vocabulary, check_queries};
use crate::weights::{Checkpoint, LoadOptions};

/// The selection of the Python program that measured pictures before this one (`training/detector.py`).
const SELECTION: Selection =
    Selection { threshold: 0.35, max_overlap: decode::MAX_OVERLAP, class_aware: false };

/// A detector with a closed vocabulary of nouns and colours.
#[derive(Debug)]
pub struct CenterNet {
    name: String,
    config: CenterNetConfig,
    vocabulary: Vocabulary,
    network: Network,
    device: Device,
}

impl CenterNet {
    /// Builds the network from the tensors of a checkpoint, always in f32 and without adapters.
    ///
    /// # Errors
    ///
    /// When the configuration does not fit together or the tensors do not fit it.
    pub fn load(
        name: &str,
        config: &CenterNetConfig,
        checkpoint: &Checkpoint,
        options: &LoadOptions,
    ) -> Result<Self, NnError> {
        config.check()?;
        let device = options.device.clone();
        let network = Network::load(config, checkpoint, &options.in_f32())?;
        let vocabulary = Vocabulary { nouns: config.nouns.clone(), colours: config.colours() };
        Ok(Self { name: name.to_owned(), config: config.clone(), vocabulary, network, device })
    }

    /// The shape of this network and its words.
    #[must_use]
    pub fn config(&self) -> &CenterNetConfig {
        &self.config
    }

    /// Everything that is seen with a score above [`decode::LOWEST_SCORE`], the best first, without doubles.
    fn look(&self, image: RgbView<'_>) -> Result<Vec<Thing>, NnError> {
        let input = pixels::prepare(image, self.config.size);
        let [rows, columns] = [input.height / decode::CELL, input.width / decode::CELL];
        let values = self.network.forward(input.tensor(&self.device))?;
        decode::things(&values, [rows, columns], &self.config)
    }
}

impl Detector for CenterNet {
    fn name(&self) -> &str {
        &self.name
    }

    fn vocabulary(&self) -> Option<&Vocabulary> {
        Some(&self.vocabulary)
    }

    fn knows(&self, query: &str) -> bool {
        Query::read(query, &self.config).is_some()
    }

    fn selection(&self) -> Selection {
        SELECTION
    }

    fn detect(&self, image: RgbView<'_>, queries: &[&str]) -> Result<Vec<Detection>, DetectError> {
        check_queries(queries)?;
        let read = |text: &&str| {
            Query::read(text, &self.config).ok_or_else(|| DetectError::UnknownWord {
                detector: self.name.clone(),
                query: (*text).to_owned(),
                known: self.vocabulary.to_string(),
            })
        };
        let read: Vec<Query> = queries.iter().map(read).collect::<Result<_, _>>()?;
        let things = self.look(image)?;
        let answer = |thing: &Thing| {
            let query = words::answered(&read, thing.noun, thing.paint)?;
            let label = words::label(&self.config, thing.noun, thing.paint);
            let found = Detection { query, label, score: thing.score, corners: thing.corners };
            Some(found.clamped())
        };
        Ok(things.iter().filter_map(answer).collect())
    }
}
