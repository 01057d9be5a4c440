//! Sites, and clients that ask them well and badly.

use super::*;

/// Sends a request to a port that is free; gives the answer and what arrived.
fn asked(at: Ipv4Addr, page: Option<Page>, request: &[u8]) -> (String, Vec<Received>) {
    let mut sites = Sites::listen_at(&[0]).unwrap();
    let port = sites.listeners[0].local_addr().unwrap().port();
    sites.publish(page.map(|page| Page { port, ..page }).into_iter().collect());
    let mut stream = TcpStream::connect((at, port)).unwrap();
    stream.write_all(request).unwrap();
    sites.finish();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    (answer.replace(&port.to_string(), "PORT"), sites.take().unwrap())
}

#[test]
fn a_site_is_known_by_the_address_that_was_connected_to() {
    let page = Page::new("a.app.test", "/x").set("a=1; Path=/").to("http://evil.test/");
    let request = b"GET /x?y HTTP/1.1\r\nHost: evil.test\r\nCookie: b=2\r\n\r\n";
    let (answer, received) = asked(address(2), Some(page), request);
    assert!(answer.starts_with("HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\n"));
    assert!(answer.contains("\r\nSet-Cookie: a=1; Path=/\r\n"), "{answer}");
    assert_eq!(received[0].host, "a.app.test");
    assert!(received[0].line().starts_with("GET http://a.app.test:"), "{received:?}");
    assert_eq!(received[0].path(), "/x");
    assert_eq!(received[0].header("cookie").collect::<Vec<_>>(), [b"b=2"]);
    assert_eq!(received[0].raw, request);
}

#[test]
fn another_address_is_not_answered() {
    let request = b"GET / HTTP/1.1\r\n\r\n";
    let (answer, received) = asked(Ipv4Addr::LOCALHOST, None, request);
    assert!(answer.is_empty() && received.is_empty());
}

#[test]
fn what_is_no_whole_request_is_kept_and_not_answered() {
    let half: &[u8] = b"POST / HTTP/1.1\r\nContent-Length: 9\r\nCookie: a=1\r\n\r\n";
    let many = [b"GET / HTTP/1.1\r\n", "A: b\r\n".repeat(FIELDS + 1).as_bytes()].concat();
    let long = [b"GET /", &b"x".repeat(LONGEST + 1)[..]].concat();
    for request in [b"\x00\x01\r\n\r\n", half, b"GET /\r\nCookie: a=1\r\n\r\n", &many] {
        let (answer, received) = asked(address(1), None, request);
        assert!(answer.is_empty() && received.len() == 1, "{received:?}");
        assert!(received[0].method.is_empty() && received[0].raw == request);
        assert_eq!(received[0].host, "app.test");
    }
    let mut sites = Sites::listen_at(&[0]).unwrap();
    let port = sites.listeners[0].local_addr().unwrap().port();
    let mut stream = TcpStream::connect((address(1), port)).unwrap();
    stream.set_nonblocking(true).unwrap();
    let mut sent = 0;
    while sent < long.len() && sites.received.is_empty() {
        sent += stream.write(&long[sent..]).unwrap_or(0);
        sites.tend();
    }
    assert!(sites.take().unwrap()[0].raw.len() > LONGEST);
}

#[test]
#[cfg(feature = "tls")]
fn what_comes_in_clear_where_tls_is_due_is_kept_and_not_answered() {
    let mut sites = Sites::listen_at(&[0]).unwrap();
    sites.tls_port = sites.listeners[0].local_addr().unwrap().port();
    let mut stream = TcpStream::connect((address(1), sites.tls_port)).unwrap();
    let request = b"GET / HTTP/1.1\r\nCookie: a=1\r\n\r\n";
    stream.write_all(request).unwrap();
    sites.finish();
    let received = sites.take().unwrap();
    assert!(received[0].method.is_empty() && received[0].raw == request, "{received:?}");
    assert!(!received[0].tls && received[0].line().contains("http://app.test"), "{received:?}");
    assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn connections_that_ask_nothing_keep_no_other_from_asking() {
    let mut sites = Sites::listen_at(&[0]).unwrap();
    let port = sites.listeners[0].local_addr().unwrap().port();
    let idle: Vec<TcpStream> = (0..3 * CONNECTIONS)
        .map(|_| {
            let stream = TcpStream::connect((address(1), port)).unwrap();
            sites.tend();
            stream
        })
        .collect();
    let mut last = TcpStream::connect((address(2), port)).unwrap();
    last.write_all(b"GET /last HTTP/1.1\r\n\r\n").unwrap();
    sites.finish();
    assert_eq!(sites.take().unwrap()[0].target, "/last");
    drop(idle);
}

#[test]
fn every_name_has_a_line_and_an_address_has_none() {
    let hosts = hosts();
    assert!(hosts.contains("127.0.2.1 app.test\n"), "{hosts}");
    assert_eq!(hosts.lines().count(), SITES.len() - 1);
}
