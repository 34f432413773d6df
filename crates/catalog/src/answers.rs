//! Which reads a recipe asks for, and what their answers mean.

use std::collections::BTreeMap;

use jmespath::{Rcvar, Variable};
use serde_json::Value;

use crate::call::{CallContext, ReadAnswer, ReadCall};
use crate::definition::{ErrorPattern, Read};
use crate::error::RecipeError;
use crate::expression::{Expression, Scope, variable};

/// The most reads that one read of a recipe may become.
const EACH_MAX: usize = 20;

/// The reads that come next, in the order of the recipe: those that ask for nothing that is not answered yet. Empty when
/// all is answered.
pub(crate) fn read_calls(
    service: &str,
    reads: &[Read],
    call: &CallContext,
    answers: &[ReadAnswer],
    resource: impl Fn() -> String,
) -> Result<Vec<ReadCall>, RecipeError> {
    let walk = Walk::through(service, reads, call, answers, resource)?;
    let mut calls = Vec::new();
    for Applying { read, scopes } in walk.next {
        for scope in scopes {
            calls.push(ReadCall {
                service: read.service.as_deref().unwrap_or(service).to_owned(),
                operation: read.operation.clone(),
                parameters: read.parameters.render(&scope)?,
                pages: read.pages,
            });
        }
    }
    Ok(calls)
}

/// What the answers to those reads said.
pub(crate) struct Answers {
    /// By the name of the read; `null` for what is absent and for what was not read.
    pub(crate) by_name: Rcvar,
    /// Whether what the first read is about is there.
    pub(crate) first_present: bool,
    /// Whether an answer was cut off.
    pub(crate) truncated: bool,
    /// Whether a read did not fit, so that nothing is known.
    pub(crate) unclear: bool,
    /// Whether nothing was read at all.
    pub(crate) nothing_read: bool,
}

impl Answers {
    /// # Errors
    /// A refusal that does not mean absence; another number of answers than of reads.
    pub(crate) fn of(
        service: &str,
        reads: &[Read],
        call: &CallContext,
        answers: &[ReadAnswer],
        resource: impl Fn() -> String,
    ) -> Result<Self, RecipeError> {
        let walk = Walk::through(service, reads, call, answers, resource)?;
        if !walk.next.is_empty() || walk.left > 0 {
            let reason = format!("{} answers are not those to the reads that were asked for", answers.len());
            return Err(RecipeError::AnswerUnreadable { reason });
        }
        let truncated =
            answers.iter().any(|answer| matches!(answer, ReadAnswer::Output { truncated: true, .. }));
        let first_present =
            walk.first.and_then(|name| walk.by_name.get(name)).is_some_and(|value| !value.is_null());
        let nothing_read = walk.first.is_none();
        let (unclear, by_name) = (walk.unclear, Rcvar::new(Variable::Object(walk.by_name)));
        Ok(Self { by_name, first_present, truncated, unclear, nothing_read })
    }

    /// The scope of a call together with its answers as `read`.
    pub(crate) fn scope(&self, call: &CallContext) -> Scope {
        Scope::of(call).with("read", self.by_name.clone())
    }
}

/// A read that applies to a call, with what its parameters see: once, or once per item.
struct Applying<'a> {
    read: &'a Read,
    scopes: Vec<Scope>,
}

/// The reads in their order, as far as they are answered.
struct Walk<'a> {
    /// What the answers said, by the name of the read.
    by_name: BTreeMap<String, Rcvar>,
    /// The name of the first read that applies.
    first: Option<&'a str>,
    /// The reads that can be asked now.
    next: Vec<Applying<'a>>,
    /// How many answers belong to no read.
    left: usize,
    /// Whether a read did not fit.
    unclear: bool,
}

impl<'a> Walk<'a> {
    fn through(
        service: &str,
        reads: &'a [Read],
        call: &CallContext,
        answers: &[ReadAnswer],
        resource: impl Fn() -> String,
    ) -> Result<Self, RecipeError> {
        let (by_name, left) = (BTreeMap::new(), answers.len());
        let mut walk = Walk { by_name, first: None, next: Vec::new(), left, unclear: false };
        let mut answers = answers.iter();
        for read in reads {
            if walk.next.iter().any(|asked| looks_at(read, &asked.read.name)) {
                break;
            }
            let so_far = Rcvar::new(Variable::Object(walk.by_name.clone()));
            let Some(applying) = applying(read, &Scope::of(call).with("read", so_far))? else { continue };
            walk.first.get_or_insert(&read.name);
            let count = applying.scopes.len();
            if !walk.next.is_empty() || (count > 0 && walk.left == 0) {
                walk.next.push(applying);
                continue;
            }
            let own: Vec<_> = answers.by_ref().take(count).collect();
            walk.unclear |= own.iter().any(|answer| is_unclear(read, answer));
            let own = own.into_iter();
            let mut taken =
                own.map(|answer| taken(service, read, answer, &resource)).collect::<Result<Vec<_>, _>>()?;
            walk.left = walk.left.saturating_sub(count);
            let value = match &read.for_each {
                Some(_) => Some(Rcvar::new(Variable::Array(taken))),
                None => taken.pop(),
            };
            walk.by_name.extend(value.map(|value| (read.name.clone(), value)));
        }
        Ok(walk)
    }
}

/// Whether a read asks with what another one gives.
fn looks_at(read: &Read, other: &str) -> bool {
    let expressions = read.parameters.expressions().into_iter().chain(&read.when).chain(&read.for_each);
    expressions.flat_map(Expression::references).any(|path| match path.as_slice() {
        [first, name, ..] => first == "read" && name == other,
        [first] => first == "read",
        [] => false,
    })
}

