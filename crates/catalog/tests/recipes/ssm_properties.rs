//! Parameter Store as a small map: whatever was there, and whatever is put, the undo brings it back.

use std::collections::BTreeMap;

use changegate_catalog::{Evidence, ReadAnswer, ReadCall};
use changegate_change::undo::UndoClass;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::round_trip::{Service, changed_members, output, recipe, refused, round_trip};

/// Parameters by name, each with the members that a put can set.
#[derive(Debug, Clone, Default)]
struct ParameterStore(BTreeMap<String, Map<String, Value>>);

const METADATA: [&str; 6] = ["Type", "KeyId", "Description", "AllowedPattern", "Tier", "DataType"];

impl Service for ParameterStore {
    fn answer(&self, read: &ReadCall) -> ReadAnswer {
        let name = match read.operation.as_str() {
            "GetParameter" => &read.parameters["Name"],
            "DescribeParameters" => &read.parameters["ParameterFilters"][0]["Values"][0],
            "ListTagsForResource" => &read.parameters["ResourceId"],
            other => panic!("{other} is not modelled"),
        };
        let found = self.0.get(name.as_str().unwrap());
        match (read.operation.as_str(), found) {
            ("GetParameter", Some(own)) => output(json!({"Parameter": {
                "Name": name, "Type": own["Type"], "Value": own["Value"], "DataType": own["DataType"],
            }})),
            ("GetParameter", None) => refused("ParameterNotFound", ""),
            ("DescribeParameters", Some(own)) => {
                let known = own.iter().filter(|(member, _)| METADATA.contains(&member.as_str()));
                let known: Map<_, _> = known.map(|(member, value)| (member.clone(), value.clone())).collect();
                output(json!({"Parameters": [known]}))
            }
            ("DescribeParameters", None) => output(json!({"Parameters": []})),
            (_, Some(own)) => output(json!({"TagList": own.get("Tags").unwrap_or(&json!([]))})),
            (_, None) => refused("InvalidResourceId", ""),
        }
    }

    fn apply(&mut self, operation: &str, parameters: &Value) {
        let name = parameters["Name"].as_str().unwrap().to_owned();
        match operation {
            "DeleteParameter" => assert!(self.0.remove(&name).is_some(), "ParameterNotFound"),
            "PutParameter" => {
                let old = self.0.get(&name);
                assert!(old.is_none() || parameters["Overwrite"] == true, "ParameterAlreadyExists");
                let new = put(old, parameters);
                self.0.insert(name, new);
            }
            other => panic!("{other} is not modelled"),
        }
    }
}

/// What a put leaves: the description and the tier stay unless named, the key and the pattern do not.
fn put(old: Option<&Map<String, Value>>, parameters: &Value) -> Map<String, Value> {
    let kept = |name: &str, default: &str| {
        let given = parameters.get(name).cloned();
        given.or_else(|| old.and_then(|old| old.get(name).cloned())).unwrap_or_else(|| json!(default))
    };
    let mut new = Map::new();
    new.insert("Value".to_owned(), parameters["Value"].clone());
    for (name, default) in [("Type", ""), ("DataType", "text"), ("Description", ""), ("Tier", "Standard")] {
        new.insert(name.to_owned(), kept(name, default));
    }
    let pattern = parameters.get("AllowedPattern").cloned().unwrap_or_else(|| json!(""));
    new.insert("AllowedPattern".to_owned(), pattern);
    if new["Type"] == "SecureString" {
        let key = parameters.get("KeyId").cloned().unwrap_or_else(|| json!("alias/aws/ssm"));
        new.insert("KeyId".to_owned(), key);
    }
    if let Some(tags) = parameters.get("Tags") {
        new.insert("Tags".to_owned(), tags.clone());
    }
    new
}

fn value() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9 /{}\"$=%é]{1,20}"
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("String"), Just("StringList"), Just("SecureString")]
}

