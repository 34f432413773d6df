//! A tenant, and what its agents may change.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::agent::AgentKey;
use crate::aws::Account;
use crate::command;
use crate::deployment::deploy;
use crate::description::{Sandbox, Tenant};
use crate::error::{Result, SandboxError};
use crate::notices::Notices;

/// The tenant of `make run` and `make demo`.
pub const DEMO: &str = "demo";
/// Its account.
pub const DEMO_ACCOUNT: &str = "111111111111";
/// The agent of every seeded tenant.
pub const AGENT: &str = "deploy-bot";
/// The parameter that the sample proposal changes, and what it is before.
pub const PARAMETER: (&str, &str) = ("/staging/checkout/pool-size", "20");

/// The action classes of every seeded tenant.
pub const CLASSES: [&str; 7] = [
    "ssm-parameters",
    "ecs-services",
    "cloudformation-stacks",
    "lambda-configuration",
    "ec2-tags",
    "s3-bucket-tagging",
    "iam-role-policies",
];

/// What a tenant is made from.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its name.
    pub tenant: String,
    /// Its account, 12 digits.
    pub account: String,
    /// Its approvers: id and name. Their subject is `ID@example.com`.
    pub approvers: Vec<(String, String)>,
    /// The approver that the agent works for, who therefore cannot decide.
    pub on_behalf_of: Option<String>,
    /// The action classes that are opened.
    pub classes: Vec<String>,
}

impl Plan {
    /// A tenant with the approvers Alice and Bob and every class opened.
    #[must_use]
    pub fn of(tenant: &str, account: &str) -> Self {
        let approver = |id: &str, name: &str| (id.to_owned(), name.to_owned());
        Self {
            tenant: tenant.to_owned(),
            account: account.to_owned(),
            approvers: vec![approver("alice", "Alice"), approver("bob", "Bob")],
            on_behalf_of: None,
            classes: CLASSES.map(str::to_owned).to_vec(),
        }
    }

    /// The configuration, as `tenant.toml` has it.
    fn config(&self, sandbox: &Sandbox, key: &AgentKey) -> Value {
        let role = |name: &str| format!("arn:aws:iam::{}:role/changegate-{name}", self.account);
        let mut agent = json!({"id": AGENT, "key_sha256": key.sha256()});
        if let (Some(person), Some(fields)) = (&self.on_behalf_of, agent.as_object_mut()) {
            fields.insert("on_behalf_of".to_owned(), json!(person));
        }
        let approvers = self.approvers.iter().map(|(id, name)| {
            let address = subject(id);
            json!({"id": id, "name": name, "email": address, "issuer": sandbox.issuer, "subject": address})
        });
        let classes = self.classes.iter().map(|class| json!({"id": class, "agent_sees": "full"}));
        json!({
            "tenant": self.tenant,
            "accounts": [{
                "id": self.account, "name": "staging", "regions": [sandbox.region],
                "reader_role": role("reader"), "executor_role": role("executor"),
            }],
            "agents": [agent],
            "approvers": approvers.collect::<Vec<_>>(),
            "issuers": [{"url": sandbox.issuer, "client_id": "changegate"}],
            "classes": classes.collect::<Vec<_>>(),
            "approval": {"required": 1},
            "webhook": {"url": sandbox.receiver().endpoint(&self.tenant)},
        })
    }
}

/// The subject of an approver at the provider; it is an e-mail address.
#[must_use]
pub fn subject(approver: &str) -> String {
    format!("{approver}@example.com")
}

/// Makes a tenant as its operator would: asks for its ExternalId, deploys the roles into its account, applies its
/// configuration, and tells the receiver the webhook secret. Then adds it to the sandbox.
///
/// # Errors
/// A step is refused.
pub async fn tenant(sandbox: &mut Sandbox, root: &Path, plan: &Plan) -> Result<()> {
    let printed = changegate(sandbox, &["tenant", "external-id", &plan.tenant]).await?;
    let external_id = printed.split_whitespace().last().unwrap_or_default().to_owned();
    let owner = sandbox.account(&plan.account);
    deploy_roles(sandbox, root, &owner, &external_id).await?;
    let key = AgentKey::generate()?;
    let config = write_config(sandbox, plan, &key)?;
    let applied = changegate(sandbox, &["tenant", "apply", &config.to_string_lossy()]).await?;
    let secret = applied.split_whitespace().find(|word| word.starts_with("whsec_"));
    let secret = secret.ok_or_else(|| SandboxError::unexpected("the webhook secret is printed", &applied))?;
    sandbox.receiver().trust(secret).await?;
    let topic = format!("{}{}", sandbox.output("TopicPrefix")?, plan.tenant);
    let notices = Notices::subscribe(&sandbox.operator(), &plan.tenant, &topic).await?;
    let tenant = Tenant {
        account: plan.account.clone(),
        external_id,
        agents: BTreeMap::from([(AGENT.to_owned(), key)]),
        approvers: plan.approvers.iter().map(|(id, _)| (id.clone(), subject(id))).collect(),
        notices,
        config,
    };
    sandbox.tenants.insert(plan.tenant.clone(), tenant);
    Ok(())
}

