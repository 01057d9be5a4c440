//! One request: its fields, its cookies, its token, its answer.

use interloper_driver::AppRequest;
use serde_json::Value;

use super::{Abort, Actor, Answered, App, AppVerb, CaseResult, Seen};
use crate::driver::unix_seconds;
use crate::http::{Exchange, HttpRequest, HttpResponse, Jar, connect, encode_form, hidden_field};
use crate::record::{Event, HttpEvent};

/// What stands for the token of a form.
const TOKEN: &str = "{csrf}";

/// The name and the value of a cookie.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// Upper limit of the redirects that a browser follows.
const REDIRECTS: u32 = 5;

impl App<'_, '_> {
    /// Sends one of the application's requests from somebody's browser, as the browser does: with its cookies, keeping those that are set,
    /// and following redirects within the application.
    ///
    /// # Errors
    /// [`Abort::Unsupported`] if the application has no such request; when it does not answer.
    pub fn send(&mut self, actor: Actor, verb: AppVerb) -> CaseResult<HttpEvent> {
        let request = self.request(verb)?;
        let token = self.token(actor, &request)?;
        let built = self.build(actor, &request, token.as_deref())?;
        let (event, mut response) = self.browse(actor, built)?;
        for _ in 0..REDIRECTS {
            let Some(target) = self.redirect(&response) else { break };
            response = self.browse(actor, HttpRequest::new("GET", target))?.1;
        }
        Ok(event)
    }

    /// Sends a request from a browser that is thrown away afterwards: with these cookies, and to this target if it is another.
    ///
    /// # Errors
    /// As [`App::send`].
    pub fn replay(
        &mut self,
        actor: Actor,
        verb: AppVerb,
        jar: &Jar,
        target: Option<&str>,
    ) -> CaseResult<(HttpEvent, HttpResponse)> {
        let request = self.request(verb)?;
        let mut built = self.build(actor, &request, None)?;
        if let Some(target) = target {
            built.target = target.to_owned();
        }
        let mut jar = jar.clone();
        self.exchange(actor, built, &mut jar)
    }

    /// Sends a request from a browser that is thrown away afterwards, with the bytes of a `Cookie` field as they are. A story has no cookies of it.
    ///
    /// # Errors
    /// As [`App::send`].
    fn replay_raw(&mut self, actor: Actor, verb: AppVerb, field: &[u8]) -> CaseResult<HttpEvent> {
        let request = self.request(verb)?;
        let built = self.build(actor, &request, None)?;
        let words = format!("{} {}", built.method, built.target);
        let target = built.target.clone();
        let request = self.dress(built, Some(field.to_vec()));
        let response = self.ask(&request)?;
        let event = self.received(actor, &words, &target, &[], &response, &mut Jar::default());
        self.lab.push(Event::Http(event.clone()));
        Ok(event)
    }

    /// Asks who is logged in with the bytes of a `Cookie` field as they are.
    ///
    /// # Errors
    /// When the application does not answer.
    pub fn who_raw(&mut self, actor: Actor, field: &[u8]) -> CaseResult<Seen> {
        let mut exchanges = Vec::new();
        for verb in [AppVerb::Whoami, AppVerb::Get] {
            if verb.of(&self.description).is_some() {
                exchanges.push(self.replay_raw(actor, verb, field)?);
            }
        }
        Ok(Seen { exchanges })
    }

    /// Returns the cookies that somebody's browser sends to `whoami`, in their order: names and values.
    pub fn cookies_sent(&self, actor: Actor) -> Vec<(Vec<u8>, Vec<u8>)> {
        let target = self.target(AppVerb::Whoami).unwrap_or_default();
        self.sent(&self.browser(actor), &target).0
    }

    /// Opens the page from which a login begins, as somebody does who is not logged in: the one with the form, or else `whoami`.
    ///
    /// # Errors
    /// When the application does not answer.
    pub fn visit(&mut self, actor: Actor) -> CaseResult<HttpEvent> {
        let page = self.description.login.csrf.clone();
        let page = page.or_else(|| self.description.csrf.as_ref().map(|csrf| csrf.request.clone()));
        let page = page.map_or_else(|| self.description.whoami.clone(), AppRequest::new);
        let built = self.build(actor, &page, None)?;
        Ok(self.browse(actor, built)?.0)
    }

