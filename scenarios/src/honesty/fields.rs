//! The fields of a session, and the unusual texts that are put into each.

use interloper_driver::{Auth, Session};
use interloper_engine::record::Severity;
use serde_json::Value;

use crate::vectors::{VALUES, Vector};

/// Where an unusual text stands in a value or a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    Middle,
    /// At both ends.
    Around,
    Alone,
}

/// A text at a position.
#[derive(Clone)]
pub(super) struct Unusual {
    vector: &'static Vector,
    position: Position,
}

impl Unusual {
    /// Returns what it is, for a story.
    pub(super) fn what(&self) -> String {
        let what = &self.vector.what;
        match self.position {
            Position::Middle => what.clone(),
            Position::Around => format!("{what} at both ends"),
            Position::Alone => format!("{what} alone"),
        }
    }

    /// Returns the value or name that it makes of an ordinary one.
    fn of(&self, plain: &str) -> String {
        let text = self.vector.text();
        match self.position {
            Position::Alone => text,
            Position::Around => format!("{text}{plain}{text}"),
            Position::Middle => {
                // Ordinary ones are ASCII.
                let (start, end) = plain.split_at(plain.len() / 2);
                format!("{start}{text}{end}")
            }
        }
    }

    /// Returns whether it begins or ends with a blank or a control character.
    fn has_bare_ends(&self) -> bool {
        let text = self.vector.text();
        let is_bare = |c: char| c.is_whitespace() || c.is_control();
        self.position != Position::Middle && text.trim_matches(is_bare) != text
    }
}

/// Function that puts unusual texts into a session; whether it could.
type Put = fn(&mut Session, &[Unusual]) -> bool;

/// A field of a session.
pub(super) struct Field {
    /// Name in causes.
    pub(super) name: &'static str,
    /// How bad it is to lose a text there.
    pub(super) severity: Severity,
    /// Whether a session has many of it.
    pub(super) many: bool,
    pub(super) put: Put,
}

impl Field {
    /// Returns whether a text may be in a session with others: it is not long, and in a field that there is once, others may stand beside it.
    pub(super) fn may_share(&self, unusual: &Unusual) -> bool {
        !unusual.vector.is("long") && (self.many || unusual.position == Position::Middle)
    }
}

const fn many(name: &'static str, severity: Severity, put: Put) -> Field {
    Field { name, severity, many: true, put }
}

const fn one(name: &'static str, severity: Severity, put: Put) -> Field {
    Field { name, severity, many: false, put }
}

/// The fields, each with how bad it is to lose one. No server can set a cookie with such a character, and no client can send it: RFC 6265,
/// section 4.1.1; nor a header's name or a token, RFC 9110, section 5.1, and RFC 6750, section 2.1.
pub(super) const FIELDS: [Field; 11] = [
    many("data", Severity::Medium, |session, some| {
        let Some(plain) = session.data.values().find_map(Value::as_str) else { return false };
        let plain = plain.to_owned();
        for (n, unusual) in some.iter().enumerate() {
            session.data.insert(format!("value{n}"), unusual.of(&plain).into());
        }
        true
    }),
    many("data-key", Severity::Medium, |session, some| {
        let Some(plain) = session.data.keys().next().cloned() else { return false };
        for (n, unusual) in some.iter().enumerate() {
            session.data.insert(unusual.of(&plain), format!("of key {n}").into());
        }
        true
    }),
    many("cookie-value", Severity::Low, |session, some| {
        let Some(plain) = session.cookies.first().cloned() else { return false };
        for (n, unusual) in some.iter().enumerate() {
            let mut cookie = plain.clone();
            (cookie.name, cookie.value) = (format!("value{n}"), unusual.of(&plain.value));
            session.cookies.push(cookie);
        }
        true
    }),
    many("cookie-name", Severity::Low, |session, some| {
        let Some(plain) = session.cookies.first().cloned() else { return false };
        for (n, unusual) in some.iter().enumerate() {
            let mut cookie = plain.clone();
            (cookie.name, cookie.value) = (unusual.of("ofname"), format!("ofname{n}"));
            session.cookies.push(cookie);
        }
        true
    }),
    many("cookie-path", Severity::Low, |session, some| {
        let Some(plain) = session.cookies.first().cloned() else { return false };
        for (n, unusual) in some.iter().enumerate() {
            let mut cookie = plain.clone();
            (cookie.name, cookie.path) = (format!("path{n}"), format!("/{}", unusual.of("below")));
            session.cookies.push(cookie);
        }
        true
    }),
    many("header", Severity::Medium, |session, some| {
        let Some((_, plain)) = session.headers.first().cloned() else { return false };
        for (n, unusual) in some.iter().enumerate() {
            session.headers.push((format!("X-Value-{n}"), unusual.of(&plain)));
        }
        true
    }),
    many("header-name", Severity::Low, |session, some| {
        if session.headers.is_empty() {
            return false;
        }
        for (n, unusual) in some.iter().enumerate() {
            session.headers.push((unusual.of("X-Name"), format!("of name {n}")));
        }
        true
    }),
    one("password", Severity::Medium, |session, some| match &mut session.auth {
        Some(Auth::Basic { password, .. }) => in_a_row(password, some),
        _ => false,
    }),
    one("username", Severity::Medium, |session, some| match &mut session.auth {
        Some(Auth::Basic { username, .. }) => in_a_row(username, some),
        _ => false,
    }),
    one("token", Severity::Low, |session, some| {
        let Some(Auth::Basic { password, .. }) = &mut session.auth else { return false };
        let mut token = std::mem::take(password);
        in_a_row(&mut token, some);
        session.auth = Some(Auth::Bearer { token });
        true
    }),
    many("data-type", Severity::Medium, |session, some| {
        if session.data.is_empty() || some.is_empty() {
            return false;
        }
        let values = [
            Value::Bool(true),
            Value::Bool(false),
            0.into(),
            (-1).into(),
            (1_i64 << 31).into(),
            ((1_i64 << 53) - 1).into(),
            1.5.into(),
            serde_json::json!(["a", 1, "b"]),
            serde_json::json!({"a": {"b": ["c"]}, "d": "e"}),
        ];
        for (n, value) in values.into_iter().enumerate() {
            session.data.insert(format!("type{n}"), value);
        }
        true
    }),
];

