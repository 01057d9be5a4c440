//! Readings that differ, each with its words.

use super::super::change::tests::MADE;
use super::*;

fn pairs(pairs: &[(&str, &str)]) -> Vec<Pair> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn found(header: &str, read: &[(&str, &str)]) -> Vec<&'static str> {
    let due = reference(header.as_bytes());
    let found = differences(header.as_bytes(), &due, &pairs(read));
    found.into_iter().map(Difference::as_str).collect()
}

#[test]
fn no_difference_is_none_and_an_order_is_none() {
    assert_eq!(found("a=1; b=2", &[("b", "2"), ("a", "1")]), [""; 0]);
}

#[test]
fn a_prefix_that_was_not_sent_is_forged_however_it_came_about() {
    for header in
        ["__%48ost-id=7", "..Host-id=7", "=__Host-id=7", "a=1,__Host-id=7", "\u{85}__Host-id=7"]
    {
        assert!(found(header, &[("__Host-id", "7")]).contains(&"forged-prefix"), "{header}");
    }
    assert_eq!(found("__host-id=7", &[("__host-id", "7")]), [""; 0]);
    assert_eq!(found("__Host-id", &[("__Host-id", "")]), ["bare"]);
}

#[test]
fn what_was_smuggled_in_and_what_was_hidden_are_two() {
    assert_eq!(found("=b=2; a=1", &[("b", "2"), ("a", "1")]), ["added"]);
    let hidden = found("a=\"1; b=2\"; c=3", &[("a", "1; b=2"), ("c", "3")]);
    assert_eq!(hidden, ["swallowed", "unquoted"]);
}

#[test]
fn of_two_of_a_name_the_one_that_is_kept_is_known() {
    assert_eq!(found("a=1; a=2", &[("a", "2")]), ["last-of-several"]);
    assert_eq!(found("a=1; a=2", &[("a", "1")]), ["first-of-several"]);
    assert_eq!(found("a=1; a=\"2\"", &[("a", "2")]), ["last-of-several", "unquoted"]);
    assert_eq!(found("a=1; a=2", &[("a", "2"), ("a", "1")]), [""; 0]);
}

#[test]
fn a_well_formed_cookie_that_is_missing_is_lost_and_another_is_left_out() {
    assert_eq!(found("a(b)=1; c=2", &[]), ["lost", "ignored"]);
    assert_eq!(found("a(b)=1; c=2", &[("c", "2")]), ["ignored"]);
}

#[test]
fn white_space_that_stays_and_cookies_that_are_joined_are_known() {
    assert_eq!(found(" a = 1", &[(" a ", " 1")]), ["padded"]);
    assert_eq!(found("a =1; b=2", &[("b", "2")]), ["ignored"]);
    assert_eq!(found("a =1", &[("a_", "1")]), ["renamed"]);
    assert_eq!(found("a=1; a=2", &[("a", "1&2")]), ["joined"]);
    assert_eq!(found("a.b=1; a_b=2", &[("a_b", "1")]), ["first-of-several", "renamed"]);
}

#[test]
fn a_prefix_that_was_sent_stays_one() {
    assert_eq!(found("__Host-\u{e9}=7", &[("__Host-\u{c3}\u{a9}", "7")]), ["renamed"]);
    assert_eq!(found("b; b=1", &[("b", ""), ("b", "1")]), ["bare"]);
    assert_eq!(found(" =1; a=2", &[(" ", "1"), ("a", "2")]), ["nameless"]);
}

#[test]
fn names_without_values_are_no_new_cookies() {
    assert_eq!(found("x; a=1", &[("x", ""), ("a", "1")]), ["bare"]);
    assert_eq!(found("x; a=1", &[("", "x"), ("a", "1")]), ["nameless"]);
}
#[test]
fn a_plain_cookie_that_is_not_read_as_it_was_sent_is_lost() {
    assert_eq!(found("sid=7f3a; b=2", &[("sid", "7f"), ("b", "2")]), ["lost", "cut"]);
    assert_eq!(found("SessionId=7; b=2", &[("sessionid", "7"), ("b", "2")]), ["lost", "renamed"]);
    assert_eq!(found("sid=7f3a; b=2", &[("sid", "4"), ("b", "2")]), ["lost", "other"]);
    // Of an odd header, and of what a parser may decode, it is a difference alone.
    assert_eq!(found("sid=7,f; b=2", &[("sid", "7"), ("b", "2")]), ["cut"]);
    assert_eq!(found("sid=%41; b=2", &[("sid", "A"), ("b", "2")]), ["decoded"]);
    assert_eq!(found("a=1; A=2", &[("a", "2")]), ["first-of-several", "renamed"]);
}

