//! Shorthand syntax: `Key=a,Value=b`, `Name=x,Values=a,b`, `A={B=c,D=[e,f]}`, values in quotes.
//!
//! The grammar is that of the AWS CLI User Guide ("Using shorthand syntax"); where the guide leaves cases open (a comma at
//! the end, quotes inside values) they are read as awscli reads them.

use serde_json::{Map, Value};

/// Deepest nesting that is read.
const DEEPEST: usize = 32;

/// Why a text is not shorthand syntax.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ShorthandError {
    /// Another character was wanted at this place, counted in characters from 0.
    #[error("`{wanted}` is wanted at character {place}")]
    Wanted { wanted: &'static str, place: usize },
    /// A key is given twice. What looks like one may be part of a value, so it is not repeated.
    #[error("a key is given twice; perhaps a comma should be a space")]
    Twice,
    /// `key@=file://…` would read a file.
    #[error("a value would be read from a file")]
    File,
    /// Values are nested too deep.
    #[error("values are nested deeper than {DEEPEST} levels")]
    TooDeep,
}

/// Reads shorthand syntax. All scalars are text, what they mean is up to the model.
pub(super) fn parse(text: &str) -> Result<Map<String, Value>, ShorthandError> {
    let mut parser = Parser { text: text.chars().collect(), place: 0 };
    let mut entries = Map::new();
    loop {
        let (key, value) = parser.entry()?;
        if entries.contains_key(&key) {
            return Err(ShorthandError::Twice);
        }
        entries.insert(key, value);
        if parser.at_end() {
            return Ok(entries);
        }
        parser.expect_between(',', ",")?;
    }
}

struct Parser {
    text: Vec<char>,
    place: usize,
}

/// Which characters end a value that is not in quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unquoted {
    /// The first value of a key, or one in a list or braces: `=` belongs to it.
    First,
    /// A later one of `Key=a,b`: an `=` shows that it is the next key.
    Later,
}

impl Unquoted {
    fn begins(character: char) -> bool {
        !character.is_whitespace() && !matches!(character, '"' | '\'' | ',' | '=' | '[' | '{')
    }

    fn continues(self, character: char) -> bool {
        match self {
            Self::First => !matches!(character, '"' | '\'' | ',' | ']' | '}'),
            Self::Later => !matches!(character, '"' | '\'' | ',' | '='),
        }
    }
}

impl Parser {
    fn current(&self) -> Option<char> {
        self.text.get(self.place).copied()
    }

    fn at_end(&self) -> bool {
        self.place >= self.text.len()
    }

    fn wanted(&self, wanted: &'static str) -> ShorthandError {
        ShorthandError::Wanted { wanted, place: self.place }
    }

    fn skip_space(&mut self) {
        while self.current().is_some_and(|character| character.is_ascii_whitespace() || character == '\u{b}')
        {
            self.place += 1;
        }
    }

    fn expect(&mut self, character: char, name: &'static str) -> Result<(), ShorthandError> {
        if self.current() != Some(character) {
            return Err(self.wanted(name));
        }
        self.place += 1;
        Ok(())
    }

    fn expect_between(&mut self, character: char, name: &'static str) -> Result<(), ShorthandError> {
        self.skip_space();
        self.expect(character, name)?;
        self.skip_space();
        Ok(())
    }

    /// `key=…`, or `key@=…`, which takes files as well.
    fn entry(&mut self) -> Result<(String, Value), ShorthandError> {
        let (key, takes_files) = self.key()?;
        let value = match self.current() {
            None => Value::from(""),
            Some('[' | '{') => self.explicit(0)?,
            Some(_) => self.values_of_key()?,
        };
        if takes_files && names_file(&value) {
            return Err(ShorthandError::File);
        }
        Ok((key, value))
    }

