//! The index of all services: opened once, each service loaded on first use.

mod error;
mod format;
mod verify;

use std::{
    collections::HashMap,
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

pub use error::{IndexError, LookupError};
pub use format::pack;
use format::{HEAD, Manifest, Section, manifest_length};

use crate::{
    client::Waiter,
    endpoint::{self, Endpoint},
    model,
    nearest::nearest,
    operation::Operation,
    rules::{Partition, RuleSet},
};

/// Models of all services, their endpoint rules and IAM facts, in one checksummed file. Cloning is cheap.
#[derive(Clone)]
pub struct Index {
    shared: Arc<Shared>,
}

struct Shared {
    storage: Storage,
    manifest: Manifest,
    hash: String,
    body_start: u64,
    dictionary: OnceLock<Vec<u8>>,
    partitions: OnceLock<Arc<Vec<Partition>>>,
    services: Mutex<HashMap<String, InUse>>,
}

/// A service in use, and those of its operations that are.
struct InUse {
    service: Arc<LoadedService>,
    operations: HashMap<usize, Operation>,
}

/// A service's models, of which operations hold a share.
pub(crate) struct LoadedService {
    pub(crate) model: model::Service,
    pub(crate) rules: RuleSet,
    pub(crate) partitions: Arc<Vec<Partition>>,
}

enum Storage {
    File { file: File, path: PathBuf },
    Bytes(Vec<u8>),
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("hash", &self.shared.hash).finish_non_exhaustive()
    }
}

