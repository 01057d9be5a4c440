//! Causes as findings: sentences, severities, and the commands that end them.

use std::path::PathBuf;

use interloper_record::{Consequence, ScanCause, ScanFile, ScanFinding};
use sha2::{Digest, Sha256};

use super::accounts::Accounts;
use super::judge::{Group, Key, Reached};
use super::others::Who;
use super::shown::{mode, text, word};

/// Returns the findings, the worst first.
pub(crate) fn findings(
    groups: impl IntoIterator<Item = (Key, Group)>,
    accounts: &Accounts,
) -> Vec<ScanFinding> {
    let mut findings: Vec<ScanFinding> =
        groups.into_iter().map(|(key, group)| finding(&key, &group, accounts)).collect();
    findings.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| (a.cause, &a.at).cmp(&(b.cause, &b.at)))
    });
    findings
}

fn finding(key: &Key, group: &Group, accounts: &Accounts) -> ScanFinding {
    let who: Vec<String> = key.who.iter().map(|who| name(*who, &key.own, accounts)).collect();
    let at = match (&group.files[..], key.cause) {
        ([one], ScanCause::Readable | ScanCause::Writable) if group.more == 0 => shown_path(one),
        _ => key.dir.clone(),
    };
    let at = text(&at);
    ScanFinding {
        cause: key.cause,
        severity: group.consequence.severity(group.reach),
        consequence: group.consequence,
        reach: group.reach,
        sentence: sentence(key, group, &who.join(" and "), &at),
        condition: key.condition.clone(),
        files: group.files.iter().map(|reached| file(reached, accounts)).collect(),
        more: group.more,
        fixes: fixes(key, group, accounts),
        fingerprint: fingerprint(key, &at),
        at,
        who,
    }
}

fn name(who: Who, own: &[u32], accounts: &Accounts) -> String {
    match who {
        Who::Anyone => "any user".into(),
        Who::User(uid) => format!("user {}", accounts.user_name(uid)),
        Who::Group(gid) => {
            let members = accounts.members(gid, own).unwrap_or_default();
            let shown: Vec<&str> = members.iter().take(3).map(String::as_str).collect();
            let more = if members.len() > shown.len() { ", …" } else { "" };
            match shown.is_empty() {
                true => format!("group {}", accounts.group_name(gid)),
                false => format!("group {} ({}{more})", accounts.group_name(gid), shown.join(", ")),
            }
        }
    }
}

fn sentence(key: &Key, group: &Group, who: &str, at: &str) -> String {
    let count = group.files.len() as u64 + group.more;
    let what = match (&group.files[..], count) {
        ([one], 1) => described(one),
        _ => format!("{count} files in {}{}", text(&key.dir), of_tool(&key.tool)),
    };
    let dead = if group.consequence == Consequence::Hygiene {
        ", which holds no live credential"
    } else {
        ""
    };
    let clause = match key.cause {
        ScanCause::Readable => format!("{who} can read {what}{dead}"),
        ScanCause::Writable => format!("{who} can write to {what}"),
        ScanCause::Listed => {
            format!("{who} can list {at}, whose names are session ids{}", of_tool(&key.tool))
        }
        ScanCause::Inherited => {
            format!("the default ACL of {at} lets {who} read new files in it{}", of_tool(&key.tool))
        }
        ScanCause::Replaceable => {
            let verb = if group.exists { "replace" } else { "plant" };
            let what = match (&group.files[..], count) {
                ([one], 1) => described(one),
                _ => format!("{count} files that tools trust"),
            };
            format!("{who} can {verb} {what}: names in {at} are theirs to change")
        }
    };
    match &key.condition {
        Some(condition) => format!("{clause}, {condition}"),
        None => clause,
    }
}

fn of_tool(tool: &str) -> String {
    if tool.is_empty() { String::new() } else { format!(" ({tool})") }
}

fn described(file: &Reached) -> String {
    format!("{}{}", text(shown_path(file)), of_tool(file.tool.as_deref().unwrap_or_default()))
}

/// Returns the path, without a name that is a credential.
fn shown_path(file: &Reached) -> PathBuf {
    match (file.hidden, file.path.parent()) {
        (true, Some(dir)) => dir.join("*"),
        _ => file.path.clone(),
    }
}

fn file(reached: &Reached, accounts: &Accounts) -> ScanFile {
    ScanFile {
        path: text(shown_path(reached)),
        tool: reached.tool.clone(),
        mode: reached.component.as_ref().map(|component| mode(component, accounts)),
        holds: reached.format.map(str::to_owned),
    }
}

/// Returns the commands that end a cause; each is right for what was seen, and none is run.
fn fixes(key: &Key, group: &Group, accounts: &Accounts) -> Vec<String> {
    let dir = word(&key.dir);
    let mut fixes = Vec::new();
    match key.cause {
        ScanCause::Readable | ScanCause::Writable => of_files(key, group, accounts, &mut fixes),
        ScanCause::Listed => fixes.push(format!("chmod go-r -- {dir}")),
        ScanCause::Inherited => fixes.push(format!("setfacl -k -- {dir}")),
        ScanCause::Replaceable => {
            let is_owner = |who: &Who| matches!(who, Who::User(uid) if *uid == group.dir.uid);
            if key.who.iter().any(is_owner) {
                let owner = accounts.user_name(key.own.first().copied().unwrap_or(0));
                fixes.push(format!("chown -- {owner} {dir}"));
            }
            if !key.who.iter().all(is_owner) {
                if group.dir.acl.is_some() {
                    fixes.push(format!("setfacl -b -- {dir}"));
                }
                fixes.push(format!("chmod go-w -- {dir}"));
            }
        }
    }
    fixes
}

fn of_files(key: &Key, group: &Group, accounts: &Accounts, fixes: &mut Vec<String>) {
    let files = &group.files;
    let targets = match group.more == 0 && !files.iter().any(|file| file.hidden) {
        true => Some(files.iter().map(|file| word(&file.path)).collect::<Vec<_>>().join(" ")),
        // Too many to name, or not to be named.
        false => None,
    };
    let on_all = |command: &str| match &targets {
        Some(targets) => format!("{command} -- {targets}"),
        None => format!("find {} -maxdepth 1 -type f -exec {command} -- {{}} +", word(&key.dir)),
    };
    let of_another =
        |file: &&Reached| file.component.as_ref().is_some_and(|node| !key.own.contains(&node.uid));
    if let (Some(owner), true) = (key.own.first(), files.iter().any(|file| of_another(&file))) {
        fixes.push(on_all(&format!("chown -h {}", accounts.user_name(*owner))));
    }
    let has_acl = |file: &Reached| file.component.as_ref().is_some_and(|node| node.acl.is_some());
    if files.iter().any(has_acl) {
        fixes.push(on_all("setfacl -b"));
    }
    let is_lax =
        |file: &Reached| file.component.as_ref().is_some_and(|node| node.mode & 0o077 != 0);
    if files.iter().any(is_lax) {
        fixes.push(on_all("chmod go-rwx"));
    }
}

fn fingerprint(key: &Key, at: &str) -> String {
    let mut hash = Sha256::new();
    for part in [key.cause.as_str(), at, &key.tool, &format!("{:?}", key.who)] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
