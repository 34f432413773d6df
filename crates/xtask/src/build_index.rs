//! Builds the model index.
//!
//! A stamp beside the index holds the hash of everything that it was built from, so that an unchanged index is left alone.

use std::{
    error::Error,
    fs,
    io::{Read, Write as _},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use aws_call::{
    Index,
    model::{Operation, Service},
    pack,
    source::{IamData, ServiceSources, read_partitions, read_service},
};
use sha2::{Digest, Sha256};

/// Where the models are and where the index goes.
pub(crate) struct Paths {
    pub(crate) botocore: PathBuf,
    pub(crate) iam_data: PathBuf,
    pub(crate) out: PathBuf,
}

type Failure = Box<dyn Error>;

/// Builds the index if it is missing or out of date, and says what was done.
pub(crate) fn build_index(paths: &Paths, sources: Vec<String>) -> Result<String, Failure> {
    let inputs = Inputs::find(paths)?;
    let stamp = inputs.stamp(&sources)?;
    let stamp_path = paths.out.with_extension("stamp");
    let out = paths.out.display();
    let up_to_date = fs::read_to_string(&stamp_path).is_ok_and(|kept| kept == stamp);
    if let (true, Ok(index)) = (up_to_date, Index::open(&paths.out)) {
        return Ok(format!("{out} is up to date ({})", index.hash()));
    }
    let iam = inputs.iam()?;
    let partitions = read_partitions(&read(&paths.botocore.join("partitions.json"))?)?;
    let mut services = Vec::with_capacity(inputs.services.len());
    for files in &inputs.services {
        services.push(files.read(&iam)?);
    }
    let bytes = pack(sources, &partitions, &services)?;
    let index = Index::from_bytes(bytes.clone())?;
    index.verify()?;
    let figures = Figures::of(&services);
    replace(&paths.out, &bytes)?;
    replace(&stamp_path, stamp.as_bytes())?;
    Ok(format!(
        "{out}: {} services, {} operations ({} unsupported, {} of unknown access), {} bytes, {}",
        services.len(),
        figures.operations,
        figures.unsupported,
        figures.unknown_access,
        bytes.len(),
        index.hash(),
    ))
}

struct Inputs {
    services: Vec<ServiceFiles>,
    iam_data: PathBuf,
    iam_services: Vec<String>,
    partitions: PathBuf,
}

struct ServiceFiles {
    name: String,
    service: PathBuf,
    endpoint_rules: PathBuf,
    paginators: Option<PathBuf>,
    waiters: Option<PathBuf>,
}

impl Inputs {
    fn find(paths: &Paths) -> Result<Self, Failure> {
        let mut services = Vec::new();
        for name in names_in(&paths.botocore)? {
            let folder = paths.botocore.join(&name);
            if !folder.is_dir() {
                continue;
            }
            // API versions are dates, so the last name is the newest.
            let newest = names_in(&folder)?.into_iter().rfind(|version| folder.join(version).is_dir());
            let Some(newest) = newest else { continue };
            let folder = folder.join(newest);
            services.push(ServiceFiles {
                service: model_file(&folder, "service-2.json")
                    .ok_or_else(|| missing(&folder, "service-2.json"))?,
                endpoint_rules: model_file(&folder, "endpoint-rule-set-1.json")
                    .ok_or_else(|| missing(&folder, "endpoint-rule-set-1.json"))?,
                paginators: model_file(&folder, "paginators-1.json"),
                waiters: model_file(&folder, "waiters-2.json"),
                name,
            });
        }
        if services.is_empty() {
            return Err(missing(&paths.botocore, "services"));
        }
        let iam_services = names_in(&paths.iam_data.join("actions"))?
            .into_iter()
            .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
            .collect();
        let partitions = paths.botocore.join("partitions.json");
        Ok(Self { services, iam_data: paths.iam_data.clone(), iam_services, partitions })
    }

    fn iam_files(&self, prefix: &str) -> (PathBuf, PathBuf) {
        let file = |folder: &str| self.iam_data.join(folder).join(format!("{prefix}.json"));
        (file("actions"), file("resourceTypes"))
    }

    fn iam(&self) -> Result<IamData, Failure> {
        let mut iam = IamData::default();
        for prefix in &self.iam_services {
            let (actions, resource_types) = self.iam_files(prefix);
            let resource_types =
                if resource_types.exists() { read(&resource_types)? } else { b"{}".to_vec() };
            iam.add_service(prefix, &read(&actions)?, &resource_types)?;
        }
        Ok(iam)
    }

    /// SHA-256 over the named sources, the text of the code that reads models, and path, size and time of every file.
    fn stamp(&self, sources: &[String]) -> Result<String, Failure> {
        let mut hash = Sha256::new();
        for source in sources {
            hash.update(source);
            hash.update([0]);
        }
        for file in reading_code()? {
            hash.update(fs::read(&file).map_err(|error| unreadable(&file, &error))?);
        }
        let mut files: Vec<PathBuf> = vec![self.partitions.clone()];
        for service in &self.services {
            files.extend([service.service.clone(), service.endpoint_rules.clone()]);
            files.extend(service.paginators.clone());
            files.extend(service.waiters.clone());
        }
        for prefix in &self.iam_services {
            let (actions, resource_types) = self.iam_files(prefix);
            files.push(actions);
            files.extend(Some(resource_types).filter(|path| path.exists()));
        }
        for file in files {
            hash.update(file.to_string_lossy().as_bytes());
            hash.update([0]);
            let facts = fs::metadata(&file).map_err(|error| unreadable(&file, &error))?;
            let modified = facts.modified()?.duration_since(UNIX_EPOCH)?;
            hash.update(facts.len().to_le_bytes());
            hash.update(modified.as_nanos().to_le_bytes());
        }
        Ok(hex::encode(hash.finalize()))
    }
}

impl ServiceFiles {
    fn read(&self, iam: &IamData) -> Result<Service, Failure> {
        let paginators = self.paginators.as_deref().map(read).transpose()?;
        let waiters = self.waiters.as_deref().map(read).transpose()?;
        let sources = ServiceSources {
            name: &self.name,
            service: &read(&self.service)?,
            endpoint_rules: &read(&self.endpoint_rules)?,
            paginators: paginators.as_deref(),
            waiters: waiters.as_deref(),
        };
        Ok(read_service(sources, iam)?)
    }
}

#[derive(Default)]
struct Figures {
    operations: usize,
    unsupported: usize,
    unknown_access: usize,
}

impl Figures {
    fn of(services: &[Service]) -> Self {
        let mut figures = Self::default();
        for service in services {
            for position in 0..service.operations.len() {
                let Some(operation) = service.operations.get::<Operation>(position) else { continue };
                figures.operations += 1;
                figures.unsupported += usize::from(operation.unsupported.is_some());
                figures.unknown_access += usize::from(operation.access == aws_call::Access::Unknown);
            }
        }
        figures
    }
}

/// The code on which the contents of the index depend.
fn reading_code() -> Result<Vec<PathBuf>, Failure> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../aws-call/src"));
    let mut files: Vec<PathBuf> = [
        "access.rs",
        "model.rs",
        "model/table.rs",
        "model/waiter.rs",
        "rules.rs",
        "source.rs",
        "index/format.rs",
    ]
    .map(|name| folder.join(name))
    .into();
    let mut folders = vec![folder.join("source")];
    while let Some(folder) = folders.pop() {
        for name in names_in(&folder)? {
            let path = folder.join(name);
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    Ok(files)
}

/// A model as it is in a source distribution, or gzipped as in an installation.
fn model_file(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(name), folder.join(format!("{name}.gz"))].into_iter().find(|path| path.exists())
}

fn names_in(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked)?;
    Ok(unpacked)
}

/// Writes beside the file and renames, so that a reader never sees half of it.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let mut file = fs::File::create(&beside).map_err(|error| unreadable(&beside, &error))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    Ok(())
}

fn missing(folder: &Path, what: &str) -> Failure {
    format!("`{}` has no {what}", folder.display()).into()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    format!("`{}` cannot be read or written: {error}", path.display()).into()
}
