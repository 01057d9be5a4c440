//! The change that mends each flaw: what a search among changes to the store's calls recommends, or that none does.
//!
//! A change that is recommended though it does not help, or breaks something, is as bad as a scenario that cannot fail.

use interloper_driver::{Failure, Hello, Open, Session, SessionStore};
use interloper_engine::mend::{Candidate, Catalogue, Crew, search};
use interloper_engine::record::{CallRole, Change, Mends, Rule, ScenarioResult, Verdict};
use interloper_engine::role::enter;
use interloper_engine::{COMMON_UMASKS, Plan, Profile, StoreSpec, Tier, Worker};
use interloper_flawed::{FlawEntry, flaws};
use interloper_scenarios::{CATALOGUE, MENDS};
use libtest_mimic::{Arguments, Failed, Trial};

use CallRole::{MakeDirectory, ReadFile, Rename, SetMode, WriteFile};
use Change::{CloseOnExec, NoFollow, OwnOnly, PrivateMode, RegularOnly, Replace, SyncFile};

/// A flaw, and the changes that mend it.
type Mended = (&'static str, &'static [(CallRole, Change)]);

/// The flaws that a change to a call mends.
const MENDED: &[Mended] = &[
    ("umask-default-mode", &[(WriteFile, PrivateMode), (MakeDirectory, PrivateMode)]),
    ("leaks-descriptor", &[(ReadFile, CloseOnExec)]),
    ("in-place-write", &[(WriteFile, Replace)]),
    ("no-fsync", &[(Rename, SyncFile)]),
    ("lax-file-mode", &[(SetMode, PrivateMode)]),
    ("blocks-on-fifo", &[(ReadFile, RegularOnly)]),
    ("waits-on-fifo", &[(WriteFile, RegularOnly)]),
    ("chmods-home", &[(SetMode, PrivateMode)]),
    ("follows-symlink", &[(WriteFile, NoFollow), (WriteFile, OwnOnly)]),
    ("predictable-temp", &[(WriteFile, OwnOnly)]),
];

/// Flaws that no change to a call mends. Those in neither list are tried with `INTERLOPER_MENDS=full`, and fail with what mends them.
const NOT_MENDED: &[&str] = &["delete-does-nothing", "drops-headers", "id-as-path"];

fn main() {
    enter(CATALOGUE, adapter);
    let all = std::env::var("INTERLOPER_MENDS").is_ok_and(|word| word == "full");
    let mut trials = vec![
        Trial::test("what_breaks_the_store_is_never_recommended", breaks_the_store),
        Trial::test("a_careful_store_has_nothing_to_mend", nothing_to_mend),
        Trial::test("every_flaw_of_the_table_exists", names_exist),
    ];
    for flaw in flaws() {
        let mended = MENDED.iter().find(|(name, _)| *name == flaw.name).map(|(_, rules)| *rules);
        if all || mended.is_some() || NOT_MENDED.contains(&flaw.name) {
            let name = format!("flaw::{}", flaw.name);
            trials.push(Trial::test(name, move || is_mended(flaw, mended.unwrap_or_default())));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn adapter(name: &str) -> Option<Box<dyn SessionStore>> {
    match name {
        "hardened" => Some(Box::new(interloper_flawed::hardened())),
        "insists" => Some(Box::new(Insists(interloper_flawed::make("umask-default-mode")?))),
        other => interloper_flawed::make(other),
    }
}

/// A store that wants its files to have the mode that it asked for: a narrower one ends every save.
struct Insists(Box<dyn SessionStore>);

impl SessionStore for Insists {
    fn hello(&self) -> Hello {
        self.0.hello()
    }
    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.0.open(at)
    }
    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        let home = std::env::var_os("HOME").unwrap_or_default();
        let probe = std::path::Path::new(&home).join(".probe");
        std::fs::File::create(&probe)?;
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&probe)?.permissions());
        std::fs::remove_file(&probe)?;
        match mode & 0o044 {
            0 => Err(Failure::invalid("nobody else could read it")),
            _ => self.0.save(id, session),
        }
    }
    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        self.0.load(id)
    }
    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        self.0.delete(id)
    }
}