impl Index {
    /// Opens an index file. Only its manifest is read now.
    ///
    /// # Errors
    /// [`IndexError::Read`] when the file cannot be read, [`IndexError::OtherVersion`] when it is an index of another version,
    /// [`IndexError::NotAnIndex`] when it is something else.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let unreadable = |source| IndexError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        Self::from_storage(Storage::File { file, path: path.to_owned() })
    }

    /// Opens an index that is in memory.
    ///
    /// # Errors
    /// [`IndexError::OtherVersion`] when it is one of another version, [`IndexError::NotAnIndex`] when it is something else.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, IndexError> {
        Self::from_storage(Storage::Bytes(bytes))
    }

    fn from_storage(storage: Storage) -> Result<Self, IndexError> {
        let length = manifest_length(&storage.read(0, HEAD)?)?;
        let bytes = storage.read(HEAD as u64, length)?;
        let manifest: Manifest = postcard::from_bytes(&bytes).map_err(|_| IndexError::NotAnIndex)?;
        Ok(Self {
            shared: Arc::new(Shared {
                storage,
                manifest,
                hash: format!("sha256:{}", hex::encode(Sha256::digest(&bytes))),
                body_start: (HEAD + length) as u64,
                dictionary: OnceLock::new(),
                partitions: OnceLock::new(),
                services: Mutex::new(HashMap::new()),
            }),
        })
    }

    /// `sha256:` and the hexadecimal SHA-256 of the manifest. The manifest holds the SHA-256 of every section and a section
    /// is verified when it is loaded, so equal hashes mean equal contents.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.shared.hash
    }

    /// What the index was built from (`botocore 1.43.11`).
    #[must_use]
    pub fn sources(&self) -> &[String] {
        &self.shared.manifest.sources
    }

    /// Names of all services, in ascending order.
    #[must_use]
    pub fn services(&self) -> Vec<&str> {
        self.shared.manifest.services.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Names of a service's operations, in ascending order.
    ///
    /// # Errors
    /// When there is no such service or the index cannot be used.
    pub fn operations(&self, service: &str) -> Result<Vec<String>, LookupError> {
        Ok(self.service(service)?.model.operation_names.clone())
    }

    /// An operation by the name of its service's botocore folder and its own name.
    ///
    /// # Errors
    /// When there is no such service or operation, with the name that is most like it, or the index cannot be used.
    pub fn operation(&self, service: &str, operation: &str) -> Result<Operation, LookupError> {
        let loaded = self.service(service)?;
        let position = position_of(operation, &loaded.model.operation_names, String::as_str);
        let position = position.map_err(|nearest| LookupError::UnknownOperation {
            service: service.to_owned(),
            operation: operation.to_owned(),
            nearest,
        })?;
        let corrupt = || IndexError::Corrupt { section: service.to_owned() };
        let mut services = self.shared.services.lock().unwrap_or_else(PoisonError::into_inner);
        let in_use = services.get_mut(service).ok_or_else(corrupt)?;
        if let Some(operation) = in_use.operations.get(&position) {
            return Ok(operation.clone());
        }
        let model = loaded.model.operations.get(position).ok_or_else(corrupt)?;
        let operation = Operation::load(Arc::clone(&loaded), model)?;
        in_use.operations.insert(position, operation.clone());
        Ok(operation)
    }

    /// Name of the partition that a region is in (`aws-cn` for `cn-north-1`); the first partition for a region that none knows.
    ///
    /// # Errors
    /// When the index cannot be used.
    pub fn partition(&self, region: &str) -> Result<String, IndexError> {
        let partitions = self.shared.partitions()?;
        Ok(endpoint::partition_name(&partitions, region))
    }

    /// Names of a service's waiters, in ascending order.
    ///
    /// # Errors
    /// When there is no such service or the index cannot be used.
    pub fn waiters(&self, service: &str) -> Result<Vec<String>, LookupError> {
        Ok(self.service(service)?.model.waiter_names.clone())
    }

    /// A waiter by the name of its service's botocore folder and its own name (`InstanceRunning`).
    ///
    /// # Errors
    /// When there is no such service or waiter, with the name that is most like it, or the index cannot be used.
    pub fn waiter(&self, service: &str, waiter: &str) -> Result<Waiter, LookupError> {
        let loaded = self.service(service)?;
        let position = position_of(waiter, &loaded.model.waiter_names, String::as_str);
        let position = position.map_err(|nearest| LookupError::UnknownWaiter {
            service: service.to_owned(),
            waiter: waiter.to_owned(),
            nearest,
        })?;
        let corrupt = || IndexError::Corrupt { section: service.to_owned() };
        let model: model::Waiter = loaded.model.waiters.get(position).ok_or_else(corrupt)?;
        let operation = self.operation(service, &model.operation)?;
        Ok(Waiter::new(model, operation).ok_or_else(corrupt)?)
    }

    /// What the endpoint rules of a service give for their own parameters (`Region`, `UseFIPS`, `Bucket`); not those of an
    /// operation. No endpoint comes as the rules' own message.
    ///
    /// # Errors
    /// When there is no such service or the index cannot be used.
    pub fn endpoint(
        &self,
        service: &str,
        parameters: &Map<String, Value>,
    ) -> Result<Result<Endpoint, String>, LookupError> {
        let loaded = self.service(service)?;
        Ok(endpoint::resolve(&loaded.rules, &loaded.partitions, parameters))
    }

    /// The index that `make index` built, or the one that `AWS_CALL_INDEX` names.
    #[cfg(test)]
    pub(crate) fn built() -> Self {
        let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/index/aws-call.index");
        let path = std::env::var_os("AWS_CALL_INDEX").unwrap_or_else(|| built.into());
        Self::open(path.as_ref()).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The patterns of a service's texts.
    #[cfg(test)]
    pub(crate) fn patterns(&self, service: &str) -> Result<Vec<String>, LookupError> {
        let shapes = &self.service(service)?.model.shapes;
        let all = (0..shapes.len()).filter_map(|position| shapes.get::<model::Shape>(position));
        Ok(all
            .filter_map(|shape| match shape.kind {
                model::Kind::Text(text) => text.pattern,
                _ => None,
            })
            .collect())
    }

    fn service(&self, name: &str) -> Result<Arc<LoadedService>, LookupError> {
        let listed = &self.shared.manifest.services;
        let position = position_of(name, listed, |(listed, _)| listed)
            .map_err(|nearest| LookupError::UnknownService { service: name.to_owned(), nearest })?;
        let mut services = self.shared.services.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(in_use) = services.get(name) {
            return Ok(Arc::clone(&in_use.service));
        }
        let corrupt = || IndexError::Corrupt { section: name.to_owned() };
        let (_, section) = listed.get(position).ok_or_else(corrupt)?;
        let service = Arc::new(self.shared.load(name, section)?);
        let in_use = InUse { service: Arc::clone(&service), operations: HashMap::new() };
        services.insert(name.to_owned(), in_use);
        Ok(service)
    }
}

/// Where `name` stands in a list in ascending order of the names; `Err` is the name that is most like it.
fn position_of<T>(name: &str, list: &[T], name_of: fn(&T) -> &str) -> Result<usize, Option<String>> {
    list.binary_search_by(|listed| name_of(listed).cmp(name))
        .map_err(|_| nearest(name, list.iter().map(name_of)))
}

impl Shared {
    fn load(&self, name: &str, section: &Section) -> Result<LoadedService, IndexError> {
        let corrupt = || IndexError::Corrupt { section: name.to_owned() };
        let raw = self.section(name, section, self.dictionary()?)?;
        let mut model: model::Service = postcard::from_bytes(&raw).map_err(|_| corrupt())?;
        model.operations.locate();
        model.shapes.locate();
        model.waiters.locate();
        let rules = postcard::from_bytes(&model.endpoint_rules).map_err(|_| corrupt())?;
        model.endpoint_rules = Vec::new();
        Ok(LoadedService { model, rules, partitions: self.partitions()? })
    }

    fn section(&self, name: &str, section: &Section, dictionary: &[u8]) -> Result<Vec<u8>, IndexError> {
        let (start, length) = section.place();
        let start = self.body_start.checked_add(start);
        let start = start.ok_or_else(|| IndexError::Corrupt { section: name.to_owned() })?;
        section.open(name, &self.storage.read(start, length)?, dictionary)
    }

    fn dictionary(&self) -> Result<&[u8], IndexError> {
        if let Some(dictionary) = self.dictionary.get() {
            return Ok(dictionary);
        }
        let dictionary = self.section("dictionary", &self.manifest.dictionary, &[])?;
        Ok(self.dictionary.get_or_init(|| dictionary))
    }

    fn partitions(&self) -> Result<Arc<Vec<Partition>>, IndexError> {
        if let Some(partitions) = self.partitions.get() {
            return Ok(Arc::clone(partitions));
        }
        let raw = self.section("partitions", &self.manifest.partitions, self.dictionary()?)?;
        let partitions: Vec<Partition> = postcard::from_bytes(&raw)
            .map_err(|_| IndexError::Corrupt { section: "partitions".to_owned() })?;
        Ok(Arc::clone(self.partitions.get_or_init(|| Arc::new(partitions))))
    }
}

impl Storage {
    fn read(&self, start: u64, length: usize) -> Result<Vec<u8>, IndexError> {
        match self {
            Self::File { file, path } => {
                let unreadable = |source| IndexError::Read { path: path.clone(), source };
                let available = file.metadata().map_err(unreadable)?.len();
                if start.checked_add(length as u64).is_none_or(|end| end > available) {
                    return Err(IndexError::NotAnIndex);
                }
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, start).map_err(unreadable)?;
                Ok(bytes)
            }
            Self::Bytes(bytes) => {
                let start = usize::try_from(start).map_err(|_| IndexError::NotAnIndex)?;
                let end = start.checked_add(length).ok_or(IndexError::NotAnIndex)?;
                Ok(bytes.get(start..end).ok_or(IndexError::NotAnIndex)?.to_vec())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_freed_with_the_index_and_its_operations() {
        let index = Index::built();
        let operation = index.operation("ssm", "PutParameter").unwrap();
        let models = Arc::downgrade(&index.service("ssm").unwrap());
        drop(index);
        assert!(models.upgrade().is_some(), "an operation outlives its index");
        drop(operation);
        assert!(models.upgrade().is_none());
    }
}
