//! What is left open on purpose, and what cannot be tried.

use std::cell::RefCell;
use std::collections::BTreeSet;

use aws_call::Operation;

use crate::places::within;

/// Where a place is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Where<'a> {
    /// In the parameters of a call.
    Call,
    /// In the answer to a read.
    Answer(&'a Operation),
    /// In the state that a recipe keeps.
    State,
}

/// A place that the models mark sensitive and that everybody sees who sees the change.
struct Open {
    /// The operation, `service/Operation`; `service/*` for all of a service.
    of: &'static str,
    /// The place, in the call or in the answer.
    path: &'static str,
    why: &'static str,
}

const USER_NAME: &str = "who it is about is what an approver must read; the user's attributes are sealed";
const TEXT: &str = "it is written to be read, and holds no values of anybody";
const NAMES: &str = "names of variables; their values are sealed";
const TAGS: &str = "tags are shown everywhere in AWS, and are no place for secrets";

const OPEN: &[Open] = &[
    Open { of: "stepfunctions/*", path: "/definition", why: "the definition is what an approver must read" },
    Open { of: "stepfunctions/*", path: "/versionDescription", why: TEXT },
    Open { of: "stepfunctions/*", path: "/description", why: TEXT },
    Open { of: "cognito-idp/*", path: "/Username", why: USER_NAME },
    Open {
        of: "cognito-idp/*",
        path: "/ClientId",
        why: "the id of a client is sent by every browser that signs in",
    },
    Open { of: "pipes/*", path: "/Description", why: TEXT },
    Open { of: "pipes/*", path: "/Tags", why: TAGS },
    Open { of: "pipes/*", path: "/tags", why: TAGS },
    Open {
        of: "appconfig/*",
        path: "/Validators/*/Content",
        why: "a schema or the name of a function, which an approver must read",
    },
    Open { of: "cloudfront/*", path: "/DistributionConfig/Comment", why: TEXT },
    Open { of: "cloudfront/*", path: "/Distribution/DistributionConfig/Comment", why: TEXT },
    Open { of: "sesv2/*", path: "/TemplateContent/Subject", why: TEXT },
    Open { of: "backup/UntagResource", path: "/TagKeyList", why: "names of tags; their values are sealed" },
    Open {
        of: "cloudformation/DescribeStacks",
        path: "/Stacks/*/Parameters/*/ParameterValue",
        why: "CloudFormation itself hides the values of parameters with NoEcho; the others are no secrets",
    },
    Open { of: "ecs/*", path: "/containerDefinitions/*/environment/*/name", why: NAMES },
    Open { of: "ecs/*", path: "/overrides/containerOverrides/*/environment/*/name", why: NAMES },
];

/// Recipes, or places of their calls, that no canary can be tried at, and why.
pub(crate) const NOT_TRIED: [(&str, &str); 4] = [
    ("ec2/CopySnapshot /PresignedUrl", "the recipe refuses a call that has one"),
    ("ec2/CopySnapshot", "that is its only secret place"),
    ("ec2/ModifyInstanceAttribute /Value", "the recipe refuses a call that has one"),
    ("iam/CreateAccessKey", "it hands out credentials, and cannot be proposed"),
];

/// Rules of recipes for secrets in a state that never has one, and why.
pub(crate) const NEVER_MET: [(&str, &str); 11] = [
    ("elbv2/CreateListener: /DefaultActions/*/AuthenticateOidcConfig/ClientSecret", LEFT_OUT),
    ("elbv2/CreateRule: /Actions/*/AuthenticateOidcConfig/ClientSecret", LEFT_OUT),
    ("elbv2/DeleteListener: /DefaultActions/*/AuthenticateOidcConfig/ClientSecret", LEFT_OUT),
    ("elbv2/DeleteRule: /Actions/*/AuthenticateOidcConfig/ClientSecret", LEFT_OUT),
    ("elbv2/ModifyListener: /DefaultActions/*/AuthenticateOidcConfig/ClientSecret", LEFT_OUT),
    ("elbv2/ModifyRule: /Actions/*/AuthenticateOidcConfig/ClientSecret", LEFT_OUT),
    ("events/DeleteRule: /Targets/*/AppSyncParameters/GraphQLOperation", NO_TARGETS),
    ("events/DeleteRule: /Targets/*/HttpParameters/HeaderParameters/*", NO_TARGETS),
    ("events/DeleteRule: /Targets/*/HttpParameters/QueryStringParameters/*", NO_TARGETS),
    ("events/DeleteRule: /Targets/*/RedshiftDataParameters/Sql", NO_TARGETS),
    ("events/DeleteRule: /Targets/*/RedshiftDataParameters/Sqls", NO_TARGETS),
];

const LEFT_OUT: &str = "AWS does not show the secret, and the state leaves it out";
const NO_TARGETS: &str = "the recipe refuses a rule that has targets";

/// The exceptions, and which of them were needed.
#[derive(Debug, Default)]
pub(crate) struct Exceptions {
    used: RefCell<BTreeSet<usize>>,
}

impl Exceptions {
    /// Whether a place may stand open.
    pub(crate) fn allow(&self, recipe: &str, place: Where<'_>, path: &str) -> bool {
        let of = match place {
            Where::Call | Where::State => recipe.to_owned(),
            Where::Answer(read) => format!("{}/{}", read.service(), read.name()),
        };
        let found = OPEN.iter().position(|open| {
            let named = open.of.strip_suffix('*').map_or(open.of == of, |service| of.starts_with(service));
            named && within(path, open.path)
        });
        self.used.borrow_mut().extend(found);
        found.is_some()
    }

    /// Whether a recipe's own word that a place is never secret is among the exceptions.
    pub(crate) fn state(recipe: &str, path: &str) -> bool {
        Self::default().allow(recipe, Where::Call, path)
    }

    /// The exceptions that nothing needed.
    pub(crate) fn unused(&self) -> Vec<String> {
        let used = self.used.borrow();
        let unused = OPEN.iter().enumerate().filter(|(number, _)| !used.contains(number));
        unused.map(|(_, open)| format!("{} {}: {}", open.of, open.path, open.why)).collect()
    }
}
