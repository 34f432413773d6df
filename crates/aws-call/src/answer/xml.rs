//! XML answers beyond what the codec reads: errors, request ids, well-formedness.
//!
//! The codec takes the first run of text in an element for all of it and leaves CDATA out, so answers with comments or CDATA
//! are rewritten for it ([`Scanned::for_codec`]).

use std::borrow::Cow;

use xmlparser::{ElementEnd, Token, Tokenizer};

/// Elements within elements beyond this are refused.
const DEEPEST: usize = 500;

/// What an XML document says about the call, whatever the operation.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Scanned {
    /// Name of the root element, without prefix.
    pub(super) root: String,
    /// Text of the root element itself.
    pub(super) root_text: String,
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) request_id: Option<String>,
    has_split_text: bool,
}

/// Reads a whole document; `Err` says why it is not well-formed.
pub(super) fn scan(body: &[u8]) -> Result<Scanned, String> {
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let mut scanned = Scanned::default();
    let mut open: Vec<Open<'_>> = Vec::new();
    for token in Tokenizer::from(text) {
        match token.map_err(|error| error.to_string())? {
            Token::ElementStart { prefix, local, .. } => {
                if open.len() == DEEPEST {
                    return Err("the XML is nested too deeply".to_owned());
                }
                open.push(Open { prefix: prefix.as_str(), local: local.as_str(), text: String::new() });
            }
            Token::ElementEnd { end: ElementEnd::Open, .. } => {}
            Token::ElementEnd { end, .. } => scanned.close(&mut open, end)?,
            Token::Text { text } => append(&mut open, &unescaped(text.as_str())?),
            Token::Cdata { text, .. } => {
                scanned.has_split_text = true;
                append(&mut open, text.as_str());
            }
            Token::Comment { .. } | Token::ProcessingInstruction { .. } => scanned.has_split_text = true,
            // A document type could define entities; no service sends one.
            Token::DtdStart { .. }
            | Token::EmptyDtd { .. }
            | Token::EntityDeclaration { .. }
            | Token::DtdEnd { .. } => return Err("the XML has a document type".to_owned()),
            Token::Declaration { .. } | Token::Attribute { .. } => {}
        }
    }
    if let Some(left) = open.last() {
        return Err(format!("the XML element `{}` does not end", left.local));
    }
    if scanned.root.is_empty() {
        return Err("there is no XML element".to_owned());
    }
    Ok(scanned)
}

struct Open<'a> {
    prefix: &'a str,
    local: &'a str,
    text: String,
}

fn append(open: &mut [Open<'_>], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

impl Scanned {
    fn close(&mut self, open: &mut Vec<Open<'_>>, end: ElementEnd<'_>) -> Result<(), String> {
        let Some(element) = open.pop() else {
            return Err("an XML element ends that did not start".to_owned());
        };
        if let ElementEnd::Close(prefix, local) = end
            && (prefix.as_str(), local.as_str()) != (element.prefix, element.local)
        {
            return Err(format!("the XML element `{}` ends as `{local}`", element.local));
        }
        // What stands deeper than this is not about the call.
        let parents: Vec<&str> = open.iter().take(4).map(|open| open.local).collect();
        let text = element.text.trim();
        let value = || Some(text.to_owned()).filter(|text| !text.is_empty());
        // An error is the root, or stands in it, or stands there in a list of its own (EC2).
        let in_error = matches!(parents.as_slice(), ["Error"] | [_, "Error"] | [_, "Errors", "Error"]);
        let of_call = in_error || matches!(parents.as_slice(), [_] | [_, "ResponseMetadata"]);
        match element.local {
            "Code" if in_error && self.code.is_none() => self.code = value(),
            "Message" | "message" if in_error && self.message.is_none() => self.message = value(),
            "RequestId" | "RequestID" | "requestId" if of_call && self.request_id.is_none() => {
                self.request_id = value();
            }
            _ => {}
        }
        if parents.is_empty() {
            if !self.root.is_empty() {
                return Err("there are two XML documents".to_owned());
            }
            self.root = element.local.to_owned();
            self.root_text = text.to_owned();
        }
        Ok(())
    }

    /// The document for the codec: without comments, and CDATA as plain text.
    pub(super) fn for_codec<'a>(&self, body: &'a [u8]) -> Cow<'a, [u8]> {
        match std::str::from_utf8(body) {
            Ok(text) if self.has_split_text => Cow::Owned(rewritten(text).into_bytes()),
            Ok(_) | Err(_) => Cow::Borrowed(body),
        }
    }
}

