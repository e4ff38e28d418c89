//! What the documents list is what the registry holds.
#![allow(clippy::unwrap_used)] // helpers of tests

use std::path::Path;

use lmd_diffusion::{DrawConfig, Registry};

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)).unwrap()
}

/// The rows of a table whose header has these first cells; cells without code marks.
fn table(page: &str, header: &str) -> Vec<Vec<String>> {
    let rows = page.lines().skip_while(|line| !line.starts_with(header)).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let cells = |row: &str| -> Vec<String> {
        row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    };
    rows.map(cells).collect()
}

#[test]
fn the_page_of_samplers_lists_them_all() {
    let listed = table(&page("samplers.md"), "| name | what it is |");
    let known: Vec<_> = Registry::shared().samplers().collect();
    assert_eq!(
        listed.len(),
        known.len(),
        "a sampler is missing in docs/samplers.md, or one too many is there"
    );
    for (row, sampler) in listed.iter().zip(known) {
        let expected = (sampler.name, sampler.infotext, sampler.least_steps.to_string());
        assert_eq!((row[0].as_str(), row[3].as_str(), row[4].clone()), expected);
    }
}

#[test]
fn the_page_of_methods_lists_them_all_with_their_settings() {
    let text = page("methods.md");
    let listed = table(&text, "| name | what it does |");
    for method in Registry::shared().methods() {
        let row = listed.iter().find(|row| row[0] == method.name());
        let row = row.unwrap_or_else(|| unreachable!("{} is missing in docs/methods.md", method.name()));
        assert_eq!(row[1], method.summary());
    }
    assert_eq!(listed.len(), Registry::shared().methods().count());
    // Every table of settings, with every default.
    let config = serde_json::to_value(DrawConfig::default()).unwrap();
    for spec in Registry::shared().settings() {
        assert!(text.contains(&format!("[draw.{}]", spec.name)), "{} has no table", spec.name);
        for (name, value) in config[spec.name].as_object().unwrap() {
            assert!(text.contains(&format!("{name} = {value}")), "{}.{name} = {value}", spec.name);
        }
    }
}

#[test]
fn the_schema_names_every_entry_and_every_table() {
    let schema = serde_json::to_value(schemars::schema_for!(DrawConfig)).unwrap();
    let properties = &schema["properties"];
    for method in Registry::shared().methods() {
        assert!(properties["method"]["enum"].as_array().unwrap().iter().any(|name| name == method.name()));
    }
    for sampler in Registry::shared().samplers() {
        assert!(properties["sampler"]["enum"].as_array().unwrap().iter().any(|name| name == sampler.name));
    }
    let refiners = &schema["$defs"]["LmdConfig"]["properties"]["mask_refiner"]["enum"];
    for refiner in Registry::shared().refiners() {
        assert!(refiners.as_array().unwrap().iter().any(|name| name == refiner.name()));
    }
    for spec in Registry::shared().settings() {
        assert!(properties[spec.name].is_object(), "{} is not in the schema", spec.name);
    }
    assert_eq!(schema["additionalProperties"], false);
    let known = properties.as_object().unwrap();
    for setting in serde_json::to_value(DrawConfig::default()).unwrap().as_object().unwrap().keys() {
        assert!(known.contains_key(setting), "{setting} is not in the schema");
    }
}
