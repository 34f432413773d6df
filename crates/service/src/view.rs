//! What an agent sees of a change.

use changegate_change::capture::Capture;
use changegate_change::head::Head;
use changegate_change::id::ChangeId;
use changegate_change::ledger::{Entry, Kind};
use changegate_change::proposal::{SaferCall, Step};
use changegate_change::status::Status;
use changegate_change::step_record::StepRecord;
use changegate_change::tenant::{AgentSees, TenantConfig};
use changegate_change::undo::PlannedCall;
use changegate_store::Store;
use serde_json::{Map, Value, json};

use crate::dossier::Dossier;
use crate::error::ServiceError;

/// The parts of a change that a view is made of.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The record.
    pub head: &'a Head,
    /// The proposal and its captures.
    pub dossier: &'a Dossier,
    /// What happened.
    pub ledger: &'a [Entry],
    /// What came of the steps.
    pub steps: &'a [StepRecord],
    /// The states after, by step.
    pub after: &'a [(u32, Capture)],
}

/// A change of the caller's tenant.
///
/// # Errors
/// `not_found`; what is stored does not verify.
pub async fn show(store: &Store, config: &TenantConfig, change: &ChangeId) -> Result<Value, ServiceError> {
    let tenant = &config.tenant;
    let record = store.record(tenant, change).await?.ok_or_else(ServiceError::not_found)?;
    let dossier = Dossier::load(store, tenant, change, &record.head.dossier).await?;
    let after = after_captures(store, &record.head, &record.steps).await?;
    let shown = Shown {
        head: &record.head,
        dossier: &dossier,
        ledger: &record.ledger,
        steps: &record.steps,
        after: &after,
    };
    change_view(config, &shown)
}

/// The after captures of a change's steps, checked against their digests.
///
/// # Errors
/// A blob that is missing or altered.
pub async fn after_captures(
    store: &Store,
    head: &Head,
    steps: &[StepRecord],
) -> Result<Vec<(u32, Capture)>, ServiceError> {
    let mut captures = Vec::new();
    for step in steps {
        if let Some(after) = &step.after {
            // The canonical text of a capture is its blob: the digest of the capture names it.
            let bytes = store.blob(&head.tenant, &head.change, &after.digest).await?;
            captures.push((step.number, serde_json::from_slice(&bytes)?));
        }
    }
    Ok(captures)
}

/// Changes of the caller's tenant, newest first.
///
/// # Errors
/// The store's errors.
pub async fn list(
    store: &Store,
    config: &TenantConfig,
    status: Option<Status>,
    limit: u16,
    after: Option<&ChangeId>,
) -> Result<(Vec<Value>, Option<ChangeId>), ServiceError> {
    let page = store.list(&config.tenant, status, limit, after).await?;
    Ok((page.heads.iter().map(summary).collect(), page.next))
}

/// A change in a list.
fn summary(head: &Head) -> Value {
    without_nulls(json!({
        "id": head.change, "tenant": head.tenant, "status": head.status, "digest": head.digest, "title": head.title,
        "requester": head.requester, "created_at": head.created_at, "updated_at": head.updated_at,
        "decide_by": head.decide_by, "execute_before": head.execute_before, "incident": head.incident,
        "undoes": head.undoes, "undone_by": head.undone_by,
    }))
}

/// A change as its tenant's agents see it.
///
/// # Errors
/// A capture that does not verify.
pub fn change_view(config: &TenantConfig, shown: &Shown<'_>) -> Result<Value, ServiceError> {
    let (head, proposal) = (shown.head, &shown.dossier.signed.proposal);
    let mut steps = Vec::with_capacity(proposal.steps.len());
    for (number, step) in (0_u32..).zip(&proposal.steps) {
        steps.push(step_view(config, shown, number, step)?);
    }
    Ok(without_nulls(json!({
        "id": head.change,
        "tenant": head.tenant,
        "status": head.status,
        "why": head.why,
        "digest": head.digest,
        "title": proposal.title,
        "reason": proposal.reason,
        "incident": proposal.incident,
        "requester": proposal.requester,
        "on_behalf_of": proposal.on_behalf_of,
        "verdict": proposal.verdict,
        "steps": steps,
        "approval": {
            "required": proposal.rule.required,
            "approvers": proposal.rule.approvers,
            "decisions": decisions(shown.ledger),
        },
        "created_at": head.created_at,
        "updated_at": head.updated_at,
        "decide_by": head.decide_by,
        "not_before": proposal.not_before,
        "execute_before": head.execute_before.or(proposal.execute_before),
        "undoes": head.undoes,
        "undone_by": head.undone_by,
    })))
}

