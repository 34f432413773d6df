//! The design's table "who may do what", held against the roles.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::template::{Template, short, texts};

/// What one role is allowed and denied, by the policies in it and those attached to it.
pub struct Role {
    statements: Vec<Value>,
}

/// The roles of the deployment, by their names without the prefix.
pub fn roles(template: &Template) -> BTreeMap<String, Role> {
    let attached = template.resources("AWS::IAM::Policy");
    let statements = |document: &Value| document["Statement"].as_array().unwrap().clone();
    let of = |id: &str, role: &Value| {
        let inline = role["Policies"].as_array().unwrap().iter();
        let mut all: Vec<Value> = inline.flat_map(|policy| statements(&policy["PolicyDocument"])).collect();
        for policy in
            attached.values().filter(|policy| texts(&policy["Roles"]).contains(&format!("${{{id}}}")))
        {
            all.extend(statements(&policy["PolicyDocument"]));
        }
        Role { statements: all }
    };
    let roles = template.resources("AWS::IAM::Role");
    roles.iter().map(|(id, role)| (short(&role["RoleName"]), of(id, role))).collect()
}

/// Whether a pattern with `*` covers a text.
fn covers(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    let mut parts = pattern.split('*');
    let Some(left) = parts.next().and_then(|first| rest.strip_prefix(first)) else { return false };
    rest = left;
    let mut last = None;
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
        last = Some(part);
    }
    last.map_or(rest.is_empty(), |last| rest.is_empty() || last.is_empty() || text.ends_with(last))
}

impl Role {
    fn applies(&self, effect: &str, action: &str, resource: &str) -> bool {
        self.statements.iter().filter(|statement| statement["Effect"] == effect).any(|statement| {
            let action = texts(&statement["Action"]).iter().any(|pattern| covers(pattern, action));
            let named = |list: &Value| texts(list).iter().any(|pattern| covers(pattern, resource));
            let resource = match &statement["NotResource"] {
                Value::Null => named(&statement["Resource"]),
                excluded => !named(excluded),
            };
            action && resource
        })
    }

    /// Whether an action on a resource is denied in words, not only left out.
    pub fn denies(&self, action: &str, resource: &str) -> bool {
        self.applies("Deny", action, resource)
    }

    /// Whether an action on a resource may be done.
    pub fn allows(&self, action: &str, resource: &str) -> bool {
        self.applies("Allow", action, resource) && !self.denies(action, resource)
    }

    fn allowed_actions(&self) -> BTreeSet<String> {
        let allowed = self.statements.iter().filter(|statement| statement["Effect"] == "Allow");
        allowed.flat_map(|statement| texts(&statement["Action"])).collect()
    }
}

const CHANGES: &str = "${ChangesTable.Arn}";
const APPROVALS: &str = "${ApprovalsTable.Arn}";
const CONFIG: &str = "${ConfigTable.Arn}";
const READER: &str = "arn:${AWS::Partition}:iam::*:role/${ReaderRoleName}";
const EXECUTOR: &str = "arn:${AWS::Partition}:iam::*:role/${ExecutorRoleName}";
const STRANGER: &str = "arn:aws:iam::222222222222:role/Admin";
const STATE_MACHINE: &str =
    "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${Prefix}-change";
const TOPIC: &str = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:${Prefix}-approvals-demo";
const QUEUE: &str = "${WebhookQueue.Arn}";

fn function(name: &str) -> String {
    format!("arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:${{Prefix}}-{name}")
}

/// The roles that may do something, sorted.
fn who<'a>(roles: &'a BTreeMap<String, Role>, action: &str, resource: &str) -> Vec<&'a str> {
    roles.iter().filter(|(_, role)| role.allows(action, resource)).map(|(name, _)| name.as_str()).collect()
}

