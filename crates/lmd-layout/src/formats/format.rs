//! [`Format`]: the names of the forms.

/// A form in which another program keeps captioned boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The JSON captions of Ideogram 4: `[y_min, x_min, y_max, x_max]` in
    /// thousandths.
    Ideogram,
    /// The answers of Qwen-VL: `bbox_2d`, corners in thousandths.
    Qwen,
    /// The answers of Gemini: `box_2d`, corners in thousandths, y first.
    Gemini,
    /// COCO's object detection: pixels, `[x, y, width, height]`.
    Coco,
    /// The arguments of GLIGEN's pipeline in diffusers: corners as fractions.
    Gligen,
    /// A part of a ComfyUI workflow in the API's form: one area for each
    /// object, as fractions.
    ComfyUi,
    /// YOLO's names and labels: centres and sizes as shares of the picture.
    Yolo,
    /// The metadata of InvokeAI's pictures with regional guidance: pixels.
    InvokeAi,
    /// The prompt of A1111's Regional Prompter: rows and columns.
    Regional,
    /// The cache of the LMD reference: captions with answers in its grammar.
    Reference,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Ideogram,
        Self::Qwen,
        Self::Gemini,
        Self::Coco,
        Self::Gligen,
        Self::ComfyUi,
        Self::Yolo,
        Self::InvokeAi,
        Self::Regional,
        Self::Reference,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ideogram => "ideogram",
            Self::Qwen => "qwen",
            Self::Gemini => "gemini",
            Self::Coco => "coco",
            Self::Gligen => "gligen",
            Self::ComfyUi => "comfyui",
            Self::Yolo => "yolo",
            Self::InvokeAi => "invokeai",
            Self::Regional => "regional-prompter",
            Self::Reference => "reference",
        }
    }

    /// What it is, in one line.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Ideogram => "JSON captions of Ideogram 4",
            Self::Qwen => "the list that Qwen-VL answers with (bbox_2d)",
            Self::Gemini => "the list that Gemini answers with (box_2d)",
            Self::Coco => "COCO object detection, on 512 by 512 pixels",
            Self::Gligen => "arguments of the GLIGEN pipeline of diffusers",
            Self::ComfyUi => "conditioning areas of a ComfyUI workflow (API form)",
            Self::Yolo => "names and labels of YOLO",
            Self::InvokeAi => "metadata of InvokeAI with regional guidance",
            Self::Regional => "a prompt of A1111's Regional Prompter (rows and columns)",
            Self::Reference => "the cache of the LMD reference",
        }
    }

    /// The format of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}
