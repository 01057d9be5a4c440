//! A smaller input of the same cause: parts are taken away for as long as it shows, each try in a fresh process.

use interloper_engine::CaseResult;

/// The most tries.
const TRIES: u32 = 160;
/// The most tries of a cause that takes seconds each.
const SLOW_TRIES: u32 = 4;

/// Makes bytes smaller for as long as `shows` says so. `slow` if each try that shows it takes seconds.
pub(super) fn minimise(
    whole: &[u8],
    slow: bool,
    mut shows: impl FnMut(&[u8]) -> CaseResult<bool>,
) -> CaseResult<Vec<u8>> {
    let mut tries = if slow { SLOW_TRIES } else { TRIES };
    let mut best = whole.to_vec();
    let mut size = best.len().next_power_of_two() / 2;
    // Half of it, a quarter, …, one byte, and once more over what is left.
    while size > 0 && tries > 0 {
        let (mut at, before) = (0, best.len());
        while at < best.len() && tries > 0 {
            let end = (at + size).min(best.len());
            let less = [&best[..at], &best[end..]].concat();
            tries -= 1;
            match shows(&less)? {
                true => best = less,
                false => at = end,
            }
        }
        // A round of single bytes that took some away may make room for another.
        if size > 1 || best.len() == before {
            size /= 2;
        }
    }
    // What is left becomes plain where it does not matter.
    let mut at = 0;
    while at < best.len() && tries > 0 {
        if best[at] != b'0' {
            let mut plain = best.clone();
            plain[at] = b'0';
            tries -= 1;
            if shows(&plain)? {
                best = plain;
            }
        }
        at += 1;
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cause_needs_is_left_and_nothing_else() {
        let whole = b"some words, a [key] and [more] of them, and a longer rest of the file";
        let shows = |bytes: &[u8]| Ok(bytes.iter().filter(|byte| **byte == b'[').count() > 1);
        assert_eq!(minimise(whole, false, shows).unwrap(), b"[[");
    }

    #[test]
    fn a_slow_cause_is_tried_a_few_times_only() {
        let mut tries = 0;
        minimise(&[b'x'; 4096], true, |_| {
            tries += 1;
            Ok(false)
        })
        .unwrap();
        assert_eq!(tries, SLOW_TRIES);
    }
}
