//! What an application can be asked for.

use std::fmt;

use interloper_driver::{AppRequest, Application};

/// A request that an application's manifest names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppVerb {
    /// Makes a user.
    Register,
    /// Logs a user in.
    Login,
    /// Logs the user out.
    Logout,
    /// Shows who is logged in.
    Whoami,
    /// Keeps a value.
    Set,
    /// Shows the value.
    Get,
    /// Ends all sessions of the user.
    RevokeAll,
    /// Changes the user's password.
    ChangePassword,
}

impl AppVerb {
    /// Returns the key of the manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            AppVerb::Register => "register",
            AppVerb::Login => "login",
            AppVerb::Logout => "logout",
            AppVerb::Whoami => "whoami",
            AppVerb::Set => "set",
            AppVerb::Get => "get",
            AppVerb::RevokeAll => "revoke_all",
            AppVerb::ChangePassword => "change_password",
        }
    }

    /// Returns the request of an application; `None` if it has none.
    pub(crate) fn of(self, application: &Application) -> Option<&AppRequest> {
        match self {
            AppVerb::Register => application.register.as_ref(),
            AppVerb::Login => Some(&application.login),
            AppVerb::Logout => application.logout.as_ref(),
            AppVerb::Whoami => Some(&application.whoami),
            AppVerb::Set => application.set.as_ref(),
            AppVerb::Get => application.get.as_ref(),
            AppVerb::RevokeAll => application.revoke_all.as_ref(),
            AppVerb::ChangePassword => application.change_password.as_ref(),
        }
    }
}

impl fmt::Display for AppVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
