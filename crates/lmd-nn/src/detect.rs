//! [`Detector`]: what finds things in a picture, whatever network it is; and the selection among its detections (section D
//! of LMD's evaluation, arXiv:2305.13655): a threshold, then non-maximum suppression.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::NnError;

/// Most queries of one call.
pub const MAX_QUERIES: usize = 256;
/// Most characters of a query.
pub const MAX_QUERY_CHARS: usize = 200;

/// A thing that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Which of the queries it answers, by its index.
    pub query: usize,
    /// What the detector calls it: of a closed vocabulary its noun with the colour, else the query's text.
    pub label: String,
    /// How sure the detector is, 0 to 1. Scores of different detectors mean different things.
    pub score: f32,
    /// Left, top, right and bottom as shares of the picture, in [0, 1], left ≤ right and top ≤ bottom.
    pub corners: [f32; 4],
}

impl Detection {
    /// The same with corners inside the picture.
    #[must_use]
    pub fn clamped(mut self) -> Self {
        self.corners = self.corners.map(|side| side.clamp(0.0, 1.0));
        self
    }
}

/// Shared area by united area of two boxes given by their corners; 0 where both are empty.
#[must_use]
pub fn intersection_over_union(a: [f32; 4], b: [f32; 4]) -> f32 {
    let area = |c: [f32; 4]| (c[2] - c[0]).max(0.0) * (c[3] - c[1]).max(0.0);
    let shared = area([a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    let united = area(a) + area(b) - shared;
    if united > 0.0 { shared / united } else { 0.0 }
}

/// Which detections count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selection {
    /// The lowest score that counts, in [0, 1].
    pub threshold: f32,
    /// Non-maximum suppression: a detection is dropped when its box shares at least this with one of a higher score, as
    /// intersection over union, in [0, 1].
    pub max_overlap: f32,
    /// Whether only detections of the same query suppress each other.
    pub class_aware: bool,
}

impl Selection {
    /// The detections that count: query by query, within a query the best first.
    #[must_use]
    pub fn of(&self, detections: &[Detection]) -> Vec<Detection> {
        let mut best: Vec<&Detection> =
            detections.iter().filter(|found| found.score >= self.threshold).collect();
        best.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut kept = without_doubles(best, |found, better| {
            (!self.class_aware || better.query == found.query)
                && intersection_over_union(better.corners, found.corners) >= self.max_overlap
        });
        // Stable: within a query the order of the scores remains.
        kept.sort_by_key(|found| found.query);
        kept.into_iter().cloned().collect()
    }
}

/// Non-maximum suppression: of things, the best first, those that are not the same as a better one that is kept.
pub(crate) fn without_doubles<T>(best_first: Vec<T>, same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for found in best_first {
        if !kept.iter().any(|better| same(&found, better)) {
            kept.push(found);
        }
    }
    kept
}

/// The words of a detector that knows a fixed number of things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// Its nouns in the singular.
    pub nouns: Vec<String>,
    /// The colours that it tells apart; none where it looks at shapes alone.
    pub colours: Vec<String>,
}

impl fmt::Display for Vocabulary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.nouns.join(", "))?;
        if self.colours.is_empty() { Ok(()) } else { write!(f, "; in {}", self.colours.join(", ")) }
    }
}

/// Finds things in pictures. Detectors are shared by threads.
pub trait Detector: fmt::Debug + Send + Sync {
    /// Its name, for people and reports: the kind of network and where its weights come from.
    fn name(&self) -> &str;

    /// All that it knows, where its vocabulary is closed. An open one reads any text.
    fn vocabulary(&self) -> Option<&Vocabulary>;

    /// Whether it can look for what a query says. An open vocabulary knows everything.
    fn knows(&self, _query: &str) -> bool {
        self.vocabulary().is_none()
    }

    /// The selection that suits its scores, where the user names no other.
    fn selection(&self) -> Selection;

    /// Everything found that answers one of the queries, phrases as "a red car" or "a photo of a dog". It is not yet
    /// selected: detections of any score may be among them. One box answers one query at most.
    ///
    /// # Errors
    /// [`DetectError`]: there is no query, one is too long, or it is outside of a closed vocabulary; the network failed.
    fn detect(&self, image: RgbView<'_>, queries: &[&str]) -> Result<Vec<Detection>, DetectError>;
}

/// Checks number and lengths of queries, which every detector does first.
///
/// # Errors
/// [`DetectError::Queries`].
pub fn check_queries(queries: &[&str]) -> Result<(), DetectError> {
    let refuse = |reason| Err(DetectError::Queries(reason));
    if queries.is_empty() {
        return refuse("there is none; name the things to look for".to_owned());
    }
    if queries.len() > MAX_QUERIES {
        return refuse(format!("there are {}, at most {MAX_QUERIES} are read at once", queries.len()));
    }
    if queries.iter().any(|query| query.trim().is_empty()) {
        return refuse("one of them is empty; leave it away".to_owned());
    }
    match queries.iter().map(|query| query.chars().count()).max() {
        Some(longest) if longest > MAX_QUERY_CHARS => {
            refuse(format!("one has {longest} characters, at most {MAX_QUERY_CHARS} are read; shorten it"))
        }
        _ => Ok(()),
    }
}

/// A picture to look at: rows from the top, three bytes per pixel (red, green, blue).
#[derive(Clone, Copy, Debug)]
pub struct RgbView<'a> {
    width: usize,
    height: usize,
    bytes: &'a [u8],
}

