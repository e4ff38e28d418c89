//! Pictures as networks that look at them take them: resized as Pillow does, with the mean and the spread of the pictures
//! they were trained on.

mod resample;
mod smooth;
mod statistics;

pub(crate) use resample::{Filter, bilinear, resized};
pub(crate) use smooth::smooth_resized;
pub(crate) use statistics::{Statistics, configured};
