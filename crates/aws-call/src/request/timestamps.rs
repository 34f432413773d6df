//! How exactly times are sent.
//!
//! botocore sends whole seconds in headers and where a time is a number or an HTTP date, and microseconds where it is text;
//! Bedrock AgentCore gets milliseconds.

use aws_smithy_schema::{
    serde::{SerdeError, ShapeSerializer},
    traits,
};
use aws_smithy_types::{DateTime, date_time::Format};

use crate::{
    model::{Protocol, TimestampFormat},
    schemas::{Graph, Lasting},
};

/// Writes a time with the digits that the service gets.
pub(super) fn write(
    graph: &Graph,
    schema: Lasting,
    time: &DateTime,
    serializer: &mut dyn ShapeSerializer,
) -> Result<(), SerdeError> {
    let (seconds, nanos) = (time.secs(), time.subsec_nanos());
    if schema.http_header().is_some() {
        return serializer.write_timestamp(schema, &DateTime::from_secs(seconds));
    }
    let digits = |unit: u32| DateTime::from_secs_and_nanos(seconds, nanos / unit * unit);
    match (format(graph, schema), graph.milliseconds) {
        (TimestampFormat::HttpDate, _) | (TimestampFormat::EpochSeconds, false) => {
            serializer.write_timestamp(schema, &DateTime::from_secs(seconds))
        }
        (TimestampFormat::EpochSeconds, true) => serializer.write_timestamp(schema, &digits(1_000_000)),
        (TimestampFormat::DateTime, false) => serializer.write_timestamp(schema, &digits(1_000)),
        (TimestampFormat::DateTime, true) => {
            let whole = DateTime::from_secs(seconds).fmt(Format::DateTime);
            let whole = whole.map_err(|error| SerdeError::custom(error.to_string()))?;
            let text = format!("{}.{:03}Z", whole.trim_end_matches('Z'), nanos / 1_000_000);
            serializer.write_string(schema, &text)
        }
    }
}

/// The format that is named where the time is used, else that of its place.
fn format(graph: &Graph, schema: Lasting) -> TimestampFormat {
    if let Some(named) = schema.timestamp_format() {
        return match named.format() {
            traits::TimestampFormat::EpochSeconds => TimestampFormat::EpochSeconds,
            traits::TimestampFormat::HttpDate => TimestampFormat::HttpDate,
            _ => TimestampFormat::DateTime,
        };
    }
    if schema.http_header().is_some() {
        return TimestampFormat::HttpDate;
    }
    if schema.http_query().is_some() || schema.http_label().is_some() {
        return TimestampFormat::DateTime;
    }
    match graph.protocol {
        Protocol::RestXml | Protocol::AwsQuery | Protocol::Ec2Query => TimestampFormat::DateTime,
        Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson | Protocol::RpcV2Cbor => {
            TimestampFormat::EpochSeconds
        }
    }
}
