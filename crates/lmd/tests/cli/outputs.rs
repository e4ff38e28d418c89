//! Results: under which names, with which rights, and what they never overwrite.

use std::fs;

use crate::{Home, LAYOUT, QUICK};

fn draw(home: &Home, more: &[&str]) -> crate::Ran {
    home.run(&[&["draw", "l.json", "-s", "1"], more, &QUICK[..]].concat())
}

#[test]
fn a_picture_is_not_lost_to_a_drawing_of_its_layout() {
    let home = Home::with_layout();
    draw(&home, &["-o", "a.png"]).ok();
    let picture = fs::read(home.path("a.png")).unwrap();
    assert_eq!(home.run(&["show", "a.png", "-o", "a.png"]).ok(), "a-2.png\n");
    let told = home.run(&["show", "a.png", "-o", "a.png", "--overwrite"]).failed(2);
    assert!(told.contains("a.png was read"), "{told}");
    let told = home.run(&["draw", "--from", "a.png", "-o", "./a.png", "--overwrite"]).failed(2);
    assert!(told.contains("was read"), "{told}");
    assert_eq!(fs::read(home.path("a.png")).unwrap(), picture);
    // The same for layouts.
    let edit = ["layout", "--edit", "l.json", "remove the car", "--planner", "offline", "-o", "l.json"];
    assert_eq!(home.run(&edit).ok(), "l-2.json\n");
    home.run(&[&edit[..], &["--overwrite"]].concat()).failed(2);
    assert_eq!(fs::read_to_string(home.path("l.json")).unwrap(), LAYOUT);
}

#[cfg(unix)]
#[test]
fn what_was_read_in_any_way_is_not_overwritten() {
    let home = Home::with_layout();
    draw(&home, &["-o", "a.png"]).ok();
    home.write("lmd.toml", "[draw]\nsteps = 1\n");
    home.write("lora.png", "weights");
    let shell = |script: &str| {
        let mut shell = assert_cmd::Command::new("sh");
        let script = script.replace("lmd", &format!("'{}'", env!("CARGO_BIN_EXE_lmd")));
        shell.args(["-c", &script]).current_dir(home.0.path()).env("HOME", home.0.path());
        crate::ran(shell)
    };
    let before = ["a.png", "l.json", "lmd.toml", "lora.png"].map(|name| fs::read(home.path(name)).unwrap());
    for told in [
        shell("lmd show - -o a.png --overwrite < a.png").failed(2),
        shell("lmd layout --edit - 'remove the car' --planner offline -o l.json --overwrite < l.json")
            .failed(2),
        home.run(&["layout", "a cat", "--planner", "offline", "--svg", "lmd.toml", "--overwrite"]).failed(2),
        draw(&home, &["--lora", "lora.png", "-o", "lora.png", "--overwrite"]).failed(2),
        draw(&home, &["--lora", "lora.png@0.5", "-o", "lora.png", "--overwrite"]).failed(2),
    ] {
        assert!(told.contains("was read"), "{told}");
    }
    home.write("c.svg", "[draw]\nsteps = 1\n");
    let args =
        ["layout", "a cat", "--planner", "offline", "--config", "c.svg", "--svg", "c.svg", "--overwrite"];
    assert!(home.run(&args).failed(2).contains("was read"));
    let after = ["a.png", "l.json", "lmd.toml", "lora.png"].map(|name| fs::read(home.path(name)).unwrap());
    assert!(before == after && fs::read_to_string(home.path("c.svg")).unwrap().starts_with("[draw]"));
}

