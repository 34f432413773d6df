//! Past what the emulator does otherwise than AWS: a change whose functions go through a proxy that puts it right.
//!
//! Everything else is as in any change: the same programs under the same roles, the pages, the tables. The execution is
//! stood in for, because the state machine knows the deployed functions only.

use serde_json::{Value, json};

use crate::change::{Change, has_ended};
use crate::functions::role_of;
use crate::interposer::{Fate, Interposed, Interposer, Request};
use crate::poll::until_true;
use crate::tenant::Tenant;

/// The functions of a change behind one proxy.
#[derive(Debug)]
pub struct Bridge {
    propose: Interposed,
    apply: Interposed,
    observe: Interposed,
}

impl Bridge {
    /// Deploys the functions behind a proxy.
    pub async fn over(fate: impl Fn(&Request, &[Request]) -> Fate + Send + Sync + 'static) -> Self {
        let interposer = Interposer::start(fate).await;
        let (propose, apply, observe) = tokio::join!(
            interposer.function("propose"),
            interposer.function("apply-step"),
            interposer.function("observe"),
        );
        Self { propose, apply, observe }
    }

    /// Proposes one call.
    pub async fn propose_call<'a>(
        &self,
        tenant: &'a Tenant,
        service: &str,
        operation: &str,
        parameters: Value,
    ) -> Change<'a> {
        let body = tenant.proposal(service, operation, parameters).to_string();
        self.ask(tenant, &tenant.gate_request(&body)).await
    }

    /// Proposes the undo of a change.
    pub async fn undo<'a>(&self, change: &Change<'a>) -> Change<'a> {
        let mut request = change.tenant.gate_request("");
        request["action"] = json!({"undo": {"change": change.id}});
        self.ask(change.tenant, &request).await
    }

    async fn ask<'a>(&self, tenant: &'a Tenant, request: &Value) -> Change<'a> {
        let answer = self.propose.invoke(request).await;
        assert!(answer.payload["done"].is_object(), "{:#}", answer.payload);
        Change::new(tenant, &answer.payload["done"]["change"])
    }

    /// Lets a change be approved, makes its call and watches it until it has ended.
    ///
    /// # Panics
    /// It does not succeed.
    pub async fn succeed(&self, change: &Change<'_>) -> Value {
        change.approve_undriven().await;
        let task = change.step_task(1);
        assert_eq!(self.apply.invoke(&task).await.error, None);
        until_true("AWS has finished", 90, async || {
            let ended = has_ended(&change.status().await);
            if !ended {
                assert_eq!(self.observe.invoke(&task).await.error, None);
            }
            ended
        })
        .await;
        change.until("succeeded").await
    }
}

/// The emulator asks for the right to a cluster where AWS asks for that to a service, and for everything where AWS asks for
/// the tagged resource: under a session policy that is as narrow as AWS lets it be, the call is denied. So the executor's
/// session is given the same policy with every resource in it.
pub fn with_wider_sessions(request: &Request) -> Fate {
    let executor = request.field("RoleArn").is_some_and(|arn| arn.ends_with("executor"));
    if request.operation == "AssumeRole" && executor {
        return Fate::IsAnsweredBy(wider_session);
    }
    Fate::Passes
}

fn wider_session(request: &Request) -> String {
    let field = |name: &str| request.field(name).unwrap_or_default();
    let mut policy: Value = serde_json::from_str(&field("Policy")).expect("a session policy");
    for statement in policy["Statement"].as_array_mut().expect("statements") {
        if statement["Effect"] == "Allow" {
            statement["Resource"] = json!("*");
        }
    }
    let assume = json!({
        "RoleArn": field("RoleArn"), "RoleSessionName": field("RoleSessionName"), "ExternalId": field("ExternalId"),
        "Policy": policy.to_string(), "DurationSeconds": 900,
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let given =
        runtime.block_on(async { role_of("apply-step").await.call("sts", "AssumeRole", assume).await });
    let text = |at: &str| given.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let element = |name: &str, value: &str| format!("<{name}>{value}</{name}>");
    let credentials = ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"]
        .map(|name| element(name, text(&format!("/Credentials/{name}"))));
    let user = ["AssumedRoleId", "Arn"].map(|name| element(name, text(&format!("/AssumedRoleUser/{name}"))));
    let result = format!(
        "{}{}",
        element("Credentials", &credentials.concat()),
        element("AssumedRoleUser", &user.concat())
    );
    let metadata = element("ResponseMetadata", &element("RequestId", "bridge"));
    format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">{}{metadata}</AssumeRoleResponse>",
        element("AssumeRoleResult", &result)
    )
}

/// The emulator forgets the service role of a stack. So it is told again wherever a stack is described.
pub fn with_service_roles(request: &Request) -> Fate {
    if request.operation == "DescribeStacks" {
        Fate::HasItsAnswerRewritten(service_role)
    } else {
        Fate::Passes
    }
}

fn service_role(answer: String) -> String {
    let account = answer.split_once("<StackId>").and_then(|(_, id)| id.split(':').nth(4)).unwrap_or_default();
    let role = format!("<RoleARN>arn:aws:iam::{account}:role/stack-work</RoleARN>");
    answer.replacen("<StackStatus>", &format!("{role}<StackStatus>"), 1)
}
