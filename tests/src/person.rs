//! Somebody with a browser that runs no scripts.

use changegate_sandbox::SandboxError;
use changegate_sandbox::browser::{self, Browser, host_of};
use changegate_sandbox::form::{Form, forms};
use url::Url;

use crate::change::Change;
use crate::stack::stack;
use crate::tenant::Tenant;

const SESSION: &str = "__Host-changegate-session";

/// Somebody with a browser.
#[derive(Debug, Clone)]
pub struct Person {
    subject: String,
    browser: Browser,
}

/// A page after all redirects.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its address.
    pub url: Url,
    /// The HTTP status.
    pub status: u16,
    /// The page.
    pub html: String,
}

impl Page {
    fn of(opened: Result<browser::Page, SandboxError>) -> Self {
        let browser::Page { url, answer } = opened.unwrap_or_else(|error| panic!("{error}"));
        Self { url, status: answer.status.as_u16(), html: answer.text() }
    }

    /// The form of a decision.
    pub fn form(&self, verb: &str) -> Option<Form> {
        forms(&self.html).into_iter().find(|form| form.value("verb") == Some(verb))
    }

    /// The nonce of a decision.
    ///
    /// # Panics
    /// There is no such form.
    pub fn nonce(&self, verb: &str) -> String {
        let form =
            self.form(verb).unwrap_or_else(|| panic!("no form to {verb} at {}: {}", self.url, self.html));
        form.value("nonce").expect("a form has a nonce").to_owned()
    }

    /// The code that an error page names.
    pub fn code(&self) -> &str {
        let reference = self.html.split_once("class=\"reference\">").map_or("", |(_, after)| after);
        reference.split_once(" · ").map_or("", |(code, _)| code)
    }
}

impl Person {
    /// Somebody whom the provider knows by this subject, with no cookies yet.
    pub fn with_subject(subject: &str) -> Self {
        Self { subject: subject.to_owned(), browser: Browser::default() }
    }

    /// An approver of a tenant.
    pub fn of(tenant: &Tenant, approver: &str) -> Self {
        Self::with_subject(&tenant.subject(approver))
    }

    /// The secret of their session.
    ///
    /// # Panics
    /// They are not signed in.
    pub fn session(&self) -> String {
        self.browser.cookie(&api_host(), SESSION).expect("a session").to_owned()
    }

    /// The same person with another session.
    #[must_use]
    pub fn with_session(&self, secret: &str) -> Self {
        let mut other = self.clone();
        other.browser.keep_cookie(&api_host(), SESSION, secret);
        other
    }

    /// The same person on a page of another site, whose forms go here.
    #[must_use]
    pub fn from_site(self, origin: &'static str) -> Self {
        Self { browser: self.browser.from_site(origin), ..self }
    }

    /// Signs out.
    pub async fn sign_out(&mut self) -> Page {
        let action = Url::parse(&stack().sandbox.api_url).and_then(|api| api.join("/sign-out"));
        Page::of(self.browser.post(action.expect("an address"), String::new()).await)
    }

    /// Opens a page. If the identity provider asks who this is, says so and goes on.
    pub async fn open(&mut self, link: &str) -> Page {
        let page = self.browser.get(Url::parse(link).expect("a link")).await;
        let page = page.unwrap_or_else(|error| panic!("{link}: {error}"));
        Page::of(self.browser.sign_in_if_asked(page, &self.subject).await)
    }

    /// Opens a page and follows redirects, to the identity provider too, but does not sign in.
    pub async fn get(&mut self, link: &str) -> Page {
        Page::of(self.browser.get(Url::parse(link).expect("a link")).await)
    }

    /// Sends a decision with this nonce, whatever page it is from.
    pub async fn send(&mut self, change: &Change<'_>, verb: &str, nonce: &str) -> Page {
        let mut fields = url::form_urlencoded::Serializer::new(String::new());
        fields.extend_pairs([("verb", verb), ("nonce", nonce), ("note", "seen")]);
        let action = Url::parse(&format!("{}/decision", change.link())).expect("a link");
        Page::of(self.browser.post(action, fields.finish()).await)
    }

    /// Opens the page of a change, signs in, and decides.
    ///
    /// # Panics
    /// The page has no form for it, or the decision is refused.
    pub async fn decide(&mut self, change: &Change<'_>, verb: &str) -> Page {
        let page = self.open(&change.link()).await;
        let decided = self.send(change, verb, &page.nonce(verb)).await;
        assert_eq!(decided.status, 200, "{}", decided.html);
        decided
    }
}

fn api_host() -> String {
    host_of(&Url::parse(&stack().sandbox.api_url).expect("the API has an address"))
}