fn rewritten(text: &str) -> String {
    let mut rest = text;
    let mut plain = String::with_capacity(text.len());
    // Only a document that was scanned comes here, so whatever opens is closed.
    while let Some((before, after)) = rest.split_once("<!") {
        plain.push_str(before);
        if let Some((data, after)) = after.strip_prefix("[CDATA[").and_then(|data| data.split_once("]]>")) {
            plain.push_str(&data.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
            rest = after;
        } else if let Some((_, after)) =
            after.strip_prefix("--").and_then(|comment| comment.split_once("-->"))
        {
            rest = after;
        } else {
            plain.push_str("<!");
            rest = after;
        }
    }
    plain.push_str(rest);
    plain
}

fn unescaped(text: &str) -> Result<Cow<'_, str>, String> {
    if !text.contains('&') {
        return Ok(Cow::Borrowed(text));
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (name, after) = after.split_once(';').ok_or("an XML reference does not end")?;
        plain.push_str(before);
        // The name is not told: where the `&` should not be there, it is a part of the answer.
        plain.push(character(name).ok_or("an XML reference is not known")?);
        rest = after;
    }
    plain.push_str(rest);
    Ok(Cow::Owned(plain))
}

fn character(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix('x') {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(number)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(body: &str) -> (Option<String>, Option<String>, Option<String>) {
        let scanned = scan(body.as_bytes()).unwrap();
        (scanned.code, scanned.message, scanned.request_id)
    }

    #[test]
    fn errors_are_found_in_every_wrapping() {
        let expected = (Some("C".to_owned()), Some("a & b".to_owned()), Some("r".to_owned()));
        for body in [
            "<Error><Code>C</Code><Message>a &amp; b</Message><RequestId>r</RequestId></Error>",
            "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"x\"><Error><Type>S</Type><Code> C </Code>\
             <message>a &#38; b</message></Error><RequestId>r</RequestId></ErrorResponse>",
            "<Response><Errors><Error><Code>C</Code><Message>a &#x26; b</Message></Error></Errors><RequestID>r</RequestID></Response>",
            "<n:Error xmlns:n=\"x\"><n:Code>C</n:Code><n:Message><![CDATA[a & b]]></n:Message><n:RequestId>r</n:RequestId></n:Error>",
            "<Error><!-- <Code>D</Code> --><Code>C</Code><Message>a <![CDATA[& ]]>b</Message><RequestId>r</RequestId></Error>",
        ] {
            assert_eq!(error(body), expected, "{body}");
        }
    }

    #[test]
    fn what_stands_deeper_is_not_about_the_call() {
        let body = "<R><List><member><RequestId>other</RequestId><Error><Code>D</Code></Error></member></List>\
                    <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></R>";
        assert_eq!(error(body), (None, None, Some("r".to_owned())));
    }

    #[test]
    fn what_is_not_well_formed_is_not_read() {
        for body in [
            "",
            "plain",
            "<Error><Code>C</Code>",
            "<Error><Code>C</Message></Error>",
            "<a>&unknown;</a>",
            "<a>&amp</a>",
            "<a/><b/>",
            "</a>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            &"<a>".repeat(600),
        ] {
            assert!(scan(body.as_bytes()).is_err(), "{body}");
        }
        assert!(scan(b"<a>\xff</a>").is_err());
    }

    #[test]
    fn the_codec_gets_plain_text() {
        let body = b"<a><!-- no --><b>1 <![CDATA[<2> & ]]>3</b></a>";
        let plain = scan(body).unwrap().for_codec(body).into_owned();
        assert_eq!(String::from_utf8(plain).unwrap(), "<a><b>1 &lt;2&gt; &amp; 3</b></a>");
        let body = b"<a>1</a>";
        assert!(matches!(scan(body).unwrap().for_codec(body), Cow::Borrowed(_)));
    }
}
