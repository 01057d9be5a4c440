//! The one operation of a parser: on a header that everybody reads alike, on bytes that are no text, and on a header that it does not read.

use interloper_driver::{Bytes, ErrorKind, Header, Hello, Operation, SetupName, op};

use super::Examiner;
use crate::lab::{CaseResult, Lab};

/// The id that the laboratory opens it for; a parser has none.
const ID: &str = "alpha";
/// Bytes that are no UTF-8: a parser may read or refuse them, and must not fail at them.
const NO_TEXT: &[u8] = b"id=\xff\xfe";

impl Examiner {
    /// Tries what a parser says of itself.
    pub(super) fn hello_of_parser(&mut self, hello: &Hello) {
        match hello.can_do(Operation::Parse) && !hello.parses.is_empty() {
            true => self.right("hello names the headers"),
            false => self.breach(
                "hello names the headers",
                "ops needs \"parse\", and parses the headers: \"cookie\", \"set_cookie\"",
            ),
        }
        match hello.setups.is_empty() {
            true => self.breach("hello names a setup", "setups is empty: nothing can be opened"),
            false => self.right("hello names a setup"),
        }
    }

    /// Tries to parse each header that hello names, and one that it does not.
    pub(super) fn parses(&mut self, lab: &mut Lab<'_>, setup: &SetupName) -> CaseResult<()> {
        if !lab.hello().can_do(Operation::Parse) || !self.opens(lab, setup)? {
            return Ok(());
        }
        for header in [Header::Cookie, Header::SetCookie] {
            if !lab.hello().parses.contains(&header) {
                self.does_not_parse(lab, setup, header)?;
                continue;
            }
            self.reads_plain(lab, setup, header)?;
            let tried = format!("{setup}: parse of a {header} that is no text");
            match parse(lab, header, NO_TEXT)? {
                Err(failure) if failure.kind == ErrorKind::Unsupported => {
                    self.breach(&tried, &format!("it answered {failure}"));
                }
                Err(failure) if failure.kind != ErrorKind::Invalid => {
                    self.doubt(&tried, &format!("it answered {failure}; a refusal is invalid"));
                }
                _ => self.right(&tried),
            }
        }
        Ok(())
    }

    /// Tries a header that all parsers read alike: one that reads it otherwise is not the parser that its driver says, or the driver is wrong.
    fn reads_plain(
        &mut self,
        lab: &mut Lab<'_>,
        setup: &SetupName,
        header: Header,
    ) -> CaseResult<()> {
        let tried = format!("{setup}: parse of a plain {header}");
        let (value, due) = match header {
            Header::Cookie => ("id=7; theme=dark", vec![("id", "7"), ("theme", "dark")]),
            Header::SetCookie => ("id=7; Path=/; Secure", vec![("id", "7")]),
        };
        let due: Vec<(Bytes, Bytes)> =
            due.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        match parse(lab, header, value.as_bytes())? {
            Ok(mut pairs) => {
                // The attributes that it knows come after the cookie, and there may be none.
                pairs.truncate(if header == Header::SetCookie { 1 } else { pairs.len() });
                pairs.sort_unstable();
                match pairs == due {
                    true => self.right(&tried),
                    false => self.breach(&tried, &format!("it read {value:?} as something else")),
                }
            }
            Err(failure) => self.breach(&tried, &format!("it answered {failure}")),
        }
        Ok(())
    }

    fn does_not_parse(
        &mut self,
        lab: &mut Lab<'_>,
        setup: &SetupName,
        header: Header,
    ) -> CaseResult<()> {
        if !self.whole {
            return Ok(());
        }
        let answer = parse(lab, header, b"id=7")?;
        let kind = answer.as_ref().err().map(|failure| failure.kind);
        self.holds(
            &format!("{setup}: a header it did not name"),
            kind == Some(ErrorKind::Unsupported),
            &format!("{header} is not in parses, and was not answered with kind unsupported"),
        );
        Ok(())
    }
}

type Reading = Result<Vec<(Bytes, Bytes)>, interloper_driver::Failure>;

fn parse(lab: &mut Lab<'_>, header: Header, value: &[u8]) -> CaseResult<Reading> {
    let value = Bytes::from(value);
    let call = format!("parse({header}, {value})");
    Ok(lab.ask(ID, op::Parse { header, value }, call)?.map(|answer| answer.pairs))
}
