//! Words and punctuation of a prompt.

use crate::lexicon;

/// One word or punctuation mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// As written.
    pub(super) text: String,
    /// In lower case, contractions undone.
    pub(super) low: String,
}

impl Token {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), low: text.to_lowercase() }
    }

    /// Whether it is a word or a number.
    pub(super) fn is_word(&self) -> bool {
        self.low.starts_with(char::is_alphanumeric)
    }

    /// Words that are to be read in the picture: a sign to the grammar.
    pub(super) fn lettering(text: &str) -> Self {
        Self { text: text.to_owned(), low: format!("\"{}", text.to_lowercase()) }
    }

    /// Whether it is to be read in the picture.
    pub(super) fn is_lettering(&self) -> bool {
        self.low.starts_with('"')
    }

    /// Whether it was written with a capital letter somewhere, as in `iPhone`.
    pub(super) fn has_capital(&self) -> bool {
        self.text.contains(char::is_uppercase)
    }

    /// Whether it was written with a capital first letter.
    pub(super) fn is_capitalised(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }
}

/// The word at `at` in lower case, empty behind the last.
pub(super) fn low(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.low.as_str())
}

/// Whether a phrase ends before the word at `at`: the text, a sign or a function word is there.
pub(super) fn ends(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_none_or(|next| !next.is_word() || lexicon::is_function(&next.low))
}

/// The indices before `at` within its sentence, from the last to the first.
pub(super) fn before_in_sentence(tokens: &[Token], at: usize) -> impl Iterator<Item = usize> + '_ {
    (0..at).rev().take_while(|i| low(tokens, *i) != ".")
}

/// The words of `tokens` as written.
pub(super) fn text_of(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ").replace(" 's ", "'s ")
}

/// Splits `text`. Ways to say that there is none become `no`. Commas, full stops and the like become tokens of their own
/// (dashes and brackets count as commas), `'s` too; other signs disappear.
pub(super) fn tokenize(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let c = if matches!(c, '\u{2019}' | '\u{2018}' | '\u{00b4}' | '`') { '\'' } else { c };
        if c == '/' && word.eq_ignore_ascii_case("w") {
            let without = chars.next_if_eq(&'o').is_some();
            word = if without { "without".to_owned() } else { "with".to_owned() };
            push_word(&mut tokens, &mut word);
            continue;
        }
        // "f/1.8"
        if c == '/' && word == "f" && chars.peek().is_some_and(char::is_ascii_digit) {
            continue;
        }
        // "80 km/h"
        if c == '/'
            && matches!(word.as_str(), "km" | "m")
            && chars.peek().is_some_and(|unit| matches!(unit, 'h' | 's'))
        {
            word.push(c);
            word.extend(chars.next());
            continue;
        }
        if let Some(unit) = unit_sign(c).filter(|_| word.ends_with(|d: char| d.is_ascii_digit())) {
            push_word(&mut tokens, &mut word);
            tokens.push(Token::new(unit));
            if c == '\u{b0}' {
                chars.next_if(|scale| matches!(scale, 'C' | 'F'));
            }
            continue;
        }
        if let Some(text) = quoted(c, word.is_empty(), chars.clone()) {
            push_word(&mut tokens, &mut word);
            push_quoted(&mut tokens, &text);
            chars.nth(text.chars().count());
            continue;
        }
        if c == '.' && is_abbreviation(&word, chars.clone()) {
            word.push(c);
            push_word(&mut tokens, &mut word);
            continue;
        }
        let inner = chars.peek().is_some_and(|next| next.is_alphanumeric());
        // "10:45" is a time of day.
        let clock = c == ':' && inner && word.ends_with(|d: char| d.is_ascii_digit());
        let clock = clock && chars.peek().is_some_and(char::is_ascii_digit);
        let joins = matches!(c, '\'' | '-' | '\u{2010}' | '\u{2011}' | '.') && inner && !word.is_empty();
        let decimal = c != '.' || word.ends_with(|d: char| d.is_ascii_digit());
        if c.is_alphanumeric() || is_mark(c) || clock || (joins && decimal) {
            word.push(if matches!(c, '\u{2010}' | '\u{2011}') { '-' } else { c });
        } else {
            let possessive = c == '\'' && word.ends_with('s') && !word.is_empty();
            push_word(&mut tokens, &mut word);
            if possessive {
                tokens.push(Token::new("'s"));
            }
            push_sign(&mut tokens, c);
        }
    }
    push_word(&mut tokens, &mut word);
    plain_denials(tokens)
}

/// The unit that a sign after a number stands for.
fn unit_sign(sign: char) -> Option<&'static str> {
    match sign {
        '%' => Some("percent"),
        '\u{b0}' => Some("degrees"),
        '\u{20ac}' => Some("euros"),
        '$' => Some("dollars"),
        _ => None,
    }
}

