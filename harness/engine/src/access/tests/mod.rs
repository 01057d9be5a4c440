mod acls;
mod kernel;
#[expect(unsafe_code, reason = "fork of processes that become other users")]
pub(crate) mod others;
mod tables;
mod trees;
mod walks;
