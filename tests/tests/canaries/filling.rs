//! Calls and answers with canaries at every secret place.

use aws_call::model::Kind;
use aws_call::{Leaf, Operation};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use changegate_catalog::ReadCall;
use serde_json::{Map, Value, json};

use crate::places::{KEY, at, leads_into, put};
use changegate_tests::canary::{Canaries, holds};

/// States of resources that let recipes go on.
const SETTLED: [&str; 12] = [
    "active",
    "available",
    "enabled",
    "issued",
    "inservice",
    "ready",
    "complete",
    "completed",
    "succeeded",
    "create_complete",
    "running",
    "deployed",
];

/// What members must be for a place to hold a secret, or for a call to go on: of a service or of a recipe, the member and
/// its value; `null` leaves out the member, or all that is in it.
const CASES: [(&str, &str, &str); 18] = [
    ("ssm", "Type", "\"SecureString\""),
    // CloudFormation shows every NoEcho value so.
    ("cloudformation", "ParameterValue", "\"****\""),
    ("cloudformation/CancelUpdateStack", "StackStatus", "\"UPDATE_IN_PROGRESS\""),
    ("cloudformation/ContinueUpdateRollback", "StackStatus", "\"UPDATE_ROLLBACK_FAILED\""),
    ("batch/CancelJob", "status", "\"PENDING\""),
    ("batch", "status", "\"ACTIVE\""),
    ("cognito-idp/AdminDeleteUserAttributes", "UserAttributeNames", "[\"email\"]"),
    ("cognito-idp/AdminDeleteUserAttributes", "Name", "\"email\""),
    ("ecs/RunTask", "status", "\"ACTIVE\""),
    ("codepipeline/PutApprovalResult", "status", "\"InProgress\""),
    ("ec2/ModifyInstanceAttribute", "Name", "\"stopped\""),
    ("codebuild/StopBuild", "buildStatus", "\"IN_PROGRESS\""),
    ("ec2/DeleteLaunchTemplateVersions", "Versions", "[\"1\"]"),
    ("secretsmanager", "DeletedDate", "null"),
    ("events", "ManagedBy", "null"),
    ("events/DeleteRule", "Targets", "null"),
    ("lambda", "Error", "null"),
    ("s3", "SSEAlgorithm", "\"aws:kms\""),
];

/// What calls must have besides: of a recipe, the parameter and its value. A command alone is shown; with other parameters
/// it is sealed.
const BESIDES: [(&str, &str, &str); 2] = [
    ("sns/Subscribe", "ReturnSubscriptionArn", "true"),
    ("ssm/SendCommand", "Parameters", "{\"commands\": [\"ls\"], \"password\": [\"x\"]}"),
];

/// Secrets that are a part of their value: of a service, the member and the value around the canary.
const FORMS: [(&str, &str, &str); 2] = [
    ("sns", "Endpoint", "https://user:CANARY@hooks.example.com/"),
    ("events", "InvocationEndpoint", "https://hooks.example.com/?token=CANARY"),
];

fn case(recipe: &str, path: &str) -> Option<Value> {
    let service = recipe.split('/').next().unwrap_or_default();
    let case = CASES.iter().find(|(of, name, value)| {
        let inside = *value == "null" && path.split('/').any(|segment| segment == *name);
        (*of == recipe || *of == service) && (inside || path.rsplit('/').next() == Some(name))
    });
    case.map(|(_, _, value)| serde_json::from_str(value).unwrap())
}

/// The call with the cases of its recipe.
fn with_cases(recipe: &str, value: &mut Value) {
    for (name, item) in value.as_object_mut().into_iter().flatten() {
        match case(recipe, &format!("/{name}")) {
            Some(case) => *item = case,
            None => with_cases(recipe, item),
        }
    }
    value.as_array_mut().into_iter().flatten().for_each(|item| with_cases(recipe, item));
}

