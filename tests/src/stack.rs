//! The running stack.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_call::Index;
use changegate_sandbox::{Layout, Sandbox};
use jiff::Timestamp;

use crate::aws::Aws;

/// The account that Changegate is deployed in.
pub const OPERATOR: &str = "000000000000";

/// The running stack, and the models that its accounts are called with.
#[derive(Debug)]
pub struct Stack {
    /// What it is made of.
    pub sandbox: Sandbox,
    layout: Layout,
    index: Index,
    began: u64,
    numbers: AtomicU64,
    keys: AtomicU64,
}

/// The stack that this process runs in.
///
/// # Panics
/// It runs in none.
pub fn stack() -> &'static Stack {
    static STACK: OnceLock<Stack> = OnceLock::new();
    STACK.get_or_init(|| {
        let sandbox = Sandbox::from_environment()
            .unwrap_or_else(|error| panic!("these tests need the local stack ({error}): run `make test`"));
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
        let layout = Layout::within(root, &sandbox.name).expect("the layout of the sandbox");
        let index = Index::open(&layout.index()).expect("the model index: run `make index`");
        let began = u64::try_from(Timestamp::now().as_second()).expect("a time after 1970");
        Stack { sandbox, layout, index, began, numbers: AtomicU64::new(0), keys: AtomicU64::new(0) }
    })
}

impl Stack {
    /// The owner of the account that Changegate is deployed in; no policy holds them back.
    pub fn operator(&self) -> Aws {
        self.owner(OPERATOR)
    }

    /// The owner of an account; no policy holds them back.
    pub fn owner(&self, account: &str) -> Aws {
        // The emulator takes a key of 12 digits for the root key of that account.
        let key = if account == OPERATOR { "test" } else { account };
        Aws::holding(key, "test", None)
    }

    /// The repository.
    pub fn root(&self) -> &Path {
        self.layout.root()
    }

    /// Everything that the stack keeps.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The models.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// A function's full name.
    pub fn function(&self, name: &str) -> String {
        format!("{}-{name}", self.sandbox.prefix)
    }

    /// The archive of a function, as it was deployed.
    pub fn archive(&self, name: &str) -> PathBuf {
        self.layout.stage().join(format!("target/functions/{name}.zip"))
    }

    /// An output of the deployment.
    pub fn output(&self, name: &str) -> &str {
        self.sandbox.output(name).expect("an output of the template")
    }

    /// A number that no other test of this or of an earlier run has.
    pub fn number(&self) -> u64 {
        // Nine digits of seconds, three of a counter: twelve, as account numbers have.
        let (second, counter) = (self.began % 1_000_000_000, self.numbers.fetch_add(1, Ordering::Relaxed));
        assert!(counter < 1000, "a run makes at most a thousand tenants");
        second * 1000 + counter
    }

    /// A number for an idempotency key of this run.
    pub fn number_of_key(&self) -> u64 {
        self.keys.fetch_add(1, Ordering::Relaxed)
    }
}
