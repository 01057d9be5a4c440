//! Running a scenario: cases, shrinking, findings.

use std::collections::BTreeMap;
use std::time::Instant;

use interloper_driver::Place;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::bench::Bench;
use crate::error::Error;
use crate::lab::{Flow, Lab, Setting, Stop, Violation};
use crate::plan::{COMMON_UMASKS, Plan};
use crate::principal::Principal;
use crate::record::{Finding, Matrix, ScenarioResult, StoryLine, Verdict};
use crate::sandbox::Tier;
use crate::scenario::{Case, Check, Extra, Need, Scenario, Sweep};
use crate::shape::Shape;
use crate::token::{Token, digest, fingerprint};

/// How often a failing case may be run again to make it smaller.
const SHRINK_STEPS: u32 = 200;
/// How long shrinking one cause may take, in seconds: slow stores shrink less.
const SHRINK_SECONDS: u64 = 8;
/// The modes of the owner's home; the first is what findings are told with.
const HOMES: [u16; 3] = [0o755, 0o750, 0o700];

/// Runs one scenario on one store at one place.
pub struct Runner<'a> {
    bench: &'a mut Bench,
    scenario: &'static Scenario,
    place: Place,
    plan: &'a Plan,
    progress: &'a mut dyn FnMut(u64, u64),
    causes: BTreeMap<String, Found>,
    tested: u64,
    refused: u64,
    refusals: BTreeMap<String, u64>,
    outcomes: BTreeMap<String, u64>,
    saves: u64,
    effective_umasks: Vec<u16>,
    expected: Option<Expected>,
}

/// What a token says of the case that is to be run again, and what came of it.
struct Expected {
    mint_seed: u64,
    trail: Vec<u8>,
    replayed: Option<Replayed>,
}

/// What is known of one cause.
struct Found {
    told: Told,
    matrix: Matrix,
}

/// The smallest case of a cause, told.
#[derive(Clone)]
struct Told {
    violation: Violation,
    umask: u16,
    story: Vec<StoryLine>,
    smallest: String,
    case: Vec<u8>,
    mint_seed: u64,
    trail: Vec<u8>,
}

/// What came of running one case again.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Replayed {
    /// What happened, line by line.
    pub story: Vec<StoryLine>,
    /// The causes that were found this time, with their sentences.
    pub found: Vec<(String, String)>,
    /// What the kernel said.
    pub evidence: Vec<String>,
    /// The first step that was not as the token says, counted from 1.
    pub diverged: Option<usize>,
}

/// What one case came to.
struct Ran {
    violations: Vec<Violation>,
    story: Vec<StoryLine>,
    trail: Vec<u8>,
    saved: bool,
    refused: Option<String>,
    steps: u64,
    outcomes: BTreeMap<String, u64>,
}

