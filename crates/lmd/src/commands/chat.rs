//! `lmd chat`: a conversation that shows the layout after every turn.

use std::io::{self, BufRead, IsTerminal, Read};
use std::path::{Path, PathBuf};

use lmd_engine::output::Outputs;
use lmd_engine::{Engine, EngineError, Response, Settings, Subject, input};
use lmd_planner::{Conversation, Proposal, Wishes};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::cli::{ChatArgs, Drawing};
use crate::drawing::Easel;
use crate::exit::Exit;
use crate::files::{self, Form};
use crate::screen::{self, Screen};
use crate::{session, show};

const HELP: &str = "\
Say what should be in the picture, then what to change: \"move the cat to the right\".
Or ask: \"what could I add?\", \"suggest improvements\", \"another layout\". A number takes a proposal.
  /undo       take the last change back
  /redo       do it again
  /open FILE  go on with another layout or picture
  /draw FILE  draw the picture (.png; without FILE it is named after the sentence)
  /save FILE  write the layout (.json, .svg, .png or .txt)
  /svg FILE   write a drawing as SVG
  /png FILE   write a drawing as PNG
  /json       print the layout as JSON
  /prompt     print everything said so far
  /help       print this
  /quit       end (also Ctrl-D)";

/// Longest line that is read from a pipe, in bytes; prompts are far shorter.
const MAX_LINE: u64 = 64 << 10;

