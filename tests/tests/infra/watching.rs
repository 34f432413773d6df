//! Alarms, and that what they watch exists.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::template::Template;

fn dimension(alarm: &Value) -> Option<&str> {
    alarm["Dimensions"][0]["Value"].as_str()
}

#[test]
fn somebody_is_told_of_dead_webhooks_unknown_outcomes_a_late_sweep_and_a_late_relay() {
    let template = Template::deployment();
    let alarms: BTreeMap<(&str, Option<&str>), &Value> = template
        .resources("AWS::CloudWatch::Alarm")
        .values()
        .map(|alarm| ((alarm["MetricName"].as_str().unwrap(), dimension(alarm)), *alarm))
        .collect();
    let watched =
        |metric, of| *alarms.get(&(metric, of)).unwrap_or_else(|| panic!("{metric} of {of:?} is watched"));
    let dead = watched("ApproximateNumberOfMessagesVisible", Some("${WebhookDeadQueue.QueueName}"));
    assert_eq!(
        (&dead["Threshold"], &dead["ComparisonOperator"]),
        (&0.into(), &"GreaterThanThreshold".into())
    );
    let sweep = watched("Invocations", Some("${SweepFunction}"));
    assert_eq!(sweep["TreatMissingData"], "breaching", "no data means that it does not run");
    watched("IteratorAge", Some("${RelayFunction}"));
    watched("changegate_unknown", None);
}

#[test]
fn unknown_outcomes_are_counted_where_they_are_written() {
    let template = Template::deployment();
    let filters = template.resources("AWS::Logs::MetricFilter");
    let groups: Vec<&str> = filters.values().map(|filter| filter["LogGroupName"].as_str().unwrap()).collect();
    let writers = ["ApplyStep", "CloseChange", "Observe", "Sweep"].map(|name| format!("${{{name}LogGroup}}"));
    assert_eq!(groups, writers);
    for filter in filters.values() {
        assert_eq!(filter["MetricTransformations"][0]["MetricName"], "changegate_unknown");
        assert!(filter["FilterPattern"].as_str().unwrap().contains("\"changegate_unknown\""));
    }
}
