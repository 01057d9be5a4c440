//! Writes the seeds of tower-sessions: `cargo run DIRECTORY` (the folder `fuzz/seeds`).

use std::{env, fs, path::Path};

use tower_sessions_core::session::{Id, Record};

fn main() {
    let root = env::args().nth(1).expect("a directory");
    let expiry_date = time::OffsetDateTime::from_unix_timestamp(1_750_000_000).unwrap();
    let empty = Record { id: Id(-2), data: Default::default(), expiry_date };
    let mut full = Record { id: Id(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef), ..empty.clone() };
    let value = serde_json::json!({"name": "Käse", "n": [1, -2, 300, 70000, 0.5, null, true], "deep": {"a": {}}});
    full.data.insert("user".into(), value);
    let mut long = empty.clone();
    long.data.insert("text".into(), "0123456789".repeat(30).into());
    for (name, record) in [("empty", empty), ("full", full), ("long", long)] {
        for folder in ["msgpack", "tower"] {
            let folder = Path::new(&root).join(folder);
            fs::create_dir_all(&folder).unwrap();
            // The compact form is what tower-sessions-sqlx-store and others of its stores keep.
            fs::write(folder.join(name), rmp_serde::to_vec(&record).unwrap()).unwrap();
            fs::write(
                folder.join(format!("{name}-named")),
                rmp_serde::to_vec_named(&record).unwrap(),
            )
            .unwrap();
        }
    }
}
