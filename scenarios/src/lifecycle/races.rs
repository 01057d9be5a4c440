//! Ending a login while a visit with it is under way: the visit is held at a system call, the end runs to its answer, and the visit goes on.
//!
//! 1. Once without holding, in either order, the end must work. If not, another scenario says so, and there is nothing to race with.
//! 2. A visit is gone through twice, for its system calls and for the names that differ from run to run.
//! 3. For each call that has to do with what the files hold: log in anew, hold a visit before that call, end the login, let the visit go
//!    on, and send the old cookies.
//! 4. What shows the victim then is tried once more: in between, while the visit is still held, the old cookies must be nobody's.
//!
//! An end that waits for the visit is no finding: it waits for a lock, and comes after. What comes of it is not looked at, because both go
//! on by themselves then. It may wait for a lock of the process alone, which is held around a system call. So it is tried once more with a
//! second process of the application, for which only what is locked in the files counts. If a process answers one request at a time, which a
//! request without cookies shows, the end is sent to a second process of the application, as servers have several. If that one does not
//! know the login, the sessions are the first one's alone, and nothing can come between.

use interloper_engine::record::{Event, Evidence, ShownPart};
use interloper_engine::{
    Abort, Actor, App, AppVerb, Besides, CaseResult, Jar, Lab, Landed, NameNormalizer, Prepared,
    Profile, Reached, Step, Story, StoryGuards, Underway, Violation,
};

/// The most system calls of a visit that a quick run holds it at.
const QUICK: usize = 12;

/// An end of a login.
pub(super) struct End {
    /// The request.
    pub(super) verb: AppVerb,
    /// Flag that it is sent from another browser of the user's than the one whose login ends.
    pub(super) elsewhere: bool,
    /// Name in sentences: `the logout`.
    pub(super) noun: &'static str,
}

/// Outcome of one visit that was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It was answered before it came to the call.
    NotReached,
    /// The old cookies are nobody's.
    Dead,
    /// The end waited for the visit.
    Waited,
    /// The end was answered as a failure, and ended nothing.
    Refused,
    /// The old cookies are the victim's.
    Alive,
    /// The same, and they were already while the visit was held.
    NeverDead,
    /// Those of the visit's answer are the victim's.
    AliveAnew,
}

impl Outcome {
    fn words(self) -> &'static str {
        match self {
            Outcome::NotReached => "the visit was answered before",
            Outcome::Dead => "ended",
            Outcome::Waited => "the end waited for the visit",
            Outcome::Refused => "refused",
            Outcome::Alive | Outcome::AliveAnew => "brought back",
            Outcome::NeverDead => "not ended",
        }
    }

    fn is_wrong(self) -> bool {
        matches!(self, Outcome::Alive | Outcome::NeverDead | Outcome::AliveAnew)
    }
}

struct Race<'a, 'l, 'w> {
    app: App<'l, 'w>,
    end: &'a End,
    visit: AppVerb,
    /// The process that answers the end. The first one answers the visit.
    process: u8,
    /// Answer whether a second process knows a login; `None` until that was tried.
    shared: Option<bool>,
}

/// Place at which a visit is held.
#[derive(Clone, Copy)]
struct Hold<'h> {
    /// At which of its calls that matter, from 1.
    at: usize,
    names: &'h NameNormalizer,
    /// Flag that the old cookies are tried while the visit is held.
    looks: bool,
}

