//! The seccomp filter: which calls are held, decided by the kernel before anything else looks at them.
//!
//! A program in classic BPF over `struct seccomp_data`, seccomp(2). Calls that always pass cost nothing: the kernel remembers them (5.11).

use libc::{
    BPF_ALU, BPF_AND, BPF_JEQ, BPF_K, SECCOMP_RET_ALLOW, SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF,
    sock_filter,
};

use super::answerer;
use super::calls::{CallSpec, Class, When, class, every_call};
use crate::bpf::{NO_SUCH_CALL, argument_offset, give, jump, known_calls_only, load, op};

/// Action of the kernel on a call that may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hold {
    /// It asks whoever listens.
    Notify,
    /// It stops for the tracer.
    Trace,
    /// It stops for whoever answers it in the kernel's place; other calls than those about reaching files do.
    Answer,
}

/// Returns the filter that holds every call which can reach files, or every call that is to be answered.
pub(crate) fn program(hold: Hold) -> Vec<sock_filter> {
    let held = match hold {
        Hold::Notify => SECCOMP_RET_USER_NOTIF,
        Hold::Trace => SECCOMP_RET_TRACE,
        Hold::Answer => return answered(),
    };
    let mut program = known_calls_only();
    for call in every_call() {
        let number = call.id() as u32;
        let then = match class(call.name()) {
            Some(Class::Reaches(spec)) => test(&spec, held),
            Some(Class::Refused(_)) => vec![give(NO_SUCH_CALL)],
            // A call that nobody classified is a hole: a test fails on one, and here it is refused.
            None => vec![give(NO_SUCH_CALL)],
            Some(Class::Quiet(_)) => continue,
        };
        // The lists of arguments are short: a jump over them fits in a byte.
        program.push(jump(BPF_JEQ, number, 0, then.len() as u8));
        program.extend(then);
    }
    program.push(give(SECCOMP_RET_ALLOW));
    program
}

/// Returns the filter that holds the calls which are answered in the kernel's place.
fn answered() -> Vec<sock_filter> {
    let mut program = known_calls_only();
    for call in every_call().filter(|call| answerer::holds(call.name())) {
        program.extend([jump(BPF_JEQ, call.id() as u32, 0, 1), give(SECCOMP_RET_TRACE)]);
    }
    program.push(give(SECCOMP_RET_ALLOW));
    program
}

/// Returns the instructions that follow once the number is that call's.
fn test(spec: &CallSpec, held: u32) -> Vec<sock_filter> {
    match spec.when {
        When::Always => vec![give(held)],
        When::OneOf(argument, values) => {
            let mut then = vec![load(argument_offset(argument))];
            for value in values {
                then.extend([jump(BPF_JEQ, *value, 0, 1), give(held)]);
            }
            then.push(give(SECCOMP_RET_ALLOW));
            then
        }
        When::Bits(masks) => {
            let mut then = Vec::new();
            for (argument, bits) in masks {
                then.extend([
                    load(argument_offset(*argument)),
                    op(BPF_ALU | BPF_AND | BPF_K, *bits),
                    jump(BPF_JEQ, *bits, 1, 0),
                    give(SECCOMP_RET_ALLOW),
                ]);
            }
            then.push(give(held));
            then
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_fits_the_kernel_limit() {
        // BPF_MAXINSNS of <linux/bpf_common.h>.
        assert!(program(Hold::Notify).len() < 4096);
    }
}
