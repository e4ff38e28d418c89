//! One JSON request to a server and its bounded response.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use ureq::http::{HeaderMap, HeaderValue, Response, Version};
use ureq::{Agent, Body, Error, Proxy};

use super::LlmError;
use super::address::Address;
use super::chat::{ChatContext, ChatEvent};
use super::config::{LlmConfig, seconds};
use super::retry::retry_after;
use super::words::{redact, shorten};

/// Longest response that is read.
const MAX_RESPONSE_BYTES: usize = 1 << 20;
/// How long a server is silent before the observer is told, and between two
/// times it is told.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// How long it is tried to find out whether a server speaks plain HTTP.
const PROBE: Duration = Duration::from_secs(2);

/// The header a key goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyHeader {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// A header of that name with the bare key.
    Named(&'static str),
}

/// Sends requests with the key and the limits of a configuration.
pub(super) struct Transport {
    agent: Agent,
    headers: Vec<(&'static str, HeaderValue)>,
    key: Option<SecretString>,
    timeout: Duration,
    address: Address,
    proxied: bool,
    /// Whether a connection was left open by the last answer.
    left_open: AtomicBool,
}

/// What came back, whatever its status.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) retry_after: Option<Duration>,
}

impl Transport {
    pub(super) fn new(
        config: &LlmConfig,
        address: &Address,
        key_header: KeyHeader,
    ) -> Result<Self, LlmError> {
        let proxy = if address.is_local() { None } else { Proxy::try_from_env() };
        let proxied = proxy.is_some();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(seconds(config.connect_timeout_s)))
            .proxy(proxy)
            .user_agent(concat!("lmd/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        let key = config.key.as_ref().map(|key| header_of(key, key_header)).transpose()?;
        Ok(Self {
            agent,
            headers: key.into_iter().collect(),
            key: config.key.clone(),
            timeout: seconds(config.timeout_s),
            address: address.clone(),
            proxied,
            left_open: AtomicBool::new(false),
        })
    }

    /// The same with one more header for every request.
    pub(super) fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// Posts `body` and reads at most a mebibyte. Redirects are not followed.
    /// The observer of `context` hears of a long silence.
    pub(super) fn post(
        &self,
        url: &str,
        body: &[u8],
        context: &ChatContext<'_>,
    ) -> Result<Answered, LlmError> {
        let Some(allowed) = context.at_most(self.timeout) else {
            return Err(LlmError::Timeout { url: url.to_owned(), seconds: 0.0 });
        };
        let answered = while_telling(context, || {
            // A server may have closed the connection it left open; that is no failed attempt.
            let kept = self.left_open.swap(false, Ordering::Relaxed);
            match self.exchange(url, body, allowed) {
                Err(LlmError::Closed { .. }) if kept => {
                    let left = context.at_most(self.timeout).unwrap_or_default();
                    self.exchange(url, body, left)
                }
                other => other,
            }
        });
        answered.map_err(|error| match error {
            LlmError::Timeout { .. } | LlmError::Closed { .. } | LlmError::Unreachable { .. }
                if self.speaks_plain_http() =>
            {
                LlmError::NotTls { url: url.to_owned() }
            }
            other => other,
        })
    }

    fn exchange(&self, url: &str, body: &[u8], allowed: Duration) -> Result<Answered, LlmError> {
        let request = self.agent.post(url).header("content-type", "application/json");
        let mut request = request.config().timeout_global(Some(allowed)).build();
        for (name, value) in &self.headers {
            request = request.header(*name, value.clone());
        }
        let explain = |error: Error| self.explain(url, &error, allowed);
        let response = request.send(body).map_err(explain)?;
        if response.status().is_redirection() {
            return Err(self.redirected(url, response.headers()));
        }
        let (status, wait) = (response.status().as_u16(), retry_after(response.headers()));
        let stays_open = response.version() == Version::HTTP_11 && !says_close(response.headers());
        let body = read(response).map_err(explain)?;
        self.left_open.store(stays_open, Ordering::Relaxed);
        Ok(Answered { status, body, retry_after: wait })
    }

    /// A server's words made fit to show.
    pub(super) fn quote(&self, words: &str) -> String {
        shorten(&redact(words, self.key.as_ref()), 300)
    }

    /// A server's words in full, but without the key.
    pub(super) fn redact(&self, words: &str) -> String {
        redact(words, self.key.as_ref())
    }

    pub(super) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    fn redirected(&self, url: &str, headers: &HeaderMap) -> LlmError {
        let location = headers.get("location").and_then(|v| v.to_str().ok());
        LlmError::Redirected { url: url.to_owned(), location: self.quote(location.unwrap_or("nowhere")) }
    }

    /// Distinguishes silence, a refusal and a broken connection.
    fn explain(&self, url: &str, error: &Error, allowed: Duration) -> LlmError {
        let url = url.to_owned();
        let seconds = allowed.as_secs_f64();
        match error {
            Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                LlmError::Unreachable { url, why: "the connection timed out".to_owned() }
            }
            Error::Timeout(_) => LlmError::Timeout { url, seconds },
            Error::BodyExceedsLimit(_) => LlmError::TooLarge { what: "response", limit: MAX_RESPONSE_BYTES },
            Error::HostNotFound => {
                LlmError::Unreachable { url, why: "there is no host of that name".to_owned() }
            }
            Error::Io(io) => match io.kind() {
                ErrorKind::TimedOut | ErrorKind::WouldBlock => LlmError::Timeout { url, seconds },
                ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
                | ErrorKind::UnexpectedEof => LlmError::Closed { url },
                _ => LlmError::Unreachable { url, why: self.quote(&io.to_string()) },
            },
            Error::Protocol(_) => LlmError::NotJson { excerpt: self.quote(&error.to_string()) },
            other => LlmError::Unreachable { url, why: self.quote(&other.to_string()) },
        }
    }

