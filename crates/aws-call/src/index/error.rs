//! Why an index cannot be used, or does not hold what is looked for.

use std::path::PathBuf;

/// Why the index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The file is not there or cannot be read.
    #[error("the index `{path}` cannot be read; `make index` builds it")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The bytes are not those of an index.
    #[error("this is not an index, or not all of one; `make index` builds one")]
    NotAnIndex,
    /// The index was built by a program with another version of the format.
    #[error(
        "the index has version `{found}` of the format and version `{wanted}` is wanted; `make index` builds it anew"
    )]
    OtherVersion {
        /// The version that the file has.
        found: char,
        /// The version that this program reads.
        wanted: char,
    },
    /// A section is not what the manifest says.
    #[error("the index section `{section}` is corrupt; `make index` builds the index anew")]
    Corrupt {
        /// Which section.
        section: String,
    },
    /// An index cannot be made.
    #[error("`{what}` cannot be packed into an index")]
    Pack {
        /// Which part.
        what: String,
    },
}

/// Why there is no such operation.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// No service has this name.
    #[error("there is no service `{service}`{}", suggestion(.nearest.as_deref()))]
    UnknownService {
        /// The name asked for.
        service: String,
        /// The name that is most like it.
        nearest: Option<String>,
    },
    /// The service has no operation of this name.
    #[error("`{service}` has no operation `{operation}`{}", suggestion(.nearest.as_deref()))]
    UnknownOperation {
        /// The service.
        service: String,
        /// The name asked for.
        operation: String,
        /// The name that is most like it.
        nearest: Option<String>,
    },
    /// The service has no waiter of this name.
    #[error("`{service}` has no waiter `{waiter}`{}", suggestion(.nearest.as_deref()))]
    UnknownWaiter {
        /// The service.
        service: String,
        /// The name asked for.
        waiter: String,
        /// The name that is most like it.
        nearest: Option<String>,
    },
    /// The index cannot be used.
    #[error("the operation cannot be looked up")]
    Index(#[from] IndexError),
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
