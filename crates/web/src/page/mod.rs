//! The pages: what they say, without HTTP.
//!
//! A page is a plain struct and a template. All text that an agent, a person or AWS wrote is a [`text::Prose`] or a
//! [`text::Code`], which can only be written escaped and with every character visible.
//!
//! | module | page |
//! |---|---|
//! | [`review`] | a change, to read and decide |
//! | [`message`] | anything that ends in one sentence: not found, not an approver, decided by somebody else |
//! | [`providers`] | which identity provider to sign in with |
//! | [`text`] | untrusted text, made visible |
//! | [`excerpt`] | long values, cut in the middle |
//! | [`moment`] | times in words |
//! | [`style`] | the style sheet |

pub mod excerpt;
pub mod message;
pub mod moment;
pub mod providers;
pub mod review;
pub mod style;
pub mod text;
