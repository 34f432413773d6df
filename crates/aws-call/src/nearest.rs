//! The nearest of several names, for messages about a misspelt one.

/// The candidate closest to `name`, unless even that one has little in common with it.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    const LITTLE_IN_COMMON: f64 = 0.6;
    let wanted = name.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (similarity(&wanted, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(score, _)| *score >= LITTLE_IN_COMMON)
        .max_by(|(a, left), (b, right)| a.total_cmp(b).then_with(|| right.cmp(left)))
        .map(|(_, candidate)| candidate.to_owned())
}

fn similarity(wanted: &str, candidate: &str) -> f64 {
    if wanted == candidate {
        return 2.0;
    }
    strsim::jaro_winkler(wanted, candidate).max(strsim::normalized_damerau_levenshtein(wanted, candidate))
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
    fn an_unlike_name_finds_nothing() {
        assert_eq!(nearest("qqqq", ["ssm", "ecs"]), None);
    }
}
