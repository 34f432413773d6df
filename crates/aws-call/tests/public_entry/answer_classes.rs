//! What answers mean: every class of answer, in every protocol, has one outcome.

use aws_call::{
    Index, NoAnswer, Operation, Outcome, Output, Refusal,
    model::Protocol,
    pack,
    source::{IamData, ServiceSources, read_service},
};
use serde_json::json;

use crate::{given, matrix::matrix_of};

matrix_of!(Class {
    Success,
    SuccessUnreadable,
    ClientError,
    ClientErrorWithoutBody,
    ClientErrorOfAProxy,
    ClientErrorBrokenOff,
    Throttled400,
    Throttled429,
    Throttled500,
    Throttled503,
    ListedRefusal500,
    ServerError,
    ServerErrorWithoutBody,
    BadGateway,
    ServiceUnavailable,
    GatewayTimeout,
    RequestTimeout408,
    RequestTimeoutCode,
    Redirect,
});

#[derive(Debug)]
enum Expected {
    Done,
    DoneUnreadable,
    Refused(u16, String),
    NoAnswer(u16, Option<String>),
}

/// An operation of each protocol, and of each way to wrap an error in it.
const OPERATIONS: &[(&str, &str, Protocol)] = &[
    ("dynamodb", "DescribeTable", Protocol::AwsJson10),
    ("ssm", "GetParameter", Protocol::AwsJson11),
    ("lambda", "GetFunctionConfiguration", Protocol::RestJson),
    ("s3", "GetBucketTagging", Protocol::RestXml),
    ("route53", "GetHostedZone", Protocol::RestXml),
    ("iam", "GetRole", Protocol::AwsQuery),
    ("ec2", "DescribeInstances", Protocol::Ec2Query),
    ("cbor", "Get", Protocol::RpcV2Cbor),
];

/// An operation of the index; of CBOR, which no service of the pinned models prefers, one that is made up.
fn operation(service: &str, name: &str) -> Operation {
    if service != "cbor" {
        return given::operation(service, name);
    }
    let model = json!({
        "metadata": {"protocol": "smithy-rpc-v2-cbor", "targetPrefix": "Cbor"},
        "operations": {"Get": {"name": "Get", "http": {"method": "POST", "requestUri": "/"}, "output": {"shape": "Out"}}},
        "shapes": {
            "Out": {"type": "structure", "members": {"A": {"shape": "Text"}, "All": {"shape": "Outs"}}},
            "Outs": {"type": "list", "member": {"shape": "Out"}},
            "Text": {"type": "string"},
        },
    });
    let model = model.to_string();
    let sources = ServiceSources {
        name: service,
        service: model.as_bytes(),
        endpoint_rules: br#"{"parameters": {}, "rules": []}"#,
        paginators: None,
        waiters: None,
    };
    let service = read_service(sources, &IamData::default()).unwrap();
    Index::from_bytes(pack(Vec::new(), &[], &[service]).unwrap()).unwrap().operation("cbor", name).unwrap()
}

#[test]
fn every_protocol_of_the_index_is_in_the_matrix() {
    for (service, name, protocol) in OPERATIONS {
        assert_eq!(operation(service, name).protocol(), *protocol, "{service}");
    }
    let index = given::index();
    for service in index.services() {
        let first = index.operations(service).unwrap().remove(0);
        let protocol = given::operation(service, &first).protocol();
        assert!(OPERATIONS.iter().any(|(_, _, covered)| *covered == protocol), "{service}: {protocol:?}");
    }
}

