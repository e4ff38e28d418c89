//! Verdicts on pictures nobody drew, and their report.
#![allow(clippy::unwrap_used)]

use lmd_layout::{BBox, Layout, Object};

use super::*;
use crate::suites::{Rules, Suite, Task};

fn task(line: &str) -> Task {
    Suite::read(&format!("{{\"suite\": \"t\"}}\n{line}")).unwrap().tasks.remove(0)
}

fn found(question: usize, score: f32, corners: [f32; 4]) -> Finding {
    Finding { question, score, corners }
}

const LEFT: [f32; 4] = [0.0, 40.0, 20.0, 60.0];
const RIGHT: [f32; 4] = [60.0, 40.0, 80.0, 60.0];

fn right(task: &Task, rules: Rules, findings: &[Finding]) -> bool {
    judge(task, rules, findings).right
}

#[test]
fn queries_are_the_papers() {
    let both = task(
        r#"{"tag": "t", "include": [{"class": "dog", "count": 1, "color": "orange"}, {"class": "car", "count": 1}], "exclude": [{"class": "car", "count": 2}], "prompt": "x"}"#,
    );
    let texts: Vec<String> = questions(&both, Rules::Lmd).iter().map(Question::text).collect();
    assert_eq!(texts, ["a photo of an orange dog", "a photo of a car"]);
    // A class with a colour is asked for in every colour.
    assert_eq!(questions(&both, Rules::GenEval).len(), 11);
}

