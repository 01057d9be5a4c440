//! What HTTP clients send, and to whom: cookies, passwords and kept sessions, as they arrive at sites under several names.
//!
//! Each request is a process of its own that loads what the last one saved. A secret that arrives nowhere shows nothing, so each scenario sees it
//! arrive first where it belongs.

pub mod bound_to_host;
pub mod certificate;
pub mod deleted;
pub mod domain;
pub mod downgrade_auth;
pub mod downgrade_cookie;
pub mod expired;
pub mod foreign_domain;
pub mod given_cookie;
pub mod host_only;
pub mod path;
pub mod public_suffix;
pub mod read_only;
pub mod redirect_auth;
pub mod redirect_cookie;
pub mod secure;
pub mod secure_overwritten;
mod support;
pub mod survives;
