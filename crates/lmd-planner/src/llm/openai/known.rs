//! [`KnownFrom`]: how it was learnt what a server understands.

/// Where the knowledge of what a server understands comes from.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum KnownFrom {
    /// Nothing was tried yet.
    Nothing,
    /// A run before this one.
    Memory,
    /// An answer of this session.
    Answer,
}
