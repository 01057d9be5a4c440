//! The flaws of the client, and the scenarios that must notice each.

use crate::planted::{self, Planted, PlantedFlaw, flaw};

/// A thing that is done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    SendsToSubdomain,
    MatchesEnding,
    TakesForeignDomain,
    TakesPublicSuffix,
    IgnoresPath,
    MatchesBeginningOfPath,
    SendsSecureInClear,
    CookiesFollowRedirect,
    GivenCookieFollows,
    PasswordFollowsRedirect,
    PasswordFollowsToPort,
    PasswordForAnyHost,
    PasswordForAnyPort,
    WritesWhenReadOnly,
    LogsWhenReadOnly,
    SendsRemoved,
    KeepsEndedInFile,
    SendsExpired,
    ForgetsHostOnly,
    ForgetsHttpOnly,
    SendsSecureAfterTls,
    OverwritesSecure,
    PasswordFollowsDowngrade,
    TakesAnyCertificate,
    TakesAnyName,
    TakesEndedCertificate,
}

/// Returns every flaw of the client.
pub fn client_flaws() -> impl Iterator<Item = &'static PlantedFlaw> {
    FLAWS.iter().map(|planted| &planted.entry)
}

/// Returns the flaw of this name.
pub(super) fn named(name: &str) -> Option<Flaw> {
    planted::named(FLAWS, name)
}

static FLAWS: &[Planted<Flaw>] = &[
    // A subdomain is one of the hosts that a redirect leads to.
    flaw(
        "sends-to-subdomain",
        Flaw::SendsToSubdomain,
        "a cookie without a domain is sent to the hosts below, too",
        &["CWE-201"],
        &["clients::host_only"],
    )
    .may_fail(&["clients::redirect_cookie"]),
    flaw(
        "matches-ending",
        Flaw::MatchesEnding,
        "a host is in a domain if its name ends with the same letters",
        &["CWE-201"],
        &["clients::domain"],
    ),
    flaw(
        "takes-foreign-domain",
        Flaw::TakesForeignDomain,
        "a host may set a cookie for any domain",
        &["CWE-346"],
        &["clients::foreign_domain"],
    ),
    flaw(
        "takes-public-suffix",
        Flaw::TakesPublicSuffix,
        "a host may set a cookie for the suffix that it shares with strangers",
        &["CWE-346"],
        &["clients::public_suffix"],
    ),
    flaw(
        "ignores-path",
        Flaw::IgnoresPath,
        "a cookie is sent whatever its path is",
        &["CWE-201"],
        &["clients::path"],
    )
    .may_fail(&["clients::survives"]),
    flaw(
        "matches-beginning-of-path",
        Flaw::MatchesBeginningOfPath,
        "an address is below a path if it begins with the same letters",
        &["CWE-201"],
        &["clients::path"],
    ),
    flaw(
        "sends-secure-in-clear",
        Flaw::SendsSecureInClear,
        "Secure is not looked at",
        &["CWE-319"],
        &["clients::secure"],
    )
    .may_fail(&["clients::downgrade_cookie", "clients::secure_overwritten"]),
    // In one process every address is asked with the cookies of the first.
    flaw(
        "cookies-follow-redirect",
        Flaw::CookiesFollowRedirect,
        "the cookies of the first address are sent to all that it redirects to",
        &["CWE-201"],
        &["clients::redirect_cookie"],
    )
    .may_fail(&["clients::survives", "clients::downgrade_cookie"]),
    flaw(
        "given-cookie-follows",
        Flaw::GivenCookieFollows,
        "a cookie that the user gives is sent to all that the address redirects to",
        &["CWE-201"],
        &["clients::given_cookie"],
    ),
    flaw(
        "password-follows-redirect",
        Flaw::PasswordFollowsRedirect,
        "the password is sent to all that the address redirects to",
        &["CWE-522"],
        &["clients::redirect_auth"],
    )
    .may_fail(&["clients::downgrade_auth"]),
    flaw(
        "password-follows-to-port",
        Flaw::PasswordFollowsToPort,
        "the password is sent to another port of the same host",
        &["CWE-522"],
        &["clients::redirect_auth"],
    )
    .may_fail(&["clients::downgrade_auth"]),
    // A password that was kept before goes along with any request.
    flaw(
        "password-for-any-host",
        Flaw::PasswordForAnyHost,
        "the session keeps the password and not its host",
        &["CWE-522"],
        &["clients::bound_to_host"],
    )
    .may_fail(&["clients::redirect_auth"]),
    flaw(
        "password-for-any-port",
        Flaw::PasswordForAnyPort,
        "the session keeps the host of the password and not its port",
        &["CWE-522"],
        &["clients::bound_to_host"],
    ),
    flaw(
        "writes-when-read-only",
        Flaw::WritesWhenReadOnly,
        "a read-only run saves the session",
        &["CWE-471"],
        &["clients::read_only"],
    ),
    flaw(
        "logs-when-read-only",
        Flaw::LogsWhenReadOnly,
        "each run adds a line to a log beside the session, a read-only one too",
        &["CWE-471"],
        &["clients::read_only"],
    ),
    flaw(
        "sends-removed",
        Flaw::SendsRemoved,
        "a cookie that the server removes stays",
        &["CWE-613"],
        &["clients::deleted"],
    ),
    flaw(
        "keeps-ended-in-file",
        Flaw::KeepsEndedInFile,
        "a cookie that has ended is not sent, and stays in the file",
        &["CWE-212"],
        &["clients::deleted"],
    ),
    flaw(
        "sends-expired",
        Flaw::SendsExpired,
        "the end of a cookie is not looked at",
        &["CWE-613"],
        &["clients::expired"],
    )
    .may_fail(&["clients::deleted"]),
    flaw(
        "forgets-host-only",
        Flaw::ForgetsHostOnly,
        "the file does not say that a cookie had no domain",
        &["CWE-201"],
        &["clients::survives"],
    )
    .may_fail(&["clients::host_only", "clients::redirect_cookie"]),
    flaw(
        "forgets-http-only",
        Flaw::ForgetsHttpOnly,
        "cookies with HttpOnly are not saved",
        &["CWE-471"],
        &["clients::survives"],
    ),
    flaw(
        "sends-secure-after-tls",
        Flaw::SendsSecureAfterTls,
        "a Secure cookie that https set is sent over plain http",
        &["CWE-319"],
        &["clients::downgrade_cookie"],
    ),
    flaw(
        "overwrites-secure",
        Flaw::OverwritesSecure,
        "an answer in clear replaces a Secure cookie",
        &["CWE-345"],
        &["clients::secure_overwritten"],
    ),
    flaw(
        "password-follows-downgrade",
        Flaw::PasswordFollowsDowngrade,
        "a password that was given for https follows a redirect to plain http at the same host",
        &["CWE-319", "CWE-522"],
        &["clients::downgrade_auth"],
    ),
    flaw(
        "takes-any-certificate",
        Flaw::TakesAnyCertificate,
        "certificates are not looked at",
        &["CWE-295"],
        &["clients::certificate"],
    ),
    flaw(
        "takes-any-name",
        Flaw::TakesAnyName,
        "a certificate may be for any name",
        &["CWE-297"],
        &["clients::certificate"],
    ),
    flaw(
        "takes-ended-certificate",
        Flaw::TakesEndedCertificate,
        "a certificate may have ended",
        &["CWE-298"],
        &["clients::certificate"],
    ),
];
