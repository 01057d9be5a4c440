//! What scenarios about clients have in common.

use interloper_engine::{
    AUTHORITY_FILE, Abort, CaseResult, Client, Fetched, Page, Received, SITE_PORT, TLS_PORT,
};

/// A day, in seconds: cookies of the browser's session alone are left out of many jars.
pub(super) const DAY: u32 = 86_400;

/// Reason for which a case does not count if the client stays where it was sent first.
pub(super) const NOT_FOLLOWED: &str = "the redirect was not followed";

/// Returns the address of a path at a site.
pub(super) fn url(host: &str, path: &str) -> String {
    format!("http://{host}:{SITE_PORT}{path}")
}

/// Returns the address of a path at a site over TLS.
pub(super) fn url_over_tls(host: &str, path: &str) -> String {
    format!("https://{host}:{TLS_PORT}{path}")
}

/// Has the client ask for an address over TLS, and checks that its request arrived there.
///
/// # Errors
/// As [`ask`].
pub(super) fn ask_over_tls(
    client: &mut Client<'_, '_>,
    host: &str,
    path: &str,
) -> CaseResult<Fetched> {
    let fetched = client.get(&url_over_tls(host, path))?;
    arrived_over_tls(&fetched, host)?;
    Ok(fetched)
}

/// Checks that a request arrived at a site over TLS.
pub(super) fn arrived_over_tls(fetched: &Fetched, host: &str) -> CaseResult<()> {
    if fetched.at(host).any(|request| request.tls && !request.method.is_empty()) {
        return Ok(());
    }
    let why = fetched.failure.as_ref().map_or(String::new(), |failure| format!(": {failure}"));
    Err(Abort::Ineffective(format!(
        "no request arrived at {host} over https: does it trust the authority in {AUTHORITY_FILE}, {{ca}} in a manifest?{why}"
    )))
}

/// Returns a `Set-Cookie` field: the cookie of a slot, for a day, with further attributes such as `Path=/`.
pub(super) fn cookie(client: &Client<'_, '_>, slot: u16, attributes: &str) -> String {
    let value = client.secret(slot);
    format!("session{slot}={value}; Max-Age={DAY}; {attributes}")
}

/// Returns the first request at a site that has the secret of a slot.
pub(super) fn sent<'f>(
    client: &Client<'_, '_>,
    fetched: &'f Fetched,
    host: &str,
    slot: u16,
) -> Option<&'f Received> {
    fetched.received.iter().find(|request| request.host == host && client.has(request, slot))
}

/// Has the client ask for an address, and checks that its request arrived there.
///
/// # Errors
/// [`Abort::Ineffective`] where it did not: what it would have sent is not known then.
pub(super) fn ask(client: &mut Client<'_, '_>, host: &str, path: &str) -> CaseResult<Fetched> {
    let fetched = client.get(&url(host, path))?;
    arrived(&fetched, host)?;
    Ok(fetched)
}

/// Checks that a request arrived at a site.
pub(super) fn arrived(fetched: &Fetched, host: &str) -> CaseResult<()> {
    if fetched.at(host).next().is_some() {
        return Ok(());
    }
    let why = fetched.failure.as_ref().map_or(String::new(), |failure| format!(": {failure}"));
    Err(Abort::Ineffective(format!("no request arrived at {host}{why}")))
}

/// Checks that the next request for an address has the secret of a slot: that it is absent elsewhere says something then. Returns what arrived.
///
/// # Errors
/// [`Abort::Ineffective`] where it has not.
pub(super) fn control(
    client: &mut Client<'_, '_>,
    host: &str,
    path: &str,
    slot: u16,
) -> CaseResult<Fetched> {
    let fetched = ask(client, host, path)?;
    match sent(client, &fetched, host, slot) {
        Some(_) => Ok(fetched),
        None => Err(Abort::Ineffective(format!(
            "the next request for {host}{path} is without the cookie that was set for it"
        ))),
    }
}

/// Has a site over TLS set the cookie of slot 0 with Secure, and checks that the client sends it there again. Returns what arrived when it was
/// set; the answer redirects to an address, if one is given.
///
/// # Errors
/// [`Abort::Ineffective`] where the client does not.
pub(super) fn keep_secure(
    client: &mut Client<'_, '_>,
    host: &'static str,
    to: Option<String>,
) -> CaseResult<Fetched> {
    let page = Page::new(host, "/").over_tls().set(cookie(client, 0, "Path=/; Secure"));
    client.publish(vec![Page { to, ..page }]);
    let first = ask_over_tls(client, host, "/")?;
    client.publish(Vec::new());
    let control = ask_over_tls(client, host, "/control")?;
    if sent(client, &control, host, 0).is_none() {
        let why = "the next request over https is without the Secure cookie that was set for it";
        return Err(Abort::Ineffective(why.into()));
    }
    Ok(first)
}
