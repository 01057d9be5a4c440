//! Values and names with characters that formats give a meaning.
//!
//! Most stores keep them all, so many are put into one session. Only where that is refused or loads as something else is it divided, until
//! it is one that is to blame.

use interloper_driver::{Operation, Session};
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Shape, Snapshot,
    StoryGuards, Sweep, Violation, unit,
};

use super::fields::{FIELDS, Field, Unusual, unusual};
use crate::support::{LoadOutcome, answer, missing, try_load};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "honesty::values",
    sentence: "A value or a name with line breaks, tabs, quotes, NUL, separators or non-ASCII characters, an empty or a long one, or one that reads as a number, loads as it was saved, or its save is refused; it never becomes two entries.",
    fix: "escape what the format gives a meaning, or answer invalid to what it cannot hold",
    severity: Severity::Medium,
    cwe: &["CWE-93", "CWE-116", "CWE-140"],
    owasp: &["ASVS 5.0 1.2.1"],
    needs: &[Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of unusual texts in one session: a jar may have a limit.
const TOGETHER: usize = 16;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let plain = two_cookies(lab, &case.session);
    let start = lab.snapshot()?;
    let whole = lab.aside(|lab| {
        lab.save_session("alpha", plain.clone(), "save(\"alpha\", …)".into())?
            .map_err(|failure| Abort::Ineffective(format!("save was answered with {failure}")))?;
        lab.restart()?;
        // As it loads when nothing is unusual: what the store loses by itself is another scenario's subject.
        match lab.load("alpha")? {
            Loaded::Present(whole) => Ok(*whole),
            _ => Err(Abort::Ineffective("what was saved did not load".into())),
        }
    })?;
    let mut trial = Trial { start, plain, whole, kept: 0 };
    for field in &FIELDS {
        let all = unusual(field);
        for together in all.chunk_by(|one, other| field.may_share(one) && field.may_share(other)) {
            for some in together.chunks(if field.many { TOGETHER } else { together.len() }) {
                trial.divide(lab, field, some)?;
            }
        }
    }
    match trial.kept {
        0 => Err(Abort::Ineffective("every value was refused".into())),
        _ => Ok(()),
    }
}

/// Returns a session with two cookies, where the store keeps cookies: what breaks one may break the next.
fn two_cookies(lab: &Lab<'_>, shape: &Shape) -> Session {
    let mut shape = shape.clone();
    shape.cookies.extend(shape.cookies.first().copied());
    lab.session(0, &shape)
}

/// What is the same for every text.
struct Trial {
    /// Sandbox in which nothing was saved.
    start: Snapshot,
    /// Session with nothing unusual in it.
    plain: Session,
    /// The same as it loads.
    whole: Session,
    /// Number of texts that were kept.
    kept: usize,
}

/// What came of some unusual texts in one session.
enum Tried {
    /// The store has no such field.
    Nothing,
    Kept,
    Refused,
    Wrong(Violation),
}

impl Trial {
    /// Tries some together, and each half by itself where they are not all kept; whether one was to blame.
    fn divide(&mut self, lab: &mut Lab<'_>, field: &Field, some: &[Unusual]) -> CaseResult<bool> {
        let mut told = false;
        match self.try_some(lab, field, some)? {
            Tried::Nothing => {}
            Tried::Kept => {
                self.kept += some.len();
                some.iter().for_each(|_| lab.count_step("value kept"));
            }
            Tried::Refused if some.len() == 1 => lab.count_step("value refused"),
            Tried::Wrong(violation) if some.len() == 1 => {
                self.kept += 1;
                lab.count_step("value kept");
                lab.report(violation);
                told = true;
            }
            tried => {
                let (one, other) = some.split_at(some.len() / 2);
                told = self.divide(lab, field, one)? | self.divide(lab, field, other)?;
                if let (Tried::Wrong(violation), false) = (tried, told) {
                    // Each half is kept by itself, and the two together are not.
                    lab.report(violation);
                    told = true;
                }
            }
        }
        Ok(told)
    }

    /// Saves a session with some unusual texts, and loads it in another process.
    fn try_some(&self, lab: &mut Lab<'_>, field: &Field, some: &[Unusual]) -> CaseResult<Tried> {
        let (mut session, mut whole) = (self.plain.clone(), self.whole.clone());
        if !(field.put)(&mut session, some) || !(field.put)(&mut whole, some) {
            return Ok(Tried::Nothing);
        }
        lab.restore(&self.start)?;
        let with = described(some);
        let call = format!("save(\"alpha\", {{{} with {with}}})", field.name);
        let (loaded, story) = lab.excerpt(|lab| {
            let saved = match lab.save_session("alpha", session, call) {
                Ok(saved) => saved.is_ok(),
                // It did not say that it was done.
                Err(Abort::Driver(_)) => false,
                Err(stop) => return Err(stop),
            };
            lab.restart()?;
            saved.then(|| try_load(lab, "alpha")).transpose()
        })?;
        Ok(match loaded.map(|loaded| judge(&whole, field, some, loaded)) {
            Some(Some(violation)) => Tried::Wrong(violation.story(story)),
            Some(None) => Tried::Kept,
            None => Tried::Refused,
        })
    }
}

fn described(some: &[Unusual]) -> String {
    match some {
        [one] => one.what(),
        [one, ..] => format!("{} and {} others", one.what(), some.len() - 1),
        [] => String::new(),
    }
}

/// Returns a violation if the loaded session differs.
fn judge(
    whole: &Session,
    field: &Field,
    some: &[Unusual],
    loaded: LoadOutcome,
) -> Option<Violation> {
    let name = field.name;
    let after = || format!("after {name} with {} was saved with ok", described(some));
    let told = |cause: &str, sentence: &str, fact: Evidence| {
        Violation::new(format!("{cause}-{name}"), format!("{sentence} {name}"))
            .severity(field.severity)
            .evidence(fact.after(after()))
    };
    let altered =
        |what: &str| Evidence::Altered { after: String::new(), by: None, what: what.into() };
    let unloadable = "what was saved does not load, because of an unusual";
    let session = match loaded {
        Ok(Loaded::Present(session)) => session,
        Ok(other) => {
            return Some(told("unloadable", unloadable, answer("", "alpha", &other)));
        }
        Err(seen) => {
            return Some(told("unloadable", unloadable, seen.evidence("load")));
        }
    };
    let count =
        |session: &Session| [session.data.len(), session.cookies.len(), session.headers.len()];
    if count(whole).iter().zip(count(&session)).any(|(was, is)| is > *was) {
        let what = altered("it has an entry that nobody saved");
        let split = told("split", "two entries were made of one unusual", what);
        return Some(split.severity(Severity::High));
    }
    let lost = missing(whole, &session).into_iter().next()?;
    let lost: String = lost.what.escape_debug().take(200).collect();
    Some(told("altered", "a part was changed without a word: an unusual", altered(&lost)))
}
