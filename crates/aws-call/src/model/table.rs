//! Encoded values that are decoded when they are asked for.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Values encoded one after the other, each readable on its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Table {
    lengths: Vec<u32>,
    #[serde(with = "run_of_bytes")]
    bytes: Vec<u8>,
    #[serde(skip)]
    starts: Vec<usize>,
}

impl Table {
    /// Encodes `values` in their order.
    ///
    /// # Errors
    /// When a value cannot be encoded or is larger than 4 GiB.
    pub fn encode<T: Serialize>(values: &[T]) -> Result<Self, postcard::Error> {
        let mut table = Self::default();
        for value in values {
            let bytes = postcard::to_allocvec(value)?;
            let length = u32::try_from(bytes.len()).map_err(|_| postcard::Error::SerializeBufferFull)?;
            table.lengths.push(length);
            table.bytes.extend_from_slice(&bytes);
        }
        table.locate();
        Ok(table)
    }

    /// Works out where each value starts; to be called once after decoding.
    pub(crate) fn locate(&mut self) {
        let mut start = 0_usize;
        self.starts = self
            .lengths
            .iter()
            .map(|length| {
                let here = start;
                start = start.saturating_add(*length as usize);
                here
            })
            .collect();
    }

    /// Decodes the value at `position`; `None` when there is none or it does not decode.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, position: usize) -> Option<T> {
        let start = *self.starts.get(position)?;
        let length = *self.lengths.get(position)? as usize;
        let bytes = self.bytes.get(start..start.checked_add(length)?)?;
        postcard::from_bytes(bytes).ok()
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }
}

/// Bytes in one piece. As a list of numbers they would be encoded alike, but decoded one by one.
pub(crate) mod run_of_bytes {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        <&[u8]>::deserialize(deserializer).map(<[u8]>::to_vec)
    }
}
