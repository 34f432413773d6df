//! Where sensitive values stand.

use crate::{
    model::Kind,
    schemas::{Graph, Node, ROOT},
};

/// JSON pointers of everything marked sensitive, in the model's order, without repetition.
pub(crate) fn sensitive_paths(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(root) = graph.node(ROOT) {
        let mut walk = Walk { graph, open: vec![ROOT], found: &mut found };
        walk.node(root, "");
    }
    found
}

struct Walk<'a> {
    graph: &'a Graph,
    /// Nodes on the way from the root, to stop where a shape contains itself.
    open: Vec<usize>,
    found: &'a mut Vec<String>,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, path: &str) {
        if node.shape.sensitive {
            self.found.push(path.to_owned());
            return;
        }
        match &node.shape.kind {
            Kind::Structure(_) | Kind::Union(_) => {
                for member in &node.members {
                    let name = member.member.name.replace('~', "~0").replace('/', "~1");
                    self.step(member.node, &format!("{path}/{name}"));
                }
            }
            Kind::List(_) | Kind::Map(_) => {
                if let Some(element) = node.element {
                    self.step(element.node, &format!("{path}/*"));
                }
            }
            Kind::Text(_)
            | Kind::Blob(_)
            | Kind::Boolean
            | Kind::Integer { .. }
            | Kind::Float { .. }
            | Kind::Timestamp(_)
            | Kind::Document => {}
        }
    }

    fn step(&mut self, number: usize, path: &str) {
        let graph = self.graph;
        if self.open.contains(&number) {
            return;
        }
        if let Some(node) = graph.node(number) {
            self.open.push(number);
            self.node(node, path);
            self.open.pop();
        }
    }
}
