//! botocore's protocol suites: every input and output case of every protocol.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
};

use aws_call::{
    Index, NoAnswer, Operation, Outcome, Output, Refusal, Target, pack,
    source::{IamData, ServiceSources, read_service},
};
use aws_smithy_types::{DateTime, date_time::Format};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use crate::{
    difference::same,
    documents,
    failure::Failure,
    models::{Models, names_in},
    suite::Tally,
};

const TOKEN: &str = "00000000-0000-4000-8000-000000000000";

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suite {
    metadata: Value,
    /// As text, because the order of members matters.
    shapes: Box<RawValue>,
    cases: Vec<Value>,
    client_endpoint: Option<String>,
}

struct Case {
    protocol: String,
    suite: Suite,
    shapes: Value,
    case: Value,
}

impl Case {
    fn id(&self) -> String {
        format!("{}/{}", self.protocol, self.case["id"].as_str().unwrap())
    }

    fn operation(&self) -> Operation {
        let given = &self.case["given"];
        let name = given["name"].as_str().unwrap_or("OperationName");
        let Suite { metadata, shapes, client_endpoint, .. } = &self.suite;
        let operations = json!({name: given});
        let service = format!(r#"{{"metadata":{metadata},"operations":{operations},"shapes":{shapes}}}"#);
        let url = client_endpoint.as_deref().unwrap_or("https://example.com");
        let rules = json!({"parameters": {}, "rules": [{"conditions": [], "type": "endpoint", "endpoint": {"url": url}}]});
        let rules = rules.to_string();
        let sources = ServiceSources {
            name: "suite",
            service: service.as_bytes(),
            endpoint_rules: rules.as_bytes(),
            paginators: None,
            waiters: None,
        };
        let service = read_service(sources, &IamData::default()).unwrap();
        let index = Index::from_bytes(pack(Vec::new(), &[], &[service]).unwrap()).unwrap();
        index.operation("suite", name).unwrap()
    }

    fn shape<'a>(&'a self, reference: &Value) -> &'a Value {
        &self.shapes[reference["shape"].as_str().unwrap()]
    }

    /// A value of the suite in this crate's form: bytes as base64, timestamps as text, and special floats as text.
    fn converted(&self, reference: &Value, value: &Value) -> Value {
        let shape = self.shape(reference);
        match (shape["type"].as_str().unwrap_or("structure"), value) {
            (_, Value::Null) => Value::Null,
            ("structure", Value::Object(members)) if shape["document"] != true => members
                .iter()
                .map(|(name, value)| (name.clone(), self.converted(&shape["members"][name], value)))
                .collect::<Map<_, _>>()
                .into(),
            ("list", Value::Array(values)) => {
                values.iter().map(|value| self.converted(&shape["member"], value)).collect()
            }
            ("map", Value::Object(entries)) => entries
                .iter()
                .map(|(name, value)| (name.clone(), self.converted(&shape["value"], value)))
                .collect::<Map<_, _>>()
                .into(),
            ("blob", Value::String(text)) => Value::from(STANDARD.encode(text)),
            ("timestamp", Value::Number(seconds)) => {
                let time = DateTime::from_secs_f64(seconds.as_f64().unwrap());
                Value::from(time.fmt(Format::DateTime).unwrap())
            }
            ("float" | "double", Value::Number(number)) => json!(number.as_f64()),
            ("long", Value::Number(number)) if number.as_i64().is_some_and(|long| long.abs() > 1 << 53) => {
                Value::from(number.to_string())
            }
            _ => value.clone(),
        }
    }

    fn check_input(&self) -> Result<(), String> {
        let operation = self.operation();
        let mut parameters = match self.case["given"].get("input") {
            Some(input) => self.converted(input, &self.case["params"]),
            None => json!({}),
        };
        let token = operation.idempotency_token();
        if let Some(token) = token.filter(|token| parameters.get(token).is_none_or(Value::is_null)) {
            parameters[token] = json!(TOKEN);
        }
        let target = Target { region: "us-east-1".to_owned(), endpoint: None };
        let request = operation.request(&parameters, &target).map_err(|error| aws_call::one_line(&error))?;
        let expected = &self.case["serialized"];
        let uri = expected["uri"].as_str().unwrap();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        same("path", &json!(request.path), &json!(path))?;
        same("query", &documents::pairs(&request.query), &documents::pairs(query))?;
        if let Some(method) = expected.get("method") {
            same("method", &json!(request.method), method)?;
        }
        if let Some(host) = expected["host"].as_str() {
            let base = host.split('/').next().unwrap();
            same("host", &json!(request.host), &json!(base))?;
        }
        let header = |name: &str| {
            request
                .headers
                .iter()
                .find(|(present, _)| present.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str())
        };
        for (name, value) in expected["headers"].as_object().into_iter().flatten() {
            same(name, &json!(header(name)), value)?;
        }
        for name in expected["requireHeaders"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if header(name).is_none() && !name.eq_ignore_ascii_case("content-length") {
                return Err(format!("the header {name} is missing"));
            }
        }
        for name in expected["forbidHeaders"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            same(name, &json!(header(name)), &Value::Null)?;
        }
        self.check_body(&request.body, expected)
    }

    fn check_body(&self, body: &[u8], expected: &Value) -> Result<(), String> {
        let Some(expected) = expected["body"].as_str() else { return Ok(()) };
        if expected.is_empty() {
            return same("body", &json!(String::from_utf8_lossy(body)), &json!(""));
        }
        let text = String::from_utf8_lossy(body);
        match self.suite.metadata["protocol"].as_str().unwrap() {
            "smithy-rpc-v2-cbor" => {
                same("body", &documents::cbor(body), &documents::cbor(&STANDARD.decode(expected).unwrap()))
            }
            "query" | "ec2" => same("body", &documents::pairs(&text), &documents::pairs(expected)),
            "rest-xml" if expected.trim_start().starts_with('<') => {
                same("body", &documents::xml(&text), &documents::xml(expected))
            }
            _ => match (serde_json::from_str(&text), serde_json::from_str(expected)) {
                (Ok(actual), Ok(expected)) => same("body", &actual, &expected),
                _ => same("body", &json!(text), &json!(expected)),
            },
        }
    }

    fn check_output(&self) -> Result<(), String> {
        let operation = self.operation();
        let response = &self.case["response"];
        let body = response["body"].as_str().unwrap_or_default();
        let body = match self.suite.metadata["protocol"].as_str() {
            Some("smithy-rpc-v2-cbor") => STANDARD.decode(body).unwrap(),
            _ => body.as_bytes().to_vec(),
        };
        let headers = response["headers"].as_object().into_iter().flatten();
        let headers: Vec<_> =
            headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        let status = u16::try_from(response["status_code"].as_u64().unwrap()).unwrap();
        let answer = operation.parse(status, &headers, &body);
        if self.case.get("error").is_some() {
            let (Outcome::Refused(Refusal { code, .. })
            | Outcome::NoAnswer(NoAnswer { code: Some(code), .. })) = answer
            else {
                return Err(format!("{answer:?} is not an error"));
            };
            return same("code", &json!(code), &self.case["errorCode"]);
        }
        let expected = match self.case["given"].get("output") {
            Some(output) => self.converted(output, &self.case["result"]),
            None => json!({}),
        };
        match answer {
            Outcome::Done(Output { output, .. }) => same("output", &output, &expected),
            other => Err(format!("{other:?}")),
        }
    }
}

