//! The umask of a process: which permission bits are left out of what it makes, umask(2).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A umask, from 0000 to 0777.
///
/// It prints as four octal digits. Records keep it as a number; the protocol writes the digits.
///
/// ```
/// use interloper_driver::Umask;
/// let umask: Umask = "22".parse()?;
/// assert_eq!(umask.to_string(), "0022");
/// assert_eq!(umask.bits(), 0o022);
/// assert!("0888".parse::<Umask>().is_err());
/// # Ok::<(), interloper_driver::NotUmask>(())
/// ```
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "u16", into = "u16")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Umask(u16);

impl Umask {
    /// The highest umask.
    const LAST: u16 = 0o777;

    /// The umasks that people have, the most usual first and the least last.
    pub const COMMON: [Umask; 8] = [
        Umask(0o022),
        Umask(0o002),
        Umask(0o027),
        Umask(0o077),
        Umask(0o007),
        Umask(0o037),
        Umask(0o066),
        Umask(0o000),
    ];

    /// Returns the umask with these bits; `None` beyond 0777.
    pub const fn new(bits: u16) -> Option<Umask> {
        if bits <= Umask::LAST { Some(Umask(bits)) } else { None }
    }

    /// Returns the umask with these bits, for constants.
    ///
    /// # Panics
    /// If there are bits beyond 0777.
    pub const fn of(bits: u16) -> Umask {
        assert!(bits <= Umask::LAST, "a umask is at most 0777");
        Umask(bits)
    }

    /// Returns all 512 umasks, in order.
    pub fn all() -> impl Iterator<Item = Umask> {
        (0..=Umask::LAST).map(Umask)
    }

    /// Returns the bits as a number.
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Umask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

/// The error for a text or a number that is no umask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUmask(String);

impl fmt::Display for NotUmask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a umask; write an octal number from 0000 to 0777", self.0)
    }
}

impl std::error::Error for NotUmask {}

impl FromStr for Umask {
    type Err = NotUmask;

    fn from_str(text: &str) -> Result<Umask, NotUmask> {
        // from_str_radix would take a sign, too.
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
        let bits = u16::from_str_radix(text, 8).ok().filter(|_| digits);
        bits.and_then(Umask::new).ok_or_else(|| NotUmask(format!("{text:?}")))
    }
}

impl TryFrom<u16> for Umask {
    type Error = NotUmask;

    fn try_from(bits: u16) -> Result<Umask, NotUmask> {
        Umask::new(bits).ok_or_else(|| NotUmask(format!("{bits:#o}")))
    }
}

impl From<Umask> for u16 {
    fn from(umask: Umask) -> u16 {
        umask.0
    }
}

/// The form of a umask in the protocol: its octal digits, as a string.
pub(crate) mod digits {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Umask;

    pub(crate) fn serialize<S: Serializer>(umask: &Umask, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(umask)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Umask, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_umask_is_read_as_it_is_printed() {
        assert_eq!(Umask::all().count(), 512);
        for umask in Umask::all() {
            assert_eq!(umask.to_string().parse(), Ok(umask));
            assert_eq!(Umask::try_from(umask.bits()), Ok(umask));
        }
    }

    #[test]
    fn what_is_no_octal_number_up_to_0777_is_refused() {
        for text in ["", "1000", "0888", "+22", "-1", "0o22", " 22", "99999999", "u=rwx"] {
            assert!(text.parse::<Umask>().is_err(), "{text:?}");
        }
        assert_eq!(Umask::new(0o1000), None);
    }
}
