//! The index as a whole: every operation of botocore's models is in it, loads and describes itself, and it is small.

use std::{collections::BTreeMap, fs};

use aws_call::{Access, Index, LookupError, Place};
use serde_json::Value;

use crate::{
    failure::Failure,
    models::{Models, names_in, read_json},
    suite::Tally,
};

/// Largest index, in bytes.
const LARGEST: u64 = 3_500_000;

pub(crate) fn complete(models: &Models) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let data = models.botocore.join("botocore/data");
    for service in names_in(&data)? {
        // Versions are dates, so the last one is the newest; files such as `endpoints.json` have none.
        let folder = data.join(&service);
        let versions = if folder.is_dir() { names_in(&folder)? } else { Vec::new() };
        let Some(newest) = versions.iter().rfind(|version| folder.join(version).is_dir()) else { continue };
        let model = read_json(&folder.join(newest).join("service-2.json"))?;
        *counts.entry("services").or_default() += 1;
        for name in model.get("operations").and_then(Value::as_object).into_iter().flat_map(|all| all.keys())
        {
            let result = described(&models.index, &service, name, &mut counts);
            tally.add(format!("{service}/{name}"), result.map_err(|error| error.to_string()));
        }
    }
    let bytes = fs::metadata(&models.index_path).map_err(Failure::read(&models.index_path))?.len();
    tally.add(
        "size",
        if bytes <= LARGEST { Ok(()) } else { Err(format!("{bytes} bytes, not {LARGEST} at most")) },
    );
    tally.counts = counts.into_iter().map(|(name, count)| (name.to_owned(), f64::from(count))).collect();
    #[expect(clippy::cast_precision_loss, reason = "a file of this size is exact")]
    tally.counts.push(("bytes".to_owned(), bytes as f64));
    Ok(tally)
}

/// Loads an operation with both of its schemas, and counts what is said of it.
fn described(
    index: &Index,
    service: &str,
    name: &str,
    counts: &mut BTreeMap<&str, u32>,
) -> Result<(), LookupError> {
    let place = Place { partition: "aws", account: "*", region: "*" };
    let description = index.operation(service, name)?.describe(&Value::Null, &place);
    for (count, holds) in [
        ("operations", true),
        ("unsupported", !description.supported),
        ("access_unknown", description.access == Access::Unknown),
        ("access_reads", !description.mutating),
        ("access_credentials", description.access == Access::Credentials),
        ("with_iam_actions", !description.iam_actions.is_empty()),
        ("with_arn_templates", !description.arn_templates.is_empty()),
        ("with_summary", !description.summary.is_empty()),
        (
            "with_secrets",
            !description.sensitive_parameters.is_empty() || !description.sensitive_output.is_empty(),
        ),
        ("with_idempotency_token", description.idempotency_token.is_some()),
        ("paginated", description.paginated),
    ] {
        *counts.entry(count).or_default() += u32::from(holds);
    }
    Ok(())
}
