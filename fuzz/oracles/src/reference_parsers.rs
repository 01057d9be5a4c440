//! Second readers, as short as they can be: they share no line with the ones they are held against.

use interloper_formats::cookie::{Pair, SetCookie};
use interloper_formats::netscape::{End, Entry, parse};

use crate::Violation;

pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let from = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
    let to = bytes.iter().rposition(|byte| !blank(byte)).map_or(from, |last| last + 1);
    &bytes[from..to]
}

pub(crate) fn name_and_value(piece: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = piece.iter().position(|&byte| byte == b'=')?;
    let name = trim(&piece[..equals]);
    (!name.is_empty()).then(|| (name, trim(&piece[equals + 1..])))
}

/// Checks that the pairs of a `Cookie` header are the pieces between semicolons, as they stand there.
pub(crate) fn cookie(header: &[u8], read: &[Pair]) -> Result<(), Violation> {
    let pieces = header.split(|&byte| byte == b';').filter_map(name_and_value);
    let same = pieces.eq(read.iter().map(|pair| (&pair.name[..], &pair.value[..])));
    Violation::unless(same, "pairs between semicolons", || format!("{read:?}"))
}

/// Checks that a flag is set exactly if an attribute has its very name.
pub(crate) fn set_cookie(header: &[u8], read: &SetCookie) -> Result<(), Violation> {
    let mut pieces = header.split(|&byte| byte == b';');
    let first = pieces.next().and_then(name_and_value);
    let same = first == Some((&read.name[..], &read.value[..]));
    Violation::unless(same, "name and value", || format!("{read:?}"))?;
    let names: Vec<&[u8]> = pieces
        .filter_map(|piece| {
            let mut halves = piece.splitn(2, |&byte| byte == b'=');
            let name = halves.next()?;
            (trim(halves.next().unwrap_or_default()).len() <= 1024).then(|| trim(name))
        })
        .collect();
    let has = |word: &[u8]| names.iter().any(|name| name.eq_ignore_ascii_case(word));
    let same = [has(b"secure"), has(b"httponly"), has(b"partitioned")]
        == [read.secure, read.http_only, read.partitioned];
    Violation::unless(same, "flags by their names", || format!("{read:?}"))?;
    for (word, set) in [
        (&b"domain"[..], read.domain.is_some()),
        (b"path", read.path.is_some()),
        (b"max-age", read.max_age.is_some()),
        (b"expires", read.expires.is_some()),
        (b"samesite", read.same_site.is_some()),
        (b"priority", read.priority.is_some()),
    ] {
        Violation::unless(!set || has(word), "attributes by their names", || format!("{read:?}"))?;
    }
    Ok(())
}

/// Checks that a jar has one entry for each line that is not a comment, and that an entry's fields are the pieces between tabs.
pub(crate) fn netscape(jar: &[u8]) -> Result<(), Violation> {
    let Ok(read) = parse(jar) else { return Ok(()) };
    let marked = jar.strip_prefix(b"\xef\xbb\xbf");
    Violation::unless(marked.is_some() == read.mark, "a mark is a mark", || read.mark)?;
    let text: Vec<&[u8]> = marked.unwrap_or(jar).split_inclusive(|&byte| byte == b'\n').collect();
    let same = text.len() == read.lines.len();
    Violation::unless(same, "a line is a line", || format!("{:?}", read.lines))?;
    for (line, read) in text.into_iter().zip(&read.lines) {
        let (text, end) = match line {
            [text @ .., b'\r', b'\n'] => (text, End::CrLf),
            [text @ .., b'\n'] => (text, End::Lf),
            text => (text, End::None),
        };
        let entry = text.strip_prefix(b"#HttpOnly_");
        let comment = entry.is_none() && (text.is_empty() || text[0] == b'#');
        let same = match &read.entry {
            Entry::Comment(kept) => comment && kept == text,
            Entry::Cookie(cookie) => {
                let fields: Vec<&[u8]> =
                    entry.unwrap_or(text).split(|&byte| byte == b'\t').collect();
                let kept = [&cookie.domain, &cookie.path, &cookie.name];
                !comment
                    && cookie.http_only == entry.is_some()
                    && matches!(fields.len(), 6 | 7)
                    && fields.get(6).copied() == cookie.value.as_deref()
                    && [0, 2, 5].iter().zip(kept).all(|(&field, kept)| fields[field] == kept)
                    && (fields[1], fields[3]) == (word(cookie.subdomains), word(cookie.secure))
            }
        };
        Violation::unless(same && end == read.end, "fields between tabs", || format!("{read:?}"))?;
    }
    Ok(())
}

fn word(flag: bool) -> &'static [u8] {
    if flag { b"TRUE" } else { b"FALSE" }
}
