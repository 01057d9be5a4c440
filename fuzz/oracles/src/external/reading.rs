//! What the reference reads, in the form in which the programs answer.

use std::collections::BTreeMap;

use interloper_formats::lwp::Word;
use interloper_formats::netscape::Line;
use interloper_formats::{Error, cookie, express as express_format, httpie as httpie_format};
use interloper_formats::{lwp as lwp_format, netscape as netscape_format, php as php_format};
use serde_json::{Value, json};

use super::json::{driven, hex, text};

/// Returns the last of each name counts, and the order does not: the programs keep cookies by name.
fn by_name(items: impl Iterator<Item = (String, Value)>) -> Value {
    items.collect::<BTreeMap<String, Value>>().into_values().collect()
}

/// Returns a list of cookies in an order that both sides have.
pub(super) fn in_order(value: Value) -> Value {
    match value {
        Value::Array(mut items) => {
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        other => other,
    }
}

pub(super) fn cookie_header(input: &[u8]) -> Result<Value, Error> {
    let pairs = cookie::parse_cookie(input)?;
    let pairs = pairs.into_iter().map(|pair| {
        let name = hex(&pair.name);
        (name.clone(), json!([name, hex(&pair.value)]))
    });
    Ok(in_order(by_name(pairs)))
}

/// `http.cookiejar` has domains in lower case.
fn domain(bytes: &[u8]) -> String {
    hex(String::from_utf8_lossy(bytes).to_lowercase().as_bytes())
}

pub(super) fn netscape(input: &[u8]) -> Result<Value, Error> {
    let lines = netscape_format::parse(input)?;
    let cookies = lines.into_iter().filter_map(|line| match line {
        Line::Comment(_) => None,
        Line::Cookie(cookie) => {
            // Python writes a cookie without a value as one without a name, and reads it so.
            let (name, value) = match cookie.name.is_empty() {
                true => (cookie.value, None),
                false => (cookie.name, Some(hex(&cookie.value))),
            };
            let (name, path, domain) = (hex(&name), hex(&cookie.path), domain(&cookie.domain));
            let key = [&*domain, &*path, &*name].join("/");
            let cookie = json!({
                "name": name,
                "value": value,
                "domain": domain,
                "path": path,
                "subdomains": cookie.subdomains,
                "secure": cookie.secure,
                "expires": cookie.expires,
                "http_only": cookie.http_only,
            });
            Some((key, cookie))
        }
    });
    Ok(in_order(by_name(cookies)))
}

/// The attributes that `http.cookiejar` knows; all others it keeps as they are.
const FLAGS: [&str; 5] = ["port_spec", "path_spec", "domain_dot", "secure", "discard"];
const VALUES: [&str; 7] = ["version", "port", "path", "domain", "expires", "comment", "commenturl"];

/// Dates and versions are left out: the reference keeps their text, and `http.cookiejar` their value.
pub(super) fn lwp(input: &[u8]) -> Result<Value, Error> {
    let cookies = lwp_format::parse(input)?;
    let cookies = cookies.into_iter().map(|cookie| {
        let of = |word: &Word| word.value.as_deref().map(hex);
        let known = |word: &Word| {
            let name = String::from_utf8_lossy(&word.name).to_lowercase();
            (FLAGS.contains(&&*name) || VALUES.contains(&&*name)).then_some(name)
        };
        // The last one counts.
        let last = |name: &str| {
            cookie.attributes.iter().rev().find(|word| known(word).as_deref() == Some(name))
        };
        let value = |name: &str| last(name).and_then(|word| word.value.as_deref());
        let secure = last("secure").map_or(json!(false), |word| match of(word) {
            Some(value) => json!(value),
            None => json!(true),
        });
        let rest: BTreeMap<String, Option<String>> = cookie
            .attributes
            .iter()
            .filter(|word| known(word).is_none())
            .map(|word| (hex(&word.name), of(word)))
            .collect();
        let domain = value("domain").map(domain);
        let (name, path) = (hex(&cookie.pair.name), value("path").map(hex));
        let key = format!("{domain:?}/{path:?}/{name}");
        let cookie = json!({
            "name": name,
            "value": of(&cookie.pair),
            "domain": domain,
            "path": path,
            "port": value("port").map(hex),
            "secure": secure,
            "comment": value("comment").map(hex),
            "rest": rest,
        });
        (key, cookie)
    });
    Ok(in_order(by_name(cookies)))
}

/// Printed and read again without its types: what is printed is a value that was read, so there is nothing to refuse.
fn without_types(printed: &[u8]) -> Value {
    driven(&serde_json::from_slice(printed).unwrap_or_default())
}

pub(super) fn express(input: &[u8]) -> Result<Value, Error> {
    let record = express_format::parse(input)?;
    Ok(express_form(without_types(&express_format::print(&record))))
}

pub(super) fn httpie(input: &[u8]) -> Result<Value, Error> {
    let session = httpie_format::parse(input)?;
    Ok(httpie_form(without_types(&httpie_format::print(&session))))
}

/// What the reference takes for the same, and prints in one of the two ways.
fn drop_defaults(of: &mut Value, names: &[&str], default: &Value) {
    if let Some(items) = of.as_object_mut() {
        for name in names {
            let name = text(name);
            if items.get(&name) == Some(default) {
                items.remove(&name);
            }
        }
    }
}

/// Returns an attribute of the cookie that is `null` is as one that is not there.
pub(super) fn express_form(mut value: Value) -> Value {
    if let Some(cookie) = value.get_mut(text("cookie")) {
        let names = [
            "originalMaxAge",
            "partitioned",
            "priority",
            "expires",
            "secure",
            "httpOnly",
            "domain",
            "path",
            "sameSite",
        ];
        drop_defaults(cookie, &names, &Value::Null);
    }
    value
}

/// Returns what is `null`, false or empty by default is as what is not there.
pub(super) fn httpie_form(mut value: Value) -> Value {
    drop_defaults(&mut value, &["__meta__", "auth"], &json!({}));
    let cookies: Vec<&mut Value> = match value.get_mut(text("cookies")) {
        Some(Value::Array(cookies)) => cookies.iter_mut().collect(),
        Some(Value::Object(cookies)) => cookies.values_mut().collect(),
        _ => Vec::new(),
    };
    for cookie in cookies {
        drop_defaults(cookie, &["domain", "expires", "name", "path", "value"], &Value::Null);
        drop_defaults(cookie, &["secure"], &json!(false));
    }
    value
}

/// PHP's reader answers with what its writer makes of it, and the reference has one spelling for each value: so the value is the input.
pub(super) fn php(input: &[u8]) -> Result<Value, Error> {
    php_format::parse_php(input).map(|session| hex(&php_format::print_php(&session)).into())
}

pub(super) fn php_serialize(input: &[u8]) -> Result<Value, Error> {
    let session = php_format::parse_serialize(input)?;
    Ok(hex(&php_format::print_serialize(&session)).into())
}

pub(super) fn php_binary(input: &[u8]) -> Result<Value, Error> {
    php_format::parse_binary(input).map(|session| hex(&php_format::print_binary(&session)).into())
}
