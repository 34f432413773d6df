//! Where values go: all bytes that come out, by the name of the place.

use std::fmt::Debug;

use changegate_tests::canary::leak;

/// All that came out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sinks(Vec<(&'static str, Vec<u8>)>);

impl Sinks {
    pub(crate) fn bytes(&mut self, place: &'static str, bytes: Vec<u8>) {
        self.0.push((place, bytes));
    }

    pub(crate) fn text(&mut self, place: &'static str, text: impl Into<String>) {
        self.bytes(place, text.into().into_bytes());
    }

    pub(crate) fn debug(&mut self, place: &'static str, value: &impl Debug) {
        self.text(place, format!("{value:?}"));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of all places.
    pub(crate) fn places(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(place, _)| *place)
    }

    /// Every place at which a canary stands, with how it is written and what stands around it.
    pub(crate) fn leaks(&self) -> Vec<String> {
        let found = self.0.iter().filter_map(|(place, bytes)| {
            let (how, around) = leak(bytes)?;
            Some(format!("{place}, {how}: {around}"))
        });
        found.collect()
    }

    /// The same with a secret planted into every place of this name.
    pub(crate) fn with(&self, planted: &str, at: &str) -> Self {
        let mut sinks = self.clone();
        for (_, bytes) in sinks.0.iter_mut().filter(|(place, _)| *place == at) {
            let middle = bytes.len() / 2;
            bytes.splice(middle..middle, planted.bytes());
        }
        sinks
    }
}