    fn key(&mut self) -> Result<(String, bool), ShorthandError> {
        let start = self.place;
        let belongs = |character: char| {
            character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '#' | '/' | ':')
        };
        while self.current().is_some_and(belongs) {
            self.place += 1;
        }
        let key: String = self.text.get(start..self.place).unwrap_or_default().iter().collect();
        self.skip_space();
        let takes_files = self.current() == Some('@');
        if takes_files {
            self.place += 1;
        }
        self.expect_between('=', "=")?;
        Ok((key, takes_files))
    }

    /// `a`, or `a,b,c`, which ends where a next key begins.
    fn values_of_key(&mut self) -> Result<Value, ShorthandError> {
        let first = self.first_value()?;
        self.skip_space();
        if self.current() != Some(',') {
            return Ok(first);
        }
        self.expect_between(',', ",")?;
        let mut values = vec![first];
        loop {
            match self.later_value() {
                Ok((value, true)) => {
                    values.push(value);
                    break;
                }
                Ok((value, false)) => values.push(value),
                Err(error) if self.at_end() => return Err(error),
                Err(_) => {
                    self.back_to_comma();
                    break;
                }
            }
        }
        let only = if values.len() == 1 { values.pop() } else { None };
        Ok(only.unwrap_or(Value::Array(values)))
    }

    /// A further value and whether it is the last; otherwise the comma after it has been read.
    fn later_value(&mut self) -> Result<(Value, bool), ShorthandError> {
        let value = match self.current() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote)?,
            _ => self.unquoted(Unquoted::Later).ok_or_else(|| self.wanted("a value"))?,
        };
        self.skip_space();
        if self.at_end() {
            return Ok((value, true));
        }
        self.expect_between(',', ",")?;
        Ok((value, false))
    }

    fn back_to_comma(&mut self) {
        while self.place > 0 && self.current() != Some(',') {
            self.place -= 1;
        }
    }

    fn first_value(&mut self) -> Result<Value, ShorthandError> {
        match self.current() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            _ => Ok(self.unquoted(Unquoted::First).unwrap_or_else(|| Value::from(""))),
        }
    }

    /// A value in brackets, in braces, or a single one.
    fn explicit(&mut self, depth: usize) -> Result<Value, ShorthandError> {
        if depth > DEEPEST {
            return Err(ShorthandError::TooDeep);
        }
        match self.current() {
            Some('[') => self.bracketed(depth),
            Some('{') => self.braced(depth),
            _ => self.first_value(),
        }
    }

    fn bracketed(&mut self, depth: usize) -> Result<Value, ShorthandError> {
        self.expect_between('[', "[")?;
        let mut values = Vec::new();
        while self.current() != Some(']') {
            values.push(self.explicit(depth + 1)?);
            self.separator(']', "]")?;
        }
        self.place += 1;
        Ok(Value::Array(values))
    }

    fn braced(&mut self, depth: usize) -> Result<Value, ShorthandError> {
        self.expect_between('{', "{")?;
        let mut entries = Map::new();
        while self.current() != Some('}') {
            let (key, takes_files) = self.key()?;
            let value = self.explicit(depth + 1)?;
            if takes_files && names_file(&value) {
                return Err(ShorthandError::File);
            }
            self.separator('}', "}")?;
            entries.insert(key, value);
        }
        self.place += 1;
        Ok(Value::Object(entries))
    }

    /// A comma, unless what ends the list comes next.
    fn separator(&mut self, end: char, name: &'static str) -> Result<(), ShorthandError> {
        self.skip_space();
        if self.current() == Some(end) {
            return Ok(());
        }
        self.expect(',', name)?;
        self.skip_space();
        Ok(())
    }

    fn unquoted(&mut self, which: Unquoted) -> Option<Value> {
        let start = self.place;
        let mut value = String::new();
        while let Some(character) = self.current() {
            if character == '\\' && self.text.get(self.place + 1) == Some(&',') {
                value.push(',');
                self.place += 2;
                continue;
            }
            let belongs =
                if self.place == start { Unquoted::begins(character) } else { which.continues(character) };
            if !belongs {
                break;
            }
            value.push(character);
            self.place += 1;
        }
        (self.place > start).then(|| Value::from(value.trim_end()))
    }

    /// A value in quotes. A backslash escapes the quote; if no other one closes the value, the last escaped one does.
    fn quoted(&mut self, quote: char) -> Result<Value, ShorthandError> {
        let start = self.place + 1;
        let mut escaped = None;
        let mut end = None;
        for (place, character) in self.text.iter().enumerate().skip(start) {
            if *character != quote {
                continue;
            }
            if place > start && self.text.get(place - 1) == Some(&'\\') {
                escaped = Some(place);
            } else {
                end = Some(place);
                break;
            }
        }
        let end = end.or(escaped).ok_or_else(|| self.wanted("a closing quote"))?;
        let inside: String = self.text.get(start..end).unwrap_or_default().iter().collect();
        self.place = end + 1;
        Ok(Value::from(inside.replace(&format!("\\{quote}"), &quote.to_string()).replace("\\\\", "\\")))
    }
}

