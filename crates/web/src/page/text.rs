//! Untrusted text, made visible.
//!
//! An agent's words may hold characters that hide, reorder or imitate others (Unicode Technical Report 36). Written
//! to a page, each such character becomes its code point in a box, so that what an approver reads is what is there.

use std::fmt;

/// Words: a title, a reason, a note. Letters of every script stand as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prose(String);

/// What a machine reads: names, JSON, identifiers. Letters outside ASCII are underlined as well, because here they
/// may imitate others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Code(String);

impl Prose {
    /// The words of `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl Code {
    /// The code in `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// How many characters it has.
    #[must_use]
    pub fn length(&self) -> usize {
        self.0.chars().count()
    }

    /// How many lines it has.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.0.lines().count()
    }

    /// The text as it is, escaped nowhere.
    pub(crate) fn raw(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Prose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| write_visible(f, c, false))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| write_visible(f, c, true))
    }
}

// Both write nothing that is not escaped.
impl askama::filters::HtmlSafe for Prose {}
impl askama::filters::HtmlSafe for Code {}

fn write_visible(f: &mut fmt::Formatter<'_>, c: char, code: bool) -> fmt::Result {
    match c {
        '&' => f.write_str("&amp;"),
        '<' => f.write_str("&lt;"),
        '>' => f.write_str("&gt;"),
        '"' => f.write_str("&quot;"),
        '\'' => f.write_str("&#39;"),
        '\n' | '\t' | ' '..='~' => write!(f, "{c}"),
        _ if is_invisible(c) => {
            let point = u32::from(c);
            write!(f, "<span class=\"odd\" title=\"{}\">U+{point:04X}</span>", kind(c))
        }
        _ if code => write!(f, "<span class=\"far\" title=\"U+{:04X}\">{c}</span>", u32::from(c)),
        _ => write!(f, "{c}"),
    }
}

/// Whether a character has no ink of its own, or changes what stands beside it: controls, the default ignorable
/// code points of Unicode 16, bidirectional controls, spaces that are not U+0020, and private use.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xA0 | 0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x1680 | 0x17B4 | 0x17B5
            | 0x180B..=0x180F | 0x2000..=0x200F | 0x2028..=0x202F | 0x205F..=0x206F
            | 0x2800 | 0x3000 | 0x3164 | 0xE000..=0xF8FF | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0
            | 0xFFF0..=0xFFFB | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF
            | 0xF0000..=0x10_FFFF)
}

fn kind(c: char) -> &'static str {
    match u32::from(c) {
        0x61C | 0x200E | 0x200F | 0x202A..=0x202E | 0x2066..=0x2069 => "changes the direction of text",
        0xAD | 0x200B..=0x200D | 0x2060..=0x2064 | 0xFEFF => "has no width",
        0xA0 | 0x1680 | 0x2000..=0x200A | 0x202F | 0x205F | 0x3000 | 0x2028 | 0x2029 => "an unusual space",
        0xE000..=0xF8FF | 0xF0000..=0x10_FFFF => "private use: looks different everywhere",
        _ if c.is_control() => "a control character",
        _ => "not visible",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_is_escaped() {
        let text = "<script>alert(\"x\") & 'y'</script>";
        let escaped = "&lt;script&gt;alert(&quot;x&quot;) &amp; &#39;y&#39;&lt;/script&gt;";
        assert_eq!(Prose::new(text).to_string(), escaped);
        assert_eq!(Code::new(text).to_string(), escaped);
    }

    #[test]
    fn characters_that_hide_or_reorder_are_shown_as_their_code_points() {
        for (c, shown, title) in [
            ('\u{202E}', "U+202E", "changes the direction of text"),
            ('\u{2066}', "U+2066", "changes the direction of text"),
            ('\u{200B}', "U+200B", "has no width"),
            ('\u{FEFF}', "U+FEFF", "has no width"),
            ('\u{00A0}', "U+00A0", "an unusual space"),
            ('\u{2028}', "U+2028", "an unusual space"),
            ('\u{0}', "U+0000", "a control character"),
            ('\u{1B}', "U+001B", "a control character"),
            ('\r', "U+000D", "a control character"),
            ('\u{85}', "U+0085", "a control character"),
            ('\u{E0041}', "U+E0041", "not visible"),
            ('\u{3164}', "U+3164", "not visible"),
            ('\u{E000}', "U+E000", "private use: looks different everywhere"),
        ] {
            let expected = format!("a<span class=\"odd\" title=\"{title}\">{shown}</span>b");
            assert_eq!(Prose::new(format!("a{c}b")).to_string(), expected);
            assert_eq!(Code::new(format!("a{c}b")).to_string(), expected);
        }
    }

    #[test]
    fn letters_of_other_scripts_stand_in_prose_and_are_underlined_in_code() {
        assert_eq!(Prose::new("grün, 変更, שלום").to_string(), "grün, 変更, שלום");
        let imitation = Code::new("p\u{0430}yments").to_string();
        assert_eq!(imitation, "p<span class=\"far\" title=\"U+0430\">\u{0430}</span>yments");
    }

    proptest! {
        #[test]
        fn no_text_can_write_a_tag_of_its_own(text in any::<String>()) {
            for written in [Prose::new(text.as_str()).to_string(), Code::new(text.as_str()).to_string()] {
                let mut rest = written.as_str();
                while let Some(at) = rest.find('<') {
                    rest = &rest[at..];
                    let ours = ["<span class=\"odd\" title=\"", "<span class=\"far\" title=\"U+", "</span>"];
                    prop_assert!(ours.iter().any(|tag| rest.starts_with(tag)), "{}", rest);
                    rest = &rest[1..];
                }
                prop_assert!(!written.chars().any(|c| is_invisible(c) && c != '\n' && c != '\t'));
            }
        }
    }
}