impl<'a> Runner<'a> {
    pub(crate) fn new(
        bench: &'a mut Bench,
        scenario: &'static Scenario,
        place: Place,
        plan: &'a Plan,
        progress: &'a mut dyn FnMut(u64, u64),
    ) -> Runner<'a> {
        Runner {
            bench,
            scenario,
            place,
            plan,
            progress,
            causes: BTreeMap::new(),
            tested: 0,
            refused: 0,
            refusals: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            saves: 0,
            effective_umasks: Vec::new(),
            expected: None,
        }
    }

    /// Runs the scenario and gives its result, whatever happens.
    pub(crate) fn result(mut self) -> ScenarioResult {
        let began = Instant::now();
        let stop = self.allowed().and_then(|()| self.scenario.property.run(&mut self)).err();
        let mut result = ScenarioResult {
            scenario: self.scenario.id.into(),
            store: self.bench.spec().name.clone(),
            place: self.place.to_string(),
            verdict: Verdict::Pass,
            reason: None,
            predicted: self.bench.tier() == Tier::Predicted,
            tested: self.tested,
            refused: self.refused,
            millis: 0,
            findings: Vec::new(),
            notes: self.notes(),
        };
        result.findings = self.findings();
        (result.verdict, result.reason) = match stop {
            Some(Stop::Unsupported(why)) => (Verdict::Unsupported, Some(why)),
            Some(Stop::Skip(why)) => (Verdict::Skip, Some(why)),
            Some(Stop::Refused(why)) => (Verdict::Skip, Some(why)),
            Some(Stop::Driver(seen)) => (Verdict::Error, Some(seen.clause().to_owned())),
            Some(Stop::Broke(error)) => (Verdict::Error, Some(error.to_string())),
            None if !result.findings.is_empty() => (Verdict::Fail, None),
            None if self.tested == 0 => (Verdict::Skip, Some(self.why_nothing_counted())),
            None => (Verdict::Pass, None),
        };
        result.millis = began.elapsed().as_millis() as u64;
        result
    }

    /// Runs one case again.
    pub(crate) fn replay(mut self, token: &Token) -> Flow<Replayed> {
        self.allowed()?;
        let (mint_seed, trail) = (token.mint_seed, token.trail.clone());
        self.expected = Some(Expected { mint_seed, trail, replayed: None });
        self.scenario.property.again(&mut self, &token.case)?;
        self.expected
            .and_then(|expected| expected.replayed)
            .ok_or_else(|| Stop::Broke(Error::Token("the case was not run".into())))
    }

    fn allowed(&mut self) -> Flow<()> {
        let hello = self.bench.hello(Principal::Owner)?.clone();
        if !hello.places.contains(&self.place) {
            return Err(Stop::Unsupported(format!("needs place {}", self.place)));
        }
        if let Some(why) = self.scenario.unsupported_by(&hello, self.place) {
            return Err(Stop::Unsupported(why));
        }
        let tier = self.bench.tier();
        for need in self.scenario.needs {
            let enough = match need {
                Need::Processes => tier != Tier::Predicted,
                Need::Namespaces => tier == Tier::Namespaces,
                _ => true,
            };
            if !enough {
                return Err(Stop::Skip(format!(
                    "needs {}; this run has tier {tier} (see `interloper doctor`)",
                    need.words()
                )));
            }
        }
        Ok(())
    }

    fn why_nothing_counted(&self) -> String {
        let most = self.refusals.iter().max_by_key(|(_, count)| **count);
        match most {
            Some((why, count)) => format!(
                "no case was effective: all {} were refused, {count} of them because {why}",
                self.refused
            ),
            None => "no case was effective: none was run".into(),
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.tested + self.refused > 1_000 {
            let total = self.tested + self.refused;
            notes.push(format!(
                "{total} cases, {} % with a save that answered ok, {} umasks",
                self.saves * 100 / total.max(1),
                self.effective_umasks.len()
            ));
            for (outcome, count) in &self.outcomes {
                notes.push(format!("{count:>9}  {outcome}"));
            }
        }
        notes
    }

    /// Runs every case of a scenario.
    pub(crate) fn explore<X: Extra>(&mut self, check: &Check<X>) -> Flow<()> {
        let umasks = self.plan.umasks(self.scenario.sweep);
        let total = umasks.len() as u64;
        for (index, umask) in umasks.into_iter().enumerate() {
            let mut proptest = test_runner(self.seed_of(index as u64));
            // One set of canaries for the run: the sandbox is empty when a case begins, and what searches for them is made once.
            let mint_seed = self.plan.seed;
            let cases = strategy(self.plan, check, umask, self.scenario.sweep);
            let mut tree = cases.new_tree(&mut proptest).map_err(|reason| {
                Stop::Broke(Error::Untrustworthy(format!("no case: {reason}")))
            })?;
            let case = tree.current();
            let ran = self.run_case(check, &case, mint_seed)?;
            self.count(&ran, case.umask);
            for violation in &ran.violations {
                if !self.causes.contains_key(&violation.cause) {
                    let told = if is_hang(&violation.cause) {
                        None
                    } else {
                        self.shrink(check, &mut tree, &violation.cause, mint_seed)?
                    };
                    let told = match told {
                        Some(told) => told,
                        None => self.tell(&case, violation, &ran, mint_seed)?,
                    };
                    // A smaller case may be under another umask, and what is told must be in the matrix.
                    let mut matrix = Matrix::default();
                    matrix.add(told.umask, &told.violation.principals);
                    self.causes.insert(violation.cause.clone(), Found { told, matrix });
                }
                if let Some(found) = self.causes.get_mut(&violation.cause) {
                    found.matrix.add(case.umask, &violation.principals);
                }
            }
            (self.progress)(index as u64 + 1, total);
            // Each hang costs a whole deadline, and the umask makes no difference to it.
            if self.scenario.sweep == Sweep::One && self.causes.keys().any(|cause| is_hang(cause)) {
                break;
            }
        }
        Ok(())
    }

    fn count(&mut self, ran: &Ran, umask: u16) {
        for (outcome, count) in &ran.outcomes {
            *self.outcomes.entry(outcome.clone()).or_default() += count;
        }
        self.saves += u64::from(ran.saved);
        match &ran.refused {
            Some(why) => {
                self.refused += 1;
                *self.refusals.entry(why.clone()).or_default() += 1;
            }
            None => {
                self.tested += 1 + ran.steps;
                if let Err(at) = self.effective_umasks.binary_search(&umask) {
                    self.effective_umasks.insert(at, umask);
                }
            }
        }
    }

    /// A seed for each case, so that the n-th case is the same whatever the others do.
    fn seed_of(&self, index: u64) -> u64 {
        let mut hash = self.plan.seed ^ 0x9e37_79b9_7f4a_7c15;
        for byte in self.scenario.id.bytes().chain(index.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            hash ^= hash >> 29;
        }
        hash
    }

    fn run_case<X: Extra>(
        &mut self,
        check: &Check<X>,
        case: &Case<X>,
        mint_seed: u64,
    ) -> Flow<Ran> {
        let setting = Setting {
            umask: case.umask,
            home: case.home,
            place: self.place,
            run_as: self.scenario.run_as,
        };
        let mut lab = Lab::new(self.bench, setting, self.plan, mint_seed)?;
        let outcome = (check.check)(&mut lab, case);
        let mut refused = None;
        let outcome = match outcome {
            Err(Stop::Refused(why)) if lab.violations.is_empty() => {
                refused = Some(why);
                Ok(())
            }
            Err(Stop::Refused(_)) => Ok(()),
            // In a scenario that did not expect it, a driver that dies is what was found.
            Err(Stop::Driver(seen)) => {
                let sentence = match seen.word() {
                    "crash" => "the store crashed",
                    "hang" => "the store did not answer in time",
                    _ => "the driver answered something that is not of the protocol",
                };
                lab.violate(Violation::new(seen.word(), sentence).evidence(seen.clause()));
                Ok(())
            }
            other => other,
        };
        lab.finish()?;
        let ran = Ran {
            trail: digest(&trail(&lab.story, &lab.violations)),
            violations: std::mem::take(&mut lab.violations),
            story: std::mem::take(&mut lab.story),
            saved: lab.saved,
            refused,
            steps: lab.steps_tested,
            outcomes: std::mem::take(&mut lab.outcomes),
        };
        outcome.map(|()| ran)
    }

    /// Makes a failing case smaller for as long as it still shows the same cause.
    fn shrink<X: Extra>(
        &mut self,
        check: &Check<X>,
        tree: &mut impl ValueTree<Value = Case<X>>,
        cause: &str,
        mint_seed: u64,
    ) -> Flow<Option<Told>> {
        let began = Instant::now();
        let mut best = None;
        for _ in 0..SHRINK_STEPS {
            if began.elapsed().as_secs() >= SHRINK_SECONDS || !tree.simplify() {
                break;
            }
            loop {
                let case = tree.current();
                let ran = self.run_case(check, &case, mint_seed)?;
                match ran.violations.iter().find(|violation| violation.cause == cause) {
                    Some(violation) => {
                        best = Some(self.tell(&case, violation, &ran, mint_seed)?);
                        break;
                    }
                    None => {
                        if !tree.complicate() {
                            return Ok(best);
                        }
                    }
                }
                if began.elapsed().as_secs() >= SHRINK_SECONDS {
                    return Ok(best);
                }
            }
        }
        Ok(best)
    }

    fn tell<X: Extra>(
        &mut self,
        case: &Case<X>,
        violation: &Violation,
        ran: &Ran,
        mint_seed: u64,
    ) -> Flow<Told> {
        let hello = self.bench.hello(self.scenario.run_as)?;
        let session = case.session.describe(hello);
        let mut smallest =
            format!("umask {:04o}, home {:04o}, session {session}", case.umask, case.home);
        let extra = format!("{:?}", case.extra);
        if extra != "()" {
            smallest += &format!(", {extra}");
        }
        let bytes = postcard::to_allocvec(case)
            .map_err(|error| Stop::Broke(Error::Token(error.to_string())))?;
        let mut violation = violation.clone();
        violation.sentence = violation.sentence.replace("{who}", &names(&violation.principals));
        Ok(Told {
            violation,
            umask: case.umask,
            story: ran.story.clone(),
            smallest,
            case: bytes,
            mint_seed,
            trail: ran.trail.clone(),
        })
    }

    /// Runs the case of a token.
    pub(crate) fn once_more<X: Extra>(&mut self, check: &Check<X>, bytes: &[u8]) -> Flow<()> {
        let case: Case<X> = postcard::from_bytes(bytes).map_err(|error| {
            Stop::Broke(Error::Token(format!(
                "its case is not one of {}: {error}",
                self.scenario.id
            )))
        })?;
        let Some(mint_seed) = self.expected.as_ref().map(|expected| expected.mint_seed) else {
            return Ok(());
        };
        let ran = self.run_case(check, &case, mint_seed)?;
        if let Some(expected) = &mut self.expected {
            expected.replayed = Some(Replayed {
                diverged: divergence(&expected.trail, &ran.trail),
                story: ran.story,
                found: ran
                    .violations
                    .iter()
                    .map(|v| (v.cause.clone(), v.sentence.replace("{who}", &names(&v.principals))))
                    .collect(),
                evidence: ran.violations.into_iter().flat_map(|v| v.evidence).collect(),
            });
        }
        Ok(())
    }

    fn findings(&mut self) -> Vec<Finding> {
        let store = self.bench.spec().name.clone();
        let mut findings: Vec<Finding> = std::mem::take(&mut self.causes)
            .into_iter()
            .map(|(cause, found)| {
                let Found { told, mut matrix } = found;
                matrix.tested = self.effective_umasks.clone();
                for umask in &matrix.failed {
                    if let Err(at) = matrix.tested.binary_search(umask) {
                        matrix.tested.insert(at, *umask);
                    }
                }
                let token = Token {
                    scenario: self.scenario.id.into(),
                    store: store.clone(),
                    place: self.place,
                    cause: cause.clone(),
                    mint_seed: told.mint_seed,
                    case: told.case,
                    trail: told.trail,
                };
                Finding {
                    fingerprint: fingerprint(self.scenario.id, &store, self.place, &cause),
                    cause,
                    sentence: told.violation.sentence,
                    severity: told.violation.severity.unwrap_or(self.scenario.severity),
                    matrix,
                    smallest: told.smallest,
                    story: told.story,
                    evidence: told.violation.evidence,
                    fix: self.scenario.fix.into(),
                    replay: token.to_string(),
                    known: None,
                }
            })
            .collect();
        findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cause.cmp(&b.cause)));
        findings
    }
}

