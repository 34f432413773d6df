//! A tenant's configuration, read strictly: every violation at once, with its path.

use std::collections::BTreeSet;

use changegate_change::id::{AccountId, ActionClass, AgentId, ApproverId, TenantId};
use changegate_change::request::Violation;
use changegate_change::tenant::{
    Account, Agent, AgentSees, Approval, Approver, Issuer, OpenClass, TenantConfig, Webhook,
};
use changegate_egress::target::Target;
use serde_json::Value;
use url::{Host, Url};

use super::deployment::Deployment;
use super::reader::{Place, Reader};

const NAME_MAX: usize = 100;
const EMAIL_MAX: usize = 254;
const URL_MAX: usize = 500;
const SUBJECT_MAX: usize = 255;
const ROLE_MAX: usize = 600;

/// What a configuration is held against.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The tenant that it is applied for.
    pub tenant: &'a TenantId,
    /// Whose roles a tenant cannot name.
    pub deployment: &'a Deployment,
    /// The action classes that recipes have.
    pub classes: &'a BTreeSet<ActionClass>,
    /// Whether endpoints and identity providers may be on this machine, over plain http.
    pub allow_loopback: bool,
}

/// Things with the places where they are; what could not be read is left out.
type Placed<T> = Vec<(Place, T)>;

/// Reads a configuration.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_config(document: &Value, rules: Rules<'_>) -> Result<TenantConfig, Vec<Violation>> {
    let mut reader = Reader::default();
    let config = read(&mut reader, document, rules);
    let violations = reader.into_violations();
    match config {
        Some(config) if violations.is_empty() => Ok(config),
        _ => Err(violations),
    }
}

fn read(reader: &mut Reader, document: &Value, rules: Rules<'_>) -> Option<TenantConfig> {
    const KEYS: [&str; 8] =
        ["tenant", "accounts", "agents", "approvers", "issuers", "classes", "approval", "webhook"];
    let root = Place::root();
    let map = reader.object(document, &root, &KEYS)?;
    let tenant: Option<TenantId> = reader.parsed(map, &root, "tenant");
    if tenant.as_ref().is_some_and(|tenant| tenant != rules.tenant) {
        let message = format!("this is applied for tenant `{}`", rules.tenant);
        reader.wrong(&root.at("tenant"), "reference", message);
    }
    let listed_accounts = reader.list(map, &root, "accounts");
    let listed_approvers = reader.list(map, &root, "approvers");
    for (key, none) in [("accounts", listed_accounts.is_empty()), ("approvers", listed_approvers.is_empty())]
    {
        if none && map.get(key).is_some_and(Value::is_array) {
            reader.wrong(&root.at(key), "empty", "at least one is needed");
        }
    }
    // What refers to approvers cannot be judged while one of them cannot be read.
    let approvers_listed = listed_approvers.len();
    let accounts = each(listed_accounts, |place, value| account(reader, place, value, rules));
    let issuers =
        each(reader.list(map, &root, "issuers"), |place, value| issuer(reader, place, value, rules));
    let approvers = each(listed_approvers, |place, value| approver(reader, place, value));
    let agents = each(reader.list(map, &root, "agents"), |place, value| agent(reader, place, value));
    let classes = each(reader.list(map, &root, "classes"), |place, value| class(reader, place, value, rules));
    let rule = reader.member(map, &root, "approval");
    let approval = rule.and_then(|value| approval(reader, &root.at("approval"), value));
    let hook = map.get("webhook").map(|value| webhook(reader, &root.at("webhook"), value, rules));
    reader.unique("account", accounts.iter().map(|(place, account)| (place.at("id"), account.id.clone())));
    reader.unique("class", classes.iter().map(|(place, class)| (place.at("id"), class.id.clone())));
    check_people(reader, &issuers, &approvers);
    check_keys(reader, &agents);
    if approvers.len() == approvers_listed {
        check_persons(reader, &agents, &approvers);
        if let Some(approval) = &approval {
            check_quorum(reader, &root, approval, &approvers, &agents);
        }
    }
    Some(TenantConfig {
        tenant: tenant?,
        accounts: without_places(accounts),
        agents: without_places(agents),
        approvers: without_places(approvers),
        issuers: without_places(issuers),
        classes: without_places(classes),
        approval: approval?,
        webhook: hook.flatten(),
    })
}

