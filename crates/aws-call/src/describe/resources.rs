//! What a call touches: ARN templates filled from its parameters.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::{ArnTemplate, Operation};

/// Something that a call touches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Resource {
    /// ARN in the form that policies take; `*` where a part is not known.
    pub arn: String,
    /// Whether a part is not known, so that the ARN may name more than the call touches.
    pub wildcard: bool,
}

/// Where a call goes, for the ARNs of what it touches. `*` stands for a part that is not known.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Partition (`aws`, `aws-cn`).
    pub partition: &'a str,
    /// Account of twelve digits.
    pub account: &'a str,
    /// Region (`eu-west-1`).
    pub region: &'a str,
}

/// The resources of a call: every required type, and the optional ones that its parameters name. `*` alone if the operation
/// applies to no resource or none is named.
pub(crate) fn of_call(
    service: &str,
    operation: &Operation,
    parameters: &Value,
    place: &Place<'_>,
) -> Vec<Resource> {
    let nothing = Map::new();
    let parameters = parameters.as_object().unwrap_or(&nothing);
    if service == "ec2" && matches!(operation.name.as_str(), "CreateTags" | "DeleteTags") {
        return by_id(parameters, place);
    }
    let mut found = BTreeSet::new();
    for template in &operation.arn_templates {
        let filled = Filled::new(service, template, parameters, place);
        if template.required || filled.named {
            found.extend(filled.resources);
        }
    }
    if found.is_empty() {
        found.insert(Resource { arn: "*".to_owned(), wildcard: true });
    }
    found.into_iter().collect()
}

struct Filled {
    resources: Vec<Resource>,
    /// Whether a parameter names the resource.
    named: bool,
}

impl Filled {
    fn new(
        service: &str,
        template: &ArnTemplate,
        parameters: &Map<String, Value>,
        place: &Place<'_>,
    ) -> Self {
        let located = template
            .template
            .replace("${Partition}", place.partition)
            .replace("${Region}", place.region)
            .replace("${Account}", place.account);
        let given = whole_arns(&located, parameters);
        if !given.is_empty() {
            let resources = given.into_iter().map(|arn| Resource { arn, wildcard: false }).collect();
            return Self { resources, named: true };
        }
        let mut arn = String::new();
        let (mut named, mut wildcard) = (false, false);
        let mut rest = located.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            arn.push_str(before);
            let (variable, after) = after.split_once('}').unwrap_or((after, ""));
            match value_of(service, variable, parameters) {
                Some(value) => {
                    named = true;
                    wildcard |= value.contains('*');
                    arn.push_str(&value);
                }
                None => {
                    wildcard = true;
                    arn.push('*');
                }
            }
            rest = after;
        }
        arn.push_str(rest);
        wildcard |= arn.contains('*');
        Self { resources: vec![Resource { arn, wildcard }], named }
    }
}

/// Parameters that are themselves ARNs of the template's type.
fn whole_arns(template: &str, parameters: &Map<String, Value>) -> Vec<String> {
    let texts = parameters.values().flat_map(|value| match value {
        Value::String(text) => vec![text.as_str()],
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    });
    texts.filter(|text| is_of_type(text, template)).map(str::to_owned).collect()
}

/// Whether `arn` has the template's service and the fixed beginning of its resource part, and nothing that a policy would
/// read as a pattern.
fn is_of_type(arn: &str, template: &str) -> bool {
    let parts = |text: &str| -> Option<[String; 6]> {
        text.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>().try_into().ok()
    };
    let (Some([scheme, _, service, _, _, resource]), Some([_, _, wanted, _, _, form])) =
        (parts(arn), parts(template))
    else {
        return false;
    };
    let fixed = form.split("${").next().unwrap_or_default();
    let pieces = |text: &str| text.matches(['/', ':']).count();
    scheme == "arn"
        && service == wanted
        && !arn.contains(['*', '?', '$'])
        && resource.len() > fixed.len()
        && resource.starts_with(fixed)
        && (!fixed.is_empty() || pieces(&resource) == pieces(&form))
}

