//! [`ErrorKind`]: what sort of failure an error is.

/// What sort of failure an error is. Exit codes and statuses are part of the
/// interface and do not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The work could not be done for a reason without a kind of its own.
    Failed,
    /// A request, a setting or an input file is wrong.
    Usage,
    /// There is no layout: planning failed, or what was given is none.
    Layout,
    /// The language model's server could not be asked or did not answer.
    Upstream,
    /// There is no such model.
    NoModel,
    /// A model or its weights are broken.
    Model,
    /// There is not enough memory, or no thread can be started.
    Memory,
    /// There were warnings, and warnings are to be errors.
    Warnings,
    /// Somebody cancelled it.
    Cancelled,
    /// A fault of lmd.
    Internal,
}

impl ErrorKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Failed,
        Self::Usage,
        Self::Layout,
        Self::Upstream,
        Self::NoModel,
        Self::Model,
        Self::Memory,
        Self::Warnings,
        Self::Cancelled,
        Self::Internal,
    ];

    /// The exit code of a command that ends with such an error.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Layout | Self::Upstream => 3,
            Self::NoModel | Self::Model => 4,
            Self::Memory => 5,
            Self::Warnings => 6,
            // What Rust ends a panic with.
            Self::Internal => 101,
            Self::Cancelled => 130,
        }
    }

    /// The status of an HTTP answer that tells such an error.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Usage => 400,
            Self::NoModel => 404,
            Self::Layout | Self::Warnings => 422,
            // Nginx's "client closed request", for which HTTP has no number.
            Self::Cancelled => 499,
            Self::Failed | Self::Model | Self::Internal => 500,
            Self::Upstream => 502,
            Self::Memory => 507,
        }
    }
}