fn each<'v, T>(
    items: Vec<(Place, &'v Value)>,
    mut read: impl FnMut(&Place, &'v Value) -> Option<T>,
) -> Placed<T> {
    items.into_iter().filter_map(|(place, value)| read(&place, value).map(|thing| (place, thing))).collect()
}

fn without_places<T>(placed: Placed<T>) -> Vec<T> {
    placed.into_iter().map(|(_, thing)| thing).collect()
}

fn account(reader: &mut Reader, place: &Place, value: &Value, rules: Rules<'_>) -> Option<Account> {
    let map = reader.object(value, place, &["id", "name", "regions", "reader_role", "executor_role"])?;
    let id: Option<AccountId> = reader.parsed(map, place, "id");
    let name = reader.text(map, place, "name", NAME_MAX);
    let mut regions = BTreeSet::new();
    let listed = reader.list(map, place, "regions");
    if listed.is_empty() && map.get("regions").is_some_and(Value::is_array) {
        reader.wrong(&place.at("regions"), "empty", "at least one region is open");
    }
    for (place, region) in listed {
        match region.as_str().filter(|text| is_region(text)) {
            Some(text) => drop(regions.insert(text.to_owned())),
            None => reader.wrong(&place, "form", "this is a region such as `us-east-1`"),
        }
    }
    let mut role = |key| {
        let arn = reader.text(map, place, key, ROLE_MAX)?;
        check_role(reader, &place.at(key), &arn, id.as_ref(), rules.deployment);
        Some(arn)
    };
    let (reader_role, executor_role) = (role("reader_role"), role("executor_role"));
    if reader_role.is_some() && reader_role == executor_role {
        let message = "the role that executes is another than the one that reads";
        reader.wrong(&place.at("executor_role"), "duplicate", message);
    }
    Some(Account { id: id?, name: name?, regions, reader_role: reader_role?, executor_role: executor_role? })
}

/// `us-east-1`, `us-gov-west-1`, `ap-southeast-2`: letters between hyphens, then one or two digits.
fn is_region(text: &str) -> bool {
    let mut parts: Vec<_> = text.split('-').collect();
    let number = parts.pop().unwrap_or_default();
    let words = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()));
    let digits = (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    words && digits && (2..=3).contains(&parts.len()) && parts.first().is_some_and(|first| first.len() == 2)
}

