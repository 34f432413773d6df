//! The nearest of several names, for messages about a misspelt one.

/// The candidate closest to `name`, unless even that one has little in common with it or the name is too long for one.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    const LITTLE_IN_COMMON: f64 = 0.6;
    /// Letters of a name that is compared. The time grows with them, and no model has a longer name.
    const LONGEST: usize = 128;
    if name.len() > LONGEST {
        return None;
    }
    let wanted = name.to_ascii_lowercase();
    let mut nearest: Option<(f64, &str)> = None;
    for candidate in candidates {
        let least = nearest.map_or(LITTLE_IN_COMMON, |(score, _)| score);
        let score = similarity(&wanted, &candidate.to_ascii_lowercase(), least);
        let nearer = nearest.is_none_or(|(_, other)| score > least || candidate < other);
        if score >= least && nearer {
            nearest = Some((score, candidate));
        }
    }
    nearest.map(|(_, candidate)| candidate.to_owned())
}

/// How alike two names are; where that is less than `least`, something less than it.
fn similarity(wanted: &str, candidate: &str, least: f64) -> f64 {
    if wanted == candidate {
        return 2.0;
    }
    let by_order = strsim::jaro_winkler(wanted, candidate);
    // Counting edits takes much longer than all else, and most names have too few letters in common for it to matter.
    let by_edits_at_most = share_of_letters(wanted, candidate);
    if by_edits_at_most <= by_order || by_edits_at_most < least {
        return by_order;
    }
    by_order.max(strsim::normalized_damerau_levenshtein(wanted, candidate))
}

/// Bytes that both have, whatever their order, of the longer one's: no edit distance makes two names more alike than this
/// (a letter of several bytes counts as more than one, which only asks for the exact figure more often).
fn share_of_letters(left: &str, right: &str) -> f64 {
    let mut counts = [0_i16; 256];
    for byte in left.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let mut common = 0_u16;
    for byte in right.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    let longer = left.chars().count().max(right.chars().count()).max(1);
    f64::from(common) / f64::from(u32::try_from(longer).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_misspelt_name_finds_its_neighbour() {
        let names = ["GetParameter", "PutParameter", "DeleteParameter"];
        assert_eq!(nearest("PutParametre", names).as_deref(), Some("PutParameter"));
        assert_eq!(nearest("putparameter", names).as_deref(), Some("PutParameter"));
    }

    #[test]
    fn a_name_longer_than_any_finds_nothing_at_once() {
        let name = "a".repeat(100_000);
        assert_eq!(nearest(&name, [name.as_str()]), None);
    }

    #[test]
    fn leaving_out_the_count_of_edits_changes_no_similarity() {
        let names =
            ["getparameter", "putparameter", "getparameters", "ssm", "sqs", "é-ü", "ü-é", "remarap", "", "a"];
        for left in names {
            for right in names.iter().filter(|right| **right != left) {
                let edits = strsim::normalized_damerau_levenshtein(left, right);
                let exact = strsim::jaro_winkler(left, right).max(edits);
                assert!((super::similarity(left, right, 0.0) - exact).abs() < 1e-12, "{left} {right}");
                assert!(super::similarity(left, right, exact + 0.01) <= exact, "{left} {right}");
            }
        }
    }

    #[test]
    fn an_unlike_name_finds_nothing() {
        assert_eq!(nearest("qqqq", ["ssm", "ecs"]), None);
    }
}
