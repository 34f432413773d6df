//! `services`, `operations` and `unsupported`: what the index holds.

use std::io::{self, Write as _};

use aws_call::{Index, LookupError};
use serde_json::{Value, json};

use crate::{LineError, lines::Ended};

/// Lists services with the number of their operations.
pub(crate) fn services(index: &Index) -> io::Result<Ended> {
    each(index.services(), |service, print| {
        let count = index.operations(service)?.len();
        print(&json!({"service": service, "operations": count}));
        Ok(())
    })
}

/// Lists operations, of one service or of all.
pub(crate) fn operations(index: &Index, only: Option<&str>) -> io::Result<Ended> {
    let services = only.map_or_else(|| index.services(), |service| vec![service]);
    each(services, |service, print| {
        for name in index.operations(service)? {
            let operation = index.operation(service, &name)?;
            print(&json!({
                "service": service,
                "operation": name,
                "access": operation.access(),
                "iam_actions": operation.iam_actions(),
                "supported": operation.unsupported().is_none(),
                "summary": operation.summary(),
            }));
        }
        Ok(())
    })
}

/// Lists what cannot be called, with the reason.
pub(crate) fn unsupported(index: &Index) -> io::Result<Ended> {
    each(index.services(), |service, print| {
        for name in index.operations(service)? {
            if let Some(reason) = index.operation(service, &name)?.unsupported() {
                print(&json!({"service": service, "operation": name, "reason": reason}));
            }
        }
        Ok(())
    })
}

/// Prints what `list` has to say of each service, or why it cannot say it.
fn each(
    services: Vec<&str>,
    list: impl Fn(&str, &mut dyn FnMut(&Value)) -> Result<(), LookupError>,
) -> io::Result<Ended> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    let mut ended = Ended::AllAnswered;
    for service in services {
        let mut lines = Vec::new();
        if let Err(error) = list(service, &mut |line| lines.push(line.clone())) {
            ended = Ended::SomeWereBad;
            lines.push(json!({"error": LineError::from(error)}));
        }
        for line in lines {
            writeln!(output, "{line}")?;
        }
    }
    output.flush()?;
    Ok(ended)
}
