//! Every seed and every regression, through the programs that are held against the readers.
#![cfg(feature = "external")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

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
fn is_here(runtime: &str) -> bool {
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
fn programs_agree_on_every_seed_and_regression() {
    // Most of the time goes into starting them.
    std::thread::scope(|scope| {
        for program in PROGRAMS.iter().filter(|program| is_here(program.runtime[0])) {
            scope.spawn(|| agrees(program));
        }
    });
}

fn agrees(program: &'static Program) {
    let seeds = files("seeds", program.format);
    assert!(!seeds.is_empty(), "{} has no seeds", program.format);
    // The encodings of PHP share a target, and so a folder.
    let family = if program.format.starts_with("php") { "php" } else { program.format };
    let mut batch = Batch::new(program, usize::MAX);
    for file in seeds.into_iter().chain(files("regressions", family)) {
        batch.offer(&fs::read(file).unwrap()).unwrap();
    }
    batch.flush().unwrap_or_else(|trouble| panic!("{}: {trouble}", program.format));
}

/// What is planted in each program is a difference that nothing explains.
#[test]
fn a_planted_difference_is_noticed() {
    for (format, input) in [
        ("cookie_header", &b"a=b; c%3Dd=e"[..]),
        ("netscape", b"a.org\tFALSE\t/\tFALSE\t5\tn\tv\x0bw\n"),
        ("lwp", b"#LWP-Cookies-2.0\nSet-Cookie3: a=\"b\x0bc\"; domain=d\n"),
        ("express", br#"{"cookie":{},"user":"anna "}"#),
        ("httpie", br#"{"headers":[{"name":"a","value":"b "}]}"#),
        ("php", b"a|s:3:\"b\nc\";"),
        ("php_serialize", b"a:1:{s:1:\"a\";s:3:\"b\nc\";}"),
        ("php_binary", b"\x01as:3:\"b\nc\";"),
    ] {
        let program = program(format).unwrap();
        if !is_here(program.runtime[0]) {
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
    let formats: Vec<&str> = PROGRAMS.iter().map(|program| program.format).collect();
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

/// A reader that dies on one input among many: the one is found again.
#[test]
fn the_input_that_kills_is_found_among_many() {
    if !is_here("python3") {
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
