//! The operations of a driver at one place: on ids that are there, and on ids that are not.

use interloper_driver::{
    Can, Done, ErrorKind, Failure, Medium, Op, Operation, SetupName, TypedOp, op,
};

use super::Examiner;
use crate::driver::{Leave, Observation};
use crate::error::Error;
use crate::lab::{Abort, CaseResult, IdReply, Lab, Loaded};
use crate::shape::Shape;

/// The session that is saved.
const ID: &str = "alpha";
/// An id that nothing was ever saved under.
const ABSENT: &str = "omega";
/// Name of the part that an update sets, and whose secrets it holds.
const PART: &str = "part";
const PART_SLOT: u16 = 3;
/// An id that a client asks for.
const WANTED: &str = "gamma";

impl Examiner {
    /// Tries every operation that hello names.
    pub(super) fn exercise(&mut self, lab: &mut Lab<'_>, setup: &SetupName) -> CaseResult<()> {
        if !self.opens(lab, setup)? {
            return Ok(());
        }
        self.absent_ids(lab, setup)?;
        let Some(id) = self.first_session(lab, setup)? else { return Ok(()) };
        self.keeps(lab, setup, &id)?;
        self.lists(lab, setup, Some(&id))?;
        self.plain(lab, setup, &id, Operation::Advance, op::Advance { seconds: 1 })?;
        self.plain(lab, setup, &id, Operation::Purge, op::Purge {})?;
        self.updates(lab, setup, &id)?;
        self.creates(lab, setup)?;
        let id = self.rotates(lab, setup, id)?;
        self.deletes(lab, setup, &id)?;
        self.unnamed(lab, setup)?;
        self.closes(lab, setup)?;
        self.opens_read_only(lab, setup)
    }

    /// Judges an answer to an operation on what is there: an error that the store cannot have meant is the driver's fault.
    fn answered<T>(&mut self, tried: &str, reply: &Result<T, Failure>) -> bool {
        match reply {
            Ok(_) => self.right(tried),
            // The store does not take the id, or has lost the session: that is for the catalogue to judge.
            Err(failure) if matches!(failure.kind, ErrorKind::Invalid | ErrorKind::Absent) => {
                self.doubt(tried, &format!("it answered {failure}"));
            }
            Err(failure) => self.breach(tried, &format!("it answered {failure}")),
        }
        reply.is_ok()
    }

    /// Judges an answer to an operation on what is not there: whatever it says, an exception that nobody caught is the driver's fault.
    fn answered_absent(&mut self, tried: &str, failure: &Failure) {
        let wrong = format!("it answered {failure}; the kind for that is absent");
        match failure.kind {
            ErrorKind::Absent => self.right(tried),
            ErrorKind::Other | ErrorKind::Unsupported => self.breach(tried, &wrong),
            _ => self.doubt(tried, &wrong),
        }
    }

    pub(super) fn opens(&mut self, lab: &mut Lab<'_>, setup: &SetupName) -> CaseResult<bool> {
        let tried = format!("{setup}: open, with the umask it was told");
        match lab.open(ID) {
            Err(Abort::Harness(Error::Untrustworthy(why))) => {
                self.breach(&tried, &why);
                Ok(false)
            }
            // That is the harness's own need, whatever the store does.
            Err(Abort::Driver(seen)) => {
                self.breach(&tried, seen.clause());
                Ok(false)
            }
            Err(stop) => Err(stop),
            // The setup needs what this host or tier has not: each scenario is skipped with that reason.
            Ok(Err(failure)) if failure.kind == ErrorKind::Unsupported => {
                Err(Abort::Skip(failure.message))
            }
            Ok(reply) => Ok(self.answered(&tried, &reply)),
        }
    }

