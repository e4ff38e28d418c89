//! A server's base address, however much of it somebody typed.

use ureq::http::Uri;

use super::LlmError;

/// Whether `url` is an address on this machine. What is no address is not.
///
/// ```
/// use lmd_planner::llm::is_local_url;
///
/// assert!(is_local_url("http://localhost:8080/v1") && is_local_url("http://[::1]:1"));
/// assert!(!is_local_url("https://api.openai.com/v1") && !is_local_url("localhost"));
/// ```
#[must_use]
pub fn is_local_url(url: &str) -> bool {
    Address::parse(url).is_ok_and(|address| address.is_local())
}

/// A checked base address. Never holds credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `https://host:port`.
    origin: String,
    /// The path before the endpoint's own; empty or beginning with `/`.
    path: String,
    host: String,
    port: u16,
}

/// Paths of endpoints, which people copy together with the base address.
const ENDPOINTS: [&str; 5] = ["/chat/completions", "/completions", "/messages", "/api/chat", "/api/generate"];

impl Address {
    /// Takes `http(s)://host[:port][/path]`, with or without an endpoint's
    /// own path at its end.
    pub(super) fn parse(text: &str) -> Result<Self, LlmError> {
        let wrong = |why: &str| LlmError::Config { setting: "url", why: why.to_owned() };
        let text = text.trim();
        let uri: Uri =
            text.parse().map_err(|_| wrong("it is not an address such as http://localhost:8080/v1"))?;
        let (scheme, default_port) = match uri.scheme_str() {
            Some("http") => ("http", 80),
            Some("https") => ("https", 443),
            _ => return Err(wrong("it must begin with http:// or https://")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("it must not hold a user or password; put the key in LMD_LLM_KEY"));
        }
        if uri.query().is_some() {
            return Err(wrong("it must not hold a query (?…); put the key in LMD_LLM_KEY"));
        }
        let host = uri.host().filter(|h| !h.is_empty()).ok_or_else(|| wrong("it names no host"))?;
        Ok(Self {
            origin: format!("{scheme}://{authority}"),
            path: base_path(uri.path()).to_owned(),
            host: host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase(),
            port: authority.port_u16().unwrap_or(default_port),
        })
    }

    /// The address of an endpoint such as `chat/completions`, below `root`
    /// where the address itself has no path.
    pub(super) fn endpoint(&self, root: &str, path: &str) -> String {
        let base = if self.path.is_empty() { root } else { &self.path };
        format!("{}{base}/{path}", self.origin)
    }

    /// The same address without a path of that name, as OpenAI's `/v1` is
    /// copied for servers that speak other languages too.
    pub(super) fn without_path(self, path: &str) -> Self {
        if self.path == path { Self { path: String::new(), ..self } } else { self }
    }

    /// Whether the server runs on this machine.
    pub(super) fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    }

    /// Whether it is a host of `domain`.
    pub(super) fn is_of(&self, domain: &str) -> bool {
        self.host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// Whether connections are encrypted.
    pub(super) fn is_tls(&self) -> bool {
        self.origin.starts_with("https:")
    }

    /// Host and port to connect to.
    pub(super) fn authority(&self) -> (&str, u16) {
        (&self.host, self.port)
    }
}

/// The path before the endpoint's own.
fn base_path(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    ENDPOINTS.iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_completed() {
        let chat = |text| Address::parse(text).unwrap().endpoint("/v1", "chat/completions");
        for text in [
            "http://localhost:8080",
            "http://localhost:8080/",
            "http://localhost:8080/v1/",
            "http://localhost:8080/v1/chat/completions",
            " http://localhost:8080/v1/completions ",
        ] {
            assert_eq!(chat(text), "http://localhost:8080/v1/chat/completions", "{text}");
        }
        assert_eq!(chat("https://openrouter.ai/api/v1"), "https://openrouter.ai/api/v1/chat/completions");
        let ollama = |text| Address::parse(text).unwrap().without_path("/v1").endpoint("", "api/chat");
        for text in ["http://h:11434", "http://h:11434/v1", "http://h:11434/api/chat/"] {
            assert_eq!(ollama(text), "http://h:11434/api/chat", "{text}");
        }
    }

    #[test]
    fn bad_addresses_are_told_without_their_secrets() {
        for text in ["", "localhost:8080", "ftp://x/", "https://me:hunter2@x/v1", "https://x/v1?key=hunter2"]
        {
            let message = Address::parse(text).unwrap_err().to_string();
            assert!(message.contains("url") && !message.contains("hunter2"), "{text}: {message}");
        }
    }

    #[test]
    fn this_machine_is_known() {
        assert!(is_local_url("http://127.0.0.1:1") && is_local_url("http://[::1]:1"));
        assert!(is_local_url("http://LOCALHOST"));
        assert!(!is_local_url("http://127.0.0.1.evil.org") && !is_local_url("https://api.openai.com"));
    }

    #[test]
    fn hosts_of_a_domain_are_known() {
        let of = |text| Address::parse(text).unwrap().is_of("api.openai.com");
        assert!(of("https://api.openai.com/v1") && of("https://eu.api.openai.com"));
        assert!(!of("https://api.openai.com.evil.org") && !of("https://evilapi.openai.com"));
    }
}
