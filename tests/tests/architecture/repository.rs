//! The files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// What is made, not written. In a worktree `.git` is a file.
const MADE: [&str; 5] = [".git", ".local", ".venv", "node_modules", "target"];

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A text file: its path below the workspace, and its content.
pub(crate) struct Text {
    pub(crate) path: String,
    pub(crate) content: String,
}

/// Every text file below a folder of the workspace whose name ends so. Files that are no UTF-8 are left out.
pub(crate) fn texts(folder: &str, ending: &str) -> Vec<Text> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut |path| {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        if let (true, Ok(content)) = (name.ends_with(ending), fs::read_to_string(path)) {
            found.push(Text { path: name, content });
        }
    });
    assert!(!found.is_empty(), "there is nothing in `{folder}` that ends with `{ending}`");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(folder: &Path, see: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        let made = path.file_name().is_some_and(|name| MADE.iter().any(|made| name == *made));
        if made {
            continue;
        }
        if kind.is_dir() {
            walk(&path, see);
        } else if kind.is_file() {
            see(&path);
        }
    }
}
