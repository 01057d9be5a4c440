//! How a web application is used: which request logs a user in, which says who is logged in.
//!
//! The harness sends these requests itself. What a request's answer means is never read off its status or its words: a user is logged in
//! where `whoami` shows the user's name, and a value was kept where `get` shows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::SetupName;

/// The parameter of `open` that says where an application has to listen: `unix:PATH`, or `127.0.0.1:PORT`.
pub const LISTEN: &str = "listen";

/// The requests of an application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// The host that it is asked for: `app.test`.
    #[serde(default = "host")]
    pub host: String,
    /// The setups in which it is reached over https, by way of a proxy that says so with `X-Forwarded-Proto`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub https: Vec<SetupName>,
    /// Whether it listens on a port; otherwise, on a Unix socket.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub port: bool,
    /// The users that it has, by actor: `victim`, `attacker`, `bystander`. Without them, names are made up.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub users: BTreeMap<String, User>,
    /// The request that makes a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register: Option<AppRequest>,
    /// The request that logs a user in.
    pub login: AppRequest,
    /// The request that logs the user out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logout: Option<AppRequest>,
    /// The request whose answer shows the name of the user that is logged in.
    pub whoami: AppRequest,
    /// The request that keeps a value in the session or the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<AppRequest>,
    /// The request whose answer shows that value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get: Option<AppRequest>,
    /// The request that ends all sessions of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke_all: Option<AppRequest>,
    /// The request that changes the user's password to `{new_password}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_password: Option<AppRequest>,
    /// The token that forms have to carry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf: Option<Csrf>,
}

/// A user of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name, as `whoami` shows it.
    pub user: String,
    /// The password.
    pub password: String,
}

/// A request. `{user}`, `{password}`, `{new_password}`, `{value}` and `{csrf}` stand for what they say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AppRequest {
    /// The method and the target: `POST /login`.
    pub request: String,
    /// The fields of its form.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub form: BTreeMap<String, String>,
    /// Its body in JSON, in place of a form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// Further header fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The page that has the token for it, if that is not the one that `csrf` names: `GET /account`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf: Option<String>,
}

/// A token against forged requests: where it comes from, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Csrf {
    /// The page with the form: `GET /login`.
    pub request: String,
    /// The name of the hidden field, in the page and in the form that is sent.
    pub field: String,
}

fn host() -> String {
    "app.test".to_owned()
}

impl Application {
    /// Returns an application that has these two requests.
    pub fn new(login: AppRequest, whoami: AppRequest) -> Application {
        Application {
            host: host(),
            https: Vec::new(),
            port: false,
            users: BTreeMap::new(),
            register: None,
            login,
            logout: None,
            whoami,
            set: None,
            get: None,
            revoke_all: None,
            change_password: None,
            csrf: None,
        }
    }

    /// Returns its requests, each with the word that stands for it.
    pub fn requests(&self) -> impl Iterator<Item = (&'static str, &AppRequest)> {
        let all = [
            ("register", self.register.as_ref()),
            ("login", Some(&self.login)),
            ("logout", self.logout.as_ref()),
            ("whoami", Some(&self.whoami)),
            ("set", self.set.as_ref()),
            ("get", self.get.as_ref()),
            ("revoke_all", self.revoke_all.as_ref()),
            ("change_password", self.change_password.as_ref()),
        ];
        all.into_iter().filter_map(|(word, request)| Some((word, request?)))
    }
}

impl AppRequest {
    /// Returns a request without a form: `GET /whoami`.
    pub fn new(request: impl Into<String>) -> AppRequest {
        AppRequest {
            request: request.into(),
            form: BTreeMap::new(),
            json: None,
            headers: BTreeMap::new(),
            csrf: None,
        }
    }

    /// Adds a field of its form.
    pub fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> AppRequest {
        self.form.insert(name.into(), value.into());
        self
    }

    /// Returns the method and the target; `None` if it is not two words, the second with a slash first.
    pub fn line(&self) -> Option<(&str, &str)> {
        line(&self.request)
    }
}

/// Reads a method and a target.
fn line(text: &str) -> Option<(&str, &str)> {
    let (method, target) = text.split_once(' ')?;
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    let is = !method.is_empty() && target.starts_with('/') && plain(method) && plain(target);
    is.then_some((method, target))
}

impl Csrf {
    /// Returns the request for its page.
    pub fn page(&self) -> AppRequest {
        AppRequest::new(&self.request)
    }
}
