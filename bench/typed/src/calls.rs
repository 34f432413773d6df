//! One call of each protocol, filled by chance: as the typed crates take it and as aws-call does.

use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::types::Environment;
use aws_sdk_s3::types::{Tag, Tagging};
use aws_sdk_sns::types::MessageAttributeValue;
use aws_sdk_ssm::types::ParameterType;
use aws_smithy_types::{Blob, DateTime};
use serde_json::{Value, json};

/// Text and numbers by chance (Marsaglia's xorshift); a seed gives the same ones for ever.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % limit
    }

    /// Letters and digits, which names consist of.
    fn name(&mut self) -> String {
        (0..3 + self.below(12)).map(|_| self.one_of("abcdefghijklmnopqrstuvwxyz0123456789")).collect()
    }

    /// Anything that has to be escaped somewhere.
    fn text(&mut self) -> String {
        (0..1 + self.below(40))
            .map(|_| self.one_of("ab cD9/~-_.+%&=?#<>\"'\\{}[],;:!*()@$\n\té€😀"))
            .collect()
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.below(30)).map(|_| self.below(256).to_le_bytes()[0]).collect()
    }

    fn one_of(&mut self, letters: &str) -> char {
        let count = letters.chars().count() as u64;
        letters.chars().nth(self.below(count) as usize).unwrap_or('a')
    }
}

/// What both sides are to say.
pub(crate) struct Parameters {
    name: String,
    other: String,
    text: String,
    texts: [String; 2],
    bytes: Vec<u8>,
    number: i32,
    ratio: f64,
    seconds: i64,
}

impl Parameters {
    pub(crate) fn by_chance(chance: &mut Chance) -> Self {
        Self {
            name: chance.name(),
            other: chance.name(),
            text: chance.text(),
            texts: [chance.text(), chance.text()],
            bytes: chance.bytes(),
            number: chance.below(900) as i32 + 1,
            ratio: chance.below(1_000_000) as f64 / 128.0,
            seconds: 1_700_000_000 + chance.below(100_000_000) as i64,
        }
    }

    fn base64(&self) -> String {
        aws_smithy_types::base64::encode(&self.bytes)
    }
}

pub(crate) fn ssm(p: &Parameters) -> Value {
    json!({"Name": p.name, "Value": p.text, "Type": "String", "Overwrite": true,
        "Tags": [{"Key": p.other, "Value": p.texts[0]}]})
}

pub(crate) async fn typed_ssm(client: aws_sdk_ssm::Client, p: &Parameters) {
    let tag = aws_sdk_ssm::types::Tag::builder().key(&p.other).value(&p.texts[0]).build();
    let call =
        client.put_parameter().name(&p.name).value(&p.text).r#type(ParameterType::String).overwrite(true);
    let _ = call.tags(tag.expect("both are set")).send().await;
}

pub(crate) fn dynamodb(p: &Parameters) -> Value {
    json!({"TableName": p.name, "Item": {p.other.clone(): {"M": {"a": {"L": [
        {"S": p.text}, {"N": p.number.to_string()}, {"B": p.base64()}, {"BOOL": true}, {"NULL": true}, {"SS": p.texts}]}}}},
        "ConditionExpression": p.texts[0]})
}

pub(crate) async fn typed_dynamodb(client: aws_sdk_dynamodb::Client, p: &Parameters) {
    let list = vec![
        AttributeValue::S(p.text.clone()),
        AttributeValue::N(p.number.to_string()),
        AttributeValue::B(Blob::new(p.bytes.clone())),
        AttributeValue::Bool(true),
        AttributeValue::Null(true),
        AttributeValue::Ss(p.texts.to_vec()),
    ];
    let map = AttributeValue::M([("a".to_owned(), AttributeValue::L(list))].into());
    let call = client.put_item().table_name(&p.name).item(&p.other, map).condition_expression(&p.texts[0]);
    let _ = call.send().await;
}

pub(crate) fn sns(p: &Parameters) -> Value {
    json!({"TopicArn": format!("arn:aws:sns:eu-west-1:111122223333:{}", p.name), "Message": p.text, "Subject": p.texts[0],
        "MessageAttributes": {p.other.clone(): {"DataType": "Binary", "BinaryValue": p.base64()}}})
}

pub(crate) async fn typed_sns(client: aws_sdk_sns::Client, p: &Parameters) {
    let value =
        MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new(p.bytes.clone())).build();
    let call = client.publish().topic_arn(format!("arn:aws:sns:eu-west-1:111122223333:{}", p.name));
    let call = call.message(&p.text).subject(&p.texts[0]);
    let _ = call.message_attributes(&p.other, value.expect("the type is set")).send().await;
}

pub(crate) fn s3(p: &Parameters) -> Value {
    json!({"Bucket": p.name, "Tagging": {"TagSet": [{"Key": p.other, "Value": p.text}, {"Key": "b", "Value": p.texts[0]}]}})
}

pub(crate) async fn typed_s3(client: aws_sdk_s3::Client, p: &Parameters) {
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().expect("both are set");
    let tags = vec![tag(&p.other, &p.text), tag("b", &p.texts[0])];
    let tagging = Tagging::builder().set_tag_set(Some(tags)).build().expect("the tags are set");
    let _ = client.put_bucket_tagging().bucket(&p.name).tagging(tagging).send().await;
}

pub(crate) fn lambda(p: &Parameters) -> Value {
    json!({"FunctionName": format!("{}:a/b", p.name), "Description": p.text, "MemorySize": p.number, "Layers": p.texts,
        "Environment": {"Variables": {p.other.clone(): p.texts[1]}}})
}

pub(crate) async fn typed_lambda(client: aws_sdk_lambda::Client, p: &Parameters) {
    let environment = Environment::builder().variables(&p.other, &p.texts[1]).build();
    let call = client.update_function_configuration().function_name(format!("{}:a/b", p.name));
    let call = call.description(&p.text).memory_size(p.number).set_layers(Some(p.texts.to_vec()));
    let _ = call.environment(environment).send().await;
}

pub(crate) fn lambda_tags(p: &Parameters) -> Value {
    json!({"Resource": function_arn(p), "Tags": {p.other.clone(): p.text}})
}

pub(crate) async fn typed_lambda_tags(client: aws_sdk_lambda::Client, p: &Parameters) {
    let _ = client.tag_resource().resource(function_arn(p)).tags(&p.other, &p.text).send().await;
}

fn function_arn(p: &Parameters) -> String {
    format!("arn:aws:lambda:eu-west-1:111122223333:function:{}/é {}", p.name, p.other)
}

pub(crate) fn cloudwatch(p: &Parameters) -> Value {
    json!({"Namespace": p.name, "MetricData": [{"MetricName": p.other, "Timestamp": p.seconds, "Value": p.ratio,
        "Unit": "Count", "StorageResolution": p.number, "Dimensions": [{"Name": "n", "Value": p.text}]}]})
}

pub(crate) async fn typed_cloudwatch(client: aws_sdk_cloudwatch::Client, p: &Parameters) {
    let dimension = Dimension::builder().name("n").value(&p.text).build();
    let datum =
        MetricDatum::builder().metric_name(&p.other).timestamp(DateTime::from_secs(p.seconds)).value(p.ratio);
    let datum = datum.unit(StandardUnit::Count).storage_resolution(p.number).dimensions(dimension).build();
    let _ = client.put_metric_data().namespace(&p.name).metric_data(datum).send().await;
}