    /// Whether the server of an https address answers an empty request in
    /// plain HTTP. No key is sent. Many servers with TLS answer such a request
    /// with 400, which therefore says nothing.
    fn speaks_plain_http(&self) -> bool {
        self.address.is_tls() && !self.proxied && answers_in_plain_http(self.address.authority()).is_some()
    }
}

fn answers_in_plain_http(authority: (&str, u16)) -> Option<()> {
    let socket = authority.to_socket_addrs().ok()?.next()?;
    let mut stream = TcpStream::connect_timeout(&socket, PROBE).ok()?;
    stream.set_read_timeout(Some(PROBE)).ok()?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
    let mut start = [0; 12];
    stream.read_exact(&mut start).ok()?;
    (start.starts_with(b"HTTP/") && !start.ends_with(b" 400")).then_some(())
}

/// Does `work`, while another thread tells the observer how long it lasts.
fn while_telling<T>(context: &ChatContext<'_>, work: impl FnOnce() -> T) -> T {
    let Some(observer) = context.observer else { return work() };
    thread::scope(|scope| {
        let (done, until_done) = channel::<()>();
        let start = Instant::now();
        let telling = move || {
            // The channel closes when the work is done, also by a panic.
            while until_done.recv_timeout(TELL_EVERY) == Err(RecvTimeoutError::Timeout) {
                observer(&ChatEvent::Waiting { seconds: start.elapsed().as_secs() });
            }
        };
        // Where no thread can be started, the work is done without a word meanwhile.
        drop(thread::Builder::new().spawn_scoped(scope, telling));
        let result = work();
        drop(done);
        result
    })
}

/// Whether a server says that it closes the connection after its answer.
fn says_close(headers: &HeaderMap) -> bool {
    let values = headers.get_all("connection").iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case("close"))
}

fn read(response: Response<Body>) -> Result<Vec<u8>, Error> {
    response.into_body().into_with_config().limit(MAX_RESPONSE_BYTES as u64).read_to_vec()
}

fn header_of(key: &SecretString, header: KeyHeader) -> Result<(&'static str, HeaderValue), LlmError> {
    let why = "it holds characters that cannot be sent, such as a line break; copy it again";
    let (name, text) = match header {
        KeyHeader::Bearer => ("authorization", format!("Bearer {}", key.expose_secret())),
        KeyHeader::Named(name) => (name, key.expose_secret().to_owned()),
    };
    let is_sendable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let value = HeaderValue::from_str(&text).ok().filter(|_| is_sendable);
    let mut value = value.ok_or_else(|| LlmError::Config { setting: "key", why: why.to_owned() })?;
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_no_header_holds_are_refused() {
        for key in ["sk-ünï", "sk\n", "sk-\u{7f}", "键"] {
            let error = header_of(&SecretString::from(key), KeyHeader::Bearer).unwrap_err();
            assert!(matches!(error, LlmError::Config { setting: "key", .. }), "{key:?}: {error:?}");
        }
        let (name, value) = header_of(&SecretString::from("k"), KeyHeader::Named("x-api-key")).unwrap();
        assert!(name == "x-api-key" && value.is_sensitive());
    }
}
