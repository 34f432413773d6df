//! Endpoint rules as data.
//!
//! Source: Smithy endpoint rules engine, version 1.0.

use std::cell::Cell;

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::model::Literal;

/// The rules of one service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuleSet {
    /// Inputs of the rules.
    pub parameters: Vec<Parameter>,
    /// Tried in order; the first that matches decides.
    pub rules: Vec<Rule>,
}

/// An input of the rules.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parameter {
    /// Name that conditions use.
    pub name: String,
    /// Value that the client gives by itself (`AWS::Region`).
    pub built_in: Option<String>,
    /// Value if none is given.
    pub default: Option<Literal>,
    /// Whether the rules cannot be run without it.
    pub required: bool,
}

/// Conditions and what follows if all of them hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rule {
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// What follows.
    pub then: Then,
}

/// A call whose value must be neither unset nor false.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Condition {
    /// The call.
    pub call: Call,
    /// Name under which later rules find the value.
    pub assign: Option<String>,
}

/// What follows from a rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Then {
    /// An endpoint.
    Endpoint {
        /// Gives the URL.
        url: Expression,
        /// JSON text of the properties, whose strings are templates.
        properties: String,
        /// Headers and their values.
        headers: Vec<(String, Vec<Expression>)>,
    },
    /// No endpoint, with the reason.
    Error(Expression),
    /// More rules; if none of them matches there is no endpoint.
    Rules(#[serde(deserialize_with = "nested")] Vec<Rule>),
}

/// Something that has a value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Expression {
    /// Value of a parameter or of an assigned name.
    Reference(String),
    /// Text with `{name}` and `{name#path}` filled in.
    Template(String),
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// Value of a call.
    Call(#[serde(deserialize_with = "nested")] Call),
}

/// A call of one of the rules' functions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    /// Which.
    pub function: Function,
    /// With what.
    pub arguments: Vec<Expression>,
}

/// The functions that endpoint rules use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Function {
    /// `isSet`
    IsSet,
    /// `not`
    Not,
    /// `booleanEquals`
    BooleanEquals,
    /// `stringEquals`
    StringEquals,
    /// `getAttr`
    GetAttribute,
    /// `aws.partition`
    Partition,
    /// `aws.parseArn`
    ParseArn,
    /// `parseURL`
    ParseUrl,
    /// `uriEncode`
    UriEncode,
    /// `isValidHostLabel`
    IsValidHostLabel,
    /// `aws.isVirtualHostableS3Bucket`
    IsVirtualHostableS3Bucket,
    /// `substring`
    Substring,
}

impl Function {
    /// The function with this name in a rule set.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "isSet" => Self::IsSet,
            "not" => Self::Not,
            "booleanEquals" => Self::BooleanEquals,
            "stringEquals" => Self::StringEquals,
            "getAttr" => Self::GetAttribute,
            "aws.partition" => Self::Partition,
            "aws.parseArn" => Self::ParseArn,
            "parseURL" => Self::ParseUrl,
            "uriEncode" => Self::UriEncode,
            "isValidHostLabel" => Self::IsValidHostLabel,
            "aws.isVirtualHostableS3Bucket" => Self::IsVirtualHostableS3Bucket,
            "substring" => Self::Substring,
            _ => return None,
        })
    }
}

/// Decodes what may hold itself, to a depth that no rules of AWS come near and every thread has the stack for.
fn nested<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    const DEEPEST: usize = 64;
    thread_local! {
        static DEPTH: Cell<usize> = const { Cell::new(0) };
    }
    if DEPTH.get() == DEEPEST {
        return Err(D::Error::custom("endpoint rules are nested too deeply"));
    }
    DEPTH.set(DEPTH.get() + 1);
    let decoded = T::deserialize(deserializer);
    DEPTH.set(DEPTH.get() - 1);
    decoded
}

/// The partitions that `aws.partition` answers from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Partition {
    /// `aws`, `aws-cn` …
    pub id: String,
    /// Matches the names of regions that are not listed.
    pub region_pattern: String,
    /// Listed regions.
    pub regions: Vec<String>,
    /// Attributes that rules read (`dnsSuffix`, `supportsFIPS`).
    pub outputs: Vec<(String, Literal)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested_rules(depth: usize) -> RuleSet {
        let mut rule = Rule { conditions: Vec::new(), then: Then::Error(Expression::Boolean(true)) };
        for _ in 0..depth {
            rule = Rule { conditions: Vec::new(), then: Then::Rules(vec![rule]) };
        }
        RuleSet { parameters: Vec::new(), rules: vec![rule] }
    }

    #[test]
    fn rules_nested_deeper_than_any_are_refused_and_do_not_spoil_the_next() {
        for (depth, fits) in [(10, true), (64, true), (65, false), (500, false), (64, true)] {
            let encoded = postcard::to_allocvec(&nested_rules(depth)).unwrap();
            assert_eq!(postcard::from_bytes::<RuleSet>(&encoded).is_ok(), fits, "{depth}");
        }
    }
}
