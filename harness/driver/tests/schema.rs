//! The committed schema says what the types say.
#![cfg(feature = "schema")]

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/protocol-2.json");

#[test]
fn the_committed_schema_is_the_generated_one() {
    let schema = interloper_driver::schema::protocol();
    let generated = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("INTERLOPER_UPDATE").is_some() {
        std::fs::write(COMMITTED, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(
        committed == generated,
        "{COMMITTED} is not what the types say: run the test again with INTERLOPER_UPDATE=1, and look at the difference: a promise to every driver"
    );
}
