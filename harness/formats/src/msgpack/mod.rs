//! [MessagePack](https://github.com/msgpack/msgpack/blob/master/spec.md) values, with limits.
//!
//! Any spelling of a number or length is read, and the shortest is printed. Strings must be UTF-8. Floats are kept by their bits, so that
//! every NaN is equal to itself.

mod read;
mod write;

pub use read::parse;
pub use write::print;

pub(crate) use read::read;
pub(crate) use write::write;

/// A MessagePack value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// nil
    Nil,
    /// true and false
    Bool(bool),
    /// An integer from -2⁶³ to 2⁶⁴-1.
    Int(i128),
    /// The bits of a float of 32 bits.
    F32(u32),
    /// The bits of a float of 64 bits.
    F64(u64),
    /// A string.
    Str(String),
    /// Bytes.
    Bin(Vec<u8>),
    /// An array.
    Array(Vec<Value>),
    /// A map; its keys in their order, twice where they stand twice.
    Map(Vec<(Value, Value)>),
    /// An extension: its type and its bytes.
    Ext(i8, Vec<u8>),
}

impl Value {
    /// How deep it is nested: 1 for a value that holds no other.
    pub fn depth(&self) -> usize {
        let below = match self {
            Value::Array(values) => values.iter().map(Value::depth).max(),
            Value::Map(pairs) => pairs.iter().map(|(k, v)| k.depth().max(v.depth())).max(),
            _ => None,
        };
        1 + below.unwrap_or(0)
    }
}
