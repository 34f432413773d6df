//! The codec crates' protocols, chosen and configured for a service.

use aws_smithy_cbor::{
    codec::{CborCodec, CborCodecSettings},
    protocol::RpcV2CborProtocol,
};
use aws_smithy_json::protocol::{aws_json_rpc::AwsJsonRpcProtocol, aws_rest_json_1::AwsRestJsonProtocol};
use aws_smithy_query::protocol::AwsQueryProtocol;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata};
use aws_smithy_schema::{
    codec::{Codec as _, FinishSerializer as _},
    protocol::{ServiceShapeName, SharedClientProtocol},
    serde::{SerdeError, ShapeSerializer as _},
};
use aws_smithy_types::{
    body::SdkBody,
    config_bag::{ConfigBag, Layer},
    error::ErrorMetadata,
};
use aws_smithy_xml::{
    codec::{XmlCodec, XmlCodecSettings},
    protocol::aws_rest_xml::AwsRestXmlProtocol,
};
use serde_json::{Map, Value};

use crate::{
    answer::read,
    model::{Protocol, Service},
    request::Parameters,
    schemas::{Graph, ROOT},
};

/// A service's protocol, ready to write requests of one operation and to read their answers.
pub(crate) struct Wire {
    protocol: SharedClientProtocol,
    settings: ConfigBag,
    kind: Protocol,
}

impl Wire {
    /// Sets up the protocol of `service` for `operation`.
    pub(crate) fn new(service: &Service, operation: &str) -> Self {
        let mut layer = Layer::new("aws-call");
        layer.store_put(Metadata::new(operation.to_owned(), service.id.clone()));
        layer.store_put(ServiceShapeName::new(service.target_prefix.clone()));
        Self {
            protocol: protocol(service),
            settings: ConfigBag::of_layers(vec![layer]),
            kind: service.protocol,
        }
    }

    /// Writes a request without endpoint.
    pub(crate) fn write(&self, parameters: &Parameters<'_>) -> Result<HttpRequest, SerdeError> {
        let mut request =
            self.protocol.serialize_request(parameters, parameters.schema, "", &self.settings)?;
        if self.kind == Protocol::RpcV2Cbor && parameters.graph.is_some() {
            // With the lengths of lists and maps ahead, as the SDKs write them. The protocol has no setting for it.
            let settings = CborCodecSettings::default().use_definite_lengths(true);
            let mut serializer = CborCodec::new(settings).create_serializer();
            serializer.write_struct(parameters.schema, parameters)?;
            let body = serializer.finish();
            request.headers_mut().insert("content-length", body.len().to_string());
            *request.body_mut() = SdkBody::from(body);
        }
        Ok(request)
    }

    /// Reads the output from a 2xx answer.
    pub(crate) fn read(&self, graph: &Graph, answer: &HttpResponse) -> Result<Value, SerdeError> {
        let nothing = || Ok(Value::Object(Map::new()));
        let Some(root) = graph.node(ROOT) else { return nothing() };
        let body = answer.body().bytes().unwrap_or_default();
        match self.kind {
            Protocol::Ec2Query | Protocol::AwsQuery if body.is_empty() => nothing(),
            // An answer of ec2Query has its members right under the root element.
            Protocol::Ec2Query => {
                let codec = XmlCodec::new(XmlCodecSettings::default());
                read(graph, root, root.schema, &mut codec.create_deserializer(body))
            }
            // Not strictly read, a list that ends too soon has empty structures without end.
            Protocol::RpcV2Cbor => {
                let codec = CborCodec::new(CborCodecSettings::default().enforce_strictness(true));
                read(graph, root, root.schema, &mut codec.create_deserializer(body))
            }
            Protocol::AwsQuery
            | Protocol::AwsJson10
            | Protocol::AwsJson11
            | Protocol::RestJson
            | Protocol::RestXml => {
                let mut deserializer =
                    self.protocol.deserialize_response(answer, root.schema, &self.settings)?;
                read(graph, root, root.schema, &mut *deserializer)
            }
        }
    }

    /// Reads code and message from an answer that is an error; both may be missing.
    pub(crate) fn read_error(&self, answer: &HttpResponse) -> ErrorMetadata {
        self.protocol.parse_error_metadata(answer, &self.settings).unwrap_or_default().build()
    }
}

fn protocol(service: &Service) -> SharedClientProtocol {
    match service.protocol {
        Protocol::AwsJson10 => SharedClientProtocol::new(
            AwsJsonRpcProtocol::aws_json_1_0().with_target_prefix(service.target_prefix.clone()),
        ),
        Protocol::AwsJson11 => SharedClientProtocol::new(
            AwsJsonRpcProtocol::aws_json_1_1().with_target_prefix(service.target_prefix.clone()),
        ),
        Protocol::RestJson => SharedClientProtocol::new(AwsRestJsonProtocol::new()),
        Protocol::RestXml => {
            let mut protocol = AwsRestXmlProtocol::new().with_no_error_wrapping(service.name == "s3");
            if let Some(namespace) = &service.xml_namespace {
                protocol =
                    protocol.with_service_xml_namespace(namespace.uri.clone(), namespace.prefix.clone());
            }
            SharedClientProtocol::new(protocol)
        }
        Protocol::AwsQuery | Protocol::Ec2Query => SharedClientProtocol::new(
            AwsQueryProtocol::new().with_service_version(service.api_version.clone()),
        ),
        Protocol::RpcV2Cbor => SharedClientProtocol::new(RpcV2CborProtocol::new()),
    }
}
