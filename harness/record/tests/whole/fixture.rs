//! A record with everything in it that a report has to show.

use std::collections::BTreeMap;

use interloper_driver::Umask;
use interloper_record::{
    Access, AnswerEvent, Event, Finding, HostInfo, Matrix, OperationEvent, ProbeEvent,
    RECORD_FORMAT, Run, RunConfig, ScenarioInfo, ScenarioResult, Severity, Stale, StepEvent,
    StoreInfo, Verdict, Window,
};

/// A run of nothing.
pub(crate) fn empty() -> Run {
    Run {
        format: RECORD_FORMAT,
        interloper: "0.1.0".into(),
        started: 1_776_160_800,
        millis: 184_250,
        host: HostInfo {
            tier: "namespaces".into(),
            kernel: "6.1.0-18-amd64".into(),
            settings: BTreeMap::from([
                ("fs.protected_hardlinks".into(), "1".into()),
                ("fs.protected_symlinks".into(), "1".into()),
            ]),
        },
        asked: RunConfig { seed: 42, profile: "full".into(), ..RunConfig::default() },
        stores: vec![],
        scenarios: vec![],
        results: vec![],
        root_causes: vec![],
        mends: vec![],
        stale: vec![],
        troubles: vec![],
        interrupted: None,
    }
}

pub(crate) fn store(name: &str, version: &str, setups: &[&str]) -> StoreInfo {
    StoreInfo {
        name: name.into(),
        version: version.into(),
        runtime: "python 3.11.2 /usr/bin/python3".into(),
        source: None,
        setups: setups.iter().map(|setup| (*setup).into()).collect(),
        untested: vec![],
        promises: vec![],
    }
}

pub(crate) fn result(store: &str, setup: &str, scenario: &str, verdict: Verdict) -> ScenarioResult {
    ScenarioResult {
        scenario: scenario.into(),
        store: store.into(),
        setup: setup.into(),
        verdict,
        reason: None,
        predicted: false,
        tested: if matches!(verdict, Verdict::Pass | Verdict::Fail) { 16 } else { 0 },
        refused: 0,
        millis: 1250,
        coverage: Default::default(),
        readings: Vec::new(),
        findings: vec![],
        notes: vec![],
    }
}

pub(crate) fn because(mut result: ScenarioResult, reason: &str) -> ScenarioResult {
    result.reason = Some(reason.into());
    result
}

pub(crate) fn with(mut result: ScenarioResult, findings: Vec<Finding>) -> ScenarioResult {
    result.findings = findings;
    result
}

pub(crate) fn finding(cause: &str, severity: Severity) -> Finding {
    Finding {
        cause: cause.into(),
        sentence: format!("somebody got something: {cause}"),
        severity,
        condition: None,
        matrix: Matrix::default(),
        smallest: r#"save("alpha", {cookies: 1})"#.into(),
        story: vec![],
        evidence: vec![],
        fix: "do not let them".into(),
        fingerprint: "00000000deadbeef".into(),
        replay: "il1:AAAA".into(),
        known: None,
        documented: None,
    }
}

fn scenario(id: &str, severity: Severity, cwe: &[&str], owasp: &[&str]) -> ScenarioInfo {
    let (_, subject) = id.split_once("::").expect("area::subject");
    ScenarioInfo {
        id: id.into(),
        sentence: format!("The property {} holds.", subject.replace('_', " ")),
        fix: "Create the file with mode 0600, whatever the umask says.".into(),
        severity,
        cwe: cwe.iter().map(|cwe| (*cwe).into()).collect(),
        owasp: owasp.iter().map(|owasp| (*owasp).into()).collect(),
        needs: vec![],
    }
}

/// Returns what principals could do, each as `stranger r`; with a secret or without.
fn access(others: &[&str], secret: bool) -> Vec<Access> {
    others
        .iter()
        .filter_map(|other| other.split_once(' '))
        .map(|(who, could)| Access { principal: who.into(), access: could.into(), secret })
        .collect()
}

fn step(
    number: u32,
    call: &str,
    mode: Option<&str>,
    others: &[&str],
    window: Option<Window>,
) -> Event {
    Event::Step(StepEvent {
        client: None,
        number,
        call: call.into(),
        mode: mode.map(Into::into),
        others: access(others, window == Some(Window::Opened)),
        window,
    })
}