/// Parameters of a put that creates.
fn creating() -> impl Strategy<Value = Value> {
    let optional = (
        proptest::option::of("[a-z ]{0,10}"),
        proptest::option::of(Just("^[a-z]*$")),
        proptest::option::of(Just("alias/app")),
        proptest::bool::ANY,
    );
    (value(), kind(), optional).prop_map(|(value, kind, (description, pattern, key, tagged))| {
        let mut parameters = json!({"Name": "/app/p", "Value": value, "Type": kind});
        let map = parameters.as_object_mut().unwrap();
        map.extend(description.map(|text| ("Description".to_owned(), json!(text))));
        map.extend(pattern.map(|text| ("AllowedPattern".to_owned(), json!(text))));
        map.extend(key.filter(|_| kind == "SecureString").map(|text| ("KeyId".to_owned(), json!(text))));
        map.extend(tagged.then(|| ("Tags".to_owned(), json!([{"Key": "team", "Value": "red"}]))));
        parameters
    })
}

/// What exists before, and a put that AWS accepts then.
fn start_and_put() -> impl Strategy<Value = (Option<Value>, Value)> {
    (proptest::option::of(creating()), creating(), proptest::bool::ANY).prop_map(|(old, mut new, named)| {
        if let Some(old) = &old {
            let map = new.as_object_mut().unwrap();
            map.remove("Tags");
            map.insert("Overwrite".to_owned(), json!(true));
            map.insert("Type".to_owned(), old["Type"].clone());
            if old["Type"] != "SecureString" {
                map.remove("KeyId");
            }
            if !named {
                map.remove("Type");
            }
        }
        (old, new)
    })
}

proptest! {
    #[test]
    fn a_put_does_what_is_expected_and_its_undo_restores_what_was((old, new) in start_and_put()) {
        let mut store = ParameterStore::default();
        if let Some(old) = &old {
            store.apply("PutParameter", old);
        }
        let started = store.clone();
        let trip = round_trip("ssm/PutParameter", new, &mut store);
        let expected = trip.expected.clone().unwrap();
        prop_assert_eq!(&expected, &trip.after);
        prop_assert_eq!(trip.plan.class, UndoClass::Full);
        prop_assert_eq!(&trip.restored, &trip.before);
        let values = |store: &ParameterStore| store.0.get("/app/p").map(|own| own["Value"].clone());
        prop_assert_eq!(values(&store), values(&started));
        let mut told: Vec<_> =
            trip.diff.iter().map(|line| line.path.split('/').nth(1).unwrap().to_owned()).collect();
        told.dedup();
        prop_assert_eq!(told, changed_members(&trip.before, &trip.after));
        let evidence = recipe("ssm/PutParameter").evidence(&trip.before, Some(&expected), &trip.after);
        let differs = trip.before != expected;
        prop_assert_eq!(evidence, if differs { Evidence::Happened } else { Evidence::Unclear });
    }

    #[test]
    fn a_deleted_parameter_is_put_back(old in creating()) {
        let mut store = ParameterStore::default();
        store.apply("PutParameter", &old);
        let started = store.clone();
        let trip = round_trip("ssm/DeleteParameter", json!({"Name": "/app/p"}), &mut store);
        prop_assert!(!trip.after.present);
        prop_assert_eq!(trip.expected.as_ref(), Some(&trip.after));
        prop_assert_eq!(&trip.restored, &trip.before);
        prop_assert_eq!(store.0, started.0);
    }

    #[test]
    fn a_foreign_change_in_between_is_seen(start in start_and_put(), foreign in value()) {
        let (old, new) = start;
        let mut store = ParameterStore::default();
        if let Some(old) = &old {
            store.apply("PutParameter", old);
        }
        prop_assume!(new["Value"] != json!(foreign));
        let recipe = recipe("ssm/PutParameter");
        let context = crate::round_trip::call(new);
        let read = |store: &ParameterStore| {
            let answers: Vec<_> = recipe.reads(&context, &[]).unwrap().iter().map(|read| store.answer(read)).collect();
            crate::round_trip::capture(recipe, &context, &answers).digest().unwrap()
        };
        store.apply("PutParameter", &context.parameters);
        let after = read(&store);
        prop_assert_eq!(after, read(&store));
        store.apply("PutParameter", &json!({"Name": "/app/p", "Value": foreign, "Overwrite": true}));
        prop_assert_ne!(after, read(&store));
    }
}
