//! Bugs that features put into the readers, one each, to prove that fuzzing finds them.
//!
//! Each is the class of a bug that a real program had; `docs/src/fuzzing.md` names them. None is in a normal build.

/// A quoted cookie value keeps the semicolons inside it (CVE-2023-26049).
pub(crate) const QUOTE_SMUGGLING: bool = cfg!(feature = "planted-1");
/// A large Max-Age overflows (CVE-2017-18589).
pub(crate) const MAX_AGE_OVERFLOW: bool = cfg!(feature = "planted-2");
/// A cookie without a name gives its value's first part as the name (CVE-2023-23934).
pub(crate) const NAMELESS: bool = cfg!(feature = "planted-3");
/// A cookie's name is decoded before anyone looks at its prefix (CVE-2020-7070).
pub(crate) const DECODED_NAME: bool = cfg!(feature = "planted-4");
/// A control byte inside a jar's entry begins a new one.
pub(crate) const LINE_SPLIT: bool = cfg!(feature = "planted-5");
/// Taking off quotes copies the rest at each escape (the class of CVE-2025-27219).
pub(crate) const QUADRATIC: bool = cfg!(feature = "planted-6");
/// The spare bits of a signature's last character are not looked at.
pub(crate) const SPARE_BITS: bool = cfg!(feature = "planted-7");
/// A signature that is the beginning of the right one is taken for it.
pub(crate) const SHORT_SIGNATURE: bool = cfg!(feature = "planted-8");
/// Nesting has no limit.
pub(crate) const DEEP: bool = cfg!(feature = "planted-9");
/// A length is counted in characters where it is in bytes.
pub(crate) const CHARACTERS: bool = cfg!(feature = "planted-10");
/// An attribute is known by how it begins.
pub(crate) const ATTRIBUTE_PREFIX: bool = cfg!(feature = "planted-11");
/// A compressed payload may become as long as it likes.
pub(crate) const UNBOUNDED_INFLATE: bool = cfg!(feature = "planted-12");
