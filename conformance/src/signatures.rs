//! Signatures against botocore's, and against the suite that AWS published for Signature Version 4.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_call::{Credentials, Request};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;

use crate::{
    documents,
    failure::Failure,
    models::{Models, names_in},
    oracle,
    suite::Tally,
};

/// Number of requests that botocore signs.
const COUNT: &str = "1000";
const ACCESS_KEY: &str = "AKIDEXAMPLE";
const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A line of the oracle.
#[derive(Deserialize)]
struct Case {
    name: String,
    request: Parts,
    signing_name: String,
    signing_region: String,
    seconds: u64,
    token: Option<String>,
    signed: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Parts {
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    body_base64: String,
}

/// The same headers as botocore adds to requests over all protocols, with and without session token.
pub(crate) fn botocore(models: &Models) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    oracle::ask(models, "signatures.py", &[COUNT], |line| {
        let case: Case = serde_json::from_value(line).map_err(Failure::json("signatures.py"))?;
        tally.add(case.name.clone(), check(&case));
        Ok(())
    })?;
    Ok(tally)
}

fn check(case: &Case) -> Result<(), String> {
    let Case { request: parts, .. } = case;
    let [scheme, host, path, query] = documents::parts_of_url(&parts.url).ok_or("a URL without scheme")?;
    let request = Request {
        method: parts.method.clone(),
        scheme: scheme.to_owned(),
        host: host.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: parts.headers.clone().into_iter().collect(),
        body: STANDARD.decode(&parts.body_base64).map_err(|error| error.to_string())?,
        signing_name: case.signing_name.clone(),
        signing_region: case.signing_region.clone(),
    };
    let moment = UNIX_EPOCH + Duration::from_secs(case.seconds);
    let added = added(&request, case.token.clone(), moment)?;
    if added == case.signed {
        return Ok(());
    }
    Err(format!("{} is not {}", json!(added), json!(case.signed)))
}

/// What signing adds, but for `host`.
fn added(
    request: &Request,
    token: Option<String>,
    moment: SystemTime,
) -> Result<BTreeMap<String, String>, String> {
    let credentials = Credentials::new(ACCESS_KEY, SECRET_KEY, token, None, "suite");
    let signed = request.signed_headers(&credentials, moment).map_err(|error| aws_call::one_line(&error))?;
    let given = |name: &str| name == "host" || request.headers.iter().any(|(given, _)| given == name);
    Ok(signed.into_iter().filter(|(name, _)| !given(name)).collect())
}

/// The suite's requests, each with its `Authorization`.
pub(crate) fn suite(models: &Models) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let mut folders = vec![models.botocore.join("tests/unit/auth/aws4_testsuite")];
    while let Some(folder) = folders.pop() {
        for name in names_in(&folder)? {
            let path = folder.join(&name);
            if path.is_dir() {
                folders.push(path);
            } else if let Some(case) = name.strip_suffix(".req") {
                tally.add(case, suite_case(&path)?);
            }
        }
    }
    Ok(tally)
}

fn suite_case(path: &Path) -> Result<Result<(), String>, Failure> {
    let read = |extension: &str| {
        let path = path.with_extension(extension);
        fs::read_to_string(&path).map_err(Failure::read(&path))
    };
    let (text, signed, expected) = (read("req")?, read("sreq")?, read("authz")?);
    // A token that is not signed is added later, which is no matter of the signature.
    let token = signed.lines().find_map(|line| line.strip_prefix("X-Amz-Security-Token:")).map(str::trim);
    let token = token.filter(|_| expected.contains(";x-amz-security-token")).map(str::to_owned);
    Ok(agrees(&text, token, expected.trim()))
}

fn agrees(text: &str, token: Option<String>, expected: &str) -> Result<(), String> {
    let request = parsed(text).ok_or("a request that cannot be read")?;
    // 2015-08-30T12:36:00Z, the time of every case.
    let added = added(&request, token, UNIX_EPOCH + Duration::from_secs(1_440_938_160))?;
    let actual = added.get("authorization").map(String::as_str);
    if actual == Some(expected) { Ok(()) } else { Err(format!("{actual:?} is not {expected:?}")) }
}

/// A request as it stands in a file, without the headers that signing adds.
fn parsed(text: &str) -> Option<Request> {
    let text = text.replace('\r', "");
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    // The target may hold spaces.
    let (method, rest) = lines.next()?.split_once(' ')?;
    let target = rest.strip_suffix(" HTTP/1.1")?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        match line.split_once(':').filter(|_| !line.starts_with(char::is_whitespace)) {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            // A line that goes on is joined to the one before (RFC 9112, section 5.2).
            None => {
                let (_, value) = headers.last_mut()?;
                value.push(' ');
                value.push_str(line.trim());
            }
        }
    }
    let mut take = |name: &str| {
        let at = headers.iter().position(|(present, _)| present == name)?;
        Some(headers.remove(at).1)
    };
    let (host, _, _) = (take("host")?, take("x-amz-date"), take("x-amz-security-token"));
    Some(Request {
        method: method.to_owned(),
        scheme: "https".to_owned(),
        host,
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.as_bytes().to_vec(),
        signing_name: "service".to_owned(),
        signing_region: "us-east-1".to_owned(),
    })
}
