//! What of an answer belongs to the answer and not to what it tells of.

use crate::{
    json_form,
    model::Kind,
    schemas::{Graph, ROOT},
};

/// JSON pointers of all points in time, in the model's order; `*` stands for every element of a list or map. Where a structure
/// contains itself, the pointer stops at the first repetition.
pub(crate) fn timestamp_paths(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    walk(graph, ROOT, "", &mut Vec::new(), &mut found);
    found
}

fn walk(graph: &Graph, number: usize, path: &str, open: &mut Vec<usize>, found: &mut Vec<String>) {
    let Some(node) = graph.node(number).filter(|_| !open.contains(&number)) else { return };
    if matches!(node.shape.kind, Kind::Timestamp(_)) {
        found.push(path.to_owned());
        return;
    }
    open.push(number);
    for member in &node.members {
        let below = format!("{path}/{}", json_form::pointer_segment(&member.member.name));
        walk(graph, member.node, &below, open, found);
    }
    if let Some(element) = node.element {
        walk(graph, element.node, &format!("{path}/*"), open, found);
    }
    open.pop();
}
