//! Any history of logins and their ends: what was ended stays ended, and every browser is shown its own user.
//!
//! The model has the logins of the history: whose each is, with which cookies, and whether it is alive. It supposes little of what an
//! application does:
//!
//! 1. After each action, the cookies of every login are sent again, by somebody else. A login that shows its user is alive, one that shows
//!    nobody is over. What is over must stay so, whatever comes.
//! 2. What an end does (a logout, the end of all sessions, a change of the password, another login in the browser) is learnt from the first
//!    of its kind in the history, and must be the same each time. If it never ends a login, another scenario says so.
//! 3. Nobody may be shown a user other than the one who logged in with these cookies. An application that keeps the id of a browser at its
//!    next login shows who logged in there last; that is another scenario's finding, too.

use std::collections::BTreeMap;

use interloper_engine::record::{Evidence, Severity, ShownPart};
use interloper_engine::{
    Abort, Actor, App, AppVerb, Case, CaseResult, Check, Jar, Lab, Need, Plan, Principal, Profile,
    Scenario, Story, StoryGuards, Sweep, Violation,
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::histories",
    sentence: "Whatever several people do in several browsers, a login that was ended stays ended, an end works each time, and nobody is shown another user.",
    fix: "keep each session in one place, under an id that is never given again, and remove it from there at each end",
    severity: Severity::Medium,
    cwe: &["CWE-613", "CWE-488"],
    owasp: &["ASVS 5.0 7.4.1", "WSTG-SESS-06"],
    needs: &[Need::Application],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: histories, check },
};

/// Number of browsers.
const BROWSERS: u8 = 3;
/// People who log in.
const PEOPLE: [Actor; 2] = [Actor::Victim, Actor::Bystander];

/// Something that is done in a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// One of the people logs in.
    Login {
        /// Who.
        who: u8,
        /// In which browser.
        browser: u8,
    },
    /// Somebody who has logged in looks who is logged in: which of them, by the number of them.
    Visit(u8),
    /// They keep their value.
    Keep(u8),
    /// They log out.
    Logout(u8),
    /// They end all of their sessions.
    RevokeAll(u8),
    /// They change their password.
    ChangePassword(u8),
    /// The application is started anew.
    Restart,
}

/// Several histories, one after the other in the same application.
fn histories(plan: &Plan) -> BoxedStrategy<Vec<Vec<Action>>> {
    let (count, longest) = match plan.profile {
        Profile::Quick => (16, 10),
        Profile::Full => (25, 14),
        Profile::Nightly => (50, 14),
    };
    let one = proptest::collection::vec(action(), 1..=longest);
    proptest::collection::vec(one, 1..=count).boxed()
}

fn action() -> impl Strategy<Value = Action> {
    let browser = || 0..BROWSERS;
    prop_oneof![
        12 => (0..PEOPLE.len() as u8, browser())
            .prop_map(|(who, browser)| Action::Login { who, browser }),
        4 => browser().prop_map(Action::Visit),
        4 => browser().prop_map(Action::Keep),
        10 => browser().prop_map(Action::Logout),
        3 => browser().prop_map(Action::RevokeAll),
        3 => browser().prop_map(Action::ChangePassword),
        1 => Just(Action::Restart),
    ]
}

fn check(lab: &mut Lab<'_>, case: &Case<Vec<Vec<Action>>>) -> CaseResult<()> {
    lab.expect_variations("histories");
    let mut app = lab.app()?;
    app.control()?;
    for history in &case.input {
        let mut people = People {
            app: &mut app,
            logins: Vec::new(),
            browsers: BTreeMap::new(),
            ends: BTreeMap::new(),
        };
        let whole = people.keep_if(|people| people.run(history), |whole| !*whole)?;
        if !whole {
            return Ok(());
        }
        app.lab().count_step("history");
    }
    Ok(())
}

/// A login of the history.
struct Login {
    actor: Actor,
    browser: u8,
    /// The browser's cookies after it.
    jar: Jar,
    alive: bool,
    /// The login whose cookies the browser sent with it.
    follows: Option<usize>,
}

/// A kind of end, and what it is to the login that it may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum EndOf {
    Logout,
    RevokesOwn,
    RevokesOther,
    ChangesOwn,
    ChangesOther,
    LoginOfSame,
    LoginOfAnother,
}

impl EndOf {
    fn words(self) -> &'static str {
        match self {
            EndOf::Logout => "a logout",
            EndOf::RevokesOwn | EndOf::RevokesOther => "the end of all sessions",
            EndOf::ChangesOwn | EndOf::ChangesOther => "a change of the password",
            EndOf::LoginOfSame | EndOf::LoginOfAnother => "another login in the browser",
        }
    }
}

/// A history under way.
struct People<'p, 'l, 'w> {
    app: &'p mut App<'l, 'w>,
    logins: Vec<Login>,
    /// The cookies of each browser, and the login that it has, by its place.
    browsers: BTreeMap<u8, (Jar, Option<usize>)>,
    /// Flag that an end of a kind works, from the first of its kind on.
    ends: BTreeMap<EndOf, bool>,
}