fn cases(models: &Models, direction: &str) -> Result<Vec<Case>, Failure> {
    let folder = models.botocore.join("tests/unit/protocols").join(direction);
    let mut cases = Vec::new();
    for name in names_in(&folder)? {
        let path = folder.join(&name);
        let what = || path.display().to_string();
        let bytes = fs::read(&path).map_err(Failure::read(&path))?;
        let suites: Vec<Suite> = serde_json::from_slice(&bytes).map_err(Failure::json(what()))?;
        let protocol = name.trim_end_matches(".json").to_owned();
        for suite in suites {
            let shapes: Value = serde_json::from_str(suite.shapes.get()).map_err(Failure::json(what()))?;
            for case in &suite.cases {
                let (protocol, suite, shapes) = (protocol.clone(), suite.clone(), shapes.clone());
                cases.push(Case { protocol, suite, shapes, case: case.clone() });
            }
        }
    }
    Ok(cases)
}

/// Runs all cases; one that panics has failed.
fn run(
    models: &Models,
    direction: &str,
    check: impl Fn(&Case) -> Result<(), String>,
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for case in cases(models, direction)? {
        let result = catch_unwind(AssertUnwindSafe(|| check(&case)));
        tally.add(case.id(), result.unwrap_or_else(|_| Err("a panic".to_owned())));
    }
    Ok(tally)
}

/// Requests are written as the input suites say.
pub(crate) fn input(models: &Models) -> Result<Tally, Failure> {
    run(models, "input", Case::check_input)
}

/// Answers are read as the output suites say.
pub(crate) fn output(models: &Models) -> Result<Tally, Failure> {
    run(models, "output", Case::check_output)
}
