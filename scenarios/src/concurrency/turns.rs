//! Two drivers that take turns: one schedule, from its first step to both answers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use interloper_driver::{ErrorKind, Failure, OkAnswer, Op};
use interloper_engine::record::{ClientAction, Event, StepEvent};
use interloper_engine::{
    CaseResult, Lab, Loaded, NameNormalizer, Observation, Request, Resume, Step, StopEvent,
    no_answer,
};

use super::schedule::Schedule;

/// Number of calls beyond the usual after which a driver is taken to wait for the other by trying again and again.
const AGAIN: u32 = 3;
/// The same, where it is not known what is usual.
const AGAIN_ALONE: u32 = 200;
/// Upper limit of the time until one of them does something new: as long as an operation may take.
const TRYING: Duration = Duration::from_secs(5);
/// Time for the work of a driver after its answer, while another waits.
const AFTERWARDS: Duration = Duration::from_millis(20);
/// Number of looks in a row that must find both waiting: one that woke up between two looks goes on.
const LOOKS: u32 = 3;

/// Answer of an operation.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// It was done.
    Done,
    /// Result of a load.
    Loaded(Loaded),
    /// An error.
    Failed(Failure),
    /// None: the driver died or hung.
    Died(Observation),
}

impl Answer {
    /// Returns whether the store said that there is no such session.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Answer::Failed(failure) if failure.kind == ErrorKind::Absent)
    }

    /// Reads the answer to a request; the story names what a load found.
    pub(super) fn read(
        lab: &mut Lab<'_>,
        request: &Request,
        answer: Result<OkAnswer, Failure>,
    ) -> Answer {
        let loaded = match answer {
            Ok(OkAnswer::Load(answer)) => Loaded::of(Ok(answer)),
            Err(failure) if matches!(request.op, Op::Load(_)) => Loaded::of(Err(failure)),
            Err(failure) => return Answer::Failed(failure),
            Ok(_) => return Answer::Done,
        };
        lab.amend(loaded.event());
        Answer::Loaded(loaded)
    }
}

/// Reason why an operation never ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stuck {
    /// Each waits for the other.
    Both,
    /// It waits, though nobody else does anything any more.
    Alone(usize),
}

/// One of the two.
#[derive(Debug)]
pub(super) struct Actor {
    request: Request,
    /// Number of times that it makes each call when it is alone, and how often in a row at most.
    usual: BTreeMap<String, (u32, u32)>,
    /// Number of times that it made each call.
    made: BTreeMap<String, u32>,
    /// The last call, and how often it was made in a row.
    row: (String, u32),
    /// Number of calls beyond the usual that it may make.
    again: u32,
    /// Number of steps that matter which it has made.
    mattered: u32,
    /// Whether it was last seen to wait in a call.
    waits: bool,
    /// The step that it is held at.
    held: Option<Step>,
    /// Times of the request and of the answer.
    pub(super) span: (u32, u32),
    begun: bool,
    /// Every step it came to.
    pub(super) steps: Vec<Step>,
    /// Answer of the operation.
    pub(super) answer: Option<Answer>,
}

impl Actor {
    /// Makes one that was asked nothing yet. `usual` has the steps that it makes when it is alone.
    fn new(who: usize, request: &Request, usual: &[Step], names: Option<&NameNormalizer>) -> Actor {
        let mut counting = names.map(NameNormalizer::reset);
        let mut often: BTreeMap<String, (u32, u32)> = BTreeMap::new();
        let mut row = (String::new(), 0);
        for step in usual {
            let call = call(&mut counting, step);
            row = if row.0 == call { (call.clone(), row.1 + 1) } else { (call.clone(), 1) };
            let (count, longest) = often.entry(call).or_default();
            (*count, *longest) = (*count + 1, row.1.max(*longest));
        }
        let mut request = request.clone();
        request.client = Some(NAMES[who]);
        Actor {
            request,
            usual: often,
            made: BTreeMap::new(),
            row: (String::new(), 0),
            again: if names.is_some() { AGAIN } else { AGAIN_ALONE },
            mattered: 0,
            waits: false,
            held: None,
            span: (0, 0),
            begun: false,
            steps: Vec::new(),
            answer: None,
        }
    }

