//! What the texts of the repository may not say, and what they must.

use crate::repository::{Text, root, texts};

/// Paths and hosts of a machine, in two parts so that this file does not contain them.
const OF_A_MACHINE: [&str; 7] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/opt/wh", "eels"),
    concat!("/home/", "runner/"),
    concat!("/Us", "ers/"),
    concat!("artif", "actory"),
    concat!("nexus/", "repository"),
];

fn documents() -> Vec<Text> {
    texts("", ".md").into_iter().filter(|file| !file.path.starts_with("crates/")).collect()
}

#[test]
fn nothing_names_a_machine() {
    let mut named = Vec::new();
    for file in texts("", "") {
        for (number, line) in file.content.lines().enumerate() {
            if OF_A_MACHINE.iter().any(|path| line.contains(path)) {
                named.push(format!("{}:{}", file.path, number + 1));
            }
        }
    }
    assert_eq!(named, Vec::<String>::new());
}

#[test]
fn a_lock_file_names_no_registry_but_the_public_one() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let sources: Vec<_> = lock.lines().filter(|line| line.starts_with("source = ")).collect();
    assert!(sources.len() > 100, "{}", sources.len());
    let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    for source in sources {
        assert_eq!(source, public);
    }
}

/// Targets of `[words](target)` in a document.
fn links(content: &str) -> impl Iterator<Item = &str> {
    content.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut followed = 0;
    for document in documents() {
        let folder = root().join(&document.path).parent().unwrap().to_owned();
        for link in links(&document.content).filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let path = link.split('#').next().unwrap();
            assert!(folder.join(path).exists(), "{} links to `{link}`", document.path);
            followed += 1;
        }
    }
    assert!(followed > 20, "{followed}");
}

#[test]
fn a_decision_record_has_context_decision_and_consequences_and_is_in_the_list() {
    let list = std::fs::read_to_string(root().join("docs/adr/README.md")).unwrap();
    let records: Vec<_> =
        texts("docs/adr", ".md").into_iter().filter(|file| !file.path.ends_with("README.md")).collect();
    for (position, record) in records.iter().enumerate() {
        let name = record.path.rsplit('/').next().unwrap();
        assert!(name.starts_with(&format!("{:04}-", position + 1)), "{name} is not number {}", position + 1);
        assert!(list.contains(name), "{name} is not in the list");
        for part in ["## Context", "## Decision", "## Consequences"] {
            assert!(record.content.lines().any(|line| line == part), "{name} has no `{part}`");
        }
    }
}

#[test]
fn every_command_that_a_document_names_is_a_target() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let mut named = 0;
    for document in documents() {
        let spans = document.content.split('`').skip(1).step_by(2);
        for target in spans.filter_map(|span| span.strip_prefix("make ")) {
            let target = target.split_whitespace().next().unwrap();
            let exists = makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
            assert!(exists || target.contains("NAME"), "{}: `make {target}`", document.path);
            named += 1;
        }
    }
    assert!(named > 10, "{named}");
}
