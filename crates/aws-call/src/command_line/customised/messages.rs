//! Metrics of CloudWatch and mail of SES, put together from simple options.
//!
//! Source: `putmetricdata.py`, `sessendemail.py`.

use serde_json::{Value, json};

use super::{
    super::{
        Parameters,
        arguments::{ArgumentTable, Sets, Takes},
        error::CommandError,
        values,
    },
    Setter, Setting, first_object, object, single,
};

const METRIC: &[(&str, Setter)] = &[
    ("metric-name", |setting, parameters| metric_text(setting, parameters, "MetricName")),
    ("timestamp", |setting, parameters| metric_text(setting, parameters, "Timestamp")),
    ("unit", |setting, parameters| metric_text(setting, parameters, "Unit")),
    ("value", |setting, parameters| {
        let value = values::float(setting.option, setting.value())?;
        metric(parameters, "Value", value)
    }),
    ("dimensions", |setting, parameters| {
        let pairs = pairs(setting)?
            .into_iter()
            .map(|(name, value)| json!({ "Name": name, "Value": value }))
            .collect();
        metric(parameters, "Dimensions", pairs)
    }),
    ("statistic-values", |setting, parameters| {
        let mut statistics = Parameters::new();
        for (name, value) in pairs(setting)? {
            statistics.insert(name.to_owned(), values::float(setting.option, value)?);
        }
        metric(parameters, "StatisticValues", Value::Object(statistics))
    }),
    ("storage-resolution", |setting, parameters| {
        let resolution = values::integer(setting.option, setting.value())?;
        metric(parameters, "StorageResolution", Value::from(resolution))
    }),
];

/// Adds the options of a single metric.
pub(super) fn edit_metric(table: &mut ArgumentTable<'_>) {
    table.make_optional("metric-data");
    for (name, setter) in METRIC {
        table.add(name, Takes::One, Sets::Custom(*setter));
    }
}

fn metric(parameters: &mut Parameters, name: &str, value: Value) -> Result<(), CommandError> {
    first_object(parameters, &single("MetricData"), || json!({}))?.insert(name.to_owned(), value);
    Ok(())
}

fn metric_text(
    setting: &Setting<'_, '_>,
    parameters: &mut Parameters,
    name: &str,
) -> Result<(), CommandError> {
    metric(parameters, name, Value::from(setting.value()))
}

/// `a=b,c=d`
fn pairs<'s>(setting: &'s Setting<'_, '_>) -> Result<Vec<(&'s str, &'s str)>, CommandError> {
    let pair = |text: &'s str| text.split_once('=').filter(|(_, value)| !value.contains('='));
    let pairs: Option<Vec<_>> = setting.value().split(',').map(pair).collect();
    pairs.ok_or_else(|| setting.bad("pairs `Name=Value` separated by commas are wanted"))
}

const MAIL: &[(&str, Takes, Setter)] = &[
    ("to", Takes::OneOrMore, |setting, parameters| addresses(setting, parameters, "ToAddresses")),
    ("cc", Takes::OneOrMore, |setting, parameters| addresses(setting, parameters, "CcAddresses")),
    ("bcc", Takes::OneOrMore, |setting, parameters| addresses(setting, parameters, "BccAddresses")),
    ("subject", Takes::One, |setting, parameters| {
        message(parameters)?.insert("Subject".to_owned(), json!({ "Data": setting.value() }));
        Ok(())
    }),
    ("text", Takes::One, |setting, parameters| body(setting, parameters, "Text")),
    ("html", Takes::One, |setting, parameters| body(setting, parameters, "Html")),
];

/// Adds the options of a simple mail.
pub(super) fn edit_email(table: &mut ArgumentTable<'_>) {
    table.make_optional("message");
    table.make_optional("destination");
    table.rename_one("source", "from");
    for (name, takes, setter) in MAIL {
        table.add(name, *takes, Sets::Custom(*setter));
    }
}

fn addresses(setting: &Setting<'_, '_>, parameters: &mut Parameters, name: &str) -> Result<(), CommandError> {
    object(parameters, "Destination")?.insert(name.to_owned(), json!(setting.values));
    Ok(())
}

fn message(parameters: &mut Parameters) -> Result<&mut Parameters, CommandError> {
    parameters.entry("Message").or_insert_with(|| json!({ "Subject": {}, "Body": {} }));
    object(parameters, "Message")
}

fn body(setting: &Setting<'_, '_>, parameters: &mut Parameters, name: &str) -> Result<(), CommandError> {
    let body = object(message(parameters)?, "Body")?;
    body.insert(name.to_owned(), json!({ "Data": setting.value() }));
    Ok(())
}
