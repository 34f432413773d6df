//! How names of operations and members are written on a command line: lower case with hyphens.
//!
//! The rules, and the names that do not follow them, are those of `botocore.xform_name`.

/// Names that the rules would write differently, with what is written.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("CachediSCSI", "CachedIscsi"),
    ("StorediSCSI", "StoredIscsi"),
    ("ListHITsForQualificationType", "ListHitsForQualificationType"),
    ("ExecutePartiQL", "ExecutePartiql"),
    ("WhatsApp", "Whatsapp"),
    ("OTelEnrichment", "OtelEnrichment"),
    ("OAuth2", "Oauth2"),
];

/// The name of an operation as a command line has it.
pub(super) fn operation_name(name: &str) -> String {
    let mut name = name.to_owned();
    for (written, read_as) in EXCEPTIONS {
        if name.contains(written) {
            name = name.replace(written, read_as);
        }
    }
    hyphenated(&name)
}

/// A name in upper camel case, with hyphens between its words.
pub(super) fn hyphenated(name: &str) -> String {
    if name.contains('-') {
        return name.to_owned();
    }
    let name = with_plural_set_off(name);
    end_of_capitals(&before_capitalised_words(&name)).to_ascii_lowercase()
}

/// `GatewayARNs` becomes `Gateway-arns`: an `s` after at least two capitals at the end belongs to them.
fn with_plural_set_off(name: &str) -> String {
    let Some(singular) = name.strip_suffix('s') else { return name.to_owned() };
    let stem = singular.trim_end_matches(|character: char| character.is_ascii_uppercase());
    let capitals = singular.strip_prefix(stem).unwrap_or_default();
    if capitals.len() < 2 {
        return name.to_owned();
    }
    format!("{stem}-{}s", capitals.to_ascii_lowercase())
}

/// A hyphen before each capital that a lower-case letter follows, unless the capital begins the name.
fn before_capitalised_words(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut written = String::with_capacity(name.len() + 8);
    // A match takes the character before the capital, so that two matches do not share it.
    let mut free = 0;
    for (position, character) in characters.iter().enumerate() {
        let lower_follows = characters.get(position + 1).is_some_and(|next: &char| next.is_ascii_lowercase());
        if character.is_ascii_uppercase() && lower_follows && position > free {
            written.push('-');
            free = position
                + characters
                    .iter()
                    .skip(position + 1)
                    .take_while(|next: &&char| next.is_ascii_lowercase())
                    .count()
                + 1;
        }
        written.push(*character);
    }
    written
}

/// A hyphen between a lower-case letter or digit and a capital.
fn end_of_capitals(name: &str) -> String {
    let mut written = String::with_capacity(name.len() + 8);
    let mut before: Option<char> = None;
    for character in name.chars() {
        let ends = before.is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit());
        if ends && character.is_ascii_uppercase() {
            written.push('-');
        }
        written.push(character);
        before = Some(character);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_botocore_writes_them() {
        for (name, expected) in [
            ("DescribeInstances", "describe-instances"),
            ("ListWebACLs", "list-web-acls"),
            ("VPCPeeringConnectionId", "vpc-peering-connection-id"),
            ("DBInstanceIdentifier", "db-instance-identifier"),
            ("S3Location", "s3-location"),
            ("authenticationCode1", "authentication-code1"),
            ("CreateCachediSCSIVolume", "create-cached-iscsi-volume"),
            ("GetWhatsAppMessageMedia", "get-whatsapp-message-media"),
            ("ExecutePartiQLStatement", "execute-partiql-statement"),
            ("x-amz-meta", "x-amz-meta"),
            ("MFADevice", "mfa-device"),
            ("LoRaWAN", "lo-ra-wan"),
            ("Ec2TagFilters", "ec2-tag-filters"),
        ] {
            assert_eq!(operation_name(name), expected, "{name}");
        }
    }
}