fn saved(call: &str) -> Event {
    Event::Operation(OperationEvent {
        client: None,
        operation: "save".into(),
        call: call.into(),
        answer: AnswerEvent::Ok,
    })
}

fn did(what: &str, outcome: &str) -> Event {
    Event::Harness { did: what.into(), outcome: outcome.into() }
}

fn umasks(keep: impl Fn(u16) -> bool) -> Vec<Umask> {
    Umask::all().filter(|umask| keep(umask.bits())).collect()
}

/// These umasks.
pub(crate) fn these<const N: usize>(bits: [u16; N]) -> Vec<Umask> {
    bits.map(Umask::of).into()
}

/// The example of the design: a window while saving, under few umasks.
fn window() -> Finding {
    Finding {
        sentence: "stranger read the session while it was being saved, and afterwards".into(),
        condition: None,
        matrix: Matrix {
            tested: these([0o002, 0o022, 0o077]),
            reached: BTreeMap::from([
                ("groupmate".into(), these([0o002, 0o022])),
                ("stranger".into(), these([0o002, 0o022])),
            ]),
            failed: these([0o002, 0o022]),
        },
        story: vec![
            step(
                1,
                r#"openat("alpha.json", O_CREAT|O_TRUNC, 0666)"#,
                Some("-rw-r--r--"),
                &["groupmate r", "stranger r"],
                None,
            ),
            step(2, "write(412 bytes)", None, &["groupmate r", "stranger r"], Some(Window::Opened)),
            did("…       never closed; nothing but the file's mode protects it (home 0755)", ""),
        ],
        fix:
            "create the file with mode 0600 and O_EXCL, write it under a temporary name, rename it"
                .into(),
        fingerprint: "7f3a90c1d2e4b586".into(),
        replay: "exposure:httpie:7f3a90c1d2e4b586:il1:eNpjYBgFo2AUjIJRMApGwSgYBaNgFIyC\
                 UTAKRsEoGAWjYBSMglEwCkbBKBgFo2AUAAAQAAAB"
            .into(),
        ..finding("window-read", Severity::High)
    }
}

