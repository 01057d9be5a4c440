use std::collections::BTreeSet;

use syscalls::{Sysno, aarch64, x86_64};

use super::super::table::known;
use super::super::{Arg, CallSpec, Class, Effect, When, class, every_call};

/// The names of every call of the machines that the table is for.
fn every_name() -> impl Iterator<Item = &'static str> {
    let numbers = || 0..1024;
    let x86_64 = numbers().filter_map(x86_64::Sysno::new).map(|call| call.name());
    x86_64.chain(numbers().filter_map(aarch64::Sysno::new).map(|call| call.name()))
}

/// The calls that can reach files.
fn reaching() -> impl Iterator<Item = (&'static str, CallSpec)> {
    known().filter_map(|name| match class(name)? {
        Class::Reaches(spec) => Some((name, spec)),
        Class::Quiet(_) | Class::Refused(_) => None,
    })
}

#[test]
fn every_call_of_either_machine_is_classified() {
    let missing: BTreeSet<&str> = every_name().filter(|name| class(name).is_none()).collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
}

#[test]
fn the_last_call_is_one_of_every() {
    let last = every_call().last().unwrap();
    assert_eq!(last, Sysno::last());
    assert!(every_call().all(|call| class(call.name()).is_some()));
}

#[test]
fn the_table_has_no_call_that_there_is_not() {
    let names: BTreeSet<&str> = every_name().collect();
    let unknown: Vec<&str> = known().filter(|name| !names.contains(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn no_call_is_in_the_table_twice() {
    let mut seen = BTreeSet::new();
    let twice: Vec<&str> = known().filter(|name| !seen.insert(*name)).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn every_reason_is_a_line() {
    for name in known() {
        if let Some(Class::Quiet(reason) | Class::Refused(reason)) = class(name) {
            assert!(
                !reason.is_empty() && !reason.contains('\n') && !reason.ends_with('.'),
                "{name}"
            );
        }
    }
}

#[test]
fn arguments_point_at_each_other_rightly() {
    for (name, spec) in reaching() {
        assert!(spec.args.len() <= 6, "{name}");
        for (index, arg) in spec.args.iter().enumerate() {
            match arg {
                Arg::DirFd => assert_eq!(spec.args.get(index + 1), Some(&Arg::Path), "{name}"),
                Arg::BytesIn { count }
                | Arg::BytesOut { count }
                | Arg::VectorIn { count }
                | Arg::VectorOut { count } => {
                    assert_eq!(spec.args.get(*count), Some(&Arg::Count), "{name}");
                }
                _ => {}
            }
        }
        match spec.when {
            When::Always => {}
            When::Bits(bits) => {
                assert!(bits.iter().all(|(index, bits)| *index < spec.args.len() && *bits != 0));
            }
            When::OneOf(index, values) => {
                let Arg::Choice(names) = spec.args[index] else { panic!("{name}") };
                let named: BTreeSet<u64> = names.iter().map(|(value, _)| *value).collect();
                let held: BTreeSet<u64> = values.iter().map(|value| u64::from(*value)).collect();
                assert_eq!(held, named, "{name}: what is held has a name, and the other way round");
            }
        }
    }
}

#[test]
fn values_for_the_filter_are_those_of_the_headers() {
    let Some(Class::Reaches(CallSpec { when: When::OneOf(1, commands), .. })) = class("fcntl")
    else {
        panic!()
    };
    let expected =
        [libc::F_SETLK, libc::F_SETLKW, libc::F_OFD_SETLK, libc::F_OFD_SETLKW, libc::F_SETLEASE];
    assert_eq!(commands, expected.map(|command| command as u32));

    let Some(Class::Reaches(CallSpec { when: When::OneOf(1, requests), .. })) = class("ioctl")
    else {
        panic!()
    };
    for request in [libc::FICLONE, libc::FICLONERANGE, libc::FS_IOC_SETFLAGS] {
        assert!(requests.contains(&(request as u32)), "{request:#x}");
    }
}

#[test]
fn what_opens_writes_names_and_passes_by_is_not_quiet() {
    let effect = |name| match class(name) {
        Some(Class::Reaches(spec)) => Some(spec.effect),
        _ => None,
    };
    assert_eq!(effect("openat"), Some(Effect::Open));
    assert_eq!(effect("truncate"), Some(Effect::Write));
    assert_eq!(effect("renameat2"), Some(Effect::Name));
    assert_eq!(effect("setxattrat"), Some(Effect::Attribute));
    assert_eq!(effect("mmap"), Some(Effect::Map));
    for name in ["io_uring_setup", "io_submit", "mount", "chroot", "open_tree"] {
        assert!(matches!(class(name), Some(Class::Refused(_))), "{name}");
    }
    assert_eq!(class("no_such_call"), None);
}
