//! What can be told of a recipe without knowing AWS: whether its expressions look only at what is there.

use std::collections::BTreeSet;

use changegate_change::undo::UndoClass;

use crate::definition::{Definition, Proof, Read, Settle};
use crate::expression::Expression;
use crate::template::Template;

const CALL: &[&str] = &["call", "account", "region", "partition"];

/// What is wrong with a recipe, if something is.
pub(crate) fn contradiction(definition: &Definition) -> Option<String> {
    looks_at_what_is_not_there(definition)
        .or_else(|| undo_contradiction(definition))
        .or_else(|| definition.settle.as_ref().and_then(settle_contradiction))
        .or_else(|| {
            let both = definition.secrets.none.is_some() && !definition.secrets.state.is_empty();
            both.then(|| "nothing of its state is secret, and something is".to_owned())
        })
        .or_else(|| {
            // What the models alone give can be nothing.
            let nothing = definition.reads.is_empty() && definition.proof > Proof::Models;
            nothing.then(|| "it reads nothing".to_owned())
        })
}

fn undo_contradiction(definition: &Definition) -> Option<String> {
    let undo = &definition.undo;
    let calls = !undo.present.is_empty() || !undo.absent.is_empty();
    match (undo.class, calls) {
        (UndoClass::None, true) => Some("its undo has class `none` and calls".to_owned()),
        (UndoClass::Full | UndoClass::Partial, false) => Some("its undo has no calls".to_owned()),
        (UndoClass::Partial | UndoClass::None, _) if undo.caveats.is_empty() => {
            Some("its undo is not full and no caveat says why".to_owned())
        }
        (UndoClass::Full | UndoClass::Partial | UndoClass::None, _) => None,
    }
}

fn settle_contradiction(settle: &Settle) -> Option<String> {
    let ordered = settle.first_wait >= 1
        && settle.first_wait <= settle.max_wait
        && settle.max_wait <= settle.deadline
        && settle.growth >= 1.0
        && settle.growth.is_finite();
    (!ordered).then(|| "its settle test needs 1 ≤ first_wait ≤ max_wait ≤ deadline and growth ≥ 1".to_owned())
}

fn looks_at_what_is_not_there(definition: &Definition) -> Option<String> {
    let reads = names(&definition.reads);
    let with_before = [CALL, &["before"]].concat();
    let with_item = [CALL, &["before", "item"]].concat();
    let with_read = [CALL, &["read"]].concat();
    let empty = BTreeSet::new();
    let settle = definition.settle.as_ref();
    let settle_reads = settle.map(|settle| names(&settle.reads)).unwrap_or_default();
    of_call(definition)
        .into_iter()
        .find_map(|expression| unknown_name(expression, CALL, &empty))
        .or_else(|| reads_look_at_what_is_not_there(&definition.reads))
        .or_else(|| reads_look_at_what_is_not_there(&settle?.reads))
        .or_else(|| of_answers(definition).into_iter().find_map(|e| unknown_name(e, &with_read, &reads)))
        .or_else(|| of_before(definition).into_iter().find_map(|e| unknown_name(e, &with_before, &empty)))
        .or_else(|| of_undo_calls(definition).into_iter().find_map(|e| unknown_name(e, &with_item, &empty)))
        .or_else(|| of_settle(settle?).into_iter().find_map(|e| unknown_name(e, &with_read, &settle_reads)))
}

fn names(reads: &[Read]) -> BTreeSet<&str> {
    reads.iter().map(|read| read.name.as_str()).collect()
}

/// What reads look at: the call, what the reads before them gave, and their item if there is one read per item.
fn reads_look_at_what_is_not_there(reads: &[Read]) -> Option<String> {
    let with_read = [CALL, &["read"]].concat();
    let with_item = [CALL, &["read", "item"]].concat();
    let mut before = BTreeSet::new();
    for read in reads {
        let known = if read.for_each.is_some() { &with_item } else { &with_read };
        let conditions = read.when.iter().chain(&read.for_each);
        let found = conditions
            .map(|expression| (expression, &with_read))
            .chain(read.parameters.expressions().into_iter().map(|expression| (expression, known)))
            .find_map(|(expression, known)| unknown_name(expression, known, &before));
        if found.is_some() {
            return found;
        }
        before.insert(read.name.as_str());
    }
    None
}

fn of_reads(reads: &[Read]) -> impl Iterator<Item = &Expression> {
    reads
        .iter()
        .flat_map(|read| read.parameters.expressions().into_iter().chain(&read.when).chain(&read.for_each))
}

fn of_call(definition: &Definition) -> Vec<&Expression> {
    let mut found = definition.resource.expressions();
    for need in &definition.needs {
        found.extend(need.resources.expressions());
        found.extend(need.conditions.iter().flat_map(|conditions| conditions.expressions()));
        found.extend(&need.when);
    }
    found
}

fn of_answers(definition: &Definition) -> Vec<&Expression> {
    let mut found: Vec<_> = definition.unreadable.iter().map(|unreadable| &unreadable.when).collect();
    found.extend(&definition.state.present);
    found.extend(&definition.state.only);
    found.extend(definition.state.keep.expressions());
    found.extend(definition.fill.values().flat_map(Template::expressions));
    found
}

fn of_before(definition: &Definition) -> Vec<&Expression> {
    let mut found: Vec<_> = definition.requirements.iter().map(|requirement| &requirement.that).collect();
    found.extend(definition.undo.limits.iter().map(|limit| &limit.when));
    for safer in &definition.safer {
        found.extend(&safer.when);
        found.extend(safer.parameters.expressions());
    }
    if let Some(expected) = &definition.expected {
        found.extend(&expected.when);
        found.extend(expected.state.iter().flat_map(|state| state.expressions()));
    }
    found
}

fn of_undo_calls(definition: &Definition) -> Vec<&Expression> {
    let mut found = Vec::new();
    for call in definition.undo.present.iter().chain(&definition.undo.absent) {
        found.extend(&call.for_each);
        found.extend(&call.when);
        found.extend(call.parameters.expressions());
    }
    found
}

fn of_settle(settle: &Settle) -> Vec<&Expression> {
    let mut found = vec![&settle.done];
    for failure in &settle.failures {
        found.push(&failure.when);
        found.extend(failure.says.expressions());
    }
    found
}

fn unknown_name(expression: &Expression, known: &[&str], reads: &BTreeSet<&str>) -> Option<String> {
    expression.references().iter().find_map(|path| match path.as_slice() {
        [first, ..] if !known.contains(&first.as_str()) => Some(format!(
            "`{expression}` looks at `{first}`, which is not there; there are {}",
            known.join(", ")
        )),
        [first, read, ..] if first == "read" && !reads.contains(read.as_str()) => {
            Some(format!("`{expression}` looks at the read `{read}`, which does not exist"))
        }
        [..] => None,
    })
}

/// Every expression of a recipe that can look at the call's parameters.
pub(crate) fn expressions_on_the_call(definition: &Definition) -> Vec<&Expression> {
    let mut found = of_call(definition);
    found.extend(of_reads(&definition.reads));
    found.extend(definition.settle.iter().flat_map(|settle| of_reads(&settle.reads)));
    found.extend(of_answers(definition));
    found.extend(of_before(definition));
    found.extend(of_undo_calls(definition));
    found.extend(definition.settle.iter().flat_map(of_settle));
    found
}
