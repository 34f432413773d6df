//! Enums over all of whose variants a test goes.

/// Defines an enum and the list of its variants, so that none is left out of a matrix.
macro_rules! matrix_of {
    ($name:ident { $($variant:ident),* $(,)? }) => {
        #[derive(Debug, Clone, Copy, PartialEq)]
        enum $name { $($variant),* }

        impl $name {
            const ALL: &[Self] = &[$(Self::$variant),*];
        }
    };
}

pub(crate) use matrix_of;
