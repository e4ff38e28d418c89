//! Reading upstream JSON configurations: unknown names are ignored, but a value
//! that would change the mathematics is refused.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::NnError;

/// Largest width, layer count or vocabulary believed from a file.
pub(crate) const MAX_SIZE: usize = 1 << 20;

/// Parses `text` and refuses every field of `fixed` that holds another value.
///
/// An absent field and `null` are accepted, since upstream then takes its own
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
            && !agrees(found, expected)
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

/// An error unless every size is at least 1 and believable.
pub(crate) fn require_sizes(network: &'static str, sizes: &[(&str, usize)]) -> Result<(), NnError> {
    for (name, size) in sizes {
        require(network, (1..=MAX_SIZE).contains(size), || {
            format!("{name} is {size}, expected 1 to {MAX_SIZE}")
        })?;
    }
    Ok(())
}
