//! A reader for the values that answers are made of: lists, tuples,
//! dictionaries, texts and numbers, Python and JSON alike, with limits.

use super::error::{Fault, Problem, fault, unexpected};
use super::labels::{Label, label_at};
use super::limits::MAX_NESTING;
use super::marks::{fold, is_closer, is_opener, is_quote};
use super::note::{Note, Notes};
use super::number::{Number, read_number, starts_number};

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// `[…]` or `(…)`; `round` says which.
    List {
        items: Vec<Value>,
        round: bool,
    },
    /// `{key: value, …}` in the order written.
    Dict(Vec<(String, Value)>),
    /// Text in quotation marks.
    Text(String),
    /// Words without quotation marks.
    Word(String),
    Number(Number),
    Truth(bool),
    /// `None` or `null`.
    Nothing,
}

/// A value and where it starts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

/// Reads values from `text`, stopping at labels and code fences.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) pos: usize,
    pub(super) notes: &'a mut Notes,
    labels: &'a [Label],
    /// The brackets that must still be closed, innermost last.
    open: Vec<char>,
    /// Whether the text ended while brackets were open.
    pub(super) cut_off: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, pos: usize, labels: &'a [Label], notes: &'a mut Notes) -> Self {
        Self { text, pos, notes, labels, open: Vec::new(), cut_off: false }
    }

    /// What is still unread.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.pos += c.len_utf8();
        Some(c)
    }

    /// The next character, folded, or `None` at a boundary.
    pub(super) fn next_mark(&self) -> Option<char> {
        if self.at_boundary(self.pos) { None } else { self.peek().map(fold) }
    }

    /// Whether the layout's part of the text ends at `at`.
    pub(super) fn at_boundary(&self, at: usize) -> bool {
        self.text.get(at..).is_none_or(|rest| rest.starts_with("```")) || label_at(self.labels, at).is_some()
    }

    /// Skips blanks, invisible marks and comments.
    pub(super) fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let blank = |c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}');
            self.pos += rest.len() - rest.trim_start_matches(blank).len();
            let rest = self.rest();
            let comment = rest.starts_with('#') || rest.starts_with("//");
            if !comment || self.at_boundary(self.pos) {
                return;
            }
            self.pos += rest.find('\n').unwrap_or(rest.len());
        }
    }

    /// Reads one value.
    pub(super) fn value(&mut self) -> Result<Value, Fault> {
        self.skip_blank();
        let at = self.pos;
        let mark = self.next_mark().ok_or_else(|| fault(at, Problem::CutOff))?;
        let kind = match mark {
            '[' => Kind::List { items: self.list(']')?, round: false },
            '(' => Kind::List { items: self.list(')')?, round: true },
            '{' => Kind::Dict(self.dict()?),
            '…' => return Err(fault(at, Problem::Ellipsis)),
            '.' if self.rest().starts_with("...") => return Err(fault(at, Problem::Ellipsis)),
            c if is_quote(c) => Kind::Text(self.strings(false)?),
            c if starts_number(c) => Kind::Number(self.number()?),
            c if c.is_alphabetic() => self.word()?,
            _ => return Err(self.unexpected("a caption in quotation marks, a number or a bracket")),
        };
        Ok(Value { at, kind })
    }

    pub(super) fn unexpected(&self, expected: &'static str) -> Fault {
        unexpected(self.text, self.pos, expected, "write the list as [('a car', [x, y, w, h]), …]")
    }

    fn number(&mut self) -> Result<Number, Fault> {
        let (number, len) = read_number(self.rest(), self.pos)?;
        self.pos += len;
        Ok(number)
    }

    /// Reads a word or several, or a string with a prefix such as `u'…'`.
    fn word(&mut self) -> Result<Kind, Fault> {
        let rest = self.rest();
        let mut chars = rest.chars();
        if let (Some(c @ ('u' | 'U' | 'r' | 'R')), Some('\'' | '"')) = (chars.next(), chars.next()) {
            self.pos += c.len_utf8();
            return Ok(Kind::Text(self.strings(c.eq_ignore_ascii_case(&'r'))?));
        }
        let ends = |c: char| {
            c == '\n' || c == '`' || matches!(fold(c), ',' | ':' | ';' | '[' | ']' | '(' | ')' | '{' | '}')
        };
        let len = rest.find(ends).unwrap_or(rest.len());
        let word = rest.get(..len).unwrap_or_default().trim_end();
        let number = ["nan", "inf", "infinity"].iter().any(|n| word.eq_ignore_ascii_case(n));
        if number {
            return Err(fault(self.pos, Problem::BadNumber { found: format!("`{word}`") }));
        }
        self.pos += len;
        Ok(match word {
            "None" | "none" | "null" => Kind::Nothing,
            "True" | "true" => Kind::Truth(true),
            "False" | "false" => Kind::Truth(false),
            _ => Kind::Word(word.to_owned()),
        })
    }

    /// Notes that a bracket opened; `close` is what must close it.
    fn enter(&mut self, close: char) -> Result<(), Fault> {
        if self.open.len() >= MAX_NESTING {
            return Err(fault(self.pos, Problem::TooDeep));
        }
        self.open.push(close);
        self.bump();
        Ok(())
    }

    fn list(&mut self, close: char) -> Result<Vec<Value>, Fault> {
        self.enter(close)?;
        let mut items = Vec::new();
        while !self.closed(close)? {
            items.push(self.value()?);
            self.separator()?;
        }
        self.open.pop();
        Ok(items)
    }

    fn dict(&mut self) -> Result<Vec<(String, Value)>, Fault> {
        self.enter('}')?;
        let mut entries = Vec::new();
        while !self.closed('}')? {
            let key = self.value()?;
            let (Kind::Text(name) | Kind::Word(name)) = key.kind else {
                return Err(unexpected(
                    self.text,
                    key.at,
                    "a key in quotation marks",
                    "write \"key\": value",
                ));
            };
            self.skip_blank();
            if self.next_mark() != Some(':') {
                return Err(self.end_or("`:` and a value after the key"));
            }
            self.bump();
            entries.push((name, self.value()?));
            self.separator()?;
        }
        self.open.pop();
        Ok(entries)
    }

    /// Whether the innermost bracket ends here. Its own closer is consumed; an
    /// outer one and the end of the layout close it without.
    fn closed(&mut self, close: char) -> Result<bool, Fault> {
        self.skip_blank();
        match self.next_mark() {
            Some(c) if c == close => {
                self.bump();
                Ok(true)
            }
            None => {
                self.cut_off |= self.rest().is_empty();
                self.notes.add(Note::MissingBrackets);
                Ok(true)
            }
            Some(c) if is_closer(c) && self.open.contains(&c) => {
                self.notes.add(Note::MissingBrackets);
                Ok(true)
            }
            Some(c) if is_closer(c) => Err(self.unexpected(bracket_name(close))),
            Some(_) => Ok(false),
        }
    }

    /// Consumes a comma, or checks that the list may go on or end without.
    fn separator(&mut self) -> Result<(), Fault> {
        self.skip_blank();
        match self.next_mark() {
            Some(',' | ';') => {
                self.bump();
                Ok(())
            }
            None => Ok(()),
            Some(c) if is_closer(c) => Ok(()),
            Some(c) if is_opener(c) => {
                self.notes.add(Note::MissingComma);
                Ok(())
            }
            Some(_) => Err(self.unexpected("`,` or a closing bracket")),
        }
    }

    /// The text ended too early, or something unexpected stands here.
    fn end_or(&self, expected: &'static str) -> Fault {
        if self.rest().is_empty() { fault(self.pos, Problem::CutOff) } else { self.unexpected(expected) }
    }
}

fn bracket_name(close: char) -> &'static str {
    match close {
        ']' => "`]`",
        ')' => "`)`",
        _ => "`}`",
    }
}
