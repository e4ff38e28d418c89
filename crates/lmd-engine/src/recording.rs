//! What was recorded of a drawing's steps as a safetensors file.

use std::collections::HashMap;

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::error::EngineError;
use crate::job::Picture;

/// Which arrays of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedPart {
    /// The latents of every step.
    Latents,
    /// The attention of every step.
    Attention,
}

/// A part of what was recorded of a picture as the bytes of a safetensors file (f32). Its metadata hold the recipe (`lmd`),
/// the tokens of the prompts (`tokens`) and where the objects stand among them (`phrases`), all JSON.
///
/// # Errors
/// [`EngineError::Internal`] when the arrays cannot be written, which would be a fault of this program.
pub fn safetensors(picture: &Picture, part: RecordedPart) -> Result<Vec<u8>, EngineError> {
    let prefix = match part {
        RecordedPart::Latents => "latents/",
        RecordedPart::Attention => "attention/",
    };
    let wrong = |error: &dyn std::fmt::Display| {
        EngineError::Internal(format!("a recording cannot be written: {error}"))
    };
    let arrays = picture.recording.arrays.iter().filter(|(name, _)| name.starts_with(prefix));
    let bytes: Vec<(&str, &[usize], Vec<u8>)> = arrays
        .map(|(name, array)| {
            let bytes = array.values.iter().flat_map(|value| value.to_le_bytes()).collect();
            (name.as_str(), array.shape.as_slice(), bytes)
        })
        .collect();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        TensorView::new(Dtype::F32, shape.to_vec(), bytes).map(|view| ((*name).to_owned(), view))
    });
    let views: Vec<_> = views.collect::<Result<_, _>>().map_err(|error| wrong(&error))?;
    let json = |result: Result<String, serde_json::Error>| result.map_err(|error| wrong(&error));
    let metadata = HashMap::from([
        ("lmd".to_owned(), json(serde_json::to_string(&picture.recipe))?),
        ("tokens".to_owned(), json(serde_json::to_string(&picture.recording.tokens))?),
        ("phrases".to_owned(), json(serde_json::to_string(&picture.recording.phrases))?),
    ]);
    safetensors::serialize(views, Some(metadata)).map_err(|error| wrong(&error))
}
