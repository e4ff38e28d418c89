//! From a layout to files: what `draw` and `generate` have in common.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use lmd_diffusion::{DrawConfig, Drawn, Job, Method, Model, PlannedBy, Seeds, draw};
use lmd_layout::Layout;
use lmd_nn::{Adapters, Device, LoadOptions, Lora, ModelFolder};

use crate::cli::Drawing;
use crate::config::Loaded;
use crate::exit::UsageError;
use crate::picture::{encode, side_by_side};
use crate::progress::Watch;
use crate::screen::{self, Screen};
use crate::{bundle, files, models};

/// What is drawn.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) layout: Layout,
    /// The sentence the layout was made from; may be empty.
    pub(crate) prompt: String,
    pub(crate) planner: Option<PlannedBy>,
    /// The seeds of the first picture, where they are known.
    pub(crate) seeds: Option<Seeds>,
}

/// What a drawing needs besides a layout.
pub(crate) struct Ready {
    folder: ModelFolder,
    device: Device,
    adapters: Adapters,
}

/// Looks for all of it, so that what is wrong with it is told before a language model is paid for a layout.
pub(crate) fn prepare(args: &Drawing, loaded: &Loaded) -> anyhow::Result<Ready> {
    check_output(args)?;
    let config = &loaded.config;
    if args.side_by_side && config.draw.method == Method::Plain {
        let wish = "--side-by-side draws plain anyway; give the other --method, for instance lmd";
        return Err(UsageError(wish.to_owned()).into());
    }
    Ok(Ready {
        folder: models::find(&config.model)?,
        device: lmd_nn::device(config.device)?,
        adapters: adapters(&args.lora)?,
    })
}

/// Where the pictures go.
fn check_output(args: &Drawing) -> Result<(), UsageError> {
    let Some(path) = &args.output else { return Ok(()) };
    if files::is_dash(path) {
        return if args.count == 1 {
            Ok(())
        } else {
            Err(UsageError("stdout takes one picture; give -o a file name to draw several".to_owned()))
        };
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if !path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")) {
        Err(UsageError(format!("{} must end in .png", path.display())))
    } else if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        Err(UsageError(format!("there is no folder {}; make it first", folder.display())))
    } else {
        Ok(())
    }
}

/// Draws `args.count` pictures and prints their paths.
pub(crate) fn run(
    args: &Drawing,
    ready: Ready,
    subject: &Subject,
    loaded: &Loaded,
    screen: &Screen,
) -> anyhow::Result<()> {
    let config = &loaded.config;
    let model = load_model(ready, loaded, screen)?;
    let first = match args.seed {
        Some(seed) => Seeds::of(seed),
        None => subject.seeds.unwrap_or_else(|| Seeds::of(random_seed())),
    };
    let start = Instant::now();
    for index in 0..args.count {
        let seeds = first.next(u64::from(index));
        let drawn = draw_one(args, subject, &config.draw, &model, seeds, screen)?;
        let recipe = (!args.no_metadata).then_some(&drawn.recipe);
        let bytes = encode(&drawn.picture, recipe)?;
        deliver(args, subject, seeds, index, &bytes)?;
        screen.note(&told(&drawn, start.elapsed().as_secs_f64()));
    }
    Ok(())
}

/// The model of the configuration, with its adapters.
fn load_model(ready: Ready, loaded: &Loaded, screen: &Screen) -> anyhow::Result<Model> {
    let Ready { folder, device, adapters } = ready;
    let config = &loaded.config;
    if config.model == bundle::NAME {
        screen.note(
            "drawing with the bundled demo model, 256 x 256; for real pictures give --model a Stable Diffusion 1.x or 2.x (a diffusers folder or a .safetensors file)",
        );
    }
    let options = LoadOptions {
        precision: config.dtype,
        adapters,
        gligen: config.draw.method.grounds(),
        ..LoadOptions::new(&device)
    };
    Model::load(&folder, &options).with_context(|| format!("cannot load the model {}", folder.name()))
}

