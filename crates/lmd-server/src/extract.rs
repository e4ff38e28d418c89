//! Reading requests and writing answers, with our own errors for what is wrong.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// A JSON body, read or to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => {
                let mut response = Response::new(Body::from(bytes));
                let json = HeaderValue::from_static("application/json");
                response.headers_mut().insert(header::CONTENT_TYPE, json);
                response
            }
            Err(error) => {
                tracing::error!(%error, "an answer is no JSON");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let essence = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            let told = "the body must be JSON and say so: Content-Type: application/json";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type", told));
        }
        let bytes = body(request, state).await?;
        parse(&bytes).map(Json)
    }
}

/// The bytes of a body within the limit of its route.
pub(crate) async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejected| match rejected.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the body is larger than is read")
        }
        _ => ApiError::new(StatusCode::BAD_REQUEST, "body", "the body did not arrive whole"),
    })
}

/// Reads JSON; the error says where it is wrong.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let inner = error.inner();
        if inner.is_data() {
            let path = error.path().to_string();
            let at = if path == "." { String::new() } else { format!("{path}: ") };
            let said = inner.to_string();
            let wrong = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "schema", &format!("{at}{said}"));
            if path == "." { wrong } else { wrong.about(&path) }
        } else {
            ApiError::new(StatusCode::BAD_REQUEST, "json", &format!("the body is no JSON: {inner}"))
        }
    })?;
    reader.end().map_err(|error| {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "json",
            &format!("there is something behind the JSON: {error}"),
        )
    })?;
    Ok(value)
}

/// The query of an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        read.map(|query| Self(query.0)).map_err(|rejected| {
            ApiError::new(StatusCode::BAD_REQUEST, "query", &format!("the query is wrong: {rejected}"))
        })
    }
}

/// How many entries of a list are answered: what was asked for, within limits.
pub(crate) fn page_length(asked: Option<usize>) -> Result<usize, ApiError> {
    let length = asked.unwrap_or(50);
    if (1..=200).contains(&length) {
        Ok(length)
    } else {
        Err(ApiError::invalid("limit", "limit must be 1 to 200"))
    }
}

/// An identifier in an address.
#[derive(Clone, Debug)]
pub(crate) struct Id(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        let given = path.map_err(|_| ApiError::missing("thing"))?.0;
        // Only what we could have made is looked for: no other text gets near a path or the database.
        match uuid::Uuid::try_parse(&given) {
            Ok(id) if id.as_hyphenated().to_string() == given => Ok(Self(given)),
            _ => Err(ApiError::missing("thing")),
        }
    }
}