fn names_file(value: &Value) -> bool {
    match value {
        Value::String(text) => super::names_file(text),
        Value::Array(values) => values.iter().any(names_file),
        Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_of_the_guide_is_read() {
        for (text, expected) in [
            ("Key=a,Value=b", json!({ "Key": "a", "Value": "b" })),
            ("Name=x,Values=a,b", json!({ "Name": "x", "Values": ["a", "b"] })),
            ("Values=a,b,Name=x", json!({ "Values": ["a", "b"], "Name": "x" })),
            (
                "A={B=c,D=[e,f],G={H=i}},J=k",
                json!({ "A": { "B": "c", "D": ["e", "f"], "G": { "H": "i" } }, "J": "k" }),
            ),
            ("A=[{B=c},{B=d}]", json!({ "A": [{ "B": "c" }, { "B": "d" }] })),
            ("A=[],B={}", json!({ "A": [], "B": {} })),
            ("A='b, c',D=\"e=f\"", json!({ "A": "b, c", "D": "e=f" })),
            ("A='it\\'s'", json!({ "A": "it's" })),
            ("A=b\\,c", json!({ "A": "b,c" })),
            ("A=b=c", json!({ "A": "b=c" })),
            ("A=", json!({ "A": "" })),
            ("A=b , C = d", json!({ "A": "b", "C": "d" })),
            ("a/b:c#d.e-f_g=h", json!({ "a/b:c#d.e-f_g": "h" })),
            ("A@=b", json!({ "A": "b" })),
        ] {
            assert_eq!(parse(text).map(Value::Object), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_shorthand_is_refused() {
        for text in ["", "a", "a=b,", "a=[b", "a={b=c", "a='b", "a=b,c=d}", "a=\"b\"c"] {
            assert!(matches!(parse(text), Err(ShorthandError::Wanted { .. })), "{text}");
        }
        assert_eq!(parse("a=b,a=c"), Err(ShorthandError::Twice));
        assert_eq!(parse("a@=file://b"), Err(ShorthandError::File));
        assert_eq!(parse("a={b@=fileb://c}"), Err(ShorthandError::File));
        assert_eq!(parse(&format!("a={}", "[".repeat(100_000))), Err(ShorthandError::TooDeep));
    }

    /// Writes a value so that reading it must give the value back.
    fn render(value: &Value) -> String {
        match value {
            Value::String(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
            Value::Array(values) => {
                format!("[{}]", values.iter().map(render).collect::<Vec<_>>().join(", "))
            }
            Value::Object(entries) => format!("{{{}}}", render_entries(entries)),
            Value::Null | Value::Bool(_) | Value::Number(_) => unreachable!("shorthand has text only"),
        }
    }

    fn render_entries(entries: &Map<String, Value>) -> String {
        let entry = |(key, value): (&String, &Value)| format!("{key}={}", render(value));
        entries.iter().map(entry).collect::<Vec<_>>().join(",")
    }

    fn values() -> impl Strategy<Value = Value> {
        let text = "[ -~äß€]{0,12}"
            .prop_filter("a backslash at the end escapes the quote", |text| !text.ends_with('\\'));
        let leaf = text.prop_map(Value::from);
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[A-Za-z0-9._/:#-]{1,8}", inner, 0..5)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            entries in proptest::collection::btree_map("[A-Za-z0-9._/:#-]{1,8}", values(), 1..5)
        ) {
            let entries: Map<String, Value> = entries.into_iter().collect();
            prop_assert_eq!(parse(&render_entries(&entries)), Ok(entries));
        }

        #[test]
        fn any_text_gives_a_value_or_an_error(text in ".{0,200}") {
            let _ = parse(&text);
        }
    }
}
