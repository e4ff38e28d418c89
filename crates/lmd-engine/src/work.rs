//! The work of a drawing, counted beforehand for progress bars and queues.

use crate::stable::{DrawConfig, Method};

/// Most steps that are counted one by one; settings that ask for more are
/// refused before anything is drawn.
const MOST_STEPS: usize = 1000;

/// Calls of the observer when guidance never ends early: one for each step
/// and for each guidance iteration. Takes bounded time for any settings.
pub(crate) fn work(config: &DrawConfig, boxes: usize) -> u64 {
    let counted = config.steps.min(MOST_STEPS);
    let guided = |iterations: &dyn Fn(usize) -> usize| {
        let all = (0..counted).map(|step| iterations(step) as u64);
        all.fold(config.steps as u64, u64::saturating_add)
    };
    let boxes = boxes as u64;
    let alone = match config.method {
        Method::Lmd => boxes.saturating_mul(guided(&|step| config.lmd.per_box.iterations(step))),
        Method::LmdPlus => boxes.saturating_mul(config.steps as u64),
        _ => 0,
    };
    let whole = match config.overall_guidance() {
        Some(guidance) => guided(&|step| guidance.iterations(step)),
        None => config.steps as u64,
    };
    alone.saturating_add(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_of_the_papers_settings_is_known() {
        // 50 steps and 65 iterations for each of two boxes and for the whole.
        assert_eq!(work(&DrawConfig::default(), 2), 3 * 115);
        let plain = DrawConfig { method: Method::Plain, ..DrawConfig::default() };
        assert_eq!(work(&plain, 2), 50);
    }

    #[test]
    fn absurd_settings_are_counted_at_once() {
        let start = std::time::Instant::now();
        for method in [Method::Lmd, Method::Boxdiff, Method::Plain] {
            let config = DrawConfig { method, steps: usize::MAX, ..DrawConfig::default() };
            assert!(work(&config, 32) >= u64::MAX / 2);
        }
        assert!(start.elapsed().as_secs() < 1);
    }
}
