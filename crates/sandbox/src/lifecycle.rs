//! Starting, stopping and restarting a sandbox.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use crate::aws::Account;
use crate::bundle;
use crate::deployment;
use crate::description::{Ports, Sandbox};
use crate::error::{Result, SandboxError};
use crate::layout::Layout;
use crate::ministack::{self, ACCOUNT, REGION};
use crate::prerequisites::Tools;
use crate::provider;
use crate::receiver::{self, Receiver};
use crate::service::{self, Service};

/// The deployment's prefix and the name of its stack.
pub const PREFIX: &str = "changegate";
const READY: Duration = Duration::from_secs(20);

/// What may be chosen; everything else follows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The port of the emulator; free unless given.
    pub gateway: Option<u16>,
    /// The port of the OpenID provider; free unless given.
    pub issuer: Option<u16>,
    /// The port of the receiver; free unless given.
    pub receiver: Option<u16>,
}

/// A sandbox and the processes that end with this value.
#[derive(Debug)]
pub struct Running {
    /// What it is made of.
    pub sandbox: Sandbox,
    layout: Layout,
    // INVARIANT: dropped in this order, so that nobody calls what is gone.
    ministack: Service,
    receiver: Service,
    provider: Service,
}

impl Running {
    /// Lets it outlive this process; [`down`] ends it.
    pub fn leave_running(self) {
        self.ministack.leave_running();
        self.receiver.leave_running();
        self.provider.leave_running();
    }

    /// Writes the description again after it was changed.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn describe(&self) -> Result<()> {
        self.sandbox.write(&self.layout.description())
    }
}

/// Starts everything anew and deploys Changegate. What an earlier run of the same name left behind is ended and forgotten.
///
/// # Errors
/// A tool is missing, something was not built, does not start or cannot be deployed.
pub async fn up(layout: &Layout, options: Options) -> Result<Running> {
    let tools = Tools::find(layout)?;
    down(layout)?;
    forget(layout)?;
    let template = bundle::assemble(layout, &tools).await?;
    let ports = Ports {
        gateway: port(options.gateway)?,
        issuer: port(options.issuer)?,
        receiver: port(options.receiver)?,
    };
    let ministack = ministack::start(layout, &tools, ports.gateway).await?;
    let provider = provider::start(layout, &tools, ports.issuer, &[]).await?;
    let receiver = start_receiver(layout, ports.receiver).await?;
    let endpoint = ministack::endpoint(ports.gateway);
    let gateway = format!("localhost:{}", ports.gateway);
    // The provider knows no public clients and takes any secret.
    let secrets = serde_json::json!({ provider::issuer(ports.issuer): "any" }).to_string();
    let parameters = [
        ("Prefix", PREFIX),
        ("LocalGateway", gateway.as_str()),
        ("AllowLoopback", "true"),
        ("SweepLookSeconds", "5"),
        ("ClientSecrets", secrets.as_str()),
    ];
    let operator = Account::owner(&tools.aws, &layout.index(), &endpoint, ACCOUNT);
    let outputs = deployment::deploy(&operator, &template, PREFIX, &parameters).await?;
    let sandbox = Sandbox {
        name: layout.name().to_owned(),
        folder: layout.folder(),
        ports,
        endpoint,
        api_url: outputs.get("ApiUrl").cloned().unwrap_or_default(),
        issuer: provider::issuer(ports.issuer),
        receiver: format!("http://127.0.0.1:{}", ports.receiver),
        region: REGION.to_owned(),
        prefix: PREFIX.to_owned(),
        outputs,
        aws: tools.aws,
        index: layout.index(),
        changegate: layout.binaries().join("changegate"),
        tenants: BTreeMap::new(),
    };
    let running = Running { sandbox, layout: layout.clone(), ministack, receiver, provider };
    running.describe()?;
    Ok(running)
}

/// Ends every process of a sandbox, whoever started it. Its files stay.
///
/// # Errors
/// A process does not end.
pub fn down(layout: &Layout) -> Result<()> {
    for name in [ministack::NAME, receiver::NAME, provider::NAME] {
        service::end_recorded(layout, name)?;
    }
    let description = layout.description();
    if description.exists() {
        fs::remove_file(&description).map_err(SandboxError::file(&description))?;
    }
    Ok(())
}

/// Stops the emulator and starts it again with what it saved: executions that were under way are gone, everything else is
/// there.
///
/// # Errors
/// The sandbox does not run, or the emulator does not come back.
pub async fn restart(layout: &Layout) -> Result<()> {
    let sandbox = running(layout)?;
    let tools = Tools::find(layout)?;
    service::end_recorded(layout, ministack::NAME)?;
    ministack::forget_stream_positions(&layout.state())?;
    ministack::start(layout, &tools, sandbox.ports.gateway).await?.leave_running();
    Ok(())
}

/// The sandbox that runs under this name.
///
/// # Errors
/// None does.
pub fn running(layout: &Layout) -> Result<Sandbox> {
    if service::is_running(layout, ministack::NAME) && layout.description().is_file() {
        return Sandbox::read(&layout.description());
    }
    Err(SandboxError::NotRunning { name: layout.name().to_owned() })
}

/// The services of a sandbox and whether they run.
#[must_use]
pub fn status(layout: &Layout) -> Vec<(&'static str, bool)> {
    let names = [ministack::NAME, receiver::NAME, provider::NAME];
    names.map(|name| (name, service::is_running(layout, name))).to_vec()
}

async fn start_receiver(layout: &Layout, port: u16) -> Result<Service> {
    let program = env::current_exe().map_err(SandboxError::file("the sandbox"))?;
    let mut command = Command::new(program);
    command.args(["receive", "--port", &port.to_string()]);
    let mut service = Service::start(layout, receiver::NAME, &mut command)?;
    let receiver = Receiver::at(&format!("http://127.0.0.1:{port}"));
    service.wait_until(READY, async || receiver.answers().await).await?;
    Ok(service)
}

/// Removes what an earlier run kept, except for archives that can serve again.
fn forget(layout: &Layout) -> Result<()> {
    for left in ["state", "s3", "tmp", "tenants"] {
        let folder = layout.folder().join(left);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(SandboxError::file(&folder))?;
        }
    }
    Ok(())
}

/// The given port, or one that is free now.
fn port(given: Option<u16>) -> Result<u16> {
    if let Some(port) = given {
        return Ok(port);
    }
    let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    Ok(free.map_err(|error| SandboxError::unexpected("a free port", error))?.port())
}
