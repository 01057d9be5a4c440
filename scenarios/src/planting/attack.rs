//! One planting after another: each from the same state, at another step, path and thing.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use interloper_driver::{Failure, OkAnswer};
use interloper_engine::record::{Severity, describe};
use interloper_engine::strategy::{First, Room, Sample, follow};
use interloper_engine::{
    Abort, CaseResult, Lab, Observation, ParentDir, Plant, Principal, Profile, Resume, Shape,
    StopEvent, StoryGuards, Tree, Violation,
};

use super::payload::{Payload, Planting};
use super::survey::{
    DELETE, InjectionPoint, LOAD, LOAD_MISSING, PreparedDir, SAVE, TargetOp, UPDATE, survey,
};

/// Payloads of a scenario, and its judgement of the result.
pub(super) struct AttackSpec {
    /// The word in causes.
    pub(super) word: &'static str,
    pub(super) payloads: &'static [Payload],
    /// The operations that are attacked in profile quick: those to which it makes a difference first of all.
    pub(super) quick: &'static [TargetOp],
    pub(super) judge: fn(&mut Lab<'_>, &Planted<'_>) -> CaseResult<Vec<Violation>>,
}

/// An operation into which something was planted.
pub(super) struct Planted<'c> {
    pub(super) point: &'c InjectionPoint,
    pub(super) shape: &'c Shape,
    pub(super) parent_dir: ParentDir,
    pub(super) attacker: Principal,
    /// Tree just before the operation.
    pub(super) before: Tree,
    /// Answer of the operation.
    pub(super) answer: Result<OkAnswer, Failure>,
    /// The thing that was planted, with place and time, to be told with what came of it.
    pub(super) planting: Planting,
}

impl Planted<'_> {
    /// Returns a violation with what was planted where as its first fact. The scene is no cause of its own: what mends one mends the
    /// others.
    pub(super) fn violation(&self, cause: &str, sentence: &str, fact: &str) -> Violation {
        Violation::new(cause, format!("{sentence} in {}", self.parent_dir.words()))
            .by([self.attacker])
            .evidence(self.planting.evidence(fact))
    }
}

/// Number of plantings; the first for each path, the one before it is made, and one before each step that follows a look at the same path are
/// always among them.
const ROOM: Room = Room { quick: 48, full: 480 };
/// Number of facts that one cause is reported with.
const FACTS: usize = 3;

/// Attacks every operation in every scene.
pub(super) fn attack(lab: &mut Lab<'_>, shape: &Shape, spec: &AttackSpec) -> CaseResult<()> {
    let protections = lab.protections();
    lab.add_note(describe::evidence(&protections));
    let quick = lab.plan().profile == Profile::Quick;
    let empty = lab.snapshot()?;
    let mut surveys = Vec::new();
    let mut refused = None;
    for parent_dir in ParentDir::of(lab.setup()) {
        lab.restore(&empty)?;
        let prepared = match lab.aside(|lab| PreparedDir::new(lab, parent_dir, shape)) {
            Ok(prepared) => Rc::new(prepared),
            Err(Abort::Ineffective(why)) => {
                lab.add_note(format!("the store refuses {}: {why}", parent_dir.words()));
                refused = Some(why);
                continue;
            }
            Err(stop) => return Err(stop),
        };
        let all = [SAVE, UPDATE, LOAD, LOAD_MISSING, DELETE];
        for target_op in if quick { spec.quick } else { &all[..] } {
            // In every scene the first; for the others those scenes do in which least and most is possible.
            let scarce = is_between(parent_dir) && *target_op != spec.quick[0];
            let has = lab.hello().can_do(interloper_engine::operation_of(target_op.workload));
            if !has || (quick && scarce) {
                continue;
            }
            match survey(lab, &prepared, *target_op, shape) {
                Ok(survey) => surveys.push(survey),
                Err(Abort::Ineffective(why)) => refused = Some(why),
                Err(stop) => return Err(stop),
            }
        }
    }
    let all: Vec<(usize, &InjectionPoint, Payload)> = surveys
        .iter()
        .enumerate()
        .flat_map(|(n, survey)| survey.points.iter().map(move |point| (n, point)))
        .flat_map(|(n, point)| spec.payloads.iter().map(move |payload| (n, point, *payload)))
        .filter(|(_, point, payload)| payload.plant(point).is_some())
        .collect();
    // After a look at a path, one planting is enough to show that the look is believed.
    let shows = |point: &InjectionPoint, payload: Payload| {
        let usable = |payload: &&Payload| payload.plant(point).is_some();
        point.follows && spec.payloads.iter().find(usable) == Some(&payload)
    };
    let must = |n: usize| all[n].1.first || shows(all[n].1, all[n].2);
    let sample = Sample::of(lab.plan(), all.len(), ROOM, must);
    let chosen = sample.chosen();
    for (n, survey) in surveys.iter().enumerate() {
        let of_it = |index: &usize| all[*index].0 == n;
        let left_out = (0..all.len()).filter(of_it).any(|index| !chosen.contains(&index));
        let steps: BTreeSet<u32> =
            chosen.iter().filter(|n| of_it(n)).map(|n| all[*n].1.step).collect();
        let tried = if left_out { steps.len() } else { survey.rehearsal.steps.len() };
        lab.count_steps(&survey.rehearsal, tried);
    }
    let mut campaign = Campaign {
        spec,
        shape,
        waits: BTreeMap::new(),
        reported: BTreeMap::new(),
        planted: BTreeMap::new(),
    };
    // Each further one would cost the time that a driver has to answer.
    follow(First::of(sample), |index| {
        let (_, point, payload) = all[index];
        campaign.run_one(lab, point, payload)?;
        Ok(campaign.hangs())
    })?;
    let told = |(parent_dir, (all, done)): (&ParentDir, &(usize, usize))| {
        format!("{} {all} ({done} done all the same)", parent_dir.word())
    };
    if !campaign.planted.is_empty() {
        let counts: Vec<String> = campaign.planted.iter().map(told).collect();
        lab.add_note(format!("planted: {}", counts.join(", ")));
        return Ok(());
    }
    match refused {
        Some(why) => Err(Abort::Ineffective(why)),
        // Each operation was gone through, and nobody else could change a path that it uses.
        None if !surveys.is_empty() => {
            lab.add_note("nothing could be planted at any path it uses");
            Ok(())
        }
        None => Err(Abort::Ineffective("no operation could be gone through".into())),
    }
}

