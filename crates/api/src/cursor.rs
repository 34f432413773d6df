//! Cursors of lists: the change that the next page begins after, MACed for the tenant and the filter that it was made for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use changegate_change::id::ChangeId;
use changegate_change::status::Status;
use changegate_service::{Code, ServiceError};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The cursor that continues after a change.
///
/// # Errors
/// Something inside is broken.
pub fn write(key: &[u8; 32], status: Option<Status>, after: &ChangeId) -> Result<String, ServiceError> {
    let tag = mac(key, status, after)?.finalize().into_bytes();
    Ok(format!("{after}.{}", URL_SAFE_NO_PAD.encode(tag)))
}

/// The change that a cursor continues after.
///
/// # Errors
/// `invalid_request` for a cursor that we did not write for this tenant and filter.
pub fn read(key: &[u8; 32], status: Option<Status>, cursor: &str) -> Result<ChangeId, ServiceError> {
    let foreign = || ServiceError::new(Code::InvalidRequest, "`cursor` is not one that this list gave");
    let (after, tag) = cursor.split_once('.').ok_or_else(foreign)?;
    let after: ChangeId = after.parse().map_err(|_| foreign())?;
    let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| foreign())?;
    mac(key, status, &after)?.verify_slice(&tag).map_err(|_| foreign())?;
    Ok(after)
}

fn mac(key: &[u8; 32], status: Option<Status>, after: &ChangeId) -> Result<Hmac<Sha256>, ServiceError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(ServiceError::internal)?;
    mac.update(status.map_or("any", Status::as_str).as_bytes());
    mac.update(b" ");
    mac.update(after.as_str().as_bytes());
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGE: &str = "chg_01ARZ3NDEKTSV4RRFFQ69G5FAV";

    #[test]
    fn a_cursor_is_read_by_the_list_that_wrote_it_only() {
        let change: ChangeId = CHANGE.parse().unwrap();
        let cursor = write(&[1; 32], Some(Status::Approved), &change).unwrap();
        assert_eq!(read(&[1; 32], Some(Status::Approved), &cursor).unwrap(), change);
        assert!(read(&[2; 32], Some(Status::Approved), &cursor).is_err(), "another tenant");
        assert!(read(&[1; 32], None, &cursor).is_err(), "another filter");
        let moved = cursor.replace("5FAV", "5FAW");
        assert!(read(&[1; 32], Some(Status::Approved), &moved).is_err(), "another change");
        assert!(read(&[1; 32], None, "").is_err() && read(&[1; 32], None, CHANGE).is_err());
    }
}