/// Puts into an account what agents will propose to change: a parameter, a service, a stack with a service role.
///
/// # Errors
/// AWS refuses.
pub async fn staging(sandbox: &Sandbox, root: &Path, account: &str) -> Result<()> {
    let owner = sandbox.account(account);
    let seed = stage(sandbox, account, root, "crates/sandbox/seed")?;
    let outputs = deploy(&owner, &seed.join("staging.yaml"), "staging", &[]).await?;
    let role = outputs.get("StackRoleArn").map(String::as_str).unwrap_or_default();
    let template = seed.join("checkout-settings.yaml");
    let stack = [
        "cloudformation",
        "deploy",
        "--template-file",
        &template.to_string_lossy(),
        "--stack-name",
        "checkout-settings",
        "--role-arn",
        role,
        "--no-fail-on-empty-changeset",
    ];
    owner.cli(&stack).await?;
    let (name, value) = PARAMETER;
    let parameter = json!({"Name": name, "Value": value, "Type": "String", "Overwrite": true});
    owner.call("ssm", "PutParameter", &parameter).await?;
    Ok(())
}

async fn deploy_roles(sandbox: &Sandbox, root: &Path, owner: &Account, external_id: &str) -> Result<()> {
    let template = stage(sandbox, owner.id(), root, "infra")?.join("tenant-account.yaml");
    let deployed_in = sandbox.operator();
    let parameters = [
        ("ChangegateAccountId", deployed_in.id()),
        ("Prefix", sandbox.prefix.as_str()),
        ("ExternalId", external_id),
    ];
    deploy(owner, &template, "changegate-tenant", &parameters).await?;
    Ok(())
}

/// A copy of a folder of templates, because deploying writes beside them.
fn stage(sandbox: &Sandbox, account: &str, root: &Path, folder: &str) -> Result<PathBuf> {
    let to = sandbox.folder.join("tenants").join(account).join(folder.replace('/', "-"));
    fs::create_dir_all(&to).map_err(SandboxError::file(&to))?;
    let from = root.join(folder);
    for entry in fs::read_dir(&from).map_err(SandboxError::file(&from))? {
        let source = entry.map_err(SandboxError::file(&from))?.path();
        if let Some(name) = source.file_name() {
            fs::copy(&source, to.join(name)).map_err(SandboxError::file(&source))?;
        }
    }
    Ok(to)
}

fn write_config(sandbox: &Sandbox, plan: &Plan, key: &AgentKey) -> Result<PathBuf> {
    let text = toml::to_string(&plan.config(sandbox, key))
        .map_err(|error| SandboxError::unexpected("a configuration that is TOML", error))?;
    let folder = sandbox.folder.join("tenants");
    fs::create_dir_all(&folder).map_err(SandboxError::file(&folder))?;
    let path = folder.join(format!("{}.toml", plan.tenant));
    fs::write(&path, text).map_err(SandboxError::file(&path))?;
    Ok(path)
}

/// Runs the command line of Changegate as the operator of the deployment.
///
/// # Errors
/// It was not built, or ends with an error.
pub async fn changegate(sandbox: &Sandbox, arguments: &[&str]) -> Result<String> {
    if !sandbox.changegate.is_file() {
        return Err(SandboxError::Missing {
            what: sandbox.changegate.display().to_string(),
            remedy: "run `make build`".to_owned(),
        });
    }
    let mut command = sandbox.operator().command(&sandbox.changegate);
    command.args(arguments).args(["--endpoint", &sandbox.api_url]);
    command::run(command).await
}
