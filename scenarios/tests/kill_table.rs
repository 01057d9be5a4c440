//! The kill table: every flaw is caught by the scenarios it names, every scenario is failed by a flaw, and the
//! careful stores pass all of them: the hardened one, and two of other designs.
//!
//! A check that cannot fail is a defect; this is where each one has to.

use std::collections::BTreeSet;

use interloper_driver::{Failure, Hello, Open, Operation, Session, SessionStore, Setup};
use interloper_engine::record::{Verdict, describe};
use interloper_engine::role::enter;
use interloper_engine::{COMMON_UMASKS, Need, Plan, Profile, SavedInput, StoreSpec, Tier, Worker};
use interloper_flawed::{FlawEntry, flaws};
use interloper_scenarios::CATALOGUE;
use libtest_mimic::{Arguments, Failed, Trial};

mod odd;
mod planted;
mod servers;

/// A flaw in anything a random history does may show in random histories too.
const CONTAINS_OTHERS: [&str; 2] = ["permissions::any_history", "honesty::histories"];

fn main() {
    enter(CATALOGUE, adapter);
    let mut trials = vec![
        Trial::test("hardened_passes_everything", || passes_everything("hardened")),
        Trial::test("hardened_plain_passes_everything", || passes_everything("hardened-plain")),
        Trial::test("sharded_passes_everything", || passes_everything("sharded")),
        Trial::test("one_file_passes_everything", || passes_everything("one-file")),
        Trial::test("hardened_works_in_every_scene", works_in_every_scene),
        Trial::test("hex_ids_pass_in_every_area", hex_ids_pass),
        Trial::test("a_store_that_takes_hex_ids_is_tested_in_full", hex_ids_are_tested_in_full),
        Trial::test("a_store_that_refuses_most_sessions_does_not_pass", refusals_are_no_pass),
        Trial::test("versions_keep_their_promise", versions_keep_their_promise),
        Trial::test("a_server_that_asks_who_it_is_passes", servers::served_to_its_owner),
        Trial::test("a_door_that_its_owner_cannot_ask_at_is_no_pass", servers::asked_in_vain),
        Trial::test("a_server_lives_on_between_processes", servers::served_apart),
        Trial::test("a_process_that_is_not_the_stores_is_no_server", servers::not_its_server),
        Trial::test("a_server_with_files_gets_the_scenarios_about_files", server_with_files),
        Trial::test("a_store_in_memory_passes_everything", in_memory),
        Trial::test("a_file_of_a_store_in_memory_is_found", in_memory_for_once),
        Trial::test("ids_in_the_directory_for_temporary_files_are_listed", ids_in_tmp),
        Trial::test("where_nothing_could_be_tried_nothing_passes", nothing_to_try),
        Trial::test("the_host_shows_everything", the_host_shows_everything),
        Trial::test("every_scenario_is_failed_by_a_flaw", every_scenario_has_a_flaw),
        Trial::test("every_flaw_names_scenarios_that_exist", names_exist),
    ];
    trials.extend(planted::trials());
    for flaw in flaws() {
        trials.push(Trial::test(format!("flaw::{}", flaw.name), move || is_caught(flaw)));
    }
    let mut arguments = Arguments::from_args();
    // Many flaws make a store wait until a deadline is over: others can be tried meanwhile.
    let threads = std::thread::available_parallelism().map_or(2, |cpus| 2 * cpus.get());
    arguments.test_threads.get_or_insert(threads);
    libtest_mimic::run(&arguments, trials).exit();
}

