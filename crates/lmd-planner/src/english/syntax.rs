//! The prompt syntax of other programs: weights (`(a red car:1.3)`,
//! `((car))`), LoRA tags (`<lora:name:0.8>`), `BREAK`, alternatives
//! (`{a|b}`). It is read for what it means, or refused by name.

/// A prompt in plain words, and what was made of the rest.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PlainPrompt {
    pub(super) text: String,
    /// One sentence for each thing that could not be taken over.
    pub(super) notes: Vec<String>,
}

/// Takes foreign syntax out of `prompt`.
pub(super) fn plain(prompt: &str) -> PlainPrompt {
    let mut notes = Vec::new();
    let text = without_settings(prompt, &mut notes);
    let text = without_tags(&text, &mut notes);
    let text = without_alternatives(&text, &mut notes);
    let text = without_weights(&text, &mut notes);
    let text = without_weakened(&text, &mut notes);
    let text = with_hours(&text);
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| !is_hashtag(word, &mut notes))
        .map(|word| if word == "BREAK" { "," } else { word })
        .collect();
    PlainPrompt { text: words.join(" "), notes }
}

/// Whether a word is a hashtag, which is told.
fn is_hashtag(word: &str, notes: &mut Vec<String>) -> bool {
    let named = word.strip_prefix('#').is_some_and(|name| name.starts_with(char::is_alphabetic));
    if named {
        notes.push(format!("\"{word}\" is a hashtag and was left out"));
    }
    named
}

/// Hours as one word: `at 3 a.m.` is `at 3am`.
fn with_hours(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let (bare, sign) = match word.trim_end_matches([',', ';']) {
            bare if bare.len() < word.len() => (bare, ","),
            bare => (bare, ""),
        };
        let half = match bare.to_lowercase().as_str() {
            "am" | "a.m." | "a.m" => "am",
            "pm" | "p.m." | "p.m" => "pm",
            _ => "",
        };
        let hour = |last: &String| {
            last.starts_with(|c: char| c.is_ascii_digit())
                && last.bytes().all(|b| b.is_ascii_digit() || b == b':')
                && last.len() < 6
        };
        match words.last_mut().filter(|last| !half.is_empty() && hour(last)) {
            Some(last) => last.push_str(&format!("{half}{sign}")),
            None => words.push(word.to_owned()),
        }
    }
    words.join(" ")
}

/// Takes out settings (`--ar 16:9`); what `--no` names is denied in words.
fn without_settings(text: &str, notes: &mut Vec<String>) -> String {
    let is_setting = |word: &str| {
        let name = word.strip_prefix("--").or_else(|| word.strip_prefix('\u{2014}'));
        name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
    };
    let mut words = text.split_whitespace().peekable();
    let (mut kept, mut denied): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    while let Some(word) = words.next() {
        if !is_setting(word) {
            kept.push(word);
            continue;
        }
        if word.ends_with("no") {
            while let Some(word) = words.next_if(|next| !is_setting(next)) {
                denied.push(word);
            }
            continue;
        }
        let valued = |next: &&str| {
            next.contains(|c: char| c.is_ascii_digit()) || word.contains("style") && !is_setting(next)
        };
        let value = words.next_if(valued);
        let setting = value.map_or_else(|| word.to_owned(), |value| format!("{word} {value}"));
        notes.push(format!("\"{setting}\" is a setting of another program and was left out"));
    }
    if !denied.is_empty() {
        kept.extend([",", "without"]);
        kept.extend(denied);
    }
    kept.join(" ")
}

/// Takes out parts between commas that stand in square brackets (`[blurry]`): they are to show less, or not at all.
fn without_weakened(text: &str, notes: &mut Vec<String>) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in text.split(',') {
        match part.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(inner) if !inner.contains(['[', ']']) => {
                notes.push(format!(
                    "\"[{inner}]\" was left out: brackets ask for less of it, and weights are not used"
                ));
            }
            _ => kept.push(part),
        }
    }
    // A prompt that is nothing else is read for what it says.
    if kept.iter().all(|part| part.trim().is_empty()) { text.to_owned() } else { kept.join(",") }
}

