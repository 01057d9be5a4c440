//! Who can get at what the store keeps, at rest.

pub mod any_history;
pub mod close_on_exec;
pub mod default_acl_parent;
pub mod directories;
pub mod kept_descriptors;
pub mod leftovers;
pub mod mode_owner_only;
pub mod names;
pub mod nobody_reaches;
pub mod private_home_untouched;
mod reached;
pub mod service_umask;
pub mod setgid_parent;
pub mod side_files;
pub mod update_keeps_or_narrows;
