//! Anything that ends in one sentence: not found, not an approver, decided by somebody else.

use askama::Template;

use crate::page::style;
use crate::page::text::Prose;

/// Where a page of one sentence leads on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onward {
    /// The address: a path of this service, never one from outside.
    pub path: String,
    /// What is there.
    pub label: &'static str,
}

/// A page of one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePage {
    /// What it is, in a few words.
    pub title: &'static str,
    /// The sentence.
    pub words: Prose,
    /// Where it leads on to.
    pub onward: Option<Onward>,
    /// The code and the request id, for whoever is asked for help.
    pub reference: Option<String>,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessageTemplate<'a> {
    page: &'a MessagePage,
    style: &'static str,
}

/// The page as HTML.
///
/// # Errors
/// The template cannot be written.
pub fn render(page: &MessagePage) -> Result<String, askama::Error> {
    MessageTemplate { page, style: style::versioned_path() }.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_it_is_and_where_to_go() {
        let html = render(&MessagePage {
            title: "Already decided",
            words: Prose::new("Bob <bob@example.com> approved this change."),
            onward: Some(Onward { path: "/review/demo/chg_1".into(), label: "See the change" }),
            reference: Some("already_decided · req-1".into()),
        })
        .unwrap();
        insta::assert_snapshot!(html.replace(style::versioned_path(), style::PATH));
    }
}