impl<'a> RgbView<'a> {
    /// A view of `width · height · 3` bytes.
    ///
    /// # Errors
    /// [`DetectError::Image`] when there are more or fewer bytes, or none.
    pub fn new(width: usize, height: usize, bytes: &'a [u8]) -> Result<Self, DetectError> {
        let expected = width.checked_mul(height).and_then(|pixels| pixels.checked_mul(3));
        if bytes.is_empty() || expected != Some(bytes.len()) {
            return Err(DetectError::Image { width, height, bytes: bytes.len() });
        }
        Ok(Self { width, height, bytes })
    }

    /// Its width in pixels, at least 1.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Its height in pixels, at least 1.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// Why nothing could be looked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DetectError {
    /// The queries are none that could be answered.
    #[error("queries: {0}")]
    Queries(String),
    /// A query names something that a closed vocabulary lacks.
    #[error("the detector {detector} does not know {query:?}; it knows {known}")]
    UnknownWord {
        /// The detector's name.
        detector: String,
        /// The query.
        query: String,
        /// What it knows.
        known: String,
    },
    /// Bytes that are no picture of the size stated.
    #[error(
        "a picture of {width}×{height} pixels has 3 bytes per pixel and at least one pixel; got {bytes} bytes"
    )]
    Image {
        /// The width stated.
        width: usize,
        /// The height stated.
        height: usize,
        /// How many bytes there are.
        bytes: usize,
    },
    /// The network could not be used.
    #[error(transparent)]
    Network(#[from] NnError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(query: usize, score: f32, corners: [f32; 4]) -> Detection {
        Detection { query, label: String::new(), score, corners }
    }

    const A: [f32; 4] = [0.0, 0.0, 0.5, 0.5];
    /// Shares 0.4 · 0.5 with `A`: intersection over union 2/3.
    const NEAR_A: [f32; 4] = [0.1, 0.0, 0.6, 0.5];
    const B: [f32; 4] = [0.6, 0.6, 0.9, 0.9];

    #[test]
    fn overlap_is_a_share() {
        assert!((intersection_over_union(A, NEAR_A) - 2.0 / 3.0).abs() < 1e-6);
        assert_eq!(intersection_over_union(A, A), 1.0);
        assert_eq!(intersection_over_union(A, B), 0.0);
        assert_eq!(intersection_over_union([0.3; 4], [0.3; 4]), 0.0);
    }

    #[test]
    fn the_best_of_overlapping_boxes_remains() {
        let all = [found(0, 0.4, NEAR_A), found(1, 0.9, A), found(0, 0.6, B), found(0, 0.1, B)];
        let select = |max_overlap, class_aware| {
            let kept = Selection { threshold: 0.15, max_overlap, class_aware }.of(&all);
            kept.iter().map(|found| (found.query, found.score)).collect::<Vec<_>>()
        };
        assert_eq!(select(0.5, false), [(0, 0.6), (1, 0.9)]);
        assert_eq!(select(0.5, true), [(0, 0.6), (0, 0.4), (1, 0.9)]);
        // A pair at exactly the limit is one too near.
        assert_eq!(select(intersection_over_union(A, NEAR_A), false), [(0, 0.6), (1, 0.9)]);
        assert_eq!(select(0.7, false), [(0, 0.6), (0, 0.4), (1, 0.9)]);
    }

    #[test]
    fn a_threshold_is_met_by_its_own_value() {
        let selection = Selection { threshold: 0.6, max_overlap: 0.5, class_aware: true };
        assert_eq!(selection.of(&[found(0, 0.6, A), found(0, 0.59, B), found(0, f32::NAN, B)]).len(), 1);
    }

    #[test]
    fn queries_are_bounded() {
        let told = |queries: &[&str]| check_queries(queries).unwrap_err().to_string();
        assert!(told(&[]).contains("there is none"));
        assert!(told(&["a car", " "]).contains("empty"));
        assert!(told(&[&"x".repeat(MAX_QUERY_CHARS + 1)]).contains("201 characters"));
        assert!(told(&["a car"; MAX_QUERIES + 1]).contains("257"));
        assert!(check_queries(&["a red car"]).is_ok());
    }

    #[test]
    fn views_have_three_bytes_per_pixel() {
        assert!(RgbView::new(2, 1, &[0; 6]).is_ok());
        for (width, height, bytes) in [(2, 1, 5), (0, 0, 0), (usize::MAX, 2, 6), (1, 2, 7)] {
            let told = RgbView::new(width, height, &vec![0; bytes]).unwrap_err().to_string();
            assert!(told.contains(&format!("got {bytes} bytes")), "{told}");
        }
    }
}
