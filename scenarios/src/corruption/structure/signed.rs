//! Signed values, as itsdangerous and Django write them: a value, a time and a signature.

use interloper_formats::signed::{self, Token};
use interloper_formats::{Error, django, itsdangerous};

use super::mutation::{Changes, Kind, LONG, Mutations};

/// Size, in bytes, to which a payload inflates that no reader should inflate before it has checked the signature.
const BOMB: usize = 4 << 20;

/// A reader of signed values.
type Parse = fn(&[u8]) -> Result<Token, Error>;

/// Returns the changes of a value signed by itsdangerous, with a time or without.
pub(super) fn itsdangerous<'b>(whole: &'b [u8], other: Option<&'b [u8]>) -> Option<Changes<'b>> {
    let parse: [Parse; 2] = [itsdangerous::parse, itsdangerous::parse_untimed];
    changes(whole, other, b'.', parse, itsdangerous::print)
}

/// Returns the changes of a value signed by Django, with a time or without.
pub(super) fn django<'b>(whole: &'b [u8], other: Option<&'b [u8]>) -> Option<Changes<'b>> {
    let parse: [Parse; 2] = [django::parse, django::parse_untimed];
    changes(whole, other, b':', parse, django::print)
}

/// The value, the time if there is one, and the signature, as they are spelt; each with its name.
type Parts<'a> = Vec<(&'a [u8], &'static str)>;

fn parts(whole: &[u8], separator: u8, parse: [Parse; 2]) -> Option<Parts<'_>> {
    let names: &[&str] = match parse.map(|parse| parse(whole).is_ok()) {
        [true, _] => &["the value", "the time", "the signature"],
        [false, true] => &["the value", "the signature"],
        [false, false] => return None,
    };
    let mut parts: Vec<&[u8]> = whole.rsplitn(names.len(), |byte| *byte == separator).collect();
    parts.reverse();
    (parts.len() == names.len()).then(|| parts.into_iter().zip(names.iter().copied()).collect())
}

fn changes<'b>(
    whole: &'b [u8],
    other: Option<&'b [u8]>,
    separator: u8,
    parse: [Parse; 2],
    print: fn(&Token) -> Vec<u8>,
) -> Option<Changes<'b>> {
    let ours = parts(whole, separator, parse)?;
    let theirs = other.and_then(|other| parts(other, separator, parse));
    let theirs = theirs.filter(|theirs| theirs.len() == ours.len());
    Some(Changes::of(whole, move |out| {
        let join = |parts: &[&[u8]]| parts.join(&separator);
        change_parts(&ours, theirs.as_ref(), &join, out);
        let [value, signature] = [&ours[0], &ours[ours.len() - 1]].map(|(part, _)| *part);
        if ours.len() == 3 {
            change_time(value, signature, print, out);
        }
        let forged = |payload: &[u8]| {
            let mut parts: Vec<&[u8]> = ours.iter().map(|(part, _)| *part).collect();
            let value = signed::value(payload);
            parts[0] = &value;
            join(&parts)
        };
        for payload in ["{}", "[]", "null", "{\"_auth_user_id\":\"1\"}"] {
            let what = format_args!("the value is {payload} under the old signature");
            out.must(Kind::Retyped, || forged(payload.as_bytes()), what);
        }
        let deep = || forged(["[".repeat(200_000), "]".repeat(200_000)].concat().as_bytes());
        out.put(Kind::Nested, deep, "the value is lists in lists, very deep");
        out.put(Kind::Enlarged, || forged(&vec![0; BOMB]), "the value inflates to 4 MiB");
        let colons = whole.iter().map(|byte| match *byte {
            b'.' => b':',
            b':' => b'.',
            other => other,
        });
        out.put(Kind::Exchanged, || colons.clone().collect(), "another separator");
        out.put(Kind::Doubled, || whole.repeat(2), "all of it twice");
    }))
}

