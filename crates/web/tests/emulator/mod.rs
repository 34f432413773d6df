//! A tenant with changes that wait, in the tables and keys of an emulator (`ministack`) that is a process of its own.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_kms::types::{KeySpec, KeyUsageType};
use changegate_change::capture::{Capture, CaptureRef};
use changegate_change::digest::Digest;
use changegate_change::head::{Head, Moment};
use changegate_change::id::{ChangeId, EntryId, TenantId};
use changegate_change::ledger::Actor;
use changegate_change::proposal::{Proposal, SignedProposal, signed_bytes};
use changegate_change::status::Status;
use changegate_change::tenant::ConfigVersion;
use changegate_emulator::Program;
use changegate_service::clock::Clock;
use changegate_service::dossier::Dossier;
use changegate_service::keys::{Signer, Verifier};
use changegate_service::review::Review;
use changegate_service::workflow::Workflow;
use changegate_store::item::with_body;
use changegate_store::tenants::SignedConfig;
use changegate_store::{Store, Tables, keys};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use ulid::Ulid;

pub(crate) struct Emulator {
    sdk: SdkConfig,
    dynamodb: aws_sdk_dynamodb::Client,
    proposal_key: String,
    decision_key: String,
    config_key: String,
    _process: changegate_emulator::Emulator,
}

/// What is unusual about a prepared change.
#[derive(Default, Clone, Copy)]
pub(crate) struct Unusual {
    /// The time to decide has passed.
    pub(crate) late: bool,
    /// Two approvals are needed.
    pub(crate) two: bool,
}

pub(crate) fn random() -> u128 {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    u128::from_be_bytes(bytes)
}

fn ulid() -> Ulid {
    Ulid::from_parts(u64::try_from(Timestamp::now().as_millisecond()).unwrap(), random())
}

impl Emulator {
    pub(crate) async fn start() -> Self {
        let process = Program::installed_ministack().start();
        let process = process.unwrap_or_else(|error| panic!("{error}: run `make setup`"));
        let sdk = aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(process.endpoint())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .load()
            .await;
        let dynamodb = aws_sdk_dynamodb::Client::new(&sdk);
        for table in ["changes", "approvals", "config"] {
            create_table(&dynamodb, table).await;
        }
        let kms = aws_sdk_kms::Client::new(&sdk);
        let (proposal_key, decision_key, config_key) =
            (create_key(&kms).await, create_key(&kms).await, create_key(&kms).await);
        Self { sdk, dynamodb, proposal_key, decision_key, config_key, _process: process }
    }

    fn kms(&self) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.sdk)
    }

    pub(crate) fn store(&self) -> Store {
        let tables =
            Tables { changes: "changes".into(), approvals: "approvals".into(), config: "config".into() };
        Store::new(self.dynamodb.clone(), tables)
    }

    pub(crate) fn review(&self) -> Review {
        Review {
            store: self.store(),
            config_keys: Verifier::new(self.kms(), &self.config_key),
            proposal_keys: Verifier::new(self.kms(), &self.proposal_key),
            decisions: Signer::new(self.kms(), &self.decision_key),
            decision_keys: Verifier::new(self.kms(), &self.decision_key),
            workflow: Workflow::new(
                aws_sdk_sfn::Client::new(&self.sdk),
                "arn:aws:states:us-east-1:000000000000:stateMachine:changegate-change",
            ),
            clock: Clock::new(Timestamp::now, random),
        }
    }

    /// Puts the configuration of a tenant with these identity providers: alice, bob (whom the agent works for), carol.
    pub(crate) async fn put_tenant(&self, tenant: &str, issuers: &[&str]) {
        let person = |id: &str, name: &str| {
            json!({"id": id, "name": name, "email": format!("{id}@example.com"), "issuer": issuers.first(),
                "subject": format!("{id}@example.com")})
        };
        let issuer = |url: &&str| json!({"url": url, "client_id": "changegate"});
        let version: ConfigVersion = serde_json::from_value(json!({
            "version": 1, "applied_at": Timestamp::now(), "applied_by": "test", "external_id": "x",
            "config": {
                "tenant": tenant, "accounts": [], "classes": [], "approval": {"required": 1},
                "agents": [{"id": "deploy-bot", "key_sha256": "0".repeat(64), "on_behalf_of": "bob"}],
                "approvers": [person("alice", "Alice Archer"), person("bob", "Bob Baker"), person("carol", "Carol Cook")],
                "issuers": issuers.iter().map(issuer).collect::<Vec<_>>(),
            },
        }))
        .unwrap();
        let signer = Signer::new(self.kms(), &self.config_key);
        let signature = signer.sign(&version.signed_bytes().unwrap()).await.unwrap();
        let pk = keys::tenant(&tenant.parse().unwrap());
        let signed = SignedConfig { version, signature };
        let items = [
            with_body(pk.clone(), keys::version(1), &signed).unwrap(),
            with_body(pk, keys::CURRENT, &1).unwrap(),
        ];
        for item in items {
            self.dynamodb.put_item().table_name("config").set_item(Some(item)).send().await.unwrap();
        }
    }

    /// Puts a change of a parameter that waits for a decision.
    pub(crate) async fn put_change(&self, tenant: &str, unusual: Unusual) -> ChangeId {
        let (tenant, change): (TenantId, _) = (tenant.parse().unwrap(), ChangeId::new(ulid()));
        let before =
            Capture { present: true, state: json!({"Type": "String", "Value": "10"}), truncated: false };
        let proposal = proposal(&tenant, &change, &before, unusual);
        let digest = proposal.digest().unwrap();
        let signer = Signer::new(self.kms(), &self.proposal_key);
        let signature = signer.sign(&signed_bytes(&tenant, &change, &digest).unwrap()).await.unwrap();
        let created_at = proposal.created_at;
        let dossier = Dossier {
            signed: SignedProposal { proposal, signature },
            captures: [(before.digest().unwrap().to_string(), before)].into(),
            sealed: None,
            narrative: None,
        };
        let store = self.store();
        let content = serde_json::to_vec(&dossier).unwrap();
        let blob = store.put_blob(&tenant, &change, &content, created_at).await.unwrap();
        let actor = Actor::Agent("deploy-bot".parse().unwrap());
        let moment = Moment { id: EntryId::new(ulid()), at: created_at, actor };
        let (head, entry) = Head::first(&dossier.signed, blob.digest, moment).unwrap();
        store.commit().create(&head, &entry, created_at + 10.minutes()).keep(&blob).run().await.unwrap();
        change
    }

    pub(crate) async fn status(&self, tenant: &str, change: &ChangeId) -> (Status, u64) {
        let record = self.store().record(&tenant.parse().unwrap(), change).await.unwrap().unwrap();
        (record.head.status, record.head.version)
    }
}

