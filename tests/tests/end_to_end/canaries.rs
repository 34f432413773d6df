//! Changes of many services that carry secrets, proposed, approved, made and undone: what they carried is nowhere but in AWS
//! and in data that KMS opens for this tenant and this change alone.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use changegate_catalog::{Catalog, ValueTemplate};
use changegate_tests::canary::{Canaries, leak};
use changegate_tests::fixtures::notices;
use changegate_tests::functions::role_of;
use changegate_tests::hook::Hook;
use changegate_tests::tables::text;
use changegate_tests::{Change, Person, Plan, Table, Tenant, stack};
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::task::{JoinSet, LocalSet};

use crate::secrets::{content, logs};

#[derive(Deserialize)]
struct Changes {
    change: Vec<Carrier>,
}

/// A change that carries secrets.
#[derive(Deserialize)]
struct Carrier {
    service: String,
    operation: String,
    #[serde(default)]
    given: Vec<Given>,
    call: ValueTemplate,
    #[serde(default)]
    read: Option<Read>,
    #[serde(default = "succeeded")]
    ends: String,
    #[serde(default = "yes")]
    undone: bool,
}

fn succeeded() -> String {
    "succeeded".to_owned()
}

fn yes() -> bool {
    true
}

/// A call that its owner makes before.
#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    service: Option<String>,
    operation: String,
    parameters: ValueTemplate,
    #[serde(default)]
    save: BTreeMap<String, String>,
}

/// How its owner reads the secret.
#[derive(Deserialize)]
struct Read {
    operation: String,
    parameters: ValueTemplate,
    take: String,
}

/// What was served, and by whom.
type Shown = Vec<(&'static str, String)>;

impl Carrier {
    async fn read(&self, tenant: &Tenant, names: &Map<String, Value>) -> Value {
        let Some(read) = &self.read else { return Value::Null };
        let parameters = read.parameters.evaluate(names).unwrap();
        let output = tenant.owner().call(&self.service, &read.operation, parameters).await;
        let take = ValueTemplate::expression(&read.take).unwrap();
        take.evaluate(output.as_object().unwrap()).unwrap()
    }

    /// There and back, with everything that anybody is shown on the way.
    async fn carried(self, tenant: &'static Tenant, mut names: Map<String, Value>) -> (Vec<String>, Shown) {
        for given in &self.given {
            let service = given.service.as_ref().unwrap_or(&self.service);
            let parameters = given.parameters.evaluate(&names).unwrap();
            let output = tenant.owner().call(service, &given.operation, parameters).await;
            for (name, path) in &given.save {
                let path = ValueTemplate::expression(path).unwrap();
                names.insert(name.clone(), path.evaluate(output.as_object().unwrap()).unwrap());
            }
        }
        let before = self.read(tenant, &names).await;
        let call = self.call.evaluate(&names).unwrap();
        let proposal = tenant.proposal(&self.service, &self.operation, call);
        let preview = tenant.request(Method::POST, "/v1/previews", None, &proposal.to_string()).await;
        let mut shown = vec![("a preview", preview.text())];
        let change = tenant.propose(&proposal).await;
        decided(&change, &self.ends, &mut shown).await;
        let mut changes = vec![change.id.clone()];
        if self.ends != "succeeded" {
            return (changes, shown);
        }
        if self.read.is_some() {
            assert_ne!(self.read(tenant, &names).await, before, "{} did something", self.operation);
        }
        if self.undone {
            let undo = change.undo().await;
            decided(&undo, "succeeded", &mut shown).await;
            changes.push(undo.id.clone());
            assert_eq!(
                self.read(tenant, &names).await,
                before,
                "{} is undone with its secret",
                self.operation
            );
        }
        (changes, shown)
    }
}

/// Lets Alice read and approve a change and waits until it has ended, with all that she, the agent and the command line
/// are shown.
async fn decided(change: &Change<'_>, ends: &str, shown: &mut Shown) {
    shown.push(("the answer", change.proposed.to_string()));
    let mut alice = Person::of(change.tenant, "alice");
    shown.push(("the page before", alice.open(&change.link()).await.html));
    shown.push(("the page of the decision", alice.decide(change, "approve").await.html));
    shown.push(("the change", change.until(ends).await.to_string()));
    shown.push(("the page after", alice.open(&change.link()).await.html));
    shown.push(("the command line", command_line(change.tenant, &["show", &change.id]).await));
}

/// What the agent's command line prints.
async fn command_line(tenant: &Tenant, arguments: &[&str]) -> String {
    let sandbox = &stack().sandbox;
    let mut command = Command::new(&sandbox.changegate);
    command.args(arguments).args(["--endpoint", &sandbox.api_url]).env("CHANGEGATE_KEY", tenant.agent_key());
    let printed = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert!(printed.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&printed.stderr));
    String::from_utf8_lossy(&[printed.stdout, printed.stderr].concat()).into_owned()
}

