//! A secret that an agent proposes, and the one that it replaces, are nowhere but in AWS and in sealed data.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use changegate_sandbox::Notices;
use changegate_tests::fixtures::{notices, secret_parameter};
use changegate_tests::hook::{Hook, Post};
use changegate_tests::tables::{Item, text};
use changegate_tests::{Change, Person, Plan, Table, stack};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const OLD: &str = "canary-old-9f31c2";
const NEW: &str = "canary-new-77b0e4";

/// Whether a text holds a secret, as it is or in base64.
fn leaks(text: &str) -> bool {
    // The middle of a base64 text does not depend on what stands around it if it is cut at three alignments.
    let encoded = |secret: &str, skip: usize| text.contains(&BASE64.encode(&secret[skip..skip + 12]));
    [OLD, NEW].iter().any(|secret| text.contains(secret) || (0..3).any(|skip| encoded(secret, skip)))
}

/// All that an item holds, blobs unpacked.
pub(crate) fn content(item: &Item) -> String {
    let unpacked = item.get("data").and_then(|data| data["B"].as_str()).map(|data| {
        let packed = BASE64.decode(data).unwrap();
        String::from_utf8_lossy(&zstd::bulk::decompress(&packed, 1024 * 1024).unwrap()).into_owned()
    });
    json!(item).to_string() + &unpacked.unwrap_or_default()
}

/// What the functions have logged since a moment.
pub(crate) async fn logs(since: Timestamp) -> String {
    let operator = stack().operator();
    let mut all = String::new();
    for function in stack().layout().functions().unwrap() {
        let mut token = Value::Null;
        loop {
            let group = format!("/aws/lambda/{}", stack().function(&function));
            let mut asked = json!({"logGroupName": group, "startTime": since.as_millisecond()});
            if let Some(next) = token.as_str() {
                asked["nextToken"] = json!(next);
            }
            let page = operator.call("logs", "FilterLogEvents", asked).await;
            let events = page["events"].as_array().into_iter().flatten();
            all.extend(events.filter_map(|event| event["message"].as_str()).map(|line| format!("{line}\n")));
            let next = page["nextToken"].clone();
            if next.is_null() || next == token {
                break;
            }
            token = next;
        }
    }
    all
}

async fn put_secret(change: &Change<'_>) -> Vec<String> {
    let mut shown = vec![change.proposed.to_string()];
    let mut alice = Person::of(change.tenant, "alice");
    shown.push(alice.open(&change.link()).await.html);
    shown.push(alice.decide(change, "approve").await.html);
    shown.push(change.until("succeeded").await.to_string());
    shown.push(alice.open(&change.link()).await.html);
    shown
}

#[tokio::test]
async fn secrets_are_nowhere_but_in_aws_and_in_sealed_data() {
    let began = Timestamp::now() - SignedDuration::from_secs(1);
    let hook = Hook::start(|_, _| 204).await;
    let tenant = Plan::named("canary").webhook(&hook.url()).make().await;
    let queue = notices(&tenant).await;
    secret_parameter(&tenant, "/app/password", OLD).await;
    let call = json!({"Name": "/app/password", "Value": NEW, "Type": "SecureString", "Overwrite": true});
    let change = tenant.propose_call("ssm", "PutParameter", call).await;
    let mut shown = put_secret(&change).await;
    let undo = change.undo().await;
    shown.extend(put_secret(&undo).await);
    let told = |posts: &[Post]| posts.iter().filter(|post| post.kind() == "succeeded").count() == 2;
    let posts = hook.until("all is told", 60, told).await;
    for item in shown {
        assert!(!leaks(&item), "shown: {item}");
        assert!(item.contains("hmac:"), "its fingerprint is shown instead: {item}");
    }
    for post in posts {
        assert!(!leaks(&String::from_utf8_lossy(&post.body)), "told: {:?}", post.event());
    }
    for table in Table::ALL {
        let items = table.under(&format!("T#{}", tenant.id)).await;
        assert!(items.len() > 1 && items.iter().any(|item| text(item, "pk").contains(&tenant.id)));
        for item in items {
            assert!(!leaks(&content(&item)), "stored: {item:?}");
        }
    }
    let logged = logs(began).await;
    assert!(logged.contains(&change.id), "what happened to the change is logged");
    assert!(!leaks(&logged), "logged");
    let notice = Notices::of(&stack().sandbox.operator(), &queue).about(&change.id).await.unwrap();
    assert!(!leaks(&format!("{notice:?}")), "notified: {notice:?}");
}

#[tokio::test]
async fn an_agents_key_is_stored_and_logged_nowhere() {
    let began = Timestamp::now() - SignedDuration::from_secs(1);
    let tenant = Plan::named("agent-key").make().await;
    let change =
        tenant.propose_call("ssm", "PutParameter", changegate_tests::fixtures::put("/app/pool", "1")).await;
    let refused = tenant.submit(&tenant.proposal("ssm", "PutNothing", json!({}))).await;
    assert_eq!(refused.status, 422);
    let key = tenant.agent_key();
    for table in Table::ALL {
        for item in table.under("").await {
            assert!(!content(&item).contains(&key), "stored: {:?}", item["sk"]);
        }
    }
    let logged = logs(began).await;
    assert!(logged.contains("unknown_operation") || logged.contains(&change.id), "something is logged");
    assert!(!logged.contains(&key), "logged");
}

#[tokio::test]
async fn a_notice_holds_a_link_and_nothing_else_of_the_change() {
    let tenant = Plan::named("notice").make().await;
    let queue = notices(&tenant).await;
    let mut proposal =
        tenant.proposal("ssm", "PutParameter", changegate_tests::fixtures::put("/app/pool", "value-x"));
    proposal["reason"] = json!("a reason that only approvers read");
    proposal["title"] = json!("Raise the pool\u{202e} http://evil.example.com/phish");
    let change = tenant.propose(&proposal).await;
    let notice = Notices::of(&stack().sandbox.operator(), &queue).about(&change.id).await.unwrap();
    assert_eq!(
        notice.link().map(|link| link.trim_end_matches('.')),
        Some(change.link().as_str()),
        "{}",
        notice.text
    );
    for hidden in ["value-x", "/app/pool", "a reason that", "\u{202e}"] {
        assert!(
            !notice.text.contains(hidden) && !notice.subject.contains(hidden),
            "{hidden}: {}",
            notice.text
        );
    }
    assert!(notice.subject.is_ascii() && notice.subject.len() <= 100, "{}", notice.subject);
    let to = notice.attributes["approver"]["Value"].as_str().unwrap_or_default().to_owned();
    assert!(["alice", "bob"].contains(&to.as_str()), "{}", notice.attributes);
    let page = Person::of(&tenant, &to).open(notice.link().unwrap()).await;
    assert_eq!(page.status, 200);
    assert!(page.html.contains(&change.id) && page.form("approve").is_some());
}

#[test]
fn a_secret_is_found_however_it_is_written() {
    assert!(leaks(&format!("before {OLD} after")) && leaks(&json!({"Value": NEW}).to_string()));
    for before in ["", "x", "xy"] {
        assert!(leaks(&BASE64.encode(format!("{before}{OLD}"))), "{before}");
    }
    assert!(!leaks("canary-old hmac:9f31c2"));
}
