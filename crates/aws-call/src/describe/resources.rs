//! What a call touches: ARN templates filled from its parameters.

mod ec2_ids;
mod values;

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};
use values::{Call, texts};

use crate::model::Operation;

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
        return ec2_ids::by_id(parameters, place);
    }
    if matches!(service, "apigateway" | "apigatewayv2") {
        return vec![by_path(&operation.uri, parameters, place)];
    }
    let account = queue_owner(service, parameters).unwrap_or(place.account);
    let place = Place { account, ..*place };
    let mut call = Call { service, operation: &operation.name, parameters, used_up: BTreeSet::new() };
    let mut found: BTreeSet<Resource> = copied_object(service, parameters, &place).into_iter().collect();
    let mut open = Vec::new();
    let mut kinds = BTreeSet::new();
    for template in &operation.arn_templates {
        let located = place.located(&template.template);
        let given = whole_arns(&located, &call);
        if given.is_empty() {
            open.push((located, template.required));
        } else {
            kinds.insert(kind(&template.template));
        }
        for (member, arn) in given {
            call.used_up.insert(member);
            found.insert(Resource { arn, wildcard: false });
        }
    }
    // Listeners of one kind of load balancer and of another are alternatives.
    open.retain(|(located, _)| !kinds.contains(kind(located)) && !is_other_bus(service, located, parameters));
    let filled: Vec<_> =
        open.iter().map(|(located, required)| Filled::new(&call, located, *required)).collect();
    for one in &filled {
        if one.required || (one.is_named() && !filled.iter().any(|other| other.says_all_of(one))) {
            found.extend(one.resources.iter().cloned());
        }
    }
    if found.is_empty() {
        found.insert(Resource { arn: "*".to_owned(), wildcard: true });
    }
    found.into_iter().collect()
}

impl Place<'_> {
    fn located(&self, template: &str) -> String {
        template
            .replace("${Partition}", self.partition)
            .replace("${Region}", self.region)
            .replace("${Account}", self.account)
    }
}

/// A template with the values of its variables.
struct Filled<'a> {
    resources: Vec<Resource>,
    required: bool,
    /// Members that gave values.
    members: BTreeSet<&'a str>,
    /// Whether the operation is named after the type, or a member is, rather than after anything (`Name`, `Id`).
    to_the_point: bool,
}

/// Most resources that a template is filled to; beyond that a wildcard stands for them.
const MOST: usize = 100;

impl<'a> Filled<'a> {
    fn new(call: &Call<'a>, located: &str, required: bool) -> Self {
        let mut arns = vec![String::new()];
        let mut members = BTreeSet::new();
        let mut to_the_point = false;
        let mut rest = located;
        while let Some((before, after)) = rest.split_once("${") {
            let (variable, after) = after.split_once('}').unwrap_or((after, ""));
            append(&mut arns, before);
            let noun = noun_before(before);
            let found = call.values_of(variable, noun);
            to_the_point |= found.members.iter().any(|member| !is_generic(member))
                || (!noun.is_empty() && call.operation.to_ascii_lowercase().contains(&noun.replace('-', "")));
            if found.values.is_empty() || found.values.len() * arns.len() > MOST {
                append(&mut arns, "*");
            } else {
                arns = found
                    .values
                    .iter()
                    .flat_map(|value| arns.iter().map(move |arn| format!("{arn}{value}")))
                    .collect();
            }
            members.extend(found.members);
            rest = after;
        }
        append(&mut arns, rest);
        if call.service == "logs" && located.ends_with(":log-group:${LogGroupName}") {
            // Most actions on a log group are held against its ARN with the streams'.
            arns.extend(arns.clone().iter().filter(|arn| !arn.ends_with('*')).map(|arn| format!("{arn}:*")));
        }
        if call.service == "ssm" {
            arns = arns.into_iter().map(of_amazon).collect();
        }
        let resources = arns.into_iter().map(|arn| Resource { wildcard: is_wide(&arn), arn }).collect();
        Self { resources, required, members, to_the_point }
    }

    fn is_named(&self) -> bool {
        !self.members.is_empty() && self.to_the_point
    }

    /// Whether `other` has gaps that this has not, and is named by nothing that does not name this.
    fn says_all_of(&self, other: &Filled<'_>) -> bool {
        let whole = |filled: &Filled<'_>| filled.resources.iter().all(|resource| !resource.wildcard);
        // An automation is held against its document under two names, of which one has a version.
        let other_name =
            other.resources.iter().any(|resource| resource.arn.contains(":automation-definition/"));
        !other_name
            && whole(self)
            && self.is_named()
            && !whole(other)
            && self.members.is_superset(&other.members)
    }
}

/// Whether an ARN names more than one resource. A pattern of six characters stands for the end of a secret's, and `:*` for the
/// streams of a log group.
fn is_wide(arn: &str) -> bool {
    let group = arn.strip_suffix(":*").filter(|group| group.contains(":log-group:"));
    let arn = group.unwrap_or(arn);
    arn.contains('*')
}

