//! A function of the deployment whose way to AWS is listened to, delayed or cut.
//!
//! The emulator gives every function its own endpoint, so the deployed program is deployed once more behind a line of
//! shell that names another: a proxy in the test. Program, role and environment are those of the deployment.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::functions::{Invoked, invoke_named, make};
use crate::listener::{Received, header, listen, receive};
use crate::stack::stack;

/// A request of a function to AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is called: the end of `x-amz-target`, or `Action` of a form; else method and path.
    pub operation: String,
    /// The head as it was sent.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Gives an answer in the place of AWS: a body of XML. It may block.
pub type Answerer = fn(&Request) -> String;

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
pub enum Fate {
    /// It goes on.
    Passes,
    /// It goes on after a while.
    Waits(Duration),
    /// It goes on and its answer is lost.
    LosesItsAnswer,
    /// It is lost.
    IsLost,
    /// It goes on and the body of its answer is rewritten.
    HasItsAnswerRewritten(fn(String) -> String),
    /// Somebody else answers.
    IsAnsweredBy(Answerer),
}

/// A proxy between functions and the emulator.
#[derive(Debug, Clone)]
pub struct Interposer {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Interposer {
    /// Starts a proxy that lives as long as the test. `fate` sees every request and all that went before it.
    ///
    /// # Panics
    /// No port is free.
    pub async fn start(fate: impl Fn(&Request, &[Request]) -> Fate + Send + Sync + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (fate, kept) = (Arc::new(fate), Arc::clone(&seen));
        let address = listen(move |stream| {
            let (fate, kept) = (Arc::clone(&fate), Arc::clone(&kept));
            async move { serve(stream, &*fate, &kept).await }
        })
        .await;
        Self { address, seen }
    }

    /// What passed so far, in its order.
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The requests that call an operation.
    pub fn calls(&self, operation: &str) -> Vec<Request> {
        self.seen().into_iter().filter(|request| request.operation == operation).collect()
    }

    /// Deploys a function once more, with this proxy on its way to AWS.
    pub async fn function(&self, name: &str) -> Interposed {
        let operator = stack().operator();
        let deployed = json!({"FunctionName": stack().function(name)});
        let deployed = operator.call("lambda", "GetFunctionConfiguration", deployed).await;
        let environment = deployed["Environment"]["Variables"].clone();
        let folder = unpacked(name);
        let program = folder.join("bootstrap");
        let start = format!(
            "#!/bin/sh\nexport AWS_ENDPOINT_URL=http://{}\nexec '{}'\n",
            self.address,
            program.display()
        );
        let interposed = format!("interposed-{name}-{}", stack().number());
        let files = [("bootstrap", start.as_bytes())];
        make(&interposed, &stack().function(name), "provided.al2023", &files, environment).await;
        Interposed { name: interposed }
    }
}

/// A function behind a proxy.
#[derive(Debug, Clone)]
pub struct Interposed {
    name: String,
}

impl Interposed {
    /// Invokes it.
    pub async fn invoke(&self, event: &Value) -> Invoked {
        invoke_named(&self.name, event).await
    }
}

/// Where the files of a function's archive lie unpacked.
fn unpacked(name: &str) -> PathBuf {
    static UNPACKING: Mutex<()> = Mutex::new(());
    let _one = UNPACKING.lock().unwrap_or_else(PoisonError::into_inner);
    let archive = File::open(stack().archive(name)).expect("the archive of the function");
    let folder = stack().layout().scratch().join(format!("unpacked-{}-{name}", std::process::id()));
    if !folder.exists() {
        fs::create_dir_all(&folder).expect("a folder");
        zip::ZipArchive::new(archive).expect("an archive").extract(&folder).expect("its files");
    }
    folder
}

async fn serve(
    mut stream: TcpStream,
    fate: &(impl Fn(&Request, &[Request]) -> Fate + Send + Sync),
    seen: &Mutex<Vec<Request>>,
) {
    let Some(Received { head, body }) = receive(&mut stream).await else { return };
    let bytes = ending_after_the_answer(&head, &body);
    let request = Request { operation: operation(&head, &body), head, body };
    let fate = {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let fate = fate(&request, &seen);
        seen.push(request.clone());
        fate
    };
    let answer = match fate {
        Fate::IsLost => None,
        Fate::LosesItsAnswer => forward(&bytes).await.and(None),
        Fate::Passes => forward(&bytes).await,
        Fate::Waits(time) => {
            tokio::time::sleep(time).await;
            forward(&bytes).await
        }
        Fate::HasItsAnswerRewritten(rewrite) => {
            forward(&bytes).await.and_then(|answer| rewritten(answer, rewrite))
        }
        Fate::IsAnsweredBy(answerer) => {
            let answer = tokio::task::spawn_blocking(move || answerer(&request)).await;
            answer.ok().map(|body| of_body(&body))
        }
    };
    if let Some(answer) = answer {
        // Whoever went away does not want the answer.
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
    }
}

/// A successful answer with another body; an answer that says no stays as it is.
fn rewritten(answer: Vec<u8>, rewrite: fn(String) -> String) -> Option<Vec<u8>> {
    let text = String::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let good = head.split_whitespace().nth(1) == Some("200");
    Some(if good { of_body(&rewrite(body.to_owned())) } else { text.into_bytes() })
}

fn of_body(body: &str) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\nconnection: close";
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The bytes of a request, with the wish that the connection ends after the answer.
fn ending_after_the_answer(head: &str, body: &[u8]) -> Vec<u8> {
    let kept = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let mut bytes = kept.collect::<Vec<_>>().join("\r\n").into_bytes();
    bytes.extend_from_slice(b"\r\nconnection: close\r\n\r\n");
    bytes.extend_from_slice(body);
    bytes
}

async fn forward(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut gateway = TcpStream::connect(("127.0.0.1", stack().sandbox.ports.gateway)).await.ok()?;
    gateway.write_all(bytes).await.ok()?;
    let mut answer = Vec::new();
    gateway.read_to_end(&mut answer).await.ok()?;
    Some(answer)
}

fn operation(head: &str, body: &[u8]) -> String {
    if let Some(target) = header(head, "x-amz-target") {
        return target.rsplit('.').next().unwrap_or(target).to_owned();
    }
    let action = url::form_urlencoded::parse(body).find(|(key, _)| key == "Action");
    action.map_or_else(
        || head.split_whitespace().take(2).collect::<Vec<_>>().join(" "),
        |(_, action)| action.into_owned(),
    )
}

impl Request {
    /// A field of a form.
    pub fn field(&self, name: &str) -> Option<String> {
        let mut fields = url::form_urlencoded::parse(&self.body);
        fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }
}