#[test]
fn only_the_roles_of_the_design_reach_into_tenant_accounts() {
    let roles = roles(&Template::deployment());
    for action in ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] {
        assert_eq!(who(&roles, action, READER), ["apply-step", "observe", "propose"], "{action}");
        assert_eq!(who(&roles, action, EXECUTOR), ["apply-step"], "{action}");
        assert!(who(&roles, action, STRANGER).is_empty(), "{action}");
    }
}

#[test]
fn the_callback_and_the_start_of_executions_belong_to_few() {
    let roles = roles(&Template::deployment());
    assert_eq!(who(&roles, "states:SendTaskSuccess", "*"), ["review", "sweep"]);
    assert_eq!(who(&roles, "states:StartExecution", STATE_MACHINE), ["propose", "sweep"]);
    assert_eq!(who(&roles, "states:StopExecution", "*"), [""; 0]);
    assert_eq!(who(&roles, "sns:Publish", TOPIC), ["request-approval"]);
    assert_eq!(who(&roles, "sns:Subscribe", TOPIC), ["configure"]);
    assert_eq!(who(&roles, "sqs:SendMessage", QUEUE), ["relay"]);
    assert_eq!(who(&roles, "sqs:ReceiveMessage", QUEUE), ["deliver-webhook"]);
}

#[test]
fn functions_invoke_each_other_only_where_the_design_has_an_arrow() {
    let roles = roles(&Template::deployment());
    let expected = BTreeMap::from([
        ("propose", vec!["api"]),
        ("relay", vec!["sweep"]),
        ("observe", vec!["configure"]),
        ("apply-step", vec!["configure"]),
    ]);
    for name in Template::deployment().functions().keys() {
        let callers = expected.get(name.as_str()).cloned().unwrap_or_default();
        assert_eq!(who(&roles, "lambda:InvokeFunction", &function(name)), callers, "{name}");
    }
}

#[test]
fn tables_are_written_by_the_functions_that_the_design_names() {
    let roles = roles(&Template::deployment());
    let writers = ["apply-step", "close-change", "observe", "propose", "review", "sweep"];
    for action in ["dynamodb:PutItem", "dynamodb:UpdateItem"] {
        assert_eq!(who(&roles, action, CHANGES), writers, "{action}");
        assert_eq!(who(&roles, action, APPROVALS), ["request-approval", "review"], "{action}");
        assert_eq!(who(&roles, action, CONFIG), ["configure"], "{action}");
    }
    assert_eq!(who(&roles, "dynamodb:DeleteItem", CHANGES), ["relay"]);
    assert_eq!(who(&roles, "dynamodb:DeleteItem", APPROVALS), ["review"]);
    assert_eq!(who(&roles, "dynamodb:DeleteItem", CONFIG), ["configure"]);
    for table in [CHANGES, APPROVALS, CONFIG] {
        for action in
            ["dynamodb:BatchWriteItem", "dynamodb:PartiQLUpdate", "dynamodb:Scan", "dynamodb:DeleteTable"]
        {
            assert_eq!(who(&roles, action, table), [""; 0], "{action} {table}");
        }
    }
}

#[test]
fn decisions_and_tokens_are_read_by_the_functions_that_need_them() {
    let roles = roles(&Template::deployment());
    for action in ["dynamodb:GetItem", "dynamodb:Query"] {
        let readers = ["apply-step", "request-approval", "review", "sweep"];
        assert_eq!(who(&roles, action, APPROVALS), readers, "{action}");
    }
}

