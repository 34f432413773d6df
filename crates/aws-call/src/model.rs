//! What the index holds about a service: operations, shapes, endpoint rules.
//!
//! Operations and shapes are encoded one by one, so that using one operation decodes only what it reaches.

mod table;
mod waiter;

use serde::{Deserialize, Serialize};
pub use table::Table;
pub(crate) use table::run_of_bytes;
pub use waiter::{Acceptor, Expected, Matcher, Verdict, Waiter};

use crate::access::Access;

/// How a service's requests and answers are written on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// `aws.protocols#awsJson1_0`
    #[serde(rename = "awsJson1_0")]
    AwsJson10,
    /// `aws.protocols#awsJson1_1`
    #[serde(rename = "awsJson1_1")]
    AwsJson11,
    /// `aws.protocols#restJson1`
    #[serde(rename = "restJson1")]
    RestJson,
    /// `aws.protocols#restXml`
    #[serde(rename = "restXml")]
    RestXml,
    /// `aws.protocols#awsQuery`
    #[serde(rename = "awsQuery")]
    AwsQuery,
    /// `aws.protocols#ec2Query`
    #[serde(rename = "ec2Query")]
    Ec2Query,
    /// `smithy.protocols#rpcv2Cbor`
    #[serde(rename = "rpcv2Cbor")]
    RpcV2Cbor,
}

/// A service: its wire facts, and its operations and shapes in encoded form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Service {
    /// Name of the service's folder in botocore (`ssm`, `elbv2`).
    pub name: String,
    /// `serviceId` of the model (`Elastic Load Balancing v2`).
    pub id: String,
    /// API version, sent by the query protocols.
    pub api_version: String,
    /// Wire protocol.
    pub protocol: Protocol,
    /// Signing name unless the endpoint rules say otherwise.
    pub signing_name: String,
    /// Target prefix (JSON) or service shape name (CBOR).
    pub target_prefix: String,
    /// XML namespace of every request body.
    pub xml_namespace: Option<XmlNamespace>,
    /// Whether errors carry the codes of a former query protocol.
    pub query_compatible: bool,
    /// Operation names in ascending order; `operations` holds them in the same order.
    pub operation_names: Vec<String>,
    /// Encoded [`Operation`]s.
    pub operations: Table,
    /// Encoded [`Shape`]s; a shape's number is its position.
    pub shapes: Table,
    /// Waiter names in ascending order; `waiters` holds them in the same order.
    pub waiter_names: Vec<String>,
    /// Encoded [`Waiter`]s.
    pub waiters: Table,
    /// Encoded [`crate::rules::RuleSet`].
    #[serde(with = "run_of_bytes")]
    pub endpoint_rules: Vec<u8>,
}

/// An XML namespace and its prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct XmlNamespace {
    /// URI of the namespace.
    pub uri: String,
    /// Prefix, if the namespace is not the default one.
    pub prefix: Option<String>,
}

/// One operation of a service.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Operation {
    /// Name as in the model (`PutParameter`).
    pub name: String,
    /// HTTP method.
    pub method: String,
    /// URI template whose labels are member names.
    pub uri: String,
    /// Number of the input shape.
    pub input: Option<u32>,
    /// Number of the output shape.
    pub output: Option<u32>,
    /// Name of the root element of an XML request, if the operation gives one.
    pub input_xml_name: Option<String>,
    /// Namespace of the root element of an XML request, if the operation gives one.
    pub input_xml_namespace: Option<XmlNamespace>,
    /// Prefix of the host name, with labels.
    pub host_prefix: Option<String>,
    /// What the request's checksum must be, if it needs one.
    pub checksum: Option<ChecksumRule>,
    /// Member that asks for a checksum of the answer when it is `ENABLED`, which it is unless a caller says otherwise.
    pub checksum_mode_member: Option<String>,
    /// Whether long request bodies are sent compressed.
    pub compressed: bool,
    /// Whether the body of its answer is a stream of bytes.
    pub streams: bool,
    /// Endpoint parameters that the operation fixes.
    pub static_context: Vec<(String, Literal)>,
    /// Endpoint parameters with the JMESPath expression that finds them in the call's parameters.
    pub context_paths: Vec<(String, String)>,
    /// Whether it gives the endpoints that other operations of the service are called at.
    pub gives_endpoints: bool,
    /// Why the operation cannot be called, if it cannot.
    pub unsupported: Option<String>,
    /// First sentence of the documentation, without markup.
    pub summary: String,
    /// What calling it does to the account.
    pub access: Access,
    /// IAM actions that it needs, `service:Action`.
    pub iam_actions: Vec<String>,
    /// ARN templates of what the actions apply to; none where they apply to no single resource.
    pub arn_templates: Vec<ArnTemplate>,
    /// How to read its pages.
    pub paginator: Option<Paginator>,
}

/// An ARN with `${Variables}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ArnTemplate {
    /// `arn:${Partition}:ssm:${Region}:${Account}:parameter/${ParameterName}`
    pub template: String,
    /// Whether a call always touches a resource of this type.
    pub required: bool,
}

/// Checksum that a request carries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChecksumRule {
    /// Whether a request without one is refused.
    pub required: bool,
    /// Input member that names the algorithm.
    pub algorithm_member: Option<String>,
    /// Header that repeats the algorithm's name.
    pub algorithm_header: Option<String>,
}

