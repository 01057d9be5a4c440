//! What happens to a session besides being saved, loaded and deleted: made under an id of the store's, given another id, over, purged.

use interloper_driver::{Failure, NewId, Session, TypedOp, op};

use super::operate::quoted;
use super::{Abort, CaseResult, Lab, Reply};
use crate::driver::{WrongChildEvent, unix_seconds};
use crate::record::AnswerEvent;
use crate::shape::Shape;

/// The id that a store says it gave, or its error.
pub type IdReply = Result<String, Failure>;

/// Reason why nothing can be updated.
pub(super) const NO_PART: &str = "the store keeps no part of which one entry can be set";

/// Returns an update as a story has it.
pub(super) fn update_call(id: &str, name: &str) -> String {
    format!("update({}, {{{name}}})", quoted(id))
}

impl Lab<'_> {
    /// Saves a session that is over so many seconds from now, or was before now.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn save_for(
        &mut self,
        id: &str,
        slot: u16,
        shape: &Shape,
        seconds: i64,
    ) -> CaseResult<Reply> {
        let end = unix_seconds().saturating_add(seconds);
        let session = Session { expires_at: Some(end), ..self.session(slot, shape) };
        let shape = shape.describe(&self.hello);
        // Not the time itself: the same case is told the same way every time.
        let call = format!("save({}, {shape}, expires in {seconds} s)", quoted(id));
        self.save_session(id, session, call)
    }

    /// Saves any session; `call` is how the story prints it.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn save_session(&mut self, id: &str, session: Session, call: String) -> CaseResult<Reply> {
        let reply = self.ask(id, op::Save { id: id.to_owned(), session }, call)?.map(drop);
        self.saved |= reply.is_ok();
        Ok(reply)
    }

    /// Returns what an update sets: an entry of this name with the secrets of a slot. `None` if the store keeps no part with entries.
    pub fn part(&self, slot: u16, name: &str) -> Option<Session> {
        Shape::part(&self.hello, &self.mint, slot, name)
    }

    /// Sets one part of a session, an entry of this name with the secrets of a slot, and leaves the rest.
    ///
    /// # Errors
    /// [`Abort::Ineffective`] if the store keeps no part with entries; when the driver does not answer, or the harness broke.
    pub fn update(&mut self, id: &str, slot: u16, name: &str) -> CaseResult<Reply> {
        let set = self.part(slot, name).ok_or_else(|| Abort::Ineffective(NO_PART.into()))?;
        Ok(self.ask(id, op::Update { id: id.to_owned(), set }, update_call(id, name))?.map(drop))
    }

    /// Saves a session of a shape under an id that the store chooses, whatever id was asked for.
    ///
    /// # Errors
    /// When the driver does not answer, or answers something that is no id; when the harness broke.
    pub fn create(
        &mut self,
        requested: Option<&str>,
        slot: u16,
        shape: &Shape,
    ) -> CaseResult<IdReply> {
        let session = self.session(slot, shape);
        let asked = requested.map_or_else(String::new, |id| format!("{}, ", quoted(id)));
        let call = format!("create({asked}{})", shape.describe(&self.hello));
        let id = requested.map(str::to_owned);
        let named = self.named("", op::Create { id, session }, call)?;
        self.saved |= named.is_ok();
        Ok(named)
    }

    /// Gives a session another id.
    ///
    /// # Errors
    /// As [`Lab::create`].
    pub fn rotate(&mut self, id: &str) -> CaseResult<IdReply> {
        self.named(id, op::Rotate { id: id.to_owned() }, format!("rotate({})", quoted(id)))
    }

    fn named(
        &mut self,
        at: &str,
        op: impl TypedOp<Answer = NewId>,
        call: String,
    ) -> CaseResult<IdReply> {
        let answer = self.ask(at, op, call)?;
        if let Ok(NewId { id }) = &answer {
            self.amend(AnswerEvent::Id { id: quoted(id) });
            // The form in `hello` may leave out some that the store makes.
            self.send_as_they_are([id.clone()]);
        }
        Ok(answer.map(|NewId { id }| id))
    }

    /// Ends the process that serves the case, or with `closed` lets it end by itself, and gives what is wrong with how its parent tells that.
    ///
    /// # Errors
    /// When there is no driver.
    pub(crate) fn end_child(&mut self, closed: bool) -> CaseResult<Result<(), WrongChildEvent>> {
        let key = self.key();
        Ok(self.worker.driver(key)?.end_child(closed))
    }

    /// Removes what is over.
    ///
    /// # Errors
    /// When the driver does not answer, or the harness broke.
    pub fn purge(&mut self) -> CaseResult<Reply> {
        Ok(self.ask("", op::Purge {}, "purge()".into())?.map(drop))
    }
}
