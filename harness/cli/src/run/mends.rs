//! Trying changes to the stores of a run: what ends their findings.

use interloper::MENDS;
use interloper_engine::mend::{Crew, search};
use interloper_engine::{Error, Worker};
use interloper_record::{Mends, Run};

use super::{Orders, Stop, Subject};
use crate::output::note;

/// Tries to mend the findings of each store of a run.
pub(crate) fn mends(
    orders: &Orders<'_>,
    subjects: &[Subject],
    stop: &Stop,
    run: &Run,
) -> Vec<Mends> {
    stop.go_on();
    let watch = |worker: &Worker| match stop.is_set() {
        true => Err(Error::Job("the run was ended".into())),
        false => Ok(Box::new(stop.watch(worker)?) as Box<dyn std::fmt::Debug + Send>),
    };
    let stores = run.stores.iter().zip(subjects);
    let tried = stores.filter_map(|(store, subject)| match subject {
        Subject::Ready { spec, .. } => {
            // A token names the store as it calls itself.
            let mut spec = spec.clone();
            spec.name.clone_from(&store.name);
            let crew = Crew::new(spec, orders.tier, orders.plan, orders.jobs, &watch);
            let mends = search(&store.name, &run.results, &MENDS, &crew, &note);
            Some(if stop.is_set() { ended(mends) } else { mends })
        }
        Subject::Absent { .. } => None,
    });
    let tried = tried.filter(|mends| mends.of > 0).collect();
    stop.finish();
    tried
}

/// What is said where the run was ended meanwhile: nothing was tried to the end.
fn ended(mends: Mends) -> Mends {
    let untried = vec!["every change: the run was ended before".into()];
    Mends { store: mends.store, of: mends.of, untried, ..Mends::default() }
}