    /// Returns the target of a request.
    pub fn target(&self, verb: AppVerb) -> Option<String> {
        let (_, target) = verb.of(&self.description)?.line()?;
        Some(target.to_owned())
    }

    /// Returns a request of the manifest.
    pub(super) fn request(&self, verb: AppVerb) -> CaseResult<AppRequest> {
        let request = verb.of(&self.description).cloned();
        request.ok_or_else(|| Abort::Unsupported(format!("it has no request {verb}")))
    }

    /// Fetches the token that a request needs.
    pub(super) fn token(
        &mut self,
        actor: Actor,
        request: &AppRequest,
    ) -> CaseResult<Option<String>> {
        let Some(csrf) = self.description.csrf.clone() else { return Ok(None) };
        let is_get = request.line().is_some_and(|(method, _)| method == "GET");
        if is_get && request.csrf.is_none() {
            return Ok(None);
        }
        let page = request.csrf.as_ref().map_or_else(|| csrf.page(), AppRequest::new);
        let built = self.build(actor, &page, None)?;
        let (_, response) = self.browse(actor, built)?;
        match hidden_field(&response.body, &csrf.field) {
            Some(token) => Ok(Some(token)),
            None => Err(Abort::Ineffective(format!(
                "{} was answered {} without a field {}, which csrf names",
                page.request, response.status, csrf.field
            ))),
        }
    }

    /// Makes a request of a manifest's: every placeholder is filled in.
    pub(super) fn build(
        &self,
        actor: Actor,
        request: &AppRequest,
        token: Option<&str>,
    ) -> CaseResult<HttpRequest> {
        self.build_with(actor, request, token, &self.value(actor))
    }

    /// Makes a request with another value than the person's.
    pub(super) fn build_with(
        &self,
        actor: Actor,
        request: &AppRequest,
        token: Option<&str>,
        kept: &str,
    ) -> CaseResult<HttpRequest> {
        let Some((method, target)) = request.line() else {
            let why = format!("{:?} is no request, such as \"POST /login\"", request.request);
            return Err(Abort::Unsupported(why));
        };
        let put = |text: &str| self.put(actor, text, token, kept);
        let mut built = HttpRequest::new(method, put(target));
        for (name, value) in &request.headers {
            built = built.header(name, put(value));
        }
        if let Some(json) = &request.json {
            built.body = put_json(json, &put).to_string().into_bytes();
            return Ok(built.header("Content-Type", "application/json"));
        }
        let mut form: Vec<(&str, String)> =
            request.form.iter().map(|(name, value)| (name.as_str(), put(value))).collect();
        let placed = request.form.values().chain(request.headers.values());
        let placed = placed.into_iter().any(|value| value.contains(TOKEN));
        if let (Some(csrf), Some(token), false) = (&self.description.csrf, token, placed) {
            form.push((&csrf.field, token.to_owned()));
        }
        if !form.is_empty() {
            let fields = form.iter().map(|(name, value)| (*name, value.as_str()));
            let encoded = encode_form(fields);
            if method == "GET" {
                let before = if built.target.contains('?') { "&" } else { "?" };
                built.target += &format!("{before}{encoded}");
                return Ok(built);
            }
            built.body = encoded.into_bytes();
            built = built.header("Content-Type", "application/x-www-form-urlencoded");
        }
        Ok(built)
    }

    fn put(&self, actor: Actor, text: &str, token: Option<&str>, kept: &str) -> String {
        if !text.contains('{') {
            return text.to_owned();
        }
        text.replace("{user}", &self.name(actor))
            .replace("{password}", &self.password(actor))
            .replace("{new_password}", &self.new_password(actor))
            .replace("{value}", kept)
            .replace(TOKEN, token.unwrap_or_default())
    }

    /// Sends a request from somebody's browser.
    fn browse(
        &mut self,
        actor: Actor,
        request: HttpRequest,
    ) -> CaseResult<(HttpEvent, HttpResponse)> {
        let mut jar = self.browser(actor);
        let answered = self.exchange(actor, request, &mut jar)?;
        self.give_browser(actor, jar);
        Ok(answered)
    }

