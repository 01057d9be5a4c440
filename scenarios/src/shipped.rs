//! The files of this package that are no code: the folders of `subjects`, and the tables of `places`.

/// A folder of `subjects` with a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Its name.
    pub name: &'static str,
    /// The names and contents of its files, less notes and tests.
    pub files: &'static [(&'static str, &'static str)],
}

/// Every folder that is no package of its own, by name.
pub static SUBJECTS: &[Folder] = include!(concat!(env!("OUT_DIR"), "/subjects.rs"));

/// The name and contents of each table of places.
pub static PLACES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/places.rs"));

impl Folder {
    /// Returns the contents of a file; `None` if it is not there.
    pub fn file(&self, name: &str) -> Option<&'static str> {
        self.files.iter().find(|(file, _)| *file == name).map(|(_, text)| *text)
    }

    /// Returns the path of a file in the repository; `..` in its name is followed.
    pub fn path(&self, name: &str) -> String {
        let mut path: Vec<&str> = vec!["scenarios", "subjects", self.name];
        for part in name.split('/') {
            match part {
                ".." => drop(path.pop()),
                part => path.push(part),
            }
        }
        path.join("/")
    }
}
