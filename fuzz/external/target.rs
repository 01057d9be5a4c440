//! Inputs that are new to the reference's reader, and some others, in batches to a program elsewhere: `interloper_oracles::external`.
//!
//! `INTERLOPER_EXTERNAL` names the program. `INTERLOPER_EXTERNAL_BATCH=1` asks for each input alone, to replay one and to make one small.
#![no_main]

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{LazyLock, Mutex};

use interloper_formats::{Format, format};
use interloper_fuzz::counters::{self, Edges};
use interloper_oracles::external::{Batch, Disagreement, Trouble, program};

/// One refused input in so many goes to the program although the reference does nothing new for it: the program may. What is read always
/// goes, since there is a value to compare, and most of what libFuzzer makes is not read.
const ONE_IN: u64 = 8;
const BATCH: usize = 64;

unsafe extern "C" {
    /// Ends the process without what libFuzzer does at an end.
    safe fn _exit(code: i32) -> !;
}

struct Fuzzed {
    reader: &'static dyn Format,
    batch: Batch,
    size: usize,
    executions: u64,
    edges: Edges,
    /// Prefix of the files for inputs that are found, which libFuzzer was given for its own.
    artifacts: String,
}

static FUZZED: LazyLock<Mutex<Fuzzed>> = LazyLock::new(|| Mutex::new(Fuzzed::new()));

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    match FUZZED.lock() {
        Ok(mut fuzzed) => fuzzed.run(input),
        Err(poisoned) => panic!("{poisoned}"),
    }
});

impl Fuzzed {
    fn new() -> Fuzzed {
        let name = env::var("INTERLOPER_EXTERNAL").unwrap_or_default();
        let Some(program) = program(&name) else {
            panic!("INTERLOPER_EXTERNAL names no program: `{name}`");
        };
        let Some(reader) = format(program.format) else {
            panic!("{name} reads no format that is known: `{}`", program.format);
        };
        let size = env::var("INTERLOPER_EXTERNAL_BATCH").ok().and_then(|size| size.parse().ok());
        let size = size.unwrap_or(BATCH);
        let prefix =
            env::args().find_map(|arg| Some(arg.strip_prefix("-artifact_prefix=")?.to_owned()));
        let (batch, edges) = (Batch::new(program, size), Edges::default());
        Fuzzed { reader, batch, size, executions: 0, edges, artifacts: prefix.unwrap_or_default() }
    }

    fn run(&mut self, input: &[u8]) {
        self.executions += 1;
        // Nothing before this line counts, and nothing after it: libFuzzer is to see the reference alone.
        counters::begin();
        let read = self.reader.reprint(input).is_ok();
        let reached = counters::reached();
        let mut hasher = DefaultHasher::new();
        input.hash(&mut hasher);
        let chosen = read || hasher.finish() % ONE_IN == 0;
        let wanted = self.edges.add(&reached) || chosen || self.size == 1;
        if wanted && let Err(trouble) = self.batch.offer(input) {
            self.stop(trouble);
        }
        counters::restore(&reached);
    }

    /// libFuzzer's own artifact is the input that filled the batch, which is hardly ever the one. So in a batch the one is written here,
    /// in the words that `ci/fuzz` looks for, and the process ends before libFuzzer writes another.
    fn stop(&self, trouble: Trouble) {
        let found = match trouble {
            Trouble::Disagreement(found) if self.size > 1 => found,
            trouble => panic!("{trouble}"),
        };
        let Disagreement { input, violation } = found;
        eprintln!("panicked at a batch of {}:\n{violation}", self.size);
        eprintln!("after {} executions", self.executions);
        let mut hasher = DefaultHasher::new();
        input.hash(&mut hasher);
        let path = format!("{}difference-{:016x}", self.artifacts, hasher.finish());
        match fs::write(&path, &input) {
            Ok(()) => eprintln!("Test unit written to {path}"),
            Err(error) => eprintln!("cannot write {path}: {error}; the input is {input:?}"),
        }
        _exit(77)
    }
}
