//! Amounts in figures: `10 %`, `by a third`, `3x`, `four times`.

/// Words that stand around an amount and say no more.
const ABOUT: [&str; 6] = ["by", "about", "around", "roughly", "some", "approximately"];
/// Shares in words.
const SHARES: [(&str, f64); 8] = [
    ("a third", 1.0 / 3.0),
    ("one third", 1.0 / 3.0),
    ("two thirds", 2.0 / 3.0),
    ("a quarter", 0.25),
    ("one quarter", 0.25),
    ("three quarters", 0.75),
    ("a fifth", 0.2),
    ("a tenth", 0.1),
];

/// The number that words are.
fn number(word: &str) -> Option<f64> {
    let figure = word.parse::<f64>().ok().filter(|number| number.is_finite());
    figure.or_else(|| lmd_layout::parse_number_word(word).map(f64::from))
}

/// The words but `taken` of them from `at` on, and but what says no more before them.
fn without(words: &[&str], at: usize, taken: usize) -> String {
    let start = words[..at].iter().rposition(|word| !ABOUT.contains(word)).map_or(0, |last| last + 1);
    [&words[..start], &words[at + taken..]].concat().join(" ")
}

/// The share that a text tells (`10 %` as 0.1), and the text without it.
pub(super) fn share(text: &str) -> Option<(f64, String)> {
    let words: Vec<&str> = text.split(' ').collect();
    for (at, word) in words.iter().enumerate() {
        let sign = words.get(at + 1).is_some_and(|next| matches!(*next, "%" | "percent" | "pct"));
        let told = match word.strip_suffix('%') {
            Some(figure) => number(figure).map(|number| (number, 1)),
            None => number(word).filter(|_| sign).map(|number| (number, 2)),
        };
        if let Some((percent, taken)) = told.filter(|(percent, _)| (0.0..=500.0).contains(percent)) {
            return Some((percent / 100.0, without(&words, at, taken)));
        }
        let two = words.get(at..at + 2).map(|two| two.join(" ")).unwrap_or_default();
        if let Some((_, share)) = SHARES.iter().find(|(words, _)| *words == two) {
            return Some((*share, without(&words, at, 2)));
        }
    }
    None
}

/// How many times a text tells (`3x`, `four times`), and the text without it.
pub(super) fn times(text: &str) -> Option<(f64, String)> {
    let words: Vec<&str> = text.split(' ').collect();
    let told = |at: usize| {
        let sign = matches!(words.get(at + 1), Some(&("times" | "x")));
        let figure = words[at].strip_suffix('x').and_then(|figure| figure.parse::<f64>().ok());
        figure
            .map(|number| (number, 1))
            .or_else(|| number(words[at]).filter(|_| sign).map(|number| (number, 2)))
    };
    let (at, (factor, taken)) = (0..words.len()).find_map(|at| Some((at, told(at)?)))?;
    (0.05..=20.0).contains(&factor).then(|| (factor, without(&words, at, taken)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_taken_out_of_the_words() {
        let some = |share, rest: &str| Some((share, rest.to_owned()));
        assert_eq!(share("the lamp 10 % to the right"), some(0.1, "the lamp to the right"));
        assert_eq!(share("the train to the left by 20%"), some(0.2, "the train to the left"));
        assert_eq!(share("them about ten percent up"), some(0.1, "them up"));
        assert_eq!(share("them by a quarter"), some(0.25, "them"));
        assert_eq!(share("the two cups up"), None);
        assert_eq!(times("3x bigger"), some(3.0, "bigger"));
        assert_eq!(times("four times as big"), some(4.0, "as big"));
        assert_eq!(times("the two boxes"), None);
    }
}
