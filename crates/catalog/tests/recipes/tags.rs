//! Tags of EC2 resources and of buckets. MiniStack 1.5.33 deletes an EC2 tag whatever its value is; AWS only where the call
//! gives the value that it has, or none.

use std::collections::BTreeMap;

use changegate_catalog::{ReadAnswer, ReadCall};
use changegate_change::undo::UndoClass;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::round_trip::{Service, call, capture, output, paths, recipe, refused, round_trip};

/// Values by resource and key.
#[derive(Debug, Clone, Default, PartialEq)]
struct Ec2(BTreeMap<(String, String), String>);

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

impl Service for Ec2 {
    fn answer(&self, read: &ReadCall) -> ReadAnswer {
        assert_eq!((read.operation.as_str(), read.pages), ("DescribeTags", true));
        let wanted = |name: &str| {
            let filters = read.parameters["Filters"].as_array().unwrap();
            filters.iter().find(|filter| filter["Name"] == name).map(|filter| texts(&filter["Values"]))
        };
        let (ids, keys) = (wanted("resource-id").unwrap(), wanted("key"));
        let tags: Vec<_> = self
            .0
            .iter()
            .filter(|((id, key), _)| ids.contains(id) && keys.as_ref().is_none_or(|keys| keys.contains(key)))
            .map(|((id, key), value)| json!({"ResourceId": id, "ResourceType": "instance", "Key": key, "Value": value}))
            .rev()
            .collect();
        output(json!({"Tags": tags}))
    }

    fn apply(&mut self, operation: &str, parameters: &Value) {
        for id in texts(&parameters["Resources"]) {
            let tags = parameters.get("Tags").and_then(Value::as_array).cloned();
            if operation == "DeleteTags" && tags.is_none() {
                self.0.retain(|(own, key), _| *own != id || key.starts_with("aws:"));
            }
            for tag in tags.unwrap_or_default() {
                let place = (id.clone(), tag["Key"].as_str().unwrap().to_owned());
                let value = tag.get("Value").map(|value| value.as_str().unwrap().to_owned());
                match operation {
                    "CreateTags" => drop(self.0.insert(place, value.unwrap_or_default())),
                    _ if value.is_none() || self.0.get(&place) == value.as_ref() => {
                        drop(self.0.remove(&place))
                    }
                    _ => {}
                }
            }
        }
    }
}

fn tags() -> impl Strategy<Value = Vec<Value>> {
    proptest::collection::btree_map("[a-d]", proptest::option::of("[x-z]{0,2}"), 1..4).prop_map(|tags| {
        let tag = |(key, value): (String, Option<String>)| match value {
            Some(value) => json!({"Key": key, "Value": value}),
            None => json!({"Key": key}),
        };
        tags.into_iter().map(tag).collect()
    })
}

fn some_ec2() -> impl Strategy<Value = Ec2> {
    let place = (prop_oneof![Just("i-1"), Just("i-2"), Just("i-3")], "[a-d]|aws:stack");
    let place = place.prop_map(|(id, key)| (id.to_owned(), key));
    proptest::collection::btree_map(place, "[x-z]{0,2}", 0..8).prop_map(Ec2)
}

fn resources() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(vec!["i-1", "i-2", "i-3"], 1..=3)
}

proptest! {
    #[test]
    fn created_tags_are_undone_on_every_resource(mut ec2 in some_ec2(), ids in resources(), tags in tags()) {
        let started = ec2.clone();
        let trip = round_trip("ec2/CreateTags", json!({"Resources": ids, "Tags": tags}), &mut ec2);
        prop_assert_eq!(trip.expected.as_ref(), Some(&trip.after));
        prop_assert_eq!(&trip.restored, &trip.before);
        prop_assert_eq!(&ec2, &started);
        prop_assert_eq!(trip.plan.class, UndoClass::Full);
        let changed = trip.diff.iter().all(|line| line.before != line.after);
        prop_assert!(changed && (trip.diff.is_empty() == (trip.before == trip.after)));
    }

    #[test]
    fn deleted_tags_are_undone_on_every_resource(
        mut ec2 in some_ec2(),
        ids in resources(),
        tags in proptest::option::of(tags()),
    ) {
        let started = ec2.clone();
        let mut parameters = json!({"Resources": ids});
        if let Some(tags) = tags {
            parameters["Tags"] = json!(tags);
        }
        let trip = round_trip("ec2/DeleteTags", parameters, &mut ec2);
        prop_assert_eq!(trip.expected.as_ref(), Some(&trip.after));
        prop_assert_eq!(&trip.restored, &trip.before);
        prop_assert_eq!(&ec2, &started);
    }

    #[test]
    fn the_order_of_the_answer_does_not_matter(ec2 in some_ec2(), tags in tags()) {
        let context = call(json!({"Resources": ["i-1", "i-2"], "Tags": tags}));
        let create = recipe("ec2/CreateTags");
        let read = &create.reads(&context, &[]).unwrap()[0];
        let ReadAnswer::Output { value, .. } = ec2.answer(read) else { panic!("a model does not refuse") };
        let mut turned = value.clone();
        turned["Tags"].as_array_mut().unwrap().reverse();
        prop_assert_eq!(capture(create, &context, &[output(value)]), capture(create, &context, &[output(turned)]));
    }
}

