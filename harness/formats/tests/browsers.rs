//! Databases of browsers: `fuzz/seeds/browser`, and the same ones damaged.
#![expect(clippy::unwrap_used, reason = "a helper of tests is not a test to clippy")]

use std::fs;
use std::path::Path;
use std::process::Command;

use interloper_formats::browser::{self, Browser, Cookie, Value};
use interloper_formats::cookie::SameSite;
use interloper_formats::sqlite::{Cell, Database};
use proptest::prelude::*;

const SEEDS: [(&str, Browser); 4] = [
    ("firefox-15", Browser::Firefox),
    ("firefox-16", Browser::Firefox),
    ("chromium-14", Browser::Chromium),
    ("chromium-24", Browser::Chromium),
];

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/browser").join(name)
}

fn seed(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

fn cookie(name: &str, cookies: &[Cookie]) -> Cookie {
    cookies.iter().find(|cookie| cookie.name == name.as_bytes()).unwrap().clone()
}

#[test]
fn each_database_is_known_and_its_cookies_have_what_was_kept() {
    for (name, whose) in SEEDS {
        let bytes = seed(name);
        assert_eq!(browser::detect(&bytes), Some(whose), "{name}");
        let jar = browser::parse(&bytes).unwrap();
        let kept = cookie("kept", &jar.cookies);
        assert_eq!(
            (&kept.host[..], &kept.path[..]),
            (&b".example.org"[..], &b"/app"[..]),
            "{name}"
        );
        assert_eq!((kept.expires, kept.secure, kept.http_only), (Some(2_750_000_000), true, false));
        assert_eq!(kept.same_site, Some(SameSite::Lax), "{name}");
        let long = cookie("long", &jar.cookies);
        match name {
            "chromium-24" => {
                assert!(
                    matches!(&long.value, Value::Encrypted(value) if value.starts_with(b"v10"))
                );
                assert_eq!(kept.partition, b"https://top.example");
            }
            // Longer than a page: the rest of it is on other pages.
            _ => assert_eq!(long.value, Value::Clear(b"0123456789".repeat(400)), "{name}"),
        }
        if whose == Browser::Chromium {
            let session = cookie("session", &jar.cookies);
            assert_eq!((session.expires, session.same_site), (None, None), "{name}");
        }
    }
    assert_eq!(browser::parse(&seed("firefox-16")).unwrap().cookies.len(), 43);
    assert_eq!(browser::detect(b"SQLite format 3\0"), None);
}

/// SQLite itself, through Python, reads the same rows.
#[test]
fn sqlite_reads_the_same_rows() {
    let program = "
import sqlite3, sys
file = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)
for (table,) in file.execute(\"SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid\"):
    for row in file.execute(f'SELECT rowid, * FROM {table} ORDER BY rowid'):
        print(table, *(value.encode().hex() if isinstance(value, str) else value.hex() if isinstance(value, bytes) else value for value in row))
";
    for (name, _) in SEEDS {
        let ran = Command::new("python3").args(["-c", program]).arg(path(name)).output();
        let Ok(output) = ran else {
            eprintln!("not tested: python3 is not here; ci/install brings it");
            return;
        };
        let bytes = seed(name);
        let database = Database::new(&bytes).unwrap();
        let mut ours = String::new();
        for table in database.tables().unwrap() {
            for row in database.rows(&table).unwrap() {
                let cells = row.cells.iter().zip(&table.columns).map(|(cell, column)| match cell {
                    // The number stands for the column.
                    Cell::Null if column == "id" => row.id.to_string(),
                    Cell::Null => "None".to_owned(),
                    Cell::Int(number) => number.to_string(),
                    Cell::Real(number) => number.to_string(),
                    Cell::Text(bytes) | Cell::Blob(bytes) => {
                        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
                    }
                });
                let cells: Vec<String> = cells.collect();
                ours += &format!("{} {} {}\n", table.name, row.id, cells.join(" "));
            }
        }
        assert_eq!(ours, String::from_utf8(output.stdout).unwrap(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whatever pages say, reading ends, and an error is inside the file.
    #[test]
    fn a_damaged_database_is_read_or_refused(
        (name, _) in prop::sample::select(&SEEDS[..]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = seed(name);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Err(error) = browser::parse(&bytes) {
            prop_assert!(error.at <= bytes.len(), "{error}");
        }
    }
}
