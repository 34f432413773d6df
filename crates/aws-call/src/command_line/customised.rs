//! Options that awscli itself puts together into parameters.
//!
//! Source: the modules of `awscli/customizations` named at each function, versions 1.45.11 and 1.46.3.

mod compute;
mod locations;
mod messages;
mod nested_members;

use serde_json::{Map, Value, json};

use super::{
    Command, Parameters,
    arguments::{ArgumentTable, Sets, Takes},
    error::{CommandError, CommandFault, bad_value},
};

/// An option with its values.
pub(super) struct Setting<'s, 'a> {
    pub(super) command: &'s Command<'a>,
    /// With the leading hyphens.
    pub(super) option: &'s str,
    pub(super) values: &'s [String],
}

impl Setting<'_, '_> {
    /// The value of an option that takes one.
    fn value(&self) -> &str {
        self.values.first().map(String::as_str).unwrap_or_default()
    }

    fn bad(&self, what: &str) -> CommandError {
        bad_value(self.option, what)
    }
}

/// Sets parameters from one option.
pub(super) type Setter = fn(&Setting<'_, '_>, &mut Parameters) -> Result<(), CommandError>;

const MADE_UP: &str = "awscli makes up a reference for it; give `--distribution-config` with one of your own";
const SIGNED: &str = "awscli signs a link at each call; give `--pre-signed-url` with one";
const INTERACTIVE: &str = "it opens a session";
const TRANSLATED: &str = "awscli translates it from its own form";

/// Changes the options of a command into those that awscli gives it.
pub(super) fn edit(command: &Command<'_>, table: &mut ArgumentTable<'_>) {
    match (command.service, command.name) {
        ("ec2", _) => compute::edit(command, table),
        ("cloudwatch", "put-metric-data") => messages::edit_metric(table),
        ("ses", "send-email") => messages::edit_email(table),
        ("deploy", "get-application-revision" | "register-application-revision" | "create-deployment") => {
            locations::edit(table);
        }
        ("emr", "list-clusters") => {
            for (name, setter) in CLUSTER_STATES {
                table.add(name, Takes::Nothing, Sets::Custom(*setter));
            }
        }
        ("emr", "add-tags") => table.add("tags", Takes::OneOrMore, Sets::Custom(tags)),
        ("rds" | "docdb" | "neptune", _) if has(table, "pre-signed-url") => {
            table.add("source-region", Takes::One, Sets::Refused(SIGNED));
        }
        ("rds", "add-option-to-option-group") => {
            keep_as_options(table, "options-to-include", "options-to-remove")
        }
        ("rds", "remove-option-from-option-group") => {
            keep_as_options(table, "options-to-remove", "options-to-include");
        }
        ("iam", "create-virtual-mfa-device") => ignore(table, &["outfile", "bootstrap-method"]),
        ("iot", "create-keys-and-certificate" | "create-certificate-from-csr") => {
            ignore(table, &["certificate-pem-outfile", "public-key-outfile", "private-key-outfile"]);
        }
        ("cloudfront", "create-invalidation") => {
            table.make_optional("invalidation-batch");
            table.add("paths", Takes::OneOrMore, Sets::Custom(paths));
        }
        ("cloudfront", "create-distribution" | "update-distribution") => {
            table.add("origin-domain-name", Takes::One, Sets::Refused(MADE_UP));
            table.add("default-root-object", Takes::One, Sets::Refused(MADE_UP));
        }
        ("ssm", "start-session") | ("ecs", "execute-command") => {
            for argument in &mut table.arguments {
                argument.sets = Sets::Refused(INTERACTIVE);
            }
        }
        ("datapipeline", "put-pipeline-definition" | "activate-pipeline") => {
            for name in
                ["pipeline-definition", "parameter-objects", "parameter-values-uri", "parameter-values"]
            {
                table.add(name, Takes::OneOrMore, Sets::Refused(TRANSLATED));
            }
        }
        _ => nested_members::edit(command, table),
    }
}

