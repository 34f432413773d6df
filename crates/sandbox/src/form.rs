//! The forms of a page, as a browser without scripts sees them.

/// A form that can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Where it is sent; empty for the page's own address.
    pub action: String,
    /// The names and values of its fields; those of its buttons too, because pressing one sends it.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// The value of a field.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// The form as `application/x-www-form-urlencoded`, with some fields filled in.
    #[must_use]
    pub fn filled(&self, with: &[(&str, &str)]) -> String {
        let kept = self.fields.iter().filter(|(name, _)| with.iter().all(|(filled, _)| filled != name));
        let mut encoded = url::form_urlencoded::Serializer::new(String::new());
        encoded.extend_pairs(kept);
        encoded.extend_pairs(with);
        encoded.finish()
    }
}

/// All forms of a page, in order.
#[must_use]
pub fn forms(html: &str) -> Vec<Form> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((tag, after)) = next_tag(rest, "form") {
        let (inside, left) = after.split_once("</form").unwrap_or((after, ""));
        found.push(Form { action: attribute(tag, "action").unwrap_or_default(), fields: fields(inside) });
        rest = left;
    }
    found
}

fn fields(html: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for element in ["input", "button", "textarea"] {
        let mut rest = html;
        while let Some((tag, after)) = next_tag(rest, element) {
            if let Some(name) = attribute(tag, "name") {
                found.push((name, attribute(tag, "value").unwrap_or_default()));
            }
            rest = after;
        }
    }
    found
}

/// The next tag of an element and what follows it.
fn next_tag<'a>(html: &'a str, element: &str) -> Option<(&'a str, &'a str)> {
    let mut rest = html;
    loop {
        let (_, after) = rest.split_once('<')?;
        let (tag, left) = after.split_once('>')?;
        let name = tag.split(|c: char| c.is_ascii_whitespace() || c == '/').next()?;
        if name.eq_ignore_ascii_case(element) {
            return Some((tag, left));
        }
        rest = after;
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        let (before, after) = rest.split_once('=')?;
        let this = before.rsplit(|c: char| c.is_ascii_whitespace()).next()?;
        let (value, left) = match after.chars().next()? {
            quote @ ('"' | '\'') => after.get(1..)?.split_once(quote)?,
            _ => after.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((after, "")),
        };
        if this.eq_ignore_ascii_case(name) {
            return Some(unescaped(value));
        }
        rest = left;
    }
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let reference = after.split_once(';').and_then(|(name, left)| Some((character(name)?, left)));
        let (c, left) = reference.unwrap_or(('&', after));
        plain.push(c);
        rest = left;
    }
    plain + rest
}

fn character(reference: &str) -> Option<char> {
    match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = reference.strip_prefix('#')?;
            let hexadecimal =
                number.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16).ok());
            char::from_u32(hexadecimal.unwrap_or_else(|| number.parse().ok())?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"
        <form method="post" action="/review/demo/chg_1/decision?a=1&amp;b=2">
          <input type="hidden" name="nonce" value="n1"><input type=hidden name=verb value=approve />
          <textarea name="note" rows="2"></textarea><button>Approve</button>
        </form>
        <form method="post"><button type="submit" name="sub" value="it&#39;s &#x41; &unknown;">Sign in</button></form>"#;

    #[test]
    fn fields_and_buttons_are_found_and_unescaped() {
        let forms = forms(PAGE);
        assert_eq!(forms.len(), 2);
        assert_eq!(forms[0].action, "/review/demo/chg_1/decision?a=1&b=2");
        assert_eq!(forms[0].value("nonce"), Some("n1"));
        assert_eq!(forms[0].value("verb"), Some("approve"));
        assert_eq!(forms[0].value("note"), Some(""));
        assert_eq!(forms[1].action, "");
        assert_eq!(forms[1].value("sub"), Some("it's A &unknown;"));
    }

    #[test]
    fn a_filled_field_replaces_the_one_on_the_page() {
        let filled = forms(PAGE)[0].filled(&[("note", "looks right & good")]);
        assert_eq!(filled, "nonce=n1&verb=approve&note=looks+right+%26+good");
    }

    #[test]
    fn a_page_without_forms_has_none() {
        assert!(forms("<p>a < b and c > d</p>").is_empty());
    }
}
