//! A preview says all that a proposal would and stores nothing.

use changegate_tests::Plan;
use changegate_tests::fixtures::{parameter, put};
use http::Method;
use serde_json::json;

use crate::bad_input::{refused, violations};

#[tokio::test]
async fn a_preview_shows_the_change_and_stores_nothing() {
    let tenant = Plan::named("preview").make().await;
    parameter(&tenant, "/app/pool", "20").await;
    let body = tenant.proposal("ssm", "PutParameter", put("/app/pool", "40")).to_string();
    let before = tenant.lasting_items().await;
    let answer = tenant.request(Method::POST, "/v1/previews", None, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let view = answer.json().unwrap();
    let step = &view["steps"][0];
    assert_eq!(step["before"]["state"]["Value"], "20");
    assert_eq!(step["undo"]["class"], "full");
    assert_eq!(step["undo"]["calls"][0]["parameters"]["Value"], "20");
    assert_eq!(tenant.lasting_items().await, before, "nothing is stored");
    let id = view["id"].as_str().unwrap();
    let shown = tenant.request(Method::GET, &format!("/v1/changes/{id}"), None, "").await;
    assert_eq!(shown.status, 404, "a preview is no change");
}

#[tokio::test]
async fn a_preview_of_bad_input_says_what_a_proposal_would() {
    let tenant = Plan::named("bad-preview").make().await;
    let body = tenant.proposal("ssm", "PutParameter", json!({"Valeu": "40"})).to_string();
    let send = async || tenant.request(Method::POST, "/v1/previews", None, &body).await;
    let problem = refused(&tenant, (422, "invalid_parameters"), send).await;
    let expected = [
        "/steps/0/parameters/Name missing",
        "/steps/0/parameters/Valeu unknown",
        "/steps/0/parameters/Value missing",
    ];
    assert_eq!(violations(&problem), expected);
}
