//! `interloper check --profile protocol`: drivers, not stores.

use interloper_driver::SetupName;
use interloper_engine::{Error, Examination, Tier, Worker};
use interloper_record::Exit;

use super::text::{BOLD, GREEN, RED, clean, hanging, paint};
use crate::failure::Failure;
use crate::output::{self, complain};
use crate::run::{self, Subject};

/// The column in which sentences begin.
const COLUMN: usize = 8;

/// Tries each driver, in the setups that its target or `--setup` names or in all it has, and says of each thing that was tried whether it was right.
///
/// Exit code 1 when one is wrong, 2 when one cannot be started.
pub(crate) fn protocol(
    subjects: &[Subject],
    setups: &[SetupName],
    tier: Tier,
) -> Result<Exit, Failure> {
    let width = output::width();
    let mut exit = Exit::Clean;
    for subject in subjects {
        let Subject::Ready { spec, named, .. } = subject else {
            exit = worst(exit, Exit::Broken);
            continue;
        };
        let asked = Examination { setups: subject.asked(setups).to_vec(), whole: true };
        let tried = Worker::start_in(spec, tier)
            .and_then(|mut worker| Ok((worker.hello()?, worker.protocol(&asked)?)));
        let (hello, tried) = match tried {
            Ok(tried) => tried,
            Err(error) => {
                complain(&format!("{}: {}", spec.name, run::explain(&error, spec, tier)));
                let usage = matches!(error, Error::Driver(_));
                exit = worst(exit, if usage { Exit::Usage } else { Exit::Broken });
                continue;
            }
        };
        let name = run::own_name(&hello).filter(|_| !named).unwrap_or_else(|| spec.name.clone());
        let wrong = tried.iter().filter(|breach| breach.wrong.is_some()).count();
        let mut text = format!("{}\n", paint(BOLD, &clean(&name)));
        for breach in &tried {
            let what = clean(&breach.tried);
            match &breach.wrong {
                None => text += &hanging(&paint(GREEN, "  ok"), 4, COLUMN, &what, width),
                Some(why) => {
                    let said = format!("{what}: {}", clean(why));
                    text += &hanging(&paint(RED, "  wrong"), 7, COLUMN, &said, width);
                }
            }
        }
        let sum = match wrong {
            0 => paint(GREEN, "the driver keeps the protocol"),
            n => paint(RED, &format!("{n} of {} things that were tried are wrong", tried.len())),
        };
        text += &format!("  {sum}\n");
        output::print(&text)?;
        if wrong > 0 {
            exit = worst(exit, Exit::Findings);
        }
    }
    Ok(exit)
}

/// What is known to be wrong stays true whatever else could not be tried.
fn worst(a: Exit, b: Exit) -> Exit {
    match (a, b) {
        (Exit::Findings, _) | (_, Exit::Findings) => Exit::Findings,
        (Exit::Broken, _) | (_, Exit::Broken) => Exit::Broken,
        (Exit::Clean, other) => other,
        (usage, _) => usage,
    }
}
