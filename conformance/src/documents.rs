//! Bodies in a form in which they can be compared: JSON values.

use std::{collections::BTreeMap, io::Read as _};

use serde_json::{Map, Value, json};

use crate::difference::same;

/// Whether two bodies say the same: JSON and CBOR as values, XML as documents, forms as their pairs, all else as bytes.
pub(crate) fn same_body(protocol: &str, actual: &[u8], expected: &[u8]) -> Result<(), String> {
    if actual == expected {
        return Ok(());
    }
    let (actual, expected) = match protocol {
        "smithy-rpc-v2-cbor" => (cbor(actual), cbor(expected)),
        "query" | "ec2" => (form(actual), form(expected)),
        "rest-xml" => (xml(&text(actual)), xml(&text(expected))),
        _ => (json_value(actual), json_value(expected)),
    };
    same("body", &actual, &expected)
}

/// The pairs of a form, in which a space may be written in two ways.
fn form(bytes: &[u8]) -> Value {
    pairs(&text(bytes).replace('+', "%20"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What is not JSON is told apart from JSON text.
fn json_value(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| json!({"not JSON": text(bytes)}))
}

/// Scheme, host, path and query of a URL as it stands.
pub(crate) fn parts_of_url(url: &str) -> Option<[&str; 4]> {
    let (scheme, rest) = url.split_once("://")?;
    let (host, rest) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    Some([scheme, host, path, query])
}

/// The elements of a header that is a list: separated by commas, perhaps within quotes.
pub(crate) fn header_list(text: &str) -> Vec<String> {
    let (mut elements, mut element, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted || element.trim().is_empty() => quoted = !quoted,
            '\\' if quoted && matches!(characters.peek(), Some('"' | '\\')) => {
                element.extend(characters.next());
            }
            ',' if !quoted => elements.push(std::mem::take(&mut element).trim().to_owned()),
            _ => element.push(character),
        }
    }
    elements.push(element.trim().to_owned());
    elements
}

pub(crate) fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).expect("a gzipped body");
    plain
}

/// An XML text as `{"name", "attributes", "children"}`; white space between elements is left out.
pub(crate) fn xml(text: &str) -> Value {
    let mut stack: Vec<(String, BTreeMap<String, String>, Vec<Value>)> = vec![Default::default()];
    for token in xmlparser::Tokenizer::from(text) {
        match token.unwrap_or_else(|error| panic!("{error} in {text}")) {
            xmlparser::Token::ElementStart { prefix, local, .. } => {
                stack.push((qualified(&prefix, &local), BTreeMap::new(), Vec::new()));
            }
            xmlparser::Token::Attribute { prefix, local, value, .. } => {
                stack.last_mut().unwrap().1.insert(qualified(&prefix, &local), unescaped(&value));
            }
            xmlparser::Token::ElementEnd { end: xmlparser::ElementEnd::Open, .. } => {}
            xmlparser::Token::ElementEnd { end, .. } => {
                let (name, attributes, mut children) = stack.pop().unwrap();
                if let xmlparser::ElementEnd::Close(prefix, local) = end {
                    assert_eq!(name, qualified(&prefix, &local), "an element ends as it begins");
                }
                if children.iter().any(Value::is_object) {
                    children.retain(|child| child.as_str().is_none_or(|text| !text.trim().is_empty()));
                }
                sort_entries(&mut children);
                let element = json!({"name": name, "attributes": attributes, "children": children});
                stack.last_mut().unwrap().2.push(element);
            }
            xmlparser::Token::Text { text } => {
                stack.last_mut().unwrap().2.push(Value::from(unescaped(&text)));
            }
            xmlparser::Token::Cdata { text, .. } => {
                stack.last_mut().unwrap().2.push(Value::from(text.as_str()))
            }
            _ => {}
        }
    }
    let mut top = stack.pop().unwrap().2;
    top.retain(Value::is_object);
    Value::from(top)
}

/// Puts the entries of maps, elements with a key and a value, into one order.
fn sort_entries(children: &mut [Value]) {
    let is_entry = |child: &Value| child["children"].as_array().is_some_and(|children| children.len() == 2);
    if children.len() > 1 && children.iter().all(is_entry) {
        children.sort_by_key(|child| child["children"][0].to_string());
    }
}

fn qualified(prefix: &str, local: &str) -> String {
    if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
}

/// Text with its references resolved.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (reference, after) = after.split_once(';').expect("a reference ends");
        plain.push_str(before);
        plain.push(match reference {
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "amp" => '&',
            number => {
                let number = number.strip_prefix('#').expect("a reference by number");
                let code = match number.strip_prefix('x') {
                    Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
                    None => number.parse(),
                };
                char::from_u32(code.expect("a number")).expect("a character")
            }
        });
        rest = after;
    }
    plain.push_str(rest);
    plain
}

/// A form body or query as its sorted pairs.
pub(crate) fn pairs(text: &str) -> Value {
    let mut pairs: Vec<String> = text
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") })
        .collect();
    pairs.sort();
    Value::from(pairs)
}

/// One CBOR item (RFC 8949); bytes are `{"bytes": […]}`, tagged items `{"tag", "item"}`.
pub(crate) fn cbor(bytes: &[u8]) -> Value {
    let mut reader = Cbor { bytes, at: 0 };
    let item = reader.item();
    assert_eq!(reader.at, bytes.len(), "bytes are left over");
    item.expect("an item")
}

struct Cbor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cbor<'_> {
    fn take(&mut self, count: usize) -> &[u8] {
        self.at += count;
        &self.bytes[self.at - count..self.at]
    }

    fn number(&mut self, count: usize) -> u64 {
        self.take(count).iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// None at a break.
    fn item(&mut self) -> Option<Value> {
        let initial = self.number(1) as u8;
        let (major, info) = (initial >> 5, initial & 31);
        if major == 7 {
            return self.simple(info);
        }
        let indefinite = info == 31;
        let length = match info {
            0..24 => u64::from(info),
            24..28 => self.number(1 << (info - 24)),
            _ => u64::MAX,
        };
        Some(match major {
            0 => json!(length),
            1 => json!(-1 - length as i64),
            2 | 3 if indefinite => panic!("chunked text is not used by the suites"),
            2 => json!({"bytes": self.take(length as usize)}),
            3 => json!(String::from_utf8(self.take(length as usize).to_vec()).unwrap()),
            4 => {
                let mut items = Vec::new();
                while (items.len() as u64) < length {
                    match self.item() {
                        Some(item) => items.push(item),
                        None => break,
                    }
                }
                Value::Array(items)
            }
            5 => {
                let mut entries = Map::new();
                while (entries.len() as u64) < length {
                    let Some(key) = self.item() else { break };
                    let value = self.item().expect("a value");
                    entries.insert(key.as_str().expect("a text key").to_owned(), value);
                }
                Value::Object(entries)
            }
            _ => json!({"tag": length, "item": self.item()}),
        })
    }

    fn simple(&mut self, info: u8) -> Option<Value> {
        let float = |number: f64| if number.is_finite() { json!(number) } else { json!(number.to_string()) };
        Some(match info {
            20 => json!(false),
            21 => json!(true),
            22 | 23 => Value::Null,
            25 => match self.number(2) {
                0x7c00 => float(f64::INFINITY),
                0xfc00 => float(f64::NEG_INFINITY),
                0x7e00 => float(f64::NAN),
                other => panic!("half floats other than {other:x} are not used by the suites"),
            },
            26 => float(f64::from(f32::from_bits(self.number(4) as u32))),
            27 => float(f64::from_bits(self.number(8))),
            31 => return None,
            other => panic!("simple value {other}"),
        })
    }
}