/// A value of this kind that holds a canary; nothing if no value of the kind can.
fn secret(service: &str, leaf: &Leaf<'_>, canaries: &mut Canaries) -> Option<Value> {
    let form = FORMS.iter().find(|(of, name, _)| *of == service && *name == leaf.member);
    match leaf.kind {
        Kind::Text(text) if text.values.is_empty() => {
            let canary = canaries.make();
            let value = form.map_or(canary.clone(), |(_, _, form)| form.replace("CANARY", &canary));
            let width = text.length.min.and_then(|min| usize::try_from(min).ok()).unwrap_or_default();
            Some(format!("{value:x<width$}").into())
        }
        Kind::Blob(_) => Some(BASE64.encode(canaries.make()).into()),
        Kind::Document => Some(canaries.make().into()),
        _ => None,
    }
}

/// A value of this kind that says nothing: of a text with known values the one by which resources are at rest, or the one
/// of this number.
fn plain(leaf: &Leaf<'_>, variant: usize) -> Value {
    match leaf.kind {
        Kind::Text(text) if !text.values.is_empty() => {
            let settled = |value: &&String| SETTLED.contains(&value.to_ascii_lowercase().as_str());
            let quiet = text.values.iter().find(settled).filter(|_| variant == 0);
            quiet.unwrap_or(&text.values[variant % text.values.len()]).clone().into()
        }
        Kind::Text(text) => {
            let width = text.length.min.and_then(|min| usize::try_from(min).ok()).unwrap_or_default();
            format!("{:x<width$}", "text").into()
        }
        Kind::Blob(_) => BASE64.encode("bytes").into(),
        Kind::Boolean => false.into(),
        Kind::Integer { range, .. } | Kind::Float { range, .. } => range.min.unwrap_or(1).max(1).into(),
        Kind::Timestamp(_) => "2026-01-01T00:00:00Z".into(),
        _ => json!({}),
    }
}

/// Makes the calls of one recipe.
pub(crate) struct Calling<'a> {
    pub(crate) recipe: &'a str,
    pub(crate) operation: &'a Operation,
    /// Whether a place may stand open.
    pub(crate) is_open: &'a dyn Fn(&str) -> bool,
    pub(crate) canaries: &'a mut Canaries,
}

impl Calling<'_> {
    /// A call without a canary: the given one, with what the model asks for besides.
    pub(crate) fn base(&self, given: &Value) -> Value {
        let plainly = self.operation.example_input(&mut |leaf| plain(leaf, 0));
        let mut base = repaired(self.operation, given.clone(), &plainly).unwrap_or_else(|| given.clone());
        with_cases(self.recipe, &mut base);
        for (_, name, value) in BESIDES.iter().filter(|(of, _, _)| *of == self.recipe) {
            base[*name] = serde_json::from_str(value).unwrap();
        }
        without_nulls(base)
    }

    /// The call with a canary at a place; none if none fits there.
    pub(crate) fn with(&mut self, base: &Value, place: &str) -> Option<Value> {
        let service = self.operation.service();
        let example = self.operation.example_input(&mut |leaf| {
            let is_secret = leads_into(place, leaf.path) && !(self.is_open)(leaf.path);
            let secret = is_secret.then(|| secret(service, leaf, self.canaries)).flatten();
            secret.or_else(|| case(self.recipe, leaf.path)).unwrap_or_else(|| plain(leaf, 0))
        });
        let example = without_nulls(example);
        let (mut call, before) = (base.clone(), canaries_in(base));
        put(&mut call, &example, place);
        let call = repaired(self.operation, call, &example)?;
        let here = at(&call, place).into_iter().any(holds_secret);
        (here && canaries_in(&call) > before).then_some(call)
    }

    /// Calls that together have a canary at each of these places, as few as fit; and the places at which none can stand.
    pub(crate) fn together(&mut self, base: &Value, places: &[String]) -> (Vec<Value>, Vec<String>) {
        let (mut calls, mut unplaced) = (vec![base.clone()], Vec::new());
        for place in places {
            let filled =
                (0..calls.len()).find_map(|number| Some((number, self.with(&calls[number], place)?)));
            match (filled, self.with(base, place)) {
                (Some((number, call)), _) => calls[number] = call,
                (None, Some(call)) => calls.push(call),
                (None, None) => unplaced.push(place.clone()),
            }
        }
        (calls, unplaced)
    }
}

