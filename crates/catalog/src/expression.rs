//! JMESPath expressions of recipes, and the names that they can see.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use jmespath::ast::Ast;
use jmespath::{Rcvar, Runtime, Variable};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::CallContext;
use crate::error::RecipeError;
use crate::functions;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    functions::register(&mut runtime);
    runtime
});

/// A compiled [JMESPath](https://jmespath.org/specification.html) expression.
#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Expression(jmespath::Expression<'static>);

/// A text that is no expression.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not a JMESPath expression: {reason}")]
pub(crate) struct InvalidExpression {
    text: String,
    reason: String,
}

impl Expression {
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidExpression> {
        let invalid = |reason: String| InvalidExpression { text: text.to_owned(), reason };
        let compiled = RUNTIME.compile(text).map_err(|error| invalid(error.reason.to_string()))?;
        if let Some(name) = unknown_function(compiled.as_ast()) {
            return Err(invalid(format!("there is no function `{name}`")));
        }
        if negates_a_part(compiled.as_ast()) {
            return Err(invalid("`!a.b` means `(!a).b` to JMESPath; write `!(a.b)`".to_owned()));
        }
        Ok(Self(compiled))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn evaluate(&self, scope: &Scope) -> Result<Rcvar, RecipeError> {
        self.0.search(scope.root()).map_err(|error| RecipeError::DoesNotFit {
            expression: self.as_str().to_owned(),
            reason: error.reason.to_string(),
        })
    }

    /// Whether the value is true in JMESPath's sense: not `null`, `false` or empty.
    pub(crate) fn holds(&self, scope: &Scope) -> Result<bool, RecipeError> {
        Ok(self.evaluate(scope)?.is_truthy())
    }

    /// The names that the expression looks up in its scope, each with the members below it as far as they are plain:
    /// `call.Tags[].Key` gives `["call", "Tags"]`.
    pub(crate) fn references(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        collect_references(self.0.as_ast(), &mut found);
        found
    }
}

impl TryFrom<String> for Expression {
    type Error = InvalidExpression;
    fn try_from(text: String) -> Result<Self, InvalidExpression> {
        Self::parse(&text)
    }
}

impl From<Expression> for String {
    fn from(expression: Expression) -> String {
        expression.as_str().to_owned()
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({})", self.as_str())
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an expression can see, by name. Cheap to extend: values are shared.
#[derive(Clone, Default)]
pub(crate) struct Scope(BTreeMap<String, Rcvar>);

impl Scope {
    /// The names that every expression can see: `call`, `account`, `region`, `partition`.
    pub(crate) fn of(call: &CallContext) -> Self {
        Self::of_parameters(call, &call.parameters)
    }

    /// The same with other parameters as `call`.
    pub(crate) fn of_parameters(call: &CallContext, parameters: &Value) -> Self {
        let text = |text: &str| Rcvar::new(Variable::String(text.to_owned()));
        Self::default()
            .with("call", variable(parameters))
            .with("account", text(&call.account))
            .with("region", text(&call.region))
            .with("partition", text(&call.partition))
    }

    /// The members of an object as names.
    pub(crate) fn within(value: &Value) -> Self {
        Self(variable(value).as_object().cloned().unwrap_or_default())
    }

    pub(crate) fn with(mut self, name: &str, value: Rcvar) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    fn root(&self) -> Rcvar {
        Rcvar::new(Variable::Object(self.0.clone()))
    }
}

/// A JSON value as JMESPath sees it.
pub(crate) fn variable(value: &Value) -> Rcvar {
    Rcvar::new(match value {
        Value::Null => Variable::Null,
        Value::Bool(own) => Variable::Bool(*own),
        Value::Number(own) => Variable::Number(own.clone()),
        Value::String(own) => Variable::String(own.clone()),
        Value::Array(items) => Variable::Array(items.iter().map(variable).collect()),
        Value::Object(map) => {
            Variable::Object(map.iter().map(|(name, item)| (name.clone(), variable(item))).collect())
        }
    })
}

/// What JMESPath gives as JSON, without the members and items that are `null`.
pub(crate) fn value_of(variable: &Variable) -> Value {
    match variable {
        Variable::Null | Variable::Expref(_) => Value::Null,
        Variable::Bool(own) => Value::Bool(*own),
        Variable::Number(own) => Value::Number(own.clone()),
        Variable::String(own) => Value::String(own.clone()),
        Variable::Array(items) => {
            Value::Array(items.iter().map(|item| value_of(item)).filter(|item| !item.is_null()).collect())
        }
        Variable::Object(map) => Value::Object(
            map.iter()
                .map(|(name, item)| (name.clone(), value_of(item)))
                .filter(|(_, item)| !item.is_null())
                .collect(),
        ),
    }
}

fn children(ast: &Ast) -> Vec<&Ast> {
    match ast {
        Ast::Comparison { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. } => vec![lhs, rhs],
        Ast::Condition { predicate, then, .. } => vec![predicate, then],
        Ast::Expref { ast: node, .. }
        | Ast::Flatten { node, .. }
        | Ast::Not { node, .. }
        | Ast::ObjectValues { node, .. } => vec![node],
        Ast::Function { args, .. } => args.iter().collect(),
        Ast::MultiList { elements, .. } => elements.iter().collect(),
        Ast::MultiHash { elements, .. } => elements.iter().map(|pair| &pair.value).collect(),
        Ast::Identity { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. } => vec![],
    }
}

fn unknown_function(ast: &Ast) -> Option<&str> {
    if let Ast::Function { name, .. } = ast
        && RUNTIME.get_function(name).is_none()
    {
        return Some(name);
    }
    children(ast).into_iter().find_map(unknown_function)
}

/// Whether something is looked up in a negation, which gives nothing whatever it is asked of.
fn negates_a_part(ast: &Ast) -> bool {
    let looked_into = match ast {
        Ast::Subexpr { lhs, .. } | Ast::Projection { lhs, .. } => Some(lhs),
        Ast::Flatten { node, .. } | Ast::ObjectValues { node, .. } => Some(node),
        Ast::Comparison { .. }
        | Ast::Condition { .. }
        | Ast::Identity { .. }
        | Ast::Expref { .. }
        | Ast::Function { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::MultiList { .. }
        | Ast::MultiHash { .. }
        | Ast::Not { .. }
        | Ast::And { .. }
        | Ast::Or { .. }
        | Ast::Slice { .. } => None,
    };
    looked_into.is_some_and(|node| matches!(node.as_ref(), Ast::Not { .. }))
        || children(ast).into_iter().any(negates_a_part)
}

/// The plain path that a node is, if it is one.
fn plain_path(ast: &Ast) -> Option<Vec<String>> {
    match ast {
        Ast::Field { name, .. } => Some(vec![name.clone()]),
        Ast::Subexpr { lhs, rhs, .. } => {
            let mut path = plain_path(lhs)?;
            path.extend(plain_path(rhs)?);
            Some(path)
        }
        Ast::Comparison { .. }
        | Ast::Condition { .. }
        | Ast::Identity { .. }
        | Ast::Expref { .. }
        | Ast::Flatten { .. }
        | Ast::Function { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::MultiList { .. }
        | Ast::MultiHash { .. }
        | Ast::Not { .. }
        | Ast::Projection { .. }
        | Ast::ObjectValues { .. }
        | Ast::And { .. }
        | Ast::Or { .. }
        | Ast::Slice { .. } => None,
    }
}

fn collect_references(ast: &Ast, found: &mut Vec<Vec<String>>) {
    if let Some(path) = plain_path(ast) {
        found.push(path);
        return;
    }
    // The right side of these is asked of what the left side gives, no longer of the scope.
    let of_scope = match ast {
        Ast::Subexpr { lhs, .. } | Ast::Projection { lhs, .. } => vec![lhs.as_ref()],
        Ast::Expref { .. } | Ast::Condition { .. } => vec![],
        Ast::Comparison { .. }
        | Ast::Identity { .. }
        | Ast::Flatten { .. }
        | Ast::Function { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::MultiList { .. }
        | Ast::MultiHash { .. }
        | Ast::Not { .. }
        | Ast::ObjectValues { .. }
        | Ast::And { .. }
        | Ast::Or { .. }
        | Ast::Slice { .. } => children(ast),
    };
    for child in of_scope {
        collect_references(child, found);
    }
}