#[test]
fn an_object_that_is_left_out_is_told() {
    let home = Home::with_layout();
    home.write("zero", r#"{"objects":[{"caption":"a cat","box":[0.5,0.1,0,0.3]},{"caption":"a dog","box":[0.1,0.1,0.3,0.3]}],"background":"a beach"}"#);
    let args = [&["draw", "zero", "-s", "1", "-o", "z.png"][..], &QUICK[..]].concat();
    let ran = home.run(&args);
    assert!(ran.err.contains("\"a cat\" was left out"), "{}", ran.err);
    ran.ok();
    let strict = [&["draw", "zero", "-s", "1", "-o", "strict.png", "--strict"][..], &QUICK[..]].concat();
    assert!(home.run(&strict).failed(6).contains("left out"));
    let edit = home.run(&["layout", "--edit", "zero", "remove the dog", "--planner", "offline"]);
    assert!(edit.err.contains("\"a cat\" was left out"), "{}", edit.err);
}

#[test]
fn every_command_keeps_what_is_there() {
    let home = Home::with_layout();
    for name in ["x.png", "n-1.png", "y.json", "z.svg"] {
        home.write(name, "mine");
    }
    let ran = draw(&home, &["-o", "x.png"]);
    assert!(ran.err.contains("x.png is there already") && ran.err.contains("--overwrite"), "{}", ran.err);
    assert_eq!(ran.ok(), "x-2.png\n");
    assert_eq!(draw(&home, &["-n", "2", "-o", "n.png"]).ok(), "n-1-2.png\nn-2.png\n");
    let layout = ["layout", "a cat", "--planner", "offline", "-o", "y.json", "--svg", "z.svg"];
    assert_eq!(home.run(&layout).ok(), "z-2.svg\ny-2.json\n");
    let out = home
        .run_with(&["chat", "--layout", "l.json", "--planner", "offline"], "/save y.json\n/save l.json\n")
        .ok();
    assert!(out.ends_with("y-3.json\nl-2.json\n"), "{out}");
    for name in ["x.png", "n-1.png", "y.json", "z.svg"] {
        assert_eq!(fs::read_to_string(home.path(name)).unwrap(), "mine", "{name}");
    }
    assert_eq!(draw(&home, &["-o", "x.png", "--overwrite"]).ok(), "x.png\n");
    assert!(fs::read(home.path("x.png")).unwrap().starts_with(b"\x89PNG"));
    assert_eq!(home.run(&[&layout[..], &["--overwrite"]].concat()).ok(), "z.svg\ny.json\n");
}

#[test]
fn places_are_tried_before_the_work() {
    let home = Home::with_layout();
    fs::create_dir(home.path("folder.png")).unwrap();
    // Planning would be told on stdout or stderr.
    for (args, part) in [
        (&["generate", "a cat", "-o", "folder.png"][..], "is a folder"),
        (&["generate", "a cat", "-o", "l.json/a.png"], "no folder"),
        (&["layout", "a cat", "-o", "no/such/folder/a.json"], "no folder"),
        (&["layout", "a cat", "--png", "folder.png"], "is a folder"),
        (&["layout", "a cat", "--svg", "-", "--png", "-"], "one thing"),
        (&["layout", "a cat", "--svg", "-", "--json"], "one thing"),
        (&["show", "l.json", "-o", "folder.png"], "is a folder"),
    ] {
        let told = home.run(args).failed(2);
        assert!(told.contains(part) && !told.contains("planning"), "{args:?}: {told}");
    }
    let long = format!("{}.png", "x".repeat(300));
    assert!(draw(&home, &["-o", &long]).failed(1).contains("too long"));
}

#[test]
fn names_of_long_prompts_fit() {
    let home = Home::with_layout();
    let prompt = "\u{20000}".repeat(80);
    let out = home
        .run(&[&["draw", "l.json", "-s", "18446744073709551615", "--prompt", &prompt], &QUICK[..]].concat())
        .ok();
    assert!(out.ends_with("-18446744073709551615.png\n") && out.len() < 256, "{out}");
    assert!(home.path(out.trim()).is_file());
}

#[cfg(unix)]
#[test]
fn rights_and_links_are_respected() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let home = Home::with_layout();
    let mode = |name: &str| fs::metadata(home.path(name)).unwrap().permissions().mode() & 0o777;
    let lmd = env!("CARGO_BIN_EXE_lmd");
    let script = format!("umask 077; '{lmd}' -q layout 'a cat' --planner offline -o private.json");
    let mut shell = assert_cmd::Command::new("sh");
    shell.args(["-c", &script]).current_dir(home.0.path()).env("HOME", home.0.path());
    crate::ran(shell).ok();
    assert_eq!(mode("private.json"), 0o600);

    home.write("old.json", "old");
    fs::set_permissions(home.path("old.json"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("old.json", home.path("link.json")).unwrap();
    let args = ["layout", "a cat", "--planner", "offline", "-o", "link.json", "--overwrite"];
    assert_eq!(home.run(&args).ok(), "link.json\n");
    assert!(fs::symlink_metadata(home.path("link.json")).unwrap().is_symlink());
    assert!(fs::read_to_string(home.path("old.json")).unwrap().contains("a cat"));
    assert_eq!(mode("old.json"), 0o640);
    let names: Vec<_> = fs::read_dir(home.0.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().starts_with(".lmd-")), "{names:?}");
}

#[cfg(unix)]
#[test]
fn pipes_are_written_to_as_they_are() {
    let home = Home::with_layout();
    let lmd = env!("CARGO_BIN_EXE_lmd");
    let script = format!(
        "mkfifo p.svg && (cat p.svg > read.svg &) && '{lmd}' -q layout 'a cat' --planner offline -o p.svg && sleep 1"
    );
    let mut shell = assert_cmd::Command::new("sh");
    shell.args(["-c", &script]).current_dir(home.0.path()).env("HOME", home.0.path());
    assert_eq!(crate::ran(shell).ok(), "p.svg\n");
    assert!(fs::read_to_string(home.path("read.svg")).unwrap().starts_with("<svg"));
    assert_eq!(home.run(&["layout", "a cat", "--planner", "offline", "-o", "/dev/null"]).code, 2);
}

#[test]
fn a_name_that_nobody_gave_is_in_nobodys_way() {
    let home = Home::with_layout();
    draw(&home, &["-o", "picture.png"]).ok();
    let again = ["draw", "--from", "picture.png", "--overwrite", "-s", "7"];
    let out = home.run(&[&again[..], &QUICK[..]].concat()).ok();
    assert!(out.ends_with("-7.png\n") && home.path(out.trim()).is_file(), "{out}");
    // It would have the name of the picture that was read: told before it is drawn.
    let out = out.trim();
    let told = home.run(&[&["draw", "--from", out, "--overwrite"], &QUICK[..]].concat()).failed(2);
    assert!(told.contains("was read") && !told.contains("seed"), "{told}");
}

#[test]
fn two_results_of_one_name_are_refused_before_the_work() {
    let home = Home::new();
    let args = ["layout", "a cat", "--svg", "a.svg", "-o", "./a.svg"];
    let told = home.run(&[&args[..], &["--overwrite"]].concat()).failed(2);
    assert!(told.contains("two results") && !told.contains("planning"), "{told}");
    assert_eq!(home.run(&args).ok(), "a.svg\n./a-2.svg\n");
}

#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_reads_is_told() {
    let home = Home::new();
    assert!(std::process::Command::new("mkfifo").arg(home.path("p.svg")).status().unwrap().success());
    let told = home.run(&["layout", "a cat", "--planner", "offline", "-o", "p.svg"]).failed(1);
    assert!(told.contains("no program reads the pipe p.svg"), "{told}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_stdout_that_is_closed_is_an_error() {
    let home = Home::new();
    for closed in [">&-", "<&- >&-", "1</dev/null"] {
        let script =
            format!("'{}' -q layout 'a cat' --planner offline --json {closed}", env!("CARGO_BIN_EXE_lmd"));
        let mut shell = assert_cmd::Command::new("bash");
        shell.args(["-c", &script]).current_dir(home.0.path()).env("HOME", home.0.path());
        let told = crate::ran(shell).failed(1);
        assert!(told.contains("cannot write to stdout"), "{closed}: {told}");
    }
    let mut whole = home.lmd(&["layout", "a cat", "--planner", "offline", "--json"]);
    whole.timeout(std::time::Duration::from_secs(60));
    crate::ran(whole).ok();
}

#[cfg(unix)]
#[test]
fn what_is_waited_for_for_ever_is_not_read() {
    let home = Home::with_layout();
    assert!(std::process::Command::new("mkfifo").arg(home.path("pipe.json")).status().unwrap().success());
    for args in [
        &["draw", "pipe.json"][..],
        &["show", "pipe.json"],
        &["draw", "--from", "pipe.json"],
        &["layout", "--edit", "pipe.json", "x"],
        &["--config", "pipe.json", "layout", "a cat"],
    ] {
        assert!(home.run(args).failed(2).contains("named pipe"), "{args:?}");
    }
}