/// The value without what a case leaves out, and without what had nothing else in it.
fn without_nulls(value: Value) -> Value {
    let emptied = |had: usize, has: usize| had > 0 && has == 0;
    match value {
        Value::Object(map) => {
            let had = map.len();
            let kept = map.into_iter().map(|(name, item)| (name, without_nulls(item)));
            let kept: Map<_, _> = kept.filter(|(_, item)| !item.is_null()).collect();
            if emptied(had, kept.len()) { Value::Null } else { Value::Object(kept) }
        }
        Value::Array(items) => {
            let had = items.len();
            let kept: Vec<_> = items.into_iter().map(without_nulls).filter(|item| !item.is_null()).collect();
            if emptied(had, kept.len()) { Value::Null } else { Value::Array(kept) }
        }
        other => other,
    }
}

/// Whether a canary stands in a value, as text or as bytes.
pub(crate) fn holds_secret(value: &Value) -> bool {
    canaries_in(value) > 0
}

/// How many values have a canary.
fn canaries_in(value: &Value) -> usize {
    let mut count = 0;
    each_text(value, &mut |text| count += usize::from(holds(text)));
    count
}

/// Calls `each` with every text of a value; bytes are told as the text that they are.
pub(crate) fn each_text(value: &Value, each: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => {
            each(text);
            if let Ok(bytes) = BASE64.decode(text) {
                each(&String::from_utf8_lossy(&bytes));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_text(item, each)),
        Value::Object(map) => map.values().for_each(|item| each_text(item, each)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Calls `each` with the path of every text that holds a canary.
pub(crate) fn each_place(value: &Value, path: &str, each: &mut dyn FnMut(&str)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| each_place(item, &format!("{path}/*"), each)),
        Value::Object(map) => {
            map.iter().for_each(|(name, item)| each_place(item, &format!("{path}/{name}"), each));
        }
        Value::String(_) if holds_secret(value) => each(path),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// How often a call is changed until it fits.
const REPAIRS: usize = 200;

/// The call with what the model asks for besides, and without what excludes it.
fn repaired(operation: &Operation, mut call: Value, example: &Value) -> Option<Value> {
    for _ in 0..REPAIRS {
        let violations: Vec<_> =
            operation.validate(&call).into_iter().filter(|violation| !violation.warning).collect();
        let Some(first) = violations.first() else { return Some(call) };
        let pattern = stars(&call, &first.path);
        match first.rule {
            "missing" => {
                let value = at(example, &pattern).first().copied().cloned()?;
                let (parent, name) = first.path.rsplit_once('/')?;
                let holder = call.pointer_mut(parent)?.as_object_mut()?;
                holder.insert(name.replace("~1", "/").replace("~0", "~"), value);
            }
            "union" => {
                let holder = call.pointer_mut(&first.path)?.as_object_mut()?;
                let kept =
                    holder.iter().find(|(_, value)| holds_secret(value)).or_else(|| holder.iter().next());
                let (name, value) = kept.map(|(name, value)| (name.clone(), value.clone()))?;
                *holder = Map::from_iter([(name, value)]);
            }
            "length" => {
                let list = call.pointer_mut(&first.path)?.as_array_mut()?;
                list.push(list.first()?.clone());
            }
            _ => return None,
        }
    }
    None
}

/// A pointer with `*` for the elements of lists, as they stand in an example.
fn stars(value: &Value, pointer: &str) -> String {
    let (mut path, mut here) = (String::new(), Some(value));
    for name in pointer.split('/').skip(1) {
        let is_list = here.is_some_and(Value::is_array);
        path.push('/');
        path.push_str(if is_list { "*" } else { name });
        here = here.and_then(|value| value.pointer(&format!("/{name}")));
    }
    path
}

/// What the answers are made of.
pub(crate) struct Answering<'a> {
    pub(crate) recipe: &'a str,
    pub(crate) canaries: &'a mut Canaries,
    /// Texts of the call by their member, so that an answer is about what was asked for.
    pub(crate) known: Vec<(String, Value)>,
    /// Which of their known values texts have.
    pub(crate) variant: usize,
    /// Paths into the state that lead to entries of maps by their name.
    pub(crate) entries: Vec<String>,
}

impl Answering<'_> {
    /// An answer to a read with a canary at every place that is secret.
    pub(crate) fn answer(
        &mut self,
        operation: &Operation,
        read: &ReadCall,
        is_secret: &dyn Fn(&str) -> bool,
    ) -> Value {
        let mut known = Vec::new();
        texts(&read.parameters, "", &mut known);
        known.extend(self.known.iter().cloned());
        let answer = operation.example_output(&mut |leaf| {
            let case = case(self.recipe, leaf.path);
            let is_secret = case != Some(Value::Null) && is_secret(leaf.path);
            let secret = is_secret.then(|| secret(&read.service, leaf, self.canaries)).flatten();
            secret.or(case).or_else(|| echoed(leaf, &known)).unwrap_or_else(|| plain(leaf, self.variant))
        });
        let mut answer = without_nulls(answer);
        self.name_entries(&mut answer, "");
        answer
    }

    /// Gives maps entries of the names that the recipe or the call looks for.
    fn name_entries(&mut self, value: &mut Value, path: &str) {
        if let Value::Object(map) = value {
            let entry = map.get(KEY).filter(|_| map.len() == 1).cloned();
            for (name, item) in map.iter_mut() {
                self.name_entries(item, &format!("{path}/{name}"));
            }
            let Some(entry) = entry else { return };
            for rule in &self.entries {
                let Some((holder, name)) = rule.rsplit_once('/') else { continue };
                if (!holder.is_empty() && path.ends_with(holder))
                    || (holder.is_empty() && path == "/Attributes")
                {
                    let canary = self.canaries.make();
                    let form = FORMS.iter().find(|(_, own, _)| *own == name);
                    let value = form.map_or(canary.clone(), |(_, _, form)| form.replace("CANARY", &canary));
                    map.insert(name.to_owned(), value.into());
                }
            }
            for (_, name) in self.known.iter().filter(|(name, _)| name.ends_with("keylist")) {
                let value = if holds_secret(&entry) { self.canaries.make().into() } else { entry.clone() };
                map.insert(name.as_str().unwrap_or_default().to_owned(), value);
            }
        } else if let Value::Array(items) = value {
            items.iter_mut().for_each(|item| self.name_entries(item, &format!("{path}/*")));
        }
    }
}

/// What the call says of a member of this name.
fn echoed(leaf: &Leaf<'_>, known: &[(String, Value)]) -> Option<Value> {
    let Kind::Text(text) = leaf.kind else { return None };
    let member = leaf.member.to_ascii_lowercase();
    let same = known.iter().find(|(name, _)| *name == member);
    let named = |(name, _): &&(String, Value)| {
        let ending = ["name", "arn", "id", "identifier"]
            .iter()
            .any(|end| name.ends_with(end) && member.ends_with(end));
        ending && (name.ends_with(&member) || member.ends_with(name.as_str()))
    };
    let found = same.or_else(|| known.iter().find(named)).map(|(_, value)| value.clone());
    found.filter(|value| text.values.is_empty() || text.values.iter().any(|known| *value == **known))
}

/// The texts of a call that hold no canary, by the lower-case name of their member.
pub(crate) fn texts(value: &Value, name: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::String(_) if !holds_secret(value) => found.push((name.to_ascii_lowercase(), value.clone())),
        Value::Array(items) => items.iter().for_each(|item| texts(item, name.trim_end_matches('s'), found)),
        Value::Object(map) => map.iter().for_each(|(name, item)| texts(item, name, found)),
        _ => {}
    }
}
