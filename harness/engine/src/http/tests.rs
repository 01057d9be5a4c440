//! Servers that do anything but answer, each a typed outcome; and the jar.

use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::response::{BODY_LIMIT, HEAD_LIMIT};
use super::*;

/// Patience until a moment, for tests.
struct Until(Instant);

impl Until {
    fn soon() -> Until {
        Until(Instant::now() + Duration::from_secs(20))
    }
}

impl Patience for Until {
    fn wait(&mut self, socket: BorrowedFd<'_>, events: PollFlags) -> Result<(), HttpError> {
        let left = self.0.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(socket, events)], timeout) {
            Ok(0) => Err(HttpError::Late("the test's time is up".into())),
            _ => Ok(()),
        }
    }
}

/// Asks a server that does this with the connection.
fn ask(serve: impl FnOnce(UnixStream) + Send + 'static) -> Result<HttpResponse, HttpError> {
    ask_for(Until::soon(), b"GET / HTTP/1.1\r\n\r\n".to_vec(), serve)
}

fn ask_for(
    mut patience: Until,
    request: Vec<u8>,
    serve: impl FnOnce(UnixStream) + Send + 'static,
) -> Result<HttpResponse, HttpError> {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let server = std::thread::spawn(move || serve(theirs));
    let mut asking = Exchange::new(ours.into(), "GET", request);
    let answer = asking.finish(&mut patience);
    drop(asking);
    server.join().unwrap();
    answer
}

