//! The table of places: `scenarios/places`, as it was when this program was built.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use interloper_scenarios::shipped::PLACES;
use serde::Deserialize;

/// What a file is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Holds {
    /// Who reads it is the user.
    Credentials,
    /// The same, in many files.
    Sessions,
    /// Nothing to read, but what it says is believed.
    Config,
}

/// A place of the table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    /// The tool's name; the file's, if the place does not say another.
    #[serde(skip)]
    pub(crate) tool: String,
    /// Where it is; empty if only a tree has it.
    path: String,
    pub(crate) holds: Holds,
    pub(crate) format: Option<String>,
    #[serde(default)]
    pub(crate) runs: bool,
    pub(crate) variable: Option<String>,
    #[serde(default)]
    pub(crate) ids: bool,
    pub(crate) shared: Option<String>,
    in_trees: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tool: String,
    #[serde(rename = "source")]
    _source: String,
    place: Vec<Place>,
}

/// The whole table.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) all: Vec<Place>,
    /// The places by the last name of their tail, where that is no pattern.
    by_name: HashMap<Vec<u8>, Vec<usize>>,
    /// The last pattern of the places whose tail ends in one.
    by_glob: Vec<(String, usize)>,
    /// The end of a path that is each place's in any tree.
    tails: Vec<Vec<String>>,
}

impl Place {
    /// Returns the place of a file that was named: whoever names it says that it matters.
    pub(crate) fn any() -> Place {
        Place {
            tool: String::new(),
            path: String::new(),
            holds: Holds::Credentials,
            // Read, and recognised by what it says itself.
            format: Some(String::new()),
            runs: false,
            variable: None,
            ids: false,
            shared: None,
            in_trees: None,
        }
    }

    /// Returns its names below a home or below `/`, with the directories of a home at their usual places or where `xdg` says;
    /// `None` if it is in trees only.
    pub(crate) fn names(
        &self,
        xdg: impl Fn(&str) -> Option<String>,
    ) -> Option<(bool, Vec<String>)> {
        let mut path = self.path.clone();
        for (word, variable, usual) in [
            ("{config}", "XDG_CONFIG_HOME", "~/.config"),
            ("{data}", "XDG_DATA_HOME", "~/.local/share"),
            ("{cache}", "XDG_CACHE_HOME", "~/.cache"),
        ] {
            if path.contains(word) {
                path = path.replace(word, &xdg(variable).unwrap_or_else(|| usual.to_owned()));
            }
        }
        let (in_home, rest) = match (path.strip_prefix("~/"), path.strip_prefix('/')) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return None,
        };
        Some((
            in_home,
            rest.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        ))
    }

    /// Returns whether it is of each home.
    pub(crate) fn is_of_a_home(&self) -> bool {
        !self.path.starts_with('/') && !self.path.is_empty()
    }

    /// Returns the end of a path that is such a file in any tree.
    fn tail(&self) -> Vec<String> {
        let is_name = |name: &&str| !name.is_empty() && *name != "~" && !name.starts_with('{');
        let names =
            |path: &str| path.split('/').filter(is_name).map(str::to_owned).collect::<Vec<_>>();
        match &self.in_trees {
            Some(tail) => names(tail),
            None => {
                let names = names(&self.path);
                names[names.len().saturating_sub(2)..].to_vec()
            }
        }
    }
}

impl Places {
    /// Reads the table.
    ///
    /// # Errors
    /// The file that is wrong, and how: a fault of this program.
    pub(crate) fn read() -> Result<Places, String> {
        let mut all = Vec::new();
        for (name, text) in PLACES {
            let file: File = toml::from_str(text)
                .map_err(|error| format!("scenarios/places/{name}: {error}"))?;
            all.extend(
                file.place.into_iter().map(|place| Place { tool: file.tool.clone(), ..place }),
            );
        }
        let (mut by_name, mut by_glob) = (HashMap::<_, Vec<usize>>::new(), Vec::new());
        let tails: Vec<Vec<String>> = all.iter().map(Place::tail).collect();
        for (n, tail) in tails.iter().enumerate() {
            match tail.last() {
                Some(last) if last.contains('*') => by_glob.push((last.clone(), n)),
                Some(last) => by_name.entry(last.as_bytes().to_vec()).or_default().push(n),
                None => {}
            }
        }
        Ok(Places { all, by_name, by_glob, tails })
    }

    /// Returns whether a name may be one of a place: the cheap question, asked of every name of a tree.
    pub(crate) fn may_be(&self, name: &[u8]) -> bool {
        self.by_name.contains_key(name) || self.by_glob.iter().any(|(glob, _)| matches(glob, name))
    }

    /// Returns the places that a path is one of by its end.
    pub(crate) fn of_path<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = usize> + 'a {
        let name = path.file_name().unwrap_or_default().as_bytes();
        let exact = self.by_name.get(name).into_iter().flatten().copied();
        let names: Vec<&OsStr> = path.iter().collect();
        exact.chain(self.by_glob.iter().map(|(_, n)| *n)).filter(move |&n| {
            let tail = &self.tails[n];
            let from = names.len().checked_sub(tail.len());
            from.is_some_and(|from| {
                names[from..].iter().zip(tail).all(|(name, glob)| matches(glob, name.as_bytes()))
            })
        })
    }
}

/// Returns whether a name is of a pattern, in which `*` stands for any text.
pub(crate) fn matches(glob: &str, name: &[u8]) -> bool {
    let mut parts = glob.as_bytes().split(|&byte| byte == b'*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts.filter(|part| !part.is_empty()) {
        match rest.windows(part.len()).position(|window| window == part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_table_can_be_read_and_names_formats_that_exist() {
        let places = Places::read().unwrap();
        assert!(PLACES.len() >= 15, "{PLACES:?}");
        for place in &places.all {
            let format = place.format.as_deref();
            assert!(
                format.is_none_or(|name| interloper_formats::format(name).is_some()),
                "{place:?}"
            );
            assert!(place.names(|_| None).is_some() || !place.tail().is_empty(), "{place:?}");
        }
    }

    #[test]
    fn a_file_is_known_by_the_end_of_its_path() {
        let places = Places::read().unwrap();
        let tools = |path: &str| -> Vec<&str> {
            places.of_path(Path::new(path)).map(|n| &*places.all[n].tool).collect()
        };
        assert_eq!(tools("/srv/x/.netrc"), ["netrc"]);
        assert_eq!(tools("/backup/ann/.kube/config"), ["kubectl"]);
        assert_eq!(tools("/backup/ann/config"), [""; 0]);
        assert_eq!(tools("/x/sessions/a.org/s.json"), ["HTTPie"]);
        assert!(places.may_be(b"config") && !places.may_be(b"main.rs"));
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (glob, name, is) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("*.json", "x.json", true),
            ("*.json", ".jso", false),
            ("*c*.t", "abc.t", true),
            ("sess_*", "sess_", true),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(matches(glob, name.as_bytes()), is, "{glob} {name}");
        }
    }
}