#[test]
fn what_a_search_came_upon_has_its_word() {
    // http.cookies: a blank ends a cookie, and the part behind it beats one of its name.
    assert_eq!(found("c=0 c=3", &[("c", "3")]), ["added", "first-of-several"]);
    let beaten = found("0=\"\"; b=0 0=0", &[("0", "0"), ("b", "0")]);
    assert_eq!(beaten, ["added", "first-of-several", "cut"]);
    // PHP: what stands behind brackets is no part of a name.
    assert_eq!(found("a[]b=", &[("a[]", "")]), ["renamed"]);
    // Rack: a word, beside a cookie of its name.
    assert_eq!(found("a\t=0;a", &[("a\t", "0"), ("a", "")]), ["padded", "bare"]);
    // CGI of Ruby: several of a name, each decoded.
    assert_eq!(found("a=%00;a=0", &[("a", "\0&0")]), ["decoded", "joined"]);
    assert_eq!(found("a=0;a=0;a=", &[("a", "0&0")]), ["joined"]);
    assert_eq!(found("a=;a=0;a=0", &[("a", "0&0")]), ["joined"]);
    assert_eq!(found("a=0&;a=&0", &[("a", "0&&0")]), ["joined"]);
    assert_eq!(found("a=\",\";a=\"\"", &[("a", ","), ("a", "")]), ["unquoted"]);
    // http.cookies: as above, in quotes.
    assert_eq!(found("a= a=\"0\"", &[("a", "0")]), ["added", "first-of-several"]);
    // PHP: items that the header does not number.
    assert_eq!(found("a[b];a[]=0", &[("a[b]", ""), ("a[0]", "0")]), ["renamed", "bare"]);
    assert_eq!(found("a[]=;a[[]=", &[("a[0]", ""), ("a[[]", "")]), ["renamed"]);
    assert_eq!(found("a\t ; b.c []", &[("a\t_", ""), ("b_c_[]", "")]), ["bare"]);
    assert_eq!(found("a[0]=", &[("a[]", "")]), ["renamed"]);
    let read = [("a[]", ""), ("b", "a=\t")];
    assert_eq!(found("a=; b=a=\t; a[]", &read), ["lost", "padded", "bare"]);
    // Bottle: a quoted string ends at its quote, and a blank ends a cookie.
    assert_eq!(found("a=\"0\" \u{dc}", &[("a", "0")]), ["unquoted", "cut"]);
    // Werkzeug: a word, and a cookie of nearly its name.
    let read = [("Secure", ""), ("Secure\u{e2}\u{80}\u{80}", "")];
    assert_eq!(found("Secure;Secure\u{2000}=", &read), ["renamed", "bare"]);
    // A header that begins with a blank is not plain.
    assert_eq!(found(" a=0", &[(" a", "0")]), ["padded"]);
}

#[test]
fn the_work_follows_the_header_and_not_the_answer() {
    let header = "a=1; b; a.b=%41; =c";
    let work = |strangers: usize| {
        let names: Vec<String> = (0..strangers).map(|n| format!("stranger{n}")).collect();
        let mut read: Vec<(&str, &str)> = names.iter().map(|name| (&name[..], "")).collect();
        read.extend(names.iter().map(|name| ("a", &name[..])));
        read.push(("a_b", "x"));
        let before = MADE.get();
        assert!(found(header, &read).contains(&"added"));
        MADE.get() - before
    };
    assert_eq!(work(1), work(2_000));
    assert!(work(2_000) <= 16, "{}", work(2_000));
}
