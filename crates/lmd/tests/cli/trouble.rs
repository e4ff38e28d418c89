//! What goes wrong: told in time, by its name, with its code, and harmless to a terminal.

use std::fs;

use crate::{Home, LAYOUT, QUICK, ran};

#[test]
fn formats_of_gpus_are_refused_wherever_they_are_set() {
    let home = Home::with_layout();
    for dtype in ["f16", "bf16"] {
        let told = home.run(&["generate", "a cat", "--dtype", dtype]).failed(2);
        assert!(
            told.contains("for GPUs") && !told.contains("panicked") && !told.contains("planning"),
            "{told}"
        );
        let mut command = home.lmd(&["models", "verify"]);
        command.env("LMD_DTYPE", dtype);
        assert!(ran(command).failed(2).contains("for GPUs"));
    }
    home.write("lmd.toml", "dtype = \"f16\"\n");
    assert!(home.run(&["draw", "l.json"]).failed(2).contains("for GPUs"));
    assert_eq!(home.run(&["doctor"]).code, 4);
}

#[test]
fn settings_are_checked_before_a_model_is_asked() {
    let home = Home::with_layout();
    // Nobody listens there: whoever asked would be told so, with 3.
    let asked =
        ["generate", "a cat", "--planner", "llm", "--llm-url", "http://127.0.0.1:1", "--llm-model", "m"];
    for (more, part) in [
        (&["--steps", "0"][..], "flag --steps: draw.steps is 0; it must be 1 to 1000"),
        (&["--steps", "9223372036854775807"], "draw.steps is 9223372036854775807"),
        (&["--cfg-scale", "nan"], "draw.cfg_scale is NaN"),
        (&["-W", "520"], "flag --width: draw.width is 520; both sides must be multiples of 64"),
        (&["-H", "100"], "flag --height: draw.height is 100;"),
        (&["--lora", "no.safetensors@x"], "strength"),
        (&["-o", "no/a.png"], "no folder"),
        (&["--lora", "no.safetensors"], "no.safetensors"),
    ] {
        let ran = home.run(&[&asked[..], more].concat());
        assert!(ran.err.contains(part) && !ran.err.contains("127.0.0.1"), "{more:?}: {}", ran.err);
        assert!([2, 4].contains(&ran.code), "{more:?}");
    }
    // Every command that reads the configuration.
    home.write("lmd.toml", "[draw.lmd]\nfrozen_step_ratio = 5.0\n");
    for args in [&["config", "show"][..], &["layout", "a cat"], &["models", "list"], &["draw", "l.json"]] {
        let told = home.run(args).failed(2);
        assert!(told.contains("lmd.toml: draw.lmd.frozen_step_ratio is 5;"), "{args:?}: {told}");
    }
    assert!(home.run(&["doctor"]).out.contains("frozen_step_ratio"));
}

/// Builds with the feature look at the file, others say how to build with it.
#[test]
fn a_language_model_s_file_that_cannot_be_run_is_told() {
    let home = Home::with_layout();
    home.write("bad.gguf", "GGUF, but no more");
    let told = home.run(&["layout", "a cat", "--llm", "bad.gguf"]).failed(3);
    let expected = if cfg!(feature = "local-llm") { "bad.gguf: " } else { "--features local-llm" };
    assert!(told.contains(expected) && !told.contains("panicked"), "{told}");
    let doctor = home.run(&["doctor", "--llm", "bad.gguf"]);
    assert!(doctor.out.contains("bad.gguf: the file is GGUF of version"), "{}", doctor.out);
    assert_eq!(doctor.code, 3);
    assert_eq!(home.run(&["layout", "a cat", "--llm", "a.gguf", "--llm-url", "http://localhost"]).code, 2);
}

#[test]
fn a_recipes_absurd_numbers_are_refused() {
    let home = Home::with_layout();
    home.run(&[&["draw", "l.json", "-s", "1", "-o", "a.png"], &QUICK[..]].concat()).ok();
    let png = fs::read(home.path("a.png")).unwrap();
    for (from, to, part) in [
        ("\"width\":64", "\"width\":9223372036854775808", "recipe"),
        ("\"steps\":1,", "\"steps\":9223372036854775807,", "draw.steps is"),
        ("\"steps\":1,", "\"steps\":1000000000,", "draw.steps is"),
        ("\"version\":1,", "\"version\":1,\"more\":2,", "more"),
    ] {
        fs::write(home.path("b.png"), with_changed_recipe(&png, from, to)).unwrap();
        let told = home.run(&["draw", "--from", "b.png", "-o", "c.png"]).failed(2);
        assert!(told.contains(part), "{to}: {told}");
    }
}

