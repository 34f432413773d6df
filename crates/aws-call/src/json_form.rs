//! How values that JSON has no type for are written in JSON: timestamps, bytes, large integers, special floats.

use aws_smithy_types::{DateTime, Document, Number, date_time::Format};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

/// Largest magnitude up to which every integer is exact in JSON readers (2^53).
pub(crate) const EXACT: i64 = 1 << 53;

/// An integer given as a number up to ±2^53, or as decimal text.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => {
            number.as_i64().filter(|integer| integer.unsigned_abs() <= EXACT.unsigned_abs())
        }
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An integer as a number, or as text beyond ±2^53.
pub(crate) fn integer_value(integer: i64) -> Value {
    if integer.unsigned_abs() <= EXACT.unsigned_abs() {
        Value::from(integer)
    } else {
        Value::from(integer.to_string())
    }
}

/// A number, or one of `NaN`, `Infinity`, `-Infinity`.
pub(crate) fn float(value: &Value) -> Option<f64> {
    match value.as_str() {
        None => value.as_f64(),
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        Some(_) => None,
    }
}

/// A number, or text for what JSON has no number for.
pub(crate) fn float_value(float: f64) -> Value {
    match serde_json::Number::from_f64(float) {
        Some(number) => Value::Number(number),
        None if float.is_nan() => Value::from("NaN"),
        None if float > 0.0 => Value::from("Infinity"),
        None => Value::from("-Infinity"),
    }
}

/// A point in time given as RFC 3339 text, as an HTTP date, or as seconds since 1970.
pub(crate) fn timestamp(value: &Value) -> Option<DateTime> {
    if let Some(seconds) = value.as_i64() {
        return Some(DateTime::from_secs(seconds));
    }
    if let Some(seconds) = value.as_f64() {
        return Some(DateTime::from_secs_f64(seconds));
    }
    let text = value.as_str()?;
    DateTime::from_str(text, Format::DateTimeWithOffset)
        .or_else(|_| DateTime::from_str(text, Format::HttpDate))
        .ok()
}

/// RFC 3339 text in UTC; `None` for a time that has no such form.
pub(crate) fn timestamp_value(timestamp: &DateTime) -> Option<Value> {
    timestamp.fmt(Format::DateTime).ok().map(Value::from)
}

/// An HTTP date (RFC 9110); `None` for a time that has no such form.
pub(crate) fn http_date(timestamp: &DateTime) -> Option<String> {
    DateTime::from_secs(timestamp.secs()).fmt(Format::HttpDate).ok()
}

/// Bytes given as base64 text (standard alphabet, padded).
pub(crate) fn bytes(value: &Value) -> Option<Vec<u8>> {
    STANDARD.decode(value.as_str()?).ok()
}

/// Bytes as base64 text.
pub(crate) fn bytes_value(bytes: &[u8]) -> Value {
    Value::from(STANDARD.encode(bytes))
}

/// A name as a segment of a JSON pointer (RFC 6901, section 3).
pub(crate) fn pointer_segment(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Any JSON value as a document.
pub(crate) fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(boolean) => Document::Bool(*boolean),
        Value::String(text) => Document::String(text.clone()),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(positive), _) => Number::PosInt(positive),
            (None, Some(negative)) => Number::NegInt(negative),
            (None, None) => Number::Float(number.as_f64().unwrap_or_default()),
        }),
        Value::Array(values) => Document::Array(values.iter().map(document).collect()),
        Value::Object(entries) => {
            Document::Object(entries.iter().map(|(name, value)| (name.clone(), document(value))).collect())
        }
    }
}

/// A document as a JSON value.
pub(crate) fn document_value(from: &Document) -> Value {
    if let Some(boolean) = from.as_bool() {
        return Value::Bool(boolean);
    }
    if let Some(text) = from.as_string() {
        return Value::from(text);
    }
    if let Some(values) = from.as_array() {
        return values.iter().map(document_value).collect();
    }
    if let Some(entries) = from.as_object() {
        let mut entries: Vec<_> = entries.iter().collect();
        entries.sort_by_key(|(name, _)| *name);
        return entries
            .into_iter()
            .map(|(name, value)| (name.clone(), document_value(value)))
            .collect::<Map<_, _>>()
            .into();
    }
    match from.as_number() {
        Some(Number::PosInt(positive)) => Value::from(*positive),
        Some(Number::NegInt(negative)) => Value::from(*negative),
        Some(Number::Float(number)) => float_value(*number),
        None => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_integer_beyond_two_to_the_53_is_taken_as_text_only() {
        assert_eq!(integer(&json!(9_007_199_254_740_992_i64)), Some(EXACT));
        assert_eq!(integer(&json!(9_007_199_254_740_993_i64)), None);
        assert_eq!(integer(&json!("9007199254740993")), Some(EXACT + 1));
        assert_eq!(integer_value(EXACT + 1), json!("9007199254740993"));
    }

    #[test]
    fn timestamps_are_read_in_three_forms_and_written_in_one() {
        let expected = DateTime::from_secs(784_111_777);
        for form in
            [json!("1994-11-06T08:49:37Z"), json!("Sun, 06 Nov 1994 08:49:37 GMT"), json!(784_111_777)]
        {
            assert_eq!(timestamp(&form), Some(expected));
        }
        assert_eq!(timestamp_value(&expected), Some(json!("1994-11-06T08:49:37Z")));
        assert_eq!(timestamp(&json!("yesterday")), None);
    }
}
