//! The folders of `scenarios/subjects`, as they were when this program was built.

pub(crate) use interloper_scenarios::shipped::Folder;
use interloper_scenarios::shipped::SUBJECTS;

/// The folder that is a package of its own.
static BUNDLED: Folder =
    Folder { name: "bundled", files: &[("subject.toml", interloper_bundled::MANIFEST)] };

/// Returns every folder, by name.
pub(crate) fn folders() -> Vec<&'static Folder> {
    let mut folders: Vec<&Folder> = SUBJECTS.iter().chain([&BUNDLED]).collect();
    folders.sort_by_key(|folder| folder.name);
    folders
}
