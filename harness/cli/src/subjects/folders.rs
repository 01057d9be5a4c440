//! The folders of `scenarios/subjects`, as they were when this program was built.

/// A folder with a manifest.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Folder {
    /// Its name.
    pub(crate) name: &'static str,
    /// The names and contents of its files, less notes and tests.
    files: &'static [(&'static str, &'static str)],
}

/// Every folder, by name.
pub(crate) static FOLDERS: &[Folder] = include!(concat!(env!("OUT_DIR"), "/subjects.rs"));

impl Folder {
    /// Returns the contents of a file; `None` if it is not there.
    pub(crate) fn file(&self, name: &str) -> Option<&'static str> {
        self.files.iter().find(|(file, _)| *file == name).map(|(_, text)| *text)
    }

    /// Returns the path of a file in the repository; `..` in its name is followed.
    pub(crate) fn path(&self, name: &str) -> String {
        let mut path: Vec<&str> = vec!["scenarios", "subjects", self.name];
        for part in name.split('/') {
            match part {
                ".." => drop(path.pop()),
                part => path.push(part),
            }
        }
        path.join("/")
    }

    #[cfg(test)]
    pub(crate) const fn of(files: &'static [(&'static str, &'static str)]) -> Folder {
        Folder { name: "folder", files }
    }
}
