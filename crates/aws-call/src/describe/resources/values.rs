//! What parameters say about a variable of an ARN template.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// A call whose resources are looked for.
pub(super) struct Call<'a> {
    pub(super) service: &'a str,
    pub(super) operation: &'a str,
    pub(super) parameters: &'a Map<String, Value>,
    /// Members whose ARNs are resources as they stand, so that nothing else is made of them.
    pub(super) used_up: BTreeSet<&'a str>,
}

/// Values of a variable, and the members that gave them.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) values: BTreeSet<String>,
    pub(super) members: BTreeSet<&'a str>,
}

impl<'a> Call<'a> {
    /// The values that the parameters give a variable; none if they give none, or one that a policy would read as a pattern.
    /// `noun` is the word before the variable (`hostedzone` in `hostedzone/${Id}`).
    pub(super) fn values_of(&self, variable: &str, noun: &str) -> Found<'a> {
        let found = self.special(variable).unwrap_or_else(|| self.named_alike(variable, noun));
        let harmless = |value: &String| {
            // A secret's ARN ends with six characters that its name does not tell.
            let fixed = if self.service == "secretsmanager" { value.trim_end_matches('?') } else { value };
            !fixed.is_empty() && !fixed.contains(['*', '?', '$'])
        };
        if found.values.iter().all(harmless) { found } else { Found::default() }
    }

    /// Variables whose names or forms have nothing to do with the parameters'.
    fn special(&self, variable: &str) -> Option<Found<'a>> {
        Some(match (self.service, variable) {
            ("ssm", "ParameterNameWithoutLeadingSlash") => {
                let path = |name: &str| (!is_arn(name)).then(|| name.trim_start_matches('/').to_owned());
                self.first_of(&["Name", "Names", "ResourceId"], path)
            }
            ("ssm", "AutomationDefinitionName") => {
                self.first_of(&["DocumentName"], |name| Some(last_part(name)))
            }
            ("ecs", variable) => return self.special_to_ecs(variable),
            ("s3", "BucketName") => {
                self.first_of(&["Bucket"], |name| (!is_arn(name)).then(|| name.to_owned()))
            }
            ("s3", "ObjectName") => self.first_of(&["Key"], |key| Some(key.to_owned())),
            ("secretsmanager", "SecretId") => {
                let name = |name: &str| (!is_arn(name)).then(|| format!("{name}-??????"));
                self.first_of(&["SecretId", "Name"], name)
            }
            ("sqs", "QueueName") => self.first_of(&["QueueUrl", "QueueName"], |name| Some(last_part(name))),
            ("kms", "KeyId") => {
                let key = |id: &str| (!id.contains("alias/")).then(|| last_part(id));
                self.first_of(&["KeyId", "TargetKeyId"], key)
            }
            ("lambda", "FunctionName") => self.first_of(&["FunctionName", "Resource"], |name| {
                let plain = name.rsplit_once("function:").map_or(name, |(_, plain)| plain);
                plain.split(':').next().map(str::to_owned)
            }),
            ("autoscaling", "GroupFriendlyName") => self
                .first_of(&["AutoScalingGroupName", "AutoScalingGroupNames"], |name| Some(name.to_owned())),
            // The template's ids are other ones than the parameters'.
            ("application-autoscaling", _) | ("autoscaling", "GroupId") => Found::default(),
            ("rds" | "docdb" | "neptune", "DbClusterInstanceName") => {
                self.first_of(&["DBClusterIdentifier"], |name| Some(last_part(name)))
            }
            ("scheduler", "GroupName") => {
                let given = self.first_of(&["GroupName"], |name| Some(name.to_owned()));
                if given.members.is_empty() { default_value("default") } else { given }
            }
            ("wafv2", "Scope") => self.first_of(&["Scope"], |scope| match scope {
                "REGIONAL" => Some("regional".to_owned()),
                "CLOUDFRONT" => Some("global".to_owned()),
                _ => None,
            }),
            ("dynamodb", "TableName") => self.tables(),
            _ => return None,
        })
    }

    fn special_to_ecs(&self, variable: &str) -> Option<Found<'a>> {
        Some(match variable {
            "ClusterName" => {
                let given = self.first_of(&["cluster", "clusterName"], |name| Some(last_part(name)));
                if given.members.is_empty() { default_value("default") } else { given }
            }
            "TaskDefinitionFamilyName" => {
                let family = |name: &str| last_of(name, &['/']).split(':').next().map(str::to_owned);
                self.first_of(&["taskDefinition", "family"], family)
            }
            "TaskDefinitionRevisionNumber" => {
                let revision = |name: &str| {
                    last_of(name, &['/']).split_once(':').map(|(_, revision)| revision.to_owned())
                };
                self.first_of(&["taskDefinition"], revision)
            }
            _ => return None,
        })
    }

    /// What `read` makes of the first member that is given.
    fn first_of(&self, members: &[&str], read: impl Fn(&str) -> Option<String>) -> Found<'a> {
        let given = members.iter().find_map(|member| self.parameters.get_key_value(*member));
        let Some((member, value)) = given else { return Found::default() };
        let values: Option<BTreeSet<_>> = texts(value).into_iter().map(read).collect();
        let values = values.unwrap_or_default();
        if values.is_empty() {
            return Found::default();
        }
        Found { values, members: BTreeSet::from([member.as_str()]) }
    }

    /// The values of members that are named like the variable: apart from case, a plural, and a final `Name`, `Id`,
    /// `Identifier` or `Arn`; where there is none, of those whose name ends like it (`DBSnapshotIdentifier`, `SnapshotName`);
    /// where there is none of these, plain `Name` or `Id` if the operation's name holds the variable's noun.
    fn named_alike(&self, variable: &str, noun: &str) -> Found<'a> {
        let noun: String = noun.chars().filter(char::is_ascii_alphanumeric).collect();
        let generic = stem(variable).is_empty();
        let wanted = if generic { noun.to_ascii_lowercase() } else { stem(variable) };
        let operation = self.operation.to_ascii_lowercase();
        let tests: [&dyn Fn(&str) -> bool; 4] = [
            &|name| name.eq_ignore_ascii_case(variable),
            &|name| !wanted.is_empty() && stem(name) == wanted,
            &|name| wanted.len() > 2 && stem(name).len() > 2 && ends_alike(&stem(name), &wanted),
            &|name| stem(name).is_empty() && wanted.len() > 2 && operation.contains(&wanted),
        ];
        tests.iter().map(|test| self.all(test)).find(|found| !found.values.is_empty()).unwrap_or_default()
    }

    fn all(&self, test: &dyn Fn(&str) -> bool) -> Found<'a> {
        let mut found = Found::default();
        for (name, value) in self.parameters {
            if !test(name) || self.used_up.contains(name.as_str()) {
                continue;
            }
            for text in texts(value).into_iter().filter(|text| !text.is_empty()) {
                let plain = is_arn(text) || (self.service == "route53" && text.starts_with('/'));
                found.values.insert(if plain { last_part(text) } else { text.to_owned() });
                found.members.insert(name);
            }
        }
        found
    }

    /// The tables that a call names at the top, in the items of a transaction, or as the keys of a batch.
    fn tables(&self) -> Found<'a> {
        let mut found = self.first_of(&["TableName"], |name| Some(last_part(name)));
        if let Some((member, Value::Object(batch))) = self.parameters.get_key_value("RequestItems") {
            found.values.extend(batch.keys().map(|name| last_part(name)));
            found.members.insert(member);
        }
        if let Some((member, Value::Array(items))) = self.parameters.get_key_value("TransactItems") {
            let actions = items.iter().filter_map(Value::as_object).flat_map(Map::values);
            found
                .values
                .extend(actions.filter_map(|action| action.get("TableName")?.as_str()).map(last_part));
            found.members.insert(member);
        }
        found
    }
}

fn default_value(value: &str) -> Found<'static> {
    Found { values: BTreeSet::from([value.to_owned()]), members: BTreeSet::new() }
}

/// A text, or the texts of a list.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text.as_str()],
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

fn ends_alike(left: &str, right: &str) -> bool {
    left.ends_with(right) || right.ends_with(left)
}

/// What a name says without what most names end with.
fn stem(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let singular = lower.strip_suffix('s').unwrap_or(&lower);
    ["withpath", "identifier", "name", "arn", "id"].iter().fold(singular.to_owned(), |stem, suffix| {
        stem.strip_suffix(suffix).map_or(stem.clone(), str::to_owned)
    })
}

fn last_part(text: &str) -> String {
    last_of(text, &['/', ':']).to_owned()
}

fn last_of<'t>(text: &'t str, separators: &[char]) -> &'t str {
    text.rsplit(separators).next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn endings_and_plurals_do_not_matter() {
        for name in ["InstanceId", "InstanceIds", "instanceName", "InstanceArn"] {
            assert_eq!(stem(name), "instance");
        }
        assert_eq!(stem("Id"), "");
        assert_eq!(stem("Name"), "");
    }
}
