//! Three saves or updates, one of which is held twice while the others are done.

use interloper_driver::Operation;
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::strategy::{First, Room, Sample, follow};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Request, Scenario, Shape, Step,
    StoryGuards, Sweep, TurningPoint, Violation, unit,
};

use super::anomaly::{Anomaly, ObservedHistory, part_name};
use super::history::Slots;
use super::pair::{About, Baseline, Pair, PairOp, before, load_each, meet, report_wrong_alone};
use super::schedule::Schedule;
use super::turns::{Actor, Answer, Halt, Turns};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "concurrency::three_writers",
    sentence: "Where one save or update is held before it takes a lock and again before it writes, and another is done each time, nothing is lost that was answered with ok.",
    fix: "after waiting for a lock, look whether the locked file is still the one of that name, and open it anew if not; or lock a file that nobody replaces",
    severity: Severity::Medium,
    cwe: &["CWE-362", "CWE-367", "CWE-667"],
    owasp: &[],
    needs: &[Need::Steps, Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Upper limit of the number of schedules at which a lock may be stale: a database takes many locks.
const LIKELY: usize = 12;
/// Number of schedules that are tried, with those.
const ROOM: Room = Room { quick: 16, full: 120 };

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let empty = lab.snapshot()?;
    let (mut tried, mut unlocked) = (false, false);
    for trio in trios(lab) {
        lab.use_driver(0);
        lab.restore(&empty)?;
        match trio.explore(lab, &case.session)? {
            Explored::Tried => tried = true,
            Explored::NoLock => unlocked = true,
            Explored::WrongAlone => {}
        }
    }
    match (tried, unlocked) {
        (true, _) => {}
        (false, true) => {
            let needs = "needs a store that locks something before it changes it";
            return Err(Abort::Unsupported(needs.into()));
        }
        (false, false) => report_wrong_alone(lab),
    }
    Ok(())
}

/// Outcome of a trio.
enum Explored {
    Tried,
    /// No lock is taken: two writers at a time show what that does.
    NoLock,
    /// Even one after the other they do not what they answer.
    WrongAlone,
}

/// Two operations of a pair, and a third that the second driver does after its first.
struct Trio {
    pair: Pair,
    third: PairOp,
}

fn trios(lab: &Lab<'_>) -> Vec<Trio> {
    let trio = |word, [one, two, third]: [PairOp; 3]| Trio {
        pair: Pair { word, before: vec![("alpha", 0)], over: None, operations: [one, two] },
        third,
    };
    let mut trios = Vec::new();
    if lab.hello().can_do(Operation::Update) {
        trios.push(trio("three-parts", [1, 2, 3].map(|slot| PairOp::Update("alpha", slot))));
    }
    if !lab.is_single() {
        let saves = [("alpha", 1), ("beta", 2), ("gamma", 3)];
        trios.push(trio("three-ids", saves.map(|(id, slot)| PairOp::Save(id, slot))));
    } else if trios.is_empty() {
        trios.push(trio("three-saves", [1, 2, 3].map(|slot| PairOp::Save("alpha", slot))));
    }
    trios
}

/// The third operation, and the steps that it makes alone.
struct Third {
    request: Request,
    steps: Vec<Step>,
}

/// A step before which the first operation is held, and the operation that is done meanwhile.
#[derive(Clone, Copy)]
struct Hold {
    before: u32,
    done: Meanwhile,
}

#[derive(Clone, Copy)]
enum Meanwhile {
    Second,
    Third,
}

impl Trio {
    fn ids(&self) -> Vec<&'static str> {
        let mut ids = self.pair.ids();
        ids.push(self.third.id());
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Tries the schedules there is time for, until one shows something.
    fn explore(&self, lab: &mut Lab<'_>, shape: &Shape) -> CaseResult<Explored> {
        let Some(mut baseline) = self.pair.record_baseline(lab, shape, About::Answers)? else {
            return Ok(Explored::WrongAlone);
        };
        let steps: Vec<&Step> = baseline.steps[0].iter().filter(|step| step.matters()).collect();
        let (pairs, likely) = (holds(&steps), likely(&steps, &baseline.steps[1]));
        if pairs.is_empty() {
            return Ok(Explored::NoLock);
        }
        let Some(third) = self.learn(lab, shape, &mut baseline)? else {
            return Ok(Explored::WrongAlone);
        };
        let sample = Sample::of(lab.plan(), pairs.len(), ROOM, |n| likely.contains(&pairs[n]));
        let mut repeats = true;
        let tried = follow(First::of(sample), |n| {
            lab.aside(|lab| self.try_holds(lab, &baseline, &third, pairs[n], &mut repeats))
        })?;
        lab.use_driver(0);
        lab.restart()?;
        lab.count_schedules(tried as u64, pairs.len() as u64, repeats);
        Ok(Explored::Tried)
    }

    /// Lets the third operation be done alone: learns its steps, and how the sessions load behind it.
    fn learn(
        &self,
        lab: &mut Lab<'_>,
        shape: &Shape,
        baseline: &mut Baseline,
    ) -> CaseResult<Option<Third>> {
        let request = self.third.request(lab, shape)?;
        let steps = lab.aside(|lab| {
            lab.restore(&baseline.start)?;
            let mut turns = Turns::new([&request, &request], [&[], &[]], None);
            turns.actors[0].answer = Some(Answer::Done);
            turns.run(lab, &Schedule::whole(1))?;
            let [_, alone] = turns.actors;
            let done = matches!(alone.answer, Some(Answer::Done));
            let known = done && self.learn_session(lab, baseline)?;
            Ok(known.then_some(alone.steps))
        })?;
        Ok(steps.map(|steps| Third { request, steps }))
    }

