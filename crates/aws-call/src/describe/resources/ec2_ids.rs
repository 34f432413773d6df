//! Resources of EC2 that a call names by ids of any type.

use serde_json::{Map, Value};

use super::{Place, Resource};

/// Resources of EC2 named by their ids, whose prefixes tell their types.
pub(super) fn by_id(parameters: &Map<String, Value>, place: &Place<'_>) -> Vec<Resource> {
    let ids = parameters.get("Resources").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let Place { partition, account, region } = place;
    let mut found: Vec<Resource> = ids
        .iter()
        .filter_map(Value::as_str)
        .map(|id| {
            let plain = !id.contains(['*', '?', '$']) && !id.is_empty();
            let kind = id.rsplit_once('-').and_then(|(prefix, _)| kind_of_id(prefix)).filter(|_| plain);
            // Images and snapshots belong to no account in ARNs.
            let account = if matches!(kind, Some("image" | "snapshot")) { "" } else { account };
            let id = if plain { id } else { "*" };
            let arn = format!("arn:{partition}:ec2:{region}:{account}:{}/{id}", kind.unwrap_or("*"));
            Resource { arn, wildcard: kind.is_none() }
        })
        .collect();
    if found.is_empty() {
        found.push(Resource { arn: "*".to_owned(), wildcard: true });
    }
    found.sort();
    found.dedup();
    found
}

fn kind_of_id(prefix: &str) -> Option<&'static str> {
    Some(match prefix {
        "acl" => "network-acl",
        "ami" => "image",
        "cgw" => "customer-gateway",
        "dopt" => "dhcp-options",
        "eipalloc" => "elastic-ip",
        "eni" => "network-interface",
        "fl" => "vpc-flow-log",
        "i" => "instance",
        "igw" => "internet-gateway",
        "key" => "key-pair",
        "lt" => "launch-template",
        "nat" => "natgateway",
        "pcx" => "vpc-peering-connection",
        "pl" => "prefix-list",
        "rtb" => "route-table",
        "sg" => "security-group",
        "snap" => "snapshot",
        "subnet" => "subnet",
        "tgw" => "transit-gateway",
        "vgw" => "vpn-gateway",
        "vol" => "volume",
        "vpc" => "vpc",
        "vpce" => "vpc-endpoint",
        "vpn" => "vpn-connection",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PLACE: Place<'static> = Place { partition: "aws", account: "111111111111", region: "eu-west-1" };

    #[test]
    fn ec2_ids_tell_their_type() {
        let parameters = json!({"Resources": ["i-0a", "ami-0b", "zzz-1"]});
        let found = by_id(parameters.as_object().unwrap(), &PLACE);
        let arns: Vec<_> = found.iter().map(|resource| (resource.arn.as_str(), resource.wildcard)).collect();
        assert_eq!(
            arns,
            [
                ("arn:aws:ec2:eu-west-1:111111111111:*/zzz-1", true),
                ("arn:aws:ec2:eu-west-1:111111111111:instance/i-0a", false),
                ("arn:aws:ec2:eu-west-1::image/ami-0b", false),
            ]
        );
    }
}