fn applying<'a>(read: &'a Read, scope: &Scope) -> Result<Option<Applying<'a>>, RecipeError> {
    if !read.when.as_ref().map_or(Ok(true), |when| when.holds(scope))? {
        return Ok(None);
    }
    let Some(items) = &read.for_each else { return Ok(Some(Applying { read, scopes: vec![scope.clone()] })) };
    let given = items.evaluate(scope)?;
    let given = given.as_array().cloned().unwrap_or_default();
    if given.len() > EACH_MAX {
        let reason = format!("{} items are more than the {EACH_MAX} that are read", given.len());
        return Err(RecipeError::DoesNotFit { expression: items.to_string(), reason });
    }
    let scopes = given.into_iter().map(|item| scope.clone().with("item", item)).collect();
    Ok(Some(Applying { read, scopes }))
}

fn is_error(patterns: &[ErrorPattern], code: &str, message: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(code, message))
}

fn is_unclear(read: &Read, answer: &ReadAnswer) -> bool {
    match answer {
        ReadAnswer::Output { .. } => false,
        ReadAnswer::Error { code, message } => {
            !is_error(&read.absent, code, message) && is_error(&read.unclear, code, message)
        }
    }
}

fn taken(
    service: &str,
    read: &Read,
    answer: &ReadAnswer,
    resource: &impl Fn() -> String,
) -> Result<Rcvar, RecipeError> {
    match answer {
        ReadAnswer::Output { value, .. } => match &read.take {
            Some(take) => take.evaluate(&Scope::within(value)),
            None => Ok(variable(value)),
        },
        ReadAnswer::Error { code, message } => {
            let is = |patterns: &[ErrorPattern]| is_error(patterns, code, message);
            if is(&read.absent) || is(&read.unclear) {
                Ok(variable(&Value::Null))
            } else if is(&read.not_found) {
                Err(RecipeError::NotFound { resource: resource() })
            } else {
                Err(RecipeError::ReaderRefused {
                    service: read.service.as_deref().unwrap_or(service).to_owned(),
                    operation: read.operation.clone(),
                    code: code.clone(),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reads(text: &str) -> Vec<Read> {
        #[derive(serde::Deserialize)]
        struct Reads {
            read: Vec<Read>,
        }
        toml::from_str::<Reads>(text).unwrap().read
    }

    fn call() -> CallContext {
        let parameters = json!({"Names": ["a", "b"]});
        CallContext { account: String::new(), region: String::new(), partition: String::new(), parameters }
    }

    fn output(value: Value) -> ReadAnswer {
        ReadAnswer::Output { value, truncated: false }
    }

    fn asked(reads: &[Read], answers: &[ReadAnswer]) -> Vec<(String, Value)> {
        let calls = read_calls("s", reads, &call(), answers, String::new).unwrap();
        calls.into_iter().map(|read| (read.operation, read.parameters)).collect()
    }

    #[test]
    fn a_read_waits_for_what_it_asks_with() {
        let reads = reads(
            r#"
            read = [
                { name = "table", operation = "DescribeTable", parameters = {} },
                { name = "tags", operation = "ListTags", parameters = {} },
                { name = "item", operation = "GetItem", parameters = { Key = "=read.table.Key" } },
            ]"#,
        );
        let first = asked(&reads, &[]);
        assert_eq!(
            first.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["DescribeTable", "ListTags"]
        );
        let answers = [output(json!({"Key": "k"})), output(json!({}))];
        assert_eq!(asked(&reads, &answers), [("GetItem".to_owned(), json!({"Key": "k"}))]);
        assert!(Answers::of("s", &reads, &call(), &answers, String::new).is_err());
        let answers = [answers.as_slice(), &[output(json!({"A": 1}))]].concat();
        assert_eq!(asked(&reads, &answers), []);
        assert!(Answers::of("s", &reads, &call(), &answers, String::new).is_ok());
        let answers = [answers.as_slice(), &[output(json!({}))]].concat();
        assert!(Answers::of("s", &reads, &call(), &answers, String::new).is_err());
    }

    #[test]
    fn a_read_per_item_gives_a_list() {
        let reads = reads(
            r#"
            read = [
                { name = "each", operation = "Get", for_each = "call.Names", parameters = { Name = "=item" }, take = "V" },
                { name = "none", operation = "Get", for_each = "call.Others", parameters = { Name = "=item" } },
            ]"#,
        );
        let names = asked(&reads, &[]).into_iter().map(|(_, parameters)| parameters["Name"].clone());
        assert_eq!(names.collect::<Vec<_>>(), [json!("a"), json!("b")]);
        let answers = [output(json!({"V": 1})), output(json!({"V": 2}))];
        let answers = Answers::of("s", &reads, &call(), &answers, String::new).unwrap();
        let read = crate::expression::value_of(&answers.by_name);
        assert_eq!(read, json!({"each": [1, 2], "none": []}));
    }

    #[test]
    fn too_many_items_are_not_read() {
        let reads = reads(
            r#"read = [{ name = "each", operation = "Get", for_each = "call.Names", parameters = { Name = "=item" } }]"#,
        );
        let many = CallContext { parameters: json!({"Names": vec!["a"; EACH_MAX + 1]}), ..call() };
        assert!(matches!(
            read_calls("s", &reads, &many, &[], String::new),
            Err(RecipeError::DoesNotFit { .. })
        ));
    }
}
