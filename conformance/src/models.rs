//! One version of the models with everything that stands beside it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use aws_call::Index;
use serde_json::Value;

use crate::failure::Failure;

/// A version of botocore: its sources with their suites, the index built from them, and an interpreter that has it.
pub(crate) struct Models {
    /// `pinned` or `newer`; names of figures start with it.
    pub(crate) label: &'static str,
    /// Unpacked source distribution.
    pub(crate) botocore: PathBuf,
    pub(crate) index: Index,
    pub(crate) index_path: PathBuf,
    pub(crate) python: PathBuf,
    /// An interpreter that has moto, whatever its botocore.
    pub(crate) emulator: PathBuf,
}

/// Label of the models that the index of the project is built from.
pub(crate) const PINNED: &str = "pinned";

impl Models {
    pub(crate) fn open(
        label: &'static str,
        botocore: PathBuf,
        index: &Path,
        python: PathBuf,
        emulator: PathBuf,
    ) -> Result<Self, Failure> {
        Ok(Self {
            label,
            botocore,
            index: Index::open(index)?,
            index_path: index.to_owned(),
            python,
            emulator,
        })
    }

    /// Whether these are the models that the index of the project is built from.
    pub(crate) fn are_pinned(&self) -> bool {
        self.label == PINNED
    }
}

/// Names of what is in a folder, in ascending order.
pub(crate) fn names_in(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::read(folder))? {
        let entry = entry.map_err(Failure::read(folder))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// A file's JSON.
pub(crate) fn read_json(path: &Path) -> Result<Value, Failure> {
    let bytes = fs::read(path).map_err(Failure::read(path))?;
    serde_json::from_slice(&bytes).map_err(Failure::json(path.display().to_string()))
}
