//! One planting after another: each from the same state, at another step, path and thing.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use interloper_driver::Failure;
use interloper_engine::record::Severity;
use interloper_engine::strategy::{First, Room, Sample, follow};
use interloper_engine::{
    Abort, CaseResult, Lab, Observation, ParentDir, Plant, Principal, Profile, Resume, Shape,
    StopEvent, Tree, Violation,
};

use super::survey::{Attacked, Chance, DELETE, LOAD, LOOK_UP, SAVE, Set, UPDATE, survey};
use super::what::What;

/// What a scenario plants, and what it looks at afterwards.
pub(super) struct Subject {
    /// The word in causes.
    pub(super) word: &'static str,
    pub(super) whats: &'static [What],
    /// The operations that are attacked in profile quick: those to which it makes a difference first of all.
    pub(super) quick: &'static [Attacked],
    pub(super) judge: fn(&mut Lab<'_>, &Planted<'_>) -> CaseResult<Vec<Violation>>,
}

/// An operation into which something was planted.
pub(super) struct Planted<'c> {
    pub(super) chance: &'c Chance,
    pub(super) shape: &'c Shape,
    pub(super) parent_dir: ParentDir,
    pub(super) attacker: Principal,
    /// Everything, just before.
    pub(super) before: Tree,
    /// What the operation answered.
    pub(super) answer: Result<serde_json::Value, Failure>,
    /// What was planted when, in a clause.
    pub(super) when: String,
}

impl Planted<'_> {
    /// A violation with what was planted where as its first fact. The scene is no cause of its own: what mends one mends the others.
    pub(super) fn violation(&self, cause: &str, sentence: &str, fact: &str) -> Violation {
        Violation::new(cause, format!("{sentence} in {}", self.parent_dir.words()))
            .by([self.attacker])
            .evidence(format!("{}, {}: {fact}", self.parent_dir.words(), self.when))
    }
}

/// How many plantings there are; the first for each path and the one before it is made are always among them.
const ROOM: Room = Room { quick: 48, full: 480 };
/// How many facts one cause is told with.
const FACTS: usize = 3;

/// Attacks every operation in every scene.
pub(super) fn attack(lab: &mut Lab<'_>, shape: &Shape, subject: &Subject) -> CaseResult<()> {
    let protections = lab.protections();
    lab.add_note(protections);
    let quick = lab.plan().profile == Profile::Quick;
    let empty = lab.snapshot()?;
    let mut surveys = Vec::new();
    let mut refused = None;
    for parent_dir in ParentDir::ALL {
        lab.restore(&empty)?;
        let checkpoint = lab.checkpoint();
        let set = match Set::new(lab, parent_dir, shape) {
            Ok(set) => Rc::new(set),
            Err(Abort::Ineffective(why)) => {
                lab.add_note(format!("the store refuses {}: {why}", parent_dir.words()));
                refused = Some(why);
                continue;
            }
            Err(stop) => return Err(stop),
        };
        lab.rollback(checkpoint);
        let all = [SAVE, UPDATE, LOAD, LOOK_UP, DELETE];
        for attacked in if quick { subject.quick } else { &all[..] } {
            // In every scene the first; for the others those scenes do in which least and most is possible.
            let scarce = matches!(parent_dir, ParentDir::Open | ParentDir::Group)
                && *attacked != subject.quick[0];
            let has = lab.hello().can_do(attacked.workload.operation());
            if !has || (quick && scarce) {
                continue;
            }
            match survey(lab, &set, *attacked, shape) {
                Ok(survey) => surveys.push(survey),
                Err(Abort::Ineffective(why)) => refused = Some(why),
                Err(stop) => return Err(stop),
            }
        }
    }
    let all: Vec<(usize, &Chance, What)> = surveys
        .iter()
        .enumerate()
        .flat_map(|(n, survey)| survey.chances.iter().map(move |chance| (n, chance)))
        .flat_map(|(n, chance)| subject.whats.iter().map(move |what| (n, chance, *what)))
        .filter(|(_, chance, what)| what.plant(chance).is_some())
        .collect();
    let sample = Sample::of(lab.plan(), all.len(), ROOM, |n| all[n].1.first);
    let chosen = sample.chosen();
    for (n, survey) in surveys.iter().enumerate() {
        let of_it = |index: &usize| all[*index].0 == n;
        let left_out = (0..all.len()).filter(of_it).any(|index| !chosen.contains(&index));
        let steps: BTreeSet<u32> =
            chosen.iter().filter(|n| of_it(n)).map(|n| all[*n].1.step).collect();
        let tried = if left_out { steps.len() } else { survey.rehearsal.steps.len() };
        lab.count_steps(&survey.rehearsal, tried);
    }
    let mut series = Series {
        subject,
        shape,
        waits: BTreeMap::new(),
        told: BTreeMap::new(),
        planted: BTreeMap::new(),
    };
    // Each further one would cost the time that a driver has to answer.
    follow(First::of(sample), |index| {
        let (_, chance, what) = all[index];
        series.go(lab, chance, what)?;
        Ok(series.hangs())
    })?;
    let told = |(parent_dir, (all, done)): (&ParentDir, &(usize, usize))| {
        format!("{} {all} ({done} done all the same)", parent_dir.word())
    };
    if !series.planted.is_empty() {
        let counts: Vec<String> = series.planted.iter().map(told).collect();
        lab.add_note(format!("planted: {}", counts.join(", ")));
        return Ok(());
    }
    let why = || "nothing could be planted at any path it uses".into();
    Err(Abort::Ineffective(refused.unwrap_or_else(why)))
}

