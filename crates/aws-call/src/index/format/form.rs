//! The form of an encoded type, as its decoder asks for it: names of fields and variants, and what they hold, in order.

use std::collections::BTreeMap;

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, EnumAccess, IntoDeserializer as _, SeqAccess, VariantAccess, Visitor, value::Error,
    },
};

/// The form of `T`, with every variant of every enum that it reaches.
pub(super) fn of<T: for<'de> Deserialize<'de>>() -> String {
    let mut trace = Trace::default();
    loop {
        T::deserialize(&mut trace).unwrap();
        if trace.variants.values().all(|(seen, count)| seen == count) {
            return trace.text;
        }
        trace.text.push('\n');
    }
}

#[derive(Default)]
struct Trace {
    text: String,
    /// For each enum how many variants were looked at, and how many it has. A decoder takes one variant at a time.
    variants: BTreeMap<&'static str, (usize, usize)>,
}

/// Elements or fields that are still to come; elements have no names.
struct Parts<'a> {
    trace: &'a mut Trace,
    names: std::slice::Iter<'a, &'static str>,
}

macro_rules! scalars {
    ($($method:ident => $visit:ident($($value:expr)?), $name:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.text.push_str($name);
            visitor.$visit($($value)?)
        }
    )*};
}

impl Trace {
    fn parts<'de, V: Visitor<'de>>(
        &mut self,
        [open, close]: [char; 2],
        names: &[&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.text.push(open);
        let value = visitor.visit_seq(Parts { trace: self, names: names.iter() });
        self.text.truncate(self.text.trim_end().len());
        self.text.push(close);
        value
    }
}

impl<'de> Deserializer<'de> for &mut Trace {
    type Error = Error;

    scalars! {
        deserialize_bool => visit_bool(false), "bool";
        deserialize_i8 => visit_i8(0), "i8";
        deserialize_i16 => visit_i16(0), "i16";
        deserialize_i32 => visit_i32(0), "i32";
        deserialize_i64 => visit_i64(0), "i64";
        deserialize_u8 => visit_u8(0), "u8";
        deserialize_u16 => visit_u16(0), "u16";
        deserialize_u32 => visit_u32(0), "u32";
        deserialize_u64 => visit_u64(0), "u64";
        deserialize_f32 => visit_f32(0.0), "f32";
        deserialize_f64 => visit_f64(0.0), "f64";
        deserialize_char => visit_char(' '), "char";
        deserialize_str => visit_borrowed_str(""), "string";
        deserialize_string => visit_borrowed_str(""), "string";
        deserialize_bytes => visit_borrowed_bytes(&[]), "bytes";
        deserialize_byte_buf => visit_borrowed_bytes(&[]), "bytes";
        deserialize_unit => visit_unit(), "unit";
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.text.push('?');
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.parts(['[', ']'], &[""], visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.parts(['(', ')'], &vec![""; length], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.text.push_str(name);
        self.parts(['{', '}'], fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (seen, _) = self.variants.entry(name).or_insert((0, variants.len()));
        // The first variant of an enum that may hold itself does not, so that this ends.
        let chosen = if *seen < variants.len() { *seen } else { 0 };
        *seen = (*seen + 1).min(variants.len());
        self.text.push_str(&format!("{name}:{chosen}:{}", variants.get(chosen).unwrap()));
        visitor.visit_enum(Chosen { trace: self, variant: u32::try_from(chosen).unwrap() })
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(serde::de::Error::custom("the format does not say of itself what stands in it"))
    }

    serde::forward_to_deserialize_any! {
        i128 u128 unit_struct newtype_struct tuple_struct map identifier ignored_any
    }
}

impl<'de> SeqAccess<'de> for Parts<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(name) = self.names.next() else { return Ok(None) };
        if !name.is_empty() {
            self.trace.text.push_str(&format!("{name}:"));
        }
        let value = seed.deserialize(&mut *self.trace)?;
        self.trace.text.push(' ');
        Ok(Some(value))
    }
}

struct Chosen<'a> {
    trace: &'a mut Trace,
    variant: u32,
}

impl<'a, 'de> EnumAccess<'de> for Chosen<'a> {
    type Error = Error;
    type Variant = &'a mut Trace;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, &'a mut Trace), Error> {
        Ok((seed.deserialize(self.variant.into_deserializer())?, self.trace))
    }
}

impl<'de> VariantAccess<'de> for &mut Trace {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.text.push(' ');
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.parts(['(', ')'], &vec![""; length], visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.parts(['{', '}'], fields, visitor)
    }
}
