//! A tenant of a test: made as an operator makes one, with an account of its own.

use std::collections::BTreeMap;
use std::fs;

use changegate_sandbox::agent::AgentKey;
use changegate_sandbox::local_http::Answer;
use changegate_sandbox::seed::{AGENT, CLASSES};
use changegate_sandbox::{Agent, SandboxError, seed};
use http::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::aws::Aws;
use crate::change::Change;
use crate::poll::until;
use crate::stack::{OPERATOR, stack};
use crate::tables::everything_of;

/// What a tenant is made from.
#[derive(Debug, Clone)]
pub struct Plan {
    name: &'static str,
    approvers: Vec<&'static str>,
    required: u32,
    on_behalf_of: Option<&'static str>,
    classes: Vec<(&'static str, &'static str)>,
    webhook: Option<String>,
}

impl Plan {
    /// A tenant with the approvers Alice and Bob, of whom one must approve, and every class opened.
    pub fn named(name: &'static str) -> Self {
        let classes = CLASSES.map(|class| (class, "full")).to_vec();
        Self {
            name,
            approvers: vec!["alice", "bob"],
            required: 1,
            on_behalf_of: None,
            classes,
            webhook: None,
        }
    }

    /// So many must approve.
    #[must_use]
    pub fn required(self, required: u32) -> Self {
        Self { required, ..self }
    }

    /// The agent works for this approver.
    #[must_use]
    pub fn on_behalf_of(self, approver: &'static str) -> Self {
        Self { on_behalf_of: Some(approver), ..self }
    }

    /// Only these classes are open, each with what agents see.
    #[must_use]
    pub fn classes(self, classes: &[(&'static str, &'static str)]) -> Self {
        Self { classes: classes.to_vec(), ..self }
    }

    /// Webhooks go there.
    #[must_use]
    pub fn webhook(self, url: &str) -> Self {
        Self { webhook: Some(url.to_owned()), ..self }
    }

    /// Makes the tenant: ExternalId, roles in its account, configuration.
    pub async fn make(self) -> Tenant {
        let number = stack().number();
        let (id, account) = (format!("{}-{number}", self.name), format!("{number:012}"));
        let printed = changegate(&["tenant", "external-id", &id]).await;
        let external_id = printed.split_whitespace().last().expect("the ExternalId is printed").to_owned();
        deploy_roles(&stack().owner(&account), &external_id).await;
        let keys = BTreeMap::from([(AGENT, AgentKey::generate().expect("a key"))]);
        let config = self.config(&id, &account, &keys);
        let tenant =
            Tenant { id, account, external_id, keys, config: Mutex::new(config), secret: String::new() };
        let printed = tenant.try_reconfigure(|_| {}).await.unwrap_or_else(|error| panic!("{error}"));
        let secret = printed.split_whitespace().find(|word| word.starts_with("whsec_"));
        Tenant { secret: secret.unwrap_or_default().to_owned(), ..tenant }
    }

    fn config(&self, id: &str, account: &str, keys: &BTreeMap<&'static str, AgentKey>) -> Value {
        let sandbox = &stack().sandbox;
        let role = |name: &str| format!("arn:aws:iam::{account}:role/changegate-{name}");
        let approvers = self.approvers.iter().map(|approver| {
            let address = format!("{approver}@{id}.example");
            json!({"id": approver, "name": approver, "email": address, "issuer": sandbox.issuer, "subject": address})
        });
        let agents = keys.iter().map(|(agent, key)| {
            let mut agent = json!({"id": agent, "key_sha256": key.sha256()});
            if let Some(person) = self.on_behalf_of {
                agent["on_behalf_of"] = json!(person);
            }
            agent
        });
        let classes = self.classes.iter().map(|(class, sees)| json!({"id": class, "agent_sees": sees}));
        let mut config = json!({
            "tenant": id,
            "accounts": [{
                "id": account, "name": self.name, "regions": [sandbox.region],
                "reader_role": role("reader"), "executor_role": role("executor"),
            }],
            "agents": agents.collect::<Vec<_>>(),
            "approvers": approvers.collect::<Vec<_>>(),
            "issuers": [{"url": sandbox.issuer, "client_id": "changegate"}],
            "classes": classes.collect::<Vec<_>>(),
            "approval": {"required": self.required},
        });
        if let Some(url) = &self.webhook {
            config["webhook"] = json!({"url": url});
        }
        config
    }
}

/// A tenant.
#[derive(Debug)]
pub struct Tenant {
    /// Its name.
    pub id: String,
    /// Its account.
    pub account: String,
    /// What its roles ask for.
    pub external_id: String,
    /// The secret of its webhook endpoint; empty if it has none.
    pub secret: String,
    keys: BTreeMap<&'static str, AgentKey>,
    config: Mutex<Value>,
}

impl Tenant {
    /// The owner of its account.
    pub fn owner(&self) -> Aws {
        stack().owner(&self.account)
    }

    /// Its agent.
    pub fn agent(&self) -> Agent {
        Agent::new(&stack().sandbox.api_url, &self.keys[AGENT])
    }

    /// The key of its agent.
    pub fn agent_key(&self) -> String {
        self.keys[AGENT].reveal().to_owned()
    }

    /// The subject of an approver at the identity provider.
    pub fn subject(&self, approver: &str) -> String {
        format!("{approver}@{}.example", self.id)
    }

