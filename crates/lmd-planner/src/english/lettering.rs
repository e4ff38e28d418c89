//! Words and numbers that are to be read on a thing and count nothing: `reading 10:45`, `the number 23`, `says STOP`.

use super::token::Token;
use crate::lexicon::{List, is_function};

/// Verbs whose object is read on the thing.
const SAYS: [&str; 17] = [
    "says",
    "say",
    "saying",
    "reads",
    "read",
    "reading",
    "titled",
    "entitled",
    "labeled",
    "labelled",
    "marked",
    "named",
    "called",
    "spelling",
    "spells",
    "inscribed",
    "lettered",
];

/// How many words at `at` are spelled out: `the word OPEN`, `the letter A`, `the letters P A X`.
fn spelled(tokens: &[Token], at: usize, before: Option<&Token>) -> usize {
    let single = |token: &&Token| matches!(token.text.as_bytes(), [b'A'..=b'Z']);
    let token = tokens.get(at);
    match before.map_or("", |last| last.low.as_str()) {
        "word" | "words" | "text" => {
            let shouted = |token: &&Token| token.text.len() > 1 && token.text.chars().all(char::is_uppercase);
            usize::from(token.filter(shouted).is_some())
        }
        "letter" => {
            let ends = tokens.get(at + 1).is_none_or(|next| !next.is_word() || is_function(&next.low));
            usize::from(token.filter(single).is_some() && ends)
        }
        "letters" => tokens.iter().skip(at).take_while(single).count(),
        _ => 0,
    }
}

/// Puts what is to be read on a thing into one token.
pub(super) fn marked(tokens: &[Token]) -> Vec<Token> {
    let mut marked: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if let Some(name) = super::names::titled(tokens, at).or_else(|| looking(tokens, at, marked.last())) {
            marked.push(name);
            at += 2;
            continue;
        }
        let letters = marked.last().is_some_and(|last| last.low == "letters");
        let length = read_length(tokens, at, marked.last()).max(spelled(tokens, at, marked.last()));
        if let Some((measure, length)) = measure(tokens, at, marked.last()) {
            marked.push(measure);
            at += length;
            continue;
        }
        if let Some((amount, length)) =
            weighed(tokens, at, marked.last()).or_else(|| amount(tokens, at)).filter(|_| length == 0)
        {
            marked.push(amount);
            at += length;
            continue;
        }
        let Some(run) = tokens.get(at..at + length).filter(|_| length > 0) else {
            marked.push(token.clone());
            at += 1;
            continue;
        };
        let words: Vec<&str> = run.iter().map(|token| token.text.as_str()).collect();
        let mut text = words.join(" ");
        if letters && length > 0 {
            text = format!("\"{text}\"");
        }
        // "with the word "OPEN""
        const BEARS: [&str; 10] = [
            "word",
            "words",
            "text",
            "letter",
            "letters",
            "name",
            "message",
            "title",
            "slogan",
            "inscription",
        ];
        if let Some(noun) = marked.pop_if(|last| BEARS.contains(&last.low.as_str())) {
            text = format!("{} {text}", noun.text);
        }
        // "the number 23"
        if let Some(the) = marked.pop_if(|last| last.low == "the") {
            text = format!("{} {text}", the.text);
        }
        marked.push(Token::lettering(&text));
        at += length;
    }
    marked
}

/// `a guilty looking dog`: how it looks is one adjective.
fn looking(tokens: &[Token], at: usize, before: Option<&Token>) -> Option<Token> {
    before.filter(|before| {
        matches!(before.low.as_str(), "a" | "an" | "the" | "very" | "two" | "three" | "," | "and")
    })?;
    let (says, looking, next) = (tokens.get(at)?, tokens.get(at + 1)?, tokens.get(at + 2)?);
    let own = crate::lexicon::exact_tags(&says.low);
    let other = own.any(crate::lexicon::Tags::FUNCTION.and(crate::lexicon::Tags::NOUN));
    let adjective = says.is_word() && !other && crate::lexicon::verb(&says.low).is_none();
    let noun = next.is_word() && crate::lexicon::exact_tags(&next.low).any(crate::lexicon::Tags::NOUN);
    let joined = looking.low == "looking" && adjective && noun;
    joined.then(|| Token::new(&format!("{}-{}", says.text, looking.text)))
}

