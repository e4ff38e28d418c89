//! Reading upstream JSON configurations: unknown names are ignored, but a value
//! that would change the mathematics is refused.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::NnError;

/// Largest width, layer count or vocabulary that a file may state.
pub(crate) const MAX_SIZE: usize = 1 << 20;

/// Fields for which `null` is a value of its own and not the default.
const NULL_IS_A_VALUE: [&str; 1] = ["mid_block_type"];

/// Parses `text` and refuses every field of `fixed` that holds another value.
///
/// An absent field and, mostly, `null` are accepted, since upstream then takes its own
/// default, which is the value named here. A list is accepted when all its
/// entries are the value.
pub(crate) fn parse<T: DeserializeOwned>(
    network: &'static str,
    text: &str,
    fixed: &[(&str, Value)],
) -> Result<T, NnError> {
    let fail = |reason: String| NnError::Config { network, reason };
    let value: Value = serde_json::from_str(text).map_err(|e| fail(format!("not valid JSON ({e})")))?;
    for (name, expected) in fixed {
        if let Some(found) = value.get(name)
            && (!agrees(found, expected) || (found.is_null() && NULL_IS_A_VALUE.contains(name)))
        {
            return Err(fail(format!("{name} is {found}, but only {expected} is supported")));
        }
    }
    serde_json::from_value(value).map_err(|e| fail(e.to_string()))
}

fn agrees(found: &Value, expected: &Value) -> bool {
    match found {
        Value::Null => true,
        Value::Array(all) => all.iter().all(|one| agrees(one, expected)),
        Value::Number(n) => n.as_f64() == expected.as_f64(),
        other => other == expected,
    }
}

/// An error unless `holds`.
pub(crate) fn require(
    network: &'static str,
    holds: bool,
    reason: impl FnOnce() -> String,
) -> Result<(), NnError> {
    if holds { Ok(()) } else { Err(NnError::Config { network, reason: reason() }) }
}

/// An error unless every size is at least 1 and at most [`MAX_SIZE`].
pub(crate) fn require_sizes(network: &'static str, sizes: &[(&str, usize)]) -> Result<(), NnError> {
    for (name, size) in sizes {
        require(network, (1..=MAX_SIZE).contains(size), || {
            format!("{name} is {size}, expected 1 to {MAX_SIZE}")
        })?;
    }
    Ok(())
}

/// An error unless a number is above `low` and at most `high`.
pub(crate) fn require_number(
    network: &'static str,
    name: &str,
    number: f64,
    [low, high]: [f64; 2],
) -> Result<(), NnError> {
    require(network, number > low && number <= high, || {
        format!("{name} is {number}, expected above {low} and at most {high}")
    })
}

/// What the epsilon of a normalisation may be.
pub(crate) const EPSILON: [f64; 2] = [0.0, 0.1];
/// What the factor between the latents of an autoencoder and those of the diffusion may be.
pub(crate) const SCALING: [f64; 2] = [1e-6, 1e6];
