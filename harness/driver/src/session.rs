//! What a session is made of, as it travels between the harness and a store.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One session: everything a store may be asked to keep.
///
/// A store keeps the parts its [`Hello::keeps`](crate::Hello::keeps) names; the others are never sent to it.
/// Arbitrary bytes inside [`data`](Session::data) travel as `{"b64": "…"}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Session {
    /// Free-form values, as web frameworks keep them.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
    /// Cookies received from servers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<Cookie>,
    /// Request headers kept with the session: name, value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// Credentials sent with each request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// When the whole session ends, in Unix seconds; `None` is never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

impl Session {
    /// Sets the parts that `set` names, and leaves the rest: what [`update`](crate::SessionStore::update) makes of a session.
    ///
    /// A value of `data` is known by its key, a cookie by name, domain and path, and a header by its name.
    ///
    /// ```
    /// use interloper_driver::Session;
    ///
    /// let of = |json| serde_json::from_value::<Session>(json).unwrap();
    /// let mut session = of(serde_json::json!({"data": {"user": 7, "theme": "light"}}));
    /// session.set(of(serde_json::json!({"data": {"theme": "dark"}})));
    /// assert_eq!(session, of(serde_json::json!({"data": {"user": 7, "theme": "dark"}})));
    /// ```
    pub fn set(&mut self, set: Session) {
        self.data.extend(set.data);
        for cookie in set.cookies {
            self.cookies.retain(|other| !other.is_replaced_by(&cookie));
            self.cookies.push(cookie);
        }
        let named = |name: &str| set.headers.iter().any(|(set, _)| set.eq_ignore_ascii_case(name));
        self.headers.retain(|(name, _)| !named(name));
        self.headers.extend(set.headers);
        self.auth = set.auth.or(self.auth.take());
        self.expires_at = set.expires_at.or(self.expires_at);
    }
}

/// A cookie with the attributes of [RFC 6265 section 5.3](https://www.rfc-editor.org/rfc/rfc6265#section-5.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cookie {
    /// The cookie's name.
    pub name: String,
    /// The cookie's value.
    pub value: String,
    /// The host or domain it belongs to, without a leading dot.
    #[serde(default)]
    pub domain: String,
    /// Whether only that very host gets it.
    #[serde(default)]
    pub host_only: bool,
    /// The path prefix it is sent for.
    #[serde(default = "root_path")]
    pub path: String,
    /// When it ends, in Unix seconds; `None` is a session cookie.
    #[serde(default)]
    pub expires: Option<i64>,
    /// Sent over secure channels only.
    #[serde(default)]
    pub secure: bool,
    /// Hidden from scripts.
    #[serde(default)]
    pub http_only: bool,
    /// The SameSite attribute, where it was given.
    #[serde(default)]
    pub same_site: Option<SameSite>,
}

impl Cookie {
    /// Returns whether a jar keeps the other one in its place: [RFC 6265 section 5.3](https://www.rfc-editor.org/rfc/rfc6265#section-5.3), step 11.
    fn is_replaced_by(&self, other: &Cookie) -> bool {
        (&self.name, &self.domain, &self.path) == (&other.name, &other.domain, &other.path)
    }
}

fn root_path() -> String {
    "/".to_owned()
}

/// The SameSite attribute of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SameSite {
    /// Sent with same-site requests only.
    Strict,
    /// Sent with same-site requests and top-level navigations.
    Lax,
    /// Sent with every request.
    None,
}

/// Credentials kept with a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Auth {
    /// HTTP Basic (RFC 7617).
    Basic {
        /// The user's name.
        username: String,
        /// The password.
        password: String,
    },
    /// A bearer token (RFC 6750).
    Bearer {
        /// The token.
        token: String,
    },
}
