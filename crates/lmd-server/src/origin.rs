//! Who may talk to the server through a browser: no page of another site, and no name that somebody else pointed here.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::ApiError;

/// Refuses requests under names and from sites that are not ours, and answers browsers for those that are.
pub(crate) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let host = host_of(&request);
    let Some(host) = host.filter(|host| is_ours(host, &app.options.allowed_hosts)) else {
        let told = "the server is not known by this name; add it to serve.allowed_hosts";
        return ApiError::new(StatusCode::FORBIDDEN, "host_not_allowed", told).into_response();
    };
    let origin = match site(request.headers(), &host, &app.options.allowed_origins) {
        Site::Own => return next.run(request).await,
        Site::Allowed(origin) => origin,
        Site::Other => {
            let told = "pages of other sites may not use this server; add theirs to serve.allowed_origins";
            return ApiError::new(StatusCode::FORBIDDEN, "origin_not_allowed", told).into_response();
        }
    };
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response =
        if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if preflight {
        let methods = HeaderValue::from_static("GET, POST, PUT, DELETE");
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        let sent = HeaderValue::from_static("Authorization, Content-Type, Last-Event-ID");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, sent);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}

/// Where a request comes from.
#[derive(Debug, PartialEq, Eq)]
enum Site {
    /// A program, or the server's own page.
    Own,
    /// A site that was named in the settings.
    Allowed(HeaderValue),
    /// Any other.
    Other,
}

fn site(headers: &HeaderMap, host: &str, allowed: &[String]) -> Site {
    let Some(value) = headers.get(header::ORIGIN) else {
        // Browsers leave the origin out of some requests, and say then whether they cross sites.
        let crosses = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
        let visits = headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
        return if crosses && !visits { Site::Other } else { Site::Own };
    };
    let Ok(origin) = value.to_str() else { return Site::Other };
    let same = origin.split_once("://").is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(host));
    if same {
        Site::Own
    } else if allowed.iter().any(|known| known.trim_end_matches('/').eq_ignore_ascii_case(origin)) {
        Site::Allowed(value.clone())
    } else {
        Site::Other
    }
}

/// The name and port under which the server was asked.
fn host_of(request: &Request) -> Option<String> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let host = match (named.next(), named.next()) {
        (Some(host), None) => host.to_str().ok()?.to_owned(),
        (None, _) => request.uri().authority()?.as_str().to_owned(),
        // Two names are none.
        (Some(_), Some(_)) => return None,
    };
    Some(host)
}

/// Whether a name is one of ours. Names other than these could be pointed here by anybody (DNS rebinding).
fn is_ours(host: &str, allowed: &[String]) -> bool {
    let name = without_port(host);
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    address
        || name.eq_ignore_ascii_case("localhost")
        || allowed.iter().any(|known| known.eq_ignore_ascii_case(name) || known.eq_ignore_ascii_case(host))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.chars().all(|c| c.is_ascii_digit()) && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_names_are_ours() {
        let allowed = ["pictures.example.org".to_owned()];
        for host in [
            "localhost",
            "localhost:7860",
            "127.0.0.1:1",
            "[::1]:7860",
            "[::1]",
            "192.168.0.3",
            "PICTURES.example.org",
        ] {
            assert!(is_ours(host, &allowed), "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example:7860", "", "pictures.example.org.evil", "127.0.0.1.evil"]
        {
            assert!(!is_ours(host, &allowed), "{host}");
        }
    }

    #[test]
    fn only_our_pages_are_ours() {
        let of = |origin: &'static str| {
            let headers = [(header::ORIGIN, HeaderValue::from_static(origin))].into_iter().collect();
            site(&headers, "localhost:7860", &["https://a.example".to_owned()])
        };
        assert_eq!(of("http://localhost:7860"), Site::Own);
        assert!(matches!(of("https://a.example"), Site::Allowed(_)));
        for other in ["http://localhost:1", "null", "https://a.example.evil", "http://evil"] {
            assert_eq!(of(other), Site::Other, "{other}");
        }
        let crossing = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")];
        let headers = crossing.map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        assert_eq!(site(&headers.into_iter().collect(), "localhost", &[]), Site::Other);
        assert_eq!(site(&HeaderMap::new(), "localhost", &[]), Site::Own);
    }
}
