//! What one change costs: state transitions and invocations, counted by the emulator while the sample change runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::aws::Account;
use crate::description::Sandbox;
use crate::error::{Result, SandboxError};
use crate::ministack::ACCOUNT;
use crate::walk;

/// The functions that one change is for; `configure` and `sweep` run whether or not there is one.
const FUNCTIONS: [&str; 9] = [
    "api",
    "propose",
    "request-approval",
    "review",
    "apply-step",
    "observe",
    "close-change",
    "relay",
    "deliver-webhook",
];
/// Those that act on the change itself: people's pages, agents' polls and webhooks are beside it.
const ACTING: [&str; 5] = ["propose", "request-approval", "apply-step", "observe", "close-change"];
/// The states of one iteration of `Steps` for a call that settles at once. The emulator's history leaves them out.
const STATES_OF_A_STEP: [&str; 4] = ["ApplyStep", "Observe", "Settled?", "Observed"];
/// The last function that an execution calls.
const LAST: &str = "close-change";
const CLOSES: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(250);
const FIGURES: &str = "target/figures/change-cost.json";

/// Runs the sample change and writes what it cost, also as a table.
///
/// # Errors
/// Something does not answer or refuses; the state machine has no such states; the figures cannot be written.
pub async fn measure(sandbox: &Sandbox, root: &Path) -> Result<()> {
    let owner = sandbox.account(ACCOUNT);
    let before = invocations(sandbox, &owner).await?;
    let change = walk::one_change(sandbox, root).await?;
    let after = closed(sandbox, &owner, &before).await?;
    let mut figures = Map::new();
    for (function, count) in &after {
        let count = count.saturating_sub(before.get(function).copied().unwrap_or_default());
        figures.insert(format!("invocations.{function}"), json!(count));
    }
    let acting: u64 = ACTING.iter().filter_map(|f| figures.get(&format!("invocations.{f}"))?.as_u64()).sum();
    figures.insert("invocations_acting_on_the_change".into(), json!(acting));
    figures.insert("state_transitions".into(), json!(transitions(sandbox, &owner, root, &change).await?));
    for (name, value) in &figures {
        println!("{name:<40} {value:>6}");
    }
    figures.insert("command".into(), json!("make bench-change-cost"));
    figures.insert("emulator".into(), json!("ministack 1.5.33"));
    write(root, &Value::Object(figures))
}

/// The invocations when the execution has closed the change: that is its last.
async fn closed(
    sandbox: &Sandbox,
    owner: &Account,
    before: &BTreeMap<&'static str, u64>,
) -> Result<BTreeMap<&'static str, u64>> {
    let since = Instant::now();
    while since.elapsed() < CLOSES {
        let now = invocations(sandbox, owner).await?;
        if now.get(LAST) > before.get(LAST) {
            return Ok(now);
        }
        tokio::time::sleep(POLL).await;
    }
    Err(SandboxError::Timeout { what: "the end of the execution".to_owned(), seconds: CLOSES.as_secs() })
}

async fn invocations(sandbox: &Sandbox, owner: &Account) -> Result<BTreeMap<&'static str, u64>> {
    let mut counts = BTreeMap::new();
    for function in FUNCTIONS {
        let group = format!("/aws/lambda/{}-{function}", sandbox.prefix);
        let mut count = 0;
        let mut asked = json!({"logGroupName": group, "filterPattern": "START"});
        loop {
            let page = owner.call("logs", "FilterLogEvents", &asked).await?;
            let events = page.get("events").and_then(Value::as_array).into_iter().flatten();
            let messages = events.filter_map(|event| event.get("message")?.as_str());
            count += messages.filter(|message| message.starts_with("START RequestId")).count() as u64;
            match (page.get("nextToken"), asked.as_object_mut()) {
                (Some(Value::String(token)), Some(asked)) => {
                    asked.insert("nextToken".into(), json!(token));
                }
                _ => break,
            }
        }
        counts.insert(function, count);
    }
    Ok(counts)
}

async fn transitions(sandbox: &Sandbox, owner: &Account, root: &Path, change: &str) -> Result<usize> {
    let machine = format!("arn:aws:states:{}:{ACCOUNT}:execution:{}-change", sandbox.region, sandbox.prefix);
    let asked = json!({"executionArn": format!("{machine}:{change}-1"), "maxResults": 1000});
    let history = owner.call("stepfunctions", "GetExecutionHistory", &asked).await?;
    let events = history.get("events").and_then(Value::as_array).into_iter().flatten();
    let entered: Vec<_> =
        events.filter_map(|event| event.pointer("/stateEnteredEventDetails/name")?.as_str()).collect();
    println!("states: {} (and in each step: {})", entered.join(", "), STATES_OF_A_STEP.join(", "));
    if entered.iter().any(|state| STATES_OF_A_STEP.contains(state)) {
        return Ok(entered.len());
    }
    Ok(entered.len() + states_of_a_step(root)?)
}

/// How many states a step enters, if the state machine still has them.
fn states_of_a_step(root: &Path) -> Result<usize> {
    let path = root.join("statemachines/change.asl.json");
    let text = fs::read(&path).map_err(SandboxError::file(&path))?;
    let machine: Value = serde_json::from_slice(&text)
        .map_err(|error| SandboxError::unexpected("a state machine in JSON", error))?;
    let states = machine.pointer("/States/Steps/ItemProcessor/States").and_then(Value::as_object);
    match STATES_OF_A_STEP.iter().find(|name| !states.is_some_and(|states| states.contains_key(**name))) {
        None => Ok(STATES_OF_A_STEP.len()),
        Some(gone) => {
            Err(SandboxError::unexpected(format!("the state `{gone}`"), "a state machine without it"))
        }
    }
}

fn write(root: &Path, figures: &Value) -> Result<()> {
    let path = root.join(FIGURES);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(SandboxError::file(folder))?;
    }
    let text = serde_json::to_string_pretty(figures)
        .map_err(|error| SandboxError::unexpected("figures that can be written", error))?;
    fs::write(&path, text + "\n").map_err(SandboxError::file(&path))?;
    println!("written to {FIGURES}");
    Ok(())
}