fn append(arns: &mut [String], text: &str) {
    for arn in arns {
        arn.push_str(text);
    }
}

/// The ARN of a document of Systems Manager without account, if it is one of Amazon's own. Names that begin like theirs are
/// reserved.
fn of_amazon(arn: String) -> String {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [scheme, partition, service, region, _, resource] = parts.as_slice() else { return arn };
    let kinds = ["document/", "automation-definition/"];
    let name =
        kinds.iter().find_map(|kind| resource.strip_prefix(kind)).unwrap_or_default().to_ascii_lowercase();
    if ["aws", "amazon", "amzn"].iter().any(|reserved| name.starts_with(reserved)) {
        return format!("{scheme}:{partition}:{service}:{region}::{resource}");
    }
    arn
}

/// The word that stands before a variable (`hostedzone` in `…:hostedzone/${Id}`).
fn noun_before(text: &str) -> &str {
    let text = text.trim_end_matches(['/', ':']);
    text.rsplit(['/', ':']).next().unwrap_or(text)
}

fn is_generic(member: &str) -> bool {
    ["name", "id", "arn", "scope", "names", "ids"].iter().any(|generic| member.eq_ignore_ascii_case(generic))
}

/// The resource part of a template up to its first separator (`listener`).
fn kind(template: &str) -> &str {
    let resource = template.splitn(6, ':').nth(5).unwrap_or_default();
    resource.split(['/', ':']).next().unwrap_or_default()
}

/// Whether a template is that of a rule on an event bus of another sort, the default one or one's own, than the call names.
fn is_other_bus(service: &str, template: &str, parameters: &Map<String, Value>) -> bool {
    let bus = parameters.get("EventBusName").and_then(Value::as_str).unwrap_or("default");
    let is_default = bus == "default" || bus.ends_with("/default");
    let own = template.contains(":rule/${EventBusName}/");
    service == "events" && template.contains(":rule/") && own == is_default
}

/// The object that a copy is made of.
fn copied_object(service: &str, parameters: &Map<String, Value>, place: &Place<'_>) -> Option<Resource> {
    let source = parameters.get("CopySource").filter(|_| service == "s3")?.as_str()?;
    let name = source.split("?versionId=").next()?.trim_start_matches('/');
    if name.starts_with("arn:") || name.contains(['*', '?', '$', '%']) {
        return Some(Resource { arn: format!("arn:{}:s3:::*", place.partition), wildcard: true });
    }
    Some(Resource { arn: format!("arn:{}:s3:::{name}", place.partition), wildcard: false })
}

/// API Gateway holds actions, which are HTTP methods, against the paths of its own API.
fn by_path(uri: &str, parameters: &Map<String, Value>, place: &Place<'_>) -> Resource {
    let mut arn = format!("arn:{}:apigateway:{}::", place.partition, place.region);
    let mut rest = uri.split('?').next().unwrap_or(uri);
    while let Some((before, after)) = rest.split_once('{') {
        let (label, after) = after.split_once('}').unwrap_or((after, ""));
        let value = parameters.get(label.trim_end_matches('+')).and_then(Value::as_str);
        let value = value.filter(|value| !value.is_empty() && !value.contains(['*', '?', '$']));
        arn.push_str(before);
        arn.push_str(value.unwrap_or("*"));
        rest = after;
    }
    arn.push_str(rest);
    Resource { wildcard: arn.contains('*'), arn }
}

/// The account that a queue's URL names, which may be another one.
fn queue_owner<'a>(service: &str, parameters: &'a Map<String, Value>) -> Option<&'a str> {
    let url = parameters.get("QueueUrl").filter(|_| service == "sqs")?.as_str()?;
    let account = url.rsplit('/').nth(1)?;
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

/// Members that are themselves ARNs of the template's type, with these ARNs.
fn whole_arns<'a>(template: &str, call: &Call<'a>) -> Vec<(&'a str, String)> {
    let mut found = Vec::new();
    for (member, value) in call.parameters {
        for text in texts(value) {
            // A subscription's ARN is that of its topic with an id at its end.
            let topic =
                text.rsplit_once(':').filter(|_| call.service == "sns" && member == "SubscriptionArn");
            let arn = topic.map_or(text, |(topic, _)| topic);
            if is_of_type(arn, template) {
                found.push((member.as_str(), arn.to_owned()));
            }
        }
    }
    found
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::ArnTemplate;

    const PLACE: Place<'static> = Place { partition: "aws", account: "111111111111", region: "eu-west-1" };

    fn filled(service: &str, template: &str, parameters: &Value) -> Resource {
        all_filled(service, "", template, parameters).remove(0)
    }

    fn all_filled(service: &str, operation: &str, template: &str, parameters: &Value) -> Vec<Resource> {
        let arn_templates = vec![ArnTemplate { template: template.to_owned(), required: true }];
        of_call(
            service,
            &Operation { name: operation.to_owned(), arn_templates, ..Operation::default() },
            parameters,
            &PLACE,
        )
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
}
