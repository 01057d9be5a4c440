//! What was answered and did not happen, or happened and was not asked for.

use interloper_driver::{Open, Session};

use crate::hardened::Steps;

pub(super) struct DropsHeaders;
impl Steps for DropsHeaders {
    fn kept(&self, session: &Session) -> Session {
        Session { headers: Vec::new(), ..session.clone() }
    }
}

pub(super) struct WritesOnReadOnly;
impl Steps for WritesOnReadOnly {
    fn read_only(&self, _: &Open) -> bool {
        false
    }
}