    /// Tries every operation on a session that was never saved.
    fn absent_ids(&mut self, lab: &mut Lab<'_>, setup: &SetupName) -> CaseResult<()> {
        let tried = format!("{setup}: load of what was never saved");
        if lab.hello().can_do(Operation::Load) {
            match lab.load(ABSENT)? {
                Loaded::Absent => self.right(&tried),
                Loaded::Failed(failure) => self.answered_absent(&tried, &failure),
                Loaded::Present(_) => {
                    self.doubt(&tried, "it answered a session; answer {\"absent\":true}");
                }
            }
        }
        if lab.hello().can_do(Operation::Delete) {
            let tried = format!("{setup}: delete of what was never saved");
            match lab.delete(ABSENT)? {
                Ok(()) => self.right(&tried),
                Err(failure) => self.answered_absent(&tried, &failure),
            }
        }
        if updates(lab) {
            let tried = format!("{setup}: update of what was never saved");
            match lab.update(ABSENT, 0, PART)? {
                Ok(()) => self.doubt(&tried, "it answered ok; answer err with kind absent"),
                Err(failure) => self.answered_absent(&tried, &failure),
            }
        }
        if lab.hello().can_do(Operation::Rotate) {
            let tried = format!("{setup}: rotate of what was never saved");
            match lab.rotate(ABSENT)? {
                Ok(_) => self.doubt(&tried, "it answered ok; answer err with kind absent"),
                Err(failure) => self.answered_absent(&tried, &failure),
            }
        }
        self.lists(lab, setup, None)
    }

    /// Saves a session, under its own id or under one that the store gives.
    fn first_session(
        &mut self,
        lab: &mut Lab<'_>,
        setup: &SetupName,
    ) -> CaseResult<Option<String>> {
        let shape = Shape::plain();
        let id = if lab.hello().can_do(Operation::Save) {
            let reply = lab.save(ID, 0, &shape)?;
            self.answered(&format!("{setup}: save"), &reply).then(|| ID.to_owned())
        } else if lab.hello().can_do(Operation::Create) {
            let named = lab.create(None, 0, &shape)?;
            self.answered(&format!("{setup}: create"), &named);
            named.ok()
        } else {
            None
        };
        if id.is_some() {
            let made = lab.made()?;
            let kept = !made.is_empty() || lab.hello().medium == Medium::Memory;
            self.holds(
                &format!("{setup}: save leaves something in the sandbox"),
                kept,
                "nothing was written below the home or the named path; is the driver using the \
                 store it is told to?",
            );
        }
        Ok(id)
    }

    /// Tries that a session loads in the process that saved it and in another one, and that the end of the first is reported.
    fn keeps(&mut self, lab: &mut Lab<'_>, setup: &SetupName, id: &str) -> CaseResult<()> {
        if !lab.hello().can_do(Operation::Load) {
            return Ok(());
        }
        let tried = format!("{setup}: load of what was saved");
        match lab.load(id)? {
            Loaded::Present(_) => self.right(&tried),
            other => self.breach(&tried, &format!("it answered {}", said(&other))),
        }
        self.child(lab, setup, false)?;
        lab.finish(Leave::Kill)?;
        if lab.hello().medium == Medium::Memory {
            // The end of its process is the end of its sessions: the next one saves its own.
            let saved = lab.save(id, 0, &Shape::plain())?;
            self.answered(&format!("{setup}: save by another process"), &saved);
            return Ok(());
        }
        let again = lab.load(id)?;
        self.holds(
            &format!("{setup}: load by another process"),
            matches!(again, Loaded::Present(_)),
            &format!(
                "it answered {}; what is saved must be kept outside the process",
                said(&again)
            ),
        );
        Ok(())
    }

    /// Tries what the parent of a forked child reports of its end.
    fn child(&mut self, lab: &mut Lab<'_>, setup: &SetupName, closed: bool) -> CaseResult<()> {
        if !lab.hello().driver_can(Can::Fork) {
            return Ok(());
        }
        let after = if closed { "close" } else { "SIGKILL" };
        let tried = format!("{setup}: the child's end is told, after {after}");
        match lab.end_child(closed)? {
            Ok(()) => self.right(&tried),
            Err((why, lost)) => self.push(&tried, Some(&why), lost && !closed),
        }
        Ok(())
    }

