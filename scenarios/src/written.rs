//! What a save writes, and two sessions whose files change places.

use std::collections::BTreeMap;
use std::path::PathBuf;

use interloper_engine::{Abort, CaseResult, Lab, Loaded, NodeKind, Shape};

use crate::support::try_load;

/// Saves a session, and gives the files that this made or wrote anew, with what is in them.
///
/// Secrets cannot be searched for in what is encrypted, and so this is how a session's files are found.
pub(crate) fn save_and_see(
    lab: &mut Lab<'_>,
    id: &str,
    slot: u16,
    shape: &Shape,
) -> CaseResult<BTreeMap<PathBuf, Vec<u8>>> {
    lab.finish_store()?;
    let before = lab.tree()?;
    lab.must_save(id, slot, shape)?;
    lab.finish_store()?;
    let after = lab.tree()?;
    after
        .changed_since(&before)
        .filter(|node| node.kind == NodeKind::File)
        .map(|node| Ok((node.path.clone(), lab.read(&node.path)?)))
        .collect()
}

/// Saves two sessions, lets their files change places, and gives the ids that load the other's session then.
pub(crate) fn exchange(lab: &mut Lab<'_>, shape: &Shape) -> CaseResult<Vec<&'static str>> {
    lab.must_save("alpha", 2, shape)?;
    lab.must_save("beta", 3, shape)?;
    // Other sessions, now that everything else is there: what is written is the session alone.
    let alpha = save_and_see(lab, "alpha", 0, shape)?;
    let beta = save_and_see(lab, "beta", 1, shape)?;
    let (Some((of_alpha, first)), Some((of_beta, second))) =
        (alpha.iter().next(), beta.iter().next())
    else {
        return Err(Abort::Ineffective("no file was found that a save wrote".into()));
    };
    if alpha.len() != 1 || beta.len() != 1 || of_alpha == of_beta {
        return Err(Abort::Unsupported("needs a file for each session".into()));
    }
    lab.overwrite(of_alpha, second)?;
    lab.overwrite(of_beta, first)?;
    lab.record(
        format!("exchange {} and {}", lab.display_path(of_alpha), lab.display_path(of_beta)),
        "",
    );
    let mut exchanged = Vec::new();
    for (id, theirs) in [("alpha", 1), ("beta", 0)] {
        if let Ok(Loaded::Present(session)) = try_load(lab, id)?
            && lab.slots_of(&session).contains(&theirs)
        {
            exchanged.push(id);
        }
    }
    Ok(exchanged)
}