/// What must never be possible by adding a policy to a role: everything that the role is not meant to do is denied in words.
#[test]
fn what_a_function_may_not_do_is_denied_and_not_only_left_out() {
    let template = Template::deployment();
    let roles = roles(&template);
    let guarded = [
        ("sts:AssumeRole", READER),
        ("sts:AssumeRole", EXECUTOR),
        ("sts:AssumeRole", STRANGER),
        ("states:SendTaskSuccess", "*"),
        ("states:SendTaskFailure", "*"),
        ("dynamodb:PutItem", APPROVALS),
        ("dynamodb:PutItem", CONFIG),
        ("dynamodb:DeleteItem", CONFIG),
    ];
    for name in template.functions().keys() {
        let role = &roles[name];
        for (action, resource) in guarded {
            let meant = role.allows(action, resource);
            let exempt = [("sweep", "states:SendTaskFailure"), ("review", "states:SendTaskFailure")];
            let known = meant || exempt.contains(&(name.as_str(), action));
            assert!(known || role.denies(action, resource), "{name} is denied {action} on {resource}");
        }
    }
    for name in ["api", "propose", "observe", "close-change", "relay", "deliver-webhook", "configure"] {
        assert!(roles[name].denies("dynamodb:GetItem", APPROVALS), "{name} cannot read approvals");
        assert!(roles[name].denies("dynamodb:Query", &format!("{}/index/any", APPROVALS)), "{name}");
    }
}

/// The owner of a stolen `api` function can read changes and ask `propose`; the list is written out so that it cannot grow
/// unseen.
#[test]
fn the_function_that_agents_reach_may_do_no_more_than_this() {
    let api = &roles(&Template::deployment())["api"];
    let expected = [
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "lambda:InvokeFunction",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ];
    assert_eq!(api.allowed_actions().iter().map(String::as_str).collect::<Vec<_>>(), expected);
    for (action, resource) in
        [("kms:Sign", "any key"), ("dynamodb:PutItem", CHANGES), ("states:StartExecution", "*")]
    {
        assert!(api.denies(action, resource), "{action}");
    }
}

#[test]
fn no_role_has_a_wildcard_action_or_a_right_over_everything_that_can_be_named() {
    // What AWS has no resource type for: the services' own tables of actions say so.
    let nameless = [
        "dynamodb:ListStreams",
        "sns:GetSubscriptionAttributes",
        "sns:SetSubscriptionAttributes",
        "sns:Unsubscribe",
        "states:SendTaskFailure",
        "states:SendTaskSuccess",
    ];
    let template = Template::deployment();
    for (name, role) in roles(&template) {
        for statement in role.statements.iter().filter(|statement| statement["Effect"] == "Allow") {
            let actions = texts(&statement["Action"]);
            assert!(actions.iter().all(|action| !action.contains('*')), "{name}: {actions:?}");
            let delivers_logs =
                actions.iter().all(|action| action.starts_with("logs:") || action.starts_with("xray:"));
            let everything = texts(&statement["Resource"]).contains("*");
            let known = actions.iter().all(|action| nameless.contains(&action.as_str()));
            assert!(!everything || known || (name == "change" && delivers_logs), "{name}: {actions:?}");
        }
    }
}

#[test]
fn the_state_machine_invokes_its_four_functions_and_reads_heads() {
    let template = Template::deployment();
    let roles = roles(&template);
    let change = &roles["change"];
    for (id, function) in template.resources("AWS::Lambda::Function") {
        let task = ["request-approval", "apply-step", "observe", "close-change"]
            .contains(&short(&function["FunctionName"]).as_str());
        assert_eq!(change.allows("lambda:InvokeFunction", &format!("${{{id}.Arn}}")), task, "{id}");
    }
    let read = change.statements.iter().find(|statement| statement["Sid"] == "ReadHead").unwrap();
    assert_eq!(texts(&read["Action"]).into_iter().collect::<Vec<_>>(), ["dynamodb:GetItem"]);
    let leading = &read["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
    assert_eq!(texts(leading).into_iter().collect::<Vec<_>>(), ["T#*#C#*"]);
}

#[test]
fn patterns_cover_as_iam_does() {
    for (pattern, text, expected) in [
        ("sts:AssumeRole*", "sts:AssumeRoleWithSAML", true),
        ("sts:AssumeRole", "sts:AssumeRoleWithSAML", false),
        ("*", "", true),
        ("a*c", "abc", true),
        ("a*c", "abd", false),
        ("dynamodb:*", "dynamodb:GetItem", true),
    ] {
        assert_eq!(covers(pattern, text), expected, "{pattern} {text}");
    }
}
