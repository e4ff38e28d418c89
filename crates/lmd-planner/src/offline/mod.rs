//! The offline planner: from a [`crate::Scene`] to boxes.