/// A tenant that opened every class, and whose roles may do what the changes need.
async fn tenant(hook: &Hook) -> &'static Tenant {
    let classes: BTreeSet<_> =
        Catalog::builtin().recipes().map(|own| own.action_class().to_string()).collect();
    let classes: Vec<_> = classes.into_iter().map(|class| (&*class.leak(), "full")).collect();
    let tenant = Plan::named("canaries").classes(&classes).webhook(&hook.url()).make().await;
    let everything = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
    ]});
    for role in ["changegate-reader", "changegate-executor"] {
        let put =
            json!({"RoleName": role, "PolicyName": "canaries", "PolicyDocument": everything.to_string()});
        tenant.owner().call("iam", "PutRolePolicy", put).await;
    }
    Box::leak(Box::new(tenant))
}

/// What stands for the values of a carrier: canaries as text, as bytes, and as a key of 32 bytes.
fn names(tenant: &Tenant, canaries: &mut Canaries) -> Map<String, Value> {
    let key = format!("{:x<32}", canaries.make());
    let named = json!({
        "account": tenant.account, "region": stack().sandbox.region, "partition": "aws",
        "old": canaries.make(), "new": canaries.make(), "new64": BASE64.encode(canaries.make()), "key": key,
    });
    named.as_object().unwrap().clone()
}

/// All carriers at once.
async fn all_carried(
    tenant: &'static Tenant,
    carriers: Vec<(Map<String, Value>, Carrier)>,
) -> Vec<(String, (Vec<String>, Shown))> {
    let mut running = JoinSet::new();
    for (names, carrier) in carriers {
        running.spawn_local(async move {
            let what = format!("{} {}", carrier.service, carrier.operation);
            (what, carrier.carried(tenant, names).await)
        });
    }
    running.join_all().await
}

fn searched(place: &str, bytes: &[u8]) {
    assert_eq!(leak(bytes), None, "{place}");
}

#[tokio::test]
async fn what_changes_of_many_services_carry_is_nowhere_but_in_aws_and_in_sealed_data() {
    let began = Timestamp::now() - SignedDuration::from_secs(1);
    let hook = Hook::start(|_, _| 204).await;
    let tenant = tenant(&hook).await;
    let queue = notices(tenant).await;
    let carriers = toml::from_str::<Changes>(include_str!("canaries.toml")).unwrap().change;
    let mut canaries = Canaries::default();
    let carriers: Vec<_> =
        carriers.into_iter().map(|carrier| (names(tenant, &mut canaries), carrier)).collect();
    let mut changes = Vec::new();
    for (what, (ids, shown)) in LocalSet::new().run_until(all_carried(tenant, carriers)).await {
        changes.extend(ids);
        for (place, text) in shown {
            searched(&format!("{what}: {place}"), text.as_bytes());
        }
    }
    assert!(changes.len() > 25, "{}", changes.len());
    refusals_repeat_nothing(tenant, &canaries.make()).await;
    let done = |posts: &[changegate_tests::hook::Post]| {
        posts.iter().filter(|post| ["succeeded", "call_failed"].contains(&&*post.kind())).count()
            == changes.len()
    };
    for post in hook.until("all is told", 60, done).await {
        searched("a webhook", &post.body);
        searched("a webhook's headers", format!("{:?}", post.headers).as_bytes());
    }
    searched("the command line", command_line(tenant, &["list", "--json"]).await.as_bytes());
    nothing_is_stored(tenant, began).await;
    executions_hold_ids_only(&changes).await;
    notices_hold_links_only(&queue, changes.len()).await;
    let logged = logs(began).await;
    assert!(changes.iter().all(|change| logged.contains(change.as_str())), "what happens is logged");
    searched("the logs", logged.as_bytes());
    sealed_data_opens_for_its_change_only(tenant, &changes).await;
}

/// What is said of proposals that are refused, of which some are refused for the secret.
async fn refusals_repeat_nothing(tenant: &Tenant, canary: &str) {
    for wrong in [
        json!({"Name": "/canary/wrong", "Valeu": canary, "Type": "SecureString"}),
        json!({"Name": "/canary/wrong", "Value": {"secret": canary}, "Type": "SecureString"}),
        json!({"Name": "/canary/put", "Value": canary, "Type": "SecureString"}),
        json!({"Name": "/canary/wrong", "Value": canary, "Type": "SecureString", "Tags": canary}),
    ] {
        let refused = tenant.submit(&tenant.proposal("ssm", "PutParameter", wrong)).await;
        assert_eq!(refused.status.as_u16(), 422, "{}", refused.text());
        searched("a refusal", refused.text().as_bytes());
    }
}

