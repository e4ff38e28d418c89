//! `lmd chat`: a conversation that shows the layout after every turn.

use std::io::{self, BufRead, IsTerminal};
use std::path::Path;

use lmd_planner::{Conversation, Plan, Planner};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::cli::ChatArgs;
use crate::config::Loaded;
use crate::exit::{Exit, Interrupted, UsageError};
use crate::files::{self, Form};
use crate::screen::{self, Screen};
use crate::{planners, show};

const HELP: &str = "\
Say what should be in the picture, then what to change: \"move the cat to the right\".
  /undo       take the last change back
  /save FILE  write the layout (.json, .svg, .png or .txt)
  /svg FILE   write a drawing as SVG
  /png FILE   write a drawing as PNG
  /json       print the layout as JSON
  /prompt     print everything said so far
  /help       print this
  /quit       end (also Ctrl-D)";

pub(crate) fn run(args: &ChatArgs, loaded: &Loaded, screen: &Screen) -> anyhow::Result<Exit> {
    let planner = planners::choose(loaded, screen)?;
    let mut chat = Chat { planner: &*planner, screen, conversation: None };
    if let Some(path) = &args.layout {
        chat.conversation = Some(Conversation::from_layout("", files::read_layout(path)?));
    }
    match &args.prompt {
        Some(prompt) => chat.say(prompt)?,
        None if chat.conversation.is_some() => chat.show()?,
        None => {}
    }
    if io::stdin().is_terminal() { talk(&mut chat) } else { follow(&mut chat) }
}

/// With line editing, until the end or Ctrl-C. What fails is said and
/// forgotten.
fn talk(chat: &mut Chat<'_>) -> anyhow::Result<Exit> {
    let mut editor = DefaultEditor::new()?;
    chat.screen.note("/help lists the commands");
    loop {
        let line = match editor.readline("> ") {
            Ok(line) => line,
            Err(ReadlineError::Eof) => return Ok(Exit::Ok),
            Err(ReadlineError::Interrupted) => return Err(Interrupted.into()),
            Err(error) => return Err(error.into()),
        };
        // Without history the arrow keys do less; nothing else suffers.
        let _ = editor.add_history_entry(&line);
        match chat.turn(&line) {
            Ok(Go::On) => {}
            Ok(Go::Home) => return Ok(Exit::Ok),
            Err(error) => chat.screen.error(&error),
        }
    }
}

/// Line by line from a pipe. Every line is tried; the exit code is that of
/// the first failure.
fn follow(chat: &mut Chat<'_>) -> anyhow::Result<Exit> {
    let mut exit = Exit::Ok;
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| UsageError(format!("cannot read stdin: {error}")))?;
        match chat.turn(&line) {
            Ok(Go::On) => {}
            Ok(Go::Home) => break,
            Err(error) if is_broken_pipe(&error) => return Err(error),
            Err(error) => {
                let failed = crate::exit::report(chat.screen, &error);
                exit = if exit == Exit::Ok { failed } else { exit };
            }
        }
    }
    Ok(exit)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Whether the conversation goes on.
enum Go {
    On,
    Home,
}

struct Chat<'a> {
    planner: &'a dyn Planner,
    screen: &'a Screen,
    conversation: Option<Conversation>,
}

impl Chat<'_> {
    fn turn(&mut self, line: &str) -> anyhow::Result<Go> {
        let line = line.trim();
        let Some(command) = line.strip_prefix('/') else {
            if !line.is_empty() {
                self.say(line)?;
            }
            return Ok(Go::On);
        };
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        match (verb, rest.trim()) {
            ("quit" | "exit" | "q", _) => return Ok(Go::Home),
            ("help" | "?", _) => screen::println(HELP)?,
            ("undo", _) => self.undo()?,
            ("json", _) => screen::print(Form::Json.render(self.started()?.layout())?)?,
            ("prompt", _) => self.print_said()?,
            ("save" | "svg" | "png", "") => {
                return Err(UsageError(format!("/{verb} needs the name of a file")).into());
            }
            ("save", file) => self.write(file, Form::of(Path::new(file))?)?,
            ("svg", file) => self.write(file, Form::Svg)?,
            ("png", file) => self.write(file, Form::Png)?,
            _ => return Err(UsageError(format!("there is no /{verb}; /help lists the commands")).into()),
        }
        Ok(Go::On)
    }

    /// The first sentence, or an instruction.
    fn say(&mut self, text: &str) -> anyhow::Result<()> {
        let plan: Plan = match &mut self.conversation {
            Some(conversation) => conversation.say(self.planner, text)?,
            None => {
                let (conversation, plan) = Conversation::start(self.planner, text)?;
                self.conversation = Some(conversation);
                plan
            }
        };
        planners::warn(&plan, self.screen);
        self.show()
    }

    fn show(&self) -> anyhow::Result<()> {
        let layout = self.started()?.layout();
        let colour = self.screen.has_colour();
        screen::println(&format!("{}\n{}", show::picture(layout, colour), show::table(layout, colour)))?;
        Ok(())
    }

    fn undo(&mut self) -> anyhow::Result<()> {
        if self.conversation.as_mut().is_some_and(Conversation::undo) {
            return self.show();
        }
        Err(UsageError("there is nothing to take back".to_owned()).into())
    }

    fn print_said(&self) -> anyhow::Result<()> {
        let conversation = self.started()?;
        let said = conversation.turns().iter().map(|turn| turn.instruction.as_str());
        let lines: Vec<&str> =
            [conversation.prompt()].into_iter().chain(said).filter(|l| !l.is_empty()).collect();
        screen::println(&lines.join("\n"))?;
        Ok(())
    }

    fn write(&self, file: &str, form: Form) -> anyhow::Result<()> {
        files::deliver(self.started()?.layout(), form, Path::new(file))
    }

    fn started(&self) -> Result<&Conversation, UsageError> {
        let missing = || UsageError("there is no layout yet; say what should be in the picture".to_owned());
        self.conversation.as_ref().ok_or_else(missing)
    }
}