/// Returns whether others show less and others show more of what an attacker can do there.
fn is_between(parent_dir: ParentDir) -> bool {
    use ParentDir::{Group, Open, TakenGroup, TakenHidden, TakenOpen};
    matches!(parent_dir, Open | Group | TakenHidden | TakenOpen | TakenGroup)
}

/// The plantings of one case.
struct Campaign<'s> {
    spec: &'s AttackSpec,
    shape: &'s Shape,
    /// Number of times that the store waited in each parent directory: each costs time.
    waits: BTreeMap<ParentDir, usize>,
    /// Number of times that each cause was reported.
    reported: BTreeMap<String, usize>,
    /// Number of payloads planted in each parent directory, and with how many of them the operation was done all the same.
    planted: BTreeMap<ParentDir, (usize, usize)>,
}

/// End of an operation.
enum End {
    Answered(Result<OkAnswer, Failure>),
    Died(Observation),
    /// It sleeps, and has the FIFO open or waits in opening it.
    Waits(String),
    /// It took another way than in the dry run, or the kernel refused the attacker.
    Nothing,
}

impl Campaign<'_> {
    fn count(&mut self, parent_dir: ParentDir, ok: bool) {
        let (all, done) = self.planted.entry(parent_dir).or_default();
        *all += 1;
        *done += usize::from(ok);
    }

    fn hangs(&self) -> bool {
        self.reported.keys().any(|cause| *cause == "hang")
    }

    fn run_one(
        &mut self,
        lab: &mut Lab<'_>,
        point: &InjectionPoint,
        payload: Payload,
    ) -> CaseResult<()> {
        let parent_dir = point.prepared.parent_dir;
        let Some(plant) = payload.plant(point) else { return Ok(()) };
        // Having waited once shows that it waits; where somebody reads it may yet write a secret.
        let waits = self.waits.get(&parent_dir).copied().unwrap_or_default();
        if waits > usize::from(payload == Payload::FifoRead) {
            return Ok(());
        }
        let planting = Planting::new(lab, point, payload);
        lab.aside(|lab| self.plant(lab, point, payload, &plant, planting))
    }

    /// Goes through the operation with a payload planted, and reports what came of it.
    fn plant(
        &mut self,
        lab: &mut Lab<'_>,
        point: &InjectionPoint,
        payload: Payload,
        plant: &Plant,
        planting: Planting,
    ) -> CaseResult<()> {
        let mark = lab.mark();
        let parent_dir = point.prepared.parent_dir;
        let mut before = Tree::default();
        let end = self.operate(lab, point, plant, &planting.clause(), &mut before)?;
        let attacker = parent_dir.attacker();
        let word = self.spec.word;
        let found = match end {
            End::Nothing => Vec::new(),
            End::Answered(answer) => {
                self.count(parent_dir, answer.is_ok());
                let said = if answer.is_ok() { "ok" } else { "refused" };
                lab.count_step(&format!("{word}, {}: {said}", parent_dir.word()));
                let shape = self.shape;
                let planted =
                    Planted { point, shape, parent_dir, attacker, before, answer, planting };
                (self.spec.judge)(lab, &planted)?
            }
            End::Waits(fact) => {
                self.count(parent_dir, false);
                *self.waits.entry(parent_dir).or_default() += 1;
                lab.count_step(&format!("{word}, {}: waited", parent_dir.word()));
                let sentence = format!(
                    "the store waits for ever at a FIFO that {{who}} planted in {}",
                    parent_dir.words()
                );
                vec![
                    Violation::new("waited-at-fifo", sentence)
                        .by([attacker])
                        .evidence(planting.evidence(&fact)),
                ]
            }
            End::Died(seen) => {
                self.count(parent_dir, false);
                lab.count_step(&format!("{word}, {}: {}", parent_dir.word(), seen.word()));
                let sentence = format!(
                    "{} after {{who}} had planted something in {}",
                    seen.sentence(),
                    parent_dir.words()
                );
                vec![
                    Violation::by_driver("", &seen, sentence)
                        .severity(Severity::Medium)
                        .by([attacker])
                        .evidence(planting.evidence(seen.clause())),
                ]
            }
        };
        let story = lab.story_since(mark);
        let point_condition = payload.condition(parent_dir, lab);
        for violation in found {
            let cause = violation.cause.clone();
            let count = self.reported.entry(cause.clone()).or_default();
            *count += 1;
            let violation = violation.only_if(point_condition.clone());
            match *count <= FACTS {
                true => lab.report(violation.story(story.clone())),
                // Whom it concerns and what it needs counts all the same.
                false => lab.report(Violation { evidence: Vec::new(), ..violation }),
            }
            if *count == 1 {
                let protections = lab.protections();
                lab.add_evidence(&cause, protections);
            }
        }
        Ok(())
    }

    /// Goes through the operation, and plants something before the chance's step.
    fn operate(
        &self,
        lab: &mut Lab<'_>,
        point: &InjectionPoint,
        plant: &Plant,
        when: &str,
        before: &mut Tree,
    ) -> CaseResult<End> {
        lab.return_to_parent_dir(point.prepared.parent_dir)?;
        lab.restore(&point.start)?;
        let attacker = point.prepared.parent_dir.attacker();
        let fifo = matches!(plant, Plant::Fifo { .. });
        let mut done = false;
        lab.begin(&point.request)?;
        loop {
            let end = match lab.advance(Resume::Continue)? {
                StopEvent::Held(step) if step.number == point.step && !done => {
                    *before = lab.tree()?;
                    if let Err(errno) = lab.plant(attacker, plant, &point.target)? {
                        if let Plant::HardLink { .. } = plant {
                            lab.add_note(format!(
                                "the kernel refused a hard link to another's file: {errno}"
                            ));
                        }
                        return Ok(End::Nothing);
                    }
                    done = true;
                    lab.record(format!("{attacker} plants {when}"), "");
                    continue;
                }
                StopEvent::Held(_) => continue,
                StopEvent::Answered(answer) => End::Answered(answer),
                StopEvent::Ended(seen @ Observation::Hang(_)) if fifo => {
                    self.at_fifo(lab, point, seen)?
                }
                StopEvent::Ended(seen) => End::Died(seen),
                StopEvent::Blocked => {
                    self.at_fifo(lab, point, Observation::Hang("it does not answer".into()))?
                }
            };
            return Ok(if done { end } else { End::Nothing });
        }
    }

    /// Returns whether the store waits at the FIFO: its process sleeps, and the FIFO has somebody at its other side.
    fn at_fifo(
        &self,
        lab: &mut Lab<'_>,
        point: &InjectionPoint,
        seen: Observation,
    ) -> CaseResult<End> {
        let slow = End::Died(seen);
        if !lab.is_asleep()? {
            return Ok(slow);
        }
        let peers = lab.peers(point.prepared.parent_dir.attacker(), &point.target)?;
        let side = match (peers.reader, peers.writer) {
            (true, _) => "to read",
            (false, true) => "to write",
            (false, false) => return Ok(slow),
        };
        lab.record("the store's process sleeps", format!("opening the FIFO {side}"));
        Ok(End::Waits(format!("its process sleeps, and has the FIFO open {side}")))
    }
}
