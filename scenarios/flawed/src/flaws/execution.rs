//! Flaws that run code when somebody else's file is read.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE;
use interloper_driver::{Failure, Session};

use super::FlawEntry;
use crate::hardened::{Key, Seal, Sound, Steps};

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new(
        "runs-pickle",
        "takes a file that is no JSON for a pickle of an older version, and loads it",
        &RunsPickle,
    )
    .cwe(&["CWE-502"])
    .like(&["CVE-2020-9484", "CVE-2021-33026"])
    .caught_by(&["corruption::code_execution"])
    .may_fail(&["corruption::*"]),
    FlawEntry::new(
        "pickles-in-text",
        "keeps a session as a pickle in base64, and loads whatever pickle is there",
        &PicklesInBase64,
    )
    .cwe(&["CWE-502"])
    .like(&["CVE-2021-33026"])
    .caught_by(&["corruption::code_execution"])
    .may_fail(&["corruption::*"]),
    FlawEntry::new(
        "pickles-in-records",
        "keeps a session as a pickle behind a header that has the file's length, as a database of \
         records does, and loads whatever pickle is there",
        &PicklesInRecords,
    )
    .cwe(&["CWE-502"])
    .like(&["CVE-2021-33026"])
    .caught_by(&["corruption::code_execution"])
    .may_fail(&["corruption::*"]),
    FlawEntry::new(
        "looks-for-class",
        "makes an object of the class that a file names, as Ruby's Marshal does",
        &LooksForClass,
    )
    .cwe(&["CWE-502"])
    .like(&["CVE-2022-32224"])
    .caught_by(&["corruption::code_execution"])
    .may_fail(&["corruption::*"]),
];

/// Loads a pickle, whatever is in it.
fn load_pickle(pickle: &[u8]) -> Result<(), Failure> {
    let load = "import pickle, sys; pickle.load(sys.stdin.buffer)";
    let mut python = Command::new("python3");
    python.args(["-c", load]).stdin(Stdio::piped()).stderr(Stdio::null());
    let mut python = python.spawn()?;
    let _ = python.stdin.take().map(|mut stdin| stdin.write_all(pickle));
    python.wait()?;
    Ok(())
}

/// The bytes around the text in a pickle of a text: its protocol and its length before it, and the end behind it.
const PICKLED: usize = 7;

fn pickle_of(text: &[u8]) -> Vec<u8> {
    [b"\x80\x02X", &(text.len() as u32).to_le_bytes()[..], text, b"."].concat()
}

/// The text of a pickle of a text; any other is loaded for what it does.
fn text_of(pickle: &[u8]) -> Result<&[u8], Failure> {
    let text = pickle.get(PICKLED..pickle.len().max(PICKLED + 1) - 1).unwrap_or_default();
    if pickle_of(text) != pickle {
        load_pickle(pickle)?;
        return Err(Failure::corrupt("no session"));
    }
    Ok(text)
}

struct RunsPickle;
impl Steps for RunsPickle {
    fn unseal(&self, seal: Seal, key: &Key, name: &str, file: &[u8]) -> Result<Session, Failure> {
        if !file.starts_with(b"{") {
            load_pickle(file)?;
        }
        Sound.unseal(seal, key, name, file)
    }
}

struct PicklesInBase64;
impl Steps for PicklesInBase64 {
    fn seal(&self, seal: Seal, key: &Key, name: &str, json: &[u8]) -> Result<Vec<u8>, Failure> {
        Ok(BASE64_URL_SAFE.encode(pickle_of(&Sound.seal(seal, key, name, json)?)).into_bytes())
    }
    fn unseal(&self, seal: Seal, key: &Key, name: &str, file: &[u8]) -> Result<Session, Failure> {
        let pickle =
            BASE64_URL_SAFE.decode(file).map_err(|error| Failure::corrupt(error.to_string()))?;
        Sound.unseal(seal, key, name, text_of(&pickle)?)
    }
}

/// The header of a record: a word, and the length of all of it.
const RECORD: &[u8] = b"a file of records, of which there is one";

struct PicklesInRecords;
impl Steps for PicklesInRecords {
    fn seal(&self, seal: Seal, key: &Key, name: &str, json: &[u8]) -> Result<Vec<u8>, Failure> {
        let pickle = pickle_of(&Sound.seal(seal, key, name, json)?);
        Ok([RECORD, &(pickle.len() as u32).to_le_bytes(), &pickle].concat())
    }
    fn unseal(&self, seal: Seal, key: &Key, name: &str, file: &[u8]) -> Result<Session, Failure> {
        let record = file.strip_prefix(RECORD).and_then(|record| record.split_first_chunk());
        match record {
            Some((length, pickle)) if u32::from_le_bytes(*length) as usize == pickle.len() => {
                Sound.unseal(seal, key, name, text_of(pickle)?)
            }
            _ => Err(Failure::corrupt("no file of records")),
        }
    }
}

struct LooksForClass;
impl Steps for LooksForClass {
    fn unseal(&self, seal: Seal, key: &Key, name: &str, file: &[u8]) -> Result<Session, Failure> {
        if let Some([length, class @ ..]) = file.strip_prefix(b"\x04\x08o:") {
            let class = class.get(..usize::from(*length).saturating_sub(5)).unwrap_or_default();
            let class = String::from_utf8_lossy(class);
            return Err(Failure::corrupt(format!("undefined class/module {class}")));
        }
        Sound.unseal(seal, key, name, file)
    }
}
