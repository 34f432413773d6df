//! Where a value stands among the parameters.

use crate::json_form;

/// The way to a value. It becomes a JSON pointer only where something is told of the value: names may be long, and the values
/// within them many.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// None for the parameters as a whole.
    last: Option<(&'a Place<'a>, Step<'a>)>,
    depth: usize,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Member(&'a str),
    Element(usize),
}

impl<'a> Place<'a> {
    /// The parameters as a whole.
    pub(super) const TOP: Self = Self { last: None, depth: 0 };

    /// A member, or the value of an entry.
    pub(super) fn member(&'a self, name: &'a str) -> Self {
        Self { last: Some((self, Step::Member(name))), depth: self.depth + 1 }
    }

    /// The element of a list, counted from 0.
    pub(super) fn element(&'a self, position: usize) -> Self {
        Self { last: Some((self, Step::Element(position))), depth: self.depth + 1 }
    }

    /// Number of values that it stands in.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn is_top(&self) -> bool {
        self.last.is_none()
    }

    /// The JSON pointer (RFC 6901); empty for the parameters as a whole.
    pub(super) fn pointer(&self) -> String {
        let mut segments = Vec::with_capacity(self.depth);
        let mut place = self;
        while let Some((outer, step)) = &place.last {
            segments.push(match step {
                Step::Member(name) => json_form::pointer_segment(name),
                Step::Element(position) => position.to_string(),
            });
            place = outer;
        }
        segments.iter().rev().fold(String::new(), |pointer, segment| pointer + "/" + segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_json_pointer() {
        assert_eq!(Place::TOP.pointer(), "");
        let (list, entry) = (Place::TOP.member("a/b~c"), Place::TOP.member(""));
        assert_eq!(list.element(3).member("d").pointer(), "/a~1b~0c/3/d");
        assert_eq!(entry.pointer(), "/");
    }
}
