//! Pages with everything on them that a page can have.

use changegate_change::decision::Verb;
use changegate_change::status::Status;
use changegate_change::step_record::Outcome;
use changegate_change::undo::{PlannedBy, UndoClass};
use changegate_web::page::moment::Moment;
use changegate_web::page::review::{
    Action, AttemptView, Deadlines, DecisionView, DiffLine, HistoryLine, Parameter, PlannedCallView,
    ReviewPage, Shown, StateSource, StateView, StepView, UndoView, Value,
};
use changegate_web::page::text::{Code, Prose};
use jiff::{Timestamp, ToSpan};

fn now() -> Timestamp {
    "2027-01-15T08:00:00Z".parse().unwrap()
}

fn at(minutes: i64) -> Moment {
    Moment::new(now() + minutes.minutes(), now())
}

fn plain(value: &str) -> Option<Shown> {
    Some(Shown::Plain(Value { exact: Code::new(value), laid_out: None }))
}

fn secret(fingerprint: &str) -> Option<Shown> {
    Some(Shown::Secret(Code::new(fingerprint)))
}

fn parameter(name: &str, value: &str, laid_out: Option<&str>) -> Parameter {
    Parameter {
        name: Code::new(name),
        value: Shown::Plain(Value { exact: Code::new(value), laid_out: laid_out.map(Code::new) }),
    }
}

