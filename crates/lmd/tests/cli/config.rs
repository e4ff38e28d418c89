//! Configuration: precedence, origins, errors.

use super::{Home, ran};

const SHOW: [&str; 3] = ["config", "show", "--origin"];

/// The line of a setting, with single blanks.
fn line(text: &str, key: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(&format!("{key} ="))).unwrap();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn each_layer_beats_the_one_below() {
    let home = Home::new();
    let model = |home: &Home, variable: Option<&str>| {
        let mut command = home.lmd(&SHOW);
        if let Some(value) = variable {
            command.env("LMD_LLM_MODEL", value);
        }
        line(&ran(command).ok(), "llm.model")
    };
    assert_eq!(model(&home, None), "llm.model = \"\" # default");
    home.write("config/lmd/lmd.toml", "[llm]\nmodel = \"user\"\ntemperature = 0.5\n");
    assert!(model(&home, None).starts_with("llm.model = \"user\" # user file"));
    home.write("lmd.toml", "[llm]\nmodel = \"project\"\n");
    assert!(model(&home, None).starts_with("llm.model = \"project\" # project file"));
    assert_eq!(model(&home, Some("env")), "llm.model = \"env\" # variable LMD_LLM_MODEL");
    let named = home.write("other.toml", "[llm]\nmodel = \"named\"\n");
    let out = home.run(&["--config", named.to_str().unwrap(), "config", "show", "--origin"]).ok();
    assert!(line(&out, "llm.model").starts_with("llm.model = \"named\" # file"));
    assert_eq!(line(&out, "llm.temperature"), "llm.temperature = 0.25 # default");
}

#[test]
fn a_flag_beats_everything() {
    let home = Home::new();
    home.write("lmd.toml", "planner = \"llm\"\n");
    home.run(&["layout", "a cat"]).failed(3);
    home.run(&["layout", "a cat", "--planner", "offline"]).ok();
}

#[test]
fn a_variable_beats_a_table_of_a_file() {
    let home = Home::new();
    home.write("lmd.toml", "[llm.options]\ntop_k = 3\nseed = 1\n");
    let shown = home.run(&SHOW).ok();
    assert!(
        line(&shown, "llm.options").starts_with("llm.options = { seed = 1, top_k = 3 } # project"),
        "{shown}"
    );
    let mut command = home.lmd(&SHOW);
    command.env("LMD_LLM_OPTIONS", "{ top_k = 7 }");
    assert_eq!(
        line(&ran(command).ok(), "llm.options"),
        "llm.options = { top_k = 7 } # variable LMD_LLM_OPTIONS"
    );
}

#[test]
fn the_nearest_project_file_counts() {
    let home = Home::new();
    home.write("lmd.toml", "planner = \"llm\"\n");
    home.write("sub/deep/x", "");
    let mut command = home.lmd(&SHOW);
    command.current_dir(home.path("sub/deep"));
    assert!(line(&ran(command).ok(), "planner").starts_with("planner = \"llm\" # project file"));
}

#[test]
fn what_is_shown_can_be_read_back() {
    let home = Home::new();
    let shown = home.run(&["config", "show"]).ok();
    home.write("lmd.toml", &shown);
    assert_eq!(home.run(&["config", "show"]).ok(), shown);
}

#[test]
fn errors_name_file_line_key_and_the_nearest_key() {
    let home = Home::new();
    home.write("lmd.toml", "planner = \"offline\"\n\n[llm]\nmodle = \"m\"\n");
    let error = home.run(&["layout", "a cat"]).failed(2);
    for part in ["lmd.toml:4", "modle", "did you mean `model`?"] {
        assert!(error.contains(part), "{error}");
    }
    home.write("lmd.toml", "[llm]\nmax_tokens = \"many\"\n");
    let error = home.run(&["layout", "a cat"]).failed(2);
    assert!(error.contains("lmd.toml:2: `llm.max_tokens`"), "{error}");
    home.write("lmd.toml", "");
    let mut command = home.lmd(&["layout", "a cat"]);
    command.env("LMD_LLM_MAX_TOKENS", "many");
    assert!(ran(command).failed(2).contains("variable LMD_LLM_MAX_TOKENS"));
    home.run(&["--config", "missing.toml", "config", "show"]).failed(2);
}