#[test]
fn negation_is_no_detection_and_numeracy_an_exact_count() {
    let without = task(r#"{"tag": "t", "exclude": [{"class": "cat", "count": 1}], "prompt": "x"}"#);
    assert!(right(&without, Rules::Lmd, &[]));
    assert!(!right(&without, Rules::Lmd, &[found(0, 0.5, LEFT)]));
    let two = task(
        r#"{"tag": "t", "include": [{"class": "cat", "count": 2}], "exclude": [{"class": "cat", "count": 3}], "prompt": "x"}"#,
    );
    for rules in [Rules::Lmd, Rules::GenEval] {
        for (count, expected) in [(0, false), (1, false), (2, true), (3, false)] {
            let cats = vec![found(0, 0.5, LEFT); count];
            let verdict = judge(&two, rules, &cats);
            assert_eq!(verdict.right, expected, "{rules:?} {count}");
            assert_eq!(verdict.reasons.is_empty(), expected);
        }
    }
}

#[test]
fn attribution_needs_both_phrases() {
    let both = task(
        r#"{"tag": "t", "include": [{"class": "dog", "count": 1, "color": "red"}, {"class": "car", "count": 1, "color": "blue"}], "prompt": "x"}"#,
    );
    assert!(right(&both, Rules::Lmd, &[found(0, 0.5, LEFT), found(1, 0.5, RIGHT)]));
    assert!(!right(&both, Rules::Lmd, &[found(0, 0.5, LEFT)]));
    // By GenEval's rules the best dog must be the red one: questions 0 to 9 are the dog's colours, 4 is blue.
    let blue_car = found(14, 0.5, RIGHT);
    assert!(right(&both, Rules::GenEval, &[found(0, 0.5, LEFT), found(4, 0.4, LEFT), blue_car.clone()]));
    assert!(!right(&both, Rules::GenEval, &[found(0, 0.5, LEFT), found(4, 0.6, LEFT), blue_car]));
}

#[test]
fn sides_are_those_of_the_best_detections() {
    let sides = task(
        r#"{"tag": "t", "include": [{"class": "dog", "count": 1}, {"class": "car", "count": 1, "position": ["right of", 0]}], "prompt": "x"}"#,
    );
    for rules in [Rules::Lmd, Rules::GenEval] {
        assert!(right(&sides, rules, &[found(0, 0.5, LEFT), found(1, 0.5, RIGHT)]), "{rules:?}");
        assert!(!right(&sides, rules, &[found(1, 0.5, LEFT), found(0, 0.5, RIGHT)]), "{rules:?}");
        assert!(!right(&sides, rules, &[found(0, 0.5, LEFT)]), "{rules:?}");
        // A better dog further right decides.
        let dogs = [found(0, 0.5, LEFT), found(0, 0.9, [90.0, 40.0, 99.0, 60.0]), found(1, 0.5, RIGHT)];
        assert!(!right(&sides, rules, &dogs), "{rules:?}");
    }
    // A pixel is enough for LMD, not for GenEval, whose direction must also be within 60 degrees.
    let near = [found(0, 0.5, LEFT), found(1, 0.5, [1.0, 40.0, 21.0, 60.0])];
    assert!(right(&sides, Rules::Lmd, &near) && !right(&sides, Rules::GenEval, &near));
    let far_below = [found(0, 0.5, LEFT), found(1, 0.5, [10.0, 940.0, 30.0, 960.0])];
    assert!(right(&sides, Rules::Lmd, &far_below) && !right(&sides, Rules::GenEval, &far_below));
}

fn layout(objects: &[(&str, [f64; 4])]) -> Layout {
    let object = |(caption, [x, y, w, h]): &(&str, [f64; 4])| {
        Object::new(caption, BBox::new(*x, *y, *w, *h).unwrap()).unwrap()
    };
    Layout::new(objects.iter().map(object).collect(), "", "").unwrap()
}

#[test]
fn layouts_are_judged_by_their_captions() {
    let suite = Suite::built_in("demo").unwrap().unwrap();
    let task = task(
        r#"{"tag": "t", "include": [{"class": "dog", "count": 1, "color": "red"}, {"class": "car", "count": 1, "position": ["right of", 0]}], "prompt": "x"}"#,
    );
    let (left, right) = ([0.1, 0.1, 0.2, 0.2], [0.6, 0.1, 0.2, 0.2]);
    let verdict = |objects: &[(&str, [f64; 4])]| judge_layout(&suite, &task, &layout(objects));
    assert!(verdict(&[("a red dog", left), ("a car", right)]).right);
    assert!(!verdict(&[("a dog", left), ("a car", right)]).right);
    assert!(!verdict(&[("a red dog", left), ("a carpet", right)]).right);
    assert!(!verdict(&[("a car", left), ("a red dog", right)]).right);
}

/// The paper's predicates and the clauses of its suite's file say the same of every layout of the benchmark.
#[test]
fn clauses_of_the_papers_suite_agree_with_its_predicates() {
    let paper = Suite::built_in("paper").unwrap().unwrap();
    let mut other = paper.clone();
    other.head.name = "other".to_owned();
    let boxes = [
        [0.1, 0.1, 0.2, 0.2],
        [0.6, 0.5, 0.2, 0.2],
        [0.1, 0.6, 0.2, 0.2],
        [0.4, 0.1, 0.1, 0.2],
        [0.8, 0.8, 0.1, 0.1],
    ];
    for (index, task) in paper.tasks.iter().enumerate() {
        // As many boxes as a clause wants, or one more or fewer.
        let captions = task.include.iter().flat_map(|clause| {
            let colour = clause.color.as_ref().map_or(String::new(), |colour| format!("{colour} "));
            let phrase = format!("{colour}{}", clause.class);
            let article = if phrase.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            let count = if index % 3 == 1 { clause.count - 1 } else { clause.count };
            vec![format!("{article} {phrase}"); count]
        });
        let captions: Vec<String> = captions.collect();
        let objects: Vec<(&str, [f64; 4])> = captions.iter().map(String::as_str).zip(boxes).collect();
        let layout = layout(&objects);
        let (ours, theirs) = (judge_layout(&other, task, &layout), judge_layout(&paper, task, &layout));
        assert_eq!(ours.right, theirs.right, "{}: {:?} {:?}", task.prompt, ours.reasons, theirs.reasons);
    }
}

#[test]
fn reports_count_families_and_know_how_sure_they_are() {
    let suite = Suite::built_in("paper").unwrap().unwrap();
    let column = |name: &str| Column {
        name: name.to_owned(),
        planner: "offline".to_owned(),
        detector: "d".to_owned(),
        threshold: 0.3,
        nms: 0.5,
        class_aware_nms: false,
    };
    let sample = |column, prompt, right| Sample {
        column,
        prompt,
        seed: 1,
        picture: format!("pictures/{prompt}.png"),
        layout_right: true,
        right,
        reasons: Vec::new(),
    };
    let samples = vec![sample(0, 0, true), sample(0, 100, false), sample(0, 101, true), sample(1, 0, false)];
    let report = PictureReport::new(&suite, &[column("plain"), column("lmd")], 3, 1, samples);
    let [plain, lmd] = report.scores.as_slice() else { panic!("two columns") };
    assert_eq!(plain.families.iter().map(|f| f.pictures.rate.percent).collect::<Vec<_>>(), [100.0, 50.0]);
    assert_eq!((plain.pictures.rate.passed, plain.pictures.rate.attempted), (2, 3));
    assert_eq!((plain.mean_of_families, lmd.pictures.rate.percent), (75.0, 0.0));
    assert_eq!(plain.pictures.interval, wilson(2, 3));
    let table = report.to_string();
    assert!(table.contains("66.7 (21-94)") && table.contains("layouts: offline"), "{table}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["suite"], "paper");
    assert_eq!(json["scores"][0]["families"][1]["pictures"]["passed"], 1);
    assert!(json["scores"][0]["pictures"]["wilson_95"]["low"].as_f64().unwrap() > 20.0);
}
