//! Lists, their cursors, and what agents see.

use changegate_tests::fixtures::{parameter, put};
use changegate_tests::{Plan, Tenant};
use http::Method;
use serde_json::{Value, json};

use crate::bad_input::refused;

async fn page(tenant: &Tenant, query: &str) -> Value {
    let answer = tenant.request(Method::GET, &format!("/v1/changes{query}"), None, "").await;
    answer.success().unwrap_or_else(|error| panic!("{error}"))
}

fn ids(page: &Value) -> Vec<String> {
    page["changes"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

async fn all_pages(tenant: &Tenant, query: &str) -> Vec<Vec<String>> {
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = page(tenant, &format!("?limit=2{query}{cursor}")).await;
        pages.push(ids(&page));
        let Some(next) = page["next_cursor"].as_str() else { return pages };
        assert!(pages.len() < 10, "the pages come to an end");
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn changes_are_listed_newest_first_page_by_page() {
    let (tenant, other) = tokio::join!(Plan::named("list").make(), Plan::named("list-other").make());
    let mut proposed = Vec::new();
    for number in 0..5 {
        let change = tenant.propose_call("ssm", "PutParameter", put(&format!("/app/{number}"), "40")).await;
        proposed.insert(0, change);
    }
    other.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    let expected: Vec<_> = proposed.iter().map(|change| change.id.clone()).collect();
    let pages = all_pages(&tenant, "").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(pages.concat(), expected, "all of the tenant and none of another");
    proposed[1].withdraw().await;
    let waiting = all_pages(&tenant, "&status=awaiting_approval").await.concat();
    let left: Vec<_> = expected.iter().filter(|id| **id != proposed[1].id).cloned().collect();
    assert_eq!(waiting, left);
    assert_eq!(ids(&page(&tenant, "?status=withdrawn").await), [proposed[1].id.clone()]);
    assert_eq!(ids(&page(&tenant, "?status=succeeded").await), Vec::<String>::new());
}

#[tokio::test]
async fn a_cursor_is_good_for_its_tenant_and_its_filter_only() {
    let (tenant, other) = tokio::join!(Plan::named("cursor").make(), Plan::named("cursor-other").make());
    for tenant in [&tenant, &tenant, &other] {
        tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
    }
    let cursor = page(&tenant, "?limit=1").await["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(ids(&page(&tenant, &format!("?cursor={cursor}")).await).len(), 1);
    let (id, tag) = cursor.split_once('.').unwrap();
    let moved = format!("chg_01ARZ3NDEKTSV4RRFFQ69G5FAV.{tag}");
    let bare = format!("{id}.");
    for (asks, query) in [
        (&other, format!("?cursor={cursor}")),
        (&tenant, format!("?status=approved&cursor={cursor}")),
        (&tenant, format!("?cursor={moved}")),
        (&tenant, format!("?cursor={bare}")),
        (&tenant, "?cursor=".to_owned()),
        (&tenant, "?limit=0".to_owned()),
        (&tenant, "?limit=101".to_owned()),
        (&tenant, "?status=done".to_owned()),
        (&tenant, "?order=oldest".to_owned()),
    ] {
        let send = async || asks.request(Method::GET, &format!("/v1/changes{query}"), None, "").await;
        refused(asks, (400, "invalid_request"), send).await;
    }
}

#[tokio::test]
async fn an_agent_sees_of_states_what_the_tenant_lets_it() {
    for (sees, name) in [("full", "sees-full"), ("names", "sees-names"), ("none", "sees-none")] {
        let tenant = Plan::named(name).classes(&[("ssm-parameters", sees)]).make().await;
        parameter(&tenant, "/app/pool", "value-before").await;
        let change = tenant.propose_call("ssm", "PutParameter", put("/app/pool", "40")).await;
        let done = change.succeed().await;
        for view in [&change.proposed, &done] {
            let step = &view["steps"][0];
            let paths: Vec<_> =
                step["diff"].as_array().unwrap().iter().map(|line| line["path"].clone()).collect();
            let shown = step["before"]["state"]["Value"] == "value-before";
            assert_eq!(shown, sees == "full", "{view:#}");
            assert_eq!(
                view.to_string().contains("value-before"),
                sees == "full",
                "nowhere else either: {view:#}"
            );
            assert_eq!(paths.contains(&json!("/Value")), sees != "none", "{view:#}");
            assert!(step["before"]["digest"].is_string() && step["undo"]["class"] == "full");
        }
    }
}
