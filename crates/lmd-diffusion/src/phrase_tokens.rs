//! From a layout to what the networks read: prompts, tokens, boxes on the
//! guided maps (B.5, B.6).

use lmd_layout::{BBox, Fidelity, Layout, ScenePrompts, convert_spec};
use lmd_nn::Tokenizer;
use serde::{Deserialize, Serialize};

use crate::DiffusionError;
use crate::energy::GuidedObject;

/// A layout tied to the tokens of its prompts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhraseTokens {
    /// The boxes, each to be drawn alone, sorted by caption.
    pub boxes: Vec<BoxPhraseTokens>,
    /// The prompt of the whole picture, extended by phrases it did not hold.
    pub prompt: String,
    /// The objects of the whole picture; their boxes, one object after the
    /// other, are in the order of [`Self::boxes`].
    pub objects: Vec<GuidedObject>,
    /// The phrases of [`Self::objects`] in the prompt.
    pub phrases: Vec<String>,
}

/// One box to be drawn alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoxPhraseTokens {
    /// Index into the layout's objects.
    pub object: usize,
    /// The prompt: the background with this one object.
    pub prompt: String,
    /// The object's part of the prompt.
    pub phrase: String,
    /// The object with the box it is drawn in (in the middle, where boxes are
    /// centred) and its tokens.
    pub guided: GuidedObject,
    /// The layout's box `[x0, y0, x1, y1]`.
    pub place: [f64; 4],
}

impl PhraseTokens {
    /// Ties `layout` to the tokens of its prompts. With `floor`, boxes are drawn in the middle of the picture, so far above
    /// its lower edge; without, where they are.
    ///
    /// # Errors
    /// When a phrase cannot be found among the tokens the encoder reads.
    pub fn new(
        layout: &Layout,
        tokenizer: &Tokenizer,
        floor: Option<f64>,
        fidelity: Fidelity,
    ) -> Result<Self, DiffusionError> {
        let prompts = convert_spec(layout, fidelity);
        let boxes = box_phrase_tokens(layout, &prompts, tokenizer, floor, fidelity)?;
        let phrases: Vec<&str> = prompts.overall.phrases.iter().map(|p| p.phrase.as_str()).collect();
        let prompt = tokenizer.extend_prompt(&prompts.overall.prompt, &phrases, fidelity)?;
        let mut objects = Vec::with_capacity(phrases.len());
        for phrase in &prompts.overall.phrases {
            let at = tokenizer.locate(&prompt, &phrase.phrase, &phrase.word, fidelity)?;
            let boxes = phrase.boxes.iter().copied().map(corners).collect();
            objects.push(GuidedObject { boxes, tokens: at.tokens, word: at.word });
        }
        let phrases = phrases.into_iter().map(str::to_owned).collect();
        Ok(Self { boxes, prompt, objects, phrases })
    }
}

fn box_phrase_tokens(
    layout: &Layout,
    prompts: &ScenePrompts,
    tokenizer: &Tokenizer,
    floor: Option<f64>,
    fidelity: Fidelity,
) -> Result<Vec<BoxPhraseTokens>, DiffusionError> {
    let mut boxes = Vec::with_capacity(prompts.per_box.len());
    for spec in &prompts.per_box {
        let Some(object) = layout.objects().get(spec.object) else { continue };
        // Positions are those in the extended prompt, but the prompt encoded
        // is the plain one (B.6).
        let extended = tokenizer.extend_prompt(&spec.prompt, &[&spec.phrase], fidelity)?;
        let at = tokenizer.locate(&extended, &spec.phrase, &spec.word, fidelity)?;
        let place = corners(object.bbox);
        let drawn = floor.map_or(place, |floor| centred(object.bbox, floor));
        let guided = GuidedObject { boxes: vec![drawn], tokens: at.tokens, word: at.word };
        let (prompt, phrase) = (spec.prompt.clone(), spec.phrase.clone());
        boxes.push(BoxPhraseTokens { object: spec.object, prompt, phrase, guided, place });
    }
    Ok(boxes)
}

pub(crate) fn corners(b: BBox) -> [f64; 4] {
    [b.x(), b.y(), b.x_max(), b.y_max()]
}

/// The box in the middle of the picture, standing `floor` above its lower
/// edge; the upper edge may be above the picture (B.5).
fn centred(b: BBox, floor: f64) -> [f64; 4] {
    let [x0, y0, x1, y1] = corners(b);
    let (width, height) = (x1 - x0, y1 - y0);
    let bottom = 1.0 - floor;
    [0.5 - width / 2.0, bottom - height, 0.5 + width / 2.0, bottom]
}