fn proposal(tenant: &TenantId, change: &ChangeId, before: &Capture, unusual: Unusual) -> Proposal {
    let created_at = Timestamp::now() - 2.hours();
    let decide_by = if unusual.late { created_at + 1.hours() } else { created_at + 26.hours() };
    let hash = Digest::of_bytes(b"anything");
    serde_json::from_value(json!({
        "format": changegate_change::proposal::FORMAT, "tenant": tenant, "change": change, "undoes": null,
        "title": "Raise the checkout timeout", "reason": "p99 is <14 s>", "incident": null, "narrative": null,
        "requester": "deploy-bot", "on_behalf_of": "bob", "created_at": created_at, "decide_by": decide_by,
        "not_before": null, "execute_before": null, "policy": hash, "verdict": "the class is open",
        "rule": {"required": if unusual.two { 2 } else { 1 }, "approvers": ["alice", "carol"]}, "sealed": null,
        "steps": [step(before, hash)],
    }))
    .unwrap()
}

fn step(before: &Capture, hash: Digest) -> Value {
    json!({
            "account": "111111111111", "account_name": "staging", "partition": "aws", "region": "us-east-1",
            "service": "ssm", "operation": "PutParameter", "access": "write", "action_class": "ssm-parameters",
            "parameters": {"Name": "/checkout/timeout", "Overwrite": true, "Value": "30"},
            "request": {"method": "POST", "host": "ssm.us-east-1.amazonaws.com", "path": "/", "query": "", "headers": [],
                "body": hash.to_string(), "signing_name": "ssm", "signing_region": "us-east-1"},
            "reader_role": "arn:aws:iam::111111111111:role/changegate-reader",
            "executor_role": "arn:aws:iam::111111111111:role/changegate-executor",
            "session_policy": {}, "ends_early": true, "wider": [], "before": CaptureRef::to(before).unwrap(),
            "diff": [{"path": "/Value", "change": "changed", "before": "10", "after": "30"}],
            "recipe": {"id": "ssm/PutParameter", "hash": hash}, "index": hash.to_string(),
            "undo": {"class": "full", "caveats": [], "calls": [{"service": "ssm", "operation": "PutParameter",
                "parameters": {"Name": "/checkout/timeout", "Overwrite": true, "Value": "10"}}]},
            "settle": null, "risks": [], "agent_may_see": "full",
    })
}

async fn create_table(dynamodb: &aws_sdk_dynamodb::Client, name: &str) {
    let mut request = dynamodb.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (attribute, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let definition = AttributeDefinition::builder().attribute_name(attribute);
        request = request
            .attribute_definitions(definition.attribute_type(ScalarAttributeType::S).build().unwrap())
            .key_schema(
                KeySchemaElement::builder().attribute_name(attribute).key_type(kind).build().unwrap(),
            );
    }
    request.send().await.unwrap();
}

async fn create_key(kms: &aws_sdk_kms::Client) -> String {
    let request = kms.create_key().key_spec(KeySpec::EccNistP256).key_usage(KeyUsageType::SignVerify);
    request.send().await.unwrap().key_metadata.unwrap().key_id
}
