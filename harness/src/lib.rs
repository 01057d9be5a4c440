//! A property-based security test harness for session storage.
