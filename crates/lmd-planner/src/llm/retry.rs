//! Waiting and trying again: exponential backoff with jitter, `Retry-After`.

use std::thread::sleep;
use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use ureq::http::HeaderMap;

use super::LlmError;
use super::chat::{ChatContext, ChatEvent};
use super::config::{LlmConfig, seconds};

/// How often a server that was silent for the whole time of a request is
/// asked again. Its answer may have been about to come; a second silence is
/// one.
const REPEATS_AFTER_SILENCE: u32 = 1;

/// Calls `attempt` until it succeeds, fails for good, or there is no further
/// attempt ([`Retries::wait`]).
pub(super) fn with_retries<T>(
    config: &LlmConfig,
    context: &ChatContext<'_>,
    mut attempt: impl FnMut() -> Result<T, Failure>,
) -> Result<T, LlmError> {
    let mut retries = Retries::new(config, *context);
    loop {
        match attempt() {
            Ok(value) => return Ok(value),
            Err(failure) => retries.wait(failure)?,
        }
    }
}

/// The repetitions that are left for one request.
pub(super) struct Retries<'a> {
    waits: ExponentialBackoff,
    longest: Duration,
    silences: u32,
    context: ChatContext<'a>,
}

impl<'a> Retries<'a> {
    pub(super) fn new(config: &LlmConfig, context: ChatContext<'a>) -> Self {
        Self { waits: backoff(config).build(), longest: seconds(config.max_wait_s), silences: 0, context }
    }

    /// Waits before the next attempt. A server that names a wait is waited
    /// for, but never longer than `max_wait_s`.
    ///
    /// # Errors
    /// The failure's own error, when it is final, the repetitions of the
    /// configuration are used up, the server asks for a longer wait, or the
    /// deadline would pass meanwhile.
    pub(super) fn wait(&mut self, failure: Failure) -> Result<(), LlmError> {
        let asked = failure.retry_after.unwrap_or_default();
        if matches!(failure.error, LlmError::Timeout { .. }) {
            self.silences += 1;
        }
        let is_final =
            !failure.error.is_transient() || asked > self.longest || self.silences > REPEATS_AFTER_SILENCE;
        let wait = self.waits.next().filter(|_| !is_final).map(|own| own.min(self.longest).max(asked));
        let Some(wait) = wait.filter(|wait| self.context.at_most(*wait) == Some(*wait)) else {
            return Err(failure.error);
        };
        self.context.tell(&ChatEvent::Retrying { why: failure.error, wait });
        sleep(wait);
        Ok(())
    }

    /// Uses up one repetition without waiting, if there is one left.
    pub(super) fn take_at_once(&mut self) -> bool {
        self.waits.next().is_some()
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
        let number = Some(number).filter(|number| number.is_finite())?;
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
        for none in ["nan", "inf", "-inf", "infinity"] {
            assert_eq!(header(none), None, "{none}");
        }
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
        let result: Result<(), _> = with_retries(&quick(3), &ChatContext::default(), || {
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
            let result: Result<(), _> = with_retries(&quick(3), &ChatContext::default(), || {
                calls += 1;
                Err(failure())
            });
            assert!(result.is_err());
            assert_eq!(calls, 1);
        }
    }

    #[test]
    fn silence_is_repeated_once_and_a_deadline_ends_all() {
        let silent = || Failure::from(LlmError::Timeout { url: String::new(), seconds: 1.0 });
        let mut calls = 0;
        let result: Result<(), _> = with_retries(&quick(9), &ChatContext::default(), || {
            calls += 1;
            Err(silent())
        });
        assert!(matches!(result, Err(LlmError::Timeout { .. })));
        assert_eq!(calls, 2);
        let passed = ChatContext::default().until(std::time::Instant::now());
        let mut calls = 0;
        let result: Result<(), _> = with_retries(&quick(9), &passed, || {
            calls += 1;
            Err(busy(0.0))
        });
        assert!(result.is_err() && calls == 1);
    }
}
