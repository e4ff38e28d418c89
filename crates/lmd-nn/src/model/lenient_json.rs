//! JSON as Python writes it, which has names for numbers that JSON lacks.

use std::borrow::Cow;

/// The text with `NaN`, `Infinity` and `-Infinity` outside of strings replaced by `null`.
///
/// diffusers writes `"lambda_min_clipped": -Infinity` for its DPM-Solver schedulers.
pub(super) fn without_infinities(text: &str) -> Cow<'_, str> {
    if !text.contains("NaN") && !text.contains("Infinity") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut in_string) = (text, false);
    while let Some(first) = rest.chars().next() {
        let word =
            ["-Infinity", "Infinity", "NaN"].into_iter().find(|word| !in_string && rest.starts_with(word));
        let taken = match word {
            Some(word) => {
                out.push_str("null");
                word.len()
            }
            // An escaped character, which may be a quotation mark.
            None if in_string && first == '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            None => {
                in_string ^= first == '"';
                first.len_utf8()
            }
        };
        if word.is_none() {
            out.push_str(&rest[..taken]);
        }
        rest = &rest[taken..];
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinities_become_null_outside_of_strings() {
        let text =
            r#"{"a": -Infinity, "b": [NaN,Infinity], "Infinity": "NaN \" Infinity \\", "c": "ü\u0022"}"#;
        let expected = r#"{"a": null, "b": [null,null], "Infinity": "NaN \" Infinity \\", "c": "ü\u0022"}"#;
        assert_eq!(without_infinities(text), expected);
        assert!(serde_json::from_str::<serde_json::Value>(&without_infinities(text)).is_ok());
        assert!(matches!(without_infinities("{\"a\": 1}"), Cow::Borrowed(_)));
    }

    #[test]
    fn broken_texts_stay_broken() {
        for text in ["{\"a\": NaN", "\"NaN\\", "{NaN: 1}", "-NaN"] {
            assert!(serde_json::from_str::<serde_json::Value>(&without_infinities(text)).is_err(), "{text}");
        }
    }
}
