//! Options of EC2 that awscli puts together.
//!
//! Source: `ec2/runinstances.py`, `ec2/addcount.py`, `ec2/secgroupsimplify.py`, `ec2/protocolarg.py`, `ec2/bundleinstance.py`,
//! `ec2/decryptpassword.py`.

use serde_json::{Value, json};

use super::{
    super::{
        Command, Parameters,
        arguments::{ArgumentTable, Sets, Takes},
        error::{CommandError, bad_value},
        values,
    },
    Setter, Setting, first_object, single,
};

const SECRETS: &str = "secrets do not belong into a command; give `--storage` with a signed policy";
const DECRYPTS: &str = "it names a local file with a private key";

const LAUNCH: &[(&str, Takes, Setter)] = &[
    ("count", Takes::One, count),
    ("secondary-private-ip-addresses", Takes::Several, |setting, parameters| {
        let address = |address: &String| json!({ "PrivateIpAddress": address, "Primary": false });
        let addresses: Value = setting.values.iter().map(address).collect();
        interface(parameters, "PrivateIpAddresses", addresses)
    }),
    ("secondary-private-ip-address-count", Takes::One, |setting, parameters| {
        let count = values::integer(setting.option, setting.value())?;
        interface(parameters, "SecondaryPrivateIpAddressCount", Value::from(count))
    }),
    ("associate-public-ip-address", Takes::Nothing, |_, parameters| {
        interface(parameters, "AssociatePublicIpAddress", Value::from(true))
    }),
    ("no-associate-public-ip-address", Takes::Nothing, |_, parameters| {
        interface(parameters, "AssociatePublicIpAddress", Value::from(false))
    }),
];

const RULE: &[(&str, Setter)] = &[
    ("protocol", |setting, parameters| {
        let protocol = match setting.value() {
            "all" => "-1",
            other => other,
        };
        let known = matches!(protocol, "tcp" | "udp" | "icmp");
        if !known && !protocol.parse::<i64>().is_ok_and(|number| (-1..=255).contains(&number)) {
            return Err(setting.bad("`tcp`, `udp`, `icmp`, `all` or the number of a protocol is wanted"));
        }
        permission(parameters, "IpProtocol", Value::from(protocol))
    }),
    ("port", port),
    ("cidr", |setting, parameters| {
        permission(parameters, "IpRanges", json!([{ "CidrIp": setting.value() }]))
    }),
    ("source-group", |setting, parameters| {
        let name = if setting.value().starts_with("sg-") { "GroupId" } else { "GroupName" };
        group(parameters, name, setting.value())
    }),
    ("group-owner", |setting, parameters| group(parameters, "UserId", setting.value())),
];

/// Whether a command changes the rules of a security group.
pub(super) fn changes_rules(command: &str) -> bool {
    matches!(
        command,
        "authorize-security-group-ingress"
            | "authorize-security-group-egress"
            | "revoke-security-group-ingress"
            | "revoke-security-group-egress"
    )
}

/// Changes the options of a command of EC2.
pub(super) fn edit(command: &Command<'_>, table: &mut ArgumentTable<'_>) {
    match command.name {
        "run-instances" => {
            table.remove("min-count");
            table.remove("max-count");
            for (name, takes, setter) in LAUNCH {
                table.add(name, *takes, Sets::Custom(*setter));
            }
        }
        name if changes_rules(name) => {
            for (name, setter) in RULE {
                table.add(name, Takes::One, Sets::Custom(*setter));
            }
        }
        "get-password-data" => table.add("priv-launch-key", Takes::One, Sets::Refused(DECRYPTS)),
        "bundle-instance" => {
            for name in ["bucket", "prefix", "owner-akid", "owner-sak", "policy"] {
                table.add(name, Takes::One, Sets::Refused(SECRETS));
            }
        }
        _ => {}
    }
}

