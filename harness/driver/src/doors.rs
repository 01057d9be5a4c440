//! The doors of a server and the form of ids, as a hello names them. Both are refused if they make no sense.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// A way in to a server that the store opens, with a program that asks it for what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Door {
    /// The door's name, as findings print it.
    pub name: String,
    /// The socket's path, absolute or below the home directory.
    pub path: String,
    /// The program and its arguments; `{door}` stands for the path.
    pub ask: Vec<String>,
    /// A program that asks, as the store's own user, for what was deleted: an undelete, an older version, a log. Empty if there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recover: Vec<String>,
}

/// Reads the doors of a hello.
pub(crate) fn doors<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Door>, D::Error> {
    let doors = Vec::<Door>::deserialize(from)?;
    for (n, door) in doors.iter().enumerate() {
        let name = &door.name;
        let wrong = if name.is_empty() {
            "has no name"
        } else if door.path.is_empty() {
            "has no path; name the socket"
        } else if door.ask.first().is_none_or(String::is_empty) {
            "names no program in ask; write [\"PROGRAM\",\"ARGUMENT\",…]"
        } else if doors[..n].iter().any(|other| other.name == *name) {
            "has the name of another; give each a name of its own"
        } else {
            continue;
        };
        return Err(D::Error::custom(format_args!("doors: {name:?} {wrong}")));
    }
    Ok(doors)
}

/// The longest id that a form may have, in characters.
const LONGEST_ID: u32 = 4096;

/// The form of a store's ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "IdFormFields")]
#[cfg_attr(feature = "schema", schemars(!try_from))]
pub struct IdForm {
    /// The characters that an id is made of, each once.
    pub alphabet: String,
    /// The number of characters of an id.
    pub length: u32,
    /// An id that the store takes.
    pub example: String,
}

/// An [`IdForm`] that nobody has looked at yet.
#[derive(Deserialize)]
struct IdFormFields {
    alphabet: String,
    length: u32,
    example: String,
}

impl TryFrom<IdFormFields> for IdForm {
    type Error = String;

    fn try_from(fields: IdFormFields) -> Result<IdForm, String> {
        let IdFormFields { alphabet, length, example } = fields;
        let mut characters: Vec<char> = alphabet.chars().collect();
        characters.sort_unstable();
        if characters.len() < 2 || characters.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("id_form: alphabet needs at least two characters, each once".into());
        }
        if !(1..=LONGEST_ID).contains(&length) {
            return Err(format!("id_form: length is {length}; it is from 1 to {LONGEST_ID}"));
        }
        let fits = example.chars().count() == length as usize
            && example.chars().all(|c| alphabet.contains(c));
        match fits {
            true => Ok(IdForm { alphabet, length, example }),
            false => Err(format!(
                "id_form: the example {example:?} is not {length} characters of the alphabet"
            )),
        }
    }
}
