//! One program, several roles: the harness executes itself again to get a process with one thread and nothing inherited.

use std::collections::BTreeMap;

use interloper_driver::SessionStore;

use crate::scenario::Scenario;

/// The variable that names the role.
pub(crate) const VARIABLE: &str = "INTERLOPER_ROLE";
pub(crate) const SUPERVISOR: &str = "supervisor";
pub(crate) const JANITOR: &str = "janitor";
pub(crate) const DRIVER: &str = "driver:";

/// Makes a store; called in the driver's process.
pub type Make = fn() -> Box<dyn SessionStore>;

/// The adapters of a program, by name.
pub type Adapters = BTreeMap<String, Make>;

/// Takes the role this process was executed for, and does not return; returns at once in a process that has none.
///
/// Call it before anything else: a supervisor must be single-threaded.
pub fn enter(catalogue: &[&'static Scenario], adapters: impl FnOnce() -> Adapters) {
    let Ok(role) = std::env::var(VARIABLE) else { return };
    let code = match role.as_str() {
        SUPERVISOR => crate::supervisor::main(catalogue),
        JANITOR => crate::sandbox::janitor_main(),
        other => match other.strip_prefix(DRIVER) {
            Some(name) => drive(name, adapters()),
            None => {
                eprintln!("interloper: {VARIABLE}={other} is not a role");
                2
            }
        },
    };
    std::process::exit(code);
}

fn drive(name: &str, adapters: Adapters) -> i32 {
    let Some(make) = adapters.get(name) else {
        eprintln!("interloper: this program has no adapter named {name}");
        return 2;
    };
    match interloper_driver::serve(make().as_mut()) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("interloper: the driver of {name}: {error}");
            1
        }
    }
}
