//! Parameters put together from the options given, those for paging among them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    Command, Parameters,
    arguments::{Argument, ArgumentTable, Sets},
    customised::{self, Setting},
    error::{CommandError, CommandFault},
    local_file,
    names::hyphenated,
    names_file,
    options::Given,
    values,
};
use crate::{
    model::{Kind, Paginator},
    schemas::ROOT,
};

/// Parameters of the call that the options given stand for. Options that are no part of it are added to `ignored`.
pub(super) fn put_together(
    command: &Command<'_>,
    table: &ArgumentTable<'_>,
    given: Given,
    paginate: bool,
    ignored: &mut Vec<String>,
) -> Result<Parameters, CommandError> {
    let follow = paginate && !given_by_hand(command, table, &given);
    let mut setter = Assembly { command, parameters: Parameters::new(), input: None, ignored };
    for (position, values) in given {
        let Some(argument) = table.arguments.get(position) else { continue };
        let argument = match argument.sets {
            Sets::StartingToken | Sets::PageSize(_) | Sets::MaxItems if !follow => shadowed(table, argument)?,
            _ => argument,
        };
        setter.set(argument, &values)?;
    }
    let Assembly { mut parameters, input, .. } = setter;
    customised::join(command, &mut parameters)?;
    for (name, value) in input.unwrap_or_default() {
        // Options come before what is given for all at once.
        parameters.entry(name).or_insert(value);
    }
    if follow {
        large_pages(command, &mut parameters);
    }
    customised::finish(command, &mut parameters)?;
    Ok(parameters)
}

/// Whether a page is asked for by its own parameters, so that no further pages follow.
fn given_by_hand(command: &Command<'_>, table: &ArgumentTable<'_>, given: &Given) -> bool {
    let Some(paginator) = &command.operation.model().paginator else { return false };
    let by_hand: Vec<String> =
        paginator.input_tokens.iter().chain(&paginator.limit_key).map(|name| hyphenated(name)).collect();
    given.keys().filter_map(|position| table.arguments.get(*position)).any(|argument| {
        let first_stream = command.service == "kinesis"
            && command.name == "list-streams"
            && argument.name == "exclusive-start-stream-name";
        first_stream
            || (by_hand.contains(&argument.name)
                && !matches!(argument.name.as_str(), "start-token" | "max-items"))
    })
}

fn shadowed<'t, 'a>(
    table: &'t ArgumentTable<'a>,
    argument: &Argument<'a>,
) -> Result<&'t Argument<'a>, CommandError> {
    table.shadowed.iter().find(|shadowed| shadowed.name == argument.name).ok_or_else(|| {
        let message =
            format!("`--{}` follows pages, and another option forbids to follow them", argument.name);
        CommandError::new(CommandFault::Conflict, message)
    })
}

struct Assembly<'c, 'a> {
    command: &'c Command<'a>,
    parameters: Parameters,
    input: Option<Parameters>,
    ignored: &'c mut Vec<String>,
}

impl Assembly<'_, '_> {
    fn set(&mut self, argument: &Argument<'_>, given: &[String]) -> Result<(), CommandError> {
        let option = format!("--{}", argument.name);
        let first = given.first().map(String::as_str).unwrap_or_default();
        match argument.sets {
            Sets::Member(schema) => {
                let value = values::of_member(self.command, &option, schema, given)?;
                self.parameters.insert(schema.member.name.clone(), value);
            }
            Sets::Flag(schema, value) => {
                self.parameters.insert(schema.member.name.clone(), Value::from(value));
            }
            Sets::Wrapped(schema, value) => {
                let value = match given.first() {
                    None => json!({ "Value": value }),
                    Some(_) => values::of_member(self.command, &option, schema, given)?,
                };
                self.parameters.insert(schema.member.name.clone(), value);
            }
            Sets::PageSize(limit) => {
                let value = self.page_size(&option, limit, first)?;
                self.parameters.insert(limit.to_owned(), value);
            }
            Sets::StartingToken => self.starting_token(first),
            Sets::MaxItems => {
                let limit =
                    self.command.operation.model().paginator.as_ref().and_then(|p| p.limit_key.as_deref());
                self.page_size(&option, limit.unwrap_or_default(), first)?;
                self.ignored.push(option);
            }
            Sets::Input => self.input = Some(input(&option, first)?),
            Sets::Custom(setter) => {
                let setting = Setting { command: self.command, option: &option, values: given };
                setter(&setting, &mut self.parameters)?;
            }
            Sets::Nothing | Sets::Refused(_) => self.ignored.push(option),
        }
        Ok(())
    }

    /// The number of items of a page, as text where the member is text.
    fn page_size(&self, option: &str, limit: &str, text: &str) -> Result<Value, CommandError> {
        let graph = self.command.graph;
        let is_text = graph
            .and_then(|graph| graph.node(ROOT))
            .and_then(|root| root.members.iter().find(|member| member.member.name == limit))
            .and_then(|member| graph?.node(member.node))
            .is_some_and(|node| matches!(node.shape.kind, Kind::Text(_)));
        if is_text { Ok(Value::from(text)) } else { Ok(Value::from(values::integer(option, text)?)) }
    }

    /// A token as awscli prints it: base64 of a JSON object by parameter; otherwise the service's own.
    fn starting_token(&mut self, text: &str) {
        let Some(Paginator { input_tokens, .. }) = &self.command.operation.model().paginator else { return };
        let decoded =
            STANDARD.decode(text).ok().and_then(|bytes| serde_json::from_slice::<Parameters>(&bytes).ok());
        if let Some(decoded) = decoded {
            // It may also say how much of the page has been shown, which is no part of the call.
            let known =
                decoded.into_iter().filter(|(name, value)| input_tokens.contains(name) && !value.is_null());
            self.parameters.extend(known);
            return;
        }
        let parts: Vec<&str> = text.split("___").collect();
        let parts = if parts.len() <= input_tokens.len() { parts } else { vec![text] };
        for (name, part) in input_tokens.iter().zip(parts).filter(|(_, part)| *part != "None") {
            self.parameters.insert(name.clone(), Value::from(part));
        }
    }
}

/// `ec2/paginate.py`: pages of these operations are large unless something narrows down what is asked for.
fn large_pages(command: &Command<'_>, parameters: &mut Parameters) {
    let narrows: fn(&str) -> bool = match (command.service, command.name) {
        ("ec2", "describe-volumes") => |name| !matches!(name, "NextToken" | "DryRun"),
        ("ec2", "describe-snapshots") => {
            |name| !matches!(name, "NextToken" | "DryRun" | "OwnerIds" | "RestorableByUserIds")
        }
        _ => return,
    };
    if !parameters.keys().any(|name| narrows(name)) {
        parameters.insert("MaxResults".to_owned(), Value::from(1000));
    }
}

fn input(option: &str, text: &str) -> Result<Parameters, CommandError> {
    if names_file(text) {
        return Err(local_file(option));
    }
    values::json_object(option, text).map_err(|error| {
        if option.ends_with("yaml") { error.instead("write it as JSON, which is YAML too") } else { error }
    })
}