fn adapter(name: &str) -> Option<Box<dyn SessionStore>> {
    match name {
        "hardened" => Some(Box::new(interloper_flawed::hardened())),
        "hardened-plain" => Some(Box::new(interloper_flawed::hardened_plain())),
        "sharded" => Some(Box::new(interloper_flawed::sharded())),
        "one-file" => Some(Box::new(interloper_flawed::one_file())),
        "hardened-app" => Some(Box::new(interloper_flawed::hardened_app())),
        "splitting-parser" => Some(Box::new(interloper_flawed::splitting_parser())),
        "scanning-parser" => Some(Box::new(interloper_flawed::scanning_parser())),
        "hardened-client" => Some(Box::new(interloper_flawed::hardened_client())),
        "late-client" => Some(Box::new(interloper_flawed::late_client())),
        "strict-client" => Some(Box::new(interloper_flawed::strict_client())),
        "clocked-client" => Some(Box::new(interloper_flawed::clocked_client())),
        "staying-client" => Some(Box::new(interloper_flawed::staying_client())),
        "knocking-client" => Some(Box::new(interloper_flawed::knocking_client())),
        "listed-client" => Some(Box::new(interloper_flawed::listed_client())),
        "hardened-served" => Some(Box::new(interloper_flawed::hardened_served())),
        "hardened-served-apart" => Some(Box::new(interloper_flawed::hardened_served_apart())),
        "names-another-server" => {
            Some(Box::new(odd::NamesAnother(interloper_flawed::hardened_plain())))
        }
        "asked-by-nothing" => Some(Box::new(odd::AskedInVain(
            interloper_flawed::hardened_served(),
            "interloper-no-such-program",
        ))),
        "asked-by-echo" => {
            Some(Box::new(odd::AskedInVain(interloper_flawed::hardened_served(), "echo")))
        }
        "server-with-files" => {
            Some(Box::new(odd::Server(Some(interloper_flawed::hardened_plain()))))
        }
        "server-without-files" => Some(Box::new(odd::Server(None))),
        "in-memory" => Some(Box::new(odd::InMemory::default())),
        "in-memory-for-once" => Some(Box::new(odd::InMemory::writing())),
        "ids-in-tmp" => Some(Box::new(odd::IdsInTmp)),
        "in-names" => Some(Box::new(odd::InNames::default())),
        "hardened-versioned" => Some(Box::new(interloper_flawed::versioned())),
        "refuses-cookies" => Some(Box::new(RefusesCookies(interloper_flawed::hardened_plain()))),
        other => match other.strip_prefix("hex-") {
            Some(name) => interloper_flawed::hex_ids(name).map(|store| Box::new(store) as _),
            None => interloper_flawed::make(other),
        },
    }
}

fn plan() -> Plan {
    // The common umasks show every flaw; all 512 for each would take minutes.
    let seed = seed().unwrap_or(1);
    Plan { seed, profile: Profile::Quick, umasks: COMMON_UMASKS.to_vec(), cases: None }
}

/// Returns the seed that `INTERLOPER_KILL_TABLE_SEED` names: what is caught must not depend on it.
fn seed() -> Option<u64> {
    let seed = std::env::var("INTERLOPER_KILL_TABLE_SEED").ok()?;
    Some(seed.parse().unwrap_or_else(|_| panic!("INTERLOPER_KILL_TABLE_SEED={seed} is no number")))
}

/// Runs the scenarios that are wanted, at the places that are counted, on an adapter; gives those that failed, with what they found.
fn failing(
    adapter: &str,
    wanted: impl Fn(&str, usize) -> bool,
) -> Result<(Tier, Vec<(String, String)>), Failed> {
    let spec = StoreSpec::adapter(adapter);
    let mut worker = Worker::start(&spec, None)?;
    let hello = worker.hello()?;
    worker.give_inputs(inputs())?;
    let mut failing = Vec::new();
    for (n, Setup { name: setup, .. }) in hello.setups.into_iter().enumerate() {
        for scenario in CATALOGUE.iter().filter(|scenario| wanted(scenario.id, n)) {
            let result = worker.run(scenario.id, &setup, &plan(), |_, _| {})?;
            let told = |found: &interloper_engine::record::Finding| {
                format!(
                    "{setup}: {} ({})",
                    found.sentence,
                    found.evidence.iter().map(describe::evidence).collect::<Vec<_>>().join("; ")
                )
            };
            match result.verdict {
                Verdict::Pass | Verdict::Unsupported => {}
                Verdict::Fail => {
                    let findings: Vec<String> = result.findings.iter().map(told).collect();
                    failing.push((scenario.id.to_owned(), findings.join("\n    ")));
                }
                // What this tier cannot show is not shown, and said by the tests that need it.
                Verdict::Skip if worker.tier() != Tier::Namespaces => {}
                Verdict::Skip if flaws().any(|flaw| flaw.name == adapter && flaw.refuses) => {}
                Verdict::Skip | Verdict::Error => {
                    let why = result.reason.unwrap_or_default();
                    return Err(
                        format!("{} at {setup}: {}: {why}", scenario.id, result.verdict).into()
                    );
                }
            }
        }
    }
    Ok((worker.tier(), failing))
}

