//! What change-management systems are told.

use changegate_tests::Plan;
use changegate_tests::fixtures::put;
use changegate_tests::hook::{Hook, Post};
use serde_json::json;
use standardwebhooks::Webhook;

fn sequence(post: &Post) -> u64 {
    post.event()["sequence"].as_str().unwrap().parse().unwrap()
}

fn told(posts: &[Post], kind: &str) -> bool {
    posts.iter().any(|post| post.status == 204 && post.kind() == kind)
}

#[tokio::test]
async fn every_public_entry_is_told_once_signed_and_numbered_without_gap() {
    let hook = Hook::start(|_, _| 204).await;
    let tenant = Plan::named("told").webhook(&hook.url()).make().await;
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    change.succeed().await;
    let ledger = change.ledger().await;
    let mut posts = hook.until("all is told", 60, |posts| posts.len() >= ledger.len()).await;
    posts.sort_by_key(sequence);
    let numbers: Vec<_> = posts.iter().map(sequence).collect();
    assert_eq!(numbers, (1..=u64::try_from(ledger.len()).unwrap()).collect::<Vec<_>>());
    assert_eq!(posts.iter().map(Post::kind).collect::<Vec<_>>(), ledger);
    let verifier = Webhook::new(&tenant.secret).unwrap();
    for post in &posts {
        verifier.verify(&post.body, &post.headers).expect("the signature is good");
        let event = post.event();
        assert_eq!((&event["specversion"], &event["subject"]), (&json!("1.0"), &json!(change.id)));
        assert_eq!(event["id"], json!(post.id()), "the webhook is the ledger entry");
        assert_eq!(event["source"], json!(format!("changegate/{}", tenant.id)));
        assert_eq!(post.headers["content-type"], "application/cloudevents+json");
    }
    let altered = String::from_utf8(posts[0].body.clone()).unwrap().replace("proposed", "approved");
    assert!(verifier.verify(altered.as_bytes(), &posts[0].headers).is_err(), "another body is not signed");
}

#[tokio::test]
async fn a_webhook_that_did_not_arrive_is_sent_again_under_the_same_id() {
    let failing = |event: &serde_json::Value, before: &[Post]| {
        let tries = before.iter().filter(|post| post.id() == event["id"]).count();
        let is_first = event["sequence"].as_str().is_some_and(|text| text.ends_with("01"));
        match (is_first, tries) {
            (true, 0) => 503,
            (true, 1) => 500,
            _ => 204,
        }
    };
    let hook = Hook::start(failing).await;
    let tenant = Plan::named("told-again").webhook(&hook.url()).make().await;
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    change.withdraw().await;
    let posts =
        hook.until("both are told", 120, |posts| told(posts, "proposed") && told(posts, "withdrawn")).await;
    let tries: Vec<_> = posts.iter().filter(|post| post.kind() == "proposed").collect();
    assert_eq!(tries.iter().map(|post| post.status).collect::<Vec<_>>(), [503, 500, 204]);
    assert!(tries.iter().all(|post| post.id() == tries[0].id() && post.body == tries[0].body));
    let verifier = Webhook::new(&tenant.secret).unwrap();
    for post in tries {
        verifier.verify(&post.body, &post.headers).expect("every try is signed anew");
    }
}

#[tokio::test]
async fn another_tenants_endpoint_has_another_secret_and_hears_nothing() {
    let (hook, other) = (Hook::start(|_, _| 204).await, Hook::start(|_, _| 204).await);
    let (tenant, stranger) = tokio::join!(
        Plan::named("told-one").webhook(&hook.url()).make(),
        Plan::named("told-other").webhook(&other.url()).make(),
    );
    assert!(tenant.secret.starts_with("whsec_") && tenant.secret != stranger.secret);
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    change.withdraw().await;
    let posts = hook.until("it is told", 60, |posts| told(posts, "withdrawn")).await;
    let verifier = Webhook::new(&stranger.secret).unwrap();
    assert!(posts.iter().all(|post| verifier.verify(&post.body, &post.headers).is_err()));
    assert!(other.answers().await && other.posts().is_empty(), "the stranger was told nothing");
}
