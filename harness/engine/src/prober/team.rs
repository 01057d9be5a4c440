//! All probers of one sandbox, real or computed.

use std::collections::BTreeMap;
use std::path::Path;

use super::ask::{Ask, Asked, Door};
use super::kept::Used;
use super::plant::{Peers, Plant};
use super::process::{ProbeRound, Prober};
use super::warden::Warden;
use crate::access::Predictor;
use crate::access::{ProbeResult, Target};
use crate::canary::Mint;
use crate::error::{Context, Error, Result};
use crate::principal::{Ids, Principal};
use crate::residue::Search;
use crate::sandbox::{Beneath, Layout, Tier, beneath};

/// The other principals of a sandbox.
pub(crate) enum Team {
    /// A process for each, and one that watches what the store takes.
    Real(BTreeMap<Principal, Prober>, Warden),
    /// Nobody: what they could do is computed.
    Predicted { ids: Ids, predictor: Box<Predictor> },
}

impl Team {
    /// Starts the probers that the tier has.
    pub(crate) fn start(tier: Tier, layout: &Layout, ids: &Ids) -> Result<Team> {
        if tier == Tier::Predicted {
            // What is above the sandbox is this machine's accident: a 0700 directory there would hide every finding.
            let predictor = Box::new(Predictor::below(layout.base())?);
            return Ok(Team::Predicted { ids: ids.clone(), predictor });
        }
        let start =
            |principal: Principal| Prober::start(principal, ids).map(|prober| (principal, prober));
        let probers = Principal::PROBED.into_iter().map(start).collect::<Result<_>>()?;
        Ok(Team::Real(probers, Warden::start(tier, ids)?))
    }

    /// Returns whether there are processes, so that descriptors can be kept.
    pub(crate) fn is_real(&self) -> bool {
        matches!(self, Team::Real(..))
    }

    fn prober(&self, principal: Principal) -> Result<&Prober> {
        let prober = match self {
            Team::Real(probers, _) => probers.get(&principal),
            Team::Predicted { .. } => None,
        };
        prober.ok_or(Error::Prober {
            principal: principal.as_str(),
            why: "there is no such process in this tier".into(),
        })
    }

    /// Checks that each prober is refused what it must be refused and given what it must be given.
    ///
    /// Invariant: without this a harness that lost its other users would find nothing and call that a pass.
    pub(crate) fn self_test(&self, layout: &Layout, ids: &Ids) -> Result<()> {
        let Team::Real(probers, _) = self else { return Ok(()) };
        // The carefuller of the two tiers that have probers.
        let beneath = Beneath { tier: Tier::Uids, ids };
        let owner = ids.of(Principal::Owner);
        let paths = [("private", 0o600), ("public", 0o644)].map(|(name, mode)| {
            let path = layout.tmp().join(format!("interloper-self-test-{name}"));
            (path, mode)
        });
        for (path, mode) in &paths {
            let owner = Some((owner.uid, owner.gid));
            beneath.write(path, b"self-test", Some(*mode), owner).on("write", path)?;
        }
        for (principal, prober) in probers {
            let may = [*principal == Principal::Owner, true];
            for ((path, mode), may) in paths.iter().zip(may) {
                if prober.can_read(path.clone())? != may {
                    let did = if may { "could not open" } else { "could open" };
                    let why = format!("it {did} a file of the owner with mode {mode:04o}");
                    return Err(Error::Prober { principal: principal.as_str(), why });
                }
            }
        }
        for (path, _) in &paths {
            beneath::remove(path).on("remove", path)?;
        }
        Ok(())
    }

    /// Returns what a principal can do with each target.
    pub(crate) fn attempt(
        &self,
        principal: Principal,
        mint: u64,
        targets: &[Target],
    ) -> Result<Vec<ProbeResult>> {
        match self {
            Team::Real(..) => self.prober(principal)?.attempt(mint, targets),
            Team::Predicted { ids, predictor } => {
                let search = Search::new(&Mint::new(mint));
                targets
                    .iter()
                    .map(|target| predictor.predict(ids.of(principal), target, &search))
                    .collect()
            }
        }
    }

    /// Lets a principal keep descriptors of what it can open.
    pub(crate) fn keep(&self, principal: Principal, targets: &[Target]) -> Result<u32> {
        self.prober(principal)?.keep(targets)
    }

    /// Lets a principal use the descriptors it kept.
    pub(crate) fn use_kept(&self, principal: Principal, mint: u64) -> Result<Vec<Used>> {
        self.prober(principal)?.use_kept(mint)
    }

    /// Returns whether a principal could plant something there.
    pub(crate) fn can_plant(&self, principal: Principal, at: &Path) -> Result<bool> {
        self.prober(principal)?.can_plant(at.to_owned())
    }

    /// Lets a principal plant something; the inner error is what the kernel said.
    pub(crate) fn plant(
        &self,
        principal: Principal,
        what: &Plant,
        at: &Path,
    ) -> Result<std::result::Result<(), String>> {
        self.prober(principal)?.plant(what.clone(), at.to_owned())
    }

    /// Lets a principal ask a server.
    pub(crate) fn ask_door(
        &self,
        principal: Principal,
        mint: u64,
        door: &Door,
        ask: &Ask,
    ) -> Result<Asked> {
        self.prober(principal)?.ask_door(mint, door.clone(), ask.clone())
    }

    /// Returns which ends of a principal's FIFO are open.
    pub(crate) fn peers(&self, principal: Principal, at: &Path) -> Result<Peers> {
        self.prober(principal)?.peers(at.to_owned())
    }

    /// Lets principals look at one moment: each tries everything on the targets, reads again what was written, and uses what it kept.
    ///
    /// Trying moves things away and back, so then they take turns; what only reads is done by all at a time.
    pub(crate) fn look(
        &self,
        mint: u64,
        orders: &[(Principal, Vec<Target>)],
        targets: &[Target],
    ) -> Result<Vec<ProbeRound>> {
        let turns = if targets.is_empty() { orders.len().max(1) } else { 1 };
        let mut looked = Vec::new();
        for orders in orders.chunks(turns) {
            let mut waited = Vec::new();
            for (principal, written) in orders {
                let prober = self.prober(*principal)?;
                waited.push(prober.look(mint, targets, written).map(|()| prober));
            }
            // All are waited for, whatever one answers: whoever was asked must not be asked again meanwhile.
            let said: Vec<Result<ProbeRound>> =
                waited.into_iter().map(|prober| prober.and_then(Prober::looked)).collect();
            looked.extend(said.into_iter().collect::<Result<Vec<_>>>()?);
        }
        Ok(looked)
    }

    /// Lets every principal close what it kept.
    pub(crate) fn forget(&self) -> Result<()> {
        match self {
            Team::Real(probers, _) => probers.values().try_for_each(Prober::forget),
            Team::Predicted { .. } => Ok(()),
        }
    }

    /// Returns the pids of the processes.
    pub(crate) fn pids(&self) -> Vec<i32> {
        match self {
            Team::Real(probers, warden) => {
                probers.values().map(Prober::pid).chain([warden.pid()]).collect()
            }
            Team::Predicted { .. } => Vec::new(),
        }
    }
}
