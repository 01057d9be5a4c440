//! Logging in, and who is logged in.

use super::super::StoryGuards;
use super::{Abort, Actor, App, AppVerb, CaseResult};
use crate::driver::unix_seconds;
use crate::http::{Jar, StoredCookie};
use crate::record::{Event, Evidence, HttpEvent, ShownPart};

/// What a browser is shown of whom.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The answer to `whoami`, and that to `get` if the application has it.
    pub exchanges: Vec<HttpEvent>,
}

impl Seen {
    /// Returns whether somebody's name is shown: the browser is logged in as them.
    pub fn is(&self, actor: Actor) -> bool {
        self.find(actor, &[ShownPart::Name]).is_some()
    }

    /// Returns whether anything of somebody's is shown: their name, or the value that they kept.
    pub fn has(&self, actor: Actor) -> bool {
        self.find(actor, &[ShownPart::Name, ShownPart::Value]).is_some()
    }

    /// Returns the answer that shows it as evidence, with what was done before.
    pub fn evidence(&self, actor: Actor, after: &str) -> Evidence {
        let shows = self.find(actor, &[ShownPart::Name, ShownPart::Value]);
        match shows.or(self.exchanges.first()) {
            Some(exchange) => {
                Evidence::Exchange { exchange: exchange.clone(), after: after.to_owned() }
            }
            None => after.into(),
        }
    }

    fn find(&self, actor: Actor, parts: &[ShownPart]) -> Option<&HttpEvent> {
        parts.iter().find_map(|part| {
            self.exchanges.iter().find(|exchange| {
                exchange.shows.iter().any(|one| one.of == actor.as_str() && one.what == *part)
            })
        })
    }
}

impl App<'_, '_> {
    /// Asks who is logged in with these cookies, on behalf of somebody.
    ///
    /// # Errors
    /// When the application does not answer.
    pub fn who_with(&mut self, actor: Actor, jar: &Jar) -> CaseResult<Seen> {
        let mut exchanges = Vec::new();
        for verb in [AppVerb::Whoami, AppVerb::Get] {
            if verb.of(&self.description).is_some() {
                exchanges.push(self.replay(actor, verb, jar, None)?.0);
            }
        }
        Ok(Seen { exchanges })
    }

    /// Asks who is logged in in somebody's browser.
    ///
    /// # Errors
    /// When the application does not answer.
    pub fn who(&mut self, actor: Actor) -> CaseResult<Seen> {
        let jar = self.browser(actor);
        self.who_with(actor, &jar)
    }

    /// Checks the negative control: a browser without cookies is shown nobody.
    ///
    /// # Errors
    /// [`Abort::Ineffective`] where it is: what another browser is shown proves nothing then.
    pub fn control(&mut self) -> CaseResult<()> {
        let seen = self.who_with(Actor::Attacker, &Jar::default())?;
        match Actor::ALL.into_iter().find(|actor| seen.has(*actor)) {
            None => Ok(()),
            Some(actor) => Err(Abort::Ineffective(format!(
                "a browser without cookies is shown the {actor}, so what others are shown proves nothing"
            ))),
        }
    }

    /// Logs somebody in from their browser, as it is, and lets them keep their value.
    ///
    /// # Errors
    /// [`Abort::Ineffective`] where `whoami` does not show their name afterwards.
    pub fn log_in(&mut self, actor: Actor) -> CaseResult<()> {
        self.register(actor)?;
        let login = self.send(actor, AppVerb::Login)?;
        match self.must_be(actor, &login) {
            // The change of the password was refused.
            Err(Abort::Ineffective(_)) if self.passwords.contains_key(&actor) => {
                let other = self.new_password(actor);
                self.passwords.insert(actor, other);
                let login = self.send(actor, AppVerb::Login)?;
                self.must_be(actor, &login)?;
            }
            seen => seen?,
        }
        if self.description.set.is_some() {
            self.send(actor, AppVerb::Set)?;
        }
        Ok(())
    }

    /// Makes the user of somebody, who is not logged in, unless the application has users of its own.
    ///
    /// # Errors
    /// When the application does not answer.
    pub fn make_account(&mut self, actor: Actor) -> CaseResult<()> {
        self.register(actor)
    }

    /// Makes the user of somebody, once, from a browser of its own.
    fn register(&mut self, actor: Actor) -> CaseResult<()> {
        if self.description.register.is_none() || !self.registered.insert(actor) {
            return Ok(());
        }
        let own = self.browser(actor);
        self.give_browser(actor, Jar::default());
        self.send(actor, AppVerb::Register)?;
        self.give_browser(actor, own);
        Ok(())
    }

    fn must_be(&mut self, actor: Actor, login: &HttpEvent) -> CaseResult<()> {
        let seen = self.who(actor)?;
        if seen.is(actor) {
            return Ok(());
        }
        let whoami = seen.exchanges.first();
        let (asked, status) = whoami.map_or(("whoami", 0), |one| (&*one.request, one.status));
        Err(Abort::Ineffective(format!(
            "{} was answered {}, and {asked} after it {status} without the user's name: nobody is logged in",
            login.request, login.status
        )))
    }

    /// Returns for how many seconds from now a browser keeps a cookie; `None` for the time that it is open.
    pub fn lifetime(&self, cookie: &StoredCookie) -> Option<i64> {
        cookie.expires.map(|end| end.saturating_sub(unix_seconds()))
    }

    /// Changes somebody's password.
    ///
    /// # Errors
    /// When the application does not answer.
    pub fn change_password(&mut self, actor: Actor) -> CaseResult<HttpEvent> {
        let changed = self.send(actor, AppVerb::ChangePassword)?;
        let new = self.new_password(actor);
        self.passwords.insert(actor, new);
        Ok(changed)
    }

    /// Returns the cookies of somebody's browser that their login needs, by removal: what authenticates is not what a name says.
    ///
    /// The story has none of the requests that this takes.
    ///
    /// # Errors
    /// [`Abort::Ineffective`] where they are not logged in.
    pub fn authenticating(&mut self, actor: Actor) -> CaseResult<Vec<Vec<u8>>> {
        let needed = self.aside(|app| app.needed_cookies(actor))?;
        self.lab.push(Event::Harness {
            did: format!("tries the cookies of the {actor} one by one"),
            outcome: format!(
                "the login needs {}",
                needed.iter().map(|n| String::from_utf8_lossy(n)).collect::<Vec<_>>().join(", ")
            ),
        });
        Ok(needed)
    }

    fn needed_cookies(&mut self, actor: Actor) -> CaseResult<Vec<Vec<u8>>> {
        let whole = self.browser(actor);
        let without = |name: &[u8]| {
            let mut jar = Jar::default();
            whole.cookies().iter().filter(|c| c.name != name).for_each(|c| jar.plant(c.clone()));
            jar
        };
        if !self.who_with(actor, &whole)?.is(actor) {
            return Err(Abort::Ineffective(format!("the {actor} is not logged in")));
        }
        let mut needed = Vec::new();
        for cookie in whole.cookies() {
            if !self.who_with(actor, &without(&cookie.name))?.is(actor) {
                needed.push(cookie.name.clone());
            }
        }
        if needed.is_empty() {
            // Each alone is enough.
            needed.extend(whole.cookies().iter().map(|cookie| cookie.name.clone()));
        }
        Ok(needed)
    }
}
