//! Captions of pictures that are for sale: what they say of the file rather
//! than of the picture (`Stock Vector - 20445318`) is taken out.

use super::numbers::number;
use crate::lexicon::{List, is_adjective, is_function};

/// Signs that stand around words of such captions.
const SIGNS: [char; 12] = ['-', '\u{2013}', '\u{2014}', '.', ',', ':', '#', '(', ')', '|', '\u{a9}', '*'];
/// Digits of a file's number at least.
const DIGITS: usize = 5;

/// `text` without words about the file; the kind of picture they name stays, the number is told.
pub(super) fn plain(text: &str, notes: &mut Vec<String>) -> String {
    let text = untitled(text, notes);
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = words.get(heading(&words)..).unwrap_or_default();
    let end = without_seller(words);
    let kept = tail(words.get(..end).unwrap_or_default());
    let (caption, about) = words.split_at(kept.min(words.len()));
    let caption = before_white(caption);
    let caption = counted_first(&caption);
    if about.is_empty() {
        return caption.join(" ");
    }
    let number = about.iter().find(|word| is_number(bare(word)));
    notes.extend(number.map(|_| format!("\"{}\" is about the file and was left out", about.join(" "))));
    let mut kind: Vec<String> =
        about.iter().map(|word| bare(word).to_lowercase()).filter(|word| is_kind(word)).collect();
    kind.dedup();
    let said = caption.join(" ");
    match kind.join(" ") {
        kind if kind.is_empty() || said.to_lowercase().contains(&kind) => said,
        kind => format!("{}, {kind}", said.trim_end_matches(['.', ',', ' '])),
    }
}

/// `"The Last Ship" - a ship in a storm`: a title before what is to be seen is told and left out.
fn untitled<'a>(text: &'a str, notes: &mut Vec<String>) -> &'a str {
    let quotes = [('"', '"'), ('\u{201c}', '\u{201d}'), ('\u{ab}', '\u{bb}')];
    let led =
        text.strip_prefix("Title:").or_else(|| text.strip_prefix("title:")).unwrap_or(text).trim_start();
    for (open, close) in quotes {
        let Some((title, rest)) = led.strip_prefix(open).and_then(|inner| inner.split_once(close)) else {
            continue;
        };
        let caption = rest.trim_start().trim_start_matches(['-', '\u{2013}', '\u{2014}', ':', '.', ';', ',']);
        let parted = caption.len() < rest.trim_start().len();
        if parted && caption.split_whitespace().count() > 1 {
            notes.push(format!("\"{title}\" was read as a title, which is not drawn"));
            return caption.trim_start();
        }
    }
    text
}

fn bare(word: &str) -> &str {
    word.trim_matches(SIGNS)
}

fn is_number(word: &str) -> bool {
    word.len() >= DIGITS && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// What says how the picture is made; `stock` and file formats do not.
fn is_kind(word: &str) -> bool {
    matches!(word, "vector" | "clipart") || List::Medium.has(word) && !List::PlainMedium.has(word)
}

/// Where the caption begins: `VECTOR - six colored mugs`.
fn heading(words: &[&str]) -> usize {
    let opening: Vec<String> = words.iter().take(3).map(|word| bare(word).to_lowercase()).collect();
    match opening.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["set", "with", count] | ["row", "from", count] if number(count).is_some() => return 2,
        ["line", "up", "of"] => return 3,
        _ => {}
    }
    let stock = words.iter().take_while(|word| List::StockSure.has(&bare(word).to_lowercase())).count();
    let parted = words.get(stock).is_some_and(|sign| bare(sign).is_empty());
    if stock > 0 && parted { stock + 1 } else { 0 }
}

/// Where the name of who sells it begins: `© somebody`.
fn without_seller(words: &[&str]) -> usize {
    let sign = words.iter().rposition(|word| word.starts_with('\u{a9}'));
    sign.filter(|at| at + 4 > words.len()).unwrap_or(words.len())
}

/// Where words about the file begin at the end of a caption.
fn tail(words: &[&str]) -> usize {
    let about = |word: &&&str| {
        let bare = bare(word);
        bare.is_empty() || is_number(bare) || List::Stock.has(&bare.to_lowercase())
    };
    let length = words.iter().rev().take_while(about).count();
    // "…. Cartoon."
    let named = words.last().is_some_and(|last| List::Medium.has(&bare(last).to_lowercase()));
    let alone =
        words.len().checked_sub(2).and_then(|at| words.get(at)).is_some_and(|word| word.ends_with('.'));
    let length = if named && alone { length.max(1) } else { length };
    let kept = words.len() - length;
    let (caption, about) = words.split_at(kept);
    let sure = about.iter().any(|word| List::StockSure.has(&bare(word).to_lowercase()));
    let told = about.iter().any(|word| List::Stock.has(&bare(word).to_lowercase()));
    let Some(last) = caption.last() else { return words.len() };
    let parted = last.ends_with(['.', ',']) || about.first().is_some_and(|word| bare(word).is_empty());
    let before = last.to_lowercase();
    // "a book with an illustration", "a flat vector" are things.
    let led = !parted && (is_function(&before) || is_adjective(&before) || number(&before).is_some());
    // "a fox in the snow, children's book illustration": the name of a style.
    let comma = caption.iter().rev().take(4).position(|word| word.ends_with(','));
    let led = led || length == 1 && comma.is_some_and(|own| own > 0);
    if (told || named && alone) && (sure || parted) && !led { kept } else { words.len() }
}

/// `isolated on white`, `shot on a white background`: on a white background.
fn before_white(words: &[&str]) -> Vec<String> {
    let low = |at: usize| words.get(at).map_or(String::new(), |word| bare(word).to_lowercase());
    let mut plain = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let isolated = matches!(low(at).as_str(), "isolated" | "shot");
        let over = matches!(low(at + 1).as_str(), "on" | "over" | "against" | "at");
        let article = usize::from(matches!(low(at + 2).as_str(), "a" | "the"));
        let colour = low(at + 2 + article);
        if isolated && over && matches!(colour.as_str(), "white" | "black" | "grey" | "gray") {
            let named = matches!(low(at + 3 + article).as_str(), "background" | "backdrop");
            let end = at + 2 + article + usize::from(named);
            let sign = words.get(end).map_or("", |word| if word.ends_with(['.', ',']) { "," } else { "" });
            plain.push(format!("on a {colour} background{sign}"));
            at = end + 1;
            continue;
        }
        plain.push((*word).to_owned());
        at += 1;
    }
    plain
}

/// `pot holders set of three`: three of them.
fn counted_first(words: &[String]) -> Vec<String> {
    let low: Vec<String> = words.iter().map(|word| bare(word).to_lowercase()).collect();
    let [named @ .., set, of, count] = low.as_slice() else { return words.to_vec() };
    let group = matches!(set.as_str(), "set" | "pack" | "box" | "lot") && of == "of";
    let plain = |word: &String| !word.is_empty() && !is_function(word) && number(word).is_none();
    let plural = named.last().is_some_and(|last| lmd_layout::singular(last) != *last);
    if !group || !plural || number(count).is_none() || !named.iter().all(plain) {
        return words.to_vec();
    }
    let named = words.iter().take(named.len()).cloned();
    std::iter::once(count.clone()).chain(named).collect()
}