/// The plantings of one case.
struct Series<'s> {
    subject: &'s Subject,
    shape: &'s Shape,
    /// How often the store waited in a scene: each time costs its while.
    waits: BTreeMap<ParentDir, usize>,
    /// How often each cause was told.
    told: BTreeMap<String, usize>,
    /// How many things were planted in each scene, and with how many of them the operation was done all the same.
    planted: BTreeMap<ParentDir, (usize, usize)>,
}

/// How an operation ended.
enum End {
    Answered(Result<serde_json::Value, Failure>),
    Died(Observation),
    /// It sleeps, and has the FIFO open or waits in opening it.
    Waits(String),
    /// It took another way than in the dry run, or the kernel refused the attacker.
    Nothing,
}

impl Series<'_> {
    fn count(&mut self, parent_dir: ParentDir, ok: bool) {
        let (all, done) = self.planted.entry(parent_dir).or_default();
        *all += 1;
        *done += usize::from(ok);
    }

    fn hangs(&self) -> bool {
        self.told.keys().any(|cause| *cause == "hang")
    }

    fn go(&mut self, lab: &mut Lab<'_>, chance: &Chance, what: What) -> CaseResult<()> {
        let parent_dir = chance.set.parent_dir;
        let Some(plant) = what.plant(chance) else { return Ok(()) };
        // Having waited once shows that it waits; where somebody reads it may yet write a secret.
        let waits = self.waits.get(&parent_dir).copied().unwrap_or_default();
        if waits > usize::from(what == What::FifoRead) {
            return Ok(());
        }
        let when = format!(
            "{} at {} before step {} of {}, {}",
            what.words(chance, lab),
            lab.display_path(&chance.target),
            chance.step,
            chance.attacked.word(),
            chance.call
        );
        let checkpoint = lab.checkpoint();
        let mut before = Tree::default();
        let end = self.operate(lab, chance, &plant, &when, &mut before)?;
        let attacker = parent_dir.attacker();
        let word = self.subject.word;
        let found = match end {
            End::Nothing => Vec::new(),
            End::Answered(answer) => {
                self.count(parent_dir, answer.is_ok());
                let said = if answer.is_ok() { "ok" } else { "refused" };
                lab.count_step(&format!("{word}, {}: {said}", parent_dir.word()));
                let shape = self.shape;
                let planted = Planted { chance, shape, parent_dir, attacker, before, answer, when };
                (self.subject.judge)(lab, &planted)?
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
                        .evidence(format!("{}, {when}: {fact}", parent_dir.words())),
                ]
            }
            End::Died(seen) => {
                self.count(parent_dir, false);
                lab.count_step(&format!("{word}, {}: {}", parent_dir.word(), seen.word()));
                let did = match seen {
                    Observation::Crash(_) => "crashed",
                    Observation::Hang(_) => "did not answer in time",
                    Observation::Protocol(_) | Observation::Trouble(_) => {
                        "answered something that is not of the protocol"
                    }
                };
                let sentence = format!(
                    "the store {did} after {{who}} had planted something in {}",
                    parent_dir.words()
                );
                vec![
                    Violation::new(seen.word(), sentence)
                        .severity(Severity::Medium)
                        .by([attacker])
                        .evidence(format!("{}, {when}: {}", parent_dir.words(), seen.clause())),
                ]
            }
        };
        let story = lab.story_since(checkpoint);
        for violation in found {
            let cause = violation.cause.clone();
            let count = self.told.entry(cause.clone()).or_default();
            *count += 1;
            if *count <= FACTS {
                lab.report(violation.story(story.clone()));
            }
            if *count == 1 {
                let protections = lab.protections();
                lab.add_evidence(&cause, protections);
            }
        }
        lab.rollback(checkpoint);
        Ok(())
    }

    /// Goes through the operation, and plants something before the chance's step.
    fn operate(
        &self,
        lab: &mut Lab<'_>,
        chance: &Chance,
        plant: &Plant,
        when: &str,
        before: &mut Tree,
    ) -> CaseResult<End> {
        lab.restore(&chance.start)?;
        let attacker = chance.set.parent_dir.attacker();
        let fifo = matches!(plant, Plant::Fifo { .. });
        let mut done = false;
        lab.begin(&chance.request)?;
        loop {
            let end = match lab.advance(Resume::Continue)? {
                StopEvent::Held(step) if step.number == chance.step && !done => {
                    *before = lab.tree()?;
                    if let Err(errno) = lab.plant(attacker, plant, &chance.target)? {
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
                    self.at_fifo(lab, chance, seen)?
                }
                StopEvent::Ended(seen) => End::Died(seen),
                StopEvent::Blocked => {
                    self.at_fifo(lab, chance, Observation::Hang("it does not answer".into()))?
                }
            };
            return Ok(if done { end } else { End::Nothing });
        }
    }

    /// Whether the store waits at the FIFO: its process sleeps, and the FIFO has somebody at its other side.
    fn at_fifo(&self, lab: &mut Lab<'_>, chance: &Chance, seen: Observation) -> CaseResult<End> {
        let slow = End::Died(seen);
        if !lab.is_asleep()? {
            return Ok(slow);
        }
        let peers = lab.peers(chance.set.parent_dir.attacker(), &chance.target)?;
        let side = match (peers.reader, peers.writer) {
            (true, _) => "to read",
            (false, true) => "to write",
            (false, false) => return Ok(slow),
        };
        lab.record("the store's process sleeps", format!("opening the FIFO {side}"));
        Ok(End::Waits(format!("its process sleeps, and has the FIFO open {side}")))
    }
}
