//! A tenant whose account is an emulator (`ministack`) that is a process of its own: tables, keys, roles, a parameter.

use std::path::PathBuf;
use std::time::Duration;

use aws_call::{Client, ClientConfig, Index};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use aws_sdk_kms::types::{KeySpec, KeyUsageType};
use changegate_catalog::Catalog;
use changegate_change::id::TenantId;
use changegate_change::tenant::ConfigVersion;
use changegate_emulator::Program;
use changegate_service::Clock;
use changegate_service::apply_step::ApplyStep;
use changegate_service::authenticate::Authenticated;
use changegate_service::config::VerifiedConfig;
use changegate_service::keys::{DerivedKeys, Sealing, Signer, Verifier};
use changegate_service::observe::Observe;
use changegate_service::propose::Propose;
use changegate_service::protected::Protected;
use changegate_service::sweep::{Relay, Sweep};
use changegate_service::tenant_aws::TenantAws;
use changegate_service::workflow::Workflow;
use changegate_store::item::with_body;
use changegate_store::tenants::SignedConfig;
use changegate_store::{Store, Tables, keys};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Where the model index is, unless it is where it is built.
const INDEX: &str = "AWS_CALL_INDEX";
const READER: &str = "arn:aws:iam::000000000000:role/changegate-reader";
const EXECUTOR: &str = "arn:aws:iam::000000000000:role/changegate-executor";
const DEFINITION: &str = r#"{"StartAt":"End","States":{"End":{"Type":"Pass","End":true}}}"#;

struct Keys {
    proposal: String,
    decision: String,
    config: String,
    seal: String,
    fingerprint: String,
}

pub(crate) struct Emulator {
    sdk: SdkConfig,
    keys: Keys,
    state_machine: String,
    index: Index,
    process: changegate_emulator::Emulator,
}

pub(crate) fn random() -> u128 {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    u128::from_be_bytes(bytes)
}

pub(crate) fn clock() -> Clock {
    Clock::new(Timestamp::now, random)
}

pub(crate) fn tenant() -> TenantId {
    "demo".parse().unwrap()
}

impl Emulator {
    pub(crate) async fn start() -> Self {
        let process = start_ministack();
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
        let keys = create_keys(&aws_sdk_kms::Client::new(&sdk)).await;
        let sfn = aws_sdk_sfn::Client::new(&sdk);
        let machine = sfn.create_state_machine().name("changegate-change").definition(DEFINITION);
        let machine = machine.role_arn("arn:aws:iam::000000000000:role/workflow").send().await.unwrap();
        let emulator =
            Self { sdk, keys, state_machine: machine.state_machine_arn, index: open_index(), process };
        emulator.put_tenant().await;
        emulator
    }