/// What stands between a quotation mark `open` and its partner in `rest`.
fn quoted(open: char, opens_word: bool, rest: impl Iterator<Item = char>) -> Option<String> {
    const LONGEST: usize = 80;
    let closes = match open {
        '"' => ['"', '\u{201d}'],
        '\u{201c}' | '\u{201e}' => ['\u{201d}', '\u{201c}'],
        '\u{ab}' => ['\u{bb}'; 2],
        '\'' | '\u{2018}' if opens_word => ['\'', '\u{2019}'],
        _ => return None,
    };
    let single = closes.contains(&'\'');
    let mut text = String::new();
    let mut rest = rest.take(LONGEST).peekable();
    while let Some(c) = rest.next() {
        // An apostrophe within a word closes nothing.
        let ends = !single || rest.peek().is_none_or(|next| !next.is_alphanumeric());
        if closes.contains(&c) && ends {
            return (!text.trim().is_empty()).then_some(text);
        }
        text.push(c);
    }
    None
}

/// Adds what stands in quotation marks: words to be read in the picture after a noun or a verb (`says "Fresh Bread"`),
/// plain words elsewhere (`a "vintage" car`).
fn push_quoted(tokens: &mut Vec<Token>, text: &str) {
    let lettered = tokens.iter().any(Token::is_lettering);
    let is_text = tokens.last().is_some_and(|last| match last.low.as_str() {
        "," | "and" | "or" => lettered,
        "with" | ":" => true,
        low => last.is_word() && !lexicon::is_function(low) && !lexicon::is_adjective(low),
    });
    if is_text {
        tokens.push(Token::lettering(&format!("\"{}\"", text.trim())));
    } else {
        tokens
            .extend(tokenize(&text.replace(['"', '\'', '\u{201c}', '\u{201e}', '\u{2018}', '\u{ab}'], " ")));
    }
}

/// Whether a full stop after `word` only shortens it: `Dr. Watson`, `J. Smith`.
fn is_abbreviation(word: &str, rest: impl Iterator<Item = char>) -> bool {
    const TITLES: [&str; 14] =
        ["Dr", "Mr", "Mrs", "Ms", "St", "Prof", "Capt", "Sgt", "Lt", "Gen", "Col", "Mt", "Rev", "Sr"];
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let mut rest = rest.skip_while(|c| *c == ' ');
    (TITLES.contains(&word) || initial) && rest.next().is_some_and(char::is_uppercase)
}

/// Makes `no` of `zero`, `0` and `not one`, and `no person` of `nobody`,
/// `no-one` and `no one`.
fn plain_denials(tokens: Vec<Token>) -> Vec<Token> {
    let mut plain: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let content = rest.peek().is_some_and(|next| next.is_word() && next.low != "of");
        match token.low.as_str() {
            "nobody" | "no-one" | "noone" => plain.extend([Token::new("no"), Token::new("person")]),
            "one" if plain.last().is_some_and(|last| last.low == "no") => plain.push(Token::new("person")),
            "soul" if plain.last().is_some_and(|last| last.low == "a") && denies(&plain) => {
                plain.push(Token::new("person"));
            }
            "anybody" | "anyone" => plain.push(Token::new("person")),
            "somebody" | "someone" => plain.extend([Token::new("a"), Token::new("person")]),
            "everybody" | "everyone" => plain.push(Token { low: "people".to_owned(), ..token }),
            // "a can of soda" is a thing.
            "can"
                if plain
                    .last()
                    .is_some_and(|last| last.low != "you" && last.low != "it" && !last.low.is_empty())
                    && rest.peek().is_some_and(|next| next.low == "of") =>
            {
                plain.extend([Token::new("tin"), token]);
            }
            "zero" | "0" if content => plain.push(Token::new("no")),
            // A time of day counts nothing.
            "o'clock" => match plain.pop() {
                Some(hour) => plain.push(Token::new(&format!("{} {}", hour.text, token.text))),
                None => plain.push(token),
            },
            _ => plain.push(token),
        }
    }
    plain
}

/// Whether the words so far deny what comes: `not a`, `without a`.
fn denies(words: &[Token]) -> bool {
    let before = words.len().checked_sub(2).and_then(|at| words.get(at));
    before.is_some_and(|word| matches!(word.low.as_str(), "not" | "without" | "no"))
}

/// Combining marks belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{0900}'..='\u{0dff}' | '\u{0e31}'..='\u{0e4e}')
}

fn push_sign(tokens: &mut Vec<Token>, c: char) {
    if matches!(c, '(' | ')') {
        // A comma to the grammar; what stands between the two is known by the text.
        tokens.push(Token { text: c.to_string(), low: ",".to_owned() });
        return;
    }
    let sign = match c {
        ',' | '[' | ']' | '{' | '}' | '|' | '\u{2013}' | '\u{2014}' => ",",
        '-' => ",",
        ';' | '.' | '!' | '?' | '\u{2026}' => ".",
        ':' => ":",
        '&' | '+' => "and",
        '/' => "or",
        _ => return,
    };
    tokens.push(Token::new(sign));
}