    /// A step in its account.
    pub fn step(&self, service: &str, operation: &str, parameters: Value) -> Value {
        json!({
            "account": self.account, "region": stack().sandbox.region,
            "service": service, "operation": operation, "parameters": parameters,
        })
    }

    /// A proposal of one step in its account.
    pub fn proposal(&self, service: &str, operation: &str, parameters: Value) -> Value {
        let step = self.step(service, operation, parameters);
        json!({"title": format!("{service} {operation}"), "reason": "a test asks for it", "steps": [step]})
    }

    /// Sends a request of its agent.
    pub async fn request(&self, method: Method, path: &str, key: Option<&str>, body: &str) -> Answer {
        let headers: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
        let answer = self.agent().request(method, path, &headers, body.as_bytes().to_vec()).await;
        answer.expect("the API answers")
    }

    /// Sends a proposal, under a key of its own.
    pub async fn submit(&self, proposal: &Value) -> Answer {
        let key = format!("key-{}", stack().number_of_key());
        self.request(Method::POST, "/v1/changes", Some(&key), &proposal.to_string()).await
    }

    /// What `api` would hand to `propose` for a proposal.
    pub fn gate_request(&self, body: &str) -> Value {
        json!({
            "authorization": format!("Bearer {}", self.keys[AGENT].reveal()),
            "idempotency_key": format!("key-{}", stack().number_of_key()),
            "action": {"propose": {"body": body}},
        })
    }

    /// Proposes a change.
    ///
    /// # Panics
    /// It is refused.
    pub async fn propose(&self, proposal: &Value) -> Change<'_> {
        let answer = self.submit(proposal).await;
        assert_eq!(answer.status.as_u16(), 201, "{proposal}: {}", answer.text());
        Change::new(self, &answer.json().expect("a change"))
    }

    /// Proposes one call.
    pub async fn propose_call(&self, service: &str, operation: &str, parameters: Value) -> Change<'_> {
        self.propose(&self.proposal(service, operation, parameters)).await
    }

    /// Edits the configuration and applies it.
    ///
    /// # Panics
    /// It is refused.
    pub async fn reconfigure(&self, edit: impl FnOnce(&mut Value)) {
        self.try_reconfigure(edit).await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Edits the configuration and applies it; gives what the command line printed.
    ///
    /// # Errors
    /// What the command line printed when it was refused.
    pub async fn try_reconfigure(&self, edit: impl FnOnce(&mut Value)) -> Result<String, SandboxError> {
        let mut config = self.config.lock().await;
        let mut edited = config.clone();
        edit(&mut edited);
        let printed = self.apply(&edited).await?;
        *config = edited;
        Ok(printed)
    }

    /// Stops the tenant.
    pub async fn stop(&self) {
        changegate(&["stop", &self.id, "--reason", "a test"]).await;
    }

    /// Starts the tenant again.
    pub async fn start(&self) {
        changegate(&["start", &self.id, "--reason", "a test"]).await;
    }

    /// Everything that the tables hold of it.
    pub async fn items(&self) -> Vec<(crate::Table, crate::tables::Item)> {
        everything_of(&self.id).await
    }

    /// What the tables hold of it but for what workflow, relay and sweep write beside a change while a test looks: tokens,
    /// notices, outbox markers, watches. Nothing that a proposal stores is left out.
    pub async fn lasting_items(&self) -> Vec<(crate::Table, crate::tables::Item)> {
        const PASSING: [&str; 4] = ["TOKEN#", "NOTICE#", "OUTBOX#", "WATCH"];
        let mut items = self.items().await;
        items.retain(|(_, item)| {
            let sk = crate::tables::text(item, "sk");
            !PASSING.iter().any(|passing| sk.starts_with(passing))
        });
        items
    }

    async fn apply(&self, config: &Value) -> Result<String, SandboxError> {
        let text = toml::to_string(config).expect("a configuration that is TOML");
        let folder = stack().layout().folder().join("tenants");
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(format!("{}.toml", self.id));
        fs::write(&path, text).expect("a file");
        seed::changegate(&stack().sandbox, &["tenant", "apply", &path.to_string_lossy()]).await
    }
}

/// What the operator's command line prints.
///
/// # Panics
/// It fails.
pub async fn changegate(arguments: &[&str]) -> String {
    seed::changegate(&stack().sandbox, arguments).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn deploy_roles(owner: &Aws, external_id: &str) {
    let path = stack().root().join("infra/tenant-account.yaml");
    let template = fs::read_to_string(path).expect("the template of a tenant's account");
    let parameter = |key: &str, value: &str| json!({"ParameterKey": key, "ParameterValue": value});
    let create = json!({
        "StackName": "changegate-tenant", "TemplateBody": template, "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Parameters": [
            parameter("ChangegateAccountId", OPERATOR),
            parameter("Prefix", &stack().sandbox.prefix),
            parameter("ExternalId", external_id),
        ],
    });
    owner.call("cloudformation", "CreateStack", create).await;
    let name = json!({"StackName": "changegate-tenant"});
    until("the tenant's roles are there", 60, async || {
        let found = owner.call("cloudformation", "DescribeStacks", name.clone()).await;
        let status = found["Stacks"][0]["StackStatus"].as_str().unwrap_or_default().to_owned();
        assert!(!status.contains("ROLLBACK") && !status.contains("FAILED"), "{found}");
        (status == "CREATE_COMPLETE").then_some(())
    })
    .await;
}
