//! What can go wrong with the catalogue, and with one recipe applied to one call.

/// A catalogue that cannot be used: a mistake in a recipe file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The file is not TOML, or holds a key, an expression or a value that the form does not know.
    #[error("the recipes of `{file}` cannot be read")]
    Unreadable {
        /// The name of the file.
        file: String,
        /// What the reader says, with line and column.
        #[source]
        source: toml::de::Error,
    },
    /// A recipe that is built in, or made from the models, has another form.
    #[error("the recipe `{id}` cannot be read")]
    BuiltIn {
        /// The recipe.
        id: String,
        /// What the reader says.
        #[source]
        source: serde_json::Error,
    },
    /// A recipe that is built in was found unreadable before.
    #[error("the recipe `{id}` cannot be used")]
    Unusable {
        /// The recipe.
        id: String,
    },
    /// The models do not have what a recipe calls, or cannot be read.
    #[error(transparent)]
    Models(#[from] aws_call::LookupError),
    /// Two recipes are for the same operation.
    #[error("the recipe `{id}` exists twice")]
    Duplicate {
        /// The recipe.
        id: String,
    },
    /// A recipe contradicts itself.
    #[error("the recipe `{id}` cannot be used: {reason}")]
    Inconsistent {
        /// The recipe.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A recipe's content has no canonical form.
    #[error("the recipe `{id}` has no digest")]
    NoDigest {
        /// The recipe.
        id: String,
        /// Why.
        #[source]
        source: changegate_change::json::StrictJsonError,
    },
}

/// Why a recipe cannot be applied to a call. No variant holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The operation needs a resource that is not there.
    #[error("{resource} does not exist")]
    NotFound {
        /// The resource, in words.
        resource: String,
    },
    /// The call would be refused, or could not be undone, in the state that the resource is in.
    #[error("{says}")]
    Precondition {
        /// The stable code that the recipe names.
        code: String,
        /// What is missing, in words.
        says: String,
    },
    /// AWS refused a read, for a reason that does not mean that the resource is absent. AWS's words are left out: they may
    /// repeat what was asked with.
    #[error("the reader {service}:{operation} was refused with `{code}`")]
    ReaderRefused {
        /// The service that was read.
        service: String,
        /// The operation that read it.
        operation: String,
        /// AWS's error code.
        code: String,
    },
    /// The answers do not have the form that the recipe expects.
    #[error("the answers of the readers cannot be read: {reason}")]
    AnswerUnreadable {
        /// What is wrong with them.
        reason: String,
    },
    /// An expression of the recipe does not fit the call or the answers.
    #[error("the recipe does not fit: `{expression}`: {reason}")]
    DoesNotFit {
        /// The expression.
        expression: String,
        /// What the evaluation says.
        reason: String,
    },
}

impl RecipeError {
    /// The stable code: `resource_not_found`, the precondition's own (`precondition_failed`,
    /// `stack_without_service_role`), `reader_refused`, `reader_answer_unreadable` or `recipe_does_not_fit`.
    pub fn code(&self) -> &str {
        match self {
            Self::NotFound { .. } => "resource_not_found",
            Self::Precondition { code, .. } => code,
            Self::ReaderRefused { .. } => "reader_refused",
            Self::AnswerUnreadable { .. } => "reader_answer_unreadable",
            Self::DoesNotFit { .. } => "recipe_does_not_fit",
        }
    }
}
