//! The style sheet, and the address that changes with it.

use std::sync::LazyLock;

use changegate_change::digest::Digest;

/// The style sheet of every page.
pub const SHEET: &str = include_str!("../../templates/style.css");

/// The path of the style sheet.
pub const PATH: &str = "/review/style.css";

static VERSIONED: LazyLock<String> = LazyLock::new(|| {
    let version: String = Digest::of_bytes(SHEET.as_bytes()).to_hex().chars().take(12).collect();
    format!("{PATH}?v={version}")
});

/// The path with the sheet's version, so that it can be kept for good.
#[must_use]
pub fn versioned_path() -> &'static str {
    &VERSIONED
}
