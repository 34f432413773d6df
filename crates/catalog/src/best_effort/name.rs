//! Names of operations: a verb, and what it is done to.

/// Words before the verb that say how it is called.
const BEFORE_VERB: &[&str] = &["Admin", "Batch"];
/// Words that tie others together.
const TIES: &[&str] = &["To", "For", "From", "Of", "With", "In", "On", "By"];
/// Last words that name a part or a view of the thing before them.
const VIEWS: &[&str] = &[
    "Attribute",
    "Capacity",
    "Config",
    "Configuration",
    "Detail",
    "Info",
    "Metadata",
    "Option",
    "Property",
    "Setting",
    "State",
    "Status",
];

/// The name of an operation, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) verb: String,
    /// The words after the verb, in the singular, without what ties them together.
    pub(super) noun: Vec<String>,
    /// Whether the noun is written as it stands here: no word of it is a plural.
    pub(super) singular: bool,
}

/// How what two operations are for is related, nearest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kinship {
    /// The read's noun begins with the call's: `PutTargets`, `ListTargetsByRule`.
    Within,
    /// The call's noun begins with the read's, which has so many words: `SetAlarmState`, `DescribeAlarms`.
    Around(usize),
    /// They differ by a word such as `Configuration` at the end.
    View,
    /// They are the same.
    Same,
}

impl Name {
    pub(super) fn of(operation: &str) -> Self {
        let mut words = words(operation).into_iter().peekable();
        while words.next_if(|word| BEFORE_VERB.contains(&word.as_str())).is_some() {}
        let verb = words.next().unwrap_or_default();
        let written: Vec<_> = words.filter(|word| !TIES.contains(&word.as_str())).collect();
        let noun: Vec<_> = written.iter().map(|word| singular(word)).collect();
        // What TagResource changes is the tags of a resource.
        if matches!(verb.as_str(), "Tag" | "Untag") {
            return Self { noun: [vec!["Tag".to_owned()], noun].concat(), verb, singular: true };
        }
        Self { singular: noun == written, verb, noun }
    }

    /// How this call's noun is related to a read's, if it is.
    pub(super) fn kinship(&self, read: &Self) -> Option<Kinship> {
        let (call, read) = (&self.noun, &read.noun);
        let sorted = |noun: &[String]| {
            let mut noun = noun.to_vec();
            noun.sort();
            noun
        };
        if call.is_empty() || read.is_empty() {
            None
        } else if sorted(call) == sorted(read) {
            Some(Kinship::Same)
        } else if without_view(call) == without_view(read) {
            Some(Kinship::View)
        } else if call.starts_with(read) {
            Some(Kinship::Around(read.len()))
        } else if read.starts_with(call) {
            Some(Kinship::Within)
        } else {
            None
        }
    }
}

fn without_view(noun: &[String]) -> &[String] {
    match noun {
        [most @ .., last] if !most.is_empty() && VIEWS.contains(&last.as_str()) => most,
        all => all,
    }
}

/// The words of a name in capitals: `ModifyDBInstance` gives `Modify`, `DB`, `Instance`.
pub(super) fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for (place, letter) in letters.iter().enumerate() {
        let next_is_lower = letters.get(place + 1).is_some_and(|next| next.is_lowercase());
        let begins =
            letter.is_uppercase() && before.is_none_or(|before| !before.is_uppercase() || next_is_lower);
        match words.last_mut() {
            Some(word) if !begins => word.push(*letter),
            _ => words.push(letter.to_string()),
        }
        before = Some(*letter);
    }
    words
}

/// The singular of a word, as names of operations write plurals.
pub(super) fn singular(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for ending in ["sses", "xes", "ches", "shes"] {
        if lower.ends_with(ending) {
            return word.get(..word.len() - 2).unwrap_or(word).to_owned();
        }
    }
    let is_plural =
        lower.ends_with('s') && !["ss", "us", "is", "as"].iter().any(|ending| lower.ends_with(ending));
    let stem = word.strip_suffix('s').filter(|stem| is_plural && stem.len() > 1);
    stem.unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_verb_and_noun() {
        for (name, verb, noun) in [
            ("ModifyDBInstance", "Modify", vec!["DB", "Instance"]),
            ("DescribeDBInstances", "Describe", vec!["DB", "Instance"]),
            ("AdminUpdateUserAttributes", "Update", vec!["User", "Attribute"]),
            ("ListTagsForResource", "List", vec!["Tag", "Resource"]),
            ("UntagResource", "Untag", vec!["Tag", "Resource"]),
            ("PutBucketPolicies", "Put", vec!["Bucket", "Policy"]),
            ("DescribeAddresses", "Describe", vec!["Address"]),
            ("GetAccess", "Get", vec!["Access"]),
            ("Subscribe", "Subscribe", vec![]),
            ("", "", vec![]),
        ] {
            let own = Name::of(name);
            assert_eq!(
                (own.verb.as_str(), own.noun),
                (verb, noun.iter().map(|word| (*word).to_owned()).collect()),
                "{name}"
            );
        }
    }

    #[test]
    fn kinship_is_told_by_nouns() {
        let kinship = |call: &str, read: &str| Name::of(call).kinship(&Name::of(read));
        assert_eq!(kinship("ModifyEndpoint", "DescribeEndpoints"), Some(Kinship::Same));
        assert_eq!(kinship("TagResource", "ListResourceTags"), Some(Kinship::Same));
        assert_eq!(kinship("UpdateJob", "GetJobDetails"), Some(Kinship::View));
        assert_eq!(kinship("SetAlarmState", "DescribeAlarms"), Some(Kinship::View));
        assert_eq!(kinship("StartDBInstanceReplication", "DescribeDBInstances"), Some(Kinship::Around(2)));
        assert_eq!(kinship("PutTargets", "ListTargetsByRule"), Some(Kinship::Within));
        assert_eq!(kinship("PutTargets", "DescribeRule"), None);
        assert_eq!(kinship("Subscribe", "DescribeRule"), None);
    }
}
