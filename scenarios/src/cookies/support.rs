//! What scenarios about cookies have in common.

use interloper_engine::{Abort, Actor, App, CaseResult, HttpResponse, StoredCookie};

/// The fewest characters that a value must have for its bytes elsewhere to be no chance.
pub(super) const SHORTEST: usize = 12;

/// Returns the cookies that the victim's login needs.
pub(super) fn authenticating(app: &mut App<'_, '_>) -> CaseResult<Vec<StoredCookie>> {
    let names = app.authenticating(Actor::Victim)?;
    let browser = app.browser(Actor::Victim);
    let needed = browser.cookies().iter().filter(|cookie| names.contains(&cookie.name));
    let needed: Vec<StoredCookie> = needed.cloned().collect();
    match needed.is_empty() {
        true => Err(Abort::Ineffective("the login sets no cookie".into())),
        false => Ok(needed),
    }
}

/// Returns where in an answer a value is, beside the fields that set cookies: `body`, or the name of a field.
pub(super) fn place_of(response: &HttpResponse, value: &[u8]) -> Option<String> {
    let within = |bytes: &[u8]| bytes.windows(value.len()).any(|window| window == value);
    if within(&response.body) {
        return Some("body".into());
    }
    let fields = response.headers.iter();
    let mut fields = fields.filter(|(name, _)| !name.eq_ignore_ascii_case("set-cookie"));
    fields.find(|(_, field)| within(field)).map(|(name, _)| name.to_ascii_lowercase())
}
