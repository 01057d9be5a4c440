//! What the reference reads, in the form in which the programs answer.

use std::collections::BTreeMap;

use interloper_formats::lwp::Word;
use interloper_formats::{Error, cookie, cookie_store as cookie_store_format};
use interloper_formats::{express as express_format, httpie as httpie_format};
use interloper_formats::{json::Json, tough_cookie as tough_cookie_format};
use interloper_formats::{lwp as lwp_format, netscape as netscape_format, php as php_format};
use serde_json::{Value, json};

use super::json::{fields, hex, read};

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
    let jar = netscape_format::parse(input)?;
    let cookies = jar.cookies().map(|cookie| {
        // Python writes a cookie without a value as one without a name, and reads it so.
        let (name, value) = match (cookie.name.is_empty(), &cookie.value) {
            (true, Some(value)) => (value, None),
            (_, value) => (&cookie.name, Some(value.as_deref().unwrap_or_default())),
        };
        let (name, path, domain) = (hex(name), hex(&cookie.path), domain(&cookie.domain));
        let key = [&*domain, &*path, &*name].join("/");
        let cookie = json!({
            "name": name,
            "value": value.map(hex),
            "domain": domain,
            "path": path,
            "subdomains": cookie.subdomains,
            "secure": cookie.secure,
            "expires": cookie.expires.as_ref().map(|expires| expires.seconds),
            "http_only": cookie.http_only,
        });
        (key, cookie)
    });
    Ok(in_order(by_name(cookies)))
}

/// After this time, no program takes a cookie for expired: the programs have the machine's clock.
const LATER: i64 = 2_500_000_000;

/// The jar as programs keep it that have no dot before a domain, and no cookie that has expired.
fn without_dots(input: &[u8], http_only: bool) -> Result<Value, Error> {
    let domain = |bytes: &[u8]| hex(&bytes.to_ascii_lowercase());
    let jar = netscape_format::parse(input)?;
    let cookies = jar.cookies().map(|cookie| {
        let host = cookie.domain.strip_prefix(b".").unwrap_or(&cookie.domain);
        let (name, path, domain) = (hex(&cookie.name), hex(&cookie.path), domain(host));
        let key = [&*domain, &*path, &*name].join("/");
        let cookie = json!({
            "name": name,
            "value": hex(cookie.value.as_deref().unwrap_or_default()),
            "domain": domain,
            "path": path,
            "subdomains": cookie.subdomains,
            "secure": cookie.secure,
            "expires": cookie.expires.as_ref().map(|expires| expires.seconds),
            "http_only": http_only && cookie.http_only,
        });
        (key, cookie)
    });
    Ok(unexpired(by_name(cookies)))
}

pub(super) fn netscape_curl(input: &[u8]) -> Result<Value, Error> {
    without_dots(input, true)
}

/// wget has no such flag: to it, the line is a comment.
pub(super) fn netscape_wget(input: &[u8]) -> Result<Value, Error> {
    without_dots(input, false)
}

/// Returns the cookies that cannot have expired, in an order that both sides have.
pub(super) fn unexpired(value: Value) -> Value {
    let lasts = |cookie: &Value| {
        let expires = cookie.get("expires").and_then(Value::as_i64);
        expires.is_none_or(|expires| expires == 0 || expires > LATER)
    };
    match value {
        Value::Array(cookies) => in_order(cookies.into_iter().filter(lasts).collect()),
        other => other,
    }
}

/// Perl keeps neither the flag for subdomains nor `HttpOnly`.
pub(super) fn netscape_perl(input: &[u8]) -> Result<Value, Error> {
    let domain = |bytes: &[u8]| hex(&bytes.to_ascii_lowercase());
    let jar = netscape_format::parse(input)?;
    let cookies = jar.cookies().map(|cookie| {
        let (name, path, domain) = (hex(&cookie.name), hex(&cookie.path), domain(&cookie.domain));
        let key = [&*domain, &*path, &*name].join("/");
        let cookie = json!({
            "name": name,
            "value": cookie.value.as_deref().map(hex),
            "domain": domain,
            "path": path,
            "secure": cookie.secure,
            "expires": cookie.expires.as_ref().map_or(0, |expires| expires.seconds),
        });
        (key, cookie)
    });
    let lasts = |cookie: &Value| cookie["expires"].as_i64().is_some_and(|expires| expires > 0);
    let kept = match by_name(cookies) {
        Value::Array(cookies) => cookies.into_iter().filter(lasts).collect(),
        other => other,
    };
    Ok(in_order(kept))
}