    fn learn_session(&self, lab: &mut Lab<'_>, baseline: &mut Baseline) -> CaseResult<bool> {
        match self.third {
            PairOp::Update(id, slot) => {
                let part = lab.part(slot, &part_name(slot));
                baseline.known.add_parts(id, &Vec::from_iter(part.map(|part| (slot, part))));
                Ok(true)
            }
            PairOp::Save(id, slot) => {
                let loaded = load_each(lab, vec![id])?.remove(0).1;
                Ok(loaded.is_ok_and(|it| baseline.known.add(lab, id, Slots::of(slot), &it)))
            }
            _ => Ok(false),
        }
    }

    /// Holds the first operation before a lock while the second is done, and before a later step while the third is; whether that loses
    /// something that two of them do not lose.
    fn try_holds(
        &self,
        lab: &mut Lab<'_>,
        baseline: &Baseline,
        third: &Third,
        [one, two]: [u32; 2],
        repeats: &mut bool,
    ) -> CaseResult<bool> {
        let holds = [(one, Meanwhile::Second), (two, Meanwhile::Third)];
        let holds = holds.map(|(before, done)| Hold { before, done });
        let mark = lab.mark();
        let Some((anomaly, fact)) = self.run(lab, baseline, third, &holds, repeats)? else {
            return Ok(false);
        };
        let ran = lab.story_since(mark);
        for hold in holds {
            if self.run(lab, baseline, third, &[hold], repeats)?.is_some() {
                lab.count_step(&format!("{} lost by two", self.pair.word));
                return Ok(false);
            }
        }
        let clause = anomaly.clause();
        let going = self.pair.operations[0].phrase();
        let sentence = format!("{clause}, when two others are done while {going} goes on");
        let cause = format!("{}-{}", anomaly.word(), self.pair.word);
        self.pair.report_with(lab, Violation::new(cause, sentence).evidence(fact), ran);
        Ok(true)
    }

    /// Goes through a schedule; gives what was lost.
    fn run(
        &self,
        lab: &mut Lab<'_>,
        baseline: &Baseline,
        third: &Third,
        holds: &[Hold],
        repeats: &mut bool,
    ) -> CaseResult<Option<(Anomaly, Evidence)>> {
        lab.restore(&baseline.start)?;
        lab.take_turns();
        let usual = [&baseline.steps[0][..], &baseline.steps[1][..]];
        let requests = [&baseline.requests[0], &baseline.requests[1]];
        let mut turns = Turns::new(requests, usual, Some(&baseline.names));
        let mut others: Vec<(PairOp, Actor)> = Vec::new();
        let mut asked = None;
        for (index, hold) in holds.iter().enumerate() {
            // Who waits is let go only at the end: two at a time are other scenarios'.
            let free = index == 0 || turns.advance(lab, 1, u32::MAX)? == Halt::Answered;
            if !free || turns.advance(lab, 0, hold.before)? != Halt::Reached {
                lab.count_step(&format!("{} not reached", self.pair.word));
                return Ok(None);
            }
            if index == 0 {
                *repeats &= turns.goes_as_usual(0, usual[0], before(usual[0], hold.before));
            }
            let (operation, request, steps) = match hold.done {
                Meanwhile::Second => (self.pair.operations[1], requests[1], usual[1]),
                Meanwhile::Third => (self.third, &third.request, &third.steps[..]),
            };
            let earlier = turns.ask(1, request, steps);
            others.extend(asked.replace(operation).map(|asked| (asked, earlier)));
        }
        turns.run(lab, &Schedule::whole(1))?;
        let [first, last] = turns.actors;
        others.insert(0, (self.pair.operations[0], first));
        others.extend(asked.map(|asked| (asked, last)));
        let history = ObservedHistory {
            start: self.pair.start(),
            done: others.iter().filter_map(answered).collect(),
            left: load_each(lab, self.ids())?,
        };
        let loss = history.judge(&baseline.known).filter(|(anomaly, _)| anomaly.loses());
        let word = loss.as_ref().map_or("right", |(anomaly, _)| anomaly.word());
        lab.count_step(&format!("{} {word}", self.pair.word));
        Ok(loss)
    }
}

fn answered((operation, by): &(PairOp, Actor)) -> Option<(PairOp, (u32, u32), &Answer)> {
    Some((*operation, by.span, by.answer.as_ref()?))
}

/// Returns the pairs of steps before which an operation may be held, counted from one: a lock, and any later step.
///
/// Before its first step that matters it has seen nothing.
fn holds(steps: &[&Step]) -> Vec<[u32; 2]> {
    let count = steps.len() as u32;
    let locks = steps.iter().zip(1..).skip(1).filter(|(step, _)| step.locks());
    locks.flat_map(|(_, one)| (one + 1..=count).map(move |two| [one, two])).collect()
}

/// Returns the pairs at which a lock may be stale: before a lock on a file that the other replaces or removes, and before each later change
/// that the other meets.
fn likely(steps: &[&Step], others: &[Step]) -> Vec<[u32; 2]> {
    let step = |n: u32| steps[n as usize - 1];
    let replaces = |other: &&Step| {
        matches!(other.turning_point(), Some(TurningPoint::Rename | TurningPoint::Unlink))
    };
    let is_replaced = |n: u32| {
        let mut replacing = others.iter().filter(replaces);
        replacing.any(|other| step(n).paths.iter().any(|path| other.paths.contains(path)))
    };
    let changes = |n: u32| step(n).changes && meet(step(n), others);
    let may_be = |[one, two]: &[u32; 2]| is_replaced(*one) && changes(*two);
    let mut likely: Vec<_> = holds(steps).into_iter().filter(may_be).collect();
    // Each lock with the changes next to it.
    likely.sort_by_key(|[one, two]| two - one);
    likely.truncate(LIKELY);
    likely
}