/// Returns what the scenario that replays inputs gets: contents that no store here writes.
fn inputs() -> Vec<SavedInput> {
    let deep = "[".repeat(100_000);
    let contents = [&b"not a session"[..], b"\xff\xfe", b"{\"data\": ", deep.as_bytes()];
    let named =
        |(n, bytes): (usize, &[u8])| SavedInput { name: format!("{n}"), bytes: bytes.to_vec() };
    contents.into_iter().enumerate().map(named).collect()
}

fn passes_everything(adapter: &str) -> Result<(), Failed> {
    let (_, failing) = failing(adapter, |_, _| true)?;
    let told: Vec<String> = failing.iter().map(|(id, what)| format!("{id}:\n    {what}")).collect();
    if told.is_empty() { Ok(()) } else { Err(told.join("\n").into()) }
}

/// At one setup, and of the areas that step one scenario: the store is the same.
fn hex_ids_pass() -> Result<(), Failed> {
    let stepped = ["faults::crash", "concurrency::save_save", "exposure::no_window"];
    let wanted =
        |id: &str, setup| setup == 0 && (!STEPPED.contains(&area(id)) || stepped.contains(&id));
    let (_, failing) = failing("hex-hardened-plain", wanted)?;
    let told: Vec<String> = failing.iter().map(|(id, what)| format!("{id}:\n    {what}")).collect();
    if told.is_empty() { Ok(()) } else { Err(told.join("\n").into()) }
}

/// Flaws about ids and about sessions, in a store that takes only ids of 32 hexadecimal digits.
fn hex_ids_are_tested_in_full() -> Result<(), Failed> {
    for (flaw, id) in [
        ("delete-does-nothing", "deletion::absent_after_delete"),
        ("adopts-requested-id", "identifiers::requested_not_adopted"),
        ("rotation-keeps-old-id", "deletion::rotated_id_is_dead"),
        ("forgets-beyond-hundreds", "honesty::capacity"),
        ("in-place-write", "faults::crash"),
        ("lost-update", "concurrency::save_save"),
        ("listable-names", "permissions::names"),
    ] {
        let (_, failing) = failing(&format!("hex-{flaw}"), |scenario, _| scenario == id)?;
        if failing.is_empty() {
            return Err(format!("{flaw} is not caught by {id}").into());
        }
    }
    Ok(())
}

/// A store that takes no session with more than one cookie.
struct RefusesCookies(interloper_flawed::Hardened);

impl SessionStore for RefusesCookies {
    fn hello(&self) -> Hello {
        let inner = self.0.hello();
        let ops = vec![Operation::Save, Operation::Load, Operation::Delete];
        Hello { name: "refuses-cookies".into(), ops, ..inner }
    }
    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.0.open(at)
    }
    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        match session.cookies.len() {
            1 => self.0.save(id, session),
            _ => Err(Failure::invalid("a session has one cookie")),
        }
    }
    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        self.0.load(id)
    }
    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        self.0.delete(id)
    }
}

/// The plainest case has one cookie, and is kept; the others are refused.
fn refusals_are_no_pass() -> Result<(), Failed> {
    let mut worker = Worker::start(&StoreSpec::adapter("refuses-cookies"), None)?;
    let plan = Plan { cases: Some(12), ..plan() };
    let setup = Setup::dir().name;
    let result = worker.run("deletion::absent_after_delete", &setup, &plan, |_, _| {})?;
    let reason = result.reason.clone().unwrap_or_default();
    match (result.verdict, result.tested > 0) {
        (Verdict::Skip, true) if reason.contains("12 cases were refused") => Ok(()),
        _ => Err(format!("{}: {reason}, {} tested", result.verdict, result.tested).into()),
    }
}

