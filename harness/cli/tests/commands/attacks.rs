//! Every promise of the threat model, attacked: `docs/src/threat-model.md` names these tests.
//!
//! The driver in `attacks.py` tries to get out, from a case of the owner's and from one of a service's, and says so where it does. The host that
//! it is in, `attacks_host.py`, has a terminal, a key, a port and a socket for it to find. The run must end in a verdict about the store.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use crate::kit::{Done, INTERLOPER, command, dir, interloper, processes, python, root, run};

/// The scenario that a driver runs as its principal.
fn scenario(principal: &str) -> &'static str {
    if principal == "service" {
        "permissions::service_umask"
    } else {
        "permissions::nobody_reaches"
    }
}

/// The tiers that this user can have, with who runs stores there.
fn worlds() -> Vec<(&'static str, &'static str)> {
    if root() {
        vec![("namespaces", "owner"), ("namespaces", "service"), ("uids", "owner")]
    } else {
        vec![("predicted", "owner")]
    }
}

fn interpreter(tier: &str) -> &'static str {
    let system = "/usr/bin/python3";
    if tier != "namespaces" && Path::new(system).exists() { system } else { "python3" }
}

/// Lets the driver attack in each world.
fn attack(name: &str, attacks: &[&str]) {
    for (tier, principal) in worlds() {
        attack_in(name, tier, principal, attacks);
    }
}

fn attack_in(name: &str, tier: &str, principal: &str, attacks: &[&str]) {
    let done = attacked(name, tier, principal, attacks);
    let out: Vec<&str> = done.out.split_whitespace().collect();
    let out = out.join(" ");
    assert!(!out.contains("BROKE OUT"), "{name} as {principal} in {tier}: {done:?}");
    assert!(matches!(done.code, Some(0)), "{name} as {principal} in {tier}: {done:?}");
}

fn attacked(name: &str, tier: &str, principal: &str, attacks: &[&str]) -> Done {
    let dir = dir(&format!("attacks-{name}-{tier}-{principal}"));
    // Without mounts of their own the sandbox's users are strangers to this host, and may not pass through somebody's home.
    let python = python(&dir, "attacks.py").replacen("python3", interpreter(tier), 1);
    let driver = format!(
        "{python} as={principal} tier={tier} port={{port}} abstract={{abstract}} {}",
        attacks.join(" ")
    );
    let host = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands/attacks_host.py");
    let bind = dir.to_str().unwrap();
    let plain = command(&[
        "check",
        "--driver",
        &driver,
        "--bind",
        bind,
        "--tier",
        tier,
        "--umask",
        "0022",
        "--scenario",
        scenario(principal),
        "--allow",
        "skip,predicted",
    ]);
    let mut command = Command::new("python3");
    command.arg(host).arg(INTERLOPER).args(plain.get_args());
    // Enough for every attack but the one that is about it.
    command.env("INTERLOPER_MEMORY", "128");
    command.envs(plain.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let done = run(command);
    assert!(processes(&dir.display().to_string()).is_empty(), "something is left of {name}");
    done
}

#[test]
fn no_store_has_a_privilege_or_a_way_to_one() {
    attack("privileges", &["privileges"]);
}

#[test]
fn no_store_reads_or_steers_another_process() {
    attack("processes", &["processes"]);
}

#[test]
fn no_store_signals_what_is_not_its_own() {
    let worlds = worlds().into_iter().filter(|(tier, _)| *tier != "predicted" || scopes());
    for (tier, principal) in worlds {
        attack_in("signals", tier, principal, &["signals"]);
    }
}

#[test]
fn no_store_reaches_the_caller_s_keys() {
    attack("keys", &["keys"]);
}

#[test]
fn no_store_gets_at_the_kernel_s_engines() {
    attack("kernel", &["kernel"]);
}

#[test]
fn no_store_makes_or_enters_a_namespace() {
    attack("namespaces", &["namespaces"]);
}

#[test]
fn no_store_changes_what_is_mounted() {
    attack("mounts", &["mounts"]);
}

#[test]
fn no_store_reaches_a_socket_of_the_host() {
    for (tier, principal) in worlds() {
        let done = attacked("sockets", tier, principal, &["sockets"]);
        // Abstract names are the host's where the network is, and old kernels have no other wall: the page says so.
        let known = tier != "namespaces" && !scopes() && done.out.contains("abstract socket");
        let others = ["port of the host", "socket of family"];
        assert!(!others.iter().any(|what| done.out.contains(what)), "{done:?}");
        assert!(done.code == Some(0) || known, "{done:?}");
    }
}

/// Whether Landlock keeps processes apart here: Linux 6.12.
fn scopes() -> bool {
    let release = nix::sys::utsname::uname().unwrap().release().to_string_lossy().into_owned();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse().unwrap_or(0));
    (numbers.next(), numbers.next()) >= (Some(6_u32), Some(12))
}