    fn kms(&self) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.sdk)
    }

    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk)
    }

    pub(crate) fn store(&self) -> Store {
        let tables =
            Tables { changes: "changes".into(), approvals: "approvals".into(), config: "config".into() };
        Store::new(self.dynamodb(), tables)
    }

    pub(crate) fn tenant_aws(&self) -> TenantAws {
        let config = ClientConfig {
            connect_timeout: Duration::from_secs(2),
            send_timeout: Duration::from_secs(10),
            user_agent: "changegate-tests".into(),
        };
        let endpoint = Some(self.process.endpoint().parse().unwrap());
        let sts = aws_sdk_sts::Client::new(&self.sdk);
        TenantAws::new(sts, self.index.clone(), Catalog::builtin(), Client::new(config), endpoint)
    }

    pub(crate) fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    fn workflow(&self) -> Workflow {
        Workflow::new(aws_sdk_sfn::Client::new(self.sdk()), &self.state_machine)
    }

    fn protected(&self) -> Protected {
        Protected::new("changegate", [self.keys.proposal.clone()])
    }

    pub(crate) fn decision_signer(&self) -> Signer {
        Signer::new(self.kms(), &self.keys.decision)
    }

    pub(crate) fn propose(&self) -> Propose {
        Propose {
            store: self.store(),
            aws: self.tenant_aws(),
            config_keys: Verifier::new(self.kms(), &self.keys.config),
            proposals: Signer::new(self.kms(), &self.keys.proposal),
            proposal_keys: Verifier::new(self.kms(), &self.keys.proposal),
            sealing: Sealing::new(self.kms(), &self.keys.seal),
            fingerprints: DerivedKeys::new(self.kms(), &self.keys.fingerprint),
            workflow: self.workflow(),
            protected: self.protected(),
            clock: clock(),
            look_after: SignedDuration::ZERO,
        }
    }

    pub(crate) fn apply_step(&self) -> ApplyStep {
        ApplyStep {
            store: self.store(),
            aws: self.tenant_aws(),
            config_keys: Verifier::new(self.kms(), &self.keys.config),
            proposal_keys: Verifier::new(self.kms(), &self.keys.proposal),
            decision_keys: Verifier::new(self.kms(), &self.keys.decision),
            sealing: Sealing::new(self.kms(), &self.keys.seal),
            fingerprints: DerivedKeys::new(self.kms(), &self.keys.fingerprint),
            protected: self.protected(),
            clock: clock(),
        }
    }

    pub(crate) fn observe(&self, clock: Clock) -> Observe {
        Observe {
            store: self.store(),
            aws: self.tenant_aws(),
            config_keys: Verifier::new(self.kms(), &self.keys.config),
            proposal_keys: Verifier::new(self.kms(), &self.keys.proposal),
            sealing: Sealing::new(self.kms(), &self.keys.seal),
            fingerprints: DerivedKeys::new(self.kms(), &self.keys.fingerprint),
            clock,
        }
    }

    pub(crate) fn sweep(&self, clock: Clock) -> Sweep {
        Sweep {
            store: self.store(),
            workflow: self.workflow(),
            relay: Relay::new(aws_sdk_lambda::Client::new(&self.sdk), "changegate-relay"),
            look_after: SignedDuration::from_secs(300),
            clock,
        }
    }

    pub(crate) async fn agent(&self) -> Authenticated {
        let verifier = Verifier::new(self.kms(), &self.keys.config);
        let config = VerifiedConfig::load(&self.store(), &verifier, &tenant()).await.unwrap();
        let agent = config.agent(&"deploy-bot".parse().unwrap()).unwrap().clone();
        Authenticated { config, agent }
    }

    async fn put_tenant(&self) {
        let version: ConfigVersion = serde_json::from_value(json!({
            "version": 1, "applied_at": Timestamp::now(), "applied_by": "test", "external_id": "cgx_test",
            "config": {
                "tenant": "demo",
                "accounts": [{"id": "000000000000", "name": "staging", "regions": ["us-east-1"],
                              "reader_role": READER, "executor_role": EXECUTOR}],
                "classes": [{"id": "ssm-parameters", "agent_sees": "full"}],
                "approval": {"required": 1},
                "agents": [{"id": "deploy-bot", "key_sha256": "0".repeat(64)}],
                "approvers": [{"id": "alice", "name": "Alice", "email": "alice@example.com",
                               "issuer": "https://id.example.com", "subject": "alice"}],
                "issuers": [{"url": "https://id.example.com", "client_id": "changegate"}],
            },
        }))
        .unwrap();
        let signer = Signer::new(self.kms(), &self.keys.config);
        let signature = signer.sign(&version.signed_bytes().unwrap()).await.unwrap();
        let pk = keys::tenant(&tenant());
        let signed = SignedConfig { version, signature };
        let items = [
            with_body(pk.clone(), keys::version(1), &signed).unwrap(),
            with_body(pk, keys::CURRENT, &1).unwrap(),
        ];
        for item in items {
            self.dynamodb().put_item().table_name("config").set_item(Some(item)).send().await.unwrap();
        }
    }

    /// Calls the tenant's AWS as its operators do, past Changegate.
    pub(crate) async fn operator(&self, operation: &str, parameters: Value) -> Value {
        let aws = self.tenant_aws();
        let operation = aws.index().operation("ssm", operation).unwrap();
        let request = operation.request(&parameters, &aws.target("us-east-1")).unwrap();
        let credentials = Credentials::new("test", "test", None, None, "test");
        let now = std::time::SystemTime::now();
        match aws.client().send(&operation, &request, &credentials, now, None).await {
            aws_call::Outcome::Done(done) => done.output,
            other => panic!("{other:?}"),
        }
    }
}

fn open_index() -> Index {
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/index/aws-call.index");
    let path = std::env::var_os(INDEX).map_or_else(|| PathBuf::from(built), PathBuf::from);
    Index::open(&path).unwrap_or_else(|error| panic!("{}: {error}; run `make index`", path.display()))
}

fn start_ministack() -> changegate_emulator::Emulator {
    Program::installed_ministack().start().unwrap_or_else(|error| panic!("{error}: run `make setup`"))
}

fn schema(attribute: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(attribute).key_type(kind).build().unwrap()
}

async fn create_table(dynamodb: &aws_sdk_dynamodb::Client, name: &str) {
    let due = GlobalSecondaryIndex::builder()
        .index_name("due")
        .key_schema(schema("due_pk", KeyType::Hash))
        .key_schema(schema("due_sk", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
    let mut request = dynamodb
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(schema("pk", KeyType::Hash))
        .key_schema(schema("sk", KeyType::Range))
        .global_secondary_indexes(due.build().unwrap());
    for attribute in ["pk", "sk", "due_pk", "due_sk"] {
        let definition = AttributeDefinition::builder().attribute_name(attribute);
        request =
            request.attribute_definitions(definition.attribute_type(ScalarAttributeType::S).build().unwrap());
    }
    request.send().await.unwrap();
}

async fn create_keys(kms: &aws_sdk_kms::Client) -> Keys {
    let create = async |spec: KeySpec, usage: KeyUsageType| {
        let key = kms.create_key().key_spec(spec).key_usage(usage).send().await.unwrap();
        key.key_metadata.unwrap().key_id
    };
    let signs = async || create(KeySpec::EccNistP256, KeyUsageType::SignVerify).await;
    Keys {
        proposal: signs().await,
        decision: signs().await,
        config: signs().await,
        seal: create(KeySpec::SymmetricDefault, KeyUsageType::EncryptDecrypt).await,
        fingerprint: create(KeySpec::Hmac256, KeyUsageType::GenerateVerifyMac).await,
    }
}
