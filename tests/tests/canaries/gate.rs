//! The catalogue, the models and a tenant that opened everything to its agent.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use aws_call::{Client, ClientConfig, Index};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use changegate_catalog::Catalog;
use changegate_change::tenant::TenantConfig;
use changegate_service::protected::Protected;
use changegate_service::tenant_aws::TenantAws;
use serde_json::json;

use crate::catalogue::root;

pub(crate) const ACCOUNT: &str = "111111111111";
pub(crate) const REGION: &str = "us-east-1";

/// What a call goes through. It has no way to AWS.
pub(crate) struct Gate {
    pub(crate) aws: TenantAws,
    pub(crate) config: TenantConfig,
    pub(crate) protected: Protected,
}

impl Gate {
    /// The built-in catalogue with the built index.
    pub(crate) fn open() -> Self {
        let built = || root().join("target/index/aws-call.index");
        let path = std::env::var_os("AWS_CALL_INDEX").map_or_else(built, PathBuf::from);
        let index = Index::open(&path).unwrap_or_else(|error| {
            panic!("no index at {} ({error}): run `make index`", path.display());
        });
        let catalog = Catalog::builtin();
        let classes: BTreeSet<_> = catalog.action_classes().iter().map(ToString::to_string).collect();
        let config = config(&classes);
        let sdk =
            SdkConfig::builder().behavior_version(BehaviorVersion::latest()).region(Region::new(REGION));
        let client = Client::new(ClientConfig {
            connect_timeout: Duration::from_secs(1),
            send_timeout: Duration::from_secs(1),
            user_agent: "changegate-tests".to_owned(),
        });
        let aws = TenantAws::new(aws_sdk_sts::Client::new(&sdk.build()), index, catalog, client, None);
        Self { aws, config, protected: Protected::new("changegate", []) }
    }
}

fn config(classes: &BTreeSet<String>) -> TenantConfig {
    let classes: Vec<_> = classes.iter().map(|id| json!({"id": id, "agent_sees": "full"})).collect();
    serde_json::from_value(json!({
        "tenant": "demo",
        "accounts": [{
            "id": ACCOUNT, "name": "staging", "regions": [REGION],
            "reader_role": format!("arn:aws:iam::{ACCOUNT}:role/gate-reader"),
            "executor_role": format!("arn:aws:iam::{ACCOUNT}:role/gate-executor"),
        }],
        "agents": [{"id": "deploy-bot", "key_sha256": "00"}],
        "approvers": [{
            "id": "alice", "name": "Alice", "email": "alice@example.com", "issuer": "https://id.example.com",
            "subject": "alice",
        }],
        "issuers": [{"url": "https://id.example.com", "client_id": "changegate"}],
        "classes": classes,
        "approval": {"required": 1},
    }))
    .unwrap()
}
