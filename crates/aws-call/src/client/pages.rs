//! Collects the pages of a listing.

use serde_json::{Map, Value};

use crate::model::Paginator;

/// Pages read so far.
pub(crate) struct Collected<'a> {
    paginator: Option<&'a Paginator>,
    parameters: Value,
    output: Value,
    pages: usize,
}

/// What follows a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Onward {
    /// Nothing: the listing is complete.
    Nothing,
    /// Another page.
    Page,
    /// The page that was just read, by its token. There is more, but it cannot be reached.
    SamePage,
}

impl<'a> Collected<'a> {
    pub(crate) fn new(paginator: Option<&'a Paginator>, parameters: &Value) -> Self {
        let parameters = if parameters.is_null() { Value::Object(Map::new()) } else { parameters.clone() };
        Self { paginator, parameters, output: Value::Null, pages: 0 }
    }

    /// Parameters of the next page.
    pub(crate) fn next_parameters(&self) -> &Value {
        &self.parameters
    }

    /// Number of pages so far.
    pub(crate) fn pages(&self) -> usize {
        self.pages
    }

    /// Adds a page and says what follows it.
    pub(crate) fn add(&mut self, page: Value) -> Onward {
        self.pages += 1;
        let Some(paginator) = self.paginator else {
            self.output = page;
            return Onward::Nothing;
        };
        let more = paginator.more_results.as_deref().map(|path| truthy(find(&page, path)));
        let tokens: Vec<Option<Value>> =
            paginator.output_tokens.iter().map(|path| alternatives(&page, path)).collect();
        let more = more.unwrap_or(true) && tokens.iter().any(Option::is_some);
        self.merge(page);
        let Some(parameters) = self.parameters.as_object_mut().filter(|_| more) else {
            return Onward::Nothing;
        };
        let mut onward = Onward::SamePage;
        for (member, token) in paginator.input_tokens.iter().zip(tokens) {
            if parameters.get(member) != token.as_ref() {
                onward = Onward::Page;
            }
            match token {
                Some(token) => parameters.insert(member.clone(), token),
                None => parameters.remove(member),
            };
        }
        onward
    }

    /// Everything, without tokens.
    pub(crate) fn finish(mut self) -> Value {
        let paginator = self.paginator.into_iter();
        let tokens =
            paginator.flat_map(|paginator| paginator.output_tokens.iter().chain(&paginator.more_results));
        for path in tokens.flat_map(|path| path.split("||")) {
            if let Some(entries) = self.output.as_object_mut() {
                entries.remove(path.trim());
            }
        }
        self.output
    }

    fn merge(&mut self, page: Value) {
        if self.output.is_null() {
            self.output = page;
            return;
        }
        for path in self.paginator.map(|paginator| paginator.result_keys.as_slice()).unwrap_or_default() {
            let Some(later) = find(&page, path).cloned() else { continue };
            match (find_mut(&mut self.output, path), later) {
                (Some(Value::Array(earlier)), Value::Array(later)) => earlier.extend(later),
                (Some(Value::Object(earlier)), Value::Object(later)) => earlier.extend(later),
                (Some(earlier @ Value::Null), later) => *earlier = later,
                (Some(Value::Number(earlier)), Value::Number(later)) => {
                    if let (Some(sum), Some(more)) = (earlier.as_i64(), later.as_i64()) {
                        *earlier = sum.saturating_add(more).into();
                    }
                }
                (Some(Value::String(earlier)), Value::String(later)) => earlier.push_str(&later),
                (Some(_), _) => {}
                (None, later) => insert(&mut self.output, path, later),
            }
        }
    }
}

fn truthy(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value == true || value.as_str() == Some("true"))
}

/// The first of `a || b` that is set.
fn alternatives(value: &Value, paths: &str) -> Option<Value> {
    paths
        .split("||")
        .find_map(|path| find(value, path.trim()).filter(|token| !token.is_null() && *token != ""))
        .cloned()
}

/// Follows `A.B` and `A[-1].B`.
fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, segment| match segment.split_once("[-1]") {
        Some((name, _)) => value.get(name)?.as_array()?.last(),
        None => value.get(segment),
    })
}

fn find_mut<'a>(value: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(value, |value, segment| value.get_mut(segment))
}

fn insert(value: &mut Value, path: &str, new: Value) {
    let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = if parents.is_empty() { Some(value) } else { find_mut(value, parents) };
    if let Some(entries) = parent.and_then(Value::as_object_mut) {
        entries.insert(name.to_owned(), new);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paginator() -> Paginator {
        Paginator {
            input_tokens: vec!["Marker".into()],
            output_tokens: vec!["NextMarker || Items[-1].Key".into()],
            result_keys: vec!["Items".into(), "Groups.Names".into()],
            more_results: Some("More".into()),
            limit_key: None,
        }
    }

    #[test]
    fn pages_are_joined_and_tokens_left_out() {
        let paginator = paginator();
        let mut collected = Collected::new(Some(&paginator), &Value::Null);
        let page = json!({"Items": [{"Key": "a"}], "Groups": {"Names": [1]}, "More": true});
        assert_eq!(collected.add(page), Onward::Page);
        assert_eq!(collected.next_parameters(), &json!({"Marker": "a"}));
        let page =
            json!({"Items": [{"Key": "b"}], "Groups": {"Names": [2]}, "NextMarker": "x", "More": false});
        assert_eq!(collected.add(page), Onward::Nothing);
        assert_eq!(
            collected.finish(),
            json!({"Items": [{"Key": "a"}, {"Key": "b"}], "Groups": {"Names": [1, 2]}})
        );
    }

    #[test]
    fn an_operation_without_pages_has_one() {
        let mut collected = Collected::new(None, &json!({"A": 1}));
        assert_eq!(collected.add(json!({"NextToken": "x"})), Onward::Nothing);
        assert_eq!(collected.finish(), json!({"NextToken": "x"}));
    }

    #[test]
    fn a_token_that_comes_again_leads_nowhere() {
        let paginator = paginator();
        let mut collected = Collected::new(Some(&paginator), &Value::Null);
        let page = json!({"Items": [{"Key": "a"}], "More": true});
        assert_eq!(collected.add(page.clone()), Onward::Page);
        assert_eq!(collected.add(page), Onward::SamePage);
    }
}
