//! The read of a service that shows what a call touches.

use std::cmp::Reverse;

use aws_call::{Index, Operation, Parameter, ParameterKind};
use serde_json::{Map, Value, json};

use super::name::{Kinship, Name, singular, words};

/// The last words of names that tell one thing from another.
const IDENTIFIERS: &[&str] = &["Arn", "Id", "Identifier", "Key", "Name", "Uri", "Url"];

/// A read, and how it is asked with what a call has.
pub(super) struct Reader {
    pub(super) operation: Operation,
    /// The parameters, in the form of recipe files.
    pub(super) parameters: Value,
    /// An expression on the call that must hold, where the call can be without what the read needs.
    pub(super) when: Option<String>,
}

impl Reader {
    /// The nearest read of the same service that can be asked with the call's parameters and then shows one thing, not all
    /// things of a kind.
    pub(super) fn of(index: &Index, call: &Operation) -> Option<Self> {
        let name = Name::of(call.name());
        let given = call.parameters().ok()?;
        let mut candidates: Vec<_> = index
            .operations(call.service())
            .ok()?
            .into_iter()
            .filter_map(|read| Some((Reverse(rank(&name, &Name::of(&read))?), read.len(), read)))
            .collect();
        candidates.sort();
        candidates.into_iter().find_map(|(_, _, read)| {
            let operation = index.operation(call.service(), &read).ok()?;
            if operation.access().is_mutating() || operation.unsupported().is_some() {
                return None;
            }
            let read = Name::of(&read);
            let kinship = name.kinship(&read)?;
            let asked = Asked { call: &name, read: &read, kinship, given: &given };
            let (parameters, when) = asked.parameters(&operation.parameters().ok()?)?;
            Some(Self { operation, parameters: Value::Object(parameters), when })
        })
    }
}

/// How near a read is to a call; `None` if it is none.
fn rank(call: &Name, read: &Name) -> Option<(bool, Kinship, bool)> {
    let lists = read.verb == "List";
    if !lists && read.verb != "Get" && read.verb != "Describe" {
        return None;
    }
    let tags = call.noun.iter().any(|word| word == "Tag");
    let kinship = call.kinship(read)?;
    // A list is not what one thing looks like, but for tags there is nothing else.
    Some((!lists || (tags && kinship == Kinship::Same), kinship, read.verb == "Get"))
}

/// A read of some name, asked with what a call is given.
struct Asked<'a> {
    call: &'a Name,
    read: &'a Name,
    kinship: Kinship,
    given: &'a [Parameter],
}

