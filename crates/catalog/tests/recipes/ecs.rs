//! ECS services.

use changegate_catalog::{KeptOutput, ReadAnswer, ReadCall, Recipe, Sealer, Settled};
use changegate_change::undo::UndoClass;
use serde_json::{Value, json};

use crate::round_trip::{
    KEY, Service, call, capture, output, paths, recipe, refused, round_trip, try_capture,
};

fn update() -> &'static Recipe {
    recipe("ecs/UpdateService")
}

const TASK: &str = "arn:aws:ecs:eu-west-1:111111111111:task-definition/web:7";

fn service() -> Value {
    json!({
        "serviceArn": "arn:aws:ecs:eu-west-1:111111111111:service/main/web", "serviceName": "web",
        "clusterArn": "arn:aws:ecs:eu-west-1:111111111111:cluster/main", "status": "ACTIVE",
        "desiredCount": 2, "runningCount": 2, "pendingCount": 0, "launchType": "FARGATE",
        "platformVersion": "LATEST", "platformFamily": "Linux", "taskDefinition": TASK,
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": true, "rollback": true}, "maximumPercent": 200,
            "minimumHealthyPercent": 100, "strategy": "ROLLING",
        },
        "deployments": [{
            "id": "ecs-svc/1", "status": "PRIMARY", "taskDefinition": TASK, "desiredCount": 2, "runningCount": 2,
            "pendingCount": 0, "failedTasks": 0, "rolloutState": "COMPLETED",
            "rolloutStateReason": "ECS deployment ecs-svc/1 completed.", "createdAt": "2026-11-01T08:00:00Z",
        }],
        "networkConfiguration": {"awsvpcConfiguration": {
            "subnets": ["subnet-b", "subnet-a"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED",
        }},
        "loadBalancers": [], "serviceRegistries": [], "events": [{"id": "e", "message": "steady state"}],
        "createdAt": "2026-10-01T08:00:00Z", "schedulingStrategy": "REPLICA", "enableExecuteCommand": false,
        "deploymentController": {"type": "ECS"}, "propagateTags": "NONE", "healthCheckGracePeriodSeconds": 0,
    })
}

fn described(service: &Value) -> ReadAnswer {
    output(json!({"services": [service], "failures": []}))
}

/// The service, with what an update sets.
struct Ecs(Value);

impl Service for Ecs {
    fn answer(&self, read: &ReadCall) -> ReadAnswer {
        assert_eq!(read.parameters, json!({"cluster": "main", "services": ["web"]}));
        described(&self.0)
    }

    fn apply(&mut self, operation: &str, parameters: &Value) {
        assert_eq!(operation, "UpdateService");
        for (name, value) in parameters.as_object().unwrap() {
            if !["cluster", "service", "forceNewDeployment"].contains(&name.as_str()) {
                self.0[name] = value.clone();
            }
        }
    }
}

fn with(more: Value) -> Value {
    let mut parameters = json!({"cluster": "main", "service": "web"});
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    parameters
}

#[test]
fn only_what_the_call_sets_is_kept_and_restored() {
    let mut ecs = Ecs(service());
    let trip = round_trip("ecs/UpdateService", with(json!({"desiredCount": 5})), &mut ecs);
    assert_eq!(trip.before.state, json!({"desiredCount": 2}));
    assert_eq!(trip.expected.as_ref(), Some(&trip.after));
    assert_eq!(paths(&trip.diff), ["/desiredCount"]);
    assert_eq!(trip.plan.class, UndoClass::Full);
    assert_eq!(trip.plan.calls[0].parameters, with(json!({"desiredCount": 2})));
    assert_eq!(ecs.0, service());
}

#[test]
fn every_setting_comes_back() {
    let set = json!({
        "desiredCount": 0, "taskDefinition": TASK.replace(":7", ":8"), "healthCheckGracePeriodSeconds": 30,
        "enableExecuteCommand": true, "propagateTags": "SERVICE", "deploymentController": {"type": "ECS"},
        "deploymentConfiguration": {"maximumPercent": 150, "minimumHealthyPercent": 50}, "platformVersion": "1.4.0",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-c"]}},
        "loadBalancers": [{"targetGroupArn": "arn:x", "containerName": "web", "containerPort": 80}],
    });
    let mut ecs = Ecs(service());
    let trip = round_trip("ecs/UpdateService", with(set.clone()), &mut ecs);
    assert_eq!(trip.plan.class, UndoClass::Full, "{:?}", trip.plan.caveats);
    assert_eq!(trip.restored, trip.before);
    for name in set.as_object().unwrap().keys() {
        let (mut now, mut then) = (ecs.0[name].clone(), service()[name].clone());
        for value in [&mut now, &mut then] {
            if let Some(subnets) = value.pointer_mut("/awsvpcConfiguration/subnets") {
                subnets.as_array_mut().unwrap().sort_by_key(Value::to_string);
            }
        }
        assert_eq!(now, then, "{name}");
    }
}

#[test]
fn a_setting_without_a_value_before_makes_the_undo_partial() {
    let mut plain = service();
    plain.as_object_mut().unwrap().remove("platformVersion");
    let context = call(with(json!({"platformVersion": "1.4.0", "desiredCount": 1})));
    let before = capture(update(), &context, &[described(&plain)]);
    let plan = update().undo(&context, &before).unwrap();
    assert_eq!(plan.class, UndoClass::Partial);
    assert_eq!(plan.calls[0].parameters, with(json!({"desiredCount": 2})));
}

