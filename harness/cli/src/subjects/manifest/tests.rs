//! Manifests that can be used, and the errors of those that cannot.

use super::super::folders::folders;
use super::*;

const START: &str = "name = \"x\"\nkind = \"store\"\ndescription = \"d\"\n";

fn error(text: String) -> String {
    let text: &'static str = Box::leak(text.into_boxed_str());
    let files: &'static [(&str, &str)] =
        Box::leak(Box::new([("subject.toml", text), ("driver.py", "")]));
    read(Box::leak(Box::new(Folder { name: "folder", files }))).unwrap_err().to_string()
}

#[test]
fn every_manifest_reads() {
    assert!(folders().len() > 3);
    for folder in folders() {
        let packages = read(folder).unwrap_or_else(|error| panic!("{error}"));
        assert!(!packages.is_empty(), "{}", folder.name);
    }
}

#[test]
fn a_key_that_nobody_reads_is_refused_with_its_line_and_the_keys_there_are() {
    let said = error(format!("{START}driver = \"driver.py\"\nlanguage = \"python\"\n"));
    for word in ["scenarios/subjects/folder/subject.toml:5", "`language`", "`runtime`"] {
        assert!(said.contains(word), "{said}");
    }
    let python = "driver = \"driver.py\"\n[runtime.python]\noldest = \"3.8\"\n";
    let said = error(format!("{START}{python}requirements = \"x\"\n"));
    assert!(said.contains("`requirements`") && said.contains("`packages`"), "{said}");
    let said = error(format!("{START}{python}[[variants]]\nname = \"y\"\narguments = []\n"));
    assert!(said.contains("`arguments`") && said.contains("`args`"), "{said}");
}

#[test]
fn a_runtime_that_is_not_there_is_answered_with_those_that_are() {
    let said = error(format!("{START}driver = \"driver.py\"\n[runtime.pyhton]\n"));
    for word in ["pyhton", "`python`", "`node`", "`go`", "`php`", "`ruby`", "`rust`"] {
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let python = "[runtime.python]\noldest = \"3.8\"\n";
    let said = error(format!("{START}driver = \"other.py\"\n{python}"));
    assert!(said.contains("other.py"), "{said}");
    let said = error(format!("{START}driver = \"driver.py\"\n{python}packages = \"lock\"\n"));
    assert!(said.contains("\"lock\""), "{said}");
}

#[test]
fn an_application_has_a_file_of_its_own_in_its_language() {
    let all = folders().into_iter().flat_map(|folder| read(folder).unwrap());
    let applications: Vec<Package> = all.filter(|one| one.application.is_some()).collect();
    assert!(!applications.is_empty());
    for application in applications {
        assert!(MAINS.contains(&application.driver.as_str()), "{}", application.name);
    }
}

#[test]
fn versions_are_numbers() {
    let version = |text| Version::parse(text).unwrap();
    assert!(version("3.10.1") > version("3.8"));
    assert!(version("3.8") >= version("3.8"));
    assert_eq!(version("1.19.8").to_string(), "1.19.8");
    assert_eq!(version("1.22rc1"), version("1.22"));
    assert_eq!(Version::parse("python"), None);
    let oldest = "[runtime.python]\noldest = \">=3\"\n";
    let said = error(format!("{START}driver = \"driver.py\"\n{oldest}"));
    assert!(said.contains("is no version"), "{said}");
}

#[test]
fn every_pinned_package_has_a_hash() {
    for package in folders().into_iter().flat_map(|folder| read(folder).unwrap()) {
        let Some(lock) = package.host.lock() else { continue };
        let text = package.folder.file(lock).unwrap();
        match package.host {
            Host::Node(_) => {
                let lock: serde_json::Value = serde_json::from_str(text).unwrap();
                let packages = lock["packages"].as_object().unwrap();
                for (name, found) in packages.iter().filter(|(name, _)| !name.is_empty()) {
                    assert!(found["integrity"].is_string(), "{}: {name}", package.name);
                }
            }
            Host::Cargo(_) => {
                let lock: toml::Table = text.parse().unwrap();
                let packages = lock["package"].as_array().unwrap();
                let (fetched, own): (Vec<_>, Vec<_>) =
                    packages.iter().partition(|found| found.get("source").is_some());
                // The program, and the kit of a driver.
                let due = if package.application.is_some() { 1 } else { 2 };
                assert_eq!(own.len(), due, "{}", package.name);
                for found in fetched {
                    assert!(found.get("checksum").is_some(), "{}: {found}", package.name);
                }
            }
            _ => {
                for line in text.replace("\\\n", " ").lines() {
                    let is_package = !line.trim().is_empty() && !line.starts_with('#');
                    assert!(!is_package || line.contains("--hash=sha256:"), "{line}");
                }
            }
        }
    }
}