pub(super) fn check(lab: &mut Lab<'_>, end: &End) -> CaseResult<()> {
    lab.expect_variations("system calls of a visit at which it could be held");
    let quick = lab.plan().profile == Profile::Quick;
    let app = lab.app()?;
    let mut race = Race { app, end, visit: AppVerb::Whoami, process: 0, shared: None };
    race.app.control()?;
    let visits = [AppVerb::Set, AppVerb::Whoami];
    let mut reaches_files = false;
    for visit in visits {
        if race.app.target(visit).is_none() {
            continue;
        }
        race.visit = visit;
        race.process = 0;
        race.compare_orders()?;
        let first = race.rehearse()?;
        let names = NameNormalizer::common(&first, &race.rehearse()?);
        let matter: Vec<bool> = first.iter().filter(|s| s.matters()).map(|s| s.changes).collect();
        if matter.is_empty() {
            let why = format!("{visit} makes no system call that reaches files");
            race.app.lab().count_untried(&why);
            continue;
        }
        reaches_files = true;
        if !race.aside(|race| race.find_process(&names))? {
            race.app.lab().count_step("requests are answered one after the other");
            continue;
        }
        let room = if quick { QUICK } else { usize::MAX };
        let chosen = choose(race.app.lab(), &matter, room);
        let tried = chosen.len() as u64;
        for at in chosen {
            if race.hold(&Hold { at, names: &names, looks: false })? {
                return Ok(());
            }
        }
        race.app.lab().count_schedules(tried, matter.len() as u64, true);
    }
    if !reaches_files {
        let why = "no visit makes a system call that reaches files: the sessions are in memory, or behind a socket";
        return Err(Abort::Unsupported(why.into()));
    }
    Ok(())
}

impl StoryGuards for Race<'_, '_, '_> {
    fn story(&mut self) -> &mut Story {
        self.app.story()
    }
}

