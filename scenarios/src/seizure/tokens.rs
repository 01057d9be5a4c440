//! What in a text may be the value of a cookie.
//!
//! Whoever has an account knows what the cookie looks like, and sees what of it is on disk: their own. So a name such as `sess_ID` or
//! `ID.json` around their own id is around the others' too.

use std::collections::BTreeSet;

/// Shortest and longest text that is tried, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=1024;
/// Most values that are tried.
const MOST: usize = 400;

/// Returns the values to try, each with the number of the text that it is from; `own` is the value that whoever tries them has.
pub(super) fn candidates(texts: &[&[u8]], own: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let runs: Vec<(usize, &[u8])> = texts
        .iter()
        .enumerate()
        .flat_map(|(n, text)| runs(text).into_iter().map(move |run| (n, run)))
        .collect();
    let around: BTreeSet<Around<'_>> =
        runs.iter().filter_map(|(_, run)| around(run, own)).collect();
    let mut seen: BTreeSet<Vec<u8>> = BTreeSet::from([own.to_vec()]);
    let mut found = Vec::new();
    let mut add = |n: usize, value: Vec<u8>| {
        if found.len() < MOST && LENGTHS.contains(&value.len()) && seen.insert(value.clone()) {
            found.push((n, value));
        }
    };
    // The more likely first.
    for (n, run) in &runs {
        for around in &around {
            around.apply(run).into_iter().for_each(|value| add(*n, value));
        }
    }
    runs.iter().for_each(|(n, run)| add(*n, run.to_vec()));
    found
}

/// What is around an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Around<'a> {
    /// On disk, around the value.
    Disk(&'a [u8], &'a [u8]),
    /// In the cookie, around what is on disk.
    Cookie(&'a [u8], &'a [u8]),
}

impl Around<'_> {
    fn apply(&self, run: &[u8]) -> Option<Vec<u8>> {
        match self {
            Around::Disk(before, after) => {
                run.strip_prefix(*before)?.strip_suffix(*after).map(<[u8]>::to_vec)
            }
            Around::Cookie(before, after) => Some([before, run, after].concat()),
        }
    }
}

fn around<'a>(run: &'a [u8], own: &'a [u8]) -> Option<Around<'a>> {
    let split = |whole: &'a [u8], part: &[u8]| {
        let at = whole.windows(part.len().max(1)).position(|window| window == part)?;
        Some((&whole[..at], &whole[at + part.len()..]))
    };
    if let Some((before, after)) = split(run, own) {
        return Some(Around::Disk(before, after));
    }
    split(own, run).map(|(before, after)| Around::Cookie(before, after))
}

/// Returns the parts of a text that could be values: of the characters of ids alone, and of those of signed and encoded values.
fn runs(text: &[u8]) -> Vec<&[u8]> {
    let narrow = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let wide = |byte: &u8| !(byte.is_ascii_alphanumeric() || b"_-.%:=+/!|".contains(byte));
    let parts = text.split(narrow).chain(text.split(wide));
    parts.filter(|run| LENGTHS.contains(&run.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(texts: &[&str], own: &str) -> Vec<String> {
        let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        let values = candidates(&texts, own.as_bytes()).into_iter();
        values.map(|(_, value)| String::from_utf8(value).unwrap()).collect()
    }

    #[test]
    fn what_is_around_ones_own_id_is_taken_off_the_others() {
        let tried = tried(&["sess_attacker01", "sess_victim0123"], "attacker01");
        assert_eq!(tried[0], "victim0123");
        assert!(!tried.contains(&"attacker01".to_owned()));
    }

    #[test]
    fn what_is_around_the_id_in_ones_own_cookie_is_put_on() {
        let tried = tried(&["attacker01.json", "victim0123.json"], "s%3Aattacker01");
        assert!(tried.contains(&"s%3Avictim0123".to_owned()), "{tried:?}");
    }

    #[test]
    fn binary_files_give_their_texts_and_no_more_than_a_bound() {
        let tried = tried(&["\u{0}\u{1}victim0123\u{2}ab"], "x");
        assert_eq!(tried, ["victim0123"]);
        let many: Vec<String> = (0..1000).map(|n| format!("token{n:08}")).collect();
        assert_eq!(super::candidates(&[many.join(" ").as_bytes()], b"x").len(), MOST);
    }
}
