//! From an English sentence to a [`crate::Scene`].
