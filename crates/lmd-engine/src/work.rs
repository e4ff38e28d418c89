//! The work of a drawing, counted beforehand for progress bars and queues.

use crate::stable::{DrawConfig, Registry};

/// Calls of the observer when guidance never ends early: one for each step
/// and for each guidance iteration. Takes bounded time for any settings.
pub(crate) fn work(config: &DrawConfig, boxes: usize) -> u64 {
    let work = Registry::shared().method(&config.method).and_then(|method| method.work(config, boxes));
    // Settings that make no sense are refused before anything is drawn.
    work.map_or(0, |work| work.observations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_of_the_papers_settings_is_known() {
        // 50 steps and 65 iterations for each of two boxes and for the whole.
        assert_eq!(work(&DrawConfig::default(), 2), 3 * 115);
        let plain = DrawConfig { method: "plain".into(), ..DrawConfig::default() };
        assert_eq!(work(&plain, 2), 50);
    }

    #[test]
    fn absurd_settings_are_counted_at_once() {
        let start = std::time::Instant::now();
        for method in ["lmd", "boxdiff", "plain"] {
            let config = DrawConfig { method: method.into(), steps: usize::MAX, ..DrawConfig::default() };
            assert!(work(&config, 32) >= u64::MAX / 2);
        }
        assert!(start.elapsed().as_secs() < 1);
    }
}
