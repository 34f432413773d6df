//! Approvers sign in, read and decide: the routes over the tables and keys of an emulator and a real OpenID provider.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed set-up fails the test")]

mod browser;
mod emulator;
mod mock_provider;

use axum::Router;
use axum::body::Body;
use browser::{Browser, Page, SITE};
use changegate_change::id::ChangeId;
use changegate_change::status::Status;
use changegate_egress::{Egress, Policy};
use changegate_web::sign_in::{ClientSecret, Flow};
use changegate_web::{Web, router};
use emulator::{Emulator, Unusual};
use http::{Method, Request, StatusCode};
use mock_provider::MockProvider;

struct World {
    emulator: Emulator,
    _provider: MockProvider,
    egress: Egress,
    site: Router,
}

impl World {
    async fn start() -> Self {
        let egress = Egress::new(Policy::public_internet().with_loopback(true));
        let provider = MockProvider::start();
        let emulator = Emulator::start().await;
        emulator.put_tenant("demo", &[provider.issuer()]).await;
        emulator.put_tenant("other", &[provider.issuer(), "https://id.example.com"]).await;
        let site = router(Web {
            review: emulator.review(),
            flow: Flow::new(egress.clone()),
            public_url: SITE.to_owned(),
            client_secrets: [(provider.issuer().to_owned(), ClientSecret::new("any"))].into(),
        });
        Self { emulator, _provider: provider, egress, site }
    }

    fn browser(&self) -> Browser {
        Browser::new(&self.site, &self.egress)
    }

    async fn change(&self) -> (ChangeId, String) {
        self.unusual(Unusual::default()).await
    }

    async fn unusual(&self, unusual: Unusual) -> (ChangeId, String) {
        let change = self.emulator.put_change("demo", unusual).await;
        let path = format!("/review/demo/{change}");
        (change, path)
    }

    async fn is_untouched(&self, change: &ChangeId) -> bool {
        self.emulator.status("demo", change).await == (Status::AwaitingApproval, 1)
    }
}

async fn decide(browser: &mut Browser, path: &str, verb: &str, nonce: &str) -> Page {
    let fields = [("verb", verb), ("nonce", nonce), ("note", "read\r\nit all ")];
    browser.post(&format!("{path}/decision"), &fields).await
}

fn assert_refused(page: &Page, status: StatusCode, code: &str) {
    assert_eq!(page.status, status, "{}", page.text);
    assert!(page.text.contains(&format!("{code} · ")), "not {code}: {}", page.text);
}

#[tokio::test]
async fn an_approver_signs_in_reads_and_approves() {
    let world = World::start().await;
    let (change, path) = world.change().await;
    let mut alice = world.browser();
    let page = alice.open(&path, "alice@example.com").await;
    assert_eq!(page.status, StatusCode::OK);
    for shown in [
        "Raise the checkout timeout",
        "p99 is &lt;14 s",
        "/checkout/timeout",
        "Bob Baker",
        "1 approval, by Alice Archer or Carol Cook",
    ] {
        assert!(page.text.contains(shown), "{shown} is not on the page");
    }
    assert!(world.is_untouched(&change).await, "reading changed something");

    let decided = decide(&mut alice, &path, "approve", &page.nonce("approve")).await;
    assert_eq!((decided.status, decided.location()), (StatusCode::SEE_OTHER, path.as_str()));
    assert_eq!(world.emulator.status("demo", &change).await, (Status::Approved, 2));
    let page = alice.get(&path).await;
    assert!(
        page.text.contains("You approved this change") && page.text.contains("read\nit all</blockquote>")
    );
    assert!(!page.text.contains("name=\"nonce\""));

    let mut carol = world.browser();
    let page = carol.open(&path, "carol@example.com").await;
    assert!(page.text.contains("<b class=\"prose\">Alice Archer</b> approved this change"), "{}", page.text);
}

#[tokio::test]
async fn an_approver_rejects() {
    let world = World::start().await;
    let (change, path) = world.change().await;
    let mut carol = world.browser();
    let page = carol.open(&path, "carol@example.com").await;
    decide(&mut carol, &path, "reject", &page.nonce("reject")).await;
    assert_eq!(world.emulator.status("demo", &change).await.0, Status::Rejected);
    assert!(carol.get(&path).await.text.contains("You rejected this change"));
}

#[tokio::test]
async fn the_loser_of_a_race_sees_who_decided() {
    let world = World::start().await;
    let (change, path) = world.change().await;
    let (mut alice, mut carol) = (world.browser(), world.browser());
    let for_alice = alice.open(&path, "alice@example.com").await;
    let for_carol = carol.open(&path, "carol@example.com").await;
    decide(&mut alice, &path, "reject", &for_alice.nonce("reject")).await;
    let lost = decide(&mut carol, &path, "approve", &for_carol.nonce("approve")).await;
    assert_refused(&lost, StatusCode::CONFLICT, "already_decided");
    assert!(lost.text.contains("lice decided `reject`"), "{}", lost.text);
    assert_eq!(world.emulator.status("demo", &change).await, (Status::Rejected, 2));
}