/// A change of a parameter that waits for a decision.
pub(crate) fn waiting() -> ReviewPage {
    ReviewPage {
        path: "/review/demo/chg_01KEZ0000000000000000000AA".into(),
        tenant: Code::new("demo"),
        change: Code::new("chg_01KEZ0000000000000000000AA"),
        viewer: Prose::new("Alice Archer"),
        title: Prose::new("Raise the checkout timeout to 30 seconds"),
        status: Status::AwaitingApproval,
        why: None,
        reason: Prose::new(
            "Checkout calls time out at 10 s since the payment provider got slower.\n\
             p99 is 14 s; 30 s leaves room. Rollback: set it to 10 again.",
        ),
        requester: Code::new("deploy-bot"),
        on_behalf_of: Some(Prose::new("Bob Baker")),
        incident: Some(Code::new("INC-2041")),
        undoes: None,
        verdict: Prose::new("the class ssm-parameters is open; every change needs an approval"),
        rule: Prose::new("1 approval, by Alice Archer or Carol Cook"),
        deadlines: Deadlines {
            created: at(-12),
            decide_by: at(24 * 60 - 12),
            not_before: None,
            execute_before: None,
        },
        digest: Code::new("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        steps: vec![parameter_step()],
        decisions: Vec::new(),
        history: vec![HistoryLine {
            at: at(-12),
            kind: Code::new("proposed"),
            actor: Prose::new("agent deploy-bot"),
        }],
        action: Action::Decide { approve: "nonce-approve".into(), reject: "nonce-reject".into() },
    }
}

fn parameter_step() -> StepView {
    StepView {
        service: Code::new("ssm"),
        operation: Code::new("PutParameter"),
        account: Code::new("111111111111"),
        account_name: Prose::new("staging"),
        region: Code::new("us-east-1"),
        access: Code::new("write"),
        action_class: Code::new("ssm-parameters"),
        executor_role: Code::new("arn:aws:iam::111111111111:role/changegate-executor"),
        request: Code::new("POST ssm.us-east-1.amazonaws.com /"),
        parameters: vec![
            parameter("Name", "\"/checkout/timeout\"", None),
            parameter("Overwrite", "true", None),
            parameter("Value", "\"30\"", None),
        ],
        canonical: Code::new(r#"{"Name":"/checkout/timeout","Overwrite":true,"Value":"30"}"#),
        diff: vec![DiffLine { path: Code::new("Value"), before: plain("\"10\""), after: plain("\"30\"") }],
        before: StateView::Present {
            state: Code::new("{\n  \"Tier\": \"Standard\",\n  \"Type\": \"String\",\n  \"Value\": \"10\"\n}"),
            truncated: false,
        },
        source: StateSource::Recipe,
        undo: UndoView {
            class: UndoClass::Full,
            calls: vec![PlannedCallView {
                call: Code::new("ssm PutParameter"),
                parameters: Code::new(
                    "{\n  \"Name\": \"/checkout/timeout\",\n  \"Overwrite\": true,\n  \"Value\": \"10\"\n}",
                ),
            }],
            caveats: Vec::new(),
            planned_by: PlannedBy::Catalog,
        },
        attempt: None,
        after: None,
        wider: Vec::new(),
        risks: vec![Prose::new("Whatever reads the parameter sees the new value the next time it reads.")],
        safer: Vec::new(),
        settle: None,
    }
}

/// A call that has no recipe, with an undo of the agent's.
pub(crate) fn best_effort() -> ReviewPage {
    let mut page = waiting();
    let step = StepView {
        service: Code::new("polly"),
        operation: Code::new("DeleteLexicon"),
        action_class: Code::new("polly-other"),
        diff: Vec::new(),
        source: StateSource::BestEffort(vec![Code::new("polly GetLexicon")]),
        undo: UndoView {
            class: UndoClass::Partial,
            calls: vec![PlannedCallView {
                call: Code::new("polly PutLexicon"),
                parameters: Code::new("{\n  \"Content\": \"…\",\n  \"Name\": \"mine\"\n}"),
            }],
            caveats: vec![Prose::new("The agent supplied this undo.")],
            planned_by: PlannedBy::Agent,
        },
        ..parameter_step()
    };
    page.steps = vec![step];
    page
}

/// Words and code that try to mislead.
pub(crate) fn hostile() -> ReviewPage {
    let mut page = waiting();
    page.title = Prose::new("Harmless </h1><script>alert(1)</script> change \u{202E}gpj.exe");
    page.reason =
        Prose::new("Approved by Bob already\u{200B}.\r\nIgnore the diff & press \"Approve\".\u{1B}[2J");
    page.requester = Code::new("deploy-b\u{043E}t");
    page.incident = Some(Code::new("\"><img src=x onerror=alert(1)>"));
    if let Some(step) = page.steps.first_mut() {
        step.parameters = vec![parameter("Name", "\"/p\u{0430}yments/\u{2066}key\u{2069}\"", None)];
        step.account_name = Prose::new("<b>production</b>");
        step.wider = vec![Prose::new("iam:PassRole on any role </li></ul>")];
    }
    page
}

/// A decided change of a secret, with a policy document, a cut-off state and an undo in part.
pub(crate) fn decided() -> ReviewPage {
    let mut page = waiting();
    page.status = Status::Succeeded;
    page.undoes = Some(Code::new("chg_01KEY0000000000000000000ZZ"));
    page.deadlines.not_before = Some(at(-5));
    page.deadlines.execute_before = Some(at(4 * 60 - 3));
    page.decisions = vec![
        DecisionView {
            approver: Prose::new("Carol Cook"),
            own: false,
            verb: Verb::Approve,
            at: at(-6),
            note: Prose::new("Checked with the payments team."),
        },
        DecisionView {
            approver: Prose::new("Alice Archer"),
            own: true,
            verb: Verb::Approve,
            at: at(-3),
            note: Prose::default(),
        },
    ];
    page.action = Action::Nothing(Prose::new("This change is decided. Nothing more can be said on it."));
    let document =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let mut step = parameter_step();
    step.parameters = vec![
        parameter(
            "PolicyDocument",
            &serde_json::Value::from(document).to_string(),
            Some(
                "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": \"s3:GetObject\",\n      \"Resource\": \"*\"\n    }\n  ]\n}",
            ),
        ),
        parameter("Template", &format!("\"{}\"", "x".repeat(700)), None),
        Parameter { name: Code::new("Value"), value: Shown::Secret(Code::new("hmac:3fd1a2b4c5d6")) },
    ];
    step.diff = vec![
        DiffLine {
            path: Code::new("Value"),
            before: secret("hmac:aa01bb02cc03"),
            after: secret("hmac:3fd1a2b4c5d6"),
        },
        DiffLine { path: Code::new("Tags.owner"), before: None, after: plain("\"payments\"") },
        DiffLine { path: Code::new("Tags.tmp"), before: plain("\"1\""), after: None },
    ];
    step.before = StateView::Present { state: Code::new("{}"), truncated: true };
    step.after = Some(StateView::Present { state: Code::new("{\n  \"Version\": 2\n}"), truncated: false });
    step.attempt = Some(AttemptView {
        outcome: Outcome::Succeeded,
        at: at(-2),
        request_id: Some(Code::new("7a62c49f-347e-4fc4-9331-6e8e7a96aa73")),
        message: None,
    });
    step.undo = UndoView {
        class: UndoClass::Partial,
        caveats: vec![Prose::new("The version number goes up; it does not come back.")],
        ..step.undo
    };
    step.wider = vec![Prose::new("kms:GenerateDataKey on every key of the account that allows SSM")];
    step.settle = Some(Prose::new("the parameter's version is one higher"));
    let absent = StepView {
        before: StateView::Absent,
        attempt: Some(AttemptView {
            outcome: Outcome::Unknown,
            at: at(-1),
            request_id: None,
            message: Some(Prose::new("the connection was closed")),
        }),
        diff: Vec::new(),
        parameters: Vec::new(),
        risks: Vec::new(),
        safer: vec![(
            Prose::new("A snapshot before it keeps what is on the volume."),
            PlannedCallView {
                call: Code::new("ec2 CreateSnapshot"),
                parameters: Code::new("{\n  \"VolumeId\": \"vol-1\"\n}"),
            },
        )],
        undo: UndoView {
            class: UndoClass::None,
            calls: Vec::new(),
            caveats: vec![Prose::new("AWS keeps no copy.")],
            planned_by: PlannedBy::Catalog,
        },
        ..parameter_step()
    };
    page.steps = vec![step, absent];
    page
}

/// A change of a long text in its middle, in a state with long values.
pub(crate) fn long() -> ReviewPage {
    let mut page = waiting();
    let script = |size: u32| {
        let begin: String = (0..12).map(|n| format!("echo step {n} of the boot script\n")).collect();
        let end: String = (12..40).map(|n| format!("echo step {n} of the boot script\n")).collect();
        format!("#!/bin/bash\n{begin}export POOL_SIZE={size}\n{end}exit 0\n")
    };
    let value = |text: &str| {
        let exact = Code::new(serde_json::Value::from(text).to_string());
        Shown::Plain(Value { exact, laid_out: Some(Code::new(text)) })
    };
    let state = |text: &str| {
        let subnets: Vec<_> = (0..9).map(|n| format!("subnet-{n:017}")).collect();
        let state = serde_json::json!({
            "ImageId": "ami-0123456789abcdef0",
            "InstanceType": "m7g.large",
            "Subnets": subnets,
            "Tags": {"owner": "payments"},
            "UserData": text,
        });
        StateView::Present { state: Code::new(format!("{state:#}")), truncated: false }
    };
    if let Some(step) = page.steps.first_mut() {
        step.parameters.truncate(1);
        step.parameters.push(Parameter { name: Code::new("UserData"), value: value(&script(40)) });
        step.diff = vec![DiffLine {
            path: Code::new("/UserData"),
            before: Some(value(&script(20))),
            after: Some(value(&script(40))),
        }];
        step.before = state(&script(20));
        step.safer = vec![(
            Prose::new("An image made before it keeps the volumes as they are now."),
            PlannedCallView {
                call: Code::new("ec2 CreateImage"),
                parameters: Code::new(format!(
                    "{{\n  \"Description\": \"{}\",\n  \"InstanceId\": \"i-0123456789abcdef0\"\n}}",
                    "before the change ".repeat(20)
                )),
            },
        )];
        for call in &mut step.undo.calls {
            let StateView::Present { state, .. } = state(&script(20)) else { continue };
            call.parameters = state;
        }
    }
    page
}
