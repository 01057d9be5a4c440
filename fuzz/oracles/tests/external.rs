//! Every seed and every regression, through the programs that are held against the readers.
#![cfg(feature = "external")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod damage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use interloper_oracles::external::{
    Answer, Batch, Driver, Fault, PROGRAMS, Program, Trouble, program,
};

/// Files below `fuzz/`; the folder need not be there.
fn files(folder: &str, format: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder).join(format);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_none_or(|extension| extension != "md"));
    files.sort();
    files
}

/// Whether a runtime is here. In CI it has to be; whoever has Rust alone is told what was not tested.
fn is_here(program: &Program) -> bool {
    let asked = [Some(program.runtime[0]), program.asks];
    asked.into_iter().flatten().all(has)
        && (program.file != "perl.pl" || has_module("HTTP::Cookies"))
}

fn has_module(module: &str) -> bool {
    let loads = Command::new("perl").arg(format!("-M{module}")).args(["-e", "1"]).output();
    let here = loads.is_ok_and(|output| output.status.success());
    assert!(here || std::env::var_os("CI").is_none(), "{module} is not here: ci/install brings it");
    here
}

fn has(runtime: &str) -> bool {
    let here = Command::new(runtime).arg("--version").output().is_ok();
    assert!(
        here || std::env::var_os("CI").is_none(),
        "{runtime} is not here: ci/install brings it"
    );
    if !here {
        eprintln!("not tested: {runtime} is not here; ci/install brings it");
    }
    here
}

#[test]
fn programs_agree_on_every_seed_regression_and_vector() {
    // Most of the time goes into starting them.
    std::thread::scope(|scope| {
        for program in PROGRAMS.iter().filter(|program| is_here(program)) {
            scope.spawn(|| agrees(program));
        }
    });
}

/// Inputs near the seeds: so many for each program, or as many as `INTERLOPER_EXTERNAL_CASES` says. wget is started anew for each.
const CASES: usize = 600;
const CASES_OF_WGET: usize = 20;

