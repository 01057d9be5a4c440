//! Clients: the hardened one passes everything, and each flaw is caught.

use interloper_engine::{StoreSpec, Tier, Worker};
use interloper_flawed::{ClientFlaw, client_flaws};
use interloper_scenarios::CATALOGUE;
use libtest_mimic::Failed;

use super::apps::{all_pass, caught, verdicts_of};
use super::matches;

/// Returns whether this host has what clients need; `the_host_shows_everything` fails where it has not.
fn can_be_shown() -> Result<bool, Failed> {
    Ok(Worker::start(&StoreSpec::adapter("hardened-client"), None)?.tier() == Tier::Namespaces)
}

pub(crate) fn hardened_client_passes() -> Result<(), Failed> {
    if can_be_shown()? { all_pass("hardened-client") } else { Ok(()) }
}

pub(crate) fn client_flaw_is_caught(flaw: &ClientFlaw) -> Result<(), Failed> {
    if !can_be_shown()? {
        return Ok(());
    }
    caught(&verdicts_of(flaw.name, |_| true)?, flaw.caught_by, flaw.may_fail)
}

pub(crate) fn client_names_exist() -> Result<(), Failed> {
    for flaw in client_flaws() {
        for id in flaw.caught_by.iter().chain(flaw.may_fail) {
            if !CATALOGUE.iter().any(|scenario| matches(id, scenario.id)) {
                return Err(format!("{} names {id}, which is no scenario", flaw.name).into());
            }
        }
    }
    Ok(())
}
