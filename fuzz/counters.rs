//! The counters of edges that the compiler put into this program, which libFuzzer reads after each input.
//!
//! This file may be counted like any other (`rustc.sh`). So it copies the counters as a whole, since a loop over them would count itself.

use std::arch::global_asm;
use std::slice;

// The section's two ends, by the linker. The compiler declares them too in each module that it instruments, as this one, and would rename its
// own if they were declared here: so they are named where it does not look.
global_asm!(
    ".pushsection .data.rel.ro.interloper_counters,\"aw\"",
    ".balign 8",
    ".globl interloper_counters",
    "interloper_counters:",
    ".quad __start___sancov_cntrs",
    ".quad __stop___sancov_cntrs",
    ".popsection",
);

unsafe extern "C" {
    static interloper_counters: [usize; 2];
}

fn counters() -> &'static mut [u8] {
    // SAFETY: both ends are of one section, which nothing moves or unmaps. What counts in it is code of this thread, the only one there is,
    // and each use of the slice is a single copy: there is no count between its beginning and its end.
    unsafe {
        let [start, stop] = interloper_counters;
        slice::from_raw_parts_mut(start as *mut u8, stop - start)
    }
}

/// Forgets what was counted since libFuzzer called.
pub fn begin() {
    counters().fill(0);
}

/// Returns what was counted since then.
pub fn reached() -> Vec<u8> {
    counters().to_vec()
}

/// Leaves that, and nothing else, to libFuzzer.
pub fn restore(reached: &[u8]) {
    counters().copy_from_slice(reached);
}

/// For each edge, the numbers of times that it was reached by any input: a bit for each of libFuzzer's eight steps.
#[derive(Default)]
pub struct Edges(Vec<u8>);

/// Most edges are not reached, and so many are passed over at once.
const STRIDE: usize = 16;

impl Edges {
    /// Returns whether one of them is new.
    pub fn add(&mut self, reached: &[u8]) -> bool {
        self.0.resize(reached.len(), 0);
        let mut new = false;
        for (seen, counts) in self.0.chunks_mut(STRIDE).zip(reached.chunks(STRIDE)) {
            if counts == [0; STRIDE] {
                continue;
            }
            for (seen, count) in seen.iter_mut().zip(counts) {
                let step = match count {
                    0 => continue,
                    1..=3 => 1 << (count - 1),
                    4..=7 => 8,
                    8..=15 => 16,
                    16..=31 => 32,
                    32..=127 => 64,
                    _ => 128,
                };
                new |= *seen & step == 0;
                *seen |= step;
            }
        }
        new
    }
}