/// A number that measures and counts nothing: `a 10 year old boy`, `a two headed dragon`.
fn measure(tokens: &[Token], at: usize, before: Option<&Token>) -> Option<(Token, usize)> {
    let (number, unit) = (tokens.get(at)?, tokens.get(at + 1)?);
    if number.low == "aged" && super::numbers::number(&unit.low).is_some() {
        return Some((Token::new(&format!("{}-year-old", unit.text)), 2));
    }
    let next = tokens.get(at + 2)?;
    let aged = matches!(unit.low.as_str(), "year" | "years" | "month" | "months") && next.low == "old";
    let many = super::numbers::number(&number.low).is_some_and(|number| number > 1);
    if many && aged {
        let unit = unit.text.trim_end_matches('s');
        return Some((Token::new(&format!("{}-{unit}-old", number.text)), 3));
    }
    let article = before.is_some_and(|before| matches!(before.low.as_str(), "a" | "an"));
    let content = |token: &Token| token.is_word() && !is_function(&token.low);
    let other_number = super::numbers::number(&unit.low).is_some() || unit.low == "dozen" || unit.low == "x";
    let single = content(unit) && !other_number && lmd_layout::singular(&unit.low) == unit.low;
    let measured = many && article && single && content(next);
    measured.then(|| (Token::new(&format!("{}-{}", number.text, unit.text)), 2))
}

/// An amount that opens the words about some stuff: `500 g of flour`, `5kg of rice`.
fn weighed(tokens: &[Token], at: usize, before: Option<&Token>) -> Option<(Token, usize)> {
    before.is_none_or(|before| matches!(before.low.as_str(), "," | "and")).then_some(())?;
    let first = tokens.get(at)?;
    let digits = first.low.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(first.low.len());
    let (figure, joined) = first.low.split_at(digits);
    let low = |i: usize| tokens.get(i).map_or("", |token| token.low.as_str());
    let (unit, length) = if joined.is_empty() { (low(at + 1), 3) } else { (joined, 2) };
    let unit = lmd_layout::singular(unit);
    let stuff = tokens.get(at + length).is_some_and(|token| token.is_word() && !is_function(&token.low));
    let measured =
        figure.parse::<f64>().is_ok() && List::Unit.has(&unit) && low(at + length - 1) == "of" && stuff;
    measured.then(|| (Token::new(&format!("{figure}-{unit}")), length))
}

/// A number of units, which counts nothing: `25 degrees`, `300 metres high`, `2 litres of water`.
fn amount(tokens: &[Token], at: usize) -> Option<(Token, usize)> {
    let (number, unit) = (tokens.get(at)?, tokens.get(at + 1)?);
    let low = |i: usize| tokens.get(i).map_or("", |token| token.low.as_str());
    let content = |i: usize| tokens.get(i).is_some_and(|token| token.is_word() && !is_function(&token.low));
    let figure = number.low.parse::<f64>().is_ok();
    let one = lmd_layout::singular(&unit.low);
    let measured = List::Unit.has(&unit.low) || List::Unit.has(&one);
    if !measured || !(figure || super::numbers::number(&number.low).is_some_and(|number| number > 1)) {
        return None;
    }
    let joined = |words: &[&str]| Token::new(&words.join("-"));
    if List::Dimension.has(low(at + 2)) && !matches!(low(at + 2), "away" | "apart" | "off") {
        let figure =
            super::numbers::number(&number.low).map_or_else(|| number.text.clone(), |n| n.to_string());
        return Some((joined(&[&figure, &one, low(at + 2)]), 3));
    }
    let leads = unit.low == one && content(at + 2) && one != "percent" && !List::Unit.has(low(at + 2));
    if leads {
        return Some((joined(&[&number.text, &unit.text]), 2));
    }
    // Feet are of somebody, and yards are to walk in.
    if matches!(one.as_str(), "foot" | "feet" | "yard") {
        return None;
    }
    let of = low(at + 2) == "of" && content(at + 3);
    let more = match low(at + 2) {
        "off" | "away" | "apart" => 1,
        _ if of => 2,
        next => usize::from(one == "percent" && content(at + 2) || List::Unit.has(next)),
    };
    Some((Token::lettering(&super::token::text_of(tokens.get(at..at + 2 + more)?)), 2 + more))
}

