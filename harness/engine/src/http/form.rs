//! Form data, and the fields of a form in a page.

/// Encodes fields as `application/x-www-form-urlencoded` (WHATWG URL, section 5.2).
pub(crate) fn encode_form<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs =
        fields.into_iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'*' | b'-' | b'.' | b'_' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Returns the value of the first `<input>` or `<meta>` of a page with this name: how a page hands over a token against forged requests.
///
/// This is a scan for one tag and no reader of HTML: attributes in quotes or without, in any order, and the five named entities.
pub(crate) fn hidden_field(page: &[u8], field: &str) -> Option<String> {
    let page = String::from_utf8_lossy(page);
    let mut rest = &*page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let is = |tag: &str| {
            let (name, after) = rest.split_at_checked(tag.len())?;
            let ends = after.starts_with(|c: char| c.is_ascii_whitespace() || c == '/');
            (name.eq_ignore_ascii_case(tag) && ends).then_some(after)
        };
        let Some(after) = is("input").or_else(|| is("meta")) else { continue };
        let attributes = attributes(after);
        let value = |name: &str| {
            let found = attributes.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        };
        if value("name").is_some_and(|name| name == field) {
            return value("value").or_else(|| value("content"));
        }
    }
    None
}

/// Reads the attributes of a tag, up to its end.
fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            return found;
        }
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/');
        // A name has a character at least, whatever that is.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest[first..].find(ends).map_or(rest.len(), |at| first + at);
        let name = rest[..end].to_owned();
        rest = rest[end..].trim_start();
        let Some(after) = rest.strip_prefix('=') else {
            found.push((name, String::new()));
            continue;
        };
        let after = after.trim_start();
        let value;
        (value, rest) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            _ => {
                let end = after.find(|c: char| c.is_ascii_whitespace() || c == '>');
                after.split_at(end.unwrap_or(after.len()))
            }
        };
        found.push((name, unescape(value)));
    }
}

fn unescape(text: &str) -> String {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&amp;", "&"),
    ];
    entities.iter().fold(text.to_owned(), |text, (entity, stands)| text.replace(entity, stands))
}
