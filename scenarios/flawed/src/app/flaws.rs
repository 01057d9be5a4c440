//! The flaws of the application, and the scenarios that must notice each.

use crate::planted::{self, Planted, PlantedFlaw, flaw};

/// What is done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    KeepsIdAtLogin,
    AdoptsAnyId,
    AcceptsUrlId,
    KeepsOldLogin,
    LogoutClientOnly,
    LogoutForgotten,
    RevokesOne,
    PasswordKeepsSessions,
    SharesLogin,
    UserInCookie,
    DigestInCookie,
    MatchesPrefix,
    NoHttpOnly,
    NoSameSite,
    NoSecure,
    LivesLong,
    WideDomain,
    DeletesElsewhere,
    IdInPage,
    IdInLog,
    ReadableFiles,
    VisitRevives,
    TouchRevives,
    ServesInTurn,
    LocksOwnProcess,
    SecondLogoutForgotten,
    LoginRevives,
    TrimsNames,
    IdFromTheClock,
    IdFromTheProcess,
    IdCounted,
    IdFromFewBits,
    IdIsTimeUuid,
}

/// Returns every flaw of the application.
pub fn app_flaws() -> impl Iterator<Item = &'static PlantedFlaw> {
    FLAWS.iter().map(|planted| &planted.entry)
}

/// Returns the flaw of this name.
pub(super) fn named(name: &str) -> Option<Flaw> {
    planted::named(FLAWS, name)
}

/// The scenarios that a session fails which a visit brings back.
const RACES: &[&str] = &[
    "lifecycle::logout_during_visit",
    "lifecycle::revoke_all_during_visit",
    "lifecycle::change_password_during_visit",
    "lifecycle::login_during_visit",
];

