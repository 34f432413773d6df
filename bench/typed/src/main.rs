//! aws-call beside the typed Rust SDK. Prints one JSON object.
//!
//! `bench-typed INDEX BOTOCORE`, where BOTOCORE is the folder of the unpacked source distribution: whether both write the same
//! requests, byte for byte, in every protocol, and what both take to build and sign requests of ssm.

mod calls;
mod capture;
mod cbor;
mod compare;
mod cost;

use std::{env, error::Error, path::PathBuf};

use aws_call::Index;
use serde_json::json;

pub(crate) type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let usage = "bench-typed INDEX BOTOCORE";
    let mut arguments = env::args().skip(1).map(PathBuf::from);
    let index = arguments.next().ok_or(usage)?;
    let botocore = arguments.next().ok_or(usage)?;
    let index = Index::open(&index)?;
    let cbor = cbor::index(&botocore.join("botocore/data"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let protocols = runtime.block_on(compare::compare(&index, &cbor))?;
    let cost = cost::measure(&index, &runtime)?;
    println!("{}", json!({"protocols": protocols, "cost": cost}));
    Ok(())
}
