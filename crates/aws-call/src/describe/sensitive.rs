//! Where sensitive values stand.

mod unmarked;

use crate::{
    json_form,
    model::Kind,
    schemas::{Graph, MemberSchema, Node, ROOT},
};

/// JSON pointers of everything that the model marks sensitive or that is known to hold secrets all the same, in the model's
/// order, without repetition.
pub(crate) fn sensitive_paths(service: &str, graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(root) = graph.node(ROOT) {
        let mut walk = Walk { service, graph, open: vec![ROOT], found: &mut found };
        walk.node(root, "");
    }
    found
}

struct Walk<'a> {
    service: &'a str,
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
        for member in &node.members {
            self.member(node, member, &format!("{path}/{}", json_form::pointer_segment(&member.member.name)));
        }
        if let Some(element) = node.element {
            self.step(element.node, &format!("{path}/*"));
        }
    }

    fn member(&mut self, owner: &Node, member: &MemberSchema, path: &str) {
        let graph = self.graph;
        let Some(target) = graph.node(member.node) else { return };
        let name = &member.member.name;
        let marked = target.shape.sensitive;
        let found = self.found.len();
        self.step(member.node, path);
        if marked || self.found.len() > found {
            return;
        }
        if unmarked::is_secret(self.service, &owner.shape.name, name, &target.shape.kind) {
            let is_map = matches!(target.shape.kind, Kind::Map(_));
            self.found.push(if is_map { format!("{path}/*") } else { path.to_owned() });
        } else if unmarked::is_environment(name) {
            let value = graph.element(target).and_then(|(_, element)| {
                element.members.iter().find(|member| member.member.name.eq_ignore_ascii_case("value"))
            });
            if let (Kind::List(_), Some(value)) = (&target.shape.kind, value) {
                self.found.push(format!("{path}/*/{}", value.member.name));
            }
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
