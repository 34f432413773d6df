//! Command lines of the AWS CLI.

use std::cell::OnceCell;

use aws_call::Index;

use crate::models::command_index;

thread_local! {
    static LOADED: OnceCell<Index> = const { OnceCell::new() };
}

/// Loads the models, which would else count as the time of the first input.
pub fn load_commands() {
    LOADED.with(|loaded| loaded.get_or_init(command_index).services().len());
}

/// Reads a command line. Panics if what is made of it is not a call of an operation that there is, or if the reason why
/// nothing is made of it is empty.
pub fn command_line(input: &[u8]) {
    let command = String::from_utf8_lossy(input);
    LOADED.with(|loaded| {
        let index = loaded.get_or_init(command_index);
        match index.parse_command(&command) {
            Ok(call) => {
                let operation = index.operation(&call.service, &call.operation);
                assert!(operation.is_ok() && call.parameters.is_object(), "{command}: no such call");
            }
            Err(error) => assert!(!error.to_string().is_empty(), "{command}: refused without reason"),
        }
    });
}
