//! `lmd bench pictures` and `lmd bench ablations`, with the smallest pictures there are.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Home, copy_owl, json, nn_data};

/// Three prompts of two families.
const SUITE: &str = r#"{"suite": "tiny", "title": "A <tiny> suite"}
{"tag": "counting", "include": [{"class": "car", "count": 1}], "exclude": [{"class": "car", "count": 2}], "prompt": "a scene with one car"}
{"tag": "colours", "include": [{"class": "dog", "count": 1, "color": "red"}], "prompt": "a scene with a red dog"}
{"tag": "counting", "exclude": [{"class": "cat", "count": 1}], "prompt": "a scene without cats"}
"#;

const SMALL: [&str; 13] = [
    "bench",
    "pictures",
    "--suite",
    "tiny.jsonl",
    "--steps",
    "2",
    "-W",
    "64",
    "-H",
    "64",
    "--planners",
    "offline",
    "--seeds=2",
];

fn home() -> Home {
    let home = Home::new();
    home.write("tiny.jsonl", SUITE);
    home
}

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    SMALL.iter().copied().chain(more.iter().copied()).collect()
}

fn report(home: &Home, folder: &str) -> serde_json::Value {
    json(&home.path(folder).join("report.json"))
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, |entries| {
        entries.flatten().filter(|e| !e.file_name().to_string_lossy().starts_with('.')).count()
    })
}

/// Starts the benchmark and kills it (SIGKILL) as soon as the folder has so many finished pictures.
fn killed_after(home: &Home, folder: &str, pictures: usize) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lmd"));
    command.env_clear().env("HOME", home.path("")).current_dir(home.path(""));
    command.args(with(&["-o", folder])).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    let drawn = home.path(folder).join("pictures");
    while files(&drawn) < pictures && start.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_run_that_was_killed_twice_ends_with_the_numbers_of_one_that_was_not() {
    let home = home();
    home.run(&with(&["-o", "whole"])).ok();
    killed_after(&home, "parts", 3);
    assert!(!home.path("parts/report.json").exists(), "it ended before it was killed");
    killed_after(&home, "parts", 9);
    let before = files(&home.path("parts/pictures"));
    let ran = home.run(&with(&["-o", "parts"]));
    assert!(ran.err.contains("(drawn before)"), "{}", ran.err);
    ran.ok();
    assert!(before >= 3 && before < files(&home.path("parts/pictures")), "{before}");
    let (whole, parts) = (report(&home, "whole"), report(&home, "parts"));
    assert_eq!(whole, parts);
    let samples = whole["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 2 * 3 * 2);
    for sample in samples {
        assert!(home.path("whole").join(sample["picture"].as_str().unwrap()).is_file(), "{sample}");
    }
    // Picture for picture the same bytes.
    for entry in fs::read_dir(home.path("whole/pictures")).unwrap().flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().ends_with(".png") {
            assert!(
                fs::read(entry.path()).unwrap() == fs::read(home.path("parts/pictures").join(&name)).unwrap()
            );
        }
    }
    assert_eq!(files(&home.path("parts/claims")), 0);
}

#[test]
fn processes_share_a_folder() {
    let home = home();
    let run = |_: u32| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lmd"));
        command.env_clear().env("HOME", home.path("")).current_dir(home.path(""));
        command.args(with(&["-o", "shared", "--json"])).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    // Both are started before one is waited for.
    let children: Vec<_> = (0..2).map(run).collect();
    let both: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    let reports: Vec<serde_json::Value> = both
        .iter()
        .map(|output| {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["report"].clone()
        })
        .collect();
    assert_eq!(reports[0], reports[1]);
    // A record for each of 12 pictures, and the pictures; nothing was drawn twice under another name.
    assert_eq!(files(&home.path("shared/pictures")), 24);
    let drawn = both.iter().flat_map(|output| {
        String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect::<Vec<_>>()
    });
    let drawn = drawn.filter(|line| line.contains(" of 12: ") && !line.contains("drawn before")).count();
    assert_eq!(drawn, 12);
}

#[test]
fn tables_pages_and_limits() {
    let home = home();
    let out = home.run(&with(&["-o", "out", "--limit", "2", "--methods", "plain,lmd:fast"])).ok();
    assert!(out.contains("suite tiny: 2 prompts, 2 pictures each") && out.contains("lmd:fast"), "{out}");
    assert!(out.contains("layouts: offline"), "{out}");
    let page = fs::read_to_string(home.path("out/report.html")).unwrap();
    assert!(page.contains("A &lt;tiny&gt; suite") && !page.contains("<tiny>"));
    assert_eq!(page.matches("data:image/png;base64,").count(), 8);
    // Other thresholds read the same pictures and detections anew.
    let before = files(&home.path("out/detections"));
    let ran =
        home.run(&with(&["-o", "out", "--limit", "2", "--methods", "plain,lmd:fast", "--threshold", "0.9"]));
    assert_eq!(ran.err.matches("(drawn before)").count(), 8, "{}", ran.err);
    assert_eq!(files(&home.path("out/detections")), before);
}

