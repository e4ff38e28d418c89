//! What the flags of several verbs have in common.

use lmd_engine::Override;

/// The values of flags for a preset.
pub(super) const PRESETS: [&str; 3] = ["fast", "balanced", "faithful"];
/// The values of `--device`.
pub(super) const DEVICES: [&str; 6] = ["auto", "cpu", "vulkan", "cuda", "metal", "rocm"];

/// The configuration key that a flag sets, where the flag is given.
pub(super) fn set(flag: &str, key: &str, value: Option<impl ToString>) -> Option<Override> {
    Some(Override::new(format!("flag {flag}"), key, value?.to_string()))
}
