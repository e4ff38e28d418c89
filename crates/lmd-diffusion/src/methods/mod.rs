//! The methods that draw a layout.
//!
//! A further method is one file beside these and one line in `builtin`; or it is registered from outside
//! ([`Registry::register_method`](crate::Registry::register_method)).

pub mod backward_guidance;
pub mod boxdiff;
mod conditions;
mod context;
mod cut_out;
pub mod gligen;
pub mod lmd;
pub mod multidiffusion;
pub mod plain;
mod plain_colours;

use std::sync::Arc;

pub use context::{Columns, Negatives, ObjectsEnergy, OverallGuidance};

pub use crate::method::{Drawn, Job, Method, MethodContext, Needs, Work};

/// The methods of this crate.
pub(crate) fn builtin() -> Vec<Arc<dyn Method>> {
    vec![
        Arc::new(lmd::LMD),
        Arc::new(lmd::LMD_PLUS),
        Arc::new(gligen::Gligen),
        Arc::new(multidiffusion::Multidiffusion),
        Arc::new(backward_guidance::BackwardGuidance),
        Arc::new(boxdiff::Boxdiff),
        Arc::new(plain::Plain),
    ]
}