/// How many tokens at `at` are to be read on a thing, 0 for none.
fn read_length(tokens: &[Token], at: usize, before: Option<&Token>) -> usize {
    let Some(token) = tokens.get(at) else { return 0 };
    let low = |i: usize| tokens.get(i).map_or("", |token| token.low.as_str());
    if token.is_lettering() {
        return 1;
    }
    if is_time(&token.low) && before.is_some_and(Token::is_word) {
        return 1 + usize::from(matches!(low(at + 1), "am" | "pm" | "a.m" | "p.m"));
    }
    if let Some(length) = clock_length(tokens, at, before.map_or("", |before| before.low.as_str())) {
        return length;
    }
    let figures = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if matches!(token.low.as_str(), "number" | "numbers" | "figure" | "digit") && figures(low(at + 1)) {
        return 2;
    }
    let alone = tokens.get(at + 1).is_none_or(|next| !next.is_word() || is_function(&next.low));
    let before = before.map_or("", |before| before.low.as_str());
    let shows = matches!(before, "showing" | "shows" | "displaying" | "displays");
    // "a speed limit of 50" counts nothing.
    const VALUES: [&str; 7] = ["limit", "speed", "temperature", "score", "price", "value", "age"];
    let value = before == "of" && at > 1 && VALUES.contains(&low(at - 2));
    if figures(&token.low) && alone && (shows || value || SAYS.contains(&before)) {
        return 1;
    }
    if !SAYS.contains(&before) {
        return 0;
    }
    // "reading ABC 123"
    let name = |token: &&Token| token.is_word() && token.is_capitalised();
    let plate = tokens.get(at + 1).is_some_and(|next| figures(&next.low)) && name(&token);
    if plate && tokens.get(at + 2).is_none_or(|next| !next.is_word() || is_function(&next.low)) {
        return 2;
    }
    tokens.iter().skip(at).take_while(name).count()
}

/// The length of a time of day in words: `10 past 2`, `half past six`, `a quarter to nine`. `two to three` is one only
/// after a word that says so.
fn clock_length(tokens: &[Token], at: usize, before: &str) -> Option<usize> {
    let low = |i: usize| tokens.get(i).map_or("", |token| token.low.as_str());
    let start = at + usize::from(low(at) == "a" && low(at + 1) == "quarter");
    let number = |i: usize| super::numbers::number(low(i)).is_some_and(|n| (1..60).contains(&n));
    let part = matches!(low(start), "half" | "quarter");
    let middle = start + 1 + usize::from(low(start + 1) == "minutes");
    let led = matches!(low(middle), "past" | "after" | "to" | "before" | "till");
    if !(part || number(start)) || !led || !number(middle + 1) {
        return None;
    }
    let shown =
        matches!(before, "showing" | "shows" | "at" | "displaying" | "displays" | "to" | "stopped" | "says");
    let counts = tokens.get(middle + 2).is_some_and(|next| next.is_word() && !is_function(&next.low));
    let sure = part || low(middle) == "past" || shown || SAYS.contains(&before);
    (sure && !counts).then_some(middle + 2 - at)
}

/// Whether a word is a time of day or a ratio: `10:45`.
fn is_time(low: &str) -> bool {
    low.contains(':') && low.len() > 2
}

#[cfg(test)]
mod tests {
    use super::super::token::tokenize;
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let tokens = marked(&tokenize(text)).into_iter();
        tokens.filter(Token::is_lettering).map(|token| token.text).collect()
    }

    #[test]
    fn numbers_and_names_on_things_are_found() {
        assert_eq!(texts("a clock reading 10:45 on a table"), ["10:45"]);
        assert_eq!(texts("a jersey with the number 23"), ["the number 23"]);
        assert_eq!(texts("a sign that says Fresh Bread above a door"), ["Fresh Bread"]);
        assert_eq!(texts("a thermometer reading 30"), ["30"]);
    }

    #[test]
    fn counts_stay_counts() {
        assert_eq!(texts("a girl reading 3 books and a number of cats"), [""; 0]);
        assert_eq!(texts("a dog called and two cats"), [""; 0]);
    }

    #[test]
    fn measures_are_one_word() {
        let words = |text: &str| {
            marked(&tokenize(text)).into_iter().map(|token| token.low).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words("a 10 year old boy"), "a 10-year-old boy");
        assert_eq!(words("a two headed dragon"), "a two-headed dragon");
        assert_eq!(words("a 3 x 3 grid of 4 red cats"), "a 3 x 3 grid of 4 red cats");
    }
}
