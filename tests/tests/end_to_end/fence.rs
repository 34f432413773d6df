//! One attempt, and what is known of it.

use changegate_tests::fixtures::{parameter, parameter_version, put};
use changegate_tests::interposer::{Fate, Interposed, Interposer, Request};
use changegate_tests::poll::until_moment;
use changegate_tests::tables::body;
use changegate_tests::{Change, Plan, Tenant};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A change that was proposed behind a proxy and approved, and the executor behind it that may run it. The address of AWS
/// is part of the request that is approved, so both go the same way.
async fn behind<'a>(tenant: &'a Tenant, interposer: &Interposer) -> (Change<'a>, Interposed) {
    parameter(tenant, "/app/pool", "20").await;
    let (propose, apply) = tokio::join!(interposer.function("propose"), interposer.function("apply-step"));
    let proposal = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40"));
    let answer = propose.invoke(&tenant.gate_request(&proposal.to_string())).await;
    let change = Change::new(tenant, &answer.payload["done"]["change"]);
    change.approve_undriven().await;
    (change, apply)
}

#[tokio::test]
async fn a_taken_fence_is_never_taken_again() {
    let tenant = Plan::named("fence").make().await;
    parameter(&tenant, "/app/pool", "20").await;
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    change.succeed().await;
    let (fence, ledger) = (change.item("FENCE#00#do").await, change.ledger().await);
    assert!(fence.is_some());
    for generation in [1, 1, 2] {
        let invoked = change.apply_by_hand(generation).await;
        assert_eq!((invoked.error, &invoked.payload["next"]), (None, &json!("done")));
    }
    assert_eq!(parameter_version(&tenant, "/app/pool").await, 2, "one call");
    assert_eq!((change.item("FENCE#00#do").await, change.ledger().await), (fence, ledger));
}

