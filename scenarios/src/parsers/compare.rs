//! How a parser's reading of `Cookie` differs from the reference's.

use std::collections::BTreeSet;

use interloper_engine::record::Difference;
use interloper_formats::cookie::Prefix;

use super::change;

/// A name and a value.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// Returns the pairs of a `Cookie` header as the reference reads them, control characters or not: a parser is compared with these either way.
pub(super) fn reference(header: &[u8]) -> Vec<Pair> {
    let pieces = header.split(|byte| *byte == b';');
    pieces.filter_map(pair_of).collect()
}

/// Returns the name and the value of a piece, unless it has no name or no `=`.
fn pair_of(piece: &[u8]) -> Option<Pair> {
    let equals = piece.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (trim(&piece[..equals]), trim(&piece[equals + 1..]));
    (!name.is_empty()).then(|| (name.to_vec(), value.to_vec()))
}

/// Takes off the white space of RFC 6265.
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Returns whether there are control characters in a header, which 6265bis refuses.
pub(super) fn has_controls(header: &[u8]) -> bool {
    header.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t')
}

/// Returns whether a cookie is so plain that every parser must read it: letters and digits, a value as RFC 6265 section 4.1.1 has it, and no white
/// space but the one behind a semicolon.
pub(super) fn is_plain(header: &[u8], (name, value): &Pair) -> bool {
    let octet = |byte: &u8| byte.is_ascii_graphic() && !b"\",;\\".contains(byte);
    let sent = [&name[..], b"=", value].concat();
    let mut pieces = header.split(|byte| *byte == b';');
    name.iter().all(u8::is_ascii_alphanumeric)
        && value.iter().all(octet)
        && pieces.any(|piece| piece.strip_prefix(b" ").unwrap_or(piece) == sent)
}

/// Returns the ways in which a reading differs from the reference's. An order is no difference: most parsers make a map.
pub(super) fn differences(header: &[u8], due: &[Pair], read: &[Pair]) -> BTreeSet<Difference> {
    let mut compared =
        Compared { header, due, left: vec![true; due.len()], found: BTreeSet::new() };
    let mut changed: Vec<&Pair> = read.iter().filter(|pair| !compared.takes(pair)).collect();
    // One without a value may be a word, and not what became of a cookie.
    changed.sort_by_key(|(_, value)| value.is_empty());
    let strangers: Vec<&Pair> =
        changed.into_iter().filter(|pair| !compared.takes_changed(pair)).collect();
    for pair in strangers {
        compared.stranger(pair);
    }
    compared.missing(read);
    if has_controls(header) {
        compared.found.insert(Difference::Control);
    }
    compared.found
}

/// A comparison under way.
struct Compared<'a> {
    header: &'a [u8],
    due: &'a [Pair],
    /// Flag that a pair of the reference's was not read yet.
    left: Vec<bool>,
    found: BTreeSet<Difference>,
}