#[tokio::test]
async fn a_form_that_is_not_the_viewers_own_or_was_used_decides_nothing() {
    let world = World::start().await;
    let ((change, path), (_, other_path)) = (world.change().await, world.change().await);
    let (mut alice, mut carol) = (world.browser(), world.browser());
    let for_carol = carol.open(&path, "carol@example.com").await;
    let for_alice = alice.open(&path, "alice@example.com").await;
    let of_another_change = alice.get(&other_path).await;
    let own = for_alice.nonce("approve");
    let tampered: String = own.chars().rev().collect();
    for (verb, nonce) in [
        ("approve", for_alice.nonce("reject")),
        ("reject", own.clone()),
        ("approve", for_carol.nonce("approve")),
        ("approve", of_another_change.nonce("approve")),
        ("approve", tampered),
        ("approve", String::new()),
    ] {
        let page = decide(&mut alice, &path, verb, &nonce).await;
        assert_refused(&page, StatusCode::FORBIDDEN, "nonce_invalid");
    }
    let stranger = decide(&mut world.browser(), &path, "approve", &own).await;
    assert_refused(&stranger, StatusCode::UNAUTHORIZED, "sign_in_required");
    assert!(world.is_untouched(&change).await);

    // A new sign-in of the same person is another session.
    let mut again = world.browser();
    again.open(&path, "alice@example.com").await;
    let page = decide(&mut again, &path, "approve", &own).await;
    assert_refused(&page, StatusCode::FORBIDDEN, "nonce_invalid");
    assert!(world.is_untouched(&change).await);
}

#[tokio::test]
async fn a_form_decides_once_even_while_more_approvals_are_needed() {
    let world = World::start().await;
    let (change, path) = world.unusual(Unusual { two: true, ..Unusual::default() }).await;
    let (mut alice, mut carol) = (world.browser(), world.browser());
    let for_alice = alice.open(&path, "alice@example.com").await;
    let first = decide(&mut alice, &path, "approve", &for_alice.nonce("approve")).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    for nonce in [for_alice.nonce("approve"), for_alice.nonce("reject")] {
        let verb = if nonce == for_alice.nonce("approve") { "approve" } else { "reject" };
        let again = decide(&mut alice, &path, verb, &nonce).await;
        assert_refused(&again, StatusCode::CONFLICT, "already_decided");
    }
    assert_eq!(world.emulator.status("demo", &change).await, (Status::AwaitingApproval, 2));
    assert!(alice.get(&path).await.text.contains("It waits for the decision of others"));
    let for_carol = carol.open(&path, "carol@example.com").await;
    decide(&mut carol, &path, "approve", &for_carol.nonce("approve")).await;
    assert_eq!(world.emulator.status("demo", &change).await, (Status::Approved, 3));
}

#[tokio::test]
async fn who_cannot_decide_gets_no_form_and_is_told_why() {
    let world = World::start().await;
    let (_, path) = world.change().await;
    let mut bob = world.browser();
    let page = bob.open(&path, "bob@example.com").await;
    assert!(page.text.contains("The agent works for you") && !page.text.contains("name=\"nonce\""));

    let (_, late) = world.unusual(Unusual { late: true, ..Unusual::default() }).await;
    let page = bob.get(&late).await;
    assert!(page.text.contains("The time to decide has passed") && !page.text.contains("name=\"nonce\""));

    let mut mallory = world.browser();
    let callback = mallory.until_callback(&path, "mallory@example.com").await;
    let page = mallory.get(&callback).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.text.contains("mallory@example.com, who is not an approver"), "{}", page.text);
    assert_eq!(mallory.cookies.keys().collect::<Vec<_>>(), ["__Host-changegate-browser"]);
}

#[tokio::test]
async fn what_is_unknown_and_what_is_another_tenants_look_the_same() {
    let world = World::start().await;
    let (change, path) = world.change().await;
    let mut alice = world.browser();
    alice.open(&path, "alice@example.com").await;
    let unknown = alice.get("/review/demo/chg_01ARZ3NDEKTSV4RRFFQ69G5FAV").await;
    assert_refused(&unknown, StatusCode::NOT_FOUND, "not_found");
    for path in
        ["/review/demo/nothing", "/review/DEMO/chg_01ARZ3NDEKTSV4RRFFQ69G5FAV", "/nowhere", "/review/demo"]
    {
        assert_eq!(alice.get(path).await.text, unknown.text, "{path}");
    }
    let nobody = world.browser().get(&format!("/sign-in?tenant=nobody&change={change}")).await;
    assert_eq!(nobody.text, unknown.text);

    // The session is for one tenant; signed in for the other, the first one's change is not there.
    let foreign = format!("/review/other/{change}");
    assert!(alice.get(&foreign).await.location().starts_with("/sign-in?tenant=other"));
    let choice = alice.get(&format!("/sign-in?tenant=other&change={change}")).await;
    assert!(choice.text.contains("provider=0") && choice.text.contains("provider=1"), "{}", choice.text);
}