impl Matrix {
    fn add(&mut self, umask: u16, principals: &[Principal]) {
        let insert = |umasks: &mut Vec<u16>| {
            if let Err(at) = umasks.binary_search(&umask) {
                umasks.insert(at, umask);
            }
        };
        insert(&mut self.failed);
        for principal in principals {
            insert(self.reached.entry(principal.to_string()).or_default());
        }
    }
}

/// `groupmate and stranger`.
fn names(principals: &[Principal]) -> String {
    let names: Vec<String> = principals.iter().map(ToString::to_string).collect();
    match &names[..] {
        [] => "somebody".into(),
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        names => names.concat(),
    }
}

/// Whether a cause is a driver that did not answer.
fn is_hang(cause: &str) -> bool {
    cause.ends_with("hang")
}

/// What a case did, a word for each line of its story, and last what it found: what a replay is compared by.
///
/// Names and messages are left out: they may hold what differs from run to run.
fn trail(story: &[StoryLine], violations: &[Violation]) -> Vec<String> {
    let first = |text: &str, end: char| text.split(end).next().unwrap_or_default().to_owned();
    let steps = story.iter().map(|line| match line.did.starts_with("  ") {
        true => format!("{} {}", line.result, line.others.join(" ")),
        false => format!("{} {}", first(&line.did, '('), first(&line.result, ':')),
    });
    steps.chain(violations.iter().map(|violation| violation.cause.clone())).collect()
}

