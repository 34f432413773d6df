//! Values that must not be found, and the search for them.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// What all canaries begin with: letters and digits, so that it reads the same in JSON, HTML, URLs and logs.
const CORE: &str = "kanarie7q";

/// Makes canaries, each another one.
#[derive(Debug, Default)]
pub struct Canaries {
    made: u32,
}

impl Canaries {
    /// A value that was not there before: 15 letters and digits.
    pub fn make(&mut self) -> String {
        self.made += 1;
        format!("{CORE}{:06}", self.made)
    }

    /// How many were made.
    pub fn made(&self) -> u32 {
        self.made
    }
}

/// Whether a text is, or has in it, a canary as it is.
pub fn holds(text: &str) -> bool {
    text.contains(CORE)
}

/// The canaries that stand in a text as they are.
pub fn all_in(text: &str) -> Vec<String> {
    text.match_indices(CORE)
        .filter_map(|(at, _)| text.get(at..at + CORE.len() + 6))
        .map(str::to_owned)
        .collect()
}

/// The ways in which a value may be written, each with the text by which it is found. Base64 has three: by how many bytes
/// stand before it; its ends depend on what stands around, so they are cut off.
pub fn written(value: &str) -> Vec<(&'static str, String)> {
    let each = |prefix: &str, suffix: &str, upper: bool| {
        value.bytes().fold(String::new(), |mut text, byte| {
            let _infallible = if upper {
                write!(text, "{prefix}{byte:02X}{suffix}")
            } else {
                write!(text, "{prefix}{byte:02x}{suffix}")
            };
            text
        })
    };
    let base64 = |before: usize| {
        let encoded = BASE64.encode(format!("{}{value}", &"___"[..before]));
        let whole = (before + value.len()) / 3 * 4;
        encoded[if before == 0 { 0 } else { 4 }..whole].to_owned()
    };
    let decimal = value.bytes().fold(String::new(), |text, byte| format!("{text}&#{byte};"));
    vec![
        ("clear", value.to_owned()),
        ("base64", base64(0)),
        ("base64 after one byte", base64(1)),
        ("base64 after two bytes", base64(2)),
        ("hex", each("", "", false)),
        ("HEX", each("", "", true)),
        ("URL", each("%", "", true)),
        ("url", each("%", "", false)),
        ("JSON", each("\\u00", "", false)),
        ("HTML", each("&#x", ";", false)),
        ("HTML in decimals", decimal),
        ("bytes", value.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(",")),
        ("bytes of a Debug", value.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ")),
    ]
}

/// How a canary is written in these bytes, with what stands there; nothing if there is none.
pub fn leak(bytes: &[u8]) -> Option<(&'static str, String)> {
    let text = String::from_utf8_lossy(bytes);
    let lower = text.to_ascii_lowercase();
    let around = |text: &str, at: usize| {
        let from = (at.saturating_sub(120)..=at).find(|from| text.is_char_boundary(*from)).unwrap_or(at);
        text[from..].chars().take(260).collect::<String>()
    };
    if let Some(at) = lower.find(CORE) {
        return Some(("clear", around(&lower, at)));
    }
    written(CORE).into_iter().find_map(|(how, pattern)| Some((how, around(&text, text.find(&pattern)?))))
}

#[test]
fn a_canary_is_found_however_it_is_written_and_wherever_it_stands() {
    let mut canaries = Canaries::default();
    for _ in 0..50 {
        let canary = canaries.make();
        for before in ["", "x", "xy", "xyz"] {
            for (how, pattern) in written(&canary) {
                let planted = format!("{before}{pattern}{before}");
                assert!(leak(planted.as_bytes()).is_some(), "{how}: {planted}");
            }
            let encoded = BASE64.encode(format!("{{\"{before}\":\"{canary}\"}}"));
            assert!(leak(encoded.as_bytes()).is_some(), "{encoded}");
        }
        assert!(leak(canary.to_ascii_uppercase().as_bytes()).is_some());
        assert_eq!(all_in(&format!("a {canary}, {canary}")), [canary.clone(), canary]);
    }
    assert_eq!(leak(b"kanarie hmac:7q000001 a2FuYXJp"), None);
}