/// Adds the changes to each part.
fn change_parts(
    ours: &Parts<'_>,
    theirs: Option<&Parts<'_>>,
    join: &dyn Fn(&[&[u8]]) -> Vec<u8>,
    out: &mut Mutations<'_>,
) {
    let texts: Vec<&[u8]> = ours.iter().map(|(part, _)| *part).collect();
    for (n, (own, name)) in ours.iter().enumerate() {
        let with = |part: &[u8]| {
            let mut parts = texts.clone();
            parts[n] = part;
            join(&parts)
        };
        let (mut less, mut twice, mut swapped) = (texts.clone(), texts.clone(), texts.clone());
        less.remove(n);
        twice.insert(n, own);
        swapped.swap(n, (n + 1) % ours.len());
        out.must(Kind::Dropped, || join(&less), format_args!("without {name}"));
        out.must(Kind::Dropped, || with(b""), format_args!("{name} is empty"));
        let half = &own[..own.len() / 2];
        out.put(Kind::Dropped, || with(half), format_args!("half of {name}"));
        out.put(Kind::Doubled, || join(&twice), format_args!("{name} twice"));
        out.put(Kind::Retyped, || with(b"x"), format_args!("{name} is \"x\""));
        let long = || with(&vec![b'A'; LONG]);
        out.put(Kind::Enlarged, long, format_args!("{name} is very long"));
        let what = format_args!("{name} and the next change places");
        out.put(Kind::Exchanged, || join(&swapped), what);
        let ends: [(&[u8], &str); 4] =
            [(b"=", "padding"), (b"\n", "an end of a line"), (b"\0", "NUL"), (b"\xff", "no UTF-8")];
        for (end, word) in ends {
            let longer = || with(&[own, end].concat());
            out.put(Kind::Spelt, longer, format_args!("{word} after {name}"));
        }
        if let Some(theirs) = &theirs {
            let what = format_args!("{name} is another session's");
            out.must(Kind::Spliced, || with(theirs[n].0), what);
        }
    }
}

/// Adds changes of the time: if a reader believes it before the signature, an old session is new again, or a new one old.
fn change_time(
    value: &[u8],
    signature: &[u8],
    print: fn(&Token) -> Vec<u8>,
    out: &mut Mutations<'_>,
) {
    for (timestamp, word) in [(0, "1970"), (1, "a second later"), (u64::MAX, "the last of all")] {
        let timed = || {
            // Printed with a signature of nothing, it ends with the separator.
            let token =
                Token { value: value.to_vec(), timestamp: Some(timestamp), signature: Vec::new() };
            [&print(&token)[..], signature].concat()
        };
        out.must(Kind::Retyped, timed, format_args!("the time is {word}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> itsdangerous::Signer {
        itsdangerous::Signer::flask(b"a-key-for-seeds-only")
    }

    #[test]
    fn nothing_of_it_is_signed() {
        let (ours, theirs) = (signer().sign(b"e30", 5), signer().sign(b"W10", 5));
        let (ours, theirs) = (itsdangerous::print(&ours), itsdangerous::print(&theirs));
        let out = itsdangerous(&ours, Some(&theirs)).unwrap();
        for one in &out.all() {
            assert!(signer().open(&one.bytes).is_err(), "{}", one.what);
        }
        assert!(out.all().iter().any(|one| one.kind == Kind::Spliced));
    }

    #[test]
    fn a_value_without_a_time_has_changes() {
        let whole = itsdangerous::print(&signer().sign(b"e30", None));
        let all = itsdangerous(&whole, Some(&whole)).unwrap().all();
        assert!(all.iter().any(|one| one.what == "without the signature"));
        assert!(!all.iter().any(|one| one.what.contains("time")));
        for one in &all {
            let token = itsdangerous::parse_untimed(&one.bytes);
            let verified = token.is_ok_and(|token| signer().verify(&token).is_ok());
            assert!(!verified, "{}", one.what);
        }
        // A token of JSON Web Signature is of that form, too.
        let token = [&b"eyJhbGciOiJIUzI1NiJ9.e30."[..], &[b'A'; 43]].concat();
        assert!(itsdangerous(&token, None).is_some());
    }

    #[test]
    fn parts_are_exchanged() {
        let whole = itsdangerous::print(&signer().sign(b"e30", 5));
        let out = itsdangerous(&whole, None).unwrap();
        let all = out.all();
        let told = |what: &str| all.iter().any(|one| one.what == what);
        assert!(told("without the signature") && told("the time and the next change places"));
        assert!(all.iter().any(|one| one.bytes.starts_with(b"e30..")), "a time of 1970 is empty");
    }
}
