//! Members of a structure that have an option of their own: bytes, mostly.
//!
//! Source: `awslambda.py`, `rekognition.py`, `quicksight.py`, `translate.py`, `configservice/putconfigurationrecorder.py`,
//! `cloudsearch.py`.

use serde_json::Value;

use super::{
    super::{
        Command, Parameters,
        arguments::{ArgumentTable, Sets, Takes},
        error::CommandError,
        local_file, names_file, values,
    },
    Setting, has, object,
};
use crate::schemas::{Graph, Node, ROOT};

/// A member of a structure with an option of its own.
struct Nested {
    service: &'static str,
    /// `*` for every command that has the structure.
    command: &'static str,
    option: &'static str,
    /// Option of the structure, which need not be given then.
    of_option: &'static str,
    structure: &'static str,
    member: &'static str,
    required: bool,
}

impl Nested {
    /// What the member holds; none if the model has no such member.
    fn node<'g>(&self, graph: &'g Graph) -> Option<&'g Node> {
        let path = [self.structure, self.member];
        path.iter().try_fold(graph.node(ROOT)?, |node, name| {
            let member = node.members.iter().find(|member| member.member.name == *name)?;
            graph.node(member.node)
        })
    }
}

const fn nested(
    path: (&'static str, &'static str),
    option: &'static str,
    of_option: &'static str,
    member: (&'static str, &'static str),
    required: bool,
) -> Nested {
    let ((service, command), (structure, member)) = (path, member);
    Nested { service, command, option, of_option, structure, member, required }
}

const NESTED: &[Nested] = &[
    nested(("lambda", "create-function"), "zip-file", "code", ("Code", "ZipFile"), false),
    nested(("lambda", "publish-layer-version"), "zip-file", "content", ("Content", "ZipFile"), false),
    nested(
        ("rekognition", "compare-faces"),
        "source-image-bytes",
        "source-image",
        ("SourceImage", "Bytes"),
        false,
    ),
    nested(
        ("rekognition", "compare-faces"),
        "target-image-bytes",
        "target-image",
        ("TargetImage", "Bytes"),
        false,
    ),
    nested(("rekognition", "*"), "image-bytes", "image", ("Image", "Bytes"), false),
    nested(
        ("quicksight", "start-asset-bundle-import-job"),
        "asset-bundle-import-source-bytes",
        "asset-bundle-import-source",
        ("AssetBundleImportSource", "Body"),
        false,
    ),
    nested(
        ("translate", "import-terminology"),
        "data-file",
        "terminology-data",
        ("TerminologyData", "File"),
        true,
    ),
    nested(
        ("translate", "translate-document"),
        "document-content",
        "document",
        ("Document", "Content"),
        true,
    ),
    nested(
        ("configservice", "put-configuration-recorder"),
        "recording-group",
        "configuration-recorder",
        ("ConfigurationRecorder", "recordingGroup"),
        false,
    ),
    nested(
        ("cloudsearch", "define-expression"),
        "name",
        "expression",
        ("Expression", "ExpressionName"),
        true,
    ),
    nested(
        ("cloudsearch", "define-index-field"),
        "name",
        "index-field",
        ("IndexField", "IndexFieldName"),
        true,
    ),
    nested(
        ("cloudsearch", "define-index-field"),
        "type",
        "index-field",
        ("IndexField", "IndexFieldType"),
        true,
    ),
];

/// Commands whose structure has no option left but those of its members.
const WITHOUT_STRUCTURE: &[(&str, &str)] =
    &[("cloudsearch", "define-expression"), ("cloudsearch", "define-index-field")];

fn of_command<'t>(command: &'t Command<'_>) -> impl Iterator<Item = &'static Nested> + 't {
    NESTED.iter().filter(|nested| {
        nested.service == command.service && (nested.command == "*" || nested.command == command.name)
    })
}

/// Adds the options of nested members.
pub(super) fn edit(command: &Command<'_>, table: &mut ArgumentTable<'_>) {
    for nested in of_command(command) {
        if nested.command == "*" && !has(table, nested.of_option) {
            continue;
        }
        if !nested.required || nested.member == "File" {
            table.make_optional(nested.of_option);
        }
        table.add(nested.option, Takes::One, Sets::Custom(set));
        if let Some(added) = table.arguments.iter_mut().find(|argument| argument.name == nested.option) {
            added.required = nested.required;
        }
    }
    if WITHOUT_STRUCTURE.contains(&(command.service, command.name)) {
        table.remove("index-field");
        // The option of the expression itself has the name that the structure had.
        table.add("expression", Takes::One, Sets::Custom(expression));
    }
}

fn set(setting: &Setting<'_, '_>, parameters: &mut Parameters) -> Result<(), CommandError> {
    let option = setting.option.trim_start_matches('-');
    let Some(nested) = of_command(setting.command).find(|nested| nested.option == option) else {
        return Ok(());
    };
    let text = setting.value();
    if names_file(text) {
        return Err(local_file(setting.option));
    }
    let target = setting.command.graph.and_then(|graph| Some((graph, nested.node(graph)?)));
    let value = match target {
        Some((graph, node)) => values::nested(graph, node, setting.option, text)?,
        None => Value::from(text),
    };
    object(parameters, nested.structure)?.insert(nested.member.to_owned(), value);
    Ok(())
}

fn expression(setting: &Setting<'_, '_>, parameters: &mut Parameters) -> Result<(), CommandError> {
    object(parameters, "Expression")?.insert("ExpressionValue".to_owned(), Value::from(setting.value()));
    Ok(())
}