/// Makes one value of many: each text in a copy of the ordinary one, after the other.
fn in_a_row(plain: &mut String, some: &[Unusual]) -> bool {
    *plain = some.iter().map(|unusual| unusual.of(plain)).collect();
    true
}

/// Returns the unusual texts for a field, those first that may stand beside each other.
pub(super) fn unusual(field: &Field) -> Vec<Unusual> {
    let at = |position, flag: &'static str| {
        let with = VALUES.iter().filter(move |vector| vector.is(flag));
        with.map(move |vector| Unusual { vector, position })
    };
    let mut all: Vec<Unusual> = at(Position::Middle, "separator").collect();
    match field.name {
        "data-type" => all.truncate(1),
        "data" | "data-key" | "header" => {
            all.extend(at(Position::Around, "end"));
            all.extend(at(Position::Alone, "separator"));
            all.extend(at(Position::Alone, "alone"));
        }
        "token" => {}
        // Nobody means these: what is lost there is found with fewer.
        _ => {
            all.extend(at(Position::Around, "end"));
            all.extend(at(Position::Alone, "empty"));
        }
    }
    if field.name == "data" {
        all.extend(at(Position::Alone, "long"));
    }
    all.retain(|one| match field.name {
        // No user-id has a colon: RFC 7617, section 2.
        "username" => !one.vector.text().contains(':'),
        // A header's value has no blanks and no control characters at its ends, and whoever takes them off does what is right: RFC 9110,
        // section 5.5. Python's strip() takes U+001C to U+001F for blanks.
        "header" => !one.has_bare_ends(),
        _ => true,
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_position_puts_the_text_where_it_says() {
        let pipe = VALUES.iter().find(|vector| vector.text() == "|").unwrap();
        let of = |position| Unusual { vector: pipe, position }.of("plain0");
        let all = [Position::Middle, Position::Around, Position::Alone].map(of);
        assert_eq!(all, ["pla|in0", "|plain0|", "|"]);
    }

    #[test]
    fn keys_and_values_have_every_separator_at_every_position() {
        for name in ["data", "data-key"] {
            let field = FIELDS.iter().find(|field| field.name == name).unwrap();
            let all = unusual(field);
            for text in ["|", "!", "&", "<", ":", "=", "\u{85}", "\u{2028}", "\u{b}", "\u{c}", " "]
            {
                let with = all.iter().filter(|one| one.vector.text() == text);
                assert_eq!(with.count(), 3, "{name} with {text:?}");
            }
            for text in ["", "|true x", "|i:1;x"] {
                assert!(all.iter().any(|one| one.vector.text() == text), "{name} with {text:?}");
            }
        }
    }

    #[test]
    fn all_put_what_they_say_into_a_session_and_nothing_twice() {
        let mut session =
            Session { headers: vec![("X-Secret-0".into(), "text".into())], ..Session::default() };
        let field = FIELDS.iter().find(|field| field.name == "header").unwrap();
        let all = unusual(field);
        assert!((field.put)(&mut session, &all[..3]));
        assert_eq!(session.headers.len(), 4);
        let field = FIELDS.iter().find(|field| field.name == "data").unwrap();
        assert!(!(field.put)(&mut session, &all[..3]), "it keeps no data");
    }
}
