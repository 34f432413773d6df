//! How recipes read.

use crate::round_trip::{CATALOG, recipe};

#[test]
fn put_parameter_reads_as_a_person_tells_it() {
    let hash = recipe("ssm/PutParameter").hash().to_string();
    insta::assert_snapshot!(recipe("ssm/PutParameter").to_string().replace(&hash, "sha256:…"));
}

#[test]
fn update_stack_reads_as_a_person_tells_it() {
    let hash = recipe("cloudformation/UpdateStack").hash().to_string();
    insta::assert_snapshot!(recipe("cloudformation/UpdateStack").to_string().replace(&hash, "sha256:…"));
}

#[test]
fn every_recipe_says_what_it_reads_how_it_is_undone_and_when_it_is_settled() {
    for recipe in CATALOG.recipes() {
        let printed = recipe.to_string();
        for title in ["Reads", "Keeps of the state", "Undo: ", "Settled", "If AWS does not answer"] {
            assert!(printed.contains(&format!("\n{title}")), "{}: {title}", recipe.id());
        }
    }
}