impl StoryGuards for People<'_, '_, '_> {
    fn story(&mut self) -> &mut Story {
        self.app.story()
    }
}

impl People<'_, '_, '_> {
    /// Does all of a history; whether nothing of it was reported.
    fn run(&mut self, history: &[Action]) -> CaseResult<bool> {
        for action in history {
            let Some(targets) = self.act(*action)? else { continue };
            if !self.look(&targets)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Does something; gives the logins that it may end. `None` if it cannot be done.
    fn act(&mut self, action: Action) -> CaseResult<Option<BTreeMap<usize, EndOf>>> {
        match action {
            Action::Login { who, browser } => self.log_in(PEOPLE[usize::from(who)], browser),
            Action::Visit(browser) => self.ask(browser, AppVerb::Whoami),
            Action::Keep(browser) => self.ask(browser, AppVerb::Set),
            Action::Logout(browser) => self.ask(browser, AppVerb::Logout),
            Action::RevokeAll(browser) => self.ask(browser, AppVerb::RevokeAll),
            Action::ChangePassword(browser) => self.ask(browser, AppVerb::ChangePassword),
            Action::Restart => {
                self.app.restart()?;
                Ok(Some(BTreeMap::new()))
            }
        }
    }

    fn log_in(&mut self, actor: Actor, browser: u8) -> CaseResult<Option<BTreeMap<usize, EndOf>>> {
        let (jar, before) = self.browsers.remove(&browser).unwrap_or_default();
        let before = self.still_used(before, &jar)?;
        self.app.give_browser(actor, jar);
        let logged_in = match self.app.log_in(actor) {
            Ok(()) => true,
            // After a restart the user may be gone, or the password be the first again.
            Err(Abort::Ineffective(_)) if !self.logins.is_empty() => false,
            Err(stop) => return Err(stop),
        };
        let jar = self.app.browser(actor);
        let mut targets = BTreeMap::new();
        if let Some(before) = before {
            let same = self.logins[before].actor == actor;
            targets.insert(before, if same { EndOf::LoginOfSame } else { EndOf::LoginOfAnother });
        }
        let login = logged_in.then(|| {
            self.logins.push(Login {
                actor,
                browser,
                jar: jar.clone(),
                alive: true,
                follows: before,
            });
            self.logins.len() - 1
        });
        self.browsers.insert(browser, (jar, login));
        Ok(Some(targets))
    }

    /// Returns a login, if it is alive and its browser still sends the cookies for it: a logout may have removed these and nothing else.
    fn still_used(&mut self, login: Option<usize>, jar: &Jar) -> CaseResult<Option<usize>> {
        let Some(login) = login.filter(|login| self.logins[*login].alive) else { return Ok(None) };
        let (event, _) =
            self.app.aside(|app| app.replay(Actor::Attacker, AppVerb::Whoami, jar, None))?;
        let actor = self.logins[login].actor.as_str();
        let is = event.shows.iter().any(|s| s.what == ShownPart::Name && s.of == actor);
        Ok(is.then_some(login))
    }

    /// Returns a browser with a login: one that is alive, unless there is none.
    fn browser(&self, which: u8) -> Option<u8> {
        let with = |alive: bool| {
            let has =
                move |login: &Option<usize>| login.is_some_and(|n| self.logins[n].alive == alive);
            let all = self.browsers.iter().filter(move |(_, (_, login))| has(login));
            all.map(|(browser, _)| *browser).collect::<Vec<_>>()
        };
        let (alive, over) = (with(true), with(false));
        let some = if alive.is_empty() { over } else { alive };
        some.get(usize::from(which) % some.len().max(1)).copied()
    }

    /// Sends a request from a browser in which somebody has logged in.
    fn ask(&mut self, which: u8, verb: AppVerb) -> CaseResult<Option<BTreeMap<usize, EndOf>>> {
        let Some(browser) = self.browser(which) else { return Ok(None) };
        let Some((jar, Some(own))) = self.browsers.get(&browser).cloned() else { return Ok(None) };
        if self.app.target(verb).is_none() {
            return Ok(None);
        }
        let actor = self.logins[own].actor;
        let others = |login: &Login| login.actor == actor && login.alive;
        // One that this browser's login came from may be the same session: what is left of it is left to the one who acts.
        let is_other =
            |n: &usize| *n != own && others(&self.logins[*n]) && !self.continues(own, *n);
        let others: Vec<usize> = (0..self.logins.len()).filter(is_other).collect();
        // The login may be good, and the browser not send it any more.
        let was_alive = match verb {
            AppVerb::RevokeAll | AppVerb::ChangePassword | AppVerb::Logout => {
                self.still_used(Some(own), &jar)?.is_some()
            }
            _ => self.logins[own].alive,
        };
        self.app.give_browser(actor, jar);
        match (verb, was_alive) {
            (AppVerb::ChangePassword, true) => self.app.change_password(actor).map(drop)?,
            // The page with the form may be refused to a browser that is logged out.
            (AppVerb::ChangePassword, false) => return Ok(None),
            _ => match self.app.send(actor, verb) {
                Ok(_) => {}
                Err(Abort::Ineffective(_)) if !was_alive => return Ok(None),
                Err(stop) => return Err(stop),
            },
        }
        self.browsers.insert(browser, (self.app.browser(actor), Some(own)));
        let ends = match verb {
            AppVerb::Logout => Some((EndOf::Logout, None)),
            AppVerb::RevokeAll => Some((EndOf::RevokesOwn, Some(EndOf::RevokesOther))),
            AppVerb::ChangePassword => Some((EndOf::ChangesOwn, Some(EndOf::ChangesOther))),
            _ => None,
        };
        let mut targets = BTreeMap::new();
        if let Some((of_own, of_others)) = ends.filter(|_| was_alive) {
            targets.insert(own, of_own);
            if let Some(end) = of_others {
                targets.extend(others.into_iter().map(|other| (other, end)));
            }
        }
        Ok(Some(targets))
    }

    /// Sends the cookies of every login; whether what they show is right.
    fn look(&mut self, targets: &BTreeMap<usize, EndOf>) -> CaseResult<bool> {
        for n in 0..self.logins.len() {
            let end = targets.get(&n).copied();
            if let Some(violation) =
                self.keep_if(|people| people.try_login(n, end), Option::is_some)?
            {
                self.app.lab().report(violation);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sends the cookies of a login, which may just have been ended; gives what is wrong with what they show.
    fn try_login(&mut self, n: usize, end: Option<EndOf>) -> CaseResult<Option<Violation>> {
        let (actor, jar) = (self.logins[n].actor, self.logins[n].jar.clone());
        let (event, _) = self.app.replay(Actor::Attacker, AppVerb::Whoami, &jar, None)?;
        let names = |who: Actor| {
            event.shows.iter().any(|s| s.what == ShownPart::Name && s.of == who.as_str())
        };
        let was = std::mem::replace(&mut self.logins[n].alive, names(actor));
        let other = Actor::ALL.into_iter().find(|who| *who != actor && names(*who));
        let wrong = match (other, was, names(actor), end) {
            (Some(_), ..) => Some((
                "another-user",
                "cookies show another user than the one who logged in with them".to_owned(),
            )),
            (None, false, true, _) => Some((
                "revived",
                "cookies of a login that was ended are logged in again".to_owned(),
            )),
            (None, true, alive, Some(end)) => {
                let works = *self.ends.entry(end).or_insert(!alive);
                let sentence = || format!("{} ends one login and not another", end.words());
                (works == alive).then(|| ("not-ended", sentence()))
            }
            _ => None,
        };
        let Some((cause, sentence)) = wrong else { return Ok(None) };
        if self.aside(|people| people.follows_from_the_browser(n, other.unwrap_or(actor)))? {
            return Ok(None);
        }
        let fact = Evidence::Exchange { exchange: event, after: String::new() };
        let severity = if cause == "another-user" { Severity::High } else { Severity::Medium };
        Ok(Some(Violation::new(cause, sentence).severity(severity).evidence(fact)))
    }

    /// Returns whether a login came from the browser of another while that one's cookies were good.
    fn continues(&self, mut later: usize, n: usize) -> bool {
        while let Some(before) = self.logins[later].follows {
            if before == n {
                return true;
            }
            later = before;
        }
        false
    }

    /// Returns whether somebody is shown because the browser kept its id when they logged in there later: `lifecycle::old_id_dead` tells that.
    ///
    /// A server that encrypts or dates its cookies gives the same id in other words each time, so the cookies need not be the same.
    fn follows_from_the_browser(&mut self, n: usize, shown: Actor) -> CaseResult<bool> {
        let mut later = n + 1..self.logins.len();
        if later.any(|later| self.logins[later].actor == shown && self.continues(later, n)) {
            return Ok(true);
        }
        let (browser, jar) = (self.logins[n].browser, self.logins[n].jar.clone());
        let later = self.logins[n + 1..].iter();
        let later = later.filter(|login| login.browser == browser && login.actor == shown);
        for other in later.map(|login| login.jar.clone()).collect::<Vec<_>>() {
            let mut common = Jar::default();
            let same = jar.cookies().iter().filter(|cookie| {
                other.cookies().iter().any(|o| o.name == cookie.name && o.value == cookie.value)
            });
            same.for_each(|cookie| common.plant(cookie.clone()));
            let (event, _) = self.app.replay(Actor::Attacker, AppVerb::Whoami, &common, None)?;
            if event.shows.iter().any(|s| s.what == ShownPart::Name && s.of == shown.as_str()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