    fn lists(&mut self, lab: &mut Lab<'_>, setup: &SetupName, id: Option<&str>) -> CaseResult<()> {
        if !lab.hello().can_do(Operation::List) {
            return Ok(());
        }
        let when = if id.is_some() { "" } else { " of no session" };
        let tried = format!("{setup}: list{when}");
        let answer = match lab.ask(id.unwrap_or(ID), op::List {}, "list()".into()) {
            Err(Abort::Driver(Observation::Protocol(why))) => {
                self.breach(&tried, &format!("{why}; answer {{\"ids\":[\"…\"]}}"));
                return Ok(());
            }
            answer => answer?,
        };
        match (answer.map(|answer| answer.ids), id) {
            (Err(failure), _) => self.breach(&tried, &format!("it answered {failure}")),
            (Ok(ids), Some(id)) if !ids.iter().any(|listed| listed == id) && !lab.is_single() => {
                self.doubt(&tried, &format!("it answered {} ids, and not {id}", ids.len()));
            }
            (Ok(ids), None) if !ids.is_empty() => {
                self.doubt(&tried, &format!("it answered {} ids", ids.len()));
            }
            _ => self.right(&tried),
        }
        Ok(())
    }

    /// Tries an operation whose answer is empty, and after which a session without an expiry still exists.
    fn plain(
        &mut self,
        lab: &mut Lab<'_>,
        setup: &SetupName,
        id: &str,
        named: Operation,
        op: impl TypedOp<Answer = Done>,
    ) -> CaseResult<()> {
        if !lab.hello().can_do(named) {
            return Ok(());
        }
        let tried = format!("{setup}: {named}");
        let answer = lab.ask(id, op, format!("{named}()"))?;
        if self.answered(&tried, &answer) && lab.hello().can_do(Operation::Load) {
            let there = matches!(lab.load(id)?, Loaded::Present(_));
            self.holds(
                &format!("{tried} leaves a session that has not expired"),
                there,
                "the session does not load any more",
            );
        }
        Ok(())
    }

    /// Tries to set one part of a session, and that the rest stays.
    fn updates(&mut self, lab: &mut Lab<'_>, setup: &SetupName, id: &str) -> CaseResult<()> {
        if !updates(lab) {
            return Ok(());
        }
        let tried = format!("{setup}: update");
        let reply = lab.update(id, PART_SLOT, PART)?;
        if self.answered(&tried, &reply) && lab.hello().can_do(Operation::Load) {
            let loaded = lab.load(id)?;
            let slots = match &loaded {
                Loaded::Present(session) => lab.slots_of(session),
                _ => Vec::new(),
            };
            self.holds(
                &format!("{tried} sets a part, and leaves the rest"),
                slots == [0, PART_SLOT],
                "what loads afterwards is not the session with that part",
            );
        }
        Ok(())
    }

    fn creates(&mut self, lab: &mut Lab<'_>, setup: &SetupName) -> CaseResult<()> {
        if !lab.hello().can_do(Operation::Create) {
            return Ok(());
        }
        for (requested, how, slot) in [(None, "", 1), (Some(WANTED), " with an id asked for", 2)] {
            let tried = format!("{setup}: create{how}");
            let named = lab.create(requested, slot, &Shape::plain())?;
            // A store may refuse the id that is asked for; it may not fail without one.
            if named.is_err() && requested.is_some() {
                self.right(&tried);
            } else if self.answered(&tried, &named) {
                self.named_loads(lab, &tried, &named)?;
            }
        }
        Ok(())
    }

    /// Gives the session another id; gives the id it has now.
    fn rotates(&mut self, lab: &mut Lab<'_>, setup: &SetupName, id: String) -> CaseResult<String> {
        if !lab.hello().can_do(Operation::Rotate) {
            return Ok(id);
        }
        let tried = format!("{setup}: rotate");
        let named = lab.rotate(&id)?;
        if !self.answered(&tried, &named) {
            return Ok(id);
        }
        self.named_loads(lab, &tried, &named)?;
        if !lab.is_single() && lab.hello().can_do(Operation::Load) {
            let old = lab.load(&id)?;
            self.holds(
                &format!("{tried} ends the old id"),
                !matches!(old, Loaded::Present(_)),
                "the session still loads under it",
            );
        }
        Ok(named.unwrap_or(id))
    }

