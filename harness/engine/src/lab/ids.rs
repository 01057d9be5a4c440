//! Ids in the form that the store takes.
//!
//! Scenarios say `alpha`. A store whose `hello` names the form of its ids is sent one of that form instead, the same one for the whole case, so
//! that it is tested in full. Ids that a scenario is about, as a path or a pattern, are sent as they are.

use std::collections::{BTreeMap, BTreeSet};

use interloper_driver::op::Reader;
use interloper_driver::{IdForm, Op, TypedOp};

use super::Lab;

/// The ids of one case.
#[derive(Debug, Default)]
pub(super) struct FormedIds {
    /// The id that is sent for each that a scenario chose.
    sent: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    /// Ids that are sent as they are.
    exact: BTreeSet<String>,
}

impl FormedIds {
    /// Returns the id to send.
    fn of(&mut self, id: &str, form: &IdForm) -> String {
        if fits(id, form) || self.exact.contains(id) {
            return id.to_owned();
        }
        if let Some(sent) = self.sent.get(id) {
            return sent.clone();
        }
        // Few ids fit into a short form: one that another has is passed by.
        let mut seed = hash(id);
        let mut new = formed(seed, form);
        for _ in 0..ATTEMPTS {
            if !self.taken.contains(&new) && new != form.example {
                break;
            }
            seed = seed.wrapping_add(1);
            new = formed(seed, form);
        }
        self.taken.insert(new.clone());
        self.sent.insert(id.to_owned(), new.clone());
        new
    }
}

/// Number of ids that are tried before one is sent twice.
const ATTEMPTS: usize = 100_000;

fn fits(id: &str, form: &IdForm) -> bool {
    id.chars().count() == form.length as usize && id.chars().all(|c| form.alphabet.contains(c))
}

/// FNV-1a.
fn hash(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Returns the id of that form for a number: its digits are drawn one after the other.
fn formed(seed: u64, form: &IdForm) -> String {
    let digits: Vec<char> = form.alphabet.chars().collect();
    let mut state = seed;
    let mut digit = || {
        // SplitMix64: every bit of the number shows in each.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        digits[((mixed ^ (mixed >> 31)) % digits.len() as u64) as usize]
    };
    (0..form.length).map(|_| digit()).collect()
}

/// An operation whose id was changed, with the type of its answer.
pub(super) struct Formed<A> {
    op: Op,
    word: &'static str,
    reader: Reader<A>,
}

impl<A> From<Formed<A>> for Op {
    fn from(formed: Formed<A>) -> Op {
        formed.op
    }
}

impl<A> TypedOp for Formed<A> {
    type Answer = A;

    fn word(&self) -> &'static str {
        self.word
    }

    fn reader(&self) -> Reader<A> {
        self.reader
    }
}

impl Lab<'_> {
    /// Returns the id that the store is sent for one that a scenario chose: the same one, unless `hello` names another form.
    pub fn formed_id(&mut self, id: &str) -> String {
        match &self.hello.id_form {
            None => id.to_owned(),
            Some(form) => {
                let new = self.ids.of(id, form);
                if new != id && self.ids.sent.len() == 1 {
                    let note =
                        format!("ids are sent in the form that hello names: {id:?} as {new:?}");
                    self.remarks.insert(note);
                }
                new
            }
        }
    }

    /// Sends these ids as they are, whatever form `hello` names: they are what the scenario is about.
    pub fn send_as_they_are(&mut self, ids: impl IntoIterator<Item = String>) {
        self.ids.exact.extend(ids);
    }

    /// Returns the operation with the id that the store is sent.
    pub(super) fn formed<O: TypedOp>(&mut self, op: O) -> Formed<O::Answer> {
        let (word, reader) = (op.word(), op.reader());
        Formed { op: self.formed_op(op.into()), word, reader }
    }

    /// Returns the same for an operation of any type.
    pub(super) fn formed_op(&mut self, mut op: Op) -> Op {
        let id = match &mut op {
            Op::Save(op) => Some(&mut op.id),
            Op::Load(op) => Some(&mut op.id),
            Op::Update(op) => Some(&mut op.id),
            Op::Delete(op) => Some(&mut op.id),
            Op::Rotate(op) => Some(&mut op.id),
            Op::Create(op) => op.id.as_mut(),
            _ => None,
        };
        if let Some(id) = id {
            *id = self.formed_id(id);
        }
        op
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(alphabet: &str, length: u32) -> IdForm {
        let example = alphabet.chars().take(1).cycle().take(length as usize).collect();
        IdForm { alphabet: alphabet.into(), length, example }
    }

    #[test]
    fn each_id_has_one_of_the_form_and_no_two_the_same() {
        let form = form("0123456789", 4);
        let mut ids = FormedIds::default();
        let sent: BTreeSet<String> =
            (0..2_000).map(|n| ids.of(&format!("other-{n}"), &form)).collect();
        assert_eq!(sent.len(), 2_000);
        assert!(sent.iter().all(|id| fits(id, &form)));
        assert_eq!(ids.of("other-0", &form), ids.of("other-0", &form));
    }

    #[test]
    fn what_fits_and_what_a_scenario_is_about_stay() {
        let form = form("0123456789abcdef", 32);
        let mut ids = FormedIds::default();
        ids.exact.insert("../up".into());
        assert_eq!(ids.of("../up", &form), "../up");
        let given = "b1946ac92492d2347c6235b4d2611184";
        assert_eq!(ids.of(given, &form), given);
        assert_ne!(ids.of("alpha", &form), ids.of("beta", &form));
    }
}
