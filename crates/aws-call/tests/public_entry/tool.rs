//! The program `aws-call`, as others run it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::given;

/// The program with nothing of this machine's settings.
fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aws-call"));
    command.args(arguments).env_clear().env("AWS_CALL_INDEX", given::index_path());
    command
}

/// Answers and exit status.
fn run(command: &mut Command, input: &str) -> (Vec<Value>, i32) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    // A program that ends early leaves input unread.
    let _ = writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answers = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (answers, output.status.code().unwrap())
}

fn answer(arguments: &[&str], line: &Value) -> Value {
    let (mut answers, status) = run(&mut program(arguments), &line.to_string());
    assert_eq!((answers.len(), status), (1, 0), "{answers:?}");
    answers.remove(0)
}

fn put_parameter() -> Value {
    json!({
        "service": "ssm", "operation": "PutParameter", "region": "eu-west-1",
        "parameters": {"Name": "/app/limit", "Value": "5", "Type": "String"},
    })
}

#[test]
fn request_renders_and_sends_nothing() {
    let request = answer(&["request"], &put_parameter());
    assert_eq!(request["method"], "POST");
    assert_eq!(request["url"], "https://ssm.eu-west-1.amazonaws.com/");
    assert_eq!(request["headers"]["x-amz-target"], "AmazonSSM.PutParameter");
    assert_eq!(request["headers"].get("authorization"), None);
    let body = STANDARD.decode(request["body_base64"].as_str().unwrap()).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body, put_parameter()["parameters"]);
}

#[test]
fn a_signature_is_that_of_the_given_time_and_credentials() {
    let arguments = ["request", "--sign", "--time", "2026-01-02T03:04:05Z"];
    let signed = |secret: &str| {
        let mut command = program(&arguments);
        command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", secret);
        let (answers, status) = run(&mut command, &put_parameter().to_string());
        assert_eq!(status, 0);
        answers[0]["headers"].clone()
    };
    let headers = signed("one");
    assert_eq!(headers["x-amz-date"], "20260102T030405Z");
    let authorization = headers["authorization"].as_str().unwrap();
    assert!(authorization.contains("Credential=AKIDEXAMPLE/20260102/eu-west-1/ssm/aws4_request"));
    assert_eq!(headers, signed("one"));
    assert_ne!(headers["authorization"], signed("two")["authorization"]);
}

#[test]
fn without_credentials_nothing_is_signed_or_sent() {
    for command in [&["request", "--sign"][..], &["call"]] {
        let (answers, status) = run(program(command).stderr(Stdio::null()), &put_parameter().to_string());
        assert_eq!((answers, status), (vec![], 2), "{command:?}");
    }
}

