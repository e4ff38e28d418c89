//! What is seen while a picture is drawn: a bar with the energy, the picture
//! growing, and Ctrl-C as the way out.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use lmd_engine::{CancelToken, Observer, Part, Progress, Rgb};

use crate::cli::PreviewChoice;
use crate::exports::StepPictures;
use crate::screen::Screen;

/// Least time between two previews: decoding one costs time, too.
const PREVIEW_EVERY: Duration = Duration::from_millis(1500);
/// Width of a preview in characters.
const PREVIEW_COLUMNS: usize = 48;

/// Looks on while one picture is drawn.
pub(crate) struct Watch {
    bar: ProgressBar,
    /// Above the bar, where there are previews.
    view: Option<ProgressBar>,
    last_preview: Instant,
    token: CancelToken,
    /// Where pictures of the steps go, if anywhere.
    pub(crate) steps: Option<StepPictures>,
    /// Why one of them could not be written; drawing ends then.
    pub(crate) failure: Option<anyhow::Error>,
}

impl Watch {
    /// A bar that begins to move with the first step.
    pub(crate) fn new(screen: &Screen, preview: PreviewChoice, token: CancelToken) -> Self {
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
        let bar = all.add(ProgressBar::new(0));
        bar.set_style(style("{prefix:<10} [{bar:30}] {percent:>3} % {msg} {elapsed} (left: {eta})"));
        Self { bar, view, last_preview: Instant::now(), token, steps: None, failure: None }
    }

    fn preview(&mut self, progress: &Progress<'_>) {
        let Some(view) = self.view.as_ref().filter(|_| self.last_preview.elapsed() >= PREVIEW_EVERY) else {
            return;
        };
        if let Some(picture) = progress.preview() {
            view.set_message(blocks(&picture, PREVIEW_COLUMNS));
            self.last_preview = Instant::now();
        }
    }
}

impl Observer for Watch {
    fn observe(&mut self, progress: &Progress<'_>) -> ControlFlow<()> {
        let label = match progress.part {
            Part::Boxes { first, count: 1, total } => format!("box {}/{total}", first + 1),
            Part::Boxes { first, count, total } => format!("box {}-{}/{total}", first + 1, first + count),
            _ => "picture".to_owned(),
        };
        self.bar.set_prefix(label);
        let energy = progress.energy.map_or(String::new(), |energy| format!("energy {energy:.2}"));
        self.bar.set_message(format!("step {}/{} {energy}", progress.step + 1, progress.steps));
        self.bar.set_length(progress.total);
        self.bar.set_position(progress.done);
        self.preview(progress);
        if let Some(Err(error)) = self.steps.as_ref().map(|steps| steps.write(progress)) {
            self.failure = Some(error);
            return ControlFlow::Break(());
        }
        self.token.flow()
    }

    fn goes_on(&mut self) -> ControlFlow<()> {
        self.token.flow()
    }
}

impl Drop for Watch {
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
}
