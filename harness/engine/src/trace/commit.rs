//! The step that makes the difference to a load: the operation is done as far as anybody can tell.

use crate::lab::{Abort, CaseResult, Lab, Loaded, Request, SteppedRun};
use crate::record::Commit;
use crate::record::Workload;
use crate::shape::Shape;
use crate::strategy::{Bisect, follow};
use crate::tree::Snapshot;

/// Looks for the step after which a load gives what it gives at the end, and before which it does not. `None` if all loads are alike.
pub(super) fn commit(
    lab: &mut Lab<'_>,
    workload: Workload,
    request: &Request,
    shape: &Shape,
) -> CaseResult<Option<Commit>> {
    let course = lab.stepped_run(request)?;
    let commit = within(lab, workload, &course, shape)?;
    lab.restore(&course.start)?;
    Ok(commit)
}

fn within(
    lab: &mut Lab<'_>,
    workload: Workload,
    course: &SteppedRun,
    shape: &Shape,
) -> CaseResult<Option<Commit>> {
    let changes = course.steps.iter().filter(|(step, _)| step.changes);
    let mut row = vec![(0, &course.start)];
    row.extend(changes.map(|(step, there)| (step.number, &**there)));
    let last = row.len() - 1;
    if !course.ending.is_ok() || last == 0 {
        return Ok(None);
    }
    let mut before = loads(lab, row[0].1, workload, shape)?;
    let after = loads(lab, row[last].1, workload, shape)?;
    if before == after {
        return Ok(None);
    }
    let mut bisect = Bisect::of(row.len());
    let tried = follow(&mut bisect, |n| {
        let seen = loads(lab, row[n].1, workload, shape)?;
        let found = seen == after;
        // The last of those without it is the one just before it begins.
        if !found {
            before = seen;
        }
        Ok(found)
    })?;
    let (step, _) = row[bisect.begins()];
    Ok(Some(Commit { step, before, after, loads: tried + 2 }))
}

/// Returns the answer of a load by a new process that finds the sandbox like this.
fn loads(
    lab: &mut Lab<'_>,
    there: &Snapshot,
    workload: Workload,
    shape: &Shape,
) -> CaseResult<String> {
    lab.restore(there)?;
    let loaded = match lab.load(Workload::ID) {
        Ok(loaded) => loaded,
        Err(Abort::Driver(seen)) => return Ok(seen.clause().to_owned()),
        Err(stop) => return Err(stop),
    };
    let Loaded::Present(session) = &loaded else { return Ok(loaded.word()) };
    let is = |slot| lab.slots_of(session) == lab.slots_of(&lab.session(slot, shape));
    Ok(match workload {
        Workload::Save | Workload::Update if is(Workload::NEW) => "the new session".into(),
        _ if is(Workload::OLD) => "the old session".into(),
        _ => "neither the old session nor the new one".into(),
    })
}
