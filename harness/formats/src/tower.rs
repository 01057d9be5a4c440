//! The record of [tower-sessions](https://docs.rs/tower-sessions-core/0.15.0/tower_sessions_core/session/struct.Record.html), as its stores keep it with `rmp-serde`.
//!
//! Three fields: the id as the 16 bytes of an `i128`, the data as a map from names, and the end as `time::OffsetDateTime` serialises:
//! year, day of the year, hour, minute, second, nanosecond, and the offset's hours, minutes and seconds.
//! `to_vec` writes them as an array and `to_vec_named` as a map.

use crate::error::{Error, Reason};
use crate::msgpack::{self, Value};
use crate::reader::Reader;

const FIELDS: [&str; 3] = ["id", "data", "expiry_date"];
/// Day of the year, hour, minute, second, nanosecond: the most of each; and of the offset's hours, minutes and seconds.
const MOST: [u32; 8] = [366, 23, 59, 59, 999_999_999, 25, 59, 59];

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whether the fields have names.
    pub named: bool,
    /// The session's id.
    pub id: i128,
    /// The session's data.
    pub data: Vec<(String, Value)>,
    /// When it ends.
    pub expires: Expires,
}

/// A point in time, as `time::OffsetDateTime` serialises it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expires {
    /// The year.
    pub year: i32,
    /// The day of the year from 1, hour, minute, second and nanosecond.
    pub clock: [u32; 5],
    /// Hours, minutes and seconds from UTC.
    pub offset: [i8; 3],
}

/// Reads a record.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse(bytes: &[u8]) -> Result<Record, Error> {
    let mut reader = Reader::new(bytes)?;
    let named = match reader.byte()? {
        0x93 => false,
        0x83 => true,
        _ => return Err(Error::new(0, Reason::Expected("an array or a map of three"))),
    };
    let mut field = |index: usize| {
        let at = reader.at();
        if named && msgpack::read(&mut reader, 1)? != Value::Str(FIELDS[index].to_owned()) {
            return Err(Error::new(at, Reason::Expected("the fields id, data and expiry_date")));
        }
        let at = reader.at();
        msgpack::read(&mut reader, 2).map(|value| (at, value))
    };
    let record =
        Record { named, id: id(field(0)?)?, data: data(field(1)?)?, expires: expires(field(2)?)? };
    reader.end()?;
    Ok(record)
}

/// Prints a record.
pub fn print(record: &Record) -> Vec<u8> {
    let int = |number: i128| Value::Int(number);
    let data = record.data.iter().map(|(name, value)| (Value::Str(name.clone()), value.clone()));
    let Expires { year, clock, offset } = record.expires;
    let time = [int(year.into())].into_iter();
    let time = time.chain(clock.map(|part| int(part.into())));
    let time = time.chain(offset.map(|part| int(part.into())));
    let values = [
        Value::Bin(record.id.to_be_bytes().to_vec()),
        Value::Map(data.collect()),
        Value::Array(time.collect()),
    ];
    let mut out = vec![if record.named { 0x83 } else { 0x93 }];
    for (name, value) in FIELDS.iter().zip(&values) {
        if record.named {
            msgpack::write(&Value::Str((*name).to_owned()), &mut out);
        }
        msgpack::write(value, &mut out);
    }
    out
}

fn id((at, value): (usize, Value)) -> Result<i128, Error> {
    match value {
        Value::Bin(bytes) => bytes.try_into().ok().map(i128::from_be_bytes),
        _ => None,
    }
    .ok_or(Error::new(at, Reason::Expected("an id of 16 bytes")))
}

fn data((at, value): (usize, Value)) -> Result<Vec<(String, Value)>, Error> {
    let Value::Map(pairs) = value else {
        return Err(Error::new(at, Reason::Expected("a map")));
    };
    let mut seen = std::collections::HashSet::new();
    let pairs = pairs.into_iter().map(|(name, value)| match name {
        Value::Str(name) if seen.insert(name.clone()) => Ok((name, value)),
        Value::Str(_) => Err(Error::new(at, Reason::Twice("a name"))),
        _ => Err(Error::new(at, Reason::Expected("names"))),
    });
    pairs.collect()
}

fn expires((at, value): (usize, Value)) -> Result<Expires, Error> {
    let refused = || Error::new(at, Reason::Expected("a point in time of nine numbers"));
    let Value::Array(values) = value else { return Err(refused()) };
    let mut numbers = values.iter().map(|value| match value {
        Value::Int(number) => i64::try_from(*number).ok(),
        _ => None,
    });
    let mut next = || numbers.next().flatten();
    let year = next().and_then(|year| i32::try_from(year).ok()).ok_or_else(refused)?;
    let (mut clock, mut offset) = ([0; 5], [0; 3]);
    for (part, most) in clock.iter_mut().zip(MOST) {
        let found = next().and_then(|number| u32::try_from(number).ok());
        *part = found.filter(|&number| number <= most).ok_or_else(refused)?;
    }
    for (part, most) in offset.iter_mut().zip(&MOST[5..]) {
        let found = next().and_then(|number| i8::try_from(number).ok());
        *part =
            found.filter(|number| u32::from(number.unsigned_abs()) <= *most).ok_or_else(refused)?;
    }
    match values.len() == 9 && clock[0] > 0 {
        true => Ok(Expires { year, clock, offset }),
        false => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            named: true,
            id: -5,
            data: vec![("a".into(), Value::Nil)],
            expires: Expires { year: 2025, clock: [166, 15, 6, 40, 0], offset: [0; 3] },
        }
    }

    #[test]
    fn a_record_is_read_back() {
        for named in [true, false] {
            let record = Record { named, ..record() };
            assert_eq!(parse(&print(&record)), Ok(record));
        }
    }

    #[test]
    fn what_is_refused() {
        let twice = Record { data: vec![("a".into(), Value::Nil); 2], ..record() };
        assert_eq!(parse(&print(&twice)).unwrap_err().reason, Reason::Twice("a name"));
        let mut late = record();
        late.expires.clock[1] = 24;
        assert!(parse(&print(&late)).is_err());
        assert_eq!(parse(b"\x92").unwrap_err().at, 0);
    }
}