/// Adds the word gathered so far, contractions undone.
fn push_word(tokens: &mut Vec<Token>, word: &mut String) {
    let text = std::mem::take(word);
    if text.is_empty() {
        return;
    }
    let low = text.to_lowercase();
    if let Some(stem) = low.strip_suffix("n't") {
        let stem = match stem {
            "ca" => "can",
            "wo" => "will",
            other => other,
        };
        tokens.extend([Token::new(stem), Token::new("not")]);
    } else if let Some((stem, ending)) = low.split_once('\'') {
        push_contraction(tokens, &text, stem, ending);
    } else if matches!(low.as_str(), "dont" | "doesnt" | "isnt" | "arent") {
        tokens.extend([Token::new(low.trim_end_matches("nt")), Token::new("not")]);
    } else if let Some(number) = text.strip_prefix('x').filter(|rest| rest.parse::<u32>().is_ok()) {
        // "x3", but not the X5 of a name.
        tokens.push(Token::new(number));
    } else if let Some((number, noun)) = counted_tag(&low) {
        tokens.extend([Token::new(number), Token::new(noun)]);
    } else {
        tokens.push(Token::new(&text));
    }
}

/// `1girl` and `2cats` of tag lists: number and noun.
fn counted_tag(low: &str) -> Option<(&str, &str)> {
    let (number, noun) = low.split_at(low.find(|c: char| !c.is_ascii_digit())?);
    let counted = !number.is_empty() && noun.len() > 2 && lexicon::tags(noun).any(lexicon::Tags::NOUN);
    counted.then_some((number, noun))
}

fn push_contraction(tokens: &mut Vec<Token>, text: &str, stem: &str, ending: &str) {
    let written = text.split('\'').next().unwrap_or(stem);
    match ending {
        "s" if matches!(stem, "it" | "there" | "that" | "here" | "who" | "he" | "she" | "what") => {
            tokens.extend([Token::new(written), Token::new("is")]);
        }
        "s" if stem == "let" => tokens.extend([Token::new(written), Token::new("us")]),
        "s" => tokens.extend([Token::new(written), Token::new("'s")]),
        "re" => tokens.extend([Token::new(written), Token::new("are")]),
        "d" | "ll" | "ve" | "m" => tokens.push(Token::new(written)),
        _ => tokens.push(Token::new(text)),
    }
}

/// Whether a part of a sentence ends at `at` and says before that what something has: `a house with a tree in front`.
pub(super) fn ends_of_owner(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_none_or(|next| !next.is_word() || next.low == "and")
        && tokens.iter().take(at).any(|token| token.low == "with")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokenize(text).into_iter().map(|token| token.low).collect()
    }

    #[test]
    fn quoted_words_are_lettering_after_nouns_and_verbs() {
        assert_eq!(
            words("a sign that says \"Fresh Bread\" here"),
            ["a", "sign", "that", "says", "\"\"fresh bread\"", "here"]
        );
        assert_eq!(
            words("a book titled ‘It\u{2019}s Dune’"),
            ["a", "book", "titled", "\"\"it\u{2019}s dune\""]
        );
        assert_eq!(words("a \"vintage\" car"), ["a", "vintage", "car"]);
        assert_eq!(words("\"a cat and a dog\""), ["a", "cat", "and", "a", "dog"]);
    }

    #[test]
    fn words_signs_and_contractions_come_apart() {
        assert_eq!(
            words("A light-blue car, isn’t it?"),
            ["a", "light-blue", "car", ",", "is", "not", "it", "."]
        );
        assert_eq!(words("There's the man's hat"), ["there", "is", "the", "man", "'s", "hat"]);
        assert_eq!(
            words("the dogs' bowls (red:1.3)"),
            ["the", "dogs", "'s", "bowls", ",", "red", ":", "1.3", ","]
        );
        assert_eq!(words("cats & dogs - birds"), ["cats", "and", "dogs", ",", "birds"]);
        assert_eq!(words("don't"), ["do", "not"]);
        assert_eq!(
            words("Dr. Watson. J. Smith at 10:45"),
            ["dr.", "watson", ".", "j.", "smith", "at", "10:45"]
        );
        assert_eq!(words("a 5\" nail"), ["a", "5", "nail"]);
        assert_eq!(words("1girl, 35mm, 3d"), ["1", "girl", ",", "35mm", ",", "3d"]);
        assert_eq!(words("tea w/ milk w/o sugar"), ["tea", "with", "milk", "without", "sugar"]);
    }
}
