//! The operations that are gone through step by step, each from the state that it needs.

use interloper_driver::{Hello, Keeps, Operation};

use crate::lab::{Abort, CaseResult, Lab, Request};
use crate::record::Workload;
use crate::shape::Shape;

/// The id of the session that expired.
const EXPIRED_ID: &str = "over";
/// Seconds since it expired.
const AN_HOUR: i64 = 3600;

/// Returns the protocol's operation that a workload goes through.
pub fn operation_of(workload: Workload) -> Operation {
    match workload {
        Workload::Save | Workload::Update => Operation::Save,
        Workload::Load => Operation::Load,
        Workload::Delete => Operation::Delete,
        Workload::Rotate => Operation::Rotate,
        Workload::Purge => Operation::Purge,
    }
}

/// Returns the workloads that a store has: all but the first begin with a session that was saved.
pub fn workloads_of(hello: &Hello) -> Vec<Workload> {
    let has = |workload: &Workload| {
        let keeps = *workload != Workload::Purge || hello.keeps.contains(&Keeps::Expires);
        keeps && hello.can_do(Operation::Save) && hello.can_do(operation_of(*workload))
    };
    Workload::ALL.into_iter().filter(has).collect()
}

impl Lab<'_> {
    /// Returns the workloads that the store has.
    pub fn workloads(&self) -> Vec<Workload> {
        workloads_of(self.hello())
    }

    /// Makes the state that a workload begins in; a new process opens the store afterwards, as with tools that end after every operation.
    ///
    /// # Errors
    /// [`Abort::Ineffective`] where the store refuses; when the driver does not answer, or the harness broke.
    pub fn prepare_workload(&mut self, workload: Workload, shape: &Shape) -> CaseResult<()> {
        if let Some(slot) = workload.before() {
            self.must_save(Workload::ID, slot, shape)?;
        }
        if workload == Workload::Purge {
            self.save_for(EXPIRED_ID, Workload::PURGED, shape, -AN_HOUR)?.map_err(|failure| {
                Abort::Ineffective(format!("save was answered with {failure}"))
            })?;
        }
        self.finish_store()
    }

    /// Returns the request that a workload sends.
    pub fn workload_request(&self, workload: Workload, shape: &Shape) -> Request {
        match workload {
            Workload::Save | Workload::Update => {
                Request::save(self, Workload::ID, Workload::NEW, shape)
            }
            Workload::Load => Request::load(Workload::ID),
            Workload::Delete => Request::delete(Workload::ID),
            Workload::Rotate => Request::rotate(Workload::ID),
            Workload::Purge => Request::purge(Workload::ID),
        }
    }
}
