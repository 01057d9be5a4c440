//! Any history of operations is answered as the reference model answers it.

use std::collections::BTreeMap;

use interloper_driver::{Keeps, Operation};
use interloper_engine::model::{Action, CALLERS, Expected, Model, Rules, Size, histories};
use interloper_engine::record::{Evidence, GivenBy, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Clock, IdReply, Lab, Loaded, Need, Plan, Principal, Profile,
    Scenario, Shape, Sweep, Violation,
};
use proptest::prelude::*;

use crate::support::{has_others, try_load};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "honesty::histories",
    sentence: "Whatever is done with several sessions by two processes in turn, every load answers what was saved last, and nothing that was deleted, replaced, given another id or is over.",
    fix: "keep the sessions in one place, and read it anew for each operation",
    severity: Severity::Medium,
    cwe: &["CWE-372", "CWE-613"],
    owasp: &["ASVS 5.0 7.4.1"],
    needs: &[Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: of_actions, check },
};

/// Name of the part that updates set.
const PART: &str = "part";
/// Hours, in seconds.
const HOUR: i64 = 3600;

fn of_actions(plan: &Plan) -> BoxedStrategy<Vec<Action>> {
    let longest = match plan.profile {
        Profile::Quick => 60,
        Profile::Full | Profile::Nightly => 110,
    };
    histories(longest)
}

fn check(lab: &mut Lab<'_>, case: &Case<Vec<Action>>) -> CaseResult<()> {
    lab.must_save(CALLERS[0], 0, &case.session)?;
    // Of a store that keeps no end, nobody asks what its clock is.
    let clock = lab.hello().keeps.contains(&Keeps::Expires).then(|| lab.clock());
    let moves = matches!(clock, Some(Clock::Driver | Clock::Faketime));
    let rules = Rules::of(lab.hello(), !lab.is_single(), moves);
    let mut model = Model::default();
    model.apply(Action::Save { id: 0, lives: None, size: Size::Case }, 0);
    let mut history = SessionHistory {
        model,
        names: CALLERS.map(|id| lab.formed_id(id)).to_vec(),
        owners: vec![0],
        renamed: BTreeMap::new(),
        client: 0,
        shape: case.session.clone(),
    };
    // What libfaketime does not move is the time of a file, by which a store may go: once it has, nothing more is saved.
    let late =
        |action: &Action| clock == Some(Clock::Faketime) && matches!(action, Action::Wait { .. });
    let allowed = case.input.iter().copied().filter(|action| rules.allow(*action));
    let (waits, mut actions): (Vec<Action>, Vec<Action>) = allowed.partition(late);
    actions.extend(waits.first());
    for action in actions {
        if !history.run(lab, action)? {
            // What comes after a wrong answer says nothing.
            return Ok(());
        }
        lab.count_step("action");
    }
    // What is there at the end is looked at too.
    for id in 0..history.names.len() as u8 {
        if !history.run(lab, Action::Load { id })? {
            return Ok(());
        }
    }
    Ok(())
}

/// A history under way.
struct SessionHistory {
    model: Model,
    /// Name that the store has for each id.
    names: Vec<String>,
    /// Id under which each slot was saved, and its present one.
    owners: Vec<usize>,
    /// Id that the session of each dead id has now.
    renamed: BTreeMap<usize, usize>,
    client: u8,
    shape: Shape,
}

impl SessionHistory {
    /// Does one action; whether it was answered as it should be.
    fn run(&mut self, lab: &mut Lab<'_>, action: Action) -> CaseResult<bool> {
        let slot = self.owners.len() as u16;
        let before = self.model.clone();
        let expected = self.model.apply(action, slot);
        let done = match action {
            Action::Save { id, lives, size } => {
                let id = before.id(id);
                self.owners.push(id);
                let name = self.names[id].clone();
                let shape = self.shape_of(size);
                let end = |hours| lab.ahead() + i64::from(hours) * HOUR;
                let saved = match lives.map(end) {
                    None => lab.save(&name, slot, &shape)?,
                    Some(end) => lab.save_for(&name, slot, &shape, end)?,
                };
                if saved.is_ok() {
                    self.renamed.remove(&id);
                }
                saved.is_ok()
            }
            Action::Load { id } => return self.load(lab, before.id(id), expected),
            Action::Update { id } => {
                let id = before.id(id);
                self.owners.push(id);
                lab.update(&self.names[id].clone(), slot, PART)?.is_ok()
            }
            Action::Delete { id } => lab.delete(&self.names[before.id(id)].clone())?.is_ok(),
            Action::Create => {
                let named = lab.create(None, slot, &self.shape)?;
                self.owners.push(self.names.len());
                return self.named(lab, before, named, expected);
            }
            Action::Rotate { id } => {
                let id = before.id(id);
                let named = lab.rotate(&self.names[id].clone())?;
                let new = self.names.len();
                if named.is_ok() {
                    // The session moves, with everything that was saved in it.
                    for owner in self.owners.iter_mut().filter(|owner| **owner == id) {
                        *owner = new;
                    }
                    self.renamed.insert(id, new);
                }
                return self.named(lab, before, named, expected);
            }
            Action::Purge => lab.purge()?.is_ok(),
            Action::Wait { hours } => {
                lab.advance_clock(i64::from(hours) * HOUR)?.map(|()| true).map_err(|failure| {
                    Abort::Ineffective(format!("advance was answered with {failure}"))
                })?
            }
            Action::Restart => {
                lab.restart()?;
                lab.record("another process", "");
                true
            }
            Action::Switch => {
                self.client = 1 - self.client;
                lab.use_driver(self.client);
                lab.record(format!("process {}", self.client + 1), "");
                true
            }
        };
        if !done {
            // What is refused has not happened.
            self.model = before;
        }
        Ok(true)
    }

