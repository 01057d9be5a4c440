//! Users and groups of the host, from `/etc/passwd` and `/etc/group`: a directory server could keep a scan waiting.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use interloper_engine::Identity;

/// A user of `/etc/passwd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) home: PathBuf,
}

/// Everybody whom the two files name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accounts {
    users: Vec<User>,
    groups: BTreeMap<u32, (String, BTreeSet<String>)>,
}

impl Accounts {
    /// Reads the host's files; what cannot be read names nobody.
    pub(crate) fn read() -> Accounts {
        let text = |path| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Accounts::parse(
            &text("/etc/passwd").unwrap_or_default(),
            &text("/etc/group").unwrap_or_default(),
        )
    }

    fn parse(passwd: &str, group: &str) -> Accounts {
        let users = passwd.lines().filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, uid, gid, _, home, _] = fields[..] else { return None };
            let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
            Some(User { name: name.into(), uid, gid, home: home.into() })
        });
        let groups = group.lines().filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, gid, members] = fields[..] else { return None };
            let members = members.split(',').filter(|name| !name.is_empty()).map(str::to_owned);
            Some((gid.parse().ok()?, (name.to_owned(), members.collect())))
        });
        Accounts { users: users.collect(), groups: groups.collect() }
    }

    /// Returns every user.
    pub(crate) fn users(&self) -> &[User] {
        &self.users
    }

    /// Returns the name of a user, or the number of one that has none.
    pub(crate) fn user_name(&self, uid: u32) -> String {
        let user = self.users.iter().find(|user| user.uid == uid);
        user.map_or_else(|| uid.to_string(), |user| user.name.clone())
    }

    /// Returns the name of a group, or the number of one that has none.
    pub(crate) fn group_name(&self, gid: u32) -> String {
        self.groups.get(&gid).map_or_else(|| gid.to_string(), |(name, _)| name.clone())
    }

    /// Returns the names of a group's members, but for some uids; `None` for a group that the file does not name.
    pub(crate) fn members(&self, gid: u32, but: &[u32]) -> Option<Vec<String>> {
        let listed = self.groups.get(&gid).map(|(_, members)| members);
        let primary = self.users.iter().filter(|user| user.gid == gid).map(|user| &user.name);
        let mut names: BTreeSet<&String> = primary.collect();
        if names.is_empty() && listed.is_none() {
            return None;
        }
        names.extend(listed.into_iter().flatten());
        let is_out =
            |name: &str| self.users.iter().any(|user| user.name == name && but.contains(&user.uid));
        Some(names.into_iter().filter(|name| !is_out(name)).cloned().collect())
    }

    /// Returns a user with all of the groups.
    pub(crate) fn identity(&self, uid: u32) -> Identity {
        let user = self.users.iter().find(|user| user.uid == uid);
        let is_in = |names: &BTreeSet<String>| user.is_some_and(|user| names.contains(&user.name));
        let groups = self.groups.iter().filter(|(_, (_, names))| is_in(names));
        let groups = groups.map(|(&gid, _)| gid).collect();
        Identity { uid, gid: user.map_or(NO_ID, |user| user.gid), groups }
    }
}

/// An id that nobody has: of a user whom nothing on the host names.
pub(crate) const NO_ID: u32 = 0x7ffe_fff1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_group_has_nobody_else() {
        let passwd = "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n";
        let accounts = Accounts::parse(passwd, "root:x:0:\nann:x:1000:\nstaff:x:50:ann,bob\n");
        assert_eq!(accounts.members(1000, &[1000]), Some(vec![]));
        assert_eq!(accounts.members(50, &[1000]), Some(vec!["bob".into()]));
        assert_eq!(accounts.members(1001, &[0]), Some(vec!["bob".into()]));
        assert_eq!(accounts.members(77, &[]), None);
        assert_eq!(accounts.identity(1001).groups, [50]);
        assert_eq!((accounts.user_name(1000), accounts.user_name(9)), ("ann".into(), "9".into()));
    }
}