/// The first step at which two runs of one case differ, counted from 1.
fn divergence(expected: &[u8], seen: &[u8]) -> Option<usize> {
    let common = expected.iter().zip(seen).take_while(|(a, b)| a == b).count();
    (common < expected.len().max(seen.len())).then_some(common + 1)
}

/// A deterministic runner: the same seed gives the same cases on every machine.
fn test_runner(seed: u64) -> TestRunner {
    let mut bytes = [0_u8; 32];
    for (chunk, n) in bytes.chunks_exact_mut(8).zip(0_u64..) {
        chunk.copy_from_slice(
            &seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_le_bytes(),
        );
    }
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

fn strategy<X: Extra>(
    plan: &Plan,
    check: &Check<X>,
    umask: Option<u16>,
    sweep: Sweep,
) -> impl Strategy<Value = Case<X>> + use<X> {
    use proptest::prelude::*;
    let umask = match umask {
        Some(umask) => Just(umask).boxed(),
        // Under seven of eight umasks most stores cannot save at all; the common ones are where people live.
        None => prop_oneof![
            3 => proptest::sample::select(&COMMON_UMASKS[..]),
            1 => 0..=0o777_u16,
        ]
        .boxed(),
    };
    // A sweep compares umasks, so only they may differ; random histories see private homes too.
    let home = match sweep {
        Sweep::Random => {
            prop_oneof![4 => Just(HOMES[0]), 1 => Just(HOMES[1]), 1 => Just(HOMES[2])].boxed()
        }
        _ => Just(HOMES[0]).boxed(),
    };
    (umask, home, Shape::any(), (check.extra)(plan))
        .prop_map(|(umask, home, session, extra)| Case { umask, home, session, extra })
}
