//! One program, several roles: the harness executes itself again to get a process with one thread and nothing inherited.

use interloper_driver::SessionStore;

use crate::scenario::Scenario;
use crate::stepper::entrance;

/// The variable that names the role.
pub(crate) const VARIABLE: &str = "INTERLOPER_ROLE";
pub(crate) const SUPERVISOR: &str = "supervisor";
pub(crate) const JANITOR: &str = "janitor";
pub(crate) const DRIVER: &str = "driver:";

/// Takes the role this process was executed for, and does not return; returns at once in a process that has none.
///
/// Call it before anything else: a supervisor must be single-threaded. `make` gives the adapter of a name, in the driver's process.
pub fn enter(
    catalogue: &[&'static Scenario],
    make: impl FnOnce(&str) -> Option<Box<dyn SessionStore>>,
) {
    let Ok(role) = std::env::var(VARIABLE) else { return };
    let code = match role.as_str() {
        SUPERVISOR => crate::supervisor::main(catalogue),
        JANITOR => crate::sandbox::janitor_main(),
        other => {
            if let Err(error) = entrance::put_filter_on() {
                eprintln!("interloper: cannot hold the driver's calls: {error}");
                std::process::exit(2);
            }
            match other.strip_prefix(DRIVER) {
                Some(name) => drive(name, make(name)),
                None if other == entrance::ROLE => {
                    let error = entrance::become_program();
                    let program = std::env::args_os().nth(1).unwrap_or_default();
                    eprintln!("interloper: cannot execute {}: {error}", program.display());
                    2
                }
                None => {
                    eprintln!("interloper: {VARIABLE}={other} is not a role");
                    2
                }
            }
        }
    };
    std::process::exit(code);
}

fn drive(name: &str, store: Option<Box<dyn SessionStore>>) -> i32 {
    let Some(mut store) = store else {
        eprintln!("interloper: this program has no adapter named {name}");
        return 2;
    };
    match interloper_driver::serve(store.as_mut()) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("interloper: the driver of {name}: {error}");
            1
        }
    }
}