/// Takes out `<lora:name:0.8>` and its like.
fn without_tags(text: &str, notes: &mut Vec<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let tag = after.split_once('>').filter(|(tag, _)| tag.contains(':') && !tag.contains('<'));
        out.push_str(before);
        match tag {
            Some((tag, after)) => {
                notes.push(format!(
                    "\"<{tag}>\" was left out of the prompt; name weights by a setting, as in --lora"
                ));
                rest = after;
            }
            None => {
                out.push(' ');
                rest = after;
            }
        }
    }
    out + rest
}

/// Takes the first of `{a|b}`.
fn without_alternatives(text: &str, notes: &mut Vec<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((inner, after)) if inner.contains('|') && !inner.contains('{') => {
                let first = inner.split('|').next().unwrap_or(inner);
                notes.push(format!("of \"{{{inner}}}\" the first was taken: \"{first}\""));
                out.push_str(first);
                rest = after;
            }
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}

/// Takes the brackets and numbers of weights away: `(a red car:1.3)`,
/// `((car))`, `[car]`. A bracket with neither is left to the grammar.
fn without_weights(text: &str, notes: &mut Vec<String>) -> String {
    let mut text = text.to_owned();
    let mut weighted = false;
    while let Some((open, close, inner)) = innermost_weight(&text) {
        text.replace_range(open..=close, &inner);
        weighted = true;
    }
    // "a lion::2 a lamb::1"
    while let Some((before, after)) = text.split_once("::") {
        let after = after.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
        text = format!("{before}, {after}").trim_end_matches([',', ' ']).to_owned();
        weighted = true;
    }
    if weighted {
        notes.push("the weights of words (as in \"(word:1.3)\") are not used".to_owned());
    }
    text
}

/// The first bracket without another inside that is a weight: where it opens
/// and closes, and what is in it.
fn innermost_weight(text: &str) -> Option<(usize, usize, String)> {
    let mut open: Option<usize> = None;
    for (at, c) in text.char_indices() {
        match c {
            '(' => open = Some(at),
            ')' => {
                let Some(start) = open.take() else { continue };
                let inner = text.get(start + 1..at)?;
                let number = inner.rsplit_once(':').filter(|(_, n)| n.trim().parse::<f64>().is_ok());
                let opened = text.get(..start)?.chars().rev().take_while(|c| *c == '(').count();
                let closed = text.get(at + 1..)?.chars().take_while(|c| *c == ')').count();
                // As many brackets around it as both sides have.
                match (number, opened.min(closed)) {
                    (Some((words, _)), _) => return Some((start, at, words.to_owned())),
                    (None, 0) => {}
                    (None, around) => return Some((start - around, at + around, inner.to_owned())),
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_syntax_is_read_or_refused_by_name() {
        let text = |prompt: &str| plain(prompt).text;
        assert_eq!(text("(a red car:1.3) next to a green bottle"), "a red car next to a green bottle");
        assert_eq!(text("((a red car)), (((a dog)))"), "a red car, a dog");
        assert_eq!(text("((big:1.2) dog:0.9)"), "big dog");
        assert_eq!(text("a cat (orange)"), "a cat (orange)");
        assert_eq!(text("a cat BREAK a dog"), "a cat , a dog");
        let lora = plain("a red car <lora:toy:0.8> on a beach");
        assert_eq!(lora.text, "a red car on a beach");
        assert!(lora.notes[0].contains("<lora:toy:0.8>"), "{:?}", lora.notes);
        let settings = plain("a castle on a hill --ar 16:9 --no people, cars --style raw");
        assert_eq!(settings.text, "a castle on a hill , without people, cars");
        assert_eq!(settings.notes.len(), 2, "{:?}", settings.notes);
        let weak = plain("a samurai, [blurry], rain");
        assert_eq!((weak.text.as_str(), weak.notes.len()), ("a samurai, rain", 1));
        assert_eq!(text("a cat -- a dog"), "a cat -- a dog");
        let either = plain("a {red|blue} car");
        assert_eq!(either.text, "a red car");
        assert_eq!(either.notes.len(), 1);
        assert_eq!(text("1 < 2 and {x"), "1 2 and {x");
        for odd in ["(", ")", "(:", ":1)", "((:1.2)", "<>", "{|}", "<lora:", "(()"] {
            let _ = plain(odd);
        }
    }
}
