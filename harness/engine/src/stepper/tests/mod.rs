//! Both backends, with programs whose calls are known.

mod answering;
mod conformance;
mod endings;
mod held;
mod mending;
#[expect(unsafe_code, reason = "fork in a program with one thread, and a filter")]
mod programs;

/// Runs before main, with one thread: the programs, and what puts their filter on, are this test binary executed again.
#[expect(unsafe_code, reason = "the only place that is before the test harness starts threads")]
#[used]
#[unsafe(link_section = ".init_array")]
static ENTER: extern "C" fn() = {
    extern "C" fn enter() {
        // The other roles are no business of this binary, and a program is none.
        if std::env::var(crate::role::VARIABLE).as_deref() == Ok(super::entrance::ROLE) {
            crate::role::enter(&[], |_| None);
        }
        programs::enter();
    }
    enter
};