/// Makes what simple options have left the value of the parameter that they stand for.
pub(super) fn join(command: &Command<'_>, parameters: &mut Parameters) -> Result<(), CommandError> {
    let (name, list, simple) = match (command.service, command.name) {
        ("ec2", "run-instances") => {
            ("NetworkInterfaces", "--network-interfaces", "--associate-public-ip-address and the like")
        }
        ("ec2", name) if compute::changes_rules(name) => {
            ("IpPermissions", "--ip-permissions", "--protocol, --port and the like")
        }
        ("cloudwatch", "put-metric-data") => ("MetricData", "--metric-data", "--metric-name"),
        _ => return Ok(()),
    };
    let Some(left) = parameters.remove(&single(name)) else { return Ok(()) };
    match parameters.insert(name.to_owned(), left) {
        None => Ok(()),
        Some(_) => Err(conflict(list, simple)),
    }
}

/// Where simple options leave their values until it is known that the list itself is not given.
fn single(name: &str) -> String {
    format!("{name} (single)")
}

/// Changes the parameters of a call where awscli does.
pub(super) fn finish(command: &Command<'_>, parameters: &mut Parameters) -> Result<(), CommandError> {
    match command.service {
        "ec2" => compute::finish(command, parameters),
        _ => Ok(()),
    }
}

/// `rds.py`: of the two lists of options that an operation takes, a command has one.
fn keep_as_options(table: &mut ArgumentTable<'_>, kept: &str, removed: &str) {
    table.remove(removed);
    table.rename_one(kept, "options");
}

fn has(table: &ArgumentTable<'_>, name: &str) -> bool {
    table.arguments.iter().any(|argument| argument.name == name)
}

/// Options that say where awscli writes the answer.
fn ignore(table: &mut ArgumentTable<'_>, names: &[&str]) {
    for name in names {
        table.add(name, Takes::One, Sets::Nothing);
    }
}

/// The object that a parameter holds, made if there is none.
fn object<'p>(
    parameters: &'p mut Parameters,
    name: &str,
) -> Result<&'p mut Map<String, Value>, CommandError> {
    let value = parameters.entry(name).or_insert_with(|| json!({}));
    value.as_object_mut().ok_or_else(|| bad_value(name, "an object is wanted"))
}

/// The first object of the list that a parameter holds, made if there is none.
fn first_object<'p>(
    parameters: &'p mut Parameters,
    name: &str,
    new: fn() -> Value,
) -> Result<&'p mut Map<String, Value>, CommandError> {
    let value = parameters.entry(name).or_insert_with(|| json!([new()]));
    let first = value.as_array_mut().and_then(|values| values.first_mut()).and_then(Value::as_object_mut);
    first.ok_or_else(|| bad_value(name, "a list of objects is wanted"))
}

fn conflict(left: &str, right: &str) -> CommandError {
    CommandError::new(CommandFault::Conflict, format!("`{left}` and `{right}` cannot be given together"))
}

/// `emr/listclusters.py` and `emr/constants.py`: options that stand for several states.
const CLUSTER_STATES: &[(&str, Setter)] = &[
    ("active", |setting, parameters| {
        states(setting, parameters, &["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"])
    }),
    ("terminated", |setting, parameters| states(setting, parameters, &["TERMINATED"])),
    ("failed", |setting, parameters| states(setting, parameters, &["TERMINATED_WITH_ERRORS"])),
];

fn states(
    setting: &Setting<'_, '_>,
    parameters: &mut Parameters,
    states: &[&str],
) -> Result<(), CommandError> {
    match parameters.insert("ClusterStates".to_owned(), json!(states)) {
        None => Ok(()),
        Some(_) => Err(conflict(setting.option, "--cluster-states")),
    }
}

/// `emr/addtags.py`: tags are `key=value`, or a key alone.
fn tags(setting: &Setting<'_, '_>, parameters: &mut Parameters) -> Result<(), CommandError> {
    let tag = |text: &String| {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        json!({ "Key": key, "Value": value })
    };
    let tags: Value = setting.values.iter().map(tag).collect();
    parameters.insert("Tags".to_owned(), tags);
    Ok(())
}

/// `cloudfront.py`: awscli makes up the reference by which CloudFront knows a repeated call, and calls are fixed beforehand.
fn paths(setting: &Setting<'_, '_>, _: &mut Parameters) -> Result<(), CommandError> {
    let count = setting.values.len();
    let message = format!("`{}` is not taken: awscli makes up a reference for it", setting.option);
    Err(CommandError::new(CommandFault::ClientOption, message).instead(format!(
        "give `--invalidation-batch 'Paths={{Quantity={count},Items=[PATH,…]}},CallerReference=TEXT'` with a text of your own"
    )))
}
