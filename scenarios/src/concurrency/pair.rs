//! Two operations on one store, and the state they begin in.

use interloper_engine::record::{AnswerEvent, Event, Evidence, Severity};
use interloper_engine::{
    Abort, CaseResult, Lab, Mark, NameNormalizer, Request, Sent, Shape, Snapshot, Step,
    StoryGuards, Violation,
};

pub(super) use super::anomaly::PairOp;
use super::anomaly::{Anomaly, KnownSessions, ObservedHistory, part_name};
use super::history::{Slots, State};
use super::schedule::{Schedule, choose};
use super::turns::{Answer, NAMES, Stuck, Turns};
use crate::support::{LoadOutcome, try_load};

/// An hour, in seconds: how long ago the expired session expired.
const AN_HOUR: i64 = 3600;

/// Two operations and the sessions that are there before them.
pub(super) struct Pair {
    /// Suffix of its causes, which tells them from other pairs': `save-delete`.
    pub(super) word: &'static str,
    /// Sessions before the operations, by id and slot.
    pub(super) before: Vec<(&'static str, u16)>,
    /// Expired session that exists besides: no load finds it.
    pub(super) over: Option<(&'static str, u16)>,
    /// Operations of the two drivers.
    pub(super) operations: [PairOp; 2],
}

/// A pair that was gone through in both orders.
pub(super) struct Baseline {
    pub(super) start: Snapshot,
    pub(super) requests: [Request; 2],
    /// The steps that each makes when it comes first.
    pub(super) steps: [Vec<Step>; 2],
    /// Names that are the same in every run.
    pub(super) names: NameNormalizer,
    pub(super) known: KnownSessions,
}

/// Subject of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The answers, and the state afterwards.
    Answers,
    /// Whether both operations end.
    Ends,
}

impl Pair {
    /// Returns the ids of the sessions, each once.
    pub(super) fn ids(&self) -> Vec<&'static str> {
        let mut ids: Vec<_> = self.before.iter().map(|(id, _)| *id).collect();
        ids.extend(self.operations.map(PairOp::id));
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn requests(&self, lab: &Lab<'_>, shape: &Shape) -> CaseResult<[Request; 2]> {
        let [a, b] = self.operations.map(|operation| operation.request(lab, shape));
        Ok([a?, b?])
    }

    /// Returns the state before the operations.
    pub(super) fn start(&self) -> State {
        self.before.iter().map(|(id, slot)| (*id, Slots::of(*slot))).collect()
    }

    /// Learns how the sessions load in which one or both of the operations have set a part.
    fn learn_parts(&self, lab: &Lab<'_>, known: &mut KnownSessions) {
        for id in self.ids() {
            let parts = self.operations.into_iter().filter_map(|operation| match operation {
                PairOp::Update(other, slot) if other == id => {
                    Some((slot, lab.part(slot, &part_name(slot))?))
                }
                _ => None,
            });
            known.add_parts(id, &parts.collect::<Vec<_>>());
        }
    }

    /// Makes the state, and goes through both operations, one after the other, in either order: that is what every other schedule is
    /// compared with. `None` if even that ends otherwise than it should; then it is not what happens at the same time that is wrong.
    pub(super) fn record_baseline(
        &self,
        lab: &mut Lab<'_>,
        shape: &Shape,
        about: About,
    ) -> CaseResult<Option<Baseline>> {
        let (start, mut known) = lab.aside(|lab| self.prepare(lab, shape))?;
        let requests = self.requests(lab, shape)?;
        let mut runs = Vec::new();
        for first in [0, 1] {
            lab.restore(&start)?;
            let steps = lab.aside(|lab| {
                let mark = lab.mark();
                let mut turns = Turns::new([&requests[0], &requests[1]], [&[], &[]], None);
                turns.run(lab, &Schedule::whole(first))?;
                if let Some(stuck) = turns.stuck {
                    if about == About::Ends {
                        self.report_stuck(lab, &turns, stuck, mark);
                    }
                    lab.restart()?;
                    return Ok(None);
                }
                let right = self.record_outcome(lab, &turns, first, &mut known)?;
                Ok(right.then(|| turns.actors.map(|actor| actor.steps)))
            })?;
            let Some(steps) = steps else { return Ok(None) };
            runs.push(steps);
        }
        self.learn_parts(lab, &mut known);
        lab.restart()?;
        let [a, b] = [0, 1].map(|who| NameNormalizer::common(&runs[0][who], &runs[1][who]));
        let steps = [runs[0][0].clone(), runs[1][1].clone()];
        Ok(Some(Baseline { start, requests, steps, names: a.with(&b), known }))
    }

