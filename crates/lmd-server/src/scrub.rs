//! No absolute path leaves the server: answers show the last part of each.

use std::borrow::Cow;

/// A text in which every absolute path is shortened to its last part.
pub(crate) fn scrub(text: &str) -> Cow<'_, str> {
    if !text.contains(['/', '\\']) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = path_start(rest, clean.chars().next_back()) {
        clean.push_str(&rest[..at]);
        let path = &rest[at..];
        let end = path.find(|c: char| ENDS.contains(&c) || c.is_whitespace()).unwrap_or(path.len());
        let (path, after) = path.split_at(end);
        let kept = path.trim_end_matches(['.', ':', ',', ';']);
        let name = kept.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
        clean.push('…');
        clean.push('/');
        clean.push_str(name);
        clean.push_str(&path[kept.len()..]);
        rest = after;
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

/// What a path in a message ends at.
const ENDS: [char; 8] = ['"', '\'', '`', '(', ')', '<', '>', ','];

/// Where the first absolute path of a text begins: `/a` or `C:\a` at the start of a word.
fn path_start(text: &str, before: Option<char>) -> Option<usize> {
    let mut last = before;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let starts_word =
            last.is_none_or(|l| l.is_whitespace() || ENDS.contains(&l) || matches!(l, '=' | ':' | '['));
        let next = chars.peek().map(|(_, c)| *c);
        let unix = c == '/' && next.is_some_and(|n| n.is_alphanumeric() || matches!(n, '.' | '_' | '~'));
        let drive = c.is_ascii_alphabetic() && text[at..].get(1..3).is_some_and(|t| t == ":\\" || t == ":/");
        let share = c == '\\' && next == Some('\\');
        let is_url = last == Some(':') && text[at..].starts_with("//");
        if starts_word && !is_url && (unix || (drive && text[at..].get(1..4) != Some("://")) || share) {
            return Some(at);
        }
        last = Some(c);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_shortened_and_everything_else_stays() {
        for (text, expected) in [
            ("cannot read /home/me/models/sd15: no such file", "cannot read …/sd15: no such file"),
            ("(\"/a/b/c.png\")", "(\"…/c.png\")"),
            ("user file C:\\Users\\me\\lmd.toml", "user file …/lmd.toml"),
            ("see http://localhost:1/v1/x", "see http://localhost:1/v1/x"),
            ("a red car and/or a dog, 3 / 4", "a red car and/or a dog, 3 / 4"),
            ("plain", "plain"),
        ] {
            assert_eq!(scrub(text), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_scrubbed_and_scrubbing_twice_changes_nothing_more(text in "[a-c/\\\\:. \"(é]{0,40}") {
            let once = scrub(&text).into_owned();
            let again = scrub(&once).into_owned();
            prop_assert_eq!(&again, &once);
        }
    }
}
