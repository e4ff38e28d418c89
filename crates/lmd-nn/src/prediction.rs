//! [`PredictionType`]: what a denoising network was trained to predict.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::NnError;

/// What the network predicts, by diffusers' names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PredictionType {
    /// The noise ε.
    #[default]
    #[serde(rename = "epsilon")]
    Epsilon,
    /// The velocity `v = √ᾱ ε − √(1−ᾱ) x₀` (Salimans and Ho 2022, arXiv:2202.00512).
    #[serde(rename = "v_prediction")]
    Velocity,
}

impl fmt::Display for PredictionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Epsilon => "epsilon",
            Self::Velocity => "v_prediction",
        })
    }
}

impl FromStr for PredictionType {
    type Err = NnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Epsilon, Self::Velocity];
        all.into_iter().find(|kind| kind.to_string() == text).ok_or_else(|| NnError::Config {
            network: "scheduler",
            reason: format!("prediction_type is {text:?}, expected epsilon or v_prediction"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for kind in [PredictionType::Epsilon, PredictionType::Velocity] {
            assert_eq!(kind.to_string().parse::<PredictionType>().unwrap(), kind);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.to_string());
        }
        assert!("sample".parse::<PredictionType>().is_err());
    }
}
