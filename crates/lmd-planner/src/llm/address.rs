//! A server's base address, however much of it somebody typed.

use ureq::http::Uri;

use super::LlmError;

/// A checked base address. Never holds credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    base: String,
    host: String,
}

impl Address {
    /// Takes `http(s)://host[:port][/path]`, with or without `/v1` and the
    /// endpoint's own path at its end.
    pub(super) fn parse(text: &str) -> Result<Self, LlmError> {
        let wrong = |why: &str| LlmError::Config { setting: "url", why: why.to_owned() };
        let text = text.trim();
        let uri: Uri =
            text.parse().map_err(|_| wrong("it is not an address such as http://localhost:8080/v1"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(wrong("it must begin with http:// or https://"));
        }
        if uri.authority().is_some_and(|a| a.as_str().contains('@')) {
            return Err(wrong("it must not hold a user or password; put the key in LMD_LLM_KEY"));
        }
        if uri.query().is_some() {
            return Err(wrong("it must not hold a query (?…); put the key in LMD_LLM_KEY"));
        }
        let host = uri.host().filter(|h| !h.is_empty()).ok_or_else(|| wrong("it names no host"))?;
        let base = format!("{}{}", origin(&uri), base_path(uri.path()));
        Ok(Self { base, host: host.to_ascii_lowercase() })
    }

    /// The address of an endpoint such as `chat/completions`.
    pub(super) fn endpoint(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    /// Whether the server runs on this machine.
    pub(super) fn is_local(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    }

    /// Whether a key meant for OpenAI may be sent there unasked.
    pub(super) fn may_have_openai_key(&self) -> bool {
        self.host == "api.openai.com" || self.host.ends_with(".api.openai.com") || self.is_local()
    }
}

fn origin(uri: &Uri) -> String {
    let authority = uri.authority().map_or("", |a| a.as_str());
    format!("{}://{authority}", uri.scheme_str().unwrap_or("https"))
}

/// The path before the endpoint's own, `/v1` when none is given.
fn base_path(path: &str) -> String {
    let path = path.trim_end_matches('/');
    for ending in ["/chat/completions", "/completions"] {
        if let Some(base) = path.strip_suffix(ending) {
            return base.to_owned();
        }
    }
    if path.is_empty() { "/v1".to_owned() } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_completed() {
        let chat = |text| Address::parse(text).unwrap().endpoint("chat/completions");
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
        let local = |text| Address::parse(text).unwrap().is_local();
        assert!(local("http://127.0.0.1:1") && local("http://[::1]:1") && local("http://LOCALHOST"));
        assert!(!local("http://127.0.0.1.evil.org") && !local("https://api.openai.com"));
    }
}
