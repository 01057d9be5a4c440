//! `interloper` alone: what it is, what to try, and what this host can do.

use interloper::CATALOGUE;
use interloper_engine::Tier;
use interloper_record::Exit;

use super::text::{BOLD, GREEN, RED, YELLOW, hanging, paint};
use crate::failure::Failure;
use crate::output;
use crate::run;

const TRY: [(&str, &str); 6] = [
    (
        "interloper check hardened cookie_store",
        "two bundled stores: one that holds, one as its documentation shows it",
    ),
    (
        "interloper trace cookie_store save",
        "every system call of a save, and what each other user had after it",
    ),
    (
        "interloper check --stdin '{secret}' -- mytool login",
        "any command that keeps a secret, without a driver",
    ),
    ("interloper check --driver 'python3 driver.py'", "your own store, in any language"),
    ("interloper scan", "which session files of this host other users can read now"),
    ("interloper scenarios", "what is checked"),
];

/// One screen for whoever meets this for the first time.
pub(crate) fn overview() -> Result<Exit, Failure> {
    let width = output::width();
    let mut text = format!(
        "{} {} tells what another user can do to your sessions.\n\n",
        paint(BOLD, "Interloper"),
        env!("CARGO_PKG_VERSION")
    );
    text += &hanging(
        "",
        0,
        0,
        &format!(
            "It runs a session store (files, databases, cookie jars) as a real user of a multi-user sandbox, under every umask, and \
             plays everybody else. {} scenarios say what must hold; what does not is told with the shortest story that shows it, and a \
             command that replays it.",
            CATALOGUE.len()
        ),
        width,
    );
    text += "\nTry:\n";
    for (command, what) in TRY {
        text += &format!("  {}\n", paint(BOLD, command));
        text += &hanging("", 0, 6, what, width);
    }
    text.push('\n');
    text += &hanging("This host:", 10, 11, &host(), width);
    text += "Help:      interloper help check; the manual is in docs/ of the source\n";
    output::print(&text)?;
    Ok(Exit::Clean)
}

fn host() -> String {
    match run::tier(None) {
        Ok(Tier::Namespaces) => {
            format!(
                "{}: other users are real, each sandbox has namespaces of its own",
                paint(GREEN, "tier namespaces")
            )
        }
        Ok(Tier::Uids) => format!(
            "{}: other users are real, without namespaces; `interloper doctor` says how to get them",
            paint(YELLOW, "tier uids")
        ),
        Ok(Tier::Predicted) => format!(
            "{}: what others could do is computed, not tried; `interloper doctor` says how to have it tried",
            paint(YELLOW, "tier predicted")
        ),
        Err(error) => {
            format!("{}: {error}; see `interloper doctor`", paint(RED, "nothing can be run here"))
        }
    }
}