static FLAWS: &[Planted<Flaw>] = &[
    flaw(
        "trims-names",
        Flaw::TrimsNames,
        "the last cookie counts whose name is the session's after all white space of Unicode is taken off",
        &["CWE-20", "CWE-565"],
        &["parsers::logins"],
    ),
    flaw(
            "keeps-id-at-login",
            Flaw::KeepsIdAtLogin,
            "a login marks the session that the browser has already, and leaves its id",
            &["CWE-384"],
            &["lifecycle::own_id_planted"],
        )
    .may_fail(&["lifecycle::old_id_dead"]),
    flaw(
        "adopts-any-id",
        Flaw::AdoptsAnyId,
        "a login under an id that the application did not make makes a session with that id",
        &["CWE-384"],
        &["lifecycle::made_up_id"],
    ),
    flaw(
        "accepts-url-id",
        Flaw::AcceptsUrlId,
        "an id in the query of a URL is as good as one in a cookie",
        &["CWE-384", "CWE-598"],
        &["lifecycle::id_in_url"],
    ),
    flaw(
        "keeps-old-login",
        Flaw::KeepsOldLogin,
        "a second login in a browser leaves its first session alive",
        &["CWE-613"],
        &["lifecycle::old_id_dead"],
    ),
    flaw(
        "logout-client-only",
        Flaw::LogoutClientOnly,
        "a logout removes the cookie and leaves the session",
        &["CWE-613"],
        &["lifecycle::logout"],
    ),
    flaw(
        "logout-forgotten",
        Flaw::LogoutForgotten,
        "a logout is answered and does nothing",
        &["CWE-613"],
        &["lifecycle::logout", "cookies::deleted_at_logout"],
    ),
    flaw(
        "revokes-one",
        Flaw::RevokesOne,
        "ending all sessions ends the one that asks for it",
        &["CWE-613"],
        &["lifecycle::revoke_all"],
    ),
    flaw(
        "password-keeps-sessions",
        Flaw::PasswordKeepsSessions,
        "a change of the password leaves the user's other sessions alive",
        &["CWE-613"],
        &["lifecycle::change_password"],
    ),
    flaw(
            "shares-login",
            Flaw::SharesLogin,
            "the user who logged in last is a global variable, which all browsers with a session are shown",
            &["CWE-488"],
            &["lifecycle::identity"],
        )
    .may_fail(&["lifecycle::*", "cookies::*", "parsers::logins"]),
        // The value is found by the id alone, which the first three quarters hold.
    flaw(
            "user-in-cookie",
            Flaw::UserInCookie,
            "the user's name is read from a cookie that nothing protects",
            &["CWE-565"],
            &["lifecycle::tampered"],
        )
    .may_fail(&["lifecycle::truncated"]),
    flaw(
        "digest-in-cookie",
        Flaw::DigestInCookie,
        "the user is the one whose name has the SHA-256 in a cookie that nothing protects",
        &["CWE-565", "CWE-327"],
        &["lifecycle::tampered"],
    )
    .may_fail(&["lifecycle::truncated"]),
    flaw(
        "matches-prefix",
        Flaw::MatchesPrefix,
        "an id is looked up by its beginning",
        &["CWE-187"],
        &["lifecycle::truncated"],
    ),
    flaw(
        "no-httponly",
        Flaw::NoHttpOnly,
        "the cookie has no HttpOnly",
        &["CWE-1004"],
        &["cookies::http_only"],
    ),
    flaw(
        "no-samesite",
        Flaw::NoSameSite,
        "the cookie has no SameSite",
        &["CWE-1275"],
        &["cookies::same_site"],
    ),
    flaw(
        "no-secure",
        Flaw::NoSecure,
        "the cookie has no Secure though it is set over https",
        &["CWE-614"],
        &["cookies::secure"],
    ),
    flaw(
        "lives-long",
        Flaw::LivesLong,
        "the cookie ends after a year",
        &["CWE-613"],
        &["cookies::lifetime"],
    ),
    flaw(
        "wide-domain",
        Flaw::WideDomain,
        "the cookie is for all hosts below the application's",
        &["CWE-1275"],
        &["cookies::scope"],
    ),
    flaw(
        "deletes-elsewhere",
        Flaw::DeletesElsewhere,
        "a logout removes the cookie under another path than the one under which it was set",
        &["CWE-613"],
        &["cookies::deleted_at_logout"],
    ),
    flaw(
        "id-in-page",
        Flaw::IdInPage,
        "pages have links with the id in them",
        &["CWE-598"],
        &["cookies::id_elsewhere"],
    ),
    flaw(
        "id-in-log",
        Flaw::IdInLog,
        "each request is logged with its id",
        &["CWE-532"],
        &["cookies::id_in_log"],
    ),
    flaw(
        "readable-files",
        Flaw::ReadableFiles,
        "session files are named by the id, in a directory that others may list",
        &["CWE-538", "CWE-276"],
        &["seizure::from_disk"],
    ),
    flaw(
        "visit-revives",
        Flaw::VisitRevives,
        "a visit that changes the session reads it and writes it back without the lock",
        &["CWE-362"],
        RACES,
    ),
    flaw(
        "touch-revives",
        Flaw::TouchRevives,
        "a visit that only looks writes the session back as it was, without the lock",
        &["CWE-362"],
        RACES,
    ),
    flaw(
        "serves-in-turn",
        Flaw::ServesInTurn,
        "requests are answered one after the other, and that is all that keeps the processes of the application apart",
        &["CWE-362"],
        RACES,
    ),
    flaw(
        "locks-own-process",
        Flaw::LocksOwnProcess,
        "the lock is one that only the threads of one process respect",
        &["CWE-362", "CWE-667"],
        RACES,
    ),
    flaw(
        "second-logout-forgotten",
        Flaw::SecondLogoutForgotten,
        "each second logout of a user removes the cookie and leaves the session",
        &["CWE-613"],
        &["lifecycle::histories"],
    ),
    flaw(
        "login-revives",
        Flaw::LoginRevives,
        "a login brings back the sessions of the user that logouts have ended",
        &["CWE-613"],
        &["lifecycle::histories"],
    ),
    flaw(
        "id-from-the-clock",
        Flaw::IdFromTheClock,
        "ids are hashes of the time",
        &["CWE-337", "CWE-340"],
        &["lifecycle::unpredictable_id"],
    ),
    flaw(
        "id-from-the-process",
        Flaw::IdFromTheProcess,
        "ids are hashes of the process's number, the time and a count",
        &["CWE-337", "CWE-340"],
        &["lifecycle::unpredictable_id"],
    ),
    flaw(
        "id-counted",
        Flaw::IdCounted,
        "ids come from a generator with the same seed in each process",
        &["CWE-336", "CWE-340"],
        &["lifecycle::unpredictable_id"],
    ),
    flaw(
        "id-is-time-uuid",
        Flaw::IdIsTimeUuid,
        "ids are UUIDs of version 1: the time, and 62 bits that each process draws once",
        &["CWE-340"],
        &["lifecycle::unpredictable_id"],
    ),
    flaw(
        "id-from-few-bits",
        Flaw::IdFromFewBits,
        "ids are hashes of 32 random bits",
        &["CWE-334", "CWE-335"],
        &["lifecycle::unpredictable_id"],
    ),
];
