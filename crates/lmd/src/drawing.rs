//! From a layout to files: what `draw` and `generate` have in common.

use std::path::{Path, PathBuf};

use lmd_engine::output::Outputs;
use lmd_engine::{
    Adapter, DrawOptions, Engine, EngineError, Picture, Prepared, Seeds, Subject, random_seeds,
};

use crate::cli::{Drawing, Seed};
use crate::exports::StepPictures;
use crate::files::{self, of_several};
use crate::interrupt;
use crate::progress::Watch;
use crate::screen::Screen;

/// Everything but what is drawn.
pub(crate) struct Easel<'a> {
    args: &'a Drawing,
    engine: &'a Engine,
    pub(crate) ready: Prepared,
    outputs: Outputs,
    screen: &'a Screen,
}

impl<'a> Easel<'a> {
    /// Looks for all that drawing needs and tries where pictures go, so that what is wrong is told before a language
    /// model is paid for a layout. `read` are files that must not be lost; `again` is how the picture was drawn that
    /// is drawn again.
    pub(crate) fn new(
        args: &'a Drawing,
        engine: &'a Engine,
        read: &[&Path],
        side_by_side: bool,
        screen: &'a Screen,
    ) -> anyhow::Result<Self> {
        let mut options = DrawOptions::new(engine.config().draw.clone());
        options.adapters = args.lora.iter().map(|text| Adapter::parse(text)).collect::<Result<_, _>>()?;
        let adapters = options.adapters.iter().map(|adapter| &adapter.file);
        let outputs = Outputs::new(args.overwrite).having_read(read).having_read(adapters);
        check_output(args, &outputs, screen)?;
        args.exports.check(args.count, &outputs, screen)?;
        options.side_by_side = side_by_side;
        options.metadata = !args.no_metadata;
        options.wants = args.exports.wants();
        let ready = engine.prepare(&options)?;
        screen.tell(ready.notices())?;
        Ok(Self { args, engine, ready, outputs, screen })
    }

    /// Draws as many pictures as were asked for and prints their paths.
    pub(crate) fn draw(&self, subject: &Subject, known: Option<Seeds>) -> anyhow::Result<()> {
        let first = match self.args.seed {
            Some(Seed::Fixed(seed)) => Seeds::of(seed),
            Some(Seed::Random) => random_seeds(),
            None => known.unwrap_or_else(random_seeds),
        };
        if self.args.output.is_none() {
            let seeds = (0..self.args.count).map(|index| first.next(u64::from(index)));
            seeds.map(|seeds| invented(subject, seeds)).try_for_each(|name| {
                // That such a name is taken is nothing to be told.
                self.outputs.try_place(&name).map(drop)
            })?;
        }
        // Known before anything is drawn, so that nothing is drawn that will be refused.
        let doubts = self.engine.doubts(&self.ready, subject)?;
        self.screen.tell(&doubts)?;
        for index in 0..self.args.count {
            let seeds = first.next(u64::from(index));
            let mut watch = Watch::new(self.screen, self.args.preview, interrupt::token());
            let folder = self.args.exports.save_steps.as_deref();
            watch.steps = folder.map(|folder| StepPictures::new(folder, &self.outputs, seeds.background));
            let drawn = self.engine.draw(&self.ready, subject, seeds, &mut watch);
            if let Some(failure) = watch.failure.take() {
                return Err(failure);
            }
            drop(watch);
            let picture = drawn?;
            let news = picture.notices.iter().filter(|notice| !doubts.contains(notice)).cloned();
            self.screen.tell(&news.collect::<Vec<_>>())?;
            self.deliver(subject, seeds, index, &picture)?;
            self.args.exports.deliver(&picture, (self.args.count, index), &self.outputs)?;
            self.screen.note(&told(&picture));
        }
        Ok(())
    }

    /// Writes a picture and prints where.
    fn deliver(&self, subject: &Subject, seeds: Seeds, index: u32, picture: &Picture) -> anyhow::Result<()> {
        match &self.args.output {
            Some(path) => files::put(&of_several(path, self.args.count, index), &picture.png, &self.outputs),
            // Nobody asked for this very name.
            None => files::write(&invented(subject, seeds), &picture.png, &self.outputs),
        }
    }
}

/// The name of a picture that nobody named.
fn invented(subject: &Subject, seeds: Seeds) -> PathBuf {
    PathBuf::from(format!("{}-{}.png", subject.slug(), seeds.background))
}

/// Whether there is a place for every picture.
fn check_output(args: &Drawing, outputs: &Outputs, screen: &Screen) -> anyhow::Result<()> {
    let Some(path) = &args.output else {
        // Nobody asked for a name, so none can be taken.
        return Ok(outputs.try_folder(Path::new("."))?);
    };
    if files::is_dash(path) {
        return if args.count == 1 {
            Ok(())
        } else {
            Err(EngineError::Usage(
                "stdout takes one picture; give -o a file name to draw several".to_owned(),
            )
            .into())
        };
    }
    if !path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")) {
        return Err(EngineError::Usage(format!(
            "{} must end in .png, the one form of pictures that lmd writes; other programs convert it",
            path.display()
        ))
        .into());
    }
    (0..args.count)
        .try_for_each(|index| files::try_place(&of_several(path, args.count, index), outputs, screen))
}

fn told(picture: &Picture) -> String {
    let (seed, (width, height)) = (picture.recipe.seeds.background, picture.recipe.size);
    format!("seed {seed}, {width} x {height}, {:.1} s", picture.seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_checked_first() {
        let with = |output: &str, count| {
            let drawing = Drawing { output: Some(PathBuf::from(output)), count, ..Drawing::default() };
            check_output(&drawing, &Outputs::new(false), &Screen::new(true, false))
        };
        assert!(with("a.png", 3).is_ok() && with("-", 1).is_ok());
        assert!(with("-", 2).unwrap_err().to_string().contains("one picture"));
        assert!(with("a.jpg", 1).unwrap_err().to_string().contains(".png"));
        assert!(with("no/such/folder/a.png", 1).unwrap_err().to_string().contains("folder"));
        assert_eq!(of_several(Path::new("a/out.png"), 3, 1), Path::new("a/out-2.png"));
    }
}
