//! The cookies that log a browser in, and where their values get to. Which these are is found by taking each away.

pub mod deleted_at_logout;
pub mod http_only;
pub mod id_elsewhere;
pub mod id_in_log;
pub mod lifetime;
pub mod same_site;
pub mod scope;
pub mod secure;
mod support;
