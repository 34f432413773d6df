//! An approver.

use http::StatusCode;
use url::Url;

use crate::browser::{Browser, Page};
use crate::error::{Result, SandboxError};
use crate::form::{Form, forms};

/// What an approver says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Let it run.
    Approve,
    /// Do not.
    Reject,
}

impl Verb {
    /// The word in the form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}

/// Someone who signs in and decides.
#[derive(Debug)]
pub struct Approver {
    subject: String,
    browser: Browser,
}

impl Approver {
    /// Someone whom the provider knows by this subject, with no cookies yet.
    #[must_use]
    pub fn new(subject: &str) -> Self {
        Self { subject: subject.to_owned(), browser: Browser::default() }
    }

    /// Opens a page. If the identity provider asks who this is, says so and goes on.
    ///
    /// # Errors
    /// Something does not answer, or redirects in circles.
    pub async fn open(&mut self, link: &str) -> Result<Page> {
        let page = self.browser.get(parse(link)?).await?;
        self.browser.sign_in_if_asked(page, &self.subject).await
    }

    /// Sends a form of a page.
    ///
    /// # Errors
    /// Its address is malformed; something does not answer.
    pub async fn send(&mut self, page: &Page, form: &Form, with: &[(&str, &str)]) -> Result<Page> {
        self.browser.post(page.address_of(&form.action)?, form.filled(with)).await
    }

    /// Opens the link of a notice, signs in, and decides with the form on the page.
    ///
    /// # Errors
    /// The page has no form for this decision, or the answer to it is no success.
    pub async fn decide(&mut self, link: &str, verb: Verb) -> Result<Page> {
        let page = self.open(link).await?;
        let html = page.answer.text();
        let form = forms(&html).into_iter().find(|form| form.value("verb") == Some(verb.as_str()));
        let form = form.ok_or_else(|| {
            SandboxError::unexpected(format!("a form to {} at {}", verb.as_str(), page.url), &html)
        })?;
        let decided = self.send(&page, &form, &[]).await?;
        if decided.answer.status == StatusCode::OK {
            return Ok(decided);
        }
        Err(SandboxError::unexpected("the decision is taken", decided.answer.text()))
    }
}

fn parse(link: &str) -> Result<Url> {
    Url::parse(link).map_err(|error| SandboxError::unexpected(format!("`{link}` is an address"), error))
}
