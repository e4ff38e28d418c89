//! Help, versions, completions, doctor.

use super::Home;

#[test]
fn help_is_as_recorded() {
    let home = Home::new();
    insta::assert_snapshot!("help", home.run(&["--help"]).ok());
    insta::assert_snapshot!("help_generate", home.run(&["generate", "--help"]).ok());
    insta::assert_snapshot!("help_layout", home.run(&["layout", "--help"]).ok());
    insta::assert_snapshot!("help_bench_layouts", home.run(&["bench", "layouts", "--help"]).ok());
}

#[test]
fn wrong_arguments_are_usage_errors() {
    let home = Home::new();
    assert!(home.run(&["layuot", "x"]).failed(2).contains("layout"));
    home.run(&[]).failed(2);
    home.run(&["layout"]).failed(2);
    home.run(&["layout", "x", "--json", "--text"]).failed(2);
    assert!(home.run(&["--version"]).ok().starts_with("lmd "));
}

#[test]
fn every_shell_gets_completions() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = home.run(&["completions", shell]).ok();
        assert!(script.contains("from-answer"), "{shell}");
    }
}

#[test]
fn the_doctor_finds_files_and_never_tells_the_key() {
    let home = Home::new();
    home.write("lmd.toml", "planner = \"offline\"\n");
    let mut command = home.lmd(&["doctor", "--json"]);
    command
        .env("LMD_LLM_KEY", "sk-never-shown")
        .env("LMD_LLM_MODEL", "m")
        .env("LMD_LLM_URL", "http://127.0.0.1:1");
    let ran = super::ran(command);
    assert!(!ran.err.contains("never-shown"), "{}", ran.err);
    // A language model that is set up and cannot be reached is trouble.
    assert_eq!(ran.code, 3, "{}", ran.err);
    let out = ran.out;
    assert!(!out.contains("never-shown"));
    assert!(!home.path("cache").exists(), "a diagnosis makes nothing");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["llm"]["key_present"], true);
    assert_eq!(report["llm"]["reachable"], false);
    assert_eq!(report["cache"]["writable"], true);
    assert!(report["config_files"][0].as_str().unwrap().ends_with("lmd.toml"));
}

#[test]
fn the_doctor_reports_a_broken_configuration() {
    let home = Home::new();
    home.write("lmd.toml", "plannr = \"offline\"\n");
    let ran = home.run(&["doctor"]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("did you mean `planner`?"), "{}", ran.out);
    assert!(home.run(&["--config", "/dev/null", "doctor"]).ok().contains("not set up"));
}
