//! Taking the code by which a program reads the clock without a call out of its sight.

use super::ptrace::Registers;
use super::tracee_memory::{bytes, word, write};

/// Key of the entry that says where the code is, and that of an entry to be ignored: <linux/auxvec.h>.
const SYSINFO_EHDR: u64 = 33;
const IGNORE: u64 = 1;
/// The longest list that is gone through, in words: arguments and environment together are at most some MiB (execve(2)).
const LONGEST: u64 = 1 << 20;
/// Number of words that are read at once.
const CHUNK: usize = 512;

/// Hides the entry from a thread that has just executed a program; `None` if its stack is not as expected.
///
/// The stack begins with the number of arguments, then has the arguments, a zero, the environment, a zero, and pairs of key and value up to
/// the key 0 (ELF, System V ABI).
pub(super) fn hide(thread: i32) -> Option<()> {
    let stack = Registers::of(thread).ok()??.stack();
    let count = word(thread, stack)?;
    let mut at = stack.checked_add(8 * (count.min(LONGEST) + 2))?;
    while word_in(thread, &mut at)? != 0 {}
    loop {
        let (key, here) = (word(thread, at)?, at);
        match key {
            0 => return Some(()),
            SYSINFO_EHDR => {
                write(thread, here, &IGNORE.to_ne_bytes()).then_some(())?;
            }
            _ => {}
        }
        at += 16;
    }
}

/// Goes to the next zero word, or to the end of what was read; returns the last word.
fn word_in(thread: i32, at: &mut u64) -> Option<u64> {
    let chunk = bytes(thread, *at, 8 * CHUNK);
    let words = chunk.chunks_exact(8).filter_map(|word| word.try_into().ok());
    let mut last = None;
    for word in words.map(u64::from_ne_bytes) {
        *at += 8;
        last = Some(word);
        if word == 0 {
            break;
        }
    }
    last
}