#[test]
fn parse_tells_output_from_refusal() {
    let received = |status: u16, body: &str| {
        json!({
            "service": "ssm", "operation": "GetParameter", "status": status,
            "headers": {"x-amzn-RequestId": "r-1", "x-many": ["a", "b"]}, "body_base64": STANDARD.encode(body),
        })
    };
    let done = answer(&["parse"], &received(200, r#"{"Parameter":{"Name":"n","LastModifiedDate":0}}"#));
    assert_eq!(
        done,
        json!({
            "outcome": "done", "request_id": "r-1",
            "output": {"Parameter": {"Name": "n", "LastModifiedDate": "1970-01-01T00:00:00Z"}},
        })
    );
    let refused = answer(&["parse"], &received(400, r#"{"__type":"ParameterNotFound","message":"no"}"#));
    assert_eq!(refused["outcome"], "refused");
    assert_eq!(refused["error"], json!({"status": 400, "code": "ParameterNotFound", "message": "no"}));
    assert_eq!(answer(&["parse"], &received(500, ""))["outcome"], "no_answer");
    assert_eq!(answer(&["parse"], &received(200, "{"))["outcome"], "done_unreadable");
}

#[test]
fn endpoint_follows_the_rules_of_the_service() {
    let question = json!({"service": "s3", "region": "eu-west-1", "parameters": {"Bucket": "logs"}});
    assert_eq!(answer(&["endpoint"], &question)["url"], "https://logs.s3.eu-west-1.amazonaws.com");
    let china = json!({"service": "ssm"});
    assert_eq!(
        answer(&["endpoint", "--region", "cn-north-1"], &china)["url"],
        "https://ssm.cn-north-1.amazonaws.com.cn"
    );
}

#[test]
fn validate_says_everything_that_is_wrong() {
    let mut call = put_parameter();
    assert_eq!(answer(&["validate"], &call), json!({"valid": true, "violations": []}));
    call["parameters"] = json!({"Nmae": "/app/limit", "Value": "5", "Type": "Strong"});
    let answer = answer(&["validate"], &call);
    assert_eq!(answer["valid"], false);
    let found = answer["violations"].as_array().unwrap();
    let brief = |path: &str| {
        let violation = found.iter().find(|violation| violation["path"] == path).unwrap();
        (violation["rule"].clone(), violation["nearest"].clone(), violation["warning"].clone())
    };
    assert_eq!(brief("/Nmae"), (json!("unknown"), json!("Name"), json!(false)));
    assert_eq!(brief("/Name"), (json!("missing"), Value::Null, json!(false)));
    assert_eq!(brief("/Type"), (json!("enum"), json!("String"), json!(true)));
}

#[test]
fn describe_fills_resources_from_the_parameters() {
    let mut call = put_parameter();
    call["account"] = json!("111111111111");
    let described = answer(&["describe"], &call);
    assert_eq!(described["access"], "write");
    assert_eq!(described["mutating"], true);
    assert_eq!(described["iam_actions"], json!(["ssm:PutParameter"]));
    assert_eq!(
        described["resources"],
        json!([{"arn": "arn:aws:ssm:eu-west-1:111111111111:parameter/app/limit", "wildcard": false}])
    );
    assert_eq!(described["sensitive_parameters"], json!(["/Value"]));
    assert_eq!(described["protocol"], "awsJson1_1");
    call["region"] = json!("cn-north-1");
    let china = answer(&["describe"], &call);
    assert!(china["resources"][0]["arn"].as_str().unwrap().starts_with("arn:aws-cn:ssm:cn-north-1:"));
    let unknown_place = answer(&["describe"], &json!({"service": "s3", "operation": "SelectObjectContent"}));
    assert_eq!(unknown_place["supported"], false);
    assert!(unknown_place["unsupported"].as_str().unwrap().contains("event stream"));
}

#[test]
fn cli_gives_calls_that_the_other_commands_take() {
    let command =
        "aws ssm put-parameter --name /app/limit --value 5 --type String --region eu-west-1 --output text";
    let call = answer(&["cli"], &json!({"command": command}));
    assert_eq!(call["ignored"], json!(["--output"]));
    let put = put_parameter();
    for part in ["service", "operation", "region", "parameters"] {
        assert_eq!(call[part], put[part]);
    }
    assert_eq!(answer(&["request"], &call), answer(&["request"], &put));
    assert_eq!(answer(&["validate"], &call)["valid"], true);
    assert_eq!(answer(&["describe"], &call)["access"], "write");

    let encrypt = json!({"command": "aws kms encrypt --key-id k --plaintext hello"});
    let raw = answer(&["cli", "--raw-blobs"], &encrypt);
    assert_eq!(raw["parameters"]["Plaintext"], STANDARD.encode("hello"));
    let (answers, status) = run(&mut program(&["cli"]), r#"{"command":"aws s3 sync . s3://b"}"#);
    assert_eq!((&answers[0]["error"]["code"], status), (&json!("not_one_call"), 1));
}

#[test]
fn call_sends_and_says_what_became_of_it() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (stream, _) = server.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut head).unwrap(), 0);
        }
        let body = r#"{"Version":7}"#;
        let length = body.len();
        write!(reader.get_mut(), "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        head
    });
    let run_call = |line: &str| {
        let mut command = program(&["call", "--endpoint-url", &url]);
        command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "s");
        run(&mut command, line)
    };
    let (answers, status) = run_call(&put_parameter().to_string());
    assert_eq!(answers, [json!({"outcome": "done", "output": {"Version": 7}, "request_id": null})]);
    assert_eq!(status, 0);
    assert!(served.join().unwrap().contains("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    // Nobody listens any more: the call was not sent, which is an answer.
    let (answers, status) = run_call(&put_parameter().to_string());
    assert_eq!((&answers[0]["outcome"], status), (&json!("not_sent"), 0));
}

#[test]
fn call_does_not_send_what_it_must_not() {
    let mut command = program(&["call", "--reads-only", "--endpoint-url", "http://127.0.0.1:9"]);
    command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "s");
    let unfit =
        json!({"service": "ssm", "operation": "GetParameter", "region": "eu-west-1", "parameters": {}});
    let (answers, status) = run(&mut command, &format!("{}\n{unfit}\n", put_parameter()));
    assert_eq!(answers[0]["error"]["code"], "not_a_read");
    assert_eq!(answers[1]["error"]["code"], "parameters");
    assert_eq!(answers[1]["error"]["violations"][0]["path"], "/Name");
    assert_eq!((answers.len(), status), (2, 1));
}