impl Compared<'_> {
    /// Takes a pair that is as the reference has it.
    fn takes(&mut self, pair: &Pair) -> bool {
        let at = (0..self.due.len()).find(|at| self.left[*at] && self.due[*at] == *pair);
        at.is_some_and(|at| std::mem::replace(&mut self.left[at], false))
    }

    /// Takes a pair with a name of the reference's and another value.
    fn takes_changed(&mut self, (name, value): &Pair) -> bool {
        let same = |at: &usize| self.left[*at] && self.due[*at].0 == *name;
        let of_name: Vec<usize> = (0..self.due.len()).filter(same).collect();
        let Some(first) = of_name.first() else { return false };
        if of_name.len() > 1 && self.are_joined(&of_name, value) {
            of_name.iter().for_each(|at| self.left[*at] = false);
            self.found.insert(Difference::Joined);
            return true;
        }
        let explained =
            of_name.iter().find_map(|at| Some((*at, of_value(&self.due[*at].1, value)?)));
        // Another cookie's value, under a name that was changed to this one.
        let explained = explained.or_else(|| {
            (0..self.due.len()).filter(|at| self.left[*at]).find_map(|at| {
                let (sent, sent_value) = &self.due[at];
                let mut how = of_value(sent_value, value).filter(|_| is_name_of(sent, name))?;
                how.insert(Difference::Renamed);
                Some((at, how))
            })
        });
        let (at, how) = explained.unwrap_or_else(|| {
            // What a value holds of the next piece shows where that is missing.
            let how = match value.contains(&b';') {
                true => Difference::Unquoted,
                false => Difference::Other,
            };
            (*first, BTreeSet::from([how]))
        });
        self.left[at] = false;
        self.found.extend(how);
        true
    }

    /// Returns whether a value is those of several cookies, with something between them.
    fn are_joined(&self, several: &[usize], value: &[u8]) -> bool {
        let values: Vec<&[u8]> = several.iter().map(|at| &self.due[*at].1[..]).collect();
        [&b"&"[..], b",", b", ", b"; "].iter().any(|between| values.join(*between) == value)
    }

    /// Judges a pair with a name that the reference does not have.
    fn stranger(&mut self, (name, value): &Pair) {
        let of_name =
            (0..self.due.len()).find(|at| self.left[*at] && is_name_of(&self.due[*at].0, name));
        if let Some(at) = of_name {
            self.left[at] = false;
            self.found.extend(of_value(&self.due[at].1, value).unwrap_or_default());
        }
        // A name that had a prefix did not get it from the parser.
        let had_prefix = of_name.is_some_and(|at| Prefix::of(&self.due[at].0).is_some());
        let is_bare = |piece: &[u8]| {
            !piece.contains(&b'=')
                && (trim(piece) == name || is_name_of(trim(piece), name) || same_base(piece, name))
        };
        let difference = if Prefix::of(name).is_some()
            && !self.due.iter().any(|due| due.0 == *name)
            && !had_prefix
        {
            // A word without `=` is what it was sent as.
            match value.is_empty() && self.header.split(|byte| *byte == b';').any(is_bare) {
                true => Difference::Bare,
                false => Difference::ForgedPrefix,
            }
        } else if let Some(at) = of_name {
            match trim(name) == self.due[at].0 {
                true => Difference::Padded,
                false => Difference::Renamed,
            }
        } else if trim(name).is_empty() {
            Difference::Nameless
        } else if value.is_empty() && self.header.split(|byte| *byte == b';').any(is_bare) {
            Difference::Bare
        } else {
            Difference::Added
        };
        self.found.insert(difference);
    }

    /// Judges the pairs of the reference's that are not in the reading.
    fn missing(&mut self, read: &[Pair]) {
        for at in (0..self.due.len()).filter(|at| self.left[*at]) {
            let due = &self.due[at];
            let others: Vec<usize> = (0..self.due.len())
                .filter(|other| *other != at && self.due[*other].0 == due.0)
                .collect();
            let taken = others.iter().find(|other| !self.left[**other]);
            let sent = [&due.0[..], b"=", &due.1].concat();
            // A value that was sent as it is holds nothing of another.
            let holds = |pair: &Pair| {
                let value = &pair.1;
                !self.due.iter().any(|due| due.1 == *value)
                    && (value.windows(sent.len()).any(|window| window == sent)
                        || value
                            .windows(due.0.len() + 1)
                            .any(|window| window == &sent[..=due.0.len()]))
            };
            self.found.insert(match taken {
                Some(other) if *other > at => Difference::LastOfSeveral,
                Some(_) => Difference::FirstOfSeveral,
                // Another cookie's name became this one.
                None if read.iter().any(|pair| pair.0 == due.0) => Difference::FirstOfSeveral,
                None if read.iter().any(holds) => Difference::Swallowed,
                None if is_plain(self.header, due) => Difference::Lost,
                None => Difference::Ignored,
            });
        }
    }
}

/// Returns the changes by which a value was read, white space around it included.
fn of_value(sent: &[u8], read: &[u8]) -> Option<BTreeSet<Difference>> {
    change::of_value(sent, read).or_else(|| {
        let mut found = change::of_value(sent, trim(read))?;
        found.insert(Difference::Padded);
        Some(found)
    })
}

/// Returns whether a name was read from the one that was sent, with white space behind it or without.
fn is_name_of(sent: &[u8], read: &[u8]) -> bool {
    let padded = [sent, b" "].concat();
    !read.is_empty() && [sent, &padded].iter().any(|sent| change::is_name_of(sent, trim(read)))
}

/// Returns whether a word and a name are the same up to a bracket.
fn same_base(piece: &[u8], name: &[u8]) -> bool {
    let base = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'[');
    let (Some(sent), Some(read)) = (base(trim(piece)), base(name)) else { return false };
    trim(piece)[..sent] == name[..read]
}

#[cfg(test)]
mod tests {
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
    fn the_reference_is_the_reader_of_the_formats() {
        for vector in super::super::vector::of(interloper_driver::Header::Cookie) {
            let header = vector.bytes();
            let Ok(read) = interloper_formats::cookie::parse_cookie(&header) else { continue };
            let read: Vec<Pair> = read.into_iter().map(|pair| (pair.name, pair.value)).collect();
            assert_eq!(reference(&header), read, "{}", vector.what);
        }
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
}
