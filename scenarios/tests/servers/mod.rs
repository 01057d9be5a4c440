//! Stores with a server: what is asked at its doors, and how long it lives.

use interloper_driver::Setup;
use interloper_engine::record::Verdict;
use interloper_engine::{StoreSpec, Worker};
use libtest_mimic::Failed;

use super::{plan, verdict};

pub(crate) fn served_to_its_owner() -> Result<(), Failed> {
    let (passes, why) = verdict("hardened-served", "doors::nobody_asks")?;
    let (closed, _) = verdict("hardened", "doors::nobody_asks")?;
    match (passes, closed) {
        (Verdict::Pass, Verdict::Unsupported) => Ok(()),
        (Verdict::Skip, _) => Ok(()),
        other => Err(format!("{other:?}: {why}").into()),
    }
}

/// Each of these needs the server in several processes of one case, or its end; stepped ones too.
const SERVED: [&str; 13] = [
    "honesty::saved_loads",
    "honesty::histories",
    "deletion::absent_after_delete",
    "deletion::residue",
    "deletion::recoverable",
    "permissions::nobody_reaches",
    "exposure::no_window",
    "faults::crash",
    "faults::server_killed",
    "concurrency::save_save",
    "concurrency::save_delete",
    "corruption::empty",
    "doors::nobody_asks",
];

/// A server that dies with the process that started it does not load in the next one, and one under a filter that nobody serves hangs.
pub(crate) fn served_apart() -> Result<(), Failed> {
    let mut worker = Worker::start(&StoreSpec::adapter("hardened-served-apart"), None)?;
    for Setup { name: setup, .. } in worker.hello()?.setups {
        for scenario in SERVED {
            let result = worker.run(scenario, &setup, &plan(), |_, _| {})?;
            if result.verdict != Verdict::Pass {
                let why = (&result.reason, &result.findings);
                return Err(format!("{scenario} at {setup}: {}: {why:?}", result.verdict).into());
            }
        }
    }
    // Its server syncs what nobody sees: what was durable was told lost.
    match verdict("hardened-served-apart", "faults::power_loss")? {
        (Verdict::Unsupported, _) => {}
        (other, why) => return Err(format!("faults::power_loss: {other}: {why}").into()),
    }
    Ok(())
}

pub(crate) fn not_its_server() -> Result<(), Failed> {
    let (verdict, why) = verdict("names-another-server", "honesty::saved_loads")?;
    match verdict {
        Verdict::Fail => Ok(()),
        _ => Err(format!("{verdict}: {why}").into()),
    }
}

/// A program that cannot run is refused everywhere, and a refusal was a pass.
pub(crate) fn asked_in_vain() -> Result<(), Failed> {
    for (adapter, said) in
        [("asked-by-nothing", "o such file"), ("asked-by-echo", "no such server")]
    {
        let (verdict, why) = verdict(adapter, "doors::nobody_asks")?;
        let tells = why.contains("gives owner no secret") && why.contains(said);
        if verdict != Verdict::Skip || !(tells || why.contains("as processes")) {
            return Err(format!("{adapter}: {verdict}: {why}").into());
        }
    }
    Ok(())
}
