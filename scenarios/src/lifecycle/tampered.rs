//! A cookie that was changed is nobody's.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use interloper_engine::record::Severity;
use interloper_engine::{
    Actor, Case, CaseResult, Check, Lab, Need, Principal, Scenario, StoredCookie, StoryGuards,
    Sweep, Violation, unit,
};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::support::hexadecimal;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::tampered",
    sentence: "Cookies in which the attacker's name, or a digest of it, was replaced by the victim's are not logged in as the victim.",
    fix: "keep who is logged in on the server, or sign the cookie and check the signature before reading it",
    severity: Severity::High,
    cwe: &["CWE-565", "CWE-345"],
    owasp: &["ASVS 5.0 7.2.1", "WSTG-SESS-02"],
    needs: &[Need::Application],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    // The victim is logged in elsewhere: an account that nobody uses may be another matter.
    app.log_in(Actor::Victim)?;
    app.log_in(Actor::Attacker)?;
    let (own, name) = (app.browser(Actor::Attacker), app.name(Actor::Attacker));
    let victim = app.name(Actor::Victim);
    for (n, cookie) in own.cookies().iter().enumerate() {
        for (how, value) in forged(&cookie.value, name.as_bytes(), victim.as_bytes()) {
            let mut jar = own.clone();
            jar.plant(StoredCookie { value, ..own.cookies()[n].clone() });
            let seen = app.keep_if(
                |app| app.who_with(Actor::Attacker, &jar),
                |seen| seen.has(Actor::Victim),
            )?;
            app.lab().count_step(how);
            if !seen.has(Actor::Victim) {
                continue;
            }
            let sentence =
                "a cookie in which the attacker wrote the victim's name is logged in as the victim";
            let after = format!("with the victim's name in place of the attacker's, {how}");
            let fact = seen.evidence(Actor::Victim, &after);
            app.lab().report(Violation::new("name-from-cookie", sentence).evidence(fact));
        }
    }
    Ok(())
}

/// Returns a value with one name replaced by another: as it stands, as a digest of it, and in what the value encodes.
fn forged(value: &[u8], name: &[u8], other: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut found = Vec::new();
    found.extend(replaced(value, name, other).map(|value| ("as it stands", value)));
    let [name_digests, other_digests] = [name, other].map(digests);
    for ((how, digest), (_, other)) in name_digests.iter().zip(&other_digests) {
        let changed = replaced(value, digest.as_bytes(), other.as_bytes());
        found.extend(changed.map(|value| (*how, value)));
    }
    for (how, engine) in [("in base64", &STANDARD_NO_PAD), ("in base64 for URLs", &URL_SAFE_NO_PAD)]
    {
        // A signed value is several parts.
        let parts: Vec<&[u8]> =
            value.split(|byte| matches!(byte, b'.' | b'-' | b'|' | b'!')).collect();
        for part in parts {
            let padding = part.iter().rev().take_while(|byte| **byte == b'=').count();
            let Ok(decoded) = engine.decode(&part[..part.len() - padding]) else { continue };
            let Some(changed) = replaced(&decoded, name, other) else { continue };
            let encoded = engine.encode(changed);
            found.extend(replaced(value, part, encoded.as_bytes()).map(|value| (how, value)));
        }
    }
    found
}

/// Returns the digests of a name that cookies have.
fn digests(name: &[u8]) -> [(&'static str, String); 3] {
    [
        ("as their MD5", hexadecimal(&Md5::digest(name))),
        ("as their SHA-1", hexadecimal(&Sha1::digest(name))),
        ("as their SHA-256", hexadecimal(&Sha256::digest(name))),
    ]
}

/// Returns bytes with the first occurrence of a part replaced; `None` if it is not there.
fn replaced(bytes: &[u8], part: &[u8], by: &[u8]) -> Option<Vec<u8>> {
    let at = bytes.windows(part.len().max(1)).position(|window| window == part)?;
    Some([&bytes[..at], by, &bytes[at + part.len()..]].concat())
}