impl Asked<'_> {
    /// The parameters of the read, and the condition on the call under which it can be asked; `None` if the call does not
    /// have what the read needs.
    fn parameters(&self, wanted: &[Parameter]) -> Option<(Map<String, Value>, Option<String>)> {
        let mut parameters = Map::new();
        let mut needed = Vec::new();
        let mut narrowed = false;
        for parameter in wanted {
            let source = self.source(parameter);
            if parameter.required {
                let (own, value) = source.filter(|(own, _)| own.required || self.kinship >= Kinship::View)?;
                if !own.required {
                    needed.push(member(&own.name));
                }
                parameters.insert(parameter.name.clone(), value);
                narrowed = true;
            } else if let Some((own, value)) = source.filter(|(own, _)| self.narrows(own)) {
                parameters.insert(parameter.name.clone(), value);
                narrowed |= own.required && (names_something(&own.name) || self.is_noun(&own.name));
            }
        }
        if narrowed {
            let condition = (!needed.is_empty()).then(|| needed.join(" && "));
            return Some((parameters, condition));
        }
        self.one_of_several_names(wanted, parameters)
    }

    /// The parameters of a read that takes one of several names of the thing, as the call does.
    fn one_of_several_names(
        &self,
        wanted: &[Parameter],
        mut parameters: Map<String, Value>,
    ) -> Option<(Map<String, Value>, Option<String>)> {
        let mut names = Vec::new();
        for parameter in wanted {
            if let Some((own, value)) = self.source(parameter).filter(|(own, _)| self.names_noun(own)) {
                parameters.insert(parameter.name.clone(), value);
                names.push(member(&own.name));
            }
        }
        let of_its_kind =
            self.call.noun == self.read.noun && self.read.verb != "List" && self.given_no_name();
        match names.as_slice() {
            [] => of_its_kind.then_some((parameters, None)),
            names => Some((parameters, Some(names.join(" || ")))),
        }
    }

    fn names_noun(&self, own: &Parameter) -> bool {
        let noun = self.read.noun.concat().to_ascii_lowercase();
        own.kind == ParameterKind::Text
            && own.name.to_ascii_lowercase().starts_with(&noun)
            && names_something(&own.name)
    }

    /// Whether the call names nothing, as calls on settings of an account do.
    fn given_no_name(&self) -> bool {
        self.call.singular == self.read.singular
            && !self.given.iter().any(|own| own.required && names_something(&own.name))
    }

    /// The parameter of the call that holds what a parameter of the read wants, with the value in the form of recipe files.
    fn source(&self, wanted: &Parameter) -> Option<(&Parameter, Value)> {
        let named = |name: &str| self.given.iter().find(|own| own.name.eq_ignore_ascii_case(name));
        let of_call = |own: &Parameter| format!("={}", member(&own.name));
        if let Some(own) = named(&wanted.name).filter(|own| is_alike(&own.kind, &wanted.kind)) {
            return Some((own, json!(of_call(own))));
        }
        if wanted.kind == ParameterKind::Texts {
            let own = named(&singular(&wanted.name)).filter(|own| own.kind == ParameterKind::Text)?;
            return Some((own, json!([of_call(own)])));
        }
        // `Id` of one is `ThingId` of the other.
        let own = self.given.iter().find(|own| {
            own.kind == wanted.kind
                && own.kind == ParameterKind::Text
                && (self.is_short_for(&own.name, &wanted.name) || self.is_short_for(&wanted.name, &own.name))
        })?;
        Some((own, json!(of_call(own))))
    }

    fn is_short_for(&self, short: &str, long: &str) -> bool {
        let whole: String = self.read.noun.concat();
        let last = self.read.noun.last().map_or("", String::as_str);
        IDENTIFIERS.iter().any(|known| known.eq_ignore_ascii_case(short))
            && [whole.as_str(), last].iter().any(|noun| long.eq_ignore_ascii_case(&format!("{noun}{short}")))
    }

    /// Whether the read should be asked with a parameter that it can be without. What a call may set anew, the name of the
    /// thing itself, would not find it.
    fn narrows(&self, own: &Parameter) -> bool {
        let text = matches!(own.kind, ParameterKind::Text | ParameterKind::Texts);
        let own_name = own.name.eq_ignore_ascii_case("name") || self.is_short_for("name", &own.name);
        let token = own.name.to_ascii_lowercase().ends_with("token");
        text && !token && (own.required || !own_name)
    }

    fn is_noun(&self, name: &str) -> bool {
        let name = singular(name);
        name.eq_ignore_ascii_case(&self.read.noun.concat())
            || self.read.noun.last().is_some_and(|last| last.eq_ignore_ascii_case(&name))
    }
}

/// Whether values of one kind can be given as the other.
fn is_alike(one: &ParameterKind, other: &ParameterKind) -> bool {
    let text = |kind: &ParameterKind| matches!(kind, ParameterKind::Text | ParameterKind::Choice);
    one == other || (text(one) && text(other))
}

fn names_something(name: &str) -> bool {
    let words = words(&capitalised(name));
    words
        .last()
        .is_some_and(|last| IDENTIFIERS.iter().any(|known| known.eq_ignore_ascii_case(&singular(last))))
        || name.to_ascii_lowercase().ends_with("arn")
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The expression for a parameter of the call.
fn member(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.starts_with(|first: char| first.is_ascii_alphabetic());
    if plain { format!("call.{name}") } else { format!("call.\"{name}\"") }
}