fn check_role(
    reader: &mut Reader,
    place: &Place,
    arn: &str,
    account: Option<&AccountId>,
    deployment: &Deployment,
) {
    let prefix = format!("arn:{}:iam::", deployment.partition());
    let parts = arn.strip_prefix(&prefix).and_then(|rest| rest.split_once(":role/"));
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"/_+=,.@-".contains(&b);
    let parts =
        parts.filter(|(_, path)| !path.is_empty() && !path.ends_with('/') && path.bytes().all(allowed));
    let Some((owner, path)) = parts.and_then(|(owner, path)| Some((owner.parse::<AccountId>().ok()?, path)))
    else {
        return reader.wrong(
            place,
            "form",
            format!("this is the ARN of a role: `{prefix}<account>:role/<name>`"),
        );
    };
    if account.is_some_and(|account| *account != owner) {
        reader.wrong(place, "reference", format!("the role is in account `{owner}`, not in this one"));
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    if deployment.owns_role(&owner, name) {
        reader.wrong(place, "own_role", format!("`{name}` is a role of Changegate itself"));
    }
}

fn issuer(reader: &mut Reader, place: &Place, value: &Value, rules: Rules<'_>) -> Option<Issuer> {
    let map = reader.object(value, place, &["url", "client_id"])?;
    let url = reader.text(map, place, "url", URL_MAX);
    let client_id = reader.text(map, place, "client_id", NAME_MAX);
    let url = url.filter(|url| check_url(reader, &place.at("url"), url, rules.allow_loopback));
    if url.as_ref().is_some_and(|url| url.contains(['?', '#'])) {
        reader.wrong(&place.at("url"), "url", "an issuer has no query and no fragment");
    }
    Some(Issuer { url: url?, client_id: client_id? })
}

fn check_url(reader: &mut Reader, place: &Place, url: &str, allow_loopback: bool) -> bool {
    let parsed = Target::parse(url, allow_loopback).map_err(|error| error.to_string());
    let refused = match parsed {
        Ok(target) if !target.tls() && !is_loopback(url) => {
            Some("plain http is for this machine only".to_owned())
        }
        Ok(_) => None,
        Err(message) => Some(message),
    };
    if let Some(message) = &refused {
        reader.wrong(place, "url", message);
    }
    refused.is_none()
}

fn is_loopback(url: &str) -> bool {
    match Url::parse(url).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn approver(reader: &mut Reader, place: &Place, value: &Value) -> Option<Approver> {
    let map = reader.object(value, place, &["id", "name", "email", "issuer", "subject"])?;
    let id: Option<ApproverId> = reader.parsed(map, place, "id");
    let name = reader.text(map, place, "name", NAME_MAX);
    let email = reader.text(map, place, "email", EMAIL_MAX);
    let issuer = reader.text(map, place, "issuer", URL_MAX);
    let subject = reader.text(map, place, "subject", SUBJECT_MAX);
    if email.as_deref().is_some_and(|email| !is_email(email)) {
        reader.wrong(&place.at("email"), "form", "this is an e-mail address");
    }
    Some(Approver { id: id?, name: name?, email: email?, issuer: issuer?, subject: subject? })
}

fn is_email(text: &str) -> bool {
    let whole = |part: &str| !part.is_empty() && !part.contains(|c: char| c == '@' || c.is_whitespace());
    text.split_once('@').is_some_and(|(local, domain)| whole(local) && whole(domain))
}

fn agent(reader: &mut Reader, place: &Place, value: &Value) -> Option<Agent> {
    let map = reader.object(value, place, &["id", "key_sha256", "on_behalf_of"])?;
    let id: Option<AgentId> = reader.parsed(map, place, "id");
    let key = reader.text(map, place, "key_sha256", NAME_MAX);
    let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if key.as_ref().is_some_and(|key| key.len() != 64 || !key.bytes().all(hexadecimal)) {
        let message = "this is the SHA-256 of the agent's key: 64 of 0-9 and a-f";
        reader.wrong(&place.at("key_sha256"), "form", message);
    }
    let person = map.get("on_behalf_of").map(|value| reader.parse(value, &place.at("on_behalf_of")));
    Some(Agent { id: id?, key_sha256: key?, on_behalf_of: person.flatten() })
}

fn class(reader: &mut Reader, place: &Place, value: &Value, rules: Rules<'_>) -> Option<OpenClass> {
    let map = reader.object(value, place, &["id", "agent_sees"])?;
    let id: Option<ActionClass> = reader.parsed(map, place, "id");
    if let Some(id) = id.as_ref().filter(|id| !rules.classes.contains(id)) {
        let likeness = |class: &&str| strsim::jaro_winkler(id.as_str(), class);
        let nearest = rules
            .classes
            .iter()
            .map(ActionClass::as_str)
            .max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
        let message = format!("there is no action class `{id}`; `changegate catalog list` names them all");
        reader.wrong_name(&place.at("id"), "reference", message, nearest);
    }
    let sees = reader.member(map, place, "agent_sees")?;
    let agent_sees = serde_json::from_value::<AgentSees>(sees.clone()).ok();
    if agent_sees.is_none() {
        reader.wrong(&place.at("agent_sees"), "form", "this is `full`, `names` or `none`");
    }
    Some(OpenClass { id: id?, agent_sees: agent_sees? })
}

fn approval(reader: &mut Reader, place: &Place, value: &Value) -> Option<Approval> {
    let map = reader.object(value, place, &["required", "approvers"])?;
    let required =
        reader.member(map, place, "required")?.as_u64().and_then(|number| u32::try_from(number).ok());
    if required.is_none_or(|required| required == 0) {
        reader.wrong(&place.at("required"), "quorum", "at least 1 approver must approve");
    }
    let named = map.get("approvers").map(|value| reader.items(value, &place.at("approvers")));
    let approvers = named.map(|items| {
        let ids: Placed<ApproverId> = each(items, |place, value| reader.parse(value, place));
        reader.unique("approver", ids.iter().cloned());
        ids.into_iter().map(|(_, id)| id).collect()
    });
    Some(Approval { required: required?, approvers })
}

fn webhook(reader: &mut Reader, place: &Place, value: &Value, rules: Rules<'_>) -> Option<Webhook> {
    let map = reader.object(value, place, &["url"])?;
    let url = reader.text(map, place, "url", URL_MAX)?;
    check_url(reader, &place.at("url"), &url, rules.allow_loopback).then_some(Webhook { url })
}

fn check_people(reader: &mut Reader, issuers: &Placed<Issuer>, approvers: &Placed<Approver>) {
    reader.unique("issuer", issuers.iter().map(|(place, issuer)| (place.at("url"), issuer.url.clone())));
    reader.unique("approver", approvers.iter().map(|(place, who)| (place.at("id"), who.id.clone())));
    let subjects = approvers.iter().map(|(place, who)| (place.at("subject"), (&who.issuer, &who.subject)));
    reader.unique("person", subjects);
    for (place, approver) in approvers {
        if !issuers.iter().any(|(_, issuer)| issuer.url == approver.issuer) {
            let message = format!("`{}` is not one of `issuers`", approver.issuer);
            reader.wrong(&place.at("issuer"), "reference", message);
        }
    }
}

fn check_keys(reader: &mut Reader, agents: &Placed<Agent>) {
    reader.unique("agent", agents.iter().map(|(place, agent)| (place.at("id"), agent.id.clone())));
    reader.unique(
        "key",
        agents.iter().map(|(place, agent)| (place.at("key_sha256"), agent.key_sha256.clone())),
    );
}

fn check_persons(reader: &mut Reader, agents: &Placed<Agent>, approvers: &Placed<Approver>) {
    for (place, agent) in agents {
        let person = agent.on_behalf_of.as_ref();
        if let Some(id) = person.filter(|id| !approvers.iter().any(|(_, who)| who.id == **id)) {
            reader.wrong(&place.at("on_behalf_of"), "reference", format!("`{id}` is not one of `approvers`"));
        }
    }
}

fn check_quorum(
    reader: &mut Reader,
    root: &Place,
    approval: &Approval,
    approvers: &Placed<Approver>,
    agents: &Placed<Agent>,
) {
    let place = root.at("approval");
    let known: BTreeSet<&ApproverId> = approvers.iter().map(|(_, who)| &who.id).collect();
    let may: BTreeSet<&ApproverId> = match &approval.approvers {
        Some(named) => {
            for id in named.iter().filter(|id| !known.contains(id)) {
                let message = format!("`{id}` is not one of `approvers`");
                reader.wrong(&place.at("approvers"), "reference", message);
            }
            named.iter().filter(|id| known.contains(id)).collect()
        }
        None => known,
    };
    let required = usize::try_from(approval.required).unwrap_or(usize::MAX);
    if may.len() < required {
        let message = format!("{required} must approve and only {} may", may.len());
        return reader.wrong(&place.at("required"), "quorum", message);
    }
    for (place, agent) in agents {
        let Some(person) = agent.on_behalf_of.as_ref().filter(|id| may.contains(id)) else { continue };
        if may.len() <= required {
            let message =
                format!("`{person}` cannot decide this agent's changes, so {required} cannot approve them");
            reader.wrong(&place.at("on_behalf_of"), "quorum", message);
        }
    }
}

#[cfg(test)]
mod tests;
