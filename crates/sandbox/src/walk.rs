//! A change from proposal to undo, as those who take part in it see it.

mod proof;
mod show;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use serde_json::json;

use crate::agent::Agent;
use crate::approver::{Approver, Verb};
use crate::description::Sandbox;
use crate::error::{Result, SandboxError};
use crate::receiver::Posts;
use crate::seed::{AGENT, DEMO, PARAMETER};

pub use proof::Proof;

/// The sample proposal, as the gateway hands it to the function.
const SAMPLE: &str = "events/api/propose-parameter.json";
const POLL: Duration = Duration::from_millis(250);
/// How long a change that was decided may take to end.
const SETTLES: Duration = Duration::from_secs(120);
const DELIVERED: Duration = Duration::from_secs(60);
/// The approver of a scripted decision.
const APPROVER: &str = "alice";

/// Proposes the sample change, prints the link, waits for a person to decide, and prints what came of it.
///
/// # Errors
/// Something does not answer or refuses.
pub async fn by_hand(sandbox: &Sandbox, root: &Path) -> Result<()> {
    let agent = sandbox.agent(DEMO, AGENT)?;
    let (id, link) = propose(sandbox, root, &agent).await?;
    println!("\nOpen  {link}");
    let subjects: Vec<&str> = sandbox.tenant(DEMO)?.approvers.values().map(String::as_str).collect();
    println!("and sign in as {}. Nothing else is asked. Ctrl-C stops everything.\n", subjects.join(" or "));
    let change = follow(&agent, &id, None).await?;
    println!("\n{}", show::outcome(&change));
    if status(&change) == "succeeded" {
        println!("{}", show::how_to_undo(sandbox, &id, agent_key(sandbox)?));
        println!("\nThe sandbox keeps running so that this can be tried. Ctrl-C stops everything.");
        std::future::pending::<()>().await;
    }
    Ok(())
}

/// Proposes the sample change, approves it through the pages, undoes it, approves that too, and gathers what is true then.
///
/// # Errors
/// Something does not answer or refuses.
pub async fn by_script(sandbox: &Sandbox, root: &Path) -> Result<Proof> {
    let agent = sandbox.agent(DEMO, AGENT)?;
    let owner_before = parameter(sandbox).await?;
    let (id, link) = propose(sandbox, root, &agent).await?;
    println!("approver {APPROVER} opens {link}");
    let change = approved(sandbox, &agent, &id, &link).await?;
    println!("\n{}", show::outcome(&change));
    let owner_between = parameter(sandbox).await?;
    let undo = agent.undo(&id).await?;
    let undo_id = identifier(&undo)?;
    println!("\n{undo_id} undoes {id}");
    let link = link_of(sandbox, &undo_id).await?;
    let undone = approved(sandbox, &agent, &undo_id, &link).await?;
    println!("\n{}", show::outcome(&undone));
    let owner_after = parameter(sandbox).await?;
    let posts = delivered(sandbox, &[&id, &undo_id]).await?;
    Ok(Proof::gather(&change, &undone, [&owner_before, &owner_between, &owner_after], &posts))
}

/// Proposes the sample change and approves it through the pages; gives its id when it has succeeded and every system knows.
///
/// # Errors
/// Something does not answer or refuses.
pub async fn one_change(sandbox: &Sandbox, root: &Path) -> Result<String> {
    let agent = sandbox.agent(DEMO, AGENT)?;
    let (id, link) = propose(sandbox, root, &agent).await?;
    let change = approved(sandbox, &agent, &id, &link).await?;
    delivered(sandbox, &[&id]).await?;
    match status(&change) {
        "succeeded" => Ok(id),
        other => Err(SandboxError::unexpected("a change that succeeds", other)),
    }
}

/// The sample proposal: the body of the event.
///
/// # Errors
/// The file cannot be read or holds no proposal.
pub fn sample(root: &Path) -> Result<Value> {
    let path = root.join(SAMPLE);
    let text = fs::read(&path).map_err(SandboxError::file(&path))?;
    let unreadable = |error| SandboxError::unexpected(format!("`{SAMPLE}` holds a proposal"), error);
    let event: Value = serde_json::from_slice(&text).map_err(unreadable)?;
    match event.get("body").and_then(Value::as_str) {
        Some(body) => serde_json::from_str(body).map_err(unreadable),
        None => Ok(event),
    }
}

