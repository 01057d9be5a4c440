//! What the tests do that [`test_store!`](crate::test_store) makes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::slice;

use interloper_driver::{
    Failure, Hello, Keeps, Open, Operation, Session, SessionStore, Setup, Umask,
};
use interloper_engine::record::{Finding, ScenarioResult, Severity, Verdict, describe};
use interloper_engine::{Plan, Profile, StoreSpec, Tier, Worker};

use crate::CATALOGUE;

/// The variable whose value allows results that show less: `skip`, `predicted`, or both with a comma.
pub const ALLOW: &str = "INTERLOPER_ALLOW";

/// A store that `test_store!` was given.
#[derive(Debug)]
pub struct TestStore {
    /// The path of its module: no other in the program has it.
    pub name: &'static str,
    /// Makes the adapter, in the driver's process.
    pub make: fn() -> Box<dyn SessionStore>,
    /// The umasks it is tested under.
    pub umasks: &'static [u16],
    /// What may show less: `skip`, `predicted`.
    pub allow: &'static [&'static str],
    /// The least severity that fails a test.
    pub fail_on: &'static str,
}

/// The adapter that must be caught, or the tests are worth nothing.
const CARELESS: &str = "interloper-negative-control";

/// Takes the role this process was executed for, where it is one for this store.
pub fn enter(store: &TestStore) {
    let role = std::env::var("INTERLOPER_ROLE").unwrap_or_default();
    match role.strip_prefix("driver:") {
        // Another store of this program has a hook of its own.
        Some(name) if name != store.name && name != CARELESS => {}
        _ => interloper_engine::role::enter(CATALOGUE, |name| {
            let careless: Box<dyn SessionStore> = Box::new(Careless::default());
            Some(if name == CARELESS { careless } else { (store.make)() })
        }),
    }
}

/// Runs one scenario at each place of the store.
///
/// # Panics
/// With the findings, told as `interloper check` tells them; where the host cannot show it and nobody allowed that; where the harness broke.
pub fn run(store: &TestStore, scenario: &str, umask: Option<u16>) {
    let mut worker = start(&StoreSpec::adapter(store.name));
    let hello = worker.hello().unwrap_or_else(|error| panic!("{error}"));
    let plan = Plan {
        seed: 1,
        profile: Profile::Quick,
        umasks: umask
            .as_ref()
            .map_or(store.umasks, slice::from_ref)
            .iter()
            .map(|bits| Umask::of(*bits))
            .collect(),
        cases: None,
    };
    let mut told = String::new();
    for Setup { name: setup, .. } in hello.setups {
        let result = worker
            .run(scenario, &setup, &plan, |_, _| {})
            .unwrap_or_else(|error| panic!("{scenario} at {setup}: {error}"));
        told += &judge(store, &result);
    }
    assert!(told.is_empty(), "\n{told}");
}

/// Fails where the catalogue cannot be run here as it should.
///
/// # Panics
/// In a tier that shows less than namespaces do, and nobody allowed it.
pub fn host(store: &TestStore) {
    let worker = start(&StoreSpec::adapter(store.name));
    match worker.tier() {
        Tier::Namespaces => {}
        Tier::Uids => assert!(
            allowed(store, "skip"),
            "this host refuses namespaces: scenarios that need them are skipped.\n{WAY_OUT} skip"
        ),
        Tier::Predicted => assert!(
            allowed(store, "predicted"),
            "this host lets nobody play another user: what others can do is computed from modes, not tried.\n{WAY_OUT} predicted"
        ),
    }
}

const WAY_OUT: &str = "Run `interloper doctor` to see why and how to change it, or say in test_store! `allow: [...]`, or in the environment INTERLOPER_ALLOW, that you accept:";

