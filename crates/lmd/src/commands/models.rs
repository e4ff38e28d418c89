//! `lmd models`: which models there are, what they are, whether they are
//! sound, new ones, and how to be rid of one.

use lmd_engine::store::Entry;
use lmd_engine::{Engine, ModelCard, Settings, Verified};

use crate::cli::{ModelsArgs, ModelsCommand};
use crate::exit::Exit;
use crate::screen::{self, Screen};
use crate::{interrupt, session, show};

pub(crate) fn run(args: &ModelsArgs, settings: &Settings, screen: &Screen) -> anyhow::Result<Exit> {
    let engine = session::engine(settings, screen)?;
    let loads = !matches!(args.what, ModelsCommand::List { .. } | ModelsCommand::Remove { .. });
    if loads {
        screen.tell(engine.start()?.as_slice())?;
    }
    match &args.what {
        ModelsCommand::List { json } => list(&engine, *json)?,
        ModelsCommand::Info { model, json } => info(&engine.card(model)?, *json)?,
        ModelsCommand::Verify { model } => {
            screen.note(match engine.verify(model)? {
                Verified::Unchanged => "every digest is the one noted at the import",
                _ => "no digests were noted for this model; every network could be loaded",
            });
            screen::println(&format!("{model}: good"))?;
        }
        ModelsCommand::Import { path, name } => {
            screen::print_path(&engine.import(path, name.as_deref(), &mut interrupt::token())?)?;
        }
        ModelsCommand::Remove { name } => {
            let folder = engine.models().remove(name)?;
            screen.note(&format!("{} is removed", folder.display()));
        }
    }
    Ok(Exit::Ok)
}

fn list(engine: &Engine, json: bool) -> anyhow::Result<()> {
    let entries = engine.models().list()?;
    if json {
        return screen::print_json(&entries);
    }
    let widest = entries.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    let line = |entry: &Entry| {
        let place = entry.path.as_ref().map(|path| path.display().to_string());
        let place = place.unwrap_or_else(|| "part of this program".to_owned());
        format!("{:<widest$}  {:>8}  {place}\n", entry.name, show::bytes(entry.bytes))
    };
    Ok(screen::print(&*screen::clean(&entries.iter().map(line).collect::<String>()))?)
}

fn info(card: &ModelCard, json: bool) -> anyhow::Result<()> {
    if json {
        return screen::print_json(card);
    }
    let native = card.native_size;
    let grounding = if card.grounding_layers {
        "lmd_plus and gligen can use it"
    } else {
        "none, so not for lmd_plus and gligen"
    };
    let rows = [
        ("name", card.name.clone()),
        ("picture", format!("{native} x {native}, {} pixels per latent cell", card.pixels_per_latent)),
        ("latents", format!("{} channels, {} prediction", card.latent_channels, card.prediction)),
        ("text", format!("{} wide, {} tokens", card.text_width, card.tokens)),
        ("attention", card.attention_layers.join(" ")),
        ("grounding", grounding.to_owned()),
    ];
    let words = card.words.as_ref().map(|words| {
        [("nouns", &words.nouns), ("colours", &words.colours), ("places", &words.backgrounds)]
            .map(|(label, list)| (label, list.join(", ")))
    });
    let rows: Vec<_> = rows.into_iter().chain(words.into_iter().flatten()).collect();
    let rows: String = rows.iter().map(|(label, value)| format!("{label:<10} {value}\n")).collect();
    let digests = card.weights.iter().map(|(file, digest)| format!("{digest}  {file}\n"));
    Ok(screen::print(&*screen::clean(&(rows + &digests.collect::<String>())))?)
}
