//! Which identity provider to sign in with.

use askama::Template;

use crate::page::style;
use crate::page::text::Code;

/// A provider to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its issuer identifier.
    pub issuer: Code,
    /// The path that starts a sign-in there.
    pub path: String,
}

/// The providers of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvidersPage {
    /// At least two: with one there is nothing to choose.
    pub choices: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "providers.html")]
struct ProvidersTemplate<'a> {
    page: &'a ProvidersPage,
    style: &'static str,
}

/// The page as HTML.
///
/// # Errors
/// The template cannot be written.
pub fn render(page: &ProvidersPage) -> Result<String, askama::Error> {
    ProvidersTemplate { page, style: style::versioned_path() }.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_is_a_link() {
        let choice = |issuer: &str, number: u32| Choice {
            issuer: Code::new(issuer),
            path: format!("/sign-in?tenant=demo&provider={number}"),
        };
        let page = ProvidersPage {
            choices: vec![choice("https://id.example.com", 0), choice("https://login.example.org/x", 1)],
        };
        insta::assert_snapshot!(render(&page).unwrap().replace(style::versioned_path(), style::PATH));
    }
}
