//! How much memory there is, and how much a drawing needs.

use crate::error::EngineError;
use crate::stable::{self, DrawConfig};
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Bytes this process may still take: what the system has left, within the
/// limits of its control group and of its address space. `None` where nothing
/// is known.
#[must_use]
pub fn available() -> Option<u64> {
    let system =
        System::new_with_specifics(RefreshKind::nothing().with_memory(MemoryRefreshKind::everything()));
    let whole = Some(system.available_memory()).filter(|bytes| *bytes > 0);
    // What the group has free without its page cache, which makes room when it is asked to.
    let group = system.cgroup_limits().map(|limits| limits.total_memory.saturating_sub(limits.rss));
    [whole, group.filter(|bytes| *bytes > 0), address_space()].into_iter().flatten().min()
}

/// Bytes of activations for each pixel of a picture: what the bundled model was
/// measured to take (2048 x 2048 by `plain`, 512 x 512 by `lmd`, less its
/// weights). Other models are wider and take more, so that this is a lower bound.
const PLAIN_BYTES: u64 = 480;
const GUIDED_BYTES: u64 = 1500;
/// Pixels of a side where the model says how many.
const LEAST_SIDE: usize = 256;

/// Bytes that a drawing takes at least: the weights, and what the networks
/// compute on the way.
#[must_use]
pub fn needed(weights: u64, config: &DrawConfig) -> u64 {
    let side = |side: Option<usize>| side.unwrap_or(LEAST_SIDE) as u64;
    let each = if stable::is_guided(config) { GUIDED_BYTES } else { PLAIN_BYTES };
    let pixels = side(config.width).saturating_mul(side(config.height));
    weights.saturating_add(pixels.saturating_mul(each))
}

/// Refuses what cannot fit into memory, before anything is loaded.
pub(crate) fn require(what: &str, weights: u64, config: &DrawConfig) -> Result<(), EngineError> {
    let (needed, Some(available)) = (needed(weights, config), available()) else { return Ok(()) };
    if needed <= available {
        return Ok(());
    }
    let reducible = weights <= available;
    Err(EngineError::Memory { what: what.to_owned(), needed, available, reducible })
}

/// Bytes of address space left below the limit of `ulimit -v`.
#[cfg(target_os = "linux")]
fn address_space() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};
    let limit = getrlimit(Resource::As).current?;
    // The first number is the size of the whole process in pages.
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split_whitespace().next()?.parse().ok()?;
    Some(limit.saturating_sub(pages.saturating_mul(rustix::param::page_size() as u64)))
}

#[cfg(not(target_os = "linux"))]
fn address_space() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_fit_is_refused() {
        let config = DrawConfig { width: Some(4096), height: Some(4096), ..DrawConfig::default() };
        assert!(needed(1 << 20, &config) > 24 << 30);
        let error = require("drawing", 1 << 60, &config).unwrap_err();
        assert_eq!(error.kind().exit_code(), 5);
        assert!(error.to_string().contains("drawing needs about"), "{error}");
        assert!(require("drawing", 1, &DrawConfig::default()).is_ok());
    }

    #[test]
    fn there_is_some_memory() {
        let bytes = available().unwrap();
        assert!(bytes > 1 << 20 && bytes < 1 << 50, "{bytes}");
    }
}
