//! The loader of the index, behind its checksums.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use aws_call::{Index, Target};
use serde_json::{Value, json};

use crate::container::restamped;

/// Schemas live as long as the process, so only one input in this many gets as far as that: ten million inputs then leave
/// less behind than the limit of memory.
const RARELY: u64 = 8192;

/// Loads an index: as it is, then with the checksums of what it holds. Of one in some thousands the operations are used too.
pub fn index(input: &[u8]) {
    load(input, |bytes| {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        hasher.finish().is_multiple_of(RARELY)
    });
}

/// The same, with the operations of every index that loads. Panics if one loads as a whole and then does not give all its
/// operations.
pub fn index_and_operations(input: &[u8]) {
    load(input, |_| true);
}

fn load(input: &[u8], fully: fn(&[u8]) -> bool) {
    for bytes in [Some(input.to_vec()), restamped(input)].into_iter().flatten() {
        let fully = fully(&bytes);
        let Ok(index) = Index::from_bytes(bytes) else { continue };
        let whole = index.verify().is_ok();
        if fully {
            use_all(&index, whole);
        }
    }
}

fn use_all(index: &Index, whole: bool) {
    let target = Target { region: "eu-west-1".to_owned(), endpoint: None };
    let parameters = json!({"Name": "a", "Bucket": "b", "Items": [{"Name": "c"}], "Tags": {"d": "e"}});
    for service in index.services() {
        let names = index.operations(service);
        assert!(names.is_ok() || !whole, "{service} loads only once");
        for name in names.unwrap_or_default() {
            let operation = index.operation(service, &name);
            assert!(operation.is_ok() || !whole, "{service} {name} does not load");
            let Ok(operation) = operation else { continue };
            // What comes of a model that makes no sense is not for this to say.
            let _ = operation.validate(&parameters);
            let _ = operation.request(&parameters, &target);
            let _ = operation.request(&Value::Null, &target);
            let _ = operation.parse(200, &[], br#"{"Items": [{"Name": "c"}]}"#);
            let _ = operation.resources(&parameters, "aws", "111122223333", "eu-west-1");
            let _ = (operation.sensitive_paths().len(), operation.output_sensitive_paths().len());
        }
    }
}
