//! Trying a driver itself: what it gets wrong of the protocol, a sentence each.

use interloper_driver::{Can, ErrorKind, Op, Operation, Place};
use serde::{Deserialize, Serialize};

use crate::bench::Bench;
use crate::driver::Leave;
use crate::error::{Error, Result};
use crate::lab::{Flow, Lab, Loaded, Setting, Stop};
use crate::plan::{Plan, Profile};
use crate::principal::Principal;
use crate::shape::Shape;

/// Something a driver gets wrong, or does right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// What was tried.
    pub tried: String,
    /// What is wrong with the answer and what the protocol asks for; nothing where it was right.
    pub wrong: Option<String>,
}

/// Tries everything a driver says it can, at each place.
pub(crate) fn examine(bench: &mut Bench) -> Result<Vec<Breach>> {
    let hello = bench.hello(Principal::Owner)?.clone();
    let mut examination = Examination { breaches: Vec::new() };
    examination.said("hello names the store", !hello.name.is_empty(), "name is empty");
    examination.said("hello names a version", !hello.version.is_empty(), "version is empty");
    examination.said(
        "hello names the runtime",
        !hello.runtime.is_empty(),
        "runtime is empty; say the language, its version and the interpreter's path",
    );
    examination.said(
        "hello names what is kept",
        !hello.keeps.is_empty(),
        "keeps is empty: no scenario could tell a secret from none",
    );
    examination.said(
        "hello names a place",
        !hello.places.is_empty(),
        "places is empty: nothing can be opened",
    );
    for op in [Operation::Save, Operation::Load] {
        examination.said(
            &format!("hello names {op}"),
            hello.can_do(op),
            &format!("{op} is not in ops; almost every scenario needs it"),
        );
    }
    for place in hello.places.clone() {
        if let Err(stop) = examination.at(bench, place) {
            match stop {
                Stop::Broke(error) => return Err(error),
                Stop::Driver(seen) => {
                    examination.wrong(&format!("place {place}"), seen.clause());
                }
                Stop::Refused(why)
                | Stop::Unsupported(why)
                | Stop::Skip(why)
                | Stop::Trouble(why)
                | Stop::OutOfBudget(why) => {
                    examination.wrong(&format!("place {place}"), &why);
                }
            }
        }
    }
    Ok(examination.breaches)
}

struct Examination {
    breaches: Vec<Breach>,
}

impl Examination {
    fn said(&mut self, tried: &str, right: bool, wrong: &str) {
        let wrong = (!right).then(|| wrong.to_owned());
        self.breaches.push(Breach { tried: tried.into(), wrong });
    }

    fn wrong(&mut self, tried: &str, wrong: &str) {
        self.said(tried, false, wrong);
    }

    /// One case at one place: save, load, what was not saved, delete, an operation it did not name, a second process.
    fn at(&mut self, bench: &mut Bench, place: Place) -> Flow<()> {
        let plan = Plan { seed: 0, profile: Profile::Quick, umasks: Vec::new(), cases: None };
        let run_as = Principal::Owner;
        let setting = Setting { umask: 0o027, home: 0o755, place, run_as };
        let mut lab = Lab::new(bench, setting, &plan, 1)?;
        let ran = self.exercise(&mut lab, place);
        lab.finish(Leave::Close)?;
        ran
    }

    fn exercise(&mut self, lab: &mut Lab<'_>, place: Place) -> Flow<()> {
        let shape = Shape::plain();
        match lab.open("alpha") {
            Err(Stop::Broke(Error::Untrustworthy(why))) => {
                self.wrong(&format!("{place}: open sets the umask it is told"), &why);
                return Ok(());
            }
            Err(stop) => return Err(stop),
            Ok(Err(failure)) => {
                self.wrong(&format!("{place}: open"), &format!("it answered {failure}"));
                return Ok(());
            }
            Ok(Ok(())) => {
                self.said(&format!("{place}: open, with the umask it was told"), true, "")
            }
        }
        let absent = lab.load("alpha")?;
        self.said(
            &format!("{place}: load of what was never saved"),
            absent == Loaded::Absent,
            &format!("it answered {}; answer {{\"absent\":true}}", absent.word()),
        );
        if !lab.hello().can_do(Operation::Save) {
            return Ok(());
        }
        if let Err(failure) = lab.save("alpha", 0, &shape)? {
            self.wrong(&format!("{place}: save"), &format!("it answered {failure}"));
            return Ok(());
        }
        self.said(&format!("{place}: save"), true, "");
        let made = lab.made()?;
        self.said(
            &format!("{place}: save leaves something in the sandbox"),
            !made.is_empty() || lab.hello().medium == interloper_driver::Medium::Memory,
            "nothing was written below the home or the named path; is the driver using the store it is told to?",
        );
        let loaded = lab.load("alpha")?;
        self.said(
            &format!("{place}: load of what was saved"),
            matches!(loaded, Loaded::Present(_)),
            &format!("it answered {}", loaded.word()),
        );
        lab.restart()?;
        let again = lab.load("alpha")?;
        self.said(
            &format!("{place}: load by another process"),
            matches!(again, Loaded::Present(_)),
            &format!(
                "it answered {}; what is saved must be kept outside the process",
                again.word()
            ),
        );
        if lab.hello().can_do(Operation::Delete) {
            let deleted = lab.delete("alpha")?;
            let why = deleted.as_ref().err().map(ToString::to_string).unwrap_or_default();
            self.said(&format!("{place}: delete"), deleted.is_ok(), &format!("it answered {why}"));
        }
        if !lab.hello().can_do(Operation::Purge) {
            let answer = lab.ask("alpha", Op::Purge, "purge()".into())?;
            let kind = answer.as_ref().err().map(|failure| failure.kind);
            self.said(
                &format!("{place}: an operation it did not name"),
                kind == Some(ErrorKind::Unsupported),
                "purge is not in ops, and was not answered with kind unsupported",
            );
        }
        if lab.hello().driver_can(Can::ReadOnly) {
            lab.reopen_read_only()?;
            let opened = lab.open("alpha")?;
            let why = opened.as_ref().err().map(ToString::to_string).unwrap_or_default();
            self.said(
                &format!("{place}: open read-only"),
                opened.is_ok(),
                &format!("it answered {why}"),
            );
        }
        Ok(())
    }
}