/// All 512 umasks, and a rule for each principal.
fn everyone_reads() -> Finding {
    Finding {
        sentence: "groupmate and stranger read the session, which the umask alone protects".into(),
        condition: None,
        matrix: Matrix {
            tested: umasks(|_| true),
            reached: BTreeMap::from([
                ("groupmate".into(), umasks(|umask| umask & 0o040 == 0)),
                ("stranger".into(), umasks(|umask| umask & 0o004 == 0)),
            ]),
            failed: umasks(|umask| umask & 0o044 != 0o044),
        },
        story: vec![
            saved(r#"save("alpha")"#),
            Event::Probe(ProbeEvent {
                path: "~/.config/httpie/sessions/localhost_8080/alpha.json".into(),
                mode: "-rw-r--r--".into(),
                others: access(&["groupmate r", "stranger r"], true),
            }),
        ],
        evidence: vec![
            "stranger: open(\"/home/owner/.config/httpie/sessions/localhost_8080/alpha.json\", \
             O_RDONLY) = 5"
                .into(),
            "stranger: read 3 of 3 blocks of the canary at offset 118".into(),
            "path: / 0755, /home 0755, /home/owner 0755, .config 0755".into(),
        ],
        fingerprint: "1c9d5b7720aa43f1".into(),
        replay: "il1:eNpjYBgFo2AU".into(),
        ..finding("read-secret", Severity::High)
    }
}

/// No umask is to blame, and a name that a terminal would obey.
fn followed() -> Finding {
    Finding {
        sentence: "the store wrote the session through a symbolic link that groupmate planted, \
                   over a file of the owner"
            .into(),
        story: vec![
            did(
                "groupmate plants a link",
                "/tmp/httpie-\u{1b}[31m1000 -> /home/owner/.ssh/authorized_keys",
            ),
            saved(r#"save("alpha")"#),
        ],
        fingerprint: "aa00aa00aa00aa00".into(),
        replay: "il1:eNpLTEpOAQAIGwJI".into(),
        ..finding("follows-symlink", Severity::Medium)
    }
}

/// A record with a finding of each kind and a result of each verdict.
pub(crate) fn rich() -> Run {
    let mut run = empty();
    run.asked.left_out = vec![
        "lifecycle: no application was named".into(),
        "the nightly profile's longer histories".into(),
    ];
    let mut httpie = store("httpie", "3.2.4", &["default", "file"]);
    httpie.source = Some("scenarios/subjects/httpie/driver.py".into());
    run.stores =
        vec![httpie, store("hardened", "0.1.0", &["file"]), store("jar", "2.0.1", &["default"])];
    run.scenarios = vec![
        scenario(
            "exposure::no_window",
            Severity::High,
            &["CWE-276", "CWE-362"],
            &["ASVS 14.2.4", "WSTG-SESS-02"],
        ),
        scenario("permissions::nobody_reaches", Severity::High, &["CWE-732"], &["ASVS 14.2.4"]),
        scenario("permissions::mode_owner_only", Severity::Low, &["CWE-276"], &[]),
        scenario("permissions::service_lax_umask", Severity::High, &["CWE-276"], &[]),
        scenario("planting::symlink", Severity::High, &["CWE-59"], &["ASVS 5.3.2"]),
        scenario("deletion::canaries_gone", Severity::Medium, &["CWE-459"], &[]),
        scenario("deletion::purge_expired", Severity::Medium, &["CWE-613"], &[]),
        scenario("honesty::parts_load_again", Severity::Info, &[], &[]),
        scenario("concurrency::lost_update", Severity::Medium, &["CWE-362"], &[]),
    ];
    let known = Finding {
        known: Some("sessions share one file; reported upstream, accepted until 4.0".into()),
        ..finding("lost-update", Severity::Medium)
    };
    let skip = "the tier `uids` cannot play a service run as root: use `namespaces`";
    let no_purge = "the store has no operation `purge`";
    let mut refusing = result("httpie", "default", "permissions::mode_owner_only", Verdict::Pass);
    (refusing.tested, refusing.refused) = (448, 64);
    let mut predicted = result("jar", "default", "permissions::nobody_reaches", Verdict::Pass);
    predicted.predicted = true;
    let mut gone = with(
        result("httpie", "file", "deletion::canaries_gone", Verdict::Fail),
        vec![finding("residue-owner-only", Severity::Low)],
    );
    gone.notes = vec!["2 files were left that hold no secret: alpha.lock, .alpha.tmp".into()];
    let (pass, fail) = (Verdict::Pass, Verdict::Fail);
    run.results = vec![
        with(result("httpie", "file", "exposure::no_window", fail), vec![window()]),
        with(
            result("httpie", "default", "permissions::nobody_reaches", fail),
            vec![everyone_reads()],
        ),
        with(result("httpie", "default", "planting::symlink", fail), vec![followed()]),
        with(result("httpie", "default", "concurrency::lost_update", fail), vec![known]),
        gone,
        with(
            result("httpie", "default", "honesty::parts_load_again", fail),
            vec![finding("expiry-rounded", Severity::Info)],
        ),
        refusing,
        result("hardened", "file", "exposure::no_window", pass),
        result("hardened", "file", "permissions::nobody_reaches", pass),
        result("hardened", "file", "permissions::mode_owner_only", pass),
        result("hardened", "file", "planting::symlink", pass),
        result("hardened", "file", "deletion::canaries_gone", pass),
        result("hardened", "file", "concurrency::lost_update", pass),
        predicted,
        because(result("httpie", "default", "permissions::service_lax_umask", Verdict::Skip), skip),
        because(result("httpie", "file", "permissions::service_lax_umask", Verdict::Skip), skip),
        because(result("hardened", "file", "permissions::service_lax_umask", Verdict::Skip), skip),
        because(
            result("httpie", "default", "deletion::purge_expired", Verdict::Unsupported),
            no_purge,
        ),
        because(
            result("jar", "default", "deletion::purge_expired", Verdict::Unsupported),
            no_purge,
        ),
        because(
            result("jar", "default", "deletion::canaries_gone", Verdict::Error),
            "the driver did not answer `hello` within 10 s; its stderr ends: ImportError: No module named jar",
        ),
    ];
    run.stale = vec![Stale {
        file: "scenarios/known/httpie.toml:12".into(),
        pattern: "httpie permissions::mode_owner_only lax-mode".into(),
        why: "it passed at default, file: remove the entry".into(),
    }];
    run
}
