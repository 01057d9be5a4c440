//! Nobody else gets a session by asking the server that the store has opened.

use interloper_driver::Operation;
use interloper_engine::record::{AttemptKind, Evidence, Severity};
use interloper_engine::{
    Abort, Ask, Asked, Case, CaseResult, Check, Door, Lab, Need, Principal, Scenario, Sweep,
    Violation, unit,
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
    lab.expect_variations("questions to ask at an open door");
    let mut useless = None;
    for (door, programs) in &doors {
        let connected = lab.ask_door(lab.runs(), door, &Ask::Bytes(Vec::new()))?;
        if let Err(why) = connected.got {
            let at = lab.display_door(door);
            lab.count_untried(&format!("{at} is closed to the store's own user as well: {why}"));
            continue;
        }
        for ask in programs {
            useless = useless.or(put(lab, door, ask)?);
        }
        for question in QUESTIONS {
            put(lab, door, &Ask::Bytes(question.into()))?;
        }
    }
    // That nobody got anything by the other questions says nothing of a server that has a language of its own.
    match useless {
        Some(why) if lab.violation_count() == 0 => Err(Abort::Ineffective(why)),
        _ => Ok(()),
    }
}

/// Puts a question as the store's own user first, and then as everybody else.
///
/// The answer of the first is the control: a question that gives the store's own user no secret gives nobody one, whoever may ask. Somebody who is
/// refused a connection needs none. Gives the reason if a program is no question.
fn put(lab: &mut Lab<'_>, door: &Door, ask: &Ask) -> CaseResult<Option<String>> {
    let allowed = lab.ask_door(lab.runs(), door, ask)?;
    let why = allowed.secrets.is_empty().then(|| useless(lab, door, ask, &allowed));
    for who in lab.others() {
        let asked = lab.ask_door(*who, door, ask)?;
        if let Some(secret) = asked.secrets.first() {
            lab.count_attempt(AttemptKind::Variation, &format!("{who} was answered"));
            report(lab, *who, door, ask, &secret.clause());
            continue;
        }
        match (asked.got, ask, &why) {
            (Err(_), Ask::Bytes(_), _) | (Ok(_), _, None) => {
                lab.count_attempt(AttemptKind::Variation, &format!("{who} was refused"));
            }
            (Err(error), Ask::Program(program), _) => {
                lab.count_untried(&format!("{who} cannot run {}: {error}", program.join(" ")));
            }
            (Ok(_), _, Some(why)) => lab.count_untried(why),
        }
    }
    Ok(why.filter(|_| matches!(ask, Ask::Program(_))))
}

/// Says why a question cannot show anything.
fn useless(lab: &Lab<'_>, door: &Door, ask: &Ask, allowed: &Asked) -> String {
    let (at, who) = (lab.display_door(door), lab.runs());
    let Ask::Program(program) = ask else {
        return format!("no common question gives {who} a secret at {at}");
    };
    let what = match &allowed.got {
        Err(error) => format!(" ({error})"),
        Ok(_) if allowed.words.is_empty() => " (it printed nothing)".to_owned(),
        Ok(_) => format!(" (it printed {:?})", allowed.words),
    };
    let name = program.first().map_or("", String::as_str);
    format!("{name}, which hello names for {at}, gives {who} no secret{what}")
}

fn report(lab: &mut Lab<'_>, who: Principal, door: &Door, ask: &Ask, secret: &str) {
    let with = match ask {
        Ask::Bytes(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        Ask::Program(program) => program.join(" "),
    };
    let fact = Evidence::Asked {
        after: String::new(),
        principal: who.to_string(),
        door: lab.display_door(door),
        with,
        secret: secret.to_owned(),
    };
    let cause = match door {
        Door::Port(_) => "asked-port",
        Door::Socket(_) | Door::Abstract(_) => "asked-socket",
    };
    let sentence = "{who} got the session by asking the server that the store has opened";
    lab.report(Violation::new(cause, sentence).by([who]).evidence(fact));
}
