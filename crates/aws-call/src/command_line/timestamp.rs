//! Points in time as people type them.

use aws_smithy_types::{DateTime, date_time::Format};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Reads RFC 3339 and its shorter and wider forms (no time, no seconds, no zone, a space for the `T`, an offset without
/// colon), RFC 7231 dates and seconds since 1970. A time without a zone is UTC, since whoever runs the call is elsewhere.
pub(super) fn read(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if let Some(time) = seconds(text).or_else(|| calendar(text)) {
        return Some(time);
    }
    DateTime::from_str(text, Format::HttpDate).ok()
}

fn seconds(text: &str) -> Option<DateTime> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    // Eight digits are a date, as in ISO 8601's basic form.
    if !digits(whole) || !digits(fraction) || (unsigned == text && text.len() == 8) {
        return None;
    }
    let whole: i64 = whole.parse().ok().filter(|seconds| *seconds < 1_000_000_000_000)?;
    let nanoseconds: u32 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    Some(match (unsigned == text, nanoseconds) {
        (true, _) => DateTime::from_secs_and_nanos(whole, nanoseconds),
        (false, 0) => DateTime::from_secs(-whole),
        (false, _) => DateTime::from_secs_and_nanos(-whole - 1, 1_000_000_000 - nanoseconds),
    })
}

fn calendar(text: &str) -> Option<DateTime> {
    let (date, rest) = date(text)?;
    let Some(rest) = rest.strip_prefix(['T', 't', ' ']) else {
        return rest.is_empty().then(|| DateTime::from_secs(date * DAY));
    };
    let (clock, offset) = split_zone(rest.trim())?;
    let (seconds, nanoseconds) = clock_time(clock)?;
    Some(DateTime::from_secs_and_nanos(date * DAY + seconds - offset, nanoseconds))
}

/// Days since 1970 and what follows the date.
fn date(text: &str) -> Option<(i64, &str)> {
    let number = |part: Option<&'_ str>| -> Option<i64> {
        part.filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
    };
    let separator = text.get(4..5)?;
    let (month, day, rest) = if matches!(separator, "-" | "/") && text.get(7..8) == Some(separator) {
        (text.get(5..7), text.get(8..10), text.get(10..)?)
    } else {
        (text.get(4..6), text.get(6..8), text.get(8..)?)
    };
    let year = number(text.get(..4))?;
    let (month, day) = (number(month)?, number(day)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    ((1..=longest).contains(&day) && year > 0).then(|| (days_since_1970(year, month, day), rest))
}

/// The proleptic Gregorian calendar, counted in years that begin in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month_from_march + 2) / 5 + day - 719_469
}

/// The time of day and the offset from UTC in seconds.
fn split_zone(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    if let Some(clock) = text.strip_suffix("UTC").or_else(|| text.strip_suffix("GMT")) {
        return Some((clock.trim_end(), 0));
    }
    let Some(sign) = text.rfind(['+', '-']) else { return Some((text, 0)) };
    let (clock, offset) = text.split_at_checked(sign)?;
    let (hours, minutes, seconds) = pairs_of_digits(offset.get(1..)?)?;
    let ahead = hours * 3600 + minutes * 60;
    (hours < 24 && minutes < 60 && seconds == 0)
        .then(|| (clock.trim_end(), if offset.starts_with('-') { -ahead } else { ahead }))
}

/// Two, four or six digits in pairs, with a colon between all of them or none; 0 for those that are left out.
fn pairs_of_digits(text: &str) -> Option<(i64, i64, i64)> {
    let pairs: Vec<&str> = if text.contains(':') {
        text.split(':').collect()
    } else {
        (0..text.len()).step_by(2).map(|start| text.get(start..start + 2).unwrap_or_default()).collect()
    };
    let number = |pair: &str| -> Option<i64> {
        (pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_digit())).then(|| pair.parse().ok())?
    };
    match pairs.as_slice() {
        [first] => Some((number(first)?, 0, 0)),
        [first, second] => Some((number(first)?, number(second)?, 0)),
        [first, second, third] => Some((number(first)?, number(second)?, number(third)?)),
        _ => None,
    }
}

/// Seconds since midnight and nanoseconds of `HH`, `HH:MM`, `HH:MM:SS`, `HH:MM:SS.f`, or the same without colons.
fn clock_time(text: &str) -> Option<(i64, u32)> {
    let (clock, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes, seconds) = pairs_of_digits(clock)?;
    let nanoseconds = format!("{fraction:0<9}").parse().ok()?;
    (hours < 24 && minutes < 60 && seconds < 60)
        .then_some((hours * 3600 + minutes * 60 + seconds, nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_people_type_is_the_same_point_in_time() {
        for text in [
            "1994-11-06T08:49:37Z",
            "1994-11-06T08:49:37.000Z",
            "1994-11-06 08:49:37",
            "1994-11-06T09:49:37+01:00",
            "1994-11-06T09:49:37+0100",
            "1994-11-06T07:49:37-01",
            "19941106T084937Z",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "784111777",
            "784111777.0",
            "1994/11/06 08:49:37 UTC",
        ] {
            assert_eq!(read(text), Some(DateTime::from_secs(784_111_777)), "{text}");
        }
        assert_eq!(read("2020-02-29"), Some(DateTime::from_secs(1_582_934_400)));
        assert_eq!(read("20200229"), Some(DateTime::from_secs(1_582_934_400)));
        assert_eq!(read("2020-02-29T01:02"), Some(DateTime::from_secs(1_582_938_120)));
        assert_eq!(read("1424421071.939"), Some(DateTime::from_secs_and_nanos(1_424_421_071, 939_000_000)));
        assert_eq!(read("-1.5"), Some(DateTime::from_secs_and_nanos(-2, 500_000_000)));
        assert_eq!(read("-3"), Some(DateTime::from_secs(-3)));
    }

    #[test]
    fn what_is_no_point_in_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2019-02-29",
            "2020-13-01",
            "2020-01-01T25:00",
            "2020-01-01Tx",
            "2020-01-01T1:2:34",
            "2020-01-01T12:3:4",
            "2020-01-01T12:",
            "2020-01-01T123",
            "2020-01-01T12:00+1:000",
            "2020-01-01T12:00+01:00:30",
            "ééééééééé",
            "1e3",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
