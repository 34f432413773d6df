//! Requests against botocore's own: every operation minimally and maximally filled, those of the most used services at
//! random.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use aws_call::{Request, Target};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{checksums, difference::same, documents, failure::Failure, models::Models, oracle, suite::Tally};

/// Random fillings of each operation of the most used services.
const RANDOM: usize = 20;
/// The same with the newer models.
const RANDOM_NEWER: usize = 2;

/// A line of the oracle.
#[derive(Deserialize)]
struct Case {
    service: String,
    operation: String,
    kind: String,
    region: String,
    protocol: String,
    parameters: Value,
    request: Option<Expected>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Expected {
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    /// Headers that are lists: separators with and without a space are the same.
    list_headers: Vec<String>,
    body_base64: String,
    /// `REGION/NAME`, if botocore signs the request with Signature Version 4.
    scope: Option<String>,
}

/// Asks the oracle in as many processes as there are processors, and compares while it works.
pub(crate) fn equal(models: &Models) -> Result<Tally, Failure> {
    let shares = thread::available_parallelism().map_or(1, usize::from);
    let times = if models.are_pinned() { RANDOM } else { RANDOM_NEWER };
    let shares: Vec<Result<Share, Failure>> = thread::scope(|scope| {
        let running: Vec<_> =
            (0..shares).map(|share| scope.spawn(move || Share::run(models, share, shares, times))).collect();
        running.into_iter().map(|share| share.join().unwrap_or_else(|_| Err(panicked()))).collect()
    });
    let mut sum = Share::default();
    for share in shares {
        sum.add(share?);
    }
    sum.tally.failed.sort();
    sum.tally.counts = sum.kinds.into_iter().map(|(kind, count)| (kind, count as f64)).collect();
    Ok(sum.tally)
}

fn panicked() -> Failure {
    Failure::Other("the comparison of requests panicked".to_owned())
}

#[derive(Default)]
struct Share {
    tally: Tally,
    /// Number of cases by kind.
    kinds: BTreeMap<String, usize>,
}

impl Share {
    fn run(models: &Models, share: usize, shares: usize, times: usize) -> Result<Self, Failure> {
        let arguments = [share, shares, times].map(|number| number.to_string());
        let arguments = arguments.each_ref().map(String::as_str);
        let mut sum = Self::default();
        oracle::ask(models, "requests.py", &arguments, |line| {
            let case: Case = serde_json::from_value(line).map_err(Failure::json("requests.py"))?;
            let result = catch_unwind(AssertUnwindSafe(|| check(models, &case)));
            let result = result.unwrap_or_else(|_| Err("a panic".to_owned()));
            sum.tally.add(format!("{}/{}/{}", case.service, case.operation, case.kind), result);
            let kind = case.kind.split('-').next().unwrap_or_default();
            *sum.kinds.entry(kind.to_owned()).or_default() += 1;
            Ok(())
        })?;
        Ok(sum)
    }

    fn add(&mut self, other: Self) {
        self.tally.total += other.tally.total;
        self.tally.failed.extend(other.tally.failed);
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
    }
}

fn check(models: &Models, case: &Case) -> Result<(), String> {
    let Some(expected) = &case.request else {
        return Err(format!("botocore made no request: {}", case.error.as_deref().unwrap_or_default()));
    };
    let operation =
        models.index.operation(&case.service, &case.operation).map_err(|error| error.to_string())?;
    let target = Target { region: case.region.clone(), endpoint: None };
    let request = operation.render(&case.parameters, &target).map_err(|error| aws_call::one_line(&error))?;
    compare(&request, expected, &case.protocol)
}

fn compare(request: &Request, expected: &Expected, protocol: &str) -> Result<(), String> {
    same("method", &json!(request.method), &json!(expected.method))?;
    let [scheme, host, path, query] = documents::parts_of_url(&expected.url).ok_or("a URL without scheme")?;
    same("scheme", &json!(request.scheme), &json!(scheme))?;
    same("host", &json!(request.host), &json!(host))?;
    same("path", &json!(request.path), &json!(path))?;
    same("query", &documents::pairs(&request.query), &documents::pairs(query))?;
    if let Some(scope) = &expected.scope {
        same("scope", &json!(format!("{}/{}", request.signing_region, request.signing_name)), &json!(scope))?;
    }
    let body = STANDARD.decode(&expected.body_base64).map_err(|error| error.to_string())?;
    Headers { request, expected, protocol, body: &body }.check()?;
    if expected.headers.get("content-encoding").is_some_and(|encodings| encodings.ends_with("gzip")) {
        // The same contents compressed by two programs may differ.
        return documents::same_body(protocol, &documents::gunzip(&request.body), &documents::gunzip(&body));
    }
    documents::same_body(protocol, &request.body, &body)
}

struct Headers<'a> {
    request: &'a Request,
    expected: &'a Expected,
    protocol: &'a str,
    body: &'a [u8],
}

impl Headers<'_> {
    fn check(&self) -> Result<(), String> {
        let actual = &self.request.headers;
        let known: BTreeMap<&str, &str> =
            actual.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if known.len() != actual.len() {
            return Err(format!("a header stands twice: {actual:?}"));
        }
        for (name, expected) in &self.expected.headers {
            match known.get(name.as_str()) {
                Some(actual) if self.same(name, actual, expected) => {}
                actual => return Err(format!("{name}: {actual:?} is not {expected:?}")),
            }
        }
        match known.iter().find(|(name, _)| !self.expected.headers.contains_key(**name)) {
            Some((&"content-type", value)) if self.may_be_added(value) => Ok(()),
            Some((name, value)) => Err(format!("{name}: {value:?} is not sent by botocore")),
            None => Ok(()),
        }
    }

    fn same(&self, name: &str, actual: &str, expected: &str) -> bool {
        if actual == expected {
            return true;
        }
        if name == "content-type" {
            // Every form is UTF-8; botocore says so, the protocol suites do not.
            return expected == format!("{actual}; charset=utf-8") && actual == FORM;
        }
        if self.expected.list_headers.iter().any(|list| list == name) {
            return documents::header_list(actual) == documents::header_list(expected);
        }
        // Of bodies that say the same in other bytes, each has its own checksum.
        name.strip_prefix("x-amz-checksum-").is_some_and(|algorithm| {
            self.request.body != self.body
                && checksums::of(algorithm, self.body).as_deref() == Some(expected)
                && checksums::of(algorithm, &self.request.body).as_deref() == Some(actual)
        })
    }

    /// The protocol suites want a type for XML, bytes and text, where botocore sends none.
    fn may_be_added(&self, content_type: &str) -> bool {
        match self.protocol {
            "rest-xml" => {
                matches!(content_type, "application/xml" | "application/octet-stream" | "text/plain")
            }
            "rest-json" => matches!(content_type, "application/octet-stream" | "text/plain"),
            _ => false,
        }
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
