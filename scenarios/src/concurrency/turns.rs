//! Two drivers that take turns: one schedule, from its first step to both answers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use interloper_driver::Failure;
use interloper_engine::{Act, Flow, Lab, Loaded, Moment, Names, Observation, Request, Step, Stop};

use super::schedule::Schedule;

/// How much more often than usual a driver may make the same call before it is taken to wait for the other by trying again and again.
const AGAIN: u32 = 3;
/// The same, where it is not known what is usual.
const AGAIN_ALONE: u32 = 200;
/// How long a driver may try again and again when nobody else does anything.
const TRYING: Duration = Duration::from_millis(1_500);
/// How often in a row both must be found waiting: what woke up between two looks goes on.
const LOOKS: u32 = 3;

/// What an operation was answered with.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// It was done.
    Done,
    /// What a load found.
    Loaded(Loaded),
    /// An error.
    Failed(Failure),
    /// None: the driver died or hung.
    Died(Observation),
}

/// Why an operation never ended.
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
    /// How often it makes each call when it is alone.
    usual: BTreeMap<String, u32>,
    /// How often it made each.
    made: BTreeMap<String, u32>,
    /// How much more often than usual it may.
    again: u32,
    /// How many steps that matter it has made.
    mattered: u32,
    /// The step that it is held at.
    held: Option<Step>,
    /// When it was asked, and when it answered.
    pub(super) span: (u32, u32),
    begun: bool,
    /// Every step it came to.
    pub(super) steps: Vec<Step>,
    /// What it answered.
    pub(super) answer: Option<Answer>,
}

/// Where a turn ended.
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
    /// Which names are the same in every run, where that is known.
    names: Option<Names>,
    clock: u32,
    /// How it ended, where not with two answers.
    pub(super) stuck: Option<Stuck>,
}

/// What they are called in stories.
pub(super) const NAMES: [&str; 2] = ["A", "B"];

impl Turns {
    /// Two drivers that were asked nothing yet. `usual` has the steps each makes when it is alone.
    pub(super) fn new(
        requests: [&Request; 2],
        usual: [&[Step]; 2],
        names: Option<&Names>,
    ) -> Turns {
        let mut counting = names.map(Names::fresh);
        let mut actor = |who: usize| {
            let mut often = BTreeMap::new();
            for step in usual[who] {
                *often.entry(call(&mut counting, step)).or_default() += 1;
            }
            let mut request = requests[who].clone();
            request.call = format!("{} {}", NAMES[who], request.call);
            Actor {
                request,
                usual: often,
                made: BTreeMap::new(),
                again: if names.is_some() { AGAIN } else { AGAIN_ALONE },
                mattered: 0,
                held: None,
                span: (0, 0),
                begun: false,
                steps: Vec::new(),
                answer: None,
            }
        };
        Turns {
            actors: [actor(0), actor(1)],
            names: names.map(Names::fresh),
            clock: 0,
            stuck: None,
        }
    }

    /// Goes through a schedule; leaves what both did in the story.
    pub(super) fn run(&mut self, lab: &mut Lab<'_>, schedule: &Schedule) -> Flow<()> {
        lab.take_turns();
        let mut who = schedule.first;
        for until in &schedule.until {
            if self.actors[who].answer.is_none() {
                self.go(lab, who, *until)?;
            }
            who = 1 - who;
        }
        self.finish(lab, who)
    }

    /// Lets both go to their ends, whoever waits after the other.
    fn finish(&mut self, lab: &mut Lab<'_>, mut who: usize) -> Flow<()> {
        let began = Instant::now();
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
            if self.go(lab, who, u32::MAX)? == Halt::Waits {
                let moves = self.actors[who].steps.len() > before;
                waited = if moves { 0 } else { waited + 1 };
                let long = began.elapsed() > TRYING;
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
    pub(super) fn go(&mut self, lab: &mut Lab<'_>, who: usize, until: u32) -> Flow<Halt> {
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
                let made = actor.made.entry(call.clone()).or_default();
                if *made >= actor.usual.get(&call).copied().unwrap_or_default() + actor.again {
                    actor.again += AGAIN;
                    lab.note(format!("{} tries again and again", NAMES[who]), String::new());
                    return Ok(Halt::Waits);
                }
                *made += 1;
                if step.matters() {
                    actor.mattered += 1;
                    lab.note(format!("{} step {} {call}", NAMES[who], step.number), String::new());
                }
                actor.held = None;
            }
            let answer = match lab.advance(Act::Continue)? {
                Moment::Held(step) => {
                    self.actors[who].steps.push(step.clone());
                    self.actors[who].held = Some(step);
                    continue;
                }
                Moment::Blocked => {
                    lab.note(format!("{} waits", NAMES[who]), String::new());
                    return Ok(Halt::Waits);
                }
                Moment::Answered(answer) => self.read(lab, who, answer)?,
                Moment::Ended(seen) => {
                    let told = format!("{}: {}", seen.word(), seen.clause());
                    lab.note(self.actors[who].request.call.clone(), told);
                    Answer::Died(seen)
                }
            };
            self.clock += 1;
            self.actors[who].span.1 = self.clock;
            self.actors[who].answer = Some(answer);
            return Ok(Halt::Answered);
        }
    }

    fn read(
        &self,
        lab: &mut Lab<'_>,
        who: usize,
        answer: Result<serde_json::Value, Failure>,
    ) -> Flow<Answer> {
        if self.actors[who].request.word() != "load" {
            return Ok(answer.map_or_else(Answer::Failed, |_| Answer::Done));
        }
        match Loaded::of(answer) {
            Ok(loaded) => {
                lab.retell(loaded.word());
                Ok(Answer::Loaded(loaded))
            }
            Err(Stop::Driver(seen)) => Ok(Answer::Died(seen)),
            Err(stop) => Err(stop),
        }
    }

    /// Kills one of them where it is held.
    pub(super) fn kill(&mut self, lab: &mut Lab<'_>, who: usize) -> Flow<()> {
        let at = self.actors[who].held.take();
        lab.use_driver(who as u8);
        lab.advance(Act::Kill)?;
        let call = at.map_or_else(String::new, |step| {
            format!(" before step {} {}", step.number, call(&mut self.names, &step))
        });
        lab.note(format!("{} is killed{call}", NAMES[who]), String::new());
        Ok(())
    }

    /// Whether what one has done so far is what it does alone.
    pub(super) fn goes_as_usual(&self, who: usize, usual: &[Step], count: usize) -> bool {
        let normal = |steps: &[Step]| {
            let mut names = self.names.as_ref().map(Names::fresh);
            steps.iter().take(count).map(|step| call(&mut names, step)).collect::<Vec<_>>()
        };
        normal(&self.actors[who].steps) == normal(usual)
    }
}

/// A step's call as it is in every run, where it is known what differs.
fn call(names: &mut Option<Names>, step: &Step) -> String {
    names.as_mut().map_or_else(|| step.call.clone(), |names| names.call(step))
}