/// The attributes that `http.cookiejar` knows; all others it keeps as they are.
const FLAGS: [&str; 5] = ["port_spec", "path_spec", "domain_dot", "secure", "discard"];
const VALUES: [&str; 7] = ["version", "port", "path", "domain", "expires", "comment", "commenturl"];

/// Dates and versions are left out: the reference keeps their text, and `http.cookiejar` their value.
pub(super) fn lwp(input: &[u8]) -> Result<Value, Error> {
    let jar = lwp_format::parse(input)?;
    let cookies = jar.cookies.into_iter().map(|cookie| {
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

/// Perl has the attributes by their names as they are spelt, and all that it does not know in a hash.
pub(super) fn lwp_perl(input: &[u8]) -> Result<Value, Error> {
    const KNOWN: [&str; 8] =
        ["version", "path", "domain", "port", "expires", "path_spec", "secure", "discard"];
    let jar = lwp_format::parse(input)?;
    let cookies = jar.cookies.into_iter().map(|cookie| {
        let of = |word: &Word| word.value.as_deref().map(hex);
        let last =
            |name: &str| cookie.attributes.iter().rev().find(|word| word.name == name.as_bytes());
        let known = |word: &&Word| !KNOWN.iter().any(|name| word.name == name.as_bytes());
        let rest: BTreeMap<String, Option<String>> = cookie
            .attributes
            .iter()
            .filter(known)
            .map(|word| (hex(&word.name), of(word)))
            .collect();
        let value = |name: &str| last(name).and_then(of);
        let key = format!("{:?}/{:?}/{}", value("domain"), value("path"), hex(&cookie.pair.name));
        let cookie = json!({
            "name": hex(&cookie.pair.name),
            "value": of(&cookie.pair),
            // What is not there is the empty key of a hash.
            "domain": value("domain").unwrap_or_default(),
            "path": value("path").unwrap_or_default(),
            "port": value("port"),
            "version": value("version"),
            "secure": last("secure").is_some(),
            "discard": last("discard").is_some(),
            "path_spec": last("path_spec").is_some(),
            "rest": rest,
        });
        (key, cookie)
    });
    Ok(in_order(by_name(cookies)))
}

pub(super) fn express(input: &[u8]) -> Result<Value, Error> {
    express_format::parse(input).map(|record| fields(&record.0))
}

pub(super) fn httpie(input: &[u8]) -> Result<Value, Error> {
    httpie_format::parse(input).map(|session| fields(&session.0))
}

pub(super) fn tough_cookie(input: &[u8]) -> Result<Value, Error> {
    tough_cookie_format::parse(input).map(|jar| fields(&jar.0))
}

pub(super) fn cookie_store(input: &[u8]) -> Result<Value, Error> {
    let jar = cookie_store_format::parse(input)?;
    Ok(read(&Json::Array(jar.0.into_iter().map(Json::Object).collect())))
}

/// PHP's reader answers with what its writer makes of it, and the reference has one spelling for each value: so the value is the input.
pub(super) fn php(input: &[u8]) -> Result<Value, Error> {
    php_format::parse_php(input).map(|session| hex(&php_format::print_php(&session)).into())
}

pub(super) fn php_serialize(input: &[u8]) -> Result<Value, Error> {
    let session = php_format::parse_serialize(input)?;
    Ok(hex(&php_format::print_serialize(session.as_deref())).into())
}

pub(super) fn php_binary(input: &[u8]) -> Result<Value, Error> {
    php_format::parse_binary(input).map(|session| hex(&php_format::print_binary(&session)).into())
}