#[test]
fn old_values_come_back_and_new_keys_go_while_they_have_the_value_of_the_call() {
    let create = recipe("ec2/CreateTags");
    let tags = json!([{"Key": "env", "Value": "prod"}, {"Key": "team", "Value": "red"}, {"Key": "flag"}]);
    let context = call(json!({"Resources": ["i-1"], "Tags": tags}));
    let found =
        json!({"Tags": [{"ResourceId": "i-1", "ResourceType": "instance", "Key": "env", "Value": "test"}]});
    let before = capture(create, &context, &[output(found)]);
    let plan = create.undo(&context, &before).unwrap();
    let calls: Vec<_> = plan.calls.iter().map(|call| (call.operation.as_str(), &call.parameters)).collect();
    let back = json!({"Resources": ["i-1"], "Tags": [{"Key": "env", "Value": "test"}]});
    let gone = json!({"Resources": ["i-1"], "Tags": [{"Key": "team", "Value": "red"}, {"Key": "flag", "Value": ""}]});
    assert_eq!(calls, [("CreateTags", &back), ("DeleteTags", &gone)]);
}

#[test]
fn tags_that_only_a_wildcard_in_a_key_found_are_left_alone() {
    let create = recipe("ec2/CreateTags");
    let context = call(json!({"Resources": ["i-1"], "Tags": [{"Key": "a*", "Value": "1"}]}));
    let found = json!({"Tags": [{"ResourceId": "i-1", "Key": "abc", "Value": "2"}]});
    let before = capture(create, &context, &[output(found)]);
    assert_eq!(before.state, json!({"Tags": []}));
}

#[test]
fn nothing_is_planned_where_nothing_is_changed() {
    let delete = recipe("ec2/DeleteTags");
    let context = call(json!({"Resources": ["i-1"]}));
    let before = capture(delete, &context, &[output(json!({}))]);
    let plan = delete.undo(&context, &before).unwrap();
    assert_eq!((plan.class, plan.calls.len()), (UndoClass::None, 0));
    assert!(plan.caveats[0].contains("nothing to restore"));
}

/// The tag set of a bucket; an empty one is none.
struct Bucket(Option<Value>);

impl Service for Bucket {
    fn answer(&self, read: &ReadCall) -> ReadAnswer {
        assert_eq!(read.operation, "GetBucketTagging");
        match &self.0 {
            Some(tags) => output(json!({"TagSet": tags})),
            None => refused("NoSuchTagSet", "The TagSet does not exist"),
        }
    }

    fn apply(&mut self, operation: &str, parameters: &Value) {
        self.0 = (operation == "PutBucketTagging").then(|| parameters["Tagging"]["TagSet"].clone());
    }
}

#[test]
fn a_tag_set_is_replaced_and_put_back_as_a_whole() {
    let tags =
        json!([{"Key": "team", "Value": "red"}, {"Key": "aws:cloudformation:stack-name", "Value": "s"}]);
    let mut bucket = Bucket(Some(tags));
    let parameters = json!({"Bucket": "b", "Tagging": {"TagSet": [{"Key": "team", "Value": "blue"}]}});
    let trip = round_trip("s3/PutBucketTagging", parameters, &mut bucket);
    assert_eq!(trip.expected.as_ref(), Some(&trip.after));
    assert_eq!(trip.restored, trip.before);
    assert_eq!(
        paths(&trip.diff),
        ["/TagSet/[Key=aws:cloudformation:stack-name]", "/TagSet/[Key=team]/Value"]
    );
}

#[test]
fn the_first_tag_set_of_a_bucket_is_deleted_again() {
    let mut bucket = Bucket(None);
    let parameters = json!({
        "Bucket": "b", "ExpectedBucketOwner": "111111111111", "Tagging": {"TagSet": [{"Key": "a", "Value": "1"}]},
    });
    let trip = round_trip("s3/PutBucketTagging", parameters, &mut bucket);
    assert_eq!(trip.plan.calls[0].operation, "DeleteBucketTagging");
    assert_eq!(trip.plan.calls[0].parameters, json!({"Bucket": "b", "ExpectedBucketOwner": "111111111111"}));
    assert_eq!((&trip.restored, bucket.0), (&trip.before, None));
}

#[test]
fn a_deleted_tag_set_is_put_back() {
    let mut bucket = Bucket(Some(json!([{"Key": "a", "Value": "1"}])));
    let trip = round_trip("s3/DeleteBucketTagging", json!({"Bucket": "b"}), &mut bucket);
    assert_eq!(trip.expected.as_ref(), Some(&trip.after));
    assert_eq!(trip.restored, trip.before);
}

#[test]
fn a_bucket_that_does_not_exist_is_not_a_bucket_without_tags() {
    let put = recipe("s3/PutBucketTagging");
    let context = call(json!({"Bucket": "b", "Tagging": {"TagSet": []}}));
    let error =
        crate::round_trip::try_capture(put, &context, &[refused("NoSuchBucket", "gone")]).unwrap_err();
    assert_eq!(error.code(), "resource_not_found");
}