/// Fails where a store that is careless on purpose is not caught.
///
/// # Panics
/// When it is not caught: then no other test of this program says anything.
pub fn negative_control(store: &TestStore) {
    let mut worker = start(&StoreSpec::adapter(CARELESS));
    let plan = Plan { seed: 1, profile: Profile::Quick, umasks: vec![Umask::of(0)], cases: None };
    let result = worker
        .run("permissions::nobody_reaches", &Setup::dir().name, &plan, |_, _| {})
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(
        result.verdict == Verdict::Fail,
        "a store that leaves everything open was not caught ({} {:?}), so no test of {} says anything",
        result.verdict,
        result.reason,
        store.name
    );
}

fn start(spec: &StoreSpec) -> Worker {
    let only = std::env::var("INTERLOPER_TIER")
        .ok()
        .map(|tier| tier.parse::<Tier>().unwrap_or_else(|why| panic!("INTERLOPER_TIER: {why}")));
    Worker::start(spec, only).unwrap_or_else(|error| panic!("{error}"))
}

fn allowed(store: &TestStore, what: &str) -> bool {
    let environment = std::env::var(ALLOW).unwrap_or_default();
    let said: BTreeSet<&str> =
        environment.split(',').map(str::trim).chain(store.allow.iter().copied()).collect();
    said.contains(what)
}

/// What is to be said of a result; nothing where it passed.
fn judge(store: &TestStore, result: &ScenarioResult) -> String {
    let reason = result.reason.as_deref().unwrap_or_default();
    match result.verdict {
        Verdict::Pass => String::new(),
        Verdict::Unsupported => {
            eprintln!("unsupported at {}: {reason}", result.setup);
            String::new()
        }
        Verdict::Skip if allowed(store, "skip") => {
            eprintln!("skipped at {}: {reason}", result.setup);
            String::new()
        }
        Verdict::Skip => format!("skipped at {}: {reason}\n{WAY_OUT} skip\n", result.setup),
        Verdict::Error => format!("the harness broke at {}: {reason}\n", result.setup),
        Verdict::Fail => {
            let least = store.fail_on.parse().unwrap_or(Severity::Low);
            let (fatal, lesser): (Vec<_>, Vec<_>) =
                result.findings.iter().partition(|finding| finding.severity >= least);
            for finding in lesser {
                eprintln!("{}", tell(result, finding));
            }
            fatal.into_iter().map(|finding| tell(result, finding)).collect()
        }
    }
}

fn tell(result: &ScenarioResult, finding: &Finding) -> String {
    let mut text = String::new();
    let how = if result.predicted { " (predicted from modes, not tried)" } else { "" };
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "FAIL {} at {}: {}, severity {}{how}",
        result.scenario,
        result.setup,
        finding.told(),
        finding.severity
    );
    for event in &finding.story {
        let line = describe::line(event);
        let mark = line.mark.as_ref().map_or(String::new(), |mark| format!("  ◀ {mark}"));
        let others: Vec<String> =
            line.others.iter().map(|(who, access)| format!("{who} {access}")).collect();
        let others = others.join("   ");
        let _ = writeln!(text, "     {}  → {}   {others}{mark}", line.did, line.result);
    }
    for fact in &finding.evidence {
        let _ = writeln!(text, "     evidence  {}", describe::evidence(fact));
    }
    let _ = writeln!(text, "     smallest  {}\n     fix       {}", finding.smallest, finding.fix);
    text
}

/// A store that leaves everything to the umask.
#[derive(Default)]
struct Careless(PathBuf);

impl SessionStore for Careless {
    fn hello(&self) -> Hello {
        Hello::new(CARELESS, "1")
            .keeps([Keeps::Data])
            .ops([Operation::Save, Operation::Load])
            .setups([Setup::dir()])
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.0 = at.path()?.to_owned();
        Ok(std::fs::create_dir_all(&self.0)?)
    }

    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        Ok(std::fs::write(self.0.join(id), format!("{session:?}"))?)
    }

    fn load(&mut self, _: &str) -> Result<Option<Session>, Failure> {
        Ok(None)
    }
}
