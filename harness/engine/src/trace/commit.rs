//! The step that makes the difference to a load: the operation is done as far as anybody can tell.

use std::rc::Rc;

use crate::lab::{Flow, Lab, Loaded, Request, Snapshot, Stop};
use crate::record::Commit;
use crate::shape::Shape;
use crate::stage::Stage;
use crate::strategy::{Bisect, follow};

/// The sandbox from one step on, until the next that changes something.
struct Since {
    step: u32,
    there: Rc<Snapshot>,
}

/// Looks for the step after which a load gives what it gives at the end, and before which it does not. Nothing where all loads are alike.
pub(super) fn commit(
    lab: &mut Lab<'_>,
    stage: Stage,
    request: &Request,
    shape: &Shape,
) -> Flow<Option<Commit>> {
    let start = lab.snapshot()?;
    let mut row = vec![Since { step: 0, there: Rc::new(start.clone()) }];
    let ending = lab.after_each_step(request, |lab, step| {
        if step.changes {
            row.push(Since { step: step.number, there: Rc::new(lab.snapshot()?) });
        }
        Ok(())
    })?;
    let last = row.len() - 1;
    let mut commit = None;
    if ending.is_ok() && last > 0 {
        let mut before = loads(lab, &row[0], stage, shape)?;
        let after = loads(lab, &row[last], stage, shape)?;
        if before != after {
            let mut bisect = Bisect::of(row.len());
            let tried = follow(&mut bisect, |n| {
                let seen = loads(lab, &row[n], stage, shape)?;
                let found = seen == after;
                // The last of those without it is the one just before it begins.
                if !found {
                    before = seen;
                }
                Ok(found)
            })?;
            let step = row[bisect.begins()].step;
            commit = Some(Commit { step, before, after, loads: tried + 2 });
        }
    }
    lab.restore(&start)?;
    Ok(commit)
}

/// What a load of the session gives a new process that finds the sandbox like this.
fn loads(lab: &mut Lab<'_>, since: &Since, stage: Stage, shape: &Shape) -> Flow<String> {
    lab.restore(&since.there)?;
    let loaded = match lab.load(Stage::ID) {
        Ok(loaded) => loaded,
        Err(Stop::Driver(seen)) => return Ok(seen.clause().to_owned()),
        Err(stop) => return Err(stop),
    };
    let Loaded::Present(session) = &loaded else { return Ok(loaded.word()) };
    let is = |slot| lab.slots_of(session) == lab.slots_of(&lab.session(slot, shape));
    Ok(match stage {
        Stage::Save | Stage::Update if is(Stage::NEW) => "the new session".into(),
        _ if is(Stage::OLD) => "the old session".into(),
        _ => "neither the old session nor the new one".into(),
    })
}