#[test]
fn no_store_reaches_the_caller_s_terminal() {
    attack("terminal", &["terminal"]);
}

#[test]
fn no_store_has_a_descriptor_of_the_harness() {
    attack("descriptors", &["descriptors"]);
}

#[test]
fn no_store_keeps_memory_that_nothing_bounds() {
    attack("memory", &["memory"]);
    // Where there is no namespace for them, they are swept: ids from 0x70000000 on are nobody's but a sandbox's.
    let table = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    let theirs = |line: &&str| {
        line.split_whitespace().nth(7).and_then(|uid| uid.parse::<u32>().ok()) >= Some(0x7000_0000)
    };
    assert_eq!(table.lines().skip(1).find(theirs), None);
}

#[test]
fn nothing_that_a_store_prints_is_a_command_to_the_terminal() {
    for (tier, principal) in worlds() {
        let done = attacked("escapes", tier, principal, &["escapes"]);
        for command in ["\u{1b}]0;", "\u{1b}[2J", "\u{9b}31m", "\u{7}"] {
            assert!(!done.out.contains(command), "{command:?} of {principal} in {tier}: {done:?}");
        }
        assert_eq!(done.code, Some(0), "{done:?}");
    }
}

#[test]
fn files_without_contents_cost_no_memory() {
    for (tier, principal) in worlds() {
        attack_in("sparse", tier, principal, &["sparse"]);
    }
}

#[test]
fn files_without_contents_are_bounded_too() {
    let worlds = worlds().into_iter().filter(|(tier, _)| *tier == "namespaces");
    for (tier, principal) in worlds {
        attack_in("inodes", tier, principal, &["inodes"]);
    }
}

#[test]
fn root_follows_no_link_that_a_store_puts_in_its_way() {
    if !root() {
        eprintln!("left out: without root nothing is written that the store could not write");
        return;
    }
    let dir = dir("attacks-links");
    let outside = dir.join("outside");
    fs::write(&outside, "theirs").unwrap();
    fs::set_permissions(&outside, fs::Permissions::from_mode(0o600)).unwrap();
    let driver = format!(
        "{} link={}",
        python(&dir, "attacks.py").replacen("python3", interpreter("uids"), 1),
        outside.display()
    );
    for tier in ["uids", "namespaces"] {
        interloper(&[
            "check",
            "--driver",
            &driver,
            "--bind",
            dir.to_str().unwrap(),
            "--tier",
            tier,
            "--umask",
            "0022",
            "--scenario",
            "corruption::*",
            "--allow",
            "skip",
        ]);
        let metadata = fs::metadata(&outside).unwrap();
        assert_eq!(fs::read(&outside).unwrap(), b"theirs", "{tier}");
        assert_eq!((metadata.mode() & 0o7777, metadata.uid()), (0o600, 0), "{tier}");
        assert!(processes(&dir.display().to_string()).is_empty(), "{tier}");
    }
}

#[test]
fn a_store_that_takes_all_memory_is_ended_and_named() {
    for (tier, principal) in worlds().into_iter().filter(|(tier, _)| *tier != "predicted") {
        let done = attacked("shared", tier, principal, &["shared_memory"]);
        let said = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("MiB in memory, and was killed"), "{tier}: {done:?}");
    }
}

#[test]
fn many_workers_and_a_thousand_descriptors_of_the_caller_s_are_no_trouble() {
    // `exec` of the shell opens them without close-on-exec, as callers do that say so of none.
    let script = format!(
        "for n in $(seq 100 1099); do eval \"exec $n</dev/null\" || exit 5; done; exec {INTERLOPER} check hardened --scenario permissions::nobody_reaches --umask 0022 -j 64"
    );
    let mut command = Command::new("bash");
    command.args(["-c", &script]);
    let done = run(command);
    let expected = if root() { Some(0) } else { Some(4) };
    assert_eq!(done.code, expected, "{done:?}");
}
