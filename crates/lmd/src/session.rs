//! The engine that a command works with, and what is told of it at the start.

use lmd_engine::{Engine, EngineError, Settings};

use crate::screen::Screen;

/// The engine of these settings, which tells on the screen what it waits for.
pub(crate) fn engine(settings: &Settings, screen: &Screen) -> Result<Engine, EngineError> {
    let told = screen.clone();
    Ok(Engine::open(&settings.config)?.with_chat_observer(move |event| told.note(&event.to_string())))
}

/// Tells which planner is asked.
pub(crate) fn announce(engine: &Engine, screen: &Screen) -> Result<(), EngineError> {
    screen.tell(engine.planner()?.1)
}
