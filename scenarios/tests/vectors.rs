//! The committed vectors are what their schema says, so that others can rely on it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeSet;

use serde_json::Value;

const FILES: [(&str, &str); 3] = [
    ("identifiers.json", include_str!("../vectors/identifiers.json")),
    ("corruption.json", include_str!("../vectors/corruption.json")),
    ("values.json", include_str!("../vectors/values.json")),
];

#[test]
fn each_file_is_valid_and_its_ids_are_unique() {
    let schema: Value = serde_json::from_str(include_str!("../vectors/schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for (name, text) in FILES {
        let file: Value = serde_json::from_str(text).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&file)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        let mut ids = BTreeSet::new();
        for vector in file["vectors"].as_array().unwrap() {
            assert!(ids.insert(vector["id"].as_str().unwrap()), "{name}: {}", vector["id"]);
        }
        assert!(text.is_ascii(), "{name}: what cannot be seen is escaped");
    }
}

#[test]
fn the_schema_refuses_what_is_not_one() {
    let schema: Value = serde_json::from_str(include_str!("../vectors/schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let file: Value = serde_json::from_str(FILES[0].1).unwrap();
    for (path, wrong) in [
        ("/vectors/0/result", "maybe"),
        ("/vectors/0/id", "Not Kebab"),
        ("/vectors/0/flags/0", "pair"),
        ("/version", "1"),
    ] {
        let mut changed = file.clone();
        *changed.pointer_mut(path).unwrap() = wrong.into();
        assert!(!validator.is_valid(&changed), "{path}");
    }
}
