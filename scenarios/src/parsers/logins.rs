//! The cookies of people who are logged in, in odd spellings: who is logged in with them.

use std::collections::BTreeSet;

use interloper_engine::record::{ReadAs, Reading, Severity};
use interloper_engine::{
    Abort, Actor, App, Case, CaseResult, Check, Lab, Need, Observation, Principal, Scenario,
    StoryGuards, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "parsers::logins",
    sentence: "Whoever sends their session cookie is logged in as themselves, whatever other cookies are beside it: one whose name is only similar, or that is in the value of another, counts for nothing.",
    fix: "look the session cookie up by its name as it was sent, without decoding, trimming or splitting it further, and give it the prefix `__Host-`",
    severity: Severity::Medium,
    cwe: &["CWE-20", "CWE-565", "CWE-384"],
    owasp: &["ASVS 5.0 3.3.3", "WSTG-SESS-02", "WSTG-SESS-03"],
    needs: &[Need::Application],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// A way to spell a session cookie. `{n}` is its name and `{v}` its value.
struct Spelling {
    id: &'static str,
    /// Kind: findings of one kind are one cause.
    kind: &'static str,
    /// The `Cookie` field as the page shows it.
    shown: &'static str,
    spell: fn(&[u8], &[u8]) -> Option<Vec<u8>>,
}

/// Joins parts to one.
fn parts(parts: &[&[u8]]) -> Option<Vec<u8>> {
    Some(parts.concat())
}

/// Ways that RFC 6265 reads as a cookie of another name or value, or as none; and some that it reads as the cookie.
static SPELLINGS: &[Spelling] = &[
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

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    app.log_in(Actor::Victim)?;
    app.log_in(Actor::Attacker)?;
    let (victim, attacker) = (app.cookies_sent(Actor::Victim), app.cookies_sent(Actor::Attacker));
    let own = field(&victim, &SPELLINGS[0]).unwrap_or_default();
    if who(&mut app, &own)? != Some(Actor::Victim) {
        return Err(Abort::Ineffective("the victim's cookies, as they are, log nobody in".into()));
    }
    for spelling in SPELLINGS {
        alone(&mut app, &victim, spelling)?;
    }
    let mut told = BTreeSet::new();
    for spelling in SPELLINGS {
        for first in [true, false] {
            let violation = beside(&mut app, &own, &attacker, spelling, first)?;
            if let Some(violation) = violation
                && told.insert(violation.cause.clone())
            {
                app.lab().report(violation);
            }
        }
    }
    Ok(())
}

/// Returns cookies in a spelling; `None` if none of them has it.
fn field(cookies: &[(Vec<u8>, Vec<u8>)], spelling: &Spelling) -> Option<Vec<u8>> {
    let pieces: Option<Vec<Vec<u8>>> =
        cookies.iter().map(|(name, value)| (spelling.spell)(name, value)).collect();
    pieces.filter(|pieces| !pieces.is_empty()).map(|pieces| pieces.join(&b"; "[..]))
}

/// Returns who is logged in with a field.
fn who(app: &mut App<'_, '_>, field: &[u8]) -> CaseResult<Option<Actor>> {
    let seen = match app.who_raw(Actor::Victim, field) {
        Ok(seen) => seen,
        // Nobody is, where an odd cookie is answered with the end of the connection alone.
        Err(Abort::Driver(Observation::Protocol(_))) => {
            app.lab().count_step("closed without an answer");
            return Ok(None);
        }
        Err(other) => return Err(other),
    };
    Ok([Actor::Victim, Actor::Attacker].into_iter().find(|actor| seen.is(*actor)))
}

/// Sends the victim's cookies in a spelling: whether that logs them in is information.
fn alone(
    app: &mut App<'_, '_>,
    victim: &[(Vec<u8>, Vec<u8>)],
    spelling: &Spelling,
) -> CaseResult<()> {
    let Some(field) = field(victim, spelling) else { return Ok(()) };
    let seen = app.aside(|app| who(app, &field))?;
    keep(app, spelling.id.to_owned(), spelling.shown.to_owned(), seen);
    Ok(())
}

/// Sends the victim's cookies as they are, and the attacker's in a spelling before or behind them.
fn beside(
    app: &mut App<'_, '_>,
    own: &[u8],
    attacker: &[(Vec<u8>, Vec<u8>)],
    spelling: &Spelling,
    first: bool,
) -> CaseResult<Option<Violation>> {
    let Some(theirs) = field(attacker, spelling) else { return Ok(None) };
    let theirs_shown = spelling.shown.replace("{v", "{a");
    let (whole, id, shown) = match first {
        true => (
            [&theirs, &b"; "[..], own].concat(),
            format!("{}-first", spelling.id),
            format!("{theirs_shown}; {{n}}={{v}}"),
        ),
        false => (
            [own, b"; ", &theirs].concat(),
            format!("{}-behind", spelling.id),
            format!("{{n}}={{v}}; {theirs_shown}"),
        ),
    };
    let (seen, story) = app.excerpt(|app| who(app, &whole))?;
    keep(app, id, shown.clone(), seen);
    // Of two cookies of one name no RFC says which counts; where the attacker's has another name, it is the victim's.
    if seen != Some(Actor::Attacker) || is_the_cookie(&theirs, attacker) {
        return Ok(None);
    }
    let sentence = "a cookie of another name is taken for the session's, and beats the one that the browser has: its user is logged in as the attacker";
    let fact = format!(
        "Cookie: {shown} is the attacker, {{v}} being the victim's session and {{a}} the attacker's"
    );
    let violation = Violation::new(format!("beaten-by-{}", spelling.kind), sentence);
    Ok(Some(violation.evidence(fact).story(story)))
}

/// Returns whether RFC 6265 reads one of these cookies' names in a field.
fn is_the_cookie(field: &[u8], cookies: &[(Vec<u8>, Vec<u8>)]) -> bool {
    let read = super::compare::reference(field);
    cookies.iter().any(|(name, _)| read.iter().any(|pair| pair.0 == *name))
}

fn keep(app: &mut App<'_, '_>, vector: String, input: String, seen: Option<Actor>) {
    let who = seen.map(|actor| actor.to_string());
    app.lab().count_step(if who.is_some() { "somebody logged in" } else { "nobody logged in" });
    app.lab().keep_reading(Reading { vector, input, read: ReadAs::Person { who } });
}