    /// Returns whether a call would be one too many: alone it makes fewer, in all or in a row. It may make some more the next time.
    fn tries_again(&mut self, call: &str) -> bool {
        let (count, longest) = self.usual.get(call).copied().unwrap_or_default();
        let row = if self.row.0 == call { self.row.1 } else { 0 };
        let made = self.made.get(call).copied().unwrap_or_default();
        let known = !self.usual.is_empty();
        let again = made >= count + self.again || (known && row >= longest.max(1) + AGAIN);
        if again {
            self.again += AGAIN;
            self.row.1 = 0;
        }
        again
    }

    /// Notes a call; whether it is the first of its kind.
    fn makes(&mut self, call: &str) -> bool {
        self.row = (call.to_owned(), if self.row.0 == call { self.row.1 + 1 } else { 1 });
        let made = self.made.entry(call.to_owned()).or_default();
        *made += 1;
        *made == 1
    }
}

/// Point at which a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// Before the step that it was to give way at.
    Reached,
    /// At its answer.
    Answered,
    /// In a call that waits for the other, or trying the same again and again.
    Waits,
}

/// Two drivers at work on one store.
#[derive(Debug)]
pub(super) struct Turns {
    pub(super) actors: [Actor; 2],
    /// Names that are the same in every run, if they are known.
    names: Option<NameNormalizer>,
    clock: u32,
    /// Time at which one of them last made a new call or answered.
    moved: Instant,
    /// Reason why it did not end with two answers.
    pub(super) stuck: Option<Stuck>,
}

/// Names of the two in stories.
pub(super) const NAMES: [&str; 2] = ["A", "B"];

/// Returns the event that one of the two did something apart from its steps.
fn client_event(who: usize, action: ClientAction, at: Option<String>) -> Event {
    Event::Client { client: NAMES[who].to_owned(), action, at }
}

impl Turns {
    /// Makes two drivers that were asked nothing yet. `usual` has the steps that each makes when it is alone.
    pub(super) fn new(
        requests: [&Request; 2],
        usual: [&[Step]; 2],
        names: Option<&NameNormalizer>,
    ) -> Turns {
        Turns {
            actors: [0, 1].map(|who| Actor::new(who, requests[who], usual[who], names)),
            names: names.map(NameNormalizer::reset),
            clock: 0,
            moved: Instant::now(),
            stuck: None,
        }
    }

    /// Asks one of them, which has answered, for something else; gives what it was asked before.
    pub(super) fn ask(&mut self, who: usize, request: &Request, usual: &[Step]) -> Actor {
        let next = Actor::new(who, request, usual, self.names.as_ref());
        std::mem::replace(&mut self.actors[who], next)
    }

    /// Goes through a schedule; leaves what both did in the story.
    pub(super) fn run(&mut self, lab: &mut Lab<'_>, schedule: &Schedule) -> CaseResult<()> {
        lab.take_turns();
        let mut who = schedule.first;
        for until in &schedule.until {
            if self.actors[who].answer.is_none() {
                self.advance(lab, who, *until)?;
            }
            who = 1 - who;
        }
        self.finish(lab, who)
    }

    /// Lets both go to their ends, whoever waits after the other.
    fn finish(&mut self, lab: &mut Lab<'_>, mut who: usize) -> CaseResult<()> {
        let mut waited = 0;
        loop {
            let open = |who: usize| self.actors[who].answer.is_none();
            match (open(who), open(1 - who)) {
                (false, false) => return Ok(()),
                (false, true) => who = 1 - who,
                _ => {}
            }
            let together = self.actors[1 - who].answer.is_none();
            let before = self.actors[who].steps.len();
            if self.advance(lab, who, u32::MAX)? == Halt::Waits {
                let moves = self.actors[who].steps.len() > before;
                waited = if moves { 0 } else { waited + 1 };
                if !together {
                    lab.use_driver(1 - who as u8);
                    lab.run_unheld(AFTERWARDS)?;
                }
                let long = self.moved.elapsed() > TRYING;
                if long || waited >= LOOKS * if together { 2 } else { 1 } {
                    self.stuck = Some(if together { Stuck::Both } else { Stuck::Alone(who) });
                    return Ok(());
                }
            } else {
                waited = 0;
            }
            who = 1 - who;
        }
    }

