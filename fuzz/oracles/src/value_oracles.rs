//! MessagePack against `rmpv`, and nesting within its limit.

use interloper_formats::msgpack::{self, Value};
use interloper_formats::{MAX_DEPTH, php};

use crate::Violation;

/// Checks that two readers of MessagePack agree. Known differences: `rmpv` keeps strings that are not UTF-8, reads the byte c1 as nil, and
/// goes deeper than we do.
pub(crate) fn msgpack(input: &[u8]) -> Result<(), Violation> {
    let mut rest = input;
    let theirs = rmpv::decode::read_value(&mut rest).ok().filter(|_| rest.is_empty());
    let evidence = || format!("{:?} and {theirs:?}", msgpack::parse(input));
    match (msgpack::parse(input), &theirs) {
        (Ok(ours), Some(theirs)) => {
            Violation::unless(same(&ours, theirs), "as rmpv reads it", evidence)
        }
        (Ok(_), None) => Err(Violation::new("rmpv refuses it", evidence())),
        (Err(_), Some(theirs)) => {
            let known = input.contains(&0xc1) || odd(theirs, 1);
            Violation::unless(known, "rmpv takes it", evidence)
        }
        (Err(_), None) => Ok(()),
    }
}

/// Returns whether there is something in it that only `rmpv` takes.
fn odd(value: &rmpv::Value, depth: usize) -> bool {
    depth > MAX_DEPTH
        || match value {
            rmpv::Value::String(text) => text.as_str().is_none(),
            rmpv::Value::Array(values) => values.iter().any(|value| odd(value, depth + 1)),
            rmpv::Value::Map(pairs) => {
                pairs.iter().any(|(key, value)| odd(key, depth + 1) || odd(value, depth + 1))
            }
            _ => false,
        }
}

fn same(ours: &Value, theirs: &rmpv::Value) -> bool {
    match (ours, theirs) {
        (Value::Nil, rmpv::Value::Nil) => true,
        (Value::Bool(ours), rmpv::Value::Boolean(theirs)) => ours == theirs,
        (Value::Int(ours), rmpv::Value::Integer(theirs)) => {
            let theirs = theirs.as_i64().map(i128::from).or(theirs.as_u64().map(i128::from));
            Some(*ours) == theirs
        }
        (Value::F32(ours), rmpv::Value::F32(theirs)) => *ours == theirs.to_bits(),
        (Value::F64(ours), rmpv::Value::F64(theirs)) => *ours == theirs.to_bits(),
        (Value::Str(ours), rmpv::Value::String(theirs)) => Some(&ours[..]) == theirs.as_str(),
        (Value::Bin(ours), rmpv::Value::Binary(theirs)) => ours == theirs,
        (Value::Ext(kind, ours), rmpv::Value::Ext(their_kind, theirs)) => {
            (kind, ours) == (their_kind, theirs)
        }
        (Value::Array(ours), rmpv::Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| same(a, b))
        }
        (Value::Map(ours), rmpv::Value::Map(theirs)) => {
            let pairs = || ours.iter().zip(theirs);
            ours.len() == theirs.len()
                && pairs()
                    .all(|(ours, theirs)| same(&ours.0, &theirs.0) && same(&ours.1, &theirs.1))
        }
        _ => false,
    }
}

/// Checks that a value of PHP inside so many arrays is accepted up to the limit, and not beyond. The last byte says how many.
pub(crate) fn php_nesting(input: &[u8]) -> Result<(), Violation> {
    let Some((&times, inner)) = input.split_last() else { return Ok(()) };
    let Ok(value) = php::parse_value(inner) else { return Ok(()) };
    let times = usize::from(times);
    let nested = [b"a:1:{i:0;".repeat(times), inner.to_vec(), b"}".repeat(times)].concat();
    let within = value.depth() + times <= MAX_DEPTH;
    Violation::unless(php::parse_value(&nested).is_ok() == within, "nesting", || times)
}

/// Checks the same for MessagePack.
pub(crate) fn msgpack_nesting(input: &[u8]) -> Result<(), Violation> {
    let Some((&times, inner)) = input.split_last() else { return Ok(()) };
    let Ok(value) = msgpack::parse(inner) else { return Ok(()) };
    let nested = [vec![0x91; times.into()], inner.to_vec()].concat();
    let within = value.depth() + usize::from(times) <= MAX_DEPTH;
    Violation::unless(msgpack::parse(&nested).is_ok() == within, "nesting", || times)
}