#[test]
fn a_bad_line_gives_an_error_and_the_next_one_goes_on() {
    let good = put_parameter();
    let lines = [
        "{".to_owned(),
        "\u{0}".to_owned(),
        String::new(),
        "[1]".to_owned(),
        good.to_string(),
        json!({"service": "smm", "operation": "PutParameter", "region": "eu-west-1"}).to_string(),
        json!({"service": "ssm", "operation": "PutParametre", "region": "eu-west-1"}).to_string(),
        json!({"service": "ssm", "operation": "PutParameter", "parameters": {}}).to_string(),
        json!({"service": "ssm", "operation": "PutParameter", "region": "eu-west-1", "parameters": 3})
            .to_string(),
        json!({"service": "s3", "operation": "SelectObjectContent", "region": "eu-west-1"}).to_string(),
        json!({"service": "ssm", "operation": "PutParameter", "reigon": "eu-west-1"}).to_string(),
        good.to_string(),
    ];
    let (answers, status) = run(&mut program(&["request"]), &lines.join("\n"));
    let codes: Vec<_> =
        answers.iter().map(|answer| (answer["line"].as_u64(), answer["error"]["code"].as_str())).collect();
    let bad = |line: u64, code: &'static str| (Some(line), Some(code));
    assert_eq!(
        codes,
        [
            bad(1, "not_json"),
            bad(2, "not_json"),
            bad(4, "not_a_call"),
            (None, None),
            bad(6, "unknown_service"),
            bad(7, "unknown_operation"),
            bad(8, "no_region"),
            bad(9, "parameters"),
            bad(10, "unsupported"),
            bad(11, "not_a_call"),
            (None, None),
        ]
    );
    assert_eq!(status, 1);
}

#[test]
fn each_answer_comes_before_the_next_line_is_read() {
    let mut child = program(&["validate"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        writeln!(stdin, "{}", put_parameter()).unwrap();
        stdin.flush().unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["valid"], true);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child =
        program(&["operations", "ec2"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn lists_hold_every_operation_and_every_reason() {
    let (services, status) = run(&mut program(&["services"]), "");
    assert_eq!(status, 0);
    let count: u64 = services.iter().map(|service| service["operations"].as_u64().unwrap()).sum();
    let (operations, status) = run(&mut program(&["operations"]), "");
    assert_eq!((operations.len() as u64, status), (count, 0));
    let (unsupported, status) = run(&mut program(&["unsupported"]), "");
    assert_eq!(status, 0);
    let cannot = operations.iter().filter(|operation| operation["supported"] == false).count();
    assert_eq!(unsupported.len(), cannot);
    assert!(unsupported.iter().all(|line| !line["reason"].as_str().unwrap().is_empty()));
    let (answers, status) = run(&mut program(&["operations", "smm"]), "");
    assert_eq!((&answers[0]["error"]["code"], status), (&json!("unknown_service"), 1));
}

#[test]
fn an_index_that_is_not_there_ends_the_program() {
    let mut command = program(&["services", "--index", "/nonexistent/index"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("make index"));
}
