//! What is seen while a picture is drawn: a bar with the energy, the picture
//! growing, and Ctrl-C as the way out.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use lmd_diffusion::{DrawConfig, Observer, Phase, Pipeline, Progress, Registry, Rgb};

use crate::cli::PreviewChoice;
use crate::screen::Screen;

/// Least time between two previews: decoding one costs time, too.
const PREVIEW_EVERY: Duration = Duration::from_millis(1500);
/// Width of a preview in characters.
const PREVIEW_COLUMNS: usize = 48;

/// Whether somebody pressed Ctrl-C. The second time ends the program at once.
pub(crate) fn interruption() -> Arc<AtomicBool> {
    static PRESSED: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let pressed = PRESSED.get_or_init(|| {
        let pressed = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&pressed);
        // Without a handler Ctrl-C ends the program at once, which will do.
        let _ = ctrlc::set_handler(move || {
            if seen.swap(true, Ordering::Relaxed) {
                std::process::exit(crate::Exit::Interrupted as i32);
            }
        });
        pressed
    });
    Arc::clone(pressed)
}

/// Looks on while one picture is drawn.
pub(crate) struct Watch<'a> {
    model: &'a Pipeline,
    bar: ProgressBar,
    /// Above the bar, where there are previews.
    view: Option<ProgressBar>,
    last_preview: Instant,
    pressed: Arc<AtomicBool>,
    done: u64,
}

impl<'a> Watch<'a> {
    /// A bar for the work of `config` on a layout with so many boxes.
    pub(crate) fn new(
        screen: &Screen,
        model: &'a Pipeline,
        config: &DrawConfig,
        boxes: usize,
        preview: PreviewChoice,
    ) -> Self {
        let shown = screen.shows_progress();
        let all = MultiProgress::with_draw_target(if shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        });
        let wanted = match preview {
            PreviewChoice::Auto => screen.has_true_colour(),
            PreviewChoice::Blocks => true,
            PreviewChoice::None => false,
        };
        let view = (shown && wanted).then(|| all.add(ProgressBar::new(0).with_style(style("{msg}"))));
        let bar = all.add(ProgressBar::new(work(config, boxes)));
        bar.set_style(style("{prefix:<10} [{bar:30}] {percent:>3} % {msg} {elapsed} (left: {eta})"));
        Self { model, bar, view, last_preview: Instant::now(), pressed: interruption(), done: 0 }
    }

    fn preview(&mut self, progress: &Progress<'_>) {
        let (Some(view), Some(denoised)) = (&self.view, progress.denoised) else { return };
        if self.last_preview.elapsed() < PREVIEW_EVERY {
            return;
        }
        // A preview that fails is none; the picture itself will say why.
        if let Ok(picture) = self.model.preview(denoised) {
            view.set_message(blocks(&picture, PREVIEW_COLUMNS));
        }
        self.last_preview = Instant::now();
    }
}

impl Observer for Watch<'_> {
    fn observe(&mut self, progress: &Progress<'_>) -> ControlFlow<()> {
        let (label, copies) = match progress.phase {
            Phase::Boxes { first, count: 1, total } => (format!("box {}/{total}", first + 1), 1),
            Phase::Boxes { first, count, total } => {
                (format!("box {}-{}/{total}", first + 1, first + count), count)
            }
            Phase::Overall => ("picture".to_owned(), 1),
        };
        self.bar.set_prefix(label);
        let energy = progress.energy.map_or(String::new(), |energy| format!("energy {energy:.2}"));
        self.bar.set_message(format!("step {}/{} {energy}", progress.step + 1, progress.steps));
        self.done += copies as u64;
        // The estimate of the work is an upper bound: guidance may end early.
        self.bar.set_position(self.done.min(self.bar.length().unwrap_or(u64::MAX)));
        self.preview(progress);
        if self.pressed.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if let Some(view) = &self.view {
            view.finish_and_clear();
        }
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Calls of the observer when guidance never ends early.
fn work(config: &DrawConfig, boxes: usize) -> u64 {
    // Settings that make no sense are refused by whoever draws.
    Registry::shared().work(config, boxes).map_or(0, |work| work.observations)
}

/// A picture in half blocks: every character shows two pixels, one above the
/// other.
fn blocks(picture: &Rgb, columns: usize) -> String {
    let columns = columns.min(picture.width.max(1));
    let rows = (columns * picture.height / picture.width.max(1)).max(2) / 2;
    let pixel = |x: usize, y: usize| {
        let [x, y] = [(2 * x + 1) * picture.width / (2 * columns), (2 * y + 1) * picture.height / (4 * rows)];
        let at = 3 * (y.min(picture.height - 1) * picture.width + x.min(picture.width - 1));
        picture.pixels.get(at..at + 3).map_or([0; 3], |p| [p[0], p[1], p[2]])
    };
    let character = |(x, row): (usize, usize)| {
        let ([r, g, b], [br, bg, bb]) = (pixel(x, 2 * row), pixel(x, 2 * row + 1));
        format!("\x1b[38;2;{r};{g};{b};48;2;{br};{bg};{bb}m▀")
    };
    let line = |row| (0..columns).map(|x| character((x, row))).collect::<String>() + "\x1b[0m";
    (0..rows).map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_shows_two_pixels() {
        let picture = Rgb { width: 2, height: 2, pixels: vec![1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4] };
        let text = blocks(&picture, 48);
        assert_eq!(text.lines().count(), 1);
        assert_eq!(text.matches('▀').count(), 2);
        assert!(text.contains("38;2;1;1;1;48;2;3;3;3m") && text.contains("38;2;2;2;2;48;2;4;4;4m"), "{text}");
    }

    #[test]
    fn the_work_of_the_papers_settings_is_known() {
        // 50 steps and 65 iterations for each of two boxes and for the whole.
        assert_eq!(work(&DrawConfig::default(), 2), 3 * 115);
        let plain = DrawConfig { method: "plain".into(), ..DrawConfig::default() };
        assert_eq!(work(&plain, 2), 50);
    }
}
