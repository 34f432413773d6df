//! Figures: what was measured, for people as a table and for machines as one flat JSON object.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::Value;

/// Measured values by name, such as `propose.zip_bytes`.
#[derive(Debug, Default)]
pub(crate) struct Figures(BTreeMap<String, Value>);

impl Figures {
    /// Figures that a command measured.
    pub(crate) fn of_command(command: &str) -> Self {
        let mut figures = Self::default();
        figures.set("command", command);
        figures
    }

    /// Keeps a value.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Writes `NAME.json` into the folder and gives its path.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&self, folder: &Path, name: &str) -> io::Result<PathBuf> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{name}.json"));
        let mut text = serde_json::to_string_pretty(&self.0)?;
        text.push('\n');
        fs::write(&path, text)?;
        Ok(path)
    }
}

/// Rows in columns as wide as their widest cell. The first column is flush left, the others flush right.
#[derive(Debug)]
pub(crate) struct Table<const COLUMNS: usize>(Vec<[String; COLUMNS]>);

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table with the names of its columns.
    pub(crate) fn new(columns: [&str; COLUMNS]) -> Self {
        Self(vec![columns.map(str::to_owned)])
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: [String; COLUMNS]) {
        self.0.push(cells);
    }
}

impl<const COLUMNS: usize> std::fmt::Display for Table<COLUMNS> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = |column| {
            let cells = self.0.iter().filter_map(|row| row.get(column));
            cells.map(|cell: &String| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: [usize; COLUMNS] = std::array::from_fn(width);
        for (number, row) in self.0.iter().enumerate() {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
                line += &match column {
                    0 => format!("{cell:<width$}"),
                    _ => format!("  {cell:>width$}"),
                };
            }
            if number > 0 {
                f.write_str("\n")?;
            }
            f.write_str(line.trim_end())?;
        }
        Ok(())
    }
}

/// A number of bytes in MB (10⁶ bytes), with two digits.
pub(crate) fn megabytes(bytes: usize) -> String {
    let hundredths = bytes.div_ceil(10_000);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["name", "MB"]);
        table.row(["api".into(), "12.50".into()]);
        assert_eq!(table.to_string(), "name     MB\napi   12.50");
    }

    #[test]
    fn figures_are_one_flat_object_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let mut figures = Figures::of_command("make package");
        figures.set("api.zip_bytes", 7);
        let path = figures.write(folder.path(), "package").unwrap();
        let expected = "{\n  \"api.zip_bytes\": 7,\n  \"command\": \"make package\"\n}\n";
        assert_eq!(fs::read_to_string(path).unwrap(), expected);
    }

    #[test]
    fn megabytes_are_rounded_up() {
        assert_eq!(megabytes(0), "0.00");
        assert_eq!(megabytes(10_001), "0.02");
        assert_eq!(megabytes(12_345_678), "12.35");
    }
}
