//! A change of a tenant, followed from outside.

use changegate_sandbox::local_http::Answer;
use http::Method;
use serde_json::{Value, json};

use crate::functions::{Invoked, invoke};
use crate::person::Person;
use crate::poll::{until, until_true};
use crate::stack::stack;
use crate::tables::{Item, Table, body, text};
use crate::tenant::Tenant;

/// How long a change may take from its decision to its end, in seconds.
const ENDS_WITHIN: u64 = 90;

/// A change.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// Its tenant.
    pub tenant: &'a Tenant,
    /// Its id.
    pub id: String,
    /// The change as it was answered when it was proposed.
    pub proposed: Value,
}

impl<'a> Change<'a> {
    /// The change in an answer.
    ///
    /// # Panics
    /// It has no id.
    pub fn new(tenant: &'a Tenant, proposed: &Value) -> Self {
        let id = proposed["id"].as_str().expect("a change has an id").to_owned();
        Self { tenant, id, proposed: proposed.clone() }
    }

    /// The change as its agent sees it now.
    pub async fn view(&self) -> Value {
        let path = format!("/v1/changes/{}", self.id);
        let answer = self.tenant.request(Method::GET, &path, None, "").await;
        answer.success().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Its status now.
    pub async fn status(&self) -> String {
        self.view().await["status"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits until it has a status, and gives it as it is then.
    ///
    /// # Panics
    /// It ends with another, or does not have it in time.
    pub async fn until(&self, status: &str) -> Value {
        self.until_within(status, ENDS_WITHIN).await
    }

    /// Waits as long as told until it has a status, and gives it as it is then.
    ///
    /// # Panics
    /// As [`until`](Self::until).
    pub async fn until_within(&self, status: &str, seconds: u64) -> Value {
        until(&format!("{} is {status}", self.id), seconds, async || {
            let view = self.view().await;
            let now = view["status"].as_str().unwrap_or_default();
            assert!(now == status || !has_ended(now), "not {status} but {view:#}");
            (now == status).then_some(view)
        })
        .await
    }

    /// Where it is read and decided.
    pub fn link(&self) -> String {
        format!("{}/review/{}/{}", stack().sandbox.api_url, self.tenant.id, self.id)
    }

    /// Lets an approver approve it.
    pub async fn approve_as(&self, approver: &str) {
        Person::of(self.tenant, approver).decide(self, "approve").await;
    }

    /// Lets Alice approve it.
    pub async fn approve(&self) {
        self.approve_as("alice").await;
    }

    /// Lets Alice approve it and waits until it has succeeded.
    pub async fn succeed(&self) -> Value {
        self.approve().await;
        self.until("succeeded").await
    }

    /// Asks for its undo.
    pub async fn ask_undo(&self) -> Answer {
        let (path, key) =
            (format!("/v1/changes/{}/undo", self.id), format!("undo-{}", stack().number_of_key()));
        self.tenant.request(Method::POST, &path, Some(&key), "").await
    }

    /// Proposes its undo.
    ///
    /// # Panics
    /// It is refused.
    pub async fn undo(&self) -> Change<'a> {
        let answer = self.ask_undo().await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
        Change::new(self.tenant, &answer.json().expect("a change"))
    }

    /// Takes it back.
    pub async fn withdraw(&self) -> Answer {
        self.tenant.request(Method::POST, &format!("/v1/changes/{}/withdraw", self.id), None, "").await
    }

    /// Its partition in `changes` and `approvals`.
    pub fn partition(&self) -> String {
        format!("T#{}#C#{}", self.tenant.id, self.id)
    }

    /// Its record, steps, fences, ledger and outbox.
    pub async fn items(&self) -> Vec<Item> {
        Table::Changes.partition(&self.partition()).await
    }

    /// The item with this sort key, if there is one.
    pub async fn item(&self, sk: &str) -> Option<Item> {
        self.items().await.into_iter().find(|item| text(item, "sk") == sk)
    }

    /// The kinds of its ledger's entries, in their order.
    pub async fn ledger(&self) -> Vec<String> {
        let items = self.items().await;
        let entries = items.iter().filter(|item| text(item, "sk").starts_with("LEDGER#"));
        entries.map(|item| body(item)["kind"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The input of its first step's tasks.
    pub fn step_task(&self, generation: u64) -> Value {
        json!({"tenant": self.tenant.id, "change": self.id, "generation": generation, "step": 0})
    }

    /// Runs `apply-step` by hand.
    pub async fn apply_by_hand(&self, generation: u64) -> Invoked {
        invoke("apply-step", &self.step_task(generation)).await
    }

    /// The ARN of an execution that drives it.
    pub fn execution(&self, generation: u64) -> String {
        let executions = stack().output("StateMachineArn").replace(":stateMachine:", ":execution:");
        format!("{executions}:{}-{generation}", self.id)
    }

    /// Ends the execution that drives it, as an outage would.
    pub async fn stop_execution(&self, generation: u64) {
        let stop = json!({"executionArn": self.execution(generation)});
        stack().operator().call("stepfunctions", "StopExecution", stop).await;
        self.until_execution_ended(generation).await;
    }

    /// Keeps the sweep from looking at it; what happens to it then happens by hand.
    pub async fn leave_alone(&self) {
        self.look_at("2100-01-01T00:00:00.000Z").await;
    }

    /// Lets the sweep look at it at its next turn.
    pub async fn look_now(&self) {
        self.look_at("2000-01-01T00:00:00.000Z").await;
    }

    async fn look_at(&self, moment: &str) {
        let watch = Table::Changes.partition(&format!("{}#W", self.partition())).await;
        for mut item in watch.into_iter().filter(|item| item.contains_key("due_sk")) {
            item.insert("due_sk".to_owned(), json!({"S": moment}));
            Table::Changes.put(&item).await;
        }
    }

    /// Lets Alice approve it when nobody drives it any more: it stays approved until it is driven by hand.
    ///
    /// # Panics
    /// It is not waiting for a decision.
    pub async fn approve_undriven(&self) {
        until_true("people are asked", 30, async || {
            let items = Table::Approvals.partition(&self.partition()).await;
            items.iter().any(|item| text(item, "sk").starts_with("TOKEN#"))
        })
        .await;
        self.leave_alone().await;
        self.stop_execution(1).await;
        self.approve().await;
        self.leave_alone().await;
        assert_eq!(self.status().await, "approved");
    }

    /// Waits until an execution has ended, however.
    pub async fn until_execution_ended(&self, generation: u64) {
        let asked = json!({"executionArn": self.execution(generation)});
        until_true("the execution ends", ENDS_WITHIN, async || {
            let found = stack().operator().attempt("stepfunctions", "DescribeExecution", asked.clone()).await;
            found.is_ok_and(|found| found["status"] != "RUNNING")
        })
        .await;
    }
}

/// Whether the workflow has nothing more to do for a change in this status.
pub fn has_ended(status: &str) -> bool {
    status.parse::<changegate_change::status::Status>().is_ok_and(|status| !status.is_open())
}
