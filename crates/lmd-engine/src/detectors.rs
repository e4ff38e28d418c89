//! Detectors by name: the one that is part of the program, or a folder's.

use std::path::Path;

use lmd_layout::Mark;
use lmd_nn::{Detection, Detector, DetectorFolder, LoadOptions, RgbView, Selection, Vocabulary};

use crate::built_in;
use crate::config::BUNDLED;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::stage2::Rgb;

/// A detector with its weights in memory. Threads may share it.
#[derive(Debug)]
pub struct OpenDetector {
    detector: Box<dyn Detector>,
    digests: Vec<(String, String)>,
}

impl OpenDetector {
    /// Its name, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        self.detector.name()
    }

    /// BLAKE3 digests of its weight files, by their names.
    #[must_use]
    pub fn digests(&self) -> &[(String, String)] {
        &self.digests
    }

    /// All that it knows, where its vocabulary is closed.
    #[must_use]
    pub fn vocabulary(&self) -> Option<&Vocabulary> {
        self.detector.vocabulary()
    }

    /// The selection that suits its scores.
    #[must_use]
    pub fn selection(&self) -> Selection {
        self.detector.selection()
    }

    /// Whether it can look for such a thing.
    #[must_use]
    pub fn knows(&self, query: &str) -> bool {
        self.detector.knows(query)
    }

    /// Everything found that answers one of the queries, not yet selected ([`Selection::of`]).
    ///
    /// # Errors
    /// [`EngineError::Detect`]: a query is not understood, or the network's numbers overflowed.
    pub fn detect(&self, picture: &Rgb, queries: &[&str]) -> Result<Vec<Detection>, EngineError> {
        let view = RgbView::new(picture.width, picture.height, &picture.pixels)?;
        Ok(self.detector.detect(view, queries)?)
    }
}

impl Engine {
    /// The detector of a name: `bundled`, or the path of a folder with `config.json` and weights.
    ///
    /// # Errors
    /// When there is none of this name, or its files are refused.
    pub fn detector(&self, name: &str) -> Result<OpenDetector, EngineError> {
        let folder = folder(name)?;
        self.start()?;
        let detector = folder.open(&LoadOptions::new(&self.device()?))?;
        Ok(OpenDetector { detector, digests: folder.digests()? })
    }
}

fn folder(name: &str) -> Result<DetectorFolder, EngineError> {
    if name == BUNDLED {
        let own = built_in::files().and_then(|files| DetectorFolder::built_in(BUNDLED, files));
        return own.ok_or_else(|| {
            EngineError::Usage(
                "this lmd was built without a bundled detector; name a folder (--detector)".to_owned(),
            )
        });
    }
    let path = Path::new(name);
    if !path.is_dir() {
        return Err(EngineError::Usage(format!(
            "there is no folder {}; a detector is `bundled` or a folder with config.json and model.safetensors (--detector)",
            path.display()
        )));
    }
    Ok(DetectorFolder::on_disk(path))
}

/// What was found as it is drawn over the picture, with its score.
#[must_use]
pub fn mark(found: &Detection) -> Mark {
    let label = format!("{} {:.2}", found.label, found.score);
    Mark { label, corners: found.corners.map(f64::from), ..Mark::default() }
}

/// The things in a list of queries: "a red car, a bottle" are two.
///
/// # Errors
/// [`EngineError::Usage`] when nothing is named.
pub fn read_queries(text: &str) -> Result<Vec<String>, EngineError> {
    let text = lmd_layout::clean_text(text);
    let queries: Vec<String> =
        text.split([',', ';']).map(str::trim).filter(|query| !query.is_empty()).map(str::to_owned).collect();
    if queries.is_empty() {
        return Err(EngineError::Usage("name what to look for, as in \"a red car, a bottle\"".to_owned()));
    }
    Ok(queries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    #[test]
    fn lists_of_queries_are_read() {
        assert_eq!(read_queries("a red car, a bottle;dog ,").unwrap(), ["a red car", "a bottle", "dog"]);
        assert!(read_queries(" ,").is_err());
    }

    #[test]
    fn a_detector_that_is_not_there_is_a_slip_of_the_command_line() {
        let engine = Engine::open(&Config::default()).unwrap();
        let told = engine.detector("nowhere").unwrap_err();
        assert_eq!(told.kind(), crate::ErrorKind::Usage);
        assert!(told.to_string().contains("no folder nowhere"), "{told}");
    }
}
