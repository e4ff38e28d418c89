//! [`Value`]: an entry of a GGUF file's metadata.

/// An entry of the metadata, with integers and floats widened.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Any integer.
    Integer(i128),
    /// A number with a fraction.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// Text; what is no UTF-8 in it is replaced.
    Text(String),
    /// A list of integers or yes-or-nos.
    Integers(Vec<i64>),
    /// A list of numbers with fractions.
    Floats(Vec<f32>),
    /// A list of texts.
    Texts(Vec<String>),
}

impl Value {
    /// What kind of value it is, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Bool(_) => "a bool",
            Self::Text(_) => "a text",
            Self::Integers(_) => "a list of integers",
            Self::Floats(_) => "a list of floats",
            Self::Texts(_) => "a list of texts",
        }
    }
}
