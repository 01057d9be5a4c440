//! What several scenarios of this area report of what was probed.

use interloper_engine::record::Action;
use interloper_engine::{Access, Lab, NodeAccess, Principal, Violation};

/// Reports everybody who read a secret or could write a file that holds one.
///
/// A file without a secret that others may read is no session: configuration, version stamps.
pub(super) fn report_reached(lab: &mut Lab<'_>, probed: &[NodeAccess], when: &str) {
    for one in probed {
        let path = &one.node.path;
        for (who, sighting) in one.who_saw_secret() {
            let fact = lab.probe_evidence(who, Action::Read, path, Some(&sighting));
            let sentence = format!("{{who}} read the session {when}");
            lab.report(Violation::new("read-secret", sentence).by([who]).evidence(fact));
        }
        if one.node.kind != interloper_engine::NodeKind::File {
            continue;
        }
        for who in one.who(Access::WRITE) {
            let fact = lab.probe_evidence(who, Action::Write, path, None);
            let sentence = format!("{{who}} can change what the store wrote {when}");
            lab.report(Violation::new("write", sentence).by([who]).evidence(fact));
        }
    }
}

/// Returns the principals that read a secret in any of it.
pub(super) fn readers(probed: &[NodeAccess]) -> Vec<Principal> {
    let mut who: Vec<Principal> =
        probed.iter().flat_map(|one| one.who_saw_secret()).map(|(who, _)| who).collect();
    who.sort_unstable();
    who.dedup();
    who
}

/// Returns the principals that could write any file of it.
pub(super) fn writers(probed: &[NodeAccess]) -> Vec<Principal> {
    let mut who: Vec<Principal> = probed
        .iter()
        .filter(|one| one.node.kind == interloper_engine::NodeKind::File)
        .flat_map(|one| one.who(Access::WRITE))
        .collect();
    who.sort_unstable();
    who.dedup();
    who
}