/// A constant in endpoint rules and operation traits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Literal {
    /// A boolean.
    Boolean(bool),
    /// A string.
    Text(String),
}

/// Where an operation's pages are linked.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Paginator {
    /// Input members that take the token.
    pub input_tokens: Vec<String>,
    /// Output paths that give the token, in the same order; `a || b` gives alternatives.
    pub output_tokens: Vec<String>,
    /// Output paths of what a page holds; the first is the main one.
    pub result_keys: Vec<String>,
    /// Output path that says whether there are more pages.
    pub more_results: Option<String>,
    /// Input member that takes the number of items of a page.
    pub limit_key: Option<String>,
}

/// A type of the model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shape {
    /// Name as in the model.
    pub name: String,
    /// Whether values must not be shown.
    pub sensitive: bool,
    /// What values look like.
    pub kind: Kind,
}

/// What values of a shape look like.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Kind {
    /// Named members.
    Structure(Structure),
    /// Named members, exactly one of them set.
    Union(Structure),
    /// A sequence.
    List(List),
    /// Entries with string keys.
    Map(Map),
    /// Text.
    Text(Text),
    /// Bytes, base64 in JSON.
    Blob(Span),
    /// `true` or `false`.
    Boolean,
    /// Integer of the given width in bits.
    Integer {
        /// 8, 16, 32 or 64.
        bits: u8,
        /// Allowed values.
        range: Span,
    },
    /// Floating-point number of the given width in bits.
    Float {
        /// 32 or 64.
        bits: u8,
        /// Allowed values, rounded outwards to integers.
        range: Span,
    },
    /// A point in time.
    Timestamp(Option<TimestampFormat>),
    /// Any JSON value.
    Document,
}

impl Kind {
    /// The members of a structure or union.
    pub(crate) fn structure(&self) -> Option<&Structure> {
        if let Self::Structure(structure) | Self::Union(structure) = self { Some(structure) } else { None }
    }

    /// The element of a list or the value of a map.
    pub(crate) fn element(&self) -> Option<&Reference> {
        if let Self::List(List { member: element, .. }) | Self::Map(Map { value: element, .. }) = self {
            Some(element)
        } else {
            None
        }
    }
}

/// Smallest and largest length or value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Smallest, inclusive.
    pub min: Option<i64>,
    /// Largest, inclusive.
    pub max: Option<i64>,
}

/// Members of a structure or union.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Structure {
    /// In the model's order.
    pub members: Vec<Member>,
    /// Position of the member that is the whole body.
    pub payload: Option<u32>,
    /// Name of its XML element.
    pub xml_name: Option<String>,
    /// Namespace of its XML element.
    pub xml_namespace: Option<XmlNamespace>,
}

/// A list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct List {
    /// Element.
    pub member: Reference,
    /// Number of elements.
    pub length: Span,
    /// Whether elements are written without an element around them.
    pub flattened: bool,
    /// Whether elements may be null.
    pub sparse: bool,
}

/// A map.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Map {
    /// Key.
    pub key: Reference,
    /// Value.
    pub value: Reference,
    /// Number of entries.
    pub length: Span,
    /// Whether entries are written without an element around them.
    pub flattened: bool,
    /// Whether values may be null.
    pub sparse: bool,
}

/// Text with its limits.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Text {
    /// Number of characters.
    pub length: Span,
    /// Regular expression that values match somewhere.
    pub pattern: Option<String>,
    /// Known values; services may add others.
    pub values: Vec<String>,
}

/// Use of a shape as element, key or value.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Reference {
    /// Number of the shape.
    pub target: u32,
    /// Wire name, if it is not the default one.
    pub wire_name: Option<String>,
    /// Timestamp format given here.
    pub timestamp: Option<TimestampFormat>,
    /// XML namespace given here.
    pub xml_namespace: Option<XmlNamespace>,
}

/// A member of a structure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Member {
    /// Name that callers use.
    pub name: String,
    /// What it holds.
    pub reference: Reference,
    /// Whether it must be given.
    pub required: bool,
    /// Where it is written.
    pub location: Location,
    /// Name that ec2Query uses instead of the wire name.
    pub query_name: Option<String>,
    /// Endpoint parameter that it sets.
    pub context_parameter: Option<String>,
    /// Whether its elements are written without an element around them.
    pub flattened: bool,
    /// Whether it is an XML attribute.
    pub xml_attribute: bool,
    /// Whether it holds JSON as text.
    pub json_value: bool,
    /// Whether it makes a repeated call harmless.
    pub idempotency_token: bool,
    /// Whether it is part of the host name.
    pub host_label: bool,
    /// Whether it is a stream of bytes or events.
    pub streaming: bool,
}

/// Where a member is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Location {
    /// In the body.
    Body,
    /// A header.
    Header,
    /// Headers with a prefix.
    PrefixHeaders,
    /// Query parameter, or several for a map.
    Query,
    /// Label of the path.
    Uri,
    /// Status code of the answer.
    StatusCode,
    /// Only an endpoint parameter: the bucket of S3, which the endpoint rules put into host or path.
    Endpoint,
}

/// How a timestamp is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimestampFormat {
    /// Seconds since 1970.
    EpochSeconds,
    /// RFC 3339.
    DateTime,
    /// RFC 7231 IMF-fixdate.
    HttpDate,
}
