//! What `preprocessor_config.json` says of the pictures a network was trained on.

use serde_json::Value;

use crate::NnError;
use crate::config_check::{parse, require, require_number};

/// Mean and standard deviation of the channels of pictures in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Statistics {
    pub(crate) mean: [f32; 3],
    pub(crate) std: [f32; 3],
}

impl Statistics {
    /// Of ImageNet.
    pub(crate) const IMAGENET: Self = Self { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
    /// Of what CLIP was trained on.
    pub(crate) const CLIP: Self = Self {
        mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
        std: [0.268_629_54, 0.261_302_6, 0.275_777_1],
    };

    /// A channel's value in [0, 1] as the network takes it.
    pub(crate) fn normal(&self, value: f32, channel: usize) -> f32 {
        (value - self.mean[channel]) / self.std[channel]
    }
}

/// A `preprocessor_config.json` and its statistics, `default` where it states none. Steps that are switched off are
/// refused: the network would see other pictures than it was trained on.
///
/// # Errors
/// When the text is not JSON, states no three numbers, or switches a step off.
pub(crate) fn configured(
    network: &'static str,
    text: &str,
    default: Statistics,
) -> Result<(Value, Statistics), NnError> {
    let on = Value::Bool(true);
    let steps = ["do_resize", "do_rescale", "do_normalize"].map(|step| (step, on.clone()));
    let whole: Value = parse(network, text, &steps)?;
    let three = |name: &'static str, default: [f32; 3]| match whole.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(value) => {
            let numbers: Option<Vec<f32>> = serde_json::from_value(value.clone()).ok();
            let numbers = numbers.and_then(|numbers| <[f32; 3]>::try_from(numbers).ok());
            let told =
                || NnError::Config { network, reason: format!("{name} is {value}, expected three numbers") };
            numbers.ok_or_else(told)
        }
    };
    let statistics =
        Statistics { mean: three("image_mean", default.mean)?, std: three("image_std", default.std)? };
    for (mean, std) in statistics.mean.iter().zip(statistics.std) {
        require(network, mean.abs() <= 10.0, || format!("image_mean is {mean}, expected at most 10"))?;
        require_number(network, "image_std", f64::from(std), [1e-6, 1e6])?;
    }
    Ok((whole, statistics))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_three_numbers_each() {
        let read = |text: &str| configured("X", text, Statistics::CLIP).map(|(_, statistics)| statistics);
        assert_eq!(read("{}").unwrap(), Statistics::CLIP);
        let own = read(r#"{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}"#).unwrap();
        assert!((own.normal(1.0, 2) - 1.0).abs() < 1e-6);
        for (text, told) in [
            (r#"{"image_mean": [0.5]}"#, "three numbers"),
            (r#"{"image_std": [0, 1, 1]}"#, "image_std is 0"),
            (r#"{"image_mean": [1e30, 1, 1]}"#, "image_mean"),
            (r#"{"do_normalize": false}"#, "do_normalize is false"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
