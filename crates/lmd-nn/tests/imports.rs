//! No two files of this crate import each other, directly or in a circle.
//!
//! Imports are read from `use` statements. Names that a `mod.rs` or `lib.rs` hands on are not followed to their file.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The module paths of all files below `folder`, `["cpu", "gemm"]`; of a `mod.rs` that of its folder.
fn files(folder: &Path, path: &[String], all: &mut BTreeMap<Vec<String>, PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if file.is_dir() {
            files(&file, &[path, &[stem]].concat(), all);
        } else if file.extension().is_some_and(|extension| extension == "rs") && stem != "tests" {
            let module =
                if stem == "mod" || stem == "lib" { path.to_vec() } else { [path, &[stem]].concat() };
            all.insert(module, file);
        }
    }
}

/// The modules that `text`, the file of `module`, names after `use crate::` or `use super::`.
fn imports(text: &str, module: &[String], all: &BTreeMap<Vec<String>, PathBuf>) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let own = text.split("#[cfg(test)]").next().unwrap_or_default();
    for statement in own.split("use ").skip(1).filter_map(|rest| rest.split(';').next()) {
        let Some(first) = statement.split("::{").next() else { continue };
        let mut names: Vec<&str> = first.split("::").map(str::trim).collect();
        let mut target = match names.first() {
            Some(&"crate") => Vec::new(),
            Some(&"super") => module.to_vec(),
            Some(&"self") => continue, // a file's own submodules
            _ => continue,
        };
        while names.first() == Some(&"super") {
            target.pop();
            names.remove(0);
        }
        names.retain(|name| *name != "crate");
        for name in names {
            let deeper = [target.clone(), vec![name.to_owned()]].concat();
            if !all.keys().any(|known| known.starts_with(&deeper)) {
                break;
            }
            target = deeper;
        }
        // What is imported from a folder's face or from a module around this file is not an import of another file.
        let is_face =
            all.get(&target).is_none_or(|file| file.ends_with("mod.rs") || file.ends_with("lib.rs"));
        if !is_face && target != module {
            found.insert(target);
        }
    }
    found
}

#[test]
fn files_import_each_other_in_no_circle() {
    let mut all = BTreeMap::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &[], &mut all);
    let mut open: BTreeMap<_, _> = all
        .iter()
        .map(|(module, file)| {
            (module.clone(), imports(&std::fs::read_to_string(file).unwrap(), module, &all))
        })
        .collect();
    assert!(open.values().map(BTreeSet::len).sum::<usize>() > 50, "the imports are read");
    // Files whose imports are all gone go next; what remains is in a circle, or imports one.
    loop {
        let free: BTreeSet<_> =
            open.iter().filter(|(_, imports)| imports.is_empty()).map(|(module, _)| module.clone()).collect();
        if free.is_empty() {
            break;
        }
        open.retain(|module, _| !free.contains(module));
        open.values_mut().for_each(|imports| imports.retain(|module| !free.contains(module)));
    }
    assert!(open.is_empty(), "import circles among {open:#?}");
}
