//! Error codes with which a service says that it has done nothing.
//!
//! They count as refusals whatever the status, because some services answer throttling with 500 or 503.

/// Whether an error with this code is a refusal.
pub(crate) fn is_refusal(code: &str) -> bool {
    is_throttling(code) || DENIED.contains(&code) || REFUSED.contains(&code)
}

/// Whether the service asks for fewer requests.
pub(crate) fn is_throttling(code: &str) -> bool {
    THROTTLING.contains(&code)
}

/// Source: the throttling codes of the SDKs' standard retry mode.
const THROTTLING: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Source: the common errors that the services' API references share.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "NotAuthorizedException",
    "OptInRequired",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnauthorizedException",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

const REFUSED: &[&str] = &[
    "ConditionalCheckFailedException",
    "Conflict",
    "ConflictException",
    "InvalidAction",
    "InvalidParameterCombination",
    "InvalidParameterException",
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "InvalidRequestException",
    "MalformedQueryString",
    "MissingAction",
    "MissingParameter",
    "NotFound",
    "NotFoundException",
    "ParameterNotFound",
    "ResourceConflictException",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "SerializationException",
    "UnknownOperationException",
    "ValidationError",
    "ValidationException",
];
