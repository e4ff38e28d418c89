//! How much memory there is, and how much a drawing needs.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::error::EngineError;
use crate::notice::Notice;

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

/// Bytes of memory that this process holds; `None` where nothing is known.
#[must_use]
pub fn resident() -> Option<u64> {
    let own = sysinfo::get_current_pid().ok()?;
    let mut system = System::new();
    system.refresh_processes(sysinfo::ProcessesToUpdate::Some(&[own]), false);
    system.process(own).map(sysinfo::Process::memory)
}

/// The part of an estimate that is needed at least: estimates lie above what
/// was measured, by no more than half.
const SURE: (u64, u64) = (2, 3);

/// Compares what a drawing needs with what there is, before anything is loaded.
///
/// # Errors
/// [`EngineError::Memory`] when it cannot fit; a notice when it may not.
pub(crate) fn compare(
    what: &str,
    weights: u64,
    needed: u64,
    available: Option<u64>,
) -> Result<Option<Notice>, EngineError> {
    let Some(available) = available.filter(|available| needed > *available) else { return Ok(None) };
    if needed / SURE.1 * SURE.0 <= available {
        return Ok(Some(Notice::Tight { needed, available }));
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
        let of = |needed, available| compare("drawing", 100 << 20, needed, available);
        assert_eq!(of(500 << 20, Some(600 << 20)).unwrap(), None);
        assert_eq!(of(1 << 60, None).unwrap(), None);
        assert!(of(500 << 20, Some(400 << 20)).unwrap().is_some_and(|notice| notice.is_warning()));
        let error = of(500 << 20, Some(300 << 20)).unwrap_err();
        assert_eq!(error.kind().exit_code(), 5);
        let told = error.to_string();
        assert!(told.starts_with("drawing needs about 500 MiB of memory, 300 MiB are available"), "{told}");
    }

    #[test]
    fn there_is_some_memory() {
        let bytes = available().unwrap();
        assert!(bytes > 1 << 20 && bytes < 1 << 50, "{bytes}");
    }
}