async fn propose(sandbox: &Sandbox, root: &Path, agent: &Agent) -> Result<(String, String)> {
    let change = agent.propose(&sample(root)?, &format!("sample-{}", std::process::id())).await?;
    let id = identifier(&change)?;
    println!("{AGENT} proposes {id}: {}", show::title(&change));
    println!("{}", show::proposal(&change));
    let link = link_of(sandbox, &id).await?;
    Ok((id, link))
}

async fn link_of(sandbox: &Sandbox, change: &str) -> Result<String> {
    let notice = sandbox.notices(DEMO)?.about(change).await?;
    let link = notice.link().map(str::to_owned);
    link.ok_or_else(|| SandboxError::unexpected("the notice has a link", notice.text))
}

async fn approved(sandbox: &Sandbox, agent: &Agent, id: &str, link: &str) -> Result<Value> {
    let subject = sandbox.tenant(DEMO)?.approvers.get(APPROVER).cloned().unwrap_or_default();
    Approver::new(&subject).decide(link, Verb::Approve).await?;
    follow(agent, id, Some(SETTLES)).await
}

/// Watches a change until it ends, saying every new status.
async fn follow(agent: &Agent, id: &str, timeout: Option<Duration>) -> Result<Value> {
    let since = Instant::now();
    let mut last = String::new();
    while timeout.is_none_or(|timeout| since.elapsed() < timeout) {
        let change = agent.change(id).await?;
        let now = status(&change).to_owned();
        if now != last {
            println!("{:>6.1} s  {now}", since.elapsed().as_secs_f32());
            last = now;
        }
        if has_ended(&last) {
            return Ok(change);
        }
        tokio::time::sleep(POLL).await;
    }
    let seconds = timeout.unwrap_or_default().as_secs();
    Err(SandboxError::Timeout { what: format!("the end of {id} (now {last})"), seconds })
}

fn has_ended(status: &str) -> bool {
    !matches!(status, "awaiting_approval" | "approved" | "executing" | "settling" | "compensating")
}

/// Waits until the change-management system knows that both changes succeeded.
async fn delivered(sandbox: &Sandbox, changes: &[&str]) -> Result<Posts> {
    let (receiver, since) = (sandbox.receiver(), Instant::now());
    while since.elapsed() < DELIVERED {
        let posts = receiver.posts().await?;
        if changes.iter().all(|change| posts.of_change(change).kinds().contains(&"succeeded")) {
            return Ok(posts);
        }
        tokio::time::sleep(POLL).await;
    }
    Err(SandboxError::Timeout { what: "delivery of every webhook".to_owned(), seconds: DELIVERED.as_secs() })
}

/// The parameter as its owner reads it, past Changegate.
async fn parameter(sandbox: &Sandbox) -> Result<String> {
    let account = &sandbox.tenant(DEMO)?.account;
    let asked = json!({"Name": PARAMETER.0, "WithDecryption": true});
    let read = sandbox.account(account).call("ssm", "GetParameter", &asked).await?;
    let value = read.pointer("/Parameter/Value").and_then(Value::as_str).map(str::to_owned);
    value.ok_or_else(|| SandboxError::unexpected("the parameter has a value", read))
}

fn agent_key(sandbox: &Sandbox) -> Result<&str> {
    let key = sandbox.tenant(DEMO)?.agents.get(AGENT);
    key.map(crate::agent::AgentKey::reveal).ok_or_else(|| SandboxError::unexpected("a seeded agent", AGENT))
}

fn identifier(change: &Value) -> Result<String> {
    let id = change.get("id").and_then(Value::as_str).map(str::to_owned);
    id.ok_or_else(|| SandboxError::unexpected("a change with an id", change))
}

fn status(change: &Value) -> &str {
    change.get("status").and_then(Value::as_str).unwrap_or("unknown")
}