    fn shape_of(&self, size: Size) -> Shape {
        match size {
            Size::Case => self.shape.clone(),
            Size::Large => Shape::large(),
            Size::Small => Shape::least(),
        }
    }

    /// Judges an answer that should have been an id.
    fn named(
        &mut self,
        lab: &mut Lab<'_>,
        before: Model,
        named: IdReply,
        expected: Expected,
    ) -> CaseResult<bool> {
        let violation = match (named, expected) {
            (Ok(id), Expected::NewId(_)) if self.names.contains(&id) => {
                Violation::new("id-again", "an id was given that was given before")
                    .severity(Severity::High)
                    .evidence(Evidence::RepeatedId { id, by: GivenBy::OneProcess })
            }
            (Ok(id), Expected::NewId(_)) => {
                self.names.push(id);
                return Ok(true);
            }
            (Ok(_), _) => {
                Violation::new("rotates-nothing", "a session that there is not got another id")
                    .evidence(Evidence::answer("rotate of an id that is not there", "an id"))
            }
            (Err(_), Expected::Absent) => return Ok(true),
            (Err(_), _) => {
                self.model = before;
                return Ok(true);
            }
        };
        lab.report(violation);
        Ok(false)
    }

    /// Returns whether all these secrets are those of the session that had this id, and has another now.
    fn is_renamed(&self, id: usize, slots: &[u16]) -> bool {
        let mut now = id;
        while let Some(next) = self.renamed.get(&now) {
            now = *next;
        }
        let is_its = |slot: &u16| self.owners.get(usize::from(*slot)) == Some(&now);
        now != id && !slots.is_empty() && slots.iter().all(is_its)
    }

    fn load(&mut self, lab: &mut Lab<'_>, id: usize, expected: Expected) -> CaseResult<bool> {
        let name = self.names[id].clone();
        let loaded = try_load(lab, &name)?;
        let word = match &loaded {
            Ok(loaded) => loaded.word(),
            Err(seen) => seen.clause().to_owned(),
        };
        let slots = match &loaded {
            Ok(Loaded::Present(session)) => lab.slots_of(session),
            _ => Vec::new(),
        };
        let foreign = slots.iter().any(|slot| self.owners.get(usize::from(*slot)) != Some(&id));
        let violation = match (&loaded, expected) {
            // One cause with `deletion::rotated_id_is_dead`, in its words.
            (Ok(Loaded::Present(_)), Expected::Absent) if self.is_renamed(id, &slots) => {
                Violation::new(
                    "old-id-loads",
                    "the old id of a session still loads it after it got a new one",
                )
                .severity(Severity::High)
            }
            (Ok(Loaded::Present(_)), _) if foreign => {
                Violation::new("others-data", "a load answered another session's secrets")
                    .severity(Severity::High)
            }
            (Ok(Loaded::Present(session)), Expected::Session(slot))
                if slots.contains(&slot)
                    && self.model.part(id).is_none_or(|part| slots.contains(&part)) =>
            {
                let own: Vec<u16> = [slot].into_iter().chain(self.model.part(id)).collect();
                if !has_others(lab, session, &own) {
                    return Ok(true);
                }
                Violation::new("remains", "a load answered entries of an earlier save as well")
            }
            (Ok(Loaded::Absent), Expected::Absent) => return Ok(true),
            (Ok(Loaded::Present(_)), Expected::Absent) => Violation::new(
                "not-gone",
                "a session loads that was deleted, is over, or never was",
            )
            .severity(Severity::High),
            (Ok(Loaded::Present(_)), _) => {
                Violation::new("older", "a load did not answer what was saved last")
            }
            (Ok(Loaded::Absent), _) => Violation::new("lost", "a session that was saved is absent"),
            (Ok(Loaded::Failed(_)) | Err(_), _) => {
                Violation::new("unreadable", "a session that nobody damaged cannot be loaded")
            }
        };
        lab.report(violation.evidence(Evidence::answer(format!("load({name:?})"), word)));
        Ok(false)
    }
}