/// What the parameters say about a variable of an ARN template, with nothing that a policy would read as a pattern.
fn value_of(service: &str, variable: &str, parameters: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| parameters.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let special = match (service, variable) {
        ("ssm", "ParameterNameWithoutLeadingSlash") => text("Name")
            .filter(|name| !name.starts_with("arn:"))
            .map(|name| name.trim_start_matches('/').to_owned()),
        ("ecs", "ClusterName") => Some(text("cluster").map_or_else(|| "default".to_owned(), last_part)),
        ("s3", "BucketName") => text("Bucket").map(str::to_owned),
        ("s3", "ObjectName") => text("Key").map(str::to_owned),
        // A secret's ARN ends with six characters that its name does not tell.
        ("secretsmanager", "SecretId") => text("SecretId")
            .or(text("Name"))
            .filter(|name| !name.starts_with("arn:"))
            .map(|name| format!("{name}-??????")),
        ("sqs", "QueueName") => {
            text("QueueUrl").map(last_part).or_else(|| text("QueueName").map(str::to_owned))
        }
        ("kms", "KeyId") => text("KeyId").filter(|id| !id.starts_with("alias/")).map(last_part),
        ("iam", _) => named_alike(variable, parameters).filter(|name| !name.is_empty()),
        _ => named_alike(variable, parameters),
    };
    let value = special?;
    let pattern = if service == "secretsmanager" { value.trim_end_matches('?') } else { value.as_str() };
    (!pattern.contains(['*', '?', '$'])).then_some(value)
}

/// The value of a parameter that is named like the variable, apart from case and a final `Name`, `Id`, `Identifier`, `Arn`.
fn named_alike(variable: &str, parameters: &Map<String, Value>) -> Option<String> {
    let wanted = stem(variable);
    let texts = || parameters.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
    let exactly = texts().find(|(name, _)| name.eq_ignore_ascii_case(variable));
    let alike = || texts().find(|(name, _)| !wanted.is_empty() && stem(name) == wanted);
    let (_, text) = exactly.or_else(alike)?;
    (!text.is_empty()).then(|| if text.starts_with("arn:") { last_part(text) } else { text.to_owned() })
}

fn stem(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    ["withpath", "identifier", "name", "arn", "id"]
        .iter()
        .fold(lower, |stem, suffix| stem.strip_suffix(suffix).map_or(stem.clone(), str::to_owned))
}

fn last_part(text: &str) -> String {
    text.rsplit(['/', ':']).next().unwrap_or(text).to_owned()
}

/// Resources of EC2 named by their ids, whose prefixes tell their types.
fn by_id(parameters: &Map<String, Value>, place: &Place<'_>) -> Vec<Resource> {
    let ids = parameters.get("Resources").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let Place { partition, account, region } = place;
    let mut found: Vec<Resource> = ids
        .iter()
        .filter_map(Value::as_str)
        .map(|id| {
            let plain = !id.contains(['*', '?', '$']) && !id.is_empty();
            let kind = id.rsplit_once('-').and_then(|(prefix, _)| kind_of_id(prefix)).filter(|_| plain);
            // Images and snapshots belong to no account in ARNs.
            let account = if matches!(kind, Some("image" | "snapshot")) { "" } else { account };
            let id = if plain { id } else { "*" };
            let arn = format!("arn:{partition}:ec2:{region}:{account}:{}/{id}", kind.unwrap_or("*"));
            Resource { arn, wildcard: kind.is_none() }
        })
        .collect();
    if found.is_empty() {
        found.push(Resource { arn: "*".to_owned(), wildcard: true });
    }
    found.sort();
    found.dedup();
    found
}

