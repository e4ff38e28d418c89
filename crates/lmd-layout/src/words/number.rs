//! Numbers in English words, both ways.

use std::collections::HashMap;
use std::sync::LazyLock;

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const GROUPS: [(u32, &str); 3] = [(1_000_000_000, " billion"), (1_000_000, " million"), (1_000, " thousand")];

/// `number` in words as British usage has it: "twenty-one", "one hundred and
/// one", "one thousand, two hundred and thirty-four".
#[must_use]
pub fn number_in_words(number: u32) -> String {
    if number < 1000 {
        return below_thousand(number);
    }
    let mut rest = number;
    let mut parts = Vec::new();
    for (size, name) in GROUPS {
        if rest >= size {
            parts.push(below_thousand(rest / size) + name);
            rest %= size;
        }
    }
    let head = parts.join(", ");
    match rest {
        0 => head,
        1..100 => format!("{head} and {}", below_thousand(rest)),
        _ => format!("{head}, {}", below_thousand(rest)),
    }
}

fn below_thousand(number: u32) -> String {
    let (hundreds, rest) = (number / 100, number % 100);
    match (hundreds, rest) {
        (0, _) => below_hundred(rest),
        (_, 0) => format!("{} hundred", below_hundred(hundreds)),
        _ => format!("{} hundred and {}", below_hundred(hundreds), below_hundred(rest)),
    }
}

fn below_hundred(number: u32) -> String {
    let word = |table: &[&str], i: u32| table.get(i as usize).copied().unwrap_or_default().to_owned();
    match (number / 10, number % 10) {
        (0 | 1, _) => word(&SMALL, number),
        (tens, 0) => word(&TENS, tens),
        (tens, units) => format!("{}-{}", word(&TENS, tens), word(&SMALL, units)),
    }
}

/// Reads a number from 0 to 100 in words or any number in digits: "three",
/// "Twenty-one", "twenty one", "a hundred", "a dozen", "12". Words that name no
/// exact number ("several", "a few") are not numbers.
#[must_use]
pub fn parse_number_word(text: &str) -> Option<u32> {
    let text = text.trim().to_lowercase();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok();
    }
    match text.as_str() {
        "hundred" | "a hundred" => return Some(100),
        "dozen" | "a dozen" | "one dozen" => return Some(12),
        "half a dozen" => return Some(6),
        "two dozen" => return Some(24),
        "couple" | "a couple" => return Some(2),
        _ => {}
    }
    let joined = text.split([' ', '-']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    IN_WORDS.get(&joined).copied()
}

/// The numbers from 0 to 100 by their words, joined by hyphens.
static IN_WORDS: LazyLock<HashMap<String, u32>> =
    LazyLock::new(|| (0..=100).map(|n| (number_in_words(n).replace(' ', "-"), n)).collect());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_as_people_say_them() {
        let cases = [
            (0, "zero"),
            (13, "thirteen"),
            (21, "twenty-one"),
            (40, "forty"),
            (100, "one hundred"),
            (101, "one hundred and one"),
            (999, "nine hundred and ninety-nine"),
            (1000, "one thousand"),
            (1001, "one thousand and one"),
            (1100, "one thousand, one hundred"),
            (1234, "one thousand, two hundred and thirty-four"),
            (100_000, "one hundred thousand"),
            (1_000_001, "one million and one"),
            (
                u32::MAX,
                "four billion, two hundred and ninety-four million, nine hundred and sixty-seven thousand, two hundred and ninety-five",
            ),
        ];
        for (number, words) in cases {
            assert_eq!(number_in_words(number), words);
        }
    }

    #[test]
    fn numbers_round_trip() {
        for n in 0..=100 {
            assert_eq!(parse_number_word(&number_in_words(n)), Some(n));
            assert_eq!(parse_number_word(&number_in_words(n).replace('-', " ").to_uppercase()), Some(n));
            assert_eq!(parse_number_word(&n.to_string()), Some(n));
        }
    }

    #[test]
    fn what_is_no_exact_number_is_refused() {
        for text in
            ["", "several", "a few", "twenty-eleven", "-3", "3.5", "99999999999", "one cat", "twentyone"]
        {
            assert_eq!(parse_number_word(text), None, "{text}");
        }
        assert_eq!(parse_number_word("a dozen"), Some(12));
    }
}
