//! Points in time as services write them, which is not always as their models say.

use aws_smithy_types::{DateTime, Document, Number, date_time::Format};

/// A point in time written as RFC 3339 (with a blank for the `T`, an offset without colon, or no offset at all, as some
/// services do), as an HTTP date, or as seconds since 1970.
pub(super) fn from_text(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return from_seconds(seconds);
    }
    let read = |text: &str| DateTime::from_str(text, Format::DateTimeWithOffset).ok();
    read(text).or_else(|| DateTime::from_str(text, Format::HttpDate).ok()).or_else(|| read(&in_full(text)?))
}

/// A point in time in JSON: a number of seconds, or text.
pub(super) fn from_document(document: &Document) -> Option<DateTime> {
    match document {
        Document::String(text) => from_text(text),
        Document::Number(Number::PosInt(seconds)) => i64::try_from(*seconds).ok().map(DateTime::from_secs),
        Document::Number(Number::NegInt(seconds)) => Some(DateTime::from_secs(*seconds)),
        Document::Number(Number::Float(seconds)) => from_seconds(*seconds),
        Document::Object(_) | Document::Array(_) | Document::Bool(_) | Document::Null => None,
    }
}

/// Rounded to microseconds, which is as fine as seconds in a float are today; without, 0.123 would become 0.122999907.
pub(super) fn in_microseconds(time: DateTime) -> DateTime {
    let micros = (time.subsec_nanos() + 500) / 1000;
    if micros == 1_000_000 {
        return DateTime::from_secs(time.secs().saturating_add(1));
    }
    DateTime::from_secs_and_nanos(time.secs(), micros * 1000)
}

fn from_seconds(seconds: f64) -> Option<DateTime> {
    /// Years up to 9999 and as far back.
    const LARGEST: f64 = 253_402_300_799.0;
    (seconds.abs() <= LARGEST).then(|| in_microseconds(DateTime::from_secs_f64(seconds)))
}

/// RFC 3339 from a form that leaves something out.
fn in_full(text: &str) -> Option<String> {
    let (date, rest) = text.split_at_checked("2000-01-01".len())?;
    let Some(time) = rest.strip_prefix([' ', 'T', 't']) else {
        return rest.is_empty().then(|| format!("{date}T00:00:00Z"));
    };
    let time = time.trim_end_matches(" UTC").trim_end_matches(" GMT");
    let zone = time.find(['+', '-', 'Z', 'z']);
    let (clock, zone) = time.split_at_checked(zone.unwrap_or(time.len()))?;
    let zone = match zone.split_at_checked(3) {
        None if zone.is_empty() => "Z".to_owned(),
        Some((hours, minutes)) if !minutes.starts_with(':') => {
            format!("{hours}:{}", if minutes.is_empty() { "00" } else { minutes })
        }
        Some(_) | None => zone.to_owned(),
    };
    let clock = clock.trim_end();
    let seconds = if clock.len() == "00:00".len() { ":00" } else { "" };
    Some(format!("{date}T{clock}{seconds}{zone}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_in_time_is_read_in_every_form_that_services_use() {
        for (text, expected) in [
            ("2012-07-16T18:01:02Z", 1_342_461_662),
            ("2012-07-16T18:01:02.000Z", 1_342_461_662),
            ("2012-07-16T20:01:02+02:00", 1_342_461_662),
            ("2012-07-16T20:01:02+0200", 1_342_461_662),
            ("2012-07-16 18:01:02", 1_342_461_662),
            ("2012-07-16 18:01:02 UTC", 1_342_461_662),
            ("2012-07-16T18:01:02", 1_342_461_662),
            ("2012-07-16T18:01Z", 1_342_461_660),
            ("2012-07-16", 1_342_396_800),
            ("Mon, 16 Jul 2012 18:01:02 GMT", 1_342_461_662),
            ("1342461662", 1_342_461_662),
            ("1.342461662E9", 1_342_461_662),
            ("-1", -1),
        ] {
            assert_eq!(from_text(text), Some(DateTime::from_secs(expected)), "{text}");
        }
        for text in
            ["", "yesterday", "YYYY-MM-DDTHH:MM:SS.000Z", "2012-13-16T18:01:02Z", "NaN", "1e300", "2012-07-1"]
        {
            assert_eq!(from_text(text), None, "{text}");
        }
    }

    #[test]
    fn seconds_in_a_float_keep_the_fraction_that_was_meant() {
        let time = from_document(&Document::Number(Number::Float(1_398_796_238.123)));
        assert_eq!(time, Some(DateTime::from_secs_and_nanos(1_398_796_238, 123_000_000)));
        let time = from_document(&Document::Number(Number::Float(1_398_796_238.999_999_9)));
        assert_eq!(time, Some(DateTime::from_secs(1_398_796_239)));
        assert_eq!(from_document(&Document::Bool(true)), None);
    }
}
