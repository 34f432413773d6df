//! Changegate's own resources: a step that touches them is refused, approved or not.

use serde_json::Value;

/// What belongs to Changegate.
#[derive(Debug, Clone, Default)]
pub struct Protected {
    /// The prefix of every name in the deployment, with its hyphen (`changegate-`).
    prefix: String,
    /// Ids without that prefix: KMS keys, the HTTP API, role ARNs in tenants' accounts.
    ids: Vec<String>,
}

impl Protected {
    /// What begins with `prefix-`, and these ids.
    pub fn new(prefix: &str, ids: impl IntoIterator<Item = String>) -> Self {
        let ids = ids.into_iter().filter(|id| !id.is_empty()).collect();
        Self { prefix: format!("{prefix}-"), ids }
    }

    /// With more ids: the roles that a tenant gave.
    #[must_use]
    pub fn with(&self, ids: impl IntoIterator<Item = String>) -> Self {
        let mut all = self.clone();
        for id in ids {
            // A role is named by its ARN or by its bare name.
            all.ids.extend(id.rsplit_once('/').map(|(_, name)| name.to_owned()));
            all.ids.push(id);
        }
        all
    }

    /// The first of these ARNs or parameters that names something of Changegate's.
    pub fn touched(&self, arns: &[String], parameters: &Value) -> Option<String> {
        let by_arn = arns.iter().find(|arn| self.names(arn)).cloned();
        by_arn.or_else(|| self.in_value(parameters))
    }

    fn in_value(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(text) => self.names(text).then(|| text.chars().take(120).collect()),
            Value::Array(items) => items.iter().find_map(|item| self.in_value(item)),
            Value::Object(map) => map.iter().find_map(|(key, item)| {
                let named = self.names(key).then(|| key.clone());
                named.or_else(|| self.in_value(item))
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => None,
        }
    }

    /// Whether a text is, or has as a part between separators, a name that begins with the prefix, or an id.
    fn names(&self, text: &str) -> bool {
        let lower = text.to_ascii_lowercase();
        let parts = || lower.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
        let bare = self.prefix.trim_end_matches('-');
        let by_prefix = parts().any(|part| part.starts_with(&self.prefix) || part == bare);
        by_prefix
            || self
                .ids
                .iter()
                .map(|id| id.to_ascii_lowercase())
                .any(|id| lower == id || parts().any(|p| p == id))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn protected() -> Protected {
        Protected::new("changegate", ["1234abcd-12ab-34cd-56ef-1234567890ab".to_owned()])
            .with(["arn:aws:iam::111111111111:role/ops-writer".to_owned()])
    }

    #[test]
    fn names_arns_and_nested_parameters_of_changegate_are_found() {
        let protected = protected();
        for parameters in [
            json!({"TableName": "changegate-changes"}),
            json!({"FunctionName": "arn:aws:lambda:us-east-1:000000000000:function:changegate-apply-step:live"}),
            json!({"StackName": "changegate"}),
            json!({"RoleName": "ops-writer", "PolicyName": "more"}),
            json!({"Keys": [{"KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}]}),
            json!({"KeyId": "arn:aws:kms:us-east-1:0:key/1234ABCD-12ab-34cd-56ef-1234567890ab"}),
            json!({"Tags": {"changegate-x": "y"}}),
        ] {
            assert!(protected.touched(&[], &parameters).is_some(), "{parameters}");
        }
        assert!(protected.touched(&["arn:aws:s3:::changegate-artifacts".into()], &json!({})).is_some());
    }

    #[test]
    fn resources_of_others_are_not() {
        let parameters =
            json!({"Name": "/staging/checkout/pool-size", "Value": "exchangegate-x", "Role": "ops-writer-2"});
        assert_eq!(
            protected().touched(&["arn:aws:ssm:us-east-1:1:parameter/staging/x".into()], &parameters),
            None
        );
    }
}
