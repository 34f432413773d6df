//! Values that have every member of an operation's input or output.

use serde_json::{Map, Value};

use crate::{
    json_form,
    model::Kind,
    schemas::{Graph, Node, ROOT},
};

/// A place of an input or output that holds a value without members or elements of its own.
#[derive(Debug, Clone, Copy)]
pub struct Leaf<'a> {
    /// JSON pointer to it; `*` stands for the element of a list or map.
    pub path: &'a str,
    /// Name of the nearest member on the way to it.
    pub member: &'a str,
    /// What values look like: never a structure, union, list or map.
    pub kind: &'a Kind,
}

/// The key of the one entry of every map.
const KEY: &str = "key";

/// A value in which every member is set, also all of a union, with one element in every list and map. What contains itself is
/// left out where it repeats.
pub(crate) fn example(graph: &Graph, leaf: &mut dyn FnMut(&Leaf<'_>) -> Value) -> Value {
    let mut walk = Walk { graph, open: vec![ROOT], leaf };
    graph.node(ROOT).and_then(|root| walk.node(root, "", "")).unwrap_or_default()
}

struct Walk<'a> {
    graph: &'a Graph,
    /// Nodes on the way from the root.
    open: Vec<usize>,
    leaf: &'a mut dyn FnMut(&Leaf<'_>) -> Value,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node, path: &str, name: &str) -> Option<Value> {
        match &node.shape.kind {
            Kind::Structure(_) | Kind::Union(_) => {
                let mut members = Map::new();
                for member in &node.members {
                    let name = &member.member.name;
                    let path = format!("{path}/{}", json_form::pointer_segment(name));
                    if let Some(value) = self.step(member.node, &path, name) {
                        members.insert(name.clone(), value);
                    }
                }
                Some(Value::Object(members))
            }
            Kind::List(_) => {
                let element = self.step(node.element?.node, &format!("{path}/*"), name);
                Some(Value::Array(element.into_iter().collect()))
            }
            Kind::Map(_) => {
                let element = self.step(node.element?.node, &format!("{path}/*"), name);
                Some(Value::Object(element.map(|value| (KEY.to_owned(), value)).into_iter().collect()))
            }
            kind @ (Kind::Text(_)
            | Kind::Blob(_)
            | Kind::Boolean
            | Kind::Integer { .. }
            | Kind::Float { .. }
            | Kind::Timestamp(_)
            | Kind::Document) => Some((self.leaf)(&Leaf { path, member: name, kind })),
        }
    }

    fn step(&mut self, number: usize, path: &str, name: &str) -> Option<Value> {
        if self.open.contains(&number) {
            return None;
        }
        let graph = self.graph;
        let node = graph.node(number)?;
        self.open.push(number);
        let value = self.node(node, path, name);
        self.open.pop();
        value
    }
}