/// The hardened store promises nothing about older versions; this one does.
fn versions_keep_their_promise() -> Result<(), Failed> {
    let mut worker = Worker::start(&StoreSpec::adapter("hardened-versioned"), None)?;
    for Setup { name: setup, .. } in worker.hello()?.setups {
        let result = worker.run("encryption::no_rollback", &setup, &plan(), |_, _| {})?;
        if result.verdict != Verdict::Pass {
            return Err(format!("{setup}: {}: {:?}", result.verdict, result.findings).into());
        }
    }
    Ok(())
}

/// Gives the verdict of a scenario on an adapter, with the reason.
fn verdict(adapter: &str, scenario: &str) -> Result<(Verdict, String), Failed> {
    let mut worker = Worker::start(&StoreSpec::adapter(adapter), None)?;
    let setup = worker.hello()?.setups.remove(0).name;
    let result = worker.run(scenario, &setup, &plan(), |_, _| {})?;
    Ok((result.verdict, result.reason.unwrap_or_default()))
}

/// What a medium is called says nothing of the files that are there.
fn server_with_files() -> Result<(), Failed> {
    let (with, why) = verdict("server-with-files", "corruption::empty")?;
    let (without, reason) = verdict("server-without-files", "corruption::empty")?;
    match (with, without) {
        (Verdict::Pass, Verdict::Unsupported) if reason.contains("a save made none") => Ok(()),
        other => Err(format!("{other:?}: {why}; {reason}").into()),
    }
}

/// A file without a byte was told a pass for each bit that was not flipped.
fn nothing_to_try() -> Result<(), Failed> {
    for scenario in ["corruption::bit_flips", "corruption::truncation"] {
        let (verdict, why) = verdict("in-names", scenario)?;
        if verdict != Verdict::Skip || !why.contains("to try") {
            return Err(format!("{scenario}: {verdict}: {why}").into());
        }
    }
    Ok(())
}

/// Its sessions end with its process, which is no finding; and that it writes none is seen at each step.
fn in_memory() -> Result<(), Failed> {
    passes_everything("in-memory")?;
    let (verdict, why) = verdict("in-memory", "exposure::elsewhere")?;
    match verdict {
        Verdict::Pass => Ok(()),
        _ => Err(format!("exposure::elsewhere: {verdict}: {why}").into()),
    }
}

fn in_memory_for_once() -> Result<(), Failed> {
    let (_, failing) = failing("in-memory-for-once", |id, _| id == "exposure::elsewhere")?;
    if failing.is_empty() { Err("exposure::elsewhere does not fail".into()) } else { Ok(()) }
}

/// The store's files are private, and their directory is everybody's.
fn ids_in_tmp() -> Result<(), Failed> {
    let (tier, failing) = failing("ids-in-tmp", |id, _| id == "permissions::names")?;
    if failing.is_empty() && tier == Tier::Namespaces {
        return Err("permissions::names does not fail".into());
    }
    Ok(())
}

/// A lesser tier skips scenarios, which nobody would notice among tests that pass.
fn the_host_shows_everything() -> Result<(), Failed> {
    let tier = Worker::start(&StoreSpec::adapter("hardened"), None)?.tier();
    let allowed = std::env::var("INTERLOPER_ALLOW").is_ok_and(|words| words.contains("skip"));
    if tier == Tier::Namespaces || allowed {
        return Ok(());
    }
    Err(format!(
        "tier {tier} skips scenarios (see `interloper doctor`); INTERLOPER_ALLOW=skip accepts that"
    )
    .into())
}

/// The areas that stop a store at every step, and take as long as all others together.
const STEPPED: [&str; 4] = ["exposure", "planting", "faults", "concurrency"];

/// Returns whether a scenario is tried on a flaw at its n-th setup: where it must notice, at each; and the others of the same area at the
/// first, unless they step. `INTERLOPER_KILL_TABLE=full` tries all at each.
fn is_tried(flaw: &FlawEntry, id: &str, setup: usize) -> bool {
    // With another seed the question is only whether each is caught.
    if seed().is_some() {
        return flaw.caught_by.contains(&id);
    }
    let of_its_areas = || flaw.caught_by.iter().any(|named| area(named) == area(id));
    flaw.caught_by.contains(&id)
        || (setup == 0 && !STEPPED.contains(&area(id)) && of_its_areas())
        || std::env::var("INTERLOPER_KILL_TABLE").is_ok_and(|word| word == "full")
}

