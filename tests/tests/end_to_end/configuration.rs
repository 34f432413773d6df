//! Configuration: who may apply one, and what it takes.

use changegate_sandbox::local_http::LocalHttp;
use changegate_tests::fixtures::put;
use changegate_tests::tables::text;
use changegate_tests::{Plan, Table, Tenant, stack};
use http::Method;
use serde_json::{Value, json};

/// What the command line says when it applies an edited configuration that is refused.
async fn refused(tenant: &Tenant, edit: impl FnOnce(&mut Value)) -> String {
    let before = Table::Config.partition(&format!("T#{}", tenant.id)).await;
    let answer = tenant.try_reconfigure(edit).await;
    let error = answer.expect_err("the configuration is refused").to_string();
    assert_eq!(Table::Config.partition(&format!("T#{}", tenant.id)).await, before, "nothing is applied");
    error
}

#[tokio::test]
async fn a_role_that_lets_us_in_without_the_external_id_is_refused() {
    let tenant = Plan::named("unproven").make().await;
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
    }]});
    let open = json!({"RoleName": "changegate-reader", "PolicyDocument": trust.to_string()});
    tenant.owner().call("iam", "UpdateAssumeRolePolicy", open).await;
    let error = refused(&tenant, |config| config["accounts"][0]["name"] = json!("renamed")).await;
    assert!(error.contains("role_not_proven") && error.contains("/accounts/0/reader_role"), "{error}");
    assert!(!error.contains("executor_role"), "only what is wrong is told: {error}");
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_configuration_is_told_at_once() {
    let tenant = Plan::named("bad-config").make().await;
    let error = refused(&tenant, |config| {
        config["accounts"][0]["regions"] = json!([]);
        config["approvers"][0]["issuer"] = json!("http://nobody.example.com");
        config["classes"][0]["id"] = json!("no-such-class");
        config["approval"]["required"] = json!(3);
    })
    .await;
    for place in ["/accounts/0/regions", "/approvers/0/issuer", "/classes/0/id", "/approval/required"] {
        assert!(error.contains("invalid_config") && error.contains(place), "{place}: {error}");
    }
}

#[tokio::test]
async fn an_account_belongs_to_one_tenant() {
    let (tenant, other) = tokio::join!(Plan::named("taken").make(), Plan::named("taking").make());
    let error = refused(&other, |config| {
        config["accounts"][0]["id"] = json!(tenant.account);
        for role in ["reader", "executor"] {
            let arn = format!("arn:aws:iam::{}:role/changegate-{role}", tenant.account);
            config["accounts"][0][format!("{role}_role")] = json!(arn);
        }
    })
    .await;
    // Another tenant's roles do not take this one's ExternalId, so it does not even come to the account.
    assert!(error.contains("role_not_proven") || error.contains("account_taken"), "{error}");
}

#[tokio::test]
async fn the_same_configuration_makes_one_version_and_versions_stay() {
    let tenant = Plan::named("versions").make().await;
    let versions = async || {
        let items = Table::Config.partition(&format!("T#{}", tenant.id)).await;
        items.into_iter().filter(|item| text(item, "sk").starts_with("VERSION#")).collect::<Vec<_>>()
    };
    let first = versions().await;
    assert_eq!(first.len(), 1);
    tenant.reconfigure(|_| {}).await;
    assert_eq!(versions().await, first, "nothing changed");
    tenant.reconfigure(|config| config["accounts"][0]["name"] = json!("renamed")).await;
    let both = versions().await;
    assert_eq!((both.len(), &both[0]), (2, &first[0]), "the first stays as it was");
}

#[tokio::test]
async fn who_has_signed_nothing_configures_nothing() {
    let tenant = Plan::named("unsigned").make().await;
    let before = Table::Config.partition(&format!("T#{}", tenant.id)).await;
    let http = LocalHttp::default();
    let key = format!("Bearer {}", tenant.agent_key());
    for (method, path) in [
        (Method::PUT, format!("/v1/tenants/{}", tenant.id)),
        (Method::GET, format!("/v1/tenants/{}", tenant.id)),
        (Method::POST, format!("/v1/tenants/{}/external-id", tenant.id)),
        (Method::GET, format!("/v1/tenants/{}/webhook-secret", tenant.id)),
        (Method::POST, "/v1/stop".to_owned()),
        (Method::POST, "/v1/start".to_owned()),
    ] {
        let url = format!("{}{path}", stack().sandbox.api_url);
        for headers in [vec![], vec![("authorization", key.as_str())]] {
            let body = json!({"tenant": tenant.id, "reason": "mine"}).to_string().into_bytes();
            let answer = http.send(method.clone(), &url, &headers, body).await.unwrap();
            // The emulator lets a foreign authorization through, and then the function says no.
            assert!([401, 403].contains(&answer.status.as_u16()), "{method} {path}: {}", answer.text());
        }
    }
    assert_eq!(Table::Config.partition(&format!("T#{}", tenant.id)).await, before);
}

#[tokio::test]
async fn an_edited_configuration_is_believed_by_nobody() {
    let tenant = Plan::named("edited-config").make().await;
    let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    let pk = format!("T#{}", tenant.id);
    let items = Table::Config.partition(&pk).await;
    let version = items.iter().find(|item| text(item, "sk").starts_with("VERSION#")).unwrap();
    let mut edited = version.clone();
    let body = text(version, "body").replace(&tenant.subject("bob"), "eve@example.com");
    assert_ne!(body, text(version, "body"));
    edited.insert("body".to_owned(), json!({"S": body}));
    Table::Config.put(&edited).await;
    let answer = tenant.submit(&tenant.proposal("ssm", "PutParameter", put("/app/pool", "41"))).await;
    assert_eq!(answer.json().unwrap()["code"], "verification_failed", "{}", answer.text());
    let page = changegate_tests::Person::with_subject("eve@example.com").open(&change.link()).await;
    assert!(page.status >= 400 && page.form("approve").is_none(), "{}", page.html);
    Table::Config.put(version).await;
    change.succeed().await;
}

#[tokio::test]
async fn a_key_of_an_agent_that_was_removed_opens_nothing() {
    let tenant = Plan::named("key-removed").make().await;
    let proposal = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40"));
    assert_eq!(tenant.submit(&proposal).await.status, 201);
    let another = changegate_sandbox::agent::AgentKey::generate().unwrap().sha256();
    tenant.reconfigure(|config| config["agents"][0]["key_sha256"] = json!(another)).await;
    assert_eq!(tenant.submit(&proposal).await.status, 401);
}