fn step_view(
    config: &TenantConfig,
    shown: &Shown<'_>,
    number: u32,
    step: &Step,
) -> Result<Value, ServiceError> {
    let sees = config.open_class(&step.action_class).map_or(AgentSees::None, |class| class.agent_sees);
    let sees = sees.max(step.agent_may_see);
    let before = shown.dossier.before(step)?;
    let after = shown.after.iter().find(|(of, _)| *of == number).map(|(_, capture)| capture);
    let done = shown.steps.iter().find(|done| done.number == number);
    let diff = done.and_then(|done| done.diff.as_ref()).unwrap_or(&step.diff);
    let attempt = done.and_then(|done| done.attempt.as_ref()).map(|attempt| {
        json!({
            "id": attempt.attempt, "outcome": attempt.outcome, "request_id": attempt.request_id,
            "code": attempt.code, "message": attempt.message, "ended_at": attempt.ended_at,
        })
    });
    Ok(without_nulls(json!({
        "call": {
            "account": step.account, "account_name": step.account_name, "region": step.region,
            "service": step.service, "operation": step.operation, "parameters": step.parameters,
        },
        "access": step.access,
        "action_class": step.action_class,
        "recipe": step.recipe.id,
        "best_effort": step.recipe.best_effort,
        "before": state_view(sees, before)?,
        "diff": diff_view(sees, diff),
        "undo": undo_view(sees, step),
        "risks": step.risks,
        "safer": step.safer.iter().map(|safer| safer_view(sees, safer)).collect::<Vec<_>>(),
        "wider": step.wider,
        "settle": step.settle,
        "settled": done.map(|done| done.settled),
        "attempt": attempt,
        "after": after.map(|after| state_view(sees, after)).transpose()?,
    })))
}

fn state_view(sees: AgentSees, capture: &Capture) -> Result<Value, ServiceError> {
    let digest = capture.digest()?;
    Ok(match sees {
        AgentSees::Full => {
            json!({"present": capture.present, "state": capture.state, "truncated": capture.truncated, "digest": digest})
        }
        AgentSees::Names | AgentSees::None => json!({"digest": digest}),
    })
}

fn diff_view(sees: AgentSees, diff: &Value) -> Value {
    match sees {
        AgentSees::Full => diff.clone(),
        AgentSees::Names => {
            let lines = diff.as_array().into_iter().flatten();
            lines.map(|line| json!({"path": line.get("path"), "change": line.get("change")})).collect()
        }
        AgentSees::None => json!([]),
    }
}

fn undo_view(sees: AgentSees, step: &Step) -> Value {
    let calls: Vec<_> = step.undo.calls.iter().map(|call| planned_view(sees, call)).collect();
    json!({
        "class": step.undo.class, "planned_by": step.undo.planned_by, "calls": calls, "caveats": step.undo.caveats,
    })
}

fn safer_view(sees: AgentSees, safer: &SaferCall) -> Value {
    json!({"says": safer.says, "call": planned_view(sees, &safer.call)})
}

/// The parameters of a planned call are made of the state before: they are shown as far as that is.
fn planned_view(sees: AgentSees, call: &PlannedCall) -> Value {
    match sees {
        AgentSees::Full => json!(call),
        AgentSees::Names | AgentSees::None => json!({"service": call.service, "operation": call.operation}),
    }
}

fn decisions(ledger: &[Entry]) -> Vec<Value> {
    ledger
        .iter()
        .filter(|entry| matches!(entry.kind, Kind::Decided | Kind::Approved | Kind::Rejected))
        .map(|entry| {
            json!({
                "approver": entry.data.get("approver"), "verb": entry.data.get("verb"),
                "note": entry.data.get("note"), "decided_at": entry.at,
            })
        })
        .collect()
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept: Map<_, _> = map.into_iter().filter(|(_, item)| !item.is_null()).collect();
            Value::Object(kept)
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// What an agent sees of the value before, where the recipe and the tenant allow this much.
    fn value_before(recipe: AgentSees, tenant: AgentSees) -> Option<Value> {
        let mut proposal = sample::proposal();
        proposal.steps[0].agent_may_see = recipe;
        let dossier = sample::dossier_of(proposal);
        let record = sample::record_of(&dossier, Status::AwaitingApproval);
        let mut config = sample::config();
        config.classes[0].agent_sees = tenant;
        let shown = Shown {
            head: &record.head,
            dossier: &dossier,
            ledger: &record.ledger,
            steps: &record.steps,
            after: &[],
        };
        let view = change_view(&config, &shown).unwrap();
        view.pointer("/steps/0/before/state/Value").cloned()
    }

    #[test]
    fn an_agent_sees_no_more_than_recipe_and_tenant_allow() {
        use AgentSees::{Full, Names, None as Nothing};
        assert_eq!(value_before(Full, Full), Some(json!("20")));
        for (recipe, tenant) in [(Names, Full), (Nothing, Full), (Full, Names), (Full, Nothing)] {
            assert_eq!(value_before(recipe, tenant), None, "{recipe:?} {tenant:?}");
        }
    }
}