/// No item of any table, and no object of any bucket of the deployment, holds a canary.
async fn nothing_is_stored(tenant: &Tenant, began: Timestamp) {
    for table in Table::ALL {
        let items = table.under("").await;
        assert!(items.iter().any(|item| text(item, "pk").contains(&tenant.id)), "{table:?}");
        for item in items {
            searched(&format!("{table:?} {}", text(&item, "sk")), content(&item).as_bytes());
        }
    }
    let operator = stack().operator();
    let buckets = operator.call("s3", "ListBuckets", json!({})).await;
    for bucket in buckets["Buckets"].as_array().into_iter().flatten() {
        let objects = operator.call("s3", "ListObjectsV2", json!({"Bucket": bucket["Name"]})).await;
        for object in objects["Contents"].as_array().into_iter().flatten() {
            let written: Timestamp = object["LastModified"].as_str().unwrap().parse().unwrap();
            if written >= began {
                let asked = json!({"Bucket": bucket["Name"], "Key": object["Key"]});
                let object = operator.call("s3", "GetObject", asked).await;
                let body = object["Body"].as_str().map(|body| BASE64.decode(body).unwrap());
                searched("an object", &body.unwrap_or_default());
            }
        }
    }
}

/// Input, output and history of the executions.
async fn executions_hold_ids_only(changes: &[String]) {
    let operator = stack().operator();
    let machine = stack().output("StateMachineArn");
    for change in changes {
        let execution = format!("{}:{change}-1", machine.replace(":stateMachine:", ":execution:"));
        let asked = json!({"executionArn": execution});
        let described = operator.call("stepfunctions", "DescribeExecution", asked.clone()).await;
        assert!(
            described["input"].as_str().is_some_and(|input| input.contains(change.as_str())),
            "{described}"
        );
        searched("an execution", described.to_string().as_bytes());
        let history = operator.call("stepfunctions", "GetExecutionHistory", asked).await;
        assert!(history["events"].as_array().is_some_and(|events| !events.is_empty()), "{history}");
        searched("a history", history.to_string().as_bytes());
    }
}

/// Everything that SNS told the approvers: as many messages as there are changes at least.
async fn notices_hold_links_only(queue: &str, least: usize) {
    let receive = json!({
        "QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1, "MessageAttributeNames": ["All"],
    });
    let mut count = 0;
    loop {
        let received = stack().operator().call("sqs", "ReceiveMessage", receive.clone()).await;
        let Some(messages) = received["Messages"].as_array().filter(|messages| !messages.is_empty()) else {
            break;
        };
        count += messages.len();
        for message in messages {
            searched("a notice", message.to_string().as_bytes());
        }
    }
    assert!(count >= least, "{count} notices");
}

/// The wrapped key of every change that sealed something is opened by KMS with its own tenant and change, and with no other.
async fn sealed_data_opens_for_its_change_only(tenant: &Tenant, changes: &[String]) {
    let (executor, api) = (role_of("apply-step").await, role_of("api").await);
    let mut opened = 0;
    for item in Table::Changes.under(&format!("T#{}#", tenant.id)).await {
        let stored = content(&item);
        let Some(dossier) =
            stored.find("{\"signed\"").and_then(|at| serde_json::from_str::<Value>(&stored[at..]).ok())
        else {
            continue;
        };
        let Some(wrapped) = dossier["sealed"]["key"].as_str() else { continue };
        let change = dossier["signed"]["proposal"]["change"].as_str().unwrap();
        let open = async |who: &changegate_tests::aws::Aws, context: Value| {
            let mut asked = json!({"CiphertextBlob": wrapped, "KeyId": stack().output("SealKeyArn")});
            if !context.is_null() {
                asked["EncryptionContext"] = context;
            }
            who.attempt("kms", "Decrypt", asked).await
        };
        let own = json!({"tenant": tenant.id, "change": change});
        let key = open(&executor, own.clone()).await.unwrap_or_else(|error| panic!("{change}: {error:?}"));
        assert_eq!(BASE64.decode(key["Plaintext"].as_str().unwrap()).unwrap().len(), 32);
        let other = changes.iter().find(|other| *other != change).unwrap();
        for foreign in [
            json!({"tenant": tenant.id, "change": other}),
            json!({"tenant": "demo", "change": change}),
            json!({"tenant": tenant.id}),
            Value::Null,
        ] {
            assert!(open(&executor, foreign.clone()).await.is_err(), "{change} opens with {foreign}");
        }
        assert!(open(&api, own).await.is_err_and(|refusal| refusal.is_denial()), "`api` opens {change}");
        opened += 1;
    }
    assert!(opened > 20, "{opened} changes sealed something");
}