/// A server that reads a request and writes this.
fn says(answer: &'static [u8]) -> impl FnOnce(UnixStream) + Send + 'static {
    move |mut stream| {
        let mut request = [0; 1024];
        let _ = stream.read(&mut request);
        let _ = stream.write_all(answer);
    }
}

#[test]
fn repeated_fields_and_strange_bytes_are_kept_as_they_came() {
    let answer = b"HTTP/1.1 302 Found\r\nset-cookie: a=1\r\nSet-Cookie: b=\xff\r\nContent-Length: 2\r\n\r\nhi";
    let response = ask(says(answer)).unwrap();
    assert_eq!(response.status, 302);
    assert_eq!(response.header("SET-COOKIE").collect::<Vec<_>>(), [&b"a=1"[..], b"b=\xff"]);
    assert_eq!(response.headers[0].0, "set-cookie");
    assert_eq!(response.body, b"hi");
    assert_eq!([&response.head[..], b"hi"].concat(), answer);
    assert!(response.contains(b"\xff") && response.contains(b"hi") && !response.contains(b""));
}

#[test]
fn the_end_of_a_body_is_known_in_each_of_the_three_ways() {
    let body = |answer| ask(says(answer)).unwrap().body;
    assert_eq!(body(b"HTTP/1.1 200 OK\r\n\r\nuntil closed"), b"until closed");
    assert_eq!(
        body(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"),
        b"abcde"
    );
    assert_eq!(body(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef"), b"abc");
    assert_eq!(body(b"HTTP/1.1 204 No Content\r\n\r\n"), b"");
    assert_eq!(
        body(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"),
        b"x"
    );
}

#[test]
fn a_server_that_sends_byte_by_byte_is_read_to_the_end() {
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let response = ask(move |mut stream| {
        for byte in answer {
            stream.write_all(&[*byte]).unwrap();
        }
    });
    assert_eq!(response.unwrap().body, b"abc");
}

#[test]
fn a_connection_that_ends_early_is_told_with_the_part_that_is_missing() {
    let short = |answer| match ask(says(answer)) {
        Err(HttpError::Short { part, got, .. }) => (part, got),
        other => panic!("{other:?}"),
    };
    assert_eq!(short(b""), ("head", 0));
    assert_eq!(short(b"HTTP/1.1 200 OK\r\nConte"), ("head", 22));
    assert_eq!(short(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").0, "body");
    assert_eq!(short(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab").0, "body");
}

#[test]
fn garbage_is_told_as_garbage() {
    for answer in [
        &b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..],
        b"\x00\x01\x02\x03\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
    ] {
        let told = ask(says(answer));
        assert!(
            matches!(told, Err(HttpError::Garbage(_))),
            "{:?}: {told:?}",
            answer.escape_ascii()
        );
    }
    let endless = ask(|mut stream| while stream.write_all(b"HTTP/1.1 100 Go\r\n\r\n").is_ok() {});
    assert!(matches!(endless, Err(HttpError::Garbage(_))), "{endless:?}");
}

#[test]
fn an_answer_without_end_is_cut_off_at_a_bound() {
    let head = ask(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX: ");
        while stream.write_all(&[b'a'; 4096]).is_ok() {}
    });
    assert_eq!(head, Err(HttpError::TooLong { part: "head", limit: HEAD_LIMIT }));
    let body = ask(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'a'; 65536]).is_ok() {}
    });
    assert_eq!(body, Err(HttpError::TooLong { part: "body", limit: BODY_LIMIT }));
    let said = ask(says(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"));
    assert_eq!(said, Err(HttpError::TooLong { part: "body", limit: BODY_LIMIT }));
    for chunk in [&b"1\r\na\r\n"[..], b"40000000\r\na"] {
        let chunked = ask(move |mut stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            while stream.write_all(&chunk.repeat(4096)).is_ok() {}
        });
        assert_eq!(chunked, Err(HttpError::TooLong { part: "body", limit: BODY_LIMIT }));
    }
}

#[test]
fn a_server_that_says_nothing_is_late() {
    let patience = Until(Instant::now());
    let told = ask_for(patience, b"GET / HTTP/1.1\r\n\r\n".to_vec(), |mut stream| {
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
    });
    assert!(matches!(told, Err(HttpError::Late(_))), "{told:?}");
}

#[test]
fn a_server_that_answers_before_it_has_read_the_request_has_answered() {
    let request = vec![b'a'; 8 << 20];
    let answer = ask_for(Until::soon(), request, |mut stream| {
        stream.write_all(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    assert_eq!(answer.unwrap().status, 413);
}

#[test]
fn a_socket_is_connected_to_and_nothing_else_that_its_path_leads_to() {
    let dir = tempfile::tempdir().unwrap();
    let dir = std::fs::canonicalize(dir.path()).unwrap();
    let uid = nix::unistd::geteuid().as_raw();
    let at = |name: &str| Address::Unix { path: dir.join(name), uid };
    let listener = UnixListener::bind(dir.join("real")).unwrap();
    std::os::unix::fs::symlink(dir.join("real"), dir.join("link")).unwrap();
    std::fs::write(dir.join("file"), "").unwrap();
    let told = |at: &Address| connect(at).map(|_| ());
    assert_eq!(told(&at("real")), Ok(()));
    assert!(matches!(told(&at("link")), Err(HttpError::Address { .. })));
    assert!(matches!(told(&at("file")), Err(HttpError::Address { .. })));
    assert!(matches!(told(&at("none")), Err(HttpError::Refused { .. })));
    let other = Address::Unix { path: dir.join("real"), uid: uid + 1 };
    assert!(matches!(told(&other), Err(HttpError::Address { .. })));
    // A child that another test forked meanwhile has it open as well: what is shut down is so for all.
    nix::sys::socket::shutdown(listener.as_raw_fd(), nix::sys::socket::Shutdown::Both).unwrap();
    drop(listener);
    assert!(matches!(told(&at("real")), Err(HttpError::Refused { .. })));
    assert!(connect(&at("real")).is_err());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = Address::Port(port.local_addr().unwrap().port());
    let stream = connect(&at).unwrap();
    assert!(stream.as_fd().try_clone_to_owned().is_ok());
    drop(port);
    assert!(matches!(told(&at), Err(HttpError::Refused { .. })));
}

#[test]
fn a_request_says_how_long_it_is_and_that_it_is_the_last() {
    let request = HttpRequest::new("POST", "/login").header("Host", "app.test");
    let request = HttpRequest { body: b"a=b".to_vec(), ..request };
    let expected = "POST /login HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\nConnection: close\r\n\r\na=b";
    assert_eq!(String::from_utf8(request.bytes()).unwrap(), expected);
    assert!(!HttpRequest::new("GET", "/").bytes().windows(14).any(|w| w == b"Content-Length"));
}

#[test]
fn a_form_is_encoded_and_its_hidden_field_found() {
    assert_eq!(encode_form([("a b", "1&2=ü"), ("c", "")]), "a+b=1%262%3D%C3%BC&c=");
    let page = br#"<!-- <input> --><form><input type=hidden name='csrf' value="a&amp;b"/><INPUT name=other value=x></form>"#;
    assert_eq!(hidden_field(page, "csrf").as_deref(), Some("a&b"));
    assert_eq!(hidden_field(page, "other").as_deref(), Some("x"));
    assert_eq!(hidden_field(page, "none"), None);
    assert_eq!(
        hidden_field(b"<meta name=csrf-token content=t>", "csrf-token").as_deref(),
        Some("t")
    );
    for torn in [
        &b"<input name=a value=\"x"[..],
        b"<input name",
        b"<input =",
        b"<",
        b"<inputs name=a value=b>",
    ] {
        hidden_field(torn, "a");
    }
}

mod cookies {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn origin(host: &str, secure: bool) -> Origin {
        Origin { host: host.into(), secure }
    }

    fn set(jar: &mut Jar, url: &str, field: &str) -> Result<Kept, NotKept> {
        let (origin, path) = split(url);
        jar.set(&origin, path, field.as_bytes(), NOW)
    }

    fn sent(jar: &Jar, url: &str) -> String {
        let (origin, path) = split(url);
        jar.field(&origin, path, NOW).map(|f| String::from_utf8(f).unwrap()).unwrap_or_default()
    }

    fn split(url: &str) -> (Origin, &str) {
        let (scheme, rest) = url.split_once("://").unwrap();
        let at = rest.find('/').unwrap_or(rest.len());
        (origin(&rest[..at], scheme == "https"), &rest[at..])
    }

    #[test]
    fn a_cookie_goes_to_its_host_and_path_alone() {
        let mut jar = Jar::default();
        set(&mut jar, "http://app.test/a/login", "one=1").unwrap();
        set(&mut jar, "http://app.test/a/login", "all=2; Path=/").unwrap();
        set(&mut jar, "http://app.test/", "sub=3; Domain=app.test").unwrap();
        assert_eq!(sent(&jar, "http://app.test/a"), "one=1; all=2; sub=3");
        assert_eq!(sent(&jar, "http://app.test/ab"), "all=2; sub=3");
        assert_eq!(sent(&jar, "http://a.app.test/a"), "sub=3");
        assert_eq!(sent(&jar, "http://evilapp.test/"), "");
        for domain in ["other.test", "test", "b.app.test", "pp.test"] {
            let field = format!("x=1; Domain={domain}");
            assert_eq!(set(&mut jar, "http://app.test/", &field), Err(NotKept::Domain), "{domain}");
        }
    }

    #[test]
    fn a_secure_cookie_is_set_and_sent_over_https_alone_and_not_overwritten_without() {
        let mut jar = Jar::default();
        assert_eq!(set(&mut jar, "http://app.test/", "a=1; Secure"), Err(NotKept::Insecure));
        assert_eq!(set(&mut jar, "https://app.test/", "a=1; Secure"), Ok(Kept::Added));
        assert_eq!(sent(&jar, "http://app.test/"), "");
        assert_eq!(sent(&jar, "https://app.test/"), "a=1");
        assert_eq!(set(&mut jar, "http://app.test/", "a=2"), Err(NotKept::OverSecure));
        assert_eq!(set(&mut jar, "https://app.test/", "a=2"), Ok(Kept::Replaced));
        assert_eq!(
            set(&mut jar, "https://app.test/", "b=1; SameSite=None"),
            Err(NotKept::NoneNotSecure)
        );
    }

    #[test]
    fn prefixes_are_promises() {
        let mut jar = Jar::default();
        for field in
            ["__Host-a=1; Secure; Path=/; Domain=app.test", "__Host-a=1; Path=/", "__secure-a=1"]
        {
            assert_eq!(set(&mut jar, "https://app.test/", field), Err(NotKept::Prefix), "{field}");
        }
        assert_eq!(
            set(&mut jar, "https://app.test/", "__Host-a=1; Secure; Path=/"),
            Ok(Kept::Added)
        );
    }

    #[test]
    fn a_deletion_is_one_under_the_same_name_domain_and_path() {
        let mut jar = Jar::default();
        set(&mut jar, "http://app.test/", "a=1; Path=/x").unwrap();
        let gone = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(
            set(&mut jar, "http://app.test/", &format!("a=; {gone}; Path=/")),
            Ok(Kept::RemovedNone)
        );
        assert_eq!(sent(&jar, "http://app.test/x"), "a=1");
        assert_eq!(
            set(&mut jar, "http://app.test/", "a=; Max-Age=0; Path=/x; Domain=app.test"),
            Ok(Kept::RemovedNone)
        );
        assert_eq!(set(&mut jar, "http://app.test/", "a=; Max-Age=-5; Path=/x"), Ok(Kept::Removed));
        assert_eq!(sent(&jar, "http://app.test/x"), "");
    }

    #[test]
    fn max_age_wins_over_expires_and_400_days_over_both() {
        let mut jar = Jar::default();
        let field = "a=1; Max-Age=9999999999; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(set(&mut jar, "http://app.test/", field), Ok(Kept::Added));
        assert_eq!(jar.cookies()[0].expires, Some(NOW + 400 * 24 * 3600));
        let app = origin("app.test", false);
        assert!(jar.field(&app, "/", NOW + 400 * 24 * 3600).is_none());
    }
}
