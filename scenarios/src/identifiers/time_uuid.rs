//! UUIDs that are made of the time.
//!
//! Versions 1 and 6 hold the time in steps of 100 ns, and 62 bits that are the same from one to the next (RFC 9562, sections 5.1 and 5.6):
//! whoever has one, and knows the second in which another was made, tries ten million. The harness has chosen the time that the process
//! got, so that no other id is taken for one of these: it would have to hold that time by chance, once in 2^34.

/// Seconds between the beginning of the Gregorian calendar, which these count from, and the Unix epoch (RFC 9562, section 5.1).
const GREGORIAN: i64 = 12_219_292_800;
const STEPS_OF_A_SECOND: i64 = 10_000_000;
/// Seconds by which a process may be off the time that it got.
const OFF: i64 = 1;
/// Hexadecimal digits of a UUID.
const DIGITS: usize = 32;

/// Returns the first UUID in a text that holds a time, in Unix seconds, with its version.
pub(super) fn with_time(text: &str, time: i64) -> Option<(String, u8)> {
    let digits: Vec<(usize, u8)> =
        text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_hexdigit()).collect();
    digits.windows(DIGITS).find_map(|window| {
        let (from, to) = (window[0].0, window[DIGITS - 1].0);
        let whole = &text[from..=to];
        let plain = whole.len() == DIGITS || has_dashes(whole);
        let (version, held) = version_and_time(window.iter().map(|(_, digit)| *digit))?;
        (plain && (held - time).abs() <= OFF).then(|| (whole.to_owned(), version))
    })
}

/// Returns whether a text of digits and other characters has four dashes where a UUID has them, and nothing else.
fn has_dashes(text: &str) -> bool {
    let others = text.bytes().enumerate().filter(|(_, byte)| !byte.is_ascii_hexdigit());
    others.eq([8, 13, 18, 23].map(|place| (place, b'-')))
}

/// Returns the version and the time in Unix seconds; `None` for a version without the time in such steps.
fn version_and_time(digits: impl Iterator<Item = u8>) -> Option<(u8, i64)> {
    let text = String::from_utf8(digits.collect()).ok()?;
    let number = |from, to| i64::from_str_radix(&text[from..to], 16).ok();
    let is_rfc = matches!(text.as_bytes()[16], b'8' | b'9' | b'a' | b'b' | b'A' | b'B');
    let steps = match text.as_bytes()[12] {
        b'1' if is_rfc => number(13, 16)? << 48 | number(8, 12)? << 32 | number(0, 8)?,
        b'6' if is_rfc => number(0, 12)? << 12 | number(13, 16)?,
        _ => return None,
    };
    let version = text.as_bytes()[12] - b'0';
    Some((version, steps.div_euclid(STEPS_OF_A_SECOND) - GREGORIAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The examples of RFC 9562, appendices A.1 and A.6: Tuesday, 22 February 2022, 19:22:22 UTC.
    const TIME: i64 = 1_645_557_742;
    const FIRST: &str = "C232AB00-9414-11EC-B3C8-9F6BDECED846";
    const SIXTH: &str = "1EC9414C-232A-6B00-B3C8-9F6BDECED846";

    #[test]
    fn both_versions_are_known_by_the_time() {
        assert_eq!(with_time(FIRST, TIME), Some((FIRST.to_owned(), 1)));
        assert_eq!(with_time(SIXTH, TIME), Some((SIXTH.to_owned(), 6)));
        assert_eq!(with_time(FIRST, TIME + 2), None, "another time");
        let bare = FIRST.replace('-', "").to_lowercase();
        let among = format!("s:{bare}.qLbRRAL");
        assert_eq!(with_time(&among, TIME), Some((bare, 1)));
        assert_eq!(with_time(&format!("0{FIRST}0"), TIME).unwrap().0, FIRST);
    }

    #[test]
    fn others_are_none() {
        // Appendices A.3 and A.6 of the same: versions 4 and 7; and no UUID.
        for text in [
            "919108F7-52D1-4320-9BAC-F847DB4148A8",
            "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
            "C232AB00-9414-11EC-73C8-9F6BDECED846",
            "C232AB-009414-11EC-B3C8-9F6BDECED846",
            "C232AB00-9414",
            "",
        ] {
            assert_eq!(with_time(text, TIME), None, "{text}");
        }
    }
}
