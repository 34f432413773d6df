//! What can be asked for.

use std::path::PathBuf;

use changegate_change::id::ActionClass;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// The write boundary between agents and AWS.
///
/// Operators' commands (`tenant`, `webhook`, `stop`, `start`) are signed with the caller's AWS credentials. Agents'
/// commands carry the agent key in CHANGEGATE_KEY.
#[derive(Debug, Parser)]
#[command(name = "changegate", version, propagate_version = true)]
pub(crate) struct Arguments {
    /// Where the deployment is: the output ApiUrl of its stack
    #[arg(long, global = true, env = "CHANGEGATE_ENDPOINT", value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Print the deployment's answer as it is, for machines
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Keys of agents
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Tenants: accounts, agents, approvers, what is open
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Webhooks of tenants
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// Stop a tenant, or everything: nothing is proposed, decided or sent until it is started again
    Stop(StopArguments),
    /// Start a tenant, or everything, again
    Start(StopArguments),
    /// Propose a change
    Propose(ProposeArguments),
    /// Show a change
    Show {
        /// Its id
        id: String,
    },
    /// List changes, newest first
    List(ListArguments),
    /// Take a change back
    Withdraw {
        /// Its id
        id: String,
    },
    /// Propose the undo of a change
    Undo {
        /// Its id
        id: String,
    },
    /// The recipes: what is known of single AWS operations (needs no deployment)
    #[command(subcommand)]
    Catalog(CatalogCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Show the recipe of an operation
    Show {
        /// The service, as the models name it (`ssm`)
        service: String,
        /// The operation (`PutParameter`)
        operation: String,
        #[command(flatten)]
        index: IndexFile,
    },
    /// Print the IAM policies that the roles in a tenant's account need for action classes
    Policy {
        /// For which role
        #[arg(long, value_enum)]
        role: Role,
        /// The classes, as in `tenant.toml`
        #[arg(required = true)]
        classes: Vec<ActionClass>,
        #[command(flatten)]
        index: IndexFile,
    },
    /// List the operations that have a recipe
    List {
        /// Only of this service
        service: Option<String>,
    },
    /// Compare recipe files with the models of the services
    Lint {
        /// Recipe files, or folders of them; each recipe in place of the built-in one for its operation
        #[arg(value_name = "FILE|FOLDER")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        index: IndexFile,
    },
    /// Print the JSON Schema of a recipe file
    Schema,
}

/// The index of the models.
#[derive(Debug, Args)]
pub(crate) struct IndexFile {
    /// The index of operations
    #[arg(
        long = "index",
        env = "AWS_CALL_INDEX",
        default_value = "target/index/aws-call.index",
        value_name = "FILE"
    )]
    pub(crate) path: PathBuf,
}

/// A role in a tenant's account.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Role {
    /// The one that reads states
    Reader,
    /// The one that makes approved calls
    Executor,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AgentCommand {
    /// Make a key: the agent gets the key, `tenant.toml` its hash
    NewKey,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// Print the ExternalId that the tenant's roles must ask for
    ExternalId {
        /// The tenant
        tenant: String,
    },
    /// Prove the roles, sign the configuration and put it in force
    Apply {
        /// tenant.toml
        file: PathBuf,
    },
    /// Show the configuration in force
    Show {
        /// The tenant
        tenant: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Print the secret that verifies webhooks
    Secret {
        /// The tenant
        tenant: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct StopArguments {
    /// The tenant; everything unless said
    pub(crate) tenant: Option<String>,
    /// Why
    #[arg(long)]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct ProposeArguments {
    /// The proposal as JSON; `-` reads standard input
    pub(crate) file: PathBuf,
    /// Only show what would be proposed
    #[arg(long)]
    pub(crate) preview: bool,
    /// Sent twice with one key, a proposal makes one change; a new key unless said
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Only changes of this status
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// How many at most
    #[arg(long)]
    pub(crate) limit: Option<u16>,
    /// Where the page before ended
    #[arg(long)]
    pub(crate) cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_commands_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_stop_needs_a_reason() {
        assert!(Arguments::try_parse_from(["changegate", "stop", "demo"]).is_err());
        assert!(Arguments::try_parse_from(["changegate", "stop", "--reason", "it misbehaves"]).is_ok());
    }
}
