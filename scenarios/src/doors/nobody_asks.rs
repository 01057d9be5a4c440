//! Nobody else gets a session by asking the server that the store has opened.

use interloper_driver::Operation;
use interloper_engine::record::{AttemptKind, Severity};
use interloper_engine::{
    Abort, Ask, Case, CaseResult, Check, Door, Lab, Need, Principal, Scenario, Sweep, Violation,
    unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "doors::nobody_asks",
    sentence: "Nobody else gets a secret by asking at a socket or a port that the store has opened.",
    fix: "put the socket into a directory of mode 0700, or give it mode 0600 before anyone can connect, and look at the peer's credentials (SO_PEERCRED); let a port ask for a password",
    severity: Severity::High,
    cwe: &["CWE-306", "CWE-276", "CWE-732"],
    owasp: &["ASVS 5.0 13.2.1"],
    needs: &[Need::Processes, Need::Op(Operation::Save)],
    sweep: Sweep::Common,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Questions of servers in common use: a server that talks first, Redis, memcached, HTTP, and one that takes lines of JSON.
const QUESTIONS: [&str; 9] = [
    "",
    "\r\n",
    "KEYS *\r\n",
    "GET alpha\r\n",
    "HGETALL alpha\r\n",
    "get alpha\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "GET /alpha HTTP/1.0\r\n\r\n",
    "{\"op\":\"load\",\"id\":\"alpha\"}\n",
];

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    let doors = lab.doors()?;
    if doors.is_empty() {
        return Err(Abort::Unsupported("the store opens no socket and no port".into()));
    }
    lab.expect_variations("questions at a door that is open");
    for (door, programs) in &doors {
        let questions = QUESTIONS.map(|question| Ask::Bytes(question.into()));
        for ask in programs.iter().chain(&questions) {
            for who in lab.others() {
                let asked = lab.ask_door(*who, door, ask)?;
                let answered = if asked.got.is_ok() { "was answered" } else { "was refused" };
                lab.count_attempt(AttemptKind::Variation, &format!("{who} {answered}"));
                if let Some(secret) = asked.secrets.first() {
                    report(lab, *who, door, ask, &secret.clause());
                }
            }
        }
    }
    Ok(())
}

fn report(lab: &mut Lab<'_>, who: Principal, door: &Door, ask: &Ask, secret: &str) {
    let with = match ask {
        Ask::Bytes(bytes) => format!("with {:?}", String::from_utf8_lossy(bytes)),
        Ask::Program(program) => format!("with {}", program.join(" ")),
    };
    let at = lab.display_door(door);
    let fact = format!("{who} asked at {at} {with}: {secret} in the answer");
    let cause = match door {
        Door::Port(_) => "asked-port",
        Door::Socket(_) | Door::Abstract(_) => "asked-socket",
    };
    let sentence = "{who} got the session by asking the server that the store has opened";
    lab.report(Violation::new(cause, sentence).by([who]).evidence(fact));
}
