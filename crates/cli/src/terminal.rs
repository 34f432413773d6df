//! Text that others wrote, on a terminal.

use serde_json::Value;

/// The text without anything that could move the cursor, hide characters or turn the direction of writing: what an agent
/// wrote must look like what it is.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if deceives(c) { '\u{fffd}' } else { c }).collect()
}

fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The text of a member, empty if it has none.
pub(crate) fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).map(shown).unwrap_or_default()
}

/// A value on one line: a text as it is, everything else as JSON.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => plain(&value.to_string()),
    }
}

/// The items of a member, none if it has none.
pub(crate) fn items<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// `name` and `value` in columns, or nothing without a value.
pub(crate) fn line(lines: &mut Vec<String>, name: &str, value: &str) {
    if !value.is_empty() {
        lines.push(format!("{name:<12} {value}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn escape_sequences_line_breaks_and_direction_marks_do_not_reach_the_terminal() {
        for text in ["\u{1b}[2K", "a\rb", "a\nb", "a\u{202e}b", "a\u{200b}b", "\u{9b}1m"] {
            let shown = plain(text);
            assert!(!shown.chars().any(deceives) && shown.contains('\u{fffd}'), "{text:?}");
        }
        assert_eq!(plain("Größe → 2 日本"), "Größe → 2 日本");
    }

    #[test]
    fn values_inside_json_are_made_plain_too() {
        assert_eq!(shown(&json!({"a": "x\u{202e}y"})), "{\"a\":\"x\u{fffd}y\"}");
    }
}
