//! `aws s3`: commands of their own, some of which are a single call of `aws s3api`.
//!
//! Source: `awscli/customizations/s3/subcommands.py`, versions 1.45.11 and 1.46.3.

use super::{
    error::{CommandError, CommandFault, bad_value},
    global_options::{Globals, is_option},
};

/// Options that say only what is shown.
const QUIET: &[&str] = &["--quiet", "--only-show-errors", "--no-progress", "--human-readable", "--summarize"];

/// Makes `aws s3 rb`, `rm` (of one object) and `website` the commands of `aws s3api` that they are.
///
/// # Errors
/// When it is another command or more than one call, with the command of `aws s3api` to use.
pub(super) fn rewrite(mut globals: Globals) -> Result<Globals, CommandError> {
    let command = globals.command.clone().unwrap_or_default();
    let line = Line::read(&globals.rest);
    let (name, words) = match (command.as_str(), line.place(), line.options.as_slice()) {
        ("rb", Some(place), []) => ("delete-bucket", place.bucket()),
        ("rm", Some(place), []) if !place.key.is_empty() => ("delete-object", place.object()),
        ("website", Some(place), options) => ("put-bucket-website", website(&place, options)?),
        _ => return Err(refused(&command, &line, globals.region.as_deref())),
    };
    globals.ignored.extend(line.ignored);
    globals.service = Some("s3api".to_owned());
    globals.command = Some(name.to_owned());
    globals.rest = words;
    Ok(globals)
}

/// What follows the command.
struct Line<'a> {
    places: Vec<&'a str>,
    /// Options with what follows them, without those that say only what is shown.
    options: Vec<&'a str>,
    ignored: Vec<String>,
}

/// A bucket and what follows it.
struct Place<'a> {
    bucket: &'a str,
    key: &'a str,
}

impl<'a> Line<'a> {
    fn read(words: &'a [String]) -> Self {
        let (quiet, words): (Vec<&String>, Vec<&String>) =
            words.iter().partition(|word| QUIET.contains(&word.as_str()));
        let first_option = words.iter().position(|word| is_option(word)).unwrap_or(words.len());
        let (places, options) = words.split_at_checked(first_option).unwrap_or_default();
        Self {
            places: places.iter().map(|word| word.as_str()).collect(),
            options: options.iter().map(|word| word.as_str()).collect(),
            ignored: quiet.into_iter().cloned().collect(),
        }
    }

    /// The only place, if it is one in S3.
    fn place(&self) -> Option<Place<'a>> {
        match self.places.as_slice() {
            [only] => place(only),
            _ => None,
        }
    }
}

/// `s3://bucket/key`, where the bucket may be an access point.
fn place(text: &str) -> Option<Place<'_>> {
    let path = text.strip_prefix("s3://")?;
    let name_starts = if path.starts_with("arn:") {
        ["accesspoint/", "accesspoint:"].iter().find_map(|kind| Some(path.find(kind)? + kind.len()))?
    } else {
        0
    };
    let end = path.get(name_starts..)?.find('/').map_or(path.len(), |end| name_starts + end);
    let (bucket, key) = path.split_at_checked(end)?;
    let name = bucket.get(name_starts..)?;
    (!name.is_empty()).then(|| Place { bucket, key: key.strip_prefix('/').unwrap_or(key) })
}

impl Place<'_> {
    fn bucket(&self) -> Vec<String> {
        // With `=` a name that begins with a hyphen stays a value.
        vec![format!("--bucket={}", self.bucket)]
    }

    fn object(&self) -> Vec<String> {
        vec![format!("--bucket={}", self.bucket), format!("--key={}", self.key)]
    }
}

fn website(place: &Place<'_>, options: &[&str]) -> Result<Vec<String>, CommandError> {
    let mut configuration = serde_json::Map::new();
    for option in options.chunks(2) {
        let (member, name, value) = match option {
            ["--index-document", value] => ("IndexDocument", "Suffix", value),
            ["--error-document", value] => ("ErrorDocument", "Key", value),
            _ => return Err(bad_value("s3 website", "it takes `--index-document` and `--error-document`")),
        };
        configuration.insert(member.to_owned(), serde_json::json!({ name: value }));
    }
    let configuration = serde_json::Value::Object(configuration);
    Ok(vec![format!("--bucket={}", place.bucket), format!("--website-configuration={configuration}")])
}

/// The refusal of a command, with the one to use.
fn refused(command: &str, line: &Line<'_>, region: Option<&str>) -> CommandError {
    let place = line.places.first().and_then(|first| place(first));
    let bucket = place.as_ref().map_or_else(|| "BUCKET".to_owned(), |place| quoted(place.bucket));
    let instead = match command {
        "ls" if place.is_some() => format!("use `s3api list-objects-v2 --bucket {bucket}`"),
        "ls" => "use `s3api list-buckets`".to_owned(),
        "mb" => {
            let region = region.filter(|region| *region != "us-east-1");
            let constraint =
                region.map(|region| format!(" --create-bucket-configuration LocationConstraint={region}"));
            format!("use `s3api create-bucket --bucket {bucket}{}`", constraint.unwrap_or_default())
        }
        "rb" => format!("use `s3api delete-bucket --bucket {bucket}` when it is empty"),
        "rm" => "use `s3api delete-object`, or `s3api delete-objects` with the keys".to_owned(),
        "cp" => "use `s3api copy-object`, `s3api get-object`, or `s3api put-object`".to_owned(),
        "mv" => "use `s3api copy-object` and then `s3api delete-object`".to_owned(),
        "sync" => "use `s3api copy-object` for each object".to_owned(),
        "presign" => "a link is made without a call".to_owned(),
        _ => "use `s3api`, whose commands are single API calls".to_owned(),
    };
    let message = match command {
        "mb" => "`aws s3 mb` depends on the region that the client is set to".to_owned(),
        "ls" | "rb" | "rm" | "cp" | "mv" | "sync" | "presign" | "website" => {
            format!("`aws s3 {command}` stands for no single API call")
        }
        _ => "this command of `aws s3` stands for no single API call".to_owned(),
    };
    CommandError::new(CommandFault::NotOneCall, message).instead(instead)
}

/// A word that a shell takes as it is.
fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-._:/=".contains(character);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_bucket_or_access_point_and_a_key() {
        let access_point = "arn:aws:s3:us-west-2:123456789012:accesspoint/mine";
        for (text, bucket, key) in [
            ("s3://b", "b", ""),
            ("s3://b/", "b", ""),
            ("s3://b/k/l/", "b", "k/l/"),
            (&format!("s3://{access_point}"), access_point, ""),
            (&format!("s3://{access_point}/k/l"), access_point, "k/l"),
        ] {
            let place = place(text).unwrap();
            assert_eq!((place.bucket, place.key), (bucket, key), "{text}");
        }
        for text in ["b", "s3://", "s3:///k", "s3://arn:aws:s3:::b", "s3://arn:aws:s3:::accesspoint/"] {
            assert!(place(text).is_none(), "{text}");
        }
    }
}