pub(crate) fn run(args: &ChatArgs, settings: &Settings, screen: &Screen) -> anyhow::Result<Exit> {
    let engine = session::engine(settings, screen)?;
    session::announce(&engine, screen)?;
    let read = args.layout.as_deref();
    let kept: Vec<PathBuf> =
        read.into_iter().map(Path::to_owned).chain(settings.files.iter().cloned()).collect();
    let drawing = &args.drawing;
    let outputs = Outputs::new(drawing.overwrite).having_read(&kept).rewriting();
    let mut chat = Chat {
        engine: &engine,
        screen,
        conversation: None,
        offered: Vec::new(),
        drawing,
        read: kept,
        outputs,
    };
    if let Some(path) = read {
        chat.conversation = Some(Conversation::from_layout("", files::read_layout(path, screen)?));
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
            Err(ReadlineError::Interrupted) => return Err(EngineError::Cancelled.into()),
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
    let mut stdin = io::stdin().lock();
    while let Some(line) = next_line(&mut stdin)? {
        match line.and_then(|line| chat.turn(&line)) {
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

/// The next line, or why it cannot be one; `None` at the end.
fn next_line(from: &mut impl BufRead) -> anyhow::Result<Option<anyhow::Result<String>>> {
    let failed = |error| EngineError::Usage(format!("cannot read stdin: {error}"));
    let mut line = Vec::new();
    let count = from.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(failed)?;
    if count == 0 {
        return Ok(None);
    }
    if count as u64 == MAX_LINE && !line.ends_with(b"\n") {
        from.skip_until(b'\n').map_err(failed)?;
        return Ok(Some(Err(EngineError::Usage(format!("a line has more than {MAX_LINE} bytes")).into())));
    }
    let wrong = |error| EngineError::Usage(format!("cannot read a line: {error}")).into();
    Ok(Some(input::text(&line).map_err(wrong)))
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
    engine: &'a Engine,
    screen: &'a Screen,
    conversation: Option<Conversation>,
    /// What was proposed last, to be taken by its number.
    offered: Vec<Proposal>,
    drawing: &'a Drawing,
    /// Files that drawing must not replace.
    read: Vec<PathBuf>,
    outputs: Outputs,
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
            ("undo", _) => self.go_back(Conversation::undo, "take back")?,
            ("redo", _) => self.go_back(Conversation::redo, "do again")?,
            ("open", "") => {
                return Err(
                    EngineError::Usage("/open needs the name of a layout or a picture".to_owned()).into()
                );
            }
            ("open", file) => self.open(Path::new(file))?,
            ("draw", file) => self.draw(file)?,
            ("json", _) => screen::print(Form::Json.render(self.started()?.layout())?)?,
            ("prompt", _) => self.print_said()?,
            ("save" | "svg" | "png", "") => {
                return Err(EngineError::Usage(format!("/{verb} needs the name of a file")).into());
            }
            ("save", file) => self.write(file, Form::of(Path::new(file))?)?,
            ("svg", file) => self.write(file, Form::Svg)?,
            ("png", file) => self.write(file, Form::Png)?,
            _ => {
                return Err(
                    EngineError::Usage(format!("there is no /{verb}; /help lists the commands")).into()
                );
            }
        }
        Ok(Go::On)
    }

    /// The first sentence, an instruction, a question, or the number of a
    /// proposal.
    fn say(&mut self, text: &str) -> anyhow::Result<()> {
        let chosen = text.trim_end_matches('.').parse::<usize>().ok();
        let chosen = chosen.and_then(|number| self.offered.get(number.checked_sub(1)?));
        let text = chosen.map_or(text, |proposal| proposal.instruction.as_str()).to_owned();
        let (engine, conversation) = (self.engine, &mut self.conversation);
        let planned = match conversation {
            Some(conversation) => match engine.respond(conversation, &text, &Wishes::default())? {
                Response::Layout(planned) => planned,
                Response::Answer(answer) => {
                    screen::println(&answer.to_text())?;
                    self.offered = answer.proposals;
                    return Ok(());
                }
            },
            None => {
                let planned = engine.plan(&text)?;
                *conversation = Some(Conversation::from_layout(&text, planned.plan.layout.clone()));
                planned
            }
        };
        self.offered.clear();
        self.screen.tell(&planned.notices)?;
        self.show()
    }

    fn show(&self) -> anyhow::Result<()> {
        let layout = self.started()?.layout();
        let colour = self.screen.has_colour();
        screen::print(format!("{}\n{}\n", show::picture(layout, colour), show::table(layout, colour)))?;
        Ok(())
    }

    /// One step back or forth.
    fn go_back(&mut self, step: fn(&mut Conversation) -> bool, what: &str) -> anyhow::Result<()> {
        if self.conversation.as_mut().is_some_and(step) {
            return self.show();
        }
        Err(EngineError::Usage(format!("there is nothing to {what}")).into())
    }

    /// Goes on with another layout.
    fn open(&mut self, path: &Path) -> anyhow::Result<()> {
        let layout = files::read_layout(path, self.screen)?;
        self.outputs = std::mem::take(&mut self.outputs).having_read([path]);
        self.read.push(path.to_owned());
        self.offered.clear();
        self.conversation = Some(Conversation::from_layout("", layout));
        self.show()
    }

    /// Draws the layout as it stands.
    fn draw(&self, file: &str) -> anyhow::Result<()> {
        let conversation = self.started()?;
        let output = if file.is_empty() { self.drawing.output.clone() } else { Some(PathBuf::from(file)) };
        let drawing = Drawing { output, ..self.drawing.clone() };
        // After a change the sentence no longer says what is there.
        let prompt = if conversation.turns().is_empty() { conversation.prompt() } else { "" };
        let subject = Subject::layout(conversation.layout().clone()).with_prompt(prompt)?;
        let read: Vec<&Path> = self.read.iter().map(PathBuf::as_path).collect();
        let easel = Easel::new(&drawing, self.engine, &read, drawing.side_by_side, self.screen)?;
        easel.draw(&subject, None)
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
        let (layout, path) = (self.started()?.layout(), Path::new(file));
        files::try_place(path, &self.outputs, self.screen)?;
        files::deliver(layout, form, path, &self.outputs)
    }

    fn started(&self) -> Result<&Conversation, EngineError> {
        let missing =
            || EngineError::Usage("there is no layout yet; say what should be in the picture".to_owned());
        self.conversation.as_ref().ok_or_else(missing)
    }
}