#[test]
fn a_restart_is_not_undone_and_is_bound_to_its_task_definition() {
    let context = call(with(json!({"forceNewDeployment": true})));
    let before = capture(update(), &context, &[described(&service())]);
    assert_eq!(before.state, json!({"taskDefinition": TASK}));
    let plan = update().undo(&context, &before).unwrap();
    assert_eq!((plan.class, plan.calls.len()), (UndoClass::None, 0));
    assert!(plan.caveats[0].contains("restart cannot be undone"));
    assert_eq!(update().expected(&context, &before, &mut Sealer::new(KEY)).unwrap(), Some(before));
}

#[test]
fn a_restart_with_settings_is_undone_without_restarting_again() {
    let context = call(with(json!({"forceNewDeployment": true, "desiredCount": 3})));
    let before = capture(update(), &context, &[described(&service())]);
    let plan = update().undo(&context, &before).unwrap();
    assert_eq!(plan.class, UndoClass::Partial);
    assert_eq!(plan.calls[0].parameters, with(json!({"desiredCount": 2})));
}

#[test]
fn a_capacity_provider_strategy_goes_back_with_the_new_deployment_that_ecs_asks_for() {
    let strategy = json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]);
    let set = json!({"capacityProviderStrategy": strategy, "forceNewDeployment": true});
    let context = call(with(set));
    let before = capture(update(), &context, &[described(&service())]);
    let plan = update().undo(&context, &before).unwrap();
    assert_eq!(
        plan.calls[0].parameters,
        with(json!({"capacityProviderStrategy": [], "forceNewDeployment": true}))
    );
}

#[test]
fn a_revision_is_expected_by_its_arn_and_a_family_is_not_guessed() {
    let expected = |task: &str| {
        let context = call(with(json!({"taskDefinition": task})));
        let before = capture(update(), &context, &[described(&service())]);
        update().expected(&context, &before, &mut Sealer::new(KEY)).unwrap().map(|capture| capture.state)
    };
    let next = json!({"taskDefinition": TASK.replace(":7", ":8")});
    assert_eq!(expected("web:8"), Some(next.clone()));
    assert_eq!(expected(&TASK.replace(":7", ":8")), Some(next));
    assert_eq!(expected("web"), None);
}

#[test]
fn a_service_must_exist_and_be_active() {
    let context = call(with(json!({"desiredCount": 1})));
    let missing = output(json!({"services": [], "failures": [{"arn": "arn:x", "reason": "MISSING"}]}));
    let mut inactive = service();
    inactive["status"] = json!("INACTIVE");
    for answer in [missing, described(&inactive)] {
        let before = capture(update(), &context, &[answer]);
        let error = update().undo(&context, &before).unwrap_err();
        assert_eq!(
            (error.code(), error.to_string().as_str()),
            ("resource_not_found", "the service web does not exist")
        );
    }
    let error = try_capture(update(), &context, &[refused("ClusterNotFoundException", "")]).unwrap_err();
    assert_eq!(error.code(), "resource_not_found");
}

#[test]
fn a_call_that_sets_nothing_is_refused() {
    let context = call(with(json!({})));
    let before = capture(update(), &context, &[described(&service())]);
    assert_eq!(update().undo(&context, &before).unwrap_err().code(), "precondition_failed");
}

fn settled(more: &[(&str, Value)], parameters: Value) -> Settled {
    let mut service = service();
    for (pointer, value) in more {
        *service.pointer_mut(pointer).unwrap() = value.clone();
    }
    let test = update().settle().unwrap();
    let context = call(with(parameters));
    assert_eq!(test.reads(&context, &KeptOutput::new(), &[]).unwrap().len(), 1);
    test.is_settled(&context, &[described(&service)]).unwrap()
}

#[test]
fn a_service_is_settled_with_one_complete_deployment_and_all_tasks_running() {
    let scale = json!({"desiredCount": 2});
    assert_eq!(settled(&[], scale.clone()), Settled::Done);
    assert_eq!(settled(&[("/runningCount", json!(1))], scale.clone()), Settled::Wait);
    assert_eq!(
        settled(&[("/deployments/0/rolloutState", json!("IN_PROGRESS"))], scale.clone()),
        Settled::Wait
    );
    let old = json!({"id": "ecs-svc/0", "status": "ACTIVE", "rolloutState": "COMPLETED"});
    let both = json!([service()["deployments"][0], old]);
    assert_eq!(settled(&[("/deployments", both)], scale), Settled::Wait);
}

#[test]
fn a_failed_and_a_rolled_back_deployment_are_failures() {
    let failed = settled(
        &[
            ("/deployments/0/rolloutState", json!("FAILED")),
            ("/deployments/0/rolloutStateReason", json!("tasks failed to start.")),
        ],
        json!({"taskDefinition": TASK}),
    );
    assert_eq!(failed, Settled::Failed { reason: "tasks failed to start.".to_owned() });
    let back = settled(&[], json!({"taskDefinition": "web:8"}));
    assert_eq!(back, Settled::Failed { reason: format!("the service runs {TASK} instead") });
}

#[test]
fn waits_grow_from_the_first_to_the_longest() {
    let test = update().settle().unwrap();
    let waits: Vec<_> = (0..9).map(|looks| test.wait_after(looks)).collect();
    assert_eq!(waits, [5, 8, 11, 17, 25, 38, 57, 60, 60]);
    assert_eq!(test.wait_after(u32::MAX), test.max_wait());
}

#[test]
fn roles_are_only_passed_when_the_call_names_them() {
    assert_eq!(update().needs(&call(with(json!({"desiredCount": 1})))), []);
    let role = "arn:aws:iam::111111111111:role/ecsInfrastructure";
    let volumes = json!([{"name": "data", "managedEBSVolume": {"roleArn": role}}]);
    let needs = update().needs(&call(with(json!({"volumeConfigurations": volumes}))));
    assert_eq!(needs[0].actions, ["iam:PassRole"]);
    assert_eq!(needs[0].resources, [role]);
}