    /// Sends a request with the cookies of a jar, which keeps those that the answer sets.
    fn exchange(
        &mut self,
        actor: Actor,
        request: HttpRequest,
        jar: &mut Jar,
    ) -> CaseResult<(HttpEvent, HttpResponse)> {
        let (sent, field) = self.sent(jar, &request.target);
        let words = format!("{} {}", request.method, request.target);
        let target = request.target.clone();
        let request = self.dress(request, field);
        let response = self.ask(&request)?;
        let event = self.received(actor, &words, &target, &sent, &response, jar);
        self.lab.push(Event::Http(event.clone()));
        Ok((event, response))
    }

    /// Returns the cookies that a browser sends, and the header field that has them.
    pub(super) fn sent(&self, jar: &Jar, target: &str) -> (Vec<Pair>, Option<Vec<u8>>) {
        let now = unix_seconds();
        let sent = jar.sent(&self.origin, target, now).into_iter();
        let sent = sent.map(|cookie| (cookie.name.clone(), cookie.value.clone()));
        (sent.collect(), jar.field(&self.origin, target, now))
    }

    /// Takes an answer: the jar keeps the cookies that it sets. Returns the event.
    pub(super) fn received(
        &mut self,
        actor: Actor,
        words: &str,
        target: &str,
        sent: &[Pair],
        response: &HttpResponse,
        jar: &mut Jar,
    ) -> HttpEvent {
        let now = unix_seconds();
        for field in response.header("set-cookie") {
            // A browser is silent about what it refuses.
            let _ = jar.set(&self.origin, target, field, now);
        }
        let (request, response) = (words.to_owned(), response.clone());
        let event = self.event(actor, words, sent, &response);
        self.answers.push(Answered { actor, request, response });
        event
    }

    /// Adds the header fields that a browser sends, and those of a proxy in front where there is https.
    pub(super) fn dress(&self, request: HttpRequest, cookies: Option<Vec<u8>>) -> HttpRequest {
        let scheme = if self.origin.secure { "https" } else { "http" };
        let site = format!("{scheme}://{}", self.origin.host);
        let has = |name: &str| request.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        let (posts, accepts) = (request.method != "GET" && !has("Origin"), has("Accept"));
        let own = request.headers;
        let mut dressed = HttpRequest { headers: Vec::new(), ..request };
        dressed = dressed
            .header("Host", self.origin.host.clone())
            .header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) interloper");
        if !accepts {
            dressed = dressed.header("Accept", "text/html, application/json;q=0.9, */*;q=0.8");
        }
        if posts {
            dressed = dressed.header("Origin", site.clone()).header("Referer", format!("{site}/"));
        }
        if self.origin.secure {
            dressed = dressed
                .header("X-Forwarded-Proto", "https")
                .header("X-Forwarded-For", "127.0.0.1")
                .header("X-Forwarded-Host", self.origin.host.clone());
        }
        if let Some(cookies) = cookies {
            dressed = dressed.header("Cookie", cookies);
        }
        dressed.headers.extend(own);
        dressed
    }

    fn ask(&mut self, request: &HttpRequest) -> CaseResult<HttpResponse> {
        let (at, key) = (self.lab.address(), self.lab.key());
        let driver = self.lab.worker.driver_at_work(key)?;
        let answered = connect(&at).and_then(|socket| {
            let mut patience = driver.patience();
            Exchange::new(socket, &request.method, request.bytes()).finish(&mut patience)
        });
        answered
            .map_err(|error| self.failed(&format!("{} {}", request.method, request.target), &error))
    }

    /// Returns the target that a browser is sent on to, if that is the application's.
    fn redirect(&self, response: &HttpResponse) -> Option<String> {
        if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let location = std::str::from_utf8(response.header("location").next()?).ok()?;
        let host = location.split_once("://").map(|(_, rest)| rest);
        let target = match host {
            Some(rest) => {
                let target = rest.strip_prefix(self.origin.host.as_str())?;
                if target.is_empty() { "/" } else { target }
            }
            None => location,
        };
        let target = target.split('#').next()?;
        let plain = target.bytes().all(|byte| byte.is_ascii_graphic());
        (target.starts_with('/') && !target.starts_with("//") && plain).then(|| target.to_owned())
    }
}

/// Fills placeholders in everywhere in a value of JSON.
fn put_json(value: &Value, put: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(put(text)),
        Value::Array(items) => items.iter().map(|item| put_json(item, put)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), put_json(value, put)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}
