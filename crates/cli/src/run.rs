//! From what was asked for to what is printed.

use std::io::Read as _;
use std::path::Path;

use http::Method;
use serde_json::{Value, json};

use crate::agent_key::AgentKey;
use crate::arguments::{
    AgentCommand, Arguments, Command, ListArguments, ProposeArguments, StopArguments, TenantCommand,
    WebhookCommand,
};
use crate::deployment::{Call, Caller, Deployment};
use crate::error::CliError;
use crate::sign::Signature;
use crate::{catalog, print_change, print_tenant};

/// Does what was asked for and gives what is printed.
pub(crate) async fn run(arguments: &Arguments) -> Result<String, CliError> {
    let print: fn(&Value) -> String;
    let answer = match &arguments.command {
        Command::Agent(AgentCommand::NewKey) => return new_key(arguments.json),
        Command::Catalog(command) => return catalog::run(command, arguments.json),
        Command::Tenant(command) => {
            print = tenant_printer(command);
            operator(arguments).await?.ask(&tenant_call(command)?).await?
        }
        Command::Webhook(WebhookCommand::Secret { tenant }) => {
            print = |answer| crate::terminal::text(answer, "/webhook_secret");
            let call = Call::new(Method::GET, &["v1", "tenants", tenant, "webhook-secret"]);
            operator(arguments).await?.ask(&call).await?
        }
        Command::Stop(asked) => {
            print = print_tenant::stopped;
            operator(arguments).await?.ask(&stop_call("stop", asked)).await?
        }
        Command::Start(asked) => {
            print = print_tenant::stopped;
            operator(arguments).await?.ask(&stop_call("start", asked)).await?
        }
        Command::List(asked) => {
            print = print_change::list;
            agent(arguments)?.ask(&list_call(asked)).await?
        }
        command @ (Command::Propose(_)
        | Command::Show { .. }
        | Command::Withdraw { .. }
        | Command::Undo { .. }) => {
            print = print_change::change;
            agent(arguments)?.ask(&change_call(command)?).await?
        }
    };
    Ok(if arguments.json { answer.to_string() } else { print(&answer) })
}

fn new_key(as_json: bool) -> Result<String, CliError> {
    let key = AgentKey::generate()?;
    if as_json {
        return Ok(json!({"key": key.reveal(), "key_sha256": key.sha256()}).to_string());
    }
    Ok(print_tenant::new_key(&key))
}

fn endpoint(arguments: &Arguments) -> Result<&str, CliError> {
    arguments.endpoint.as_deref().filter(|endpoint| !endpoint.is_empty()).ok_or(CliError::NoEndpoint)
}

async fn operator(arguments: &Arguments) -> Result<Deployment, CliError> {
    let endpoint = endpoint(arguments)?;
    Deployment::new(endpoint, Caller::Operator(Signature::of_the_caller().await?))
}

fn agent(arguments: &Arguments) -> Result<Deployment, CliError> {
    let endpoint = endpoint(arguments)?;
    Deployment::new(endpoint, Caller::Agent(AgentKey::from_environment()?))
}

fn tenant_printer(command: &TenantCommand) -> fn(&Value) -> String {
    match command {
        TenantCommand::ExternalId { .. } => |answer| crate::terminal::text(answer, "/external_id"),
        TenantCommand::Apply { .. } => print_tenant::applied,
        TenantCommand::Show { .. } => print_tenant::shown,
    }
}

fn tenant_call(command: &TenantCommand) -> Result<Call, CliError> {
    Ok(match command {
        TenantCommand::ExternalId { tenant } => {
            Call::new(Method::POST, &["v1", "tenants", tenant, "external-id"])
        }
        TenantCommand::Show { tenant } => Call::new(Method::GET, &["v1", "tenants", tenant]),
        TenantCommand::Apply { file } => {
            let config = tenant_file(file)?;
            let name = config.get("tenant").and_then(Value::as_str).map(str::to_owned);
            let missing = || wrong_form(file, "`tenant = \"…\"` is missing");
            let call = Call::new(Method::PUT, &["v1", "tenants", &name.ok_or_else(missing)?]);
            Call { body: Some(config.to_string().into_bytes()), ..call }
        }
    })
}

fn tenant_file(file: &Path) -> Result<Value, CliError> {
    let text = String::from_utf8(contents(file)?).map_err(|error| wrong_form(file, error))?;
    toml::from_str(&text).map_err(|error| wrong_form(file, error))
}

