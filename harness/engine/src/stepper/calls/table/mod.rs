//! The table: every system call of x86-64 and aarch64, by name, since numbers differ.

mod attributes;
mod contents;
mod paths;
mod quiet;
mod refused;

use syscalls::Sysno;

use super::call_class::{Arg, CallSpec, Class, Effect, When};

/// A call that can reach files.
type Row = (&'static str, CallSpec);
/// Calls that are let go, or refused, for one reason.
type Group = (&'static str, &'static [&'static str]);

/// The calls that can reach files, by subject.
const REACHES: [&[Row]; 3] = [paths::CALLS, contents::CALLS, attributes::CALLS];

/// Returns every call of this machine. `Sysno::iter()` leaves the last one out.
pub(crate) fn every_call() -> impl Iterator<Item = Sysno> {
    (0..=Sysno::last().id() as usize).filter_map(Sysno::new)
}

/// Returns the treatment of a call by the stepper; `None` for a name that the table does not have.
pub(crate) fn class(name: &str) -> Option<Class> {
    let row = REACHES.into_iter().flatten().find(|(known, _)| *known == name);
    if let Some((_, spec)) = row {
        return Some(Class::Reaches(*spec));
    }
    if let Some(reason) = reason(quiet::GROUPS, name) {
        return Some(Class::Quiet(reason));
    }
    reason(refused::GROUPS, name).map(Class::Refused)
}

/// Returns the reason of the group that has a name.
fn reason(groups: &[Group], name: &str) -> Option<&'static str> {
    groups.iter().find(|(_, names)| names.contains(&name)).map(|(reason, _)| *reason)
}

/// Returns every name of the table, as often as it is there.
#[cfg(test)]
pub(super) fn known() -> impl Iterator<Item = &'static str> {
    let grouped = [quiet::GROUPS, refused::GROUPS].into_iter().flatten();
    let rows = REACHES.into_iter().flatten().map(|(name, _)| *name);
    rows.chain(grouped.flat_map(|(_, names)| names.iter().copied()))
}

/// Makes the row of a call that is held whatever its arguments are.
const fn always(name: &'static str, effect: Effect, args: &'static [Arg]) -> Row {
    (name, CallSpec { args, effect, when: When::Always })
}

/// Makes the row of a call that is held with some arguments.
const fn only(name: &'static str, effect: Effect, when: When, args: &'static [Arg]) -> Row {
    (name, CallSpec { args, effect, when })
}
