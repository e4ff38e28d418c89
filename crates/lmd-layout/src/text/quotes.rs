//! Quoted text inside an answer: Python and JSON strings, typographic and
//! other languages' quotation marks, and apostrophes nobody escaped.

use super::error::{Fault, Problem, fault, unexpected};
use super::marks::{closers, fold, is_opener, is_quote};
use super::note::Note;
use super::number::starts_number;
use super::value::Reader;

impl Reader<'_> {
    /// Reads one or more adjacent quoted texts, joined as Python joins them.
    pub(super) fn strings(&mut self, raw: bool) -> Result<String, Fault> {
        let mut out = String::new();
        let mut raw = raw;
        while let Some(open) = self.peek().filter(|c| is_quote(*c)) {
            self.string(open, raw, &mut out)?;
            raw = false;
            self.skip_blank();
        }
        Ok(out)
    }

    fn string(&mut self, open: char, raw: bool, out: &mut String) -> Result<(), Fault> {
        let at = self.pos;
        self.bump();
        let closing = closers(open);
        loop {
            match self.bump() {
                None | Some('\n') => return Err(fault(at, Problem::UnclosedQuote { open })),
                Some('\\') if !raw => self.escape(out)?,
                Some(c) if closing.contains(c) => {
                    if self.text_ends_here() {
                        return Ok(());
                    }
                    self.notes.add(Note::UnescapedQuote);
                    out.push(c);
                }
                Some(c) => out.push(c),
            }
        }
    }

    /// Whether what follows a closing mark can follow a whole text. If not,
    /// the mark was an apostrophe or a quotation inside it.
    fn text_ends_here(&self) -> bool {
        let rest = self.rest();
        let after = rest.trim_start();
        let at = self.pos + rest.len() - after.len();
        let Some(next) = after.chars().next() else { return true };
        match fold(next) {
            ']' | ')' | '}' | ':' | '#' | '[' => true,
            ',' | ';' => value_follows(after.get(next.len_utf8()..).unwrap_or_default()),
            c => is_quote(c) || self.at_boundary(at),
        }
    }

    /// Reads what follows a backslash, as Python and JSON do.
    fn escape(&mut self, out: &mut String) -> Result<(), Fault> {
        let at = self.pos.saturating_sub(1);
        let c = match self.bump() {
            None => return Err(fault(at, Problem::CutOff)),
            Some('\n') => return Ok(()),
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('a' | 'b' | 'f' | 'v' | '0') => ' ',
            Some('x') => self.code_point(2, at)?,
            Some('u') => self.utf16_unit(at)?,
            Some('U') => self.code_point(8, at)?,
            Some(c @ ('\\' | '/')) => c,
            Some(c) if is_quote(c) || "'\"’”»›".contains(c) => c,
            // Python keeps the backslash of an escape it does not know.
            Some(c) => {
                out.push('\\');
                c
            }
        };
        out.push(c);
        Ok(())
    }

    /// `\uXXXX`, joined with a following one where the two are a pair.
    fn utf16_unit(&mut self, at: usize) -> Result<char, Fault> {
        let high = self.hex(4, at)?;
        let is_pair = (0xd800..0xdc00).contains(&high) && self.rest().starts_with("\\u");
        if !is_pair {
            return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        self.pos += 2;
        let low = self.hex(4, at)?;
        let joined = 0x1_0000 + ((high - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff);
        Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn code_point(&mut self, digits: usize, at: usize) -> Result<char, Fault> {
        Ok(char::from_u32(self.hex(digits, at)?).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self, digits: usize, at: usize) -> Result<u32, Fault> {
        let bad =
            || unexpected(self.text, at, "hexadecimal digits after the backslash", "write the character");
        let text = self.rest().get(..digits).filter(|t| t.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = text.and_then(|t| u32::from_str_radix(t, 16).ok()).ok_or_else(bad)?;
        self.pos += digits;
        Ok(code)
    }
}

/// Whether what follows a comma starts another value or closes the list.
fn value_follows(rest: &str) -> bool {
    let rest = rest.trim_start();
    let Some(c) = rest.chars().next() else { return true };
    let folded = fold(c);
    if is_opener(folded) || is_quote(c) || starts_number(c) || matches!(folded, ']' | ')' | '}' | '#' | '/') {
        return true;
    }
    let word_len = rest.bytes().take(24).take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let (word, after) = rest.split_at_checked(word_len).unwrap_or(("", rest));
    let next = after.trim_start_matches(' ').chars().next().map(fold);
    matches!(word, "None" | "null" | "True" | "False" | "true" | "false")
        || (!word.is_empty() && next == Some(':'))
        || (matches!(word, "r" | "u" | "R" | "U") && next.is_some_and(is_quote))
}