fn stop_call(verb: &str, asked: &StopArguments) -> Call {
    let mut body = json!({ "reason": asked.reason });
    if let (Some(tenant), Some(map)) = (&asked.tenant, body.as_object_mut()) {
        map.insert("tenant".to_owned(), Value::String(tenant.clone()));
    }
    Call { body: Some(body.to_string().into_bytes()), ..Call::new(Method::POST, &["v1", verb]) }
}

fn list_call(asked: &ListArguments) -> Call {
    let limit = asked.limit.map(|limit| limit.to_string());
    let query = [("status", asked.status.clone()), ("limit", limit), ("cursor", asked.cursor.clone())];
    let query = query.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    Call { query, ..Call::new(Method::GET, &["v1", "changes"]) }
}

fn change_call(command: &Command) -> Result<Call, CliError> {
    Ok(match command {
        Command::Propose(asked) => propose_call(asked)?,
        Command::Withdraw { id } => Call::new(Method::POST, &["v1", "changes", id, "withdraw"]),
        Command::Undo { id } => Call::new(Method::POST, &["v1", "changes", id, "undo"]),
        Command::Show { id } => Call::new(Method::GET, &["v1", "changes", id]),
        other @ (Command::Agent(_)
        | Command::Catalog(_)
        | Command::Tenant(_)
        | Command::Webhook(_)
        | Command::Stop(_)
        | Command::Start(_)
        | Command::List(_)) => return Err(CliError::Request(format!("{other:?} is not about one change"))),
    })
}

fn propose_call(asked: &ProposeArguments) -> Result<Call, CliError> {
    // Sent as it is: the deployment refuses what two readers could read differently.
    let body = Some(contents(&asked.file)?);
    if asked.preview {
        return Ok(Call { body, ..Call::new(Method::POST, &["v1", "previews"]) });
    }
    let key = asked.idempotency_key.clone().map_or_else(new_idempotency_key, Ok)?;
    Ok(Call { body, idempotency_key: Some(key), ..Call::new(Method::POST, &["v1", "changes"]) })
}

fn new_idempotency_key() -> Result<String, CliError> {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| CliError::NoRandomness)?;
    Ok(format!("{:032x}", u128::from_be_bytes(random)))
}

fn contents(file: &Path) -> Result<Vec<u8>, CliError> {
    let read = if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(file)
    };
    read.map_err(|source| CliError::File { path: file.to_owned(), source })
}

fn wrong_form(file: &Path, reason: impl ToString) -> CliError {
    CliError::Form { path: file.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn a_tenant_file_becomes_the_json_that_the_deployment_reads() {
        let (_folder, file) = file(
            "tenant.toml",
            "tenant = \"demo\"\n[approval]\nrequired = 1\n[[accounts]]\nid = \"111111111111\"\nregions = [\"us-east-1\"]\n",
        );
        let call = tenant_call(&TenantCommand::Apply { file }).unwrap();
        assert_eq!((call.method, call.path.join("/")), (Method::PUT, "v1/tenants/demo".to_owned()));
        let body: Value = serde_json::from_slice(&call.body.unwrap()).unwrap();
        let expected = json!({"tenant": "demo", "approval": {"required": 1},
            "accounts": [{"id": "111111111111", "regions": ["us-east-1"]}]});
        assert_eq!(body, expected);
    }

    #[test]
    fn a_tenant_file_that_is_no_toml_or_names_no_tenant_is_refused_with_the_place() {
        for (text, part) in [("tenant = ", "line 1"), ("[approval]\nrequired = 1\n", "`tenant")] {
            let (_folder, file) = file("tenant.toml", text);
            let error = tenant_call(&TenantCommand::Apply { file }).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("tenant.toml"), "{error}");
        }
    }

    #[test]
    fn a_proposal_is_sent_byte_for_byte_with_a_key_of_its_own() {
        let text = "{ \"title\":\"x\", \"title\":\"y\" }\n";
        let (_folder, file) = file("proposal.json", text);
        let asked = |key: Option<&str>| ProposeArguments {
            file: file.clone(),
            preview: false,
            idempotency_key: key.map(str::to_owned),
        };
        let (one, other) = (propose_call(&asked(None)).unwrap(), propose_call(&asked(None)).unwrap());
        assert_eq!(one.body.unwrap(), text.as_bytes());
        assert_ne!(one.idempotency_key, other.idempotency_key);
        assert_eq!(propose_call(&asked(Some("mine"))).unwrap().idempotency_key.unwrap(), "mine");
    }

    #[test]
    fn a_stop_without_a_tenant_names_none() {
        let call = stop_call("stop", &StopArguments { tenant: None, reason: "why".into() });
        assert_eq!(call.body.unwrap(), br#"{"reason":"why"}"#);
    }
}