    /// Makes the state that both operations begin with, and learns how its sessions load.
    fn prepare(&self, lab: &mut Lab<'_>, shape: &Shape) -> CaseResult<(Snapshot, KnownSessions)> {
        let mut known = KnownSessions::default();
        for (id, slot) in &self.before {
            lab.must_save(id, *slot, shape)?;
        }
        if let Some((id, slot)) = self.over {
            lab.save_for(id, slot, shape, -AN_HOUR)?.map_err(|failure| {
                Abort::Ineffective(format!("save was answered with {failure}"))
            })?;
        }
        lab.restart()?;
        let start = lab.snapshot()?;
        for (id, slot) in &self.before {
            let loaded = lab.load(id)?;
            if !known.add(lab, id, Slots::of(*slot), &loaded) {
                return Err(Abort::Ineffective(format!(
                    "what was saved loads as {}",
                    loaded.word()
                )));
            }
        }
        Ok((start, known))
    }

    /// Learns how the sessions load that one order leaves; whether it leaves what it should.
    fn record_outcome(
        &self,
        lab: &mut Lab<'_>,
        turns: &Turns,
        first: usize,
        known: &mut KnownSessions,
    ) -> CaseResult<bool> {
        let mut state = self.start();
        for who in [first, 1 - first] {
            let Some(answer) = &turns.actors[who].answer else { return Ok(false) };
            match (self.operations[who], answer) {
                (PairOp::Save(id, slot), Answer::Done) => drop(state.insert(id, Slots::of(slot))),
                (PairOp::Update(id, slot), Answer::Done) => match state.get_mut(id) {
                    Some(slots) => *slots = slots.with(slot),
                    None => return Ok(false),
                },
                (PairOp::Update(id, _), answer) if answer.is_absent() => {
                    if state.contains_key(id) {
                        return Ok(false);
                    }
                }
                (PairOp::Delete(id), Answer::Done) => drop(state.remove(id)),
                (PairOp::Purge(_), Answer::Done) => {}
                (PairOp::Load(id), Answer::Loaded(loaded)) => match state.get(id) {
                    Some(slots) if known.add(lab, id, *slots, loaded) => {}
                    None if *loaded == interloper_engine::Loaded::Absent => {}
                    _ => return Ok(false),
                },
                _ => return Ok(false),
            }
        }
        for (id, seen) in load_each(lab, self.ids())? {
            let Ok(loaded) = seen else { return Ok(false) };
            match state.get(id) {
                Some(slots) if known.add(lab, id, *slots, &loaded) => {}
                None if loaded == interloper_engine::Loaded::Absent => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Tries the schedules there is time for; the first that shows something is reported, and ends it.
    ///
    /// Whether the pair could be tried at all.
    pub(super) fn explore(
        &self,
        lab: &mut Lab<'_>,
        shape: &Shape,
        about: About,
        quick: usize,
    ) -> CaseResult<bool> {
        let causes = lab.violation_count();
        let Some(baseline) = self.record_baseline(lab, shape, about)? else {
            return Ok(lab.violation_count() > causes);
        };
        let weights = |who: usize| -> Vec<bool> {
            let matter = baseline.steps[who].iter().filter(|step| step.matters());
            let act = |step: &Step| step.changes || step.locks();
            // Only who has changed or locked something is waited for.
            let weighs = |step: &Step| about == About::Answers || act(step);
            matter.map(|step| weighs(step) && meet(step, &baseline.steps[1 - who])).collect()
        };
        let chosen = choose(lab.plan(), [&weights(0), &weights(1)], quick);
        let (mut tried, mut repeats, mut failed) = (2, true, false);
        for schedule in &chosen.schedules {
            let anomaly = lab.aside(|lab| {
                let mark = lab.mark();
                lab.restore(&baseline.start)?;
                let usual = [&baseline.steps[0][..], &baseline.steps[1][..]];
                let requests = [&baseline.requests[0], &baseline.requests[1]];
                let mut turns = Turns::new(requests, usual, Some(&baseline.names));
                turns.run(lab, schedule)?;
                let first = schedule.first;
                let alone = schedule.until.first().map_or(0, |until| before(usual[first], *until));
                repeats &= turns.goes_as_usual(first, usual[first], alone);
                tried += 1;
                self.judge(lab, &turns, &baseline.known, about, mark, failed)
            })?;
            match anomaly {
                // A refusal is the least that goes wrong, and may hide what is lost in another schedule.
                Some(Anomaly::Failed) => failed = true,
                Some(_) => break,
                None => {}
            }
        }
        lab.use_driver(0);
        lab.restart()?;
        // The random ones beyond come last.
        lab.count_schedules(tried.min(chosen.known), chosen.known, repeats);
        Ok(true)
    }

    /// Returns what is wrong after a schedule, and reports it: a failure only if none is `told` yet.
    fn judge(
        &self,
        lab: &mut Lab<'_>,
        turns: &Turns,
        known: &KnownSessions,
        about: About,
        mark: Mark,
        told: bool,
    ) -> CaseResult<Option<Anomaly>> {
        if let Some(stuck) = turns.stuck {
            lab.count_step(&format!("{} stuck", self.word));
            if about == About::Ends {
                self.report_stuck(lab, turns, stuck, mark);
                return Ok(Some(Anomaly::Stuck));
            }
            // What such an operation leaves is another scenario's.
            return Ok(None);
        }
        if about == About::Ends {
            lab.count_step(&format!("{} ended", self.word));
            return Ok(None);
        }
        let done = (0..2).filter_map(|who| {
            let actor = &turns.actors[who];
            Some((self.operations[who], actor.span, actor.answer.as_ref()?))
        });
        let history = ObservedHistory {
            start: self.start(),
            done: done.collect(),
            left: load_each(lab, self.ids())?,
        };
        let Some((anomaly, fact)) = history.judge(known) else {
            lab.count_step(&format!("{} right", self.word));
            return Ok(None);
        };
        lab.count_step(&format!("{} {}", self.word, anomaly.word()));
        if anomaly != Anomaly::Failed || !told {
            self.report(lab, anomaly, fact, mark);
        }
        Ok(Some(anomaly))
    }

    fn report_stuck(&self, lab: &mut Lab<'_>, turns: &Turns, stuck: Stuck, mark: Mark) {
        let fact = match stuck {
            Stuck::Both => "A and B wait for each other".to_owned(),
            Stuck::Alone(who) => {
                let done = match turns.actors[1 - who].answer {
                    Some(Answer::Died(_)) => "has died",
                    _ => "has answered and does nothing",
                };
                format!("{} waits, although {} {done}", NAMES[who], NAMES[1 - who])
            }
        };
        self.report(lab, Anomaly::Stuck, fact, mark);
    }

    /// Reports that a save does not get over another one that was killed.
    pub(super) fn report_kill(&self, lab: &mut Lab<'_>, fact: String, ran: Vec<Event>) {
        let sentence = "a killed process left something behind that keeps others from saving";
        self.report_with(lab, Violation::new("stale-lock", sentence).evidence(fact), ran);
    }

    fn report(&self, lab: &mut Lab<'_>, anomaly: Anomaly, fact: impl Into<Evidence>, mark: Mark) {
        let [a, b] = self.operations.map(PairOp::phrase);
        let sentence = format!("{}, when {a} and {b} go on at the same time", anomaly.clause());
        let violation = Violation::new(format!("{}-{}", anomaly.word(), self.word), sentence);
        let violation = violation.severity(anomaly.severity(lab)).evidence(fact);
        self.report_with(lab, violation, lab.story_since(mark));
    }

    /// Reports a violation; its story is the saves before the operations, and what ran then.
    pub(super) fn report_with(&self, lab: &mut Lab<'_>, violation: Violation, ran: Vec<Event>) {
        let before =
            self.before.iter().map(|(id, slot)| saved(format!("save({id:?}), session {slot}")));
        let mut story: Vec<Event> = before.collect();
        if let Some((id, slot)) = self.over {
            story.push(saved(format!("save({id:?}), session {slot}, which is over")));
        }
        story.extend(ran);
        lab.report(violation.story(story));
    }
}

/// Returns the event of a save that was done before.
fn saved(call: String) -> Event {
    Sent::new("save", call).answered(AnswerEvent::Ok)
}

/// Loads each id in a new process.
pub(super) fn load_each(
    lab: &mut Lab<'_>,
    ids: Vec<&'static str>,
) -> CaseResult<Vec<(&'static str, LoadOutcome)>> {
    lab.restart()?;
    lab.use_driver(0);
    ids.into_iter().map(|id| Ok((id, try_load(lab, id)?))).collect()
}

/// Returns whether a step is about what the other's steps are about, too, and one of them changes or locks it.
///
/// A temporary file's name is another in each run, and so nobody meets there; a sweep that finds one is among the other schedules.
pub(super) fn meet(step: &Step, others: &[Step]) -> bool {
    let acts = |step: &Step| step.changes || step.locks();
    let same = |other: &&Step| other.paths.iter().any(|path| step.paths.contains(path));
    others.iter().filter(same).any(|other| acts(step) || acts(other))
}

/// Returns the number of steps up to and including the one with this number among those that matter.
pub(super) fn before(steps: &[Step], number: u32) -> usize {
    let mut matter = 0;
    for (index, step) in steps.iter().enumerate() {
        matter += u32::from(step.matters());
        if matter == number {
            return index + 1;
        }
    }
    steps.len()
}

/// Tries several pairs; where none could be tried, says why.
pub(super) fn explore_all(
    lab: &mut Lab<'_>,
    shape: &Shape,
    pairs: &[Pair],
    about: About,
    quick: usize,
) -> CaseResult<()> {
    let empty = lab.snapshot()?;
    let mut any = false;
    for pair in pairs {
        lab.use_driver(0);
        lab.restore(&empty)?;
        any |= pair.explore(lab, shape, about, quick)?;
    }
    if !any {
        report_wrong_alone(lab);
    }
    Ok(())
}

/// Reports that nothing could be tried: a skip would say that the host cannot, and it is the store that cannot.
pub(super) fn report_wrong_alone(lab: &mut Lab<'_>) {
    let sentence = "one after the other, the operations already do not what they answer: at the same time they were not tried";
    lab.report(Violation::new("wrong-alone", sentence).severity(Severity::Info));
}