fn area(id: &str) -> &str {
    id.split_once("::").map_or(id, |(area, _)| area)
}

fn is_caught(flaw: &FlawEntry) -> Result<(), Failed> {
    let (tier, failing) = failing(flaw.name, |id, setup| is_tried(flaw, id, setup))?;
    let caught_by: BTreeSet<&str> = failing.iter().map(|(id, _)| id.as_str()).collect();
    let possible = |id: &&&str| {
        let needs = CATALOGUE.iter().find(|scenario| scenario.id == **id).map(|s| s.needs);
        needs.is_some_and(|needs| tier_has(tier, needs))
    };
    let missed: Vec<_> =
        flaw.caught_by.iter().filter(possible).filter(|id| !caught_by.contains(**id)).collect();
    if !missed.is_empty() {
        return Err(format!("not caught by {missed:?}; caught by {caught_by:?}").into());
    }
    let by_accident: Vec<_> = failing
        .iter()
        .filter(|(id, _)| !flaw.caught_by.contains(&id.as_str()))
        .filter(|(id, _)| !flaw.may_fail.iter().any(|pattern| matches(pattern, id)))
        .filter(|(id, _)| !CONTAINS_OTHERS.contains(&id.as_str()))
        .map(|(id, what)| format!("{id}:\n    {what}"))
        .collect();
    if by_accident.is_empty() {
        return Ok(());
    }
    Err(format!("also caught, which the flaw does not say:\n{}", by_accident.join("\n")).into())
}

/// Whether an id is meant: by itself, or by its area, `faults::*`.
fn matches(pattern: &str, id: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == id, |area| id.starts_with(area))
}

fn tier_has(tier: Tier, needs: &[interloper_engine::Need]) -> bool {
    needs.iter().all(|need| match need {
        Need::Namespaces => tier == Tier::Namespaces,
        Need::Processes => tier != Tier::Predicted,
        _ => true,
    })
}

fn every_scenario_has_a_flaw() -> Result<(), Failed> {
    let unproven: Vec<&str> = CATALOGUE
        .iter()
        .map(|scenario| scenario.id)
        .filter(|id| *id != CONTAINS_OTHERS[0])
        .filter(|id| !flaws().any(|flaw| flaw.caught_by.contains(id)))
        .filter(|id| !planted::flaws().any(|flaw| flaw.caught_by.contains(id)))
        .collect();
    if unproven.is_empty() {
        return Ok(());
    }
    Err(format!("no flaw proves that these can fail: {unproven:?}").into())
}

fn names_exist() -> Result<(), Failed> {
    let named = flaws().map(|flaw| (flaw.name, flaw.caught_by, flaw.may_fail));
    let planted = planted::flaws().map(|flaw| (flaw.name, flaw.caught_by, flaw.may_fail));
    for (name, caught_by, may_fail) in named.chain(planted) {
        for id in caught_by.iter().chain(may_fail) {
            if !CATALOGUE.iter().any(|scenario| matches(id, scenario.id)) {
                return Err(format!("{name} names {id}, which is no scenario").into());
            }
        }
    }
    Ok(())
}

/// A store that refused to be put beside other people's files would pass what plants some.
fn works_in_every_scene() -> Result<(), Failed> {
    let mut worker = Worker::start(&StoreSpec::adapter("hardened"), None)?;
    let setup = Setup::dir().name;
    let result = worker.run("planting::directory", &setup, &plan(), |_, _| {})?;
    let planted = result.notes.iter().find(|note| note.starts_with("planted: "));
    let scenes = |planted: &String| {
        ["sticky", "open", "group", "foreign"].iter().all(|scene| planted.contains(scene))
    };
    if planted.is_some_and(scenes) || worker.tier() == Tier::Predicted {
        return Ok(());
    }
    Err(format!("{}: {:?}", result.verdict, result.notes).into())
}