#[test]
fn programs_agree_on_damaged_seeds() {
    let asked =
        std::env::var("INTERLOPER_EXTERNAL_CASES").ok().and_then(|cases| cases.parse().ok());
    let found: Vec<String> = std::thread::scope(|scope| {
        let start = |program: &'static Program| {
            let cases = if program.asks == Some("wget") { CASES_OF_WGET } else { CASES };
            scope.spawn(move || disagreements(program, asked.unwrap_or(cases)))
        };
        let here = PROGRAMS.iter().filter(|program| is_here(program)).map(start);
        let running: Vec<_> = here.collect();
        running.into_iter().flat_map(|running| running.join().unwrap()).collect()
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Returns all that was found, one of each batch, so that a list can be made in one go.
fn disagreements(program: &'static Program, cases: usize) -> Vec<String> {
    // The same inputs in each run.
    let mut runner = TestRunner::deterministic();
    let damaged = damage::damaged(program.format);
    let mut batch = Batch::new(program, 32);
    let mut found = Vec::new();
    for _ in 0..cases {
        let input = damaged.new_tree(&mut runner).unwrap().current();
        found.extend(batch.offer(&input).err().map(|trouble| trouble.to_string()));
    }
    found.extend(batch.flush().err().map(|trouble| trouble.to_string()));
    found
}

fn agrees(program: &'static Program) {
    let seeds = files("seeds", program.format);
    assert!(!seeds.is_empty(), "{} has no seeds", program.format);
    // The encodings of PHP share a target, and so a folder.
    let family = match program.format {
        "php" | "php_serialize" | "php_binary" => "php",
        "cookie_store" | "tough_cookie" => "json_jars",
        format => format,
    };
    let mut batch = Batch::new(program, usize::MAX);
    for file in seeds.into_iter().chain(files("regressions", family)) {
        batch.offer(&fs::read(file).unwrap()).unwrap();
    }
    for (_, input) in damage::vectors(program.format) {
        batch.offer(&input).unwrap();
    }
    batch.flush().unwrap_or_else(|trouble| panic!("{}: {trouble}", program.name));
}

/// What is planted in each program is a difference that nothing explains.
#[test]
fn a_planted_difference_is_noticed() {
    for (format, input) in [
        ("cookie_header", &b"a=b; c%3Dd=e"[..]),
        ("netscape", b"a.org\tFALSE\t/\tFALSE\t5\tn\tv\x0bw\n"),
        ("lwp", b"#LWP-Cookies-2.0\nSet-Cookie3: a=\"b\x0bc\"; domain=d\n"),
        ("netscape_curl", b"a.org\tFALSE\t/\tFALSE\t5555555555\tn\tv\x0bw\n"),
        ("netscape_wget", b"a.org\tFALSE\t/\tFALSE\t5555555555\tn\tv\x0bw\n"),
        ("netscape_perl", b"a.org\tFALSE\t/\tFALSE\t5\tn\tv\x0bw\n"),
        ("lwp_perl", b"#LWP-Cookies-1.0\nSet-Cookie3: a=\"b\x0bc\"; domain=d\n"),
        ("express", br#"{"cookie":{},"user":"anna "}"#),
        ("tough_cookie", br#"{"cookies":[{"value":"anna "}]}"#),
        ("httpie", br#"{"headers":[{"name":"a","value":"b "}]}"#),
        (
            "cookie_store",
            br#"[{"raw_cookie":"a=b ","path":["/",true],"domain":"Empty","expires":"SessionEnd"}]"#,
        ),
        ("php", b"a|s:3:\"b\nc\";"),
        ("php_serialize", b"a:1:{s:1:\"a\";s:3:\"b\nc\";}"),
        ("php_binary", b"\x01as:3:\"b\nc\";"),
    ] {
        let program = program(format).unwrap();
        if !is_here(program) {
            continue;
        }
        let find = |planted: &'static str| {
            let make = move || {
                let mut command = program.command();
                command.env("INTERLOPER_PLANT", planted);
                command
            };
            Batch::with(program, Driver::new(make, SECOND * 20), 1).offer(input)
        };
        assert!(find("0").is_ok(), "{format}");
        let Err(Trouble::Disagreement(found)) = find("1") else {
            panic!("{format}: nothing was found")
        };
        assert_eq!(found.input, input);
        assert_eq!(found.violation.oracle, "a program elsewhere agrees");
    }
}

/// The script fuzzes what is here.
#[test]
fn the_script_knows_every_format() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../external/run.sh");
    let formats: Vec<&str> = PROGRAMS.iter().map(|program| program.name).collect();
    let line = format!("\nexternal_formats=\"{}\"\n", formats.join(" "));
    assert!(fs::read_to_string(path).unwrap().contains(&line));
}

/// A program of the shell's that answers every batch in its own way.
fn shell(script: &'static str, deadline: Duration) -> Driver {
    let make = move || {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    };
    Driver::new(make, deadline)
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_program_that_dies_or_hangs_is_a_fault() {
    let inputs = [b"a=b".to_vec()];
    assert!(matches!(shell("exit 1", SECOND * 20).ask(&inputs), Err(Fault::Died(_))));
    assert!(matches!(shell("echo what", SECOND * 20).ask(&inputs), Err(Fault::Died(_))));
    assert!(matches!(shell("exec sleep 60", SECOND / 10).ask(&inputs), Err(Fault::Hangs(_))));
    let mut absent = Driver::new(|| Command::new("no-such-runtime"), SECOND);
    let fault = absent.ask(&inputs).unwrap_err();
    assert!(fault.to_string().contains("ci/install"), "{fault}");
    let mut fair =
        shell(r#"head -c 11 >/dev/null; echo '{"refused":"x"}'; cat >/dev/null"#, SECOND * 20);
    assert_eq!(fair.ask(&inputs).unwrap(), [Answer::Refused("x".to_owned())]);
}

/// A reader to which the print says another thing than the input, as it did where absent and null were one value.
#[test]
fn a_print_that_says_another_thing_is_noticed() {
    if !has("python3") {
        return;
    }
    let differs = r#"
import json, struct, sys
while header := sys.stdin.buffer.read(4):
    batch = sys.stdin.buffer.read(struct.unpack(">I", header)[0])
    while batch:
        length = 4 + struct.unpack_from(">I", batch)[0]
        spaced = batch[4:length].endswith(b" ")
        print(json.dumps({"value": [["61", "31"]] if spaced else []}), flush=True)
        batch = batch[length:]
"#;
    let make = move || {
        let mut command = Command::new("python3");
        command.args(["-c", differs]);
        command
    };
    let driver = Driver::new(make, SECOND * 20);
    let mut batch = Batch::with(program("cookie_header").unwrap(), driver, 1);
    let Err(Trouble::Disagreement(found)) = batch.offer(b"a=1 ") else {
        panic!("nothing was found")
    };
    assert_eq!(found.violation.oracle, "a program reads the print alike");
}

/// A reader that dies on one input among many: the one is found again.
#[test]
fn the_input_that_kills_is_found_among_many() {
    if !has("python3") {
        return;
    }
    let dies = r#"
import json, os, struct, sys
while header := sys.stdin.buffer.read(4):
    batch = sys.stdin.buffer.read(struct.unpack(">I", header)[0])
    while batch:
        length = 4 + struct.unpack_from(">I", batch)[0]
        if b"boom" in batch[:length]:
            os._exit(3)
        print(json.dumps({"value": []}), flush=True)
        batch = batch[length:]
"#;
    let make = move || {
        let mut command = Command::new("python3");
        command.args(["-c", dies]);
        command
    };
    let driver = Driver::new(make, SECOND * 20);
    let mut batch = Batch::with(program("cookie_header").unwrap(), driver, 16);
    for number in 0..15 {
        assert!(!batch.offer(if number == 11 { b"boom" } else { b"" }).unwrap());
    }
    let Err(Trouble::Disagreement(found)) = batch.offer(b"") else { panic!("nothing was found") };
    assert_eq!(found.input, b"boom");
    assert_eq!(found.violation.oracle, "a program survives its input");
}
