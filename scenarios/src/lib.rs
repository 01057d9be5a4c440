//! The catalogue of Interloper: one folder an area, one file a subject.
