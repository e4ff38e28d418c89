//! Whether a picture shows what its prompt says, from what a detector found in it. Pure: no network, no file.

mod finding;
mod geneval;
mod lmd;
mod questions;
mod report;
mod stage_one;
mod verdict;
mod wilson;

pub use finding::{Finding, Verdict};
pub use questions::{Question, questions};
pub use report::{Cell, Column, FamilyScore, PictureReport, Sample, Score};
pub use stage_one::judge_layout;
pub use verdict::judge;
pub use wilson::{Interval, wilson};

#[cfg(test)]
mod tests;