/// CBOR (RFC 8949) of an object of short texts.
fn cbor(entries: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| {
        assert!(text.len() < 256);
        [&[0x78, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
    };
    let mut bytes = vec![0xa0 + u8::try_from(entries.len()).unwrap()];
    for (name, value) in entries {
        bytes.extend(text(name));
        bytes.extend(text(value));
    }
    bytes
}

/// An error as the service of `operation` writes it.
fn error(service: &str, protocol: Protocol, code: &str) -> (Vec<(String, String)>, Vec<u8>) {
    let mut headers = vec![("x-amzn-requestid".to_owned(), "req-1".to_owned())];
    let body = match protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 => {
            json!({"__type": format!("com.amazonaws#{code}"), "message": "said"}).to_string().into_bytes()
        }
        Protocol::RestJson => {
            headers.push(("X-Amzn-ErrorType".to_owned(), format!("{code}:http://internal.amazon.com/")));
            br#"{"message":"said","Type":"User"}"#.to_vec()
        }
        Protocol::RestXml if service == "s3" => {
            format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>said</Message></Error>").into_bytes()
        }
        Protocol::RestXml | Protocol::AwsQuery => format!(
            "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>{code}</Code><Message>said</Message></Error>\
             <RequestId>r</RequestId></ErrorResponse>"
        )
        .into_bytes(),
        Protocol::Ec2Query => format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>said</Message></Error></Errors><RequestID>r</RequestID></Response>"
        )
        .into_bytes(),
        Protocol::RpcV2Cbor => {
            headers.push(("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned()));
            cbor(&[("__type", &format!("com.amazonaws#{code}")), ("message", "said")])
        }
    };
    (headers, body)
}

fn success(service: &str, protocol: Protocol) -> Vec<u8> {
    match (service, protocol) {
        (_, Protocol::AwsJson10 | Protocol::AwsJson11 | Protocol::RestJson) => b"{}".to_vec(),
        ("s3", _) => b"<Tagging><TagSet></TagSet></Tagging>".to_vec(),
        ("iam", _) => b"<GetRoleResponse><GetRoleResult/></GetRoleResponse>".to_vec(),
        (_, Protocol::RestXml | Protocol::AwsQuery | Protocol::Ec2Query) => b"<Response></Response>".to_vec(),
        (_, Protocol::RpcV2Cbor) => cbor(&[]),
    }
}

/// Each class: status, headers, body, and what becomes of it.
fn case(class: Class, service: &str, protocol: Protocol) -> (u16, Vec<(String, String)>, Vec<u8>, Expected) {
    let with_code = |status: u16, code: &str, expected: fn(u16, String) -> Expected| {
        let (headers, body) = error(service, protocol, code);
        (status, headers, body, expected(status, code.to_owned()))
    };
    let unanswered = |status, code| Expected::NoAnswer(status, Some(code));
    let plain = |status: u16, body: &[u8], expected: Expected| (status, Vec::new(), body.to_vec(), expected);
    const PAGE: &[u8] = b"<html><head><title>x</title></head><body>blocked by <b>proxy</b></body></html>";
    match class {
        Class::Success => plain(200, &success(service, protocol), Expected::Done),
        Class::SuccessUnreadable => {
            let mut body = success(service, protocol);
            body.pop();
            // In CBOR the shortest body is an item that does not end.
            let body = if body.is_empty() { vec![0xa1, 0x61] } else { body };
            plain(200, &body, Expected::DoneUnreadable)
        }
        Class::ClientError => with_code(404, "NoSuchThing", Expected::Refused),
        Class::ClientErrorWithoutBody => plain(404, b"", Expected::Refused(404, "HTTP 404".to_owned())),
        Class::ClientErrorOfAProxy => plain(403, PAGE, Expected::NoAnswer(403, None)),
        Class::ClientErrorBrokenOff => {
            let (headers, mut body) = error(service, protocol, "NoSuchThing");
            body.truncate(body.len() / 2);
            // Where the code is a header, it has come.
            let expected = if protocol == Protocol::RestJson {
                Expected::Refused(400, "NoSuchThing".to_owned())
            } else {
                Expected::NoAnswer(400, None)
            };
            (400, headers, body, expected)
        }
        Class::Throttled400 => with_code(400, "ThrottlingException", Expected::Refused),
        Class::Throttled429 => with_code(429, "TooManyRequestsException", Expected::Refused),
        Class::Throttled500 => with_code(500, "Throttling", Expected::Refused),
        Class::Throttled503 => with_code(503, "SlowDown", Expected::Refused),
        Class::ListedRefusal500 => with_code(500, "AccessDeniedException", Expected::Refused),
        Class::ServerError => with_code(500, "InternalFailure", unanswered),
        Class::ServerErrorWithoutBody => plain(500, b"", Expected::NoAnswer(500, None)),
        Class::BadGateway => plain(502, PAGE, Expected::NoAnswer(502, None)),
        Class::ServiceUnavailable => with_code(503, "ServiceUnavailable", unanswered),
        Class::GatewayTimeout => plain(504, b"", Expected::NoAnswer(504, None)),
        Class::RequestTimeout408 => with_code(408, "ValidationException", unanswered),
        Class::RequestTimeoutCode => with_code(400, "RequestTimeout", unanswered),
        Class::Redirect => with_code(301, "PermanentRedirect", unanswered),
    }
}

fn check(name: &str, outcome: &Outcome, expected: &Expected) {
    let right = match (expected, outcome) {
        (Expected::Done, Outcome::Done(output)) => output.status == 200,
        (Expected::DoneUnreadable, Outcome::DoneUnreadable { .. }) => true,
        (Expected::Refused(status, code), Outcome::Refused(refusal)) => {
            (refusal.status, &refusal.code) == (*status, code)
        }
        (Expected::NoAnswer(status, code), Outcome::NoAnswer(answer)) => {
            answer.status == Some(*status) && answer.code == *code
        }
        (Expected::Done | Expected::DoneUnreadable | Expected::Refused(..) | Expected::NoAnswer(..), _) => {
            false
        }
    };
    assert!(right, "{name}: {expected:?} was expected, not {outcome:?}");
}

#[test]
fn every_class_of_answer_has_its_outcome_in_every_protocol() {
    for (service, name, protocol) in OPERATIONS {
        let operation = operation(service, name);
        for class in Class::ALL {
            let (status, headers, body, expected) = case(*class, service, *protocol);
            check(&format!("{service} {class:?}"), &operation.parse(status, &headers, &body), &expected);
        }
    }
}

#[test]
fn the_message_of_an_error_is_read_in_every_protocol_and_half_a_message_in_none() {
    for (service, name, protocol) in OPERATIONS {
        let (headers, mut body) = error(service, *protocol, "NoSuchThing");
        let outcome = operation(service, name).parse(400, &headers, &body);
        let Outcome::Refused(Refusal { message, request_id, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!((message.as_str(), request_id.as_deref()), ("said", Some("req-1")), "{service}");
        body.truncate(body.len() / 2);
        let outcome = operation(service, name).parse(400, &headers, &body);
        if let Outcome::Refused(Refusal { message, .. }) = outcome {
            assert_eq!(message, "", "{service}");
        }
    }
}

#[test]
fn an_error_that_s3_finds_late_is_no_answer() {
    for (name, good) in [
        ("CopyObject", "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>"),
        (
            "CompleteMultipartUpload",
            "<CompleteMultipartUploadResult><Key>k</Key></CompleteMultipartUploadResult>",
        ),
        ("UploadPartCopy", "<CopyPartResult><ETag>e</ETag></CopyPartResult>"),
    ] {
        let operation = given::operation("s3", name);
        let parse = |body: &str| operation.parse(200, &[], body.as_bytes());
        assert!(matches!(parse(good), Outcome::Done(_)), "{name}");
        for blank in ["", "\n\n  ", "<?xml version=\"1.0\"?>\n"] {
            let late = format!(
                "{blank}<Error><Code>InternalError</Code><Message>m</Message><RequestId>r9</RequestId></Error>"
            );
            let outcome = parse(&late);
            let Outcome::NoAnswer(NoAnswer { status, code, request_id, .. }) = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!(
                (status, code.as_deref(), request_id.as_deref()),
                (Some(200), Some("InternalError"), Some("r9"))
            );
        }
        // Where the error would stand, it breaks off: nobody knows.
        let outcome = parse("<?xml version=\"1.0\"?>\n<Err");
        assert!(matches!(outcome, Outcome::NoAnswer(_)), "{name}: {outcome:?}");
    }
}

#[test]
fn a_code_of_a_former_query_protocol_is_taken_from_its_header() {
    let headers =
        [("x-amzn-query-error".to_owned(), "AWS.SimpleQueueService.NonExistentQueue;Sender".to_owned())];
    let body = br#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}"#;
    let outcome = given::operation("sqs", "GetQueueUrl").parse(400, &headers, body);
    let Outcome::Refused(refusal) = &outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.code, "AWS.SimpleQueueService.NonExistentQueue");
}

fn output_of(operation: &Operation, headers: &[(&str, &str)], body: &[u8]) -> serde_json::Value {
    let headers: Vec<_> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    match operation.parse(200, &headers, body) {
        Outcome::Done(Output { output, .. }) => output,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cbor_list_that_ends_too_soon_is_not_read() {
    let headers = [("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned())];
    // A list without length, and one that says that it has 2^63 elements.
    for list in [&b"\xbf\x63All\x9f"[..], b"\xbf\x63All\x9b\x80\0\0\0\0\0\0\0"] {
        let outcome = operation("cbor", "Get").parse(200, &headers, list);
        assert!(matches!(outcome, Outcome::DoneUnreadable { .. }), "{outcome:?}");
    }
    let whole = b"\xbf\x63All\x9f\xa1\x61A\x61x\xff\xff";
    let headers = [("smithy-protocol", "rpc-v2-cbor")];
    assert_eq!(output_of(&operation("cbor", "Get"), &headers, whole), json!({"All": [{"A": "x"}]}));
}

#[test]
fn a_stream_is_given_as_base64_up_to_five_megabytes() {
    let get = given::operation("s3", "GetObject");
    assert_eq!(get.unsupported(), None);
    let output = output_of(&get, &[("content-type", "text/plain"), ("x-amz-meta-a", "1")], b"<Error/> \xff");
    assert_eq!(output["Body"], "PEVycm9yLz4g/w==");
    assert_eq!(output["Metadata"], json!({"a": "1"}));
    assert_eq!(output_of(&get, &[], &vec![0; 5 << 20])["Body"].as_str().unwrap().len(), 6_990_508);
    let outcome = get.parse(200, &[], &vec![0; (5 << 20) + 1]);
    let Outcome::DoneUnreadable { reason, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(reason, "the answer's body is larger than 5 MB");
    let invoked = output_of(&given::operation("lambda", "Invoke"), &[], &vec![b'1'; 6 << 20]);
    assert_eq!(invoked["Payload"].as_str().unwrap().len(), 8 << 20);
}

#[test]
fn an_object_without_its_checksum_is_not_read() {
    let get = given::operation("s3", "GetObject");
    let parse = |status: u16, name: &str, checksum: &str| {
        get.parse(status, &[(format!("x-amz-checksum-{name}"), checksum.to_owned())], b"123456789")
    };
    // The check values of CRC-32 and CRC-32C.
    for (name, checksum) in [("crc32", "y/Q5Jg=="), ("crc32c", "4waSgw=="), ("crc32", "AAAAAA==-2")] {
        assert!(matches!(parse(200, name, checksum), Outcome::Done(_)), "{name} {checksum}");
    }
    for name in ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"] {
        let outcome = parse(200, name, "AAAAAA==");
        assert!(matches!(outcome, Outcome::DoneUnreadable { .. }), "{name}: {outcome:?}");
    }
    assert!(matches!(parse(206, "crc32", "AAAAAA=="), Outcome::Done(_)));
}

#[test]
fn text_in_xml_is_read_as_a_whole() {
    let body =
        b"<GetRoleResponse xmlns:n=\"x\"><n:GetRoleResult><n:Role><RoleName>a<!-- no -->b &lt;&#65;&#x42;\
                 <![CDATA[ &lt; <c> ]]></RoleName></n:Role></n:GetRoleResult></GetRoleResponse>";
    let output = output_of(&given::operation("iam", "GetRole"), &[], body);
    assert_eq!(output["Role"]["RoleName"], "ab <AB &lt; <c> ");
}

#[test]
fn what_single_services_answer_beyond_their_models_is_read() {
    let policy = b"<GetRolePolicyResponse><GetRolePolicyResult><RoleName>r</RoleName><PolicyName>p</PolicyName>\
                   <PolicyDocument>%7B%22a%22%3A%20%22b%2Bc%22%7D</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>";
    let output = output_of(&given::operation("iam", "GetRolePolicy"), &[], policy);
    assert_eq!(output["PolicyDocument"], r#"{"a": "b+c"}"#);
    let location = given::operation("s3", "GetBucketLocation");
    let body =
        b"<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">EU</LocationConstraint>";
    assert_eq!(output_of(&location, &[], body), json!({"LocationConstraint": "EU"}));
    let body = b"<?xml version=\"1.0\"?><LocationConstraint xmlns=\"x\"/>";
    assert_eq!(output_of(&location, &[], body), json!({"LocationConstraint": null}));
    let listing = b"<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a+b%00</Key></Contents></ListBucketResult>";
    let output = output_of(&given::operation("s3", "ListObjectsV2"), &[], listing);
    assert_eq!(output["Contents"][0]["Key"], "a b\0");
    let head = given::operation("s3", "HeadObject");
    let output = output_of(&head, &[("expires", "Thu, 01 Jan 1970 00:00:05 GMT")], b"");
    assert_eq!(
        (&output["Expires"], &output["ExpiresString"]),
        (&json!("1970-01-01T00:00:05Z"), &json!("Thu, 01 Jan 1970 00:00:05 GMT"))
    );
    let output = output_of(&head, &[("expires", "never")], b"");
    assert_eq!((output.get("Expires"), &output["ExpiresString"]), (None, &json!("never")));
    let console = b"<GetConsoleOutputResponse><output>Ym9vdA==</output></GetConsoleOutputResponse>";
    let output = output_of(&given::operation("ec2", "GetConsoleOutput"), &[], console);
    assert_eq!(output["Output"], "boot");
    let body = br#"{"error":"invalid_grant","error_description":"it is over"}"#;
    let headers = [("x-amzn-errortype".to_owned(), "InvalidGrantException".to_owned())];
    let outcome = given::operation("sso-oidc", "CreateTokenWithIAM").parse(400, &headers, body);
    let Outcome::Refused(refusal) = &outcome else { panic!("{outcome:?}") };
    assert_eq!((refusal.code.as_str(), refusal.message.as_str()), ("InvalidGrantException", "it is over"));
}