impl Race<'_, '_, '_> {
    /// Logs the victim in, in one browser or in two; gives the cookies of the login that is to end.
    fn log_in(&mut self) -> CaseResult<Jar> {
        self.app.use_process(0)?;
        self.app.give_browser(Actor::Victim, Jar::default());
        self.app.log_in(Actor::Victim)?;
        let first = self.app.browser(Actor::Victim);
        if self.end.elsewhere {
            self.app.give_browser(Actor::Victim, Jar::default());
            self.app.log_in(Actor::Victim)?;
            if !self.app.who_with(Actor::Attacker, &first)?.is(Actor::Victim) {
                let why = "a second login ended the first: there are no other sessions to end";
                return Err(Abort::Unsupported(why.into()));
            }
        }
        Ok(first)
    }

    /// Prepares the visit in the browser of the login, and the end in its own.
    fn prepare(&mut self, login: &Jar) -> CaseResult<(Prepared, Prepared)> {
        let own = self.app.browser(Actor::Victim);
        self.app.give_browser(Actor::Victim, login.clone());
        let visit = self.app.prepare(Actor::Victim, self.visit)?;
        if self.end.elsewhere {
            self.app.give_browser(Actor::Victim, own);
        }
        let end = self.app.prepare(Actor::Victim, self.end.verb)?;
        self.app.settle()?;
        Ok((visit, end))
    }

    /// Sends both, one after the other, in either order: the old cookies must be nobody's.
    fn compare_orders(&mut self) -> CaseResult<()> {
        let End { noun, .. } = self.end;
        for visit_first in [true, false] {
            let alive = self.aside(|race| {
                let login = race.log_in()?;
                let (visit, end) = race.prepare(&login)?;
                let order = if visit_first { [&visit, &end] } else { [&end, &visit] };
                for prepared in order {
                    race.whole(prepared)?;
                }
                Ok(race.app.who_with(Actor::Attacker, &login)?.is(Actor::Victim))
            })?;
            if alive && visit_first {
                let why = format!("{noun} does not end the login, whatever comes between");
                return Err(Abort::Unsupported(why));
            }
            if alive {
                let why = format!(
                    "after {noun}, a visit brings the login back: no two requests at the same time are needed"
                );
                return Err(Abort::Unsupported(why));
            }
        }
        Ok(())
    }

    /// Sends a request, and waits for its answer.
    fn whole(&mut self, prepared: &Prepared) -> CaseResult<Landed> {
        let underway = self.app.begin(prepared)?;
        let landed = self.app.finish(underway)?;
        self.app.settle()?;
        Ok(landed)
    }

    /// Goes through a visit; gives its steps.
    fn rehearse(&mut self) -> CaseResult<Vec<Step>> {
        self.aside(|race| {
            let login = race.log_in()?;
            let (visit, _) = race.prepare(&login)?;
            let mut underway = race.app.begin(&visit)?;
            let mut steps = Vec::new();
            while let Reached::Step(step) = race.app.to_step(&mut underway)? {
                steps.push(*step);
            }
            race.app.settle()?;
            Ok(steps)
        })
    }

    /// Finds the process to send the end to: the first, if it answers anybody while a visit is held, or else another one, if that knows the
    /// login. Gives whether there is one: otherwise nothing can come between.
    fn find_process(&mut self, names: &NameNormalizer) -> CaseResult<bool> {
        let login = self.log_in()?;
        let (visit, _) = self.prepare(&login)?;
        self.app.give_browser(Actor::Attacker, Jar::default());
        let anybody = self.app.prepare(Actor::Attacker, AppVerb::Whoami)?;
        let mut underway = self.app.begin(&visit)?;
        if self.go_to_call(&mut underway, 1, names)?.is_none() {
            return Err(Abort::Ineffective("a visit makes other system calls each time".into()));
        }
        let waits = match self.app.beside(&anybody, &underway)? {
            Besides::Answer(_) => None,
            Besides::Waits(other) => Some(other),
        };
        self.app.finish(underway)?;
        let found = match waits {
            None => true,
            Some(other) => {
                self.app.finish(*other)?;
                let known = self.is_known_elsewhere(&login)?;
                self.process = u8::from(known);
                known
            }
        };
        self.app.settle()?;
        Ok(found)
    }

    /// Returns whether a second process of the application knows the logins of the first.
    fn is_shared(&mut self) -> CaseResult<bool> {
        if let Some(shared) = self.shared {
            return Ok(shared);
        }
        let login = self.log_in()?;
        let shared = self.is_known_elsewhere(&login)?;
        self.shared = Some(shared);
        Ok(shared)
    }

    /// Returns whether a second process of the application takes the cookies.
    fn is_known_elsewhere(&mut self, login: &Jar) -> CaseResult<bool> {
        self.app.use_process(1)?;
        let known = self.app.who_with(Actor::Victim, login)?.is(Actor::Victim);
        self.app.use_process(0)?;
        Ok(known)
    }

    /// Lets a visit go on until before one of its calls that matter; gives it as a story prints it.
    fn go_to_call(
        &mut self,
        underway: &mut Underway,
        at: usize,
        names: &NameNormalizer,
    ) -> CaseResult<Option<String>> {
        let mut names = names.reset();
        let mut mattered = 0;
        while let Reached::Step(step) = self.app.to_step(underway)? {
            let call = names.call(&step);
            mattered += usize::from(step.matters());
            if mattered == at {
                return Ok(Some(call));
            }
        }
        Ok(None)
    }

    /// Holds a visit at one of its calls; whether that was reported.
    fn hold(&mut self, hold: &Hold<'_>) -> CaseResult<bool> {
        let process = self.process;
        let (mut ran, mut story) = self.excerpt(|race| race.run(hold))?;
        let waited = ran.outcome == Outcome::Waited;
        if waited && process == 0 && self.aside(Race::is_shared)? {
            self.process = 1;
            (ran, story) = self.excerpt(|race| race.run(hold))?;
        }
        if ran.outcome.is_wrong() {
            let looking = Hold { looks: true, ..*hold };
            (ran, story) = self.excerpt(|race| race.run(&looking))?;
        }
        let outcome = ran.outcome;
        match outcome {
            Outcome::NotReached => self.app.lab().count_untried(outcome.words()),
            _ => self.app.lab().count_step(&format!("{}: {}", self.visit, outcome.words())),
        }
        if outcome.is_wrong() {
            self.report(ran, story);
        }
        self.process = process;
        Ok(outcome.is_wrong())
    }

    /// Runs one race.
    fn run(&mut self, hold: &Hold<'_>) -> CaseResult<Ran> {
        let login = self.log_in()?;
        let (visit, end) = self.prepare(&login)?;
        let mut underway = self.app.begin(&visit)?;
        let Some(call) = self.go_to_call(&mut underway, hold.at, hold.names)? else {
            return Ok(Ran { outcome: Outcome::NotReached, fact: None });
        };
        self.app.lab().record(format!("holds {} of the victim before {call}", visit.line()), "");
        self.app.use_process(self.process)?;
        if self.process > 0 {
            self.app.lab().record("asks a second process of the application", "");
        }
        let (waits, refused) = match self.app.beside(&end, &underway)? {
            Besides::Answer(landed) => (None, landed.event.status >= 400),
            Besides::Waits(other) => (Some(other), false),
        };
        let mut never_dead = false;
        if waits.is_some() {
            self.app.lab().record(format!("{} waits", end.line()), "");
        } else if hold.looks {
            never_dead = self.is_alive_beside(&login, &underway)?;
        }
        let waited = waits.is_some();
        self.app.lab().record(format!("lets {} go on", visit.line()), "");
        let after = self.app.finish(underway)?.jar;
        if let Some(other) = waits {
            self.app.finish(*other)?;
        }
        for process in [self.process, 0] {
            self.app.use_process(process)?;
            self.app.settle()?;
        }
        if waited {
            // From here on both went on as they liked: what came of it says nothing.
            return Ok(Ran { outcome: Outcome::Waited, fact: None });
        }
        let then = format!("after {}, while a visit was held before {call}", self.end.noun);
        let alive = if never_dead { Outcome::NeverDead } else { Outcome::Alive };
        for (outcome, jar) in [(alive, &login), (Outcome::AliveAnew, &after)] {
            let seen = self.app.who_with(Actor::Attacker, jar)?;
            if seen.is(Actor::Victim) {
                let outcome = if refused { Outcome::Refused } else { outcome };
                let fact = Some(seen.evidence(Actor::Victim, &then));
                return Ok(Ran { outcome, fact });
            }
        }
        Ok(Ran { outcome: Outcome::Dead, fact: None })
    }

    /// Sends the old cookies while the visit is held; whether they are the victim's then. An answer that does not come shows nobody.
    fn is_alive_beside(&mut self, login: &Jar, held: &Underway) -> CaseResult<bool> {
        self.app.give_browser(Actor::Attacker, login.clone());
        let who = self.app.prepare(Actor::Attacker, AppVerb::Whoami)?;
        self.app.give_browser(Actor::Attacker, Jar::default());
        let Besides::Answer(landed) = self.app.beside(&who, held)? else { return Ok(false) };
        Ok(landed
            .event
            .shows
            .iter()
            .any(|shown| shown.of == Actor::Victim.as_str() && shown.what == ShownPart::Name))
    }

    fn report(&mut self, ran: Ran, story: Vec<Event>) {
        let End { noun, .. } = self.end;
        let of = if self.process > 0 { " in another process" } else { "" };
        let (cause, sentence) = match ran.outcome {
            Outcome::AliveAnew => (
                "brought-back-anew",
                format!(
                    "{noun} during a visit{of} ends the login, and the visit is answered with cookies that are logged in"
                ),
            ),
            Outcome::NeverDead => (
                "not-ended",
                format!("{noun} during a visit{of} is answered, and does not end the login"),
            ),
            _ => (
                "brought-back",
                format!(
                    "{noun} during a visit{of} ends the login, and the visit brings it back: the old cookies are good again"
                ),
            ),
        };
        let violation = Violation::new(cause, sentence).story(story);
        let violation = ran.fact.into_iter().fold(violation, Violation::evidence);
        self.app.lab().report(violation);
    }
}

/// One race that was run.
struct Ran {
    outcome: Outcome,
    /// The answer that shows the victim.
    fact: Option<Evidence>,
}

/// Chooses calls to hold a visit at, by their places among those that matter, from 1: those that change something first.
fn choose(lab: &Lab<'_>, changes: &[bool], room: usize) -> Vec<usize> {
    let (change, read): (Vec<usize>, Vec<usize>) =
        (1..=changes.len()).partition(|at| changes[at - 1]);
    let mut chosen = lab.plan().some_of(change, room);
    let left = room.saturating_sub(chosen.len());
    if left > 0 {
        chosen.extend(lab.plan().some_of(read, left));
    }
    chosen
}