fn kind_of_id(prefix: &str) -> Option<&'static str> {
    Some(match prefix {
        "acl" => "network-acl",
        "ami" => "image",
        "cgw" => "customer-gateway",
        "dopt" => "dhcp-options",
        "eipalloc" => "elastic-ip",
        "eni" => "network-interface",
        "fl" => "vpc-flow-log",
        "i" => "instance",
        "igw" => "internet-gateway",
        "key" => "key-pair",
        "lt" => "launch-template",
        "nat" => "natgateway",
        "pcx" => "vpc-peering-connection",
        "pl" => "prefix-list",
        "rtb" => "route-table",
        "sg" => "security-group",
        "snap" => "snapshot",
        "subnet" => "subnet",
        "tgw" => "transit-gateway",
        "vgw" => "vpn-gateway",
        "vol" => "volume",
        "vpc" => "vpc",
        "vpce" => "vpc-endpoint",
        "vpn" => "vpn-connection",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PLACE: Place<'static> = Place { partition: "aws", account: "111111111111", region: "eu-west-1" };

    fn filled(service: &str, template: &str, parameters: &Value) -> Resource {
        let template = ArnTemplate { template: template.to_owned(), required: true };
        Filled::new(service, &template, parameters.as_object().unwrap(), &PLACE).resources.remove(0)
    }

    #[test]
    fn a_parameter_name_loses_its_leading_slash() {
        let template =
            "arn:${Partition}:ssm:${Region}:${Account}:parameter/${ParameterNameWithoutLeadingSlash}";
        for name in ["/app/limit", "app/limit"] {
            let resource = filled("ssm", template, &json!({"Name": name}));
            assert_eq!(resource.arn, "arn:aws:ssm:eu-west-1:111111111111:parameter/app/limit");
            assert!(!resource.wildcard);
        }
    }

    #[test]
    fn what_is_not_known_is_a_wildcard() {
        let template = "arn:${Partition}:cloudformation:${Region}:${Account}:stack/${StackName}/${Id}";
        let resource = filled("cloudformation", template, &json!({"StackName": "web"}));
        assert_eq!(resource.arn, "arn:aws:cloudformation:eu-west-1:111111111111:stack/web/*");
        assert!(resource.wildcard);
    }

    #[test]
    fn an_arn_of_the_type_is_taken_as_it_is() {
        let template = "arn:${Partition}:sns:${Region}:${Account}:${TopicName}";
        let arn = "arn:aws:sns:eu-west-1:111111111111:alerts";
        assert_eq!(
            filled("sns", template, &json!({"TopicArn": arn})),
            Resource { arn: arn.into(), wildcard: false }
        );
        let service = "arn:${Partition}:ecs:${Region}:${Account}:service/${ClusterName}/${ServiceName}";
        let cluster = "arn:aws:ecs:eu-west-1:111111111111:cluster/main";
        let resource = filled("ecs", service, &json!({"cluster": cluster, "service": "web"}));
        assert_eq!(resource.arn, "arn:aws:ecs:eu-west-1:111111111111:service/main/web");
    }

    #[test]
    fn a_value_cannot_widen_the_resource() {
        let template = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}";
        let resource = filled("iam", template, &json!({"RoleName": "*"}));
        assert!(resource.wildcard);
        let arn = json!({"TopicArn": "arn:aws:sns:eu-west-1:111111111111:*"});
        assert!(filled("sns", "arn:${Partition}:sns:${Region}:${Account}:${TopicName}", &arn).wildcard);
    }

    #[test]
    fn ec2_ids_tell_their_type() {
        let parameters = json!({"Resources": ["i-0a", "ami-0b", "zzz-1"]});
        let found = by_id(parameters.as_object().unwrap(), &PLACE);
        let arns: Vec<_> = found.iter().map(|resource| (resource.arn.as_str(), resource.wildcard)).collect();
        assert_eq!(
            arns,
            [
                ("arn:aws:ec2:eu-west-1:111111111111:*/zzz-1", true),
                ("arn:aws:ec2:eu-west-1:111111111111:instance/i-0a", false),
                ("arn:aws:ec2:eu-west-1::image/ami-0b", false),
            ]
        );
    }
}
