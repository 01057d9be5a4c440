//! What the application does. Each flaw is one condition.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::flaws::Flaw;
use super::server::{Answer, Asked};
use super::sessions::{Kept, Sessions, hash, random, random_of};
use crate::time_uuid::time_uuid;

/// The name of its cookie.
const COOKIE: &str = "session";

/// The application's state.
#[derive(Debug)]
pub(super) struct Routes {
    flaw: Option<Flaw>,
    sessions: Sessions,
    /// The user who logged in last.
    last: Mutex<Option<String>>,
    /// Number of logouts by user.
    logouts: Mutex<BTreeMap<String, u32>>,
    /// Sessions that logouts ended, by id.
    ended: Mutex<BTreeMap<String, Kept>>,
    /// Lock around each request, if requests are answered one after the other.
    turn: Mutex<()>,
    /// Number of ids that were given.
    given: AtomicU64,
    /// Random digits of this process.
    node: String,
}

impl Routes {
    pub(super) fn new(flaw: Option<Flaw>, home: &Path) -> Routes {
        let (open, by_prefix) =
            (flaw == Some(Flaw::ReadableFiles), flaw == Some(Flaw::MatchesPrefix));
        let mut sessions = Sessions::new(home, open, by_prefix);
        if flaw == Some(Flaw::LocksOwnProcess) {
            sessions.lock = home.join(format!("lock-{}", std::process::id()));
        }
        Routes {
            flaw,
            sessions,
            last: Mutex::default(),
            logouts: Mutex::default(),
            ended: Mutex::default(),
            turn: Mutex::default(),
            given: AtomicU64::default(),
            node: random_of(8),
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// Answers a request, with the lock on the sessions unless it is about none.
    pub(super) fn answer(&self, asked: &Asked) -> Answer {
        let _turn = self.has(Flaw::ServesInTurn).then(|| self.turn.lock());
        let _lock = self.lock(asked);
        let id = self.id(asked);
        if self.has(Flaw::IdInLog) {
            println!("{} {} session={}", asked.method, asked.path, id.as_deref().unwrap_or("-"));
        }
        let id = id.as_deref();
        let posts = asked.method == "POST";
        if posts && asked.path != "/register" && !self.token_is_right(asked, id) {
            return Answer::refused("403 Forbidden");
        }
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/login") => self.page(id),
            ("POST", "/register") => self.register(asked),
            ("POST", "/login") => self.log_in(asked, id),
            ("POST", "/logout") => self.log_out(id),
            ("GET", "/whoami") => self.whoami(asked, id),
            ("POST", "/set") => self.set(asked, id),
            ("GET", "/get") => Answer::ok(id.map_or_else(String::new, |id| self.value(id))),
            ("POST", "/revoke-all") => self.revoke_all(id),
            ("POST", "/password") => self.change_password(asked, id),
            _ => Answer::refused("404 Not Found"),
        }
    }

    fn lock(&self, asked: &Asked) -> Option<File> {
        let sets = self.has(Flaw::VisitRevives) && asked.path == "/set";
        let looks = self.has(Flaw::TouchRevives) && asked.path == "/whoami";
        if self.has(Flaw::ServesInTurn) || sets || looks {
            return None;
        }
        let about = asked.path != "/whoami" || !asked.cookies.is_empty() || !asked.query.is_empty();
        about.then(|| self.sessions.lock()).flatten()
    }

    /// Returns the id of the session that a request has.
    fn id(&self, asked: &Asked) -> Option<String> {
        let cookie = match self.has(Flaw::TrimsNames) {
            true => asked.cookies.iter().rfind(|(name, _)| name.trim() == COOKIE),
            false => asked.cookies.iter().find(|(name, _)| name == COOKIE),
        };
        let cookie = cookie.map(|(_, value)| value);
        let in_query =
            asked.query.strip_prefix("session=").filter(|_| self.has(Flaw::AcceptsUrlId));
        let id = cookie.map(String::as_str).or(in_query)?;
        let id = if self.names_the_user() { id.split_once('.')?.0 } else { id };
        self.sessions.find(id)
    }

    /// Returns the user of a request.
    fn user(&self, asked: &Asked, id: Option<&str>) -> Option<String> {
        let own = self.sessions.get(id?)?.user.clone();
        if self.has(Flaw::SharesLogin) {
            return known(&self.last).clone();
        }
        if self.names_the_user() {
            let cookie = asked.cookies.iter().find(|(name, _)| name == COOKIE)?;
            let (_, named) = cookie.1.split_once('.')?;
            return match self.has(Flaw::DigestInCookie) {
                true => own.and(self.sessions.users().find(|user| hash(user) == named)),
                false => own.and(Some(named.to_owned())),
            };
        }
        own
    }

    /// Returns whether the user stands in the cookie behind the id.
    fn names_the_user(&self) -> bool {
        self.has(Flaw::UserInCookie) || self.has(Flaw::DigestInCookie)
    }

    fn value(&self, id: &str) -> String {
        self.sessions.get(id).map_or_else(String::new, |kept| kept.value)
    }

    fn token_is_right(&self, asked: &Asked, id: Option<&str>) -> bool {
        let kept = id.and_then(|id| self.sessions.get(id));
        kept.is_some_and(|kept| asked.field("token") == Some(&*kept.token))
            // A session that a made-up id becomes has no form before its login.
            || (self.has(Flaw::AdoptsAnyId) && asked.path == "/login")
    }

    /// Returns the id of a new session.
    fn new_id(&self) -> String {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let count = self.given.fetch_add(1, Ordering::Relaxed);
        match self.flaw {
            Some(Flaw::IdFromTheClock) => hash(&since.as_micros().to_string()),
            Some(Flaw::IdFromTheProcess) => {
                hash(&format!("{} {} {count}", std::process::id(), since.as_micros()))
            }
            Some(Flaw::IdCounted) => hash(&format!("seed {count}")),
            Some(Flaw::IdIsTimeUuid) => time_uuid(count, &self.node),
            Some(Flaw::IdFromFewBits) => hash(&random_of(4)),
            _ => random(),
        }
    }

    /// The page with the form; whoever has no session gets one.
    fn page(&self, id: Option<&str>) -> Answer {
        let (id, set) = match id {
            Some(id) => (id.to_owned(), None),
            None => {
                let id = self.new_id();
                self.sessions.put(&id, &Kept { token: random(), ..Kept::default() });
                let set = self.cookie(&id, "");
                (id, (!self.has(Flaw::AdoptsAnyId)).then_some(set))
            }
        };
        let token = self.sessions.get(&id).map_or_else(String::new, |kept| kept.token);
        let form =
            format!("<form method=post><input type=hidden name=token value=\"{token}\"></form>");
        Answer { set, ..Answer::ok(form) }
    }

    fn register(&self, asked: &Asked) -> Answer {
        match (asked.field("user"), asked.field("password")) {
            (Some(user), Some(password)) if self.sessions.password(user).is_none() => {
                self.sessions.set_password(user, password);
                Answer::ok("registered")
            }
            _ => Answer::refused("409 Conflict"),
        }
    }

    fn log_in(&self, asked: &Asked, id: Option<&str>) -> Answer {
        let user = asked.field("user").unwrap_or_default().to_owned();
        let right = self.sessions.password(&user);
        if right.is_none() || right.as_deref() != asked.field("password") {
            return Answer::refused("401 Unauthorized");
        }
        *known(&self.last) = Some(user.clone());
        for (id, kept) in known(&self.ended).iter() {
            if kept.user.as_ref() == Some(&user) {
                self.sessions.put(id, kept);
            }
        }
        let old = id.and_then(|id| self.sessions.get(id));
        let kept = Kept { user: Some(user.clone()), value: String::new(), token: random() };
        if let (Some(id), Some(old), true) = (id, old, self.has(Flaw::KeepsIdAtLogin)) {
            self.sessions.put(id, &Kept { user: Some(user), ..old });
            return Answer::ok("welcome");
        }
        if let Some(id) = id.filter(|_| !self.has(Flaw::KeepsOldLogin)) {
            self.sessions.remove(id);
        }
        let asked_for = asked.cookies.iter().find(|(name, _)| name == COOKIE);
        let new = match asked_for.filter(|_| self.has(Flaw::AdoptsAnyId) && id.is_none()) {
            Some((_, value)) => value.clone(),
            None => self.new_id(),
        };
        self.sessions.put(&new, &kept);
        Answer { set: Some(self.cookie(&new, &user)), ..Answer::ok("welcome") }
    }

    fn log_out(&self, id: Option<&str>) -> Answer {
        if self.has(Flaw::LogoutForgotten) {
            return Answer::ok("goodbye");
        }
        let leaves = self.has(Flaw::LogoutClientOnly) || self.forgets(id);
        if let Some(id) = id.filter(|_| !leaves) {
            if let Some(kept) = self.sessions.get(id).filter(|_| self.has(Flaw::LoginRevives)) {
                known(&self.ended).insert(id.to_owned(), kept);
            }
            self.sessions.remove(id);
        }
        Answer { set: Some(self.deletion()), ..Answer::ok("goodbye") }
    }

    /// Returns whether this logout is one that a flaw forgets.
    fn forgets(&self, id: Option<&str>) -> bool {
        let user = id.and_then(|id| self.sessions.get(id)?.user);
        let Some(user) = user.filter(|_| self.has(Flaw::SecondLogoutForgotten)) else {
            return false;
        };
        let mut logouts = known(&self.logouts);
        let count = logouts.entry(user).or_default();
        *count += 1;
        count.is_multiple_of(2)
    }

    fn whoami(&self, asked: &Asked, id: Option<&str>) -> Answer {
        let user = self.user(asked, id).unwrap_or_else(|| "nobody".to_owned());
        if let Some((id, kept)) = id.and_then(|id| Some((id, self.sessions.get(id)?)))
            && self.has(Flaw::TouchRevives)
        {
            self.sessions.put(id, &kept);
        }
        let link = match id.filter(|_| self.has(Flaw::IdInPage)) {
            Some(id) => format!("<a href=\"/account?session={id}\">account</a>"),
            None => String::new(),
        };
        Answer::ok(format!("<p>{user}</p>{link}"))
    }

    fn set(&self, asked: &Asked, id: Option<&str>) -> Answer {
        let kept = id.and_then(|id| Some((id.to_owned(), self.sessions.get(id)?)));
        let Some((id, kept)) = kept.filter(|(_, kept)| kept.user.is_some()) else {
            return Answer::refused("401 Unauthorized");
        };
        let value = asked.field("value").unwrap_or_default().to_owned();
        // As frameworks do that know whether a session was changed.
        if value != kept.value {
            self.sessions.put(&id, &Kept { value, ..kept });
        }
        Answer::ok("kept")
    }

    fn revoke_all(&self, id: Option<&str>) -> Answer {
        let Some(user) = id.and_then(|id| self.sessions.get(id)?.user) else {
            return Answer::refused("401 Unauthorized");
        };
        let own = id.map(|id| self.sessions.name(id));
        for other in self.sessions.of(&user) {
            if Some(&other) == own.as_ref() || !self.has(Flaw::RevokesOne) {
                self.sessions.remove_named(&other);
            }
        }
        Answer { set: Some(self.deletion()), ..Answer::ok("done") }
    }

    fn change_password(&self, asked: &Asked, id: Option<&str>) -> Answer {
        let user = id.and_then(|id| self.sessions.get(id)?.user);
        let (Some(user), Some(new)) = (user, asked.field("new")) else {
            return Answer::refused("401 Unauthorized");
        };
        self.sessions.set_password(&user, new);
        let own = id.map(|id| self.sessions.name(id));
        for other in self.sessions.of(&user) {
            if Some(&other) != own.as_ref() && !self.has(Flaw::PasswordKeepsSessions) {
                self.sessions.remove_named(&other);
            }
        }
        Answer::ok("changed")
    }

    /// Returns the field that sets the cookie.
    fn cookie(&self, id: &str, user: &str) -> String {
        let mut set = format!("{COOKIE}={id}");
        if self.has(Flaw::UserInCookie) {
            set += &format!(".{user}");
        }
        if self.has(Flaw::DigestInCookie) {
            set += &format!(".{}", hash(user));
        }
        set += "; Path=/";
        let attributes = [
            (!self.has(Flaw::NoHttpOnly), "; HttpOnly"),
            (!self.has(Flaw::NoSecure), "; Secure"),
            (!self.has(Flaw::NoSameSite), "; SameSite=Lax"),
            (self.has(Flaw::LivesLong), "; Max-Age=31536000"),
            (self.has(Flaw::WideDomain), "; Domain=app.test"),
        ];
        attributes.into_iter().filter(|(is, _)| *is).for_each(|(_, text)| set += text);
        set
    }

    /// Returns the field that removes the cookie.
    fn deletion(&self) -> String {
        let path = if self.has(Flaw::DeletesElsewhere) { "/logout" } else { "/" };
        let domain = if self.has(Flaw::WideDomain) { "; Domain=app.test" } else { "" };
        let secure = if self.has(Flaw::NoSecure) { "" } else { "; Secure" };
        format!("{COOKIE}=; Path={path}{domain}{secure}; Max-Age=0")
    }
}

/// Returns what a lock guards, whatever became of who had it before.
fn known<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