/// `FILE` or `FILE@STRENGTH`.
fn adapters(given: &[String]) -> anyhow::Result<Adapters> {
    let mut adapters = Adapters::default();
    for text in given {
        let (file, strength) = match text.rsplit_once('@') {
            Some((file, number)) if !Path::new(text).exists() => {
                let wrong = || UsageError(format!("--lora {text}: {number} is no strength; write FILE@0.8"));
                (file, number.parse::<f32>().ok().filter(|s| s.is_finite()).ok_or_else(wrong)?)
            }
            _ => (text.as_str(), 1.0),
        };
        adapters = adapters.with(Lora::open(Path::new(file))?, strength);
    }
    Ok(adapters)
}

/// One picture, or two of the same seed beside one another.
fn draw_one(
    args: &Drawing,
    subject: &Subject,
    config: &DrawConfig,
    model: &Model,
    seeds: Seeds,
    screen: &Screen,
) -> anyhow::Result<Drawn> {
    let once = |config: &DrawConfig| -> anyhow::Result<Drawn> {
        let boxes = subject.layout.objects().len();
        let mut watch = Watch::new(screen, model, config, boxes, args.preview);
        let job = Job { layout: &subject.layout, prompt: &subject.prompt, seeds, config };
        let mut drawn = draw(model, &job, &mut watch)?;
        drawn.recipe.planner.clone_from(&subject.planner);
        Ok(drawn)
    };
    if !args.side_by_side {
        return once(config);
    }
    let plain = once(&DrawConfig { method: Method::Plain, ..config.clone() })?;
    let mut drawn = once(config)?;
    drawn.picture = side_by_side(&plain.picture, &drawn.picture);
    Ok(drawn)
}

/// Writes a picture and prints where.
fn deliver(args: &Drawing, subject: &Subject, seeds: Seeds, index: u32, png: &[u8]) -> anyhow::Result<()> {
    if args.output.as_deref().is_some_and(files::is_dash) {
        return Ok(screen::print(png)?);
    }
    let path = match &args.output {
        Some(path) if args.count == 1 => path.clone(),
        Some(path) => numbered(path, index + 1),
        None => free_name(&format!("{}-{}", slug(subject), seeds.background)),
    };
    files::write(&path, png).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(screen::println(&path.display().to_string())?)
}

fn told(drawn: &Drawn, seconds: f64) -> String {
    let (seed, (width, height)) = (drawn.recipe.seeds.background, drawn.recipe.size);
    format!("seed {seed}, {width} x {height}, {seconds:.1} s")
}

/// Thirty-two bits, so that other programs take it, too.
fn random_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id()) >> 32
}

/// `out.png` becomes `out-2.png`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}-{number}.png"))
}

/// A name in the working folder that no file has yet.
fn free_name(stem: &str) -> PathBuf {
    let name = PathBuf::from(format!("{stem}.png"));
    let others = (2..).map(|number| numbered(&name, number));
    [name.clone()].into_iter().chain(others).find(|path| !path.exists()).unwrap_or(name)
}

/// The first words of the prompt as a file's name.
fn slug(subject: &Subject) -> String {
    let objects = subject.layout.objects().iter().map(|object| object.caption.as_str());
    let captions = objects.collect::<Vec<_>>().join(" ");
    let text = if subject.prompt.trim().is_empty() { captions } else { subject.prompt.to_lowercase() };
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words.take(6).collect::<Vec<_>>().join("-").chars().take(60).collect();
    if name.is_empty() { "picture".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_the_prompts_first_words() {
        let of = |prompt: &str| {
            let subject =
                Subject { layout: Layout::default(), prompt: prompt.to_owned(), planner: None, seeds: None };
            slug(&subject)
        };
        assert_eq!(of("Two red cars, left of a/../bottle!"), "two-red-cars-left-of-a");
        assert_eq!(of("一只猫"), "一只猫");
        assert_eq!(of(" ../ "), "picture");
        assert_eq!(numbered(Path::new("a/out.png"), 2), Path::new("a/out-2.png"));
    }

    #[test]
    fn outputs_are_checked_first() {
        let with = |output: &str, count| {
            check_output(&Drawing { output: Some(PathBuf::from(output)), count, ..Drawing::default() })
        };
        assert!(with("a.png", 3).is_ok() && with("-", 1).is_ok());
        assert!(with("-", 2).unwrap_err().to_string().contains("one picture"));
        assert!(with("a.jpg", 1).unwrap_err().to_string().contains(".png"));
        assert!(with("no/such/folder/a.png", 1).unwrap_err().to_string().contains("folder"));
    }
}
