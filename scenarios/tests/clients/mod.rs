//! Clients: the hardened one passes everything, and each flaw is caught.

use interloper_flawed::{ClientFlaw, client_flaws};
use interloper_scenarios::CATALOGUE;
use libtest_mimic::Failed;

use super::apps::{all_pass, caught, verdicts_of};
use super::matches;

pub(crate) fn hardened_client_passes() -> Result<(), Failed> {
    all_pass("hardened-client")
}

pub(crate) fn client_flaw_is_caught(flaw: &ClientFlaw) -> Result<(), Failed> {
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
