//! How exactly times are sent: whole seconds in headers and HTTP dates, microseconds elsewhere.
//!
//! botocore does so since it sends fractions of seconds at all; before 1.44 it left them out wherever a time is a number.

use aws_smithy_schema::{
    serde::{SerdeError, ShapeSerializer},
    traits::TimestampFormat,
};
use aws_smithy_types::DateTime;

use crate::schemas::Lasting;

/// Writes a time with the digits that are sent.
pub(super) fn write(
    schema: Lasting,
    time: &DateTime,
    serializer: &mut dyn ShapeSerializer,
) -> Result<(), SerdeError> {
    let http_date =
        schema.timestamp_format().is_some_and(|named| named.format() == TimestampFormat::HttpDate);
    let nanos = if http_date || schema.http_header().is_some() { 0 } else { time.subsec_nanos() };
    serializer.write_timestamp(schema, &DateTime::from_secs_and_nanos(time.secs(), nanos / 1_000 * 1_000))
}
