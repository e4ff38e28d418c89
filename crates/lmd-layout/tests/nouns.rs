//! Plurals against the table made with Python's `inflect` (A.6).

use lmd_layout::{is_plural, plural, singular};

#[test]
fn plurals_agree_with_the_table_both_ways() {
    let rows: Vec<Vec<&str>> = include_str!("data/nouns.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
        .collect();
    assert!(rows.len() > 300, "the table holds {} nouns", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let (one, many) = (row[0], row[row.len() - 1]);
        let got = (plural(one), singular(many), plural(many), is_plural(many), is_plural(one));
        let unchanged = one == many;
        if got != (many.to_owned(), one.to_owned(), many.to_owned(), !unchanged, false) {
            wrong.push(format!("{one} / {many}: {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_with_one_number_only() {
    for noun in ["scissors", "jeans", "pants", "sunglasses", "headphones", "binoculars"] {
        assert_eq!((plural(noun), singular(noun), is_plural(noun)), (noun.to_owned(), noun.to_owned(), true));
    }
    for noun in ["sheep", "fish", "deer", "aircraft", "furniture", "species"] {
        assert_eq!(
            (plural(noun), singular(noun), is_plural(noun)),
            (noun.to_owned(), noun.to_owned(), false)
        );
    }
}

#[test]
fn other_plurals_are_understood() {
    let cases = [
        ("cacti", "cactus"),
        ("octopi", "octopus"),
        ("hooves", "hoof"),
        ("flamingos", "flamingo"),
        ("mangos", "mango"),
        ("persons", "person"),
        ("fishes", "fish"),
        ("glasses", "glass"),
        ("skis", "ski"),
        ("axes", "axe"),
        ("antennae", "antenna"),
        ("indices", "index"),
        ("gloves", "glove"),
        ("waves", "wave"),
        ("olives", "olive"),
        ("ties", "tie"),
        ("nurses", "nurse"),
        ("houses", "house"),
        ("buses", "bus"),
    ];
    for (many, one) in cases {
        assert_eq!(singular(many), one);
        assert!(is_plural(many), "{many}");
    }
}