/// A PNG whose chunk `lmd` says something else; the checksums are right.
fn with_changed_recipe(png: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_ignore_text_chunk(false);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let info = reader.info();
    let text = info.utf8_text.iter().find(|chunk| chunk.keyword == "lmd").unwrap().get_text().unwrap();
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text, "{from}");
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, info.width, info.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.add_itxt_chunk("lmd".to_owned(), changed).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    bytes
}

#[test]
fn strict_makes_warnings_errors() {
    let home = Home::with_layout();
    let twice = LAYOUT.replace("}],", "}, {\"caption\": \"a red car\", \"box\": [0.1, 0.4, 0.5, 0.4]}],");
    home.write("doubt.json", &twice);
    let args = [&["draw", "doubt.json", "-o", "a.png"], &QUICK[..]].concat();
    let told = home.run(&[&args[..], &["--strict"]].concat()).failed(6);
    assert!(told.contains("repeats"), "{told}");
    assert!(!home.path("a.png").exists());
    let told = home.run(&[&args[..], &["--strict", "-q"]].concat()).failed(6);
    assert!(told.contains("repeats"), "{told}");
    let ran = home.run(&args);
    assert!(ran.err.contains("warning: ") && ran.err.contains("repeats"), "{}", ran.err);
    ran.ok();
    // An unknown variable, too.
    let mut command = home.lmd(&["layout", "a cat", "--planner", "offline", "--strict"]);
    command.env("LMD_STEPS", "3");
    assert!(ran_failed(command, 6).contains("did you mean LMD_DRAW_STEPS?"));
}

fn ran_failed(command: assert_cmd::Command, code: i32) -> String {
    ran(command).failed(code)
}

#[test]
fn nothing_from_outside_commands_the_terminal() {
    let home = Home::with_layout();
    home.write("lmd.toml", "model = \"\\u001b]0;own\\u0007\\u202e\"\n[llm]\nmodel = \"\\u001b[31mred\"\nurl = \"http://127.0.0.1:1\"\n");
    let evil = |text: &str| text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}');
    for args in [
        &["doctor"][..],
        &["doctor", "--json"],
        &["config", "show", "--origin"],
        &["config", "show"],
        &["draw", "l.json"],
        &["layout", "a cat"],
        &["draw", "\u{1b}]0;x\u{7}.json"],
        &["models", "info", "\u{9b}31m"],
    ] {
        let ran = home.run(args);
        assert!(!evil(&ran.out) && !evil(&ran.err), "{args:?}: {}{}", ran.out, ran.err);
    }
    let mut command = home.lmd(&["--config", "/dev/null", "doctor"]);
    command.env("LMD_DEVICE", "\u{1b}]52;c;eA==\u{7}");
    let told = ran(command);
    assert!(!evil(&told.out) && !evil(&told.err), "{}{}", told.out, told.err);
}

