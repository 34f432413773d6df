//! Where a revision of CodeDeploy lies.
//!
//! Source: `codedeploy/locationargs.py`.

use serde_json::{Map, Value, json};

use super::{
    super::{
        Parameters,
        arguments::{ArgumentTable, Sets, Takes},
        error::CommandError,
        values,
    },
    Setting,
};

/// Adds the options of locations.
pub(super) fn edit(table: &mut ArgumentTable<'_>) {
    table.make_optional("revision");
    table.add("s3-location", Takes::One, Sets::Custom(s3));
    table.add("github-location", Takes::One, Sets::Custom(github));
}

fn s3(setting: &Setting<'_, '_>, parameters: &mut Parameters) -> Result<(), CommandError> {
    let location = location(setting, &["bucket", "key", "bundleType"], &["eTag", "version"])?;
    parameters.insert("revision".to_owned(), json!({ "revisionType": "S3", "s3Location": location }));
    Ok(())
}

fn github(setting: &Setting<'_, '_>, parameters: &mut Parameters) -> Result<(), CommandError> {
    let location = location(setting, &["repository", "commitId"], &[])?;
    parameters.insert("revision".to_owned(), json!({ "revisionType": "GitHub", "gitHubLocation": location }));
    Ok(())
}

fn location(
    setting: &Setting<'_, '_>,
    required: &[&str],
    optional: &[&str],
) -> Result<Map<String, Value>, CommandError> {
    let mut given = values::unmodelled(setting.option, setting.value())?;
    if required.iter().any(|name| given.get(*name).and_then(Value::as_str).is_none_or(str::is_empty)) {
        return Err(setting.bad(&format!("{} must be given", required.join(", "))));
    }
    given.retain(|name, _| required.contains(&name.as_str()) || optional.contains(&name.as_str()));
    Ok(given)
}
