//! The command as its users meet it: arguments and files in, stdout, stderr
//! and exit code out.

// Here a panic is how a test fails.
#![allow(clippy::unwrap_used)]

mod bench;
mod chat;
mod config;
mod detect;
mod draw;
mod exports;
mod help;
mod layout;
mod models;
mod outputs;
mod pictures;
mod segment;
mod trouble;

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// A folder of its own for a run: nothing of this user's configuration,
/// environment or cache gets in.
struct Home(TempDir);

/// What a run left behind.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a layout of one object in `l.json`.
    fn with_layout() -> Self {
        let home = Self::new();
        home.write("l.json", LAYOUT);
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn lmd(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lmd"));
        command.env_clear().env("HOME", self.0.path()).env("XDG_CONFIG_HOME", self.path("config"));
        command
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("XDG_DATA_HOME", self.path("data"))
            .current_dir(self.0.path())
            .args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        ran(self.lmd(args))
    }

    fn run_with(&self, args: &[&str], stdin: &str) -> Ran {
        let mut command = self.lmd(args);
        command.write_stdin(stdin);
        ran(command)
    }
}

fn ran(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Ran {
    /// The stdout of a run that went well.
    fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    /// The stderr of a run that ended with `code`. Nothing may be on stdout.
    fn failed(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert_eq!(self.out, "");
        self.err
    }
}

/// An answer whose layout needs no planner.
const ANSWER: &str = "Objects: [('a red car', [51, 256, 205, 128]), ('a bird', [300, 30, 60, 60])]\n\
                      Background prompt: A street\nNegative prompt: trees\n";

/// A small random network of the tests of `lmd-nn`.
fn nn_data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../lmd-nn/tests/data").join(name)
}

/// A small random OWL-ViT (`owlvit`) or OWLv2 (`owlv2`) with its vocabulary, in the home under its name.
fn copy_owl(home: &Home, kind: &str) {
    std::fs::create_dir_all(home.path(kind)).unwrap();
    for from in [nn_data(kind), nn_data("tokenizer")] {
        for file in std::fs::read_dir(from).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), home.path(kind).join(file.file_name())).unwrap();
        }
    }
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

const LAYOUT: &str =
    r#"{"objects": [{"caption": "a red car", "box": [0.1, 0.4, 0.5, 0.4]}], "background": "a beach"}"#;

/// Flags of the quickest drawing there is.
const QUICK: [&str; 8] = ["--method", "plain", "--steps", "1", "-W", "64", "-H", "64"];