#[test]
fn text_of_other_editors_is_read() {
    let home = Home::with_layout();
    home.write("bom.json", &format!("\u{feff}{LAYOUT}"));
    let utf16: Vec<u8> = format!("\u{feff}{LAYOUT}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(home.path("utf16.json"), utf16).unwrap();
    for name in ["bom.json", "utf16.json"] {
        let args = ["layout", "--edit", name, "remove the car", "--planner", "offline", "--json"];
        assert!(home.run(&args).ok().contains("a beach"), "{name}");
    }
    let out = home.run_with(&["layout", "-", "--planner", "offline", "--json"], "\u{feff}a red car\n").ok();
    assert!(out.contains("\"a red car\""), "{out}");
}

#[test]
fn a_picture_is_a_layout_everywhere() {
    let home = Home::with_layout();
    home.run(&[&["draw", "l.json", "-s", "1", "-o", "a.png"], &QUICK[..]].concat()).ok();
    let out = home.run_with(&["chat", "--layout", "a.png", "--planner", "offline"], "/json\n").ok();
    assert!(out.contains("a red car"), "{out}");
    let args = ["layout", "--edit", "a.png", "move the car to the left", "--planner", "offline", "--json"];
    assert!(home.run(&args).ok().contains("a red car"));
    let mut command = home.lmd(&[&["draw", "-", "-s", "1", "-o", "b.png"], &QUICK[..]].concat());
    command.write_stdin(fs::read(home.path("a.png")).unwrap());
    ran(command).ok();
    assert!(fs::read(home.path("a.png")).unwrap() == fs::read(home.path("b.png")).unwrap());
}

#[test]
fn side_by_side_is_drawn_again_as_it_was() {
    let home = Home::with_layout();
    let quick = ["--preset", "fast", "--steps", "2", "-W", "64", "-H", "64"];
    home.run(&[&["draw", "l.json", "-s", "1", "--side-by-side", "-o", "both.png"], &quick[..]].concat()).ok();
    assert!(home.run(&["show", "both.png"]).ok().contains("plain on the left"));
    home.run(&["draw", "--from", "both.png", "-o", "again.png"]).ok();
    assert!(fs::read(home.path("both.png")).unwrap() == fs::read(home.path("again.png")).unwrap());
}

#[test]
fn another_model_is_told() {
    let home = Home::with_layout();
    home.run(&[&["draw", "l.json", "-s", "1", "-o", "a.png"], &QUICK[..]].concat()).ok();
    let png = fs::read(home.path("a.png")).unwrap();
    let changed = with_changed_recipe(&png, "\"weights\":[[\"", "\"weights\":[[\"other/");
    fs::write(home.path("same.png"), changed).unwrap();
    assert!(!home.run(&["draw", "--from", "same.png", "-o", "b.png"]).err.contains("another picture"));
    let start = png.windows(10).position(|w| w == b"\"weights\":").unwrap();
    let text = String::from_utf8_lossy(&png[start..start + 300]).into_owned();
    let digest = text.split('"').find(|part| part.len() == 64).unwrap().to_owned();
    let changed = with_changed_recipe(&png, &digest, &"0".repeat(64));
    fs::write(home.path("other.png"), changed).unwrap();
    let told = home.run(&["draw", "--from", "other.png", "-o", "c.png"]);
    assert!(told.err.contains("another picture"), "{}", told.err);
    told.ok();
}

#[test]
fn what_the_network_was_said_to_predict_is_drawn_again() {
    let home = Home::with_layout();
    let draw = |said: &str, arguments: &[&str]| {
        let mut command = home.lmd(arguments);
        command.env("LMD_PREDICTION_TYPE", said);
        ran(command)
    };
    draw("v_prediction", &[&["draw", "l.json", "-s", "1", "-o", "v.png"], &QUICK[..]].concat()).ok();
    let again = home.run(&["draw", "--from", "v.png", "-o", "again.png"]);
    assert!(!again.err.contains("another picture"), "{}", again.err);
    again.ok();
    assert!(fs::read(home.path("v.png")).unwrap() == fs::read(home.path("again.png")).unwrap());
    home.run(&[&["draw", "l.json", "-s", "1", "-o", "own.png"], &QUICK[..]].concat()).ok();
    let told = draw("v_prediction", &["draw", "--from", "own.png", "-o", "other.png"]);
    assert!(told.err.contains("what its files say") && told.err.contains("v_prediction"), "{}", told.err);
    told.ok();
}

#[test]
fn a_sentence_where_a_file_belongs_is_understood() {
    let home = Home::with_layout();
    let told = home.run(&["draw", "a cat"]).failed(2);
    assert!(told.contains("lmd generate"), "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_that_runs_out_is_told() {
    let home = Home::with_layout();
    let lmd = env!("CARGO_BIN_EXE_lmd");
    for kib in [400_000, 250_000, 150_000] {
        let script = format!("ulimit -v {kib}; exec '{lmd}' draw l.json --steps 1 -o a.png");
        let mut shell = assert_cmd::Command::new("bash");
        shell.args(["-c", &script]).current_dir(home.0.path()).env("HOME", home.0.path());
        let told = ran(shell);
        assert_eq!(told.code, 5, "{kib}: {}", told.err);
        assert!(told.err.contains("memory") && !told.err.contains("panicked"), "{kib}: {}", told.err);
    }
    assert!(!home.path("a.png").exists());
}

#[test]
fn seeds_are_random_when_asked_for() {
    let home = Home::with_layout();
    let draw = || home.run(&[&["draw", "l.json", "-s", "-1"], &QUICK[..]].concat());
    assert_ne!(draw().ok(), draw().ok());
    let told = home.run(&["draw", "l.json", "-s", "-2"]).failed(2);
    assert!(told.contains("-1"), "{told}");
    home.run(&["draw", "l.json", "--method", "lmd+", "--steps", "0"]).failed(2);
}

#[test]
fn one_bad_line_does_not_end_a_conversation() {
    let home = Home::with_layout();
    let mut command = home.lmd(&["chat", "--layout", "l.json", "--planner", "offline"]);
    let mut script = b"\x80\x81\n".to_vec();
    script.extend(vec![b'x'; 1 << 20]);
    script.extend(b"\n/save a.json\n");
    command.write_stdin(script);
    let told = ran(command);
    assert_eq!(told.code, 2, "{}", told.err);
    assert!(told.err.contains("more than") && home.path("a.json").is_file(), "{}", told.err);
}