    /// Lets one go until before one of its steps that matter, until it waits, or to its end.
    pub(super) fn advance(
        &mut self,
        lab: &mut Lab<'_>,
        who: usize,
        until: u32,
    ) -> CaseResult<Halt> {
        lab.use_driver(who as u8);
        self.clock += 1;
        if !self.actors[who].begun {
            self.actors[who].begun = true;
            self.actors[who].span.0 = self.clock;
            lab.begin(&self.actors[who].request)?;
        }
        loop {
            if let Some(step) = self.actors[who].held.clone() {
                if step.matters() && self.actors[who].mattered + 1 >= until {
                    return Ok(Halt::Reached);
                }
                let call = call(&mut self.names, &step);
                let actor = &mut self.actors[who];
                if actor.tries_again(&call) {
                    if !std::mem::replace(&mut actor.waits, true) {
                        lab.push(client_event(who, ClientAction::Retries, None));
                    }
                    return Ok(Halt::Waits);
                }
                if actor.makes(&call) {
                    actor.waits = false;
                    self.moved = Instant::now();
                }
                if step.matters() {
                    actor.mattered += 1;
                    lab.push(Event::Step(StepEvent {
                        client: Some(NAMES[who].to_owned()),
                        number: step.number,
                        call,
                        mode: None,
                        others: Vec::new(),
                        window: None,
                    }));
                }
                actor.held = None;
            }
            let answer = match lab.advance(Resume::Continue)? {
                StopEvent::Held(step) => {
                    self.actors[who].steps.push(step.clone());
                    self.actors[who].held = Some(step);
                    continue;
                }
                StopEvent::Blocked => {
                    if !std::mem::replace(&mut self.actors[who].waits, true) {
                        lab.push(client_event(who, ClientAction::Waits, None));
                    }
                    return Ok(Halt::Waits);
                }
                StopEvent::Answered(answer) => Answer::read(lab, &self.actors[who].request, answer),
                StopEvent::Ended(seen) => {
                    let sent = self.actors[who].request.sent();
                    lab.push(sent.answered(no_answer(&seen)));
                    Answer::Died(seen)
                }
            };
            self.clock += 1;
            self.moved = Instant::now();
            self.actors[who].span.1 = self.clock;
            self.actors[who].answer = Some(answer);
            return Ok(Halt::Answered);
        }
    }

    /// Kills one of them where it is held.
    pub(super) fn kill(&mut self, lab: &mut Lab<'_>, who: usize) -> CaseResult<()> {
        let at = self.actors[who].held.take();
        lab.use_driver(who as u8);
        lab.advance(Resume::Kill)?;
        let before =
            at.map(|step| format!("before step {} {}", step.number, call(&mut self.names, &step)));
        lab.push(client_event(who, ClientAction::Killed, before));
        Ok(())
    }

    /// Returns whether what one has done so far is what it does alone.
    pub(super) fn goes_as_usual(&self, who: usize, usual: &[Step], count: usize) -> bool {
        let normal = |steps: &[Step]| {
            let mut names = self.names.as_ref().map(NameNormalizer::reset);
            steps.iter().take(count).map(|step| call(&mut names, step)).collect::<Vec<_>>()
        };
        normal(&self.actors[who].steps) == normal(usual)
    }
}

/// Returns a step's call as it is in every run, where it is known what differs.
fn call(names: &mut Option<NameNormalizer>, step: &Step) -> String {
    names.as_mut().map_or_else(|| step.call.to_string(), |names| names.call(step))
}