#[tokio::test]
async fn a_sign_in_is_good_once_and_in_the_browser_that_started_it() {
    let world = World::start().await;
    let (_, path) = world.change().await;
    let (mut alice, mut thief) = (world.browser(), world.browser());
    let callback = alice.until_callback(&path, "alice@example.com").await;
    let stolen = thief.get(&callback).await;
    assert_refused(&stolen, StatusCode::FORBIDDEN, "sign_in_failed");
    assert!(thief.cookies.is_empty());
    let used_up = alice.get(&callback).await;
    assert_refused(&used_up, StatusCode::FORBIDDEN, "sign_in_failed");

    let mut again = world.browser();
    let callback = again.until_callback(&path, "alice@example.com").await;
    assert_eq!(again.get(&callback).await.status, StatusCode::SEE_OTHER);
    assert_refused(&again.get(&callback).await, StatusCode::FORBIDDEN, "sign_in_failed");
    for query in ["", "?state=x&code=y", "?state=x", "?code=y"] {
        let page = again.get(&format!("/sign-in/callback{query}")).await;
        assert!(page.status.is_client_error(), "{query}");
    }
    let denied = world.browser().until_callback(&path, "alice@example.com").await;
    assert!(denied.contains("state="));
}

#[tokio::test]
async fn after_signing_out_the_session_is_over() {
    let world = World::start().await;
    let (change, path) = world.change().await;
    let mut alice = world.browser();
    let page = alice.open(&path, "alice@example.com").await;
    let kept = alice.cookies.clone();
    assert_eq!(alice.post("/sign-out", &[]).await.status, StatusCode::OK);
    assert!(alice.cookies.is_empty());
    alice.cookies = kept;
    assert!(alice.get(&path).await.location().starts_with("/sign-in?"));
    let page = decide(&mut alice, &path, "approve", &page.nonce("approve")).await;
    assert_refused(&page, StatusCode::UNAUTHORIZED, "sign_in_required");
    assert!(world.is_untouched(&change).await);
}

#[tokio::test]
async fn forms_of_other_sites_and_other_forms_are_refused() {
    let world = World::start().await;
    let (change, path) = world.change().await;
    let mut alice = world.browser();
    let page = alice.open(&path, "alice@example.com").await;
    let body = format!("verb=approve&nonce={}", page.nonce("approve"));
    let request = |kind: &str, site: &str, body: String| {
        Request::post(format!("{path}/decision"))
            .header("content-type", kind)
            .header("sec-fetch-site", site)
            .body(Body::from(body))
            .unwrap()
    };
    let form = "application/x-www-form-urlencoded";
    let cross = alice.send(request(form, "cross-site", body.clone())).await;
    assert_refused(&cross, StatusCode::FORBIDDEN, "nonce_invalid");
    for (kind, body) in [
        ("text/plain", body.clone()),
        (form, format!("{body}&verb=reject")),
        (form, format!("{body}&extra=1")),
        (form, body.replace("approve", "maybe")),
        (form, format!("{body}&note={}", "x".repeat(40_000))),
        (form, String::new()),
    ] {
        let page = alice.send(request(kind, "same-origin", body.clone())).await;
        assert_refused(&page, StatusCode::BAD_REQUEST, "invalid_request");
    }
    let long = format!("{body}&note={}", "x".repeat(1_001));
    assert_refused(
        &alice.send(request(form, "same-origin", long)).await,
        StatusCode::BAD_REQUEST,
        "invalid_request",
    );
    assert!(world.is_untouched(&change).await);
}

#[tokio::test]
async fn every_answer_is_guarded_and_get_decides_nothing() {
    let world = World::start().await;
    let (change, path) = world.change().await;
    let mut alice = world.browser();
    alice.open(&path, "alice@example.com").await;
    let decision = format!("{path}/decision");
    for path in [path.as_str(), &decision, "/sign-out", "/nowhere", "/review/style.css", "/sign-in"] {
        let page = alice.get(path).await;
        let header =
            |name: &str| page.headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        let kept = header("cache-control");
        assert_eq!(kept, if path.ends_with(".css") { "no-cache" } else { "no-store" }, "{path}");
    }
    for (method, path) in [(Method::GET, &decision), (Method::POST, &path), (Method::DELETE, &path)] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        assert_refused(&alice.send(request).await, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
    }
    assert!(world.is_untouched(&change).await);
    let versioned = changegate_web::page::style::versioned_path();
    let kept = alice.get(versioned).await.headers["cache-control"].to_str().unwrap().to_owned();
    assert_eq!(kept, "public, max-age=31536000, immutable");
}
