//! Printing MessagePack, each value in its shortest form.

use super::Value;

/// Prints a value.
///
/// What the format cannot hold is cut to what it can: integers beyond 64 bits, and lengths beyond 32.
pub fn print(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

pub(crate) fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Nil => out.push(0xc0),
        Value::Bool(set) => out.push(0xc2 + u8::from(*set)),
        Value::Int(number) => integer(*number, out),
        Value::F32(bits) => sized(0xca, &bits.to_be_bytes(), out),
        Value::F64(bits) => sized(0xcb, &bits.to_be_bytes(), out),
        Value::Str(text) => {
            match text.len() {
                length @ 0..=31 => out.push(0xa0 | length as u8),
                length => long(length, [Some(0xd9), Some(0xda), Some(0xdb)], out),
            }
            out.extend(text.bytes());
        }
        Value::Bin(bytes) => {
            long(bytes.len(), [Some(0xc4), Some(0xc5), Some(0xc6)], out);
            out.extend(bytes);
        }
        Value::Array(values) => {
            match values.len() {
                count @ 0..=15 => out.push(0x90 | count as u8),
                count => long(count, [None, Some(0xdc), Some(0xdd)], out),
            }
            values.iter().for_each(|value| write(value, out));
        }
        Value::Map(pairs) => {
            match pairs.len() {
                count @ 0..=15 => out.push(0x80 | count as u8),
                count => long(count, [None, Some(0xde), Some(0xdf)], out),
            }
            for (key, value) in pairs {
                write(key, out);
                write(value, out);
            }
        }
        Value::Ext(kind, bytes) => {
            match bytes.len() {
                length @ (1 | 2 | 4 | 8 | 16) => out.push(0xd4 + length.ilog2() as u8),
                length => long(length, [Some(0xc7), Some(0xc8), Some(0xc9)], out),
            }
            out.push(kind.cast_unsigned());
            out.extend(bytes);
        }
    }
}

fn integer(number: i128, out: &mut Vec<u8>) {
    match number {
        0..=0x7f => out.push(number as u8),
        0x80..=0xff => sized(0xcc, &(number as u8).to_be_bytes(), out),
        0x100..=0xffff => sized(0xcd, &(number as u16).to_be_bytes(), out),
        0x1_0000..=0xffff_ffff => sized(0xce, &(number as u32).to_be_bytes(), out),
        0x1_0000_0000.. => {
            let number = u64::try_from(number).unwrap_or(u64::MAX);
            sized(0xcf, &number.to_be_bytes(), out);
        }
        -0x20..0 => out.push((number as i8).cast_unsigned()),
        -0x80..-0x20 => sized(0xd0, &(number as i8).to_be_bytes(), out),
        -0x8000..-0x80 => sized(0xd1, &(number as i16).to_be_bytes(), out),
        -0x8000_0000..-0x8000 => sized(0xd2, &(number as i32).to_be_bytes(), out),
        ..-0x8000_0000 => {
            let number = i64::try_from(number).unwrap_or(i64::MIN);
            sized(0xd3, &number.to_be_bytes(), out);
        }
    }
}

/// A length in the shortest of the forms with 1, 2 and 4 bytes that there are.
fn long(length: usize, forms: [Option<u8>; 3], out: &mut Vec<u8>) {
    match (forms, length) {
        ([Some(form), ..], 0..=0xff) => sized(form, &(length as u8).to_be_bytes(), out),
        ([_, Some(form), _], 0..=0xffff) => sized(form, &(length as u16).to_be_bytes(), out),
        ([.., Some(form)], _) => sized(form, &(length as u32).to_be_bytes(), out),
        _ => {}
    }
}

fn sized(form: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(form);
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::msgpack::parse;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Nil),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|number| Value::Int(number.into())),
            any::<u64>().prop_map(|number| Value::Int(number.into())),
            any::<i16>().prop_map(|number| Value::Int(number.into())),
            any::<u32>().prop_map(Value::F32),
            any::<u64>().prop_map(Value::F64),
            ".{0,40}".prop_map(Value::Str),
            prop::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bin),
            (any::<i8>(), prop::collection::vec(any::<u8>(), 0..20))
                .prop_map(|(kind, bytes)| Value::Ext(kind, bytes)),
        ];
        leaf.prop_recursive(4, 64, 20, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..20).prop_map(Value::Array),
                prop::collection::vec((inner.clone(), inner), 0..20).prop_map(Value::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(value in values()) {
            prop_assert_eq!(parse(&print(&value)), Ok(value));
        }
    }

    #[test]
    fn lengths_at_the_borders() {
        for length in [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536] {
            for value in [
                Value::Str("x".repeat(length)),
                Value::Bin(vec![7; length]),
                Value::Array(vec![Value::Nil; length]),
                Value::Map(vec![(Value::Nil, Value::Nil); length]),
                Value::Ext(-5, vec![7; length]),
            ] {
                assert!(parse(&print(&value)) == Ok(value), "{length}");
            }
        }
    }
}
