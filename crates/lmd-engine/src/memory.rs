//! How much memory there is, and how much a drawing needs.

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
    fn there_is_some_memory() {
        let bytes = available().unwrap();
        assert!(bytes > 1 << 20 && bytes < 1 << 50, "{bytes}");
    }
}
