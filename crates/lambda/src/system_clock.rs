//! Time and randomness of the machine.

use changegate_service::Clock;
use jiff::Timestamp;

/// The clock of this machine, with randomness that cannot be guessed.
pub fn system_clock() -> Clock {
    Clock::new(Timestamp::now, random)
}

fn random() -> u128 {
    let mut bytes = [0; 16];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        // Without randomness, ids could repeat and secrets be guessed: nothing must go on.
        std::process::abort();
    }
    u128::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_moment_differ() {
        let clock = system_clock();
        let now = clock.now();
        assert_ne!(clock.ulid(now), clock.ulid(now));
    }
}
