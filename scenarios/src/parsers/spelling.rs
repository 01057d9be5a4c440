//! Ways to spell a session cookie.

/// A way to spell a session cookie. `{n}` is its name and `{v}` its value.
pub(super) struct Spelling {
    pub(super) id: &'static str,
    /// Kind: findings of one kind are one cause.
    pub(super) kind: &'static str,
    /// The `Cookie` field as the page shows it.
    pub(super) shown: &'static str,
    pub(super) spell: fn(&[u8], &[u8]) -> Option<Vec<u8>>,
}

/// Joins parts to one.
fn parts(parts: &[&[u8]]) -> Option<Vec<u8>> {
    Some(parts.concat())
}

/// Ways that RFC 6265 reads as a cookie of another name or value, or as none; and some that it reads as the cookie.
pub(super) static SPELLINGS: &[Spelling] = &[
    Spelling { id: "plain", kind: "plain", shown: "{n}={v}", spell: |n, v| parts(&[n, b"=", v]) },
    Spelling {
        id: "padded",
        kind: "white-space",
        shown: "{n} = {v}",
        spell: |n, v| parts(&[n, b" = ", v]),
    },
    Spelling {
        id: "quoted",
        kind: "quotes",
        shown: "{n}=\"{v}\"",
        spell: |n, v| parts(&[n, b"=\"", v, b"\""]),
    },
    Spelling {
        id: "quoted-name",
        kind: "quotes",
        shown: "\"{n}\"={v}",
        spell: |n, v| parts(&[b"\"", n, b"\"=", v]),
    },
    Spelling {
        id: "nameless",
        kind: "nameless",
        shown: "={n}={v}",
        spell: |n, v| parts(&[b"=", n, b"=", v]),
    },
    Spelling {
        id: "after-comma",
        kind: "separator",
        shown: "x=1,{n}={v}",
        spell: |n, v| parts(&[b"x=1,", n, b"=", v]),
    },
    Spelling {
        id: "after-comma-blank",
        kind: "separator",
        shown: "x=1, {n}={v}",
        spell: |n, v| parts(&[b"x=1, ", n, b"=", v]),
    },
    Spelling {
        id: "after-blank",
        kind: "separator",
        shown: "x=1 {n}={v}",
        spell: |n, v| parts(&[b"x=1 ", n, b"=", v]),
    },
    Spelling {
        id: "after-tab",
        kind: "separator",
        shown: "x=1\\x09{n}={v}",
        spell: |n, v| parts(&[b"x=1\t", n, b"=", v]),
    },
    Spelling {
        id: "after-ampersand",
        kind: "separator",
        shown: "x=1&{n}={v}",
        spell: |n, v| parts(&[b"x=1&", n, b"=", v]),
    },
    Spelling {
        id: "after-version",
        kind: "separator",
        shown: "$Version=1,{n}={v}",
        spell: |n, v| parts(&[b"$Version=1,", n, b"=", v]),
    },
    Spelling {
        id: "after-encoded-semicolon",
        kind: "encoding",
        shown: "x=1%3B%20{n}={v}",
        spell: |n, v| parts(&[b"x=1%3B%20", n, b"=", v]),
    },
    Spelling {
        id: "after-octal-semicolon",
        kind: "encoding",
        shown: "x=\"1\\073 {n}={v}\"",
        spell: |n, v| parts(&[b"x=\"1\\073 ", n, b"=", v, b"\""]),
    },
    Spelling {
        id: "no-break-space",
        kind: "white-space",
        shown: "\\xc2\\xa0{n}={v}",
        spell: |n, v| parts(&[b"\xc2\xa0", n, b"=", v]),
    },
    Spelling {
        id: "en-quad",
        kind: "white-space",
        shown: "\\xe2\\x80\\x80{n}={v}",
        spell: |n, v| parts(&[b"\xe2\x80\x80", n, b"=", v]),
    },
    Spelling {
        id: "latin-space",
        kind: "white-space",
        shown: "\\xa0{n}={v}",
        spell: |n, v| parts(&[b"\xa0", n, b"=", v]),
    },
    Spelling {
        id: "encoded-name",
        kind: "encoding",
        shown: "{n, one byte as %xx}={v}",
        spell: |n, v| {
            let (first, rest) = n.split_first()?;
            parts(&[format!("%{first:02x}").as_bytes(), rest, b"=", v])
        },
    },
    Spelling {
        id: "other-case",
        kind: "name",
        shown: "{n, in another case}={v}",
        spell: |n, v| {
            let upper = n.to_ascii_uppercase();
            let other = if upper == n { n.to_ascii_lowercase() } else { upper };
            (other != n).then(|| [&other, &b"="[..], v].concat())
        },
    },
    Spelling {
        id: "mangled",
        kind: "name",
        shown: "{n, underscores as dots}={v}",
        spell: |n, v| {
            let dots: Vec<u8> =
                n.iter().map(|byte| if *byte == b'_' { b'.' } else { *byte }).collect();
            (dots != n).then(|| [&dots, &b"="[..], v].concat())
        },
    },
    Spelling {
        id: "prefixed",
        kind: "name",
        shown: "__Host-{n}={v}",
        spell: |n, v| parts(&[b"__Host-", n, b"=", v]),
    },
    Spelling {
        id: "encoded-value",
        kind: "encoding",
        shown: "{n}={v, one byte as %xx}",
        spell: |n, v| {
            let (first, rest) = v.split_first()?;
            parts(&[n, b"=", format!("%{first:02x}").as_bytes(), rest])
        },
    },
    Spelling {
        id: "octal-value",
        kind: "encoding",
        shown: "{n}=\"{v, one byte as \\ooo}\"",
        spell: |n, v| {
            let (first, rest) = v.split_first()?;
            parts(&[n, b"=\"", format!("\\{first:03o}").as_bytes(), rest, b"\""])
        },
    },
    Spelling {
        id: "in-quotes",
        kind: "quotes",
        shown: "x=\"1; {n}={v}; y=2\"",
        spell: |n, v| parts(&[b"x=\"1; ", n, b"=", v, b"; y=2\""]),
    },
    Spelling {
        id: "after-open-quote",
        kind: "quotes",
        shown: "x=\"1; {n}={v}",
        spell: |n, v| parts(&[b"x=\"1; ", n, b"=", v]),
    },
    Spelling {
        id: "after-odd-name",
        kind: "odd",
        shown: "a(b)/c=1; {n}={v}",
        spell: |n, v| parts(&[b"a(b)/c=1; ", n, b"=", v]),
    },
    Spelling {
        id: "after-odd-value",
        kind: "odd",
        shown: "x={\"a\":1}; {n}={v}",
        spell: |n, v| parts(&[b"x={\"a\":1}; ", n, b"=", v]),
    },
    Spelling {
        id: "after-broken-escape",
        kind: "odd",
        shown: "x=%zz%ff; {n}={v}",
        spell: |n, v| parts(&[b"x=%zz%ff; ", n, b"=", v]),
    },
    Spelling {
        id: "after-latin-1",
        kind: "odd",
        shown: "x=\\xff; {n}={v}",
        spell: |n, v| parts(&[b"x=\xff; ", n, b"=", v]),
    },
    Spelling {
        id: "after-word",
        kind: "odd",
        shown: "x; {n}={v}",
        spell: |n, v| parts(&[b"x; ", n, b"=", v]),
    },
    Spelling {
        id: "after-flag",
        kind: "odd",
        shown: "secure; path=/x; {n}={v}",
        spell: |n, v| parts(&[b"secure; path=/x; ", n, b"=", v]),
    },
];