fn plan() -> Plan {
    Plan { seed: 1, profile: Profile::Quick, umasks: COMMON_UMASKS.to_vec(), cases: Some(4) }
}

/// Runs scenarios on a store at its first setup that they fail, and gives the results of that.
fn results(store: &str, scenarios: &[&str]) -> Result<(Tier, Vec<ScenarioResult>), Failed> {
    let mut worker = Worker::start(&StoreSpec::adapter(store), None)?;
    let works = MENDS.works.iter().filter(|works| !scenarios.contains(works));
    let mut results = Vec::new();
    for setup in worker.hello()?.setups {
        results.clear();
        for scenario in scenarios.iter().chain(works.clone()) {
            results.push(worker.run(scenario, &setup.name, &plan(), |_, _| {})?);
        }
        if results.iter().any(|result| result.verdict == Verdict::Fail) {
            break;
        }
    }
    Ok((worker.tier(), results))
}

/// Searches for what mends a store.
fn mends(store: &str, scenarios: &[&str], catalogue: &Catalogue) -> Result<Mends, Failed> {
    let (tier, results) = results(store, scenarios)?;
    let watch = |_: &Worker| Ok(Box::new(()) as Box<dyn std::fmt::Debug + Send>);
    let plan = plan();
    let crew = Crew::new(StoreSpec::adapter(store), tier, &plan, 1, &watch);
    let quiet = |_: &str| {};
    Ok(search(store, &results, catalogue, &crew, &quiet))
}

fn rules(mends: &Mends) -> Vec<Rule> {
    let mut rules: Vec<Rule> =
        mends.changes.iter().flat_map(|change| change.changes.rules.clone()).collect();
    rules.sort();
    rules
}

fn is_mended(flaw: &FlawEntry, by: &[(CallRole, Change)]) -> Result<(), Failed> {
    let listed = MENDED.iter().map(|(name, _)| *name).chain(NOT_MENDED.iter().copied());
    let listed = listed.into_iter().any(|name| name == flaw.name);
    let mends = mends(flaw.name, flaw.caught_by, &MENDS)?;
    if !listed {
        return Err(format!("is in neither list: {:?}, {:#?}", rules(&mends), mends.designs).into());
    }
    let mut wanted: Vec<Rule> =
        by.iter().map(|(at, change)| Rule { at: *at, change: *change }).collect();
    wanted.sort();
    let left: usize = mends.designs.iter().map(|design| design.findings.len()).sum();
    match rules(&mends) == wanted && (by.is_empty() || left == 0) && mends.of > 0 {
        true => Ok(()),
        false => Err(format!("wanted {wanted:?}, and it is {mends:#?}").into()),
    }
}

/// The findings of this store are gone under another mode, and so is the store.
fn breaks_the_store() -> Result<(), Failed> {
    const ONE: &[Candidate] = &[Candidate {
        rules: &[Rule { at: WriteFile, change: PrivateMode }],
        families: &["mode-of-the-umask"],
        last: false,
    }];
    let scenarios = ["permissions::mode_owner_only", "permissions::nobody_reaches"];
    let catalogue = Catalogue { candidates: ONE, ..MENDS };
    let sound = mends("umask-default-mode", &scenarios, &catalogue)?;
    let mends = mends("insists", &scenarios, &catalogue)?;
    match (sound.changes.len(), mends.changes.len(), mends.of > 0) {
        (1, 0, true) => Ok(()),
        _ => Err(format!("{sound:#?} and {mends:#?}").into()),
    }
}

fn nothing_to_mend() -> Result<(), Failed> {
    let mends = mends("hardened", &["permissions::nobody_reaches"], &MENDS)?;
    match mends.of == 0 && mends.changes.is_empty() && mends.designs.is_empty() {
        true => Ok(()),
        false => Err(format!("{mends:#?}").into()),
    }
}

fn names_exist() -> Result<(), Failed> {
    let named = MENDED.iter().map(|(name, _)| *name).chain(NOT_MENDED.iter().copied());
    for name in named {
        if !flaws().any(|flaw| flaw.name == name) {
            return Err(format!("there is no flaw {name}").into());
        }
    }
    Ok(())
}
