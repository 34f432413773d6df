//! The JSON Schema of a recipe file: for editors, and for those who check files without this crate.
//!
//! It is derived from the types that read the files. What has a text form of its own is described here, beside the forms
//! that several keys share. It refuses nothing that the reader takes; of what the reader refuses it cannot say everything:
//! whether a text is JMESPath, and whether an expression looks only at what is there.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::definition::{ErrorPattern, ServiceFile};
use crate::expression::Expression;
use crate::output::OUTPUT;
use crate::pointer::Pointer;
use crate::template::Template;

/// The schema of a recipe file, in draft 2020-12 of [JSON Schema](https://json-schema.org/draft/2020-12).
#[must_use]
pub fn recipe_file_schema() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with_transform(RecursiveTransform(without_null))
        .with_transform(RecursiveTransform(in_paragraphs));
    settings.into_generator().into_root_schema_for::<ServiceFile>().to_value()
}

impl JsonSchema for Expression {
    fn schema_name() -> Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A JMESPath expression: `call.Tags[].Key`. Write `!(a.b)`, not `!a.b`; numbers, `true`, \
                            `false` and `null` stand in backticks, texts in single quotes.",
            "type": "string",
            "pattern": r"\S",
        })
    }
}

impl JsonSchema for Template {
    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let part = generator.subschema_for::<Self>();
        json_schema!({
            "description": "A value of which some parts are computed. A text that begins with `=` is a JMESPath \
                            expression; everything else stands for itself. A member whose expression gives `null` is \
                            left out.",
            "anyOf": [
                { "type": "string", "pattern": r"^$|^[^=]|^=[\s\S]*\S" },
                { "type": ["number", "boolean"] },
                { "type": "array", "items": part },
                {
                    "description": "A part of the output of the call, once it is known.",
                    "type": "object",
                    "properties": { OUTPUT: Expression::json_schema(generator) },
                    "required": [OUTPUT],
                    "additionalProperties": false,
                },
                {
                    "type": "object",
                    "properties": { OUTPUT: false },
                    "additionalProperties": part,
                },
            ],
        })
    }
}

impl JsonSchema for Pointer {
    fn schema_name() -> Cow<'static, str> {
        "Pointer".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A path: `/Member/*/Member`. `*` stands for every item and every member; `~1` is a slash and \
                            `~0` a tilde in a name.",
            "type": "string",
            "pattern": "^(/[^/]+)+$",
        })
    }
}

impl JsonSchema for ErrorPattern {
    fn schema_name() -> Cow<'static, str> {
        "ErrorPattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An error code, or `Code: words that the message contains`. An answer without a code is \
                            named by its status: `HTTP 404`.",
            "type": "string",
            "pattern": r"^(HTTP )?[A-Za-z0-9._*-]+(: [\s\S]+)?$",
        })
    }
}

/// The schema of `changegate_change::id::ActionClass`.
pub(crate) fn action_class(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[a-z][a-z0-9-]{1,63}$" })
}

/// The schema of `changegate_change::tenant::AgentSees`.
pub(crate) fn agent_sees(_: &mut SchemaGenerator) -> Schema {
    one_of(&[
        ("full", "States and differences, with secrets as fingerprints."),
        ("names", "The paths that a difference names, without values."),
        ("none", "Nothing."),
    ])
}

/// The schema of `changegate_change::undo::UndoClass`.
pub(crate) fn undo_class(_: &mut SchemaGenerator) -> Schema {
    one_of(&[
        ("full", "Everything that the call can change comes back."),
        ("partial", "Something does not come back; the caveats say what."),
        ("none", "There is no undo; the caveats say why."),
    ])
}

fn one_of(words: &[(&str, &str)]) -> Schema {
    let word = |(word, says): &(&str, &str)| json!({ "const": word, "description": says });
    json_schema!({ "type": "string", "oneOf": words.iter().map(word).collect::<Vec<_>>() })
}

/// Either something of the state is secret, or a reason says why nothing is.
pub(crate) fn none_or_some(schema: &mut Schema) {
    let both = json!({ "required": ["none", "state"], "properties": { "state": { "minItems": 1 } } });
    schema.insert("not".to_owned(), both);
}

/// An undo has calls if there is one, and says why it is not full.
pub(crate) fn undo_fits_its_class(schema: &mut Schema) {
    let is = |class: &str| json!({ "required": ["class"], "properties": { "class": { "const": class } } });
    let has = |list: &str| json!({ "required": [list], "properties": { list: { "minItems": 1 } } });
    let no_calls = json!({ "properties": { "present": { "maxItems": 0 }, "absent": { "maxItems": 0 } } });
    let calls = json!({ "anyOf": [has("present"), has("absent")] });
    let rules = json!([
        { "if": is("none"), "then": no_calls, "else": calls },
        { "if": is("full"), "else": has("caveats") },
    ]);
    schema.insert("allOf".to_owned(), rules);
}

/// TOML has no `null`: what may be missing is left out.
fn without_null(schema: &mut Schema) {
    let Some(map) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = map.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            map.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(variants)) = map.get_mut("anyOf") {
        variants.retain(|variant| *variant != json!({ "type": "null" }));
        if let [Value::Object(only)] = variants.as_slice() {
            let only = only.clone();
            map.remove("anyOf");
            map.extend(only);
        }
    }
}

/// The lines of a comment are no lines of the text.
fn in_paragraphs(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get("description") {
        let paragraphs: Vec<_> = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
        schema.insert("description".to_owned(), paragraphs.join("\n\n").into());
    }
}
