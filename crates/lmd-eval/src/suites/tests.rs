//! Suites: those built in are what they claim to be, and files that are none are refused.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::*;
use crate::benchmark;
use crate::predicates::{Predicate, Side};

fn suite(name: &str) -> Suite {
    Suite::built_in(name).unwrap().unwrap()
}

fn sha256(lines: &[&str]) -> String {
    Sha256::digest(lines.join("\n")).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_papers_suite_is_its_benchmark() {
    let (suite, prompts) = (suite("paper"), benchmark::prompts());
    assert_eq!(suite.tasks.len(), 400);
    for (task, prompt) in suite.tasks.iter().zip(&prompts) {
        assert_eq!((&task.prompt, task.tag.as_str()), (&prompt.text, prompt.family.name()));
        let one = |class: &String, colour: &Option<String>| match colour {
            Some(colour) => format!("{colour} {class}"),
            None => class.clone(),
        };
        let phrases: Vec<String> =
            task.include.iter().map(|clause| one(&clause.class, &clause.color)).collect();
        match Predicate::read(&prompt.text).unwrap() {
            Predicate::Without(noun) => assert_eq!(task.exclude, [Limit { class: noun, count: 1 }]),
            Predicate::Count { number, noun } => {
                assert_eq!((&task.include[0].class, task.include[0].count), (&noun, number));
                assert_eq!(task.exclude, [Limit { class: noun, count: number + 1 }]);
            }
            Predicate::Both(both) => {
                assert!(both.iter().zip(&phrases).all(|(text, phrase)| text.ends_with(phrase)));
            }
            Predicate::Sides { objects, sides } => {
                assert!(objects.iter().zip(&phrases).all(|(text, phrase)| text.ends_with(phrase)));
                let of_second = match sides[1] {
                    Side::Left => Relation::LeftOf,
                    Side::Right => Relation::RightOf,
                    Side::Top => Relation::Above,
                    Side::Bottom => Relation::Below,
                };
                assert_eq!(task.include[1].position, Some((of_second, 0)));
            }
        }
    }
}

/// The lines are those of the authors' file, byte for byte.
#[test]
fn genevals_suite_is_the_published_one() {
    let lines: Vec<&str> = BUILT_IN[2].1.lines().skip(1).collect();
    assert_eq!(sha256(&lines), GENEVAL);
    let suite = suite("geneval");
    let count = |tag: &str| suite.tasks.iter().filter(|task| task.tag == tag).count();
    let counts: Vec<usize> = suite.families().into_iter().map(count).collect();
    assert_eq!(
        suite.families(),
        ["single_object", "two_object", "counting", "colors", "position", "color_attr"]
    );
    assert_eq!(counts, [80, 99, 80, 94, 100, 100]);
    assert_eq!(suite.head.rules, Rules::GenEval);
}

const GENEVAL: &str = "f23de0226e3f1136e39efa732c76a34ca7703686c30edd999019223c5fe9a98f";

#[test]
fn the_demo_suite_has_fifty_prompts_of_each_family_and_all_its_words_are_known() {
    let suite = suite("demo");
    for family in ["negation", "numeracy", "attribution", "spatial"] {
        assert_eq!(suite.tasks.iter().filter(|task| task.tag == family).count(), 50, "{family}");
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/model/detector");
    let config: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("config.json")).unwrap()).unwrap();
    let words = |name: &str| -> BTreeSet<String> {
        config[name].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let clauses = || suite.tasks.iter().flat_map(|task| &task.include);
    let nouns: BTreeSet<String> = clauses().map(|clause| clause.class.clone()).collect();
    let colours: BTreeSet<String> = clauses().filter_map(|clause| clause.color.clone()).collect();
    assert!(nouns.is_subset(&words("nouns")) && nouns.len() >= 16, "{nouns:?}");
    assert!(colours.is_subset(&words("paints")) && colours.len() == 11, "{colours:?}");
}

#[test]
fn limits_are_spread_over_the_families() {
    let suite = suite("paper");
    let all: Vec<usize> = (0..400).collect();
    let chosen = suite.spread(&all, 5);
    let tags: Vec<&str> = chosen.iter().map(|index| suite.tasks[*index].tag.as_str()).collect();
    assert_eq!(tags, ["negation", "numeracy", "attribution", "spatial", "spatial"]);
    assert_eq!(suite.spread(&all, 400), all);
    assert_eq!(suite.spread(&all, 1000), all);
    assert_eq!(suite.spread(&all, 1).len(), 1);
    // A small family gives what it has, the others the rest.
    let few: Vec<usize> = (95..400).collect();
    let chosen = suite.spread(&few, 100);
    assert_eq!((chosen.len(), chosen.iter().filter(|index| **index < 100).count()), (100, 5));
}

#[test]
fn files_that_are_no_suites_are_refused() {
    let told = |text: &str| Suite::read(text).unwrap_err().to_string();
    let head = "{\"suite\": \"mine\"}\n";
    let task = r#"{"tag": "t", "include": [{"class": "dog", "count": 1}], "prompt": "a dog"}"#;
    assert_eq!(Suite::read(&format!("\u{feff}{head}\n{task}\n")).unwrap().tasks.len(), 1);
    assert!(told("").contains("empty"));
    assert!(told(head).contains("no prompts"));
    assert!(told("{\"suite\": \"../x\"}\n").contains("name"));
    assert!(told("{\"suite\": \"mine\", \"rules\": \"none\"}").contains("line 1"));
    let wrong = |from: &str, to: &str| told(&format!("{head}{}", task.replace(from, to)));
    assert!(wrong("\"count\": 1", "\"count\": 0").contains("count of \"dog\" is 0"));
    assert!(wrong("\"count\": 1", "\"count\": 1, \"position\": [\"left of\", 0]").contains("earlier clause"));
    assert!(wrong("\"count\": 1", "\"count\": 1, \"position\": [\"near\", 0]").contains("line 2"));
    assert!(wrong("\"a dog\"", "\" \"").contains("1 to 2000"));
    assert!(wrong("[{\"class\": \"dog\", \"count\": 1}]", "[]").contains("neither"));
    assert!(wrong("\"prompt\"", "\"prompts\"").contains("unknown field"));
    assert!(told(&"x".repeat(MAX_SUITE_BYTES + 1)).contains("bytes"));
}
