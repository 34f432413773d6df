//! What the emulator does not enforce, or not as AWS does, is held here against the template, the state machine and the
//! design: who may do what, which timeout is shorter than which, and that every name means something.

mod account_roles;
mod functions;
mod keys;
mod roles;
mod state_machine;
mod template;
mod timeouts;
mod watching;
