//! Reading MessagePack.

use super::Value;
use crate::error::{Error, Reason};
use crate::limits::MAX_DEPTH;
use crate::reader::Reader;

/// Reads one value, and nothing after it.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse(bytes: &[u8]) -> Result<Value, Error> {
    let mut reader = Reader::new(bytes)?;
    let value = read(&mut reader, 1)?;
    reader.end()?;
    Ok(value)
}

/// Reads the value under the cursor.
pub(crate) fn read(reader: &mut Reader<'_>, depth: usize) -> Result<Value, Error> {
    if depth > MAX_DEPTH {
        return Err(reader.error(Reason::TooDeep));
    }
    let at = reader.at();
    Ok(match reader.byte()? {
        byte @ 0x00..=0x7f => Value::Int(byte.into()),
        byte @ 0x80..=0x8f => map(reader, usize::from(byte & 0x0f), depth)?,
        byte @ 0x90..=0x9f => array(reader, usize::from(byte & 0x0f), depth)?,
        byte @ 0xa0..=0xbf => string(reader, usize::from(byte & 0x1f))?,
        0xc0 => Value::Nil,
        0xc1 => return Err(Error::new(at, Reason::Forbidden("the byte c1"))),
        0xc2 => Value::Bool(false),
        0xc3 => Value::Bool(true),
        byte @ 0xc4..=0xc6 => {
            let length = length(reader, 1 << (byte - 0xc4))?;
            Value::Bin(reader.take(length)?.to_vec())
        }
        byte @ 0xc7..=0xc9 => {
            let length = length(reader, 1 << (byte - 0xc7))?;
            extension(reader, length)?
        }
        0xca => Value::F32(u32::from_be_bytes(reader.array()?)),
        0xcb => Value::F64(u64::from_be_bytes(reader.array()?)),
        byte @ 0xcc..=0xcf => Value::Int(unsigned(reader, 1 << (byte - 0xcc))?.into()),
        0xd0 => Value::Int(i8::from_be_bytes(reader.array()?).into()),
        0xd1 => Value::Int(i16::from_be_bytes(reader.array()?).into()),
        0xd2 => Value::Int(i32::from_be_bytes(reader.array()?).into()),
        0xd3 => Value::Int(i64::from_be_bytes(reader.array()?).into()),
        byte @ 0xd4..=0xd8 => extension(reader, 1 << (byte - 0xd4))?,
        byte @ 0xd9..=0xdb => {
            let length = length(reader, 1 << (byte - 0xd9))?;
            string(reader, length)?
        }
        byte @ 0xdc..=0xdd => {
            let count = length(reader, 2 << (byte - 0xdc))?;
            array(reader, count, depth)?
        }
        byte @ 0xde..=0xdf => {
            let count = length(reader, 2 << (byte - 0xde))?;
            map(reader, count, depth)?
        }
        byte @ 0xe0..=0xff => Value::Int(byte.cast_signed().into()),
    })
}

/// An unsigned number of 1, 2, 4 or 8 bytes, the most significant first.
fn unsigned(reader: &mut Reader<'_>, bytes: usize) -> Result<u64, Error> {
    Ok(reader.take(bytes)?.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
}

fn length(reader: &mut Reader<'_>, bytes: usize) -> Result<usize, Error> {
    let at = reader.at();
    usize::try_from(unsigned(reader, bytes)?)
        .map_err(|_| Error::new(at, Reason::Range("the length")))
}

fn string(reader: &mut Reader<'_>, length: usize) -> Result<Value, Error> {
    let at = reader.at();
    match std::str::from_utf8(reader.take(length)?) {
        Ok(text) => Ok(Value::Str(text.to_owned())),
        Err(error) => Err(Error::new(at + error.valid_up_to(), Reason::Expected("UTF-8"))),
    }
}

fn extension(reader: &mut Reader<'_>, length: usize) -> Result<Value, Error> {
    let kind = i8::from_be_bytes(reader.array()?);
    Ok(Value::Ext(kind, reader.take(length)?.to_vec()))
}

/// So many values. The count is believed only as far as there are bytes, of which each value needs one.
fn array(reader: &mut Reader<'_>, count: usize, depth: usize) -> Result<Value, Error> {
    let mut values = Vec::new();
    for _ in 0..count {
        values.push(read(reader, depth + 1)?);
    }
    Ok(Value::Array(values))
}

fn map(reader: &mut Reader<'_>, count: usize, depth: usize) -> Result<Value, Error> {
    let mut pairs = Vec::new();
    for _ in 0..count {
        pairs.push((read(reader, depth + 1)?, read(reader, depth + 1)?));
    }
    Ok(Value::Map(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_integer() {
        for (bytes, value) in [
            (&b"\x7f"[..], 127),
            (b"\xe0", -32),
            (b"\xcc\xff", 255),
            (b"\xcd\x01\x00", 256),
            (b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", i128::from(u64::MAX)),
            (b"\xd0\x80", -128),
            (b"\xd3\x80\0\0\0\0\0\0\0", i128::from(i64::MIN)),
        ] {
            assert_eq!(parse(bytes), Ok(Value::Int(value)), "{bytes:x?}");
        }
    }

    #[test]
    fn an_error_says_where() {
        for (bytes, at) in [
            (&b""[..], 0),
            (b"\xc1", 0),
            (b"\xa2\xc3\x28", 1),
            (b"\xdd\xff\xff\xff\xff\xc0", 6),
            (b"\xc6\xff\xff\xff\xff\x00", 5),
            (b"\xc0\xc0", 1),
        ] {
            assert_eq!(parse(bytes).map_err(|error| error.at), Err(at), "{bytes:x?}");
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| [vec![0x91; depth - 1], vec![0xc0]].concat();
        assert_eq!(parse(&nested(MAX_DEPTH)).map(|value| value.depth()), Ok(MAX_DEPTH));
        assert_eq!(parse(&nested(MAX_DEPTH + 1)).unwrap_err().reason, Reason::TooDeep);
    }
}