#[tokio::test]
async fn of_many_executors_at_once_exactly_one_makes_the_call() {
    let tenant = Plan::named("fence-race").make().await;
    parameter(&tenant, "/app/pool", "20").await;
    let not_before = Timestamp::now() + SignedDuration::from_secs(10);
    let mut proposal = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40"));
    proposal["not_before"] = json!(not_before);
    let change = tenant.propose(&proposal).await;
    change.approve().await;
    until_moment(not_before).await;
    let once = || change.apply_by_hand(1);
    let (one, two, three, four) = tokio::join!(once(), once(), once(), once());
    for invoked in [one, two, three, four] {
        let known = [None, Some("Retry".to_owned())];
        assert!(known.contains(&invoked.error), "{invoked:?}");
    }
    change.until("succeeded").await;
    assert_eq!(parameter_version(&tenant, "/app/pool").await, 2, "one call");
    assert_eq!(change.ledger().await.iter().filter(|kind| *kind == "executing").count(), 1);
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_the_change_unknown_and_it_is_not_sent_again() {
    let tenant = Plan::named("lost-answer").make().await;
    let interposer = Interposer::start(|request, _| match request.operation.as_str() {
        "PutParameter" => Fate::LosesItsAnswer,
        _ => Fate::Passes,
    })
    .await;
    let (change, apply) = behind(&tenant, &interposer).await;
    assert_eq!(apply.invoke(&change.step_task(1)).await.error, None);
    let unknown = change.until("unknown").await;
    assert_eq!(unknown["steps"][0]["attempt"]["outcome"], "unknown", "{unknown:#}");
    assert_eq!(parameter_version(&tenant, "/app/pool").await, 2, "it did happen");
    apply.invoke(&change.step_task(1)).await;
    assert_eq!(interposer.calls("PutParameter").len(), 1, "and was sent once");
    let answer = change.ask_undo().await;
    assert_eq!(answer.status, 409, "what is not known cannot be undone: {}", answer.text());
}

#[tokio::test]
async fn a_call_that_never_arrived_is_unknown_too() {
    let tenant = Plan::named("lost-call").make().await;
    let interposer = Interposer::start(|request, _| match request.operation.as_str() {
        "PutParameter" => Fate::IsLost,
        _ => Fate::Passes,
    })
    .await;
    let (change, apply) = behind(&tenant, &interposer).await;
    assert_eq!(apply.invoke(&change.step_task(1)).await.error, None);
    change.until("unknown").await;
    assert_eq!(parameter_version(&tenant, "/app/pool").await, 1);
    assert_eq!(interposer.calls("PutParameter").len(), 1, "bytes were written, so it may have happened");
}

#[tokio::test]
async fn a_fence_without_outcome_becomes_unknown() {
    let tenant = Plan::named("no-outcome").make().await;
    // After the call the executor reaches nothing any more, as if its machine had gone.
    let sent = |before: &[Request]| before.iter().any(|request| request.operation == "PutParameter");
    let interposer =
        Interposer::start(move |_, before| if sent(before) { Fate::IsLost } else { Fate::Passes }).await;
    let (change, apply) = behind(&tenant, &interposer).await;
    apply.invoke(&change.step_task(1)).await;
    assert_eq!(change.status().await, "executing", "nobody knows how it ended");
    let observe = async || changegate_tests::functions::invoke("observe", &change.step_task(1)).await;
    assert_eq!(observe().await.payload["next"], "wait", "it may still say");
    let fence = body(&change.item("FENCE#00#do").await.unwrap());
    until_moment(fence["ends_at"].as_str().unwrap().parse().unwrap()).await;
    assert_eq!(observe().await.payload["next"], "done");
    let unknown = change.until("unknown").await;
    assert_eq!(unknown["why"]["code"], "no_outcome");
    assert_eq!(change.apply_by_hand(1).await.error, None);
    assert_eq!(parameter_version(&tenant, "/app/pool").await, 2, "one call");
}

#[tokio::test]
async fn the_call_runs_under_a_session_that_allows_it_alone_and_names_the_change() {
    let tenant = Plan::named("session-policy").make().await;
    let interposer = Interposer::start(|_, _| Fate::Passes).await;
    let (change, apply) = behind(&tenant, &interposer).await;
    assert_eq!(apply.invoke(&change.step_task(1)).await.error, None);
    let executor = format!("arn:aws:iam::{}:role/changegate-executor", tenant.account);
    let assumed = interposer.calls("AssumeRole");
    let assumed =
        assumed.iter().find(|request| request.field("RoleArn").as_deref() == Some(executor.as_str()));
    let assumed = assumed.expect("the executor role was assumed");
    let field = |name: &str| assumed.field(name).unwrap_or_default();
    assert_eq!((field("SourceIdentity"), field("RoleSessionName")), (change.id.clone(), change.id.clone()));
    assert_eq!(field("ExternalId"), tenant.external_id);
    let tags: Vec<_> = (1..=3)
        .map(|n| (field(&format!("Tags.member.{n}.Key")), field(&format!("Tags.member.{n}.Value"))))
        .collect();
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(tags, [tag("tenant", &tenant.id), tag("change", &change.id), tag("", "")]);
    assert_allows_the_call_alone(&tenant, &serde_json::from_str(&field("Policy")).unwrap());
    let call = interposer.calls("PutParameter").remove(0);
    let fence = body(&change.item("FENCE#00#do").await.unwrap());
    let key = fence["access_key_id"].as_str().unwrap();
    assert!(call.header("authorization").unwrap().contains(key), "the fence names the key of the call");
    assert!(call.header("user-agent").unwrap().contains(&change.id), "{:?}", call.header("user-agent"));
}

fn assert_allows_the_call_alone(tenant: &Tenant, policy: &Value) {
    let statements = policy["Statement"].as_array().unwrap();
    let allowed: Vec<_> = statements.iter().filter(|one| one["Effect"] == "Allow").collect();
    assert_eq!(allowed.len(), 1, "{policy:#}");
    let one_of = |value: &Value| value.as_array().map_or_else(|| vec![value.clone()], Clone::clone);
    assert_eq!(one_of(&allowed[0]["Action"]), [json!("ssm:PutParameter")]);
    let resource = format!("arn:aws:ssm:us-east-1:{}:parameter/app/pool", tenant.account);
    assert_eq!(one_of(&allowed[0]["Resource"]), [json!(resource)]);
    let end = policy.to_string();
    let end = end.split(r#""aws:CurrentTime":""#).nth(1).and_then(|rest| rest.split('"').next());
    let end: Timestamp = end.expect("the session ends early").parse().unwrap();
    let ahead = end.duration_since(Timestamp::now());
    assert!(ahead <= SignedDuration::from_secs(60), "it ends within a minute: {policy:#}");
}