/// Changes the parameters of a call of EC2.
pub(super) fn finish(command: &Command<'_>, parameters: &mut Parameters) -> Result<(), CommandError> {
    match command.name {
        "run-instances" => {
            parameters.entry("MinCount").or_insert(Value::from(1));
            parameters.entry("MaxCount").or_insert(Value::from(1));
            launch(parameters)?;
        }
        "create-network-acl-entry" | "replace-network-acl-entry" => {
            let number = match parameters.get("Protocol").and_then(Value::as_str) {
                Some("tcp") => "6",
                Some("udp") => "17",
                Some("icmp") => "1",
                Some("all") => "-1",
                _ => return Ok(()),
            };
            parameters.insert("Protocol".to_owned(), Value::from(number));
        }
        _ => {}
    }
    Ok(())
}

fn count(setting: &Setting<'_, '_>, parameters: &mut Parameters) -> Result<(), CommandError> {
    let (min, max) = setting.value().split_once(':').unwrap_or((setting.value(), setting.value()));
    for (name, text) in [("MinCount", min), ("MaxCount", max)] {
        parameters.insert(name.to_owned(), Value::from(values::integer(setting.option, text)?));
    }
    Ok(())
}

fn interface(parameters: &mut Parameters, name: &str, value: Value) -> Result<(), CommandError> {
    let interface = first_object(parameters, &single("NetworkInterfaces"), || json!({ "DeviceIndex": 0 }))?;
    interface.insert(name.to_owned(), value);
    Ok(())
}

/// An interface that is described takes in what is otherwise said of the instance.
fn launch(parameters: &mut Parameters) -> Result<(), CommandError> {
    const MOVED: [(&str, &str); 5] = [
        ("SubnetId", "SubnetId"),
        ("SecurityGroupIds", "Groups"),
        ("Ipv6AddressCount", "Ipv6AddressCount"),
        ("Ipv6Addresses", "Ipv6Addresses"),
        ("EnablePrimaryIpv6", "PrimaryIpv6"),
    ];
    let described = parameters.get("NetworkInterfaces").and_then(|interfaces| interfaces.get(0));
    let takes_in = described.is_some_and(|interface| {
        ["PrivateIpAddresses", "SecondaryPrivateIpAddressCount", "AssociatePublicIpAddress"]
            .iter()
            .any(|name| interface.get(name).is_some())
    });
    if !takes_in {
        return Ok(());
    }
    let moved: Vec<(&str, Value)> =
        MOVED.iter().filter_map(|(from, to)| Some((*to, parameters.remove(*from)?))).collect();
    let address = parameters.remove("PrivateIpAddress");
    let interface = first_object(parameters, "NetworkInterfaces", || json!({}))?;
    interface.extend(moved.into_iter().map(|(name, value)| (name.to_owned(), value)));
    if let Some(address) = address {
        let addresses = json!([{ "PrivateIpAddress": address, "Primary": true }]);
        interface.insert("PrivateIpAddresses".to_owned(), addresses);
    }
    Ok(())
}

fn permission(parameters: &mut Parameters, name: &str, value: Value) -> Result<(), CommandError> {
    first_object(parameters, &single("IpPermissions"), || json!({}))?.insert(name.to_owned(), value);
    Ok(())
}

fn group(parameters: &mut Parameters, name: &str, value: &str) -> Result<(), CommandError> {
    let permission = first_object(parameters, &single("IpPermissions"), || json!({}))?;
    first_object(permission, "UserIdGroupPairs", || json!({}))?.insert(name.to_owned(), Value::from(value));
    Ok(())
}

/// `22`, `22-25`, `-1` or `all`.
fn port(setting: &Setting<'_, '_>, parameters: &mut Parameters) -> Result<(), CommandError> {
    let text = setting.value();
    let (from, to) = match text {
        "-1" | "all" => ("-1", "-1"),
        _ => text.split_once('-').unwrap_or((text, text)),
    };
    for (name, number) in [("FromPort", from), ("ToPort", to)] {
        let number =
            number.parse::<i64>().map_err(|_| bad_value(setting.option, "`22` or `22-25` is wanted"))?;
        permission(parameters, name, Value::from(number))?;
    }
    Ok(())
}