#[test]
fn ablations_are_one_table() {
    let home = home();
    let sam = nn_data("sam");
    let mut args = with(&["-o", "out", "--limit", "1", "--sam", sam.to_str().unwrap()]);
    args[1] = "ablations";
    args.retain(|arg| *arg != "--seeds=2");
    let out = home.run(&args).ok();
    for row in [
        "plain",
        "lmd",
        "lmd with SAM masks",
        "lmd without transfer",
        "lmd without composed latents",
        "lmd without guidance",
        "gligen",
        "lmd_plus",
    ] {
        assert!(out.lines().any(|line| line.starts_with(&format!("{row} "))), "{row}: {out}");
    }
    let scores = report(&home, "out")["scores"].as_array().unwrap().len();
    assert_eq!(files(&home.path("out/pictures")), 2 * scores, "every row draws pictures of its own");
}

/// Two detectors look at the same pictures: the bundled one, and a small random OWL-ViT.
#[test]
fn several_detectors_are_columns_of_their_own() {
    let home = home();
    copy_owl(&home, "owlvit");
    let args = with(&["-o", "out", "--limit", "1", "--methods", "plain", "--detectors", "bundled,owlvit"]);
    let out = home.run(&args).ok();
    assert!(out.contains("plain, bundled ") && out.contains("plain, owlvit "), "{out}");
    let report = report(&home, "out");
    let thresholds: Vec<f64> =
        report["scores"].as_array().unwrap().iter().map(|s| s["threshold"].as_f64().unwrap()).collect();
    assert!((thresholds[0] - 0.35).abs() < 1e-6 && (thresholds[1] - 0.15).abs() < 1e-6, "{thresholds:?}");
    // Two seeds, one picture each, looked at twice.
    assert_eq!((files(&home.path("out/pictures")), files(&home.path("out/detections"))), (4, 4));
}

#[test]
fn what_cannot_be_measured_is_told_before_anything_is_drawn() {
    let home = home();
    let told = |more: &[&str], code| home.run(&with(more)).failed(code);
    assert!(told(&["--methods", "lmdd"], 2).contains("lmd"));
    assert!(told(&["--methods", "lmd:slow"], 2).contains("lmd:fast"));
    assert!(told(&["--methods", "lmd,lmd"], 2).contains("twice"));
    assert!(told(&["--suite", "nowhere"], 2).contains("geneval"));
    assert!(told(&["--models", "nowhere"], 4).contains("nowhere"));
    assert!(told(&["--detectors", "nowhere"], 2).contains("no folder"));
    // Most of GenEval's classes are unknown to the bundled detector.
    let unknown = told(&["--suite", "geneval"], 2);
    assert!(unknown.contains("\"a photo of a bench\"") && unknown.contains("--skip-unknown"), "{unknown}");
    home.write("broken.jsonl", "{\"suite\": \"x\"}\n{}\n");
    assert!(told(&["--suite", "broken.jsonl"], 2).contains("line 2"));
    assert!(!home.path("lmd-bench-tiny").exists() && !home.path("lmd-bench-geneval").exists());
}

#[test]
fn layouts_are_taken_from_recorded_answers() {
    let home = home();
    let answer = |boxes: &str| {
        format!("Objects: [{boxes}]\nBackground prompt: A realistic image of a road\nNegative prompt: ")
    };
    let answers = serde_json::json!({
        "a scene with one car": [answer("('a blue car', [50, 250, 200, 150])")],
        "a scene with a red dog": [answer("('a red dog', [300, 250, 150, 200])")],
    });
    home.write("answers.json", &answers.to_string());
    let arguments = |more: &[&'static str]| -> Vec<&'static str> {
        let own = SMALL.iter().copied().filter(|word| !matches!(*word, "--planners" | "offline"));
        own.chain(["--answers", "answers.json", "-o", "run"]).chain(more.iter().copied()).collect()
    };
    home.run(&arguments(&["--methods", "plain,lmd"])).ok();
    let layouts: Vec<String> = fs::read_dir(home.path("run").join("layouts"))
        .unwrap()
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert_eq!(layouts.len(), 3, "{layouts:?}");
    assert!(layouts.iter().any(|layout| layout.contains("a blue car")), "{layouts:?}");
    // What nobody recorded is a prompt without a layout, and not one that somebody else planned.
    assert!(
        layouts.iter().any(|layout| layout.contains("without cats") && layout.contains("answers.json")),
        "{layouts:?}"
    );
    let told = home.run(&[&arguments(&[])[..], &["--planners", "offline"]].concat()).failed(2);
    assert!(told.contains("--answers"), "{told}");
}
