//! Who is in a sandbox: the principals and their ids.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An identity in the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Principal {
    /// Runs the store.
    Owner,
    /// Is in the owner's group.
    Groupmate,
    /// Shares nothing with the owner.
    Stranger,
    /// Uid 0 of the sandbox, for stores run as root: it owns what root owns there, and has no capability.
    Service,
}

impl Principal {
    /// Principals that have a prober.
    pub const PROBED: [Principal; 3] =
        [Principal::Owner, Principal::Groupmate, Principal::Stranger];

    /// Returns the word that stands for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Principal::Owner => "owner",
            Principal::Groupmate => "groupmate",
            Principal::Stranger => "stranger",
            Principal::Service => "service",
        }
    }

    /// Returns the principals that must not get at what this principal's store keeps.
    pub fn others(self) -> &'static [Principal] {
        match self {
            Principal::Service => &Principal::PROBED,
            _ => &[Principal::Groupmate, Principal::Stranger],
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Ids by which the kernel tells one principal from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The user id.
    pub uid: u32,
    /// The primary group id.
    pub gid: u32,
    /// The supplementary group ids.
    pub groups: Vec<u32>,
}

impl Identity {
    /// Returns whether the identity is in a group.
    pub fn in_group(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }
}

/// The ids of all principals of one sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    owner: Identity,
    groupmate: Identity,
    stranger: Identity,
    service: Identity,
    /// A group of the owner and the group-mate, as a project's shared directory has it.
    pub shared_group: u32,
    /// The uid of the supervisor in a user namespace, which no store has.
    pub(crate) supervisor: u32,
    /// The uid that probers have beside their principal's, so that nobody else may signal them.
    pub(crate) prober: u32,
}

/// The supervisor's uid, relative to the sandbox's first id, as those below.
const SUPERVISOR: u32 = 900;
/// The owner's uid and primary gid, relative to the sandbox's first id.
const OWNER: u32 = 1000;
const GROUPMATE: u32 = 1001;
const STRANGER: u32 = 1002;
const PROBER: u32 = 1999;
const SHARED_GROUP: u32 = 2000;
/// Ids a sandbox needs at the least; a delegated range must be this long.
pub(crate) const IDS_NEEDED: u32 = SHARED_GROUP + 1;

impl Ids {
    /// Returns the ids of a sandbox whose ids begin at `first`: 0 inside a user namespace.
    pub fn from_base(first: u32) -> Ids {
        let owner_gid = first + OWNER;
        let shared_group = first + SHARED_GROUP;
        Ids {
            owner: Identity {
                uid: first + OWNER,
                gid: owner_gid,
                groups: vec![owner_gid, shared_group],
            },
            groupmate: Identity {
                uid: first + GROUPMATE,
                gid: first + GROUPMATE,
                groups: vec![first + GROUPMATE, owner_gid, shared_group],
            },
            stranger: Identity {
                uid: first + STRANGER,
                gid: first + STRANGER,
                groups: vec![first + STRANGER],
            },
            service: Identity { uid: 0, gid: 0, groups: vec![0] },
            shared_group,
            supervisor: first + SUPERVISOR,
            prober: first + PROBER,
        }
    }

    /// Returns the ids of a run in which only one uid is there and the others are imagined.
    ///
    /// The shared group is the owner's own, since an unprivileged process can give files to no other.
    pub fn imagined(uid: u32, gid: u32, groups: Vec<u32>) -> Ids {
        let other = |n: u32| uid.wrapping_add(n) & 0x7fff_ffff;
        let nobody_gid = 0x7ffe_fff0_u32;
        Ids {
            owner: Identity { uid, gid, groups },
            groupmate: Identity { uid: other(1), gid: nobody_gid, groups: vec![nobody_gid, gid] },
            stranger: Identity { uid: other(2), gid: nobody_gid + 1, groups: vec![nobody_gid + 1] },
            service: Identity { uid: 0, gid: 0, groups: vec![0] },
            shared_group: gid,
            supervisor: uid,
            prober: uid,
        }
    }

    /// Returns the ids of one principal.
    pub fn of(&self, principal: Principal) -> &Identity {
        match principal {
            Principal::Owner => &self.owner,
            Principal::Groupmate => &self.groupmate,
            Principal::Stranger => &self.stranger,
            Principal::Service => &self.service,
        }
    }

    /// Returns whether a uid is of somebody in the sandbox.
    pub(crate) fn has_user(&self, uid: u32) -> bool {
        [&self.owner, &self.groupmate, &self.stranger].iter().any(|identity| identity.uid == uid)
    }

    /// Returns the `/etc/passwd` and `/etc/group` that name them: runtimes look themselves up.
    pub(crate) fn account_files(&self) -> (String, String) {
        let mut passwd = String::from("root:x:0:0:root:/home/service:/bin/sh\n");
        let mut group = String::from("root:x:0:\n");
        for principal in Principal::PROBED {
            let ids = self.of(principal);
            passwd +=
                &format!("{principal}:x:{}:{}::/home/{principal}:/bin/sh\n", ids.uid, ids.gid);
            let members = if principal == Principal::Owner { "groupmate" } else { "" };
            group += &format!("{principal}:x:{}:{members}\n", ids.gid);
        }
        passwd += "nobody:x:65534:65534::/nonexistent:/bin/sh\n";
        group += &format!("shared:x:{}:owner,groupmate\nnogroup:x:65534:\n", self.shared_group);
        (passwd, group)
    }
}
