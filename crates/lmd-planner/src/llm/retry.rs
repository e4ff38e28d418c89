//! Waiting and trying again: exponential backoff with jitter, `Retry-After`.

use std::thread::sleep;
use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};
use ureq::http::HeaderMap;

use super::LlmError;
use super::config::{LlmConfig, seconds};

/// Calls `attempt` until it succeeds, fails for good, or the retries of the
/// configuration are used up. A server that names a wait is waited for, but
/// never longer than `max_wait_s`: then it fails at once and tells the wait.
pub(super) fn with_retries<T>(
    config: &LlmConfig,
    mut attempt: impl FnMut() -> Result<T, Failure>,
) -> Result<T, LlmError> {
    let longest = seconds(config.max_wait_s);
    let mut waits = backoff(config).build();
    loop {
        let failure = match attempt() {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        let asked = failure.retry_after.unwrap_or_default();
        let Some(own) = waits.next().filter(|_| failure.error.is_transient() && asked <= longest) else {
            return Err(failure.error);
        };
        sleep(own.min(longest).max(asked));
    }
}

/// A failed attempt and how long the server asks to wait.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: LlmError,
    pub(super) retry_after: Option<Duration>,
}

impl From<LlmError> for Failure {
    fn from(error: LlmError) -> Self {
        Self { error, retry_after: None }
    }
}

fn backoff(config: &LlmConfig) -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(seconds(config.backoff_s))
        .with_max_delay(seconds(config.max_wait_s))
        .with_max_times(config.retries as usize)
        .with_jitter()
}

/// `Retry-After` in either of its forms: seconds or an HTTP date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(number) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(number.min(1e9)).ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", text.parse().unwrap());
        retry_after(&headers)
    }

    #[test]
    fn both_forms_of_retry_after_are_read() {
        assert_eq!(header(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(header("0.5"), Some(Duration::from_millis(500)));
        let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(90));
        let wait = header(&soon).unwrap();
        assert!((85..=90).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(header("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(header("soon"), None);
        assert_eq!(header("-3"), None);
    }

    fn quick(retries: u32) -> LlmConfig {
        LlmConfig { retries, backoff_s: 0.001, max_wait_s: 0.01, ..LlmConfig::default() }
    }

    fn busy(wait: f64) -> Failure {
        let retry_after = Some(seconds(wait));
        Failure { error: LlmError::RateLimited { retry_after, message: String::new() }, retry_after }
    }

    #[test]
    fn transient_failures_are_repeated_so_often() {
        let mut calls = 0;
        let result: Result<(), _> = with_retries(&quick(3), || {
            calls += 1;
            Err(busy(0.0))
        });
        assert!(matches!(result, Err(LlmError::RateLimited { .. })));
        assert_eq!(calls, 4);
    }

    #[test]
    fn a_long_wait_or_a_final_failure_is_not_repeated() {
        for failure in [|| busy(60.0), || Failure::from(LlmError::Refused { message: String::new() })] {
            let mut calls = 0;
            let result: Result<(), _> = with_retries(&quick(3), || {
                calls += 1;
                Err(failure())
            });
            assert!(result.is_err());
            assert_eq!(calls, 1);
        }
    }
}