    /// Tries that an id which the store gave is an id, and that its session loads.
    fn named_loads(&mut self, lab: &mut Lab<'_>, tried: &str, named: &IdReply) -> CaseResult<()> {
        let Ok(id) = named else { return Ok(()) };
        if id.is_empty() {
            self.breach(&format!("{tried} gives an id"), "it answered an empty one");
        } else if !lab.is_single() && lab.hello().can_do(Operation::Load) {
            let loaded = lab.load(id)?;
            self.holds(
                &format!("{tried} gives an id that loads"),
                matches!(loaded, Loaded::Present(_)),
                &format!("its load was answered with {}", said(&loaded)),
            );
        }
        Ok(())
    }

    fn deletes(&mut self, lab: &mut Lab<'_>, setup: &SetupName, id: &str) -> CaseResult<()> {
        if !lab.hello().can_do(Operation::Delete) {
            return Ok(());
        }
        let tried = format!("{setup}: delete");
        let deleted = lab.delete(id)?;
        if !self.answered(&tried, &deleted) {
            return Ok(());
        }
        if lab.hello().can_do(Operation::Load) {
            let loaded = lab.load(id)?;
            self.holds(
                &format!("{tried} removes the session"),
                !matches!(loaded, Loaded::Present(_)),
                "the session still loads: the driver does nothing, or the store does not delete",
            );
        }
        let tried = format!("{setup}: delete a second time");
        match lab.delete(id)? {
            Ok(()) => self.right(&tried),
            Err(failure) => self.answered_absent(&tried, &failure),
        }
        Ok(())
    }

    /// Tries an operation that hello does not name: no scenario asks for one, so it is tried only if everything is.
    fn unnamed(&mut self, lab: &mut Lab<'_>, setup: &SetupName) -> CaseResult<()> {
        if !self.whole {
            return Ok(());
        }
        for (named, op) in
            [(Operation::Purge, Op::from(op::Purge {})), (Operation::List, op::List {}.into())]
        {
            if lab.hello().can_do(named) {
                continue;
            }
            let answer = lab.ask(ID, op, format!("{named}()"))?;
            let kind = answer.as_ref().err().map(|failure| failure.kind);
            self.holds(
                &format!("{setup}: an operation it did not name"),
                kind == Some(ErrorKind::Unsupported),
                &format!("{named} is not in ops, and was not answered with kind unsupported"),
            );
            return Ok(());
        }
        Ok(())
    }

    fn closes(&mut self, lab: &mut Lab<'_>, setup: &SetupName) -> CaseResult<()> {
        if !lab.hello().can_do(Operation::Close) {
            return Ok(());
        }
        let answer = lab.ask(ID, op::Close {}, "close()".into())?;
        if self.answered(&format!("{setup}: close"), &answer) {
            self.child(lab, setup, true)?;
        }
        lab.finish(Leave::Kill)
    }

    fn opens_read_only(&mut self, lab: &mut Lab<'_>, setup: &SetupName) -> CaseResult<()> {
        if !lab.hello().driver_can(Can::ReadOnly) {
            return Ok(());
        }
        lab.reopen_read_only()?;
        let opened = lab.open(ID)?;
        self.answered(&format!("{setup}: open read-only"), &opened);
        Ok(())
    }
}

/// Returns whether the store can be asked to set one part of a session.
fn updates(lab: &Lab<'_>) -> bool {
    lab.hello().can_do(Operation::Update) && lab.part(PART_SLOT, PART).is_some()
}

/// Returns the answer of a load, in words.
fn said(loaded: &Loaded) -> String {
    match loaded {
        Loaded::Failed(failure) => failure.to_string(),
        other => other.word(),
    }
}
