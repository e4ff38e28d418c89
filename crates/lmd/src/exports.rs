//! What is saved of a drawing besides the picture: latents and attention of every step, and pictures of the steps.

use std::path::{Path, PathBuf};

use clap::Args;
use lmd_engine::output::Outputs;
use lmd_engine::picture::encode;
use lmd_engine::{EngineError, Part, Picture, Progress, RecordedPart, Wants, safetensors};

use crate::files::{self, of_several};
use crate::screen::Screen;

/// Flags for research: what is saved of every step (docs/exports.md).
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Research")]
pub(crate) struct Exports {
    /// Save the latents of every step, a .safetensors file (docs/exports.md)
    #[arg(long, value_name = "FILE")]
    save_latents: Option<PathBuf>,
    /// Save the attention of every step, a .safetensors file; takes longer (docs/exports.md)
    #[arg(long, value_name = "FILE")]
    save_attention: Option<PathBuf>,
    /// Save what the picture is foreseen to be after every step, into this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) save_steps: Option<PathBuf>,
}

impl Exports {
    /// What the engine has to record.
    pub(crate) fn wants(&self) -> Wants {
        Wants { latents: self.save_latents.is_some(), attention: self.save_attention.is_some() }
    }

    fn files(&self) -> impl Iterator<Item = (&Path, RecordedPart)> {
        let latents = self.save_latents.as_deref().map(|path| (path, RecordedPart::Latents));
        latents.into_iter().chain(self.save_attention.as_deref().map(|path| (path, RecordedPart::Attention)))
    }

    /// Whether there is a place for everything, before anything is drawn.
    pub(crate) fn check(&self, count: u32, outputs: &Outputs, screen: &Screen) -> anyhow::Result<()> {
        for (path, _) in self.files() {
            if !path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("safetensors")) {
                let message = format!(
                    "{} must end in .safetensors, the form of saved latents and attention",
                    path.display()
                );
                return Err(EngineError::Usage(message).into());
            }
            (0..count)
                .try_for_each(|index| files::try_place(&of_several(path, count, index), outputs, screen))?;
        }
        match &self.save_steps {
            Some(folder) => Ok(outputs.try_folder(folder)?),
            None => Ok(()),
        }
    }

    /// Writes what was recorded of a picture and prints where.
    pub(crate) fn deliver(
        &self,
        picture: &Picture,
        (count, index): (u32, u32),
        outputs: &Outputs,
    ) -> anyhow::Result<()> {
        for (path, part) in self.files() {
            files::write(&of_several(path, count, index), &safetensors(picture, part)?, outputs)?;
        }
        Ok(())
    }
}

/// Writes the picture foreseen after every step into a folder.
pub(crate) struct StepPictures {
    folder: PathBuf,
    outputs: Outputs,
    seed: u64,
}

impl StepPictures {
    /// Pictures of a drawing with this seed.
    pub(crate) fn new(folder: &Path, outputs: &Outputs, seed: u64) -> Self {
        Self { folder: folder.to_owned(), outputs: outputs.clone(), seed }
    }

    /// Writes the picture of a step that is done.
    pub(crate) fn write(&self, progress: &Progress<'_>) -> anyhow::Result<()> {
        if progress.iteration.is_some() {
            return Ok(());
        }
        let Some(picture) = progress.preview() else { return Ok(()) };
        let part = match progress.part {
            Part::Boxes { first, count: 1, .. } => format!("box-{}", first + 1),
            Part::Boxes { first, count, .. } => format!("boxes-{}-{}", first + 1, first + count),
            _ => "picture".to_owned(),
        };
        let name = format!("{}-{part}-step-{:03}.png", self.seed, progress.step + 1);
        self.outputs.write(&self.folder.join(name), &encode(&picture, None)?)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_tried_first() {
        let (outputs, screen) = (Outputs::new(false), Screen::new(true, false));
        let with = |path: &str| Exports { save_latents: Some(path.into()), ..Exports::default() };
        assert!(with("a.safetensors").check(1, &outputs, &screen).is_ok());
        let told = with("a.npy").check(1, &outputs, &screen).unwrap_err().to_string();
        assert!(told.contains(".safetensors"), "{told}");
        assert!(with("no/such/a.safetensors").check(1, &outputs, &screen).is_err());
        let steps = Exports { save_steps: Some("no/such".into()), ..Exports::default() };
        assert!(steps.check(1, &outputs, &screen).is_err());
        assert_eq!(of_several(Path::new("a.safetensors"), 2, 1), Path::new("a-2.safetensors"));
    }
}
